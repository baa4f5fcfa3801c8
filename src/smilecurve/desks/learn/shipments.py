"""Which shipments fail more than others of their age, month by month since they left?

Reads     ship_cohorts
Decides   shipment_failures
Proof     failures of the cells compared, against those that other shipments of their age let expect
Method    the Nevada table: every cell against all other shipments at its age, given the sum of both (solve.rates); a
          chance counts for all months of its shipment (Bonferroni)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smilecurve.desks.learn._cohorts import expected_by_others, luck_of_any, months_of, others_of, refuse_days_within
from smilecurve.desks.learn._strata import doubles, floats, in_order, strata_of
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.tables.learn_cohorts import SHIP_COHORTS, SHIPMENT_FAILURES

__all__ = ["compare_shipments"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
KEPT = ("family", "shipped", "month", "machines", "failures")

REASONS = {
    "stands_out": "{failures} failures at {age_months} months in {machines} machines, {expected:.1f} expected",
    "in_step": "{failures} failures at {age_months} months in {machines} machines, about as others of that age",
    "young": "{failures} failures heard of so far; reports of this month are still to come",
    "alone": "{failures} failures at {age_months} months in {machines} machines; no other shipment is so old",
    "more_than_shipped": "{failures} failures in one month of {machines} machines: set aside, look for doubles",
    "before_shipping": "{failures} failures dated before the machines left: set aside, look at their dates",
}
STAND_OUT = "{stands_out:.0f} months of {shipments:.0f} shipments stand out against others of that age"


@desk(
    "learn.shipments",
    question="Which shipments fail more than others of their age, month by month since they left?",
    reads=(SHIP_COHORTS,),
    decides=SHIPMENT_FAILURES,
    reasons=REASONS,
    answers={"stand_out": STAND_OUT},
    version="2",
)
def compare_shipments(ship_cohorts: pa.Table, *, late_months: int = 1, risk: float = 0.01) -> Decision:
    """The Nevada table of every family: each cell against other shipments at the same age.

    late_months: newest months beside the one that runs whose reports are still to come: told, and not compared. risk:
    chance below which a cell stands out. A cell with more failures than machines, or dated before shipping, is set
    aside: it is told and counts nowhere. Claims for the same part of the same machine within three days of each other
    count once; the others are told as `doubled`.
    """
    if late_months < 0 or not 0 < risk < 1:
        said = f"{late_months} late months at a risk of {risk:g} are out of their limits"
        raise OptionRejected(Breach(said, "late_months, risk", "give 0 or more months, and a risk such as 0.01"))
    refuse_days_within(ship_cohorts, SHIP_COHORTS.name, "shipped", "month")
    rows = in_order(ship_cohorts, SHIP_COHORTS)
    if not rows.num_rows:
        clash = Clash("no machine has been shipped", "ship_cohorts", "load shipments")
        return Decision(SHIPMENT_FAILURES.empty(), Proof("rule", float(rows.num_rows), 1.0, "rows"), "none", (clash,))
    month, shipped = months_of(rows, "month"), months_of(rows, "shipped")
    age, young = month - shipped, month >= month.max() - late_months
    machines, failures = floats(rows, "machines"), floats(rows, "failures")
    aside = (age < 0) | (failures > machines)
    family = strata_of(rows, "family").of
    cohort = _numbered(family, shipped)
    counts = ~aside & ~young
    expected, luck = np.full(rows.num_rows, np.nan), np.full(rows.num_rows, np.nan)
    same_age, here, failed = _numbered(family, age)[counts], machines[counts], failures[counts]
    expected[counts] = expected_by_others(same_age, here, failed)
    luck[counts] = luck_of_any(cohort[counts], failed, here, others_of(same_age, failed), others_of(same_age, here))
    reason = np.select(
        [age < 0, failures > machines, young, np.isnan(expected), luck < risk],
        ["before_shipping", "more_than_shipped", "young", "alone", "stands_out"],
        "in_step",
    )
    so_far = _so_far(cohort, np.where(aside, 0.0, failures))
    columns = {
        **{name: rows.column(name).combine_chunks() for name in KEPT},
        "age_months": age,
        "so_far": so_far.astype(np.int64),
        "per_thousand": 1000.0 * so_far / np.maximum(machines, 1.0),
        "expected": expected,
        "by_luck": luck,
        "young": young,
        "reason": reason.tolist(),
    }
    known, stands = np.isfinite(expected), reason == "stands_out"
    return Decision(
        pa.table({f.name: pa.array(columns[f.name], f.arrow, from_pandas=True) for f in SHIPMENT_FAILURES.fields}),
        Proof(
            "statistical",
            float(failures[known].sum()),
            float(expected[known].sum()),
            "failures",
            "rates of all other shipments",
        ),
        "good",
        headline=int(np.argmin(np.where(stands, luck, 2.0))) if stands.any() else None,
        figures={
            "shipments": float(cohort.max() + 1),
            "stands_out": float(stands.sum()),
            "failures": float(failures[~aside].sum()),
            "set_aside": float(failures[aside].sum()),
            "doubled": doubles(rows),
        },
        answer="stand_out",
    )


def _numbered(first: Ints, second: Ints) -> Ints:
    """Pairs of numbers, numbered."""
    return np.unique(np.stack([first, second]), axis=1, return_inverse=True)[1].reshape(-1).astype(np.int64)


def _so_far(cohort: Ints, failures: Floats) -> Floats:
    """Failures of each cohort up to each row; rows stand by cohort and month."""
    total = np.cumsum(failures)
    first = np.flatnonzero(np.append(True, np.diff(cohort) != 0))
    found: Floats = (
        total - (total[first] - failures[first])[np.searchsorted(first, np.arange(cohort.size), "right") - 1]
    )
    return found
