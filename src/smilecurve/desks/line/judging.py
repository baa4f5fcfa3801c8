"""What does an order of machines cost as it stands, and what can no order beat?

A `Standing` is one line's machines with all that counts: those built last, those that wait in their released order, how
many may not move, and what each kind of trouble weighs. The desk searches over it; the takt board judges a person's
swaps on it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.line._orders import (
    Ints,
    LineFacts,
    Queue,
    Row,
    Weights,
    due_slots,
    held_work_orders,
    option_columns,
    part_uses,
    ready_slots,
    tail_of,
)
from smilecurve.desks.line._slots import slot_records
from smilecurve.desks.line._ticks import TICKS
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.tables.line import BUILD_SEQUENCE

if TYPE_CHECKING:
    from smilecurve.solve.levelling import Levelled
    from smilecurve.solve.sequencing import Rules, Sequencing

__all__ = ["GOALS", "Standing", "standings"]

Tables = Mapping[str, pa.Table | None]

GOALS = {
    "must": "windows",
    "wished": "windows",
    "colour": "changes",
    "overload": "ms",
    "late": "slots",
    "early": "slots",
    "moved": "machines",
    "level": "1/n machines",
    "use": "1/n pieces",
}
"""The goals that can be put in strict order, and what each is counted in."""


@dataclass(frozen=True)
class Standing:
    """One line's machines and rules; units are numbered from the tail on, `released` is their present order."""

    line: str
    queue: Queue
    facts: LineFacts
    tail: list[Row]
    units: list[Row]
    rules: Rules
    weights: Weights
    today: date
    last: date
    span: int

    @staticmethod
    def of(line: Row, tables: Tables, weights: Weights, today: date, days: int) -> Standing:
        """Gather one line; `span` slots from the tail on are sequenced, the rest follows."""
        name = str(line["line"])
        facts = LineFacts.of(line, *(_there(tables, t) for t in FACTS))
        orders = _there(tables, "work_orders")
        own = orders.filter(pc.equal(orders["line"], name)).to_pylist()
        queue = Queue.of(own, int(str(line["frozen_slots"])), held_work_orders(tables))
        last = min(today, date.max - timedelta(days=days)) + timedelta(days=days - 1)
        queue = queue.without_parts(last, days * facts.slots_per_day)
        tail = tail_of(tables.get("tail_machines"), name, facts.ratios)
        units = [queue.rows[at] for at in queue.free]
        span = len(tail) + min(max(days * facts.slots_per_day, queue.frozen), len(units))
        bare = Standing(name, queue, facts, tail, units, _no_rules(), weights, today, last, span)
        return replace(bare, rules=_rules(bare, tables.get("bom")))

    @property
    def history(self) -> int:
        """How many machines are built already."""
        return len(self.tail)

    @property
    def fixed(self) -> int:
        """How many slots from the tail's first on may not change."""
        return self.history + self.queue.frozen

    @property
    def released(self) -> Ints:
        """The units in their present order, the tail first."""
        return np.arange(self.history + len(self.units), dtype=np.int64)

    @cached_property
    def even(self) -> Levelled | None:
        """Give the most even order of models behind the frozen ones; None where no even pace is asked."""
        return self._even(self._kinds(self.released)) if self.weights.levels else None

    def _even(self, kind: Ints) -> Levelled:
        from smilecurve.solve.levelling import level_kinds

        return level_kinds(np.bincount(kind), first=kind[: self.queue.frozen])

    def _kinds(self, order: Ints) -> Ints:
        """The models of the sequenced slots of an order."""
        return np.asarray(self.rules.kind)[order[self.history : self.span]]

    def judged(self, order: Ints, bounds: dict[str, int] | None = None) -> Sequencing:
        """Cost the sequenced slots of an order; without `bounds` of another order they are found, which is slower."""
        from smilecurve.solve.sequencing import judge

        found = judge(order[: self.span], self.rules, history=self.history, fixed=self.fixed, bounds=bounds)
        return found if bounds is not None else self.bounded(found)

    def bounded(self, found: Sequencing) -> Sequencing:
        """Put the exact even pace of the machines found among the bounds."""
        if self.even is None:
            return found
        kind = self._kinds(found.order)
        same = np.array_equal(np.sort(kind), np.sort(self._kinds(self.released)))
        even = self.even if same else self._even(kind)
        bounds = found.bounds | {"level": max(found.bounds["level"], even.bound * self.rules.level_weight)}
        return replace(found, bounds=bounds, bound=sum(bounds.values()))

    def records(self, order: Ints, by_hand: Collection[str] = ()) -> list[Row]:
        """Lay out an order of all units as records, a slot each; `by_hand`: work orders a person moved."""
        return slot_records(self, self.whole(order), by_hand)

    def rows(self, order: Ints, by_hand: Collection[str] = ()) -> pa.Table:
        """Give the same as decided rows."""
        return BUILD_SEQUENCE.rows(self.records(order, by_hand))

    def whole(self, order: Ints) -> Sequencing:
        """Look at the whole queue, without bounds."""
        from smilecurve.solve.sequencing import judge

        return judge(order, self.rules, history=self.history, fixed=self.fixed, bounds={})

    def counts(self, found: Sequencing) -> dict[str, int]:
        """Count each kind of trouble in its own unit, whatever it weighs."""
        order, rules, h = found.order, self.rules, self.history
        slot, unit = np.arange(h, order.size), order[h:]
        colour, reference = np.asarray(rules.colour)[order], np.asarray(rules.reference)[unit]
        priority = np.array([int(str(r["priority"])) for r in self.facts.ratios], np.int64)
        started = colour[max(h, 1) :] != colour[max(h, 1) - 1 : -1]
        return {
            "must": int(found.violations[priority == 1].sum()),
            "wished": int(found.violations[priority == 2].sum()),
            "colour": int(started.sum()),
            "overload": int(found.overload[h:].sum()),
            "late": int(np.maximum(slot - np.asarray(rules.due)[unit], 0).sum()),
            "early": int(np.maximum(np.asarray(rules.ready)[unit] - slot, 0).sum()),
            "moved": int(((reference >= 0) & (reference != slot)).sum()),
            "level": found.parts["level"] // max(rules.level_weight, 1),
            "use": found.parts["use"] // max(rules.use_weight, 1),
            "batch": found.parts["batch"] // max(rules.batch_weight, 1),
        }

    def goal_bound(self, found: Sequencing, goal: str) -> int:
        """Say what no order of these machines beats in one goal alone."""
        alone = _weighed(self.rules, self, dict.fromkeys(GOALS, 0) | {goal: 1})
        return replace(self, rules=alone).judged(found.order).bound


FACTS = ("stations", "tasks", "task_times", "station_plan", "option_ratios")


def standings(tables: Tables, weights: Weights, *, today: date | None, days: int) -> list[Standing]:
    """Gather every line, by name; slot 1 is on `today`, without it on the earliest due day."""
    due = _there(tables, "work_orders")["due"]
    first = today or (pc.min(due).as_py() if len(due) else date.min)
    lines = _there(tables, "lines").sort_by("line").to_pylist()
    return [Standing.of(line, tables, weights, first, days) for line in lines]


def _there(tables: Tables, name: str) -> pa.Table:
    found = tables[name]
    assert found is not None, f"{name} is read, so it is there"
    return found


def _no_rules() -> Rules:
    from smilecurve.solve.sequencing import Rules

    return Rules()


def _rules(here: Standing, bom: pa.Table | None) -> Rules:
    """Say what the units are and what costs how much, in ticks, or in points where goals are strict."""
    from smilecurve.solve.sequencing import Rules

    facts, h = here.facts, here.history
    rows = [*here.tail, *here.units]
    models = sorted({str(row["model"]) for row in rows})
    colours = sorted({str(row["colour"] or "") for row in rows})
    mean = facts.work[""]
    released = [here.queue.old_slot[at] is not None for at in here.queue.free]
    behind = np.arange(h, h + len(here.units))
    none = np.zeros(h, np.int64)
    rules = Rules(
        has=option_columns(rows, facts.ratios),
        at_most=[int(str(r["at_most"])) for r in facts.ratios],
        out_of=[int(str(r["out_of"])) for r in facts.ratios],
        ratio_weight=np.ones(len(facts.ratios), np.int64),
        open_end=here.weights.open_end,
        colour=[colours.index(str(row["colour"] or "")) for row in rows],
        batch_limit=here.weights.batch_limit,
        batch_hard=here.weights.batch_limit > 0,
        work=np.array([facts.work.get(str(row["model"]), mean) for row in rows], np.int64).reshape(
            len(rows), facts.length.size
        ),
        length=facts.length,
        drift=facts.drift,
        takt=facts.takt,
        due=np.concatenate((none, due_slots(here.units, here.today, facts.slots_per_day) + h)),
        ready=np.concatenate((none, ready_slots(here.units, here.today, facts.slots_per_day) + h)),
        reference=np.concatenate((none - 1, np.where(released, behind, -1))),
        kind=[models.index(str(row["model"])) for row in rows],
        uses=part_uses(rows, bom) if here.weights.evens_parts else np.zeros(0, np.int64),
    )
    return _weighed(rules, here, _strict(rules, here) if here.weights.strict else _by_seconds(here))


def _weighed(rules: Rules, here: Standing, price: dict[str, int]) -> Rules:
    """Put a price on each kind of trouble."""
    ratio = [price["must"] if int(str(r["priority"])) == 1 else price["wished"] for r in here.facts.ratios]
    return replace(
        rules,
        ratio_weight=ratio,
        colour_weight=price["colour"],
        batch_weight=max(price["must"], 1),
        overload_weight=price["overload"],
        late_weight=price["late"],
        early_weight=price["early"],
        move_weight=price["moved"],
        level_weight=price["level"],
        use_weight=price["use"],
    )


def _by_seconds(here: Standing) -> dict[str, int]:
    """Price each kind of trouble by its seconds; what is to count at all costs a tick at least."""
    weights, slots = here.weights, here.facts.slots_per_day
    n = max(here.span - here.history, 1)

    def ticks(seconds: float, share: int = 1) -> int:
        return max(round(seconds * TICKS / share), 1) if seconds > 0 else 0

    return {
        "must": ticks(weights.must_s),
        "wished": ticks(weights.wished_s),
        "colour": ticks(weights.colour_change_s),
        "overload": 1,
        "late": ticks(weights.late_day_s, slots),
        "early": ticks(weights.early_day_s, slots),
        "moved": ticks(weights.move_s),
        "level": ticks(weights.level_s, n),
        "use": ticks(weights.use_s, n),
    }


def _strict(rules: Rules, here: Standing) -> dict[str, int]:
    """Price the goals so that one of a goal outweighs all there can be of those behind it; the others cost nothing."""
    from smilecurve.solve.sequencing import strict_weights

    most = _most(rules, here)
    goals = here.weights.strict
    try:
        weights = strict_weights([most[goal] for goal in goals])
    except OverflowError:
        what = f"the goals {', '.join(goals)} of line {here.line} reach beyond what can be counted in strict order"
        raise OptionRejected(Breach(what, "goals", "name fewer goals, or weigh them in seconds")) from None
    return dict.fromkeys(GOALS, 0) | dict(zip(goals, weights, strict=True))


def _most(rules: Rules, here: Standing) -> dict[str, int]:
    """Bound how much of each kind of trouble any order of the sequenced machines can bring."""
    h, n = here.history, here.span - here.history
    has = np.asarray(rules.has)[: here.span]
    room = np.minimum(np.asarray(rules.out_of), has.sum(axis=0)) - np.asarray(rules.at_most)
    windows = np.maximum(room, 0) * (n + np.asarray(rules.out_of))
    must = np.array([int(str(r["priority"])) == 1 for r in here.facts.ratios], bool)
    slots = np.arange(h, here.span)
    due, ready = np.asarray(rules.due)[h : here.span], np.asarray(rules.ready)[h : here.span]
    beyond = np.maximum(np.asarray(rules.work)[h : here.span] - rules.takt, 0)
    pieces = np.asarray(rules.uses)
    return {
        "must": int(windows[must].sum()),
        "wished": int(windows[~must].sum()),
        "colour": n,
        "overload": int(beyond.sum()),
        "late": int(np.maximum(slots[-1:] - due, 0).sum()),
        "early": int(np.maximum(ready - h, 0).sum()),
        "moved": n,
        "level": 2 * n**3,
        "use": 2 * n**2 * int(pieces.sum() if pieces.size else 0),
    }
