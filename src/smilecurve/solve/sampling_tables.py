"""Which plan do the tables of MIL-STD-105E (ANSI Z1.4, ISO 2859-1) ask for?

The tables are a staircase: letter and quality level together give the acceptance number; a cell without its own plan
points up to a smaller sample or down to a larger one. They are held here as that staircase, not as printed pages.

Source: MIL-STD-105E (1989), tables I to IV, a text of the United States government.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Literal

from smilecurve.solve.sampling import NEVER, Plan

__all__ = ["AQLS", "LEVELS", "Kind", "Severity", "code_letter", "next_tighter", "table_plan"]

Severity = Literal["normal", "tightened", "reduced"]
Kind = Literal["single", "double", "multiple"]

AQLS = (
    0.01, 0.015, 0.025, 0.04, 0.065, 0.1, 0.15, 0.25, 0.4, 0.65, 1.0, 1.5, 2.5, 4.0, 6.5, 10.0, 15.0, 25.0, 40.0, 65.0,
    100.0, 150.0, 250.0, 400.0, 650.0, 1000.0,
)  # fmt: skip
"""Quality levels, defectives (up to 10) or defects a hundred pieces."""
LEVELS = ("S-1", "S-2", "S-3", "S-4", "I", "II", "III")
_LETTERS = "ABCDEFGHJKLMNPQRS"
_LOTS = (8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10000, 35000, 150000, 500000)
_LETTER_OF = (
    "AAAAAAB", "AAAAABC", "AABBBCD", "ABBCCDE", "BBCCCEF", "BBCDDFG", "BCDEEGH", "BCDEFHJ", "CCEFGJK", "CDEGHKL",
    "CDFGJLM", "CDFHKMN", "DEGJLNP", "DEGJMPQ", "DEHKNQR",
)  # fmt: skip
_SIZES = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000, 3150)
_ACCEPT = {
    "normal": (1, 2, 3, 5, 7, 10, 14, 21, 30, 44),
    "tightened": (1, 2, 3, 5, 8, 12, 18, 27, 41),
    "reduced": ((0, 2), (1, 3), (1, 4), (2, 5), (3, 6), (5, 8), (7, 10), (10, 13), (14, 17), (21, 24)),
}
_ZERO = {"normal": 14, "tightened": 15, "reduced": 14}
_FIRST = {"normal": 17, "tightened": 18, "reduced": 17}
_FEW = {
    "A": ((1, 2), (2, 3), (3, 4), (5, 6), (7, 8), (10, 11), (14, 15), (21, 22), (30, 31)),
    "B": ((0, 2), (1, 3), (2, 4), (3, 5), (5, 6), (7, 8), (10, 11), (14, 15), (21, 22), (30, 31)),
}
"""Reduced plans of the two smallest letters, which have no room for the usual gap."""

_DOUBLE: Mapping[str, Mapping[object, tuple[int, int, int, int]]] = {
    "normal": {
        1: (0, 2, 1, 2), 2: (0, 3, 3, 4), 3: (1, 4, 4, 5), 5: (2, 5, 6, 7), 7: (3, 7, 8, 9), 10: (5, 9, 12, 13),
        14: (7, 11, 18, 19), 21: (11, 16, 26, 27), 30: (17, 22, 37, 38), 44: (25, 31, 56, 57),
    },
    "tightened": {
        1: (0, 2, 1, 2), 2: (0, 3, 3, 4), 3: (1, 4, 4, 5), 5: (2, 5, 6, 7), 8: (3, 7, 11, 12), 12: (6, 10, 15, 16),
        18: (9, 14, 23, 24), 27: (15, 20, 34, 35), 41: (23, 29, 52, 53),
    },
    "reduced": {
        (0, 2): (0, 2, 0, 2), (1, 3): (0, 3, 0, 4), (1, 4): (0, 4, 1, 5), (2, 5): (0, 4, 3, 6), (3, 6): (1, 5, 4, 7),
        (5, 8): (2, 7, 6, 9), (7, 10): (3, 8, 8, 12), (10, 13): (5, 10, 12, 16), (14, 17): (7, 12, 18, 22),
        (21, 24): (11, 17, 26, 30),
    },
}  # fmt: skip
"""First accept, first reject, second accept, second reject, by the numbers of the single plan."""
_N = NEVER
_SEVEN = {
    1: ((_N, _N, 0, 0, 1, 1, 2), (2, 2, 2, 3, 3, 3, 3)),
    2: ((_N, 0, 0, 1, 2, 3, 4), (2, 3, 3, 4, 4, 5, 5)),
    3: ((_N, 0, 1, 2, 3, 4, 6), (3, 3, 4, 5, 6, 6, 7)),
    5: ((_N, 1, 2, 3, 5, 7, 9), (4, 5, 6, 7, 8, 9, 10)),
    7: ((0, 1, 3, 5, 7, 10, 13), (4, 6, 8, 10, 11, 12, 14)),
    8: ((0, 2, 4, 6, 9, 12, 14), (4, 7, 9, 11, 12, 14, 15)),
    10: ((0, 3, 6, 8, 11, 14, 18), (5, 8, 10, 13, 15, 17, 19)),
    12: ((0, 3, 7, 10, 14, 18, 21), (6, 9, 12, 15, 17, 20, 22)),
    14: ((1, 4, 8, 12, 17, 21, 25), (7, 10, 13, 17, 20, 23, 26)),
    18: ((1, 6, 11, 16, 22, 27, 32), (8, 12, 17, 22, 25, 29, 33)),
    21: ((2, 7, 13, 19, 25, 31, 37), (9, 14, 19, 25, 29, 33, 38)),
    27: ((3, 10, 17, 24, 32, 40, 48), (10, 17, 24, 31, 37, 43, 49)),
    30: ((4, 11, 19, 27, 36, 45, 53), (12, 19, 27, 34, 40, 47, 54)),
    41: ((6, 16, 26, 37, 49, 61, 72), (15, 25, 36, 46, 55, 64, 73)),
    44: ((6, 17, 29, 40, 53, 65, 77), (16, 27, 39, 49, 58, 68, 78)),
}
"""Seven accept and reject numbers by the acceptance number of the single plan, normal and tightened."""


def code_letter(lot: int, level: str) -> str:
    """Give the letter of a lot of so many pieces at an inspection level.

    >>> code_letter(1000, "II")
    'J'
    """
    if lot < 2 or level not in LEVELS:
        raise ValueError(f"no letter for a lot of {lot} at level {level}")
    return _LETTER_OF[bisect_left(_LOTS, lot)][LEVELS.index(level)]


def table_plan(severity: Severity, letter: str, aql: float, kind: Kind = "single") -> Plan:
    """Give the plan of a letter at a quality level; arrows are followed.

    Double plans exist from letter B (reduced D), multiple plans from D, normal and tightened; elsewhere, and where
    nothing may be defective, the plan falls back to the next simpler kind.

    >>> table_plan("normal", "J", 1.0)
    Plan(sizes=(80,), accept=(2,), reject=(3,))
    >>> table_plan("normal", "J", 1.0, "double")
    Plan(sizes=(50, 50), accept=(0, 3), reject=(3, 4))
    """
    if aql not in AQLS:
        raise ValueError(f"no quality level {aql}")
    at, level = _LETTERS.index(letter), AQLS.index(aql)
    row, numbers = _follow(severity, at, level)
    size = _SIZES[max(row - 2, 0)] if severity == "reduced" else _SIZES[row]
    single = Plan.single(size, *numbers)
    if kind == "multiple" and severity != "reduced" and row >= 3 and numbers[0]:
        accept, reject = _SEVEN[numbers[0]]
        return Plan((_SIZES[row - 3],) * 7, accept, reject)
    if kind != "single" and row >= (3 if severity == "reduced" else 1):
        found = _DOUBLE[severity].get(numbers if severity == "reduced" else numbers[0])
        if found:
            pieces = _SIZES[row - 3] if severity == "reduced" else _SIZES[row - 1]
            return Plan((pieces, pieces), (found[0], found[2]), (found[1], found[3]))
    return single


def next_tighter(aql: float) -> float:
    """Give the quality level one step tighter; the tightest stays.

    >>> next_tighter(1.0)
    0.65
    """
    return AQLS[max(AQLS.index(aql) - 1, 0)]


def _follow(severity: Severity, at: int, level: int) -> tuple[int, tuple[int, int]]:
    """Go up from just behind the zeros, down from before the ones, up from beyond the last; back where nothing is."""
    found = _cell(severity, at, level)
    if found:
        return at, found
    ways = (-1, 1) if _points_up(severity, at + level) else (1, -1)
    for way in ways:
        row = at + way
        while 0 <= row < len(_LETTERS):
            found = _cell(severity, row, level)
            if found:
                return row, found
            row += way
    raise ValueError("the table has no plan here")


def _points_up(severity: Severity, diagonal: int) -> bool:
    return diagonal >= _FIRST[severity] or (severity != "tightened" and diagonal == _ZERO[severity] + 1)


def _cell(severity: Severity, at: int, level: int) -> tuple[int, int] | None:
    """The numbers that stand in a cell itself, None where an arrow stands."""
    diagonal = at + level
    last = 15 if severity != "tightened" else 16
    if at > last or (severity == "tightened" and at == 16 and diagonal != _FIRST[severity]):
        return None
    if diagonal < _ZERO[severity] and not (severity == "reduced" and at <= 2 and level >= 12):
        return None
    if diagonal <= _ZERO[severity]:
        return None if severity == "tightened" and at == 0 else (0, 1)
    if severity == "reduced" and at < 2:
        few = _FEW[_LETTERS[at]]
        place = diagonal - _FIRST[severity]
        return few[place] if 0 <= place < len(few) else None
    place = diagonal - _FIRST[severity]
    numbers = _ACCEPT[severity]
    most = len(numbers) if at < 5 else (7 if severity == "tightened" else 8)
    if not 0 <= place < most:
        return None
    here = numbers[place]
    return here if isinstance(here, tuple) else (here, here + 1)
