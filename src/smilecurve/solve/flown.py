"""How many missed pieces are flown in, and how long is then waited for?

Method    a piece that a place at the end of the tree has not is sent by air from the place above it, and not ordered
          for the shelf. The place above is asked for one piece either way, so that what it owes stays as it is; the
          place itself loses what it has not, and what it misses is Erlang's loss for the mean time of its resupply
          (Palm, Ericsson Technics 44, 1938; Muckstadt & Thomas, Management Science 26(5), 1980)
Proof     none: waits of one place's pieces for the place above hang together, which Erlang's loss leaves out;
          tests/solve/test_flown.py plays the orders out one by one
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve.echelon import Missed, Network

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

__all__ = ["Flown", "erlang_loss", "fly_missed"]


@dataclass(frozen=True)
class Flown:
    """Of each part and place: the share of its pieces that are flown in, and days its customers wait on average."""

    share: Floats
    wait: Floats


def erlang_loss(load: Floats, stock: Ints) -> Floats:
    """Return the share lost where `stock` pieces are out for their resupply, `load` of them at once if none were lost.

    >>> erlang_loss(np.array([1.0, 1.0, 1.0]), np.array([0, 1, 2])).tolist()
    [1.0, 0.5, 0.2]
    """
    found = np.ones(np.shape(load))
    for count in range(1, int(np.max(stock, initial=0)) + 1):
        found = np.where(count <= stock, load * found / (count + load * found), found)
    return found


def fly_missed(network: Network, stock: Ints, missed: Missed, days: float) -> Flown:
    """Return what is flown in and waited for when a missed piece comes from the place above in `days`.

    missed   what the same stock misses without: `echelon.exact_shortfall` or `shortfall`
    Only places at the end of the tree, farther from the place above than `days`, are flown to; the share is 0 and the
    wait that of the shelf elsewhere.
    """
    above = network.parents
    ends = (above >= 0) & ~np.isin(np.arange(len(above)), above) & (network.transit > days)
    tree = network.tree
    upto = np.concatenate([np.zeros((len(stock), 1)), np.cumsum(network.asked[0], axis=1)], axis=1)
    whole = tree.placed(upto[:, tree.end] - upto[:, :-1])
    delay = np.divide(missed.late, whole, out=np.zeros_like(whole), where=whole > 0)
    from_above = delay[:, np.maximum(above, 0)]
    share = np.where(ends & (network.rate > 0), erlang_loss(network.rate * (network.transit + from_above), stock), 0.0)
    return Flown(share, np.where(ends, share * (days + from_above), delay))
