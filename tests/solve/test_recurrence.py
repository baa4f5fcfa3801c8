"""Repairs that recur: published mean cumulative functions, both variances by brute force, and power law processes."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from smilecurve.solve.recurrence import mean_cumulative, power_law


def histories(path: Path, unit: str, age: str, ends: str):
    """Events (unit number, age, cost) and the end of each unit of a published set."""
    rows = list(csv.DictReader(path.read_text().splitlines()))
    place = {name: i for i, name in enumerate(sorted({r[unit] for r in rows}))}
    end = np.zeros(len(place))
    events = []
    for r in rows:
        if r["event"].lower() == ends:
            end[place[r[unit]]] = float(r[age])
        else:
            events.append((place[r[unit]], float(r[age]), float(r.get("cost") or 1)))
    return (*(np.array(v) for v in zip(*events, strict=True)), end)


def oracle(path: Path) -> list[list[tuple[float, float, float]]]:
    """The tables of ages, means and robust errors that R wrote, in order."""
    blocks: list[list[tuple[float, float, float]]] = []
    for line in path.read_text().splitlines():
        words = line.split()
        if words and words[0] == "q":
            blocks.append([])
        elif blocks and len(words) == 4:
            blocks[-1].append(tuple(float(w) for w in words[1:]))
    return blocks


def test_valve_seats_and_machine_h_as_r_computes_them(shared_data: Path):
    """One row of the file is wrong, as its SOURCE says: valve seats at 653.5 days; the end of the function is told there."""
    valves, machines = oracle(shared_data / "learn/oracle_mcf_survival.txt")
    who, when, _, end = histories(shared_data / "learn/smrd/valveseat.csv", "engine", "days", "end")
    found = mean_cumulative(who, when, end)
    for age, mean, error in valves[:-1]:
        assert [float(v) for v in found.at(age)[:2]] == pytest.approx([mean, error], rel=1e-6)
    assert found.mean[-1] == pytest.approx(1.542688, abs=5e-7)
    assert found.robust_error[-1] == pytest.approx(0.311656, abs=5e-7)
    assert float(found.at(61.0)[2]) == pytest.approx(0.024390, abs=5e-7)  # Nelson 1995
    who, when, cost, end = histories(shared_data / "learn/smrd/machineh.csv", "unit", "hours", "end")
    found = mean_cumulative(who, when, end)
    for age, mean, error in machines:
        assert [float(v) for v in found.at(age)[:2]] == pytest.approx([mean, error], rel=1e-6)
    money = mean_cumulative(who, when, end, value=cost)
    assert money.at([2000.0, 5000.0, 1e9])[0] == pytest.approx([23.235, 71.804, 135.372], abs=5e-4)


def brute(who, when, worth, start, end, age, less):
    """Mean and variance at an age from the table of units by ages (Nelson 1995, equations 3.2 and 3.3)."""
    times = np.unique(when[when <= age])
    seen = ((start[:, None] < times) | (start[:, None] == 0)) & (end[:, None] >= times)
    took = np.array([[worth[(who == i) & (when == t)].sum() for t in times] for i in range(end.size)])
    n = seen.sum(axis=0)
    mean = (took * seen).sum(axis=0) / n
    away = seen * (took - mean)
    variance = 0.0
    for k in range(times.size):
        variance += (away[:, k] ** 2).sum() / (n[k] * (n[k] - less))
        for v in range(k + 1, times.size):
            variance += 2 * (away[:, k] * away[:, v]).sum() / (n[k] * (n[v] - less))
    return mean.sum(), variance


@pytest.mark.parametrize("seed", range(5))
def test_both_variances_equal_the_sums_over_all_pairs(seed: int):
    rng = np.random.default_rng(seed)
    n = 25
    start = np.where(rng.random(n) < 0.5, 0.0, rng.uniform(0.1, 3.0, n))
    end = start + rng.uniform(2.0, 8.0, n)
    who = np.repeat(np.arange(n), rng.poisson(3, n))
    when = np.minimum(start[who] + np.ceil((end - start)[who] * rng.random(who.size) * 4) / 4 + 1e-9, end[who])
    worth = rng.normal(size=who.size)
    found = mean_cumulative(who, when, end, start=start, value=worth)
    for age in (1.0, 2.7, 4.4):
        mean, robust, nelson = (float(v) for v in found.at(age))
        assert (mean, robust**2) == pytest.approx(brute(who, when, worth, start, end, age, 0), abs=1e-12)
        assert nelson**2 == pytest.approx(max(brute(who, when, worth, start, end, age, 1)[1], 0.0), abs=1e-12)


def test_robust_interval_holds_the_truth_when_units_differ():
    """Units with rates of their own: a Poisson error would be too small, the robust one is not."""
    rng = np.random.default_rng(6)
    hits = 0
    for _ in range(300):
        rate, end = rng.gamma(1.0, 0.2, 60), rng.uniform(5.0, 20.0, 60)
        who = np.repeat(np.arange(60), rng.poisson(rate * end))
        when = end[who] * rng.random(who.size)
        mean, error, _ = mean_cumulative(who, when, end).at(10.0)
        hits += abs(mean - 2.0) <= 1.96 * error
    assert 0.90 <= hits / 300 <= 0.98


def test_units_without_events_may_be_counted_together():
    rng = np.random.default_rng(1)
    end = np.r_[rng.integers(5, 20, 10), np.repeat([7, 12, 30], [40, 5, 8])].astype(float)
    who, when = np.repeat(np.arange(10), 2), np.minimum(rng.integers(1, 15, 20), end[np.repeat(np.arange(10), 2)])
    one_by_one = mean_cumulative(who, when, end)
    counted = mean_cumulative(who, when, np.r_[end[:10], [7.0, 12.0, 30.0]], weight=np.r_[np.ones(10), [40, 5, 8]])
    for name in ("age", "at_risk", "mean", "robust_error", "nelson_error"):
        assert getattr(counted, name) == pytest.approx(getattr(one_by_one, name), rel=1e-12), name
    with pytest.raises(ValueError, match="stands for itself"):
        mean_cumulative([0], [1.0], [5.0], weight=[2.0])


def test_events_outside_their_window_are_refused():
    with pytest.raises(ValueError, match="between the start and the end"):
        mean_cumulative([0], [9.0], [8.0])


def test_power_law_of_the_halfbeak(shared_data: Path):
    """U.S.S. Halfbeak, Meeker & Escobar 1998, section 16.5.2: shape 2.76, scale 5.45 thousand hours."""
    rows = list(csv.DictReader((shared_data / "learn/smrd/halfbeak.csv").read_text().splitlines()))
    age = [float(r["hours"]) for r in rows if r["event"] == "report"]
    found = power_law(age, [float(r["hours"]) for r in rows if r["event"] == "End"])
    assert (found.events, round(found.shape, 2), round(found.scale, 2)) == (71, 2.76, 5.45)
    assert found.shape_low < 2.76 < found.shape_high
    assert found.trend < 1e-9


def test_power_law_of_one_unit_seen_to_one_age_is_closed():
    """Shape n / sum of log(T / t), scale T / n^(1 / shape) (Crow 1974); n events are expected by the end."""
    rng = np.random.default_rng(3)
    age = np.sort(500.0 * rng.random(30) ** (1 / 1.4))
    found = power_law(age, [500.0])
    shape = 30 / np.log(500.0 / age).sum()
    assert found.shape == pytest.approx(shape, rel=1e-10)
    assert found.scale == pytest.approx(500.0 / 30 ** (1 / shape), rel=1e-10)
    assert float(found.expected(500.0)) == pytest.approx(30.0)
    assert found.decrement < 1e-12


def test_power_law_of_many_windows_finds_the_truth_and_says_how_sure():
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(200):
        start = rng.uniform(0, 50, 12) * (rng.random(12) < 0.5)
        end = start + rng.uniform(20, 100, 12)
        means = (end / 20) ** 1.5 - (start / 20) ** 1.5
        counts = rng.poisson(means)
        age = [
            20 * ((s / 20) ** 1.5 + u * m) ** (1 / 1.5)
            for s, m, c in zip(start, means, counts, strict=True)
            for u in rng.random(c)
        ]
        found = power_law(age, end, start=start)
        held += found.shape_low <= 1.5 <= found.shape_high
    assert 0.85 <= held / 200 <= 0.95


def test_power_law_needs_events():
    with pytest.raises(ValueError, match="needs events"):
        power_law([], [10.0])


def test_all_events_at_the_end_have_no_top():
    found = power_law([10.0, 10.0], [10.0, 10.0])
    assert not found.settled
    assert np.isinf(found.shape_high)
    assert power_law([4.0, 10.0], [10.0]).settled
