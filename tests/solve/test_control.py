"""solve.control and its neighbours: constants, limits of published charts, rules against a plain reading, run lengths."""

from __future__ import annotations

import csv
import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from smilecurve.solve.control import charts, counted, distance, laney, moving_ranges
from smilecurve.solve.control_capability import central_index, near_index, width_index
from smilecurve.solve.control_constants import deviation_constant, range_constants
from smilecurve.solve.control_joint import hotelling, joint_limits
from smilecurve.solve.control_memory import cusum, cusum_run_length, ewma, ewma_run_length
from smilecurve.solve.control_rules import PATTERNS, RULE_SETS, chance_alarms, read_patterns, rule_numbers

PRINTED = (2.326, 0.8640855)
"""d2 and d3 of five pieces as qcc's tables print them; 2.325929 and 0.8640819 where they are computed."""


def column(shared_data: Path, name: str, at: int) -> np.ndarray:
    lines = (shared_data / "learn/qcc" / name).read_text().splitlines()[1:]
    return np.array([float(line.split()[at]) for line in lines if line.strip()])


def printed(shared_data: Path) -> dict[str, list[float]]:
    """Every number of the oracle by the first words of its line."""
    found: dict[str, list[float]] = {}
    for line in (shared_data / "learn/oracle_qcc27.txt").read_text().splitlines():
        name = re.match(r"[A-Za-z_. ]+", line)
        if name and not line.startswith(" "):
            found[name.group().strip()] = [float(v) for v in re.findall(r"(?<![\w.])-?\d+\.?\d*(?![\w.])", line)]
    return found


def rings(shared_data: Path) -> np.ndarray:
    return column(shared_data, "pistonrings.txt", 0).reshape(-1, 5)


def test_constants_against_the_tables() -> None:
    """d2 and d3 as printed since Tippett (1925) and Pearson (1942); c4 by the gamma function."""
    tables = {
        2: (1.128, 0.853),
        3: (1.693, 0.888),
        4: (2.059, 0.880),
        5: (2.326, 0.864),
        10: (3.078, 0.797),
        25: (3.931, 0.708),
    }
    for pieces, (d2, d3) in tables.items():
        assert range_constants(pieces) == pytest.approx((d2, d3), abs=6e-4)
    assert range_constants(2) == pytest.approx((2 / np.sqrt(np.pi), np.sqrt(2 - 4 / np.pi)), abs=1e-10)
    assert [deviation_constant(n) for n in (2, 5, 10, 25)] == pytest.approx([0.7979, 0.9400, 0.9727, 0.9896], abs=5e-5)
    for constant in (range_constants, deviation_constant):
        with pytest.raises(ValueError, match="at least two pieces"):
            constant(1)


def test_variables_to_eight_digits(shared_data: Path) -> None:
    """Piston rings: means, ranges, standard deviations and capability of R's qcc 2.7, to the last digit it prints."""
    said, values = printed(shared_data), rings(shared_data)
    means, base = values.mean(axis=1)[None], np.arange(40)[None] < 25
    found = charts(means, np.ptp(values, axis=1)[None], 5, base, constants=PRINTED)
    got = [float(v[0]) for v in (found.centre, found.sigma, found.lower, found.upper)]
    assert got == pytest.approx(said["xbar center"], abs=1e-8)
    ranges = [float(v[0]) for v in (found.spread_centre, found.sigma, found.spread_lower, found.spread_upper)]
    assert ranges == pytest.approx(said["R center"], abs=1e-8)
    spreads = charts(means, values.std(axis=1, ddof=1)[None], 5, base, spread="deviation")
    got = [float(v[0]) for v in (spreads.spread_centre, spreads.sigma, spreads.spread_lower, spreads.spread_upper)]
    assert got == pytest.approx(said["S center"], abs=1e-8)
    low, high, target, pieces = (np.array([v]) for v in (73.95, 74.05, 74.0, 125.0))
    centre, sigma = found.centre, found.sigma
    indices = {
        "Cp": width_index(sigma, low, high, pieces),
        "Cp_k": near_index(centre, sigma, low, high, pieces),
        "Cpm": central_index(centre, sigma, low, high, target, pieces),
    }
    for name, index in indices.items():
        got = [float(v[0]) for v in (index.value, index.low, index.high)]
        assert got == pytest.approx(said[name], abs=1e-8), name


def test_counts_to_eight_digits(shared_data: Path) -> None:
    """Orange juice (p), circuit boards (c), personal computers (u) and viscosity of single batches, as qcc 2.7 has them."""
    said = printed(shared_data)
    p = counted("p", column(shared_data, "orangejuice.txt", 1)[None, :30], np.full((1, 30), 50.0))
    got = [float(v[0, 0]) for v in (p.centre, p.lower, p.upper)]
    assert got == pytest.approx(said["p chart orangejuice center"][:3], abs=1e-8)
    beyond = np.flatnonzero((p.value[0] > p.upper[0]) | (p.value[0] < p.lower[0])) + 1
    assert beyond.tolist() == said["p chart orangejuice center"][3:]
    c = counted("c", column(shared_data, "circuit.txt", 1)[None, :26], np.full((1, 26), 100.0))
    assert [float(v[0, 0]) for v in (c.centre, c.lower, c.upper)] == pytest.approx(
        said["c chart circuit center"], abs=1e-8
    )
    u = counted("u", column(shared_data, "pcmanufact.txt", 0)[None], column(shared_data, "pcmanufact.txt", 1)[None])
    assert [float(v[0, 0]) for v in (u.centre, u.lower, u.upper)] == pytest.approx(
        said["u chart pcmanufact center"], abs=1e-8
    )
    one = column(shared_data, "viscosity.txt", 1)[None, :20]
    single = charts(one, moving_ranges(one), 1, constants=(1.128, 0.853))
    got = [float(v[0]) for v in (single.centre, single.sigma, single.lower, single.upper)]
    assert got == pytest.approx(said["xbar.one viscosity center"], abs=1e-8)


def test_charts_that_remember_to_eight_digits(shared_data: Path) -> None:
    """EWMA and CUSUM of the piston rings, subgroups 37 to 40, as printed."""
    said, values = printed(shared_data), rings(shared_data)
    means, base = values.mean(axis=1)[None], np.arange(40)[None] < 25
    limits = charts(means, np.ptp(values, axis=1)[None], 5, base, constants=PRINTED)
    step = limits.sigma / np.sqrt(5)
    smoothed = ewma(means, limits.centre, step)
    told = said["ewma"]
    assert smoothed.value[0, 36:].tolist() == pytest.approx(told[-6:-2], abs=1e-8)
    assert [smoothed.lower[0, -1], smoothed.upper[0, -1]] == pytest.approx(told[-2:], abs=5e-7)
    above, below = cusum(distance(means, limits.centre[:, None], step[:, None]))
    assert above[0, 36:].tolist() == pytest.approx(said["cusum"][-8:-4], abs=1e-8)
    assert (np.flatnonzero(above[0] > 5) + 1).tolist() == said["cusum"][-4:]
    assert below[0].max() < 5


def test_run_lengths_of_charts_that_remember(shared_data: Path) -> None:
    """Every row of the run lengths of R's package spc, to 1e-4 of a point."""
    with (shared_data / "learn/oracle_spc_arl.csv").open() as file:
        rows = [
            (line["metric"], [float(v) for v in re.findall(r"=(-?[\d.]+)", line["params"] + str(line.get(None)))], line)
            for line in csv.DictReader(file, restkey="rest")
        ]
    assert len(rows) == 15
    for metric, (one, two, shift), line in rows:
        length = cusum_run_length if metric == "xcusum.arl two-sided" else ewma_run_length
        assert length(one, two, shift) == pytest.approx(float(str(line["value"])), abs=1e-4), line


def test_limits_of_joint_charts() -> None:
    """Montgomery, example 11.1: two variables, twenty subgroups of ten; 13.72 within the base and 15.16 after it, with
    F rounded to 7.18."""
    assert joint_limits(2, 20, 10) == pytest.approx((13.72, 15.16), abs=0.01)


def test_joint_distance_is_that_of_mahalanobis() -> None:
    values = np.random.default_rng(5).normal(size=(40, 4, 3)) @ np.array([[1, 0.5, 0], [0, 1, 0.3], [0, 0, 2.0]])
    base = np.arange(40) < 30
    found = hotelling(values, base)
    spread = np.mean([np.cov(group.T) for group in values[:30]], axis=0)
    away = values.mean(axis=1) - values[:30].mean(axis=(0, 1))
    assert found.value == pytest.approx([4 * a @ np.linalg.inv(spread) @ a for a in away])
    singles = hotelling(values[:, :1], base)
    away = values[:, 0] - values[:30, 0].mean(axis=0)
    assert singles.value == pytest.approx([a @ np.linalg.inv(np.cov(values[:30, 0].T)) @ a for a in away])
    same = np.repeat(values[..., :1], 2, axis=2)
    with pytest.raises(ValueError, match="singular"):
        hotelling(same, base)
    with pytest.raises(ValueError, match="too few"):
        hotelling(values[:6], np.arange(6) < 4)


def test_joint_chart_keeps_its_risk() -> None:
    """After the base, an unchanged process passes the limit as often as the risk says."""
    draws = np.random.default_rng(11)
    beyond = total = 0
    for _ in range(200):
        values = draws.normal(size=(330, 1, 3))
        base = np.arange(330) < 30
        found = hotelling(values, base, risk=0.01)
        beyond += int((found.value[30:] > found.upper[30:]).sum())
        total += 300
    assert beyond / total == pytest.approx(0.01, abs=0.004)


def test_laney_by_hand() -> None:
    """Counts 50, 90, 50, 90 in ten units: rate 7, one sigma sqrt(0.7) = 0.8367, z = -+2.390, moving range 4.781, over
    d2 = 1.1284 it is 4.237: step 3.545. With shares all equal, the spread of z is nothing and so is the step."""
    found = laney("u", np.array([[50.0, 90.0, 50.0, 90.0]]), np.full((1, 4), 10.0))
    assert found.centre[0, 0] == pytest.approx(7.0)
    assert found.step[0] == pytest.approx(3.545, abs=5e-4)
    assert laney("p", np.full((1, 5), 4.0), np.full((1, 5), 40.0)).step[0].tolist() == [0.0] * 5


def test_laney_shrinks_false_alarms_of_large_samples() -> None:
    """Shares that wander by 0.01 in samples of 100,000: p signals at most points, p' hardly ever."""
    draws = np.random.default_rng(3)
    sizes = np.full((50, 60), 100_000.0)
    counts = draws.binomial(100_000, np.clip(draws.normal(0.1, 0.01, (50, 60)), 0, 1)).astype(float)
    plain, wide = counted("p", counts, sizes), laney("p", counts, sizes)
    assert (np.abs(distance(plain.value, plain.centre, plain.step)) > 3).mean() > 0.7
    assert (np.abs(distance(wide.value, wide.centre, wide.step)) > 3).mean() < 0.01


def plainly(points: list[float], name: str) -> list[bool]:
    """One pattern read point by point, from its wording."""

    def sides(window: list[float], level: float) -> list[list[bool]]:
        return [[side * p > level for p in window] for side in (1, -1)]

    def here(at: int) -> bool:
        def last(n: int) -> list[float]:
            return points[max(0, at - n + 1) : at + 1]

        if name == "beyond_limit":
            return abs(points[at]) > 3
        if name in ("two_of_three", "four_of_five"):
            least, window, level = (2, 3, 2.0) if name == "two_of_three" else (4, 5, 1.0)
            return any(sum(s) >= least and s[-1] for s in sides(last(window), level))
        if name in ("eight_in_a_row", "nine_in_a_row"):
            long = 8 if name == "eight_in_a_row" else 9
            return any(sum(s) >= long for s in sides(last(long), 0.0))
        steps = list(np.sign(np.diff(last(6 if name == "six_trending" else 14))))
        if name == "six_trending":
            return steps in ([1.0] * 5, [-1.0] * 5)
        if name == "fourteen_alternating":
            return len(steps) == 13 and all(a * b == -1 for a, b in itertools.pairwise(steps))
        if name == "fifteen_close":
            return len(last(15)) == 15 and all(abs(p) < 1 for p in last(15))
        return len(last(8)) == 8 and all(abs(p) > 1 for p in last(8))

    return [here(at) for at in range(len(points))]


@settings(max_examples=80, deadline=None)
@given(
    st.one_of(
        arrays(np.int64, (3, 24), elements=st.integers(-14, 14)),
        arrays(np.int64, (3, 24), elements=st.integers(-3, 3)),
        arrays(np.int64, (3, 24), elements=st.sampled_from([-6, 6, 7, -7, 8])),
    )
)
def test_rules_read_plainly(rows: np.ndarray) -> None:
    points = rows / 4.0
    names = list(PATTERNS)
    for rules, wanted in RULE_SETS.items():
        bits = read_patterns(points, rules)
        for chart, row in enumerate(points.tolist()):
            for name in names:
                fired = ((bits[chart] >> names.index(name)) & 1).astype(bool).tolist()
                assert fired == (plainly(row, name) if name in wanted else [False] * len(row)), (rules, name)
        numbers = rule_numbers(bits, rules)
        assert ((numbers > 0) == (bits > 0)).all()


def test_a_run_does_not_reach_across_what_is_missing() -> None:
    row = np.array([[1.0] * 5 + [np.nan] + [1.0] * 4])
    assert not read_patterns(row, "western_electric").any()
    assert read_patterns(np.full((1, 8), 0.5), "western_electric")[0].tolist() == [0] * 7 + [8]


def test_run_length_of_an_unchanged_process() -> None:
    """Champ & Woodall (1987), Technometrics 29:393-399: 91.75 points between false alarms with all four rules, 370.4 with one."""
    draws = np.random.default_rng(1).standard_normal((4_000, 1_000))
    fired = read_patterns(draws, "western_electric")
    every = fired > 0
    assert every.any(axis=1).mean() > 0.999
    first = np.where(every.any(axis=1), every.argmax(axis=1) + 1, 1_000)
    assert first.mean() == pytest.approx(91.75, abs=4 * first.std() / np.sqrt(first.size))
    assert 1 / (fired & 1).mean() == pytest.approx(370.4, rel=0.05)
    assert chance_alarms() == pytest.approx(every.mean(), rel=0.05)
    assert chance_alarms("limits") < chance_alarms() < chance_alarms("nelson")


def test_a_flat_process_is_silent() -> None:
    """Values that never change have no spread: nothing may fire through rounding."""
    means, ranges = np.full((1, 12), 0.1 + 0.2), np.zeros((1, 12))
    limits = charts(means, ranges, 3)
    z = distance(means, limits.centre[:, None], limits.sigma[:, None])
    assert not read_patterns(z, "western_electric").any()


@settings(max_examples=40, deadline=None)
@given(
    arrays(np.int64, (2, 14, 4), elements=st.integers(-40, 40)),
    st.integers(-1000, 1000),
    st.sampled_from([0.25, 2.0, 8.0, 10.0]),
    st.randoms(use_true_random=False),
)
def test_signals_do_not_depend_on_the_unit(values: np.ndarray, shift: int, scale: float, random: object) -> None:
    """Shifted and scaled values give the same signals; pieces exchanged within a subgroup change nothing."""

    def signals(pieces: np.ndarray) -> list[list[int]]:
        means, ranges = pieces.mean(axis=2), np.ptp(pieces, axis=2)
        limits = charts(means, ranges, 4)
        step = limits.sigma / 2.0
        return read_patterns(distance(means, limits.centre[:, None], step[:, None]), "nelson").tolist()

    plain = signals(values.astype(float))
    assert signals(values * scale + shift) == plain
    mixed = values.copy()
    for group in mixed.reshape(-1, 4):
        order = list(range(4))
        random.shuffle(order)  # type: ignore[attr-defined]
        group[:] = group[order]
    assert signals(mixed.astype(float)) == plain


def test_capability_intervals_cover() -> None:
    """Of 4,000 normal samples of 60 pieces, the 95 % intervals of Cp cover the true 1.5 in about 95 %, those of Cpk in
    93-97 %."""
    draws = np.random.default_rng(2).normal(0.0, 1.0, (4_000, 60))
    centre, sigma = draws.mean(axis=1), draws.std(axis=1, ddof=1)
    low, high, pieces = (np.full(4_000, v) for v in (-4.5, 4.5, 60.0))
    wide = width_index(sigma, low, high, pieces)
    near = near_index(centre, sigma, np.full(4_000, -4.5), np.full(4_000, 9.0), pieces)
    assert ((wide.low <= 1.5) & (wide.high >= 1.5)).mean() == pytest.approx(0.95, abs=0.012)
    assert ((near.low <= 1.5) & (near.high >= 1.5)).mean() == pytest.approx(0.95, abs=0.02)
