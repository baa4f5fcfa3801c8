"""One line sequenced: where the search begins, what it finds, what no order beats, and what cannot hold together."""

from __future__ import annotations

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

__all__ = ["Shift", "beyond_limit", "clashes_of", "sequenced"]


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


def clashes_of(here: Standing) -> list[Clash]:
    """Say which colour has more machines than batches within the limit can hold, by counting."""
    from smilecurve.solve.sequencing import least_beyond_limit

    if not here.weights.batch_limit:
        return []
    order = here.released[: here.span]
    beyond, colour, many, others = least_beyond_limit(order, here.rules, history=here.history, fixed=here.fixed)
    if not beyond:
        return []
    names = sorted({str(row["colour"] or "") for row in (*here.tail, *here.units)})
    limit = here.weights.batch_limit
    said = (
        f"line {here.line} has {many} machines of colour {names[colour]} and {others} of others: {others} machines part"
    )
    what = f"{said} {others + 1} batches of {limit}, {beyond} machines stand beyond them in every order"
    return [Clash(what, "batch_limit", "raise batch_limit, sequence more days, or bring in machines of other colours")]


def beyond_limit(here: Standing) -> int:
    """Count the machines that stand beyond the batch limit in every order."""
    from smilecurve.solve.sequencing import least_beyond_limit

    order = here.released[: here.span]
    return least_beyond_limit(order, here.rules, history=here.history, fixed=here.fixed)[0]
