"""Which service partners do we appoint, and whose jobs does each take?

Reads     partner_offers, tickets, causes, markets
Decides   partner_plan
Proof     the yearly cost of the plan against the least that any appointment can cost
Method    capacitated location with fixed fees, least loads and exclusive markets: see solve.siting
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.serve._demand import WEEKS_YEAR
from smilecurve.desks.serve._jobs import Jobs, first_time_shares, visits_wanted
from smilecurve.desks.serve._limits import above_zero
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach
from smilecurve.terms.globe import great_circle
from smilecurve.terms.money import Money, one_currency
from smilecurve.terms.tables.market import MARKETS
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


@dataclass(frozen=True)
class _Field:
    """Partners and jobs: km, cost of one job, may it be done, all (jobs, partners)."""

    km: Floats
    job: Floats
    may: Flags


@desk(
    "serve.network",
    question="Which service partners do we appoint, and whose jobs does each take?",
    reads=(PARTNER_OFFERS, TICKETS, CAUSES, MARKETS),
    decides=PARTNER_PLAN,
    needs=("partner_offers",),
    reasons=REASONS,
)
def appoint_partners(
    partner_offers: pa.Table,
    tickets: pa.Table,
    causes: pa.Table,
    markets: pa.Table,
    *,
    reach_h: float = 8.0,
    speed_km_h: float = 50.0,
    km_cost: float = 3.0,
    late_cost: float = 1500.0,
    own_cost: float = 12_000.0,
    years: float = 3.0,
    cell: float = 1.0,
    nodes: int = 2000,
) -> Decision:
    """Decide which partners to appoint for the visits that the last years asked for.

    reach_h, speed_km_h   a job is reached in time within this many hours' drive; late_cost: what a late one costs more
    km_cost     of one km there or back; a job that has to be repeated is driven to and paid again
    own_cost    of a job done by the maker's own people, flown in, where no partner takes it
    years       over which the cost of a change is spread; cell: degrees within which jobs count as one area
    nodes       of the search tree at most
    Money is in the one currency of the offers.
    """
    above_zero(reach_h=reach_h, speed_km_h=speed_km_h, years=years, cell=cell, nodes=nodes)
    offers = sorted(partner_offers.to_pylist(), key=lambda r: str(r["partner"]))
    currency = one_currency((str(o["currency"]) for o in offers), _mixed)
    quality = first_time_shares(tickets, {str(o["partner"]): o["first_time"] for o in offers})
    jobs = visits_wanted(tickets, causes, markets, cell)
    first = np.array([quality[str(o["partner"])] for o in offers])
    field = _field(offers, jobs, first, km_cost, reach_h * speed_km_h, late_cost)
    asked = float(jobs.week.sum())
    if not offers or not asked:
        rows = [_row(o, j, field, np.zeros((len(jobs.week), len(offers))), jobs, first, False, 0.0, own_cost)
                for j, o in enumerate(offers)]  # fmt: skip
        return Decision(
            PARTNER_PLAN.rows(rows), Proof("bound", asked, asked, currency, "no job asks for a visit"), "best"
        )
    from smilecurve.solve.siting import appoint_sites

    fee = np.array([float(o["fee_year"]) for o in offers]) / WEEKS_YEAR
    change = np.array([float(o["change_cost"]) for o in offers]) / (years * WEEKS_YEAR)
    now = np.array([bool(o["appointed"]) for o in offers])
    room = np.array([float(o["week_jobs"]) for o in offers])
    least = np.array([float(o["least_jobs"] or 0.0) for o in offers])
    cost = np.where(field.may, field.job * jobs.week[:, None], np.inf)
    far = own_cost * jobs.week
    found = appoint_sites(
        cost, fee + np.where(now, -change, change), jobs.week, room, least=least, far=far,
        apart=_apart(offers), whole=False, nodes=nodes,
    )  # fmt: skip
    as_is = appoint_sites(
        cost[:, now], np.zeros(int(now.sum())), jobs.week, room[now], far=far, whole=False, nodes=nodes
    )
    before = (as_is.value + float(fee[now].sum())) * WEEKS_YEAR
    stay = float(change[now].sum())
    given = found.share * jobs.week[:, None]
    reach = reach_h * speed_km_h
    rows = [_row(o, j, field, given, jobs, first, bool(found.open[j]), reach, own_cost)
            for j, o in enumerate(offers)]  # fmt: skip
    rows.sort(key=lambda r: (RANK.index(str(r["reason"])), -float(str(r["jobs_week"])), str(r["partner"])))
    value, bound = ((found.value + stay) * WEEKS_YEAR, (found.bound + stay) * WEEKS_YEAR)
    return Decision(
        rows=PARTNER_PLAN.rows(rows),
        proof=Proof("bound", value, min(bound, value), currency, "least yearly cost of any appointment (HiGHS)"),
        status="best" if value - bound <= 1e-6 * max(value, 1.0) else "good",
        worth=Money(before - value, currency),
        headline=max(range(len(rows)), key=lambda i: _weight(rows[i]), default=None),
        figures={
            "jobs_week": asked,
            "within": float(given[field.km <= reach].sum()) / asked,
            "own_people": max(1.0 - float(given.sum()) / asked, 0.0),
            "partners_before": float(now.sum()),
            "partners": float(found.open.sum()),
            "cost_year_before": before,
            "cost_year": value,
        },
    )


def _weight(row: Row) -> tuple[bool, float]:
    return row["before"] != row["appointed"], float(str(row["jobs_week"]))


def _mixed(names: Sequence[str]) -> Breach:
    said = f"offers are made in {', '.join(names)}"
    return Breach(said, "partner_offers.currency", "bring all offers to one currency", "partner_offers")


def _field(offers: Sequence[Row], jobs: Jobs, first: Floats, km_cost: float, reach: float, late_cost: float) -> _Field:
    """Cost of one job by each partner: price and way as often as it takes, and what being late costs."""
    spots = np.array([(o["latitude"], o["longitude"]) for o in offers], dtype=float).reshape(-1, 2)
    km = great_circle(jobs.spot, spots)
    price = np.array([float(str(o["job_cost"])) for o in offers])
    job = (price + 2 * km_cost * km) / np.maximum(first, 0.05) + np.where(km > reach, late_cost, 0.0)
    skills = [set(str(o["skills"]).split()) for o in offers]
    may = np.array([[not s or s in own for own in skills] for s in jobs.skill], dtype=bool)
    return _Field(km, job, may.reshape(km.shape))


def _apart(offers: Sequence[Row]) -> NDArray[np.int64]:
    """Pairs of partners of one market of which one wants to be the only one."""
    pairs = [
        (i, j)
        for i, one in enumerate(offers)
        for j, other in enumerate(offers[:i])
        if one["market"] == other["market"] and (one["exclusive"] or other["exclusive"])
    ]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _row(
    offer: Row, j: int, field: _Field, given: Floats, jobs: Jobs, first: Floats, opened: bool, reach: float,
    own_cost: float,
) -> dict[str, object]:  # fmt: skip
    """What becomes of one partner, and what jobs of its market cost with it and in the plan."""
    mine = given[:, j]
    near = np.array([m == offer["market"] for m in jobs.market], dtype=bool) & field.may[:, j]
    week, asked = float(mine.sum()), float(jobs.week[near].sum())
    planned = float((given * field.job)[near].sum()) + own_cost * (asked - float(given[near].sum()))
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
        "within": min(float(mine[field.km[:, j] <= reach].sum() / week), 1.0) if week > 0 else None,
        "first_time": float(first[j]),
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
