"""supply.replenish: where safety stock lies, and in which lots parts are ordered."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.supply.replenish import MONTH_DAYS, P90, replenish_parts
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.market import DEMAND_FORECAST
from smilecurve.terms.tables.supply import BOM, PARTS


def part(name: str, lead_days: int, cost: float, **more: object) -> dict[str, object]:
    base = {"part": name, "name": name, "system": "s", "source": "make", "lead_days": lead_days, "lot_least": 0.0,
            "lot_multiple": 1.0, "scrap": 0.0, "cost": cost, "currency": "CNY", "spare": True}  # fmt: skip
    return base | more


def asked(model: str, mean_day: float, spread_day: float, market: str = "ID", month: int = 1) -> dict[str, object]:
    """A forecast of one month that makes these a day."""
    middle, wide = mean_day * MONTH_DAYS, P90 * spread_day * MONTH_DAYS**0.5
    return {"model": model, "family": "f", "market": market, "month": date(2026, month, 1), "p10": middle - wide,
            "p50": middle, "p90": middle + wide, "method": "m", "reason": "r"}  # fmt: skip


def use(parent: str, name: str, quantity: float = 1.0) -> dict[str, object]:
    return {"parent": parent, "component": name, "part": name, "quantity": quantity}


def run(parts: list[dict[str, object]], bom: list[dict[str, object]], forecast: list[dict[str, object]],
        **options: object) -> Decision:  # fmt: skip
    return replenish_parts(PARTS.rows(parts), BOM.rows(bom), DEMAND_FORECAST.rows(forecast), **options)


def test_by_hand() -> None:
    """A machine of 400 takes 1 day from a part of 100 that takes 3; 5 a day, spread 1, 95 % (z 1.645), 30 % a year.

    Stock at both: 30 x 1.645 x sqrt(3) + 120 x 1.645 x sqrt(1) = 85.5 + 197.4 = 282.9; at the machine alone 120 x 1.645 x
    sqrt(4) = 394.8. Lots: sqrt(2 x 200 x 1,826.25 / 30) = 156.05, in boxes of ten: 160.
    """
    got = run([part("M", 1, 400.0), part("P", 3, 100.0, lot_multiple=10.0)], [use("M", "P")], [asked("M", 5.0, 1.0)])
    rows = {r["part"]: r for r in got.rows.to_pylist()}
    assert got.proof.value == pytest.approx(30 * 1.64485 * 3**0.5 + 120 * 1.64485, rel=1e-5)
    assert (got.proof.against, got.status) == (pytest.approx(got.proof.value), "best")
    assert (rows["M"]["level"], rows["P"]["level"]) == (0, 1)
    assert rows["P"]["safety_stock"] == pytest.approx(1.64485 * 3**0.5, rel=1e-5)
    assert rows["P"]["lot"] == 160.0
    assert {r["reason"] for r in rows.values()} == {"decouples"}
    assert (
        replenish_parts.sentence(rows["P"]) == "promises at once: 2.8 cover what 3 days can ask for beyond 5.00 a day"
    )
    cheap = run([part("M", 1, 101.0), part("P", 3, 100.0)], [use("M", "P")], [asked("M", 5.0, 1.0)])
    assert {r["part"]: r["reason"] for r in cheap.rows.to_pylist()}["P"] == "passes"
    assert cheap.proof.value == pytest.approx(0.3 * 101 * 1.64485 * 4**0.5, rel=1e-5)


def test_meets_published_results(shared_data: Path) -> None:
    """The bulldozer chain (Graves and Willems 2003) as parts, bill of material and forecast: 632,720 a year."""
    lines = (shared_data / "serve" / "meio" / "bulldozer.txt").read_text().splitlines()[1:]
    rows = [line.split(",") for line in lines if line.strip()]
    ups = {row[0]: [cell for cell in row[8:] if cell][::2] for row in rows}
    added = {row[0]: float(row[3]) for row in rows}

    def whole(name: str) -> float:
        return added[name] + sum(whole(up) for up in ups[name])

    parts = [part(row[0], int(row[1]), whole(row[0])) for row in rows]
    bom = [use(name, up) for name, some in ups.items() for up in some]
    got = run(parts, bom, [asked("Final_Assembly", 5.0, 3.0)], service=0.95)
    assert got.proof.value == pytest.approx(632_720, rel=2e-4)
    assert got.proof.against == pytest.approx(got.proof.value)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_holds_its_laws(seed: int) -> None:
    """Never dearer than stock everywhere; a later promise or a lower service never costs more; bound below value; doubling
    the spread doubles the cost; rows may come in any order."""
    draw = np.random.default_rng(seed)
    parts = [part(f"P{k}", int(draw.integers(0, 20)), float(draw.integers(10, 500))) for k in range(6)]
    bom = [use(f"P{int(draw.integers(0, k))}", f"P{k}", float(draw.integers(1, 4))) for k in range(1, 6)]
    bom += [use("P0", f"P{k}") for k in (4, 5) if not any(b["parent"] == "P0" and b["part"] == f"P{k}" for b in bom)]
    forecast = [asked("P0", 6.0, float(draw.uniform(0.5, 1.5)), market, month)
                for market in ("ID", "TH") for month in (1, 2)]  # fmt: skip
    got = run(parts, bom, forecast)
    assert got.worth.amount >= -1e-6
    assert 0 <= got.proof.against <= got.proof.value + 1e-9
    for row in got.rows.to_pylist():
        assert replenish_parts.sentence(row)
        assert row["net_days"] == row["inbound_days"] + row["lead_days"] - row["outbound_days"] >= 0
    assert run(parts, bom, forecast, promise_days=5).proof.against <= got.proof.value + 1e-6
    assert run(parts, bom, forecast, service=0.9).proof.against <= got.proof.value + 1e-6
    assert run(parts[::-1], bom[::-1], forecast[::-1]).proof.value == pytest.approx(got.proof.value)
    wider = [r | {"p10": 2 * r["p10"] - r["p50"], "p90": 2 * r["p90"] - r["p50"]} for r in forecast]
    wider = [r | {"p10": max(r["p10"], 0.0)} for r in wider]
    if all(r["p10"] > 0 for r in wider):
        assert run(parts, bom, wider).proof.value == pytest.approx(2 * got.proof.value)


def test_refuses_bad_data() -> None:
    with pytest.raises(DataRejected) as refused:
        run([part("M", 1, 1.0)], [use("M", "X")], [asked("Z", 1.0, 1.0)])
    assert [b.what for b in refused.value.breaches] == ["part X is not in parts", "model Z is not in parts"]
    with pytest.raises(DataRejected, match="contains itself"):
        run([part("M", 1, 1.0), part("P", 1, 1.0)], [use("M", "P"), use("P", "M")], [asked("M", 1.0, 1.0)])
    with pytest.raises(DataRejected, match="parts are priced in CNY, EUR"):
        run([part("M", 1, 1.0), part("P", 1, 1.0, currency="EUR")], [use("M", "P")], [asked("M", 1.0, 0.2)])
    with pytest.raises(OptionRejected) as wrong:
        run([part("M", 1, 1.0)], [], [asked("M", 1.0, 0.2)], service=1.0, promise_days=-1, pool=3.0)
    assert len(wrong.value.breaches) == 3
    assert run([part("M", 1, 1.0)], [], []).rows.num_rows == 0
