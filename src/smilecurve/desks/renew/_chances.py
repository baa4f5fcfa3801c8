"""What are the ways of one machine worth, when its grade is not sure, and what would a look at it bring?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smilecurve.desks.renew._ways import GRADES, Inspection, Way, valued
from smilecurve.desks.renew._worth import Worth

__all__ = ["Case", "case_of"]

Floats = NDArray[np.float64]
Row = Mapping[str, object]


@dataclass(frozen=True)
class Case:
    """One machine in its own currency.

    chance     of each true grade; found (findings, grades): of a finding together with the true grade; empty: no look
    gain       (3, grades, ways) low, middle, high; cost (grades, ways) with parts; parts (ways,) cost of parts alone
    open       (ways,) whether it can go that way now; after (findings, ways) whether it can once that is found
    """

    machine: Row
    ways: Sequence[Way]
    chance: Floats
    found: Floats
    look: Inspection | None
    price: float
    gain: Floats
    cost: Floats
    parts: Floats
    open: NDArray[np.bool_]
    after: NDArray[np.bool_]

    def margin(self, weight: Floats) -> Floats:
        """Expected margin of each way under these chances of grades, which may add up to less than 1."""
        known = weight > 0
        return np.asarray(weight[known] @ (self.gain[1] - self.cost)[known])

    def raised(self, way: int, weight: Floats) -> float:
        """Expected grades raised."""
        return float(sum(w * self.ways[way].raised(g) for g, w in enumerate(weight)))


def case_of(
    machine: Row,
    ways: Sequence[Way],
    worth: Worth,
    shares: Row | None,
    look: Inspection | None,
    price: float,
    part_cost: Mapping[str, float],
) -> Case:
    """Return the machine with its ways; shares: its row of `machine_grades`; price and part_cost in its currency."""
    booked = GRADES.index(str(machine["grade"]))
    chance = np.eye(4)[booked]
    if shares is not None:
        told = np.array([float(str(shares[f"share_{g.lower()}"])) for g in GRADES])
        chance = told / told.sum() if told.sum() > 0 else chance
    gain, cost = valued(machine, ways, worth)
    parts = np.array([sum(part_cost[part] * count for part, count in way.parts.items()) for way in ways])
    allowed = np.array([[g <= GRADES.index(way.worst) for way in ways] for g in range(4)], dtype=np.bool_)
    known = np.isfinite(gain[1]) & np.array(
        [float(str(machine["age_months"])) <= w.oldest for w in ways], dtype=np.bool_
    )
    likely = int(chance.argmax())
    now = known[chance > 0].all(axis=0) & allowed.reshape(4, len(ways))[likely]
    found = np.zeros((0, 4))
    if look is not None and np.count_nonzero(chance) > 1 and len(ways):
        found = (chance[:, None] * look.finds).T
    after = np.array([known[row > 0].all(axis=0) & allowed[z] for z, row in enumerate(found)], dtype=np.bool_)
    after = after.reshape(len(found), len(ways))
    if any(row.sum() > 0 and not after[z].any() for z, row in enumerate(found)):
        found = np.zeros((0, 4))
    return Case(
        machine, ways, chance, found, look if len(found) else None, price, gain, cost + parts, parts, now, after
    )
