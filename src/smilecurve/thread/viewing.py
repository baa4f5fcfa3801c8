"""What may this scope see of this table, as of when? The one way out.

Every read of the thread ends in `Viewer.select`: table, gate, filter, order, page. The maker's whole view of a table is
kept until something it is made of changes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

import pyarrow as pa

from smilecurve.terms.errors import Breach, NotFound
from smilecurve.terms.scope import MAKER, Scope
from smilecurve.terms.table import Spec
from smilecurve.terms.tables import TABLES
from smilecurve.thread.finding import Finder
from smilecurve.thread.gate import Condition, conditions, ordering, paging, scope_condition
from smilecurve.thread.reader import LAZY, Clock, Frame
from smilecurve.thread.segments import Segments
from smilecurve.thread.shelf import Shelf, fingerprint

__all__ = ["Viewer"]

_FRAMES = 2


class Viewer:
    """Frames of one thread behind one lock: now, and the last moments asked for."""

    def __init__(self, segments: Segments, shelf: Shelf, now: Callable[[], datetime]) -> None:
        self._segments = segments
        self._shelf = shelf
        self._now = now
        self._lock = threading.RLock()
        self._finder = Finder(segments)
        self._frame: Frame | None = None
        self._past: OrderedDict[tuple[datetime, Clock], Frame] = OrderedDict()
        self._whole: dict[str, tuple[str, pa.Table]] = {}
        self._prints: dict[str, tuple[str, str]] = {}

    def frame(self, as_of: datetime | None = None, clock: Clock = "record") -> Frame:
        """The look at the thread as of a moment, up to date."""
        if as_of is None:
            if self._frame is None:
                self._frame = Frame(self._segments, self._shelf, self._now, self._finder)
            frame = self._frame
        else:
            key = (as_of, clock)
            if key not in self._past:
                self._past[key] = Frame(self._segments, self._shelf, self._now, self._finder, as_of=as_of, clock=clock)
            self._past.move_to_end(key)
            while len(self._past) > _FRAMES:
                self._past.popitem(last=False)[1].close()
            frame = self._past[key]
        frame.refresh()
        return frame

    @contextmanager
    def looking(self, as_of: datetime | None) -> Iterator[Frame]:
        """Hold one look at the thread through several questions."""
        with self._lock:
            yield self.frame(as_of)

    def view(
        self,
        spec: Spec,
        *,
        as_of: datetime | None = None,
        clock: Clock = "record",
        scope: Scope = MAKER,
        where: Mapping[str, object] | None = None,
        limit: int | None = None,
        offset: int = 0,
        order: Sequence[str] = (),
    ) -> pa.Table:
        """Rows of a table through the gate."""
        with self._lock:
            plain = as_of is None and scope == MAKER and not where
            if plain and not order and spec.name not in LAZY:
                return self._whole_view(spec).slice(offset, limit)
            page = paging(limit, offset)
            return self.select(
                spec, scope, conditions(spec, where), ordering(spec, order) + page, as_of=as_of, clock=clock
            )

    def select(
        self,
        spec: Spec,
        scope: Scope,
        condition: Condition,
        tail: str = "",
        *,
        what: str = "t.*",
        source: str = "",
        as_of: datetime | None = None,
        clock: Clock = "record",
    ) -> pa.Table:
        """Rows (or `what` of them) of a table or of a `source` with its columns, through the gate."""
        with self._lock:
            frame = self.frame(as_of, clock)
            gate = scope_condition(spec, scope)
            for name in (*gate.needs, *condition.needs):
                frame.ensure(name)
            if not source:
                frame.ensure(spec.name)
            both = gate & condition
            values = [*both.values]
            found = frame.table(
                f"select {what} from {source or chr(34) + spec.name + chr(34)} t where {both.sql}{tail}", values
            )
            return found if what != "t.*" else spec.only(found)

    def show(
        self, spec: Spec, scope: Scope, rows: pa.Table, order: Sequence[str], *, as_of: datetime | None = None
    ) -> pa.Table:
        """Rows of a table that were found apart, through the gate and in order."""
        with self._lock:
            found = spec.only(rows)
            if scope_condition(spec, scope).sql == "true":
                names = dict.fromkeys((*order, *spec.key))
                return found.sort_by([(name, "ascending") for name in names])
            self.frame(as_of).lay("shown", found)
            return self.select(spec, scope, Condition(), ordering(spec, order), source="shown", as_of=as_of)

    def _whole_view(self, spec: Spec) -> pa.Table:
        if spec.origin != "seen":
            version = self._shelf.version(spec)
            kept = self._whole.get(spec.name)
            if kept is None or kept[0] != version:
                kept = (version, self._shelf.read(spec))
                self._whole[spec.name] = kept
            return kept[1]
        frame = self.frame()
        version = frame.ensure(spec.name)
        kept = self._whole.get(spec.name)
        if kept is None or kept[0] != version:
            kept = (version, spec.only(frame.table(f'select * from "{spec.name}" t{ordering(spec, ())}')))
            self._whole[spec.name] = kept
        return kept[1]

    def count(self, spec: Spec, *, scope: Scope, where: Mapping[str, object] | None, as_of: datetime | None) -> int:
        """How many rows the scope may see."""
        found = self.select(spec, scope, conditions(spec, where), what="count(*) as n", as_of=as_of)
        return int(found.column("n")[0].as_py())

    def version(self, spec: Spec) -> str:
        """A fingerprint of the maker's whole view."""
        with self._lock:
            if spec.origin != "seen":
                return self._shelf.version(spec)
            frame = self.frame()
            if spec.name in LAZY:
                return frame.version(spec.name)
            made_of = frame.version(spec.name)
            kept = self._prints.get(spec.name)
            if kept is None or kept[0] != made_of:
                kept = (made_of, fingerprint(self._whole_view(spec)))
                self._prints[spec.name] = kept
            return kept[1]

    def rows_of(self, decision: str, *, scope: Scope) -> pa.Table:
        """The rows of one decision through the gate of its table."""
        found = self._shelf.ledger.rows("select tbl, file from decision where id = ?", (decision,))
        if not found:
            raise NotFound(Breach(f"there is no decision {decision}", "decision", "`smile decisions` lists them"))
        spec = TABLES[str(found[0][0])]
        source = f"read_parquet('{self._shelf.path(str(found[0][1]))}')"
        return self.select(spec, scope, Condition(), ordering(spec, ()), source=source)

    def close(self) -> None:
        """Let every frame go."""
        with self._lock:
            for frame in (self._frame, *self._past.values()):
                if frame is not None:
                    frame.close()
            self._frame = None
            self._past.clear()
            self._finder.close()
