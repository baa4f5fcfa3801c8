"""How many of a thousand machines of each month of building fail, and which month is worse?

Reads     service_cohorts, field_failures
Decides   build_month_rates
Proof     failures of the months compared, against those that machines built in other months let expect
Method    failures over machines watched, week by week of age, summed up (the mean cumulative function: a machine counts
          for the weeks it was watched); gamma limits of that weighted sum; against machines built in all other months
          at the same ages, given the sum of both (solve.rates)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.learn._cohorts import expected_by_others, luck_of_any, others_of, refuse_days_within
from smilecurve.desks.learn._strata import days_of, floats, strata_of
from smilecurve.solve.rates import weighted_limits
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.tables.learn_claims import FIELD_FAILURES, SERVICE_COHORTS
from smilecurve.terms.tables.learn_cohorts import BUILD_MONTH_RATES

__all__ = ["rate_build_months"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

BY = "rates of machines built in all other months"
SO_MANY = "{per_thousand:.1f} failures of a thousand by {months} months"
REASONS = {
    "worse": SO_MANY + ", {usual:.1f} of those built in other months: {failures} against {expected:.1f} expected",
    "as_usual": SO_MANY + ", {usual:.1f} of those built in other months",
    "immature": SO_MANY + " so far: {reached} of {machines} machines are so old",
    "alone": SO_MANY + "; no machines built in other months are so old",
    "too_young": "none of {machines} machines has been watched to {months} months",
}
ARE_WORSE = "{worse:.0f} ages of {months:.0f} months of building are worse than the others let expect"


@dataclass(frozen=True, slots=True)
class _Watched:
    """Cohorts (family, month of building) by week of age: machines at risk and failures, (cohorts, weeks).

    began: machines of each cohort; lasting: of them those in service, by the weeks they were watched; early, unwatched:
    failures dated before service began, or at an age at which no machine of their cohort is watched.
    """

    names: tuple[tuple[str, ...], ...]
    began: Floats
    at_risk: Floats
    in_service: Floats
    failed: Floats
    early: float
    unwatched: float


@desk(
    "learn.builds",
    question="How many of a thousand machines of each month of building fail, and which month is worse?",
    reads=(SERVICE_COHORTS, FIELD_FAILURES),
    decides=BUILD_MONTH_RATES,
    reasons=REASONS,
    answers={"are_worse": ARE_WORSE},
    needs=("service_cohorts",),
)
def rate_build_months(
    service_cohorts: pa.Table,
    field_failures: pa.Table,
    *,
    ages: tuple[int, ...] = (3, 6, 12, 24),
    late_weeks: int = 4,
    risk: float = 0.01,
) -> Decision:
    """Failures of a thousand machines by family, month of building and age in months of service.

    late_weeks: newest weeks whose reports are still to come: nothing counts in them. risk: chance below which a month
    is worse. Machines whose month of building is not known are left out; failures dated before service began, or at
    an age at which no machine of their month is watched, are set aside; the figures say how many.
    """
    if not ages or min(ages) < 1 or late_weeks < 0 or not 0 < risk < 1:
        said = f"ages {ages}, {late_weeks} late weeks or a risk of {risk:g} are out of their limits"
        do = "give ages of 1 month or more, 0 or more weeks, and a risk such as 0.01"
        raise OptionRejected(Breach(said, "ages, late_weeks, risk", do))
    cohorts = service_cohorts.filter(pc.is_valid(service_cohorts.column("built")))
    failures = field_failures.filter(pc.is_valid(field_failures.column("built")))
    refuse_days_within(cohorts, SERVICE_COHORTS.name, "built")
    refuse_days_within(failures, FIELD_FAILURES.name, "built")
    if not cohorts.num_rows:
        clash = Clash("no machine with a month of building has begun service", "service_cohorts", "load start-ups")
        return Decision(
            BUILD_MONTH_RATES.empty(), Proof("rule", float(cohorts.num_rows), 1.0, "rows"), "none", (clash,)
        )
    watched = _watched(cohorts, failures, late_weeks)
    rows = [_rated(watched, months) for months in sorted(set(ages))]
    columns = {name: np.concatenate([r[name] for r in rows]) for name in rows[0]}
    unknown = floats(service_cohorts, "machines").sum() - floats(cohorts, "machines").sum()
    return _decided(watched, columns, risk, float(unknown))


def _watched(cohorts: pa.Table, failures: pa.Table, late_weeks: int) -> _Watched:
    """Machines at risk and failures by week of age, watched until `late_weeks` before the newest report."""
    strata = strata_of(cohorts.append_column("month", cohorts.column("built").cast(pa.string())), "family", "month")
    started, ended, machines = (
        days_of(cohorts.column("started")), days_of(cohorts.column("ended")), floats(cohorts, "machines")
    )  # fmt: skip
    newest = days_of(failures.column("heard")) if failures.num_rows else started
    end = int(newest.max()) + 7 * (not failures.num_rows) - 7 * late_weeks
    gone = ended + 7 <= end
    weeks = np.clip((np.where(gone, ended + 7, end) - started) // 7, 0, None)
    size = int(weeks.max(initial=0)) + 1
    lasting, alive = np.zeros((strata.count, size)), np.zeros((strata.count, size))
    np.add.at(lasting, (strata.of, weeks), machines)
    np.add.at(alive, (strata.of, weeks), machines * ~gone)
    at_risk: Floats = np.cumsum(lasting[:, ::-1], axis=1)[:, ::-1][:, 1:]
    place = {name: k for k, name in enumerate(strata.names)}
    own = strata_of(failures.append_column("month", failures.column("built").cast(pa.string())), "family", "month")
    of = np.array([place.get(name, -1) for name in own.names], np.int64)[own.of]
    week, number = days_of(failures.column("week")), floats(failures, "failures")
    age, known = (week - days_of(failures.column("started"))) // 7, week < end
    inside = known & (of >= 0) & (age >= 0) & (age < at_risk.shape[1])
    inside[inside] = at_risk[of[inside], age[inside]] > 0
    failed = np.zeros_like(at_risk)
    np.add.at(failed, (of[inside], age[inside]), number[inside])
    early = known & (age < 0)
    return _Watched(
        strata.names, strata.total(machines), at_risk, alive, failed,
        float(number[early].sum()), float(number[known & ~early & ~inside].sum()),
    )  # fmt: skip


def _rated(watched: _Watched, months: int) -> dict[str, npt.NDArray[np.generic]]:
    """One row a cohort: its failures of a thousand by an age, and what the other cohorts let expect."""
    weeks = round(months * 52 / 12)
    size = len(watched.names)
    none = np.full((size, max(weeks - watched.at_risk.shape[1], 0)), 0.0)
    at_risk, failed = (np.concatenate([a, none], axis=1)[:, :weeks] for a in (watched.at_risk, watched.failed))
    reached = at_risk[:, -1]
    weight = np.divide(1000.0, at_risk, out=np.zeros_like(at_risk), where=at_risk > 0)
    rate = (weight * failed).sum(axis=1)
    low, high = weighted_limits(rate, (weight**2 * failed).sum(axis=1), weight.max(axis=1, initial=1e-12))
    family = np.unique([n[0] for n in watched.names], return_inverse=True)[1]
    week = (family[:, None] * weeks + np.arange(weeks)).ravel()
    each = expected_by_others(week, at_risk.ravel(), failed.ravel()).reshape(size, weeks)
    old = reached > 0
    usual = np.where(old, (weight * each).sum(axis=1), np.nan)
    expected, others = each.sum(axis=1), others_of(family, failed.sum(axis=1))
    lived, seen = at_risk.sum(axis=1), expected > 0
    alike = np.divide(others, expected, out=others_of(family, lived), where=seen)
    luck = luck_of_any(family, failed.sum(axis=1), np.where(seen, 1.0, lived), others, alike)
    told = {"per_thousand": rate, "low": low, "high": high, "expected": expected, "by_luck": luck}
    return {
        "cohort": np.arange(size),
        "months": np.full(size, months),
        "reached": reached,
        "failures": failed.sum(axis=1),
        **{name: np.where(old, values, np.nan) for name, values in told.items()},
        "usual": usual,
        "mature": watched.in_service[:, :weeks].sum(axis=1) == 0,
    }


def _decided(watched: _Watched, columns: dict[str, npt.NDArray[np.generic]], risk: float, unknown: float) -> Decision:
    cohort = columns["cohort"].astype(np.int64)
    rate, expected, failures = (columns[c].astype(np.float64) for c in ("per_thousand", "expected", "failures"))
    reason = np.select(
        [
            np.isnan(rate),
            columns["by_luck"].astype(np.float64) < risk,
            ~columns["mature"].astype(bool),
            np.isnan(expected),
        ],
        ["too_young", "worse", "immature", "alone"],
        "as_usual",
    )
    told = {
        **columns,
        "family": [watched.names[k][0] for k in cohort],
        "built": np.array([watched.names[k][1] for k in cohort], "datetime64[D]"),
        "machines": watched.began[cohort],
        "reason": reason.tolist(),
    }
    rows = pa.table({f.name: pa.array(told[f.name], from_pandas=True).cast(f.arrow) for f in BUILD_MONTH_RATES.fields})
    compared, worse = np.isfinite(expected), reason == "worse"
    return Decision(
        rows.sort_by([(k, "ascending") for k in BUILD_MONTH_RATES.key]),
        Proof("statistical", float(failures[compared].sum()), float(expected[compared].sum()), "failures", BY),
        "good",
        figures={
            "months": float(len(watched.names)),
            "worse": float(worse.sum()),
            "before_service": watched.early,
            "unwatched": watched.unwatched,
            "without_month": unknown,
        },
        answer="are_worse",
    )
