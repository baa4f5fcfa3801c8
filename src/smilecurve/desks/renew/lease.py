"""Which rate a month does this lease need, given what the machine may be worth at its end, who asks and what he may do?

Reads     lease_requests, lease_terms, models, residual_values, lease_exposure
Decides   lease_offers
Proof     exact: payments and end value, discounted and weighted by default, are worth the price and the lessee's rights
Method    annuity with the expected end value and a constant chance of default a month: solve.leasing; rights to buy, to
          return and to go on by a lattice: solve.lease_options; a charge where the fleet lumps: solve.residuals
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from smilecurve.desks.renew._lease_checks import check_leases
from smilecurve.desks.renew._paths import Path, path_of
from smilecurve.desks.renew._worth import Worth
from smilecurve.solve.lease_options import Choices, choices_value, fair_payment
from smilecurve.solve.leasing import net_value, price_lease
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.tables.market import MODELS
from smilecurve.terms.tables.renew import LEASE_OFFERS, LEASE_REQUESTS, RESIDUAL_VALUES
from smilecurve.terms.tables.renew_leases import LEASE_EXPOSURE, LEASE_TERMS

__all__ = ["price_leases"]

Row = dict[str, object]
GRADES = ("A", "B", "C", "D")


@desk(
    "renew.lease",
    question="Which rate a month does this lease need, given what the machine may be worth at its end, who asks and "
    "what he may do?",
    reads=(LEASE_REQUESTS, LEASE_TERMS, MODELS, RESIDUAL_VALUES, LEASE_EXPOSURE),
    decides=LEASE_OFFERS,
    needs=("lease_requests", "models"),
    reasons={
        "priced": "{rate:.0f} {currency} a month: {price:.0f} new is worth {residual:.0f} after {months} months; "
        "{risk_part:.0f} of the rate is for default",
        "with_rights": "{rate:.0f} {currency} a month: {price:.0f} new is worth {residual:.0f} after {months} months; "
        "{option_part:.0f} of the rate is for his rights to buy, to return or to go on",
        "lumped": "{rate:.0f} {currency} a month: {price:.0f} new is worth {residual:.0f} after {months} months; "
        "{lump_part:.0f} of the rate is for losing {tail_share:.0%} of it when the fleet fares worst",
        "end_unknown": "{rate:.0f} {currency} a month: nobody knows what a used {model} is worth, the end counts "
        "{residual:.0f}; {risk_part:.0f} is for default",
    },
    version="2",
)
def price_leases(
    lease_requests: pa.Table,
    lease_terms: pa.Table,
    models: pa.Table,
    residual_values: pa.Table,
    lease_exposure: pa.Table,
    *,
    grade: str = "B",
    recovery: float = 0.8,
    margin: float = 0.0,
    capital_cost: float = 0.08,
) -> Decision:
    """Decide the rate of every lease request.

    grade         condition in which machines come back
    recovery      share of a machine's value that is regained from a lessee who stops paying
    margin        added to the interest a year that the lease must earn
    capital_cost  a year, of the capital that must lie ready for the fleet's worst
    """
    if grade not in GRADES or not 0 <= recovery <= 1 or margin < 0 or capital_cost < 0:
        said = f"grade {grade}, recovery {recovery:g}, margin {margin:g}, capital_cost {capital_cost:g}"
        raise OptionRejected(
            Breach(said, "options", "grade A to D, recovery a share, margin and capital_cost at least 0")
        )
    asked = sorted(lease_requests.to_pylist(), key=lambda row: str(row["request"]))
    known = {str(row["model"]): row for row in models.to_pylist()}
    terms = {row["request"]: row for row in lease_terms.to_pylist()}
    check_leases(asked, terms, known)
    tails = {(row["model"], row["market"]): float(row["tail_share"]) for row in lease_exposure.to_pylist()}
    way = _Way(Worth(residual_values), grade, recovery, margin, capital_cost)
    rows, excess, prices = [], 0.0, 0.0
    for row in asked:
        offer, off = way.offer(row, terms.get(row["request"], {}), known[str(row["model"])], tails)
        rows.append(offer)
        excess, prices = excess + off, prices + float(str(offer["price"]))
    currencies = {str(row["currency"]) for row in rows}
    unit = currencies.pop() if len(currencies) == 1 else "price"
    return Decision(
        rows=LEASE_OFFERS.rows(rows),
        proof=Proof(
            "exact", round(prices + excess, 6), round(prices, 6), unit, "discounted cash flow against the price"
        ),
        status="best",
        headline=max(range(len(rows)), key=lambda i: float(str(rows[i]["rate"])), default=None),
        figures={"requests": float(len(rows)), "rate_mean": float(np.mean([r["rate"] for r in rows])) if rows else 0.0},
    )


@dataclass(frozen=True)
class _Way:
    """How rates are found."""

    worth: Worth
    grade: str
    recovery: float
    margin: float
    capital_cost: float

    def offer(self, row: Row, terms: Row, model: Row, tails: dict[tuple[object, object], float]) -> tuple[Row, float]:
        """The offer for one request, and by how much its cash flow misses what it must be worth."""
        months, price = int(str(row["months"])), float(str(model["price"]))
        cap = terms.get("hours_cap")
        hours = float(str(row["hours_a_month"] if cap is None else cap))
        choices = _choices(terms)
        path = path_of(
            self.worth, str(row["model"]), str(row["market"]), self.grade, price, months + choices.extend, hours
        )
        mean = np.zeros(months + 1 + choices.extend) if path is None else path.mean.copy()
        mean[0] = price
        low, high = (0.0, 0.0) if path is None else (float(path.low[months]), float(path.high[months]))
        rate = float((1 + float(str(row["interest"])) + self.margin) ** (1 / 12) - 1)
        hazard = float(1 - (1 - float(str(row["risk"]))) ** (1 / months))
        got = price_lease(
            price,
            mean[: months + 1],
            rate=rate,
            hazard=hazard,
            recovery=self.recovery,
            residual_low=low,
            residual_high=high,
        )
        annuity = float(np.sum(((1 - hazard) / (1 + rate)) ** np.arange(1, months + 1)))
        luck = {"rate": rate, "hazard": hazard, "recovery": self.recovery}
        deviation = 0.0 if path is None else float(path.spread.width[months])
        payment, rights = fair_payment(
            got.payment * annuity, annuity, mean, months, choices, deviation=deviation, **luck
        )
        off = abs(net_value(payment, price, mean[: months + 1], rate, hazard, self.recovery) - rights)
        alone = [choices_value(payment, mean, months, one, deviation=deviation, **luck) for one in _one_by_one(choices)]
        tail = tails.get((row["model"], row["market"]), 0.0)
        lump = tail * float(mean[months]) * self.capital_cost / 12
        parts = {"risk_part": max(got.risk_loading, 0.0), "option_part": payment - got.payment, "lump_part": lump}
        kept = {name: row[name] for name in ("request", "model", "market", "months")}
        return kept | parts | {
            "price": price,
            "residual": float(mean[months]),
            "residual_low": low,
            "residual_high": high,
            "rate": max(payment, 0.0) + lump,
            "rate_if_residual_low": max(got.high + payment - got.payment, 0.0) + lump,
            "hours_included": hours,
            "excess_price": _excess(path, months),
            "buy_option": alone[0],
            "return_option": alone[1],
            "extend_option": alone[2],
            "tail_share": tail,
            "currency": model["currency"],
            "reason": "end_unknown" if path is None else REASONS[max(parts, key=lambda name: parts[name])],
        }, off


REASONS = {"risk_part": "priced", "option_part": "with_rights", "lump_part": "lumped"}


def _excess(path: Path | None, months: int) -> float:
    return 0.0 if path is None else float(path.hour_cost[months])


def _choices(terms: Row) -> Choices:
    buy, back = terms.get("buy_at"), terms.get("return_from")
    return Choices(
        None if buy is None else float(str(buy)),
        None if back is None else int(str(back)),
        float(str(terms.get("return_fee") or 0.0)),
        int(str(terms.get("extend_months") or 0)),
    )


def _one_by_one(choices: Choices) -> tuple[Choices, Choices, Choices]:
    """The rights to buy, to return and to go on, each alone."""
    none = replace(choices, buy_at=None, return_from=None, extend=0)
    return (
        replace(none, buy_at=choices.buy_at),
        replace(none, return_from=choices.return_from),
        replace(none, extend=choices.extend),
    )
