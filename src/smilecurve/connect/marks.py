"""Which decimal mark and which order of day and month does each column use, and which can the file not tell?

A column's own setting wins, then the file's, then what its values say, then what the file's other columns say. Where no
value settles it, the question is put with its choices; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping as Dict

import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.connect.dates import DayOrder, weigh_day_order
from smilecurve.connect.loaded import Raw
from smilecurve.connect.mapping import ColumnMap, Mapping, Question
from smilecurve.connect.numerals import Evidence, weigh_decimal

__all__ = ["ask", "settle_marks"]


def ask(raw: Raw, mapping: Mapping, sources: Dict[str, str]) -> tuple[Question, ...]:
    """What the file cannot tell: decimal marks and the order of day and month that no value settles.

    `sources` names the file's column for each column of the target ("" if it has none).
    """
    questions: list[Question] = []
    evidence = _decimals(raw, mapping, sources)
    told = any(e.mark for e in evidence.values())
    for name, e in evidence.items():
        shown = e.comma_only or (e.point_only if raw.delimiter == ";" else "")
        if not told and shown and not e.mark:
            what = f"{shown} can be read with a decimal comma or with a decimal point"
            questions.append(Question(sources[name], what, (".", ",")))
    orders = _orders(raw, mapping, sources)
    told = any(order.format for order in orders.values())
    for name, order in orders.items():
        if order.either and not order.format and (not told or order.day_first):
            what = f"{order.either} can be read day first or month first"
            questions.append(Question(sources[name], what, ("D/M/Y", "M/D/Y")))
    return tuple(questions)


def settle_marks(raw: Raw, mapping: Mapping, sources: Dict[str, str]) -> dict[str, tuple[str, str]]:
    """The decimal mark and the date format of every column of `sources`."""
    evidence = _decimals(raw, mapping, sources)
    comma = sum(e.comma for e in evidence.values())
    point = sum(e.point for e in evidence.values())
    orders = {name: order.format for name, order in _orders(raw, mapping, sources).items()}
    order = next((o for o in orders.values() if o), "")
    common = mapping.decimal or ("," if comma > point else ".")
    marks: dict[str, tuple[str, str]] = {}
    for name in sources:
        how = mapping.columns.get(name, ColumnMap())
        own = evidence[name].mark if name in evidence else ""
        marks[name] = (how.decimal or own or common, how.date or mapping.date or orders.get(name, "") or order)
    return marks


def _texts(raw: Raw, name: str) -> pa.Array | None:
    """The distinct texts of a column; None where the file gives them a type."""
    column = raw.rows.column(name)
    return pc.unique(column) if column.type == pa.string() else None


def _decimals(raw: Raw, mapping: Mapping, sources: Dict[str, str]) -> dict[str, Evidence]:
    found: dict[str, Evidence] = {}
    for name, source in sources.items():
        how = mapping.columns.get(name, ColumnMap())
        if not source or mapping.decimal or how.decimal or mapping.spec.field(name).type not in ("number", "whole"):
            continue
        texts = _texts(raw, source)
        if texts is not None:
            found[name] = weigh_decimal(texts)
    return found


def _orders(raw: Raw, mapping: Mapping, sources: Dict[str, str]) -> dict[str, DayOrder]:
    found: dict[str, DayOrder] = {}
    for name, source in sources.items():
        how = mapping.columns.get(name, ColumnMap())
        if not source or mapping.date or how.date or mapping.spec.field(name).type not in ("date", "moment"):
            continue
        texts = _texts(raw, source)
        if texts is not None:
            found[name] = weigh_day_order(texts)
    return found
