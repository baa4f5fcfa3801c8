"""solve.flow_decomposition: close to simulation, exact for two stations of the same pace."""

from __future__ import annotations

import numpy as np
import pytest

from smilecurve.solve.flow import Line, throughput
from smilecurve.solve.flow_decomposition import decomposed


def test_a_station_alone_and_two_without_a_place() -> None:
    """Alone 1 / (1 + 0.1); two without a place stop each other: 1 / (1 + 0.1 + 0.1) (Buzacott 1967)."""
    assert decomposed(Line([1.0], [], stop_rate=0.01, repair=10.0)).rate == pytest.approx(1 / 1.1)
    two = decomposed(Line([1.0, 1.0], [0], stop_rate=0.01, repair=10.0))
    assert two.rate == pytest.approx(1 / 1.2, rel=1e-3)
    assert decomposed(Line([1.0, 1.0], [10_000], stop_rate=0.01, repair=10.0)).rate == pytest.approx(1 / 1.1, rel=2e-3)


def test_two_exponential_stations_are_met() -> None:
    """(b + 2) / (b + 3) with b places."""
    for places in (0, 1, 4, 10):
        rate = decomposed(Line([1.0, 1.0], [places], cv=1.0)).rate
        assert rate == pytest.approx((places + 2) / (places + 3), rel=2e-3)


@pytest.mark.parametrize(("places", "stands", "repair"), [(1, 0.03, 6.0), (3, 0.015, 2.0), (8, 0.03, 20.0)])
def test_thirty_stations_lie_within_three_in_a_hundred_of_simulation(places: int, stands: float, repair: float) -> None:
    rng = np.random.default_rng(places)
    mean = rng.uniform(0.95, 1.0, 30)
    line = Line(mean, [places] * 29, stop_rate=stands / repair, repair=repair)
    found = decomposed(line)
    assert found.disagreement < 1e-6
    assert found.rate == pytest.approx(throughput(line, jobs=20_000, warm=4_000, replications=5).rate, rel=0.03)


def test_more_places_never_estimate_less_and_a_line_turned_round_the_same() -> None:
    mean, stops = np.array([1.0, 0.9, 0.95, 1.0]), np.array([0.01, 0.02, 0.005, 0.01])
    rates = [decomposed(Line(mean, [b] * 3, stop_rate=stops, repair=5.0)).rate for b in (1, 2, 4, 8)]
    assert rates == sorted(rates)
    turned = decomposed(Line(mean[::-1], [2] * 3, stop_rate=stops[::-1], repair=5.0)).rate
    assert turned == pytest.approx(rates[1], rel=1e-6)


def test_refuses_what_it_cannot_cut() -> None:
    with pytest.raises(ValueError, match="serial line"):
        decomposed(Line([1.0, 1.0], [1], posts=2))
