"""Which part fails more than it did, where, and since when?

Reads     claim_counts
Decides   emerging_issues
Proof     false alarms in 100,000 strata-years that the method allows at most, against those asked for
Method    an e-detector on every part, family and climate, baselines learnt from the part, slow ageing of the
          fleet and week-to-week excess variation allowed for (solve.detection)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smilecurve.desks.learn._strata import Strata, floats, strata_of
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.tables.learn import CLAIM_COUNTS, EMERGING_ISSUES

__all__ = ["find_emerging_issues"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

STRATA_YEARS = 1e5

REASONS = {
    "new_alarm": "{failures} failures since {since}, {expected:.1f} expected: {ratio:.1f} times the baseline",
    "open_alarm": "still {ratio:.1f} times the baseline since {since}: {failures} failures, {expected:.1f} expected",
    "fading": "was above {threshold:.3g}, now {evidence:.3g}: {failures} since {since}, {expected:.1f} expected",
    "watched": "{failures} since {since} against {expected:.1f}: evidence {evidence:.3g} of the {threshold:.3g} needed",
}


@desk(
    "learn.emerging",
    question="Which part fails more than it did, where, and since when?",
    reads=(CLAIM_COUNTS,),
    decides=EMERGING_ISSUES,
    reasons=REASONS,
)
def find_emerging_issues(
    claim_counts: pa.Table,
    *,
    false_alarms: float = 100.0,
    window_weeks: int = 26,
    history_weeks: int = 104,
    least_ratio: float = 1.5,
    new_weeks: int = 4,
    watch_share: float = 0.01,
    false_share: float = 1.0,
) -> Decision:
    """Strata whose failures rose, with evidence for a rise above the threshold (alarm) or near it (watched).

    false_alarms: allowed in 100,000 strata-years without any change; window_weeks: longest time a rise is followed,
    and how long an alarm stays; history_weeks: weeks before the window that make the baseline; least_ratio: failures
    over expected below which no alarm is worth raising; new_weeks: an alarm first raised within so many weeks is new;
    watch_share: share of the threshold from which a stratum is listed without alarm. Weeks without a row are weeks
    not observed.
    """
    _refuse_options(false_alarms, window_weeks, history_weeks)
    weeks = claim_counts.column("week").combine_chunks().cast(pa.int32()).to_numpy(zero_copy_only=False)
    if weeks.size == 0 or np.ptp(weeks) < 7 * 8:
        clash = Clash("fewer than 8 weeks of failures are known", "claim_counts", "wait, or load older claims")
        return Decision(EMERGING_ISSUES.empty(), _proof(false_alarms), "none", (clash,))
    from smilecurve.solve.detection import alarm_level

    strata = strata_of(claim_counts, "part", "family", "climate")
    seen = _watch(claim_counts, strata, weeks, window_weeks, history_weeks)
    level = alarm_level(false_alarms, STRATA_YEARS)
    passed = _passed(seen.evidence, level, min(window_weeks, seen.evidence.shape[1]), false_share)
    ratio = np.divide(seen.failures, seen.expected, out=np.zeros(strata.count), where=seen.expected > 0)
    alarm = passed.any(axis=1) & (ratio >= least_ratio)
    last = seen.evidence[:, -1]
    listed = np.flatnonzero(alarm | ((last >= watch_share * level) & (seen.failures > 0)))
    first = np.where(passed.any(axis=1), passed.shape[1] - passed.argmax(axis=1), 0)
    reason = np.select(
        [alarm & (first <= new_weeks), alarm & passed[:, -1], alarm], ["new_alarm", "open_alarm", "fading"], "watched"
    )
    order = listed[np.lexsort((-last[listed], ~alarm[listed]))]
    rows = _rows(strata, seen, order, ratio, level, alarm, reason)
    return Decision(
        rows,
        _proof(false_alarms),
        "good",
        headline=0 if order.size and alarm[order[0]] else None,
        urgent=bool(alarm.any()),
        figures={"strata": strata.count, "alarms": float(alarm.sum()), "new": float((reason == "new_alarm").sum())},
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """What each stratum shows: evidence by week of the window, the week it rose, failures and expectation since."""

    evidence: Floats
    since: Ints
    last: int
    failures: Floats
    expected: Floats


def _passed(evidence: Floats, level: float, window: int, false_share: float) -> npt.NDArray[np.bool_]:
    """Strata and weeks whose evidence is an alarm; strata already open use up nothing of the share of false ones."""
    from smilecurve.solve.detection import discoveries

    passed = evidence >= level
    if false_share >= 1.0:
        return passed
    is_open = np.zeros(evidence.shape[0], bool)
    for week in range(evidence.shape[1]):
        passed[:, week] &= is_open | discoveries(evidence[:, week] / window, false_share, eligible=~is_open)
        is_open |= passed[:, week]
    return passed


def _refuse_options(false_alarms: float, window_weeks: int, history_weeks: int) -> None:
    breaches = []
    if not false_alarms > 0:
        breaches.append(
            Breach(f"{false_alarms:g} false alarms cannot be kept", "false_alarms", "give a number above 0")
        )
    if not 2 <= window_weeks <= 104:
        breaches.append(Breach(f"a window of {window_weeks} weeks is out of 2 .. 104", "window_weeks", "use 26"))
    if history_weeks < 4:
        breaches.append(
            Breach(f"{history_weeks} weeks make no baseline", "history_weeks", "give at least 4, better 104")
        )
    if breaches:
        raise OptionRejected(breaches)


def _proof(false_alarms: float) -> Proof:
    """The mean time between false alarms is at least the level, in weeks: so many alarms at most."""
    from smilecurve.solve.detection import WEEKS_A_YEAR, alarm_level

    most = WEEKS_A_YEAR * STRATA_YEARS / alarm_level(false_alarms, STRATA_YEARS)
    return Proof(
        "statistical", most, false_alarms, "false alarms in 100,000 strata-years", "e-detector, mean time to alarm"
    )


def _watch(rows: pa.Table, strata: Strata, weeks: Ints, window: int, history: int) -> _Seen:
    """Counts by stratum and week, their baseline from the history, and the evidence for a rise in the window."""
    from smilecurve.solve.detection import drift, excess_variation, gamma_baseline, rise_evidence, rise_week

    end = int(weeks.max())
    slot = (weeks - end) // 7
    length = min(window + history, int(-slot.min()) + 1)
    window = min(window, length - 4)
    inside = slot > -length
    failures, exposure = np.zeros((strata.count, length)), np.zeros((strata.count, length))
    for table, column in ((failures, "failures"), (exposure, "exposure")):
        np.add.at(table, (strata.of[inside], slot[inside] + length - 1), floats(rows, column)[inside])
    part, old = strata.groups(0), slice(0, length - window)
    ageing = drift(failures[:, old], exposure[:, old], part)
    exposure *= np.exp(ageing[:, None] * np.arange(length))
    before = failures[:, old].sum(axis=1), exposure[:, old].sum(axis=1)
    shape, rate = gamma_baseline(*before, part)
    excess = excess_variation(failures[:, old], exposure[:, old], part)
    evidence = rise_evidence(failures, exposure, shape, rate, inverse_size=excess, window=window, weeks=window)
    start, _ = rise_week(failures, exposure, last=window)
    start = np.where(start < 0, length - 1, start)
    since = np.arange(length) >= start[:, None]
    base = (shape + (failures * ~since).sum(axis=1)) / (rate + (exposure * ~since).sum(axis=1))
    return _Seen(
        evidence, end - 7 * (length - 1 - start), end, (failures * since).sum(1), base * (exposure * since).sum(1)
    )


def _rows(
    strata: Strata, seen: _Seen, order: Ints, ratio: Floats, level: float, alarm: npt.NDArray[np.bool_], reason: Ints
) -> pa.Table:
    names = [strata.names[k] for k in order]
    columns: dict[str, object] = {
        "issue": ["-".join(name) for name in names],
        "part": [name[0] for name in names],
        "family": [name[1] for name in names],
        "climate": [name[2] for name in names],
        "since": pa.array(seen.since[order].astype(np.int32)).cast(pa.date32()),
        "seen": pa.array(np.full(order.size, seen.last, np.int32)).cast(pa.date32()),
        "failures": seen.failures[order].astype(np.int64),
        "expected": seen.expected[order],
        "ratio": ratio[order],
        "evidence": seen.evidence[order, -1],
        "threshold": np.full(order.size, level),
        "alarm": alarm[order],
        "reason": reason[order].tolist(),
    }
    return pa.table({f.name: pa.array(columns[f.name], f.arrow) for f in EMERGING_ISSUES.fields})
