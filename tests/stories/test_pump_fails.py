"""A pump fails in hot markets; the line, the depots, the technicians and the designers follow without a hand between."""

from __future__ import annotations

import datetime as dt

from smilecurve.loop.run import turn
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread


def rows(thread: Thread, name: str, **where: object) -> list[dict]:
    return thread.view(table(name), where=where or None).to_pylist()


def a_lot_in_tomorrows_kits(thread: Thread) -> tuple[str, str, list[dict]]:
    """A lot nobody suspects that lies in tomorrow's kits and works in hot markets: part, lot, its machines there."""
    hot = {m["market"] for m in rows(thread, "markets") if m["climate"] == "hot"}
    suspected = {r["lot"] for r in rows(thread, "suspect_lots") if r["hold"]}
    suspected |= {r["lot"] for r in rows(thread, "lot_holds")}
    spares = {p["part"] for p in rows(thread, "parts") if p["spare"]}
    kits = {(k["part"], k["lot"]) for k in rows(thread, "kits") if k["part"] in spares and k["lot"] not in suspected}
    best: tuple[str, str, list[dict]] = ("", "", [])
    for part, lot in sorted(kits):
        there = [
            m
            for m in thread.containment(lot).to_pylist()
            if m["status"] == "customer" and m["market"] in hot and m["still_in"]
        ]
        if len(there) > len(best[2]):
            best = (part, lot, there)
    return best


def test_a_failure_in_the_field_changes_the_line_the_stock_the_service_and_the_design(excavators: Thread):
    thread = excavators
    part, lot, machines = a_lot_in_tomorrows_kits(thread)
    assert len(machines) >= 8, "the world holds no lot to tell this story with"
    backlog = {(r["part"], r["family"]): r for r in rows(thread, "design_backlog")}
    stock = {(r["depot"], r["part"]): r for r in rows(thread, "spare_stock")}
    sequence = {r["work_order"]: r for r in rows(thread, "build_sequence")}
    assert not any(r["held_lot"] == lot for r in sequence.values())
    now = thread.clock()

    # the field: the pump of this lot fails, machine after machine, over eight weeks
    thread.append(
        [
            {
                "kind": "failure",
                "event_time": now - dt.timedelta(days=2 + 50 * i / len(machines)),
                "source": "story",
                "seq": i + 1,
                "machine": m["machine"],
                "market": m["market"],
                "part": part,
                "lot": lot,
                "code": "seized",
            }
            for i, m in enumerate(machines[:40])
        ]
    )
    ran = {r.desk: r for r in turn(thread)}

    assert ran["learn.emerging"].decision
    issues = [r for r in rows(thread, "emerging_issues", part=part) if r["alarm"]]
    assert any(r["climate"] == "hot" for r in issues), "the emerging issue is raised"
    suspects = rows(thread, "suspect_lots", lot=lot)
    assert suspects, "the lot is found"
    assert suspects[0]["hold"]
    located = thread.containment(lot).to_pylist()
    assert {m["machine"] for m in machines} <= {m["machine"] for m in located}
    assert all(m["status"] for m in located), "every machine is located"

    new = {r["work_order"]: r for r in rows(thread, "build_sequence")}
    held = {w for w, r in new.items() if r["held_lot"] == lot}
    assert held, "slots are held"
    kitted = {k["work_order"] for k in rows(thread, "kits", lot=lot)}
    frozen_or_held = {w for w in kitted if new[w]["held"]}
    assert frozen_or_held == kitted & set(new), "every machine kitted from the lot is on hold"
    assert any(r["slot"] != sequence[w]["slot"] for w, r in new.items() if w in sequence and w not in held), (
        "resequenced"
    )

    risen = [
        r
        for k, r in {(r["depot"], r["part"]): r for r in rows(thread, "spare_stock", part=part)}.items()
        if r["demand_year"] > stock[k]["demand_year"]
    ]
    assert risen, "spares demand rises at the depots that serve those markets"
    assert any(r["move_in"] or r["buy"] or r["target"] > stock[r["depot"], part]["target"] for r in risen), (
        "spares follow"
    )

    visits = [
        r for r in rows(thread, "service_routes", kind="campaign") if r["machine"] in {m["machine"] for m in located}
    ]
    assert visits, "campaign visits are dispatched"
    after = {(r["part"], r["family"]): r for r in rows(thread, "design_backlog")}
    mine = [k for k in after if k[0] == part]
    assert any(
        k not in backlog
        or after[k]["rank"] < backlog[k]["rank"]
        or after[k]["lifetime_cost"] > backlog[k]["lifetime_cost"]
        for k in mine
    ), "the design backlog rises"
    assert not [r for r in turn(thread) if r.decision], "nothing changed = nothing to do"
