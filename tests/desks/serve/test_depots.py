"""serve.depots: where spare depots stand."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.serve.depots import place_depots
from smilecurve.solve.siting import place_sites
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.serve_depots import DEPOT_SITES, MACHINE_PLACES

KM = 111.195


def site(name: str, east: float, *, rent: float = 100.0, change: float = 0.0, stands: bool = False, **more) -> dict:
    return {"site": name, "name": name, "market": "ID", "latitude": 0.0, "longitude": east, "cost_year": rent,
            "change_cost": change, "open": stands, "currency": "CNY", **more}  # fmt: skip


def place(east: float, machines: int, used: int, market: str = "ID") -> dict:
    return {"market": market, "north": 0, "east": int(east), "latitude": 0.0, "longitude": east, "machines": machines,
            "used": used, "years": 1.0}  # fmt: skip


def decide(sites: list[dict], places: list[dict], **options):
    return place_depots(DEPOT_SITES.rows(sites), MACHINE_PLACES.rows(places), **options)


def test_by_hand():
    """On the equator, a degree is 111.195 km: 10 machines at 0, 5 at 20 degrees that need 10 and 5 parts a year.

    A depot stands at 0, one may stand at 20. Without it the five are flown in: 5 x 2,500 = 12,500 (by road 2,224 km x 0.4
    + 600 = 1,490 each: 7,448). So it saves 7,448 and costs 100, and 60 to open, over three years 20.
    """
    sites = [site("A", 0.0, stands=True), site("B", 20.0, change=60.0)]
    decision = decide(sites, [place(0.0, 10, 10), place(20.0, 5, 5)])
    rows = {r["site"]: r for r in decision.rows.to_pylist()}
    road = 5 * (20 * KM * 0.4 + 600)
    assert (rows["B"]["reason"], rows["B"]["machines"], rows["B"]["only"]) == ("open", 5, 5)
    assert rows["B"]["saves_year"] == pytest.approx(road, rel=1e-5)
    assert (decision.status, decision.proof.value) == ("best", pytest.approx(220.0))
    assert decision.worth.amount == pytest.approx(road + 100 - 220, rel=1e-5)
    assert decision.figures["within_before"] == pytest.approx(10 / 15)
    assert place_depots.sentence(rows["A"]) == (
        "keep: 10 machines, 100% within 1000 km, 10 in reach of no other; it saves 14896 CNY a year and costs 100"
    )
    one = decide(sites, [place(0.0, 10, 10), place(20.0, 5, 5)], number=1)
    assert [(r["site"], r["reason"]) for r in one.rows.to_pylist()] == [("A", "keep"), ("B", "next")]
    assert one.figures["one_more"] == 5
    dear = decide([site("A", 0.0, stands=True), site("B", 20.0, rent=8000.0)], [place(0.0, 10, 10), place(20.0, 5, 5)])
    assert {r["site"]: r["reason"] for r in dear.rows.to_pylist()} == {"A": "keep", "B": "stay_out"}


def test_meets_published_results(shared_data: Path):
    """OR-Library p-median 1 (Beasley 1985): five of 100 places, 5,819 in all; the desk's search alone finds and proves it."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import shortest_path

    lines = [
        line.split() for line in (shared_data / "serve/network/pmed/pmed1.txt").read_text().splitlines() if line.strip()
    ]
    n, p = int(lines[0][0]), int(lines[0][2])
    edge = np.zeros((n, n))
    for a, b, length in lines[1:]:
        edge[int(a) - 1, int(b) - 1] = edge[int(b) - 1, int(a) - 1] = float(length)
    got = place_sites(shortest_path(csr_array(edge), directed=False), np.zeros(n), number=p, rounds=0, nodes=2000)
    assert (got.value, got.bound) == (pytest.approx(5819.0), pytest.approx(5819.0))


worlds = st.tuples(
    st.lists(st.tuples(st.integers(-60, 60), st.integers(1, 9000), st.booleans()), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(-60, 60), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=6, unique_by=lambda p: p[0]),
)  # fmt: skip


@given(worlds, st.randoms())
@settings(max_examples=40, deadline=None)
def test_holds_its_laws(world, random):
    """Order means nothing; the bound is the best of all choices; one place more is never worse; machines are kept."""
    sites = [site(f"S{i}", float(e), rent=float(rent), stands=now) for i, (e, rent, now) in enumerate(world[0])]
    places = [place(float(e), machines, used) for e, machines, used in world[1]]
    first = decide(sites, places)
    random.shuffle(sites)
    random.shuffle(places)
    again = decide(sites, places)
    assert again.rows.equals(first.rows)
    km = {(s["site"], p["east"]): KM * abs(s["longitude"] - p["longitude"]) for s in sites for p in places}

    def cost(chosen: tuple[dict, ...]) -> float:
        each = {k: v * 0.4 + 600 * (v > 1000) for k, v in km.items()}
        served = sum(p["used"] * min([2500.0, *(each[s["site"], p["east"]] for s in chosen)]) for p in places)
        return served + sum(s["cost_year"] for s in chosen)

    every = [c for k in range(len(sites) + 1) for c in combinations(sites, k)]
    assert first.proof.value == pytest.approx(min(cost(c) for c in every), rel=1e-5, abs=1e-6)
    assert first.proof.against <= first.proof.value
    for k in range(1, len(sites)):
        few, more = (decide([{**s, "cost_year": 0.0} for s in sites], places, number=n) for n in (k, k + 1))
        assert more.proof.value <= few.proof.value + 1e-6
    assert sum(r["machines"] for r in first.rows.to_pylist()) <= sum(p["machines"] for p in places)


def test_refuses_bad_data():
    with pytest.raises(OptionRejected) as refused:
        decide([site("A", 0.0)], [place(0.0, 1, 1)], reach_km=0.0, years=-1.0)
    assert [b.what for b in refused.value.breaches] == ["reach_km of 0 is not above 0", "years of -1 is not above 0"]
    with pytest.raises(OptionRejected, match="3 of 1 places cannot be opened"):
        decide([site("A", 0.0)], [place(0.0, 1, 1)], number=3)
    with pytest.raises(DataRejected, match="places cost CNY, USD"):
        decide([site("A", 0.0), site("B", 1.0, currency="USD")], [place(0.0, 1, 1)])
    nothing = decide([], [])
    assert (nothing.status, nothing.clash[0].what) == ("none", "no machine is in service, or no place is given")
