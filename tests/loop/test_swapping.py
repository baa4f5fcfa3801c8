"""A person's swaps are judged in full, refused with their reason, undone without a trace, and kept as a change."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smilecurve.loop.run import run_desk
from smilecurve.loop.swapping import keep_swaps, sheet_of
from smilecurve.terms.errors import NotFound, OptionRejected
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread

LINE = "LINE-1"


def waiting(thread: Thread) -> str:
    return str(
        thread.view(table("decisions"), where={"desk": "line.sequence", "state": "waiting"}).to_pylist()[0]["decision"]
    )


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_the_score_shown_is_the_full_evaluation_and_undo_leaves_no_trace(excavators: Thread, data: st.DataObject):
    """Swaps one after the other cost what a fresh judgement of the order costs; undone, the rows are those before."""
    sheet = sheet_of(excavators, waiting(excavators))
    here = sheet.lines[LINE]
    slots = st.integers(here.queue.frozen + 1, len(here.units))
    swaps = data.draw(st.lists(st.tuples(slots, slots), min_size=1, max_size=4))
    found = sheet.swapped(LINE, swaps)
    by_code = {unit["work_order"]: here.history + at for at, unit in enumerate(here.units)}
    running = found.rows.filter(found.rows["held"].cast("int8").to_numpy() == 0).sort_by("slot")
    order = [*range(here.history), *(by_code[code] for code in running["work_order"].to_pylist())]
    fresh = here.judged(here.released[order])
    assert (found.cost, found.bound) == (fresh.cost, fresh.bound)
    assert 0 <= found.gap <= 1
    assert found.gap_before == sheet.swapped(LINE, []).gap
    assert found.counts == here.counts(fresh)
    back = sheet.swapped(LINE, [*swaps, *reversed(swaps)])
    assert (back.cost, back.by_hand) == (back.before, ())
    assert back.rows.equals(sheet.swapped(LINE, []).rows)
    assert not {row["work_order"] for row in running.to_pylist()[: here.queue.frozen]} & set(found.by_hand)


def test_a_swap_across_the_sequenced_days_is_bounded_by_the_machines_that_then_stand_there(excavators: Thread):
    """The last sequenced slot and the last of all change places: other machines, another bound, a gap that holds."""
    sheet = sheet_of(excavators, waiting(excavators))
    here = sheet.lines[LINE]
    last, end = here.span - here.history, len(here.units)
    assert last < end, "some machines stand behind the sequenced days"
    for slot in range(last - 12, last + 1):
        found = sheet.swapped(LINE, [(slot, end)])
        order = sheet.orders[LINE].copy()
        order[[here.history + slot - 1, -1]] = order[[-1, here.history + slot - 1]]
        assert (found.bound, found.bound_before) == (here.judged(order).bound, sheet.judged[LINE].bound)


def test_what_may_not_move_says_why(excavators: Thread):
    sheet = sheet_of(excavators, waiting(excavators))
    frozen = sheet.rows.filter(sheet.rows["frozen"]).sort_by("slot").to_pylist()
    with pytest.raises(OptionRejected) as refused:
        sheet.swapped(LINE, [(1, 40), (2, 41)])
    assert [b.what for b in refused.value.breaches] == [
        f"{row['work_order']} cannot be moved: frozen in slot {row['slot']}" for row in frozen[:2]
    ]
    with pytest.raises(NotFound, match="there is no slot 99999 on line LINE-1"):
        sheet.swapped(LINE, [(40, 99999)])
    held = sheet.rows.filter(sheet.rows["held"]).to_pylist()
    if held:
        with pytest.raises(OptionRejected, match="cannot be moved: on hold: its kit has lot"):
            sheet.swapped(LINE, [(40, held[0]["slot"])])


def test_a_kept_swap_is_a_persons_change_and_can_be_swapped_back(excavators: Thread):
    code = waiting(excavators)
    sheet = sheet_of(excavators, code)
    before = {r["slot"]: r["work_order"] for r in sheet.rows.to_pylist()}
    assert keep_swaps(excavators, code, sheet, LINE, [(30, 90)], by="lead") > 0
    head = excavators.view(table("decisions"), where={"decision": code}).to_pylist()[0]
    assert (head["state"], head["by"]) == ("changed", "lead")
    rows = excavators.rows_of(code).to_pylist()
    after = {r["slot"]: r["work_order"] for r in rows}
    assert (after[30], after[90]) == (before[90], before[30])
    assert {r["work_order"]: r["rank"] for r in excavators.view(table("work_orders")).to_pylist()} == {
        r["work_order"]: r["slot"] for r in rows
    }
    again = sheet_of(excavators, code)
    keep_swaps(excavators, code, again, LINE, [(30, 90)], by="lead")
    assert {r["slot"]: r["work_order"] for r in excavators.rows_of(code).to_pylist()} == before


def test_a_swap_beyond_the_batch_limit_is_counted(excavators: Thread):
    """Four of a colour in a row at most; a swap that puts a fifth beside them is told: the person decides."""
    run_desk(excavators, "line.sequence", {"batch_limit": 4})
    sheet = sheet_of(excavators, waiting(excavators))
    here = sheet.lines[LINE]
    rows = sorted((r for r in sheet.records[LINE] if r["slot"] <= here.span - here.history), key=lambda r: r["slot"])
    colours = [r["colour"] for r in rows]
    first = here.queue.frozen
    odd = next(
        at
        for at in range(first + 4, len(rows))
        if len(set(colours[at - 4 : at])) == 1 and colours[at] != colours[at - 1]
    )
    same = next(at for at in range(len(rows) - 1, odd, -1) if colours[at] == colours[odd - 1])
    found = sheet.swapped(LINE, [(odd + 1, same + 1)])
    assert sheet.lines[LINE].counts(sheet.judged[LINE])["batch"] == 0
    assert found.counts["batch"] > 0


def test_a_sheet_of_other_machines_is_refused(excavators: Thread):
    """A machine that went on the line meanwhile: the decision is no longer about those that wait."""
    code = waiting(excavators)
    row = excavators.rows_of(code).sort_by("slot").to_pylist()[0]
    excavators.append(
        [
            {
                "kind": "commissioning",
                "event_time": excavators.clock(),
                "source": "story",
                "machine": "SN-NEW",
                "part": row["model"],
                "place": LINE,
                "ref": row["work_order"],
            }
        ]
    )
    with pytest.raises(OptionRejected, match="are no longer those of this decision"):
        sheet_of(excavators, code)
    run_desk(excavators, "line.sequence")
    assert sheet_of(excavators, waiting(excavators)).rows.num_rows
    tail = excavators.view(table("tail_machines"), where={"line": LINE, "place": 1}).to_pylist()[0]
    assert tail["work_order"] == row["work_order"]
