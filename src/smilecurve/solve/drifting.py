"""Are some causes found ever more often, and how much does an older finding count towards the shares of today?

Method    multinomial logit with a straight line of time for every cause, ridge on the slopes; several widths of the
          slopes, among them none at all, weighed by how likely each makes what was found (Laplace's approximation:
          MacKay, Information Theory, 2003, ch. 27 and 28)
Proof     the weighted findings have the shares of the fitted line at its end
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["today_weights"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BINS = 24
FEWEST = 60
SPREADS = (1e-3, 0.3, 0.6, 1.2)
LEVEL = 4.0
CLIP = 4.0


def today_weights(day: Floats, cause: Ints, causes: int) -> Floats:
    """Return how much each finding counts towards today's shares: the share of its cause today over that of its day.

    day (findings,) rising; cause (findings,) numbers below `causes`. All 1 where fewer than FEWEST are known.

    >>> weight = today_weights(np.arange(300.0), np.repeat([0, 1, 0, 1, 1], 60), 2)
    >>> bool(weight[0] < 1.0 < weight[61])
    True
    """
    flat = np.ones(len(day))
    if len(day) < FEWEST or day[-1] <= day[0] or causes < 2:
        return flat
    time = (day - day[-1]) / (day[-1] - day[0])
    bin_of = np.minimum(((1.0 + time) * BINS).astype(np.int64), BINS - 1)
    counts = np.zeros((BINS, causes))
    np.add.at(counts, (bin_of, cause), 1.0)
    middle = (np.arange(BINS) + 0.5) / BINS - 1.0
    fits = [_fitted(counts, middle, spread) for spread in SPREADS]
    told = np.array([evidence for evidence, _ in fits])
    chance = np.exp(told - told.max())
    chance[0] *= len(SPREADS) - 1
    weight = np.zeros(len(day))
    for share, (_, (level, slope)) in zip(chance / chance.sum(), fits, strict=True):
        then = level[None, :] + slope[None, :] * time[:, None]
        then = np.exp(then - np.logaddexp.reduce(then, axis=1, keepdims=True))
        now = np.exp(level - np.logaddexp.reduce(level))
        weight += share * np.clip(now[cause] / then[np.arange(len(day)), cause], 1 / CLIP, CLIP)
    return weight


def _fitted(counts: Floats, time: Floats, spread: float) -> tuple[float, Floats]:
    """Evidence of these counts (bins, causes), and levels and slopes (2, causes), where slopes spread so wide."""
    causes = counts.shape[1]
    loose = np.repeat([LEVEL**-2, spread**-2], causes)
    theta, total = np.zeros(2 * causes), counts.sum(axis=1)
    line = np.stack([np.ones_like(time), time])
    for _ in range(30):
        share = _shares(theta, line)
        slope = (line @ (counts - total[:, None] * share)).reshape(-1) - loose * theta
        step = np.linalg.solve(_bent(share, total, line) + np.diag(loose), slope)
        theta = theta + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-9))
        if np.abs(step).max() < 1e-8:
            break
    share = _shares(theta, line)
    _, size = np.linalg.slogdet(_bent(share, total, line) + np.diag(loose))
    told = float((counts * np.log(np.maximum(share, 1e-300))).sum())
    fit = told - 0.5 * float((loose * theta**2).sum()) + 0.5 * float(np.log(loose).sum()) - 0.5 * float(size)
    return fit, theta.reshape(2, causes)


def _shares(theta: Floats, line: Floats) -> Floats:
    odds = line.T @ theta.reshape(2, -1)
    return np.asarray(np.exp(odds - np.logaddexp.reduce(odds, axis=1, keepdims=True)), dtype=np.float64)


def _bent(share: Floats, total: Floats, line: Floats) -> Floats:
    """The curvature of the likelihood: (2 causes, 2 causes)."""
    causes = share.shape[1]
    each = total[:, None, None] * (np.eye(causes)[None] * share[:, None, :] - share[:, :, None] * share[:, None, :])
    whole = np.einsum("at,bt,tij->aibj", line, line, each)
    return np.asarray(whole.reshape(2 * causes, 2 * causes), dtype=np.float64)
