"""What do many small trees add up to, that never rise where they must fall?

Method    gradient boosting by counted bins, best leaf first (Friedman, Annals of Statistics 29(5), 2001; Ke et al.,
          NeurIPS 2017), pulls clipped (Huber's loss), rows and features drawn anew. Trees that were free to rise are
          levelled afterwards, over all bins of the features where they must not
Proof     the children of a cut on a monotone number stay on their sides of its middle, hence every tree, and their sum,
          is monotone in it
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

__all__ = ["Boosted", "Growing", "fit_trees", "level_surface", "predict_surfaces", "predict_trees"]

_BINS = 255


@dataclass(frozen=True)
class Growing:
    """How trees are grown.

    rounds trees of at most `leaves`, each counted `rate`; `ridge` sales of weight pull a leaf to nothing; no leaf has
    fewer than `least` drawn rows; errors count at most `clip`; each tree sees `rows`, each cut `features` (shares)
    """

    rounds: int = 400
    leaves: int = 128
    rate: float = 0.05
    ridge: float = 1.0
    least: int = 4
    clip: float = 0.3
    rows: float = 0.65
    features: float = 0.4


@dataclass(frozen=True)
class Boosted:
    """Trees and the edges of the bins they cut at."""

    level: float
    edges: tuple[Floats, ...]
    feature: NDArray[np.int16]
    cut: NDArray[np.int16]
    child: NDArray[np.int16]
    value: Floats


def fit_trees(x: Floats, y: Floats, signs: Floats, growing: Growing, seed: int = 0) -> Boosted:
    """Fit trees to y; x (rows, features); signs: -1 where y may only fall with a feature, 1 where only rise, else 0.

    >>> x = np.repeat(np.arange(4.0), 50)[:, None]
    >>> some = fit_trees(x, np.repeat([3.0, 1.0, 2.0, 0.0], 50), np.array([-1.0]), Growing(200, 8, 0.2, clip=9.0))
    >>> bool((np.diff(predict_trees(some, np.arange(4.0)[:, None])) <= 0).all())
    True
    """
    from smilecurve.solve._boosting_kernels import boost

    edges = tuple(_edges(x[:, j]) for j in range(x.shape[1]))
    bins = np.array([len(edge) + 1 for edge in edges], dtype=np.int64)
    level = float(np.median(y))
    grown = boost(
        _binned(edges, x),
        np.ascontiguousarray(y - level),
        bins,
        np.asarray(signs, dtype=np.float64),
        growing.rounds,
        growing.leaves,
        growing.rate,
        growing.ridge,
        float(growing.least),
        growing.clip,
        growing.rows,
        growing.features,
        seed + 1,
    )
    return Boosted(level, edges, *grown)


def predict_trees(model: Boosted, x: Floats) -> Floats:
    """Return the sum of all trees for each row of x."""
    from smilecurve.solve._boosting_kernels import add_trees

    out = np.full(len(x), model.level)
    add_trees(_binned(model.edges, x), model.feature, model.cut, model.child, model.value, out)
    return out


def predict_surfaces(model: Boosted, x: Floats, axes: tuple[int, ...]) -> Floats:
    """Return for each row of x the sum of all trees in every bin of some features (at most 3), the others as they are.

    The result is (rows, bins of each of these features); their bins are searchsorted(model.edges[feature], value).
    """
    from smilecurve.solve._boosting_kernels import lay_trees

    three = np.full(len(model.edges), -1, dtype=np.int64)
    three[list(axes)] = np.arange(len(axes))
    shape = [*(len(model.edges[a]) + 1 for a in axes), 1, 1][:3]
    changes = np.zeros((len(x), *(bins + 1 for bins in shape)))
    lay_trees(_binned(model.edges, x), model.feature, model.cut, model.child, model.value, three, changes)
    whole = changes.cumsum(1).cumsum(2).cumsum(3)[:, :-1, :-1, :-1] + model.level
    return np.asarray(whole.reshape(len(x), *shape[: len(axes)]), dtype=np.float64)


def level_surface(surface: Floats) -> Floats:
    """Return (rows, ...) surfaces that never rise along any axis but the first, each by itself.

    It is midway between the lowest such surface above it and the highest below it, so where it never rises already, it
    stays as it is; none that never rises is nearer to the given one at the worst place (Ubhaya, J. Approximation Theory
    12(2), 1974).

    >>> level_surface(np.array([[3.0, 1.0, 2.0, 0.0]])).tolist()
    [[3.0, 1.5, 1.5, 0.0]]
    """
    above, below = surface, surface
    for axis in range(1, surface.ndim):
        above = np.flip(np.maximum.accumulate(np.flip(above, axis), axis=axis), axis)
        below = np.minimum.accumulate(below, axis=axis)
    return np.asarray((above + below) / 2, dtype=np.float64)


def _edges(x: Floats) -> Floats:
    """Values after which a new bin begins: every value when there are few, else by equal numbers of rows."""
    known = np.unique(x)
    if len(known) <= _BINS:
        return known[:-1]
    shares = np.linspace(0, 1, _BINS + 1)[1:-1]
    return np.asarray(np.unique(np.quantile(x, shares, method="lower")), dtype=np.float64)


def _binned(edges: tuple[Floats, ...], x: Floats) -> NDArray[np.uint8]:
    found = [np.searchsorted(edge, x[:, j], side="left") for j, edge in enumerate(edges)]
    return np.ascontiguousarray(np.stack(found, axis=1).astype(np.uint8))
