"""Which depot is the central one, which one resupplies each of the others, and in how many days?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.terms.errors import Breach, DataRejected

__all__ = ["Places", "order_depots"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Places:
    """The central depot first, then the others: the place above each (-1: the maker) and the days from there."""

    names: list[str]
    above: Ints
    days: Floats

    @property
    def days_from_maker(self) -> Floats:
        """Days from the maker to each depot, all ways together."""
        found = self.days.copy()
        for place, up in enumerate(self.above.tolist()):
            while up >= 0:
                found[place] += self.days[up]
                up = int(self.above[up])
        return found


def order_depots(depots: pa.Table) -> Places:
    """Order the depots: the central one first, the others by name."""
    rows = {str(row["depot"]): row for row in depots.to_pylist()}
    heads = sorted(name for name, row in rows.items() if row["parent"] is None)
    bad: list[Breach] = []
    if len(heads) != 1:
        said = f"{len(heads)} depots have no parent ({', '.join(heads) or 'none'})"
        bad.append(Breach(said, "depots.parent", "leave it empty for the one central depot alone", "depots"))
    for name in rows:
        at: str | None = name
        for _ in range(len(rows)):
            row = rows.get(str(at))
            if row is None or row["parent"] is None:
                break
            at = str(row["parent"])
        else:
            bad.append(Breach(f"depot {name} resupplies itself", f"depots.{name}", "mend the parents", "depots"))
        if at not in rows:
            bad.append(
                Breach(f"depot {at} is not known", f"depots.{name}.parent", "add it or mend the parent", "depots")
            )
    if bad:
        raise DataRejected(bad)
    names = [*heads, *sorted(set(rows) - set(heads))]
    at_of = {name: place for place, name in enumerate(names)} | {None: -1}
    above = [at_of[rows[name]["parent"]] for name in names]
    return Places(names, np.array(above), np.array([float(rows[name]["resupply_days"]) for name in names]))
