"""What was sold, ours and others' together, in order, with what was not told filled in?

A sale without hours is taken at the hours that usually go with its age, one without a grade at the mean grade of the
others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.terms.tables.renew import RESALES

__all__ = ["GRADES", "Kinds", "Sold", "all_sold", "kinds_of", "pace_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
GRADES = ("A", "B", "C", "D")
ENOUGH = 5
QUARTER = 3
MIDDLE = 1.0


@dataclass(frozen=True)
class Sold:
    """Sales in an order that does not depend on that of the rows: names, codes into them, numbers without gaps."""

    rows: pa.Table
    families: list[str]
    models: list[str]
    markets: list[str]
    family: Ints
    model: Ints
    market: Ints
    grade: Floats
    age: Floats
    hours: Floats
    share: Floats
    quarter: Ints
    untold: tuple[int, int]

    def __len__(self) -> int:
        return len(self.share)


@dataclass(frozen=True)
class Kinds:
    """What is valued: pairs of a model and a market, with the model's price new."""

    model: Ints
    family: Ints
    market: Ints
    price: Floats
    currency: pa.Array


def all_sold(resales: pa.Table, auction_sales: pa.Table | None, models: pa.Table) -> Sold:
    """Own and others' sales as one; every price that is no price is told at once."""
    told = [("resales", resales)]
    if auction_sales is not None and auction_sales.num_rows:
        told.append(("auction_sales", _as_resales(auction_sales)))
    breaches = [breach for name, rows in told for breach in _unpaid(name, rows)]
    if breaches:
        raise DataRejected(breaches)
    rows = pa.concat_tables([rows for _, rows in told]).combine_chunks()
    rows = rows.sort_by([("sold", "ascending"), ("machine", "ascending")])
    families, names = (_names(rows, models, column) for column in ("family", "model"))
    markets = sorted(set(rows.column("market").to_pylist()))
    family, model = _codes(rows.column("family"), families), _codes(rows.column("model"), names)
    age, hours, grade = _numbers(rows, "age_months"), _numbers(rows, "hours"), _grades(rows.column("grade"))
    no_hours, no_grade = np.isnan(hours), np.isnan(grade)
    hours = np.where(no_hours, pace_of(model, family, age, hours, model, family) * age, hours)
    grade = np.where(no_grade, MIDDLE if no_grade.all() else grade[~no_grade].mean(), grade)
    return Sold(
        rows,
        families,
        names,
        markets,
        family,
        model,
        _codes(rows.column("market"), markets),
        grade,
        age,
        hours,
        _numbers(rows, "price") / _numbers(rows, "price_new"),
        _quarters(rows),
        (int(no_hours.sum()), int(no_grade.sum())),
    )


def kinds_of(sold: Sold, models: pa.Table) -> Kinds:
    """Every model we sell in every market with a sale; others' models sold five times, in the markets they were."""
    known = _codes(models.column("model"), sold.models)
    wide = len(sold.markets)
    pairs = np.unique(sold.model * wide + sold.market)
    sales = np.bincount(sold.model, minlength=len(sold.models))
    other = pairs[(sales[pairs // wide] >= ENOUGH) & ~np.isin(pairs // wide, known)]
    last = np.zeros(len(sold.models), dtype=np.int64)
    last[sold.model] = np.arange(len(sold))
    at = last[other // wide]
    family = np.repeat(_codes(models.column("family"), sold.families), wide)
    told = models.column("currency").take(pa.array(np.repeat(np.arange(len(known)), wide)))
    currency = told.to_pylist() + sold.rows.column("currency").take(pa.array(at)).to_pylist()
    return Kinds(
        np.concatenate([np.repeat(known, wide), other // wide]),
        np.concatenate([family, sold.family[at]]),
        np.concatenate([np.tile(np.arange(wide), len(known)), other % wide]),
        np.concatenate([np.repeat(_numbers(models, "price"), wide), _numbers(sold.rows, "price_new")[at]]),
        pa.array(currency, pa.string()),
    )


def pace_of(model: Ints, family: Ints, age: Floats, hours: Floats, kind: Ints, sort: Ints) -> Floats:
    """Hours a month of each model: its own median, else its family's, else everybody's; 0 where none were told."""
    told = ~np.isnan(hours)
    used = hours[told] / np.maximum(age[told], 1.0)

    def medians(codes: Ints, least: int) -> dict[int, float]:
        order = np.argsort(codes, kind="stable")
        names, first = np.unique(codes[order], return_index=True)
        parts = np.split(used[order], first[1:])
        return {int(c): float(np.median(p)) for c, p in zip(names, parts, strict=False) if len(p) >= least}

    own, near = medians(model[told], ENOUGH), medians(family[told], 1)
    whole = float(np.median(used)) if len(used) else 0.0
    known = {(m, f): own.get(m, near.get(f, whole)) for m, f in set(zip(kind.tolist(), sort.tolist(), strict=True))}
    return np.array([known[pair] for pair in zip(kind.tolist(), sort.tolist(), strict=True)], dtype=np.float64)


def _as_resales(auction: pa.Table) -> pa.Table:
    """Others' sales in the columns of ours: known by sale, the price new that of the dearest sale if not told."""
    dearest = auction.group_by(["model", "currency"]).aggregate([("price", "max")])
    price = dict(
        zip(
            zip(*(dearest.column(c).to_pylist() for c in ("model", "currency")), strict=True),
            dearest.column("price_max").to_pylist(),
            strict=True,
        )
    )
    keys = zip(*(auction.column(c).to_pylist() for c in ("model", "currency")), strict=True)
    new = pc.coalesce(auction.column("price_new"), pa.array([price[key] for key in keys], pa.float64()))
    named = pc.binary_join_element_wise("sale", auction.column("sale"), " ")
    at = {name: auction.column(name) for name in RESALES.schema.names if name != "machine"}
    return RESALES.only(pa.table(at | {"machine": named, "price_new": new}))


def _unpaid(table: str, rows: pa.Table) -> list[Breach]:
    return [
        Breach(
            f"{name} is 0", f"{table}.{name}, row {row + 1}", "give the price, or leave the sale out", table, row, name
        )
        for name in ("price", "price_new")
        for row in np.nonzero(_numbers(rows, name) <= 0)[0].tolist()
    ]


def _numbers(table: pa.Table, name: str) -> Floats:
    return np.asarray(table.column(name).to_numpy(zero_copy_only=False), dtype=np.float64)


def _grades(column: pa.ChunkedArray) -> Floats:
    found = pc.index_in(column, pa.array(GRADES)).cast(pa.float64())
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.float64)


def _quarters(sold: pa.Table) -> Ints:
    """Quarters of the sales, counted from the first."""
    month = sold.column("sold").to_numpy(zero_copy_only=False).astype("datetime64[M]").astype(np.int64)
    quarter = month // QUARTER
    return np.asarray(quarter - quarter.min() if len(quarter) else quarter, dtype=np.int64)


def _names(sold: pa.Table, models: pa.Table, column: str) -> list[str]:
    return sorted(set(sold.column(column).to_pylist()) | set(models.column(column).to_pylist()))


def _codes(column: pa.ChunkedArray, names: Sequence[str]) -> Ints:
    found = pc.index_in(column, pa.array(names, pa.string()))
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)
