"""What the compiled kernels of solve.sequencing look at: the rules as arrays, and room for what an order implies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smilecurve.solve._sequencing_kernels import Facts, State

if TYPE_CHECKING:
    from smilecurve.solve.sequencing import Rules

Ints = NDArray[np.int64]
NEVER = np.iinfo(np.int64).max


def facts_of(rules: Rules, order: Ints, history: int) -> Facts:
    """Turn the rules into arrays; rows may speak of more units than the order holds."""
    units = int(order.max(initial=-1)) + 1

    def by_unit(values: ArrayLike, empty: int) -> Ints:
        found = ints(values)
        return found if found.size else np.full(units, empty, np.int64)

    def by_unit_and(values: ArrayLike, across: ArrayLike) -> Ints:
        return ints(values).reshape(-1, ints(across).size) if ints(across).size else np.zeros((units, 0), np.int64)

    amount, kinds = _flows(rules, units)
    drift = ints(rules.drift) if ints(rules.drift).size else np.zeros(ints(rules.length).size, np.int64)
    return Facts(
        has=np.ascontiguousarray(by_unit_and(rules.has, rules.at_most).T),
        at_most=ints(rules.at_most),
        out_of=ints(rules.out_of),
        ratio_weight=ints(rules.ratio_weight),
        colour=by_unit(rules.colour, 0),
        colour_weight=rules.colour_weight,
        batch_limit=rules.batch_limit,
        batch_weight=max(rules.batch_weight, int(rules.batch_hard)),
        batch_hard=int(rules.batch_hard),
        work=np.ascontiguousarray(by_unit_and(rules.work, rules.length).T),
        length=ints(rules.length) + 2 * drift,
        origin=drift,
        takt=rules.takt,
        overload_weight=rules.overload_weight,
        due=by_unit(rules.due, NEVER),
        late_weight=rules.late_weight,
        ready=by_unit(rules.ready, 0),
        early_weight=rules.early_weight,
        reference=by_unit(rules.reference, -1),
        move_weight=rules.move_weight,
        amount=amount,
        share=amount[:, order[history:]].sum(axis=1),
        even_weight=np.repeat(np.array([rules.level_weight, rules.use_weight], np.int64), [kinds, len(amount) - kinds]),
        kinds=kinds,
        history=history,
        open_end=int(rules.open_end),
    )


def _flows(rules: Rules, units: int) -> tuple[Ints, int]:
    """Give amount[thing, unit] of all that is to flow evenly, kinds before parts, and the number of kinds."""
    kind, uses = ints(rules.kind), ints(rules.uses)
    kinds = int(kind.max()) + 1 if rules.level_weight and kind.size else 0
    each = (kind[None, :] == np.arange(kinds)[:, None]).astype(np.int64) if kinds else np.zeros((0, units), np.int64)
    if not (rules.use_weight and uses.size):
        return np.ascontiguousarray(each), kinds
    return np.ascontiguousarray(np.concatenate((each, uses.T)) if kinds else uses.T), kinds


def ints(values: ArrayLike) -> Ints:
    """Give the values as one block of whole numbers."""
    return np.ascontiguousarray(values, dtype=np.int64)


def state_of(facts: Facts, order: Ints) -> State:
    """Lay out the arrays the search keeps for an order."""
    n = order.size
    return State(
        order.copy(),
        np.zeros((facts.at_most.size, n), np.int64),
        np.zeros((facts.length.size, n + 1), np.int64),
        np.zeros((facts.length.size, n), np.int64),
        np.zeros((facts.share.size, n + 1), np.int64),
    )
