"""Which rows may this scope see?

The one place where a scope becomes a condition. Every reader of the thread asks here: views, counts, searches, traces,
decided rows. A role that a table does not name sees no row of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.scope import Scope
from smilecurve.terms.table import BY_COLUMN, Spec

__all__ = ["Condition", "conditions", "ordering", "paging", "scope_condition"]


@dataclass(frozen=True, slots=True)
class Condition:
    """A SQL condition with its values, and the relations it names."""

    sql: str = "true"
    values: tuple[object, ...] = ()
    needs: tuple[str, ...] = field(default=())

    def __and__(self, other: Condition) -> Condition:
        if self.sql == "true":
            return other
        if other.sql == "true":
            return self
        return Condition(f"{self.sql} and {other.sql}", self.values + other.values, self.needs + other.needs)


def scope_condition(spec: Spec, scope: Scope) -> Condition:
    """What a row of this table must hold so that the scope may see it."""
    if scope.role == "maker":
        return Condition()
    rule = spec.sees.get(scope.role)
    if rule is None:
        return Condition("false")
    if rule == "*":
        return Condition()
    if rule == "@machine":
        column = BY_COLUMN[scope.role]
        return Condition(
            f't."machine" in (select m.machine from machines m where m."{column}" = ?)', (scope.code,), ("machines",)
        )
    return Condition(f't."{rule}" = ?', (scope.code,))


def conditions(spec: Spec, where: Mapping[str, object] | None) -> Condition:
    """Equality by column: a value, a list of values, or None for empty cells."""
    found = Condition()
    for column, value in (where or {}).items():
        _known(spec, column)
        if value is None:
            found &= Condition(f't."{column}" is null')
        elif isinstance(value, (list, tuple, set, frozenset)):
            marks = ", ".join("?" for _ in value)
            cells = tuple(_cell(spec, column, one) for one in value)
            found &= Condition(f't."{column}" in ({marks})' if value else "false", cells)
        else:
            found &= Condition(f't."{column}" = ?', (_cell(spec, column, value),))
    return found


def _cell(spec: Spec, column: str, value: object) -> object:
    """The value as the column holds it; a text that cannot be read so is refused."""
    return spec.field(column).read(value) if isinstance(value, str) else value


def ordering(spec: Spec, order: Sequence[str]) -> str:
    """ORDER BY of columns; a leading `-` turns one round; the key comes last so that pages do not overlap."""
    parts = []
    for name in order:
        column = name.removeprefix("-")
        _known(spec, column)
        parts.append(f't."{column}" {"desc" if name.startswith("-") else "asc"} nulls last')
    named = {name.removeprefix("-") for name in order}
    parts += [f't."{k}"' for k in spec.key if k not in named]
    return " order by " + ", ".join(parts) if parts else ""


def paging(limit: int | None, offset: int) -> str:
    """LIMIT and OFFSET."""
    if (limit is not None and limit < 0) or offset < 0:
        raise OptionRejected(Breach("limit and offset cannot be negative", "limit", "give whole numbers from 0"))
    return (f" limit {limit}" if limit is not None else "") + (f" offset {offset}" if offset else "")


def _known(spec: Spec, column: str) -> None:
    if column not in spec.columns:
        raise OptionRejected(
            Breach(
                f"table {spec.name} has no column {column}",
                f"{spec.name}.{column}",
                f"use one of {', '.join(spec.columns)}",
                spec.name,
            )
        )
