"""Was it heard, and is it safe? The ledger, whose commit is the acknowledgement.

One SQLite file (write-ahead log, `synchronous=FULL`) for one computer, a PostgreSQL database for a team: the same
tables, the same statements, the same order of commits. Migrations are numbered SQL files; a ledger with a higher number
is refused.
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

from smilecurve.terms.errors import Breach, NewerStore, NotFound, StoreBroken, StoreFull
from smilecurve.thread.room import room

__all__ = [
    "LEDGER_FILE",
    "NEXT_POSITION",
    "Answer",
    "Cell",
    "EmbeddedLedger",
    "Ledger",
    "Pen",
    "Row",
    "Value",
    "bump",
    "migrations",
]

LEDGER_FILE = "ledger.sqlite"
Cell = str | int | float | None
Value = Cell | bytes
Row = tuple[Cell, ...]
NEXT_POSITION = """
select max(s.v) from (
  select value as v from counter where name = 'position'
  union all select max(pos) + 1 from event
  union all select max(last_pos) + 1 from block) s"""
"""The position of the next event: behind the tail, and behind all positions that were ever kept for others."""
_CHANGE = f"select value + ({NEXT_POSITION}) from counter where name = 'change'"


class Answer(Protocol):
    """What a statement answers."""

    def fetchall(self) -> list[Any]:
        """Every row."""


class Pen(Protocol):
    """What can be done inside a transaction; values stand where the statement has question marks."""

    @property
    def total_changes(self) -> int:
        """How many rows were added, changed or taken away until now."""

    def execute(self, sql: str, values: Sequence[Value] = ..., /) -> Answer:
        """One statement."""

    def executemany(self, sql: str, rows: Iterable[Sequence[Value]], /) -> object:
        """One statement for each row of values."""


def migrations() -> tuple[tuple[int, str], ...]:
    """Every migration in order: its number and its SQL."""
    folder = files("smilecurve.thread") / "migrations"
    found = [(int(f.name[:4]), f.read_text(encoding="utf-8")) for f in folder.iterdir() if f.name.endswith(".sql")]
    return tuple(sorted(found))


class Ledger(ABC):
    """What a thread asks of its ledger; `folder` holds the files beside it, `name` says where it is."""

    folder: Path
    name: str
    blocks: bool = False
    """Are batches kept as blocks? Not where the database itself guards single events."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[Pen]:
        """One transaction, one writer at a time: committed and on disk when the block ends, undone when it raises."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Pen]:
        """One consistent look at the ledger; nobody waits for it."""

    @abstractmethod
    def sealing(self, *, wait: bool = True) -> AbstractContextManager[bool]:
        """Only one process seals, loads or sweeps at a time; yields False if another does and `wait` is off."""

    @abstractmethod
    def rows(self, sql: str, values: Sequence[Cell] = ()) -> list[Row]:
        """The rows of one query."""

    @abstractmethod
    def backup(self, target: Path) -> None:
        """A consistent copy of the ledger as one SQLite file named LEDGER_FILE, while others go on writing."""

    @abstractmethod
    def ailments(self, *, deep: bool) -> list[str]:
        """What is wrong with the ledger itself, in words."""

    @abstractmethod
    def size(self) -> int:
        """Bytes on disk."""

    @abstractmethod
    def close(self) -> None:
        """Let go of every connection."""

    @abstractmethod
    def _version(self, pen: Pen) -> int:
        """The number of the last migration; 0 where there is no ledger yet."""

    @abstractmethod
    def _migration(self, pen: Pen, number: int, text: str) -> None:
        """Carry out one migration."""

    def number(self, sql: str, values: Sequence[Cell] = ()) -> int:
        """The one whole number of a query; 0 where it has none."""
        found = self.rows(sql, values)
        return int(found[0][0] or 0) if found else 0

    def change(self, pen: Pen | None = None) -> int:
        """A number that rises with every commit that changes what can be seen."""
        return int(pen.execute(_CHANGE).fetchall()[0][0]) if pen else self.number(_CHANGE)

    def migrate(self, at: int) -> None:
        """Bring a ledger with schema `at` to the newest one this Smilecurve knows; a newer one is refused."""
        known = migrations()
        newest = known[-1][0]
        if at > newest:
            raise NewerStore(
                Breach(
                    f"the thread has schema {at}, this Smilecurve knows {newest}",
                    self.name,
                    "upgrade Smilecurve, or restore a backup made by this version",
                )
            )
        if at == newest:
            return
        with self.writing() as pen:
            at = self._version(pen)
            for number, text in known:
                if number > at:
                    self._migration(pen, number, text)
                    pen.execute("insert into schema (v, applied_at) values (?, ?)", (number, str(int(time.time()))))


class EmbeddedLedger(Ledger):
    """A SQLite file: one connection that writes and one that reads, each behind its lock."""

    blocks = True

    def __init__(self, folder: Path, *, create: bool = True) -> None:
        self.folder = folder
        self.path = folder / LEDGER_FILE
        self.name = str(self.path)
        if not self.path.exists():
            if not create:
                raise NotFound(
                    Breach(
                        f"there is no thread in {folder}",
                        str(folder),
                        "name another folder, or make one with `smile world`",
                    )
                )
            folder.mkdir(parents=True, exist_ok=True)
        self._write_lock = threading.RLock()
        self._read_lock = threading.RLock()
        self._writer = self._connect()
        self.migrate(self._version(self._writer))
        self._reader = self._connect()

    def _connect(self) -> sqlite3.Connection:
        con = sqlite3.connect(self.path, timeout=30.0, isolation_level=None, check_same_thread=False)
        try:
            with room(self.folder):
                con.execute("pragma journal_mode=wal").fetchall()
        except StoreFull:
            con.close()
            raise
        except sqlite3.DatabaseError as error:
            con.close()
            raise StoreBroken(
                Breach(f"the ledger cannot be read: {error}", str(self.path), "restore a backup")
            ) from None
        con.execute("pragma synchronous=full")
        return con

    def _version(self, pen: Pen) -> int:
        there = pen.execute("select 1 from sqlite_master where type = 'table' and name = 'schema'").fetchall()
        return int(pen.execute("select max(v) from schema").fetchall()[0][0]) if there else 0

    def _migration(self, pen: Pen, number: int, text: str) -> None:
        for statement in statements(text):
            pen.execute(statement)

    @contextmanager
    def writing(self) -> Iterator[Pen]:
        """One transaction: committed and on disk when the block ends, undone when it raises."""
        with self._write_lock, room(self.folder):
            self._writer.execute("begin immediate")
            try:
                yield self._writer
                self._writer.execute("commit")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("rollback")
                raise

    @contextmanager
    def reading(self) -> Iterator[Pen]:
        """One consistent look at the ledger; nobody waits for it."""
        with self._read_lock:
            self._reader.execute("begin")
            try:
                yield self._reader
            finally:
                self._reader.execute("commit")

    @contextmanager
    def sealing(self, *, wait: bool = True) -> Iterator[bool]:
        """A lock on a file beside the ledger."""
        with open(self.folder / "seal.lock", "a+b") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            try:
                yield True
            finally:
                fcntl.flock(handle, fcntl.LOCK_UN)

    def rows(self, sql: str, values: Sequence[Cell] = ()) -> list[Row]:
        """The rows of one query."""
        with self._read_lock:
            return list(self._reader.execute(sql, values).fetchall())

    def backup(self, target: Path) -> None:
        """A consistent copy of the ledger as one file, while others go on writing."""
        target.unlink(missing_ok=True)
        with self._read_lock:
            self._reader.execute("vacuum into ?", (str(target),))

    def ailments(self, *, deep: bool) -> list[str]:
        """What SQLite finds wrong with its file."""
        found = self.rows("pragma integrity_check" if deep else "pragma quick_check")
        return [str(row[0]) for row in found if row[0] != "ok"]

    def size(self) -> int:
        """Bytes of the file."""
        return self.path.stat().st_size

    def close(self) -> None:
        """Close both connections."""
        with self._write_lock, self._read_lock:
            self._reader.close()
            self._writer.close()


def bump(con: Pen, name: str, by: int = 1) -> int:
    """Raise a counter inside a transaction; returns its value before."""
    sql = "update counter set value = value + ? where name = ? returning value"
    return int(con.execute(sql, (by, name)).fetchall()[0][0]) - by


def statements(text: str) -> Iterator[str]:
    """The statements of a migration, one by one, so that they stand in one transaction."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    for part in "\n".join(lines).split(";"):
        if part.strip():
            yield part
