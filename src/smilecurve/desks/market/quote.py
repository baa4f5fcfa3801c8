"""What does a machine cost at the buyer's door, and who bears what under the Incoterms rule?

Reads     quote_requests, models, markets, tariffs, lanes, currency_rates
Decides   quotes
Proof     exact: quotes that could be completed, of all that were asked
Method    price, freight, insurance, duty and value added tax added up; a rate that is missing is named, never guessed
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa

from smilecurve.desks.market._rates import Rates
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.tables.market import CURRENCY_RATES, MARKETS, MODELS, QUOTE_REQUESTS, QUOTES, TARIFFS
from smilecurve.terms.tables.ship import LANES

__all__ = ["quote_machines"]

Row = dict[str, Any]

#: what the seller bears beside the goods under each Incoterms 2020 rule; the buyer bears the rest
SELLER_BEARS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("EXW", "FCA", "FOB"), ()),
    **dict.fromkeys(("CFR", "CPT"), ("freight",)),
    **dict.fromkeys(("CIF", "CIP", "DAP", "DPU"), ("freight", "insurance")),
    "DDP": ("freight", "insurance", "duty", "vat"),
}
REASONS = {
    "landed": "{landed:,.2f} {currency} landed: price {price:,.2f}, freight {freight:,.2f}, "
    "insurance {insurance:,.2f}, duty {duty:,.2f}; value added tax {vat:,.2f} besides",
    "at_home": "{landed:,.2f} {currency} delivered at home: price {price:,.2f}, freight {freight:,.2f}; no customs",
    "rate_missing": "cannot be completed: {missing} is missing",
}


@desk(
    "market.quote",
    question="What does a machine cost at the buyer's door, and who bears what under the Incoterms rule?",
    reads=(QUOTE_REQUESTS, MODELS, MARKETS, TARIFFS, LANES, CURRENCY_RATES),
    decides=QUOTES,
    reasons=REASONS,
    needs=("quote_requests", "models"),
)
def quote_machines(
    quote_requests: pa.Table,
    models: pa.Table,
    markets: pa.Table,
    tariffs: pa.Table,
    lanes: pa.Table,
    currency_rates: pa.Table,
    *,
    today: date,
    insurance_rate: float = 0.003,
    insured_share: float = 1.1,
) -> Decision:
    """Landed cost of every quote in the currency the buyer wants, by the last rates not after `today`.

    insurance_rate: premium over the insured value, which is insured_share of cost, insurance and freight. Freight is
    the lane's price of a cubic metre times the machines' volume; without a lane asked for, the cheapest open one. Duty
    is on CIF value, or on FOB value where the tariff says so; value added tax is on CIF value and duty. landed + vat =
    price + seller_pays + buyer_pays.
    """
    if not 0 <= insurance_rate * insured_share < 1:
        said = f"insurance of {insurance_rate:g} on {insured_share:g} of the value costs more than the value"
        raise OptionRejected(Breach(said, "insurance_rate", "keep insurance_rate x insured_share below 1"))
    desk_rows = _Desk(
        {r["model"]: r for r in models.to_pylist()},
        {r["market"] for r in markets.to_pylist() if r["home"]},
        tariffs.to_pylist(),
        lanes.to_pylist(),
        Rates.of(currency_rates),
        today,
        insurance_rate * insured_share,
    )
    rows = [desk_rows.quote(request) for request in quote_requests.to_pylist()]
    complete = sum(row["missing"] is None for row in rows)
    largest = max(range(len(rows)), key=lambda i: rows[i]["price"], default=None)
    return Decision(
        QUOTES.rows(rows),
        Proof("exact", float(complete), float(len(rows)), "quotes complete", "elements add up"),
        "best" if complete == len(rows) else "good",
        headline=largest,
        figures={"quotes": float(len(rows)), "incomplete": float(len(rows) - complete)},
    )


@dataclass
class _Money:
    """The elements of one quote found so far, and what is missing."""

    missing: list[str] = field(default_factory=list)
    price: float | None = None
    freight: float | None = None
    insurance: float | None = None
    customs_value: float | None = None
    duty: float | None = None
    vat: float | None = None

    def total(self, *names: str) -> float | None:
        """The sum of the named elements; None while one is missing."""
        found = [getattr(self, name) for name in names]
        return None if None in found else round(sum(found), 2)


@dataclass(frozen=True)
class _Desk:
    """The rules and rates that all quotes share."""

    models: dict[str, Row]
    home: set[str]
    tariffs: list[Row]
    lanes: list[Row]
    rates: Rates
    today: date
    premium: float

    def quote(self, request: Row) -> Row:
        """One row of `quotes`."""
        wanted, asked = str(request["target_currency"]), str(request["currency"])
        price = float(request["unit_price"]) * int(request["quantity"])
        at_home = request["market"] in self.home
        money = _Money()
        rate = self._rate(asked, wanted, money)
        model = self.models.get(str(request["model"]))
        if model is None:
            money.missing.append(f"model {request['model']}")
        money.price = None if rate is None else round(price * rate, 2)
        lane = self._freight(request, model, wanted, money)
        if money.price is not None and money.freight is not None:
            sum_insured = (money.price + money.freight) / (1 - self.premium)
            money.insurance = round(sum_insured * self.premium, 2)
        self._customs(request, model, money, at_home)
        others = ("freight", "insurance", "duty", "vat")
        bears = SELLER_BEARS[str(request["incoterm"])]
        return {
            **{k: request[k] for k in ("quote", "model", "market", "incoterm", "quantity")},
            "price": round(price, 2) if money.price is None else money.price,
            "currency": asked if money.price is None else wanted,
            **{k: getattr(money, k) for k in ("freight", "insurance", "customs_value", "duty", "vat")},
            "landed": money.total("price", "freight", "insurance", "duty"),
            "seller_pays": money.total(*bears),
            "buyer_pays": money.total(*[k for k in others if k not in bears]),
            "missing": "; ".join(dict.fromkeys(money.missing)) or None,
            "lane": lane,
            "reason": "rate_missing" if money.missing else "at_home" if at_home else "landed",
        }

    def _rate(self, given: str, wanted: str, money: _Money) -> float | None:
        money.missing += [f"rate of {c} on {self.today}" for c in self.rates.missing(given, wanted, self.today)]
        return self.rates.between(given, wanted, self.today)

    def _freight(self, request: Row, model: Row | None, wanted: str, money: _Money) -> str | None:
        """Sets the freight; returns the lane taken."""
        asked, market = request["lane"], request["market"]
        able = [r for r in self.lanes if r["market"] == market and asked in (None, r["lane"]) and self._open(r)]
        if not able:
            if market in self.home:
                money.freight = 0.0
                return None
            money.missing.append(f"lane {asked}" if asked else f"open lane to {market}")
            return None
        priced = [(r, self.rates.between(str(r["currency"]), wanted, self.today)) for r in able]
        known = [(float(r["cost_per_m3"]) * rate, str(r["lane"])) for r, rate in priced if rate is not None]
        if not known:
            self._rate(str(able[0]["currency"]), wanted, money)
            return str(able[0]["lane"])
        cost, lane = min(known)
        if model is not None and money.price is not None:
            length, width, height = (float(model[k]) for k in ("length_m", "width_m", "height_m"))
            money.freight = round(cost * length * width * height * int(request["quantity"]), 2)
        return lane

    def _open(self, lane: Row) -> bool:
        begin, end = lane["closed_from"], lane["closed_until"]
        return bool(begin is None or self.today < begin or (end is not None and end <= self.today))

    def _customs(self, request: Row, model: Row | None, money: _Money, at_home: bool) -> None:
        """Sets customs value, duty and value added tax."""
        if at_home:
            money.duty = money.vat = 0.0
            return
        if model is None:
            return
        tariff = self._tariff(str(request["market"]), str(model["hs"]))
        if tariff is None:
            money.missing.append(f"tariff of {request['market']} on {model['hs']}")
            return
        cif = money.total("price", "freight", "insurance")
        if cif is None or money.price is None:
            return
        money.customs_value = money.price if tariff["basis"] == "FOB" else cif
        money.duty = round(money.customs_value * float(tariff["duty"]), 2)
        money.vat = round((cif + money.duty) * float(tariff["vat"]), 2)

    def _tariff(self, market: str, hs: str) -> Row | None:
        """The market's row with the longest heading that begins the machine's; `*` stands for every other."""
        able = [r for r in self.tariffs if r["market"] == market and (r["hs"] == "*" or hs.startswith(str(r["hs"])))]
        return max(able, key=lambda r: -1 if r["hs"] == "*" else len(str(r["hs"])), default=None)
