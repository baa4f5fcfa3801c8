"""supply.promise: hand arithmetic, frePPLe's plan, the law that nothing goes twice, refusals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.supply.promise import promise_orders
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected
from smilecurve.terms.tables import TABLES

TODAY = date(2023, 7, 3)  # a Monday, day 19541 since 1970-01-01: 19541 = 7 * 2791 + 4
NAMES = ("sales_orders", "markets", "parts", "bom", "suppliers", "stocks", "receipts", "work_orders", "ship_units")
NAMES += ("capacities", "lanes")
Row = dict[str, object]


def day(ahead: int) -> date:
    return TODAY + timedelta(days=ahead)


def part(code: str, lead: int, **more: object) -> Row:
    row: Row = {"part": code, "name": code, "system": "any", "source": "make", "lead_days": lead, "lot_least": 0.0}
    row |= {"lot_multiple": 0.0, "scrap": 0.0, "cost": 1.0, "currency": "CNY", "spare": False}
    return row | more


def order(code: str, quantity: int, wanted: int | None = None, market: str = "ID", ordered: int = 0) -> Row:
    row: Row = {"sales_order": code, "model": "M", "market": market, "channel": "dealer", "ordered": day(ordered)}
    row |= {"wanted": None if wanted is None else day(wanted), "quantity": quantity, "open_quantity": quantity}
    return row | {"amount": 100.0, "currency": "CNY"}


def lane(
    code: str = "SEA-ID", p50: float = 20.0, p95: float = 20.0, every: int = 7, cost: float = 1.0, **more: object
) -> Row:
    row: Row = {"lane": code, "origin": "CSX", "market": "ID", "mode": "sea", "days_p50": p50, "days_p95": p95}
    return row | {"every_days": every, "cost_per_m3": cost, "currency": "CNY"} | more


def unit(machine: str, sales_order: str | None = None, market: str = "ID") -> Row:
    row: Row = {"machine": machine, "model": "M", "sales_order": sales_order, "market": market, "place": "yard"}
    return row | {"ready": TODAY, "length_m": 1.0, "width_m": 1.0, "height_m": 1.0, "mass_kg": 1.0}


def built(code: str, due: int, sales_order: str | None = None) -> Row:
    return {"work_order": code, "line": "L", "model": "M", "sales_order": sales_order, "due": day(due)}


HOME = {"market": "CN", "name": "China", "region": "home", "climate": "temperate", "currency": "CNY"}
HOME |= {"latitude": 0.0, "longitude": 0.0, "home": True}
LINE = {"line": "L", "model": "M", "per_day": 1}


def promise(feedback: dict[str, list[Row]] | None = None, today: date = TODAY, **rows: object) -> Decision:
    options = {k: rows.pop(k) for k in [*rows] if k not in NAMES}
    rows = {"parts": [part("M", 0)], "markets": [HOME], "lanes": [lane()]} | rows
    tables = {n: TABLES[n].rows(rows.get(n, [])) for n in NAMES}  # type: ignore[arg-type]
    fed = {n: TABLES[n].rows(r) for n, r in (feedback or {}).items()}
    return promise_orders(**tables, **fed, today=today, **options)  # type: ignore[arg-type]


def test_by_hand() -> None:
    """Sailings are every 7 days; today is day 4 of its week, so ships leave on days 3, 10, 17 ... from today.

    SO-1 asks 2: its own waiting machine and a free one, ready today; cut-off 2 days: sails on day 3; there on day 23.
    SO-2 asks 2: one comes off the line on day 4 (planned), one slot is free today (the line builds one a day and its parts
    are there): ready day 4, at the port by day 6, sails on day 10, there on day 30, 5 days after the wanted day 25.
    SO-3 (home) asks 1: the next free slot is tomorrow, but its pump is only there on day 9: ready and handed over on day 9.
    """
    got = promise(
        sales_orders=[
            order("SO-1", 2),
            order("SO-2", 2, wanted=25, ordered=1),
            order("SO-3", 1, market="CN", ordered=2),
        ],
        ship_units=[unit("M-1", "SO-1"), unit("M-2")],
        work_orders=[built("WO-1", 4)],
        parts=[part("M", 0), part("PUMP", 30, source="buy")],
        bom=[{"parent": "M", "component": "pump", "part": "PUMP", "quantity": 1.0}],
        stocks=[{"place": "plant", "part": "PUMP", "lot": "A", "quantity": 2.0}],
        receipts=[{"receipt": "R1", "part": "PUMP", "due": day(9), "quantity": 5.0}],
        capacities=[LINE],
        slip_share=0.0,
    )
    rows = got.rows.to_pylist()
    assert [r["sales_order"] for r in rows] == ["SO-1", "SO-2", "SO-3"]
    assert [r["ready"] for r in rows] == [day(0), day(4), day(9)]
    assert [r["sails"] for r in rows] == [day(3), day(10), None]
    assert [r["p80"] for r in rows] == [day(23), day(30), day(9)]
    assert [r["from_stock"] for r in rows] == [2, 0, 0]
    assert [r["reason"] for r in rows] == ["waits_for_sailing", "late", "waits_for_material"]
    assert rows[2]["binding_part"] == "PUMP"
    assert promise_orders.sentence(rows[1]) == (
        "5 days after 2023-07-28: held back by sailing; ready 2023-07-07, there by 2023-08-02 with chance 80 %"
    )
    assert got.proof.unit == "machine-days late at readiness"
    assert got.clash == ()


def set_aside(part: str, lot: str) -> Row:
    return {"part": part, "lot": lot, "since": datetime(2023, 7, 1, tzinfo=UTC), "source": "line.control", "signals": 1}


def test_held_stock_and_held_machines_give_nothing() -> None:
    """The lot on hand is on hold, so parts come after their lead of 12; the planned machine is on hold, so it gives none."""
    bad: Row = {"part": "PUMP", "lot": "A", "rank": 1, "machines": 1, "failures": 1, "expected": 0.1, "ratio": 9.0}
    bad |= {"evidence": 5.0, "hold": True, "reason": "x"}
    held: Row = {
        "line": "L",
        "slot": 1,
        "start_s": 0.0,
        "work_order": "WO-1",
        "model": "M",
        "due": day(1),
        "late_days": 0,
    }
    held |= {"frozen": False, "held": True, "moved": 0, "overload_s": 0.0, "violations": 0, "reason": "x"}
    given = {
        "sales_orders": [order("SO-1", 1, market="CN")],
        "work_orders": [built("WO-1", 1)],
        "parts": [part("M", 0), part("PUMP", 12, source="buy")],
        "bom": [{"parent": "M", "component": "pump", "part": "PUMP", "quantity": 1.0}],
        "stocks": [{"place": "plant", "part": "PUMP", "lot": "A", "quantity": 9.0}],
        "capacities": [LINE],
        "slip_share": 0.0,
    }
    assert promise(**given).rows.column("ready").to_pylist() == [day(0)]
    slots_only = promise(**given, feedback={"build_sequence": [held]})
    assert slots_only.rows.column("ready").to_pylist() == [day(0)]
    both = promise(**given, feedback={"build_sequence": [held], "suspect_lots": [bad]})
    assert both.rows.column("ready").to_pylist() == [day(12)]
    assert both.rows.column("binding").to_pylist() == ["material"]
    charted = promise(**given, feedback={"build_sequence": [held], "lot_holds": [set_aside("PUMP", "A")]})
    assert charted.rows.column("ready").to_pylist() == [day(12)]


def test_cheapest_lane_in_time_else_the_quickest() -> None:
    """The slow lane is there on day 3 + 20, air on day 1 + 4; wanted on day 30 the cheap one will do, on day 10 it will not."""
    lanes = [lane(), lane("AIR-ID", 4.0, 4.0, every=1, cost=9.0)]
    for wanted, expected in ((30, "SEA-ID"), (10, "AIR-ID"), (None, "AIR-ID")):
        got = promise(sales_orders=[order("SO-1", 1, wanted)], ship_units=[unit("M-1")], lanes=lanes, cutoff_days=1)
        assert got.rows.column("lane").to_pylist() == [expected]


def test_orders_without_a_way_are_named() -> None:
    got = promise(sales_orders=[order("SO-1", 1, market="BR"), order("SO-2", 1)], horizon_days=30)
    assert got.rows.num_rows == 0
    assert got.status == "none"
    assert [c.what for c in got.clash] == [
        "SO-1 has no day: no lane reaches BR",
        "SO-2 has no day: no slot within the horizon",
    ]


def test_meets_published_results(shared_data: Path) -> None:
    """frePPLe's plan of constraints_leadtime_1 (expected output no. 1): the end item takes 7 days, the subassembly 2 days for

    a batch of 2 in parallel, delivery 1 day, no capacity limit. Its delivery dates, to the day.
    """
    folder = shared_data / "plan" / "frepple" / "test" / "constraints_leadtime_1"
    root = ElementTree.parse(folder / "constraints_leadtime_1.xml").getroot()
    today = date.fromisoformat(root.findtext("current")[:10])
    held = {
        b.find("item").get("name"): float(b.findtext("onhand") or 0)
        for b in root.iter("buffer")
        if b.find("item") is not None
    }
    orders = [
        order(d.get("name"), int(d.findtext("quantity")))
        | {"wanted": date.fromisoformat(d.findtext("due")[:10]), "ordered": today, "model": "end item"}
        for d in root.iter("demand")
    ]
    got = promise(
        today=today,
        sales_orders=orders,
        parts=[part("end item", 7), part("subassembly", 2), part("Raw material", 0)],
        bom=[
            {"parent": "end item", "component": "s", "part": "subassembly", "quantity": 1.0},
            {"parent": "subassembly", "component": "r", "part": "Raw material", "quantity": 1.0},
        ],
        stocks=[{"place": "factory", "part": p, "lot": "1", "quantity": q} for p, q in held.items() if q],
        capacities=[{"line": "L", "model": "end item", "per_day": 1000}],
        lanes=[lane(p50=1.0, p95=1.0, every=1)],
        days_a_week=7,
        cutoff_days=0,
        slip_share=0.0,
    )
    expected = {}
    for line in (folder / "constraints_leadtime_1.1.expect").read_text().splitlines():
        cells = line.split("\t")
        if cells[0] == "DEMAND":
            expected[cells[1]] = cells[2][:10]
    assert {r["sales_order"]: str(r["p50"]) for r in got.rows.to_pylist()} == expected
    assert expected == {"order 1": "2009-01-09", "order 2": "2009-01-11"}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.one_of(st.none(), st.integers(0, 60))), min_size=1, max_size=6),
    st.integers(0, 5),
    st.integers(0, 4),
)
def test_holds_its_laws(wants: list[tuple[int, int | None]], waiting: int, planned: int) -> None:
    """Odds are in order, nothing is there before it is ready, and no machine is given twice."""
    got = promise(
        sales_orders=[order(f"SO-{i}", n, wanted, ordered=i) for i, (n, wanted) in enumerate(wants)],
        ship_units=[unit(f"M-{i}") for i in range(waiting)],
        work_orders=[built(f"WO-{i}", i) for i in range(planned)],
        lanes=[lane(p50=20.0, p95=33.0)],
        capacities=[LINE],
    )
    rows = got.rows.to_pylist()
    assert len(rows) == len(wants)
    assert sum(r["from_stock"] for r in rows) <= waiting
    ready = sorted((r["ready"] - TODAY).days for r in rows for _ in range(int(r["quantity"]) - r["from_stock"]))
    for ahead in ready:
        working = sum(day(d).weekday() < 6 for d in range(ahead + 1))
        assert sum(r <= ahead for r in ready) <= working + planned
    for row in rows:
        assert row["ready"] <= row["sails"] <= row["p50"] <= row["p80"] <= row["p95"]
        assert row["late_days"] == max(0, (row["p80"] - row["wanted"]).days if row["wanted"] else 0)
    assert got.proof.value >= got.proof.against - 1e-9


def test_refuses_bad_data() -> None:
    with pytest.raises(DataRejected) as caught:
        promise(sales_orders=[order("SO-1", 1) | {"model": "N"}], lanes=[lane(p50=30.0, p95=20.0)])
    assert str(caught.value) == (
        "model N is not in parts\n  at: sales_orders.model, row 1\n  do: add it to parts, or correct the code\n"
        "lane SEA-ID takes 30 days in the middle and 20 at p95\n"
        "  at: lanes.days_p95, row 1\n  do: give 0 < days_p50 <= days_p95"
    )
