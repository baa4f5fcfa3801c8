"""renew.grade: points by rules, and what machines with such points were sold for."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.renew.grade import grade_returns
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.renew_grades import GRADED_ITEMS, GRADING_ITEMS, GRADING_RULES

RULES = [{"family": "tiller", "grade": g, "least_points": p} for g, p in (("A", 85.0), ("B", 65.0), ("C", 40.0))]
ITEMS = [
    {"family": "tiller", "item": "engine", "name": "engine", "weight": 50.0, "at_best": "D", "photo": False},
    {"family": "tiller", "item": "gearbox", "name": "gearbox", "weight": 30.0, "at_best": None, "photo": False},
    {"family": "tiller", "item": "paint", "name": "paint", "weight": 20.0, "at_best": None, "photo": True},
]
WORTH = np.log([1.06, 1.0, 0.88, 0.68])


def looked(rma: str, wear: dict[str, float], **more: object) -> list[dict[str, object]]:
    base = {"rma": rma, "machine": f"M-{rma}", "model": "T4", "family": "tiller", "market": "FR", "waits": True}
    base |= {"day": date(2026, 1, 1), "photo": "p.jpg"}
    return [base | {"item": item, "wear": w} | more for item, w in wear.items()]


def run(rows: list[dict[str, object]], **options: int) -> Decision:
    return grade_returns(GRADED_ITEMS.rows(rows), GRADING_ITEMS.rows(ITEMS), GRADING_RULES.rows(RULES), **options)


def history(seed: int, sales: int, gap: float = 0.0) -> list[dict[str, object]]:
    """Machines of a true grade, looked at with noise and sold at the worth of that grade; `gap` wears them more than it
    should."""
    draw = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for i in range(sales):
        true = int(draw.integers(4))
        wear = np.clip((0.08, 0.25, 0.48, 0.75)[true] + gap + draw.normal(0, 0.08, 3), 0, 0.99)
        age = float(draw.uniform(3, 40))
        price = float(0.8 * np.exp(-0.016 * age + WORTH[true] + draw.normal(0, 0.05)))
        marks = dict(zip(("engine", "gearbox", "paint"), wear.tolist(), strict=True))
        rows += looked(f"S{i:04d}", marks, waits=False, sold_share=price, sold_age=age, failed=False)
    return rows


def test_by_hand() -> None:
    """Engine half worn of 50, gearbox new of 30, paint 0.25 of 20: 100 - 25 - 5 = 70 points, B by the rules.

    R2's engine is as bad as can be: D at best, whatever the points. R3 was not looked at whole: 10 of the 50 weighed are
    lost, 100 - 10 x 100 / 50 = 80 points, and two items are missing.
    """
    rows = looked("R1", {"engine": 0.5, "gearbox": 0.0, "paint": 0.25})
    rows += looked("R2", {"engine": 1.0, "gearbox": 0.0, "paint": 0.0}) + looked("R3", {"engine": 0.2})
    got = run(rows)
    first, second, third = got.rows.to_pylist()
    assert (first["points"], first["rule_grade"], first["grade"], first["reason"]) == (70.0, "B", "B", "rules")
    assert first["share_b"] == pytest.approx(0.72)
    assert (second["grade"], second["sure"], second["reason"], second["worst_item"]) == ("D", 1.0, "capped", "engine")
    assert (third["points"], third["items_missing"], third["reason"]) == (80.0, 2, "incomplete")
    assert grade_returns.sentence(second) == "engine makes it D at best: D, 100% sure"
    assert grade_returns.sentence(first).startswith("70 points make it B; 0 later sales")


def test_meets_published_results() -> None:
    """Isotonic regression of the documented example of scikit-learn's pooled neighbours: 1 3 2 4 becomes 1 2.5 2.5 4.

    The calibration rests on it: chances at rising points are pooled where they would fall, and the recovered levels of
    simulated sales are those that were put in.
    """
    from scipy.optimize import isotonic_regression

    from smilecurve.solve.grading import calibrate

    assert isotonic_regression([1.0, 3.0, 2.0, 4.0]).x.tolist() == [1.0, 2.5, 2.5, 4.0]
    draw = np.random.default_rng(3)
    true = draw.integers(0, 4, 1500)
    points = np.clip(np.array([92.0, 75.0, 52.0, 25.0])[true] + draw.normal(0, 7, 1500), 0, 100)
    rule = (points[:, None] < np.array([85.0, 65.0, 40.0])).sum(axis=1)
    price = WORTH[true] + draw.normal(0, 0.05, 1500)
    model = calibrate(points, rule, price, np.full(1500, np.nan), np.array([85.0, 65.0, 40.0]))
    assert np.abs(model.level - WORTH).max() < 0.02
    assert model.spread == pytest.approx(0.05, abs=0.01)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_holds_its_laws(seed: int) -> None:
    """Chances add up to one, better points never mean a worse chance, the order of rows is no matter."""
    rows = history(seed, 60)
    steps = np.linspace(0, 0.95, 12)
    for i, wear in enumerate(steps):
        rows += looked(f"W{i:02d}", dict.fromkeys(("engine", "gearbox", "paint"), float(wear)))
    got = run(rows).rows
    shares = np.array([got[f"share_{g}"].to_pylist() for g in "abcd"])
    assert shares.sum(axis=0) == pytest.approx(np.ones(12))
    assert (np.diff(np.cumsum(shares, axis=0), axis=1) <= 1e-9).all()
    assert run(rows[::-1]).rows.equals(got)
    assert set(got["sales_seen"].to_pylist()) == {60}


def test_later_sales_correct_rules_that_are_too_strict_and_are_calibrated() -> None:
    """Every machine is looked at too strictly: the rules call As Bs; prices say otherwise, and better than the rules."""
    rows = history(1, 600, gap=0.12)
    draw = np.random.default_rng(2)
    true = draw.integers(0, 4, 400)
    for i, t in enumerate(true):
        wear = np.clip((0.08, 0.25, 0.48, 0.75)[t] + 0.12 + draw.normal(0, 0.08, 3), 0, 0.99)
        rows += looked(f"W{i:04d}", dict(zip(("engine", "gearbox", "paint"), wear.tolist(), strict=True)))
    got = run(rows)
    found = got.rows.to_pylist()
    hit = np.mean([r["grade"] == "ABCD"[t] for r, t in zip(found, true, strict=True)])
    by_rules = np.mean([r["rule_grade"] == "ABCD"[t] for r, t in zip(found, true, strict=True)])
    assert hit > by_rules + 0.1
    assert abs(hit - np.mean([r["sure"] for r in found])) < 0.06
    assert got.proof.value > got.proof.against
    assert {"sales", "agreed"} <= set(got.rows["reason"].to_pylist())


def test_refuses_bad_data() -> None:
    with pytest.raises(DataRejected) as refused:
        run(looked("R1", {"wings": 0.5}) + looked("R2", {"engine": 0.5}, family="boat"))
    assert [b.what for b in refused.value.breaches] == [
        "item engine of boat is not one that is graded",
        "item wings of tiller is not one that is graded",
        "boat has no grading rules",
    ]
    with pytest.raises(DataRejected, match=r"wear 1\.5 is above 1"):
        run(looked("R1", {"engine": 1.5}))
    rules = GRADING_RULES.rows([{"family": "tiller", "grade": "A", "least_points": 50.0}])
    with pytest.raises(DataRejected, match="do not give falling points for A, B and C"):
        grade_returns(GRADED_ITEMS.rows(looked("R1", {"engine": 0.5})), GRADING_ITEMS.rows(ITEMS), rules)
    with pytest.raises(OptionRejected, match="least_sales of 0 is below 1"):
        run([], least_sales=0)
