"""solve.sequencing: what the incremental search says an order costs is what it costs; bounds hold; seeds repeat."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve._sequencing_batches import within_limit
from smilecurve.solve._sequencing_books import book_of, kin_of
from smilecurve.solve._sequencing_facts import facts_of, state_of
from smilecurve.solve._sequencing_roam import MOVES, Aim, roam
from smilecurve.solve.sequencing import (
    PARTS,
    BeyondLimit,
    Rules,
    judge,
    least_beyond_limit,
    sequence,
    strict_weights,
    swap,
)


def random_rules(n: int, rng: np.random.Generator) -> Rules:
    options, stations = rng.integers(0, 4), rng.integers(0, 4)
    span = rng.integers(1, 5, options)
    return Rules(
        has=rng.integers(0, 2, (n, options)),
        at_most=np.minimum(rng.integers(1, 3, options), span),
        out_of=span,
        ratio_weight=rng.integers(1, 20, options),
        open_end=bool(rng.integers(2)),
        colour=rng.integers(0, 3, n),
        colour_weight=int(rng.integers(0, 5)),
        batch_limit=int(rng.integers(0, 4)),
        batch_weight=7,
        batch_hard=bool(rng.integers(2)),
        work=rng.integers(50, 150, (n, stations)),
        length=rng.integers(70, 150, stations),
        drift=rng.integers(0, 30, stations),
        takt=100,
        overload_weight=int(rng.integers(1, 3)),
        due=rng.integers(0, n, n),
        late_weight=int(rng.integers(0, 4)),
        ready=rng.integers(0, n, n),
        early_weight=int(rng.integers(0, 4)),
        reference=np.where(rng.random(n) < 0.8, rng.permutation(n), -1),
        move_weight=int(rng.integers(0, 4)),
        kind=rng.integers(0, 3, n),
        level_weight=int(rng.integers(0, 2)),
        uses=rng.integers(0, 4, (n, 2)),
        use_weight=int(rng.integers(0, 2)),
    )


def plain_cost(order: list[int], rules: Rules, history: int) -> list[int]:
    """The parts of the cost as the docstrings define them, slot by slot."""
    n, parts = len(order), [0] * 7
    has, work = np.asarray(rules.has), np.asarray(rules.work)
    for option, (most, span, weight) in enumerate(zip(rules.at_most, rules.out_of, rules.ratio_weight, strict=True)):
        for start in range(max(0, history - span + 1), n if rules.open_end else n - span + 1):
            parts[0] += weight * max(0, sum(has[u][option] for u in order[start : start + span]) - most)
    run = 0
    for slot in range(history, n):
        changed = slot > 0 and rules.colour[order[slot]] != rules.colour[order[slot - 1]]
        run = 1 if changed or slot == history else run + 1
        parts[1] += rules.colour_weight * changed
        parts[2] += 7 * (0 < rules.batch_limit < run)
        unit = order[slot]
        parts[4] += rules.late_weight * max(0, slot - rules.due[unit])
        parts[4] += rules.early_weight * max(0, rules.ready[unit] - slot)
        parts[4] += rules.move_weight * (rules.reference[unit] not in (-1, slot))
    for station, (length, drift) in enumerate(zip(rules.length, rules.drift, strict=True)):
        begin = 0
        for slot in range(history, n):
            end = begin + work[order[slot]][station]
            parts[3] += rules.overload_weight * max(0, end - length - drift)
            begin = max(-drift, min(end, length + drift) - rules.takt)
    amounts = np.array([[rules.kind[u] == k for k in range(3)] for u in range(n)]).astype(int)
    for at, weight, amount in ((5, rules.level_weight, amounts), (6, rules.use_weight, np.asarray(rules.uses))):
        total, seen = amount[order[history:]].sum(axis=0), 0
        for slot in range(history, n):
            seen = seen + amount[order[slot]]
            parts[at] += weight * int(np.abs((n - history) * seen - (slot + 1 - history) * total).sum())
    return parts


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 6))
def test_costs_and_bounds_agree_with_brute_force(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    rules, start = random_rules(n, rng), rng.permutation(n)
    history = int(rng.integers(0, 2))
    fixed = min(history + int(rng.integers(0, 5)), n)
    held = {"history": history, "fixed": fixed}
    assert list(judge(start, rules, **held).parts.values()) == plain_cost(list(start), rules, history)
    found = sequence(start, rules, seed=seed, moves=4_000, **held)
    assert list(found.order[:fixed]) == list(start[:fixed])
    assert found.cost == sum(plain_cost(list(found.order), rules, history))
    every = [plain_cost([*start[:fixed], *tail], rules, history) for tail in itertools.permutations(start[fixed:])]
    told = least_beyond_limit(start, rules, **held)
    beyond = told.known + told.beyond
    assert beyond * 7 == min(parts[2] for parts in every)
    if rules.batch_hard:
        assert found.parts["batch"] == beyond * 7
        every = [parts for parts in every if parts[2] == beyond * 7]
    assert found.bound <= min(sum(parts) for parts in every) <= found.cost
    for at, part in enumerate(PARTS):
        assert found.bounds[part] <= min(parts[at] for parts in every)
    together = sum(found.bounds[part] for part in ("colour", "place", "together"))
    assert together <= min(parts[1] + parts[4] for parts in every)


def least_excess_by_patterns(before: list[int], slots: int, wanted: int, most: int, span: int, open_end: bool) -> int:
    """Least excess of one option by (last span - 1 slots, units placed): exact, and exponential in the span."""
    states = {(tuple(before[max(len(before) - span + 1, 0) :]), 0): 0}
    for slot in range(slots + (span - 1 if open_end else 0)):
        after: dict[tuple[tuple[int, ...], int], int] = {}
        for (pattern, placed), cost in states.items():
            for take in (0, 1) if slot < slots and placed < wanted else (0,):
                window = (*pattern, take)
                whole = len(before) + slot + 1 >= span
                key = (window[max(len(window) - span + 1, 0) :], placed + take)
                more = max(0, sum(window) - most) if whole else 0
                after[key] = min(after.get(key, cost + more), cost + more)
        states = after
    return min(cost for (_, placed), cost in states.items() if placed == wanted)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 16), st.integers(1, 6), st.booleans())
def test_the_least_excess_of_one_option_is_found(seed: int, n: int, span: int, open_end: bool) -> None:
    rng = np.random.default_rng(seed)
    most, held = int(rng.integers(1, span + 1)), int(rng.integers(0, n))
    has = (rng.random(n) < rng.random()).astype(np.int64)
    rules = Rules(has=has[:, None], at_most=[most], out_of=[span], ratio_weight=[1], open_end=open_end)
    bound = judge(range(n), rules, history=held).bounds["ratio"]
    assert bound == least_excess_by_patterns(list(has[:held]), n - held, int(has[held:].sum()), most, span, open_end)


def test_colours_and_places_cost_more_together() -> None:
    """Six units that alternate in colour: as they stand they cost five changes at 3, with the second and the fifth
    swapped one change and two units out of place at 2: 7. Colours alone would cost 3, places alone nothing.
    """
    rules = Rules(colour=[1, 2, 1, 2, 1, 2], colour_weight=3, reference=range(6), move_weight=2)
    found = judge(range(6), rules)
    assert (found.bounds["colour"], found.bounds["place"]) == (3, 0)
    assert (
        3 < found.bound <= min(judge(order, rules, bounds={}).cost for order in itertools.permutations(range(6))) == 7
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_a_swap_and_its_undoing_cost_what_the_order_costs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rules, start = random_rules(12, rng), rng.permutation(12)
    left, right = (int(slot) for slot in rng.choice(np.arange(2, 12), 2, replace=False))
    before = judge(start, rules, history=1, fixed=2)
    after = swap(before, rules, left, right, history=1, fixed=2)
    assert after.parts == judge(after.order, rules, history=1, fixed=2).parts
    assert after.bounds == judge(after.order, rules, history=1, fixed=2).bounds
    back = swap(after, rules, left, right, history=1, fixed=2)
    assert (back.order.tobytes(), back.parts) == (before.order.tobytes(), before.parts)
    with pytest.raises(ValueError, match="not both free"):
        swap(before, rules, 1, 5, history=1, fixed=2)


def test_open_stations_by_hand() -> None:
    """Takt 10, length 10. Work 7, 13, 13: the closed worker starts at 0, 0, 0 and lacks 3 twice. One who may go 2 out
    at either end starts the second unit 2 before its entry (0 + 7 - 10 = -3, not below -2), ends it at 11, starts the
    third at 1, ends it at 14 and lacks 2.
    """
    rules = {"work": [[7], [13], [13]], "length": [10], "takt": 10}
    closed, opened = judge(range(3), Rules(**rules)), judge(range(3), Rules(**rules, drift=[2]))
    assert (closed.cost, closed.beyond.tolist(), closed.begins.tolist()) == (6, [[0, 3, 3]], [[0, 0, 0]])
    assert (opened.cost, opened.beyond.tolist(), opened.begins.tolist()) == (2, [[0, 0, 2]], [[0, -2, 1]])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 30))
def test_a_hard_limit_that_can_hold_holds(seed: int, n: int) -> None:
    """Whatever else costs, the search keeps a limit that some order keeps, and does not move what is fixed."""
    rng = np.random.default_rng(seed)
    rules = random_rules(n, rng)
    rules = replace(rules, batch_hard=True, batch_limit=int(rng.integers(1, 4)), batch_weight=1, colour_weight=50)
    start = rng.permutation(n)
    found = sequence(start, rules, fixed=1, seed=seed, moves=3_000)
    told = least_beyond_limit(start, rules, fixed=1)
    assert (found.parts["batch"], told.known) == (told.beyond, 0)
    assert found.order[0] == start[0]
    if told.beyond:
        assert told.many + told.running > rules.batch_limit * (told.others + 1)
        assert told.many == sum(rules.colour[unit] == told.colour for unit in start[1:])


def test_fixed_units_beyond_the_limit_are_told_apart() -> None:
    """1 1 1 fixed at 2 in a row: one is beyond already, and 2 2 3 behind them can be parted; 1 1 2 behind them need not
    add any only if 2 comes first and one 1 is not there.
    """
    parted = least_beyond_limit(range(6), Rules(colour=[1, 1, 1, 2, 2, 3], batch_limit=2), fixed=3)
    assert parted == BeyondLimit(known=1, beyond=0)
    more = least_beyond_limit(range(7), Rules(colour=[1, 1, 1, 2, 1, 1, 1], batch_limit=2), fixed=3)
    assert more == BeyondLimit(known=1, beyond=1, colour=1, many=3, others=1, running=3)
    rules = Rules(colour=[1, 1, 1, 2, 2, 3], batch_limit=2, batch_hard=True, batch_weight=5, colour_weight=1)
    found = sequence(range(6), rules, fixed=3, moves=2_000)
    assert (found.cost, found.bound, found.parts["batch"]) == (7, 7, 5)


def test_a_worker_who_may_begin_out_of_a_short_station() -> None:
    """Length 6, drift 1, takt 8. Work 7 then 9: he begins at 0, is 1 ahead, so ends at 8 and lacks 1; 9 then 7: he lacks
    2 at once. The bound is 1 too.
    """
    rules = Rules(work=[[7], [9]], length=[6], drift=[1], takt=8)
    assert [judge(order, rules).cost for order in ([0, 1], [1, 0])] == [1, 2]
    found = sequence([1, 0], rules, moves=2_000)
    assert (found.cost, found.bound, found.order.tolist()) == (1, 1, [0, 1])


def test_strict_weights_rank() -> None:
    high, middle, low = strict_weights([7, 30, 20])
    assert high > 30 * middle + 20 * low
    assert middle > 20 * low
    with pytest.raises(OverflowError, match="strict goals"):
        strict_weights([10**9, 10**9, 10**9])


def windows_only(n: int, rng: np.random.Generator) -> Rules:
    """Rules of options and colours alone, some windows wider than a word of bits."""
    options = int(rng.integers(1, 5))
    span = rng.choice([1, 2, 3, 5, 8, 70], options)
    return Rules(
        has=rng.integers(0, 2, (n, options)),
        at_most=np.minimum(rng.integers(1, 4, options), span),
        out_of=span,
        ratio_weight=rng.choice([1, 100], options),
        open_end=bool(rng.integers(2)),
        colour=rng.integers(0, 4, n),
        colour_weight=int(rng.choice([0, 10, 1000])),
        batch_limit=int(rng.integers(0, 4)),
        batch_weight=10**4,
        batch_hard=True,
    )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 6))
def test_strict_goals_agree_with_brute_force(seed: int, n: int) -> None:
    """Options and colours alone are searched by their own books: same costs, a bound that holds, and the best of all
    where some order keeps the batch limit.
    """
    rng = np.random.default_rng(seed)
    rules, start = windows_only(n, rng), rng.permutation(n)
    history = int(rng.integers(0, 2))
    found = sequence(start, rules, history=history, fixed=history, seed=seed, moves=20_000)
    every = [
        judge([*start[:history], *tail], rules, history=history, bounds={}).cost
        for tail in itertools.permutations(start[history:])
    ]
    assert found.bound <= min(every) <= found.cost
    assert found.cost == min(every) or least_beyond_limit(start, rules, history=history, fixed=history).beyond


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(20, 120), st.sampled_from(MOVES))
def test_every_move_keeps_the_books(seed: int, n: int, move: str) -> None:
    """After moves of one kind, taken hot, the cost kept step by step and all counts are those of a fresh count; what
    is fixed stays, and the batch limit is kept.
    """
    rng = np.random.default_rng(seed)
    rules, start = windows_only(n, rng), rng.permutation(n)
    facts = facts_of(rules, start, 3)
    start = within_limit(facts, start, 5) if rules.batch_limit else start
    book, best, before = book_of(facts, start), start.copy(), judge(start, rules, history=3, fixed=5)
    aim = Aim(
        facts.ratio_weight, facts.colour_weight, 1 << 60, np.where(np.arange(len(MOVES)) < MOVES.index(move), 0, 1024)
    )
    costs = np.repeat(before.cost - before.parts["batch"], 2)
    roam(book, kin_of(facts, start, 5), aim, 5, np.array([seed + 1], np.uint64), 500, 300.0, costs, best)
    after, fresh = judge(book.unit, rules, history=3, fixed=5), book_of(facts, book.unit)
    assert sorted(book.unit) == list(range(n))
    assert list(book.unit[:5]) == list(start[:5])
    assert after.parts["batch"] <= before.parts["batch"]
    assert costs[0] == after.cost - after.parts["batch"]
    for kept, anew in zip(book, fresh, strict=True):
        assert np.array_equal(kept, anew)


def test_the_clock_ends_the_search() -> None:
    """Given seconds instead of moves the search ends, and never behind its start."""
    rng = np.random.default_rng(1)
    rules, start = random_rules(30, rng), rng.permutation(30)
    assert sequence(start, rules, seconds=0.05).cost <= judge(start, rules).cost


@pytest.mark.parametrize("seed", range(8))
def test_the_search_keeps_its_books(seed: int) -> None:
    """On 40 units with every rule at work, the cost kept step by step equals the cost of the order counted anew."""
    from smilecurve.solve._sequencing_kernels import total_cost
    from smilecurve.solve._sequencing_search import anneal

    rng = np.random.default_rng(seed)
    rules, start = random_rules(40, rng), rng.permutation(40)
    facts = facts_of(rules, start, 0)
    state, best = state_of(facts, start), start.copy()
    costs = np.repeat(total_cost(facts, state).sum(), 2)
    anneal(facts, state, best, costs, 3, seed, 4_000, 20.0, np.zeros(0, np.int64))
    assert sorted(best) == sorted(state.order) == list(range(40))
    assert list(costs) == [sum(plain_cost(list(order), rules, 0)) for order in (state.order, best)]


def test_same_seed_same_order() -> None:
    rng = np.random.default_rng(0)
    rules, start = random_rules(60, rng), rng.permutation(60)
    one, two = (sequence(start, rules, seed=4, moves=20_000) for _ in range(2))
    assert one.order.tobytes() == two.order.tobytes()
    rules = windows_only(60, rng)
    one, two = (sequence(start, rules, seed=4, moves=20_000) for _ in range(2))
    assert one.order.tobytes() == two.order.tobytes()
    with pytest.raises(ValueError, match="stands twice"):
        sequence([1, 1], Rules())


def test_csplib_instances(shared_data: Path) -> None:
    """CSPLib prob001: three of the easy instances are solved without violation; p07 of the classic set as well."""
    folder = shared_data / "line/carseq/csplib001"
    for name in ("easy/p09", "easy/p30", "easy/p50", "hard/p07"):
        lines = (folder / f"{name}.txt").read_text().splitlines()
        rows = [[int(v) for v in line.split()] for line in lines if line.strip() and not line.startswith("%")]
        has = [row[2:] for row in rows[3:] for _ in range(row[1])]
        rules = Rules(has=has, at_most=rows[1], out_of=rows[2], ratio_weight=[1] * len(rows[1]))
        found = sequence(np.arange(len(has)), rules, seed=1)
        assert (name, found.cost, found.bound) == (name, 0, 0)


def test_mixed_model_instances(shared_data: Path) -> None:
    """The small lines meet the optimum that a constraint solver proved, on three of four our own bound proves it."""
    proved = 0
    for name in ("S00", "S01", "S02", "S03"):
        case = json.loads((shared_data / f"line/mmsp/{name}.json").read_text())
        reference = json.loads((shared_data / "line/mmsp/reference.json").read_text())[name]
        kind = np.repeat(np.arange(len(case["demand"])), case["demand"])
        rules = Rules(work=np.array(case["times"])[kind], length=case["station_length"], takt=case["takt"])
        found = sequence(np.arange(kind.size), rules, seed=1, moves=100_000)
        assert reference["cp"][0] == "OPTIMAL"
        assert found.bound <= found.cost == reference["cp"][1]
        proved += found.bound == found.cost
    assert proved >= 3


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 9))
def test_names_and_units_of_time_change_nothing(seed: int, times: int) -> None:
    """Units numbered otherwise cost the same in the same order; times, takt, lengths and drift in another unit scale
    the overload and its bound, nothing else.
    """
    rng = np.random.default_rng(seed)
    rules, start = random_rules(10, rng), rng.permutation(10)
    number = rng.permutation(10)
    by_unit = ("has", "colour", "work", "due", "ready", "reference", "kind", "uses")
    old_of = np.argsort(number)
    renamed = replace(rules, **{name: np.asarray(getattr(rules, name))[old_of] for name in by_unit})
    one, other = judge(start, rules, fixed=2), judge(number[start], renamed, fixed=2)
    assert (one.parts, one.bounds) == (other.parts, other.bounds)
    scaled = {name: np.asarray(getattr(rules, name)) * times for name in ("work", "length", "drift")}
    slower = judge(start, replace(rules, takt=rules.takt * times, **scaled), fixed=2)
    assert slower.parts == one.parts | {"overload": one.parts["overload"] * times}
    assert slower.bounds == one.bounds | {"overload": one.bounds["overload"] * times}


def test_units_most_alike_are_found() -> None:
    """Of four kinds of options, 11 10 00 and 11 again, 10 is one option from 11 and one from 00; 11 and 00 are two."""
    facts = facts_of(Rules(has=[[1, 1], [1, 0], [0, 0], [1, 1]], at_most=[1, 1], out_of=[2, 2]), np.arange(4), 0)
    kin = kin_of(facts, np.arange(4), 0)
    assert [kin.like[kin.kind[unit]].tolist() for unit in range(4)] == [[1, 2], [0, 2], [1, 0], [1, 2]]
    assert kin_of(facts, np.array([0, 3]), 0).like.size == 0
