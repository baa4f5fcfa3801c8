"""Do the tasks of a line hang together? Checks across tables, and codes as numbers, for the desks of the line."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smilecurve.terms.errors import Breach, DataRejected

Ints = NDArray[np.int64]
Row = dict[str, object]


def refuse_broken_tasks(
    lines: pa.Table,
    tasks: pa.Table,
    task_times: pa.Table,
    precedence: pa.Table,
    stations: pa.Table,
    model_mix: pa.Table,
) -> None:
    """Refuse rows that name what does not exist, tasks without time, fixed tasks without a station, a mix that is
    none, and precedence that runs in a circle.
    """
    known_lines = set(lines["line"].to_pylist())
    known = {(row["line"], row["task"]) for row in tasks.select(["line", "task"]).to_pylist()}
    found = _odd_tasks(tasks, known_lines)
    for name, table in (("stations", stations), ("model_mix", model_mix)):
        found += [
            _unknown(name, at, "line", line, "a line of lines")
            for at, line in enumerate(table["line"].to_pylist())
            if line not in known_lines
        ]
    for name, table, columns in (
        ("task_times", task_times, ("task",)),
        ("precedence", precedence, ("before", "after")),
    ):
        found += [
            _unknown(name, at, column, row[column], f"a task of line {row['line']}")
            for at, row in enumerate(table.to_pylist())
            for column in columns
            if (row["line"], row[column]) not in known
        ]
    found += _odd_links(precedence, known) + _odd_mix(task_times, model_mix)
    if found:
        raise DataRejected(found)


def _odd_tasks(tasks: pa.Table, known_lines: set[str]) -> list[Breach]:
    found: list[Breach] = []
    for at, row in enumerate(tasks.to_pylist()):
        where = f"row {at + 1}"
        if row["line"] not in known_lines:
            found.append(_unknown("tasks", at, "line", row["line"], "a line of lines"))
        if row["time_s"] == 0:
            said = f"task {row['task']} takes no time"
            do = "give its time, or leave the task out"
            found.append(Breach(said, f"tasks.time_s, {where}", do, "tasks", at, "time_s", "0"))
        if row["fixed"] and row["station"] is None:
            said = f"task {row['task']} is fixed but has no station"
            found.append(Breach(said, f"tasks.station, {where}", "give its station", "tasks", at, "station"))
    return found


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


def _odd_links(precedence: pa.Table, known: set[tuple[str, str]]) -> list[Breach]:
    """Find tasks that wait for themselves: at once, or round a circle, which is shown."""
    found: list[Breach] = []
    after: dict[tuple[str, str], list[str]] = {}
    for at, row in enumerate(precedence.to_pylist()):
        line, before, later = row["line"], row["before"], row["after"]
        if before == later:
            said = f"task {before} of line {line} waits for itself"
            do = "remove this link"
            found.append(Breach(said, f"precedence, row {at + 1}", do, "precedence", at, "after", later))
        elif (line, before) in known and (line, later) in known:
            after.setdefault((line, before), []).append(later)
    for line in sorted({line for line, _ in after}):
        circle = _circle({task: later for (at, task), later in after.items() if at == line})
        if circle:
            said = f"precedence of line {line} runs in a circle: {' > '.join(circle)}"
            found.append(Breach(said, "precedence", "remove one of these links", "precedence"))
    return found


def _circle(after: dict[str, list[str]]) -> list[str]:
    """Give the tasks of one circle, the first again at the end; empty where there is none.

    >>> _circle({"a": ["b"], "b": ["c", "d"], "d": ["b"]})
    ['b', 'd', 'b']
    """
    done: set[str] = set()
    for root in sorted(after):
        path, left = [root], [iter(sorted(after[root]))] if root not in done else []
        while left:
            later = next(left[-1], None)
            if later is None:
                left.pop()
                done.add(path.pop())
            elif later in path:
                return [*path[path.index(later) :], later]
            elif later not in done:
                path.append(later)
                left.append(iter(sorted(after.get(later, []))))
    return []


def _odd_mix(task_times: pa.Table, model_mix: pa.Table) -> list[Breach]:
    """Find mixes that do not sum to 1, and models that have times but no place in the mix of their line."""
    found: list[Breach] = []
    shares: dict[str, dict[str, float]] = {}
    for row in model_mix.to_pylist():
        shares.setdefault(row["line"], {})[row["model"]] = row["share"]
    for line, mix in sorted(shares.items()):
        whole = math.fsum(mix.values())
        if abs(whole - 1.0) > 1e-6:
            said = f"the shares of line {line} sum to {whole:g}, not 1"
            found.append(Breach(said, "model_mix.share", "make the shares of a line sum to 1", "model_mix"))
        timed = task_times.filter(pc.equal(task_times["line"], line))
        for model in sorted(set(timed["model"].to_pylist()) - set(mix)):
            said = f"model {model} has times on line {line} but no demand"
            do = f"give the share of {model} in model_mix, 0 if none is built"
            found.append(Breach(said, "model_mix.model", do, "model_mix", None, "model", model))
    return found


def group_numbers(codes: pa.ChunkedArray) -> Ints:
    """Number the codes of a column; -1 where empty."""
    encoded = pc.dictionary_encode(codes.combine_chunks())
    return np.asarray(pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False), dtype=np.int64)
