"""How are used machines' prices spread, how do they move together, and what does a fleet of them lose when it is bad?

Method    two halves of log-normals through a low, a middle and a high quantile; the logarithms of all machines share a
          market factor, those of one model in one market a second (two-factor Gaussian model, Vasicek 1987; Gordy,
          Journal of Financial Intermediation 12(3), 2003); seeded draws of the factors, common to every fleet
Proof     expected shortfall is convex and sub-additive, hence the sum of what each group loses alone is a bound that
          the fleet cannot exceed, and what a group adds never falls as the group grows (Acerbi and Tasche, Journal of
          Banking and Finance 26(7), 2002; Tasche, Euler allocation, 2008)
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

__all__ = ["Exposure", "Spread", "Standing", "exposure", "spread_of"]

Z90 = 1.2815515655446004
_LEAST = 1e-9
_ENDS = (0.05, 0.1, 0.25, 0.75, 0.9, 0.95)


@dataclass(frozen=True)
class Spread:
    """Prices of machines: medians, and the standard deviations of the logarithm below and above them."""

    middle: Floats
    below: Floats
    above: Floats

    @property
    def mean(self) -> Floats:
        """Expected prices."""
        from scipy.special import ndtr

        under = np.exp(self.below**2 / 2) * ndtr(-self.below)
        over = np.exp(self.above**2 / 2) * ndtr(self.above)
        return np.asarray(self.middle * (under + over), dtype=np.float64)

    @property
    def width(self) -> Floats:
        """One standard deviation of the logarithm for both sides: the mean of the two."""
        return np.asarray((self.below + self.above) / 2, dtype=np.float64)

    def at(self, normal: Floats) -> Floats:
        """The price at a standard normal draw, the quantile function of the normal's own."""
        return np.asarray(self.middle * np.exp(np.where(normal < 0, self.below, self.above) * normal))


def spread_of(low: Floats, middle: Floats, high: Floats) -> Spread:
    """Return the spread whose tenth, fiftieth and ninetieth percentiles are these; an infinite end is as none.

    >>> got = spread_of(np.array([80.0]), np.array([100.0]), np.array([125.0]))
    >>> [round(float(got.at(np.array([z]))[0]), 6) for z in (-Z90, 0.0, Z90)]
    [80.0, 100.0, 125.0]
    """
    safe = np.maximum(middle, _LEAST)
    under = np.log(safe / np.clip(low, _LEAST, safe)) / Z90
    over = np.log(np.maximum(np.where(np.isfinite(high), high, safe), safe) / safe) / Z90
    nothing = middle <= _LEAST
    return Spread(np.where(nothing, 0.0, middle), np.where(nothing, 0.0, under), np.where(nothing, 0.0, over))


@dataclass(frozen=True)
class Standing:
    """How what machines fetch together stands to the books: `quantiles` at 5, 10, 25, 75, 90 and 95 %, the chance of
    fetching at least the books (`above`), and by how much it is expected to fall short of them (`short`).
    """

    quantiles: Floats
    above: float
    short: float


@dataclass(frozen=True)
class Exposure:
    """What a fleet may lose. By group: `low`, `high` (tenth and ninetieth percentile of its worth, each machine's own
    luck counted in), `loss` in the fleet's worst draws (they add up to the fleet's), `loss_share` of one more machine's
    expected price there; of the fleet: `shortfall` and its `bound`, and `draws`, the worth of the fleet, sorted.
    `cells`: how each cell stands, every machine's luck counted in; `whole`: how all of them together do.
    """

    low: Floats
    high: Floats
    loss: Floats
    loss_share: Floats
    shortfall: float
    bound: float
    draws: Floats
    cells: dict[str, Standing]
    whole: Standing


def exposure(
    spread: Spread,
    count: Floats,
    book: Floats,
    names: Sequence[str],
    *,
    together: float = 0.3,
    alike: float = 0.3,
    tail: float = 0.05,
    draws: int = 4000,
) -> Exposure:
    """Return what machines are worth together against what the books say, in the worst `tail` of the draws.

    spread     prices of one machine of each group; count: machines of each group; book: what the books say of a group
    names      of the cell (say model and market) of each group: groups of one cell share its factor
    together   share of the variance of a log price that moves with every machine; alike: with those of its cell
    A group without machines is told what its first machine would lose; of a fleet of none the
    market's worst count. Draws hang on names alone: a group more or less,
    or another order, changes no other group's.
    Raises ValueError when shares exceed 1 together, or a tail holds no draw.

    >>> sure = spread_of(np.array([100.0]), np.array([100.0]), np.array([100.0]))
    >>> round(exposure(sure, np.array([2.0]), np.array([230.0]), ["A"]).shortfall, 6)
    30.0
    """
    if not (together >= 0 and alike >= 0 and together + alike <= 1) or not 1 <= tail * draws <= draws:
        raise ValueError(f"shares {together} and {alike} and a tail of {tail} are no shares of {draws} draws")
    market = np.sqrt(together) * _normals("", draws)
    parts = [Spread(*(part[g] for part in (spread.middle, spread.below, spread.above))) for g in range(len(names))]
    shared = {name: market + np.sqrt(alike) * _normals(name, draws) for name in dict.fromkeys(names)}
    own = float(np.sqrt(max(1 - together - alike, 0.0)))

    def unit(g: int) -> tuple[Floats, Floats]:
        return _given(parts[g], shared[names[g]], own)

    fleet = sum((count[g] * unit(g)[0] for g in range(len(names)) if count[g]), np.zeros(draws))
    worst = np.lexsort([market, fleet])[: int(np.ceil(tail * draws - 1e-9))]
    found, times = np.zeros((len(names), 5)), dict.fromkeys(names, 0)
    sums = {name: np.zeros(draws) for name in times}
    for g, name in enumerate(names):
        mean, spread_own = unit(g)
        luck = _normals(f"own luck of {name}, {times[name]}", draws)
        times[name] += 1
        fetched = np.maximum(count[g] * mean + np.sqrt(count[g]) * spread_own * luck, 0.0)
        sums[name] += fetched
        low, high = np.quantile(fetched, [0.1, 0.9])
        bad = float(mean[worst].mean())
        alone = book[g] - count[g] * float(np.sort(mean)[: len(worst)].mean())
        found[g] = low, high, book[g] - count[g] * bad, 1 - bad / max(float(mean.mean()), _LEAST), alone
    low, high, loss, share, alone = found.T
    held = {name: float(book[[n == name for n in names]].sum()) for name in sums}
    return Exposure(
        low,
        high,
        loss,
        np.maximum(share, 0.0),
        float(loss.sum()),
        float(alone.sum()),
        np.sort(fleet),
        {name: _standing(fetched, held[name]) for name, fetched in sums.items()},
        _standing(sum(sums.values(), np.zeros(draws)), float(book.sum())),
    )


def _standing(fetched: Floats, book: float) -> Standing:
    reached = fetched >= book * (1 - _LEAST)
    return Standing(
        np.quantile(fetched, _ENDS), float(reached.mean()), float(np.where(reached, 0.0, book - fetched).mean())
    )


def _given(one: Spread, shared: Floats, own: float) -> tuple[Floats, Floats]:
    """Mean and standard deviation of a machine's price when the factors are known, by Gauss-Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(9)
    chance = weights / weights.sum()
    prices = one.at(shared[:, None] + own * nodes)
    mean = prices @ chance
    return mean, np.sqrt(np.maximum((prices - mean[:, None]) ** 2 @ chance, 0.0))


def _normals(name: str, draws: int) -> Floats:
    """Standard normals of a name: evenly spread, in an order that hangs on the name."""
    from scipy.special import ndtri

    even = ndtri((np.arange(draws) + 0.5) / draws)
    return np.asarray(np.random.default_rng(zlib.crc32(name.encode())).permutation(even), dtype=np.float64)
