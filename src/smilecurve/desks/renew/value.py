"""What is a used machine worth by model, market, condition and age, and how sure are we?

Reads     resales, models
Decides   residual_values
Proof     share of held-out sales at or above the low price and at or below the high price
Method    falling curves of the share of the price new, conformal limits: solve.valuing; with many sales boosted trees
          that never rise with age, hours and a worse grade, and limits as wide as each machine needs: solve.appraising
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
MUCH = 3000
QUARTER = 3


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
    whatever their own hours. What a further hour takes off is the mean from half to one
    and a half times these hours.
    """
    if not ages or min(ages) < 0 or shrink < 0:
        raise OptionRejected(
            Breach("ages and shrink must be at least 0, with one age", "ages", "give months such as 12, 24")
        )
    _check(resales)
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
    quarter = _quarters(sold)
    past = _Past(
        share,
        (family, model, market, quarter),
        np.column_stack([age, hours, grade]),
        usual,
        (len(names[0]), len(names[1]), len(markets), int(quarter.max()) + 1),
    )
    shape = (models.num_rows, len(markets), len(GRADES), len(ages))
    at = [index.ravel() for index in np.indices(shape)]
    kind, sort = _codes(models.column("model"), names[1]), _codes(models.column("family"), names[0])
    pace = _pace(model, family, age, hours, kind, sort)
    months = np.array(ages, dtype=np.float64)[at[3]]
    told = (sort[at[0]], kind[at[0]], at[1])
    used, half = pace[at[0]] * months, pace[at[0]] * np.maximum(months, 12.0) / 2
    wear = (used, np.maximum(used - half, 0.0), used + half)
    asked = np.vstack([np.column_stack([months, h, at[2]]) for h in wear])
    thrice = (np.tile(told[0], 3), np.tile(told[1], 3), np.tile(told[2], 3))
    valued = _by_trees(past, thrice, asked) if n >= MUCH else _by_curves(past, thrice, asked, held, shrink)
    worth, (_, rested, driven) = valued.part(slice(None, len(months))), np.split(valued.middle, 3)
    of_new = worth.middle
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
            "hours": used,
            "low": price * worth.low,
            "value": price * of_new,
            "high": price * worth.high,
            "of_new": np.minimum(of_new, 1.0),
            "date_effect": np.full(len(of_new), worth.now),
            "hour_cost": price * np.maximum(rested - driven, 0.0) / np.maximum(wear[2] - wear[1], 1e-9),
            "currency": models.column("currency").take(pa.array(at[0])),
            "sales_seen": here,
            "reason": pa.array(why),
        }
    )
    return Decision(
        rows=RESIDUAL_VALUES.only(rows),
        proof=Proof("statistical", min(worth.covered), SURE, "share", "split conformal limits on held-out sales"),
        headline=int(here.argmax()) if len(here) else None,
        figures={
            "sales": float(n),
            "low_factor": float(np.median(worth.low / of_new)),
            "high_factor": float(np.median(worth.high / of_new)),
            "above_low": worth.covered[0],
            "below_high": worth.covered[1],
            "date_effect": worth.now,
            "by_trees": float(n >= MUCH),
        },
    )


@dataclass(frozen=True)
class _Past:
    """What was sold: shares of the price new, codes by grouping (the last: the quarter), falling numbers."""

    share: Floats
    groups: tuple[Ints, ...]
    falling: Floats
    usual: Floats
    sizes: tuple[int, ...]

    @property
    def judged(self) -> Floats:
        """The falling numbers with the hours that usually go with the age."""
        return np.column_stack([self.falling[:, 0], self.usual, self.falling[:, 2]])


@dataclass(frozen=True)
class _Worth:
    """Shares of the price new in the last quarter, and `now`: its price level against all sales."""

    low: Floats
    middle: Floats
    high: Floats
    now: float
    covered: tuple[float, float]

    def part(self, rows: slice) -> _Worth:
        """Some of the rows."""
        return replace(self, low=self.low[rows], middle=self.middle[rows], high=self.high[rows])


def _by_curves(past: _Past, told: tuple[Ints, ...], asked: Floats, held: NDArray[np.bool_], shrink: float) -> _Worth:
    from smilecurve.solve.valuing import fit_values, predict_values

    falling, judged = tuple(past.falling.T), tuple(past.judged.T)
    got = fit_values(
        past.share, past.groups, falling, sizes=past.sizes, share=SURE, held=held, shrink=shrink, judged=judged
    )
    last = np.full(len(asked), past.sizes[-1] - 1)
    middle = predict_values(got, (*told, last), tuple(asked.T))
    now = float(np.exp(got.groups[-1][-1]))
    return _Worth(middle * np.exp(got.low), middle, middle * np.exp(got.high), now, got.covered)


def _by_trees(past: _Past, told: tuple[Ints, ...], asked: Floats) -> _Worth:
    from smilecurve.solve.appraising import Facts, appraise, fit_appraisal
    from smilecurve.solve.boosting import Growing

    def facts(falling: Floats, groups: tuple[Ints, ...], period: Ints) -> Facts:
        family, model, market = groups
        return Facts(
            falling, np.zeros((len(falling), 0)), np.column_stack([family, model, model * wide + market]), period
        )

    families, kinds, wide, quarters = past.sizes
    got = fit_appraisal(
        past.share,
        facts(past.falling, past.groups[:-1], past.groups[-1]),
        sizes=(families, kinds, kinds * wide),
        periods=quarters,
        share=SURE,
        growing=Growing(rounds=200, leaves=32, rate=0.08),
        members=2,
        judged=facts(past.judged, past.groups[:-1], past.groups[-1]),
    )
    middle, size = appraise(got, facts(asked, told, np.full(len(asked), quarters - 1)))
    now = float(np.exp(got.period[-1]))
    return _Worth(middle * np.exp(got.low * size), middle, middle * np.exp(got.high * size), now, got.covered)


def _quarters(sold: pa.Table) -> Ints:
    """Quarters of the sales, counted from the first."""
    month = sold.column("sold").to_numpy(zero_copy_only=False).astype("datetime64[M]").astype(np.int64)
    quarter = month // QUARTER
    return np.asarray(quarter - quarter.min(), dtype=np.int64)


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
