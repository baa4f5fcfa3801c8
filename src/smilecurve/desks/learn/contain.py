"""Which component lots explain an excess of failures, and must they be held?

Reads     lot_exposure, lot_mixes, emerging_issues, part_life; what a failure costs from design_backlog
Decides   suspect_lots
Proof     chance that any lot is held by luck, against the risk allowed
Method    for a part with an open alarm every lot of any part, at any level, in the machines that hold it, and every
          week of a line, against the failures the part's life lets expect; for all parts their own lots, against each
          other in the same climate at the same age. The worst lot is accepted and the rest judged again without it
          (solve.blaming); lots that went into the same machines are one, and the fewest are named that explain the
          excess (solve.tracing)
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from smilecurve.desks.learn._own_lots import own_suspects
from smilecurve.desks.learn._strata import floats, in_order, strata_of
from smilecurve.desks.learn._suspecting import Limits, Suspect, find_suspects, lots_tried
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected, OptionRejected
from smilecurve.terms.money import Money
from smilecurve.terms.tables.learn import DESIGN_BACKLOG, EMERGING_ISSUES, LOT_EXPOSURE, LOT_MIXES, SUSPECT_LOTS
from smilecurve.terms.tables.learn_lives import PART_LIFE

__all__ = ["find_suspect_lots"]

AHEAD_MONTHS = 12  # how far lot_mixes looks ahead
SEEN = "{failures} failures in {machines} machines, {expected:.1f} expected: "
RECALL = (
    ". Recalling them avoids {avoided:.1f} failures in {ahead_months} months, {avoided_each:.3f} a machine;"
    " all {delivery_lots} lots of {supplier} are {delivery_machines} machines, {delivery_each:.3f} each"
)

REASONS = {
    "explains_issue": SEEN + "explains issue {issue}",
    "explains_issue_recall": SEEN + "explains issue {issue}" + RECALL,
    "explains_other": "{failures} failures of {failing} in its {machines} machines, {expected:.1f} expected: explains"
    " issue {issue}" + RECALL,
    "one_of_many": SEEN + "{alike} lots share {in_common:.0%} of their machines and cannot be told apart; held as"
    " one, named {bundle}",
    "too_many_failures": "{failures} failures in {machines} machines, {ratio:.1f} times the {expected:.1f} expected",
    "built_together": SEEN + "one line and one week, so look at the line; no lot explains it",
    "not_proven": "{failures} failures where {expected:.1f} are expected may be luck: watch, do not hold",
}


@desk(
    "learn.contain",
    question="Which component lots explain an excess of failures, and must they be held?",
    reads=(LOT_EXPOSURE, LOT_MIXES, EMERGING_ISSUES, PART_LIFE),
    decides=SUSPECT_LOTS,
    reasons=REASONS,
    feedback=(DESIGN_BACKLOG,),
    needs=("lot_exposure",),
    version="2",
)
def find_suspect_lots(
    lot_exposure: pa.Table,
    lot_mixes: pa.Table,
    emerging_issues: pa.Table,
    part_life: pa.Table,
    *,
    risk: float = 0.05,
    least_failures: int = 3,
    least_ratio: float = 2.0,
    watch: int = 3,
    design_backlog: pa.Table | None = None,
) -> Decision:
    """Lots to hold, and the lots next in line, worst first.

    risk: chance of holding any sound lot at all, half of it spent on parts with an open alarm, half on all lots;
    least_failures, least_ratio: failures a held lot must have, and how many times the expected; watch: how many
    unproven lots of each alarmed part to list beside them. A part with an alarm and a known life is judged by
    `lot_mixes`, where lots of other parts are suspects too; any other by its own lots.
    """
    if not 0 < risk < 1:
        raise OptionRejected(Breach(f"a risk of {risk:g} is out of 0 .. 1", "risk", "give a share such as 0.05"))
    _refuse_unbuilt(lot_exposure)
    if lot_exposure.num_rows == 0:
        clash = Clash("no lot has been in service", "lot_exposure", "load builds with the lots they used")
        return Decision(
            SUSPECT_LOTS.empty(), Proof("rule", float(lot_exposure.num_rows), 1.0, "rows needed"), "none", (clash,)
        )
    limits = Limits(risk, least_failures, least_ratio, watch)
    issues = _open_issues(emerging_issues)
    suspects, looked = _suspects(in_order(lot_exposure, LOT_EXPOSURE), lot_mixes, part_life, issues, limits)
    rows = _rows(suspects, issues, _deliveries(lot_exposure))
    held = [s for s in suspects if s.hold]
    return Decision(
        rows,
        Proof(
            "statistical",
            min(max((s.by_luck for s in held), default=0.0), risk),
            risk,
            "chance of any false hold",
            "Poisson tail, Sidak",
        ),
        "good",
        worth=_at_stake(rows, design_backlog),
        urgent=bool(held),
        headline=0 if held else None,
        figures={"lots": looked, "held": len(held), "machines_held": float(sum(s.machines for s in held))},
    )


def _at_stake(rows: pa.Table, design_backlog: pa.Table | None) -> Money | None:
    """What it would cost if every machine with a held lot failed that has not yet; None where no cost is known."""
    if design_backlog is None:
        return None
    known = design_backlog.select(["part", "cost_each", "currency"]).to_pylist()
    cost = {row["part"]: (row["cost_each"], row["currency"]) for row in known}
    held = [row for row in rows.to_pylist() if row["hold"] and row["part"] in cost]
    currencies = {cost[row["part"]][1] for row in held}
    if len(currencies) != 1:
        return None
    whole = sum((row["machines"] - row["failures"]) * cost[row["part"]][0] for row in held)
    return Money(float(whole), currencies.pop())


def _refuse_unbuilt(rows: pa.Table) -> None:
    """Refuse lots with failures but no machine: nothing could be held or visited, and their ratio would be infinite."""
    failures, machines = floats(rows, "failures"), floats(rows, "machines")
    part, lot = (rows.column(c).to_pylist() for c in ("part", "lot"))
    breaches = [
        Breach(
            f"lot {lot[k]} of {part[k]} has {failures[k]:.0f} failures but was built into no machine",
            f"lot_exposure, row {k + 1}",
            "load the builds that used the lot",
            "lot_exposure",
            int(k),
            "machines",
            "0",
        )
        for k in np.flatnonzero((failures > 0) & (machines <= 0))
    ]
    if breaches:
        raise DataRejected(breaches)


def _open_issues(emerging_issues: pa.Table) -> dict[str, str]:
    """The strongest open alarm of each part."""
    best: dict[str, tuple[float, str]] = {}
    for row in emerging_issues.select(["part", "issue", "evidence", "alarm"]).to_pylist():
        if row["alarm"] and row["evidence"] > best.get(row["part"], (-1.0, ""))[0]:
            best[row["part"]] = (row["evidence"], row["issue"])
    return {part: issue for part, (_, issue) in best.items()}


def _suspects(
    rows: pa.Table, lot_mixes: pa.Table, part_life: pa.Table, issues: Mapping[str, str], limits: Limits
) -> tuple[list[Suspect], float]:
    """The suspects of both ways, worst first and each lot once; and how many lots were looked at."""
    from smilecurve.solve.blaming import chance_level

    lots = strata_of(rows, "part", "lot")
    mixed = set(lot_mixes.column("failing").to_pylist())
    alarmed = np.array([part in issues and part not in mixed for part in lots.column(0)], bool)
    tried = lots_tried(lot_mixes)
    level = chance_level(int(alarmed.sum()) + tried, limits.risk / 2)
    own = np.full(lots.count, chance_level(lots.count, limits.risk / 2))
    own[alarmed] += level
    own[np.array([part in mixed for part in lots.column(0)], bool)] = 0.0
    found = own_suspects(rows, lots, part_life, own, alarmed, limits) + find_suspects(lot_mixes, limits, level)
    worst: dict[tuple[str, str | None], float] = {}
    for s in found:
        key = (s.failing, s.bundle or s.lot)
        worst[key] = max(worst.get(key, 0.0), s.evidence)
    found.sort(
        key=lambda s: (not s.hold, not s.blamed, -worst[s.failing, s.bundle or s.lot], -s.evidence, s.part, s.lot)
    )
    once: dict[tuple[str, str], Suspect] = {}
    for s in found:
        once.setdefault((s.part, s.lot), s)
    return list(once.values()), float(max(lots.count, tried))


def _deliveries(rows: pa.Table) -> dict[tuple[str, str | None], tuple[int, int]]:
    """Lots and machines of every part and supplier: what recalling the whole delivery would take."""
    found: dict[tuple[str, str | None], tuple[int, int]] = {}
    sums = rows.group_by(["part", "supplier"]).aggregate([("lot", "count_distinct"), ("machines", "sum")])
    for r in sums.to_pylist():
        found[r["part"], r["supplier"]] = int(r["lot_count_distinct"]), int(r["machines_sum"])
    return found


def _reason(s: Suspect, issues: Mapping[str, str], delivered: bool) -> str:
    if not s.blamed:
        return "not_proven"
    if s.kind == "line_week":
        return "built_together"
    if s.alike > 1:
        return "one_of_many"
    if s.failing not in issues:
        return "too_many_failures"
    if s.avoided is None or not delivered:
        return "explains_issue"
    return "explains_issue_recall" if s.failing == s.part else "explains_other"


def _rows(
    suspects: list[Suspect],
    issues: Mapping[str, str],
    deliveries: Mapping[tuple[str, str | None], tuple[int, int]],
) -> pa.Table:
    """One row a suspect, in the order given."""
    records: list[dict[str, object]] = []
    for rank, s in enumerate(suspects, 1):
        lots, machines = deliveries.get((s.part, s.supplier), (None, None)) if s.supplier else (None, None)
        records.append(
            {
                "part": s.part, "lot": s.lot, "supplier": s.supplier, "issue": issues.get(s.failing), "rank": rank,
                "machines": s.machines, "failures": s.failures, "expected": s.expected,
                "ratio": s.failures / s.expected, "evidence": s.evidence, "hold": s.hold, "kind": s.kind,
                "failing": s.failing, "tried": s.tried, "by_luck": s.by_luck, "false_share": s.false_share,
                "bundle": s.bundle, "alike": s.alike, "in_common": s.in_common, "needed": s.needed,
                "explained": min(max(s.explained, 0.0), 1.0) if s.explained is not None else None,
                "ahead_months": None if s.avoided is None else AHEAD_MONTHS, "avoided": s.avoided,
                "avoided_each": _each(s.avoided, s.machines),
                "delivery_lots": lots, "delivery_machines": machines, "delivery_each": _each(s.avoided, machines),
                "reason": _reason(s, issues, lots is not None),
            }
        )  # fmt: skip
    return SUSPECT_LOTS.rows(records)


def _each(whole: float | None, machines: int | None) -> float | None:
    return whole / machines if whole is not None and machines else None
