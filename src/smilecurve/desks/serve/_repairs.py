"""Which assemblies does the central depot repair, and which parts do those repairs ask for?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.serve._shelves import DAYS, Shelves
from smilecurve.terms.errors import Breach, DataRejected

if TYPE_CHECKING:
    from smilecurve.solve.echelon import Network
    from smilecurve.solve.indenture import Repairs

__all__ = ["Lines", "read_lines", "repairs_of", "tell_repairs"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Lines:
    """What repairs need: (assembly, part, pieces), spares all; share repaired and days of each assembly."""

    needs: list[tuple[str, str, float]]
    repaired: dict[str, tuple[float, float]]

    @property
    def parts(self) -> set[str]:
        """Parts that some repair asks for."""
        return {part for _, part, _ in self.needs}


def read_lines(parts: pa.Table, bom: pa.Table) -> Lines:
    """Read what is repaired and with what, of parts kept as spares. DataRejected: parts repaired with each other.

    A part with `repair_share` above 0 is repaired; a line of the bill of material with `repair_need` above 0 says what
    that takes.
    """
    rows = {str(row["part"]): row for row in parts.to_pylist() if row["spare"]}
    repaired = {
        name: (float(row["repair_share"]), float(row["repair_days"] or 0.0))
        for name, row in rows.items()
        if row["repair_share"]
    }
    pieces: dict[tuple[str, str], float] = {}
    for row in bom.to_pylist():
        whole, part = str(row["parent"]), str(row["part"])
        if row["repair_need"] and whole in repaired and part in rows:
            pieces[whole, part] = pieces.get((whole, part), 0.0) + float(row["repair_need"])
    needs = sorted((whole, part, need) for (whole, part), need in pieces.items())
    _no_circle(needs)
    return Lines(needs, repaired)


def _no_circle(needs: list[tuple[str, str, float]]) -> None:
    below: dict[str, set[str]] = {}
    for whole, part, _ in needs:
        below.setdefault(whole, set()).add(part)
    left = dict(below)
    while left:
        free = [whole for whole, inside in left.items() if not inside & set(left)]
        if not free:
            said = f"{', '.join(sorted(left))} are repaired with each other"
            raise DataRejected(Breach(said, "bom.repair_need", "take one of these lines out", "bom"))
        for whole in free:
            del left[whole]


def repairs_of(shelves: Shelves, lines: Lines) -> Repairs | None:
    """Which of the spares are repaired and with which others; None: none is."""
    place = {str(part["part"]): i for i, part in enumerate(shelves.wanted)}
    share, days = np.zeros(len(place)), np.zeros(len(place))
    for name, (some, took) in lines.repaired.items():
        if name in place:
            share[place[name]], days[place[name]] = some, took
    if not share.any():
        return None
    from smilecurve.solve.indenture import Repairs

    needs = [(place[whole], place[part], need) for whole, part, need in lines.needs if whole in place]
    whole, part = (np.array([need[k] for need in needs], np.int64) for k in (0, 1))
    last = len(shelves.places.names) + len(shelves.counters)
    return Repairs(share, days, whole, part, np.array([need[2] for need in needs], float), last)


def tell_repairs(
    repairs: Repairs, asked: Network, slow: Network, stock: Ints
) -> tuple[list[dict[str, object]], dict[str, float]]:
    """What is said of each part at the central depot, and of all repairs.

    asked, slow   the network in which repairs ask for parts, and in which they wait for what `stock` lacks
    """
    shop, top = repairs.shop, asked.tree.order[0]
    year = np.zeros(len(stock)) if asked.besides is None else asked.besides[:, shop] * DAYS
    mended = asked.asked_in_all[:, top] * repairs.share
    wait = np.divide((slow.resupply - asked.resupply) * asked.asked_in_all[:, top], mended,
                     out=np.zeros(len(stock)), where=mended > 0)  # fmt: skip
    rows: list[dict[str, object]] = [{} for _ in stock]
    for p, row in enumerate(rows):
        if year[p] > 0:
            row |= {"repair_demand_year": float(year[p]), "for_repairs": int(stock[p, shop])}
        if mended[p] > 0:
            row["repair_days"] = float(repairs.days[p] + wait[p])
    return rows, {
        "repairs_year": float(mended.sum() * DAYS),
        "waiting_repairs": float((wait * mended).sum()),
        "pieces_for_repairs": float(stock[:, shop].sum()),
    }
