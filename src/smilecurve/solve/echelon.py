"""What does each base miss with this stock at the depot and at the bases?

Method    one-for-one replenishment from a depot to bases. METRIC (Sherbrooke, Operations Research 16(1), 1968):
          pipelines are Poisson. VARI-METRIC (Graves, Management Science 31(10), 1985; Sherbrooke, Operations
          Research 34(2), 1986): the base pipeline keeps its true variance and a negative binomial is fitted.
Proof     compared with exact disaggregation of the depot's backorders (Graves 1985) in the tests
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Measure = Literal["backorders", "unfilled"]

__all__ = ["Measure", "Network", "backorders", "depot_shortfall", "shortfall", "shortfall_table"]


@dataclass(frozen=True)
class Network:
    """Parts and the places that use them.

    rate       (parts, bases) pieces needed a day at each base
    resupply   (parts,) days until the depot's own order arrives
    transit    (bases,) days from the depot to the base
    cost       (parts,) price of one piece
    pooled     True: VARI-METRIC; False: METRIC
    spread     (parts,) variance over mean of the pieces needed in any span, at least 1; None: 1, single pieces
    """

    rate: Floats
    resupply: Floats
    transit: Floats
    cost: Floats
    pooled: bool = True
    spread: Floats | None = None

    def lumps(self, part: int) -> float:
        """The variance over mean of one part's demand."""
        return 1.0 if self.spread is None else float(self.spread[part])


def _poisson(mean: Floats, most: int) -> Floats:
    """Poisson probabilities 0..most on a new last axis."""
    from scipy.special import gammaln

    k = np.arange(most + 1)
    mu = np.maximum(mean, 1e-300)[..., None]
    return np.asarray(np.exp(k * np.log(mu) - mu - gammaln(k + 1)), dtype=np.float64)


def _probabilities(mean: Floats, variance: Floats, most: int) -> Floats:
    """Negative binomial probabilities of this mean and variance; Poisson where the variance is not larger."""
    from scipy.special import gammaln

    wide = variance > mean * (1 + 1e-9) + 1e-15
    mu, var = np.where(wide, mean, 1.0)[..., None], np.where(wide, variance, 2.0)[..., None]
    k, size = np.arange(most + 1), mu * mu / (var - mu)
    log = gammaln(k + size) - gammaln(size) - gammaln(k + 1) + size * np.log(mu / var) + k * np.log1p(-mu / var)
    return np.asarray(np.where(wide[..., None], np.exp(log), _poisson(mean, most)), dtype=np.float64)


def backorders(mean: Floats, variance: Floats, most: int) -> Floats:
    """Return the expected backorders of a pipeline for stock 0..most, on a new last axis.

    >>> backorders(np.array(1.0), np.array(1.0), 3).round(3).tolist()  # Sherbrooke 2004, table 2-1
    [1.0, 0.368, 0.104, 0.023]
    """
    below = np.cumsum(_probabilities(mean, variance, most), axis=-1)
    short = np.concatenate([np.zeros((*below.shape[:-1], 1)), np.cumsum(1.0 - below, axis=-1)[..., :-1]], axis=-1)
    return np.asarray(np.maximum(mean[..., None] - short, 0.0), dtype=np.float64)


def depot_shortfall(mean: float, levels: Ints, spread: float = 1.0) -> tuple[Floats, Floats, Floats]:
    """Return mean and second moment of the depot's backorders and its fill rate, for each stock level.

    >>> [x.round(3).tolist() for x in depot_shortfall(1.0, np.array([1]))]
    [[0.368], [0.632], [0.368]]
    """
    cut = int(max(levels.max(initial=0), mean + spread * (12 * np.sqrt(mean) + 20)))
    chance = _probabilities(np.asarray(mean), np.asarray(spread * mean), cut)
    over = np.maximum(np.arange(cut + 1)[None, :] - levels[:, None], 0)
    filled = np.where(levels > 0, np.cumsum(chance)[np.maximum(levels - 1, 0)], 0.0)
    return over @ chance, (over * over) @ chance, np.asarray(filled, dtype=np.float64)


def shortfall_table(network: Network, part: int, levels: Ints, most: int, measure: Measure) -> Floats:
    """Return what each base misses at each depot level with base stock 0..most: (levels, bases, most + 1).

    backorders: pieces on backorder on average; unfilled: pieces a day that are not there when asked for (with lumpy
    demand: asked for when the shelf is empty).
    """
    rate = network.rate[part]
    total = float(rate.sum())
    late, square, _ = depot_shortfall(total * float(network.resupply[part]), levels, network.lumps(part))
    share = rate / total if total > 0 else np.zeros_like(rate)
    mean = rate * network.transit + share * late[:, None]
    extra = share**2 * (square - late**2 - late)[:, None] if network.pooled else 0.0
    variance = mean + (network.lumps(part) - 1.0) * rate * network.transit + np.maximum(extra, 0.0)
    if measure == "backorders":
        return backorders(mean, variance, most)
    below = np.cumsum(_probabilities(mean, variance, most), axis=-1)
    filled = np.concatenate([np.zeros((*below.shape[:-1], 1)), below[..., :-1]], axis=-1)
    return np.asarray(rate[:, None] * np.maximum(1.0 - filled, 0.0), dtype=np.float64)


def shortfall(network: Network, depot: Ints, base: Ints, measure: Measure = "backorders") -> Floats:
    """Return what each part misses at each base with this stock: (parts, bases).

    >>> one = Network(np.array([[0.5]]), np.array([0.0]), np.array([2.0]), np.array([1.0]))
    >>> shortfall(one, np.array([0]), np.array([[1]])).round(3).tolist()
    [[0.368]]
    """
    got = np.zeros_like(network.rate)
    for part in range(len(network.cost)):
        most = int(base[part].max(initial=0))
        table = shortfall_table(network, part, depot[part : part + 1], most, measure)[0]
        got[part] = table[np.arange(table.shape[0]), base[part]]
    return got
