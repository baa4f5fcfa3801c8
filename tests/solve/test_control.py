"""solve.control: computed constants, limits of a published chart, rules against a plain reading, alarms by chance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.control import Charts, capability, chance_alarms, charts, range_constants, western_electric


def known(n: int) -> Charts:
    zero, one = np.zeros(n), np.ones(n)
    return Charts(zero, zero - 3, zero + 3, one, zero, zero, zero)


def test_range_constants_against_the_tables() -> None:
    """d2 and d3 as printed since Tippett (1925) and Pearson (1942)."""
    printed = {
        2: (1.128, 0.853),
        3: (1.693, 0.888),
        4: (2.059, 0.880),
        5: (2.326, 0.864),
        10: (3.078, 0.797),
        25: (3.931, 0.708),
    }
    for pieces, (d2, d3) in printed.items():
        assert range_constants(pieces) == pytest.approx((d2, d3), abs=6e-4)
    assert range_constants(2) == pytest.approx((2 / np.sqrt(np.pi), np.sqrt(2 - 4 / np.pi)), abs=1e-10)
    with pytest.raises(ValueError, match="at least two pieces"):
        range_constants(1)


def test_piston_rings_to_eight_digits(shared_data: Path) -> None:
    """With the rounded constants of R's qcc 2.7 (d2 2.326, d3 0.8640855) its published output is met to its last digit."""
    text = (shared_data / "learn/qcc/pistonrings.txt").read_text().splitlines()[1:]
    values = np.array([float(line.split()[0]) for line in text if line.strip()]).reshape(-1, 5)
    means, ranges = values.mean(axis=1)[None], np.ptp(values, axis=1)[None]
    base = np.arange(means.size)[None] < 25
    found = charts(means, ranges, 5, base, constants=(2.326, 0.8640855))
    got = [v[0] for v in (found.centre, found.sigma, found.lower, found.upper, found.range_upper)]
    assert got == pytest.approx([74.001176, 0.009785038693, 73.98804799, 74.01430401, 0.04812533015], rel=1e-9)
    assert capability(found.centre, found.sigma, np.array([73.95]), np.array([74.05]))[0] == pytest.approx(
        1.663219449, rel=1e-9
    )


def plain_rules(points: list[float]) -> list[list[bool]]:
    """The four rules read point by point."""
    out = []
    for rule, (least, window, beyond) in enumerate(((1, 1, 3.0), (2, 3, 2.0), (4, 5, 1.0), (8, 8, 0.0))):
        fired = []
        for at in range(len(points)):
            last = points[max(0, at - window + 1) : at + 1]
            sides = [[side * p > beyond for p in last] for side in (1, -1)]
            fired.append(any(sum(s) >= least and s[-1] for s in sides))
        out.append(fired)
        assert rule < 4
    return out


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.floats(-4, 4), min_size=20, max_size=20), min_size=1, max_size=4))
def test_rules_read_plainly(rows: list[list[float]]) -> None:
    points = np.where(np.abs(rows) < 1e-6, 0.0, np.array(rows))
    found = western_electric(points, known(len(rows)), 1)
    for chart, row in enumerate(points.tolist()):
        assert found[:, chart].tolist() == plain_rules(row)


def test_run_length_of_an_unchanged_process() -> None:
    """Champ & Woodall (1987), Technometrics 29:393-399: 91.75 points between false alarms with all four rules, 370.4 with one."""
    draws = np.random.default_rng(1).standard_normal((4_000, 1_000))
    fired = western_electric(draws, known(4_000), 1)
    every = fired.any(axis=0)
    assert every.any(axis=1).mean() > 0.999
    first = np.where(every.any(axis=1), every.argmax(axis=1) + 1, 1_000)
    assert first.mean() == pytest.approx(91.75, abs=4 * first.std() / np.sqrt(first.size))
    assert 1 / fired[0].mean() == pytest.approx(370.4, rel=0.05)
    assert chance_alarms() == pytest.approx(every.mean(), rel=0.05)


def test_a_flat_process_is_silent() -> None:
    """Values that never change have no spread: nothing may fire through rounding."""
    means, ranges = np.full((1, 12), 0.1 + 0.2), np.zeros((1, 12))
    assert not western_electric(means, charts(means, ranges, 3), 3).any()
