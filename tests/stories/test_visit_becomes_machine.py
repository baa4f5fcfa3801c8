"""A buyer's visit at an exhibition becomes an order, a promise, a slot, a load and a machine that starts work."""

from __future__ import annotations

import datetime as dt
import json

from smilecurve.loop.acting import accept
from smilecurve.loop.run import run_desk, turn
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread


def rows(thread: Thread, name: str, **where: object) -> list[dict]:
    return thread.view(table(name), where=where or None).to_pylist()


def test_from_the_stand_to_the_site(excavators: Thread):
    thread = excavators
    now = thread.clock()
    fair = rows(thread, "exhibitions")[0]["exhibition"]
    line = rows(thread, "capacities")[0]
    model = line["model"]
    order = "SO-STORY-1"
    thread.append(
        [
            {
                "kind": "visit",
                "event_time": now,
                "party": "C-STORY",
                "market": "ID",
                "place": fair,
                "ref": "LEAD-STORY",
            },
            {
                "kind": "sales_order",
                "event_time": now,
                "ref": order,
                "part": model,
                "quantity": 1,
                "market": "ID",
                "party": "C-STORY",
                "amount": 600000.0,
                "currency": "CNY",
                "code": "exhibition",
                "place": fair,
                "details": json.dumps({"wanted": str((now + dt.timedelta(days=120)).date())}),
            },
        ]
    )
    turn(thread)
    book = rows(thread, "revenue", cut="exhibition", value=fair)
    assert sum(r["amount"] for r in book) >= 600000.0, "the order stands in the book of the exhibition"
    promise = rows(thread, "promises", sales_order=order)[0]
    assert promise["p50"] <= promise["p80"] <= promise["p95"]
    assert promise["p50"] > now.date()
    planned = [r for r in rows(thread, "planned_orders", demand=order) if r["level"] == 0]
    if promise["from_stock"] == 0:
        assert planned, "the order asks for a machine to be built"

    # the planner accepts the plan: the machine becomes a work order, the next turn gives it a slot
    accept(thread, rows(thread, "decisions", desk="supply.explode", state="waiting")[0]["decision"], by="planner")
    work = rows(thread, "work_orders", sales_order=order)
    assert work, "a work order stands"
    turn(thread)
    slot = rows(thread, "build_sequence", work_order=work[0]["work_order"])
    assert slot
    assert slot[0]["slot"] >= 1

    # it is built, stored for the order, and goes into a container
    serial = "STORY-0001"
    later = now + dt.timedelta(minutes=1)
    thread.append(
        [
            {
                "kind": "commissioning",
                "event_time": later,
                "machine": serial,
                "part": model,
                "place": line["line"],
                "ref": work[0]["work_order"],
            },
            {
                "kind": "assembling",
                "event_time": later + dt.timedelta(minutes=6),
                "machine": serial,
                "components": [{"component": "pump", "part": "P-STORY", "lot": "L-STORY"}],
            },
            {
                "kind": "storing",
                "event_time": later + dt.timedelta(hours=1),
                "machine": serial,
                "place": "YARD",
                "ref": order,
                "market": "ID",
            },
        ]
    )
    assert not rows(thread, "work_orders", sales_order=order), "the work order is done"
    ran = run_desk(thread, "ship.load")
    assert ran.decision
    load = rows(thread, "load_plan", machine=serial)
    assert load
    assert load[0]["market"] == "ID"

    # it sails, arrives, is handed over and starts work
    thread.append(
        [
            {
                "kind": "shipping",
                "event_time": now + dt.timedelta(days=3),
                "machine": serial,
                "place": "YARD",
                "party": "D-ID",
                "market": "ID",
                "ref": order,
            },
            {
                "kind": "receiving",
                "event_time": now + dt.timedelta(days=30),
                "machine": serial,
                "place": "D-ID",
                "party": "D-ID",
                "market": "ID",
            },
            {
                "kind": "retail_selling",
                "event_time": now + dt.timedelta(days=31),
                "machine": serial,
                "part": model,
                "market": "ID",
                "party": "C-STORY",
                "amount": 600000.0,
                "currency": "CNY",
                "code": "exhibition",
                "ref": order,
                "details": json.dumps({"buyer": "business"}),
            },
            {
                "kind": "start_up",
                "event_time": now + dt.timedelta(days=33),
                "machine": serial,
                "party": "SP-ID",
                "market": "ID",
            },
        ]
    )
    machine = rows(thread, "machines", machine=serial)[0]
    assert (machine["status"], machine["holder"], machine["market"]) == ("customer", "C-STORY", "ID")
    assert not rows(thread, "sales_orders", sales_order=order), "nothing of the order is open"
    told = thread.story(serial).column("kind").to_pylist()
    assert told == ["commissioning", "assembling", "storing", "shipping", "receiving", "retail_selling", "start_up"]
    thread.set_clock(now + dt.timedelta(days=34))
    run_desk(thread, "market.revenue")
    sold = rows(thread, "revenue", cut="market", value="ID", period="2023-07")
    assert sum(r["amount"] for r in sold if r["scope"] == "all") == 600000.0
