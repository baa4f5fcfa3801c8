"""Chain ladder with Mack's error: the RAA triangle to the cent, and its laws."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from smilecurve.solve.triangles import chain_ladder

NAN = float("nan")


def raa(shared_data: Path) -> np.ndarray:
    with (shared_data / "learn" / "RAA_triangle.csv").open() as file:
        rows = list(csv.reader(file))[1:]
    return np.array([[NAN if cell == "NA" else float(cell) for cell in row[1:]] for row in rows])


def test_raa_gives_what_mack_published(shared_data: Path):
    """IBNR 52,135.23 with a standard error of 26,909.01 (Mack 1993; ChainLadder vignette)."""
    found = chain_ladder(raa(shared_data))
    assert found.total == pytest.approx(52_135.23, abs=0.005)
    assert found.total_error == pytest.approx(26_909.01, abs=0.005)


def test_a_full_triangle_has_nothing_to_come():
    found = chain_ladder([[1.0, 2.0, 2.5], [3.0, 5.0, 6.0]])
    assert found.to_come.tolist() == [0.0, 0.0]
    assert found.total_error == 0.0


def test_scale_means_nothing():
    rows = np.array([[10.0, 25.0, 30.0], [12.0, 24.0, NAN], [11.0, NAN, NAN]])
    once, thrice = chain_ladder(rows), chain_ladder(3.0 * rows)
    assert thrice.total == pytest.approx(3 * once.total)
    assert thrice.total_error == pytest.approx(3 * once.total_error)


def test_gaps_are_refused():
    with pytest.raises(ValueError, match="no gap"):
        chain_ladder([[1.0, NAN, 3.0], [1.0, 2.0, 3.0]])
