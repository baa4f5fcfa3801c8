"""What would a long line give, at once and without simulation?

The line is cut at every buffer into two-station lines of continuous flow whose stations stand for everything before and
behind, and these are made to agree (the equations of Dallery, David & Xie). Stations of other speed and of varying
work enter by the mean and the variance of the time they hold a machine. Meant for what-ifs over buffers and stops: the
error is 1 % on average and 3 % at most where every gap has a place, work varies by less than a half and no station
stands more than 3 % of its working time (benchmarks/line_simulate.py); with no place between stations it is a guess.

Sources: Gershwin & Schick (1980), MIT LIDS-R-1009; Dallery, David & Xie (1989), IEEE Transactions on Automatic Control
34:943-953.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve._flow_figures import Figures
from smilecurve.solve.flow import Line

__all__ = ["Decomposed", "decomposed"]

Floats = NDArray[np.float64]

LEAST_PLACES = 0.3


@dataclass(frozen=True)
class Decomposed:
    """Estimated jobs a unit of time, shares of time each station lacks work and room, and how far the cuts disagree."""

    rate: float
    starved: Floats
    blocked: Floats
    disagreement: float


def decomposed(line: Line, *, most_rounds: int = 500) -> Decomposed:
    """Estimate the rate of a serial line with stops; ValueError for other lines.

    >>> twins = Line(mean=[1.0, 1.0], buffers=[4], stop_rate=0.01, repair=10.0)
    >>> round(decomposed(twins).rate, 3)                 # each alone 1 / 1.1, together without a place 1 / 1.2
    0.846
    """
    figures = line.figures
    if not figures.serial:
        raise ValueError("only a serial line of single posts can be decomposed")
    if figures.stations == 1:
        return Decomposed(1.0 / figures.slowest, np.zeros(1), np.zeros(1), 0.0)
    unit, stops, repair, places = _continuous(figures)
    up, down = (stops[:-1].copy(), repair[:-1].copy()), (stops[1:].copy(), repair[1:].copy())
    share = stops / repair
    rounds, rates = 0, np.array([0.0, 1.0])
    while rounds < most_rounds and np.ptp(rates) > 1e-9 * rates[0]:
        rates, lacks, full = _sweep(up, down, share, repair, places)
        rounds += 1
    starved, blocked = np.append(0.0, lacks), np.append(full, 0.0)
    return Decomposed(float(rates[0] / unit), starved, blocked, float(np.ptp(rates) / rates[0]))


def _continuous(f: Figures) -> tuple[float, Floats, Floats, Floats]:
    """Turn the line into continuous flow of one speed: a unit of time, stops and repairs a unit, places of each gap.

    A station that holds a machine for c on average with variance v becomes one of pace `unit` that stands c / unit - 1
    of its working time, in stops as long as that variance asks. Places beyond those of the gap: what a slower
    neighbour holds back.
    """
    from smilecurve.solve._flow_figures import EXPONENTIAL, GAMMA, LOGNORMAL

    mean = f.mean
    weight = np.bincount(f.models, minlength=f.work.shape[0]) / f.models.size
    varies = np.where(np.isin(f.kind, (GAMMA, EXPONENTIAL)), 1.0 / np.where(f.spread > 0, f.spread, 1.0), 0.0)
    varies = np.where(f.kind == LOGNORMAL, np.expm1(np.where(f.kind == LOGNORMAL, f.spread, 0.0) ** 2), varies)
    for j in range(f.stations):
        own = f.samples[f.first_sample[j] : f.first_sample[j + 1]]
        varies[j] = own.var() if own.size else varies[j]
    square = weight @ (f.work**2) * (1.0 + varies)
    least = np.maximum(mean, mean.max() * 1e-6)
    chance = np.maximum(square / least**2 - 1.0, 0.0)
    held = least * (1.0 + f.stop_rate * f.repair)
    variance = chance * held**2 + least * f.stop_rate * 2.0 * f.repair**2
    unit = float(np.min(least / (1.0 + chance)) * 0.9999)
    standing = held / unit - 1.0
    repair = np.minimum(2.0 * standing * unit**2 / np.maximum(variance, 1e-12 * unit**2), 1e4)
    slack = 1.0 - np.minimum(least[:-1], least[1:]) / np.maximum(least[:-1], least[1:])
    slack *= 1.0 - np.minimum(np.maximum(chance[:-1], chance[1:]), 1.0)
    places = f.places[:-1] + slack
    return unit, standing * repair, repair, np.maximum(places, LEAST_PLACES) if f.stations > 2 else places


def _sweep(
    up: tuple[Floats, Floats], down: tuple[Floats, Floats], share: Floats, repair: Floats, places: Floats
) -> tuple[Floats, Floats, Floats]:
    """Carry what each gap learnt forward and back once; give each gap's rate, and its chance to be empty and full."""
    gaps = places.size

    def solved(gap: int) -> tuple[float, float, float]:
        return _two_stations(up[0][gap], up[1][gap], down[0][gap], down[1][gap], places[gap])

    for gap in range(1, gaps):
        rate, empty, _ = solved(gap - 1)
        stands = empty / rate + share[gap]
        part = empty / (stands * rate)
        up[1][gap] = part * up[1][gap - 1] + (1.0 - part) * repair[gap]
        up[0][gap] = stands * up[1][gap]
    for gap in range(gaps - 2, -1, -1):
        rate, _, full = solved(gap + 1)
        stands = full / rate + share[gap + 1]
        part = full / (stands * rate)
        down[1][gap] = part * down[1][gap + 1] + (1.0 - part) * repair[gap + 1]
        down[0][gap] = stands * down[1][gap]
    rates, empty_share, full_share = np.array([solved(gap) for gap in range(gaps)]).T
    return rates, empty_share, full_share


def _two_stations(
    stop_1: float, mend_1: float, stop_2: float, mend_2: float, places: float
) -> tuple[float, float, float]:
    """Solve two stations of pace 1 with stops while working and a tank between: rate, chance empty, chance full.

    Within the tank the density is exp(k x); both work at the same pace, so it moves only while one stands.
    """
    places = max(places, 1e-9)
    mends, stops = mend_1 + mend_2, stop_1 + stop_2
    k = stop_2 * mends / stops + mend_1 * stops / mends - stop_1 - mend_2
    reach = k * places
    low, high = (math.exp(-reach), 1.0) if reach > 0 else (1.0, math.exp(reach))
    within = places * low if abs(reach) < 1e-9 else (high - low) / k
    both_low, both_high = low / stop_2, high / stop_1
    empty, full = both_low * stops / mend_1, both_high * stops / mend_2
    total = within * (2.0 + mends / stops + stops / mends) + both_low + both_high + empty + full
    rate = (within * (1.0 + mends / stops) + both_low + both_high) / total
    return rate, empty / total, full / total
