"""Which lots fail more than the other lots of their part, in the same climate and at the same age?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smilecurve.desks.learn._strata import Strata, floats, strata_of
from smilecurve.desks.learn._suspecting import Limits, Suspect, by_luck

if TYPE_CHECKING:
    from smilecurve.solve.blaming import Blame

__all__ = ["own_suspects"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_LOTS = 100
A_DAY = 1.0 / 30.4375  # a machine that failed on its first day lived that long


def own_suspects(
    rows: pa.Table, lots: Strata, part_life: pa.Table, level: Floats, alarmed: npt.NDArray[np.bool_], limits: Limits
) -> list[Suspect]:
    """Lots blamed for the failures of their own part, and the next likely ones of alarmed parts.

    level: chance below which each lot may be blamed; alarmed: lots of parts with an open alarm.
    """
    blame = _blame(rows, lots, part_life, level, limits)
    suppliers = dict(zip(lots.of.tolist(), rows.column("supplier").to_pylist(), strict=True))
    machines = np.bincount(lots.of, floats(rows, "machines"), lots.count)
    expected, score, chance = blame.expected.copy(), blame.score.copy(), blame.chance.copy()
    expected[blame.accepted], score[blame.accepted] = blame.accepted_expected, blame.accepted_score
    chance[blame.accepted] = blame.accepted_chance
    held = set(blame.accepted.tolist())
    found = []
    for k in _listed(blame, lots, alarmed, limits.watch).tolist():
        part, lot = lots.names[k]
        tried = int(alarmed.sum()) if alarmed[k] else alarmed.size
        found.append(
            Suspect(
                part, lot, suppliers[k], part, int(machines[k]), int(blame.seen[k]), float(expected[k]),
                float(score[k]), k in held, float(chance[k]), tried,
                by_luck(float(chance[k]), tried),
            )
        )  # fmt: skip
    return found


def _blame(rows: pa.Table, lots: Strata, part_life: pa.Table, level: Floats, limits: Limits) -> Blame:
    """Score every lot; a row of lot_exposure is a member of its lot, compared within its part and climate."""
    from smilecurve.solve.blaming import blame_groups

    machines = np.maximum(floats(rows, "machines"), 1.0)
    shape = _shapes(part_life, lots.column(0))[lots.of]
    lived = np.maximum(floats(rows, "service_months") / machines, A_DAY)
    exposure = machines * lived**shape
    return blame_groups(
        lots.of,
        np.arange(rows.num_rows),
        floats(rows, "failures"),
        exposure,
        stratum=strata_of(rows, "part", "climate").of,
        groups=lots.count,
        level=level,
        least_seen=limits.least_failures,
        least_ratio=limits.least_ratio,
        most=MOST_LOTS,
    )


def _shapes(part_life: pa.Table, parts: list[str]) -> Floats:
    """Weibull shape of each part over all its strata, weighted by failures; 1 where nothing is known."""
    strata = strata_of(part_life, "part") if part_life.num_rows else Strata((), np.zeros(0, np.int64))
    weight = floats(part_life, "failures") if strata.count else np.zeros(0)
    total = np.bincount(strata.of, weight, strata.count)
    log_shape = np.log(np.clip(floats(part_life, "shape"), 0.3, 5.0)) if strata.count else np.zeros(0)
    mean = np.bincount(strata.of, weight * log_shape, strata.count) / np.maximum(total, 1.0)
    known = {name[0]: float(np.exp(mean[k])) for k, name in enumerate(strata.names) if total[k] >= 5}
    return np.array([known.get(part, 1.0) for part in parts])


def _listed(blame: Blame, lots: Strata, alarmed: npt.NDArray[np.bool_], watch: int) -> Ints:
    """Held lots in order of blame, then the next likely lots of each alarmed part."""
    part = lots.groups(0)
    next_up = np.flatnonzero(alarmed & (blame.score > 0) & (blame.chance < 0.05))
    next_up = next_up[~np.isin(next_up, blame.accepted)]
    next_up = next_up[np.lexsort((-blame.score[next_up], part[next_up]))]
    place = np.arange(next_up.size) - np.searchsorted(part[next_up], part[next_up])
    kept = next_up[place < watch]
    return np.concatenate([blame.accepted, kept[np.argsort(-blame.score[kept], kind="stable")]]).astype(np.int64)
