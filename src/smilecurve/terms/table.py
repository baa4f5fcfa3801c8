"""What does a table hold, and does this one hold it?

A `Spec` is the contract of one shared table: its columns with meaning, type, unit and limits, its key, who sees which
rows. `Spec.breaches(rows)` lists every breach at once with row and value; `Spec.only(rows)` narrows to its columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.terms.errors import Breach, DataRejected, OptionRejected
from smilecurve.terms.place import is_currency, is_market

__all__ = [
    "BY_COLUMN",
    "BY_MACHINE",
    "BY_MARKET",
    "OPEN",
    "Field",
    "Spec",
    "Type",
    "code",
    "currency",
    "date",
    "flag",
    "market",
    "moment",
    "money",
    "number",
    "share",
    "text",
    "whole",
]

Type = Literal["code", "text", "whole", "number", "flag", "date", "moment", "market", "currency", "json"]
Origin = Literal["given", "seen", "decided"]

ARROW: Mapping[str, pa.DataType] = {
    "code": pa.string(),
    "text": pa.string(),
    "market": pa.string(),
    "currency": pa.string(),
    "json": pa.string(),
    "whole": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "date": pa.date32(),
    "moment": pa.timestamp("us", tz="UTC"),
}

BY_MACHINE: Mapping[str, str] = {"dealer": "@machine", "partner": "@machine", "customer": "@machine"}
BY_COLUMN: Mapping[str, str] = {"dealer": "market", "partner": "partner", "customer": "holder"}
BY_MARKET: Mapping[str, str] = {"dealer": "market"}
OPEN: Mapping[str, str] = {"dealer": "*", "partner": "*", "customer": "*"}


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its name, meaning, type, unit and limits."""

    name: str
    meaning: str
    type: Type = "code"
    unit: str = ""
    least: float | None = None
    most: float | None = None
    among: tuple[str, ...] = ()
    optional: bool = False

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type of the column."""
        return ARROW[self.type]

    def read(self, text: str) -> object:
        """A text as a cell of this column; OptionRejected when it is none."""
        try:
            return pa.scalar(text, pa.string()).cast(self.arrow).as_py()
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise OptionRejected(Breach(f"{text} is no {self.type}", self.name, f"write a {self.type}")) from None

    @property
    def limits(self) -> str:
        """The limits in words, for people."""
        if self.among:
            return " | ".join(self.among)
        if self.least is not None and self.most is not None:
            return f"{self.least:g} .. {self.most:g}"
        if self.least is not None:
            return f">= {self.least:g}"
        return f"<= {self.most:g}" if self.most is not None else ""


def code(name: str, meaning: str, *among: str, optional: bool = False) -> Field:
    """A code: a short text that names something, perhaps one of a fixed list."""
    return Field(name, meaning, "code", among=among, optional=optional)


def number(
    name: str,
    meaning: str,
    unit: str = "",
    *,
    least: float | None = None,
    most: float | None = None,
    optional: bool = False,
) -> Field:
    """A real number with its unit."""
    return Field(name, meaning, "number", unit, least, most, optional=optional)


def whole(
    name: str,
    meaning: str,
    unit: str = "",
    *,
    least: float | None = 0,
    most: float | None = None,
    optional: bool = False,
) -> Field:
    """A whole number, by default not negative."""
    return Field(name, meaning, "whole", unit, least, most, optional=optional)


def text(name: str, meaning: str, *, optional: bool = False) -> Field:
    """Words for people."""
    return Field(name, meaning, "text", optional=optional)


def market(meaning: str = "market, ISO 3166-1 alpha-2", name: str = "market", *, optional: bool = False) -> Field:
    """A market by its ISO 3166-1 alpha-2 code."""
    return Field(name, meaning, "market", optional=optional)


def currency(name: str = "currency", *, optional: bool = False) -> Field:
    """The ISO 4217 currency of the row's money."""
    return Field(name, "currency of the row's money, ISO 4217", "currency", optional=optional)


def share(name: str, meaning: str, *, optional: bool = False) -> Field:
    """A share, 0..1."""
    return Field(name, meaning, "number", "share", 0.0, 1.0, optional=optional)


def money(name: str, meaning: str, *, least: float | None = None, optional: bool = False) -> Field:
    """An amount of money in the row's `currency`."""
    return Field(name, meaning, "number", "currency", least, optional=optional)


def flag(name: str, meaning: str, *, optional: bool = False) -> Field:
    """True or false."""
    return Field(name, meaning, "flag", optional=optional)


def date(name: str, meaning: str, *, optional: bool = False) -> Field:
    """A calendar day."""
    return Field(name, meaning, "date", optional=optional)


def moment(name: str, meaning: str, *, optional: bool = False) -> Field:
    """An instant, UTC, microseconds."""
    return Field(name, meaning, "moment", optional=optional)


@dataclass(frozen=True, slots=True)
class Spec:
    """The contract of one shared table.

    `origin`: given (kept by people or other systems), seen (read from the thread's events) or decided (by one desk).
    `sees` maps a role (dealer, partner, customer) to the column that must equal the scope's code; "*" means every row
    is open to that role; "@machine" the rows whose machine it may see; a role that is absent sees no row. The maker
    sees everything. `draws` names the decided tables that a seen table is built from. `spans` are pairs of columns of
    which the second must lie after the first: a row that ends before it starts waits in quarantine.
    """

    name: str
    meaning: str
    stage: str
    origin: Origin
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    sees: Mapping[str, str] = field(default_factory=dict)
    draws: tuple[str, ...] = ()
    spans: tuple[tuple[str, str], ...] = ()

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema: the contract's columns in order."""
        return pa.schema([pa.field(f.name, f.arrow, nullable=f.optional) for f in self.fields])

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns in order."""
        return tuple(f.name for f in self.fields)

    def field(self, name: str) -> Field:
        """The field of this name; KeyError if the table has none."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(f"table {self.name} has no column {name}")

    def empty(self) -> pa.Table:
        """A table of this contract without rows."""
        return pa.table({f.name: pa.array([], f.arrow) for f in self.fields})

    def rows(self, records: list[dict[str, object]]) -> pa.Table:
        """A table of this contract from records; columns a record lacks are null. Not checked."""
        columns = {f.name: pa.array([r.get(f.name) for r in records], f.arrow) for f in self.fields}
        return pa.table(columns)

    def only(self, rows: pa.Table) -> pa.Table:
        """The contract's columns in order and type; absent optional columns become null, others are for `breaches`."""
        columns: dict[str, pa.ChunkedArray | pa.Array] = {}
        for f in self.fields:
            if f.name not in rows.column_names:
                if f.optional:
                    columns[f.name] = pa.nulls(rows.num_rows, f.arrow)
                continue
            column = rows.column(f.name)
            try:
                columns[f.name] = column if column.type == f.arrow else column.cast(f.arrow)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                columns[f.name] = column
        return pa.table(columns) if columns else self.empty()

    def breaches(self, rows: pa.Table) -> list[Breach]:
        """Every breach of the contract in `rows`: absent columns, types, empty cells, limits, codes, repeated keys."""
        narrowed = self.only(rows)
        found: list[Breach] = []
        for f in self.fields:
            if f.name not in narrowed.column_names:
                found.append(
                    Breach(
                        f"table {self.name} lacks the column {f.name} ({f.meaning})",
                        f"{self.name}.{f.name}",
                        "add the column, or map one of yours to it",
                        self.name,
                        None,
                        f.name,
                    )
                )
            else:
                found.extend(self._column_breaches(f, narrowed.column(f.name)))
        found.extend(self._key_breaches(narrowed))
        return found

    def check(self, rows: pa.Table) -> pa.Table:
        """`only(rows)` if it keeps the contract, else DataRejected with every breach."""
        found = self.breaches(rows)
        if found:
            raise DataRejected(found)
        return self.only(rows)

    def _column_breaches(self, f: Field, column: pa.ChunkedArray) -> list[Breach]:
        if column.type != f.arrow:
            return [
                self._breach(f, i, v, f"is not a {f.type}", f"write a {f.type}") for i, v in _unfit(column, f.arrow)
            ]
        found: list[Breach] = []
        if not f.optional and column.null_count:
            found += self._where(f, column, pc.is_null(column), "is empty", f"give a {f.type}")
        if f.least is not None:
            found += self._where(f, column, pc.less(column, f.least), f"is below {f.least:g}", _limit(f))
        if f.most is not None:
            found += self._where(f, column, pc.greater(column, f.most), f"is above {f.most:g}", _limit(f))
        if f.type == "number":
            found += self._where(f, column, pc.invert(pc.is_finite(column)), "is not finite", "write a finite number")
        if f.among:
            known = pc.or_kleene(pc.is_in(column, pa.array(f.among, pa.string())), pc.is_null(column))
            found += self._where(f, column, pc.invert(known), "is not a known code", f"use one of {', '.join(f.among)}")
        if f.type in ("market", "currency"):
            found += self._iso_breaches(f, column)
        return found

    def _iso_breaches(self, f: Field, column: pa.ChunkedArray) -> list[Breach]:
        known = is_market if f.type == "market" else is_currency
        standard = "ISO 3166-1 alpha-2" if f.type == "market" else "ISO 4217"
        bad = [value for value in pc.unique(column).to_pylist() if value is not None and not known(value)]
        if not bad:
            return []
        mask = pc.is_in(column, pa.array(bad, pa.string()))
        return self._where(f, column, mask, f"is not an {standard} code", f"use the {standard} code")

    def _where(self, f: Field, column: pa.ChunkedArray, mask: pa.ChunkedArray, what: str, do: str) -> list[Breach]:
        rows = pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist()
        return [self._breach(f, row, column[row].as_py(), what, do) for row in rows]

    def _breach(self, f: Field, row: int, value: object, what: str, do: str) -> Breach:
        shown = "" if value is None else str(value)
        said = f"{f.name} {shown} {what}" if shown else f"{f.name} {what}"
        return Breach(said, f"{self.name}.{f.name}, row {row + 1}", do, self.name, row, f.name, shown)

    def _key_breaches(self, rows: pa.Table) -> list[Breach]:
        if not self.key or any(k not in rows.column_names for k in self.key) or rows.num_rows < 2:
            return []
        keys = rows.select(list(self.key))
        counts = keys.group_by(list(self.key)).aggregate([([], "count_all")])
        if counts.num_rows == rows.num_rows:
            return []
        found: list[Breach] = []
        first: dict[tuple[object, ...], int] = {}
        for row, values in enumerate(zip(*(keys.column(k).to_pylist() for k in self.key), strict=True)):
            if values in first:
                shown = ", ".join(f"{k}={v}" for k, v in zip(self.key, values, strict=True))
                found.append(
                    Breach(
                        f"key {shown} stands twice",
                        f"{self.name}, rows {first[values] + 1} and {row + 1}",
                        "keep one of the two rows",
                        self.name,
                        row,
                        self.key[0],
                        shown,
                    )
                )
            else:
                first[values] = row
        return found


def _limit(f: Field) -> str:
    return f"keep it {f.limits}" + (f" {f.unit}" if f.unit else "")


def _unfit(column: pa.ChunkedArray, wanted: pa.DataType) -> list[tuple[int, object]]:
    """Rows of a column that cannot be read as the wanted type."""
    found: list[tuple[int, object]] = []
    for row, scalar in enumerate(column):
        try:
            scalar.cast(wanted)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            found.append((row, scalar.as_py()))
    return found or [(0, f"of type {column.type}")]
