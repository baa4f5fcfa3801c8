"""A rise is seen soon, a quiet stratum stays quiet, and the scores are the tails they claim to be."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from smilecurve.solve import _detection_kernels as kernels
from smilecurve.solve.baselines import Baseline, learn
from smilecurve.solve.detection import Alarms, Watch, chance, quiet_tails, raise_alarms, staleness

DELAYS = 0.5 ** np.arange(5) / (0.5 ** np.arange(5)).sum()


def reports(rng, strata, weeks, mean, *, size=None, ratio=1.0, since=0):
    """Reports by the week they are heard and their delay, (weeks, strata, delays), and the rates behind."""
    rate = rng.gamma(20.0, mean / 20.0, strata)
    heard = np.zeros((weeks, strata, DELAYS.size), np.int32)
    for week in range(weeks):
        now = rate * (ratio if week >= since else 1.0)
        if size is not None:
            now = now * rng.gamma(size, 1.0 / size, strata)
        events = rng.poisson(now[:, None] * DELAYS)
        for d in range(min(DELAYS.size, weeks - week)):
            heard[week + d, :, d] = events[:, d]
    return heard


def watched(heard, history):
    """Baseline from the first weeks, then p-values by stratum and week of the others, and the tails they stand on."""
    strata, delays = heard.shape[1:]
    known = np.zeros((strata, history))
    for d in range(delays):
        known[:, : history - d] += heard[d:history, :, d].T
    one = np.ones(strata)
    base = learn(known, np.ones((strata, history)), np.zeros(strata, int), cdf=[np.cumsum(DELAYS)])
    tails = quiet_tails(base, one, paths=4000)
    watch = Watch(base)
    watch.lead(np.ones((strata, history)))
    p = []
    for week in heard[history:]:
        score, total, _ = watch.step(week, one)
        p.append(chance(tails, score, total, watch.usual))
    return np.array(p), tails, watch


@pytest.mark.parametrize(("y", "mean", "size"), [(4, 1.0, 1e5), (9, 2.0, 5.0), (60, 20.0, 8.0), (3, 0.1, 2.0)])
def test_the_score_is_that_of_the_exact_tail(y, mean, size):
    exact = stats.nbinom.sf(y - 1, size, size / (size + mean))
    assert stats.norm.sf(kernels.tail_score(float(y), mean, size)) == pytest.approx(exact, rel=0.06)


def test_the_window_that_stands_out_is_found():
    """1 a week is usual; the last two weeks bring 12 each."""
    base = Baseline(*(np.array([v]) for v in (1e4, 1e4, 0.0, 0.0, 0.0)), np.ones((1, 1)), np.zeros(1, np.int64))
    watch = Watch(base)
    for told in [1] * 20 + [12, 12]:
        score, _, weeks = watch.step([[told]], [1.0])
    assert weeks[0] == 2
    assert stats.norm.sf(score[0]) == pytest.approx(stats.poisson.sf(23, 2.0), rel=0.1)


def test_late_reports_are_no_fall_and_no_rise():
    """Nothing but the usual 8 a week, heard late: what is expected by now is what is heard by now."""
    cdf = np.array([[0.25, 0.5, 1.0]])
    base = Baseline(*(np.array([v]) for v in (8e4, 1e4, 0.0, 0.0, 0.0)), cdf, np.zeros(1, np.int64))
    watch = Watch(base)
    watch.lead(np.ones((1, 30)))
    for _ in range(30):
        score, total, _ = watch.step([[2, 2, 4]], [1.0])
        assert watch.foretold()[0] == pytest.approx([8.0])
        assert score[0] == 0.0
        assert total[0] == 0.0


def test_false_alarms_stay_within_those_allowed():
    """At 5,000 first alarms in 100,000 strata-years, with excess variation the method has to learn."""
    heard = reports(np.random.default_rng(17), 3000, 104, 3.0, size=8.0)
    p, tails, _ = watched(heard, 52)
    level = tails.level(5000.0)
    assert tails.false_alarms(level) == pytest.approx(5000.0)
    assert (p <= level).any(axis=0).mean() <= 0.05


@pytest.mark.parametrize(
    ("mean", "ratio", "share", "median"), [(2.0, 3.0, 0.88, 7), (10.0, 3.0, 0.97, 4), (0.7, 5.0, 0.85, 8)]
)
def test_a_rise_is_found_within_13_weeks(mean, ratio, share, median):
    """At 100 false first alarms in 100,000 strata-years; baselines from 52 weeks, reports delayed."""
    heard = reports(np.random.default_rng(23), 800, 65, mean, size=15.0, ratio=ratio, since=52)
    quiet = reports(np.random.default_rng(24), 1600, 65, mean, size=15.0)
    p, tails, _ = watched(np.concatenate([heard, quiet], axis=1), 52)
    hit = p[:, :800] <= tails.level(100.0)
    assert hit.any(axis=0).mean() >= share
    assert np.median(np.where(hit.any(axis=0), hit.argmax(axis=0) + 1, 99)) <= median


def test_a_repaired_stratum_can_alarm_anew():
    """Windows begin anew after the fix: what failed before it does not count against it."""
    base = Baseline(*(np.array([v, v]) for v in (500.0, 500.0, 0.0, 0.0, 0.0)), np.ones((1, 1)), np.zeros(2, np.int64))
    watch = Watch(base, opened=[0, 12])
    scores = [watch.step([[told]] * 2, [1.0, 1.0])[0] for told in [1] * 5 + [9] * 7 + [1] * 8 + [9] * 4]
    assert scores[11][0] > 5
    assert scores[11][1] == 0.0
    assert scores[19][1] < 1.5 < scores[19][0]
    assert scores[23][1] > 4


def test_an_open_issue_neither_alarms_again_nor_makes_room():
    alarms = Alarms.none(4)
    assert raise_alarms(alarms, [1e-9, 0.03, 0.5, 0.5], 0, share=0.05).tolist() == [True, False, False, False]
    assert raise_alarms(alarms, [1e-9, 0.02, 0.5, 0.5], 1, share=0.05).tolist() == [False] * 4
    assert raise_alarms(alarms, [0.9, 0.016, 0.5, 0.5], 2, share=0.05).tolist() == [False, True, False, False]
    raise_alarms(alarms, [0.9, 0.9, 0.9, 0.9], 40, share=0.05)
    assert alarms.raised.tolist() == [-1, -1, -1, -1]


def test_what_endangers_people_alarms_sooner():
    p = [0.001, 0.001]
    assert raise_alarms(Alarms.none(2), p, 0, level=5e-4, weight=[4.0, 0.5]).tolist() == [True, False]


def test_strata_not_listed_count_among_those_tested():
    assert raise_alarms(Alarms.none(2), [0.001, 0.9], 0, share=0.1).any()
    assert not raise_alarms(Alarms.none(2), [0.001, 0.9], 0, share=0.1, others=1000).any()


def test_a_stale_baseline_is_told():
    """The p-values of quiet strata are even; once all run a fifth above their baseline, they are not."""
    _, _, watch = watched(reports(np.random.default_rng(5), 3000, 80, 6.0), 52)
    distance, limit = staleness(watch, reports(np.random.default_rng(5), 3000, 80, 6.0)[-1], np.ones(3000, bool))
    assert distance < limit
    risen = reports(np.random.default_rng(5), 3000, 80, 6.0, ratio=1.3, since=70)
    distance, limit = staleness(watch, risen[-1], np.ones(3000, bool))
    assert distance > limit
