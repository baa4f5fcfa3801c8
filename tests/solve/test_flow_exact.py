"""solve.flow_exact: chains agree with published lines."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from smilecurve.solve.flow import Line
from smilecurve.solve.flow_exact import exact_throughput


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


def test_refuses_a_chain_too_large() -> None:
    with pytest.raises(ValueError, match="too large"):
        exact_throughput(Line([1.0] * 4, [9, 9, 9]), most_states=500)
