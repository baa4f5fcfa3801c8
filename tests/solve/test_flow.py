"""solve.flow: exact chains agree with published lines, simulation agrees with exact chains."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from smilecurve.solve.flow import Line, exact_throughput, gain_of_place, throughput


def test_published_exact_values() -> None:
    """Two stations with b places: (b + 2) / (b + 3); Hunt (1956): 22/39; Hillier & Boling (1967): tables to 4 digits."""
    for places in range(5):
        assert exact_throughput(Line([1.0, 1.0], [places])) == pytest.approx((places + 2) / (places + 3), abs=1e-9)
    assert exact_throughput(Line([1.0] * 3, [0, 0])) == pytest.approx(22 / 39, abs=1e-9)
    assert exact_throughput(Line([1.0] * 3, [1, 1])) == pytest.approx(0.6705, abs=5e-5)
    assert exact_throughput(Line([1.0] * 4, [0, 0, 0])) == pytest.approx(0.5148, abs=5e-5)
    assert exact_throughput(Line([1.0] * 4, [1, 1, 1])) == pytest.approx(0.6312, abs=5e-5)


def test_exact_file(shared_data: Path) -> None:
    with (shared_data / "line/flowline/exact_exponential_lines.csv").open() as file:
        for case in csv.DictReader(file):
            rates = np.array([float(v) for v in case["service_rates"].split()])
            if rates.size <= 4:
                line = Line(1 / rates, [int(v) for v in case["buffers"].split()])
                assert exact_throughput(line) == pytest.approx(float(case["throughput_exact"]), abs=1e-7)


def test_simulation_agrees_with_the_chain_with_stops() -> None:
    """Stops of rate 0.1 an hour of work, repairs of 2: the interval of a long simulation holds the exact value."""
    line = Line([1.0, 0.8, 1.0], [1, 2], cv=1.0, stop_rate=[0.1, 0.0, 0.05], repair=[2.0, 0.0, 1.0])
    exact = exact_throughput(line)
    flow = throughput(line, jobs=20_000, replications=20, seed=1)
    assert flow.low <= exact <= flow.high
    assert flow.rate == pytest.approx(exact, rel=0.01)
    assert exact < flow.limit == pytest.approx(1 / 1.2)
    assert np.allclose(flow.busy + flow.starved + flow.blocked + flow.down, 1.0)


def test_gain_of_a_place_agrees_with_the_chain() -> None:
    gain, half = gain_of_place(Line([1.0] * 3, [0, 0], cv=1.0), jobs=20_000, replications=8)
    for at, buffers in enumerate(([1, 0], [0, 1])):
        exact = exact_throughput(Line([1.0] * 3, buffers)) - 22 / 39
        assert abs(gain[at] - exact) <= max(2 * half[at], 0.003)


def test_refuses_a_chain_too_large_and_a_line_without_buffers() -> None:
    with pytest.raises(ValueError, match="too large"):
        exact_throughput(Line([1.0] * 4, [9, 9, 9]), most_states=500)
    with pytest.raises(ValueError, match="m - 1 buffers"):
        throughput(Line([1.0, 1.0, 1.0], [1]))
