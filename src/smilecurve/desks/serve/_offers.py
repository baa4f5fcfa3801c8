"""What does a job cost by each partner, and may he do it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smilecurve.terms.globe import great_circle

__all__ = ["Field", "Prices", "price_jobs"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Row = Mapping[str, object]


@dataclass(frozen=True)
class Prices:
    """What counts besides a partner's own price: see `appoint_partners`."""

    km_cost: float
    reach_km: float
    late_cost: float
    own_cost: float


@dataclass(frozen=True)
class Field:
    """Partners and jobs: km, cost of one job, the same without its first way there and back, may it be done, all
    (jobs, partners); price and first-time share of each partner.
    """

    km: Floats
    job: Floats
    besides: Floats
    may: Flags
    price: Floats
    first: Floats


def price_jobs(
    offers: Sequence[Row], spot: Floats, skill: Sequence[str | None], first: Floats, prices: Prices
) -> Field:
    """Cost of one job by each partner: price and way as often as it takes, and what being late costs.

    spot (jobs, 2), skill of each job (None: any); first (partners,) share of jobs done at the first visit.
    """
    spots = np.array([(o["latitude"], o["longitude"]) for o in offers], dtype=float).reshape(-1, 2)
    km = great_circle(spot, spots)
    price = np.array([float(str(o["job_cost"])) for o in offers])
    way = 2 * prices.km_cost * km
    job = (price + way) / np.maximum(first, 0.05) + np.where(km > prices.reach_km, prices.late_cost, 0.0)
    skills = [set(str(o["skills"]).split()) for o in offers]
    may = np.array([[not s or s in own for own in skills] for s in skill], dtype=bool)
    return Field(km, job, np.maximum(job - way, 0.0), may.reshape(km.shape), price, first)
