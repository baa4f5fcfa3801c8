"""learn.contain: which lots explain an excess of failures."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.learn.contain import find_suspect_lots
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.money import Money
from smilecurve.terms.tables.learn import DESIGN_BACKLOG, EMERGING_ISSUES, LOT_EXPOSURE
from smilecurve.terms.tables.learn_lives import PART_LIFE

NO_ISSUE, NO_LIFE = EMERGING_ISSUES.empty(), PART_LIFE.empty()


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


def decide(rows, issues=NO_ISSUE, life=NO_LIFE, **options):
    return find_suspect_lots(LOT_EXPOSURE.rows(rows), issues, life, **options)


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
        found = find_suspect_lots(rows, NO_ISSUE, NO_LIFE).rows.to_pylist()
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
