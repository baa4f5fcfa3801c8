"""LifeTrac, an open-hardware loader: its BOM file becomes a plan, a promise, serials, a failure and a hold."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

from smilecurve.app.taking import keep_rejected, quarantine_of, take
from smilecurve.connect import detect, load_preset
from smilecurve.loop.run import run_desk, turn
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread, open_thread

NOW = dt.datetime(2026, 6, 1, 8, tzinfo=dt.UTC)
MODEL = "lifetrac-v25"
BAD, SOUND = "M-0007", "M-0006"


def rows(thread: Thread, name: str, **where: object) -> list[dict]:
    return thread.view(table(name), where=where or None).to_pylist()


def put(thread: Thread, name: str, *records: dict[str, object]) -> None:
    spec = table(name)
    thread.put(spec, spec.check(spec.rows(list(records))))


def shop(thread: Thread) -> None:
    """The little the bill of material does not say: a line, a market, a way there."""
    thread.set_clock(NOW)
    put(
        thread,
        "models",
        {
            "model": MODEL,
            "name": "LifeTrac v25",
            "family": "loader",
            "hs": "8429.51",
            "price": 18000.0,
            "currency": "USD",
            "length_m": 2.6,
            "width_m": 1.7,
            "height_m": 2.1,
            "mass_kg": 1400.0,
        },
    )
    place = {"region": "Americas", "currency": "USD", "home": True}
    put(
        thread,
        "markets",
        {
            "market": "US",
            "name": "United States",
            "climate": "temperate",
            "latitude": 39.8,
            "longitude": -94.6,
            **place,
        },
        {"market": "MX", "name": "Mexico", "climate": "hot", "latitude": 23.6, "longitude": -102.5, **place},
    )
    line = {
        "line": "SHOP",
        "takt_s": 28800.0,
        "stations": 1,
        "slots_per_day": 1,
        "shift_start_h": 8.0,
        "frozen_slots": 0,
    }
    put(thread, "lines", {"name": "Workshop", **line})
    put(thread, "capacities", {"line": "SHOP", "model": MODEL, "per_day": 1})
    put(thread, "suppliers", {"supplier": "S-1", "name": "Hydraulics by post", "market": "US"})
    lane = {"origin": "SHOP", "mode": "road", "days_p50": 4.0, "days_p95": 8.0, "every_days": 1, "cost_per_m3": 60.0}
    put(thread, "lanes", {"lane": "SHOP-MX", "market": "MX", "currency": "USD", **lane})


def fleet(part: str) -> list[dict[str, object]]:
    """Forty-five machines at work since autumn, every third with motors of the bad lot; nine of those stop in May."""
    events: list[dict[str, object]] = []
    for i in range(45):
        serial, lot = f"LT-{i:03}", BAD if i % 3 == 0 else SOUND
        built = NOW - dt.timedelta(days=260 - i)
        events += [
            {"kind": "commissioning", "event_time": built, "machine": serial, "part": MODEL, "place": "SHOP"},
            {
                "kind": "assembling",
                "event_time": built,
                "machine": serial,
                "components": [{"component": "drive", "part": part, "lot": lot}],
            },
            {
                "kind": "retail_selling",
                "event_time": built + dt.timedelta(days=5),
                "machine": serial,
                "part": MODEL,
                "market": "MX",
                "party": f"FARM-{i}",
                "amount": 18000.0,
                "currency": "USD",
                "code": "direct",
                "details": json.dumps({"buyer": "business"}),
            },
            {"kind": "start_up", "event_time": built + dt.timedelta(days=7), "machine": serial, "market": "MX"},
        ]
        if lot == BAD and i < 27:
            failed = NOW - dt.timedelta(days=28 - i)
            found = {"machine": serial, "part": part, "lot": lot, "market": "MX", "code": "shaft_seal_leaks"}
            events.append({"kind": "failure", "event_time": failed, **found})
    return events


def test_from_a_bom_file_to_a_hold(shared_data: Path, tmp_path: Path):
    file = shared_data / "plan" / "ose_lifetrac" / "bom.csv"
    assert detect(file) == "lifetrac"
    with open_thread(tmp_path / "lifetrac") as thread:
        # the file: every one of its 236 lines is either a part of the machine or waits with its reason
        shop(thread)
        parts = load_preset("lifetrac", file)
        for part in parts:
            take(thread, part, file.name)
        waiting = keep_rejected(thread, parts)
        bom = rows(thread, "bom")
        lines = max(p.rows_in for p in parts)
        assert lines == 236
        assert waiting == max(p.rejected_rows for p in parts)
        assert all(r["reason"] and r["hint"] for r in quarantine_of(thread).list().to_pylist())
        motor = next(p["part"] for p in rows(thread, "parts") if "motor" in p["name"].lower() and p["source"] == "buy")

        # the plan and the promise for an order of two
        thread.append(
            [
                {
                    "kind": "sales_order",
                    "event_time": NOW,
                    "ref": "SO-FARM",
                    "part": MODEL,
                    "quantity": 2,
                    "market": "MX",
                    "party": "COOP",
                    "amount": 36000.0,
                    "currency": "USD",
                    "code": "direct",
                    "details": json.dumps({"wanted": "2026-07-15"}),
                }
            ]
        )
        assert run_desk(thread, "supply.explode").decision
        planned = rows(thread, "planned_orders")
        assert {r["part"] for r in planned} >= {r["part"] for r in bom if r["parent"] == MODEL}
        assert {r["level"] for r in planned} >= {0, 1, 2}
        assert run_desk(thread, "supply.promise").decision
        promise = rows(thread, "promises", sales_order="SO-FARM")[0]
        assert NOW.date() < promise["p50"] <= promise["p95"]

        # serials, and failures of one lot of motors
        thread.append(fleet(motor))
        story = thread.story("LT-000").column("kind").to_pylist()
        assert story == ["commissioning", "assembling", "retail_selling", "start_up", "failure"]

        # two machines wait to be built, one kitted from the bad lot
        for name, lot in (("WO-1", BAD), ("WO-2", SOUND)):
            due = json.dumps({"due": "2026-06-20", "sales_order": "SO-FARM", "rank": int(name[-1])})
            kit = [{"component": "drive", "part": motor, "lot": lot}]
            order = {"kind": "work_order", "ref": name, "part": MODEL, "place": "SHOP", "market": "MX", "details": due}
            thread.append(
                [order | {"event_time": NOW}, {"kind": "picking", "event_time": NOW, "ref": name, "components": kit}]
            )
        ran = {r.desk: r for r in turn(thread)}
        assert ran["market.revenue"].refused[0].what == "no rate of USD for 2025-09", "a missing rate is never guessed"
        assert sorted(r.desk for r in ran.values() if r.refused) == ["market.revenue", "serve.returns"]
        suspects = [r for r in rows(thread, "suspect_lots") if r["hold"]]
        assert [r["lot"] for r in suspects] == [BAD]
        assert thread.containment(BAD).num_rows == 15
        sequence = {r["work_order"]: r for r in rows(thread, "build_sequence")}
        assert (sequence["WO-1"]["held"], sequence["WO-1"]["held_lot"]) == (True, BAD)
        assert not sequence["WO-2"]["held"]
