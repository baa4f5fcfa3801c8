"""solve.sequencing: what the incremental search says an order costs is what it costs; bounds hold; seeds repeat."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.solve.sequencing import Rules, judge, sequence


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
        work=rng.integers(50, 150, (n, stations)),
        length=rng.integers(110, 150, stations),
        takt=100,
        overload_weight=int(rng.integers(1, 3)),
        due=rng.integers(0, n, n),
        late_weight=int(rng.integers(0, 4)),
        reference=np.where(rng.random(n) < 0.8, rng.permutation(n), -1),
        move_weight=int(rng.integers(0, 4)),
        kind=rng.integers(0, 3, n),
        level_weight=int(rng.integers(0, 2)),
    )


def plain_cost(order: list[int], rules: Rules, history: int) -> list[int]:
    """The parts of the cost as the docstrings define them, slot by slot."""
    n, parts = len(order), [0] * 5
    has, work = np.asarray(rules.has), np.asarray(rules.work)
    for option, (most, span, weight) in enumerate(zip(rules.at_most, rules.out_of, rules.ratio_weight, strict=True)):
        for start in range(max(0, history - span + 1), n if rules.open_end else n - span + 1):
            parts[0] += weight * max(0, sum(has[u][option] for u in order[start : start + span]) - most)
    run = 0
    for slot in range(history, n):
        changed = slot > 0 and rules.colour[order[slot]] != rules.colour[order[slot - 1]]
        run = 1 if changed or slot == history else run + 1
        parts[1] += rules.colour_weight * changed + 7 * (0 < rules.batch_limit < run)
        unit = order[slot]
        parts[3] += rules.late_weight * max(0, slot - rules.due[unit])
        parts[3] += rules.move_weight * (rules.reference[unit] not in (-1, slot))
    for station, length in enumerate(rules.length):
        late = 0
        for slot in range(history, n):
            end = late + work[order[slot]][station]
            parts[2] += rules.overload_weight * max(0, end - length)
            late = max(0, min(end, length) - rules.takt)
    total = np.bincount([rules.kind[u] for u in order[history:]], minlength=3)
    seen = np.zeros(3, int)
    for slot in range(history, n):
        seen[rules.kind[order[slot]]] += 1
        parts[4] += rules.level_weight * int(np.abs((n - history) * seen - (slot + 1 - history) * total).sum())
    return parts


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 6))
def test_costs_and_bounds_agree_with_brute_force(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    rules, start = random_rules(n, rng), rng.permutation(n)
    history = int(rng.integers(0, 2))
    fixed = history + int(rng.integers(0, 2))
    assert list(judge(start, rules, history=history, fixed=fixed).parts.values()) == plain_cost(
        list(start), rules, history
    )
    found = sequence(start, rules, history=history, fixed=fixed, seed=seed, moves=4_000)
    assert list(found.order[:fixed]) == list(start[:fixed])
    assert found.cost == sum(plain_cost(list(found.order), rules, history))
    orders = ([*start[:fixed], *tail] for tail in itertools.permutations(start[fixed:]))
    every = [plain_cost(order, rules, history) for order in orders]
    assert found.bound <= min(sum(parts) for parts in every) <= found.cost
    for at, bound in enumerate(found.bounds.values()):
        assert bound <= min(parts[at] for parts in every)


@pytest.mark.parametrize("seed", range(8))
def test_the_search_keeps_its_books(seed: int) -> None:
    """On 40 units with every rule at work, the cost kept step by step equals the cost of the order counted anew."""
    from smilecurve.solve._sequencing_search import anneal
    from smilecurve.solve.sequencing import _facts, _state

    rng = np.random.default_rng(seed)
    rules, start = random_rules(40, rng), rng.permutation(40)
    facts = _facts(rules, start, 0)
    cost, order = anneal(facts, _state(facts, start), 3, seed, 4_000, 20.0, 1.0, 12, np.zeros(0, np.int64))
    assert sorted(order) == list(range(40))
    assert cost == sum(plain_cost(list(order), rules, 0))


def test_same_seed_same_order() -> None:
    rng = np.random.default_rng(0)
    rules, start = random_rules(60, rng), rng.permutation(60)
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
