"""Which version of a given or decided table holds?

Given tables are whole versions, named by the hash of their content: immutable Parquet files, listed in the ledger. The
same content again is no new version. Decided tables are the rows of their last decision that was not rejected.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.terms.errors import Breach, OptionRejected, StoreBroken
from smilecurve.terms.table import Spec
from smilecurve.terms.tables.thread import DECISIONS
from smilecurve.thread.ledger import Ledger, bump
from smilecurve.thread.room import room
from smilecurve.thread.segments import rename_safely, settle

__all__ = ["Shelf", "fingerprint", "micros", "moment_of"]

_DECISION_COLUMNS = (
    "id, n, desk, tbl, decided, status, proof, value, against, unit, gap, worth, currency, rows, changed_rows, state,"
    " author, title, basis"
)


def micros(moment: datetime) -> int:
    """A moment as microseconds since 1970, UTC; a naive one is read as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    delta = aware - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def moment_of(us: int) -> datetime:
    """Microseconds since 1970 as a moment, UTC."""
    return datetime.fromtimestamp(us // 1_000_000, UTC).replace(microsecond=us % 1_000_000)


def fingerprint(rows: pa.Table) -> str:
    """A hash of the content: column names, types and cells in order; chunks and padding do not count.

    >>> chunked = pa.table({"a": pa.chunked_array([[1], [None]], pa.int64())})
    >>> fingerprint(pa.table({"a": [1, None]})) == fingerprint(chunked)
    True
    """
    digest = hashlib.blake2b(digest_size=16)
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        digest.update(f"{name}:{column.type}:{len(column)};".encode())
        valid = pc.is_valid(column)
        filled = column
        if column.null_count:
            filled = pc.fill_null(column, _nothing(column.type))
            digest.update(valid.cast(pa.int8()).combine_chunks().to_numpy(zero_copy_only=False).tobytes())
        if pa.types.is_string(column.type):
            lengths = pc.binary_length(filled).combine_chunks()
            digest.update(lengths.to_numpy(zero_copy_only=False).astype("<i8").tobytes())
            digest.update("".join(filled.to_pylist()).encode())
        else:
            plain = filled.cast(pa.int8()) if pa.types.is_boolean(column.type) else filled
            digest.update(plain.combine_chunks().to_numpy(zero_copy_only=False).tobytes())
    return digest.hexdigest()


def _nothing(kind: pa.DataType) -> pa.Scalar:
    """A cell to stand where none is, so that equal content hashes equal."""
    if pa.types.is_string(kind):
        return pa.scalar("")
    return pa.scalar(0, pa.int32() if pa.types.is_date32(kind) else pa.int64()).cast(kind)


class Shelf:
    """Given tables and decided rows of one thread (and, for a fork, of the threads it stands on)."""

    def __init__(self, ledger: Ledger, roots: Sequence[Path]) -> None:
        self.ledger = ledger
        self.roots = tuple(roots)

    def path(self, file: str) -> Path:
        """Where a file lies; StoreBroken if it is nowhere."""
        for root in self.roots:
            if (root / file).exists():
                return root / file
        raise StoreBroken(
            Breach(f"the file {file} is missing", str(self.roots[0] / file), "restore it from a backup of this thread")
        )

    def version(self, spec: Spec, at: datetime | None = None) -> str:
        """The version of a given or decided table; empty where there is none."""
        found = self._current(spec, at)
        return found[0] if found else ""

    def file(self, spec: Spec, at: datetime | None = None) -> Path | None:
        """The file of the version that holds."""
        found = self._current(spec, at)
        return self.path(found[1]) if found else None

    def _current(self, spec: Spec, at: datetime | None) -> tuple[str, str] | None:
        """Version and file that held at a moment; before its first version a given table is taken as it first stood,
        so that history loaded later can be looked at as of any day.
        """
        until = micros(at) if at else 1 << 62
        if spec.origin == "given":
            rows = self.ledger.rows(
                "select version, file from given where tbl = ?"
                " order by at > ?, case when at > ? then id else -id end limit 1",
                (spec.name, until, until),
            )
        else:
            rows = self.ledger.rows(
                "select content, file from decision"
                " where tbl = ? and decided <= ? and state <> 'rejected' and status <> 'none' order by n desc limit 1",
                (spec.name, until),
            )
        return (str(rows[0][0]), str(rows[0][1])) if rows else None

    def read(self, spec: Spec, at: datetime | None = None) -> pa.Table:
        """The rows of the version that holds; an empty table where there is none."""
        path = self.file(spec, at)
        return spec.empty() if path is None else spec.only(_read(path))

    def put(self, spec: Spec, rows: pa.Table, now: datetime, by: str, *, merge: bool) -> str:
        """Lay down a whole new version, or merge rows by key into the last one; returns the version."""
        if spec.origin != "given":
            raise OptionRejected(
                Breach(
                    f"{spec.name} is {spec.origin}, not given",
                    "put",
                    "append events, or record a decision, instead",
                    spec.name,
                )
            )
        rows = spec.check(rows)
        if merge:
            before = self.read(spec)
            kept = (
                before.join(rows.select(list(spec.key)), list(spec.key), join_type="left anti")
                if before.num_rows
                else before
            )
            rows = spec.only(pa.concat_tables([kept, rows]))
        if spec.key:
            rows = rows.sort_by([(k, "ascending") for k in spec.key])
        version = fingerprint(rows)
        if self.version(spec) == version:
            return version
        file = self.write(rows, spec.name, version)
        with self.ledger.writing() as con:
            con.execute(
                "insert into given (tbl, version, at, author, rows, file) values (?, ?, ?, ?, ?, ?)",
                (spec.name, version, micros(now), by, rows.num_rows, file),
            )
            bump(con, "change")
        return version

    def write(self, rows: pa.Table, name: str, version: str) -> str:
        """Write rows once under their content's name, safe on disk; returns the file's name in the thread."""
        import pyarrow.parquet as pq

        file = f"tables/{name}/{version}.parquet"
        final = self.roots[0] / file
        if any((root / file).exists() for root in self.roots):
            return file
        final.parent.mkdir(parents=True, exist_ok=True)
        draft = final.with_name(f"{version}-{os.getpid()}-{time.monotonic_ns():x}.part")
        with room(self.roots[0]):
            pq.write_table(rows.combine_chunks(), draft, compression="zstd")
            settle(draft)
            rename_safely(draft, final)
        return file

    def decisions(self, at: datetime | None = None) -> pa.Table:
        """Every decision, last first."""
        until = micros(at) if at else 1 << 62
        rows = self.ledger.rows(
            f"select {_DECISION_COLUMNS} from decision where decided <= ? order by n desc", (until,)
        )
        records = [dict(zip(DECISIONS.columns, row, strict=True)) for row in rows]
        for record in records:
            record["decided"] = moment_of(int(str(record["decided"])))  # type: ignore[assignment]
        return DECISIONS.rows(records)  # type: ignore[arg-type]


def _read(path: Path) -> pa.Table:
    import pyarrow.parquet as pq

    return pq.ParquetFile(path).read()
