"""Which relations may a view name, and what does a SQL file read?"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from importlib.resources import files

from smilecurve.terms.table import Spec
from smilecurve.terms.tables import TABLES
from smilecurve.thread.steps import sql_text

__all__ = ["INTERNAL", "INTERNAL_LAZY", "LAZY", "VIEWS", "cast_to", "named_in", "needed_by"]

SQL_TYPES: Mapping[str, str] = {
    "code": "varchar", "text": "varchar", "market": "varchar", "currency": "varchar", "json": "varchar",
    "whole": "bigint", "number": "double", "flag": "boolean", "date": "date", "moment": "timestamptz",
}  # fmt: skip
LAZY = frozenset({"events", "components", "lot_machines", "story"})
"""Tables too long to be kept whole: they stay views, and their version is that of what they are made of."""
VIEWS = LAZY | {"machine_covers", "machines", "station_acts"}
"""Tables that stay views in the frame, so that one machine's row does not cost the whole fleet."""
_NAMES = re.compile(r"\b(?:from|join)\s+([a-z_]+)\b")
INTERNAL: Mapping[str, str] = {
    f.name.removesuffix(".sql"): f"sql/{f.name}" for f in (files("smilecurve.thread") / "sql").iterdir()
}
"""Relations that views may name and people do not see."""
INTERNAL_LAZY = frozenset(
    {"unit", "link", "link_deep", "holds", "unit_name", "lot_code", "slot", "built_as", "picked", "failing_counts"}
)


def named_in(sql: str) -> list[str]:
    """What a query reads by name, each once, in order; names that it makes itself are among them."""
    return list(dict.fromkeys(_NAMES.findall(sql.lower())))


def needed_by(file: str) -> tuple[str, ...]:
    """The relations that a SQL file reads, in order."""
    names = named_in(sql_text(file))
    return tuple(n for n in names if n in INTERNAL or n in TABLES or n == "today")


def cast_to(spec: Spec, there: Collection[str] | None = None) -> str:
    """The columns of a table in the types of its contract; an optional one that is not `there` yet is empty."""
    told = {
        f.name: f't."{f.name}"' if there is None or f.name in there or not f.optional else "null" for f in spec.fields
    }
    return ", ".join(f'cast({told[f.name]} as {SQL_TYPES[f.type]}) as "{f.name}"' for f in spec.fields)
