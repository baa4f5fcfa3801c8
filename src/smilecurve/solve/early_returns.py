"""Which share comes back by each age, how sure is that, and how many would the others let expect?

Ages are steps of equal length; a stratum has, for each step, those watched through it and those of them that came back
in it. Shares are Kaplan & Meier's (1958); the limits are those of the summed hazard by a gamma law (Fay & Feuer 1997),
which hold with few events and with none.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["against_others", "share_back"]

Floats = npt.NDArray[np.float64]


def share_back(
    events: npt.ArrayLike, watched: npt.ArrayLike, *, confidence: float = 0.90
) -> tuple[Floats, Floats, Floats]:
    """Share back by the end of the last step of each stratum, with two-sided limits; NaN where a step was not watched.

    events, watched (strata, steps). Remission of 21 children (Freireich et al. 1963): by week 7 a share of
    1 - 0.857 x 0.941 = 0.193 has relapsed.

    >>> [round(float(v[0]), 3) for v in share_back([[3, 1]], [[21, 17]])]
    [0.193, 0.066, 0.38]
    """
    from smilecurve.solve.rates import weighted_limits

    back, at_risk = np.asarray(events, np.float64), np.asarray(watched, np.float64)
    known = (at_risk > 0).all(axis=1)
    weight = 1.0 / np.where(at_risk > 0, at_risk, 1.0)
    hazard, spread = (back * weight).sum(axis=1), (back * weight**2).sum(axis=1)
    low, high = weighted_limits(hazard, spread, weight.max(axis=1, initial=0.0), confidence=confidence)
    share = 1.0 - np.prod(1.0 - np.minimum(back * weight, 1.0), axis=1)
    found = (share, np.minimum(1.0 - np.exp(-low), share), np.maximum(1.0 - np.exp(-high), share))
    return tuple(np.where(known, v, np.nan) for v in found)  # type: ignore[return-value]


def against_others(events: npt.ArrayLike, watched: npt.ArrayLike, group: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Events that each stratum would have at the rates of all others of its group, and the chance of so many by luck.

    Given the sum of both, the events of a stratum are binomial (Przyborowski & Wilenski 1940); steps in which no other
    was watched are not compared. NaN where nothing is compared. Three of 10 against 2 of 40: 10 x 2 / 40 = 0.5 are
    expected, and C(5, 3) 0.2^3 0.8^2 + C(5, 4) 0.2^4 0.8 + 0.2^5 = 0.058.

    >>> [v.round(3).tolist() for v in against_others([[3], [2]], [[10], [40]], [0, 0])]
    [[0.5, 12.0], [0.058, 0.993]]
    """
    from scipy.special import betainc

    back, at_risk = np.asarray(events, np.float64), np.asarray(watched, np.float64)
    of = np.unique(np.asarray(group), return_inverse=True)[1].reshape(-1)
    total = np.zeros((int(of.max(initial=-1)) + 1, *back.shape[1:]))
    all_back, all_risk = total.copy(), total
    np.add.at(all_back, of, back)
    np.add.at(all_risk, of, at_risk)
    other_back, other_risk = all_back[of] - back, all_risk[of] - at_risk
    both = (other_risk > 0) & (at_risk > 0)
    expected = np.where(both, at_risk * other_back / np.where(both, other_risk, 1.0), 0.0).sum(axis=1)
    own = np.where(both, back, 0.0).sum(axis=1)
    others = np.where(both, other_back, 0.0).sum(axis=1)
    reach = np.where(both, at_risk, 0.0).sum(axis=1)
    other_reach = np.where(both, other_risk, 0.0).sum(axis=1)
    compared = both.any(axis=1)
    # The odds are those of the expected count; without any event of the others, those of the watched.
    odds = np.where(others > 0, expected / np.where(others > 0, others, 1.0), reach / np.maximum(other_reach, 1.0))
    luck = np.where(own > 0, betainc(np.maximum(own, 1e-9), others + 1.0, odds / (1.0 + odds)), 1.0)
    return np.where(compared, expected, np.nan), np.where(compared, luck, np.nan)
