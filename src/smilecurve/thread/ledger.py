"""Was it heard, and is it safe? The ledger: one SQLite file whose commit is the acknowledgement.

Write-ahead log with `synchronous=FULL`: a commit has reached the disk when it returns. Any number of processes may read
and write; SQLite orders the writers. Migrations are numbered SQL files; a ledger with a higher number is refused.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from smilecurve.terms.errors import Breach, NewerStore, NotFound, StoreBroken

__all__ = ["LEDGER_FILE", "Ledger", "Row", "bump", "migrations"]

LEDGER_FILE = "ledger.sqlite"
Cell = str | int | float | None
Row = tuple[Cell, ...]


def migrations() -> tuple[tuple[int, str], ...]:
    """Every migration in order: its number and its SQL."""
    folder = files("smilecurve.thread") / "migrations"
    found = [(int(f.name[:4]), f.read_text(encoding="utf-8")) for f in folder.iterdir() if f.name.endswith(".sql")]
    return tuple(sorted(found))


class Ledger:
    """One connection that writes and one that reads, each behind its lock."""

    def __init__(self, folder: Path, *, create: bool = True) -> None:
        self.path = folder / LEDGER_FILE
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
        self._migrate()
        self._reader = self._connect()

    def _connect(self) -> sqlite3.Connection:
        con = sqlite3.connect(self.path, timeout=30.0, isolation_level=None, check_same_thread=False)
        try:
            con.execute("pragma journal_mode=wal").fetchall()
        except sqlite3.DatabaseError as error:
            con.close()
            raise StoreBroken(
                Breach(f"the ledger cannot be read: {error}", str(self.path), "restore a backup")
            ) from None
        con.execute("pragma synchronous=full")
        return con

    def _migrate(self) -> None:
        known = migrations()
        newest = known[-1][0]
        at = self._version(self._writer)
        if at > newest:
            raise NewerStore(
                Breach(
                    f"the thread has schema {at}, this Smilecurve knows {newest}",
                    str(self.path),
                    "upgrade Smilecurve, or restore a backup made by this version",
                )
            )
        if at == newest:
            return
        with self.writing() as con:
            at = self._version(con)
            for number, text in known:
                if number > at:
                    for statement in _statements(text):
                        con.execute(statement)
                    con.execute("insert into schema (v, applied_at) values (?, ?)", (number, str(int(time.time()))))

    @staticmethod
    def _version(con: sqlite3.Connection) -> int:
        there = con.execute("select 1 from sqlite_master where type = 'table' and name = 'schema'").fetchall()
        return int(con.execute("select max(v) from schema").fetchall()[0][0]) if there else 0

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: committed and on disk when the block ends, undone when it raises."""
        with self._write_lock:
            self._writer.execute("begin immediate")
            try:
                yield self._writer
            except BaseException:
                self._writer.execute("rollback")
                raise
            self._writer.execute("commit")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent look at the ledger; nobody waits for it."""
        with self._read_lock:
            self._reader.execute("begin")
            try:
                yield self._reader
            finally:
                self._reader.execute("commit")

    def rows(self, sql: str, values: Sequence[Cell] = ()) -> list[Row]:
        """The rows of one query."""
        with self._read_lock:
            return list(self._reader.execute(sql, values).fetchall())

    def number(self, sql: str, values: Sequence[Cell] = ()) -> int:
        """The one whole number of a query; 0 where it has none."""
        found = self.rows(sql, values)
        return int(found[0][0] or 0) if found else 0

    def change(self) -> int:
        """A number that rises with every commit."""
        return self.number("select value from counter where name = 'change'")

    def backup(self, target: Path) -> None:
        """A consistent copy of the ledger as one file, while others go on writing."""
        target.unlink(missing_ok=True)
        with self._read_lock:
            self._reader.execute("vacuum into ?", (str(target),))

    def close(self) -> None:
        """Close both connections."""
        with self._write_lock, self._read_lock:
            self._reader.close()
            self._writer.close()


def bump(con: sqlite3.Connection, name: str, by: int = 1) -> int:
    """Raise a counter inside a transaction; returns its value before."""
    sql = "update counter set value = value + ? where name = ? returning value"
    return int(con.execute(sql, (by, name)).fetchall()[0][0]) - by


def _statements(text: str) -> Iterator[str]:
    """The statements of a migration, one by one, so that they stand in one transaction."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    for part in "\n".join(lines).split(";"):
        if part.strip():
            yield part
