"""What do the row files of the example makers say?

Countries, parts, causes and the like are rows beside this module, never code. An empty cell is an empty string.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

import numpy as np

from smilecurve.worlds.chance import Floats

__all__ = ["Rows", "read_rows"]


class Rows:
    """One row file: columns as texts or numbers, in file order."""

    def __init__(self, records: list[dict[str, str]]) -> None:
        self.records = records

    def __len__(self) -> int:
        return len(self.records)

    def texts(self, column: str) -> list[str]:
        """A column as it stands."""
        return [r[column] for r in self.records]

    def numbers(self, column: str) -> Floats:
        """A column of numbers; an empty cell is NaN."""
        return np.array([float(r[column]) if r[column] else np.nan for r in self.records])

    def place_of(self, column: str) -> dict[str, int]:
        """Where each value of a column stands first."""
        found: dict[str, int] = {}
        for i, value in enumerate(self.texts(column)):
            found.setdefault(value, i)
        return found


@cache
def read_rows(name: str) -> Rows:
    """The rows of `rows/NAME.csv`."""
    text = (files("smilecurve.worlds") / "rows" / f"{name}.csv").read_text(encoding="utf-8")
    return Rows(list(csv.DictReader(text.splitlines())))
