"""What follows in the world when a person accepts a decision?

A person's act is an event through the one door. Accepting a plan releases it: planned orders of machines become work
orders, a build sequence gives work orders their ranks, spare moves change what lies on hand, depots open and close and
partners are appointed as planned, a lot that a chart or a sample holds is set aside until somebody releases it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.loop.adopting import appoint_partners, place_depots
from smilecurve.terms.errors import Breach, NotFound, OptionRejected
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread

__all__ = ["accept", "change", "reject"]


def accept(thread: Thread, decision: str, *, by: str, note: str = "") -> int:
    """Accept a decision and do what follows from it; returns how many events or rows that added."""
    row = _open(thread, decision)
    if row["state"] == "accepted":
        return 0
    thread.decide(decision, "accepted", by=by, note=note)
    effect = EFFECTS.get(row["desk"])
    return effect(thread, decision) if effect else 0


def reject(thread: Thread, decision: str, *, by: str, note: str = "") -> None:
    """Reject a decision; nothing follows but the memory of it."""
    if _open(thread, decision)["state"] == "accepted":
        raise OptionRejected(
            Breach(
                f"{decision} is accepted and what follows from it is done", "decision", "decide anew: `smile run DESK`"
            )
        )
    thread.decide(decision, "rejected", by=by, note=note)


def change(thread: Thread, decision: str, rows: pa.Table, *, by: str, note: str = "") -> int:
    """Put a person's rows in the place of the desk's, then do what follows; the rows must keep the table's contract."""
    row = _open(thread, decision)
    checked = table(row["table"]).check(rows)
    thread.decide(decision, "changed", by=by, note=note, rows=checked)
    effect = EFFECTS.get(row["desk"])
    return effect(thread, decision) if effect else 0


def _open(thread: Thread, decision: str) -> dict[str, str]:
    """The decision's row; refused when unknown, or when a later one took its place."""
    rows = thread.view(table("decisions"), where={"decision": decision}).to_pylist()
    if not rows:
        raise NotFound(Breach(f"there is no decision {decision}", "decision", "`smile decisions` lists them"))
    if rows[0]["state"] == "replaced":
        raise OptionRejected(
            Breach(
                f"{decision} was replaced by a later one", "decision", "`smile decisions --state waiting` lists those"
            )
        )
    return dict(rows[0])


def _release_orders(thread: Thread, decision: str) -> int:
    """Machines planned for sales orders become work orders of their line, at the end of the sequence."""
    rows = thread.rows_of(decision)
    made = rows.filter(
        pc.and_(
            pc.equal(rows.column("level"), 0),
            pc.and_(pc.equal(rows.column("source"), "make"), pc.equal(rows.column("demand_kind"), "sales_order")),
        )
    )
    lines = {r["model"]: r["line"] for r in thread.view(table("capacities")).to_pylist()}
    orders = {r["sales_order"]: r for r in thread.view(table("sales_orders")).to_pylist()}
    waiting = thread.view(table("work_orders")).to_pylist()
    served: dict[str, int] = {}
    for w in waiting:
        served[w["sales_order"] or ""] = served.get(w["sales_order"] or "", 0) + 1
    rank = max((w["rank"] or 0 for w in waiting), default=0)
    events: list[dict[str, object]] = []
    now = thread.clock()
    for row in made.sort_by("due").to_pylist():
        order = orders.get(row["demand"])
        if order is None or row["part"] not in lines:
            continue
        due = served.get(row["demand"], 0)
        for piece in range(due, due + max(0, min(round(row["quantity"]), order["open_quantity"] - due))):
            rank += 1
            events.append(
                {
                    "kind": "work_order",
                    "event_time": now,
                    "source": decision,
                    "ref": f"WO-{row['demand']}-{piece + 1}",
                    "part": row["part"],
                    "place": lines[row["part"]],
                    "market": order["market"],
                    "details": json.dumps({"due": str(row["due"]), "sales_order": row["demand"], "rank": rank}),
                }
            )
            served[row["demand"]] = piece + 1
    return thread.append(events).added if events else 0


def _release_sequence(thread: Thread, decision: str) -> int:
    """The accepted order becomes the rank of each work order: the next sequence is measured against it."""
    rows = thread.rows_of(decision).to_pylist()
    now = thread.clock()
    known = {w["work_order"]: w for w in thread.view(table("work_orders")).to_pylist()}
    events: list[dict[str, object]] = []
    for row in rows:
        order = known.get(row["work_order"])
        if order is None or order["rank"] == row["slot"]:
            continue
        details = {k: order[k] for k in ("sales_order", "colour", "options")}
        details |= {k: str(order[k]) for k in ("due", "ready") if order[k] is not None}
        events.append(
            {
                "kind": "work_order",
                "event_time": now,
                "source": decision,
                "ref": row["work_order"],
                "part": row["model"],
                "place": row["line"],
                "market": order["market"],
                "details": json.dumps(details | {"rank": row["slot"]}),
            }
        )
    return thread.append(events).added if events else 0


def _move_spares(thread: Thread, decision: str) -> int:
    """Moves take pieces from one depot's shelf to the other's."""
    rows = [r for r in thread.rows_of(decision).to_pylist() if r["move_in"] and r["move_from"]]
    shelves = {(s["depot"], s["part"]): s["on_hand"] for s in thread.view(table("depot_stocks")).to_pylist()}
    moved = 0
    for row in rows:
        source, goal = (row["move_from"], row["part"]), (row["depot"], row["part"])
        pieces = min(row["move_in"], shelves.get(source, 0))
        shelves[source] = shelves.get(source, 0) - pieces
        shelves[goal] = shelves.get(goal, 0) + pieces
        moved += pieces
    if moved:
        kept = [{"depot": d, "part": p, "on_hand": n} for (d, p), n in shelves.items()]
        thread.put(table("depot_stocks"), table("depot_stocks").rows(kept), by=decision)
    return moved


def _set_aside(thread: Thread, decision: str) -> int:
    """Lots that this decision holds and nobody released are set aside: they stay so though the chart calms down.

    It does not matter who else holds them; what a person has set aside already is left as it is.
    """
    rows = thread.rows_of(decision).to_pylist()
    mine = {(r["part"], r["lot"]) for r in rows if r.get("signal") or r.get("verdict") == "rejected"}
    now = thread.clock()
    events: list[dict[str, object]] = [
        {
            "kind": "holding",
            "event_time": now,
            "source": decision,
            "part": hold["part"],
            "lot": hold["lot"],
            "ref": decision,
            "disposition": "non_conformant",
        }
        for hold in thread.view(table("lot_holds")).to_pylist()
        if (hold["part"], hold["lot"]) in mine and not hold["set_aside"]
    ]
    return thread.append(events).added if events else 0


EFFECTS: Mapping[str, Callable[[Thread, str], int]] = {
    "supply.explode": _release_orders,
    "line.sequence": _release_sequence,
    "serve.spares": _move_spares,
    "serve.depots": place_depots,
    "serve.network": appoint_partners,
    "line.control": _set_aside,
    "line.sample": _set_aside,
}
