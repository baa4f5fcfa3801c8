"""What is in this machine, where did this lot go, and what did this machine live through?

Every way takes two steps: first the few rows that the question is about, found where they lie; then the answer from
these alone. It costs what it says, not what the thread holds, and is equal to what the whole view says of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from smilecurve.terms.scope import Scope
from smilecurve.terms.table import Spec
from smilecurve.thread.finding import once
from smilecurve.thread.gate import Condition
from smilecurve.thread.laying import STATE
from smilecurve.thread.levels import Levels
from smilecurve.thread.reader import Frame
from smilecurve.thread.segments import Key
from smilecurve.thread.steps import sql_text
from smilecurve.thread.swapping import Swaps
from smilecurve.thread.viewing import Viewer

__all__ = ["components", "containment", "lives", "story"]

_INT, _TEXT, _AT = pa.int32(), pa.string(), pa.timestamp("us")
_KINDS = {
    "unit": pa.schema([("unit", _INT), ("machine", _TEXT)]),
    "lot": pa.schema([("lot", _INT), ("code", _TEXT)]),
    "lot_at": pa.schema([("code", _TEXT), ("lot", _INT)]),
    "slot": pa.schema([("slot", pa.int16()), ("component", _TEXT), ("part", _TEXT)]),
    "edge": pa.schema([("lot", _INT), ("slot", pa.int16()), ("inside", _INT)]),
    "twin": pa.schema([("unit", _INT), ("lot", _INT)]),
    "fit": pa.schema([("lot", _INT), ("unit", _INT)]),
    "made_in": pa.schema([("unit", _INT), ("slot", pa.int16()), ("lot", _INT), ("since", _AT)]),
    "made_of": pa.schema([("unit", _INT), ("slot", pa.int16()), ("lot", _INT)]),
    "swap": pa.schema([
        ("unit", _INT), ("since", _AT), ("pos", pa.int64()),
        *((c, _TEXT) for c in ("kind", "component", "part", "lot", "removed")),
    ]),
    "state": pa.schema([
        ("unit", _INT), *((c, _TEXT) for c in ("machine", "model", "status", "place", "market", "holder", "partner")),
    ]),
}  # fmt: skip
"""The tables that are looked into, and what is read of them."""
_EVENT = pa.schema([
    ("pos", pa.int64()), ("event_id", _TEXT), ("kind", _TEXT), ("event_time", _AT), ("record_time", _AT),
    ("source", _TEXT), ("seq", pa.int64()),
    *((c, _TEXT) for c in ("machine", "part", "component", "lot", "place", "market", "party", "ref", "code")),
    ("disposition", _TEXT),
    ("quantity", pa.float64()), ("amount", pa.float64()), ("currency", _TEXT), ("details", _TEXT),
])  # fmt: skip


_BY_LEVEL = ("level", "within", "component", "since")


def components(viewer: Viewer, machine: str, *, as_of: datetime | None, scope: Scope, spec: Spec) -> pa.Table:
    """As built and as maintained, level by level."""
    with viewer.looking(as_of) as frame:
        levels = _levels(frame)
        direct = _direct(frame, _rows(frame, "unit", "machine", [machine]).column("unit").to_numpy())
        within = levels.within(piece.lot for piece in direct)
        code = _codes(frame, {piece.lot for piece in direct} | {n for w in within for n in (w.inside, w.holder)})
        slot = _slots(frame)
        rows = [(machine, 1, machine, *slot[p.slot], code[p.lot], p.since, p.until) for p in direct]
        below: dict[int, list[_Piece]] = {}
        for piece in direct:
            below.setdefault(piece.lot, []).append(piece)
        met: dict[tuple[str, str, str, str], list[tuple[int, int, int | None]]] = {}
        for w in within:
            met.setdefault((code[w.holder], *slot[w.slot], code[w.inside]), []).extend(
                (w.level, p.since, p.until) for p in below[w.lot]
            )
        for (holder, component, part, lot), told in met.items():
            ends = [until for _, _, until in told if until is not None]
            until = max(ends) if len(ends) == len(told) else None
            rows.append(
                (machine, min(t[0] for t in told) + 1, holder, component, part, lot, min(t[1] for t in told), until)
            )
        kinds = (_TEXT, pa.int64(), _TEXT, _TEXT, _TEXT, _TEXT, _AT, _AT)
        columns = [pa.array(c, k) for c, k in zip(zip(*rows, strict=True) if rows else [()] * 8, kinds, strict=True)]
        return viewer.show(spec, scope, pa.table(columns, names=list(spec.columns)), _BY_LEVEL, as_of=as_of)


def containment(viewer: Viewer, lot: str, *, as_of: datetime | None, scope: Scope, spec: Spec) -> pa.Table:
    """The machines that hold a lot at any level, with what is known of each now."""
    with viewer.looking(as_of) as frame:
        levels = _levels(frame)
        own = _rows(frame, "lot_at", "code", [lot]).column("lot").to_pylist()
        lots = np.array(sorted({n for one in own for n in levels.holding(one)}), np.int32)
        links = _linked(frame, _rows(frame, "made_of", "lot", lots))
        unit = links.column("unit").to_numpy()
        among = once(np.concatenate([unit, _rows(frame, "fit", "lot", lots).column("unit").to_numpy()]))
        code, slot = _codes(frame, lots.tolist()), _slots(frame)
        places = {slot[s][0] for s in once(links.column("slot").to_numpy()).tolist()}
        swaps = Swaps.about(_rows(frame, "swap", "unit", among), _withdrawn(frame), code.values(), places)
        still = np.ones(len(unit), dtype=bool)
        opened = np.flatnonzero(np.isin(unit, np.array(swaps.opened, np.int32), kind="sort"))
        some = links.take(pa.array(opened))
        for row, u, s, n in zip(
            opened.tolist(), *(some.column(c).to_pylist() for c in ("unit", "slot", "lot")), strict=True
        ):
            still[row] = swaps.closed(u, *slot[s], code[n]) is None
        codes = set(code.values())
        fitted = [(u, f.until is None) for u in swaps.filled for f in swaps.fitted(u) if f.code in codes]
        holding = once(np.concatenate([unit, np.array([u for u, _ in fitted], np.int32)]))
        inside = np.concatenate([unit[still], np.array([u for u, yes in fitted if yes], np.int32)])
        states = frame.states(holding, _KINDS["state"])
        n = states.num_rows
        states = states.append_column("lot", pa.array([lot] * n, _TEXT)).append_column(
            "still_in", pa.array(np.isin(states.column("unit").to_numpy(), inside, kind="sort"))
        )
        return viewer.show(spec, scope, states, (), as_of=as_of)


def lives(
    viewer: Viewer, machines: Sequence[str], condition: Condition, page: str, *, scope: Scope, spec: Spec
) -> pa.Table:
    """The rows of a few machines in the table of machines, as of now."""
    with viewer.looking(None) as frame:
        units = _rows(frame, "unit", "machine", machines).column("unit").to_numpy()
        frame.lay("unit_asked", frame.states(units, STATE))
        frame.ensure("models")
        source = f"(with unit as (select * from unit_asked) {sql_text(f'views/{spec.name}.sql')}\n)"
        return viewer.select(spec, scope, condition, page, source=source)


def story(viewer: Viewer, machine: str, *, scope: Scope, spec: Spec) -> pa.Table:
    """One machine's whole life in order, withdrawn events flagged."""
    with viewer.looking(None) as frame:
        found = frame.finder.rows(frame.live, "event", "machine", [machine], _EVENT)
        found = pa.concat_tables([found, frame.unsealed("event", "machine", [machine], _EVENT)])
        source, seq = (found.column(c).to_pylist() for c in ("source", "seq"))
        ids = [
            i if i is not None else f"{s}#{n}"
            for i, s, n in zip(found.column("event_id").to_pylist(), source, seq, strict=True)
        ]
        gone = _withdrawn(frame)
        found = found.set_column(1, "event_id", pa.array(ids, _TEXT)).append_column(
            "withdrawn", pa.array([p in gone for p in found.column("pos").to_pylist()], pa.bool_())
        )
        return viewer.show(spec, scope, found, ("event_time", "record_time"), as_of=None)


@dataclass(frozen=True, slots=True)
class _Piece:
    """What sits directly in a machine, or sat there; times in microseconds."""

    unit: int
    slot: int
    lot: int
    since: int
    until: int | None
    fitted: bool


def _direct(frame: Frame, units: np.ndarray) -> list[_Piece]:
    """What was built into units and what was fitted later."""
    links = _linked(frame, _rows(frame, "made_in", "unit", units))
    columns = [links.column(c).to_pylist() for c in ("unit", "slot", "lot")] + [_micros(links.column("since"))]
    swaps, slot = _swaps(frame, units), _slots(frame)
    code = _codes(frame, columns[2])
    found = [
        _Piece(u, s, n, since, swaps.closed(u, *slot[s], code[n]), False)
        for u, s, n, since in zip(*columns, strict=True)
    ]
    later = [(u, f) for u in swaps.filled for f in swaps.fitted(u)]
    if later:
        at = _rows(frame, "lot_at", "code", {f.code for _, f in later})
        number = dict(zip(at.column("code").to_pylist(), at.column("lot").to_pylist(), strict=True))
        place = {told: s for s, told in slot.items()}
        found += [_Piece(u, place[f.component, f.part], number[f.code], f.since, f.until, True) for u, f in later]
    return found


def _levels(frame: Frame) -> Levels:
    """Lots within lots, and within machines that are components of others."""
    return frame.keep("levels", lambda: _nested(frame))


def _nested(frame: Frame) -> Levels:
    edges = _all(frame, "edge", "select distinct e.lot, e.slot, e.inside from edge_here e")
    told = np.stack([edges.column(c).to_numpy().astype(np.int32) for c in ("lot", "slot", "inside")], axis=1)
    twins = _all(frame, "twin", "select t.unit, t.lot from all_twin t")
    lots: dict[int, list[int]] = {}
    for unit, lot in zip(twins.column("unit").to_pylist(), twins.column("lot").to_pylist(), strict=True):
        lots.setdefault(unit, []).append(lot)
    if lots:
        pieces = [p for p in _direct(frame, np.array(sorted(lots), np.int32)) if not (p.fitted and p.until is not None)]
        more = [(lot, p.slot, p.lot) for p in pieces for lot in lots[p.unit]]
        told = np.unique(np.concatenate([told, np.array(more, np.int32).reshape(-1, 3)]), axis=0)
    return Levels(told[:, 0], told[:, 1], told[:, 2])


def _all(frame: Frame, tbl: str, sql: str) -> pa.Table:
    """A small table whole, as a query says; where everything is at rest, from its files, and a row may stand twice."""
    return frame.finder.whole(frame.sealed, tbl, _KINDS[tbl]) if frame.at_rest else frame.table(sql)


def _rows(frame: Frame, tbl: str, column: str, wanted: Iterable[Key] | np.ndarray) -> pa.Table:
    """The rows of a derived table, sealed and of the tail, that hold one of the wanted."""
    return pa.concat_tables(
        [
            frame.finder.rows(frame.sealed, tbl, column, wanted, _KINDS[tbl]),
            frame.unsealed(tbl, column, wanted, _KINDS[tbl]),
        ]
    )


def _swaps(frame: Frame, units: np.ndarray) -> Swaps:
    return Swaps(_rows(frame, "swap", "unit", units), _withdrawn(frame))


def _withdrawn(frame: Frame) -> set[int]:
    if frame.at_rest:
        return set()
    return frame.keep("withdrawn", lambda: set(frame.table("select w.pos from withdrawn w").column("pos").to_pylist()))


def _linked(frame: Frame, links: pa.Table) -> pa.Table:
    """Links without those that stood in an event that was withdrawn."""
    gone = frame.keep("unlinked", lambda: _unlinked(frame))
    if not gone:
        return links
    told = zip(*(links.column(c).to_pylist() for c in ("unit", "slot", "lot")), strict=True)
    return links.filter(pa.array([t not in gone for t in told], pa.bool_()))


def _unlinked(frame: Frame) -> set[tuple[int, int, int]]:
    """Unit, place and lot of what stood in events that a later correction withdrew."""
    if not _withdrawn(frame):
        return set()
    frame.ensure("unlinked")
    found = frame.table("select u.unit, u.slot, u.lot from unlinked u")
    return set(zip(*(found.column(c).to_pylist() for c in ("unit", "slot", "lot")), strict=True))


def _codes(frame: Frame, lots: Iterable[int]) -> dict[int, str]:
    found = _rows(frame, "lot", "lot", lots)
    return dict(zip(found.column("lot").to_pylist(), found.column("code").to_pylist(), strict=True))


def _slots(frame: Frame) -> dict[int, tuple[str, str]]:
    """Every place there is: they are few."""
    return frame.keep("slots", lambda: _places(frame))


def _places(frame: Frame) -> dict[int, tuple[str, str]]:
    kinds = _KINDS["slot"]
    rows = [frame.finder.whole(frame.sealed, "slot", kinds)]
    if not frame.at_rest:
        rows.append(frame.table("select n.* from new_slot n").cast(kinds))
    return {s: (c, p) for t in rows for s, c, p in zip(*(t.column(n).to_pylist() for n in kinds.names), strict=True)}


def _micros(column: pa.ChunkedArray) -> list[int]:
    found: list[int] = column.cast(pa.int64()).to_pylist()
    return found
