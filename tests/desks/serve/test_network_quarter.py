"""serve.network: a quarter of jobs through the dispatcher, with any partners."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.serve._jobs import Past
from smilecurve.desks.serve._offers import Prices, price_jobs
from smilecurve.desks.serve._playing import Played, Terms, play_quarter
from smilecurve.desks.serve._quarter import TRIES, Quarter, draw_quarter, gather_offered
from smilecurve.desks.serve._trial import by_partner, weigh
from smilecurve.terms.tables.serve import TECHNICIANS

NOBODY = TECHNICIANS.rows([])
PRICES = Prices(3.0, 400.0, 1500.0, 12_000.0)


def offer(partner: str, longitude: float = 0.0, **more: object) -> dict[str, object]:
    base = {"partner": partner, "latitude": 0.0, "longitude": longitude, "skills": "engine", "job_cost": 100.0}
    return base | {"week_jobs": 10.0, "fee_year": 0.0} | more


def past(count: int, seed: int, wide: float = 1.0, hours: float = 2.0) -> Past:
    draw = np.random.default_rng(seed)
    skill = [("engine", None)[i] for i in draw.integers(0, 2, count)]
    market = [("MM", "TH")[i] for i in draw.integers(0, 2, count)]
    return Past(market, skill, draw.uniform(-wide, wide, (count, 2)), np.full(count, hours), 13.0)


def play(quarter: Quarter, offers: list[dict[str, object]], first: float = 1.0, on: bool = True) -> Played:
    room = np.array([float(str(o["week_jobs"])) for o in offers])
    share = np.full(len(offers), first)
    field = price_jobs(offers, quarter.spot, quarter.skill, share, PRICES)
    appointed = np.full(len(offers), on)
    terms = Terms(field.job, field.besides, field.may, share, appointed, PRICES.own_cost, 3.0, 1.3, 2.0)
    return play_quarter(quarter, gather_offered(offers, NOBODY, room, 50.0), terms)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_laws_of_a_quarter(seed: int) -> None:
    """Every visit is one that may be made, no week above what is agreed, nobody comes before the call, the same seed
    plays the same, and without partners nothing is done but by the maker's own people."""
    draw = np.random.default_rng(seed)
    quarter = draw_quarter(past(40, seed), 3, 1000, seed)
    offers = [offer("A", float(draw.uniform(-1, 1)), week_jobs=float(draw.integers(1, 6))),
              offer("B", 2.0, week_jobs=4.0, skills="electrics")]  # fmt: skip
    got = play(quarter, offers, first=0.7)
    room = np.array([float(str(o["week_jobs"])) for o in offers])
    week = np.zeros((2, 20))
    np.add.at(week, (got.offer, got.week), 1)
    assert (week <= room[:, None]).all()
    assert all(quarter.skill[j] is None for j in got.job[got.offer == 1])
    came = np.isfinite(got.answer_h)
    assert (got.answer_h[came] >= 0).all()
    assert sorted(set(got.job.tolist())) == np.nonzero(came)[0].tolist()
    assert not (got.own & came).any()
    assert (np.bincount(got.job, minlength=len(came)) <= TRIES).all()
    again = play(quarter, offers, first=0.7)
    assert (again.job.tolist(), again.km.tolist()) == (got.job.tolist(), got.km.tolist())
    none = play(quarter, offers, on=False)
    assert (len(none.job), none.own.all(), none.over_h.sum()) == (0, True, 0.0)
    assert sum(float(str(r["jobs"])) for r in by_partner(got, room, 3)) == len(got.job)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), far=st.floats(0.1, 0.7), share=st.floats(0.0, 0.9))
def test_a_nearer_partner_never_drives_more(seed: int, far: float, share: float) -> None:
    """Jobs of six hours at one spot, near enough to be home the same day: two do not fit into one tour, so each is driven
    to alone; from nearer nobody drives more or waits longer. (Farther off, two can share a journey of several days.)
    """
    quarter = draw_quarter(past(12, seed, wide=0.0, hours=6.0), 13, 1000, seed)
    one, other = (play(quarter, [offer("A", at)]) for at in (far, far * share))
    assert other.km.sum() <= one.km.sum() + 1e-6
    assert np.nansum(other.answer_h) <= np.nansum(one.answer_h) + 1e-6
    assert one.km == pytest.approx(np.full(len(one.km), 2 * 1.3 * 111.195 * far), rel=1e-4)


def test_repeats_journeys_and_costs_by_hand() -> None:
    """One job, called at midnight of the first day. A stands 5 degrees away: 556 km, 722.8 by road, 14.5 h at 50 km/h; days
    have 8.25 h of work. It leaves at eight, drives 8.25 h, and comes on the second day after 6.2 h: at 14.2, 38.2 h after
    the call. What it costs: 100 and 1,445.5 km. With a first-time share of 0 it comes TRIES times."""
    quarter = Quarter(np.array([0.0]), ["MM"], ["engine"], np.zeros((1, 2)), np.array([2.0]),
                      np.full((1, TRIES), 0.5), 1, frozenset(("MM",)))  # fmt: skip
    got = play(quarter, [offer("A", 5.0)])
    way = 1.3 * 5 * 111.195
    assert got.answer_h[0] == pytest.approx(24 + 8 + way / 50 - 8.25, abs=0.01)
    told = weigh(quarter, got, np.array([100.0]), 0.0, 48.0, 1500.0, 3.0, 12_000.0)
    assert (told.done, told.answered) == (1.0, 1.0)
    assert told.cost == pytest.approx(100 + 3 * 2 * way, rel=1e-4)
    late = weigh(quarter, got, np.array([100.0]), 0.0, 38.0, 1500.0, 3.0, 12_000.0)
    assert (late.answered, late.cost) == (0.0, pytest.approx(1600 + 3 * 2 * way, rel=1e-4))
    assert len(play(quarter, [offer("A", 0.1)], first=0.0).job) == TRIES


def test_many_jobs_are_sampled_by_market() -> None:
    many = past(4000, 1)
    quarter = draw_quarter(many, 13, 2500, 7)
    assert len(quarter.markets) == 1
    assert set(quarter.market) == quarter.markets
    assert 1700 < len(quarter.market) < 2300
    whole = draw_quarter(replace(many, weeks=130.0), 13, 2500, 7)
    assert whole.markets == {"MM", "TH"}
    assert 320 < len(whole.market) < 480
