"""How does a file become a table or events: which column is what, in which unit, in which words?

A `Mapping` is a small TOML file beside the data: people read it, mend it and keep it. `read_mapping` and
`write_mapping` take it in and out; `recipe` is its text.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace
from pathlib import Path

from smilecurve.connect.dates import DATE_FORMATS
from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.terms.event import EVENTS, KINDS
from smilecurve.terms.table import Spec
from smilecurve.terms.tables import TABLES

__all__ = ["ColumnMap", "Mapping", "Question", "parse_mapping", "read_mapping", "write_mapping"]


@dataclass(frozen=True, slots=True)
class Question:
    """What the file cannot tell by itself: the column, what can be read two ways, and the choices."""

    column: str
    what: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Where one column of the table comes from and how its cells are read.

    source: the file's column (or the first of `aliases` that is there); constant: the same value for every row;
    default: the value of empty cells; unit, date, decimal: how it is written there; codes: its words and ours;
    prefix: put before a code; score, reason: how sure a proposal is, and why.
    """

    source: str = ""
    aliases: tuple[str, ...] = ()
    constant: str | None = None
    default: str | None = None
    unit: str = ""
    date: str = ""
    decimal: str = ""
    codes: Dict[str, str] = field(default_factory=dict)
    prefix: str = ""
    score: float = 1.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Mapping:
    """Target (a table, or `events` with a kind), the file's format where it must be named, and the columns."""

    target: str
    columns: Dict[str, ColumnMap]
    kind: str = ""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_line: int = 1
    decimal: str = ""
    date: str = ""
    zone: str = ""
    questions: tuple[Question, ...] = ()
    score: float = 1.0
    reason: str = ""

    @property
    def spec(self) -> Spec:
        """The contract of the target."""
        return EVENTS if self.target == "events" else TABLES[self.target]

    @property
    def recipe(self) -> str:
        """The mapping as TOML."""
        return _render(self)

    def answer(self, *, decimal: str = "", date: str = "") -> Mapping:
        """The same mapping with the questions about decimal marks or dates answered."""
        kept = tuple(
            q for q in self.questions if not ((decimal and "," in q.choices) or (date and "D/M/Y" in q.choices))
        )
        return replace(self, decimal=decimal or self.decimal, date=date or self.date, questions=kept)


def read_mapping(path: str | Path) -> Mapping:
    """The mapping in a TOML file; DataRejected lists everything wrong with it at once."""
    path = Path(path)
    return parse_mapping(path.read_text("utf-8"), path.name)


def parse_mapping(text: str, name: str = "mapping") -> Mapping:
    r"""The mapping in a TOML text.

    >>> parse_mapping('target = "bom"\n[columns]\npart = "Teil"').columns["part"].source
    'Teil'
    """
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataRejected(Breach(f"{name} is no TOML: {error}", name, "mend the line it names")) from None
    breaches: list[Breach] = []
    target, kind = str(told.get("target", "")), str(told.get("kind", ""))
    if target != "events" and target not in TABLES:
        breaches.append(
            Breach(f"there is no table {target or '(empty)'}", f"{name}: target", "name a table, or events")
        )
    if kind and kind not in KINDS:
        breaches.append(Breach(f"there is no kind of event {kind}", f"{name}: kind", "`smile tables` lists the kinds"))
    columns = _columns(told.get("columns", {}), target, name, breaches)
    file = told.get("file", {})
    if file.get("decimal", "") not in ("", ".", ","):
        breaches.append(Breach(f"{file['decimal']} is no decimal mark", f"{name}: file.decimal", 'use "." or ","'))
    if file.get("date", "") not in ("", *DATE_FORMATS):
        what = f"{file['date']} is no date format"
        breaches.append(Breach(what, f"{name}: file.date", f"use one of {', '.join(DATE_FORMATS)}"))
    if breaches:
        raise DataRejected(breaches)
    return Mapping(
        target,
        columns,
        kind,
        encoding=str(file.get("encoding", "")),
        delimiter=str(file.get("delimiter", "")),
        sheet=str(file.get("sheet", "")),
        decimal=str(file.get("decimal", "")),
        date=str(file.get("date", "")),
        zone=str(file.get("zone", "")),
        header_line=int(file.get("header_line", 1)),
        score=float(told.get("score", 1.0)),
        reason=str(told.get("reason", "")),
    )


def _columns(told: Dict[str, object], target: str, name: str, breaches: list[Breach]) -> dict[str, ColumnMap]:
    spec = EVENTS if target == "events" else TABLES.get(target)
    columns: dict[str, ColumnMap] = {}
    for column, how in told.items():
        at = f"{name}: columns.{column}"
        if spec is not None and column not in (*spec.columns, "components"):
            breaches.append(Breach(f"{target} has no column {column}", at, f"use one of {', '.join(spec.columns)}"))
        if isinstance(how, str):
            columns[column] = ColumnMap(source=how)
            continue
        if not isinstance(how, dict):
            breaches.append(Breach(f"columns.{column} is no table", at, 'write {from = "your column"}'))
            continue
        columns[column] = _column(how, at, breaches)
    return columns


_WORDS = ("from", "aliases", "constant", "default", "unit", "date", "decimal", "codes", "prefix", "score", "reason")


def _column(how: Dict[str, object], at: str, breaches: list[Breach]) -> ColumnMap:
    from smilecurve.connect.units import unit_of

    unknown = [word for word in how if word not in _WORDS]
    breaches.extend(Breach(f"{word} is not known here", at, f"use {', '.join(_WORDS)}") for word in unknown)
    unit, form = str(how.get("unit", "")), str(how.get("date", ""))
    if unit and not unit_of(unit):
        breaches.append(
            Breach(f"{unit} is no unit known here", at, "use kg, g, t, lb, m, mm, in, ft, s, min, h, days ...")
        )
    if form and form not in DATE_FORMATS:
        breaches.append(Breach(f"{form} is no date format", at, f"use one of {', '.join(DATE_FORMATS)}"))
    codes, aliases, score = how.get("codes", {}), how.get("aliases", []), how.get("score", 1.0)
    return ColumnMap(
        source=str(how.get("from", "")),
        aliases=tuple(str(a) for a in aliases) if isinstance(aliases, list) else (),
        constant=_text(how.get("constant")),
        default=_text(how.get("default")),
        unit=unit,
        date=form,
        decimal=str(how.get("decimal", "")),
        codes={str(k): str(v) for k, v in codes.items()} if isinstance(codes, dict) else {},
        prefix=str(how.get("prefix", "")),
        score=float(score) if isinstance(score, (int, float)) else 1.0,
        reason=str(how.get("reason", "")),
    )


def _text(value: object) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def write_mapping(mapping: Mapping, path: str | Path) -> Path:
    """Write the mapping as TOML; what the file cannot tell stands in comments with its choices."""
    path = Path(path)
    path.write_text(mapping.recipe, "utf-8")
    return path


def _render(mapping: Mapping) -> str:
    import tomlkit

    page = tomlkit.document()
    page["target"] = mapping.target
    for word in ("kind", "reason"):
        if getattr(mapping, word):
            page[word] = getattr(mapping, word)
    if mapping.score < 1.0:
        page["score"] = round(mapping.score, 2)
    for question in mapping.questions:
        page.add(tomlkit.comment(f"{question.column}: {question.what}; choose {' or '.join(question.choices)}"))
    file = tomlkit.table()
    for word in ("encoding", "delimiter", "sheet", "decimal", "date", "zone"):
        if getattr(mapping, word):
            file[word] = getattr(mapping, word)
    if mapping.header_line != 1:
        file["header_line"] = mapping.header_line
    if file:
        page["file"] = file
    columns = tomlkit.table()
    for name, how in mapping.columns.items():
        columns[name] = _render_column(how)
    page["columns"] = columns
    return tomlkit.dumps(page)


def _render_column(how: ColumnMap) -> object:
    import tomlkit

    line = tomlkit.inline_table()
    if how.source:
        line["from"] = how.source
    if how.aliases:
        line["aliases"] = list(how.aliases)
    for word in ("constant", "default"):
        if getattr(how, word) is not None:
            line[word] = getattr(how, word)
    for word in ("unit", "date", "decimal", "prefix"):
        if getattr(how, word):
            line[word] = getattr(how, word)
    if how.codes:
        line["codes"] = dict(how.codes)
    if how.score < 1.0:
        line["score"] = round(how.score, 2)
    if how.reason:
        line["reason"] = how.reason
    return line
