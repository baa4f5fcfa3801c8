"""Which lot sits in which place of which machine, and what follows: lots within lots, configurations?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from smilecurve.thread.history.columns import Part, Pieces
from smilecurve.thread.history.naming import Lots, Slots

__all__ = ["Configs", "Links", "Nest", "by_lot", "links_of", "paired", "pieces_of", "places_of"]

_SAMPLE = 200_000


@dataclass(frozen=True, slots=True)
class Links:
    """As built, sorted by unit, slot and lot; `rows` of the part they come from and `ends` of each row's links."""

    unit: np.ndarray
    slot: np.ndarray
    lot: np.ndarray
    since: np.ndarray
    rows: np.ndarray
    ends: np.ndarray


def places_of(
    part: Part, codes: np.ndarray, first: int, slots: Slots, rows: np.ndarray, fitted: np.ndarray
) -> tuple[np.ndarray, list[tuple[str, str]]]:
    """The slot of each pair of component and part, and the new slots.

    rows: those that build something of pieces; fitted: those in which something goes in later. The table is flat: the
    slot of (component, part) stands at (component + 1) * (parts + 1) + part + 1.
    """
    told: list[tuple[int, tuple[str, str]]] = []
    pairs: list[tuple[int, tuple[str, str]]] = []
    table = np.zeros(0, np.int16)
    if part.pieces is not None:
        p = part.pieces
        components, parts = p.component.names.to_pylist(), p.part.names.to_pylist()
        table = np.full((len(components) + 1) * (len(parts) + 1), -1, np.int16)
        at = pieces_of(p, rows)
        for code, place in _firsts(codes[at], len(table)):
            c, q = divmod(code, len(parts) + 1)
            name = (components[c - 1] if c else parts[q - 1], parts[q - 1])
            pairs.append((code, name))
            flat = place + at.start if isinstance(at, slice) else int(at[place])
            told.append((first + int(np.searchsorted(p.ends, flat, side="right")) - 1, name))
    texts = [part.texts[t].at(fitted).texts() for t in ("component", "part", "lot")]
    for row, component, named, lot in zip(fitted.tolist(), *texts, strict=True):
        at_component = component if component is not None else named if named is not None else str(lot)
        told.append((first + row, (at_component, named or "")))
    fresh = slots.take_in(told)
    for code, name in pairs:
        table[code] = slots.number[name]
    return table, fresh


def pieces_of(p: Pieces, rows: np.ndarray) -> slice | np.ndarray:
    """Where the pieces of some rows lie: a slice where they lie together."""
    if not len(rows):
        return slice(0, 0)
    counts = p.ends[rows + 1] - p.ends[rows]
    first, last = int(p.ends[rows[0]]), int(p.ends[rows[-1] + 1])
    total = int(counts.sum())
    if last - first == total:
        return slice(first, last)
    found: np.ndarray = np.repeat(p.ends[rows] - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts) + np.arange(
        total
    )
    return found


def paired(p: Pieces | None) -> np.ndarray:
    """Component and part of each piece as one code."""
    if p is None:
        return np.zeros(0, np.int16)
    wide = len(p.part.names) + 1
    kind = "int16" if (len(p.component.names) + 1) * wide < 30_000 else "int32"
    component: np.ndarray = p.component.codes.astype(kind)
    named: np.ndarray = p.part.codes.astype(kind)
    found: np.ndarray = (component + 1) * wide + (named + 1)
    return found


def _firsts(codes: np.ndarray, size: int) -> list[tuple[int, int]]:
    """Each code that occurs and where it occurs first."""
    some, at = np.unique(codes[:_SAMPLE], return_index=True)
    found = dict(zip(some.tolist(), at.tolist(), strict=True))
    if len(codes) > _SAMPLE:
        for code in np.flatnonzero(np.bincount(codes, minlength=size)).tolist():
            if code not in found:
                found[code] = int(np.argmax(codes == code))
    return list(found.items())


def links_of(
    part: Part, codes: np.ndarray, rows: np.ndarray, units: np.ndarray, table: np.ndarray, lots: np.ndarray
) -> Links:
    """The links of the rows in which machines are built; units: of each row; lots: number of each lot name."""
    p = part.pieces
    if p is None or not len(rows):
        none = np.zeros(0, np.int32)
        return Links(none, none.astype(np.int16), none, none.astype(np.int64), rows, np.zeros(1, np.int64))
    counts = p.ends[rows + 1] - p.ends[rows]
    ends = np.concatenate([[0], np.cumsum(counts)])
    at = pieces_of(p, rows)
    codes, lot_codes = codes[at], p.lot.codes[at]
    slot, lot = table[codes], lots[lot_codes]
    unit = np.repeat(units.astype(np.int32), counts)
    since = np.repeat(part.event_time[rows], counts)
    step = np.diff(slot) > 0
    step[ends[1:-1] - 1] = np.diff(units) > 0
    if step.all():
        return Links(unit, slot, lot, since, rows, ends)
    order = np.lexsort((since, lot, slot, unit))
    unit, slot, lot, since = unit[order], slot[order], lot[order], since[order]
    once = np.ones(len(unit), dtype=bool)
    once[1:] = (np.diff(unit) != 0) | (np.diff(slot) != 0) | (np.diff(lot) != 0)
    return Links(unit[once], slot[once], lot[once], since[once], rows, ends)


def by_lot(links: Links) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lot, unit and slot of the links, sorted by lot, unit and slot."""
    from scipy.sparse import csr_matrix

    if not len(links.unit):
        return links.lot, links.unit, links.slot
    starts = np.flatnonzero(np.concatenate([[True], np.diff(links.unit) != 0]))
    ends = np.concatenate([starts, [len(links.unit)]])
    least = int(links.lot.min())
    grid = csr_matrix(
        (links.slot, links.lot - least, ends.astype(np.int32)), shape=(len(starts), int(links.lot.max()) - least + 1)
    ).tocsc()
    lot = np.repeat(np.arange(least, least + grid.shape[1], dtype=np.int32), np.diff(grid.indptr))
    return lot, links.unit[starts][grid.indices], grid.data


class Nest:
    """Lots within lots, as known so far."""

    def __init__(self, edges: Iterable[tuple[int, int, int]]) -> None:
        self.inside: dict[int, set[tuple[int, int]]] = defaultdict(set)
        for lot, slot, inner in edges:
            self.inside[lot].add((slot, inner))

    def add(
        self, part: Part, codes: np.ndarray, rows: np.ndarray, table: np.ndarray, lots: Lots
    ) -> list[tuple[int, int, int, int]]:
        """The edges of the rows in which lots are made of lots: lot, slot, inside, since; sorted."""
        p = part.pieces
        if p is None or not len(rows):
            return []
        numbers = lots.numbers(p.lot.names)
        wholes = part.texts["lot"].at(rows).texts()
        found: dict[tuple[int, int, int], int] = {}
        for row, whole in zip(rows.tolist(), wholes, strict=True):
            lot, since = lots.number[str(whole)], int(part.event_time[row])
            for at in range(int(p.ends[row]), int(p.ends[row + 1])):
                key = (lot, int(table[codes[at]]), int(numbers[p.lot.codes[at]]))
                if key[0] != key[2]:
                    found[key] = min(since, found.get(key, since))
        for lot, slot, inner in found:
            self.inside[lot].add((slot, inner))
        return [(*key, found[key]) for key in sorted(found)]

    def slots_in(self, lot: int) -> frozenset[int]:
        """The slots inside a lot, at every level down to the twelfth."""
        found: set[tuple[int, int]] = set()
        layer = {lot}
        for _ in range(12):
            inner = {pair for one in layer for pair in self.inside.get(one, ())}
            layer = {lot for _, lot in inner - found}
            found |= inner
            if not layer:
                break
        return frozenset(slot for slot, _ in found)


class Configs:
    """Which places does a machine have, every level down? Machines with the same places share a configuration."""

    def __init__(self, before: Iterable[tuple[int, int]]) -> None:
        slots: dict[int, set[int]] = defaultdict(set)
        for config, slot in before:
            slots[config].add(slot)
        self.number = {frozenset(found): config for config, found in slots.items()}

    def add(self, links: Links, nest: Nest) -> tuple[np.ndarray, np.ndarray, list[tuple[int, int]]]:
        """Unit and configuration of every machine of the links, and the rows (config, slot) of the new ones."""
        if not len(links.unit):
            return links.unit, links.unit, []
        starts = np.flatnonzero(np.concatenate([[True], np.diff(links.unit) != 0]))
        units = links.unit[starts]
        deep = _deep(links.lot, nest)
        rng = np.random.default_rng(7)
        kinds = int(links.slot.max()) + 1
        weight = rng.integers(1, 1 << 62, (int(deep.max()) + 1, kinds), dtype=np.int64) if len(deep) else None
        marks = weight[0][links.slot] if weight is not None and not deep.any() else None
        if marks is None:
            assert weight is not None
            marks = weight[deep[links.lot], links.slot]
        sign = np.add.reduceat(marks, starts)
        _, example, group = np.unique(sign, return_index=True, return_inverse=True)
        fresh: list[tuple[int, int]] = []
        numbers = np.zeros(len(example), np.int32)
        ends = np.concatenate([starts, [len(links.unit)]])
        for g in np.argsort(example).tolist():
            a, b = int(ends[example[g]]), int(ends[example[g] + 1])
            slots = set(links.slot[a:b].tolist())
            for lot in set(links.lot[a:b].tolist()):
                slots |= nest.slots_in(lot)
            key = frozenset(slots)
            if key not in self.number:
                self.number[key] = len(self.number)
                fresh += [(self.number[key], slot) for slot in sorted(key)]
            numbers[g] = self.number[key]
        return units, numbers[group], fresh


def _deep(lot: np.ndarray, nest: Nest) -> np.ndarray:
    """For each lot number, which set of slots lies inside it: 0 for none."""
    found = np.zeros(int(lot.max()) + 1, np.int16)
    there = np.zeros(len(found), dtype=bool)
    there[lot] = True
    sets: dict[frozenset[int], int] = {frozenset(): 0}
    for one in nest.inside:
        if one < len(found) and there[one]:
            found[one] = sets.setdefault(nest.slots_in(one), len(sets))
    return found
