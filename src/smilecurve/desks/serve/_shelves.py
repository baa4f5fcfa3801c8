"""Which spares are asked for where, how often, and what lies there now?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.serve._demand import campaign_need, foretold_demand, yearly_demand
from smilecurve.desks.serve._lumps import learned_spread
from smilecurve.desks.serve._places import Places, order_depots
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.money import one_currency
from smilecurve.terms.tables.learn_claims import CLAIM_FORECAST
from smilecurve.terms.tables.learn_lives import PART_LIFE
from smilecurve.terms.tables.market import MARKETS
from smilecurve.terms.tables.serve import CAMPAIGN_MACHINES
from smilecurve.terms.tables.serve_stock import DEPOT_STOCKS, DEPOTS, SPARE_DEMAND, SPARE_MONTHS
from smilecurve.terms.tables.supply import PARTS

if TYPE_CHECKING:
    from smilecurve.solve.echelon import Network

__all__ = ["DAYS", "FEEDBACK", "NEEDS", "READS", "Shelves", "read_shelves"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Row = Mapping[str, object]
DAYS = 365.25
READS = (DEPOTS, DEPOT_STOCKS, PARTS, SPARE_DEMAND, SPARE_MONTHS, CAMPAIGN_MACHINES, MARKETS)
FEEDBACK = (CLAIM_FORECAST, PART_LIFE)
NEEDS = ("depots", "parts", "spare_demand")


@dataclass(frozen=True)
class Shelves:
    """Places, spares by part number, and (parts, places): pieces a year, on hand, for campaigns.

    demand     what is foretold where something is, else what the life of the part or past use says
    before     past use alone; foretold: NaN for parts nothing is foretold of
    spread     (parts,) variance over mean of what is asked for
    shop       whether the central depot repairs and keeps parts for that: one more shelf, after the counters
    """

    places: Places
    wanted: list[dict[str, object]]
    currency: str
    demand: Floats
    before: Floats
    foretold: Floats
    on_hand: Ints
    campaign: Ints
    spread: Floats
    shop: bool = False

    @property
    def counters(self) -> Ints:
        """Depots that feed others and have customers of their own: what these need is kept apart, at a counter."""
        feeds = np.isin(np.arange(len(self.places.names)), self.places.above)
        return np.nonzero(feeds & self.demand.any(axis=0))[0]

    def network(self) -> Network:
        """The tree of depots, then of their counters, then the shelf of repairs, and what is asked of each a day."""
        from smilecurve.solve.echelon import Network

        cost = np.array([float(str(p["cost"])) for p in self.wanted])
        lead = np.array([float(str(p["lead_days"])) for p in self.wanted])
        at = self.counters
        rate = np.concatenate([self.demand, self.demand[:, at]], axis=1) / DAYS
        rate[:, at] = 0.0
        rate = np.pad(rate, ((0, 0), (0, int(self.shop))))
        days = np.r_[self.places.days, np.zeros(len(at) + int(self.shop))]
        above = np.r_[self.places.above, at, np.zeros(int(self.shop), np.int64)]
        return Network(rate, lead, days, cost, above, spread=self.spread)

    def parted(self, plan: Ints) -> Ints:
        """What is on hand: of a depot with a counter or repairs, as much as the plan keeps there lies there."""
        held = np.pad(self.on_hand, ((0, 0), (0, plan.shape[1] - len(self.places.names))))
        for shelf, at in enumerate(self._apart, len(self.places.names)):
            held[:, shelf] = np.minimum(held[:, at], plan[:, shelf])
            held[:, at] -= held[:, shelf]
        return held

    def folded(self, stock: Ints) -> Ints:
        """Stock of each depot together with its counter and what is kept for repairs."""
        places = len(self.places.names)
        found = stock[:, :places].copy()
        for shelf, at in enumerate(self._apart, places):
            found[:, at] += stock[:, shelf]
        return found

    @property
    def _apart(self) -> list[int]:
        """The depots of the shelves after the depots: counters, then that of repairs."""
        return [*self.counters.tolist(), *([0] if self.shop else [])]

    def shown(self, values: Floats) -> Floats:
        """Of a depot with a counter, what is found at the counter, for parts that its customers ask for."""
        places, at = len(self.places.names), self.counters
        found = values[:, :places].copy()
        found[:, at] = np.where(self.demand[:, at] > 0, values[:, places : places + len(at)], found[:, at])
        return found


def read_shelves(
    depots: pa.Table, stocks: pa.Table, parts: pa.Table, demand: pa.Table, months: pa.Table, campaign: pa.Table,
    markets: pa.Table, forecast: pa.Table | None, life: pa.Table | None, spread: float,
    needed: Collection[str] = (), shop: bool = False,
) -> Shelves:  # fmt: skip
    """Read what the desks of spares decide upon; `needed`: parts that repairs ask for, `shop`: there are repairs.

    DataRejected: depots that make no tree, more than one currency.
    """
    if spread < 1:
        raise OptionRejected(Breach(f"spread of {spread:g} is below 1", "spread", "give 1 or more"))
    places = order_depots(depots)
    wanted = _spares(parts, needed, demand, stocks, campaign)
    codes = [str(p["part"]) for p in wanted]
    lived, before = yearly_demand(demand, life, codes, places.names)
    lead = np.array([[float(str(p["lead_days"]))] for p in wanted]).reshape(-1, 1)
    foretold = foretold_demand(forecast, markets, codes, places.names, lead + places.days_from_maker)
    currency = one_currency((str(p["currency"]) for p in wanted), _mixed)
    return Shelves(
        places, wanted, currency, np.where(np.isnan(foretold), lived, foretold), before, foretold,
        _on_hand(stocks, wanted, places.names), campaign_need(campaign, markets, codes, places.names),
        np.maximum(learned_spread(months, codes), spread),
        shop,
    )  # fmt: skip


def _spares(parts: pa.Table, needed: Collection[str], *near_tables: pa.Table) -> list[dict[str, object]]:
    """Parts kept as spares that somebody used, may use, waits for or has on a shelf, by part number."""
    near = {part for table in near_tables for part in table.column("part").to_pylist()} | set(needed)
    return sorted((p for p in parts.to_pylist() if p["spare"] and p["part"] in near), key=lambda p: str(p["part"]))


def _mixed(names: Sequence[str]) -> Breach:
    said = f"spares are priced in {', '.join(names)}"
    return Breach(said, "parts.currency", "price all spares in one currency", "parts")


def _on_hand(stocks: pa.Table, wanted: Sequence[Row], names: Sequence[str]) -> Ints:
    part, place = {p["part"]: i for i, p in enumerate(wanted)}, {name: i for i, name in enumerate(names)}
    found = np.zeros((len(wanted), len(names)), dtype=np.int64)
    for row in stocks.to_pylist():
        if row["part"] in part and row["depot"] in place:
            found[part[row["part"]], place[row["depot"]]] += row["on_hand"]
    return found
