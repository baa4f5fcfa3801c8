"""Which equipment makes which part for the line, and when?

Reads     shop_orders, shop_operations, equipment, equipment_breaks, equipment_setups, bom, stocks, receipts

Decides   shop_schedule

Proof     lower bound on the seconds of lateness and of the whole plan

Method    rules of dispatching, annealing, constraint programming whole and by windows (solve.jobshop_flexible)
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.line._shop_checks import refuse_broken_orders, refuse_options
from smilecurve.desks.line._shop_facts import FAR, Facts, midnight
from smilecurve.terms.decision import Clash, Decision, Proof, Status
from smilecurve.terms.desk import desk
from smilecurve.terms.tables.line_shops import (
    EQUIPMENT,
    EQUIPMENT_BREAKS,
    EQUIPMENT_SETUPS,
    SHOP_OPERATIONS,
    SHOP_ORDERS,
    SHOP_SCHEDULE,
)
from smilecurve.terms.tables.supply import BOM, RECEIPTS, STOCKS

__all__ = ["schedule_shops"]

HOUR = 3600.0
REASONS = {
    "late": "the order is done {late_h:.1f} h after the line wants it",
    "short": "nothing on its way covers its material; planned behind the last receipt",
    "queues": "waits {wait_h:.1f} h for {equipment}",
    "setup": "starts after a set-up of {setup_s:.0f} s",
    "material": "starts when its material is there",
    "flows": "starts as soon as it can",
}


@desk(
    "line.shops",
    question="Which equipment makes which part for the line, and when?",
    reads=(SHOP_ORDERS, SHOP_OPERATIONS, EQUIPMENT, EQUIPMENT_BREAKS, EQUIPMENT_SETUPS, BOM, STOCKS, RECEIPTS),
    decides=SHOP_SCHEDULE,
    reasons=REASONS,
    needs=("shop_orders", "shop_operations", "equipment"),
)
def schedule_shops(
    shop_orders: pa.Table,
    shop_operations: pa.Table,
    equipment: pa.Table,
    equipment_breaks: pa.Table,
    equipment_setups: pa.Table,
    bom: pa.Table,
    stocks: pa.Table,
    receipts: pa.Table,
    *,
    today: date | None = None,
    late_weight: int = 10,
    work: int = 6_000_000,
    windows: int = 4,
    patience: float = 0.05,
    seed: int = 0,
) -> Decision:
    """The equipment and time of every operation of every shop order, so that little is late and all is done soon.

    today: day on which the plan begins (default: that of the first release or due). late_weight: what a second that an
    order of weight 1 is late costs against a second that the whole plan is longer. An order waits for its material:
    stock first, then receipts, in the order of due. An operation with the set-up before it runs without a break.
    work: operations planned by the annealing; windows: windows planned afresh; patience: deterministic time of the
    constraint program.
    """
    tables = {
        "shop_orders": shop_orders,
        "shop_operations": shop_operations,
        "equipment": equipment,
        "equipment_breaks": equipment_breaks,
        "equipment_setups": equipment_setups,
        "bom": bom,
        "stocks": stocks,
        "receipts": receipts,
    }
    refuse_options({"late_weight": late_weight, "work": work, "windows": windows, "patience": patience})
    refuse_broken_orders(tables)
    facts = Facts.of(tables, midnight(today) if today else _first(shop_orders))
    if facts.clash:
        return _nothing(facts, facts.clash)
    from smilecurve.solve.jobshop_flexible import Shop, plan_shop

    operation, place, time = ([way[k] for way in facts.ways] for k in range(3))
    shop = Shop(
        [j for j, _ in facts.operations],
        operation,
        place,
        time,
        facts.release,
        facts.due,
        facts.deadline,
        facts.weight,
        facts.family,
        facts.setups,
        facts.stands,
        facts.closed,
        late_weight,
    )
    plan = plan_shop(shop, work=work, windows=windows, patience=patience, seed=seed)
    clash = _missed(facts, plan.end)
    if clash:
        return _nothing(facts, clash)
    rows = _rows(facts, plan.place, plan.start, plan.end, plan.setup)
    proof = Proof(
        "optimal" if plan.cost == plan.bound else "bound",
        float(plan.cost),
        float(plan.bound),
        "s",
        "each order alone, each equipment alone, and the constraint program where the shop is small",
    )
    status: Status = "best" if plan.cost == plan.bound else "good"
    return Decision(rows, proof, status, headline=_latest(rows), figures=_figures(facts, rows, plan.end))


def _first(shop_orders: pa.Table) -> datetime:
    """The day of the first release, or else of the first due."""
    for name in ("release", "due"):
        earliest = pc.min(shop_orders[name]).as_py()
        if earliest is not None:
            return midnight(earliest.date())
    return datetime(1970, 1, 1, tzinfo=UTC)


def _nothing(facts: Facts, clash: tuple[Clash, ...]) -> Decision:
    proof = Proof("rule", float(len(clash)), float(len(facts.orders)), "shop orders")
    return Decision(SHOP_SCHEDULE.empty(), proof, "none", clash)


def _done(facts: Facts, end: np.ndarray[tuple[int], np.dtype[np.int64]]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """When each order is done."""
    done = np.zeros(len(facts.orders), np.int64)
    np.maximum.at(done, [j for j, _ in facts.operations], end)
    return done


def _missed(facts: Facts, end: np.ndarray[tuple[int], np.dtype[np.int64]]) -> tuple[Clash, ...]:
    """Name the deadlines that the best plan found does not keep."""
    over = _done(facts, end) - facts.deadline
    return tuple(
        Clash(
            f"no plan was found that keeps the deadline of shop order {facts.orders[j]['shop_order']}:"
            f" the best is {int(over[j])} s behind it",
            "shop_orders.deadline",
            "move the deadline, or take other orders out",
        )
        for j in np.flatnonzero(over > 0)
    )


def _rows(facts: Facts, *plan: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.Table:
    """Lay the plan out, equipment by equipment, in the order of time."""
    place, start, end, setup = plan
    job = np.array([j for j, _ in facts.operations], np.int64)
    changes = job[1:] != job[:-1]
    first, last = np.append(True, changes)[: job.size], np.append(changes, True)[: job.size]
    ready = np.where(first, facts.release[job], np.append(0, end[:-1])[: job.size])
    late = np.where(facts.due < FAR, (_done(facts, end) - facts.due).clip(0), 0)[job]
    order = np.lexsort((start, place))
    turn = np.empty(order.size, np.int64)
    turn[order] = np.arange(order.size) - np.searchsorted(place[order], place[order]) + 1
    records: list[dict[str, object]] = []
    for o in order.tolist():
        j, position = facts.operations[o]
        row, stands = facts.orders[j], facts.equipment[int(place[o])]
        wait, change = int(start[o] - ready[o]), int(setup[o])
        reason = (
            "late"
            if late[o] > 0 and last[o]
            else "short"
            if j in facts.short and first[o]
            else "queues"
            if wait > change
            else "setup"
            if change > 0
            else "material"
            if first[o] and facts.material[j] > 0 and start[o] == facts.material[j]
            else "flows"
        )
        records.append(
            {
                "shop_order": row["shop_order"],
                "position": position,
                "part": row["part"],
                "quantity": row["quantity"],
                "shop": stands["shop"],
                "equipment": stands["equipment"],
                "turn": int(turn[o]),
                "setup_s": float(change),
                "start": facts.zero + timedelta(seconds=int(start[o])),
                "end": facts.zero + timedelta(seconds=int(end[o])),
                "due": row["due"],
                "wait_h": wait / HOUR,
                "late_h": float(late[o]) / HOUR,
                "reason": reason,
            }
        )
    return SHOP_SCHEDULE.rows(records)


def _latest(rows: pa.Table) -> int | None:
    """The row of the order that is latest, the last of its operations; None when nothing is late."""
    late = np.where(np.array(rows["reason"].to_pylist()) == "late", rows["late_h"].to_numpy(), 0.0)
    return int(late.argmax()) if late.max(initial=0.0) > 0 else None


def _figures(facts: Facts, rows: pa.Table, end: np.ndarray[tuple[int], np.dtype[np.int64]]) -> dict[str, float]:
    late = np.where(facts.due < FAR, (_done(facts, end) - facts.due).clip(0), 0)
    return {
        "shop_orders": float(len(facts.orders)),
        "operations": float(rows.num_rows),
        "late": float((late > 0).sum()),
        "late_h": float(late.sum()) / HOUR,
        "setup_h": float(pc.sum(rows["setup_s"]).as_py() or 0.0) / HOUR,
        "end_h": float(end.max(initial=0)) / HOUR,
    }
