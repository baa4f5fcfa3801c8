"""Which table or event kind is this file, and which of its columns is what?

Every column of the file is weighed against every column of a target: by its name (our own, the names other systems use,
near misses) and by its content (can its values be read as that type, do they stand in its code list). Columns are given
out from the best pair down. The target whose needed columns are met best wins. Each choice carries its score and
reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

import pyarrow as pa

from smilecurve.connect.aliases import column_names, target_words
from smilecurve.connect.convert import read_column
from smilecurve.connect.loaded import Raw
from smilecurve.connect.mapping import ColumnMap, Mapping
from smilecurve.connect.marks import ask
from smilecurve.connect.read import read_file
from smilecurve.connect.units import factor, split_unit
from smilecurve.terms.errors import Breach, DataRejected, OptionRejected
from smilecurve.terms.event import EVENTS, KINDS
from smilecurve.terms.table import Field, Spec
from smilecurve.terms.tables import TABLES

__all__ = ["propose"]

_ENOUGH = 0.45
_NEVER = ("event_id", "kind", "record_time", "source", "seq", "corrects", "details")
_SKIPPED_KINDS = ("decision", "error_declaration", "cost", "picking", "answer", "ticket_closed", "visit")
_DEFAULTS: Dict[str, str] = {"lot_least": "0", "lot_multiple": "0", "scrap": "0", "spare": "false", "lot": "-"}


@dataclass(frozen=True, slots=True)
class _Target:
    """A candidate: a table, or events of one kind; which columns it cannot do without."""

    name: str
    spec: Spec
    kind: str = ""

    @property
    def fields(self) -> tuple[Field, ...]:
        if not self.kind:
            return self.spec.fields
        return tuple(f for f in self.spec.fields if f.name not in _NEVER)

    @property
    def needed(self) -> tuple[str, ...]:
        if self.kind:
            needs = KINDS[self.kind].needs
            return (
                *(n for n in needs if n != "components"),
                *(("part", "lot") if "components" in needs else ()),
                "event_time",
            )
        return tuple(f.name for f in self.spec.fields if not f.optional)

    def names(self, field: Field) -> tuple[str, ...]:
        """Every name a column may have, our own first."""
        return (field.name, *column_names(field.name, self.kind))


def propose(file: str | Path | Raw, target: str | None = None) -> Mapping:
    """The mapping that fits a file best, with a score and a reason for each column.

    `target` names the table or the event kind; without it every table kept by people and every kind is tried.

    Raises:
        DataRejected: no target has its needed columns in the file.
    """
    raw = file if isinstance(file, Raw) else read_file(file, head=True)
    sample = _sample(raw)
    found = [_fit(raw, sample, candidate) for candidate in _candidates(target)]
    best = max(found, key=lambda m: m.score)
    if best.score < 0.5 and target is None:
        near = ", ".join(m.kind or m.target for m in sorted(found, key=lambda m: -m.score)[:3])
        what = f"{raw.file} looks like no table we keep (columns {', '.join(raw.rows.column_names)})"
        raise DataRejected(Breach(what, raw.file, f"name the target; nearest are {near}"))
    sources = {name: how.source for name, how in best.columns.items()}
    return replace(best, questions=ask(raw, best, sources))


def _candidates(target: str | None) -> list[_Target]:
    tables = [_Target(s.name, s) for s in TABLES.values() if s.origin == "given" and s.name != "desk_options"]
    kinds = [_Target("events", EVENTS, kind) for kind in KINDS if kind not in _SKIPPED_KINDS]
    if target is None:
        return [*tables, *kinds]
    if target in KINDS:
        return [_Target("events", EVENTS, target)]
    if target in TABLES and target != "events":
        return [_Target(target, TABLES[target])]
    known = ", ".join(sorted(c.kind or c.name for c in [*tables, *kinds]))
    raise OptionRejected(Breach(f"{target} is neither a table nor an event kind", "target", f"use one of {known}"))


def _sample(raw: Raw) -> Dict[str, pa.Array]:
    head = raw.rows.slice(0, 300)
    found = {}
    for name in head.column_names:
        column = head.column(name)
        column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        found[name] = column.cast(pa.string()).drop_null()
    return found


def _fit(raw: Raw, sample: Dict[str, pa.Array], target: _Target) -> Mapping:
    pairs: list[tuple[float, str, str, str]] = []
    for f in target.fields:
        for column, texts in sample.items():
            named, why = _by_name(column, f, target)
            if named >= _ENOUGH:
                fits, said = _by_content(texts, f)
                score = named * (0.3 + 0.7 * fits)
                if score >= _ENOUGH:
                    pairs.append((score, f.name, column, f"{why}; {said}"))
    columns: dict[str, ColumnMap] = {}
    taken: set[str] = set()
    for score, name, column, why in sorted(pairs, key=lambda p: (-p[0], p[1], p[2])):
        if name not in columns and column not in taken:
            taken.add(column)
            columns[name] = ColumnMap(
                source=column, unit=_unit(column, target.spec.field(name)), score=score, reason=why
            )
    ordered = {f.name: columns[f.name] for f in target.spec.fields if f.name in columns}
    met = [
        columns[n].score if n in columns else 0.6 if n in _DEFAULTS and not target.kind else 0.0 for n in target.needed
    ]
    if not target.kind:
        for n in target.needed:
            if n not in ordered and n in _DEFAULTS:
                ordered[n] = ColumnMap(constant=_DEFAULTS[n], score=0.6, reason="absent; the plain value is taken")
    score = _weight(target, met, len(taken), len(sample), raw.file)
    said = f"{len(taken)} of {len(sample)} columns known, {sum(m > 0 for m in met)} of {len(met)} needed ones found"
    return Mapping(
        target.name, ordered, target.kind, raw.encoding if raw.encoding != "utf-8" else "", score=score, reason=said
    )


def _weight(target: _Target, met: list[float], used: int, columns: int, file: str) -> float:
    needed = sum(met) / max(1, len(met))
    weight = 0.55 * needed + 0.35 * used / max(1, columns) + (0.1 if all(m > 0 for m in met) else 0.0)
    words = (target.kind or target.name, *target_words(target.kind or target.name))
    stem = _plain(file.partition(".")[0])
    if any(_plain(word) in stem or (len(stem) > 3 and stem in _plain(word)) for word in words):
        weight += 0.08
    return min(1.0, weight)


def _unit(column: str, field: Field) -> str:
    _, unit = split_unit(column)
    return unit if unit and field.unit and unit != field.unit and factor(unit, field.unit) is not None else ""


@cache
def _plain(name: str) -> str:
    """A name in small letters without anything between its words."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.sub(r"[\W_]+", "", spaced.casefold())


def _by_name(column: str, field: Field, target: _Target) -> tuple[float, str]:
    head, unit = split_unit(column)
    if unit and field.unit and factor(unit, field.unit) is None:
        return 0.0, ""
    whole, bare = _plain(column), _plain(head)
    best, why = 0.0, ""
    own = _plain(split_unit(field.name)[0])
    for i, name in enumerate(target.names(field)):
        known = _plain(name)
        if known in (whole, bare) or (i == 0 and own in (whole, bare)):
            return (1.0, "same name") if i == 0 else (0.95, f"known as {name}")
        score = _near(bare, known)
        if score > best:
            best, why = score, f"near to {name}"
    return best, why


@cache
def _near(a: str, b: str) -> float:
    if not a or not b or min(len(a), len(b)) < 3 or not (set(a) & set(b)):
        return 0.75 if min(len(a), len(b)) == 2 and not a.isascii() and (a in b or b in a) else 0.0
    if len(b) >= 4 and b in a:
        return 0.6 + 0.25 * len(b) / len(a)
    if abs(len(a) - len(b)) > 4:
        return 0.0
    ratio = SequenceMatcher(None, a, b).ratio()
    return ratio * 0.85 if ratio >= 0.8 else 0.0


def _by_content(texts: pa.Array, field: Field) -> tuple[float, str]:
    """The share of sampled values that can be read as the field's type, and in words."""
    if not len(texts):
        return 0.5, "no values to go by"
    keys = texts.unique()
    fits = 0
    for decimal, form in ((".", "D/M/Y"), (",", "M/D/Y")):
        parsed = read_column(keys, field, ColumnMap(), decimal, form, "")
        fits = max(fits, int((parsed.fault == 0).sum()))
        if field.type not in ("number", "whole", "date", "moment"):
            break
    share = fits / len(keys)
    return share, f"{share:.0%} of its values are a {field.type}" if field.type not in ("code", "text") else "any text"
