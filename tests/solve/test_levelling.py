"""solve.levelling: the even pace of a mix, exactly."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.levelling import level_kinds, pace_cost


def by_states(counts: tuple[int, ...], power: int) -> int:
    """The least cost by dynamic programming over how many of each kind stand already: every order is looked at."""
    n = sum(counts)
    least = {tuple(0 for _ in counts): 0}
    for slot in range(1, n + 1):
        fresh: dict[tuple[int, ...], int] = {}
        for state, cost in least.items():
            for kind, many in enumerate(counts):
                if state[kind] == many:
                    continue
                then = (*state[:kind], state[kind] + 1, *state[kind + 1 :])
                off = sum(abs(n * seen - slot * goal) ** power for seen, goal in zip(then, counts, strict=True))
                fresh[then] = min(fresh.get(then, 1 << 60), cost + off)
        least = fresh
    return least[counts]


@pytest.mark.parametrize("counts", [(6, 6, 1), (3, 2, 2), (5, 3, 2, 1), (4, 4, 4), (10, 1, 1)])
@pytest.mark.parametrize("power", [1, 2])
def test_mixes_of_the_literature_are_levelled_exactly(counts: tuple[int, ...], power: int) -> None:
    """Miltenburg's (1989) mix of 6, 6 and 1 and others: no order of all there are is more even."""
    found = level_kinds(counts, power=power)
    assert (found.cost, found.bound) == (by_states(counts, power),) * 2
    assert np.bincount(found.kinds).tolist() == list(counts)


def test_one_kind_and_equal_kinds() -> None:
    """One kind alone is always at its pace; two kinds of as many alternate, each half off at every other slot."""
    assert level_kinds([5]).cost == 0
    assert level_kinds([3, 3]).cost == 3 * 6
    assert level_kinds([]).kinds.size == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=3), st.data())
def test_no_order_behind_what_stands_is_more_even(counts: list[int], data: st.DataObject) -> None:
    units = np.repeat(np.arange(len(counts)), counts).tolist()
    power = data.draw(st.sampled_from([1, 2]))
    head = data.draw(st.permutations(units))[: data.draw(st.integers(0, len(units)))]
    found = level_kinds(counts, first=head, power=power)
    orders = [o for o in set(itertools.permutations(units)) if list(o[: len(head)]) == head]
    best = min((pace_cost(o, power=power, goal=counts) for o in orders), default=0)
    assert found.cost == found.bound == best
    assert found.kinds[: len(head)].tolist() == head


def test_a_thousand_machines_are_proved() -> None:
    """The prices of slots prove the order of a whole plant's week."""
    found = level_kinds([300, 300, 300, 300, 100])
    assert found.cost == found.bound == pace_cost(found.kinds)
    clumsy = np.repeat(np.arange(5), [300, 300, 300, 300, 100])
    assert found.cost < pace_cost(clumsy) / 100


def test_what_cannot_be_is_refused() -> None:
    for wrong in ({"power": 3}, {"first": [0, 0, 0]}, {"first": [4]}):
        with pytest.raises(ValueError, match="give a power of 1 or 2"):
            level_kinds([2, 1], **wrong)
