"""solve.flow_places: the places found are those brute force finds on tiny lines."""

from __future__ import annotations

from itertools import product

import pytest

from smilecurve.solve.flow import Line
from smilecurve.solve.flow_exact import exact_throughput
from smilecurve.solve.flow_places import PlaceTrial


def test_gain_of_a_place_agrees_with_the_chain() -> None:
    gain, half = PlaceTrial(Line([1.0] * 3, [0, 0], cv=1.0), jobs=20_000, replications=8).gains()
    for at, buffers in enumerate(([1, 0], [0, 1])):
        exact = exact_throughput(Line([1.0] * 3, buffers)) - 22 / 39
        assert abs(gain[at] - exact) <= max(2 * half[at], 0.003)


@pytest.mark.parametrize(
    ("mean", "more"), [([1.0] * 4, 3), ([1.0] * 4, 4), ([1.0, 1.3, 1.0, 0.9], 3), ([0.8, 1.0, 1.0, 1.2], 4)]
)
def test_the_layout_found_is_as_good_as_any_by_brute_force(mean: list[float], more: int) -> None:
    """Every way to lay out the places, solved exactly: ours lies within 0.5 % of the best."""
    found = PlaceTrial(Line(mean, [0] * 3, cv=1.0), jobs=20_000, replications=4).lay_out(more).places[:-1].tolist()
    every = [list(way) for way in product(range(more + 1), repeat=3) if sum(way) == more]
    rates = {tuple(way): exact_throughput(Line(mean, way)) for way in every}
    assert sum(found) == more
    assert rates[tuple(found)] >= 0.995 * max(rates.values())


def test_places_that_stand_there_stay() -> None:
    layout = PlaceTrial(Line([1.0] * 4, [2, 0, 1], cv=1.0), jobs=2_000).lay_out(2)
    assert (layout.places[:3] >= [2, 0, 1]).all()
    assert layout.places.sum() == 5
    assert layout.rate > layout.before


def test_places_given_in_turn() -> None:
    """The first goes where one place pays most, each station gets one at most, and the rate rises with every place."""
    trial = PlaceTrial(Line([1.0] * 4, [0, 0, 0], cv=1.0), jobs=5_000)
    turn, rates = trial.in_turn(5)
    assert turn[0] == int(trial.gains()[0].argmax()) == 1
    assert sorted(turn.tolist()) == [0, 1, 2]
    assert (rates[1:] >= rates[:-1]).all()


def test_a_lone_station_has_no_place_to_add() -> None:
    layout = PlaceTrial(Line([1.0], []), jobs=100).lay_out(0)
    assert layout.places.tolist() == [0]
