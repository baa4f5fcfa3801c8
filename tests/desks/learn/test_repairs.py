"""learn.repairs: what machines take as they age."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.learn.repairs import weigh_repairs
from smilecurve.terms.errors import DataRejected
from smilecurve.terms.tables.learn_lives import REPAIR_HISTORIES


def history(machine: str, end: int, *repairs: tuple[int, float], climate="hot", machines=1) -> list[dict]:
    """Rows of one machine: day and cost of each repair; without repairs the row of its end."""
    same = {"family": "F", "climate": climate, "end_days": end, "doubled": 0, "currency": "CNY"}
    if not repairs:
        return [{**same, "machine": "*", "age_days": end, "machines": machines, "repairs": 0, "cost": 0.0}]
    return [{**same, "machine": machine, "age_days": a, "machines": 1, "repairs": 1, "cost": c} for a, c in repairs]


def decide(*rows: list[dict], **options):
    return weigh_repairs(REPAIR_HISTORIES.rows([r for some in rows for r in some]), **options)


def test_by_hand():
    """Three machines watched 60, 90, 120 days, repaired on days 30, 60 and 90 for 100, 100 and 300.

    1/3 + 1/3 by the end of month 2 (day 60.9), + 1/2 by the end of month 3 (day 91.3): 7/6; cost 100/3 + 100/3 + 300/2.
    """
    decision = decide(
        history("A", 60, (30, 100.0)), history("B", 90, (60, 100.0)), history("C", 120, (90, 300.0)), least_machines=1
    )
    one, two, three = decision.rows.to_pylist()
    assert [r["machines"] for r in (one, two, three)] == [3, 2, 1]
    assert [r["repairs"] for r in (one, two, three)] == pytest.approx([1 / 3, 2 / 3, 7 / 6])
    assert three["cost"] == pytest.approx(216.6667, abs=1e-3)
    assert one["robust_error"] == pytest.approx((2 / 27) ** 0.5)  # (4/9 + 1/9 + 1/9) / 3 / 3
    assert weigh_repairs.sentence(three) == "1.17 repairs and 217 CNY a machine by month 3; they come at a steady pace"
    assert (decision.proof.value, decision.proof.against) == (pytest.approx(3.0), 3.0)


def test_meets_published_results(shared_data: Path):
    """Machine H (Meeker & Escobar 1998), an hour taken for a day: 7.6087 +- .38270 by 2,000, 20.589 +- .56255 by 5,000; cost 23.235, 71.804."""
    rows = list(csv.DictReader((shared_data / "learn/smrd/machineh.csv").read_text().splitlines()))
    ends = {r["unit"]: int(float(r["hours"])) for r in rows if r["event"] == "End"}
    each = [
        history(r["unit"], ends[r["unit"]], (int(float(r["hours"])), float(r["cost"])))
        for r in rows
        if r["event"] != "End"
    ]
    months = {r["age_month"]: r for r in decide(*each, least_machines=1).rows.to_pylist()}
    month = int(2000 / 30.4375)
    assert months[month]["age_month"] * 30.4375 <= 2000
    near = months[month + 1]
    assert months[month]["repairs"] <= 7.608696 <= near["repairs"]
    assert months[month]["cost"] <= 23.235 <= near["cost"]
    assert near["robust_error"] == pytest.approx(0.3827, rel=0.03)
    later = months[int(5000 / 30.4375) + 1]
    assert later["repairs"] == pytest.approx(20.589, rel=0.01)
    assert later["cost"] == pytest.approx(71.804, rel=0.01)
    assert later["robust_error"] == pytest.approx(0.56255, rel=0.03)


watched = st.tuples(st.integers(31, 400), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 900)), max_size=4))


@given(st.lists(watched, min_size=1, max_size=12), st.randoms())
@settings(max_examples=40, deadline=None)
def test_holds_its_laws(machines, random):
    """Order of rows means nothing; means only rise; ends hold the mean; every repair is in the proof; ten times the cost is ten times the burden."""
    rows = []
    for k, (end, repairs) in enumerate(machines):
        days = {min(a, end): float(c) for a, c in repairs}
        rows += history(f"M{k}", end, *sorted(days.items()), climate="hot" if k % 2 else "cold")
    rows = list({(r["climate"], r["machine"], r["age_days"]): r for r in rows}.values())
    first = decide(rows, least_machines=1)
    random.shuffle(rows)
    assert decide(rows, least_machines=1).rows.equals(first.rows)
    assert first.proof.value == pytest.approx(first.proof.against)
    before: dict[str, dict] = {}
    dearer = decide([{**r, "cost": 10 * r["cost"]} for r in rows], least_machines=1).rows.to_pylist()
    for row, ten in zip(first.rows.to_pylist(), dearer, strict=True):
        assert row["repairs_low"] <= row["repairs"] <= row["repairs_high"]
        assert row["cost_low"] <= row["cost"] * (1 + 1e-9)
        assert ten["cost"] == pytest.approx(10 * row["cost"])
        last = before.get(row["climate"])
        if last:
            assert row["repairs"] >= last["repairs"]
            assert row["machines"] <= last["machines"]
        before[row["climate"]] = row


def test_trends_are_told_from_chance():
    wears = [history(f"W{k}", 900, *((int(900 * (i / 6) ** 0.4) - k % 7, 1.0) for i in range(1, 7))) for k in range(30)]
    fades = [history(f"E{k}", 900, *((int(900 * (i / 6) ** 3) - k % 2, 1.0) for i in range(1, 7))) for k in range(30)]
    assert set(decide(*wears).rows.column("reason").to_pylist()) == {"none_yet", "ever_faster"}
    assert set(decide(*fades).rows.column("reason").to_pylist()) == {"ever_slower"}
    quiet = decide(history("*", 90, machines=50)).rows.to_pylist()
    assert [r["reason"] for r in quiet] == ["none_yet", "none_yet"]
    assert quiet[0]["growth"] is None
    assert weigh_repairs.sentence(quiet[1]) == "none of 50 machines has been repaired by month 2"


def test_refuses_bad_data():
    late = history("A", 60, (90, 1.0))
    torn = [*history("B", 60, (30, 1.0)), *history("B", 70, (40, 1.0))]
    with pytest.raises(DataRejected) as refused:
        decide(late, torn)
    assert [b.what for b in refused.value.breaches] == [
        "A was repaired on day 90, watched to day 60",
        "B was watched to day 60 and to day 70",
    ]
    few = decide(history("A", 60, (30, 1.0)))
    assert (few.status, few.clash[0].what) == ("none", "no family has 20 machines a month in service")
    assert decide().status == "none"
