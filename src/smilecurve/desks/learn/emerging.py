"""What fails more than it did, where, and since when?

Reads     service_cohorts, config_parts, field_failures, lot_cohorts, part_life, part_fixes, complaint_counts
Decides   emerging_issues
Proof     false first alarms in 100,000 quiet strata-years at the level used, by bootstrap, against those allowed
Method    windows and a CUSUM of negative binomial counts over a hierarchy of strata, baselines by empirical Bayes,
          late reports completed, false discoveries held among new alarms (solve.detection, solve.reporting)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smilecurve.desks.learn._field import PART_LEVELS, VOICE_LEVELS, Field, read_field
from smilecurve.desks.learn._sharing import issue_rows
from smilecurve.desks.learn._strata import days_of, doubles, in_order
from smilecurve.desks.learn._voices import with_complaints
from smilecurve.desks.learn._watching import Seen, watch_field
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected, OptionRejected
from smilecurve.terms.tables.learn import EMERGING_ISSUES, LOT_COHORTS, PART_FIXES
from smilecurve.terms.tables.learn_claims import CONFIG_PARTS, FIELD_FAILURES, SERVICE_COHORTS
from smilecurve.terms.tables.learn_lives import PART_LIFE
from smilecurve.terms.tables.learn_voices import COMPLAINT_COUNTS

__all__ = ["find_emerging_issues"]

Ints = npt.NDArray[np.int64]

LEAST_HISTORY = 8
SAID = "{failures} failures against {expected:.1f} expected in {weeks} weeks, began about {since}."
VOICED = "{failures} complaints against {expected:.1f} expected in {weeks} weeks, began about {since}."
SHARES = " {shared} of {failures} share {common}."

REASONS = {
    "new_alarm": SAID,
    "new_alarm_shared": SAID + SHARES,
    "open_alarm": "Still {ratio:.1f} times what is expected. " + SAID,
    "open_alarm_shared": "Still {ratio:.1f} times what is expected. " + SAID + SHARES,
    "fading": "No longer above the level. " + SAID,
    "fading_shared": "No longer above the level. " + SAID + SHARES,
    "new_complaints": VOICED,
    "new_complaints_shared": VOICED + SHARES,
    "open_complaints": "Still {ratio:.1f} times what is expected. " + VOICED,
    "open_complaints_shared": "Still {ratio:.1f} times what is expected. " + VOICED + SHARES,
    "fading_complaints": "No longer above the level. " + VOICED,
    "fading_complaints_shared": "No longer above the level. " + VOICED + SHARES,
    "watched_complaints": VOICED + " Odds of {evidence:,.0f} against chance, {threshold:,.0f} needed.",
    "watched": SAID + " Odds of {evidence:,.0f} against chance, {threshold:,.0f} needed.",
}


@desk(
    "learn.emerging",
    question="What fails more than it did, where, and since when?",
    reads=(SERVICE_COHORTS, CONFIG_PARTS, FIELD_FAILURES, LOT_COHORTS, PART_LIFE, PART_FIXES, COMPLAINT_COUNTS),
    decides=EMERGING_ISSUES,
    reasons=REASONS,
    needs=("service_cohorts", "config_parts", "field_failures"),
    version="4",
)
def find_emerging_issues(
    service_cohorts: pa.Table,
    config_parts: pa.Table,
    field_failures: pa.Table,
    lot_cohorts: pa.Table,
    part_life: pa.Table,
    part_fixes: pa.Table,
    complaint_counts: pa.Table,
    *,
    false_alarms: float = 100.0,
    false_share: float = 0.10,
    watch_weeks: int = 52,
    history_weeks: int = 104,
    quiet_weeks: int = 26,
    least_failures: int = 3,
    least_ratio: float = 1.5,
    new_weeks: int = 4,
    watch_share: float = 0.01,
    safety_weight: float = 4.0,
) -> Decision:
    """Issues open at the end of the last week, and strata near one.

    false_alarms: first alarms allowed in 100,000 strata-years without any change; false_share: share of false ones
    allowed among the alarms newly raised; watch_weeks: weeks watched one by one, history_weeks: weeks before them that
    make the baseline; quiet_weeks: an issue closes when nothing passed for so long; least_failures, least_ratio:
    lately, below which no alarm is worth raising; new_weeks: an alarm raised within so many weeks is new; watch_share:
    share of the odds needed from which a stratum is listed; safety_weight: how much more of the risk of a false alarm a
    part may have whose failure may hurt people. A fix of a part closes its issue, which may then be raised anew.
    Claims for the same part of the same machine within three days of each other count once; the others are told as
    `doubled`. Complaints are watched alike, by system and by system and market, within the same risk of false alarms.
    """
    _refuse_options(false_alarms, false_share, watch_weeks, history_weeks)
    _refuse_unborn(field_failures)
    field_failures = with_complaints(
        in_order(field_failures, FIELD_FAILURES), in_order(complaint_counts, COMPLAINT_COUNTS)
    )
    service_cohorts = in_order(service_cohorts, SERVICE_COHORTS)
    begun = int(days_of(service_cohorts.column("started")).min())
    known = (int(days_of(field_failures.column("heard")).max()) - begun) // 7 + 1
    watched = min(watch_weeks, known - LEAST_HISTORY, max(known // 2, LEAST_HISTORY))
    if watched < 1:
        said = f"{max(known, 0)} weeks of service are known, {LEAST_HISTORY + 1} are needed"
        clash = Clash(said, "service_cohorts, field_failures", "wait, or load older failures")
        return Decision(
            EMERGING_ISSUES.empty(), Proof("rule", float(known), LEAST_HISTORY + 1.0, "weeks"), "none", (clash,)
        )
    field = read_field(
        service_cohorts, config_parts, field_failures, lot_cohorts, part_life, min(known, watched + history_weeks)
    )
    safety = _dangerous(field, config_parts)
    seen = watch_field(
        field, watched=watched, false_alarms=false_alarms, share=false_share, weight=_weights(safety, safety_weight),
        fixed=_fixed(field, part_fixes), least=least_failures, quiet_weeks=quiet_weeks,
    )  # fmt: skip
    alarm = (seen.raised >= 0) & (seen.failures >= np.maximum(least_failures, least_ratio * seen.expected))
    return _decided(field, field_failures, seen, alarm, safety, least_failures, new_weeks, watch_share, false_alarms)


def _decided(
    field: Field,
    failures: pa.Table,
    seen: Seen,
    alarm: npt.NDArray[np.bool_],
    safety: npt.NDArray[np.bool_],
    least_failures: int,
    new_weeks: int,
    watch_share: float,
    false_alarms: float,
) -> Decision:
    near = (seen.p <= seen.level / watch_share) & (seen.failures >= least_failures)
    listed = np.flatnonzero(alarm | near)
    listed = listed[np.lexsort((listed, seen.p[listed], ~alarm[listed]))]
    stem = np.select(
        [alarm & (seen.raised < new_weeks), alarm & seen.passing, alarm],
        ["new_alarm", "open_alarm", "fading"],
        "watched",
    )
    voiced = np.array([lv in VOICE_LEVELS for lv in field.level], bool)
    said = np.where(voiced, np.char.add(np.char.replace(stem, "_alarm", ""), "_complaints"), stem)
    rows = issue_rows(field, failures, seen, listed, alarm, said, safety)
    return Decision(
        rows,
        Proof(
            "statistical",
            seen.false_alarms,
            false_alarms,
            "false alarms in 100,000 strata-years",
            "parametric bootstrap",
        ),
        "good",
        headline=0 if listed.size and alarm[listed[0]] else None,
        urgent=bool(alarm.any()),
        figures={
            "strata": float(len(field.level) + field.quiet),
            "alarms": float(alarm.sum()),
            "doubled": doubles(failures),
            "new": float((stem[listed] == "new_alarm").sum()),
            "uneven": seen.uneven,
            "uneven_limit": seen.limit,
            "stale": float(seen.uneven > seen.limit),
        },
    )


def _refuse_options(false_alarms: float, false_share: float, watch_weeks: int, history_weeks: int) -> None:
    breaches = []
    if not false_alarms > 0:
        breaches.append(
            Breach(f"{false_alarms:g} false alarms cannot be kept", "false_alarms", "give a number above 0")
        )
    if not 0 < false_share <= 1:
        breaches.append(
            Breach(f"a share of {false_share:g} is out of 0 .. 1", "false_share", "give a share such as 0.1")
        )
    if not 1 <= watch_weeks <= 260:
        breaches.append(Breach(f"{watch_weeks} weeks to watch are out of 1 .. 260", "watch_weeks", "use 52"))
    if history_weeks < LEAST_HISTORY:
        breaches.append(
            Breach(f"{history_weeks} weeks make no baseline", "history_weeks", "give at least 8, better 104")
        )
    if breaches:
        raise OptionRejected(breaches)


def _refuse_unborn(failures: pa.Table) -> None:
    """Refuse failures heard of before they happened: no delay could be learnt from them."""
    week, heard = days_of(failures.column("week")), days_of(failures.column("heard"))
    breaches = [
        Breach(
            f"{failures.column('part')[k].as_py()} was heard of before it failed",
            f"field_failures, row {k + 1}",
            "correct the week of the failure or of the report",
            "field_failures",
            int(k),
            "heard",
            str(failures.column("heard")[k].as_py()),
        )
        for k in np.flatnonzero(heard < week).tolist()
    ]
    if breaches:
        raise DataRejected(breaches)


def _dangerous(field: Field, config_parts: pa.Table) -> npt.NDArray[np.bool_]:
    """Strata of parts whose failure may hurt people."""
    unsafe = {r["part"] for r in config_parts.select(["part", "safety"]).to_pylist() if r["safety"]}
    return np.array(
        [lv in PART_LEVELS and bool(n) and n[0] in unsafe for lv, n in zip(field.level, field.names, strict=True)], bool
    )


def _weights(safety: npt.NDArray[np.bool_], weight: float) -> npt.NDArray[np.float64]:
    """Share of the risk of a false alarm, 1 on average."""
    weights = np.where(safety, weight, 1.0)
    return np.asarray(weights / weights.mean())


def _fixed(field: Field, part_fixes: pa.Table) -> Ints:
    """Place of the week in which the part of each stratum was repaired; -1 if never or before."""
    made = {r["part"]: r["fixed_on"] for r in part_fixes.select(["part", "fixed_on"]).to_pylist() if r["fixed_on"]}
    days = dict(zip(made, days_of(pa.chunked_array([pa.array(list(made.values()), pa.date32())])), strict=True))
    at = [
        (int(days[n[0]]) - field.begin) // 7 if lv in PART_LEVELS and n and n[0] in days else -1
        for lv, n in zip(field.level, field.names, strict=True)
    ]
    return np.maximum(np.array(at, np.int64), -1)
