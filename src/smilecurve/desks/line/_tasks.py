"""Do the tasks of a line hang together? Checks across tables, and codes as numbers, for the desks of the line."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smilecurve.terms.errors import Breach, DataRejected

Ints = NDArray[np.int64]


def refuse_broken_tasks(lines: pa.Table, tasks: pa.Table, task_times: pa.Table, precedence: pa.Table) -> None:
    """Refuse rows that name what does not exist, fixed tasks without a station, and precedence that runs in a
    circle.
    """
    known_lines = set(lines["line"].to_pylist())
    known = {(row["line"], row["task"]) for row in tasks.select(["line", "task"]).to_pylist()}
    found: list[Breach] = []
    for at, row in enumerate(tasks.to_pylist()):
        if row["line"] not in known_lines:
            found.append(_unknown("tasks", at, "line", row["line"], "a line of lines"))
        if row["fixed"] and row["station"] is None:
            said = f"task {row['task']} is fixed but has no station"
            found.append(Breach(said, f"tasks.station, row {at + 1}", "give its station", "tasks", at, "station"))
    for table, spec, columns in (
        ("task_times", task_times, ("task",)),
        ("precedence", precedence, ("before", "after")),
    ):
        for at, row in enumerate(spec.to_pylist()):
            found += [
                _unknown(table, at, column, row[column], f"a task of line {row['line']}")
                for column in columns
                if (row["line"], row[column]) not in known
            ]
    if not found:
        found = _circles(precedence)
    if found:
        raise DataRejected(found)


def _unknown(table: str, row: int, column: str, value: str, wanted: str) -> Breach:
    return Breach(
        f"{column} {value} is not {wanted}",
        f"{table}.{column}, row {row + 1}",
        f"name {wanted}",
        table,
        row,
        column,
        value,
    )


def _circles(precedence: pa.Table) -> list[Breach]:
    """Find the tasks that wait for themselves: what is left when tasks without open predecessors are taken away."""
    left = {(row["line"], row["before"], row["after"]) for row in precedence.to_pylist()}
    while True:
        waiting = {(line, after) for line, _, after in left}
        going = {(line, before) for line, before, _ in left}
        kept = {link for link in left if (link[0], link[1]) in waiting and (link[0], link[2]) in going}
        if kept == left:
            break
        left = kept
    found: list[Breach] = []
    for line in sorted({line for line, _, _ in left}):
        names = ", ".join(sorted({before for at, before, _ in left if at == line}))
        said = f"precedence of line {line} runs in a circle through {names}"
        found.append(Breach(said, "precedence", "remove one of these links", "precedence"))
    return found


def group_numbers(codes: pa.ChunkedArray) -> Ints:
    """Number the codes of a column; -1 where empty."""
    encoded = pc.dictionary_encode(codes.combine_chunks())
    return np.asarray(pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False), dtype=np.int64)
