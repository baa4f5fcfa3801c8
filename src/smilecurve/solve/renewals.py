"""How often does a component fail that is replaced whenever it fails, as its place ages?

The renewal equation in steps (Feller 1971, chapter XI): a failure at an age is the first one of its place, or the first
of a replacement that went in at an earlier failure. Young places fail as lives do; old ones, whose components were
replaced at different times, at a rate that settles at one a mean life.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["failures_by_age"]

Floats = npt.NDArray[np.float64]


def failures_by_age(cumulative: npt.ArrayLike) -> Floats:
    """Failures expected of a place in each step of its age: (lives, steps).

    cumulative: cumulative hazard of a life at the ends of the steps (lives, steps). Within one step a place fails once
    at most.

    A component that lives two steps for sure fails in every second one:

    >>> failures_by_age([[0.0, 50.0, 50.0, 50.0]]).round(3).tolist()
    [[0.0, 1.0, 0.0, 1.0]]
    """
    ended = np.atleast_2d(-np.expm1(-np.asarray(cumulative, np.float64)))
    first = np.diff(ended, axis=1, prepend=0.0)
    found = first.copy()
    for step in range(1, first.shape[1]):
        found[:, step] += (found[:, :step] * first[:, step - 1 :: -1]).sum(axis=1)
    return found
