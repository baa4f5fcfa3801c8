"""How many failures are still to come, of which part, where and when, and what will they cost?

Reads     service_cohorts, config_parts, field_failures, part_life, parts, warranty_terms, failure_costs,
          campaign_machines
Decides   claim_forecast
Proof     failures of the last weeks, those not yet heard of included, against what was foretold before them
Method    every stratum's machines at their ages to come, at the hazard of their part and the rate they showed; late
          reports completed by a delay law of market and channel; negative binomial bands that hold the doubt about the
          rate and the variation of the weeks (solve.baselines, solve.reporting, solve.outlook); markets add up to
          their part, parts to all, weeks to their sum
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from smilecurve.desks.learn._coming import lay_out
from smilecurve.desks.learn._foretelling import ahead_rows, campaign_rows, cost_each, months_covered, past_rows
from smilecurve.desks.learn._strata import days_of, doubles, in_order
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.money import Money
from smilecurve.terms.tables.learn import FAILURE_COSTS
from smilecurve.terms.tables.learn_claims import CLAIM_FORECAST, CONFIG_PARTS, FIELD_FAILURES, SERVICE_COHORTS
from smilecurve.terms.tables.learn_lives import PART_LIFE
from smilecurve.terms.tables.serve import CAMPAIGN_MACHINES
from smilecurve.terms.tables.serve_claims import WARRANTY_TERMS
from smilecurve.terms.tables.supply import PARTS

__all__ = ["forecast_claims"]

LEAST_WEEKS = 13

CAME = "{completed:.0f} came, {heard} heard of so far: "
COMING = (
    "{expected:.0f} failures are to come in {weeks:.0f} weeks, "
    "{expected_low:.0f} to {expected_high:.0f} in 80 % of cases"
)
REASONS = {
    "foretold": "{machines:.0f} components at their age: {expected:.1f} failures, "
    "{low80:.0f} to {high80:.0f} in 80 % of cases",
    "no_failures_yet": "none of {machines:.0f} components failed yet: {expected:.2f} failures, "
    "at most {high95:.0f} in 95 %",
    "campaign": "{machines:.0f} components of suspect lots wait in the field for a visit: a piece each",
    "yard": "{machines:.0f} components of suspect lots stand in the yard: a piece each before they leave",
    "too_early": "{heard} heard of so far, of {expected:.0f} foretold: most are still to be heard of",
    "as_foretold": CAME + "within the {low80:.0f} to {high80:.0f} foretold",
    "more_than_foretold": CAME + "above the {low80:.0f} to {high80:.0f} foretold",
    "fewer_than_foretold": CAME + "below the {low80:.0f} to {high80:.0f} foretold",
}


@desk(
    "learn.claims",
    question="How many failures are still to come, of which part, where and when, and what will they cost?",
    reads=(
        SERVICE_COHORTS,
        CONFIG_PARTS,
        FIELD_FAILURES,
        PART_LIFE,
        PARTS,
        WARRANTY_TERMS,
        FAILURE_COSTS,
        CAMPAIGN_MACHINES,
    ),
    decides=CLAIM_FORECAST,
    reasons=REASONS,
    answers={"coming": COMING},
    version="3",
    needs=("service_cohorts", "config_parts", "field_failures"),
)
def forecast_claims(
    service_cohorts: pa.Table,
    config_parts: pa.Table,
    field_failures: pa.Table,
    part_life: pa.Table,
    parts: pa.Table,
    warranty_terms: pa.Table,
    failure_costs: pa.Table,
    campaign_machines: pa.Table,
    *,
    today: date | None = None,
    weeks_ahead: int = 26,
    history_weeks: int = 104,
) -> Decision:
    """Failures to come of the machines in service, of all, by part, and by part and market: week by week and in sum.

    weeks_ahead: how far; also how far back the forecast is put to the test; history_weeks: weeks it is learnt from;
    today: how far the newest week heard of has run, which is the first one foretold; without it that week is not learnt
    from. Machines still to be sold are not among them. The reserve is what failures under warranty have cost each until
    now, of a part without costs as all do. Pieces for campaigns stand in rows of their own. Failures of parts that no
    machine in service holds are left out and counted (`left_out`), as are cells of part, model and month of building
    with more failures than components (`more_than_shipped`): these are taken for repeated failures. Claims for the same
    part of the same machine within three days of each other count once; the others are told as `doubled`.
    """
    if not 1 <= weeks_ahead <= 104 or history_weeks < LEAST_WEEKS:
        said = f"{weeks_ahead} weeks ahead from {history_weeks} weeks of history"
        raise OptionRejected(
            Breach(f"{said} are out of their limits", "weeks_ahead, history_weeks", "give 1 .. 104, and 13 or more")
        )
    field_failures = in_order(field_failures, FIELD_FAILURES)
    begun = int(days_of(service_cohorts.column("started")).min())
    known = (int(days_of(field_failures.column("heard")).max()) - begun) // 7
    if known < LEAST_WEEKS:
        said = f"{max(known, 0)} weeks of service are known, {LEAST_WEEKS} are needed"
        clash = Clash(said, "service_cohorts, field_failures", "wait, or load older failures")
        return Decision(
            CLAIM_FORECAST.empty(), Proof("rule", float(known), float(LEAST_WEEKS), "weeks"), "none", (clash,)
        )
    field = lay_out(
        in_order(service_cohorts, SERVICE_COHORTS), config_parts, field_failures, part_life,
        months_covered(warranty_terms, parts, service_cohorts), weeks=min(known, history_weeks), ahead=weeks_ahead,
    )  # fmt: skip
    back = min(weeks_ahead, field.weeks - LEAST_WEEKS, field.weeks // 2)
    past = past_rows(field, back) if back > 0 else []
    cost, currency = cost_each(failure_costs)
    over = 0.0 if today is None else ((today - date(1970, 1, 1)).days + 1 - field.running) / 7.0
    ahead = ahead_rows(field, min(max(over, 0.0), 1.0), cost, currency)
    waiting = campaign_rows(in_order(campaign_machines, CAMPAIGN_MACHINES), _monday(field.running), weeks_ahead)
    rows = [*past, *ahead, *waiting]
    strange = {
        "left_out": field.left_out,
        "more_than_shipped": field.more_than_shipped,
        "doubled": doubles(field_failures),
    }
    return _decided(rows, currency, strange)


def _monday(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)


def _decided(rows: list[dict[str, object]], currency: str | None, strange: Mapping[str, float]) -> Decision:
    table = CLAIM_FORECAST.rows(rows)
    world = [r for r in rows if r["level"] == "all"]
    past = [r for r in world if r["past"]]
    came, foretold = (sum(float(str(r[c])) for r in past) for c in ("completed", "expected"))
    ahead = [r for r in world if not r["past"]][-1:]
    reserve, low, high = (
        sum(float(str(r.get(c) or 0.0)) for r in ahead) for c in ("reserve", "reserve_low", "reserve_high")
    )
    parts = [k for k, r in enumerate(rows) if r["level"] == "part" and r["past"]]
    worst = max(parts, key=lambda k: _excess(rows[k]), default=None)
    inside = {b: [_inside(r, b) for r in rows if r["past"]] for b in ("80", "95")}
    return Decision(
        table,
        Proof("statistical", came, foretold, "failures", "back-test of the forecast"),
        "good",
        worth=Money(reserve, currency) if currency else None,
        headline=worst,
        figures={
            "weeks": float(str(ahead[0]["weeks"])) if ahead else 0.0,
            "expected": sum(float(str(r["expected"])) for r in ahead),
            "expected_low": sum(float(str(r["low80"])) for r in ahead),
            "expected_high": sum(float(str(r["high80"])) for r in ahead),
            "reserve": reserve,
            "reserve_low": low,
            "reserve_high": high,
            "campaign": sum(float(str(r["expected"])) for r in rows if r["level"] in ("campaign", "yard")),
            **strange,
            **({f"held_{b}": float(np.mean(v)) for b, v in inside.items()} if past else {}),
        },
        answer="coming" if ahead else "",
    )


def _excess(row: Mapping[str, object]) -> float:
    """How far above its band a stratum came, in units of the band."""
    came, high, low = (float(str(row[c])) for c in ("completed", "high80", "low80"))
    return (came - high) / (high - low + 1.0)


def _inside(row: Mapping[str, object], band: str) -> bool:
    return float(str(row[f"low{band}"])) <= round(float(str(row["completed"]))) <= float(str(row[f"high{band}"]))
