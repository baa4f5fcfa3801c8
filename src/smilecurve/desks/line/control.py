"""Is each measured characteristic still in control, and which lot must be held?

Reads     characteristics, measurements

Decides   control_signals

Proof     share of subgroups that signal, against the share that chance alone would make signal

Method    X-bar and R charts with the Western Electric rules, all characteristics at once (solve.control)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected, OptionRejected
from smilecurve.terms.tables.line import CHARACTERISTICS, CONTROL_SIGNALS, MEASUREMENTS

if TYPE_CHECKING:
    from smilecurve.solve.control import Charts

__all__ = ["control_line"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REASONS = {
    "beyond_limit": "mean {mean:.5g} lies outside {lower:.5g} .. {upper:.5g} (rule {rule}): hold lot {lot}",
    "two_of_three": "two of three means far to one side of {centre:.5g} (rule {rule}), now {mean:.5g}: hold lot {lot}",
    "four_of_five": "four of five means to one side of {centre:.5g} (rule {rule}), now {mean:.5g}: hold lot {lot}",
    "eight_in_a_row": "eight means in a row on one side of {centre:.5g} (rule {rule}), now {mean:.5g}: hold lot {lot}",
    "range": "range {spread:.5g} is above {spread_upper:.5g}: hold lot {lot}",
    "in_control": "mean {mean:.5g} lies within {lower:.5g} .. {upper:.5g}",
}
RULES = ("in_control", "beyond_limit", "two_of_three", "four_of_five", "eight_in_a_row", "range")
"""Reason of each rule number."""


@desk(
    "line.control",
    question="Is each measured characteristic still in control, and which lot must be held?",
    reads=(CHARACTERISTICS, MEASUREMENTS),
    decides=CONTROL_SIGNALS,
    reasons=REASONS,
)
def control_line(characteristics: pa.Table, measurements: pa.Table, *, base_subgroups: int = 25) -> Decision:
    """The state of every chart at every complete subgroup, and at a signal the rule and the lot to hold.

    base_subgroups: how many subgroups, from the first, set the limits (0: all). A subgroup with fewer pieces than its
    characteristic asks is not judged. Single pieces are charted with the range to the piece before (two pieces).
    """
    if base_subgroups < 0:
        raise OptionRejected(Breach(f"base_subgroups is {base_subgroups}", "base_subgroups", "give 0 or more"))
    _refuse(characteristics, measurements)
    points = _Points.of(characteristics, measurements)
    parts = []
    for pieces in np.unique(points.pieces):
        own = points.only(points.pieces == pieces)
        parts.append(_chart(own, characteristics, int(pieces), base_subgroups))
    if not parts:
        clash = Clash(
            "no characteristic has a complete subgroup", "measurements", "load measurements in full subgroups"
        )
        return Decision(
            CONTROL_SIGNALS.empty(),
            Proof("rule", float(len(parts)), float(characteristics.num_rows), "charts"),
            "none",
            (clash,),
        )
    rows = pa.concat_tables(parts).sort_by([("characteristic", "ascending"), ("subgroup", "ascending")])
    return _decision(rows)


def _decision(rows: pa.Table) -> Decision:
    """Set the share of signals against what chance makes."""
    from smilecurve.solve.control import chance_alarms

    signals = int(pc.sum(rows["signal"]).as_py())
    out = rows.filter(rows["signal"])
    charts = len(pc.unique(rows["characteristic"]))
    figures = {
        "charts": float(charts),
        "charts_out": float(len(pc.unique(out["characteristic"]))),
        "signals": float(signals),
        "lots_to_hold": float(len(pc.unique(pc.drop_null(out["lot"])))),
    }
    proof = Proof(
        "statistical",
        signals / rows.num_rows,
        chance_alarms(),
        "share of subgroups",
        "rules 1-4 on an unchanged process",
    )
    first = pc.index(rows["signal"], True).as_py()
    return Decision(rows, proof, "good", headline=int(first) if first >= 0 else 0, figures=figures)


@dataclass(frozen=True)
class _Points:
    """Complete subgroups in order: chart, number, mean, range, and the span of their measurements in `value` and
    `lot`.
    """

    chart: Ints
    number: Ints
    pieces: Ints
    mean: Floats
    spread: Floats
    first: Ints
    value: Floats
    lot: list[str | None]

    @staticmethod
    def of(characteristics: pa.Table, measurements: pa.Table) -> _Points:
        """Gather the measurements into subgroups; incomplete ones are left out."""
        rows = measurements.sort_by([(name, "ascending") for name in ("characteristic", "subgroup", "piece")])
        chart = pc.index_in(rows["characteristic"], characteristics["characteristic"].combine_chunks()).to_numpy()
        chart, number = chart.astype(np.int64), rows["subgroup"].to_numpy()
        value = rows["value"].to_numpy()
        new = np.ones(value.size, np.bool_)
        new[1:] = (chart[1:] != chart[:-1]) | (number[1:] != number[:-1])
        first = np.flatnonzero(new)
        size = np.diff(np.append(first, value.size))
        wanted = characteristics["subgroup"].to_numpy()[chart[first]]
        mean, low, high = (f.reduceat(value, first) if first.size else value for f in (np.add, np.minimum, np.maximum))
        points = _Points(
            chart[first],
            number[first],
            wanted,
            mean / np.maximum(size, 1),
            high - low,
            first,
            value,
            rows["lot"].to_pylist(),
        )
        return points.only(size == wanted)

    def only(self, keep: NDArray[np.bool_]) -> _Points:
        """Keep some of the subgroups."""
        return replace(
            self,
            chart=self.chart[keep],
            number=self.number[keep],
            pieces=self.pieces[keep],
            mean=self.mean[keep],
            spread=self.spread[keep],
            first=self.first[keep],
        )

    def farthest_lot(self, at: int, pieces: int, centre: float) -> str | None:
        """Give the lot of the piece of a subgroup that lies farthest from the centre, if its lot is known."""
        span = range(int(self.first[at]), int(self.first[at]) + pieces)
        return self.lot[max(span, key=lambda piece: abs(float(self.value[piece]) - centre))]


def _chart(points: _Points, characteristics: pa.Table, pieces: int, base: int) -> pa.Table:
    """Chart all characteristics of one subgroup size."""
    from smilecurve.solve.control import capability, charts, western_electric

    names, row = np.unique(points.chart, return_inverse=True)
    starts = np.append(True, row[1:] != row[:-1])
    column = np.arange(row.size) - np.maximum.accumulate(np.where(starts, np.arange(row.size), 0))
    shape = (names.size, int(column.max()) + 1)
    means, spreads = np.full(shape, np.nan), np.full(shape, np.nan)
    means[row, column] = points.mean
    spreads[row, column] = points.spread
    single = pieces == 1
    if single:
        spreads[:, 1:] = np.abs(np.diff(means, axis=1))
        spreads[:, 0] = np.nan
    use = np.isfinite(means) & ((np.arange(shape[1]) < base) | (base == 0))
    limits = charts(means, spreads, pieces, use, range_of=2 if single else None)
    fired = western_electric(means, limits, pieces)
    wide = spreads > limits.range_upper[:, None]
    rule = np.where(fired.any(axis=0), fired.argmax(axis=0) + 1, np.where(wide, len(fired) + 1, 0))
    low, high = (pc.fill_null(characteristics[name], np.nan).to_numpy()[names] for name in ("lower_spec", "upper_spec"))
    able = capability(limits.centre, limits.sigma, low, high)
    place = (row, column)
    return _rows(points, characteristics, row, rule[place], np.nan_to_num(spreads[place]), limits, able, pieces)


def _rows(
    points: _Points,
    characteristics: pa.Table,
    row: Ints,
    rule: Ints,
    spread: Floats,
    limits: Charts,
    able: Floats,
    pieces: int,
) -> pa.Table:
    """Lay out one row a subgroup; a signal carries the lot of its farthest piece."""
    codes = characteristics["characteristic"].to_pylist()
    out = rule > 0
    lots = [
        points.farthest_lot(at, pieces, float(limits.centre[row[at]])) if out[at] else None for at in range(row.size)
    ]
    columns: dict[str, object] = {
        "characteristic": [codes[chart] for chart in points.chart],
        "subgroup": points.number,
        "mean": points.mean,
        "spread": spread,
        "centre": limits.centre[row],
        "lower": limits.lower[row],
        "upper": limits.upper[row],
        "spread_upper": limits.range_upper[row],
        "signal": out,
        "rule": rule,
        "lot": lots,
        "capability": pa.array(able[row], mask=~np.isfinite(able[row])),
        "reason": [RULES[at] for at in rule],
    }
    return pa.table({f.name: pa.array(columns[f.name], f.arrow) for f in CONTROL_SIGNALS.fields})


def _refuse(characteristics: pa.Table, measurements: pa.Table) -> None:
    """Refuse measurements of unknown characteristics, subgroups with too many pieces, and crossed specifications."""
    found: list[Breach] = []
    size: dict[str, int] = {}
    for at, row in enumerate(characteristics.to_pylist()):
        size[row["characteristic"]] = row["subgroup"]
        low, high = row["lower_spec"], row["upper_spec"]
        if low is not None and high is not None and low >= high:
            said = f"lower_spec {low:g} of {row['characteristic']} is not below upper_spec {high:g}"
            where = f"characteristics.lower_spec, row {at + 1}"
            found.append(Breach(said, where, "exchange or correct them", "characteristics", at, "lower_spec", str(low)))
    known = pc.is_in(measurements["characteristic"], characteristics["characteristic"].combine_chunks())
    for at in pc.indices_nonzero(pc.invert(known)).to_pylist():
        name = measurements["characteristic"][at].as_py()
        where = f"measurements.characteristic, row {at + 1}"
        said = f"characteristic {name} is measured but not described"
        found.append(Breach(said, where, "add it to characteristics", "measurements", at, "characteristic", name))
    counts = measurements.group_by(["characteristic", "subgroup"]).aggregate([([], "count_all")])
    for row in counts.filter(pc.greater(counts["count_all"], 1)).to_pylist():
        most = size.get(row["characteristic"], row["count_all"])
        if row["count_all"] > most:
            said = f"subgroup {row['subgroup']} of {row['characteristic']} has {row['count_all']} pieces, not {most}"
            found.append(Breach(said, "measurements.subgroup", "number the subgroups anew", "measurements"))
    if found:
        raise DataRejected(found)
