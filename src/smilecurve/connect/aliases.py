"""Which names do other systems give our columns, by table column, by kind of event, and for a file as a whole?

The names stand in `aliases.toml` beside this module, as data that anybody may add to.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

__all__ = ["column_names", "target_words"]


@cache
def _told() -> Mapping[str, Mapping[str, object]]:
    return tomllib.loads(files("smilecurve.connect").joinpath("aliases.toml").read_text("utf-8"))


def _names(found: object) -> tuple[str, ...]:
    return tuple(str(name) for name in found) if isinstance(found, list) else ()


@cache
def column_names(column: str, kind: str = "") -> tuple[str, ...]:
    """Every known name of a column, those of the event kind first.

    >>> "Teilenummer".lower() in column_names("part"), "claim no" in column_names("ref", "claim")
    (True, True)
    """
    kinds = _told()["kinds"].get(kind, {})
    own = kinds.get(column) if isinstance(kinds, dict) else None
    return (*_names(own), *_names(_told()["columns"].get(column)))


def target_words(target: str) -> tuple[str, ...]:
    """Words in a file's name that speak for a table or kind."""
    return _names(_told()["targets"].get(target))
