"""Which depot is the central one, and how long does each of the others wait for it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.terms.errors import Breach, DataRejected

__all__ = ["Places", "order_depots"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Places:
    """The central depot first, then the others, with the days from the central one."""

    names: list[str]
    days: Floats
    central_days: float


def order_depots(depots: pa.Table) -> Places:
    """Order the depots: the central one first; a depot below another one waits for both ways."""
    rows = {str(row["depot"]): row for row in depots.to_pylist()}
    heads = sorted(name for name, row in rows.items() if row["parent"] is None)
    bad: list[Breach] = []
    if len(heads) != 1:
        said = f"{len(heads)} depots have no parent ({', '.join(heads) or 'none'})"
        bad.append(Breach(said, "depots.parent", "leave it empty for the one central depot alone", "depots"))
    days: dict[str, float] = {}
    for name in rows:
        way, at = 0.0, name
        for _ in range(len(rows)):
            row = rows.get(at)
            if row is None or row["parent"] is None:
                break
            way, at = way + row["resupply_days"], str(row["parent"])
        else:
            bad.append(Breach(f"depot {name} resupplies itself", f"depots.{name}", "mend the parents", "depots"))
        if at not in rows:
            bad.append(
                Breach(f"depot {at} is not known", f"depots.{name}.parent", "add it or mend the parent", "depots")
            )
        days[name] = way
    if bad:
        raise DataRejected(bad)
    names = [*heads, *sorted(set(rows) - set(heads))]
    return Places(names, np.array([days[name] for name in names]), float(rows[heads[0]]["resupply_days"]))
