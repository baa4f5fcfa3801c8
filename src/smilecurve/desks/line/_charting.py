"""The charts of line.control: limits, rules and capability of many series at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from smilecurve.desks.line._subgroups import COUNTED, Subgroups

if TYPE_CHECKING:
    from smilecurve.solve.control_capability import Index

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Marks = NDArray[np.bool_]
Found = dict[str, Floats]

LEAST_PIECES = 30
"""Capability is not stated on fewer pieces."""
SPREAD_RULE = 9
WEIGHT, REACH, SLACK, INTERVAL, RISK = 0.2, 3.0, 0.5, 5.0, 0.001
"""EWMA weight and reach, CUSUM slack and interval in sigmas, chance that a joint chart signals without cause."""
NOTES = ("stated", "no_specification", "too_few", "out_of_control", "no_spread", "counted")
INDICES = ("capability", "cp", "pp", "ppk", "cpm")


@dataclass(frozen=True)
class Specification:
    """Limits and target of each characteristic, NaN where there is none."""

    lower: Floats
    upper: Floats
    target: Floats


@dataclass(frozen=True)
class Charted:
    """What the charts say of each subgroup; spread and spread_upper are NaN where a chart has none."""

    value: Floats
    centre: Floats
    lower: Floats
    upper: Floats
    spread: Floats
    spread_upper: Floats
    rule: Ints
    monitored: Marks
    indices: dict[str, Floats]
    note: Ints
    pieces: Ints


@dataclass(frozen=True)
class _Grid:
    """The subgroups laid out, one series a row in order of number."""

    row: Ints
    column: Ints
    inside: Marks
    """Which places belong to the base period."""

    @staticmethod
    def of(groups: Subgroups) -> _Grid:
        row, column = groups.places()
        base = groups.base[np.unique(row, return_index=True)[1]][:, None]
        return _Grid(row, column, (np.arange(int(column.max()) + 1)[None] < base) | (base == 0))

    def lay(self, flat: Floats) -> Floats:
        full = np.full(self.inside.shape, np.nan)
        full[self.row, self.column] = flat
        return full

    def pick(self, full: NDArray[np.generic]) -> Floats:
        return np.asarray(np.broadcast_to(full, self.inside.shape)[self.row, self.column])


def chart(groups: Subgroups, kind: str, rules: str, values: Floats, specification: Specification) -> Charted:
    """Chart all series of one kind, one set of rules and, for measured values, one size of subgroup."""
    grid = _Grid.of(groups)
    series = grid.inside.shape[0]
    if kind in COUNTED:
        found = _count(kind, rules, grid.lay(groups.count), grid.lay(groups.sampled), grid.inside)
        indices = {f"{name}{end}": np.full(series, np.nan) for name in INDICES for end in ("", "_low", "_high")}
        note, pieces = np.full(series, NOTES.index("counted")), np.zeros(series, np.int64)
    else:
        found, sigma = _measure(kind, rules, groups, grid)
        indices, note, pieces = _capability(groups, grid, values, found, sigma, specification)
    return Charted(
        value=grid.pick(found["value"]),
        centre=grid.pick(found["centre"]),
        lower=grid.pick(found["lower"]),
        upper=grid.pick(found["upper"]),
        spread=grid.pick(found["spread"]),
        spread_upper=grid.pick(found["spread_upper"]),
        rule=grid.pick(found["rule"]).astype(np.int64),
        monitored=~grid.inside[grid.row, grid.column],
        indices={name: array[grid.row] for name, array in indices.items()},
        note=note[grid.row],
        pieces=pieces[grid.row],
    )


def _count(kind: str, rules: str, counts: Floats, sizes: Floats, inside: Marks) -> Found:
    from smilecurve.solve.control import counted, distance, laney
    from smilecurve.solve.control_rules import read_patterns, rule_numbers

    if kind == "p_laney" or kind == "u_laney":
        limits = laney("p" if kind == "p_laney" else "u", counts, sizes, inside)
    else:
        limits = counted(kind, counts, sizes, inside)  # type: ignore[arg-type]
    bits = read_patterns(distance(limits.value, limits.centre, limits.step), rules)
    none = np.full((1, 1), np.nan)
    return {
        "value": limits.value,
        "centre": limits.centre,
        "lower": limits.lower,
        "upper": limits.upper,
        "spread": none,
        "spread_upper": none,
        "rule": rule_numbers(bits, rules).astype(np.float64),
    }


def _measure(kind: str, rules: str, groups: Subgroups, grid: _Grid) -> tuple[Found, Floats]:
    """Chart measured values; the second answer is the spread of single pieces of each series."""
    from smilecurve.solve.control import charts, distance, moving_ranges
    from smilecurve.solve.control_rules import read_patterns, rule_numbers

    pieces = int(groups.size[0])
    means = grid.lay(groups.mean)
    single = pieces == 1
    if kind == "xbar_s":
        spreads = grid.lay(groups.deviation)
        limits = charts(means, spreads, pieces, grid.inside, spread="deviation")
    else:
        spreads = moving_ranges(means) if single else grid.lay(groups.wide)
        limits = charts(means, spreads, pieces, grid.inside, range_of=2 if single else None)
    step = limits.sigma / np.sqrt(pieces)
    found: Found = {
        "value": means,
        "centre": limits.centre[:, None],
        "lower": limits.lower[:, None],
        "upper": limits.upper[:, None],
        "spread": spreads,
        "spread_upper": limits.spread_upper[:, None],
    }
    z = distance(means, limits.centre[:, None], step[:, None])
    if kind in ("ewma", "cusum"):
        found |= _remember(kind, means, z, limits.centre, step)
        rule = ((found["value"] < found["lower"]) | (found["value"] > found["upper"])).astype(np.int64)
    else:
        rule = rule_numbers(read_patterns(z, rules), rules)
    wide = spreads > limits.spread_upper[:, None] * (1 + 1e-12)
    found["rule"] = np.where(rule > 0, rule, np.where(wide, SPREAD_RULE, 0)).astype(np.float64)
    return found, limits.sigma


def _remember(kind: str, means: Floats, z: Floats, centre: Floats, step: Floats) -> Found:
    from smilecurve.solve.control_memory import cusum, ewma

    if kind == "ewma":
        smoothed = ewma(means, centre, step, weight=WEIGHT, reach=REACH)
        return {"value": smoothed.value, "lower": smoothed.lower, "upper": smoothed.upper}
    above, below = cusum(z, slack=SLACK)
    level = np.array([[INTERVAL]])
    return {
        "value": np.where(above >= below, above, -below),
        "centre": level * 0.0,
        "lower": -level,
        "upper": level,
    }


def _capability(
    groups: Subgroups, grid: _Grid, values: Floats, found: Found, sigma: Floats, specification: Specification
) -> tuple[Found, Ints, Ints]:
    """State the capability of each series from its base period, or say why it is not stated."""
    from smilecurve.solve.control_capability import central_index, near_index, width_index

    inside = grid.inside[grid.row, grid.column]
    series, size = sigma.size, int(groups.size[0])
    spots = (groups.first[inside][:, None] + np.arange(size)).ravel()
    of = np.repeat(grid.row[inside], size)
    count = np.bincount(of, minlength=series).astype(np.float64)
    centre = np.bincount(of, values[spots], series) / np.maximum(count, 1)
    square = np.bincount(of, (values[spots] - centre[of]) ** 2, series)
    overall = np.sqrt(square / np.maximum(count - 1, 1))
    which = groups.characteristic[np.unique(grid.row, return_index=True)[1]]
    lower, upper, target = (side[which] for side in (specification.lower, specification.upper, specification.target))
    target = np.where(np.isnan(target), (lower + upper) / 2.0, target)
    indices: dict[str, Index] = {
        "capability": near_index(centre, sigma, lower, upper, count),
        "cp": width_index(sigma, lower, upper, count),
        "pp": width_index(overall, lower, upper, count),
        "ppk": near_index(centre, overall, lower, upper, count),
        "cpm": central_index(centre, sigma, lower, upper, target, count),
    }
    note = _notes(grid, found["rule"], count, sigma, np.isnan(lower) & np.isnan(upper))
    shown = note == NOTES.index("stated")
    flat = {f"{n}{e}": a for n, i in indices.items() for e, a in (("", i.value), ("_low", i.low), ("_high", i.high))}
    return {name: np.where(shown, array, np.nan) for name, array in flat.items()}, note, count.astype(np.int64)


def _notes(grid: _Grid, rule: Floats, count: Floats, sigma: Floats, free: Marks) -> Ints:
    """Out of control: a signal in the base period, or at the last subgroup."""
    last = np.bincount(grid.row, minlength=sigma.size)[:, None] - 1
    bad = ((rule > 0) & (grid.inside | (np.arange(rule.shape[1])[None] == last))).any(axis=1)
    tests = [free, count < LEAST_PIECES, sigma <= 0, bad]
    words = ("no_specification", "too_few", "no_spread", "out_of_control")
    return np.select(tests, [NOTES.index(word) for word in words], 0)
