"""Which service partners do we appoint, and whose jobs does each take?

Reads     partner_offers, tickets, causes, markets, technicians
Decides   partner_plan
Proof     the yearly cost of the plan against the least that any appointment can cost
Method    capacitated location with fixed fees, least loads and exclusive markets: see solve.siting
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.serve._appointing import choose_partners
from smilecurve.desks.serve._demand import WEEKS_YEAR
from smilecurve.desks.serve._jobs import Jobs, first_time_shares, past_visits, visits_wanted
from smilecurve.desks.serve._limits import above_zero
from smilecurve.desks.serve._offers import Field, Prices, price_jobs
from smilecurve.desks.serve._trial import Course, falls_short, told, try_plan
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach
from smilecurve.terms.money import Money, one_currency
from smilecurve.terms.tables.market import MARKETS
from smilecurve.terms.tables.serve import TECHNICIANS
from smilecurve.terms.tables.serve_network import PARTNER_OFFERS, PARTNER_PLAN
from smilecurve.terms.tables.serve_tickets import CAUSES, TICKETS

__all__ = ["appoint_partners"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Row = Mapping[str, object]

GIVEN = "{jobs_week:.2f} jobs a week at {travel_km:.0f} km, {within:.0%} within reach in time"
REASONS = {
    "keep": f"keep: {GIVEN}",
    "appoint": f"appoint: {GIVEN}; a job of {{market}} costs {{plan_job:.0f}} {{currency}} then",
    "bound_to_keep": "keep without jobs: parting from it costs more than its fee of {fee_year:.0f} {currency} a year",
    "dismiss": "part from it: jobs of {market} cost {plan_job:.0f} {currency} done by others, {own_job:.0f} when it "
    "goes, and {fee_year:.0f} a year",
    "stay_out": "not needed: jobs of {market} cost {plan_job:.0f} {currency} as planned, {own_job:.0f} when it goes, "
    "and {fee_year:.0f} a year",
    "no_jobs": "no job in {market} that it has the skills for",
}
RANK = ("appoint", "dismiss", "keep", "bound_to_keep", "stay_out", "no_jobs")


@desk(
    "serve.network",
    question="Which service partners do we appoint, and whose jobs does each take?",
    reads=(PARTNER_OFFERS, TICKETS, CAUSES, MARKETS, TECHNICIANS),
    decides=PARTNER_PLAN,
    needs=("partner_offers",),
    version="2",
    reasons=REASONS,
    answers={
        "told": "{partners:.0f} partners instead of {partners_before:.0f}; {weeks:.0f} weeks played: {answered:.0%} of "
        "jobs answered within {answer_in_h:.0f} h ({answered_before:.0%} as today), a job costs {cost_job:.0f} "
        "instead of {cost_job_before:.0f}"
    },
)
def appoint_partners(
    partner_offers: pa.Table,
    tickets: pa.Table,
    causes: pa.Table,
    markets: pa.Table,
    technicians: pa.Table,
    *,
    reach_h: float = 8.0,
    speed_km_h: float = 50.0,
    km_cost: float = 3.0,
    late_cost: float = 1500.0,
    own_cost: float = 12_000.0,
    years: float = 3.0,
    cell: float = 1.0,
    nodes: int = 2000,
    weeks: int = 13,
    answer_h: float = 48.0,
    most_jobs: int = 2000,
    detour: float = 1.3,
    overtime_h: float = 2.0,
    seed: int = 0,
) -> Decision:
    """Decide which partners to appoint for the visits that the last years asked for, and try that on a quarter of jobs.

    The quarter is drawn from past visits and played morning by morning through the search of the dispatcher, with the
    plan and with the partners of today.

    reach_h, speed_km_h   a job is reached in time within this many hours' drive; late_cost: what a late one costs more
    km_cost     of one km there or back; a job that has to be repeated is driven to and paid again
    own_cost    of a job done by the maker's own people, flown in, where no partner takes it
    years       over which the cost of a change is spread; cell: degrees within which jobs count as one area
    nodes       of the search tree at most
    weeks, most_jobs, seed   played, drawn from; more jobs than most_jobs: whole markets are drawn
    answer_h    hours of working days from a call until somebody comes, in which it counts as answered in time
    detour, overtime_h   road over great-circle distance, hours a shift may last longer: as in serve.dispatch
    Money is in the one currency of the offers.
    """
    above_zero(
        reach_h=reach_h, speed_km_h=speed_km_h, years=years, cell=cell, nodes=nodes, weeks=weeks, answer_h=answer_h,
        most_jobs=most_jobs, detour=detour,
    )  # fmt: skip
    offers = sorted(partner_offers.to_pylist(), key=lambda r: str(r["partner"]))
    currency = one_currency((str(o["currency"]) for o in offers), _mixed)
    quality = first_time_shares(tickets, {str(o["partner"]): o["first_time"] for o in offers})
    past = past_visits(tickets, causes, markets)
    jobs = visits_wanted(past, cell)
    first = np.array([quality[str(o["partner"])] for o in offers])
    prices = Prices(km_cost, reach_h * speed_km_h, late_cost, own_cost)
    field = price_jobs(offers, jobs.spot, jobs.skill, first, prices)
    asked = float(jobs.week.sum())
    if not offers or not asked:
        rows = [_row(o, j, field, np.zeros((len(jobs.week), len(offers))), jobs, False, prices)
                for j, o in enumerate(offers)]  # fmt: skip
        return Decision(
            PARTNER_PLAN.rows(rows), Proof("bound", asked, asked, currency, "no job asks for a visit"), "best"
        )
    found = choose_partners(offers, jobs, field, own_cost, years, nodes)
    course = Course(weeks, answer_h, most_jobs, speed_km_h, detour, overtime_h, seed)
    planned, today = (
        try_plan(plan, offers, technicians, past, jobs, first, prices, course) for plan in (found.plan, found.today)
    )
    rows = [
        _row(o, j, field, found.plan.given, jobs, bool(found.plan.appointed[j]), prices)
        | {f"played_{name}": value for name, value in planned.offers[j].items()}
        | {f"today_{name}": today.offers[j][name] for name in ("jobs", "load", "answer_h")}
        for j, o in enumerate(offers)
    ]
    rows.sort(key=lambda r: (RANK.index(str(r["reason"])), -float(str(r["jobs_week"])), str(r["partner"])))
    within = float(found.plan.given[field.km <= prices.reach_km].sum()) / asked
    value = found.value
    return Decision(
        rows=PARTNER_PLAN.rows(rows),
        proof=Proof("bound", value, min(found.bound, value), currency, "least yearly cost of any appointment (HiGHS)"),
        status="best" if value - found.bound <= 1e-6 * max(value, 1.0) else "good",
        clash=falls_short(planned.total, within, answer_h, weeks, _slowest(rows, answer_h)),
        worth=Money(found.before - value, currency),
        headline=max(range(len(rows)), key=lambda i: _weight(rows[i]), default=None),
        figures={
            "jobs_week": asked,
            "within": within,
            "own_people": max(1.0 - float(found.plan.given.sum()) / asked, 0.0),
            "partners_before": float(found.today.appointed.sum()),
            "partners": float(found.plan.appointed.sum()),
            "cost_year_before": found.before,
            "cost_year": value,
            "weeks": float(weeks),
            "answer_in_h": answer_h,
            **told(planned.total, today.total),
        },
        answer="told" if planned.total.jobs else "",
    )


def _slowest(rows: Sequence[Row], answer_h: float) -> list[str]:
    """Up to three partners of the plan whose jobs wait longest, if longer than promised."""
    slow = [(float(str(r["played_answer_h"])), str(r["partner"])) for r in rows if r["played_answer_h"] is not None]
    return [partner for hours, partner in sorted(slow, reverse=True)[:3] if hours > answer_h]


def _weight(row: Row) -> tuple[bool, float]:
    return row["before"] != row["appointed"], float(str(row["jobs_week"]))


def _mixed(names: Sequence[str]) -> Breach:
    said = f"offers are made in {', '.join(names)}"
    return Breach(said, "partner_offers.currency", "bring all offers to one currency", "partner_offers")


def _row(
    offer: Row, j: int, field: Field, given: Floats, jobs: Jobs, opened: bool, prices: Prices
) -> dict[str, object]:  # fmt: skip
    """What becomes of one partner, and what jobs of its market cost with it and in the plan."""
    mine = given[:, j]
    near = np.array([m == offer["market"] for m in jobs.market], dtype=bool) & field.may[:, j]
    week, asked = float(mine.sum()), float(jobs.week[near].sum())
    planned = float((given * field.job)[near].sum()) + prices.own_cost * (asked - float(given[near].sum()))
    fee = float(str(offer["fee_year"]))
    row: dict[str, object] = {
        "partner": offer["partner"],
        "market": offer["market"],
        "before": bool(offer["appointed"]),
        "appointed": opened,
        "jobs_week": week,
        "week_jobs": float(str(offer["week_jobs"])),
        "load": min(week / float(str(offer["week_jobs"])), 1.0) if offer["week_jobs"] else 0.0,
        "travel_km": float((mine * field.km[:, j]).sum() / week) if week > 0 else None,
        "within": min(float(mine[field.km[:, j] <= prices.reach_km].sum() / week), 1.0) if week > 0 else None,
        "first_time": float(field.first[j]),
        "market_jobs": asked,
        "own_job": float(np.average(field.job[near, j], weights=jobs.week[near])) if asked > 0 else None,
        "plan_job": planned / asked if asked > 0 else None,
        "fee_year": fee,
        "cost_year": (fee if opened else 0.0) + WEEKS_YEAR * float((mine * field.job[:, j]).sum()),
        "currency": offer["currency"],
    }
    return row | {"reason": _reason(row)}


def _reason(row: Row) -> str:
    if row["appointed"]:
        if not float(str(row["jobs_week"])):
            return "bound_to_keep"
        return "keep" if row["before"] else "appoint"
    if row["own_job"] is None:
        return "no_jobs"
    return "dismiss" if row["before"] else "stay_out"
