"""What may this asker read of the thread?

Every page and answer reads through here, so that the scope reaches every view; what was reckoned from tables is kept
until one of them changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import pyarrow as pa

from smilecurve.terms.scope import Scope
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread

__all__ = ["Reading"]

T = TypeVar("T")
MOST_KEPT = 256


@dataclass(frozen=True)
class Reading:
    """A thread read by one scope."""

    thread: Thread
    scope: Scope
    kept: dict[tuple[object, ...], object] = field(default_factory=dict)

    def table(
        self,
        name: str,
        *,
        where: Mapping[str, object] | None = None,
        limit: int | None = None,
        offset: int = 0,
        order: tuple[str, ...] = (),
        as_of: datetime | None = None,
    ) -> pa.Table:
        """Rows of a table that the scope may see, now or as heard by a moment."""
        return self.thread.view(
            table(name), as_of=as_of, scope=self.scope, where=where, limit=limit, offset=offset, order=order
        )

    def rows(
        self,
        name: str,
        *,
        where: Mapping[str, object] | None = None,
        limit: int | None = None,
        offset: int = 0,
        order: tuple[str, ...] = (),
    ) -> list[dict[str, object]]:
        """The same as records."""
        found = self.table(name, where=where, limit=limit, offset=offset, order=order)
        return [dict(r) for r in found.to_pylist()]

    def count(self, name: str, *, where: Mapping[str, object] | None = None, as_of: datetime | None = None) -> int:
        """How many rows the scope may see."""
        return self.thread.count(table(name), scope=self.scope, where=where, as_of=as_of)

    def version(self, *names: str) -> str:
        """The versions of tables as one text."""
        return "|".join(str(self.thread.version(table(n))) for n in names)

    def change(self) -> int:
        """A number that rises with every commit."""
        return self.thread.ledger.change()

    def once(self, what: str, tables: tuple[str, ...], reckon: Callable[[], T]) -> T:
        """What `reckon` gives, kept until one of the tables changes."""
        key = (what, str(self.scope), self.version(*tables))
        if key not in self.kept:
            found = reckon()
            while len(self.kept) >= MOST_KEPT:
                self.kept.pop(next(iter(self.kept)))
            self.kept[key] = found
        return self.kept[key]  # type: ignore[return-value]
