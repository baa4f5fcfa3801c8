"""How are rows shown as a grid: which columns, which cells lead where, which page of how many?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.app.pages.words import Words
from smilecurve.app.reading import Reading
from smilecurve.loop.registry import author
from smilecurve.terms.desk import Desk
from smilecurve.terms.table import Field, Spec

__all__ = ["Grid", "Query", "grid_of_rows", "grid_of_table", "link_of"]

PAGE = 50
SEARCHED = 300_000
LINKS: Mapping[str, str] = {
    "machine": "/machines/", "lot": "/lots/", "held_lot": "/lots/", "decision": "/decisions/", "desk": "/desks/", "table": "/tables/",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Query:
    """What the reader asked of a grid: filter, order, page and the rest of the address."""

    path: str
    q: str = ""
    sort: str = ""
    page: int = 1
    size: int = PAGE
    rest: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, path: str, asked: Mapping[str, str]) -> Query:
        """Read the address; nonsense becomes the default."""
        number = asked.get("page", "1")
        size = asked.get("size", str(PAGE))
        return cls(
            path,
            asked.get("q", "").strip(),
            asked.get("sort", ""),
            max(1, int(number)) if number.isdigit() else 1,
            min(500, max(1, int(size))) if size.isdigit() else PAGE,
            {k: v for k, v in asked.items() if k not in ("q", "sort", "page", "size")},
        )

    def link(self, **changed: object) -> str:
        """The address with some of it changed."""
        asked = {**self.rest, "q": self.q, "sort": self.sort, "page": self.page, "size": self.size} | changed
        kept = {
            k: v for k, v in asked.items() if v not in ("", 1 if k == "page" else None, PAGE if k == "size" else None)
        }
        return self.path + (f"?{urlencode(kept)}" if kept else "")

    def conditions(self, spec: Spec) -> tuple[dict[str, object], str]:
        """The `column=value` words of the filter, and its free text."""
        where: dict[str, object] = {}
        free = []
        for word in self.q.split():
            column, mark, value = word.partition("=")
            if mark and column in spec.columns:
                where[column] = _typed(spec.field(column), value)
            else:
                free.append(word)
        return where, " ".join(free)

    def order(self, spec: Spec) -> tuple[str, ...]:
        """The order asked for, if the table has that column."""
        return (self.sort,) if self.sort.removeprefix("-") in spec.columns else ()


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
    where, free = query.conditions(spec)
    note = ""
    exports = (
        f"/api/v1/tables/{spec.name}/rows?" + urlencode({k: v for k, v in where.items()} | {"limit": 1_000_000}) + "&"
    )
    total = read.count(spec.name, where=where)
    if free and total > SEARCHED:
        note, free = words.text("This table is large: filter it by column=value."), ""
    if free:
        found = _holding(read.table(spec.name, where=where, order=query.order(spec)), free)
        total = found.num_rows
        shown = found.slice((query.page - 1) * query.size, query.size)
    else:
        start = (query.page - 1) * query.size
        shown = read.table(spec.name, where=where, order=query.order(spec), limit=query.size, offset=start)
    return _grid(spec, shown, total, query, words, note=note, exports=exports)


def grid_of_rows(spec: Spec, rows: pa.Table, query: Query, words: Words, *, exports: str = "", edits: str = "") -> Grid:
    """A page of rows at hand, filtered and ordered here."""
    numbered = rows.append_column("#", pa.array(range(rows.num_rows), pa.int64()))
    where, free = query.conditions(spec)
    for column, value in where.items():
        numbered = numbered.filter(pc.equal(numbered.column(column), pa.scalar(value, spec.field(column).arrow)))
    if free:
        numbered = _holding(numbered, free)
    for name in query.order(spec):
        way = "descending" if name.startswith("-") else "ascending"
        numbered = numbered.sort_by([(name.removeprefix("-"), way)])
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
        why = {"name": "why", "label": words.text("Why"), "style": "why", "sort": "", "link": "", "meaning": ""}
        columns.insert(min(len(spec.key), len(columns)), why)
    at = min(len(spec.key), len(fields))
    rows = [
        _row(r, fields, decides, at, words, i) for i, r in enumerate(shown.to_pylist(), (query.page - 1) * query.size)
    ]
    start = (query.page - 1) * query.size
    empty = words.text("No row fits this filter.") if query.q else words.text("This table has no rows.")
    return Grid(
        spec.name, words.text(spec.meaning), columns, rows, total, min(start + 1, total), start + len(rows), query.q,
        dict(query.rest) | ({"sort": query.sort} if query.sort else {}), _pages(query, total, words), note, empty, exports, edits,
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


def _row(
    record: Mapping[str, object], fields: list[Field], decides: Desk[...] | None, at: int, words: Words, number: int
) -> dict[str, object]:
    currency = str(record.get("currency") or "") or None
    cells = [
        {
            "text": words.cell(f, record.get(f.name), currency),
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


def _pages(query: Query, total: int, words: Words) -> list[dict[str, object]]:
    last = max(1, -(-total // query.size))
    if last == 1:
        return []
    near = [n for n in range(query.page - 2, query.page + 3) if 1 <= n <= last]
    pages: list[dict[str, object]] = []
    if query.page > 1:
        pages.append(
            {
                "text": "‹",
                "said": words.text("Previous page"),
                "link": query.link(page=query.page - 1),
                "turn": "before",
                "here": False,
            }
        )
    for n in sorted({1, *near, last}):
        pages.append(
            {
                "text": words.number(n),
                "said": "",
                "link": query.link(page=n),
                "turn": f"page-{n}",
                "here": n == query.page,
            }
        )
    if query.page < last:
        pages.append(
            {
                "text": "›",
                "said": words.text("Next page"),
                "link": query.link(page=query.page + 1),
                "turn": "after",
                "here": False,
            }
        )
    return pages


def _holding(rows: pa.Table, text: str) -> pa.Table:
    """Rows that hold the text in any text column, whatever the case."""
    found = None
    for name in rows.column_names:
        if not pa.types.is_string(rows.schema.field(name).type):
            continue
        hit = pc.fill_null(pc.match_substring(rows.column(name), text, ignore_case=True), False)
        found = hit if found is None else pc.or_(found, hit)
    return rows.filter(found) if found is not None else rows.slice(0, 0)


def _typed(f: Field, value: str) -> object:
    if value == "":
        return None
    try:
        return pa.scalar(value, pa.string()).cast(f.arrow).as_py()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return value
