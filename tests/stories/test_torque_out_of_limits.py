"""A torque reading goes out of limits; the lot is held and tomorrow's sequence leaves its machines out, in one turn."""

from __future__ import annotations

import datetime as dt

from smilecurve.loop.acting import accept
from smilecurve.loop.run import turn
from smilecurve.loop.why import why
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread


def rows(thread: Thread, name: str, **where: object) -> list[dict]:
    return thread.view(table(name), where=where or None).to_pylist()


def test_a_torque_out_of_limits_stops_its_machines_until_somebody_releases_the_lot(excavators: Thread):
    thread = excavators
    torque = rows(thread, "characteristics", characteristic="SWB-TORQUE")[0]
    held_before = {(r["part"], r["lot"]) for r in rows(thread, "lot_holds")}
    kits = [k for k in rows(thread, "kits", part=torque["part"]) if (k["part"], k["lot"]) not in held_before]
    lot = kits[0]["lot"]
    waiting = {k["work_order"] for k in kits if k["lot"] == lot}
    sequence = {r["work_order"]: r for r in rows(thread, "build_sequence")}
    free = {w for w in waiting if not sequence[w]["held"]}
    assert len(free) > 5, "the world holds no lot to tell this story with"
    last = max(m["subgroup"] for m in rows(thread, "measurements", characteristic="SWB-TORQUE"))
    now = thread.clock()

    # the line: five bolts of the lot are far too loose
    thread.append(
        [
            {
                "kind": "inspecting",
                "event_time": now,
                "source": "torque tool 4",
                "seq": piece,
                "code": "SWB-TORQUE",
                "quantity": torque["lower_spec"] - 5.0 + piece,
                "lot": lot,
                "details": f'{{"subgroup": {last + 1}, "piece": {piece}}}',
            }
            for piece in range(1, 6)
        ]
    )
    ran = {r.desk: r for r in turn(thread)}

    assert ran["line.control"].decision
    assert ran["line.sequence"].decision
    signal = rows(thread, "control_signals", characteristic="SWB-TORQUE", subgroup=last + 1)[0]
    assert (signal["signal"], signal["lot"], signal["reason"]) == (True, lot, "beyond_limit")
    hold = rows(thread, "lot_holds", lot=lot)[0]
    assert (hold["source"], hold["ref"], hold["part"]) == ("line.control", "SWB-TORQUE", torque["part"])
    new = {r["work_order"]: r for r in rows(thread, "build_sequence")}
    assert all(new[w]["held"] for w in waiting), "every machine kitted from the lot is left out"
    assert {new[w]["held_lot"] for w in free} == {lot}
    built = [r for r in new.values() if not r["held"]]
    assert max(r["slot"] for r in built) == len(built), "the others close up"
    machine = new[min(free)]
    told = [b.source for b in why(thread, "build_sequence", f"{machine['line']}/{machine['work_order']}")]
    assert f"control_signals SWB-TORQUE/{last + 1}" in told, "why leads to the chart"
    assert not [r for r in turn(thread) if r.decision], "nothing changed = nothing to do"

    # accepted, the lots stand aside though the chart calms down
    assert accept(thread, ran["line.control"].decision, by="quality lead") >= 1
    aside = rows(thread, "events", kind="holding", lot=lot, disposition="non_conformant")
    assert [e["ref"] for e in aside] == [ran["line.control"].decision]
    assert accept(thread, ran["line.control"].decision, by="quality lead") == 0

    # an inspector tightens the bolts, measures anew and releases the lot
    thread.append(
        [
            {
                "kind": "holding",
                "event_time": now + dt.timedelta(hours=1),
                "source": "inspection",
                "part": torque["part"],
                "lot": lot,
                "party": "inspector",
                "disposition": "conformant",
            }
        ]
    )
    turn(thread)
    assert not rows(thread, "lot_holds", lot=lot)
    back = {r["work_order"]: r for r in rows(thread, "build_sequence")}
    assert not [w for w in free if back[w]["held"]], "its machines return to the sequence"


def test_a_rejected_lot_waits_too(small_machines: Thread):
    """The goods-in inspection of a muffler lot finds too many leaks: the lot is held before a machine is built with it."""
    thread = small_machines
    held = {(r["part"], r["lot"]) for r in rows(thread, "lot_holds")}
    plan = next(p for p in rows(thread, "inspection_plans") if p["scheme"] == "z14" and p["kind"] == "single")
    kit = next(k for k in rows(thread, "kits", part=plan["part"]) if (k["part"], k["lot"]) not in held)
    thread.append(
        [
            {
                "kind": "inspecting",
                "event_time": thread.clock(),
                "source": "goods in",
                "part": plan["part"],
                "lot": kit["lot"],
                "quantity": 40.0,
                "details": '{"lot_size": 2000, "sampled": 125}',
            }
        ]
    )
    turn(thread, only=("line.control", "line.sample", "line.sequence"))
    verdict = rows(thread, "lot_verdicts", part=plan["part"], lot=kit["lot"])[0]
    assert verdict["verdict"] == "rejected"
    order = rows(thread, "build_sequence", work_order=kit["work_order"])[0]
    assert (order["held"], order["held_part"]) == (True, plan["part"])
