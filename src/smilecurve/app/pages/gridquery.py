"""What did the reader ask of a grid: which filter, order and page?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from smilecurve.app.pages.words import Words
from smilecurve.terms.table import Field, Spec

__all__ = ["Query", "near_ends", "page_links", "whole"]

PAGE = 50


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
        return cls(
            path,
            asked.get("q", "").strip(),
            asked.get("sort", ""),
            whole(asked.get("page", ""), 1),
            min(500, whole(asked.get("size", ""), PAGE)),
            {k: v for k, v in asked.items() if k not in ("q", "sort", "page", "size")},
        )

    def link(self, **changed: object) -> str:
        """The address with some of it changed."""
        asked = {**self.rest, "q": self.q, "sort": self.sort, "page": self.page, "size": self.size} | changed
        kept = {
            k: v for k, v in asked.items() if v not in ("", 1 if k == "page" else None, PAGE if k == "size" else None)
        }
        return self.path + (f"?{urlencode(kept)}" if kept else "")

    def conditions(self, spec: Spec, words: Words) -> tuple[dict[str, object], str]:
        """The `column=value` words of the filter, by code or as the page says them, and its free text."""
        where: dict[str, object] = {}
        free = []
        headings = {words.label(name).replace(" ", ""): name for name in spec.columns}
        for word in self.q.replace("＝", "=").split():
            said, mark, value = word.partition("=")
            column = said if said in spec.columns else headings.get(said, "")
            if mark and column:
                where[column] = _cell(spec.field(column), value, words) if value else None
            else:
                free.append(word)
        return where, " ".join(free)

    def order(self, spec: Spec) -> tuple[str, ...]:
        """The order asked for, if the table has that column."""
        return (self.sort,) if self.sort.removeprefix("-") in spec.columns else ()


def _cell(field: Field, said: str, words: Words) -> object:
    """A cell by its code, or as the page says it."""
    shown: dict[str, str] = {words.code(code).replace(" ", ""): code for code in field.among}
    if field.type == "flag":
        shown = {words.text("yes"): "true", words.text("no"): "false"}
    return field.read(said if said in field.among else shown.get(said, said))


def whole(text: str, usual: int) -> int:
    """A whole number from 1 of an address; the usual one for what is none."""
    return max(1, int(text)) if re.fullmatch("[0-9]{1,9}", text) else usual


def near_ends(here: int, last: int) -> list[int]:
    """The numbers near `here`, with 1 and the last."""
    return sorted({1, last} | {n for n in range(here - 2, here + 3) if 1 <= n <= last})


def page_links(query: Query, total: int, words: Words) -> list[dict[str, object]]:
    """Links to the first, near and last pages; none where all rows fit one page."""
    last = max(1, -(-total // query.size))
    if last == 1:
        return []

    def link(text: str, number: int, turn: str, said: str = "") -> dict[str, object]:
        here = turn == f"page-{query.page}"
        return {"text": text, "said": said, "link": query.link(page=number), "turn": turn, "here": here}

    pages = [link(words.number(n), n, f"page-{n}") for n in near_ends(query.page, last)]
    if query.page > 1:
        pages.insert(0, link("‹", query.page - 1, "before", words.text("Previous page")))
    if query.page < last:
        pages.append(link("›", query.page + 1, "after", words.text("Next page")))
    return pages
