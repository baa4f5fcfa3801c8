"""Which orders, ratios and options cannot be sequenced as they are given? Every breach at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import pyarrow as pa

from smilecurve.desks.line._orders import LineFacts, Row, Weights
from smilecurve.desks.line.judging import GOALS
from smilecurve.terms.errors import Breach, DataRejected, OptionRejected

__all__ = ["refuse_data", "refuse_options"]

MOST_WEIGHT = 1_000_000
MOST_DAYS = 3_660


def refuse_options(days: int, weights: Weights) -> None:
    """Refuse options out of their limits and goals nobody knows."""
    wrong = [
        Breach(f"{name} is {value}", name, f"give 0 to {MOST_WEIGHT}")
        for name, value in vars(weights).items()
        if isinstance(value, int | float) and not 0 <= value <= MOST_WEIGHT
    ]
    if not 1 <= days <= MOST_DAYS:
        wrong.append(Breach(f"days is {days}", "days", f"give 1 to {MOST_DAYS}"))
    wrong += [
        Breach(f"{goal} is no goal", "goals", f"use {', '.join(GOALS)}") for goal in weights.strict if goal not in GOALS
    ]
    wrong += [
        Breach(f"the goal {goal} stands {many} times", "goals", "name each goal once")
        for goal, many in Counter(weights.strict).items()
        if many > 1
    ]
    if wrong:
        raise OptionRejected(wrong)


def refuse_data(tables: Mapping[str, pa.Table | None], weights: Weights) -> None:
    """Refuse work orders for an unknown line, with unknown options or in the same fixed slot, and empty ratios."""
    lines = {str(row["line"]): row for row in _rows(tables, "lines")}
    ratios, orders = _rows(tables, "option_ratios"), _rows(tables, "work_orders")
    found = [
        *_unknown_lines(orders, lines),
        *_ratios(ratios, lines),
        *_unknown_options(orders, ratios, weights),
        *_same_slot(orders, lines),
        *_untimed(tables, orders, lines),
    ]
    if found:
        raise DataRejected(found)


def _rows(tables: Mapping[str, pa.Table | None], name: str) -> list[Row]:
    table = tables.get(name)
    return [dict(row) for row in table.to_pylist()] if table is not None else []


def _breach(table: str, at: int, column: str, row: Row, what: str, do: str) -> Breach:
    return Breach(what, f"{table}.{column}, row {at + 1}", do, table, at, column, str(row[column]))


def _unknown_lines(orders: list[Row], lines: Mapping[str, Row]) -> Iterable[Breach]:
    for at, row in enumerate(orders):
        if row["line"] not in lines:
            what = f"work order {row['work_order']} is for line {row['line']}, which nobody knows"
            yield _breach("work_orders", at, "line", row, what, "name a line of lines")


def _ratios(ratios: list[Row], lines: Mapping[str, Row]) -> Iterable[Breach]:
    for at, row in enumerate(ratios):
        most, span = int(str(row["at_most"])), int(str(row["out_of"]))
        ratio = f"option {row['option']} of line {row['line']}: at most {most} in any {span} slots"
        if most >= span:
            do = f"give less than {span}, or leave the ratio out and name the option in free_options"
            yield _breach("option_ratios", at, "at_most", row, f"{ratio} forbids nothing", do)
        slots = int(str(lines[str(row["line"])]["slots_per_day"])) if row["line"] in lines else span
        if span > slots:
            what = f"{ratio} is longer than the day of {slots} slots"
            yield _breach("option_ratios", at, "out_of", row, what, "shorten the window, or mend slots_per_day")


def _unknown_options(orders: list[Row], ratios: list[Row], weights: Weights) -> Iterable[Breach]:
    known: dict[str, set[str]] = {}
    for row in ratios:
        known.setdefault(str(row["line"]), set()).add(str(row["option"]))
    free = set(weights.free_options.replace(",", " ").split())
    for at, row in enumerate(orders):
        if "*" in free or row["line"] not in known:
            continue
        for option in str(row["options"] or "").split():
            if option not in known[str(row["line"])] and option not in free:
                what = f"work order {row['work_order']} has option {option}, which has no ratio on line {row['line']}"
                do = "give it a row of option_ratios, or name it in free_options"
                yield _breach("work_orders", at, "options", row, what, do)


def _same_slot(orders: list[Row], lines: Mapping[str, Row]) -> Iterable[Breach]:
    first: dict[tuple[object, object], Row] = {}
    begins = {
        name: min((int(str(r["rank"])) for r in orders if r["line"] == name and r["rank"] is not None), default=0)
        for name in lines
    }
    for at, row in enumerate(orders):
        if row["rank"] is None or row["line"] not in lines:
            continue
        icy = int(str(row["rank"])) < begins[str(row["line"])] + int(str(lines[str(row["line"])]["frozen_slots"]))
        other = first.setdefault((row["line"], row["rank"]), row)
        if icy and other is not row:
            what = f"work orders {other['work_order']} and {row['work_order']} both have the frozen place {row['rank']}"
            yield _breach("work_orders", at, "rank", row, what, "give each machine in the frozen zone its own place")


def _untimed(tables: Mapping[str, pa.Table | None], orders: list[Row], lines: Mapping[str, Row]) -> Iterable[Breach]:
    """A line with stations must know the work of each model somewhere."""
    given = [tables[name] for name in ("stations", "tasks", "task_times", "station_plan", "option_ratios")]
    there = [table for table in given if table is not None]
    for name, line in lines.items():
        facts = LineFacts.of(line, *there)
        if not facts.length.size:
            continue
        seen: set[object] = set()
        for at, row in enumerate(orders):
            if row["line"] != name or row["model"] in seen:
                continue
            seen.add(row["model"])
            if not facts.work.get(str(row["model"]), facts.work[""]).any():
                what = f"model {row['model']} has no time at any station of line {name}"
                yield _breach("work_orders", at, "model", row, what, "give tasks or task_times of this model")
