"""How many repairs, and how much money, does a machine take as it ages, and do they come ever faster?

Reads     repair_histories
Decides   repair_burden
Proof     machines at risk times the steps of the mean cumulative functions, against the repairs told
Method    mean cumulative functions of repairs and of cost with robust errors; a power law process for the trend
          (solve.recurrence)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.learn._strata import floats, in_order, strata_of, texts
from smilecurve.solve.recurrence import MeanCumulative, PowerLaw, mean_cumulative, power_law
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.terms.tables.learn_lives import REPAIR_BURDEN, REPAIR_HISTORIES

__all__ = ["weigh_repairs"]

Floats = npt.NDArray[np.float64]
MONTH_DAYS = 30.4375
Z90 = 1.6448536269514722
SOON = 0.5  # a repair on the day service began is placed half a day later in the power law

BY_NOW = "{repairs:.2f} repairs and {cost:.0f} {currency} a machine by month {age_month}; "
REASONS = {
    "ever_faster": BY_NOW + "they come ever faster (growth {growth:.2f}, {growth_low:.2f}-{growth_high:.2f})",
    "ever_slower": BY_NOW + "they come ever slower (growth {growth:.2f}, {growth_low:.2f}-{growth_high:.2f})",
    "steady": BY_NOW + "they come at a steady pace",
    "none_yet": "none of {machines} machines has been repaired by month {age_month}",
}


@dataclass(frozen=True, slots=True)
class _Burden:
    """Repairs, cost and trend (None without repairs) of one family and climate, and how long machines were watched."""

    count: MeanCumulative
    cost: MeanCumulative
    trend: PowerLaw | None
    end: Floats
    machines: Floats


@desk(
    "learn.repairs",
    question="How many repairs, and how much money, does a machine take as it ages?",
    reads=(REPAIR_HISTORIES,),
    decides=REPAIR_BURDEN,
    reasons=REASONS,
)
def weigh_repairs(repair_histories: pa.Table, *, least_machines: int = 20) -> Decision:
    """Mean repairs and cost a machine by each month of service, by family and climate.

    least_machines: months that fewer machines have reached are not told.
    """
    _refuse_broken_histories(repair_histories)
    rows = in_order(repair_histories, REPAIR_HISTORIES)
    strata = strata_of(rows, "family", "climate") if rows.num_rows else None
    decided: list[dict[str, object]] = []
    told = found = 0.0
    for k, (family, climate) in enumerate(strata.names if strata else ()):
        mine = rows.filter(pa.array(strata.of == k)) if strata else rows
        burden = _burden(mine)
        told += float(floats(mine, "repairs").sum())
        found += float((np.diff(burden.count.mean, prepend=0.0) * burden.count.at_risk).sum())
        doubled = int(floats(mine, "doubled").sum())
        same = {"family": family, "climate": climate, "currency": str(mine.column("currency")[0]), "doubled": doubled}
        decided += [{**same, **row} for row in _months(burden, least_machines)]
    if not decided:
        clash = Clash(
            f"no family has {least_machines} machines a month in service", "repair_histories", "lower least_machines"
        )
        return Decision(
            REPAIR_BURDEN.empty(),
            Proof("rule", float(rows.num_rows), float(least_machines), "machines"),
            "none",
            (clash,),
        )
    table = REPAIR_BURDEN.rows(decided)
    return Decision(
        table,
        Proof("exact", found, told, "repairs", "machines at risk times the steps of the mean cumulative functions"),
        "best",
        headline=int(np.argmax(floats(table, "cost"))),
        figures={"repairs": told, "machines": float(floats(rows, "machines").sum())},
    )


def _refuse_broken_histories(rows: pa.Table) -> None:
    """Refuse repairs after the end of watching, and machines that were watched to two ages."""
    age, end = floats(rows, "age_days"), floats(rows, "end_days")
    machines = texts(rows.column("machine")).to_pylist()
    first: dict[str, float] = {}
    breaches = []
    for k, machine in enumerate(machines):
        if age[k] > end[k]:
            said = f"{machine} was repaired on day {age[k]:.0f}, watched to day {end[k]:.0f}"
            do = "watch it to its last repair, or set the repair aside"
        elif machine != "*" and first.setdefault(machine, end[k]) != end[k]:
            said = f"{machine} was watched to day {first[machine]:.0f} and to day {end[k]:.0f}"
            do = "give each machine one end"
        else:
            continue
        breaches.append(
            Breach(said, f"repair_histories, row {k + 1}", do, "repair_histories", k, "end_days", f"{end[k]:.0f}")
        )
    if breaches:
        raise DataRejected(breaches)


def _burden(rows: pa.Table) -> _Burden:
    """Mean cumulative functions and trend of one family and climate."""
    names = texts(rows.column("machine")).to_pylist()
    age, end, many, repairs, cost = (floats(rows, c) for c in ("age_days", "end_days", "machines", "repairs", "cost"))
    alone = np.array([name != "*" for name in names])
    serial = pc.dictionary_encode(rows.column("machine").combine_chunks()).indices.to_numpy()
    _, unit = np.unique(np.where(alone, serial, -1 - np.arange(age.size)), return_inverse=True)
    ends, units = np.zeros(int(unit.max()) + 1), np.ones(int(unit.max()) + 1)
    ends[unit] = end
    units[unit] = np.where(alone, 1.0, many)
    event = alone & (repairs > 0)
    count = mean_cumulative(unit[event], age[event], ends, value=repairs[event], weight=units)
    money = mean_cumulative(unit[event], age[event], ends, value=cost[event], weight=units)
    each = np.repeat(np.maximum(age[event], SOON), repairs[event].astype(np.int64))
    long = ends > 0
    trend = power_law(each, np.maximum(ends[long], SOON), weight=units[long]) if each.size else None
    return _Burden(count, money, trend if trend and trend.settled else None, ends, units)


def _months(burden: _Burden, least: int) -> list[Mapping[str, object]]:
    """One row for every month that enough machines have reached."""
    last = np.arange(1, int(burden.end.max(initial=0.0) / MONTH_DAYS) + 1)
    reached = np.array([float(burden.machines[burden.end >= m * MONTH_DAYS].sum()) for m in last])
    months, reached = last[reached >= least], reached[reached >= least]
    mean, robust, nelson = burden.count.at(months * MONTH_DAYS)
    money, money_error, _ = burden.cost.at(months * MONTH_DAYS)
    low, high = _interval(mean, robust)
    money_low, money_high = _interval(money, money_error)
    trend = burden.trend
    pace = {"growth": trend.shape, "growth_low": trend.shape_low, "growth_high": trend.shape_high} if trend else {}
    way = "steady" if not trend else _way(trend)
    return [
        {
            "age_month": int(months[k]),
            "machines": int(reached[k]),
            "repairs": float(mean[k]),
            "repairs_low": float(low[k]),
            "repairs_high": float(high[k]),
            "robust_error": float(robust[k]),
            "nelson_error": float(nelson[k]) if np.isfinite(nelson[k]) else None,
            "cost": float(money[k]),
            "cost_low": float(money_low[k]),
            "cost_high": float(money_high[k]),
            **pace,
            "reason": way if mean[k] > 0 else "none_yet",
        }
        for k in range(months.size)
    ]


def _way(trend: PowerLaw) -> str:
    """Faster or slower only if the whole interval says so."""
    return "ever_faster" if trend.shape_low > 1.0 else "ever_slower" if trend.shape_high < 1.0 else "steady"


def _interval(mean: Floats, error: Floats) -> tuple[Floats, Floats]:
    """90 %, normal on the log scale, so that no end is below zero (Meeker & Escobar 1998, section 16.2.3)."""
    factor = np.exp(Z90 * np.divide(error, mean, out=np.zeros(mean.size), where=mean > 0))
    return mean / factor, mean * factor
