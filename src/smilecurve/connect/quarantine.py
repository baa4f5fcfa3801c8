"""Where do rejected rows wait until they are mended, so that none is lost?

A folder. `batches/` holds one Parquet file for every load that rejected rows, with the mapping or preset that read
them; `mended.jsonl` says which rows have been loaded since. Both are only ever added to. A row is named after its
file, line, target and content: the same file loaded again adds nothing.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.connect.convert import convert
from smilecurve.connect.loaded import REJECTED, WHOLE_LINE, Loaded, Raw
from smilecurve.connect.mapping import ColumnMap, parse_mapping
from smilecurve.connect.out import write_rows
from smilecurve.connect.presets import PRESETS
from smilecurve.connect.read import read_file
from smilecurve.terms.errors import Breach, DataRejected, NotFound
from smilecurve.terms.table import Spec, code, moment

__all__ = ["QUARANTINE", "Quarantine", "Replayed"]

QUARANTINE = Spec(
    "quarantine",
    "Every breach of every row that waits to be mended, or was",
    "connect",
    "given",
    (
        code("row", "name of the row: hash of its file, line, target and content"),
        code("state", "what became of it", "waiting", "mended"),
        code("target", "table it should have gone to, or events"),
        moment("rejected_at", "when it was rejected"),
        code("batch", "the load that rejected it"),
        *REJECTED.fields,
    ),
    (),
)
_OURS = ("_row", "_file", "_line", "_reason", "_hint")


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of mended rows: what was loaded, how many rows are mended, and how many wait still."""

    loaded: tuple[Loaded, ...]
    mended: int
    waiting: int


class Quarantine:
    """The quarantine in a folder."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._parts: dict[Path, pa.Table] = {}

    def keep(self, loaded: Loaded | Iterable[Loaded], *, at: datetime | None = None) -> int:
        """Add the rejected rows of one or more loads; returns how many rows are new."""
        when = at or datetime.now(UTC)
        known = set(self._all().column("row").to_pylist())
        new = 0
        for one in [loaded] if isinstance(loaded, Loaded) else loaded:
            if not one.rejected.num_rows:
                continue
            names = _row_names(one)
            fresh = np.array([name not in known for name in names])
            if not fresh.any():
                continue
            known.update(names)
            new += len({name for name, first in zip(names, fresh, strict=True) if first})
            self._write(one, names, fresh, when)
        return new

    def _write(self, one: Loaded, names: list[str], fresh: np.ndarray, when: datetime) -> None:
        count = len(names)
        batch = blake2b("".join(names).encode() + when.isoformat().encode(), digest_size=6).hexdigest()
        rows = pa.table(
            {
                "row": pa.array(names, pa.string()),
                "state": pa.repeat(pa.scalar("waiting"), count),
                "target": pa.repeat(pa.scalar(one.target), count),
                "rejected_at": pa.repeat(pa.scalar(when, pa.timestamp("us", tz="UTC")), count),
                "batch": pa.repeat(pa.scalar(batch), count),
                **{name: one.rejected.column(name) for name in REJECTED.columns},
            },
            schema=QUARANTINE.schema,
        ).filter(pa.array(fresh))
        import pyarrow.parquet as pq

        folder = self.folder / "batches"
        folder.mkdir(parents=True, exist_ok=True)
        final = folder / f"{when:%Y%m%dT%H%M%S}-{batch}.parquet"
        part = final.with_suffix(".part")
        pq.write_table(rows.replace_schema_metadata({"recipe": one.recipe}), part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(final)

    def _all(self) -> pa.Table:
        import pyarrow.parquet as pq

        there = sorted((self.folder / "batches").glob("*.parquet"))
        self._parts = {
            path: self._parts[path] if path in self._parts else pq.read_table(path).replace_schema_metadata(None)
            for path in there
        }
        parts = list(self._parts.values())
        return pa.concat_tables(parts) if parts else QUARANTINE.empty().cast(QUARANTINE.schema)

    def _mended(self) -> set[str]:
        path = self.folder / "mended.jsonl"
        if not path.is_file():
            return set()
        rows: set[str] = set()
        for line in path.read_text("utf-8").splitlines():
            try:
                rows.add(str(json.loads(line)["row"]))
            except (json.JSONDecodeError, KeyError, TypeError):
                continue
        return rows

    def list(self, state: str | None = "waiting") -> pa.Table:
        """Every breach of the rows in a state (None: all), oldest first."""
        rows = self._all()
        done = pc.is_in(rows.column("row"), pa.array(sorted(self._mended()), pa.string()))
        states = pc.if_else(done, "mended", "waiting")
        rows = rows.set_column(rows.column_names.index("state"), QUARANTINE.schema.field("state"), states)
        return rows if state is None else rows.filter(pc.equal(rows.column("state"), state))

    def export(self, path: str | Path) -> int:
        """Write the waiting rows as CSV or XLSX: their own columns as they stand, reason and hint; returns how many."""
        rows: dict[str, dict[str, str]] = {}
        for breach in self.list().to_pylist():
            said = f"{breach['column']}: {breach['reason']}" if breach["column"] else breach["reason"]
            if breach["row"] not in rows:
                ours = dict(
                    zip(_OURS, (breach["row"], breach["file"], str(breach["line"]), said, breach["hint"]), strict=True)
                )
                cells = {
                    k: v if isinstance(v, str) else json.dumps(v, ensure_ascii=False)
                    for k, v in json.loads(breach["raw"]).items()
                }
                rows[breach["row"]] = {**ours, **cells}
            else:
                row = rows[breach["row"]]
                row["_reason"] += f"; {said}"
                if breach["hint"] not in row["_hint"]:
                    row["_hint"] += f"; {breach['hint']}"
        names = dict.fromkeys([*_OURS, *(name for row in rows.values() for name in row)])
        table = pa.table({name: pa.array([row.get(name, "") for row in rows.values()], pa.string()) for name in names})
        write_rows(table, Path(path))
        return len(rows)

    def replay(self, path: str | Path, take: Callable[[Loaded], object] | None = None) -> Replayed:
        """Convert mended rows as their file was converted; rows that now hold are given to `take` and marked as mended.

        `path` is an exported file with its cells put right. Rows that still do not hold wait on; a row is marked only
        after `take` (for instance the thread's append) has returned, so that a failure there loses nothing.
        """
        mended = _unguard(read_file(path).rows)
        if "_row" not in mended.column_names:
            what = f"{Path(path).name} lacks the column _row"
            raise DataRejected(Breach(what, Path(path).name, "mend a file that `export` wrote and keep its _ columns"))
        waiting = self.list()
        known = {b["row"]: b for b in waiting.select(["row", "batch", "file", "line"]).to_pylist()}
        names = mended.column("_row").to_pylist()
        batches: dict[tuple[str, str], list[int]] = {}
        for i, name in enumerate(names):
            if name in known:
                batches.setdefault((known[name]["batch"], known[name]["file"]), []).append(i)
        loaded: list[Loaded] = []
        done = 0
        for (batch, file), at in batches.items():
            lines = [int(known[names[i]]["line"]) for i in at]
            raw = Raw(file, _filled(mended.take(pa.array(at))), pa.array(lines, pa.int64()))
            results = _read_again(self._recipe(batch), raw)
            for one in results:
                if take is not None and one.good:
                    take(one)
            bad = {line for one in results for line in one.rejected.column("line").to_pylist()}
            held = [names[i] for i, line in zip(at, lines, strict=True) if line not in bad]
            self._mark(held)
            done += len(held)
            loaded += results
        return Replayed(tuple(loaded), done, len(set(waiting.column("row").to_pylist())) - done)

    def _recipe(self, batch: str) -> str:
        import pyarrow.parquet as pq

        for path in (self.folder / "batches").glob(f"*-{batch}.parquet"):
            told: bytes = pq.read_schema(path).metadata[b"recipe"]
            return told.decode("utf-8")
        raise NotFound(Breach(f"batch {batch} is not in the quarantine", str(self.folder), "restore the folder"))

    def _mark(self, rows: Sequence[str]) -> None:
        if not rows:
            return
        when = datetime.now(UTC).isoformat()
        with (self.folder / "mended.jsonl").open("a", encoding="utf-8") as file:
            file.write("".join(json.dumps({"row": row, "mended_at": when}) + "\n" for row in rows))
            file.flush()
            os.fsync(file.fileno())


def _row_names(one: Loaded) -> list[str]:
    columns = [one.rejected.column(name).cast(pa.string()) for name in ("file", "line", "raw")]
    texts = pc.binary_join_element_wise(*columns, one.target, "\x1f").to_pylist()
    return ["r" + blake2b(text.encode(), digest_size=8).hexdigest() for text in texts]


def _read_again(recipe: str, raw: Raw) -> tuple[Loaded, ...]:
    told = tomllib.loads(recipe)
    if "preset" not in told:
        mapping = parse_mapping(recipe)
        absent = [how.source for how in mapping.columns.values() if how.source and not _names_any(how, raw)]
        for name in dict.fromkeys(absent):
            raw = replace(raw, rows=raw.rows.append_column(name, pa.repeat(pa.scalar(""), raw.rows.num_rows)))
        return (convert(raw, mapping),)
    preset = PRESETS[told["preset"]]
    if preset.rows is None:
        do = "mend the source itself and load it again"
        raise DataRejected(Breach(f"rows of {preset.name} are not read one by one", raw.file, do))
    return preset.rows(raw)


def _names_any(how: ColumnMap, raw: Raw) -> bool:
    return bool({how.source, *how.aliases} & set(raw.rows.column_names))


def _filled(rows: pa.Table) -> pa.Table:
    """The rows' own columns, those that any of them fills; a column that was only ever empty is kept too."""
    kept = [
        name for name in rows.column_names if name not in _OURS and name != WHOLE_LINE and not name.startswith("extra ")
    ]
    columns = {name: pc.fill_null(rows.column(name).cast(pa.string()), "") for name in kept}
    return pa.table(columns)


def _unguard(rows: pa.Table) -> pa.Table:
    """Take the apostrophe off again that keeps a spreadsheet from running a cell."""
    for i, name in enumerate(rows.column_names):
        column = rows.column(name)
        if column.type == pa.string():
            rows = rows.set_column(i, name, pc.replace_substring_regex(column, r"^'('*[=+\-@\t\r])", r"\1"))
    return rows
