"""A planted bad lot is found among thousands, the innocent who travel with it are not, and luck is not blamed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from smilecurve.solve.blaming import blame_groups, chance_level, group_score


def world(seed, machines=20_000, parts=40, lots=50, ratio=1.0, rate=0.02):
    """Machines with one lot of each of `parts` parts, lots built in runs so that they overlap; lot 7 of part 3 is bad."""
    rng = np.random.default_rng(seed)
    order = np.arange(machines)
    links = []
    for part in range(parts):
        edge = np.sort((np.arange(1, lots) + rng.uniform(-0.3, 0.3, lots - 1)) * machines / lots)
        mixed = np.where(rng.random(machines) < 0.05, rng.integers(0, machines, machines), order)
        links.append(part * lots + np.searchsorted(edge, mixed, side="right"))
    group = np.concatenate(links)
    member = np.tile(order, parts)
    exposure = rng.uniform(0.2, 1.8, machines)
    bad = 3 * lots + 7
    sick = np.zeros(machines, bool)
    sick[member[group == bad]] = True
    seen = rng.poisson(rate * exposure * np.where(sick, ratio, 1.0))
    return group, member, seen, exposure, bad, parts * lots


@pytest.mark.parametrize("seed", range(8))
def test_the_planted_lot_is_first_of_two_thousand(seed):
    group, member, seen, exposure, bad, groups = world(seed, ratio=6.0)
    found = blame_groups(group, member, seen, exposure, level=chance_level(groups, 0.05))
    assert found.accepted[:1].tolist() == [bad]
    assert found.accepted.size <= 2


def test_lots_that_travel_with_the_bad_one_are_cleared_by_it():
    """Lot 1 shares all its machines' excess with lot 0 and has nothing of its own."""
    member = np.r_[np.arange(100), np.arange(50, 150), np.arange(150, 1000)]
    group = np.repeat([0, 1, 2], [100, 100, 850])
    seen = np.zeros(1000)
    seen[:100:4] = 1
    seen[100::100] = 1
    found = blame_groups(group, member, seen, np.ones(1000), level=0.01)
    assert found.chance[1] < 0.01
    assert found.accepted.tolist() == [0]
    assert found.left_over > 0.1


def test_luck_is_blamed_no_more_often_than_the_risk():
    blamed = 0
    for seed in range(40):
        group, member, seen, exposure, _, groups = world(100 + seed, machines=2000, parts=10, lots=20)
        blamed += blame_groups(group, member, seen, exposure, level=chance_level(groups, 0.05)).accepted.size > 0
    assert blamed <= 6


def test_strata_are_compared_with_themselves():
    """A lot used in a hot climate only is not blamed for the climate."""
    stratum = np.repeat([0, 1], 500)
    seen = np.where(stratum == 0, 1.0, 0.0) * (np.arange(1000) % 5 == 0)
    group = np.where(np.arange(1000) < 250, 0, 1)
    assert blame_groups(group, np.arange(1000), seen, np.ones(1000), level=1e-3).accepted.tolist() == [0]
    assert blame_groups(group, np.arange(1000), seen, np.ones(1000), stratum=stratum, level=0.5).accepted.size == 0


def test_score_equals_the_two_poisson_likelihoods():
    rng = np.random.default_rng(1)
    for _ in range(20):
        total = int(rng.integers(10, 50))
        e = float(rng.uniform(0.5, total / 2))
        o = int(rng.integers(np.ceil(e), total))
        free = stats.poisson.logpmf(o, o) + stats.poisson.logpmf(total - o, total - o)
        tied = stats.poisson.logpmf(o, e) + stats.poisson.logpmf(total - o, total - e)
        assert group_score([o], [e], total)[0] == pytest.approx(free - tied if o > e else 0.0, abs=1e-9)


def test_poisson_tail_is_no_smaller_than_the_exact_chance():
    """The chance given is an upper bound of the binomial tail with the total held."""
    group = np.repeat([0, 1], [10, 90])
    for k in range(4, 12):
        seen = np.zeros(100)
        seen[:k] = 1
        seen[50 : 50 + 20 - k] = 1
        found = blame_groups(group, np.arange(100), seen, np.ones(100), level=0.0)
        exact = stats.binom.sf(found.seen[0] - 1, 20, 0.1)
        assert found.chance[0] >= exact


def test_least_ratio_and_least_seen_hold_back():
    group = np.repeat([0, 1], [100, 900])
    seen = np.r_[np.full(100, 0.3), np.full(900, 0.1)]
    assert blame_groups(group, np.arange(1000), seen, np.ones(1000), level=0.01).accepted.tolist() == [0]
    assert blame_groups(group, np.arange(1000), seen, np.ones(1000), level=0.01, least_ratio=3.0).accepted.size == 0
    assert blame_groups(group, np.arange(1000), seen, np.ones(1000), level=0.01, least_seen=100).accepted.size == 0
