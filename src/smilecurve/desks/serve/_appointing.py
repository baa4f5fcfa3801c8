"""Which appointment costs least a year, and what do the partners of today cost?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smilecurve.desks.serve._demand import WEEKS_YEAR
from smilecurve.desks.serve._jobs import Jobs
from smilecurve.desks.serve._offers import Field

__all__ = ["Found", "Plan", "choose_partners"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Row = Mapping[str, object]


@dataclass(frozen=True)
class Plan:
    """Who is appointed (offers,), and jobs a week that each area gives each (areas, offers)."""

    appointed: Flags
    given: Floats


@dataclass(frozen=True)
class Found:
    """The plan and what today's partners would be given, the yearly cost of both, and the least that any plan costs."""

    plan: Plan
    today: Plan
    value: float
    bound: float
    before: float


def choose_partners(
    offers: Sequence[Row], jobs: Jobs, field: Field, own_cost: float, years: float, nodes: int
) -> Found:
    """Appoint partners at least cost a year; today's are given what is cheapest among them, at their fees."""
    from smilecurve.solve.siting import appoint_sites

    def column(name: str) -> Floats:
        return np.array([float(str(o[name] or 0.0)) for o in offers])

    fee, change, room = (
        column("fee_year") / WEEKS_YEAR,
        column("change_cost") / (years * WEEKS_YEAR),
        column("week_jobs"),
    )
    now = np.array([bool(o["appointed"]) for o in offers])
    cost = np.where(field.may, field.job * jobs.week[:, None], np.inf)
    far = own_cost * jobs.week
    found = appoint_sites(
        cost, fee + np.where(now, -change, change), jobs.week, room, least=column("least_jobs"), far=far,
        apart=_apart(offers), whole=False, nodes=nodes,
    )  # fmt: skip
    as_is = appoint_sites(
        cost[:, now], np.zeros(int(now.sum())), jobs.week, room[now], far=far, whole=False, nodes=nodes
    )
    given_now = np.zeros(cost.shape)
    given_now[:, now] = as_is.share * jobs.week[:, None]
    stay = float(change[now].sum())
    return Found(
        Plan(found.open, found.share * jobs.week[:, None]),
        Plan(now, given_now),
        (found.value + stay) * WEEKS_YEAR,
        (found.bound + stay) * WEEKS_YEAR,
        (as_is.value + float(fee[now].sum())) * WEEKS_YEAR,
    )


def _apart(offers: Sequence[Row]) -> NDArray[np.int64]:
    """Pairs of partners of one market of which one wants to be the only one."""
    pairs = [
        (i, j)
        for i, one in enumerate(offers)
        for j, other in enumerate(offers[:i])
        if one["market"] == other["market"] and (one["exclusive"] or other["exclusive"])
    ]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)
