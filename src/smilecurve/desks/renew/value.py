"""What is a used machine worth by model, market, condition and age, and how sure are we?

Reads     resales, models
Decides   residual_values
Proof     share of held-out sales at or above the low price and at or below the high price
Method    additive falling curves of the share of the price new, conformal limits: see solve.valuing
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected, OptionRejected
from smilecurve.terms.tables.market import MODELS
from smilecurve.terms.tables.renew import RESALES, RESIDUAL_VALUES

__all__ = ["value_machines"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
GRADES = ("A", "B", "C", "D")
SURE = 0.9
ENOUGH = 5


@desk(
    "renew.value",
    question="What is a used machine worth by model, market, condition and age, and how sure are we?",
    reads=(RESALES, MODELS),
    decides=RESIDUAL_VALUES,
    reasons={
        "own": "{sales_seen} sales of {model} in {market}: grade {grade} at {age_months} months fetches {of_new:.0%} "
        "of new, {low:.0f} to {high:.0f} {currency}",
        "model": "{sales_seen} sales of {model} in {market}, the rest borrowed from other markets: {of_new:.0%} of "
        "new, {low:.0f} to {high:.0f} {currency}",
        "family": "hardly any sale of {model} anywhere, borrowed from its family: {of_new:.0%} of new, "
        "{low:.0f} to {high:.0f} {currency}",
    },
)
def value_machines(
    resales: pa.Table, models: pa.Table, *, ages: tuple[int, ...] = (0, 12, 24, 36, 48, 60), shrink: float = 5.0
) -> Decision:
    """Decide the price of every model in every market with a sale, by grade and age.

    ages     ages in months to value; shrink: how many sales a model's or market's own effect is drawn to none by
    The hours of a row are the model's median hours a month times the age; the interval covers machines of that age
    whatever their own hours.
    """
    if not ages or min(ages) < 0 or shrink < 0:
        raise OptionRejected(
            Breach("ages and shrink must be at least 0, with one age", "ages", "give months such as 12, 24")
        )
    _check(resales)
    from smilecurve.solve.valuing import fit_values, predict_values

    order = np.lexsort([_numbers(resales, "machine_rank"), _numbers(resales, "sold_rank")])
    sold = resales.take(pa.array(order))
    n = sold.num_rows
    held = np.arange(n) % 3 == 2
    least = int(np.ceil(SURE / (1 - SURE) - 1e-9))
    if held.sum() < least:
        said = f"{n} sales give {int(held.sum())} to check with, an interval of {SURE:.0%} needs {least}"
        return Decision(
            RESIDUAL_VALUES.empty(),
            Proof("statistical", 0.0, SURE, "share", "split conformal"),
            "none",
            (Clash(said, "resales", f"record {3 * least} sales or more"),),
        )
    names = [_names(sold, models, column) for column in ("family", "model")]
    markets = sorted(set(sold.column("market").to_pylist()))
    family, model = (_codes(sold.column(c), v) for c, v in zip(("family", "model"), names, strict=True))
    market, grade = _codes(sold.column("market"), markets), _codes(sold.column("grade"), GRADES)
    age, hours = _column(sold, "age_months"), _column(sold, "hours")
    share = _column(sold, "price") / _column(sold, "price_new")
    usual = _pace(model, family, age, hours, model, family) * age
    got = fit_values(
        share,
        (family, model, market),
        (age, hours, grade.astype(np.float64)),
        sizes=(len(names[0]), len(names[1]), len(markets)),
        share=SURE,
        held=held,
        shrink=shrink,
        judged=(age, usual, grade.astype(np.float64)),
    )
    shape = (models.num_rows, len(markets), len(GRADES), len(ages))
    at = [index.ravel() for index in np.indices(shape)]
    kind, sort = _codes(models.column("model"), names[1]), _codes(models.column("family"), names[0])
    pace = _pace(model, family, age, hours, kind, sort)
    months = np.array(ages, dtype=np.float64)[at[3]]
    of_new = predict_values(
        got, (sort[at[0]], kind[at[0]], at[1]), (months, pace[at[0]] * months, at[2].astype(np.float64))
    )
    price = _column(models, "price")[at[0]]
    seen = np.zeros((len(names[1]), len(markets)), dtype=np.int64)
    np.add.at(seen, (model, market), 1)
    here, anywhere = seen[kind[at[0]], at[1]], seen.sum(axis=1)[kind[at[0]]]
    why = np.where(here >= ENOUGH, "own", np.where(anywhere >= ENOUGH, "model", "family"))
    rows = pa.table(
        {
            "model": models.column("model").take(pa.array(at[0])),
            "market": pa.array(np.array(markets)[at[1]]),
            "grade": pa.array(np.array(GRADES)[at[2]]),
            "age_months": pa.array(np.array(ages, dtype=np.int64)[at[3]]),
            "hours": pace[at[0]] * months,
            "low": price * of_new * np.exp(got.low),
            "value": price * of_new,
            "high": price * of_new * np.exp(got.high),
            "of_new": np.minimum(of_new, 1.0),
            "currency": models.column("currency").take(pa.array(at[0])),
            "sales_seen": here,
            "reason": pa.array(why),
        }
    )
    return Decision(
        rows=RESIDUAL_VALUES.only(rows),
        proof=Proof("statistical", min(got.covered), SURE, "share", "split conformal limits on held-out sales"),
        headline=int(here.argmax()) if len(here) else None,
        figures={
            "sales": float(n),
            "low_factor": float(np.exp(got.low)),
            "high_factor": float(np.exp(got.high)),
            "above_low": got.covered[0],
            "below_high": got.covered[1],
        },
    )


def _check(resales: pa.Table) -> None:
    bad = [
        Breach(
            f"{name} is 0",
            f"resales.{name}, row {row + 1}",
            "give the price, or leave the sale out",
            "resales",
            row,
            name,
        )
        for name in ("price", "price_new")
        for row in np.nonzero(_column(resales, name) <= 0)[0].tolist()
    ]
    if bad:
        raise DataRejected(bad)


def _column(table: pa.Table, name: str) -> Floats:
    return np.asarray(table.column(name).to_numpy(zero_copy_only=False), dtype=np.float64)


def _numbers(resales: pa.Table, what: str) -> Ints:
    """Ranks that put sales in an order which does not depend on the order of the rows."""
    column = resales.column(what.removesuffix("_rank")).to_numpy(zero_copy_only=False)
    return np.asarray(np.unique(column.astype(str), return_inverse=True)[1], dtype=np.int64)


def _names(sold: pa.Table, models: pa.Table, column: str) -> list[str]:
    return sorted(set(sold.column(column).to_pylist()) | set(models.column(column).to_pylist()))


def _codes(column: pa.ChunkedArray, names: Sequence[str]) -> Ints:
    place = {name: i for i, name in enumerate(names)}
    return np.array([place[value] for value in column.to_pylist()], dtype=np.int64)


def _pace(model: Ints, family: Ints, age: Floats, hours: Floats, kind: Ints, sort: Ints) -> Floats:
    """Hours a month of each model: its own median, else its family's, else everybody's."""
    used = hours / np.maximum(age, 1.0)

    def medians(codes: Ints, least: int) -> dict[int, float]:
        order = np.argsort(codes, kind="stable")
        names, first = np.unique(codes[order], return_index=True)
        parts = np.split(used[order], first[1:])
        return {int(c): float(np.median(p)) for c, p in zip(names, parts, strict=True) if len(p) >= least}

    own, near, whole = medians(model, ENOUGH), medians(family, 1), float(np.median(used))
    known = {(m, f): own.get(m, near.get(f, whole)) for m, f in set(zip(kind.tolist(), sort.tolist(), strict=True))}
    return np.array([known[pair] for pair in zip(kind.tolist(), sort.tolist(), strict=True)])
