"""Is this claim covered, why, what is paid and what does the supplier pay back?

Reads     claims, warranty_terms, currency_rates; feedback claim_forecast (what is still to come)
Decides   claim_decisions
Proof     exact: what is paid and what is refused add up to what was asked
Method    terms as rows, the most particular one counts: the market's before the world's, then the system's
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.money import Money, worth_in
from smilecurve.terms.tables.learn_claims import CLAIM_FORECAST
from smilecurve.terms.tables.market import CURRENCY_RATES
from smilecurve.terms.tables.serve_claims import CLAIM_DECISIONS, CLAIMS, WARRANTY_TERMS

__all__ = ["decide_claims"]

MONTH_DAYS = 365.25 / 12
Row = Mapping[str, object]
NO_RESERVE = "covered {covered:.0f} of {claims:.0f} claims; no failures are foretold: no reserve can be told"
RESERVE = (
    "covered {covered:.0f} of {claims:.0f} claims; put {reserve:.0f} aside for {foretold:.0f} failures under warranty "
    "in the next {weeks:.0f} weeks, {reserve_low:.0f} to {reserve_high:.0f} in 80 % of cases, of which suppliers pay "
    "back {recovery:.0f}"
)
KEPT = ("claim", "machine", "market", "partner", "holder", "part", "hours", "amount", "currency", "built", "scrapped")


@desk(
    "serve.warranty",
    question="Is this claim covered, why, what is paid and what does the supplier pay back?",
    reads=(CLAIMS, WARRANTY_TERMS, CURRENCY_RATES),
    decides=CLAIM_DECISIONS,
    feedback=(CLAIM_FORECAST,),
    answers={"reserve": RESERVE, "no_forecast": NO_RESERVE},
    needs=("claims", "warranty_terms"),
    version="3",
    reasons={
        "covered": "{age_months:.1f} of {months} months: {paid:.2f} {currency} is paid",
        "capped": "{age_months:.1f} of {months} months: {paid:.2f} of {amount:.2f} {currency}, the most for one claim",
        "too_old": "{age_months:.1f} months in service, {months} are covered",
        "too_worn": "{hours:.0f} hours on the meter, {hours_most:.0f} are covered",
        "hours_unknown": "{hours_most:.0f} hours are covered and nobody read the meter: send the reading",
        "start_unknown": "nobody knows when service began: send the start-up or sales paper",
        "not_verified": "no failure of {part} was verified",
        "twice": "the same {part} of the same machine was claimed on the same day before",
        "serial_unknown": "no machine {machine} was ever built or sold: look at the serial",
        "before_built": "claimed before the machine was built on {built}: look at the serial and the day",
        "after_scrap": "claimed after the machine was scrapped on {scrapped}: look at the serial and the day",
        "below_zero": "asks for {amount:.2f} {currency}, less than nothing: withdraw it, or claim what is owed",
        "no_terms": "no warranty terms are kept for machines of this family",
    },
)
def decide_claims(
    claims: pa.Table,
    warranty_terms: pa.Table,
    currency_rates: pa.Table,
    *,
    claim_forecast: pa.Table | None = None,
    currency: str = "CNY",
    grace_days: int = 0,
) -> Decision:
    """Decide every claim against the one term that fits it best, and tell what to put aside for those to come.

    The reserve is what learn.claims foretells to cost, of all machines in service; each row of `claim_forecast` by part
    and week says its share of it. Suppliers pay back of it what they did of all claims paid.
    currency     of the sums in the proof; the rows keep the currency of their claim
    grace_days   days after the end of the term in which a claim still counts
    """
    if grace_days < 0:
        raise OptionRejected(Breach(f"grace_days of {grace_days} is below 0", "grace_days", "give at least 0"))
    asked = sorted(claims.to_pylist(), key=lambda row: (row["claimed"], row["claim"]))
    terms: dict[tuple[object, ...], Row] = {
        (t["family"], t["market"], t["system"]): t for t in warranty_terms.to_pylist()
    }
    used = [str(row["currency"]) for row in (*asked, *terms.values()) if row["currency"]]
    ahead = _ahead(claim_forecast)
    used += [str(ahead["currency"])] if ahead is not None and ahead["currency"] else []
    worth = worth_in(used, currency, currency_rates)
    seen: set[tuple[object, ...]] = set()
    rows = []
    for claim in asked:
        key = (claim["machine"], claim["part"], claim["claimed"])
        rows.append(_decide(claim, _term(claim, terms), worth, grace_days, key in seen))
        seen.add(key)
    total = sum(worth[str(r["currency"])] * float(str(r["amount"])) for r in rows)
    paid = sum(worth[str(r["currency"])] * float(str(r["paid"])) for r in rows)
    refused = sum(worth[str(r["currency"])] * (float(str(r["amount"])) - float(str(r["paid"]))) for r in rows)
    back = sum(worth[str(r["currency"])] * float(str(r["recovered"])) for r in rows)
    return Decision(
        rows=CLAIM_DECISIONS.rows(rows),
        proof=Proof("exact", round(paid + refused, 6), round(total, 6), currency, "paid and refused against asked"),
        status="best",
        worth=Money(paid, currency),
        headline=max(range(len(rows)), key=lambda i: float(str(rows[i]["amount"])), default=None),
        figures={
            "claims": float(len(rows)),
            "covered": float(sum(bool(r["covered"]) for r in rows)),
            "asked": total,
            "paid": paid,
            "recovered": back,
            **(_reserve(ahead, worth, back / paid if paid else 0.0) if ahead is not None else {}),
        },
        answer="reserve" if ahead is not None else "no_forecast",
    )


def _ahead(forecast: pa.Table | None) -> Row | None:
    """The sum over all weeks to come of all machines, where it has a reserve."""
    rows = [] if forecast is None else forecast.filter(pc.equal(forecast.column("level"), "all")).to_pylist()
    told = [r for r in rows if not r["past"] and r["reserve"] is not None]
    return max(told, key=lambda r: int(r["weeks"]), default=None)


def _reserve(ahead: Row, worth: Mapping[str, float], back: float) -> dict[str, float]:
    at = worth[str(ahead["currency"])]
    reserve, low, high = (float(str(ahead[c] or 0.0)) * at for c in ("reserve", "reserve_low", "reserve_high"))
    foretold, weeks = (float(str(ahead[c] or 0.0)) for c in ("covered", "weeks"))
    return {
        "reserve": reserve, "reserve_low": low, "reserve_high": high, "recovery": reserve * back, "foretold": foretold,
        "weeks": weeks,
    }  # fmt: skip


def _term(claim: Row, terms: Mapping[tuple[object, ...], Row]) -> Row | None:
    """The most particular term: own market and system, own market, own system, the family's."""
    for market in (claim["market"], "*"):
        for system in (claim["system"], "*"):
            found = terms.get((claim["family"], market, system))
            if found is not None:
                return found
    return None


def _decide(
    claim: Row, term: Row | None, worth: Mapping[str, float], grace_days: int, twice: bool
) -> dict[str, object]:
    started, claimed = claim["started"], claim["claimed"]
    assert isinstance(claimed, date)
    age = (claimed - started).days / MONTH_DAYS if isinstance(started, date) else None
    reason = _impossible(claim) or ("no_terms" if term is None else _refusal(claim, term, grace_days, twice))
    amount, most = float(str(claim["amount"])), None
    if term is not None and term["most"] is not None:
        of = worth[str(term["currency"])] if term["currency"] else worth[str(claim["currency"])]
        most = float(str(term["most"])) * of / worth[str(claim["currency"])]
    covered = reason == "covered"
    paid = (amount if most is None else min(amount, most)) if covered else 0.0
    back = paid * float(str(term["supplier_share"])) if term is not None and claim["supplier"] else 0.0
    return {name: claim[name] for name in KEPT} | {
        "age_months": age,
        "months": term["months"] if term else None,
        "hours_most": term["hours"] if term else None,
        "covered": covered,
        "paid": paid,
        "recovered": back,
        "supplier": claim["supplier"] if back else None,
        "reason": "capped" if covered and paid < amount else reason,
    }


def _impossible(claim: Row) -> str:
    """Why the claim cannot be meant as it stands; empty where it can."""
    if claim["known"] is False:
        return "serial_unknown"
    claimed, built, scrapped = claim["claimed"], claim["built"], claim["scrapped"]
    assert isinstance(claimed, date)
    if isinstance(built, date) and claimed < built:
        return "before_built"
    if isinstance(scrapped, date) and claimed > scrapped:
        return "after_scrap"
    return "below_zero" if float(str(claim["amount"])) < 0 else ""


def _refusal(claim: Row, term: Row, grace_days: int, twice: bool) -> str:
    """The first reason to refuse, or `covered`. A failure before the start of service is covered."""
    if twice:
        return "twice"
    if not claim["verified"]:
        return "not_verified"
    started, claimed = claim["started"], claim["claimed"]
    if not isinstance(started, date) or not isinstance(claimed, date):
        return "start_unknown"
    if (claimed - add_months(started, int(str(term["months"])))).days > grace_days:
        return "too_old"
    if term["hours"] is not None:
        if claim["hours"] is None:
            return "hours_unknown"
        if float(str(claim["hours"])) > float(str(term["hours"])):
            return "too_worn"
    return "covered"


def add_months(day: date, months: int) -> date:
    """The same day some months later, or the last day of that month.

    >>> add_months(date(2024, 1, 31), 13)
    datetime.date(2025, 2, 28)
    """
    month = day.year * 12 + day.month - 1 + months
    year, month = divmod(month, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
