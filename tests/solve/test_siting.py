"""Sites against every choice there is, against published optima, and their laws."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.csgraph import shortest_path

from smilecurve.solve.siting import appoint_sites, place_sites


def graph(path: Path) -> tuple[np.ndarray, int]:
    """Distances of an OR-Library p-median file; the last of doubled edges counts."""
    rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
    nodes, number = int(rows[0][0]), int(rows[0][2])
    edge = np.zeros((nodes, nodes))
    for a, b, length in rows[1:]:
        edge[int(a) - 1, int(b) - 1] = edge[int(b) - 1, int(a) - 1] = float(length)
    return np.asarray(shortest_path(sparse.csr_array(edge), directed=False)), number


def test_published_medians_are_found_and_proved(shared_data: Path) -> None:
    """Beasley 1985: the first five p-medians of the OR-Library."""
    folder = shared_data / "serve" / "network"
    known = dict(line.split()[:2] for line in (folder / "bounds.txt").read_text().splitlines() if line.strip())
    for name in ("pmed1", "pmed2", "pmed3", "pmed4", "pmed5"):
        cost, number = graph(folder / "pmed" / f"{name}.txt")
        got = place_sites(cost, np.zeros(len(cost)), number=number)
        assert (got.value, got.bound) == (pytest.approx(float(known[name])), pytest.approx(float(known[name])))
        assert got.open.sum() == number
        assert cost[np.arange(len(cost)), got.serves].sum() == pytest.approx(got.value)


def test_published_sites_with_capacity(shared_data: Path) -> None:
    """Holmberg, Delmaire: the first file of the single-source set, proved within a thousandth."""
    folder = shared_data / "serve" / "network" / "sscflp" / "Lib_1"
    numbers = np.array((folder / "p1").read_text().split(), dtype=float)
    sites, customers = int(numbers[0]), int(numbers[1])
    capacity, opening, load, rest = np.split(numbers[2:], np.cumsum([sites, sites, customers]))
    got = appoint_sites(rest.reshape(customers, sites), opening, load, capacity, gap=1e-3)
    assert got.value == pytest.approx(2014.0, rel=1e-3)
    assert got.bound <= 2014.0 + 1e-6
    assert (load @ got.share <= capacity + 1e-6).all()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000), free=st.booleans(), left=st.booleans())
def test_no_choice_of_sites_is_cheaper(seed: int, free: bool, left: bool) -> None:
    """Up to 7 sites, 9 customers: every subset; customers who see all alike; some that nobody may serve."""
    draw = np.random.default_rng(seed)
    customers, sites = int(draw.integers(1, 10)), int(draw.integers(1, 8))
    cost = draw.integers(0, 9, (customers, sites)).astype(float)
    opening = draw.integers(0, 12, sites).astype(float)
    far = draw.integers(0, 12, customers).astype(float) if left else None
    if left:
        cost[draw.random(cost.shape) < 0.3] = np.inf
    number = None if free else int(draw.integers(1, sites + 1))
    best = np.inf
    for size in range(0 if left else 1, sites + 1) if free else (number,):
        for some in itertools.combinations(range(sites), size):
            near = cost[:, some].min(axis=1, initial=np.inf)
            served = near if far is None else np.minimum(near, far)
            best = min(best, float(served.sum() + opening[list(some)].sum()))
    got = place_sites(cost, opening, number=number, far=far)
    assert got.value == pytest.approx(best)
    assert got.bound == pytest.approx(best)
    lost = 0.0 if far is None else float(far[got.serves < 0].sum())
    paid = float(np.where(got.share > 0, np.where(np.isfinite(cost), cost, 0), 0).sum() + opening[got.open].sum())
    assert paid + lost == pytest.approx(best)
    assert not got.share[:, ~got.open].any()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_no_choice_within_capacity_is_cheaper(seed: int) -> None:
    """Up to 4 sites, 5 customers: every assignment, with least loads, a pair that excludes itself, and nobody."""
    draw = np.random.default_rng(seed)
    customers, sites = int(draw.integers(1, 6)), int(draw.integers(2, 5))
    cost, opening = draw.integers(0, 9, (customers, sites)) * 1.0, draw.integers(0, 9, sites) * 1.0
    load, capacity = draw.integers(1, 4, customers) * 1.0, draw.integers(2, 7, sites) * 1.0
    least, far, apart = draw.integers(0, 3, sites) * 1.0, draw.integers(4, 15, customers) * 1.0, np.array([[0, 1]])
    best = np.inf
    for choice in itertools.product(range(-1, sites), repeat=customers):
        used = np.array([sum(load[i] for i in range(customers) if choice[i] == j) for j in range(sites)])
        needed = np.array([j in choice for j in range(sites)])
        if (used > capacity).any() or (needed & (used < least)).any() or (needed[0] and needed[1]):
            continue
        served = sum(far[i] if j < 0 else cost[i, j] for i, j in enumerate(choice))
        best = min(best, float(served + opening[needed].sum()))
    got = appoint_sites(cost, opening, load, capacity, least=least, far=far, apart=apart, nearest=2, gap=0)
    assert got.value == pytest.approx(best)
    assert got.bound == pytest.approx(best)
    parted = appoint_sites(cost, opening, load, capacity, least=least, far=far, apart=apart, whole=False, gap=0)
    assert parted.value <= got.value + 1e-6


def test_one_site_more_is_never_worse() -> None:
    spots = np.random.default_rng(4).random((60, 2))
    cost = np.linalg.norm(spots[:, None] - spots[None, :20], axis=2)
    values = [place_sites(cost, np.zeros(20), number=p).value for p in range(1, 12)]
    assert (np.diff(values) <= 1e-9).all()


def test_refuses_nonsense() -> None:
    with pytest.raises(ValueError, match="3 of 2 sites cannot be opened"):
        place_sites(np.zeros((1, 2)), np.zeros(2), number=3)
    with pytest.raises(ValueError, match="customer 1 can be served by nobody"):
        place_sites(np.array([[1.0], [np.inf]]), np.zeros(1))
    with pytest.raises(ValueError, match="no choice of sites serves everybody"):
        appoint_sites(np.ones((2, 1)), np.ones(1), np.ones(2), np.ones(1))
    with pytest.raises(ValueError, match="costs must be at least 0"):
        place_sites(np.array([[-1.0]]), np.zeros(1))
