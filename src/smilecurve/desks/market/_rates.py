"""What is an amount worth in another currency on a day?"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

__all__ = ["Rates"]

HUB = "CNY"


@dataclass(frozen=True)
class Rates:
    """Dated rates of every currency against the yuan, oldest first."""

    days: dict[str, list[date]]
    in_cny: dict[str, list[float]]

    @staticmethod
    def of(currency_rates: pa.Table) -> Rates:
        """From the rows of `currency_rates`."""
        days: dict[str, list[date]] = {}
        worth: dict[str, list[float]] = {}
        for row in currency_rates.sort_by([("currency", "ascending"), ("day", "ascending")]).to_pylist():
            days.setdefault(row["currency"], []).append(row["day"])
            worth.setdefault(row["currency"], []).append(row["in_cny"])
        return Rates(days, worth)

    def one(self, currency: str, day: date) -> float | None:
        """Yuan for one unit by the last rate not after `day`; None where there is none."""
        if currency == HUB:
            return 1.0
        place = bisect_right(self.days.get(currency, []), day)
        return self.in_cny[currency][place - 1] if place else None

    def between(self, given: str, wanted: str, day: date) -> float | None:
        """Units of `wanted` for one of `given`; None where a rate is missing."""
        if given == wanted:
            return 1.0
        one, other = self.one(given, day), self.one(wanted, day)
        return one / other if one is not None and other else None

    def missing(self, given: str, wanted: str, day: date) -> list[str]:
        """The currencies without a rate on `day` that the change needs."""
        return [] if given == wanted else [c for c in (given, wanted) if not self.one(c, day)]
