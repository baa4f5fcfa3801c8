"""solve.flow_loss: what is lost is split without remainder."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.flow import Line
from smilecurve.solve.flow_loss import losses


def test_each_cause_alone_is_blamed_alone() -> None:
    """Imbalance: 1/3 to 1/4. Mix: models of 1 and 3 s in turn, no place: 1/2 to 1/3. Stops: 1 to 1/1.5."""
    uneven = losses(Line([2.0, 4.0], [0]), jobs=400, replications=2)
    assert uneven.shares == pytest.approx(
        {"imbalance": 1.0, "waiting": 0.0, "mix": 0.0, "rework": 0.0, "breakdown": 0.0}, abs=1e-9
    )
    mixed = losses(Line([[1.0, 1.0], [3.0, 3.0]], [0], sequence=[0, 1]), jobs=400, replications=2)
    assert mixed.mix == pytest.approx(1 / 2 - 1 / 3)
    assert mixed.shares["mix"] == pytest.approx(1.0)
    stopped = losses(Line([1.0], [], stop_rate=0.1, repair=5.0), jobs=20_000, replications=10)
    assert stopped.breakdown == pytest.approx(1 - 1 / 1.5, rel=0.03)
    assert stopped.shares["breakdown"] == pytest.approx(1.0)
    waited = losses(Line([1.0, 1.0], [0], cv=1.0), jobs=20_000, replications=10)
    assert waited.waiting == pytest.approx(1 - 2 / 3, rel=0.02)
    again = losses(Line([1.0], [], fails=0.2, back=0), jobs=20_000, replications=10)
    assert again.rework == pytest.approx(0.2, rel=0.03)


def test_nothing_lost_is_nothing_to_split() -> None:
    assert losses(Line([1.0, 1.0], [0]), jobs=100, replications=2).shares == pytest.approx(
        {"imbalance": 0.0, "waiting": 0.0, "mix": 0.0, "rework": 0.0, "breakdown": 0.0}, abs=1e-9
    )


@settings(max_examples=20, deadline=None)
@given(
    work=st.lists(st.lists(st.floats(0.5, 3.0), min_size=3, max_size=3), min_size=1, max_size=3),
    cv=st.sampled_from([0.0, 0.3]),
    stop=st.sampled_from([0.0, 0.05]),
    fails=st.sampled_from([0.0, 0.1]),
)
def test_the_split_sums_to_all_that_is_lost(work: list[list[float]], cv: float, stop: float, fails: float) -> None:
    line = Line(work, [1, 1], cv=cv, stop_rate=stop, repair=2.0, fails=[0, fails, 0], back=[0, 0, 0])
    split = losses(line, jobs=300, warm=50, replications=2)
    parts = (split.imbalance, split.waiting, split.mix, split.rework, split.breakdown)
    assert sum(parts) == pytest.approx(split.ideal - split.real, rel=1e-9)
    assert sum(split.shares.values()) == pytest.approx(1.0) or split.ideal - split.real < 1e-9
    assert split.imbalance >= -1e-12
    assert split.breakdown >= -0.02 * split.ideal
