"""How many decimals tell the numbers of a column, and of columns side by side, apart?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations

__all__ = ["decimals", "decimals_beside"]

MOST = 6
SAME = 1e-7
"""A difference below this share of the numbers is none that people look for."""


def decimals(values: Iterable[object]) -> int:
    """Give the decimals that show how far numbers spread, to two digits; 0 where they do not differ.

    >>> decimals([120.031, 120.013, None])
    3
    >>> decimals([1.0, 250.0])
    0
    """
    numbers = [v for v in values if isinstance(v, float) and math.isfinite(v)]
    spread = max(numbers, default=0.0) - min(numbers, default=0.0)
    if not math.isfinite(spread) or spread <= SAME * max(map(abs, numbers), default=0.0):
        return 0
    return min(MOST, max(0, 1 - math.floor(math.log10(spread))))


def decimals_beside(columns: Mapping[str, Sequence[object]], said: Callable[[object], str]) -> dict[str, int]:
    """Give the decimals of each column, more where two numbers of a row differ but are said alike.

    >>> decimals_beside({"lower": [120.013], "upper": [120.031]}, lambda v: f"{v:.4g}")
    {'lower': 3, 'upper': 3}
    """
    found = {name: decimals(values) for name, values in columns.items()}
    numeric = [name for name, values in columns.items() if any(isinstance(v, float) for v in values)]
    for one, other in combinations(numeric, 2):
        for pair in zip(columns[one], columns[other], strict=True):
            if pair[0] != pair[1] and all(isinstance(v, float) for v in pair) and said(pair[0]) == said(pair[1]):
                found |= {name: max(found[name], decimals(pair)) for name in (one, other)}
    return found
