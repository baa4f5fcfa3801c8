"""What came out of these machines after building, and what went in?

The same rules as in `sql/swap.sql`, `sql/closed.sql` and `sql/fitted.sql`, for the few machines of one question.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["Fitted", "Swaps"]


@dataclass(frozen=True, slots=True)
class _Act:
    """Something went in or came out; an `out` without a lot means whatever sat there. Times in microseconds."""

    at: int
    pos: int
    component: str | None
    part: str | None
    lot: str | None

    def takes(self, component: str | None, part: str | None, code: str | None) -> bool:
        """Does this take out what sits in a place?"""
        if self.lot is not None and self.lot != code:
            return False
        if self.component is not None:
            return self.component == component
        return (self.part is not None and self.part == part) or self.lot is not None


@dataclass(frozen=True, slots=True)
class Fitted:
    """A lot that went in after building, and until when it sat there."""

    component: str
    part: str
    code: str
    since: int
    until: int | None


class Swaps:
    """Swaps by unit: rows of the table `swap` without those at the positions that were withdrawn."""

    def __init__(self, rows: pa.Table, withdrawn: Collection[int]) -> None:
        self._ins: dict[int, list[_Act]] = {}
        self._outs: dict[int, list[_Act]] = {}
        names = ("unit", "since", "pos", "kind", "component", "part", "lot", "removed")
        columns = [rows.column(n).cast(pa.int64()) if n == "since" else rows.column(n) for n in names]
        for unit, at, pos, kind, component, part, lot, removed in zip(*(c.to_pylist() for c in columns), strict=True):
            if pos in withdrawn:
                continue
            if kind != "removing" and lot is not None:
                place = next((c for c in (component, part) if c is not None), lot)
                self._ins.setdefault(unit, []).append(_Act(at, pos, place, part or "", lot))
            if kind != "installing":
                gone = lot if kind == "removing" else removed
                self._outs.setdefault(unit, []).append(_Act(at, pos, component, part, gone))

    @classmethod
    def about(
        cls, rows: pa.Table, withdrawn: Collection[int], codes: Collection[str], places: Collection[str]
    ) -> Swaps:
        """The swaps that can tell of lots with these codes, in these components or where they were put later."""
        known = pa.array(list(codes), pa.string())
        named = pc.is_in(rows.column("lot"), value_set=known)
        into = rows.filter(pc.and_(named, pc.not_equal(rows.column("kind"), "removing")))
        at = {c for n in ("component", "part", "lot") for c in into.column(n).unique().to_pylist() if c is not None}
        removing = pc.equal(rows.column("kind"), "removing")
        gone = pc.if_else(removing, rows.column("lot"), rows.column("removed"))
        component = rows.column("component")
        taken = pc.and_(
            pc.or_(pc.is_null(gone), pc.is_in(gone, value_set=known)),
            pc.or_(pc.is_null(component), pc.is_in(component, value_set=pa.array(list(at | set(places)), pa.string()))),
        )
        return cls(
            rows.filter(pc.or_(named, pc.and_(pc.not_equal(rows.column("kind"), "installing"), taken))), withdrawn
        )

    @property
    def opened(self) -> list[int]:
        """The units that something came out of."""
        return list(self._outs)

    @property
    def filled(self) -> list[int]:
        """The units that something went into."""
        return list(self._ins)

    def closed(self, unit: int, component: str, part: str, code: str) -> int | None:
        """When what was built in came out first; None if it is still in."""
        return min((o.at for o in self._outs.get(unit, ()) if o.takes(component, part, code)), default=None)

    def fitted(self, unit: int) -> list[Fitted]:
        """What went into a unit after building."""
        found: dict[tuple[str, str, str, int], int | None] = {}
        for i in self._ins.get(unit, ()):
            later = [
                o.at
                for o in self._outs.get(unit, ())
                if (o.at, o.pos) > (i.at, i.pos) and o.takes(i.component, i.part, i.lot)
            ]
            key = (str(i.component), str(i.part), str(i.lot), i.at)
            ends = [e for e in (found.get(key), min(later, default=None)) if e is not None]
            found[key] = min(ends, default=None)
        return [Fitted(*key, until) for key, until in found.items()]
