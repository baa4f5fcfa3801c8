"""Pairs of a fair: the best matching by brute force, bounds, stability, and a reason for every pair."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from smilecurve.solve.matching import Fair, Pairs, best_refused, fitting_pairs, judge_pairs, match_pairs


def listed(worth: np.ndarray) -> Pairs:
    """Pairs of a matrix; what is not a number does not fit."""
    fits = np.isfinite(worth)
    begin = np.concatenate([[0], np.cumsum(fits.sum(axis=1))])
    return Pairs(begin, np.nonzero(fits)[1], worth[fits], np.zeros((worth.shape[1], 8), dtype=np.int64))


def fair(offers: int, wants: int, seed: int) -> Fair:
    rng = np.random.default_rng(seed)

    def spots(n: int) -> np.ndarray:
        drawn = rng.normal(size=(n, 3))
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)

    offer = [rng.integers(0, 2, offers), rng.integers(0, 3, offers), np.zeros(offers), rng.uniform(0, 9e3, offers),
             rng.integers(0, 4, offers), rng.uniform(50, 150, offers)]  # fmt: skip
    want = [rng.integers(0, 2, wants), rng.integers(-1, 3, wants), -np.ones(wants), rng.integers(1, 4, wants),
            rng.uniform(50, 200, wants), rng.choice([4e3, 9e3, np.inf], wants), rng.integers(0, 4, wants),
            rng.choice([5e3, 1e4, np.inf], wants)]  # fmt: skip
    return Fair(
        np.column_stack([*offer, spots(offers), rng.uniform(1, 5, offers)]),
        np.column_stack([*want, spots(wants)]),
        np.array([0.06, 0.1, 0.001]),
    )


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 4), columns=st.integers(1, 5), dense=st.floats(0.2, 1.0))
def test_the_best_matching_is_the_exhaustive_one(seed: int, rows: int, columns: int, dense: float) -> None:
    rng = np.random.default_rng(seed)
    worth = np.where(rng.random((rows, columns)) < dense, rng.integers(0, 20, (rows, columns)), -np.inf)
    got = match_pairs(listed(worth))
    best = 0.0
    for choice in itertools.product(range(-1, columns), repeat=rows):
        made = [(r, c) for r, c in enumerate(choice) if c >= 0]
        if len({c for _, c in made}) == len(made):
            best = max(best, sum(worth[r, c] for r, c in made))
    assert got.value == best
    assert abs(got.bound - best) < 1e-9


def test_the_best_matching_is_scipys_on_larger_ones() -> None:
    for seed in range(8):
        rng = np.random.default_rng(seed)
        worth = np.where(rng.random((60, 90)) < 0.15, rng.uniform(0, 100, (60, 90)), -np.inf)
        full = np.hstack([np.where(np.isfinite(worth), worth, 0.0), np.zeros((60, 60))])
        row, column = linear_sum_assignment(full, maximize=True)
        got = match_pairs(listed(worth))
        assert np.isclose(got.value, full[row, column].sum())
        assert np.isclose(got.bound, got.value)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_no_two_would_rather_have_each_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    worth = np.where(rng.random((8, 12)) < 0.5, rng.permutation(96).reshape(8, 12), -np.inf)
    got = match_pairs(listed(worth), "stable")
    has = {int(c): r for r, c in enumerate(got.want) if c >= 0}
    for r, c in zip(*np.nonzero(np.isfinite(worth)), strict=True):
        mine = worth[r, got.want[r]] if got.want[r] >= 0 else -1.0
        his = worth[has[int(c)], c] if int(c) in has else -1.0
        assert worth[r, c] <= max(mine, his)
    assert got.value <= got.bound + 1e-9
    assert got.value >= match_pairs(listed(worth)).value / 2


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_every_pair_has_its_reason_and_the_counts_are_those_of_all_pairs(seed: int) -> None:
    drawn = fair(9, 14, seed)
    offers, wants = np.repeat(np.arange(9), 14), np.tile(np.arange(14), 9)
    code, worth, km = judge_pairs(drawn, offers, wants)
    pairs = fitting_pairs(drawn)
    counted = np.zeros_like(pairs.counts)
    np.add.at(counted, (wants, code), 1)
    assert (pairs.counts == counted).all()
    assert pairs.counts.sum() == 9 * 14
    assert (worth[code == 0] >= -1e-9).all()
    assert (pairs.who == wants[code == 0]).all()
    for o, w, c, d in zip(offers, wants, code, km, strict=True):
        a, b = drawn.offer[o], drawn.want[w]
        freight = drawn.rules[2] * a[9] * d
        rules = [a[0] != b[0], b[1] >= 0 and a[1] != b[1], a[3] > b[5], a[4] > b[6], a[5] > b[4], d > b[7],
                 b[3] * (b[4] - a[5]) < freight]  # fmt: skip
        assert c == (rules.index(True) + 1 if any(rules) else 0)
    made = match_pairs(pairs)
    best, why = best_refused(drawn, made, 2)
    judged = judge_pairs(drawn, best[best >= 0], np.repeat(np.arange(14), 2).reshape(14, 2)[best >= 0])[0]
    assert (judged == why[best >= 0]).all()
    assert all(made.want[o] != w for w in range(14) for o in best[w] if o >= 0)
