"""Which rate a month does this lease need, given what the machine is worth at its end and who asks?

Reads     lease_requests, models, residual_values
Decides   lease_offers
Proof     exact: payments and end value, discounted and weighted by default, are worth the price
Method    annuity with residual and a constant chance of default a month: see solve.leasing
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from smilecurve.desks.renew._worth import Worth
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected, OptionRejected
from smilecurve.terms.tables.market import MODELS
from smilecurve.terms.tables.renew import LEASE_OFFERS, LEASE_REQUESTS, RESIDUAL_VALUES

__all__ = ["price_leases"]

GRADES = ("A", "B", "C", "D")


@desk(
    "renew.lease",
    question="Which rate a month does this lease need, given what the machine is worth at its end and who asks?",
    reads=(LEASE_REQUESTS, MODELS, RESIDUAL_VALUES),
    decides=LEASE_OFFERS,
    needs=("lease_requests", "models"),
    reasons={
        "priced": "{rate:.0f} {currency} a month: {price:.0f} new is worth {residual:.0f} after {months} months; "
        "{risk_part:.0f} of the rate is for default",
        "end_unknown": "{rate:.0f} {currency} a month: nobody knows what a used {model} is worth, the end counts "
        "{residual:.0f}; {risk_part:.0f} is for default",
    },
)
def price_leases(
    lease_requests: pa.Table,
    models: pa.Table,
    residual_values: pa.Table,
    *,
    grade: str = "B",
    recovery: float = 0.8,
    margin: float = 0.0,
) -> Decision:
    """Decide the rate of every lease request.

    grade      condition in which machines come back
    recovery   share of a machine's value that is regained from a lessee who stops paying
    margin     added to the interest a year that the lease must earn
    """
    if grade not in GRADES or not 0 <= recovery <= 1 or margin < 0:
        said = f"grade {grade}, recovery {recovery:g}, margin {margin:g}"
        raise OptionRejected(Breach(said, "options", "grade A to D, recovery a share, margin at least 0"))
    asked = sorted(lease_requests.to_pylist(), key=lambda row: str(row["request"]))
    known = {row["model"]: row for row in models.to_pylist()}
    absent = sorted({str(row["model"]) for row in asked} - {str(name) for name in known})
    if absent:
        raise DataRejected(
            [
                Breach(f"model {m} has no price", f"models.{m}", "add the model or mend the request", "models")
                for m in absent
            ]
        )
    sure = [row["request"] for row in asked if float(str(row["risk"])) >= 1]
    if sure:
        raise DataRejected(
            [
                Breach(
                    f"request {r} is sure to default", "lease_requests.risk", "give a risk below 1", "lease_requests"
                )
                for r in sure
            ]
        )
    from smilecurve.solve.leasing import price_lease

    worth, rows, excess, prices = Worth(residual_values), [], 0.0, 0.0
    for row in asked:
        model, months = known[row["model"]], int(row["months"])
        price = float(model["price"])
        path = [worth.at(row["model"], row["market"], grade, float(age)) for age in range(months + 1)]
        middle = np.array([price * (point[1] if point else 0.0) for point in path])
        middle[0] = price
        last = path[-1] or (0.0, 0.0, 0.0)
        got = price_lease(
            price,
            middle,
            rate=float((1 + row["interest"] + margin) ** (1 / 12) - 1),
            hazard=float(1 - (1 - row["risk"]) ** (1 / months)),
            recovery=recovery,
            residual_low=price * last[0],
            residual_high=price * last[2],
        )
        excess, prices = excess + abs(got.npv), prices + price
        rows.append(
            {name: row[name] for name in ("request", "model", "market", "months")}
            | {
                "price": price,
                "residual": float(middle[-1]),
                "residual_low": price * last[0],
                "rate": max(got.payment, 0.0),
                "risk_part": max(got.risk_loading, 0.0),
                "rate_if_residual_low": max(got.high, 0.0),
                "currency": model["currency"],
                "reason": "priced" if path[-1] else "end_unknown",
            }
        )
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
