"""SQL that builds what the relations stand on, step by step."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

__all__ = ["sql_text"]


@cache
def sql_text(name: str) -> str:
    """The SQL of one of the thread's files, such as `views/sales.sql`, without what ends it."""
    return (files("smilecurve.thread") / name).read_text(encoding="utf-8").rstrip().rstrip(";")
