"""solve.sampling and its neighbours: every plan of the tables, operating characteristics, switching against another
reading of the rules."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.sampling import (
    Plan,
    accepted,
    find_plan,
    limiting_quality,
    outgoing_limit,
    protect,
    zero_plan,
)
from smilecurve.solve.sampling_switching import RULES, Lot, State, step
from smilecurve.solve.sampling_tables import AQLS, LEVELS, code_letter, next_tighter, table_plan

LETTERS = "ABCDEFGHJKLMNPQR"


def test_every_single_plan_of_the_tables(shared_data: Path) -> None:
    """All rows of R's AQLSchemes 1.7-2: three severities, seven levels, fifteen ranges of lots, 26 quality levels."""
    wrong = []
    with (shared_data / "learn/oracle_z14_single.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        ends = row["lot"].rstrip("+").split("-")
        for lot in {int(ends[0]), int(ends[-1])}:
            letter = code_letter(lot, row["level"])
            found = table_plan(row["plan"].lower(), letter, float(row["aql"]))  # type: ignore[arg-type]
            if found != Plan.single(int(row["n"]), int(row["Ac"]), int(row["Re"])):
                wrong.append((row, found))
    assert len(rows) > 5_000
    assert wrong == []


def test_operating_characteristics(shared_data: Path) -> None:
    """All rows of R's AcceptanceSampling 1.0.11 to 1e-8: binomial, Poisson, and hypergeometric in lots of 1,000."""
    with (shared_data / "learn/oracle_acceptance_oc.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows
    for row in rows:
        plan, share = Plan.single(int(row["n"]), int(row["c"])), float(row["p"])
        assert accepted(plan, share) == pytest.approx(float(row["Pa_binomial"]), abs=1e-8)
        assert accepted(plan, share, law="poisson") == pytest.approx(float(row["Pa_poisson"]), abs=1e-8)
        wanted = float(row["Pa_hyper_N1000"])
        assert accepted(plan, share, law="hypergeometric", lot=1000) == pytest.approx(wanted, abs=1e-8)


def test_plans_for_two_points() -> None:
    """AcceptanceSampling's find.plan: 1 % at 0.95 and 6 % at 0.10 give 110 and 3; 0.5 % and 3 % give 221 and 3."""
    assert find_plan(0.01, 0.95, 0.06, 0.10) == Plan.single(110, 3)
    assert find_plan(0.005, 0.95, 0.03, 0.10) == Plan.single(221, 3)
    with pytest.raises(ValueError, match="fewer defectives"):
        find_plan(0.05, 0.95, 0.01, 0.1)


def test_double_plan_by_hand() -> None:
    """Two samples of 2, accept at 0, reject at 2, then accept at 1: with p = 0.1 the first sample has 0, 1, 2 defectives
    with 0.81, 0.18, 0.01; one defective needs a second sample without any: 0.81. Accepted 0.81 + 0.18 * 0.81 = 0.9558,
    looked at 2 + 0.18 * 2 = 2.36."""
    found = protect(Plan((2, 2), (0, 1), (2, 2)), np.array([0.1]), lot=10)
    assert found.accept[0] == pytest.approx(0.9558)
    assert found.sample[0] == pytest.approx(2.36)
    assert found.outgoing[0] == pytest.approx(0.1 * (0.81 * 0.8 + 0.1458 * 0.6))
    assert found.total[0] == pytest.approx(0.81 * 2 + 0.1458 * 4 + 0.0442 * 10)


def test_montgomery_double_plan() -> None:
    """Montgomery, 15.3: n1 50, c1 1, n2 100, c2 3 at p = 0.05: 0.279 in the first sample, 0.290 in both."""
    plan = Plan((50, 100), (1, 3), (4, 4))
    assert accepted(Plan.single(50, 1), 0.05) == pytest.approx(0.279, abs=5e-4)
    assert accepted(plan, 0.05) == pytest.approx(0.290, abs=1e-3)


def test_rectifying_inspection_of_the_text_books() -> None:
    """Montgomery, 15.2: lots of 10,000, n 89, c 2, p 0.01: 0.9397 accepted, quality leaving 0.0093, 687 looked at."""
    found = protect(Plan.single(89, 2), np.array([0.01]), lot=10_000)
    assert found.accept[0] == pytest.approx(0.9397, abs=5e-4)
    assert found.outgoing[0] == pytest.approx(0.0093, abs=5e-5)
    assert found.total[0] == pytest.approx(687, abs=5)
    assert outgoing_limit(Plan.single(89, 2))[1] == pytest.approx(0.0155, abs=2e-4)


@pytest.mark.parametrize("severity", ["normal", "tightened", "reduced"])
@pytest.mark.parametrize("kind", ["double", "multiple"])
def test_double_and_multiple_plans_protect_as_the_single_does(severity: str, kind: str) -> None:
    """The standard made them to match; with samples of 50 and more the chances differ by 0.15 at most (reduced plans
    accept between the numbers) and by 0.08 on normal and tightened."""
    for letter in LETTERS:
        for aql in AQLS:
            single = table_plan(severity, letter, aql)  # type: ignore[arg-type]
            other = table_plan(severity, letter, aql, kind)  # type: ignore[arg-type]
            if single.sizes[0] < 50 or len(other.sizes) == 1:
                continue
            shares = np.linspace(0.002, 2.2 * (single.accept[0] + 2) / single.sizes[0], 25)
            apart = protect(single, shares, law="poisson").accept - protect(other, shares, law="poisson").accept
            assert np.abs(apart).max() < (0.15 if severity == "reduced" else 0.08), (letter, aql)
            assert all(a < b for a, b in pairwise((*other.sizes[:1], single.sizes[0])))


def test_no_defective_allowed() -> None:
    """Lots of 1,000 at 5 %: C(950, n) / C(1000, n) is 0.0993 for 44 and 0.1046 for 43."""
    assert zero_plan(1000, 0.05) == Plan.single(44, 0)
    assert accepted(zero_plan(1000, 0.05), 0.05, law="hypergeometric", lot=1000) <= 0.1
    assert accepted(Plan.single(43, 0), 0.05, law="hypergeometric", lot=1000) > 0.1
    assert zero_plan(3, 0.4).sizes == (2,)
    assert limiting_quality(Plan.single(13, 0)) == pytest.approx(1 - 0.1 ** (1 / 13))
    with pytest.raises(ValueError, match="a lot has pieces"):
        zero_plan(0, 0.1)


def test_tables_refuse_what_they_do_not_hold() -> None:
    for wrong in (lambda: code_letter(1, "II"), lambda: code_letter(50, "IV"), lambda: table_plan("normal", "J", 1.1)):
        with pytest.raises(ValueError, match="no "):
            wrong()
    assert next_tighter(0.01) == 0.01
    assert [code_letter(n, "II") for n in (2, 8, 9, 500_000, 500_001)] == list("AABPQ")
    assert len(LEVELS) == 7


plans = st.builds(
    lambda sizes, first, more: Plan(
        tuple(sizes),
        tuple(first + i * more for i in range(len(sizes))),
        (*(first + i * more + 2 for i in range(len(sizes) - 1)), first + (len(sizes) - 1) * more + 1),
    ),
    st.lists(st.integers(1, 30), min_size=1, max_size=3),
    st.integers(0, 4),
    st.integers(1, 3),
)


@settings(max_examples=60, deadline=None)
@given(plans)
def test_laws_of_protection(plan: Plan) -> None:
    """More defectives, fewer accepted; what leaves is never worse than what came; no more is looked at than there is."""
    shares = np.linspace(0, 1, 41)
    found = protect(plan, shares, lot=sum(plan.sizes) * 3)
    assert found.accept[0] == pytest.approx(1.0)
    assert (np.diff(found.accept) <= 1e-12).all()
    assert (found.outgoing <= shares + 1e-12).all()
    assert (found.sample <= sum(plan.sizes) + 1e-9).all()
    assert (found.sample >= plan.sizes[0] - 1e-9).all()
    assert (found.total <= 3 * sum(plan.sizes) + 1e-9).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 60), st.integers(0, 6), st.floats(0.01, 0.6))
def test_a_larger_acceptance_number_accepts_more(pieces: int, accept: int, share: float) -> None:
    assert accepted(Plan.single(pieces, accept), share) <= accepted(Plan.single(pieces, accept + 1), share) + 1e-12
    assert accepted(Plan.single(pieces + 1, accept), share) <= accepted(Plan.single(pieces, accept), share) + 1e-12


def plain_history(lots: list[Lot], name: str) -> list[str]:
    """The standing each lot is looked at with, by looking back over the whole history at every lot."""
    rules = RULES[name]
    standing = ["normal"]
    for now in range(1, len(lots) + 1):
        here = standing[-1]
        begin = now - 1
        while begin > 0 and standing[begin - 1] == here:
            begin -= 1
        # a lot that sends reduced or tightened inspection back to normal begins a new history, as any change does
        since = lots[begin:now]
        words = [lot.accepted for lot in since]
        after = here
        if here == "normal":
            score = 0
            for lot in since:
                score = score + lot.points if lot.accepted and lot.points > 0 else 0
            if sum(not w for w in words[-5:]) >= 2:
                after = "tightened"
            elif (rules.score and score >= rules.score) or (
                rules.steady and len(words) >= rules.steady and all(words[-rules.steady :])
            ):
                after = "reduced"
        elif here == "tightened":
            if len(words) >= 5 and all(words[-5:]):
                after = "normal"
            elif (rules.rejected_most and words.count(False) >= rules.rejected_most) or (
                rules.tight_most and len(words) >= rules.tight_most
            ):
                after = "discontinued"
        elif here == "reduced" and (not since[-1].accepted or since[-1].between):
            after = "normal"
        standing.append(after)
    return standing


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(RULES)),
    st.lists(
        st.one_of(
            st.just(Lot(True, False, 3)),
            st.just(Lot(True, False, 2)),
            st.builds(Lot, st.booleans(), st.booleans(), st.sampled_from([0, 2, 3])),
        ),
        max_size=70,
    ),
)
def test_switching_against_another_reading(name: str, lots: list[Lot]) -> None:
    state, found = State(), ["normal"]
    for lot in lots:
        state = step(state, lot, RULES[name])
        found.append(state.standing)
    assert found == plain_history(lots, name)


def test_switching_by_hand() -> None:
    """Two of five rejected tighten; five accepted bring back; ten accepted with score 3 each reduce; a rejected lot ends
    that; five rejected on tightened end acceptance."""
    iso, good, bad = RULES["iso_2859_1"], Lot(True, points=3), Lot(False)

    def walk(state: State, *lots: Lot) -> State:
        for lot in lots:
            state = step(state, lot, iso)
        return state

    assert walk(State(), bad, good, good, good, good, bad).standing == "normal"
    tight = walk(State(), bad, good, bad)
    assert tight.standing == "tightened"
    assert walk(tight, *[good] * 5).standing == "normal"
    assert walk(tight, *[bad] * 5).standing == "discontinued"
    assert walk(tight, *[bad] * 9, *[good] * 20).standing == "discontinued"
    assert walk(State(), *[good] * 9).standing == "normal"
    reduced = walk(State(), *[good] * 10)
    assert reduced.standing == "reduced"
    assert walk(reduced, bad).standing == "normal"
    assert walk(reduced, Lot(True, between=True)).standing == "normal"
    assert walk(State(), *[good] * 9, Lot(True, points=0), *[good] * 9).standing == "normal"
