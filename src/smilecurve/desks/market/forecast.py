"""How many machines of each model will each market ask for in the coming months, and within which band?

Reads     sales, models
Decides   demand_forecast
Proof     mean back-test error against the seasonal naive's (ratio of mean absolute scaled errors)
Method    a family of smoothing methods chosen by rolling-origin back-test (solve.forecast)
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.tables.market import DEMAND_FORECAST, MODELS, SALES

if TYPE_CHECKING:
    from smilecurve.solve.forecast import Forecasts

__all__ = ["forecast_demand"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
EPOCH = date(1970, 1, 1)

REASONS = {
    "grows": "{p50:.1f} in {month}, more than {last_year:.0f} a year before, by {method}: {error:.0%} of the naive's",
    "falls": "{p50:.1f} in {month}, less than {last_year:.0f} a year before, by {method}: {error:.0%} of the naive's",
    "holds": "{p50:.1f} in {month} by {method}: {error:.0%} of the seasonal naive's error in the back-test",
    "naive_stands": "{p50:.1f} as a year before: no method beat the seasonal naive in the back-test",
    "too_short": "{p50:.1f}: too short a history to judge a method; band {p10:.1f} to {p90:.1f}",
}


@desk(
    "market.forecast",
    question="How many machines of each model will each market ask for in the coming months, and within which band?",
    reads=(SALES, MODELS),
    decides=DEMAND_FORECAST,
    reasons=REASONS,
    needs=("sales",),
)
def forecast_demand(
    sales: pa.Table,
    models: pa.Table,
    *,
    today: date,
    months: int = 12,
    history_months: int = 60,
    without_channels: str = "second_hand",
) -> Decision:
    """Demand by model, market and month from the first month that `today` does not end, with an 80 % band.

    Months that have ended by the evening of `today` are the history; a pair of model and market without a sale in them
    is not forecast. months: how many to forecast. history_months: how many to learn from at most. without_channels:
    channels, separated by spaces, that are no demand for new machines. Bands are whole machines, widened outwards.
    """
    if not 1 <= months <= 36:
        raise OptionRejected(Breach(f"{months} months cannot be forecast", "months", "give 1 to 36"))
    next_day = today + timedelta(days=1)
    first = (next_day.year - EPOCH.year) * 12 + next_day.month - 1
    used = sales.filter(pc.invert(pc.is_in(sales.column("channel"), pa.array(without_channels.split(), pa.string()))))
    month = _months(used.column("month"))
    kept = pa.array((month < first) & (month >= first - history_months))
    used, month = used.filter(kept), month[np.asarray(kept)]
    if not used.num_rows:
        clash = Clash("no month of sales has ended", "sales", "load past sales, or move today")
        return Decision(
            DEMAND_FORECAST.empty(),
            Proof("rule", float(used.num_rows), float(sales.num_rows), "rows of history"),
            "none",
            (clash,),
        )
    pairs, history = _series(used, month, first)
    from smilecurve.solve.forecast import forecast_series

    found = forecast_series(history, months)
    rows = _rows(pairs, models, history, found, first, months)
    return _decided(rows, history, found, months)


def _months(column: pa.ChunkedArray) -> Ints:
    """Months since 1970-01."""
    years, month = pc.year(column).to_numpy(), pc.month(column).to_numpy()
    return np.asarray((years - EPOCH.year) * 12 + month - 1, np.int64)


def _series(used: pa.Table, month: Ints, first: int) -> tuple[pa.Table, Floats]:
    """The pairs of model and market (with family) and their machines by month up to the last before `first`."""
    begin = int(month.min())
    keys = pa.table({"model": used.column("model"), "market": used.column("market"), "family": used.column("family")})
    pairs = keys.group_by(["model", "market"], use_threads=False).aggregate([("family", "first")])
    pairs = pairs.rename_columns(["model", "market", "family"]).sort_by(
        [("model", "ascending"), ("market", "ascending")]
    )
    named = pc.binary_join_element_wise(pairs.column("model"), pairs.column("market"), "\t")
    mine = pc.binary_join_element_wise(keys.column("model"), keys.column("market"), "\t")
    row = pc.index_in(mine, value_set=named.combine_chunks()).to_numpy()
    history = np.zeros((pairs.num_rows, first - begin))
    np.add.at(history, (row, month - begin), used.column("quantity").to_numpy().astype(np.float64))
    return pairs, history


def _rows(pairs: pa.Table, models: pa.Table, history: Floats, found: Forecasts, first: int, months: int) -> pa.Table:
    from smilecurve.solve.forecast import METHODS

    count = pairs.num_rows
    series = np.repeat(np.arange(count), months)
    ahead = np.tile(np.arange(months), count)
    back = history.shape[1] + ahead - 12
    known = (back >= 0) & (back < history.shape[1])
    before = np.where(known, history[series, np.clip(back, 0, history.shape[1] - 1)], np.nan)
    middle, low, high = (getattr(found, name)[series, ahead] for name in ("middle", "low", "high"))
    ratio = found.ratio[series]
    naive = found.method[series] == 0
    reason = np.select(
        [np.isnan(ratio), naive, known & (middle > 1.1 * before + 0.5), known & (middle < 0.9 * before - 0.5)],
        ["too_short", "naive_stands", "grows", "falls"],
        "holds",
    )
    family = pc.index_in(pairs.column("model"), value_set=models.column("model").combine_chunks())
    named = pc.coalesce(models.column("family").take(family), pairs.column("family"))
    day = (first + ahead).astype("datetime64[M]")
    columns = {
        "model": pairs.column("model").take(pa.array(series)),
        "family": named.take(pa.array(series)),
        "market": pairs.column("market").take(pa.array(series)),
        "month": pa.array(day.astype("datetime64[D]")),
        "p10": np.floor(np.minimum(low, middle)),
        "p50": middle,
        "p90": np.ceil(np.maximum(high, middle)),
        "last_year": pa.array(before, from_pandas=True),
        "method": np.array(METHODS)[found.method[series]].tolist(),
        "error": pa.array(ratio, from_pandas=True),
        "reason": reason.tolist(),
    }
    return DEMAND_FORECAST.only(pa.table({f.name: columns[f.name] for f in DEMAND_FORECAST.fields}))


def _decided(rows: pa.Table, history: Floats, found: Forecasts, months: int) -> Decision:
    judged = ~np.isnan(found.ratio)
    weight = np.maximum(history.sum(axis=1), 1.0)
    error = float(np.average(found.ratio[judged], weights=weight[judged])) if judged.any() else 1.0
    total = found.middle.sum(axis=1)
    return Decision(
        rows,
        Proof("statistical", error, 1.0, "of the seasonal naive's error", "rolling-origin back-test"),
        "good",
        headline=int(np.argmax(total)) * months,
        figures={
            "series": float(len(history)),
            "machines": float(total.sum()),
            "machines_year_before": float(history[:, -12:].sum()),
            "error": error,
        },
    )
