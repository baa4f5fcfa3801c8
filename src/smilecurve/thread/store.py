"""What happened, what holds, what was decided, and who may see it? The door of the thread.

`append` and `load` take events, `put` given tables, `record` decisions; `view` shows every table as of any moment to
any scope. Everything else here is a question asked often: one machine's story, its components, where a lot went.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import StoreAway, StoreFull
from smilecurve.terms.scope import MAKER, Scope
from smilecurve.terms.table import Spec
from smilecurve.terms.tables.thread import COMPONENTS, LOT_MACHINES, MACHINES, STORY
from smilecurve.thread import decisions, forking, genealogy, searching, upkeep
from smilecurve.thread.appending import Acked, append_events, load_events
from smilecurve.thread.commits import Commits
from smilecurve.thread.decisions import State
from smilecurve.thread.gate import conditions, ordering, paging
from smilecurve.thread.merging import merge_events
from smilecurve.thread.opening import open_ledger
from smilecurve.thread.reader import Clock
from smilecurve.thread.renewing import complete, renew
from smilecurve.thread.sealing import Rebuilt, Sealer
from smilecurve.thread.segments import Segments
from smilecurve.thread.shelf import Shelf, micros, moment_of
from smilecurve.thread.upkeep import Health
from smilecurve.thread.viewing import Viewer

if TYPE_CHECKING:
    from smilecurve.thread.history.session import History

__all__ = ["SEAL_AT", "Acked", "Clock", "Health", "Rebuilt", "Thread", "open_thread", "restore"]

SEAL_AT = 100_000
"""Unsealed events at which an append seals the tail."""

restore = upkeep.restore


def open_thread(place: str | Path, *, create: bool = True) -> Thread:
    """The thread of a folder; a newer one is refused (NewerStore), an absent one is made unless `create` is off.

    A team's thread: `postgresql://user@host/database?folder=/shared/folder&schema=name`.
    """
    return Thread(place, create=create)


class Thread:
    """Every machine's life. Safe to use from several threads of one process and from several processes."""

    def __init__(self, place: str | Path, *, create: bool = True, parents: tuple[Path, ...] = ()) -> None:
        self.place = place
        self.ledger = open_ledger(place, create=create)
        self.folder = self.ledger.folder
        self.roots = (self.folder, *parents)
        self.segments = Segments(self.ledger, self.roots)
        self.shelf = Shelf(self.ledger, self.roots)
        self.sealer = Sealer(self.ledger, self.segments)
        self.commits = Commits(self.ledger)
        self.viewer = Viewer(self.segments, self.shelf, self.clock)
        self._lock = threading.RLock()
        self._kept: forking.Kept | None = None
        if not parents:
            self.segments.sweep()
            renew(self.sealer)
            complete(self.sealer)

    def append(
        self, events: pa.Table | Sequence[Mapping[str, object]], *, source: str = "", refuse: bool = True
    ) -> Acked:
        """Take in events; when this returns they are safe. The same event again adds nothing.

        events: columns of EVENT_SCHEMA, all but `kind` and `event_time` may be absent. DataRejected lists every breach;
        with `refuse` off the sound rows go in and the breaches come back in the acknowledgement. StoreFull and
        StoreAway: nothing went in. What was acknowledged stays so where the sealing behind it finds no room; a later
        append seals again, and `health` says what waits.
        """
        acked = append_events(self.commits, self.sealer, events, source=source, now=self.clock(), refuse=refuse)
        if acked.tail >= SEAL_AT:
            with suppress(StoreFull, StoreAway):
                self.sealer.seal()
        return acked

    def load(
        self, events: pa.Table | Sequence[Mapping[str, object]], *, source: str = "", refuse: bool = True
    ) -> Acked:
        """Take in much history at once: straight to sealed segments, by the same rules as `append`."""
        return load_events(self.sealer, events, source=source, now=self.clock(), refuse=refuse)

    def history(self, *, source: str = "") -> History:
        """A way in for very much history: parts of numbered events in order, taken in column by column.

        `with thread.history() as history: history.add(part)`, part after part; all of it counts when the block ends.
        """
        from smilecurve.thread.history.session import History

        return History(self.sealer, source=source, now=self.clock)

    def put(self, spec: Spec, rows: pa.Table, *, by: str = "", merge: bool = False) -> str:
        """Lay down a given table as a whole new version (or merge rows by key); returns the version: a content hash."""
        return self.shelf.put(spec, rows, self.clock(), by, merge=merge)

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
        """The rows of a table that the scope may see, now or as of a moment: the one way out.

        as_of: only what was heard (`clock` record) or had happened (`clock` event) by then. where: column -> value,
        list of values or None. order: columns, a leading `-` turns one round.
        """
        asked = (where or {}).get("machine")
        if spec.name == MACHINES.name and as_of is None and isinstance(asked, str):
            page = ordering(spec, order) + paging(limit, offset)
            return genealogy.lives(self.viewer, [asked], conditions(spec, where), page, scope=scope, spec=spec)
        return self.viewer.view(
            spec, as_of=as_of, clock=clock, scope=scope, where=where, limit=limit, offset=offset, order=order
        )

    def count(
        self,
        spec: Spec,
        *,
        scope: Scope = MAKER,
        where: Mapping[str, object] | None = None,
        as_of: datetime | None = None,
    ) -> int:
        """How many rows of a table the scope may see."""
        return self.viewer.count(spec, scope=scope, where=where, as_of=as_of)

    def version(self, spec: Spec) -> str:
        """A fingerprint of what `view(spec)` returns to the maker now: equal rows, equal version."""
        return self.viewer.version(spec)

    def search(self, text: str, *, scope: Scope = MAKER, limit: int = 20) -> pa.Table:
        """Machines, lots, orders, tickets and parts whose code or name holds the text: columns kind, code, said."""
        return searching.search(self.viewer, text, scope=scope, limit=limit)

    def story(self, machine: str, *, scope: Scope = MAKER) -> pa.Table:
        """One machine's whole life in order, withdrawn events flagged."""
        return genealogy.story(self.viewer, machine, scope=scope, spec=STORY)

    def components(self, machine: str, *, as_of: datetime | None = None, scope: Scope = MAKER) -> pa.Table:
        """What went into a machine and what is in it now, down every level (table COMPONENTS)."""
        return genealogy.components(self.viewer, machine, as_of=as_of, scope=scope, spec=COMPONENTS)

    def containment(self, lot: str, *, as_of: datetime | None = None, scope: Scope = MAKER) -> pa.Table:
        """The machines that hold a lot at any level, and where they are (table LOT_MACHINES)."""
        return genealogy.containment(self.viewer, lot, as_of=as_of, scope=scope, spec=LOT_MACHINES)

    def record(
        self, desk: str, spec: Spec, decision: Decision, *, basis: Mapping[str, object], by: str = "", title: str = ""
    ) -> str:
        """Keep what a desk decided; returns the decision's id. A waiting decision of the same desk becomes replaced."""
        return decisions.record(self.shelf, desk, spec, decision, basis=basis, by=by, title=title, now=self.clock())

    def decide(self, decision: str, state: State, *, by: str, note: str = "", rows: pa.Table | None = None) -> str:
        """A person accepts, changes (with rows) or rejects a decision; returns its id."""
        return decisions.decide(self.shelf, decision, state, by=by, note=note, rows=rows, now=self.clock())

    def rows_of(self, decision: str, *, scope: Scope = MAKER) -> pa.Table:
        """The rows of one decision that the scope may see."""
        return self.viewer.rows_of(decision, scope=scope)

    def clock(self) -> datetime:
        """Now: the thread's own if it was set (a seeded world stands still), else the wall clock, UTC."""
        kept = self.ledger.rows("select value from meta where key = 'clock'")
        return moment_of(int(str(kept[0][0]))) if kept else datetime.now(UTC)

    def set_clock(self, now: datetime) -> None:
        """Give the thread its own now."""
        self.set_meta("clock", str(micros(now)))

    def meta(self) -> dict[str, str]:
        """Everything set by `set_meta`."""
        return {str(k): str(v) for k, v in self.ledger.rows("select key, value from meta order by key")}

    def set_meta(self, key: str, value: str) -> None:
        """Keep a small fact about the thread itself."""
        upkeep.set_meta(self.ledger, key, value)

    def fork(self) -> Thread:
        """A thread that starts as this one and keeps its own changes to itself, in a temporary folder until closed."""
        kept = forking.fork_folder(self.ledger)
        forked = Thread(kept.folder, parents=self.roots)
        forked._kept = kept
        return forked

    def seal(self) -> int:
        """Bring every unsealed event to rest; returns how many."""
        return self.sealer.seal()

    def merge(self) -> int:
        """Put the event files of all seals together by machine, so that a life lies in one place; returns how many."""
        return merge_events(self.sealer)

    def rebuild(self) -> Rebuilt:
        """Derive everything again from the events and compare with what is stored."""
        return self.sealer.rebuild()

    def backup(self, path: str | Path) -> Path:
        """Copy the whole thread, consistent, into a new folder."""
        return upkeep.backup(self.ledger, self.segments, self.shelf, Path(path))

    def health(self, *, deep: bool = False) -> Health:
        """Is every file there (and, deep, what it was)? How much lies where?"""
        return upkeep.health(self.ledger, self.segments, deep=deep)

    def close(self) -> None:
        """Let go of files and memory; a fork's folder is removed."""
        with self._lock:
            self.viewer.close()
            self.ledger.close()
            if self._kept is not None:
                self._kept.remove()

    def __enter__(self) -> Thread:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
