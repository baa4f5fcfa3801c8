"""Is each measured or counted characteristic still in control, and which lot must be held?

Reads     characteristics, measurements, control_phases

Decides   control_signals

Proof     share of subgroups that signal, against the share that chance alone would make signal

Method    charts of means, spreads, single pieces, counts, charts that remember and joint charts, with named sets of
          rules; limits from a base period, then frozen; all characteristics of one kind at once (solve.control)
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smilecurve.desks.line._chart_checks import control_breaches
from smilecurve.desks.line._charting import (
    INTERVAL,
    NOTES,
    REACH,
    RISK,
    SLACK,
    SPREAD_RULE,
    WEIGHT,
    Charted,
    Specification,
    chart,
)
from smilecurve.desks.line._joint_charts import JointChart, joint_charts
from smilecurve.desks.line._subgroups import COUNTED, Subgroups, chart_kinds
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected, OptionRejected
from smilecurve.terms.tables.line_quality import CHARACTERISTICS, CONTROL_PHASES, CONTROL_SIGNALS, MEASUREMENTS

__all__ = ["control_line"]

Floats = NDArray[np.float64]

SIGNALS = {
    "beyond_limit": "{mean:.6g} lies outside {lower:.6g} .. {upper:.6g} (rule {rule})",
    "two_of_three": "two of three far to one side of {centre:.6g} (rule {rule}), now {mean:.6g}",
    "four_of_five": "four of five to one side of {centre:.6g} (rule {rule}), now {mean:.6g}",
    "eight_in_a_row": "eight in a row on one side of {centre:.6g} (rule {rule}), now {mean:.6g}",
    "nine_in_a_row": "nine in a row on one side of {centre:.6g} (rule {rule}), now {mean:.6g}",
    "six_trending": "six in a row rise, or fall (rule {rule}), now {mean:.6g}",
    "fourteen_alternating": "fourteen in a row go up and down in turn (rule {rule}), now {mean:.6g}",
    "fifteen_close": "fifteen in a row lie too close to {centre:.6g} (rule {rule})",
    "eight_far": "eight in a row keep away from {centre:.6g} (rule {rule}), now {mean:.6g}",
    "drifted": "drifted to {mean:.6g}, outside {lower:.6g} .. {upper:.6g}",
    "joint": "together {mean:.6g} away from the usual, {upper:.6g} allowed",
    "range": "spread {spread:.6g} is above {spread_upper:.6g}",
}
REASONS = (
    {code: f"{said}: hold lot {{lot}}" for code, said in SIGNALS.items()}
    | {f"{code}_no_lot": said for code, said in SIGNALS.items()}
    | {"in_control": "{mean:.6g} lies within {lower:.6g} .. {upper:.6g}"}
)


@desk(
    "line.control",
    question="Is each measured characteristic still in control, and which lot must be held?",
    reads=(CHARACTERISTICS, MEASUREMENTS, CONTROL_PHASES),
    decides=CONTROL_SIGNALS,
    reasons=REASONS,
    needs=("characteristics", "measurements"),
    version="2",
)
def control_line(
    characteristics: pa.Table, measurements: pa.Table, control_phases: pa.Table, *, base_subgroups: int = 25
) -> Decision:
    """The state of every chart at every complete subgroup, and at a signal the rule and the lot to hold.

    base_subgroups: how many subgroups, from the first of a phase, set the limits where the characteristic says nothing
    (0: all). A subgroup of measured values with fewer pieces than its characteristic asks is not judged. Single pieces
    are charted with the range to the piece before (two pieces).
    """
    if base_subgroups < 0:
        raise OptionRejected(Breach(f"base_subgroups is {base_subgroups}", "base_subgroups", "give 0 or more"))
    found = control_breaches(characteristics, control_phases, measurements)
    if found:
        raise DataRejected(found)
    rows = measurements.sort_by([(name, "ascending") for name in ("characteristic", "subgroup", "piece")])
    groups = Subgroups.of(characteristics, control_phases, rows, base_subgroups)
    values, lots = rows["value"].to_numpy(), rows["lot"].to_pylist()
    parts = _charts(characteristics, groups, values, lots)
    joined, wrong = joint_charts(characteristics, groups, values)
    if wrong:
        raise DataRejected(wrong)
    parts += [_joint_rows(each, characteristics, groups, lots) for each in joined]
    if not parts:
        clash = Clash(
            "no characteristic has a complete subgroup", "measurements", "load measurements in full subgroups"
        )
        proof = Proof("rule", float(len(parts)), float(characteristics.num_rows), "charts")
        return Decision(CONTROL_SIGNALS.empty(), proof, "none", (clash,))
    table = pa.concat_tables(parts).sort_by([("characteristic", "ascending"), ("subgroup", "ascending")])
    return _decision(table)


def _charts(characteristics: pa.Table, groups: Subgroups, values: Floats, lots: list[str | None]) -> list[pa.Table]:
    """Chart batch by batch: one kind of chart, one set of rules, one size of subgroup."""
    kinds = chart_kinds(characteristics).to_numpy(zero_copy_only=False).astype(str)
    rules = pc.fill_null(characteristics["rules"], "western_electric").to_numpy().astype(str)
    sizes = np.where(np.isin(kinds, COUNTED), 0, characteristics["subgroup"].to_numpy())
    names = ("lower_spec", "upper_spec", "target")
    specification = Specification(*(pc.fill_null(characteristics[name], np.nan).to_numpy() for name in names))
    batches = sorted(set(zip(kinds.tolist(), rules.tolist(), sizes.tolist(), strict=True)))
    made: list[pa.Table] = []
    for kind, named, size in batches:
        mine = (kinds == kind) & (rules == named) & (sizes == size)
        own = groups.only(mine[groups.characteristic])
        if own.number.size:
            found = chart(own, kind, named, values, specification)
            made.append(_rows(found, own, characteristics, kind, named, values, lots))
    return made


def _rows(
    found: Charted,
    groups: Subgroups,
    characteristics: pa.Table,
    kind: str,
    rules: str,
    values: Floats,
    lots: list[str | None],
) -> pa.Table:
    """Lay out the decided rows; the lot is looked up only where a chart signals."""
    from smilecurve.solve.control_rules import RULE_SETS

    signal = found.rule > 0
    words = ("drifted",) if kind in ("ewma", "cusum") else RULE_SETS[rules]
    said = {0: "in_control", SPREAD_RULE: "range"} | dict(enumerate(words, 1))
    middle = np.where(np.isin(kind, (*COUNTED, "cusum")), groups.mean, found.centre)
    held = [
        _farthest_lot(groups, int(at), values, lots, float(middle[at])) if out else None
        for at, out in enumerate(signal)
    ]
    counted = kind in COUNTED
    columns: dict[str, object] = {
        "characteristic": characteristics["characteristic"].take(pa.array(groups.characteristic)),
        "subgroup": groups.number,
        "mean": found.value,
        "spread": _known(np.where(np.isnan(found.spread) & (not counted), 0.0, found.spread)),
        "centre": found.centre,
        "lower": found.lower,
        "upper": found.upper,
        "spread_upper": _known(found.spread_upper),
        "signal": signal,
        "rule": found.rule,
        "lot": held,
        "reason": [_reason(said[at], lot) for at, lot in zip(found.rule.tolist(), held, strict=True)],
        "part": characteristics["part"].take(pa.array(groups.characteristic)),
        "measured": pa.array(groups.measured).cast(pa.timestamp("us", tz="UTC")),
        "chart": [kind] * signal.size,
        "rules": [rules] * signal.size,
        "phase": groups.phase,
        "monitored": found.monitored,
        "sampled": _known(groups.sampled if counted else np.full(signal.size, np.nan)),
        "pieces": found.pieces,
        "capability_note": [NOTES[at] for at in found.note.tolist()],
    }
    columns |= {name: _known(values) for name, values in found.indices.items()}
    return pa.table({f.name: _as(columns[f.name], f.arrow) for f in CONTROL_SIGNALS.fields})


def _joint_rows(found: JointChart, characteristics: pa.Table, groups: Subgroups, lots: list[str | None]) -> pa.Table:
    """Rows of a joint chart: the part and the lot are those of its first characteristic."""
    signal = found.value > found.upper
    first = groups.first[found.at]
    records: list[dict[str, object]] = [
        {
            "characteristic": found.name,
            "subgroup": int(found.number[at]),
            "mean": float(found.value[at]),
            "centre": found.centre,
            "lower": 0.0,
            "upper": float(found.upper[at]),
            "signal": bool(signal[at]),
            "rule": int(signal[at]),
            "lot": lots[int(first[at])] if signal[at] else None,
            "reason": _reason("joint", lots[int(first[at])]) if signal[at] else "in_control",
            "part": characteristics["part"][found.members[0]].as_py(),
            "measured": None,
            "chart": "t2",
            "rules": "limits",
            "phase": int(groups.phase[found.at[at]]),
            "monitored": bool(found.monitored[at]),
            "capability_note": "counted",
        }
        for at in range(found.number.size)
    ]
    rows = CONTROL_SIGNALS.rows(records)
    moments = pa.array(groups.measured[found.at]).cast(pa.timestamp("us", tz="UTC"))
    return rows.set_column(rows.schema.get_field_index("measured"), "measured", moments)


def _reason(said: str, lot: str | None) -> str:
    """The code of a sentence: a signal whose piece has no known lot asks for no hold."""
    return said if said not in SIGNALS or lot is not None else f"{said}_no_lot"


def _farthest_lot(groups: Subgroups, at: int, values: Floats, lots: list[str | None], centre: float) -> str | None:
    """The lot of the piece that lies farthest from the centre, if its lot is known."""
    span = range(int(groups.first[at]), int(groups.first[at] + groups.size[at]))
    return lots[max(span, key=lambda piece: abs(float(values[piece]) - centre))]


def _known(values: Floats) -> pa.Array:
    return pa.array(values, mask=~np.isfinite(values))


def _as(column: object, wanted: pa.DataType) -> pa.Array | pa.ChunkedArray:
    return column.cast(wanted) if isinstance(column, pa.Array | pa.ChunkedArray) else pa.array(column, wanted)


def _decision(rows: pa.Table) -> Decision:
    """Set the share of signals against what chance makes."""
    signals = int(pc.sum(rows["signal"]).as_py())
    out = rows.filter(rows["signal"])
    lots = pc.drop_null(out["lot"])
    figures = {
        "charts": float(len(pc.unique(rows["characteristic"]))),
        "charts_out": float(len(pc.unique(out["characteristic"]))),
        "signals": float(signals),
        "lots_to_hold": float(len(pc.unique(lots))),
    }
    proof = Proof(
        "statistical",
        signals / rows.num_rows,
        _by_chance(rows),
        "share of subgroups",
        "the rules on an unchanged process",
    )
    newest = np.where(rows["signal"].to_numpy(), rows["measured"].cast(pa.int64()).to_numpy(), -1)
    headline = int(newest.argmax())
    return Decision(rows, proof, "good", headline=headline, figures=figures, urgent=len(lots) > 0)


def _by_chance(rows: pa.Table) -> float:
    """The share of points that would signal on an unchanged process, each chart by its own rules."""
    from smilecurve.solve.control_memory import cusum_run_length, ewma_run_length
    from smilecurve.solve.control_rules import chance_alarms

    counts = rows.group_by(["chart", "rules"]).aggregate([([], "count_all")]).to_pylist()
    total = 0.0
    for row in counts:
        if row["chart"] == "ewma":
            rate = 1.0 / ewma_run_length(WEIGHT, REACH)
        elif row["chart"] == "cusum":
            rate = 1.0 / cusum_run_length(SLACK, INTERVAL)
        else:
            rate = RISK if row["chart"] == "t2" else chance_alarms(row["rules"])
        total += float(row["count_all"]) * rate
    return total / float(rows.num_rows)
