"""Boosted trees against steps known by hand, and never rising where they must fall."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.boosting import Growing, fit_trees, level_surface, predict_surfaces, predict_trees

PLAIN = Growing(rounds=300, leaves=8, rate=0.2, ridge=0.0, least=1, clip=1e9, rows=1.0, features=1.0)


def test_finds_the_means_of_every_cell() -> None:
    """Two yes-no numbers, four cells: the least squares fit is the mean of each cell."""
    x = np.array([[a, b] for a in (0.0, 1.0) for b in (0.0, 1.0) for _ in range(4)])
    y = np.array([1.0, 1, 3, 3, 7, 7, 7, 7, 0, 0, 0, 8, -5, -5, -5, -5])
    got = predict_trees(fit_trees(x, y, np.zeros(2), PLAIN), x[::4])
    assert got == pytest.approx([2.0, 7.0, 2.0, -5.0], abs=1e-3)


def test_falling_fit_of_two_values_that_rise_is_their_mean() -> None:
    """0 then 1, but only falling is allowed: the best falling fit (pool adjacent violators) is 0.5 twice."""
    x, y = np.repeat([[0.0], [1.0]], 10, axis=0), np.repeat([0.0, 1.0], 10)
    assert predict_trees(fit_trees(x, y, np.array([-1.0]), PLAIN), x).tolist() == pytest.approx([0.5] * 20, abs=1e-3)
    assert predict_trees(fit_trees(x, y, np.array([1.0]), PLAIN), x[[0, -1]]).tolist() == pytest.approx(
        [0.0, 1.0], abs=1e-3
    )


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_never_rises_where_it_must_fall_and_repeats_itself(seed: int) -> None:
    draw = np.random.default_rng(seed)
    x = draw.uniform(0, 10, (300, 3))
    y = np.sin(x[:, 0]) * x[:, 2] + draw.normal(0, 1, 300)
    signs = np.array([-1.0, 1.0, 0.0])
    model = fit_trees(x, y, signs, Growing(rounds=60, leaves=16), seed)
    again = fit_trees(x, y, signs, Growing(rounds=60, leaves=16), seed)
    assert model.value.tobytes() == again.value.tobytes()
    steps = np.linspace(-1, 11, 60)
    for j in (0, 1):
        swept = np.repeat(draw.uniform(0, 10, (20, 3)), 60, axis=0)
        swept[:, j] = np.tile(steps, 20)
        moves = np.diff(predict_trees(model, swept).reshape(20, 60), axis=1)
        assert (signs[j] * moves >= -1e-12).all()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), wide=st.integers(1, 3))
def test_a_surface_says_in_every_bin_what_the_trees_say_there(seed: int, wide: int) -> None:
    draw = np.random.default_rng(seed)
    x = np.column_stack([draw.integers(0, 5, (200, 3)).astype(float), draw.uniform(0, 1, (200, 1))])
    model = fit_trees(x, draw.normal(0, 1, 200), np.zeros(4), Growing(rounds=20, leaves=12), seed)
    axes = (2, 0, 1)[:wide]
    surface = predict_surfaces(model, x[:6], axes)
    assert surface.shape == (6, *(len(model.edges[a]) + 1 for a in axes))
    for row in range(6):
        for bins in np.ndindex(*surface.shape[1:]):
            asked = x[row : row + 1].copy()
            for a, b in zip(axes, bins, strict=True):
                asked[0, a] = np.append(model.edges[a], np.inf)[b]
            assert surface[(row, *bins)] == pytest.approx(predict_trees(model, asked)[0], abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_levelled_surface_never_rises_and_is_nearest_where_it_is_farthest(seed: int) -> None:
    """What falls stays; and no falling surface is nearer at its worst place: not the given one made to fall at random."""
    draw = np.random.default_rng(seed)
    raw = draw.normal(0, 1, (3, 6, 5))
    level = level_surface(raw)
    assert all((np.diff(level, axis=axis) <= 1e-12).all() for axis in (1, 2))
    assert np.allclose(level_surface(level), level)
    other = level + draw.normal(0, 0.2, level.shape)
    other = np.flip(np.maximum.accumulate(np.flip(np.maximum.accumulate(other[:, ::-1], 1), 2), 2), (1, 2))[:, :, ::-1]
    other = level_surface(other)
    for row in range(3):
        assert np.abs(level[row] - raw[row]).max() <= np.abs(other[row] - raw[row]).max() + 1e-12
