"""learn.shipments: the Nevada table, cell against cell."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.learn.shipments import compare_shipments
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.learn_cohorts import SHIP_COHORTS


def month(n: int) -> date:
    return date(2023 + n // 12, n % 12 + 1, 1)


def nevada(machines: list[int], failures: list[list[int]], family: str = "F") -> list[dict]:
    """Rows of shipments of months 0, 1, ...: failures[k] are those of month k, k + 1, ... after the first."""
    return [
        {
            "family": family, "shipped": month(k), "month": month(k + a), "machines": machines[k], "failures": n,
        }
        for k, row in enumerate(failures) for a, n in enumerate(row)
    ]  # fmt: skip


def decide(rows: list[dict], **options):
    return compare_shipments(SHIP_COHORTS.rows(rows), **options)


def test_by_hand():
    """Shipments of 100, 100 and 50; the second fails 9 at once, the others 1 of 150: 100 x 1 / 150 = 0.67 expected.

    Nine of ten in 100 of 250 machines by luck: sum of C(10, k) 0.4^k 0.6^(10 - k) from 9 on = 0.0016777, twice that as
    the shipment has two months that are compared.
    """
    decision = decide(nevada([100, 100, 50], [[1, 2, 0, 0], [9, 2, 0], [0, 1]]), late_months=0)
    rows = {(r["shipped"], r["age_months"]): r for r in decision.rows.to_pylist()}
    bad = rows[month(1), 0]
    assert bad["expected"] == pytest.approx(100 / 150)
    assert bad["by_luck"] == pytest.approx(2 * (10 * 0.4**9 * 0.6 + 0.4**10))
    assert bad["reason"] == "stands_out"
    assert compare_shipments.sentence(bad) == "9 failures at 0 months in 100 machines, 0.7 expected"
    assert (rows[month(1), 1]["so_far"], rows[month(1), 1]["per_thousand"]) == (11, pytest.approx(110.0))
    assert [rows[month(k), 3 - k]["reason"] for k in (0, 1, 2)] == ["young"] * 3
    assert rows[month(2), 0]["reason"] == "in_step"
    assert decision.rows.to_pylist()[decision.headline] == bad
    assert decision.figures == {"shipments": 3.0, "stands_out": 1.0, "failures": 15.0, "set_aside": 0.0, "doubled": 0.0}
    told = [
        {**r, "doubled": int(r["failures"] == 9)} for r in nevada([100, 100, 50], [[1, 2, 0, 0], [9, 2, 0], [0, 1]])
    ]
    assert decide(told).figures["doubled"] == 1.0


def test_meets_published_results(shared_data: Path):
    """Heat exchangers (Meeker & Escobar 1998, example 1.5), a year taken for a month: 4 of 300 tubes crack in the
    first (0.0133), 5 of 200 in the second and 2 of 100 in the third; the book puts the three plants together."""
    rows = list(csv.DictReader((shared_data / "learn/smrd/heatexchanger.csv").read_text().splitlines()))
    cracked = {("Plant1", 0): 0}
    for r in rows:
        if r["event"] != "Right":
            cracked[r["plant"], int(r["upper"]) - 1] = int(r["count"])
    shipped = {
        plant: [cracked.get((plant, year), 0) for year in range(3 - k)]
        for k, plant in enumerate(("Plant1", "Plant2", "Plant3"))
    }
    found = decide(nevada([100, 100, 100], list(shipped.values())), late_months=0).rows.to_pylist()
    by_age = [[r for r in found if r["age_months"] == a] for a in range(3)]
    shares = [sum(r["failures"] for r in age) / sum(r["machines"] for r in age) for age in by_age]
    assert shares == pytest.approx([0.0133, 0.025, 0.02], abs=5e-5)
    assert not [r for r in found if r["reason"] == "stands_out"]


tables = st.lists(
    st.tuples(st.integers(1, 60), st.lists(st.integers(0, 8), min_size=1, max_size=6)), min_size=1, max_size=6
)


@given(tables, st.randoms())
@settings(max_examples=40, deadline=None)
def test_holds_its_laws(shipments, random):
    """Order of rows means nothing; what is expected of all cells of an age lies among what is seen; nothing is lost."""
    rows = nevada([m for m, _ in shipments], [f for _, f in shipments])
    first = decide(rows)
    random.shuffle(rows)
    assert decide(rows).rows.equals(first.rows)
    assert first.figures["failures"] + first.figures["set_aside"] == sum(r["failures"] for r in rows)
    for r in first.rows.to_pylist():
        assert (r["expected"] is None) == (r["reason"] in ("young", "alone", "more_than_shipped"))
        assert r["by_luck"] is None or 0 <= r["by_luck"] <= 1
        assert r["so_far"] >= 0
        assert r["reason"] != "in_step" or r["failures"] <= r["machines"]


def test_impossible_cells_are_told_and_count_nowhere():
    good = nevada([100, 100], [[1, 0, 0, 0], [1, 0, 0]])
    bad = [
        {**good[0], "shipped": month(2), "month": month(2), "machines": 3, "failures": 7},
        {**good[0], "shipped": month(2), "month": month(1), "machines": 3, "failures": 2},
        {**good[0], "shipped": month(2), "month": month(5), "machines": 3, "failures": 0},
    ]
    decision = decide([*good, *bad], late_months=0)
    rows = {(r["shipped"], r["month"]): r for r in decision.rows.to_pylist()}
    excess, before = rows[month(2), month(2)], rows[month(2), month(1)]
    assert compare_shipments.sentence(excess) == "7 failures in one month of 3 machines: set aside, look for doubles"
    assert compare_shipments.sentence(before) == (
        "2 failures dated before the machines left: set aside, look at their dates"
    )
    assert excess["so_far"] == before["so_far"] == 0
    assert decision.figures["set_aside"] == 9.0
    clean = {(r["shipped"], r["month"]): r for r in decide([*good, bad[2]], late_months=0).rows.to_pylist()}
    assert all(rows[k]["expected"] == clean[k]["expected"] for k in clean), (
        "the others are compared as if they were not"
    )


def test_refuses_bad_data():
    with pytest.raises(DataRejected) as refused:
        decide([{**nevada([10], [[1]])[0], "shipped": date(2023, 1, 9)}])
    assert [b.what for b in refused.value.breaches] == ["shipped 2023-01-09 is not the first day of a month"]
    with pytest.raises(OptionRejected, match="out of their limits"):
        decide(nevada([10], [[1]]), risk=0.0)
    nothing = decide([])
    assert (nothing.status, nothing.clash[0].what) == ("none", "no machine has been shipped")
