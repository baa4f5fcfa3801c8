"""What number stands in a cell?"""

from __future__ import annotations

__all__ = ["as_number", "as_whole"]


def as_number(value: object) -> float:
    """A cell as a number; 0 where it holds none.

    >>> as_number(3), as_number(None)
    (3.0, 0.0)
    """
    return float(value) if isinstance(value, (int, float)) else 0.0


def as_whole(value: object) -> int:
    """A cell as a whole number; 0 where it holds none."""
    return int(value) if isinstance(value, (int, float)) else 0
