"""Which inspected lots are accepted, and how strictly is the next one looked at?

Reads     inspection_plans, lot_samples

Decides   lot_verdicts

Proof     share of lots rejected, against the share that would be rejected if every lot lay at its quality level

Method    the tables of MIL-STD-105E with the switching rules of a standard as a state machine, or plans that allow no
          defective (solve.sampling, solve.sampling_tables, solve.sampling_switching)
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, cast

import pyarrow as pa

from smilecurve.desks.line._lot_checks import Row, plan_of, sample_breaches
from smilecurve.desks.line._lot_judging import asked_plan, judge
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import DataRejected
from smilecurve.terms.tables.line_quality import INSPECTION_PLANS, LOT_SAMPLES, LOT_VERDICTS

if TYPE_CHECKING:
    from smilecurve.solve.sampling_switching import Lot, State

__all__ = ["sample_lots"]

REASONS = {
    "accepted": "{defectives} of {sampled} defective, {accept} allowed: accept lot {lot}",
    "between": "{defectives} of {sampled} defective, between {accept} and {reject}: accept lot {lot}, next one normal",
    "rejected": "{defectives} of {sampled} defective, {reject} reject: send lot {lot} back",
    "tightened": "{defectives} of {sampled} defective, {reject} reject: send lot {lot} back, look closer at the next",
    "unreduced": "{defectives} of {sampled} defective, {reject} reject: send lot {lot} back, the next one normal again",
    "eased": "{defectives} of {sampled} defective, {accept} allowed: accept lot {lot}, the next one normal again",
    "reduced": "{defectives} of {sampled} defective, {accept} allowed: accept lot {lot}, a smaller sample of the next",
    "ended": "{defectives} of {sampled} defective: with lot {lot} acceptance from {supplier} ends until it is mended",
    "not_taken": "lots of {part} from {supplier} are not taken until the process is mended: send lot {lot} back",
    "next_sample": "{defectives} of {sampled} defective decide nothing: take the next sample of lot {lot}",
    "short": "{sampled} of {asked} pieces of lot {lot} looked at: look at the rest",
}


@desk(
    "line.sample",
    question="Which inspected lots are accepted, and how strictly is the next one looked at?",
    reads=(INSPECTION_PLANS, LOT_SAMPLES),
    decides=LOT_VERDICTS,
    reasons=REASONS,
)
def sample_lots(inspection_plans: pa.Table, lot_samples: pa.Table) -> Decision:
    """The verdict on every lot in the order of inspection, and the plan that the next lot of its supplier meets.

    A sample that is as large as its lot looks at every piece; the numbers of the plan stay. Samples of one lot add up.
    """
    found = sample_breaches(inspection_plans, lot_samples)
    if found:
        raise DataRejected(found)
    plans = {(row["part"], row["supplier"]): row for row in inspection_plans.to_pylist()}
    histories: dict[tuple[str, str], dict[str, list[Row]]] = {}
    for row in lot_samples.sort_by([("inspected", "ascending"), ("sample", "ascending")]).to_pylist():
        histories.setdefault((row["part"], row["supplier"]), {}).setdefault(row["lot"], []).append(row)
    records = [
        record
        for key, lots in sorted(histories.items())
        for record in _history(plan_of(plans, *key) or {}, list(lots.values()))
    ]
    rows = LOT_VERDICTS.rows(records)
    if not records:
        clash = Clash("no lot was sampled", "lot_samples", "load inspections with lot_size and sampled")
        return Decision(rows, Proof("rule", float(rows.num_rows), 1.0, "lots needed"), "none", (clash,))
    return _decision(rows, records)


def _decision(rows: pa.Table, records: list[dict[str, object]]) -> Decision:
    rejected = [at for at, record in enumerate(records) if record["verdict"] == "rejected"]
    judged = [record for record in records if record["verdict"] != "waits"]
    usual = [1.0 - cast(float, record["accept_chance"]) for record in judged if record["accept_chance"] is not None]
    last = {(record["part"], record["supplier"]): record for record in records}
    figures = {
        "lots": float(len(records)),
        "rejected": float(len(rejected)),
        "waiting": float(len(records) - len(judged)),
        "tightened": float(sum(record["next_standing"] == "tightened" for record in last.values())),
        "discontinued": float(sum(record["next_standing"] == "discontinued" for record in last.values())),
    }
    share, against = len(rejected) / max(len(judged), 1), sum(usual) / max(len(usual), 1)
    proof = Proof("statistical", share, against, "share of lots", "operating characteristic at the quality level")
    newest = max(rejected, key=lambda at: cast(datetime, records[at]["inspected"])) if rejected else 0
    return Decision(rows, proof, "good", headline=newest, figures=figures, urgent=bool(rejected))


def _history(kept: Row, lots: list[list[Row]]) -> list[dict[str, object]]:
    """Walk the lots of one part from one supplier in order, each judged in the state that the ones before left."""
    from smilecurve.solve.sampling_switching import RULES, State, step

    scheme, state = str(kept["scheme"]), State()
    records: list[dict[str, object]] = []
    for samples in lots:
        size = int(cast(float, samples[0]["lot_size"]))
        inspected = max(cast(datetime, row["inspected"]) for row in samples)
        since = cast("date | None", kept["since"])
        counts = scheme != "zero" and (since is None or inspected.astimezone(UTC).date() >= since)
        record, lot = judge(kept, state.standing, samples, size)
        after = step(state, lot, RULES[scheme]) if lot and counts else state
        record |= {"inspected": inspected, **_outlook(kept, after, size)}
        records.append(record | {"reason": _reason(record, lot, state, after)})
        state = after
    return records


def _outlook(kept: Row, after: State, size: int) -> dict[str, object]:
    """What the next lot meets."""
    plan = asked_plan(kept, after.standing, int(str(kept["next_lot_size"] or size))).plan
    taken = after.standing != "discontinued"
    return {
        "score": after.score,
        "next_standing": after.standing,
        "next_size": plan.sizes[0] if taken else None,
        "next_accept": plan.accept[0] if taken and plan.accept[0] >= 0 else None,
        "next_reject": plan.reject[0] if taken else None,
    }


def _reason(record: Row, lot: Lot | None, before: State, after: State) -> str:
    """The first that holds: what changes for the next lot, else what the verdict on this one rests on."""
    if before.standing == "discontinued":
        return "not_taken"
    if lot is None:
        short = cast(int, record["sampled"]) < cast(int, record["asked"])
        return "short" if short else "next_sample"
    if after.standing == "discontinued":
        return "ended"
    if lot.between:
        return "between"
    if after.standing != before.standing:
        back = "eased" if lot.accepted else "unreduced"
        return {"tightened": "tightened", "reduced": "reduced"}.get(after.standing, back)
    return "accepted" if lot.accepted else "rejected"
