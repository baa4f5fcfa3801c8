"""Which one choice per case earns most, when the choices share limited capacity?

Method    generalised assignment with several capacities as an integer program (HiGHS)
Proof     the dual bound of the same program; the linear relaxation gives what one more unit of capacity is worth
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

__all__ = ["Assignment", "assign_choices"]


@dataclass(frozen=True)
class Assignment:
    """The choice of each case (-1: none can be made), what it earns, the bound, the worth of capacity."""

    choice: Ints
    value: float
    bound: float
    capacity_worth: Floats
    used: Floats


def assign_choices(gain: Floats, need: Floats, capacity: Floats, *, seconds: float = 10.0) -> Assignment:
    """Decide one choice per case so that the total gain is largest and no capacity is exceeded.

    gain      (cases, choices); -inf where a case cannot take the choice
    need      (cases, choices, capacities) what the choice takes, at least 0
    capacity  (capacities,)
    Every case takes exactly one choice where it has any; a case without one keeps -1 and earns nothing.
    `bound` is what no assignment can exceed. Raises ValueError when no assignment keeps the capacities.

    >>> gain = np.array([[10.0, 1.0], [9.0, 4.0]])
    >>> need = np.array([[[1.0], [0.0]], [[1.0], [0.0]]])
    >>> got = assign_choices(gain, need, np.array([1.0]))
    >>> got.choice.tolist(), got.value, round(got.bound, 6)
    ([0, 1], 14.0, 14.0)
    """
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, linprog, milp

    cases = len(gain)
    allowed = np.isfinite(gain)
    case, choice = np.nonzero(allowed)
    if not len(case):
        return Assignment(np.full(cases, -1, np.int64), 0.0, 0.0, np.zeros(len(capacity)), np.zeros(len(capacity)))
    profit = gain[case, choice]
    column = np.arange(len(case))
    one = sparse.csr_array((np.ones(len(case)), (case, column)), shape=(cases, len(case)))
    one = one[np.nonzero(allowed.any(axis=1))[0]]
    takes = sparse.csr_array(need[case, choice].T)
    relaxed = linprog(-profit, A_ub=takes, b_ub=capacity, A_eq=one, b_eq=np.ones(one.shape[0]), bounds=(0, 1))
    if relaxed.status == 2:
        raise ValueError("no assignment keeps the capacities: give every case a choice that takes none")
    found = milp(
        -profit,
        constraints=[
            LinearConstraint(one, np.ones(one.shape[0]), np.ones(one.shape[0])),
            LinearConstraint(takes, -np.inf, capacity),
        ],
        integrality=np.ones(len(case)),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 1e-9, "time_limit": seconds},
    )
    if found.x is None:
        raise ValueError("no assignment keeps the capacities: give every case a choice that takes none")
    taken = found.x > 0.5
    chosen = np.full(cases, -1, dtype=np.int64)
    chosen[case[taken]] = choice[taken]
    value = float(profit[taken].sum())
    return Assignment(
        choice=chosen,
        value=value,
        bound=max(value, -float(found.mip_dual_bound)),
        capacity_worth=np.asarray(-relaxed.ineqlin.marginals, dtype=np.float64),
        used=np.asarray(takes[:, np.nonzero(taken)[0]].sum(axis=1), dtype=np.float64).ravel(),
    )
