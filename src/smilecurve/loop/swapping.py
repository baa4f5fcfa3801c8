"""What does it cost, and why, when a person swaps slots of the build sequence?

A sheet holds a decided sequence with all that counts on its lines. A swap is judged in full on it, in milliseconds;
what is kept becomes a person's change of the decision.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smilecurve.loop.acting import change
from smilecurve.loop.registry import desk
from smilecurve.loop.run import options_for
from smilecurve.terms.errors import Breach, NotFound, OptionRejected
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread

if TYPE_CHECKING:
    from smilecurve.desks.line.judging import Standing
    from smilecurve.solve.sequencing import Sequencing

__all__ = ["Sheet", "Swapped", "keep_swaps", "sheet_of"]

DESK = "line.sequence"
Ints = NDArray[np.int64]
Swaps = Sequence[tuple[int, int]]
Row = dict[str, object]


@dataclass(frozen=True)
class Swapped:
    """A line's sequence with a person's swaps: a record a slot, the machines that stand elsewhere, what it costs."""

    records: list[Row]
    by_hand: tuple[str, ...]
    cost: int
    before: int
    bound: int
    bound_before: int
    counts: Mapping[str, int]
    counts_before: Mapping[str, int]

    @property
    def rows(self) -> pa.Table:
        """The records as rows of the decided table."""
        return table("build_sequence").rows(self.records)

    @property
    def gap(self) -> float:
        """The share of the cost above what no order beats."""
        return _gap(self.cost, self.bound)

    @property
    def gap_before(self) -> float:
        """The same before the swaps."""
        return _gap(self.before, self.bound_before)


def _gap(cost: int, bound: int) -> float:
    return (cost - bound) / cost if cost else 0.0


@dataclass(frozen=True)
class Sheet:
    """A decided sequence, ready to be judged: the lines it has slots of, with their order as decided."""

    rows: pa.Table
    lines: Mapping[str, Standing]
    orders: Mapping[str, Ints]
    judged: Mapping[str, Sequencing]
    records: Mapping[str, list[Row]]

    def swapped(self, line: str, swaps: Swaps) -> Swapped:
        """Judge the line with these pairs of slots swapped one after the other; refuses what may not be moved.

        The bounds found hold as long as the same machines stand in the sequenced slots; else they are found anew.
        """
        here, order, base = self.lines[line], self.orders[line].copy(), self.judged[line]
        self._refuse(line, swaps)
        for one, other in swaps:
            at = here.history + np.array([one, other]) - 1
            order[at] = order[at[::-1]]
        moved = np.flatnonzero(order != self.orders[line])
        by_hand = tuple(str(here.units[order[at] - here.history]["work_order"]) for at in moved)
        first = slice(here.history, here.span)
        same = set(order[first].tolist()) == set(self.orders[line][first].tolist())
        found = here.judged(order, base.bounds if same else None)
        return Swapped(
            here.records(order, by_hand),
            by_hand,
            found.cost,
            base.cost,
            found.bound,
            base.bound,
            here.counts(found),
            here.counts(base),
        )

    def _refuse(self, line: str, swaps: Swaps) -> None:
        """Refuse slots that are not there, frozen or on hold, each with its reason."""
        here, d = self.lines[line], desk(DESK)
        own = {int(str(r["slot"])): r for r in self.records[line]}
        free = len(here.units)
        absent = sorted({at for pair in swaps for at in pair if at not in own})
        if absent:
            raise NotFound(
                [Breach(f"there is no slot {at} on line {line}", "swap", f"use 1 to {free}") for at in absent]
            )
        fast = sorted({at for pair in swaps for at in pair if at <= here.queue.frozen or at > free})
        if fast:
            raise OptionRejected(
                Breach(f"{own[at]['work_order']} cannot be moved: {d.sentence(own[at])}", "swap", "choose another slot")
                for at in fast
            )


def sheet_of(thread: Thread, decision: str) -> Sheet:
    """Lay out a decided sequence; refused where the machines that wait are no longer those it was decided for."""
    from smilecurve.desks.line._orders import Weights
    from smilecurve.desks.line.judging import standings

    d = desk(DESK)
    found = thread.view(table("decisions"), where={"decision": decision}).to_pylist()
    if not found or found[0]["desk"] != DESK:
        raise NotFound(Breach(f"{decision} is no build sequence", "decision", "`smile decisions` lists them"))
    known = {o.name for o in d.options}
    kept = {k: v for k, v in json.loads(found[0]["basis"]).get("options", {}).items() if k in known}
    given = {s.name: thread.view(s) for s in (*d.contract.reads, *d.contract.feedback)}
    asked = d.signature.bind(**given, **options_for(thread, DESK, kept))
    asked.apply_defaults()
    told = asked.arguments
    weights = Weights(**{f.name: told[f.name] for f in fields(Weights)})
    there = standings({name: told[name] for name in given}, weights, today=told["today"], days=told["days"])
    rows = thread.rows_of(decision)
    planned = set(rows["line"].to_pylist())
    lines = {here.line: here for here in there if here.line in planned or not (planned and here.units)}
    orders = {name: _order(here, rows) for name, here in lines.items()}
    judged = {name: here.judged(orders[name]) for name, here in lines.items()}
    return Sheet(rows, lines, orders, judged, {name: here.records(orders[name]) for name, here in lines.items()})


def _order(here: Standing, rows: pa.Table) -> Ints:
    """The units of a line as the decision orders them, the tail first."""
    own = rows.filter(pc.and_(pc.equal(rows["line"], here.line), pc.invert(rows["held"]))).sort_by("slot")
    number = {str(unit["work_order"]): here.history + at for at, unit in enumerate(here.units)}
    codes = own["work_order"].to_pylist()
    if set(codes) != set(number):
        what = f"the machines that wait on line {here.line} are no longer those of this decision"
        raise OptionRejected(Breach(what, "decision", "turn the loop, then swap on the latest decision"))
    return np.array([*range(here.history), *(number[code] for code in codes)], np.int64)


def keep_swaps(thread: Thread, decision: str, sheet: Sheet, line: str, swaps: Swaps, *, by: str) -> int:
    """Put the swapped sequence in the place of the decided one; returns how many changes followed."""
    mine = sheet.swapped(line, swaps).rows
    rest = sheet.rows.filter(pc.not_equal(sheet.rows["line"], line))
    rows = pa.concat_tables([mine, rest]).sort_by([("line", "ascending"), ("slot", "ascending")])
    return change(thread, decision, rows, by=by, note="swapped on the board")
