"""What is at rest, in which file, and is the file whole?

Segments are immutable Parquet files. A file counts from the moment its manifest row is committed; before that it is an
orphan and is swept. Write, fsync, rename, fsync the folder, and only then the manifest row.
"""

from __future__ import annotations

import hashlib
import os
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from smilecurve.terms.errors import Breach, StoreBroken, StoreFull
from smilecurve.thread.ledger import Ledger, Pen, Row
from smilecurve.thread.room import room
from smilecurve.thread.unpacking import copied, copy_of, unpack

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = [
    "ROW_GROUP",
    "ROW_GROUPS",
    "SCHEMA_V",
    "Key",
    "Segment",
    "Segments",
    "number_key",
    "parted",
    "pruned",
    "rename_safely",
    "settle",
]

Key = int | str
"""What a segment is sorted by: a whole number or a text."""
SCHEMA_V = 3
ROW_GROUP = 122_880
ROW_GROUPS = {
    **dict.fromkeys(("event", "state", "swap", "fit", "failure", "lot", "lot_at"), 4096),
    "unit": 8192,
    **dict.fromkeys(("made_in", "made_of"), 30_720),
}
"""Rows a group of a Parquet file: few where single rows are asked for, many where long runs are."""
_KEEP_REPLACED_S = 3600
_COLUMNS = "id, chunk, tbl, file, rows, bytes, sha256, schema_v, first_pos, last_pos, lo, hi, first_chunk"


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of the thread; `lo` and `hi` bound the column it is sorted by (numbers as text with leading zeros).

    It holds what the chunks from first_chunk to chunk say: one chunk, or several that were merged.
    """

    id: int
    chunk: int
    tbl: str
    file: str
    rows: int
    bytes: int
    sha256: str
    schema_v: int
    first_pos: int
    last_pos: int
    lo: str | None
    hi: str | None
    first_chunk: int


def pruned(segments: Iterable[Segment], tbl: str, keys: Sequence[Key] | np.ndarray | None = None) -> list[Segment]:
    """The segments of a table that can hold rows whose sort column is one of the keys (in order): the one pruning
    function. Without keys: all that hold rows.
    """
    found = [s for s in segments if s.tbl == tbl and s.rows]
    if keys is None:
        return found
    if isinstance(keys, np.ndarray):
        return [s for s, holds in zip(found, _meets(found, keys), strict=True) if holds]
    return [s for s in found if s.lo is None or s.hi is None or _meets_one(s.lo, s.hi, keys)]


def _meets(segments: Sequence[Segment], keys: np.ndarray) -> list[bool]:
    """Lies any of the whole numbers (in order) between the ends of each segment?"""
    lo = np.searchsorted(keys, [int(s.lo or 0) for s in segments], "left")
    hi = np.searchsorted(keys, [int(s.hi or 0) for s in segments], "right")
    told: list[bool] = ((lo < hi) | np.array([s.lo is None or s.hi is None for s in segments], bool)).tolist()
    return told


def _meets_one(lo: str, hi: str, keys: Sequence[Key]) -> bool:
    at = bisect_left(keys, lo, key=_as_text)
    return at < len(keys) and _as_text(keys[at]) <= hi


def parted(segments: Iterable[Segment], tbl: str) -> tuple[list[Segment], list[Segment]]:
    """The files of a table that the largest seal (or those merged into one) wrote, and the rest."""
    groups: dict[tuple[int, int], list[Segment]] = {}
    for s in segments:
        if s.tbl == tbl:
            groups.setdefault((s.first_chunk, s.chunk), []).append(s)
    most = max(groups, key=lambda at: sum(s.rows for s in groups[at]), default=None)
    return groups.pop(most, []) if most else [], [s for files in groups.values() for s in files]


def _as_text(key: Key) -> str:
    return key if isinstance(key, str) else number_key(key)


def number_key(value: int) -> str:
    """A whole number as text that sorts as the number does."""
    return f"{value:012d}"


class Segments:
    """The files of one thread folder (and, for a fork, of the folders it stands on)."""

    def __init__(self, ledger: Ledger, roots: Sequence[Path]) -> None:
        self.ledger = ledger
        self.roots = tuple(roots)
        self.root.joinpath("segments").mkdir(parents=True, exist_ok=True)

    @property
    def root(self) -> Path:
        """Where new files go."""
        return self.roots[0]

    def path(self, file: str) -> Path:
        """Where a file of the manifest lies; StoreBroken if it is nowhere."""
        for root in self.roots:
            if os.path.exists(f"{root}/{file}"):
                return root / file
        raise StoreBroken(
            Breach(f"the file {file} is missing", str(self.root / file), "restore it from a backup of this thread")
        )

    def copy(self, file: str) -> Path:
        """Where the unpacked copy of a file of the manifest lies, if there is one."""
        path = self.path(file)
        return copy_of(path.parents[len(Path(file).parts) - 1], file)

    def live(self, con: Pen | None = None) -> list[Segment]:
        """The manifest: every segment that counts now."""
        sql = f"select {_COLUMNS} from segment where replaced_at is null order by id"
        rows: list[Row] = list(con.execute(sql).fetchall()) if con else self.ledger.rows(sql)
        return [Segment(*row) for row in rows]  # type: ignore[arg-type]

    def spans(self) -> list[tuple[int, int, int]]:
        """Every chunk that was ever sealed: its number, first and last position."""
        rows = self.ledger.rows("select chunk, first_pos, last_pos from sealed order by chunk")
        return [(int(str(c)), int(str(first)), int(str(last))) for c, first, last in rows]

    def groups(self, live: Iterable[Segment], tbl: str) -> list[tuple[int, int]]:
        """The chunks whose rows of a table lie in files of their own: first and last chunk of each group of files."""
        there = {(s.first_chunk, s.chunk) for s in live if s.tbl == tbl}
        covered = {c for lo, hi in there for c in range(lo, hi + 1)}
        return sorted(there | {(c, c) for c, _, _ in self.spans() if c not in covered})

    def paths(self, segments: Iterable[Segment]) -> list[str]:
        """The files of these segments."""
        files = [s.file for s in segments]
        own = [f"{self.root}/{file}" for file in files]
        return [path if os.path.exists(path) else str(self.path(file)) for path, file in zip(own, files, strict=True)]

    @contextmanager
    def sealing(self, *, wait: bool = True) -> Iterator[bool]:
        """Only one process seals, loads or sweeps at a time; yields False if another does and `wait` is off.

        Raises StoreFull where the disk is full; what was half written has been taken away then.
        """
        with self.ledger.sealing(wait=wait) as mine:
            try:
                with room(self.root):
                    yield mine
            except StoreFull:
                self._sweep_orphans()
                raise

    def write(
        self, con: DuckDBPyConnection, sql: str, tbl: str, chunk: int, *, sort: str = "", span: tuple[int, int] = (0, 0)
    ) -> Segment | None:
        """Write the rows of a query as one Parquet file, safe on disk; None where there are no rows."""
        draft = self.draft(tbl, chunk, "parquet")
        group = ROW_GROUPS.get(tbl, ROW_GROUP)
        con.execute(f"copy ({sql}) to '{draft}' (format parquet, compression zstd, row_group_size {group})").fetchall()
        rows, lo, hi = _extent(con, draft, sort)
        if not rows:
            draft.unlink()
            return None
        return self.publish(draft, tbl, chunk, rows, (lo, hi), span)

    def write_ids(self, digests: np.ndarray, chunk: int, span: tuple[int, int]) -> Segment | None:
        """Write the sorted 128-bit ids of a chunk, shape (2, n), uint64."""
        if digests.shape[1] == 0:
            return None
        draft = self.draft("ids", chunk, "npy")
        with open(draft, "wb") as handle:
            np.save(handle, digests)
        return self.publish(draft, "ids", chunk, digests.shape[1], (None, None), span)

    def draft(self, tbl: str, chunk: int, ending: str) -> Path:
        """Where a file that is not part of the thread yet is written."""
        folder = self.root / "segments" / tbl
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{chunk:08d}-{os.getpid()}-{time.monotonic_ns():x}.{ending}.part"

    def publish(
        self,
        draft: Path,
        tbl: str,
        chunk: int,
        rows: int,
        ends: tuple[str | None, str | None],
        span: tuple[int, int],
        first_chunk: int = 0,
    ) -> Segment:
        """Force a written file to disk under its name; it counts when its manifest row is committed."""
        lo, hi = ends
        sha, size = settle(draft)
        final = draft.with_name(draft.name.removesuffix(".part"))
        rename_safely(draft, final)
        file = str(final.relative_to(self.root))
        if copied(tbl, rows):
            unpack(final, tbl, copy_of(self.root, file))
        return Segment(0, chunk, tbl, file, rows, size, sha, SCHEMA_V, *span, lo, hi, first_chunk or chunk)

    def enlist(self, con: Pen, segments: Iterable[Segment]) -> None:
        """Put segments into the manifest, inside a ledger transaction."""
        con.executemany(
            "insert into segment (chunk, tbl, file, rows, bytes, sha256, schema_v, first_pos, last_pos, lo, hi,"
            " first_chunk, made_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    s.chunk, s.tbl, s.file, s.rows, s.bytes, s.sha256, s.schema_v, s.first_pos, s.last_pos, s.lo, s.hi,
                    s.first_chunk, int(time.time()),
                )
                for s in segments
            ],
        )  # fmt: skip

    def unpack(self) -> None:
        """Write the unpacked copies that are not there."""
        for s in self.live():
            if copied(s.tbl, s.rows) and not self.copy(s.file).exists():
                unpack(self.path(s.file), s.tbl, self.copy(s.file))

    def sweep(self) -> list[str]:
        """Remove files without a manifest row, and replaced ones after an hour; returns their names."""
        with self.sealing(wait=False) as mine:
            if not mine:
                return []
            before = int(time.time()) - _KEEP_REPLACED_S
            if self.ledger.number("select count(*) from segment where replaced_at < ?", (before,)):
                with self.ledger.writing() as con:
                    con.execute("delete from segment where replaced_at < ?", (before,))
            return self._sweep_orphans()

    def _sweep_orphans(self) -> list[str]:
        kept = {str(row[0]) for row in self.ledger.rows("select file from segment")}
        gone = []
        for path in (self.root / "segments").rglob("*.*"):
            file = str(path.relative_to(self.root))
            if path.is_file() and file not in kept:
                path.unlink()
                gone.append(file)
        copies = {copy_of(self.root, file) for file in kept if file.startswith("segments/")}
        for path in (self.root / "unpacked").rglob("*.*"):
            if path.is_file() and path not in copies:
                path.unlink()
        return gone


def settle(path: Path) -> tuple[str, int]:
    """Force a file to disk; returns its SHA-256 and size."""
    with open(path, "r+b") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
        os.fsync(handle.fileno())
        return digest, handle.seek(0, os.SEEK_END)


def rename_safely(draft: Path, final: Path) -> None:
    """Rename and force the folder to disk."""
    os.replace(draft, final)
    handle = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _extent(con: DuckDBPyConnection, path: Path, sort: str) -> tuple[int, str | None, str | None]:
    if not sort:
        rows = con.execute(f"select count(*) from read_parquet('{path}')").fetchall()
        return int(rows[0][0]), None, None
    found = con.execute(f"select count(*), min({sort}), max({sort}) from read_parquet('{path}')").fetchall()[0]
    return int(found[0]), _key(found[1]), _key(found[2])


def _key(value: object) -> str | None:
    if value is None:
        return None
    return number_key(value) if isinstance(value, int) else str(value)
