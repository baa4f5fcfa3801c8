"""Which used machines were offered, at what share of their worth, and how long did each stand?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smilecurve.desks.renew._worth import Worth
from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.terms.money import worth_in

__all__ = ["Offered", "all_offered"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
GRADES = ("A", "B", "C", "D")
HALF_A_DAY = 0.5


@dataclass(frozen=True)
class Offered:
    """Offers whose worth is known, in their own currencies; rates: what one unit is worth in the asked one.

    rows: where each stands in the table; days until it was sold, or stood so far; group: codes of family and market
    """

    rows: Ints
    days: Floats
    sold: Flags
    open: Flags
    ratio: Floats
    worth: Floats
    model: Ints
    group: Ints
    groups: tuple[int, ...]
    rates: dict[str, float]
    paid_share: float

    def part(self, which: Flags) -> Offered:
        """Some of the offers."""
        names = ("rows", "days", "sold", "open", "ratio", "worth", "model", "group")
        some = {name: getattr(self, name)[which] for name in names}
        return Offered(**some, groups=self.groups, rates=self.rates, paid_share=self.paid_share)


def all_offered(offers: pa.Table, residuals: pa.Table, models: pa.Table, rates: pa.Table, currency: str) -> Offered:
    """Every offer of a model with a value; DataRejected names each price and day that cannot be."""
    _check(offers)
    listed, sold, withdrawn = (_days(offers, name) for name in ("listed", "sold", "withdrawn"))
    told = np.concatenate([d[~np.isnan(d)] for d in (listed, sold, withdrawn)])
    last = told.max() if len(told) else 0.0
    end = np.where(np.isnan(sold), np.where(np.isnan(withdrawn), last, withdrawn), sold)
    names, families = models.column("model").to_pylist(), models.column("family").to_pylist()
    place = {name: i for i, name in enumerate(names)}
    used = set(models.column("currency").to_pylist()) | set(offers.column("currency").to_pylist())
    rate = worth_in(sorted(used), currency, rates)
    worth = _worth(offers, Worth(residuals), models, place, rate)
    known = np.flatnonzero(worth > 0)
    known = known[np.lexsort([np.array(offers.column("offer").to_pylist(), dtype=str)[known], listed[known]])]
    ask = np.asarray(offers.column("ask").to_numpy(zero_copy_only=False), dtype=np.float64)
    model = np.array([place.get(name, -1) for name in offers.column("model").to_pylist()], dtype=np.int64)
    kinds, markets = sorted(set(families)), sorted(set(offers.column("market").to_pylist()))
    family = np.array([kinds.index(name) for name in families], dtype=np.int64)
    at = pc.index_in(offers.column("market"), pa.array(markets, pa.string())).to_numpy(zero_copy_only=False)
    paid = np.asarray(offers.column("paid").to_numpy(zero_copy_only=False), dtype=np.float64)
    haggled = (paid / ask)[(paid > 0) & ~np.isnan(sold)]
    return Offered(
        known,
        np.maximum(end - listed, HALF_A_DAY)[known],
        ~np.isnan(sold[known]),
        (np.isnan(sold) & np.isnan(withdrawn))[known],
        (ask / np.where(worth > 0, worth, 1.0))[known],
        worth[known],
        model[known],
        np.column_stack([family[model[known]], at[known]]).astype(np.int64).reshape(-1, 2),
        (max(len(kinds), 1), max(len(markets), 1)),
        rate,
        float(np.median(haggled)) if len(haggled) else 1.0,
    )


def _worth(offers: pa.Table, curves: Worth, models: pa.Table, place: dict[str, int], rate: dict[str, float]) -> Floats:
    """Middle price of each offered machine in the currency it is asked in, at its hours; 0 where none is known."""
    price, money = models.column("price").to_pylist(), models.column("currency").to_pylist()
    columns = ("model", "market", "grade", "age_months", "hours", "currency")
    found = np.zeros(offers.num_rows)
    for i, (model, market, grade, age, hours, currency) in enumerate(
        zip(*(offers.column(name).to_pylist() for name in columns), strict=True)
    ):
        curve = [curves.over(model, market, g, np.array([age])) for g in ((grade,) if grade else GRADES)]
        if model not in place or any(c is None for c in curve):
            continue
        _, middle, _, usual, wear = np.mean([c[0] for c in curve if c is not None], axis=0)
        share = middle if hours is None else max(middle - (hours - usual) * wear, middle / 2)
        found[i] = share * price[place[model]] * rate[money[place[model]]] / rate[currency]
    return found


def _days(table: pa.Table, name: str) -> Floats:
    """Days since 1970, nan where none is told."""
    days = table.column(name).cast(pa.int32()).cast(pa.float64())
    return np.asarray(days.to_numpy(zero_copy_only=False), dtype=np.float64)


def _check(offers: pa.Table) -> None:
    bad = []
    for i, row in enumerate(offers.select(["offer", "ask", "paid", "listed", "sold", "withdrawn"]).to_pylist()):
        found = [("ask", "asks nothing", "give the price asked")] if row["ask"] <= 0 else []
        for name, what in (("sold", "is sold"), ("withdrawn", "is withdrawn")):
            if row[name] is not None and row[name] < row["listed"]:
                found.append((name, f"{what} before it is listed", "correct one of the two days"))
        if row["sold"] is not None and row["withdrawn"] is not None:
            found.append(("withdrawn", "is both sold and withdrawn", "keep one of the two days"))
        if row["paid"] is not None and row["sold"] is None:
            found.append(("paid", "is paid and not sold", "give the day of the sale"))
        bad += [
            Breach(f"offer {row['offer']} {what}", f"used_offers.{name}, row {i + 1}", do, "used_offers", i, name)
            for name, what, do in found
        ]
    if bad:
        raise DataRejected(bad)
