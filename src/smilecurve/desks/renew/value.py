"""What is a used machine worth by model, market, condition and age, and how sure are we?

Reads     resales, models, auction_sales
Decides   residual_values
Proof     share of held-out sales at or above the low price and at or below the high price
Method    falling curves of the share of the price new, conformal limits: solve.valuing; with many sales boosted trees
          that never rise with age, hours and a worse grade, and limits as wide as each machine needs: solve.appraising
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.renew._sold import ENOUGH, GRADES, Sold, all_sold, kinds_of, pace_of
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.tables.market import MODELS
from smilecurve.terms.tables.renew import RESALES, RESIDUAL_VALUES
from smilecurve.terms.tables.renew_sales import AUCTION_SALES

__all__ = ["value_machines"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SURE = 0.9
MUCH = 3000


@desk(
    "renew.value",
    question="What is a used machine worth by model, market, condition and age, and how sure are we?",
    reads=(RESALES, MODELS, AUCTION_SALES),
    decides=RESIDUAL_VALUES,
    needs=("resales", "models"),
    reasons={
        "own": "{sales_seen} sales of {model} in {market}: grade {grade} at {age_months} months fetches {of_new:.0%} "
        "of new, {low:.0f} to {high:.0f} {currency}",
        "model": "{sales_seen} sales of {model} in {market}, the rest borrowed from other markets: {of_new:.0%} of "
        "new, {low:.0f} to {high:.0f} {currency}",
        "family": "hardly any sale of {model} anywhere, borrowed from its family: {of_new:.0%} of new, "
        "{low:.0f} to {high:.0f} {currency}",
    },
    version="2",
)
def value_machines(
    resales: pa.Table,
    models: pa.Table,
    auction_sales: pa.Table | None = None,
    *,
    ages: tuple[int, ...] = (0, 12, 24, 36, 48, 60),
    shrink: float = 5.0,
) -> Decision:
    """Decide the price of every model in every market with a sale, by grade and age; of models that others sold, too.

    ages     ages in months to value; shrink: how many sales a model's or market's own effect is drawn to none by
    The hours of a row are the model's median hours a month times the age; the interval covers machines of that age
    whatever their own hours. What a further hour takes off is the mean from half to one
    and a half times these hours.
    """
    if not ages or min(ages) < 0 or shrink < 0:
        raise OptionRejected(
            Breach("ages and shrink must be at least 0, with one age", "ages", "give months such as 12, 24")
        )
    sold = all_sold(resales, auction_sales, models)
    n = len(sold)
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
    kinds = kinds_of(sold, models)
    pair, grade, old = (index.ravel() for index in np.indices((len(kinds.model), len(GRADES), len(ages))))
    pace = pace_of(sold.model, sold.family, sold.age, sold.hours, kinds.model, kinds.family)
    months = np.array(ages, dtype=np.float64)[old]
    used, half = pace[pair] * months, pace[pair] * np.maximum(months, 12.0) / 2
    wear = (used, np.maximum(used - half, 0.0), used + half)
    asked = np.vstack([np.column_stack([months, h, grade]) for h in wear])
    thrice = tuple(np.tile(codes[pair], 3) for codes in (kinds.family, kinds.model, kinds.market))
    past = _past(sold)
    valued = _by_trees(past, thrice, asked) if n >= MUCH else _by_curves(past, thrice, asked, held, shrink)
    worth, (_, rested, driven) = valued.part(slice(None, len(months))), np.split(valued.middle, 3)
    price = kinds.price[pair]
    seen = np.zeros((len(sold.models), len(sold.markets)), dtype=np.int64)
    np.add.at(seen, (sold.model, sold.market), 1)
    here, anywhere = seen[kinds.model, kinds.market][pair], seen.sum(axis=1)[kinds.model][pair]
    rows = pa.table(
        {
            "model": pa.array(np.array(sold.models)[kinds.model][pair]),
            "market": pa.array(np.array(sold.markets)[kinds.market][pair]),
            "grade": pa.array(np.array(GRADES)[grade]),
            "age_months": pa.array(np.array(ages, dtype=np.int64)[old]),
            "hours": used,
            "low": price * worth.low,
            "value": price * worth.middle,
            "high": price * worth.high,
            "of_new": np.minimum(worth.middle, 1.0),
            "date_effect": np.full(len(price), worth.now),
            "hour_cost": price * np.maximum(rested - driven, 0.0) / np.maximum(wear[2] - wear[1], 1e-9),
            "currency": kinds.currency.take(pa.array(pair)),
            "sales_seen": here,
            "reason": np.where(here >= ENOUGH, "own", np.where(anywhere >= ENOUGH, "model", "family")),
        }
    )
    return Decision(
        rows=RESIDUAL_VALUES.only(rows),
        proof=Proof("statistical", min(worth.covered), SURE, "share", "split conformal limits on held-out sales"),
        headline=int(here.argmax()) if len(here) else None,
        figures={
            "sales": float(n),
            "low_factor": float(np.median(worth.low / worth.middle)),
            "high_factor": float(np.median(worth.high / worth.middle)),
            "above_low": worth.covered[0],
            "below_high": worth.covered[1],
            "date_effect": worth.now,
            "by_trees": float(n >= MUCH),
            "without_hours": float(sold.untold[0]),
            "without_grade": float(sold.untold[1]),
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


def _past(sold: Sold) -> _Past:
    usual = pace_of(sold.model, sold.family, sold.age, sold.hours, sold.model, sold.family) * sold.age
    return _Past(
        sold.share,
        (sold.family, sold.model, sold.market, sold.quarter),
        np.column_stack([sold.age, sold.hours, sold.grade]),
        usual,
        (len(sold.families), len(sold.models), len(sold.markets), int(sold.quarter.max()) + 1),
    )


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
