"""In what is time counted on a line?"""

from __future__ import annotations

__all__ = ["TICKS"]

TICKS = 1000
"""Ticks a second: times on a line are whole numbers of them."""
