"""solve.zoning: rules hold, fewest stations first, then fewest moves, against brute force."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.zoning import Zones, pack_in_zones

PLACES, TAKT = 3, 12


def by_force(times, arcs, zones: Zones) -> tuple[int, int] | None:
    """Least (stations in use, tasks moved) over all assignments that keep takt, order and rules; None if there is none."""
    best = None
    for plan in itertools.product(range(PLACES), repeat=len(times)):
        at = np.array(plan)
        load = np.bincount(at, weights=times, minlength=PLACES)
        if load.max() > TAKT or any(at[a] > at[b] for a, b in arcs):
            continue
        if any(f >= 0 and at[k] != f for k, f in enumerate(zones.fixed)):
            continue
        pairs = itertools.combinations(range(len(times)), 2)
        if any(
            (zones.together[a] == zones.together[b] >= 0 and at[a] != at[b])
            or (zones.apart[a] == zones.apart[b] >= 0 and at[a] == at[b])
            for a, b in pairs
        ):
            continue
        worth = len(set(plan)), sum(o >= 0 and o != p for o, p in zip(zones.old, plan, strict=True))
        best = worth if best is None else min(best, worth)
    return best


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_agrees_with_brute_force(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 6))
    column = lambda most: st.lists(st.integers(-1, most), min_size=n, max_size=n)  # noqa: E731
    times = data.draw(st.lists(st.integers(1, 8), min_size=n, max_size=n))
    links = data.draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=n))
    arcs = sorted({(min(p), max(p)) for p in links if p[0] != p[1]})
    fixed = [f if data.draw(st.booleans()) else -1 for f in data.draw(column(PLACES - 1))]
    zones = Zones(fixed, data.draw(column(0)), data.draw(column(1)), data.draw(column(PLACES - 1)))
    truth = by_force(times, arcs, zones)
    found = pack_in_zones(times, arcs, TAKT, zones, places=PLACES)
    if truth is None:
        ruled = any(v >= 0 for values in (zones.fixed, zones.apart) for v in values)
        assert found.impossible or (not ruled and found.stations > PLACES)
        return
    assert (found.stations, found.moved) == truth
    assert found.lower_bound <= found.stations
    assert found.moved_bound <= found.moved


def test_spare_stations_keep_tasks_where_they_stand() -> None:
    """Three tasks of 4 at a takt of 12 fit one station; with three allowed, each stays where it stands."""
    zones = Zones(old=[0, 1, 2])
    assert pack_in_zones([4, 4, 4], [], 12, zones, places=3).moved == 2
    kept = pack_in_zones([4, 4, 4], [], 12, zones, places=3, enough=3)
    assert (kept.moved, kept.stations, kept.lower_bound) == (0, 3, 1)
