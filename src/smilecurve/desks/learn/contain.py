"""Which component lots explain an excess of failures, and must they be held?

Reads     lot_exposure, emerging_issues, part_life; what a failure costs from design_backlog
Decides   suspect_lots
Proof     chance that any lot is held by luck, against the risk allowed
Method    every lot scored by the log-likelihood ratio of its failures against those of its part's other lots
          in the same climate, at the same age; the worst lot is accepted and the rest judged again without it
          (solve.blaming)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smilecurve.desks.learn._strata import Strata, floats, in_order, strata_of
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected, OptionRejected
from smilecurve.terms.money import Money
from smilecurve.terms.tables.learn import DESIGN_BACKLOG, EMERGING_ISSUES, LOT_EXPOSURE, SUSPECT_LOTS
from smilecurve.terms.tables.learn_lives import PART_LIFE

if TYPE_CHECKING:
    from smilecurve.solve.blaming import Blame

__all__ = ["find_suspect_lots"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_LOTS = 100
A_DAY = 1.0 / 30.4375  # a machine that failed on its first day lived that long

REASONS = {
    "explains_issue": "{failures} failures in {machines} machines, {expected:.1f} expected: explains issue {issue}",
    "too_many_failures": "{failures} failures in {machines} machines, {ratio:.1f} times the {expected:.1f} expected",
    "not_proven": "{failures} failures where {expected:.1f} are expected may be luck: watch, do not hold",
}


@desk(
    "learn.contain",
    question="Which component lots explain an excess of failures, and must they be held?",
    reads=(LOT_EXPOSURE, EMERGING_ISSUES, PART_LIFE),
    decides=SUSPECT_LOTS,
    reasons=REASONS,
    feedback=(DESIGN_BACKLOG,),
    needs=("lot_exposure",),
)
def find_suspect_lots(
    lot_exposure: pa.Table,
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

    risk: chance of holding any sound lot at all, half of it spent on the lots of parts with an open alarm, half on
    all lots; least_failures, least_ratio: failures a held lot must have, and how many times the expected; watch: how
    many unproven lots of each alarmed part to list beside them.
    """
    if not 0 < risk < 1:
        raise OptionRejected(Breach(f"a risk of {risk:g} is out of 0 .. 1", "risk", "give a share such as 0.05"))
    _refuse_unbuilt(lot_exposure)
    if lot_exposure.num_rows == 0:
        clash = Clash("no lot has been in service", "lot_exposure", "load builds with the lots they used")
        return Decision(
            SUSPECT_LOTS.empty(), Proof("rule", float(lot_exposure.num_rows), 1.0, "rows needed"), "none", (clash,)
        )
    lot_exposure = in_order(lot_exposure, LOT_EXPOSURE)
    lots = strata_of(lot_exposure, "part", "lot")
    issues = _open_issues(emerging_issues)
    alarmed = np.array([part in issues for part in lots.column(0)], bool)
    blame = _blame(lot_exposure, lots, part_life, alarmed, risk, least_failures, least_ratio)
    listed = _listed(blame, lots, alarmed, watch)
    rows = _rows(lot_exposure, lots, blame, listed, issues)
    held = blame.accepted.size
    return Decision(
        rows,
        Proof(
            "statistical", _risk_taken(blame, alarmed, risk), risk, "chance of any false hold", "Poisson tail, Sidak"
        ),
        "good",
        worth=_at_stake(rows, design_backlog),
        urgent=bool(held),
        headline=0 if held else None,
        figures={"lots": lots.count, "held": held, "machines_held": float(sum(rows["machines"].to_pylist()[:held]))},
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


def _shapes(part_life: pa.Table, parts: list[str]) -> Floats:
    """Weibull shape of each part over all its strata, weighted by failures; 1 where nothing is known."""
    strata = strata_of(part_life, "part") if part_life.num_rows else Strata((), np.zeros(0, np.int64))
    weight = floats(part_life, "failures") if strata.count else np.zeros(0)
    total = np.bincount(strata.of, weight, strata.count)
    log_shape = np.log(np.clip(floats(part_life, "shape"), 0.3, 5.0)) if strata.count else np.zeros(0)
    mean = np.bincount(strata.of, weight * log_shape, strata.count) / np.maximum(total, 1.0)
    known = {name[0]: float(np.exp(mean[k])) for k, name in enumerate(strata.names) if total[k] >= 5}
    return np.array([known.get(part, 1.0) for part in parts])


def _blame(
    rows: pa.Table,
    lots: Strata,
    part_life: pa.Table,
    alarmed: npt.NDArray[np.bool_],
    risk: float,
    least_failures: int,
    least_ratio: float,
) -> Blame:
    """Score every lot; a row of lot_exposure is a member of its lot, compared within its part and climate."""
    from smilecurve.solve.blaming import blame_groups, chance_level

    machines = np.maximum(floats(rows, "machines"), 1.0)
    shape = _shapes(part_life, lots.column(0))[lots.of]
    lived = np.maximum(floats(rows, "service_months") / machines, A_DAY)
    exposure = machines * lived**shape
    level = np.full(lots.count, chance_level(lots.count, risk / 2))
    level[alarmed] += chance_level(int(alarmed.sum()), risk / 2)
    return blame_groups(
        lots.of,
        np.arange(rows.num_rows),
        floats(rows, "failures"),
        exposure,
        stratum=strata_of(rows, "part", "climate").of,
        groups=lots.count,
        level=level,
        least_seen=least_failures,
        least_ratio=least_ratio,
        most=MOST_LOTS,
    )


def _risk_taken(blame: Blame, alarmed: npt.NDArray[np.bool_], risk: float) -> float:
    """Chance that the weakest held lot is held by luck, over all lots that were looked at for it."""
    if not blame.accepted.size:
        return 0.0
    weakest = int(np.argmax(blame.accepted_chance))
    tries = alarmed.sum() if alarmed[blame.accepted[weakest]] else alarmed.size
    return min(float(-np.expm1(tries * np.log1p(-blame.accepted_chance[weakest]))), risk)


def _listed(blame: Blame, lots: Strata, alarmed: npt.NDArray[np.bool_], watch: int) -> Ints:
    """Held lots in order of blame, then the next likely lots of each alarmed part."""
    part = lots.groups(0)
    next_up = np.flatnonzero(alarmed & (blame.score > 0) & (blame.chance < 0.05))
    next_up = next_up[~np.isin(next_up, blame.accepted)]
    next_up = next_up[np.lexsort((-blame.score[next_up], part[next_up]))]
    place = np.arange(next_up.size) - np.searchsorted(part[next_up], part[next_up])
    kept = next_up[place < watch]
    return np.concatenate([blame.accepted, kept[np.argsort(-blame.score[kept], kind="stable")]]).astype(np.int64)


def _rows(rows: pa.Table, lots: Strata, blame: Blame, listed: Ints, issues: dict[str, str]) -> pa.Table:
    held = blame.accepted.size
    suppliers = dict(zip(lots.of.tolist(), rows.column("supplier").to_pylist(), strict=True))
    machines = np.bincount(lots.of, floats(rows, "machines"), lots.count)
    expected, score = blame.expected.copy(), blame.score.copy()
    expected[blame.accepted], score[blame.accepted] = blame.accepted_expected, blame.accepted_score
    parts = [lots.names[k][0] for k in listed]
    reason = [
        "not_proven" if place >= held else "explains_issue" if part in issues else "too_many_failures"
        for place, part in enumerate(parts)
    ]
    columns: dict[str, object] = {
        "part": parts,
        "lot": [lots.names[k][1] for k in listed],
        "supplier": [suppliers[int(k)] for k in listed],
        "issue": [issues.get(part) for part in parts],
        "rank": np.arange(1, listed.size + 1),
        "machines": machines[listed].astype(np.int64),
        "failures": blame.seen[listed].astype(np.int64),
        "expected": expected[listed],
        "ratio": blame.seen[listed] / expected[listed],
        "evidence": score[listed],
        "hold": np.arange(listed.size) < held,
        "reason": reason,
    }
    return pa.table({f.name: pa.array(columns[f.name], f.arrow) for f in SUSPECT_LOTS.fields})
