"""Who takes which shared tool when, so that routes which need it hold?

Method    routes are searched as if every shift that can draw a tool from a pool had it; where more shifts use it than
          the pool has pieces, those with the most at stake keep it, all others of the pool do without, and routes are
          searched again until nobody is missing a tool
Proof     the bound of the first search, in which tools were not scarce yet
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve._routing_terms import Left, Routes, Shifts, Visits

__all__ = ["Tools", "share_tools"]

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Tools:
    """Which tools a visit needs (visits, tools), a shift has of its own (shifts, tools) or can draw from a pool.

    pool     (shifts, tools) the pool, -1: none; a pool is one tool at one place on one day, pieces (pools,) are in it
    """

    need: Flags
    own: Flags
    pool: Ints
    pieces: Ints


def share_tools(route: Callable[[Shifts], Routes], visits: Visits, shifts: Shifts, tools: Tools) -> Routes:
    """Route these visits so that no pool gives more pieces than it has; a shift keeps what it takes to its end.

    route    finds routes for shifts, which differ from call to call in who is able alone
    A visit left out for want of a tool says so: nobody skilled has it ever (NO_TOOL), or all pieces are with others
    (TOOL_TAKEN).

    >>> from smilecurve.solve.routing import route_technicians
    >>> two = Visits(np.zeros(2), np.full(2, 9.0), np.array([5.0, 5.0]), np.array([99.0, 50.0]), np.zeros((2, 0), int))
    >>> can = np.ones((2, 2), bool)
    >>> day = Shifts(np.zeros(2), np.full(2, 9.0), np.zeros((2, 0), int), can, can)
    >>> one = Tools(np.ones((2, 1), bool), np.zeros((2, 1), bool), np.zeros((2, 1), int), np.array([1]))
    >>> got = share_tools(lambda s: route_technicians(np.zeros((5, 5)), two, s, rounds=20), two, day, one)
    >>> int(got.shift[0] >= 0), int(got.shift[1]), int(got.left[1]) == Left.NO_ROOM, got.cost
    (1, -1, True, 55.0)
    """
    barred = np.zeros(tools.own.shape, dtype=bool)
    first = got = route(replace(shifts, able=_able(shifts, tools, barred)))
    while (over := _overdrawn(got, visits, tools, barred)).any():
        barred = barred | over
        got = route(replace(shifts, able=_able(shifts, tools, barred)))
    able = shifts.able.any(axis=0)
    ever = _able(shifts, tools, np.zeros_like(barred)).any(axis=0)
    left = np.where((got.left == int(Left.NO_SKILL)) & able, int(Left.TOOL_TAKEN), got.left)
    left = np.where((got.shift < 0) & able & ~ever, int(Left.NO_TOOL), left)
    return replace(got, left=left, bound=min(first.bound, got.cost))


def _able(shifts: Shifts, tools: Tools, barred: Flags) -> Flags:
    """Who is able with the tools he has or can draw."""
    has = tools.own | ((tools.pool >= 0) & ~barred)
    lacks = tools.need.astype(np.int64) @ (~has).astype(np.int64).T
    return np.asarray(shifts.able & (lacks == 0).T)


def _overdrawn(got: Routes, visits: Visits, tools: Tools, barred: Flags) -> Flags:
    """(shifts, tools) who must do without: of each pool with too few pieces all but those who need it most."""
    stake = np.zeros(tools.own.shape)
    made = got.shift >= 0
    np.add.at(stake, got.shift[made], tools.need[made] * (visits.penalty[made, None] + 1e-9))
    stake[tools.own | (tools.pool < 0)] = 0.0
    out = np.zeros_like(barred)
    for pool, pieces in enumerate(tools.pieces.tolist()):
        members = tools.pool == pool
        if int((members & (stake > 0)).sum()) > pieces:
            shift, tool = np.nonzero(members)
            spare = np.argsort(-stake[shift, tool], kind="stable")[pieces:]
            out[shift[spare], tool[spare]] = True
    return out
