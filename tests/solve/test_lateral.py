"""solve.lateral: depots that help each other out, against orders played out one by one and Erlang's loss."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.echelon import Network, exact_shortfall
from smilecurve.solve.echelon_events import played_pools, played_shortfall
from smilecurve.solve.flown import erlang_loss, flown_to
from smilecurve.solve.lateral import Helped, Pools, help_out

NET = Network(np.array([[0.0, 0.1, 0.1, 0.2]]), np.array([14.0]), np.array([0.0, 9.0, 6.0, 12.0]), np.ones(1))
FIELDS = ("shelf", "helped", "missed", "given", "waiting")


def in_a_row(places: int, pool: list[int] | None = None) -> Pools:
    """Places in a row, the first outside of the pool."""
    along = np.arange(float(places))
    codes = np.r_[-1, np.zeros(places - 1, np.int64)] if pool is None else np.array(pool)
    return Pools(codes, np.abs(along[:, None] - along), np.ones(places))


def both(stock: list[int], fly_days: float | None, days: float = 150_000.0) -> tuple[Helped, Helped]:
    held = np.array([stock])
    flown = None if fly_days is None else flown_to(NET, fly_days)
    mine = help_out(NET, held, exact_shortfall(NET, held), in_a_row(4), flown)
    return mine, played_pools(NET, held, in_a_row(4), days=days, seed=3, fly_days=fly_days)


def apart(one: Helped, other: Helped) -> float:
    """The largest distance of a share at the depots."""
    return max(
        float(np.abs(getattr(one, name)[0, 1:] - getattr(other, name)[0, 1:]).max())
        for name in ("shelf", "helped", "missed")
    )


@pytest.mark.parametrize("stock", [[9, 2, 2, 4], [9, 3, 3, 6], [6, 3, 3, 5], [9, 3, 1, 5]])
@pytest.mark.parametrize("fly_days", [None, 2.0])
def test_orders_played_out_find_the_same_where_most_is_met(stock: list[int], fly_days: float | None) -> None:
    """Of what is asked for 3 points at most move between shelf, pool and nobody; a quarter of the waiting."""
    mine, seen = both(stock, fly_days)
    assert apart(mine, seen) < 0.03
    assert mine.waiting[0, 1:].sum() == pytest.approx(seen.waiting[0, 1:].sum(), rel=0.25)


@pytest.mark.parametrize(("stock", "fly_days", "near"), [
    ([9, 1, 1, 2], 2.0, 0.02), ([4, 1, 2, 3], 2.0, 0.05), ([0, 2, 2, 5], 2.0, 0.02), ([9, 1, 0, 3], 2.0, 0.02),
    ([9, 1, 1, 2], None, 0.06), ([4, 1, 2, 3], None, 0.10),
])  # fmt: skip
def test_a_pool_that_lacks_much_is_less_well_foretold(stock: list[int], fly_days: float | None, near: float) -> None:
    """What a pool lacks flown in: within 5 points. Waited for, a third of all that is asked for: within 10."""
    assert apart(*both(stock, fly_days)) < near


def test_equal_depots_flown_to_lose_what_one_place_would() -> None:
    """Three depots of two pieces, each 0.8 under way: Erlang's loss of 2.4 at six, whoever gives."""
    net = Network(np.array([[0.0, 0.1, 0.1, 0.1]]), np.zeros(1), np.array([0.0, 8.0, 8.0, 8.0]), np.ones(1))
    held = np.array([[0, 2, 2, 2]])
    got = help_out(net, held, exact_shortfall(net, held), in_a_row(4), np.ones(4, bool))
    assert got.missed[0, 1:] == pytest.approx(float(erlang_loss(np.array(2.4), np.array(6))), rel=1e-9)
    seen = played_pools(net, held, in_a_row(4), days=300_000.0, seed=1, fly_days=2.0)
    assert seen.missed[0, 1:].mean() == pytest.approx(got.missed[0, 1], abs=0.004)


def test_without_a_pool_orders_played_out_meet_what_is_exact() -> None:
    """The referee alone: nobody helps, three levels; as played by the other referee and as reckoned exactly."""
    net = Network(np.array([[0.05, 0.0, 0.1, 0.2]]), np.array([5.0]), np.array([1.0, 4.0, 6.0, 2.0]), np.ones(1),
                  np.array([-1, 0, 1, 1]))  # fmt: skip
    stock = np.array([[1, 2, 1, 1]])
    alone = played_pools(net, stock, in_a_row(4, [-1, -1, -1, -1]), days=200_000.0, seed=5)
    known, other = exact_shortfall(net, stock), played_shortfall(net, stock, days=200_000.0, seed=6)
    asked = net.rate > 0
    for seen, more in ((alone.missed, other.empty), (alone.waiting, other.backorders)):
        assert np.abs(seen - more)[asked].max() < 0.03
    assert np.abs(alone.missed - known.empty)[asked].max() < 0.015
    assert np.abs(alone.waiting - known.backorders)[asked].max() < 0.02


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), air=st.booleans())
def test_laws_of_pools(seed: int, air: bool) -> None:
    """Shares make one; what is had is given; a pool finds no less; a depot alone changes nothing, nor does the order of
    depots; more pieces anywhere miss no more."""
    draw = np.random.default_rng(seed)
    net = Network(draw.uniform(0, 0.2, (3, 5)) * (draw.random((3, 5)) < 0.9), draw.uniform(0, 20, 3),
                  draw.uniform(3, 20, 5), np.ones(3))  # fmt: skip
    stock = draw.integers(0, 5, (3, 5))
    far = draw.uniform(1, 9, (5, 5))
    pools = Pools(np.array([-1, 0, 0, 0, 1]), far + far.T, np.ones(5))
    flown = np.full(5, air)
    missed = exact_shortfall(net, stock)
    got = help_out(net, stock, missed, pools, flown)
    asked = net.rate > 0
    assert (got.shelf + got.helped + got.missed)[asked] == pytest.approx(1.0)
    assert min(float(getattr(got, name).min()) for name in FIELDS) >= 0.0
    assert got.given.sum(axis=1) == pytest.approx((net.rate * got.helped).sum(axis=1), abs=1e-7)
    inner = net.rate[:, 1:4]
    slack = 1e-9 if air else 0.08  # what is waited for is foretold less well
    assert ((inner * got.missed[:, 1:4]).sum(axis=1) <= (inner * (missed.empty[:, 1:4] + slack)).sum(axis=1)).all()
    assert got.missed[:, [0, 4]] == pytest.approx(missed.empty[:, [0, 4]])
    flip = np.array([0, 3, 2, 1, 4])
    turned = Network(net.rate[:, flip], net.resupply, net.transit[flip], net.cost)
    again = help_out(turned, stock[:, flip], exact_shortfall(turned, stock[:, flip]),
                     Pools(pools.pool[flip], pools.far[np.ix_(flip, flip)], pools.days[flip]), flown)  # fmt: skip
    assert again.missed[:, flip] == pytest.approx(got.missed, abs=1e-6)
    more = stock + np.array([0, 1, 0, 0, 0])
    richer = help_out(net, more, exact_shortfall(net, more), pools, flown)
    whole = [(inner * found.missed[:, 1:4]).sum(axis=1) for found in (richer, got)]
    assert (whole[0] <= whole[1] + 1e-3 * inner.sum(axis=1)).all()


def test_refuses_pools_that_cannot_be() -> None:
    held = np.array([[0, 1, 1, 1]])
    missed = exact_shortfall(NET, held)
    with pytest.raises(ValueError, match="feeds others"):
        help_out(NET, held, missed, in_a_row(4, [0, 0, 0, 0]))
    late = Pools(np.array([-1, 0, 0, 0]), np.zeros((4, 4)), np.array([0.0, -1.0, 1.0, 1.0]))
    with pytest.raises(ValueError, match="days must be at least 0"):
        help_out(NET, held, missed, late)
