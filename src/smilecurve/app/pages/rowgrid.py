"""How are rows shown as a grid: which columns, which cells lead where, which page of how many?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.app.decimals import decimals_beside
from smilecurve.app.pages.gridquery import Query, page_links
from smilecurve.app.pages.words import Words, usual_decimals
from smilecurve.app.reading import Reading
from smilecurve.loop.registry import author
from smilecurve.terms.desk import Desk
from smilecurve.terms.table import Field, Spec

__all__ = ["Grid", "grid_of_rows", "grid_of_table", "link_of", "narrowed"]

SEARCHED = 300_000
LINKS: Mapping[str, str] = {
    "machine": "/machines/",
    "lot": "/lots/",
    "held_lot": "/lots/",
    "decision": "/decisions/",
    "desk": "/desks/",
    "table": "/tables/",
}
FIRST: Mapping[str, tuple[str, ...]] = {
    "build_sequence": ("line", "slot"),
    "station_plan": ("line", "station", "position"),
    "control_signals": ("-signal", "characteristic", "subgroup"),
}
"""In which order a decision's rows are read, where the order of their keys says less."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A page of rows ready for the template."""

    id: str
    title: str
    columns: list[dict[str, object]]
    rows: list[dict[str, object]]
    total: int
    first: int
    last: int
    q: str
    kept: Mapping[str, object]
    pages: list[dict[str, object]]
    note: str
    empty: str
    exports: str = ""
    edits: str = ""


def grid_of_table(read: Reading, spec: Spec, query: Query, words: Words) -> Grid:
    """A page of a table; a filter in free words is looked for in every text column."""
    where, free = query.conditions(spec, words)
    note = ""
    exports = f"/api/v1/tables/{spec.name}/rows?" + urlencode(where | {"limit": 1_000_000}) + "&"
    total = read.count(spec.name, where=where)
    if free and total > SEARCHED:
        note, free = words.text("This table is large: filter it by column=value."), ""
    if free:
        found = _holding(spec, read.table(spec.name, where=where, order=query.order(spec)), free, words)
        total = found.num_rows
        shown = found.slice((query.page - 1) * query.size, query.size)
    else:
        start = (query.page - 1) * query.size
        shown = read.table(spec.name, where=where, order=query.order(spec), limit=query.size, offset=start)
    return _grid(spec, shown, total, query, words, note=note, exports=exports)


def narrowed(spec: Spec, rows: pa.Table, query: Query, words: Words) -> pa.Table:
    """The rows that the `column=value` words of the filter leave."""
    for column, value in query.conditions(spec, words)[0].items():
        rows = rows.filter(pc.equal(rows.column(column), pa.scalar(value, spec.field(column).arrow)))
    return rows


def grid_of_rows(spec: Spec, rows: pa.Table, query: Query, words: Words, *, exports: str = "", edits: str = "") -> Grid:
    """A page of rows at hand, filtered and ordered here."""
    numbered = rows.append_column("#", pa.array(range(rows.num_rows), pa.int64()))
    numbered = narrowed(spec, numbered, query, words)
    free = query.conditions(spec, words)[1]
    if free:
        numbered = _holding(spec, numbered, free, words)
    order = query.order(spec) or FIRST.get(spec.name, ())
    if order:
        ways = [(n.removeprefix("-"), "descending" if n.startswith("-") else "ascending") for n in order]
        numbered = numbered.sort_by([*ways, ("#", "ascending")])
    shown = numbered.slice((query.page - 1) * query.size, query.size)
    return _grid(spec, shown, numbered.num_rows, query, words, exports=exports, edits=edits)


def _grid(
    spec: Spec,
    shown: pa.Table,
    total: int,
    query: Query,
    words: Words,
    *,
    note: str = "",
    exports: str = "",
    edits: str = "",
) -> Grid:
    decides = author(spec)
    fields = [f for f in spec.fields if f.name != "reason" or decides is None]
    columns = [_column(f, query, words) for f in fields]
    if decides is not None:
        why: dict[str, object] = {
            "name": "why",
            "label": words.text("Why"),
            "style": "why",
            "sort": "",
            "link": "",
            "meaning": "",
        }
        columns.insert(min(len(spec.key), len(columns)), why)
    at = min(len(spec.key), len(fields))
    records = shown.to_pylist()
    plain = [f.name for f in fields if f.type == "number" and f.unit not in ("share", "currency")]
    digits = decimals_beside({name: [r.get(name) for r in records] for name in plain}, _rounded)
    rows = [
        _row(r, fields, decides, at, words, i, digits) for i, r in enumerate(records, (query.page - 1) * query.size)
    ]
    start = (query.page - 1) * query.size
    empty = words.text("No row fits this filter.") if query.q else words.text("This table has no rows.")
    kept = dict(query.rest) | ({"sort": query.sort} if query.sort else {})
    return Grid(
        id=spec.name,
        title=words.text(spec.meaning),
        columns=columns,
        rows=rows,
        total=total,
        first=min(start + 1, total),
        last=start + len(rows),
        q=query.q,
        kept=kept,
        pages=page_links(query, total, words),
        note=note,
        empty=empty,
        exports=exports,
        edits=edits,
    )  # fmt: skip


def _column(f: Field, query: Query, words: Words) -> dict[str, object]:
    falling = query.sort == f"-{f.name}"
    rising = query.sort == f.name
    return {
        "name": f.name,
        "label": words.label(f.name),
        "meaning": words.text(f.meaning) + (f" [{f.unit}]" if f.unit and f.unit not in ("share", "currency") else ""),
        "style": _style(f),
        "sort": "descending" if falling else "ascending" if rising else "",
        "link": query.link(sort=f"-{f.name}" if rising else f.name, page=1),
    }


def _rounded(value: object) -> str:
    return f"{value:.{usual_decimals(value)}f}" if isinstance(value, float) else str(value)


def _row(
    record: Mapping[str, object],
    fields: list[Field],
    decides: Desk[...] | None,
    at: int,
    words: Words,
    number: int,
    digits: Mapping[str, int],
) -> dict[str, object]:
    currency = str(record.get("currency") or "") or None
    cells = [
        {
            "text": words.cell(f, record.get(f.name), currency, digits.get(f.name, 0)),
            "style": _style(f),
            "go": link_of(f.name, record.get(f.name)),
        }
        for f in fields
    ]
    if decides is not None:
        cells.insert(at, {"text": words.sentence(decides, record), "style": "why", "go": ""})
    return {"cells": cells, "number": record.get("#", number)}


def link_of(column: str, value: object) -> str:
    """Where a cell leads: a machine's, lot's, decision's, desk's or table's own page."""
    return LINKS[column] + quote(str(value), safe="") if value is not None and column in LINKS else ""


def _style(f: Field) -> str:
    if f.type in ("number", "whole"):
        return "num"
    return {"date": "date", "moment": "date", "code": "code", "market": "code"}.get(f.type, "")


def _holding(spec: Spec, rows: pa.Table, text: str, words: Words) -> pa.Table:
    """Rows that hold the text in any text column, as its code or as the page says it, whatever the case."""
    found = None
    for name in rows.column_names:
        if not pa.types.is_string(rows.schema.field(name).type):
            continue
        codes = [code for code, said in _said(spec, name, words).items() if text.casefold() in said.casefold()]
        hit = pc.fill_null(pc.match_substring(rows.column(name), text, ignore_case=True), False)
        hit = pc.or_(hit, pc.is_in(rows.column(name), pa.array(codes, pa.string())))
        found = hit if found is None else pc.or_(found, hit)
    return rows.filter(found) if found is not None else rows.slice(0, 0)


def _said(spec: Spec, column: str, words: Words) -> dict[str, str]:
    """The codes of a column as the page says them, reasons as the words of their sentence."""
    decides = author(spec)
    if column == "reason" and decides is not None:
        return {code: words.text(said) for code, said in decides.contract.reasons.items()}
    known = column in spec.columns
    return {code: words.code(code) for code in spec.field(column).among} if known else {}
