"""learn.contain: which lots explain an excess of failures."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from smilecurve.desks.learn.contain import find_suspect_lots
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.money import Money
from smilecurve.terms.tables.learn import DESIGN_BACKLOG, EMERGING_ISSUES, LOT_EXPOSURE, LOT_MIXES
from smilecurve.terms.tables.learn_lives import PART_LIFE

NO_ISSUE, NO_LIFE, NO_MIX = EMERGING_ISSUES.empty(), PART_LIFE.empty(), LOT_MIXES.empty()


def lot(name, failures, *, part="pump", machines=100, months=1000.0, climate="hot", supplier="S1"):
    return {
        "part": part, "lot": name, "supplier": supplier, "climate": climate, "machines": machines,
        "service_months": float(months), "failures": int(failures),
    }  # fmt: skip


def issue(part="pump", evidence=1e9):
    return EMERGING_ISSUES.rows(
        [
            {
                "issue": f"{part}-F-hot", "part": part, "family": "F", "climate": "hot", "since": date(2024, 1, 1),
                "seen": date(2024, 3, 4), "failures": 30, "expected": 5.0, "ratio": 6.0, "evidence": evidence,
                "threshold": 52179.0, "alarm": True, "reason": "new_alarm",
            }
        ]
    )  # fmt: skip


def decide(rows, issues=NO_ISSUE, life=NO_LIFE, mixes=NO_MIX, **options):
    return find_suspect_lots(LOT_EXPOSURE.rows(rows), mixes, issues, life, **options)


def test_by_hand():
    """Ten lots of 1,000 months: 25 failures in L0, 3 in each of nine others = 52, so 5.2 expected in each.

    L0: 25 / 5.2 = 4.81 times; 25 ln(25/5.2) + 27 ln(27/46.8) = 39.26 - 14.85 = 24.40. With L0 set apart, 27 failures on
    9 lots leave 3 expected in each: no other is above it.
    """
    rows = [lot("L0", 25)] + [lot(f"L{k}", 3) for k in range(1, 10)]
    decision = decide(rows, issue())
    (row,) = decision.rows.to_pylist()
    assert (row["lot"], row["rank"], row["hold"], row["machines"], row["failures"]) == ("L0", 1, True, 100, 25)
    assert row["expected"] == pytest.approx(5.2)
    assert row["ratio"] == pytest.approx(4.81, abs=0.01)
    assert row["evidence"] == pytest.approx(24.40, abs=0.01)
    assert (row["issue"], row["reason"]) == ("pump-F-hot", "explains_issue")
    assert find_suspect_lots.sentence(row) == "25 failures in 100 machines, 5.2 expected: explains issue pump-F-hot"
    assert decide(rows).rows.to_pylist()[0]["reason"] == "too_many_failures"
    assert decision.proof.value < 1e-6
    cost = {"part": "pump", "family": "F", "rank": 1, "failures": 52, "rate_year": 0.1, "rate_low": 0.08}
    cost |= {"cost_each": 200.0, "lifetime_cost": 9e4, "fixable": 0.5, "saving": 4e4, "currency": "CNY", "reason": "r"}
    backlog = DESIGN_BACKLOG.rows([cost])
    worth = decide(rows, issue(), design_backlog=backlog).worth
    assert worth == Money(75 * 200.0, "CNY"), "the 75 machines of L0 that have not failed, 200 each"


def mix(name, lots, machines, failures, expected, to_come=0.0, failing="pump", tried=1000):
    """Machines that hold just these (part, lot); one row a lot, one without a lot where there is none."""
    return [
        {
            "failing": failing, "mix": name, "part": part, "lot": code, "supplier": "S1" if part != "line" else None,
            "machines": machines, "failures": failures, "expected": expected, "to_come": to_come, "tried": tried,
        }
        for part, code in lots or [("", "")]
    ]  # fmt: skip


def scan(*mixes, **options):
    """Pumps with an open alarm, and what the machines with a pump hold."""
    rows = [lot("L0", 20), *(lot(f"L{k}", 1) for k in range(1, 11)), lot("R7", 0, part="ring")]
    return decide(rows, issue(), mixes=LOT_MIXES.rows([r for m in mixes for r in m]), **options)


def test_a_lot_of_another_part_by_hand():
    """20 of 30 pump failures in the 100 machines with ring lot R7, where 3 are expected; half of them have pump lot L0.

    20 ln(20/3) + 10 ln(10/27) = 37.94 - 9.93 = 28.01. The other 900 machines see 10 where 27 were expected, so their
    rate is 10/27 of it: 1.11 in the 100, 18 times fewer than seen. Of 4 to come at the rate of all, 4 x 10/27 = 1.48 are
    usual; 17 times as many are avoided, 25.2 or 0.252 a machine. All of S1's 100 ring machines: as many each. L0, with 11
    failures of which 10 are R7's, is cleared once R7 explains them.
    """
    decision = scan(
        mix("1", [("ring", "R7")], 50, 10, 1.5, 2.0),
        mix("1,2", [("ring", "R7"), ("pump", "L0")], 50, 10, 1.5, 2.0),
        mix("2", [("pump", "L0")], 50, 1, 2.0, 2.0),
        mix("", [], 850, 9, 25.0, 9.0),
    )
    row, *rest = decision.rows.to_pylist()
    assert (row["part"], row["lot"], row["failing"], row["hold"], row["needed"]) == ("ring", "R7", "pump", True, True)
    assert (row["failures"], row["expected"], row["explained"]) == (20, 3.0, 1.0)
    assert row["evidence"] == pytest.approx(28.01, abs=0.01)
    assert row["avoided"] == pytest.approx(17 * 4 * 10 / 27)
    assert row["avoided_each"] == row["delivery_each"] == pytest.approx(0.252, abs=0.001)
    assert row["by_luck"] == pytest.approx(1000 * stats.poisson.sf(19, 3.0), rel=1e-3)
    assert row["false_share"] == pytest.approx(row["by_luck"], rel=1e-3), "first of 1,000"
    assert not [r for r in rest if r["hold"] or r["lot"] == "L0"]
    assert find_suspect_lots.sentence(row) == (
        "20 failures of pump in its 100 machines, 3.0 expected: explains issue pump-F-hot. Recalling them avoids 25.2"
        " failures in 12 months, 0.252 a machine; all 1 lots of S1 are 100 machines, 0.252 each"
    )


def test_lots_in_the_same_machines_are_held_as_one():
    """95 of 100 machines have both; nobody can say which of the two it is."""
    decision = scan(
        mix("1,2", [("ring", "R7"), ("pump", "L0")], 95, 19, 2.85),
        mix("1", [("ring", "R7")], 5, 1, 0.15),
        mix("", [], 900, 10, 27.0),
    )
    rows = decision.rows.to_pylist()
    assert [(r["lot"], r["hold"], r["alike"], r["bundle"], r["in_common"]) for r in rows] == [
        ("R7", True, 2, "L0", 0.95),
        ("L0", True, 2, "L0", 0.95),
    ]
    assert [r["needed"] for r in rows] == [True, False], "one of the two explains 95 % of the excess"
    assert find_suspect_lots.sentence(rows[0]) == (
        "20 failures in 100 machines, 3.0 expected: 2 lots share 95% of their machines and cannot be told apart; held"
        " as one, named L0"
    )


def test_a_week_of_a_line_is_named_and_not_held():
    decision = scan(mix("1", [("line", "EX1 2024-01-01")], 100, 20, 3.0), mix("", [], 900, 10, 27.0))
    (row,) = decision.rows.to_pylist()
    assert (row["kind"], row["hold"], row["reason"]) == ("line_week", False, "built_together")
    assert decision.figures["held"] == 0


def test_the_fewest_lots_that_explain_the_excess():
    """Two bad ring lots, a pump lot that travels with both: two are needed, and the pump lot is cleared."""
    decision = scan(
        mix("1", [("ring", "R7")], 50, 15, 1.5),
        mix("1,3", [("ring", "R7"), ("pump", "L0")], 50, 15, 1.5),
        mix("2", [("ring", "R8")], 50, 12, 1.5),
        mix("2,3", [("ring", "R8"), ("pump", "L0")], 50, 12, 1.5),
        mix("3", [("pump", "L0")], 100, 3, 9.0),
        mix("", [], 700, 20, 62.0),
    )
    rows = {r["lot"]: r for r in decision.rows.to_pylist()}
    assert {k for k, r in rows.items() if r["hold"]} == {k for k, r in rows.items() if r["needed"]} == {"R7", "R8"}
    assert rows["R7"]["explained"] < 0.95 <= rows["R8"]["explained"]


def world(seed, lots=8000, parts=40, ratio=5.0, weeks=8):
    """8,000 lots of 50 to 5,000 machines in three climates, 1 to 36 months old; a young lot of one part is bad."""
    rng = np.random.default_rng(seed)
    part, size = rng.integers(0, parts, lots), np.exp(rng.uniform(np.log(50), np.log(5000), lots)).astype(int)
    age, bad = rng.uniform(1, 36, lots), int(rng.integers(0, lots))
    size[bad], age[bad] = 2000, weeks / 4.345
    rate = rng.uniform(0.001, 0.004, parts)[part] * np.where(np.arange(lots) == bad, ratio, 1.0)
    machines = rng.multinomial(size, [0.3, 0.5, 0.2])
    failures = rng.poisson(machines * (age * rate)[:, None] * np.array([2.0, 1.0, 0.8]))
    table = {
        "part": [f"P{p:02d}" for p in np.repeat(part, 3)],
        "lot": [f"L{k}" for k in np.repeat(np.arange(lots), 3)],
        "supplier": ["S"] * (3 * lots),
        "climate": ["hot", "temperate", "cold"] * lots,
        "machines": machines.ravel(),
        "service_months": (machines * age[:, None]).ravel(),
        "failures": failures.ravel(),
    }
    table = {f.name: pa.array(table[f.name], f.arrow) for f in LOT_EXPOSURE.fields}
    return pa.table(table), f"L{bad}"


def test_meets_published_results():
    """The true lot is first of 8,000 in 8 of 8 worlds, 8 weeks after its machines started, at five times the hazard."""
    for seed in range(8):
        rows, bad = world(seed)
        found = find_suspect_lots(rows, NO_MIX, NO_ISSUE, NO_LIFE).rows.to_pylist()
        assert (found[0]["lot"], found[0]["rank"], found[0]["hold"]) == (bad, 1, True)
        assert sum(r["hold"] for r in found) == 1


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(10, 5000)), min_size=2, max_size=15), st.randoms())
@settings(max_examples=30, deadline=None)
def test_holds_its_laws(lots, random):
    """Order means nothing; held lots stand first, above their expectation; less risk never holds more."""
    rows = [lot(f"L{k:02d}", y, months=n) for k, (y, n) in enumerate(lots)]
    decision = decide(rows, issue(), watch=20)
    assert decide(random.sample(rows, len(rows)), issue(), watch=20).rows.equals(decision.rows)
    found = decision.rows.to_pylist()
    assert [r["rank"] for r in found] == list(range(1, len(found) + 1))
    holds = [r["hold"] for r in found]
    assert holds == sorted(holds, reverse=True)
    assert all(r["failures"] >= 2 * r["expected"] for r in found if r["hold"])
    assert all(r["failures"] > r["expected"] for r in found)
    careful = {r["lot"] for r in decide(rows, issue(), risk=0.001).rows.to_pylist() if r["hold"]}
    assert careful <= {r["lot"] for r in found if r["hold"]}
    assert decision.proof.value <= decision.proof.against


def test_refuses_bad_data():
    with pytest.raises(DataRejected) as refused:
        decide([lot("L1", 3, machines=0), lot("L2", 1, machines=0), lot("L3", 0, machines=0)])
    assert [b.what for b in refused.value.breaches] == [
        "lot L1 of pump has 3 failures but was built into no machine",
        "lot L2 of pump has 1 failures but was built into no machine",
    ]
    assert refused.value.breaches[0].at == "lot_exposure, row 1"
    with pytest.raises(OptionRejected, match=r"a risk of 2 is out of 0 \.\. 1"):
        decide([lot("L1", 3)], risk=2.0)
    assert decide([]).clash[0].what == "no lot has been in service"
