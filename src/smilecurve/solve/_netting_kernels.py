"""Compiled walks of solve.netting: levels, netting with pegging, and the way up."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
EPS = 1e-9


@njit(cache=True)
def levels_of(items: int, parent: Ints, child: Ints) -> tuple[Ints, int]:
    """Longest-path level of every item (Kahn 1962), -1 for items in or below a cycle, and how many were reached."""
    waits = np.zeros(items, np.int64)
    start = np.zeros(items + 1, np.int64)
    for line in range(len(parent)):
        waits[child[line]] += 1
        start[parent[line] + 1] += 1
    for item in range(items):
        start[item + 1] += start[item]
    place = start.copy()
    below = np.empty(len(parent), np.int64)
    for line in range(len(parent)):
        below[place[parent[line]]] = child[line]
        place[parent[line]] += 1
    level = np.full(items, -1, np.int64)
    deepest = np.zeros(items, np.int64)
    queue = np.empty(items, np.int64)
    tail = 0
    for item in range(items):
        if waits[item] == 0:
            level[item], queue[tail] = 0, item
            tail += 1
    head = 0
    while head < tail:
        item = queue[head]
        head += 1
        for line in range(start[item], start[item + 1]):
            lower = below[line]
            deepest[lower] = max(deepest[lower], level[item] + 1)
            waits[lower] -= 1
            if waits[lower] == 0:
                level[lower] = deepest[lower]
                queue[tail] = lower
                tail += 1
    return level, tail


def cycle_among(level: Ints, parent: Ints, child: Ints) -> list[int]:
    """One cycle, parent to component, among items without level: every such item has such a parent; walk up."""
    above = {int(c): int(p) for p, c in zip(parent, child, strict=True) if level[c] < 0 and level[p] < 0}
    walk = [next(iter(above))]
    while walk[-1] not in walk[:-1]:
        walk.append(above[walk[-1]])
    loop = walk[walk.index(walk[-1]) :][::-1]
    least = loop.index(min(loop))
    return loop[least:-1] + loop[:least] + [loop[least]]


@njit(cache=True)
def _lot(short: float, least: float, multiple: float, scrap: float) -> float:
    size = max(least, short / (1.0 - scrap))
    if multiple > 0.0:
        size = np.ceil(size / multiple - EPS) * multiple
    return float(size)


@njit(cache=True)
def net_item(
    day: Ints, quantity: Floats, stock: float, receipt_day: Ints, receipt: Floats, lot: tuple[float, float, float]
) -> tuple[Ints, Floats, Floats, Ints, Ints, Ints, Floats, float]:
    """One item: needs and receipts sorted by day; changes `receipt` to what is left of each.

    Returns the orders (due day, quantity, left over), the pegs (kind 0 stock, 1 receipt, 2 order; row; need; quantity)
    and the stock left. At every moment stock comes first, then the rest of the last order, then receipts already in.
    """
    count = len(day)
    due, size, left = np.empty(count, np.int64), np.empty(count), np.empty(count)
    room = 2 * count + len(receipt) + 1
    kind, source, node = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    pegged = np.empty(room)
    orders, pegs, came = 0, 0, 0
    for place in range(count):
        short = quantity[place]
        while short > EPS:
            if stock > EPS:
                kind[pegs], source[pegs], take = 0, 0, min(short, stock)
                stock -= take
            elif orders > 0 and left[orders - 1] > EPS:
                kind[pegs], source[pegs], take = 2, orders - 1, min(short, left[orders - 1])
                left[orders - 1] -= take
            elif came < len(receipt) and receipt_day[came] <= day[place]:
                if receipt[came] <= EPS:
                    came += 1
                    continue
                kind[pegs], source[pegs], take = 1, came, min(short, receipt[came])
                receipt[came] -= take
            else:
                total, ahead = short, place + 1
                while ahead < count and day[ahead] == day[place]:
                    total += quantity[ahead]
                    ahead += 1
                due[orders], size[orders] = day[place], _lot(total, lot[0], lot[1], lot[2])
                left[orders] = size[orders] * (1.0 - lot[2])
                orders += 1
                continue
            short -= take
            node[pegs], pegged[pegs] = place, take
            pegs += 1
    return due[:orders], size[:orders], left[:orders], kind[:pegs], source[:pegs], node[:pegs], pegged[:pegs], stock


@njit(cache=True)
def _ints(values: Ints, used: int, more: int) -> Ints:
    """`values` with room for `more` after the `used`."""
    if used + more <= len(values):
        return values
    longer = np.empty(2 * (used + more) + 64, np.int64)
    for place in range(used):
        longer[place] = values[place]
    return longer


@njit(cache=True)
def _floats(values: Floats, used: int, more: int) -> Floats:
    if used + more <= len(values):
        return values
    longer = np.empty(2 * (used + more) + 64, np.float64)
    for place in range(used):
        longer[place] = values[place]
    return longer


@njit(cache=True)
def _chain(first: int, after: Ints, day: Ints) -> tuple[Ints, Ints]:
    """The needs hung on one item and their days, sorted by day (merge sort); equal days keep the order of the chain."""
    count, node = 0, first
    while node >= 0:
        count, node = count + 1, after[node]
    mine, spare, node = np.empty(count, np.int64), np.empty(count, np.int64), first
    for place in range(count):
        mine[place], node = node, after[node]
    width = 1
    while width < count:
        for low in range(0, count, 2 * width):
            middle, high = min(low + width, count), min(low + 2 * width, count)
            left, right = low, middle
            for place in range(low, high):
                if left < middle and (right >= high or day[mine[left]] <= day[mine[right]]):
                    spare[place], left = mine[left], left + 1
                else:
                    spare[place], right = mine[right], right + 1
        mine, spare, width = spare, mine, 2 * width
    for place in range(count):
        spare[place] = day[mine[place]]
    return mine, spare


@njit(cache=True)
def run(
    turn: Ints,
    lines: tuple[Ints, Ints, Floats, Ints, Ints],
    supply: tuple[Ints, Ints, Floats],
    want: tuple[Ints, Ints, Floats],
    on_hand: Floats,
    lots: tuple[Ints, Floats, Floats, Floats],
) -> tuple[Ints, Floats, Ints, Ints, Ints, Ints, Floats, Ints, Ints, Ints, Ints, Ints, Floats, Floats, Floats, Floats]:
    """All items in the order of `turn`, receipts sorted by item and day; the arrays of netting.Explosion."""
    start, child, per, from_day, until_day = lines
    at, receipt_day, receipt_quantity = supply
    lead, lot_min, multiple, scrap = lots
    needs = len(want[0])
    need_item, need_day, need_quantity = want[0].copy(), want[1].copy(), want[2].copy()
    need_order, need_demand = np.full(needs, -1, np.int64), np.arange(needs)
    after, first = np.empty(needs, np.int64), np.full(len(on_hand), -1, np.int64)
    for row in range(needs - 1, -1, -1):
        after[row], first[want[0][row]] = first[want[0][row]], row
    none, nought = np.empty(0, np.int64), np.empty(0)
    order_item, order_release, order_due, peg_kind, peg_supply, peg_need = none, none, none, none, none, none
    order_quantity, order_left, peg_quantity = nought, nought, nought
    orders, pegs = 0, 0
    stock_left, receipt_left = on_hand.copy(), receipt_quantity.copy()
    for step in range(len(turn)):
        item = turn[step]
        if first[item] < 0:
            continue
        mine, day = _chain(first[item], after, need_day)
        quantity = np.empty(len(mine))
        for place in range(len(mine)):
            quantity[place] = need_quantity[mine[place]]
        begin, end = at[item], at[item + 1]
        lot = (lot_min[item], multiple[item], scrap[item])
        due, size, left, kind, source, node, pegged, stock_left[item] = net_item(
            day, quantity, on_hand[item], receipt_day[begin:end], receipt_left[begin:end], lot
        )
        peg_kind, peg_supply = _ints(peg_kind, pegs, len(kind)), _ints(peg_supply, pegs, len(kind))
        peg_need, peg_quantity = _ints(peg_need, pegs, len(kind)), _floats(peg_quantity, pegs, len(kind))
        for peg in range(len(kind)):
            peg_kind[pegs], peg_need[pegs], peg_quantity[pegs] = kind[peg], mine[node[peg]], pegged[peg]
            row = source[peg]
            peg_supply[pegs] = item if kind[peg] == 0 else begin + row if kind[peg] == 1 else orders + row
            pegs += 1
        made = len(due)
        order_item, order_release = _ints(order_item, orders, made), _ints(order_release, orders, made)
        order_due, order_quantity = _ints(order_due, orders, made), _floats(order_quantity, orders, made)
        order_left = _floats(order_left, orders, made)
        more = made * (start[item + 1] - start[item])
        need_item, need_day = _ints(need_item, needs, more), _ints(need_day, needs, more)
        need_order, need_demand = _ints(need_order, needs, more), _ints(need_demand, needs, more)
        need_quantity, after = _floats(need_quantity, needs, more), _ints(after, needs, more)
        for place in range(made):
            order_item[orders], order_due[orders], order_quantity[orders] = item, due[place], size[place]
            release = due[place] - lead[item]
            order_release[orders], order_left[orders] = release, left[place]
            for line in range(start[item], start[item + 1]):
                if from_day[line] <= release < until_day[line]:
                    lower = child[line]
                    need_item[needs], need_day[needs] = lower, release
                    need_quantity[needs] = size[place] * per[line]
                    need_order[needs], need_demand[needs] = orders, -1
                    after[needs], first[lower] = first[lower], needs
                    needs += 1
            orders += 1
    return (
        order_item[:orders],
        order_quantity[:orders],
        order_release[:orders],
        order_due[:orders],
        need_item[:needs],
        need_day[:needs],
        need_quantity[:needs],
        need_order[:needs],
        need_demand[:needs],
        peg_kind[:pegs],
        peg_supply[:pegs],
        peg_need[:pegs],
        peg_quantity[:pegs],
        stock_left,
        receipt_left,
        order_left[:orders],
    )


@njit(cache=True)
def follow_up(
    orders: int, peg_kind: Ints, peg_supply: Ints, peg_need: Ints, need_order: Ints, need_demand: Ints
) -> Ints:
    """The given demand that each planned order's first peg leads up to."""
    up = np.full(orders, -1, np.int64)
    for peg in range(len(peg_kind)):
        order = peg_supply[peg]
        if peg_kind[peg] != 2 or up[order] >= 0:
            continue
        need = peg_need[peg]
        up[order] = need_demand[need] if need_order[need] < 0 else up[need_order[need]]
    return up
