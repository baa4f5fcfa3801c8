"""A returned generator is graded, refurbished and resold, and its story reads whole."""

from __future__ import annotations

import datetime as dt
import json

from smilecurve.loop.run import turn
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread


def rows(thread: Thread, name: str, **where: object) -> list[dict]:
    return thread.view(table(name), where=where or None).to_pylist()


def test_a_generator_lives_twice(small_machines: Thread):
    thread = small_machines
    now = thread.clock()
    machine = next(
        m
        for m in rows(thread, "machines", family="generator", status="customer")
        if m["started"] and m["market"] and (now.date() - m["started"]).days < 700
    )
    serial, rma = machine["machine"], "RMA-STORY"
    before = thread.story(serial).num_rows
    thread.append(
        [
            {
                "kind": "receiving",
                "event_time": now,
                "machine": serial,
                "disposition": "returned",
                "ref": rma,
                "code": "does_not_start",
                "place": "RET-STORY",
                "market": machine["market"],
            },
            {"kind": "grade", "event_time": now + dt.timedelta(minutes=1), "machine": serial, "ref": rma, "code": "C"},
        ]
    )
    assert rows(thread, "machines", machine=serial)[0]["status"] == "returned"
    turn(thread)
    plan = rows(thread, "return_plan", rma=rma)[0]
    assert plan["route"] in {"refurbish", "resell", "part_out", "lease", "scrap"}
    assert plan["margin_low"] <= plan["margin"] <= plan["margin_high"]

    sold = now + dt.timedelta(days=9)
    seen_before = len(rows(thread, "resales"))
    thread.append(
        [
            {
                "kind": "regrade",
                "event_time": now + dt.timedelta(days=4),
                "machine": serial,
                "code": "B",
                "amount": 160.0,
                "currency": "CNY",
            },
            {
                "kind": "retail_selling",
                "event_time": sold,
                "machine": serial,
                "part": machine["model"],
                "market": machine["market"],
                "party": "C-SECOND",
                "amount": 900.0,
                "currency": "CNY",
                "code": "second_hand",
                "disposition": "second_hand",
                "ref": "INV-STORY",
                "details": json.dumps({"buyer": "private"}),
            },
        ]
    )
    assert not rows(thread, "returns", rma=rma), "it waits no more"
    again = rows(thread, "machines", machine=serial)[0]
    assert (again["status"], again["holder"], again["grade"]) == ("customer", "C-SECOND", "B")
    resale = [r for r in rows(thread, "resales", machine=serial) if r["sold"] == sold.date()]
    assert len(rows(thread, "resales")) == seen_before + 1
    assert (resale[0]["grade"], resale[0]["price"]) == ("B", 900.0)
    story = thread.story(serial)
    assert story.num_rows == before + 4
    times = story.column("event_time").to_pylist()
    assert times == sorted(times)
    kinds = story.column("kind").to_pylist()
    assert kinds[0] == "commissioning"
    assert kinds[-4:] == ["receiving", "grade", "regrade", "retail_selling"]
    decided = {r.desk for r in turn(thread) if r.decision}
    assert "renew.value" in decided, "the sale teaches the second-hand price"
