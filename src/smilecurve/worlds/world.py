"""What does an example maker hand over?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

__all__ = ["World"]


@dataclass(frozen=True)
class World:
    """A maker made up from a seed: the tables people keep, everything that happened, and what was planted in it.

    tables: every table of origin `given` by name. events: rows of `EVENT_SCHEMA` in the order they were heard.
    meta: what to show of the maker. planted: the truth that the desks are asked to find.
    """

    name: str
    seed: int
    scale: float
    now: datetime
    tables: Mapping[str, pa.Table]
    events: pa.Table
    meta: Mapping[str, str]
    planted: Mapping[str, str | float]
