"""How did revenue change on the year before, and where did the change come from?

Reads     sales, sales_orders, currency_rates
Decides   revenue
Proof     exact: every cut adds up to the sales, to the cent
Method    sums of whole cents by period; like months against like months
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.market._rates import Rates
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.terms.tables.market import CURRENCY_RATES, REVENUE, SALES, SALES_ORDERS

__all__ = ["account_revenue"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
CUTS = ("market", "region", "channel", "family", "model", "buyer")

REASONS = {
    "grew": "{amount:,.0f} {currency} in {period}, {growth:+.1%} on the year before; {contribution:+.1%} of all growth",
    "fell": "{amount:,.0f} {currency} in {period}, {growth:+.1%} on the year before; {contribution:+.1%} of all growth",
    "to_date": "{amount:,.0f} {currency} so far in {period}, {growth:+.1%} on the same months a year before",
    "new": "{amount:,.0f} {currency} in {period}, nothing in the year before",
    "no_year_before": "{amount:,.0f} {currency} in {period}; the year before is not in the books",
    "order_book": "{amount:,.0f} {currency} for {quantity} machines still on order from {value}",
}


@desk(
    "market.revenue",
    question="How did revenue change on the year before, and where did the change come from?",
    reads=(SALES, SALES_ORDERS, CURRENCY_RATES),
    decides=REVENUE,
    reasons=REASONS,
    needs=("sales",),
)
def account_revenue(
    sales: pa.Table,
    sales_orders: pa.Table,
    currency_rates: pa.Table,
    *,
    today: date,
    currency: str = "CNY",
) -> Decision:
    """Revenue by year, quarter and month, in total and by market, region, channel, family, model and buyer.

    today: months that have not ended by its evening are left out. currency: of all sums; sales in others are changed at
    the last rate of their month, and DataRejected names every rate that is missing. A period that is not over yet is
    compared with the same months a year before. Scope `overseas` counts sales outside the maker's own country. A period
    whose year before begins before the first month of the sales has none. Exhibitions show their order book.
    """
    rates = Rates.of(currency_rates)
    month = _months(sales.column("month"))
    next_day = today + timedelta(days=1)
    ended = next_day.year * 12 + next_day.month - 1
    over = month < ended
    sales, month = sales.filter(pa.array(over)), month[over]
    cents = _cents(sales, month, rates, currency)
    if not sales.num_rows:
        clash = Clash("no month of sales has ended", "sales", "load past sales, or move today")
        rows = _order_book(sales_orders, rates, currency, today)
        return Decision(rows, Proof("exact", int(cents.sum()) / 100, 0.0, currency), "none", (clash,))
    first = int(month.min())
    book = _Book(sales, month - first, cents, first, ended - first, currency)
    parts = [book.cut("total", None, scope) for scope in ("all", "overseas")]
    parts.append(book.cut("overseas", "home", "all"))
    parts += [book.cut(cut, cut, scope) for cut in CUTS for scope in ("all", "overseas")]
    rows = pa.concat_tables([*parts, _order_book(sales_orders, rates, currency, today)])
    total = int(cents.sum()) / 100
    proof = Proof("exact", _years_by_market(rows), total, currency, "years by market against all sales")
    return Decision(rows, proof, "best", headline=_headline(rows), figures={"revenue": total})


def _months(column: pa.ChunkedArray) -> Ints:
    """Year x 12 + month - 1."""
    return np.asarray(pc.year(column).to_numpy() * 12 + pc.month(column).to_numpy() - 1, np.int64)


def _cents(sales: pa.Table, month: Ints, rates: Rates, currency: str) -> Ints:
    """Each row's revenue in whole cents of one currency."""
    codes = sales.column("currency").to_pylist()
    factor = np.ones(len(codes))
    missing: set[tuple[str, int]] = set()
    for given, when in sorted(set(zip(codes, month.tolist(), strict=True))):
        if given == currency:
            continue
        last = date(when // 12, when % 12 + 1, 28)
        rate = rates.between(given, currency, last)
        if rate is None:
            missing |= {(c, when) for c in rates.missing(given, currency, last)}
            continue
        factor[(np.array(codes) == given) & (month == when)] = rate
    if missing:
        raise DataRejected(
            Breach(
                f"no rate of {code} for {at // 12}-{at % 12 + 1:02d}", "currency_rates", "add the rate of that month"
            )
            for code, at in sorted(missing)
        )
    amount = sales.column("amount").to_numpy()
    return np.asarray(np.rint(amount * factor * 100), np.int64)


@dataclass(frozen=True)
class _Book:
    """Sales in whole cents by month from `first` (year x 12 + month - 1) on, over all `months` that have ended."""

    sales: pa.Table
    month: Ints
    cents: Ints
    first: int
    months: int
    currency: str

    def cut(self, cut: str, column: str | None, scope: str) -> pa.Table:
        """Rows of one cut and scope for every period."""
        chosen = np.ones(len(self.month), np.bool_)
        if scope == "overseas":
            chosen = ~np.asarray(self.sales.column("home").to_numpy(), np.bool_)
        names, value = self._values(column, scope)
        business = np.asarray(pc.equal(self.sales.column("buyer"), "business").to_numpy(), np.bool_)
        shape = (len(names), self.months)
        amount, trade, machines = (np.zeros(shape, np.int64) for _ in range(3))
        at = (value[chosen], self.month[chosen])
        np.add.at(amount, at, self.cents[chosen])
        np.add.at(trade, at, np.where(business, self.cents, 0)[chosen])
        np.add.at(machines, at, self.sales.column("quantity").to_numpy()[chosen])
        blocks = [
            self._period(cut, scope, names, (amount, trade, machines), period, inside, whole)
            for period, inside, whole in self._periods()
        ]
        return pa.concat_tables(blocks)

    def _values(self, column: str | None, scope: str) -> tuple[list[str], Ints]:
        if column is None:
            return [scope], np.zeros(len(self.month), np.int64)
        if column == "home":
            return ["overseas", "home"], np.asarray(self.sales.column("home").to_numpy(), np.int64)
        names = sorted(set(self.sales.column(column).to_pylist()))
        place = pc.index_in(self.sales.column(column), value_set=pa.array(names, pa.string()))
        return names, np.asarray(place.to_numpy(), np.int64)

    def _periods(self) -> list[tuple[str, Ints, bool]]:
        """Every year, quarter and month with its months in the book, and whether it has ended."""
        at = np.arange(self.months) + self.first
        found: list[tuple[str, Ints, bool]] = []
        for year in range(int(at[0]) // 12, int(at[-1]) // 12 + 1):
            spans = [(f"{year}", 0, 12)] + [(f"{year}Q{q + 1}", 3 * q, 3) for q in range(4)]
            spans += [(f"{year}-{m + 1:02d}", m, 1) for m in range(12)]
            for name, begin, length in spans:
                inside = np.flatnonzero((at >= year * 12 + begin) & (at < year * 12 + begin + length))
                if len(inside):
                    found.append((name, inside, bool(at[-1] >= year * 12 + begin + length - 1)))
        return found

    def _period(
        self,
        cut: str,
        scope: str,
        names: list[str],
        sums: tuple[Ints, Ints, Ints],
        period: str,
        inside: Ints,
        whole: bool,
    ) -> pa.Table:
        amount, trade, machines = (part[:, inside].sum(axis=1) for part in sums)
        known = bool(inside[0] >= 12)
        before = sums[0][:, inside - 12].sum(axis=1) if known else np.zeros(len(names), np.int64)
        kept = np.flatnonzero((amount != 0) | (machines != 0) | (before != 0))
        now, then = amount[kept].astype(np.float64), before[kept].astype(np.float64)
        total, total_before = float(amount.sum()), float(before.sum())
        grown = known & (then > 0)
        growth = np.divide(now - then, then, out=np.full(len(kept), np.nan), where=grown)
        added = (now - then) / total_before if known and total_before > 0 else np.full(len(kept), np.nan)
        reason = np.select(
            [~np.full(len(kept), known), then <= 0, ~np.full(len(kept), whole), now >= then],
            ["no_year_before", "new", "to_date", "grew"],
            "fell",
        )
        columns = {
            "cut": [cut] * len(kept),
            "value": [names[place] for place in kept.tolist()],
            "period": [period] * len(kept),
            "scope": [scope] * len(kept),
            "quantity": machines[kept],
            "amount": now / 100,
            "before": pa.array(then / 100, mask=np.full(len(kept), not known)),
            "currency": [self.currency] * len(kept),
            "growth": pa.array(growth, from_pandas=True),
            "of_period": _share(now, np.full(len(kept), total)),
            "contribution": pa.array(added, from_pandas=True),
            "business": _share(trade[kept].astype(np.float64), now),
            "reason": reason.tolist(),
        }
        return REVENUE.only(pa.table({f.name: columns[f.name] for f in REVENUE.fields}))


def _share(part: npt.NDArray[np.float64], whole: npt.NDArray[np.float64]) -> pa.Array:
    """Shares where both are of one sign, else empty (corrections may outweigh sales)."""
    fair = (whole > 0) & (part >= 0) & (part <= whole)
    return pa.array(np.divide(part, whole, out=np.full(len(part), np.nan), where=fair), from_pandas=True)


def _order_book(sales_orders: pa.Table, rates: Rates, currency: str, today: date) -> pa.Table:
    """Open orders by the exhibition that won them."""
    won: dict[str, tuple[int, int]] = {}
    columns = ["exhibition", "open_quantity", "amount", "currency"]
    for order in sales_orders.select(columns).to_pylist():
        rate = rates.between(order["currency"], currency, today)
        if order["exhibition"] is None:
            continue
        if rate is None:
            codes = ", ".join(rates.missing(order["currency"], currency, today))
            raise DataRejected(Breach(f"no rate of {codes} for {today}", "currency_rates", "add the rate"))
        machines, cents = won.get(order["exhibition"], (0, 0))
        won[order["exhibition"]] = (machines + order["open_quantity"], cents + round(order["amount"] * rate * 100))
    whole = sum(cents for _, cents in won.values())
    return REVENUE.rows(
        [
            {
                "cut": "exhibition",
                "value": name,
                "period": "order_book",
                "scope": "all",
                "quantity": machines,
                "amount": cents / 100,
                "currency": currency,
                "of_period": cents / whole if whole > 0 else None,
                "reason": "order_book",
            }
            for name, (machines, cents) in sorted(won.items())
        ]
    )


def _years_by_market(rows: pa.Table) -> float:
    """The sum of the rows that cut whole sales by market and year."""
    chosen = [pc.equal(rows.column("cut"), "market"), pc.equal(rows.column("scope"), "all")]
    chosen.append(pc.equal(pc.utf8_length(rows.column("period")), 4))
    amount = rows.filter(pc.and_(pc.and_(chosen[0], chosen[1]), chosen[2])).column("amount").to_numpy()
    return int(np.rint(amount * 100).sum()) / 100


def _headline(rows: pa.Table) -> int | None:
    """The overseas total of the last whole year with a year before, else the last total."""
    best: tuple[str, int] | None = None
    for row, cell in enumerate(rows.select(["cut", "scope", "period", "reason"]).to_pylist()):
        told = cell["cut"] == "total" and cell["scope"] == "overseas" and cell["reason"] in ("grew", "fell")
        if told and len(cell["period"]) == 4 and (best is None or cell["period"] > best[0]):
            best = (cell["period"], row)
    return best[1] if best else 0 if rows.num_rows else None
