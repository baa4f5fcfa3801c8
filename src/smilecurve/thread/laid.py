"""How does a question pay only for the relations that it reads?

A view is text. It is kept aside when it is told, and laid in the engine when a statement names it, itself or through
another view; one whose text did not change stays as it lies. Everything else is done at once. The engine is opened
with the first statement that needs it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from smilecurve.thread.derive import Answer, connect

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

__all__ = ["Laid", "names_in", "statements"]

_TOKEN = re.compile(r"--[^\n]*|'(?:[^']|'')*'|\"[^\"]*\"|;|[^;'\"-]+|-")
_WORD = re.compile(r"--[^\n]*|'(?:[^']|'')*'|([A-Za-z_]\w*)")
_VIEW = re.compile(r"(?:\s|--[^\n]*\n)*create or replace temp view \"?(\w+)\"? as\s")


def statements(sql: str) -> list[str]:
    """The statements of a text, one by one.

    >>> statements("select ';' as a -- one; two")
    ["select ';' as a -- one; two"]
    >>> statements("create table t (x integer); select 1")
    ['create table t (x integer)', ' select 1']
    """
    if ";" not in sql:
        return [sql]
    found = [""]
    for token in _TOKEN.findall(sql):
        if token == ";":
            found.append("")
        else:
            found[-1] += token
    return [s for s in found if s.strip()]


def names_in(sql: str) -> frozenset[str]:
    """Every word of a statement that could name a relation; not what stands in texts and remarks.

    >>> sorted(names_in("select 'x y' from a -- b"))
    ['a', 'from', 'select']
    """
    return frozenset(filter(None, _WORD.findall(sql)))


class _Nothing:
    """A statement without rows."""

    def fetchall(self) -> list[Any]:
        """None."""
        return []


class Laid:
    """A DuckDB of our own in which views are laid when they are needed."""

    def __init__(self, spill: str) -> None:
        self._spill = spill
        self._con: DuckDBPyConnection | None = None
        self._texts: dict[str, str] = {}
        self._reads: dict[str, frozenset[str]] = {}
        self._due: set[str] = set()

    @property
    def engine(self) -> DuckDBPyConnection:
        """The engine, opened when it is first needed."""
        if self._con is None:
            self._con = connect(spill=self._spill)
        return self._con

    def execute(self, sql: str, values: object = None, /) -> Answer:
        """Tell views and do everything else, statement by statement; the rows of the last one."""
        found: Answer = _Nothing()
        for statement in statements(sql):
            view = _VIEW.match(statement)
            if view:
                self._tell(view[1], statement)
                found = _Nothing()
            else:
                self._need(names_in(statement))
                found = self.engine.execute(statement, values)
        return found

    def table(self, sql: str, values: Sequence[object] = ()) -> pa.Table:
        """The rows of a query as Arrow."""
        self._need(names_in(sql))
        found: pa.Table = self.engine.sql(sql, params=list(values)).to_arrow_table()
        return found

    def drop(self, kind: str, name: str) -> None:
        """Forget a view or a table."""
        self._texts.pop(name, None)
        self._due.discard(name)
        self.engine.execute(f'drop {kind} if exists "{name}"').fetchall()

    def register(self, name: str, rows: pa.Table) -> None:
        """Lay an Arrow table under a name."""
        self.engine.register(name, rows)

    def unregister(self, name: str) -> None:
        """Take it away."""
        self.engine.unregister(name)

    def close(self) -> None:
        """Let the memory go."""
        if self._con is not None:
            self._con.close()

    def _tell(self, name: str, statement: str) -> None:
        if self._texts.get(name) != statement:
            self._texts[name] = statement
            self._reads[name] = names_in(statement) - {name}
            self._due.add(name)

    def _need(self, names: frozenset[str], above: frozenset[str] = frozenset()) -> None:
        """Lay the views among the names, and what they read before them."""
        for name in sorted((names & self._texts.keys()) - above):
            self._need(self._reads[name], above | {name})
            if name in self._due:
                self.engine.execute(self._texts[name])
                self._due.discard(name)
