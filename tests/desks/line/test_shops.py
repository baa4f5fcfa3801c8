"""line.shops: parts for the line in time, set-ups and breaks kept, material waited for, nonsense refused."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.line.shops import schedule_shops
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.line_shops import (
    EQUIPMENT,
    EQUIPMENT_BREAKS,
    EQUIPMENT_SETUPS,
    SHOP_OPERATIONS,
    SHOP_ORDERS,
)
from smilecurve.terms.tables.supply import BOM, RECEIPTS, STOCKS

DAY = date(2026, 3, 2)
ZERO = datetime(2026, 3, 2, tzinfo=UTC)
Row = dict[str, object]


def at(hours: float) -> datetime:
    return ZERO + timedelta(hours=hours)


def order(name: str, part: str = "ARM", quantity: int = 1, **columns: object) -> Row:
    return {"shop_order": name, "part": part, "quantity": quantity, **columns}


def step(name: str, position: int, equipment: str, hours: float) -> Row:
    return {"shop_order": name, "position": position, "equipment": equipment, "time_s": hours * 3600}


def decide(orders: list[Row], operations: list[Row], **tables: object) -> Decision:
    names = sorted({str(r["equipment"]) for r in operations})
    stands = tables.pop("equipment", [{"equipment": n, "shop": "weld", "name": n} for n in names])
    given_ = {
        "shop_orders": SHOP_ORDERS.rows(orders),
        "shop_operations": SHOP_OPERATIONS.rows(operations),
        "equipment": EQUIPMENT.rows(stands),
        "equipment_breaks": EQUIPMENT_BREAKS.rows(tables.pop("breaks", [])),
        "equipment_setups": EQUIPMENT_SETUPS.rows(tables.pop("setups", [])),
        "bom": BOM.rows(tables.pop("bom", [])),
        "stocks": STOCKS.rows(tables.pop("stocks", [])),
        "receipts": RECEIPTS.rows(tables.pop("receipts", [])),
    }
    return schedule_shops(**given_, **{"today": DAY, "work": 100_000, "windows": 1, **tables})


def brief(found: Decision) -> list[tuple[object, ...]]:
    """Order, position, equipment, hours of start and end, reason."""
    return [
        (
            r["shop_order"],
            r["position"],
            r["equipment"],
            (r["start"] - ZERO) / timedelta(hours=1),
            (r["end"] - ZERO) / timedelta(hours=1),
            r["reason"],
        )
        for r in found.rows.to_pylist()
    ]


def test_by_hand() -> None:
    """A boom (3 h cutting, 4 h welding) wanted at 7 and an arm (2 h, 2 h) wanted at 9, one cutter, one robot.

    Boom first: cut 0-3, weld 3-7, in time; arm: cut 3-5, the robot needs a set-up of an hour after the boom, weld 8-10:
    1 h late. Arm first: cut 0-2, weld 2-4; boom: cut 2-5, weld 5-9: 2 h late. Boom first costs 10 * 1 h + 10 h.
    """
    found = decide(
        [order("B1", "BOOM", due=at(7)), order("A1", "ARM", due=at(9))],
        [step("B1", 1, "CUT", 3), step("B1", 2, "ROBOT", 4), step("A1", 1, "CUT", 2), step("A1", 2, "ROBOT", 2)],
        setups=[{"equipment": "ROBOT", "from_family": "*", "to_family": "*", "time_s": 3600}],
    )
    assert brief(found) == [
        ("B1", 1, "CUT", 0, 3, "flows"),
        ("A1", 1, "CUT", 3, 5, "queues"),
        ("B1", 2, "ROBOT", 3, 7, "flows"),
        ("A1", 2, "ROBOT", 8, 10, "late"),
    ]
    assert (found.status, found.proof.value, found.proof.against) == ("best", 72_000.0, 72_000.0)
    assert found.figures["late"] == 1.0
    row = found.rows.to_pylist()[found.headline or 0]
    assert schedule_shops.sentence(row) == "the order is done 1.0 h after the line wants it"
    assert (row["setup_s"], row["wait_h"], row["turn"]) == (3600.0, 3.0, 2)


def test_breaks_are_waited_out_and_the_other_equipment_is_taken() -> None:
    """Six hours of work do not fit before the night that begins at 4 and ends at 10: 10-16; where no night is: 0-7."""
    night = {"equipment": "R1", "begin": at(4), "end": at(10), "every_h": 24.0}
    alone = decide([order("B1")], [step("B1", 1, "R1", 6)], breaks=[night])
    assert brief(alone) == [("B1", 1, "R1", 10, 16, "queues")]
    both = decide([order("B1")], [step("B1", 1, "R1", 6), step("B1", 1, "R2", 7)], breaks=[night])
    assert brief(both) == [("B1", 1, "R2", 0, 7, "flows")]


def test_material_is_waited_for() -> None:
    """Ten plates lie there and ten come on day two: the order wanted first takes those, the next waits for the rest.

    A third order finds nothing on its way: it stands behind the last receipt and says so.
    """
    found = decide(
        [order("B1", due=at(20)), order("B2", due=at(60)), order("B3", due=at(90))],
        [step(name, 1, f"R{k}", 1) for k, name in enumerate(("B1", "B2", "B3"))],
        bom=[{"parent": "ARM", "component": "plate", "part": "PLT", "quantity": 8.0}],
        stocks=[{"place": "S", "part": "PLT", "lot": "L", "quantity": 10.0}],
        receipts=[{"receipt": "P1", "part": "PLT", "due": date(2026, 3, 4), "quantity": 10.0}],
    )
    assert brief(found) == [
        ("B1", 1, "R0", 0, 1, "flows"),
        ("B2", 1, "R1", 48, 49, "material"),
        ("B3", 1, "R2", 48, 49, "short"),
    ]


def test_no_plan_fits() -> None:
    """Ten hours never fit between nights eight hours apart; two hours of work do not end by a deadline in one."""
    night = {"equipment": "R1", "begin": at(8), "end": at(24), "every_h": 24.0}
    found = decide([order("B1")], [step("B1", 1, "R1", 10)], breaks=[night])
    assert (found.status, found.rows.num_rows) == ("none", 0)
    assert [c.what for c in found.clash] == [
        "operation 1 of shop order B1 fits nowhere: it takes 36000 s on R1, which runs 28800 s between breaks"
    ]
    hopeless = decide([order("B1", deadline=at(1))], [step("B1", 1, "R1", 2)])
    assert [c.what for c in hopeless.clash] == ["shop order B1 has 7200 s of work and only 3600 s until its deadline"]
    crowd = decide([order(n, deadline=at(3)) for n in ("B1", "B2")], [step(n, 1, "R1", 2) for n in ("B1", "B2")])
    assert crowd.status == "none"
    assert crowd.clash[0].what.startswith("no plan was found that keeps the deadline of shop order B")


def test_meets_published_results(shared_data: Path) -> None:
    """Fisher & Thompson (1963) instance ft06: six jobs on six machines are done at 55, no sooner."""
    case = json.loads((shared_data / "line/jobshop/jsp_benchmarks.json").read_text())["ft06"]
    operations = [
        step(f"J{j}", k + 1, f"M{place}", time / 60)
        for j, (places, times) in enumerate(zip(case["machines_matrix"], case["duration_matrix"], strict=True))
        for k, (place, time) in enumerate(zip(places, times, strict=True))
    ]
    found = decide([order(f"J{j}") for j in range(6)], operations, patience=0.3)
    assert (found.status, found.proof.value, found.proof.against) == ("best", 55 * 60.0, 55 * 60.0)


@given(st.integers(0, 5_000), st.integers(1, 5), st.integers(1, 3))
@settings(max_examples=12, deadline=None)
def test_holds_its_laws(seed: int, orders: int, places: int) -> None:
    """Work in its order, one at a time, no break cut; names do not matter; times and breaks scaled scale the bound."""
    rng = np.random.default_rng(seed)
    rows = [order(f"O{j}", f"P{j % 2}", due=at(float(rng.integers(2, 30)))) for j in range(orders)]
    work = [
        step(f"O{j}", k, f"E{e}", float(rng.integers(1, 5)))
        for j in range(orders)
        for k in (1, 2)
        for e in sorted(rng.choice(places, int(rng.integers(1, places + 1)), replace=False).tolist())
    ]
    used = sorted({str(r["equipment"]) for r in work})
    breaks = [{"equipment": e, "begin": at(10), "end": at(14), "every_h": 24.0} for e in used]
    setups = [{"equipment": used[0], "from_family": "P0", "to_family": "P1", "time_s": 1800.0}]
    found = decide(rows, work, breaks=breaks, setups=setups, patience=0.02)
    assert found.rows.num_rows == orders * 2
    assert found.proof.against <= found.proof.value
    by_order: dict[object, list[Row]] = {}
    by_place: dict[object, list[Row]] = {}
    for row in found.rows.to_pylist():
        by_order.setdefault(row["shop_order"], []).append(row)
        by_place.setdefault(row["equipment"], []).append(row)
    for own in by_order.values():
        first, second = sorted(own, key=lambda r: r["position"])
        assert first["end"] <= second["start"]
    for own in by_place.values():
        own.sort(key=lambda r: r["start"])
        assert [r["turn"] for r in own] == list(range(1, len(own) + 1))
        for one, other in pairwise(own):
            assert one["end"] <= other["start"] - timedelta(seconds=other["setup_s"])
        for row in own:
            begin = row["start"] - timedelta(seconds=row["setup_s"])
            assert all(row["end"] <= at(10 + d) or begin >= at(14 + d) for d in range(0, 400, 24))
    renamed = decide(
        [{**r, "shop_order": f"订单-{r['shop_order']}"} for r in rows[::-1]],
        [{**r, "shop_order": f"订单-{r['shop_order']}"} for r in work[::-1]],
        breaks=breaks,
        setups=setups,
        patience=0.02,
    )
    assert renamed.proof.against <= found.proof.value
    assert found.proof.against <= renamed.proof.value


def test_the_same_rows_give_the_same_bytes_and_long_codes_are_kept() -> None:
    rows = [order("20260302000017", "动臂-20", 3, due=at(9)), order("20260302000018", "斗杆-20", 2)]
    work = [step(str(r["shop_order"]), k, f"机器人-{k}", 1.5) for r in rows for k in (1, 2)]
    one, other = decide(rows, work), decide(rows, work)
    assert one.rows.equals(other.rows)
    assert set(one.rows["shop_order"].to_pylist()) == {"20260302000017", "20260302000018"}


def test_refuses_bad_data() -> None:
    """Everything that cannot stand is named in one go: where, and what to do."""
    with pytest.raises(DataRejected) as refused:
        decide(
            [order("A"), order("B", release=at(9), due=at(2), deadline=at(1))],
            [step("B", 1, "R1", 1), step("C", 1, "R9", 1)],
            equipment=[{"equipment": "R1", "shop": "weld", "name": "R1"}],
            breaks=[
                {"equipment": "R1", "begin": at(5), "end": at(4)},
                {"equipment": "R1", "begin": at(7), "end": at(31), "every_h": 24.0},
            ],
            setups=[{"equipment": "R7", "from_family": "*", "to_family": "*", "time_s": 60.0}],
        )
    assert [(b.what, b.at) for b in refused.value.breaches] == [
        ("nobody knows equipment R9", "shop_operations.equipment, row 2"),
        ("nobody knows equipment R7", "equipment_setups.equipment, row 1"),
        ("nobody knows shop order C", "shop_operations.shop_order, row 2"),
        ("shop order A has no operations", "shop_orders.shop_order, row 1"),
        (
            "shop order B has its release 2026-03-02 09:00 behind its due 2026-03-02 02:00",
            "shop_orders.release, row 2",
        ),
        (
            "shop order B has its release 2026-03-02 09:00 behind its deadline 2026-03-02 01:00",
            "shop_orders.release, row 2",
        ),
        ("shop order B has its due 2026-03-02 02:00 behind its deadline 2026-03-02 01:00", "shop_orders.due, row 2"),
        (
            "the break of R1 ends 2026-03-02 04:00, not after it begins 2026-03-02 05:00",
            "equipment_breaks.end, row 1",
        ),
        ("the break of R1 comes again after 24 h but lasts as long: it never runs", "equipment_breaks.every_h, row 2"),
    ]
    assert all(b.do for b in refused.value.breaches)
    with pytest.raises(DataRejected) as refused:
        decide(
            [order("A", quantity=0), order("A")],
            [
                {"shop_order": "A", "position": 1, "equipment": "R1", "time_s": 0.0},
                {"shop_order": "A", "position": 2, "equipment": "R1", "time_s": -5.0},
                {"shop_order": "A", "position": 3, "equipment": "R1", "time_s": float("nan")},
            ],
            setups=[{"equipment": "R1", "from_family": "*", "to_family": "*", "time_s": -1.0}],
        )
    assert [b.what for b in refused.value.breaches] == [
        "quantity 0 is below 1",
        "key shop_order=A stands twice",
        "time_s 0.0 is below 0.001",
        "time_s -5.0 is below 0.001",
        "time_s nan is not finite",
        "time_s -1.0 is below 0",
    ]
    with pytest.raises(OptionRejected, match="late_weight is -1"):
        decide([order("A")], [step("A", 1, "R1", 1)], late_weight=-1)
    with pytest.raises(OptionRejected, match="give 0 to 1000000000"):
        decide([order("A")], [step("A", 1, "R1", 1)], patience=1e308)


def test_no_orders_no_rows() -> None:
    found = decide([], [], equipment=[])
    assert (found.rows.num_rows, found.status) == (0, "best")
    assert isinstance(found.rows, pa.Table)
