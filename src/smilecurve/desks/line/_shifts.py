"""One line sequenced: where the search begins, what it finds, what no order beats, and what cannot hold together."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from smilecurve.desks.line._orders import Ints
from smilecurve.desks.line.judging import Standing
from smilecurve.terms.decision import Clash

if TYPE_CHECKING:
    from smilecurve.solve.sequencing import Sequencing

__all__ = ["Shift", "clash_of", "frozen_beyond", "sequenced"]


@dataclass(frozen=True)
class Shift:
    """One line sequenced: its rows, what was found and what was before, and bounds by goal or kind of trouble."""

    here: Standing
    rows: pa.Table
    found: Sequencing
    before: Sequencing
    goal_bounds: Mapping[str, int]


def sequenced(here: Standing, moves: int, seed: int) -> Shift:
    """Sequence one line: search over the first days, then look at the whole queue as it will stand."""
    from smilecurve.solve.sequencing import sequence

    before = here.judged(here.released, {})
    found = sequence(
        _start(here, before)[: here.span],
        here.rules,
        history=here.history,
        fixed=here.fixed,
        seed=seed,
        moves=min(moves, 5_000 * max(here.span - here.fixed, 0)),
    )
    kept = before.cost <= found.cost and before.parts["batch"] <= found.parts["batch"]
    found = here.bounded(here.judged(before.order, found.bounds) if kept else found)
    bounds = {goal: here.goal_bound(found, goal) for goal in here.weights.strict}
    rows = here.rows(np.concatenate((found.order, here.released[here.span :])))
    return Shift(here, rows, found, before, bounds)


def _start(here: Standing, before: Sequencing) -> Ints:
    """The order to begin with: the most even one where models are levelled and that is cheaper, else the released."""
    start = here.released.copy()
    if here.even is None:
        return start
    unit = start[here.history : here.span]
    kind = np.asarray(here.rules.kind)[unit]
    even = np.empty_like(unit)
    even[np.argsort(here.even.kinds, kind="stable")] = unit[np.argsort(kind, kind="stable")]
    start[here.history : here.span] = even
    return start if here.judged(start, {}).cost < before.cost else here.released


def clash_of(here: Standing) -> tuple[Clash | None, int]:
    """Say which colour has more machines than batches within the limit can hold, by counting; with how many."""
    from smilecurve.solve.sequencing import least_beyond_limit

    limit = here.weights.batch_limit
    found = least_beyond_limit(here.released[: here.span], here.rules, history=here.history, fixed=here.fixed)
    if not limit or not found.beyond:
        return None, 0
    colour = sorted({str(row["colour"] or "") for row in (*here.tail, *here.units)})[found.colour]
    behind = f" behind {found.running} frozen of that colour" if found.running else ""
    said = f"line {here.line} has {found.many} machines of colour {colour} and {found.others} of others{behind}"
    parts = f"{found.others} machines part {found.others + 1} batches of {limit}"
    what = f"{said}: {parts}, {found.beyond} machines stand beyond them in every order"
    do = "raise batch_limit, sequence more days, or bring in machines of other colours"
    return Clash(what, "batch_limit", do), found.beyond


def frozen_beyond(here: Standing) -> list[Clash]:
    """Name each run of a colour in frozen slots that is longer than the batch limit already."""
    limit, slot = here.weights.batch_limit, 0
    found = []
    for colour, run in itertools.groupby(str(row["colour"] or "") for row in here.units[: here.queue.frozen]):
        many = len(list(run))
        if limit and many > limit:
            slots = f"{many} machines of colour {colour} are frozen in slots {slot + 1} to {slot + many}"
            what = f"{slots} of line {here.line}: {many - limit} stand beyond batches of {limit}"
            found.append(Clash(what, "batch_limit", "raise batch_limit, or freeze fewer slots"))
        slot += many
    return found
