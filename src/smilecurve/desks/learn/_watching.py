"""What do a year of weeks show of the strata of the field: p-values, open issues, since when, against what?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from smilecurve.desks.learn._field import VOICE_LEVELS, Field

__all__ = ["Seen", "watch_field"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DELAYS = 13
PATHS = 4_000


@dataclass(frozen=True, slots=True)
class Seen:
    """What each stratum shows at the end of the last week.

    p: p-value of the last week; raised: week its open issue was raised, counted back from the last (0), -1 if none;
    passing: it passes in the last week; since: place of the week a rise began most likely; failures, expected: since
    then, as heard of; level: p-value that an alarm needs; false_alarms: first alarms in 100,000 quiet strata-years at
    that level, by bootstrap; uneven, limit: distance of quiet strata's p-values from even, and what chance may make.
    """

    p: Floats
    raised: Ints
    passing: npt.NDArray[np.bool_]
    since: Ints
    failures: Ints
    expected: Floats
    level: float
    false_alarms: float
    uneven: float
    limit: float


def watch_field(
    field: Field,
    *,
    watched: int,
    false_alarms: float,
    share: float,
    weight: Floats,
    fixed: Ints,
    least: int,
    quiet_weeks: int,
) -> Seen:
    """Learn the baselines from the weeks before the last `watched` ones, then watch those week by week.

    weight: severity of each stratum; fixed: place of the week its part was repaired, -1 if never: the issue is closed
    then and windows begin anew.
    """
    from smilecurve.solve import baselines, detection
    from smilecurve.solve.reporting import delay_law

    weeks = field.exposure.shape[1]
    first = weeks - watched
    cdf, law = _laws(field, delay_law)
    known, heard = _reports(field, first)
    sound = np.array([lv == "part" and not n for lv, n in zip(field.level, field.names, strict=True)], bool)
    base = baselines.learn(known, field.exposure[:, :first], field.group, cdf=cdf, law=law, immune=sound)
    recent = field.exposure[:, max(first - 13, 0) :].mean(axis=1)
    tails = detection.quiet_tails(base, recent, weeks=26, paths=PATHS)
    level = tails.level(false_alarms)
    watch = detection.Watch(base, opened=np.maximum(fixed - first, 0))
    watch.lead(field.exposure[:, :first])
    alarms = detection.Alarms.none(len(field.level))
    for week in range(watched):
        now = np.ascontiguousarray(field.exposure[:, first + week])
        score, cusum, _ = watch.step(heard[week], now)
        p = detection.chance(tails, score, cusum, watch.usual * now)
        alarms.raised[fixed == first + week] = -1
        enough = np.where(watch.recent >= least, p, 1.0)
        detection.raise_alarms(
            alarms,
            enough,
            week,
            level=level,
            share=share,
            weight=weight,
            quiet_weeks=quiet_weeks,
            others=field.quiet,
        )
    uneven, limit = detection.staleness(watch, heard[-1], alarms.raised < 0)
    worth = np.flatnonzero((alarms.raised >= 0) | (p < 0.05))
    since, failures, expected = _since(field, worth, watch.usual, cdf[law], np.maximum(fixed, first))
    raised = np.where(alarms.raised >= 0, watched - 1 - alarms.raised, -1)
    return Seen(
        p, raised, p / weight <= level, since, failures, expected, level, tails.false_alarms(level), uneven, limit
    )  # fmt: skip


def _laws(field: Field, delay_law) -> tuple[Floats, Ints]:  # type: ignore[no-untyped-def]
    """The delay law of all reports, and of every market with enough of them; which one holds for each stratum.

    The last one is of complaints, which are heard when they are said.
    """
    market = [n[1] if lv == "market" and n else "" for lv, n in zip(field.level, field.names, strict=True)]
    names = ["", *sorted(set(market) - {""})]
    place = {m: k for k, m in enumerate(names)}
    of = np.array([place[m] for m in market], np.int64)
    weeks = field.exposure.shape[1]
    late = np.minimum(field.heard - field.week, DELAYS - 1)
    spoken = np.any([field.of[lv] >= 0 for lv in VOICE_LEVELS], axis=0)
    inside = (field.week >= 0) & (late >= 0) & ~spoken
    triangle = np.zeros((len(names), weeks, DELAYS))
    stratum = field.of["market"]
    row = np.where(stratum >= 0, of[stratum], 0)
    for rows in (np.zeros_like(row), row):
        keep = inside & ((rows > 0) | (rows is not row))
        np.add.at(triangle, (rows[keep], field.week[keep], late[keep]), field.count[keep])
    enough = triangle.sum(axis=(1, 2)) >= 200
    enough[0] = True
    chosen = np.cumsum(enough) - 1
    cdf = delay_law(triangle[enough]).cdf
    told = np.array([lv in VOICE_LEVELS for lv in field.level], bool)
    law = np.where(told, len(cdf), np.where(enough[of], chosen[of], 0))
    return np.vstack([cdf, np.ones((1, cdf.shape[1]))]), law


def _reports(field: Field, first: int) -> tuple[Floats, npt.NDArray[np.int32]]:
    """Failures of the history as heard of before week `first`, and what was heard each week from then on."""
    weeks, strata = field.exposure.shape[1], field.exposure.shape[0]
    known = np.zeros((strata, first))
    heard = np.zeros((weeks - first, strata, DELAYS), np.int32)
    late = np.minimum(field.heard - field.week, DELAYS - 1)
    for of in field.of.values():
        rows = (of >= 0) & (field.week >= 0)
        old = rows & (field.heard < first)
        np.add.at(known, (of[old], field.week[old]), field.count[old])
        new = rows & (field.heard >= first)
        np.add.at(heard, (field.heard[new] - first, of[new], late[new]), field.count[new])
    return known, heard


def _since(field: Field, rows: Ints, usual: Floats, cdf: Floats, opened: Ints) -> tuple[Ints, Ints, Floats]:
    """The week from which the failures of these strata stand out most, with failures and expectation since."""
    strata, weeks = field.exposure.shape
    place = np.full(strata + 1, -1)
    place[rows] = np.arange(rows.size)
    events = np.zeros((rows.size, weeks))
    for of in field.of.values():
        mine = (of >= 0) & (field.week >= 0)
        mine[mine] = place[of[mine]] >= 0
        np.add.at(events, (place[of[mine]], field.week[mine]), field.count[mine])
    late = np.minimum(np.arange(weeks)[::-1], cdf.shape[1] - 1)
    mean = usual[rows, None] * field.exposure[rows] * cdf[rows][:, late]
    y = np.cumsum(events[:, ::-1], axis=1)[:, ::-1]
    m = np.maximum(np.cumsum(mean[:, ::-1], axis=1)[:, ::-1], 1e-12)
    gain = np.where(y > m, y * np.log(np.maximum(y, 1e-12) / m) - (y - m), 0.0)
    gain[np.arange(weeks) < opened[rows, None]] = -1.0
    start = gain.argmax(axis=1)
    since, failures, expected = np.full(strata, weeks - 1), np.zeros(strata, np.int64), np.zeros(strata)
    here = np.arange(rows.size)
    since[rows], failures[rows], expected[rows] = start, y[here, start].astype(np.int64), m[here, start]
    return since, failures, expected
