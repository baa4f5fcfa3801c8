"""What should be designed better first, and did the last change work?

Reads     failure_costs, part_fixes, service_cohorts, config_parts, field_failures, emerging_issues
Decides   design_backlog
Proof     the cost of failures the rows account for, against the cost in the ledger
Method    expected cost to come at the lower 80 % bound of the failure rate, times what a change would end,
          less its cost; a change made is judged by machines built since against machines built before, at the same
          ages: the exact ratio of their failure rates, with the power to see what was promised (solve.rates)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.learn._after_change import TOLD, Change, judge_changes
from smilecurve.desks.learn._strata import floats, in_order, strata_of
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.money import Money, one_currency
from smilecurve.terms.tables.learn import DESIGN_BACKLOG, EMERGING_ISSUES, FAILURE_COSTS, PART_FIXES
from smilecurve.terms.tables.learn_claims import CONFIG_PARTS, FIELD_FAILURES, SERVICE_COHORTS

__all__ = ["rank_design_backlog"]

Floats = npt.NDArray[np.float64]

ONE_SIDED_80 = 0.60  # the lower end of the two-sided 60 % interval is the one-sided lower 80 % bound

REASONS = {
    "worth_changing": "a change for {change_cost:,.0f} {currency} ends {fixable:.0%} of failures, saves {saving:,.0f}",
    "new_problem": "issue {issue} is open; a change saves {saving:,.0f} {currency}",
    "no_idea_yet": "{lifetime_cost:,.0f} {currency} to come, no change proposed; {fixable:.0%} assumed fixable",
    "not_worth_it": "a change for {change_cost:,.0f} {currency} ends {fixable:.0%} of {lifetime_cost:,.0f} to come",
    "change_works": "changed: {failures_after} failures where {usual_after:.1f} were usual, {ratio_after:.2f} of the"
    " rate before ({ratio_low:.2f}-{ratio_high:.2f})",
    "change_fails": "changed, yet failures stand at {ratio_after:.2f} of before ({ratio_low:.2f}-{ratio_high:.2f}), not"
    " at the {fixable:.0%} less promised: {saving:,.0f} {currency} still open",
    "change_untold": "changed, cannot tell yet: {failures_after} failures since where {usual_after:.1f} were usual, a"
    " chance of {power:.0%} to see the change promised; {more_months:,.0f} more machine-months needed",
    "change_unproven": "changed; {failures_after} failures since where {usual_after:.1f} were usual: {ratio_after:.2f}"
    " of the rate before ({ratio_low:.2f}-{ratio_high:.2f}) may still be luck, though a change as promised would have"
    " shown with {power:.0%}",
    "change_unseen": "changed, and too little seen since to judge; {failures} failures in all",
}


@desk(
    "learn.design",
    question="What should be designed better first, and did the last change work?",
    reads=(FAILURE_COSTS, PART_FIXES, SERVICE_COHORTS, CONFIG_PARTS, FIELD_FAILURES, EMERGING_ISSUES),
    decides=DESIGN_BACKLOG,
    reasons=REASONS,
    needs=("failure_costs",),
    version="2",
)
def rank_design_backlog(
    failure_costs: pa.Table,
    part_fixes: pa.Table,
    service_cohorts: pa.Table,
    config_parts: pa.Table,
    field_failures: pa.Table,
    emerging_issues: pa.Table,
    *,
    life_years: float = 8.0,
    fixable_unknown: float = 0.3,
    confidence: float = 0.90,
) -> Decision:
    """Parts and families by what a design change is expected to save, most first.

    life_years: how long a machine serves; fixable_unknown: share of failures assumed to be ended by a change nobody
    has proposed yet; confidence: of the interval that says whether a change worked, and of the test whose power is
    told. The cost of a change to a part is split over its families by their cost to come. Parts and families without
    failures are not listed.
    """
    if life_years <= 0 or not 0 <= fixable_unknown <= 1:
        raise OptionRejected(
            Breach(
                f"life_years {life_years:g} and fixable_unknown {fixable_unknown:g} are out of their limits",
                "life_years, fixable_unknown",
                "give years above 0 and a share 0 .. 1",
            )
        )
    currency = one_currency(
        (c for table in (failure_costs, part_fixes) for c in table.column("currency").to_pylist()), _mixed
    )
    costs = in_order(failure_costs, FAILURE_COSTS).filter(pc.field("failures") > 0)
    if costs.num_rows == 0:
        clash = Clash(
            "no failure has cost anything yet", "failure_costs", "load claims, visits and parts with their cost"
        )
        return Decision(
            DESIGN_BACKLOG.empty(), Proof("rule", float(costs.num_rows), 1.0, "rows needed"), "none", (clash,)
        )
    burden = _burden(costs, life_years)
    judged = judge_changes(part_fixes, service_cohorts, config_parts, field_failures, confidence)
    records = _records(costs, burden, judged, _open_issues(emerging_issues), fixable_unknown)
    order = np.lexsort((burden.part_family, [-r.saving for r in records]))
    rows = _rows(costs, burden, [records[k] for k in order], order)
    saving = floats(rows, "saving")
    to_save = round(float(saving[saving > 0].sum()), 2)
    told = float((floats(rows, "failures") * floats(rows, "cost_each")).sum())
    spent = float(floats(costs, "cost").sum())
    return Decision(
        rows,
        Proof("exact", round(told, 2), round(spent, 2), currency, "failures times the cost of one, summed"),
        "good",
        worth=Money(to_save, currency),
        headline=0,
        figures={"rows": float(rows.num_rows), "to_save": to_save, "spent": round(spent, 2)},
    )


@dataclass(frozen=True, slots=True)
class _Burden:
    """What each part and family costs: rates a machine-year, cost of one, cost to come and its share in the part."""

    part_family: list[str]
    rate: Floats
    rate_low: Floats
    each: Floats
    to_come: Floats
    share: Floats


@dataclass(frozen=True, slots=True)
class _Record:
    """What is decided of one part and family."""

    fixable: float
    change_cost: float | None
    saving: float
    change: Change | None
    issue: str | None
    reason: str


def _mixed(names: Sequence[str]) -> Breach:
    said = ", ".join(names)
    return Breach(
        f"costs stand in {len(names)} currencies ({said}) and cannot be ranked against each other",
        "failure_costs.currency, part_fixes.currency",
        "convert them to one currency by dated rates before they are summed",
        "failure_costs",
        None,
        "currency",
        said,
    )


def _burden(costs: pa.Table, life_years: float) -> _Burden:
    """Failure rates with their lower 80 % bound, and the cost to come until the fleet has served its life."""
    from smilecurve.solve.rates import rate_limits

    failures, machines = floats(costs, "failures"), floats(costs, "machines")
    age = floats(costs, "mean_age_months") / 12.0
    lived = np.maximum(machines * age, 1.0 / 12.0)
    rate, low, _ = rate_limits(failures, lived, confidence=ONE_SIDED_80)
    each = floats(costs, "cost") / failures
    to_come = low * each * machines * np.maximum(life_years - age, 0.0)
    parts = strata_of(costs, "part")
    total = np.bincount(parts.of, to_come, parts.count)[parts.of]
    even = 1.0 / np.bincount(parts.of, minlength=parts.count)[parts.of]
    share = np.divide(to_come, total, out=even, where=total > 0)
    names = ["\x1f".join(n) for n in zip(costs["part"].to_pylist(), costs["family"].to_pylist(), strict=True)]
    return _Burden(names, rate, low, each, to_come, share)


def _open_issues(emerging_issues: pa.Table) -> dict[str, str]:
    """The strongest open alarm of each part and family."""
    best: dict[str, tuple[float, str]] = {}
    for row in emerging_issues.select(["part", "family", "issue", "evidence", "alarm"]).to_pylist():
        key = f"{row['part']}\x1f{row['family']}"
        if row["alarm"] and row["evidence"] > best.get(key, (-1.0, ""))[0]:
            best[key] = (row["evidence"], row["issue"])
    return {key: issue for key, (_, issue) in best.items()}


def _records(
    costs: pa.Table, burden: _Burden, changes: dict[str, Change], issues: dict[str, str], fixable_unknown: float
) -> list[_Record]:
    found = []
    for k, part in enumerate(costs["part"].to_pylist()):
        to_come, issue = float(burden.to_come[k]), issues.get(burden.part_family[k])
        change = changes.get(part)
        if change is None:
            found.append(_Record(fixable_unknown, None, fixable_unknown * to_come, None, issue, "no_idea_yet"))
        elif change.made:
            reason = change.verdict
            saving = change.fixable * to_come if reason == "change_fails" else 0.0
            found.append(_Record(change.fixable, None, saving, change, issue, reason))
        else:
            cost = change.cost * float(burden.share[k])
            saving = change.fixable * to_come - cost
            reason = "not_worth_it" if saving <= 0 else "new_problem" if issue else "worth_changing"
            found.append(_Record(change.fixable, cost, saving, None, issue, reason))
    return found


def _rows(costs: pa.Table, burden: _Burden, records: list[_Record], order: npt.NDArray[np.int64]) -> pa.Table:
    columns: dict[str, object] = {
        "part": costs["part"].take(order),
        "family": costs["family"].take(order),
        "rank": np.arange(1, order.size + 1),
        "failures": costs["failures"].take(order),
        "rate_year": burden.rate[order],
        "rate_low": burden.rate_low[order],
        "cost_each": burden.each[order],
        "lifetime_cost": burden.to_come[order],
        "fixable": [r.fixable for r in records],
        "change_cost": [r.change_cost for r in records],
        "saving": [r.saving for r in records],
        "currency": costs["currency"].take(order),
        **{c: [r.change.told(c) if r.change else None for r in records] for c in TOLD},
        "issue": [r.issue for r in records],
        "reason": [r.reason for r in records],
    }
    return pa.table(
        {
            f.name: c if isinstance(c := columns[f.name], pa.ChunkedArray) else pa.array(c, f.arrow)
            for f in DESIGN_BACKLOG.fields
        }
    )
