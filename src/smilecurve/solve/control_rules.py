"""Which pattern of a control chart says that the process changed?

The Western Electric rules and Nelson's as named sets, read on many charts at once; and how often each set speaks
although nothing has changed.

Sources: Western Electric, Statistical Quality Control Handbook (1956); Nelson (1984), Journal of Quality Technology
16:237-239; Champ & Woodall (1987), Technometrics 29:393-399 for the run lengths.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["PATTERNS", "RULE_SETS", "chance_alarms", "read_patterns", "rule_numbers"]

Floats = NDArray[np.float64]
Bits = NDArray[np.uint16]
Ints = NDArray[np.int64]

PATTERNS: Mapping[str, str] = {
    "beyond_limit": "one point beyond three sigma",
    "two_of_three": "two of three points beyond two sigma on one side",
    "four_of_five": "four of five points beyond one sigma on one side",
    "eight_in_a_row": "eight points in a row on one side of the centre",
    "nine_in_a_row": "nine points in a row on one side of the centre",
    "six_trending": "six points in a row that rise, or fall",
    "fourteen_alternating": "fourteen points in a row that go up and down in turn",
    "fifteen_close": "fifteen points in a row within one sigma",
    "eight_far": "eight points in a row beyond one sigma on either side",
}
"""Patterns in the order of their bits."""
RULE_SETS: Mapping[str, tuple[str, ...]] = {
    "limits": ("beyond_limit",),
    "western_electric": ("beyond_limit", "two_of_three", "four_of_five", "eight_in_a_row"),
    "nelson": (
        "beyond_limit",
        "nine_in_a_row",
        "six_trending",
        "fourteen_alternating",
        "two_of_three",
        "four_of_five",
        "fifteen_close",
        "eight_far",
    ),
}
"""Named sets; a rule's number is its place in its set, from 1. The charts of spreads are read by their limits alone."""


def read_patterns(z: Floats, rules: str) -> Bits:
    """Mark the patterns of a set that each point completes, one bit each in the order of PATTERNS.

    z: (charts, points) in sigmas from the centre; NaN breaks every run.

    >>> read_patterns(np.array([[2.1, 0.5, 2.2, 3.5]]), "western_electric")[0].tolist()   # third: two of three
    [0, 0, 2, 3]
    """
    from smilecurve.solve._control_kernels import patterns

    names = list(PATTERNS)
    asked = sum(1 << names.index(name) for name in RULE_SETS[rules])
    found: Bits = patterns(np.ascontiguousarray(z, np.float64), asked)
    return found


def rule_numbers(bits: Bits, rules: str) -> Ints:
    """Give the number of the first rule of the set at each point, 0 where none fired.

    >>> rule_numbers(np.array([0, 2, 3], np.uint16), "nelson").tolist()      # two_of_three is Nelson's fifth
    [0, 5, 1]
    """
    names = list(PATTERNS)
    found = np.zeros(bits.shape, np.int64)
    for number, name in reversed(list(enumerate(RULE_SETS[rules], 1))):
        found[(bits >> names.index(name)) & 1 > 0] = number
    return found


@lru_cache(maxsize=8)
def chance_alarms(rules: str = "western_electric", points: int = 200_000, seed: int = 0) -> float:
    """Give the share of points at which any rule of a set fires while nothing has changed, by simulation.

    Runs are not restarted after a signal, as on a chart that is read every day. The seed makes it repeatable.

    >>> 0.01 < chance_alarms() < 0.03
    True
    """
    draws = np.random.default_rng(seed).standard_normal((20, points // 20))
    return float((read_patterns(draws, rules) > 0).mean())
