"""What will each of thousands of sparse series add up to over a lead time, and how sure is that?

Method    gamma-Poisson with discounting of the past (Harvey & Fernandes, Journal of Business & Economic Statistics
          7(4), 1989), drawn towards what all series share, pieces in lumps: a total is negative binomial. How fast the
          past fades, towards what and how strongly it is drawn (series die: it may lie below the mean of the past) and
          how large lumps are is not chosen: every series is a mixture over a grid of them, weighed by how well each
          foretold its own past totals and how common it is among all series (empirical Bayes by expectation and
          maximisation: Laird, Journal of the American Statistical Association 73(364), 1978)
Proof     none: a forecast; `benchmarks/serve_demand.py` judges it by pinball loss over rolling origins
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

__all__ = ["Totals", "foretell_totals"]

KEEPS = (0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0)
SHAPES = (0.3, 1.0)
DRAWS = (0.3, 1.0)
LUMPS = (1.0, 1.5, 2.2, 3.5, 7.0, 15.0)
ROUNDS = 30
WARM = 2


@dataclass(frozen=True)
class Totals:
    """The law of the next total of each series: a mixture of negative binomials, all (series, hypotheses).

    keeps     the share of what is known that each hypothesis keeps a period; lumps: its variance over mean
    """

    weights: Floats
    means: Floats
    variances: Floats
    keeps: Floats
    lumps: Floats

    @property
    def mean(self) -> Floats:
        """Pieces expected of each series."""
        found: Floats = (self.weights * self.means).sum(axis=1)
        return found

    @property
    def variance(self) -> Floats:
        """Variance of the total of each series."""
        second = (self.weights * (self.variances + self.means**2)).sum(axis=1)
        found: Floats = second - self.mean**2
        return found

    @property
    def spread(self) -> Floats:
        """Variance over mean of what is asked for in a span while the rate stays as it is: the size of lumps."""
        found: Floats = self.weights @ self.lumps
        return found

    def quantiles(self, levels: npt.ArrayLike) -> Floats:
        """Return (series, levels): the least total that is not exceeded with this chance; levels rise, below 1."""
        from smilecurve.solve._intermittent_kernels import read_quantiles

        asked = np.atleast_1d(np.asarray(levels, np.float64))
        if (asked <= 0).any() or (asked >= 1).any() or (np.diff(asked) < 0).any():
            raise ValueError("levels must rise and lie between 0 and 1")
        found = np.zeros((len(self.means), len(asked)))
        read_quantiles(self.weights, self.means, self.variances, asked, found)
        return found


def foretell_totals(sold: npt.ArrayLike, span: int) -> Totals:
    """Return the law of the total of the next `span` periods of each of sold[series, periods]; NaN: not known.

    Raises ValueError for a count below 0 or a span below 1 or longer than half of the periods.

    Nine of ten series never sold and one sold 2 a period: the still ones are drawn a little towards the others.

    >>> got = foretell_totals([[0.0] * 24] * 9 + [[2.0] * 24], 3)
    >>> got.quantiles([0.5, 0.9])[[0, 9]].tolist(), bool(0 < got.mean[0] < 0.1)
    ([[0.0, 0.0], [5.0, 9.0]], True)
    """
    from smilecurve.solve._intermittent_kernels import share_weights, weigh_series

    seen = np.ascontiguousarray(np.atleast_2d(np.asarray(sold, np.float64)))
    if not 1 <= span <= seen.shape[1] / 2:
        raise ValueError(f"a span of {span} periods is not between 1 and half of the {seen.shape[1]} known")
    if (seen < 0).any():
        raise ValueError("fewer than 0 pieces cannot be asked for")
    known = ~np.isnan(seen)
    pieces = max(float(seen[known].mean()) if known.any() else 0.0, 1e-6)
    every = product(KEEPS, SHAPES, DRAWS, LUMPS)
    grid = np.array([(keep, shape, draw * pieces, lumps) for keep, shape, draw, lumps in every])
    shape = (len(seen), len(grid))
    scores, means, variances = np.empty(shape), np.empty(shape), np.empty(shape)
    weigh_series(seen, span, WARM, grid, scores, means, variances)
    weights = share_weights(scores, ROUNDS, np.full(len(grid), 1.0 / len(grid)))
    return Totals(weights, means, variances, grid[:, 0], grid[:, 3])
