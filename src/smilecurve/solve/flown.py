"""How many missed pieces are flown in?

Method    a piece that a place at the end of the tree has not is sent by air from the place above it, and not ordered
          for the shelf. The place above is asked for one piece either way, so that what it owes stays as it is; the
          place itself loses what it has not, and what it misses is Erlang's loss for the mean time of its resupply
          (Palm, Ericsson Technics 44, 1938; Muckstadt & Thomas, Management Science 26(5), 1980)
Proof     none: waits of one place's pieces for the place above hang together, which Erlang's loss leaves out;
          tests/solve/test_flown.py plays the orders out one by one
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve.echelon import Missed, Network

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

__all__ = ["erlang_loss", "flown_share", "flown_to"]


def erlang_loss(load: Floats, stock: Ints) -> Floats:
    """Return the share lost where `stock` pieces are out for their resupply, `load` of them at once if none were lost.

    >>> erlang_loss(np.array([1.0, 1.0, 1.0]), np.array([0, 1, 2])).tolist()
    [1.0, 0.5, 0.2]
    """
    found = np.ones(np.shape(load))
    for count in range(1, int(np.max(stock, initial=0)) + 1):
        found = np.where(count <= stock, load * found / (count + load * found), found)
    return found


def flown_to(network: Network, days: float) -> Flags:
    """Return (places,) whether a place is flown to: it feeds no other and is farther from the one above than `days`."""
    above = network.parents
    found: Flags = (above >= 0) & ~np.isin(np.arange(len(above)), above) & (network.transit > days)
    return found


def flown_share(network: Network, stock: Ints, missed: Missed, days: float) -> Floats:
    """Return the share of the pieces of each part and place that comes from the place above in `days`, being missed.

    missed   what the same stock misses without: `echelon.exact_shortfall` or `shortfall`
    Only places at the end of the tree, farther from the place above than `days`, are flown to: 0 elsewhere.

    One piece on the shelf, one under way on average: half of what is asked for is missed.

    >>> net = Network(np.array([[0.0, 0.25]]), np.array([0.0]), np.array([0.0, 4.0]), np.array([1.0]))
    >>> held, none = np.array([[0, 1]]), np.zeros((1, 2))
    >>> flown_share(net, held, Missed(none, none, net.rate, none), 1.0).tolist()
    [[0.0, 0.5]]
    """
    above, ends = network.parents, flown_to(network, days)
    whole = network.asked_in_all
    delay = np.divide(missed.late, whole, out=np.zeros_like(whole), where=whole > 0)
    load = network.rate * (network.transit + delay[:, np.maximum(above, 0)])
    return np.where(ends & (network.rate > 0), erlang_loss(load, stock), 0.0)
