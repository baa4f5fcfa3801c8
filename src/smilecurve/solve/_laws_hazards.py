"""What is the cumulative hazard of a law at an age, and how does it move with the law's parameters?

Each law is a function of log ages and of one parameter row an age: cumulative hazard H, its slopes, the log hazard and
its slopes (arrays, parameters first). The likelihood of any censored life follows from these alone (solve.laws).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["LAWS", "Hazard", "Law"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hazard:
    """Cumulative hazard and log hazard at each age, each with its slopes in the parameters; parts: by mode."""

    total: Floats
    total_slope: Floats
    log_rate: Floats
    log_rate_slope: Floats
    parts: tuple[Hazard, ...] = ()


@dataclass(frozen=True, slots=True)
class Law:
    """A law of lives: its parameters, and its hazard. Parameters are logs or logits, so that any number is one."""

    parameters: tuple[str, ...]
    hazard: Callable[[Floats, Floats], Hazard]


def _weibull(y: Floats, theta: Floats) -> Hazard:
    m, a = theta
    b = np.exp(a)
    z = b * (y - m)
    h = np.exp(z)
    zh = np.where(h > 0, z, 0.0) * h
    return Hazard(h, np.stack([-b * h, zh]), a - y + z, np.stack([-b, 1.0 + z]))


def _exponential(y: Floats, theta: Floats) -> Hazard:
    full = _weibull(y, np.stack([theta[0], np.zeros_like(y)]))
    return Hazard(full.total, full.total_slope[:1], full.log_rate, full.log_rate_slope[:1])


def _lognormal(y: Floats, theta: Floats) -> Hazard:
    from scipy.special import log_ndtr

    m, s = theta
    sd = np.exp(s)
    z = (y - m) / sd
    seen = np.where(np.isfinite(z), z, -40.0)
    log_alive = log_ndtr(-seen)
    log_r = -0.5 * seen**2 - 0.5 * np.log(2.0 * np.pi) - log_alive
    r = np.exp(log_r)
    rise = r - seen
    return Hazard(
        np.where(np.isfinite(z), -log_alive, 0.0),
        np.stack([-r / sd, -r * seen]),
        log_r - s - y,
        np.stack([-rise / sd, -rise * seen - 1.0]),
    )


def _limited(y: Floats, theta: Floats) -> Hazard:
    """Only the share p can ever fail, by a Weibull law: 1 - p F(age) are alive (Meeker 1987)."""
    p = 1.0 / (1.0 + np.exp(-theta[0]))
    own = _weibull(y, theta[1:])
    gone = -np.expm1(-own.total)
    alive = 1.0 - p * gone
    with np.errstate(divide="ignore", invalid="ignore"):
        total = -np.log(alive)
        by_own = p * np.exp(-own.total) / alive
        slope = np.concatenate([(p * (1.0 - p) * gone / alive)[None], by_own * own.total_slope])
        log_rate = np.log(p) + own.log_rate - own.total + total
    log_slope = slope + np.concatenate([(1.0 - p)[None], own.log_rate_slope - own.total_slope])
    return Hazard(total, slope, log_rate, log_slope)


def _two_modes(y: Floats, theta: Floats) -> Hazard:
    """Two Weibull modes at work on every unit: the first to strike ends its life."""
    one, two = _weibull(y, theta[:2]), _weibull(y, theta[2:])
    log_rate = np.logaddexp(one.log_rate, two.log_rate)
    with np.errstate(invalid="ignore"):
        share = np.where(np.isfinite(log_rate), np.exp(one.log_rate - log_rate), 0.5)
    slope = np.concatenate([one.total_slope, two.total_slope])
    log_slope = np.concatenate([share * one.log_rate_slope, (1.0 - share) * two.log_rate_slope])
    return Hazard(one.total + two.total, slope, log_rate, log_slope, (one, two))


LAWS = {
    "exponential": Law(("log_scale",), _exponential),
    "weibull": Law(("log_scale", "log_shape"), _weibull),
    "lognormal": Law(("log_median", "log_sigma"), _lognormal),
    "limited": Law(("logit_share", "log_scale", "log_shape"), _limited),
    "two_modes": Law(("log_scale_1", "log_shape_1", "log_scale_2", "log_shape_2"), _two_modes),
}
