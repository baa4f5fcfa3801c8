"""Which lots of any part, or weeks of a line, explain the failures of a part whose alarm is open?

Machines are told apart by the suspicious lots they hold together (`lot_mixes`), so that a lot that only travels with a
bad one is cleared by it, and lots that went into the same machines are reported as one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.learn._strata import floats, in_order
from smilecurve.terms.tables.learn import LOT_MIXES

if TYPE_CHECKING:
    from smilecurve.solve.blaming import Blame

__all__ = ["Limits", "Suspect", "by_luck", "find_suspects", "lots_tried"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LINE = "line"
MOST_LOTS = 20
EXPLAINED = 0.95


@dataclass(frozen=True, slots=True)
class Limits:
    """What a blamed lot must have, and how many unproven ones to list."""

    risk: float
    least_failures: int
    least_ratio: float
    watch: int


@dataclass(frozen=True, slots=True)
class Suspect:
    """One lot, or the machines of one line and week, and what speaks against it."""

    part: str
    lot: str
    supplier: str | None
    failing: str
    machines: int
    failures: int
    expected: float
    evidence: float
    blamed: bool
    chance: float
    tried: int
    by_luck: float
    false_share: float | None = None
    bundle: str | None = None
    alike: int = 1
    in_common: float | None = None
    needed: bool | None = None
    explained: float | None = None
    avoided: float | None = None

    @property
    def kind(self) -> str:
        """A lot, or machines that were built together."""
        return "line_week" if self.part == LINE else "lot"

    @property
    def hold(self) -> bool:
        """Lots can be held; a week of a line cannot any more."""
        return self.blamed and self.kind == "lot"


@dataclass(frozen=True, slots=True)
class _Mixes:
    """Machines of one failing part: lots, and cells of machines that hold the same of them."""

    failing: str
    names: list[tuple[str, str, str | None]]
    inside: Flags
    machines: Floats
    seen: Floats
    expected: Floats
    to_come: Floats


def lots_tried(lot_mixes: pa.Table) -> int:
    """Lots and weeks that were looked at, over all parts with an open alarm."""
    most = lot_mixes.group_by("failing").aggregate([("tried", "max")])
    return int(pc.sum(most.column("tried_max")).as_py() or 0)


def find_suspects(lot_mixes: pa.Table, limits: Limits, level: float) -> list[Suspect]:
    """Blamed lots and the next likely ones of every part; `level`: chance below which one may be blamed."""
    rows = in_order(lot_mixes, LOT_MIXES)
    tried = lots_tried(rows)
    found: list[Suspect] = []
    for failing in sorted(set(rows.column("failing").to_pylist())):
        mixes = _mixes(rows.filter(pc.equal(rows.column("failing"), failing)), failing)
        if mixes.names and mixes.seen.sum() > 0:
            found += _judged(mixes, limits, level, tried)
    return found


def _mixes(rows: pa.Table, failing: str) -> _Mixes:
    cells, cell = np.unique(np.array(rows.column("mix").to_pylist(), object), return_inverse=True)
    lots = list(zip(*(rows.column(c).to_pylist() for c in ("part", "lot")), strict=True))
    suppliers = dict(zip(lots, rows.column("supplier").to_pylist(), strict=True))
    names = sorted({name for name in lots if name[1]})
    place = {name: k for k, name in enumerate(names)}
    inside = np.zeros((len(names), cells.size), bool)
    for name, c in zip(lots, cell, strict=True):
        if name[1]:
            inside[place[name], c] = True
    figures = np.zeros((4, cells.size))
    for k, column in enumerate(("machines", "failures", "expected", "to_come")):
        figures[k, cell] = floats(rows, column)
    return _Mixes(failing, [(*n, suppliers[n]) for n in names], inside, *figures)


def _judged(mixes: _Mixes, limits: Limits, level: float, tried: int) -> list[Suspect]:
    """The lots blamed, those that cannot be told apart from them, and the next likely."""
    from smilecurve.solve.blaming import blame_groups
    from smilecurve.solve.tracing import alike_groups, false_shares, smallest_cover

    group, cell = np.nonzero(mixes.inside)
    blame = blame_groups(
        group, cell, mixes.seen, mixes.expected, groups=len(mixes.names), level=level,
        least_seen=limits.least_failures, least_ratio=limits.least_ratio, most=MOST_LOTS,
    )  # fmt: skip
    bundle, shared = alike_groups(mixes.inside, mixes.machines)
    blamed = np.isin(bundle, bundle[blame.accepted])
    usual = _usual(mixes, blamed)
    standing = np.flatnonzero(blamed | (blame.chance <= level))
    cover = smallest_cover(mixes.inside[standing], mixes.seen - usual, share=EXPLAINED)
    explained = dict(zip(standing[cover.chosen].tolist(), cover.explained.tolist(), strict=True))
    chance, expected, score = _as_judged(blame, blamed, float(mixes.seen.sum()))
    false = false_shares(chance, tried)
    listed = [*np.flatnonzero(blamed), *_next_up(score, chance, blamed, limits.watch)]
    sums = mixes.inside @ np.stack([mixes.machines, mixes.seen, usual, mixes.to_come * _scale(mixes, usual)], axis=1)
    suspects = []
    for k in listed:
        part, lot, supplier = mixes.names[k]
        machines, seen, due, coming = sums[k]
        mates = bundle == bundle[k]
        suspects.append(
            Suspect(
                part, lot, supplier, mixes.failing, int(machines), int(seen), float(expected[k]), float(score[k]),
                bool(blamed[k]), float(chance[k]), tried, by_luck(chance[k], tried), float(false[k]),
                mixes.names[int(bundle[k])][1] if mates.sum() > 1 else None, int(mates.sum()),
                float(shared[k]) if mates.sum() > 1 else None, bool(k in explained), explained.get(k),
                max(seen / due - 1.0, 0.0) * float(coming) if blamed[k] and due > 0 else None,
            )
        )  # fmt: skip
    return suspects


def _usual(mixes: _Mixes, blamed: Flags) -> Floats:
    """Failures each cell would have at the rate of the machines without any blamed lot."""
    free = ~mixes.inside[blamed].any(axis=0)
    due = float(mixes.expected[free].sum())
    return mixes.expected * (float(mixes.seen[free].sum()) / due if due > 0 else 1.0)


def _scale(mixes: _Mixes, usual: Floats) -> float:
    """How much lower the usual rate is than that of all machines."""
    return float(usual.sum() / mixes.expected.sum())


def _as_judged(blame: Blame, blamed: Flags, total: float) -> tuple[Floats, Floats, Floats]:
    """Chance, expectation and score: of accepted lots when accepted, of their like at first, of others at the end."""
    from smilecurve.solve.blaming import chance_of_as_many, group_score

    expected = np.where(blamed, blame.expected, blame.rest)
    score = np.where(blamed, blame.score, group_score(blame.seen, expected, total))
    chance = np.where(blamed, blame.chance, chance_of_as_many(blame.seen, expected))
    expected[blame.accepted], score[blame.accepted] = blame.accepted_expected, blame.accepted_score
    chance[blame.accepted] = blame.accepted_chance
    return chance, expected, score


def _next_up(score: Floats, chance: Floats, blamed: Flags, watch: int) -> Ints:
    """The next likely lots: above expectation, and rare enough to be named."""
    rest = np.flatnonzero(~blamed & (score > 0) & (chance < 0.05))
    return rest[np.argsort(-score[rest], kind="stable")][:watch]


def by_luck(chance: float, tried: int) -> float:
    """Chance that any of so many lots sees as many failures by luck (Sidak 1967)."""
    return float(-np.expm1(max(tried, 1) * np.log1p(-min(chance, 1.0 - 1e-12))))
