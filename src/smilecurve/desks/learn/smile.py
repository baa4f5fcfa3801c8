"""Where along the way from design to second life does the company add value?

Reads     stage_money
Decides   smile_curve
Proof     the value added of all rows, against the ledger, to the cent
Method    whole cents throughout; money booked to no market is split over the markets of its family and year
          by their revenue, largest remainders first, so that every cut adds up (solve.apportioning)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smilecurve.desks.learn._strata import floats, in_order, strata_of
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach
from smilecurve.terms.money import one_currency
from smilecurve.terms.tables.learn import SMILE_CURVE, STAGE_MONEY

__all__ = ["draw_smile_curve"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

STAGES = STAGE_MONEY.field("stage").among
ALL = "*"

REASONS = {
    "rises": "{stage} adds {value_added:,.0f} {currency}: {share_of_revenue:.1%} of sales ({change:+.1%} a year)",
    "falls": "{stage} adds {value_added:,.0f} {currency}: {share_of_revenue:.1%} of sales ({change:+.1%} a year)",
    "steady": "{stage} adds {value_added:,.0f} {currency}: {share_of_revenue:.1%} of sales, as last year",
    "spends": "{stage} costs {cost:,.0f} {currency} and earns nothing itself: {share_of_revenue:.1%} of sales",
    "first_year": "{stage} adds {value_added:,.0f} {currency}: {share_of_revenue:.1%} of sales, in its first year",
    "no_revenue": "{stage} costs {cost:,.0f} {currency} and earns {value:,.0f}: no revenue to set it against",
    "nothing_booked": "nothing was booked on {stage}",
}


@desk(
    "learn.smile",
    question="Where along the way from design to second life does the company add value?",
    reads=(STAGE_MONEY,),
    decides=SMILE_CURVE,
    reasons=REASONS,
)
def draw_smile_curve(stage_money: pa.Table, *, steady: float = 0.005) -> Decision:
    """Value added by stage for every year: the whole company, each family, each market, each family in each market.

    steady: change of the share of revenue, up or down, that still counts as none. Every curve has all seven stages.
    """
    if stage_money.num_rows == 0:
        clash = Clash(
            "no money is booked on any stage", "stage_money", "load orders, purchases, wages, freight and claims"
        )
        return Decision(
            SMILE_CURVE.empty(), Proof("rule", float(stage_money.num_rows), 1.0, "rows needed"), "none", (clash,)
        )
    currency = one_currency(stage_money.column("currency").to_pylist(), _mixed)
    cells = _spread(_spread(_cells(in_order(stage_money, STAGE_MONEY)), "family"), "market")
    curves, money = _curves(cells)
    rows = _rows(curves, money, currency, steady)
    ledger = int(_cents(stage_money, "value").sum() - _cents(stage_money, "cost").sum())
    whole = np.array([family == ALL and market == ALL for _, family, market in curves])
    told = int((money[0] - money[1])[:, whole].sum())
    last = max(year for year, _, _ in curves)
    top = [int(v) for v in (money[0] - money[1])[:, curves.index((last, ALL, ALL))]]
    return Decision(
        rows,
        Proof("exact", told / 100, ledger / 100, currency, "sum over stages and years, in cents"),
        "best",
        headline=curves.index((last, ALL, ALL)) * len(STAGES) + int(np.argmax(top)),
        figures={"curves": float(len(curves)), "value_added": told / 100},
    )


@dataclass(frozen=True, slots=True)
class _Cells:
    """Money in cents by stage, year, family and market, each combination once or more."""

    stage: Ints
    year: npt.NDArray[np.object_]
    family: npt.NDArray[np.object_]
    market: npt.NDArray[np.object_]
    value: Ints
    cost: Ints


def _mixed(names: Sequence[str]) -> Breach:
    said = ", ".join(names)
    return Breach(
        f"the stages are booked in {len(names)} currencies ({said}) and do not add up",
        "stage_money.currency",
        "convert them to one currency by dated rates before they are summed",
        "stage_money",
        None,
        "currency",
        said,
    )


def _cents(rows: pa.Table, column: str) -> Ints:
    return np.rint(floats(rows, column) * 100.0).astype(np.int64)


def _cells(rows: pa.Table) -> _Cells:
    place = {stage: k for k, stage in enumerate(STAGES)}
    stage = np.array([place[s] for s in rows.column("stage").to_pylist()], np.int64)
    year, family, market = (np.array(rows.column(c).to_pylist(), dtype=object) for c in ("year", "family", "market"))
    return _Cells(stage, year, family, market, _cents(rows, "value"), _cents(rows, "cost"))


def _spread(cells: _Cells, column: str) -> _Cells:
    """Split money booked to all families (or markets) over those with revenue in that year (and family).

    The split is in whole cents, by revenue; money of a year without any stays where it is.
    """
    from smilecurve.solve.apportioning import split_exactly

    names = cells.family if column == "family" else cells.market
    scope = {"year": cells.year} if column == "family" else {"year": cells.year, "family": cells.family}
    key = strata_of(pa.table(scope), *scope).of
    earned: dict[int, dict[str, int]] = {}
    for k in np.flatnonzero((names != ALL) & (cells.value > 0)).tolist():
        mine = earned.setdefault(int(key[k]), {})
        mine[str(names[k])] = mine.get(str(names[k]), 0) + int(cells.value[k])
    split = np.flatnonzero((names == ALL) & np.isin(key, list(earned)))
    if split.size == 0:
        return cells
    targets = [(n, row, *pair) for n, row in enumerate(split) for pair in sorted(earned[int(key[row])].items())]
    group, row = (np.array([t[k] for t in targets], np.int64) for k in (0, 1))
    weight = np.array([t[3] for t in targets], np.float64)
    keep = np.setdiff1d(np.arange(key.size), split)
    order = np.concatenate([keep, row])
    renamed = np.concatenate([names[keep], np.array([t[2] for t in targets], dtype=object)])
    return _Cells(
        cells.stage[order],
        cells.year[order],
        renamed if column == "family" else cells.family[order],
        renamed if column == "market" else cells.market[order],
        np.concatenate([cells.value[keep], split_exactly(cells.value[split], weight, group)]),
        np.concatenate([cells.cost[keep], split_exactly(cells.cost[split], weight, group)]),
    )


def _curves(cells: _Cells) -> tuple[list[tuple[str, str, str]], Ints]:
    """Every (year, family or *, market or *), with its value and cost in cents: (2, stages, curves)."""
    every = np.full(cells.stage.size, ALL, dtype=object)
    cuts = [
        (family, market, np.flatnonzero(((family is every) | (family != ALL)) & ((market is every) | (market != ALL))))
        for family in (cells.family, every)
        for market in (cells.market, every)
    ]
    row = np.concatenate([keep for _, _, keep in cuts])
    names = pa.table(
        {
            "year": cells.year[row],
            "family": np.concatenate([family[keep] for family, _, keep in cuts]),
            "market": np.concatenate([market[keep] for _, market, keep in cuts]),
        }
    )
    strata = strata_of(names, "year", "family", "market")
    money = np.zeros((2, len(STAGES), strata.count), np.int64)
    np.add.at(money[0], (cells.stage[row], strata.of), cells.value[row])
    np.add.at(money[1], (cells.stage[row], strata.of), cells.cost[row])
    return [(year, family, market) for year, family, market in strata.names], money


def _rows(curves: list[tuple[str, str, str]], money: Ints, currency: str, steady: float) -> pa.Table:
    """One row a curve and stage, in the order of the smile."""
    value, cost = money
    added = value - cost
    revenue = value.sum(axis=0)
    share = np.where(revenue > 0, added / np.where(revenue > 0, revenue, 1), np.nan)
    place = {curve: k for k, curve in enumerate(curves)}
    before = np.array([place.get((_year_before(y), f, m), -1) for y, f, m in curves], np.int64)
    change = np.where(before >= 0, share - share[:, before], np.nan)
    reason = np.select(
        [(value == 0) & (cost == 0), np.isnan(share), value == 0, np.isnan(change), change > steady, change < -steady],
        ["nothing_booked", "no_revenue", "spends", "first_year", "rises", "falls"],
        "steady",
    )
    stages, n = len(STAGES), len(curves)
    columns: dict[str, object] = {
        "stage": list(STAGES) * n,
        "position": np.tile(np.arange(1, stages + 1), n),
        **{
            name: np.repeat([c[k] for c in curves], stages).tolist()
            for k, name in enumerate(("year", "family", "market"))
        },
        "value": value.T.ravel() / 100,
        "cost": cost.T.ravel() / 100,
        "value_added": added.T.ravel() / 100,
        "currency": [currency] * (stages * n),
        "share_of_revenue": share.T.ravel(),
        "change": change.T.ravel(),
        "reason": reason.T.ravel().tolist(),
    }
    return pa.table({f.name: pa.array(columns[f.name], f.arrow, from_pandas=True) for f in SMILE_CURVE.fields})


def _year_before(year: str) -> str:
    return str(int(year) - 1) if year.isdigit() else ""
