"""supply.explode: textbook records, frePPLe's own plan, the law of conservation, refusals."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.supply.explode import explode_demand
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected
from smilecurve.terms.table import Spec
from smilecurve.terms.tables import TABLES

TODAY = date(2023, 7, 3)
NAMES = ("parts", "bom", "suppliers", "stocks", "receipts", "sales_orders", "work_orders", "ship_units")
NAMES += ("demand_forecast", "lanes")


def day(ahead: int) -> date:
    return TODAY + timedelta(days=ahead)


def part(code: str, lead: int, **more: object) -> dict[str, object]:
    row = {"part": code, "name": code, "system": "any", "source": "make", "lead_days": lead, "lot_least": 0.0}
    row |= {"lot_multiple": 0.0, "scrap": 0.0, "cost": 1.0, "currency": "CNY", "spare": False}
    return row | more


def goes_into(parent: str, *inside: tuple[str, float]) -> list[dict[str, object]]:
    return [{"parent": parent, "component": p, "part": p, "quantity": q} for p, q in inside]


def order(code: str, model: str, ahead: int, quantity: int) -> dict[str, object]:
    row = {"sales_order": code, "model": model, "market": "CN", "channel": "dealer", "ordered": TODAY}
    return row | {
        "wanted": day(ahead),
        "quantity": quantity,
        "open_quantity": quantity,
        "amount": 0.0,
        "currency": "CNY",
    }


def stock(code: str, quantity: float, lot: str = "L1") -> dict[str, object]:
    return {"place": "plant", "part": code, "lot": lot, "quantity": quantity}


def spare(**more: object) -> dict[str, object]:
    """What a depot is to hold of P: 4 pieces, all to be bought."""
    row = {"depot": "D", "part": "P", "demand_year": 1.0, "demand_before": 1.0, "target": 4, "on_hand": 0, "move_in": 0}
    row |= {"buy": 4, "fill_before": 0.0, "fill": 1.0, "backorders": 0.0, "cost": 0.0, "currency": "CNY", "reason": "x"}
    return row | more


def explode(
    today: date = TODAY, feedback: dict[str, list[dict[str, object]]] | None = None, **rows: object
) -> Decision:
    tables = {n: TABLES[n].rows(rows.pop(n, [])) for n in NAMES}  # type: ignore[arg-type]
    fed = {n: TABLES[n].rows(r) for n, r in (feedback or {}).items()}
    return explode_demand(**tables, **fed, today=today, **rows)  # type: ignore[arg-type]


def releases(decision: Decision) -> dict[str, list[tuple[int, float]]]:
    """Part -> (start day, pieces) of its planned orders."""
    found: dict[str, set[tuple[int, float]]] = defaultdict(set)
    for row in decision.rows.to_pylist():
        found[row["part"]].add(((row["start"] - TODAY).days, row["order_quantity"]))
    return {k: sorted(v) for k, v in found.items()}


def test_by_hand() -> None:
    """Order 10 M for day 30. 2 M wait for a ship, so 8 are made: start day 28 (lead 2). Each takes 3 P: 24 on day 28.

    5 P of lot GOOD and 9 of lot BAD are there, BAD is on hold: 19 short, in multiples of 10: 20, start day 21 (lead 7). The
    depot's 4 spares come 7 days from now from the 5 good ones, which leaves 1 for the line: short 23, ordered 30. Cost 8 x 100
    + 30 x 2 = 860; without lot sizes 8 x 100 + 23 x 2 = 846.
    """
    unit = {"machine": "", "model": "M", "market": "CN", "place": "yard", "ready": TODAY}
    unit |= {"length_m": 1.0, "width_m": 1.0, "height_m": 1.0, "mass_kg": 1.0}
    bad = {"part": "P", "lot": "BAD", "rank": 1, "machines": 1, "failures": 1, "expected": 0.1, "ratio": 9.0}
    bad |= {"evidence": 5.0, "hold": True, "reason": "x"}
    got = explode(
        parts=[part("M", 2, cost=100.0), part("P", 7, lot_multiple=10.0, cost=2.0, source="buy", supplier="S1")],
        bom=goes_into("M", ("P", 3)),
        stocks=[stock("P", 5, "GOOD"), stock("P", 9, "BAD")],
        sales_orders=[order("SO-1", "M", 30, 10)],
        ship_units=[unit | {"machine": f"M-{i}"} for i in range(2)],
        feedback={"suspect_lots": [bad], "spare_stock": [spare()]},
    )
    rows = got.rows.to_pylist()
    assert [(r["part"], r["demand"], r["quantity"], r["order_quantity"], r["level"]) for r in rows] == [
        ("M", "SO-1", 8, 8, 0),
        ("P", "P-M-230802", 23, 30, 1),
    ]
    assert [r["start"] for r in rows] == [day(28), day(21)]
    assert [r["reason"] for r in rows] == ["for_sales_order", "held_stock"]
    assert explode_demand.sentence(rows[1]) == "23 P for P-M-230802 by 2023-07-31: lots on hand are on hold"
    assert (got.proof.value, got.proof.against, got.status) == (860.0, 846.0, "good")


def test_a_lot_set_aside_by_a_chart_is_no_stock() -> None:
    """10 machines need a P each; 6 of 15 on hand are of a lot on hold: one more is bought."""
    given = {
        "parts": [part("M", 2), part("P", 7, source="buy", supplier="S1")],
        "bom": goes_into("M", ("P", 1)),
        "stocks": [stock("P", 9, "GOOD"), stock("P", 6, "ODD")],
        "sales_orders": [order("SO-1", "M", 30, 10)],
    }
    odd = {"part": "P", "lot": "ODD", "since": datetime(2023, 7, 1, tzinfo=UTC), "source": "line.control", "signals": 1}
    assert [r["part"] for r in explode(**given).rows.to_pylist()] == ["M"]
    rows = explode(**given, feedback={"lot_holds": [odd]}).rows.to_pylist()
    assert [(r["part"], r["quantity"], r["reason"]) for r in rows] == [
        ("M", 10, "for_sales_order"),
        ("P", 1, "held_stock"),
    ]


def test_pieces_for_campaigns_are_asked_once() -> None:
    """The depot buys 4, 3 of them for a campaign; 2 machines stand in the yard; 5 wait for Q, which no depot keeps."""
    told = {"week": TODAY, "weeks": 26, "past": False, "machines": 1.0, "low80": 1.0, "high80": 1.0, "low95": 1.0}
    told |= {"high95": 1.0, "reason": "x"}
    forecast = [
        told | {"level": level, "part": part, "market": market, "expected": pieces}
        for level, part, market, pieces in (
            ("campaign", "P", "CN", 3.0), ("yard", "P", None, 2.0), ("campaign", "Q", "CN", 4.0),
            ("campaign", "Q", "ID", 1.0), ("part", "P", None, 99.0),
        )
    ]  # fmt: skip
    got = explode(
        parts=[part("P", 7), part("Q", 2)],
        feedback={"spare_stock": [spare(campaign=3)], "claim_forecast": forecast},
    )
    rows = {r["demand"]: (r["demand_kind"], r["quantity"], r["reason"]) for r in got.rows.to_pylist()}
    assert rows == {
        "D:P": ("spares", 1.0, "for_spares"),
        "D:P:campaign": ("campaign", 3.0, "for_campaign"),
        "yard:P:campaign": ("campaign", 2.0, "for_campaign"),
        "field:Q:campaign": ("campaign", 5.0, "for_campaign"),
    }


def test_forecast_is_consumed_by_orders() -> None:
    """Forecast 10 for September in two markets, 4 of them already on order in one: 3 + 3 = 6 beside the order's 4."""
    month = {
        "model": "M",
        "family": "f",
        "month": date(2023, 9, 1),
        "p10": 0.0,
        "p90": 9.0,
        "method": "x",
        "reason": "x",
    }
    got = explode(
        parts=[part("M", 2)],
        sales_orders=[order("SO-1", "M", 70, 4)],
        demand_forecast=[month | {"market": "CN", "p50": 7.0}, month | {"market": "ID", "p50": 3.0}],
    )
    assert {(r["demand"], r["demand_kind"], r["quantity"]) for r in got.rows.to_pylist()} == {
        ("SO-1", "sales_order", 4.0),
        ("M:2023-09", "forecast", 6.0),
    }


def test_supplier_that_stops_delivers_before_or_after() -> None:
    """Needed on day 20, closed from day 15 to 30: comes on day 14. Needed on day 2, closed since today: comes on day 30."""
    closed = {"supplier": "S1", "name": "S1", "market": "CN", "closed_from": day(15), "closed_until": day(30)}
    made = [part("M", 0), part("P", 3, source="buy", supplier="S1")]
    got = explode(
        parts=made, bom=goes_into("M", ("P", 1)), suppliers=[closed], sales_orders=[order("SO-1", "M", 20, 1)]
    )
    assert [r["due"] for r in got.rows.to_pylist()] == [day(20), day(14)]
    assert got.rows.column("reason").to_pylist()[1] == "supplier_closed"
    got = explode(
        parts=made,
        bom=goes_into("M", ("P", 1)),
        suppliers=[closed | {"closed_from": TODAY}],
        sales_orders=[order("SO-1", "M", 2, 1)],
    )
    assert [r["due"] for r in got.rows.to_pylist()] == [day(2), day(30)]
    assert got.rows.column("late_days").to_pylist()[1] == 28, "needed on day 2, there on day 30"


def test_meets_published_results(shared_data: Path) -> None:
    """A textbook record and a plan of frePPLe 9.18.

    The speaker kit of Heizer, Render & Munson, "Operations Management" (material requirements planning: 50 of A in week 8;
    weeks stand as days here): net orders and their releases as printed there. Then frePPLe's model constraints_leadtime_1,
    unconstrained (its expected output no. 3): same orders, starts and ends.
    """
    leads = {"A": 1, "B": 2, "C": 1, "D": 1, "E": 2, "F": 3, "G": 2}
    stocks = {"A": 10, "B": 15, "C": 20, "D": 10, "E": 10, "F": 5}
    bom = goes_into("A", ("B", 2), ("C", 3)) + goes_into("B", ("D", 2), ("E", 2))
    bom += goes_into("C", ("E", 2), ("F", 2)) + goes_into("F", ("D", 2), ("G", 1))
    got = explode(
        parts=[part(p, lead) for p, lead in leads.items()],
        bom=bom,
        stocks=[stock(p, q) for p, q in stocks.items()],
        sales_orders=[order("SO-1", "A", 8, 50)],
    )
    assert releases(got) == {
        "A": [(7, 40)],
        "B": [(5, 65)],
        "C": [(6, 100)],
        "D": [(2, 380), (4, 130)],
        "E": [(3, 120), (4, 200)],
        "F": [(3, 195)],
        "G": [(1, 195)],
    }
    assert got.status == "best"
    _meets_frepple(shared_data / "plan" / "frepple" / "test" / "constraints_leadtime_1")


def _meets_frepple(folder: Path) -> None:
    """The model's times in days: delivery 1, end item 7, subassembly 1 + 0.5 a piece (6 pieces: 4 days)."""
    root = ElementTree.parse(folder / "constraints_leadtime_1.xml").getroot()
    held = {
        b.find("item").get("name"): float(b.findtext("onhand") or 0)
        for b in root.iter("buffer")
        if b.find("item") is not None
    }
    today = date.fromisoformat(root.findtext("current")[:10])
    orders = []
    for demand in root.iter("demand"):
        due = date.fromisoformat(demand.findtext("due")[:10]) - timedelta(days=1)
        orders.append(order(demand.get("name"), "end item", 0, int(demand.findtext("quantity"))) | {"wanted": due})
    got = explode(
        today,
        parts=[part("end item", 7), part("subassembly", 4), part("Raw material", 0)],
        bom=goes_into("end item", ("subassembly", 1)) + goes_into("subassembly", ("Raw material", 1)),
        stocks=[stock(p, q) for p, q in held.items() if q],
        sales_orders=orders,
    )
    expected = set()
    for line in (folder / "constraints_leadtime_1.3.expect").read_text().splitlines():
        kind, *cells = line.split("\t")
        if kind == "OPERATION" and cells[0].startswith("make"):
            expected.add((cells[0][5:], cells[1][:10], cells[2][:10], float(cells[3])))
    found = {(r["part"], str(r["start"]), str(r["due"]), r["order_quantity"]) for r in got.rows.to_pylist()}
    assert found == expected
    assert len(expected) == 3


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), min_size=1, max_size=6), st.integers(0, 20))
def test_holds_its_laws(wants: list[tuple[int, int]], on_hand: int) -> None:
    """What is planned and on hand meets every demand; the gap is what lot sizes leave over; rows join to their parents."""
    got = explode(
        parts=[part("M", 2), part("P", 3, lot_least=5.0, scrap=0.5), part("R", 1, lot_multiple=4.0)],
        bom=goes_into("M", ("P", 2), ("R", 1)) + goes_into("P", ("R", 3)),
        stocks=[stock("R", float(on_hand))] if on_hand else [],
        sales_orders=[order(f"SO-{i}", "M", ahead, n) for i, (ahead, n) in enumerate(wants)],
    )
    rows = got.rows.to_pylist()
    served: dict[str, float] = defaultdict(float)
    made = {r["planned_order"]: r["order_quantity"] for r in rows}
    for row in rows:
        served[row["part"], row["demand"]] += row["quantity"]
        assert row["due"] >= row["start"]
        assert (row["late_days"] > 0) == (row["start"] < TODAY)
    for i, (_, n) in enumerate(wants):
        assert served["M", f"SO-{i}"] == n
    for code, quantity in made.items():
        if code.startswith("P-M-"):
            assert served["P", code] == pytest.approx(2 * quantity)
    asked_of_r = sum(q * (3 if c.startswith("P-P-") else 1) for c, q in made.items() if not c.startswith("P-R-"))
    from_orders = sum(q for (p, _), q in served.items() if p == "R")
    assert from_orders == pytest.approx(max(0.0, asked_of_r - on_hand))
    assert got.proof.value >= got.proof.against - 1e-9


def test_refuses_bad_data() -> None:
    with pytest.raises(DataRejected) as caught:
        explode(
            parts=[part("M", 1), part("P", 1, scrap=1.0)],
            bom=goes_into("M", ("Q", 1)),
            sales_orders=[order("SO-1", "N", 5, 1)],
        )
    assert str(caught.value) == (
        "part Q is not in parts\n  at: bom.part, row 1\n  do: add it to parts, or correct the code\n"
        "model N is not in parts\n  at: sales_orders.model, row 1\n  do: add it to parts, or correct the code\n"
        "part P loses all its pieces (scrap 1)\n  at: parts.scrap, row 2\n  do: keep scrap below 1"
    )
    with pytest.raises(DataRejected) as caught:
        explode(
            parts=[part("M", 1), part("P", 1), part("Q", 1)],
            bom=goes_into("M", ("P", 1)) + goes_into("P", ("Q", 1)) + goes_into("Q", ("P", 1)),
        )
    assert str(caught.value) == (
        "the bill of material contains itself: P -> Q -> P\n  at: bom\n  do: take one of these lines out"
    )


def test_nothing_asked_plans_nothing() -> None:
    got = explode(parts=[part("M", 1)])
    assert isinstance(got.rows, pa.Table)
    assert (got.rows.num_rows, got.proof.value, got.status) == (0, 0.0, "best")
    assert isinstance(TABLES["planned_orders"], Spec)
