"""How much money, in which currency?"""

from __future__ import annotations

from dataclasses import dataclass

from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.place import is_currency

__all__ = ["Money"]


@dataclass(frozen=True, slots=True)
class Money:
    """An amount and its ISO 4217 currency; sums never mix currencies.

    >>> Money(2.5, "CNY") + Money(1.0, "CNY")
    Money(amount=3.5, currency='CNY')
    """

    amount: float
    currency: str

    def __post_init__(self) -> None:
        if not is_currency(self.currency):
            raise OptionRejected(
                Breach(f"{self.currency} is not an ISO 4217 currency", "currency", "use a code such as CNY, EUR or USD")
            )

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise OptionRejected(
                Breach(
                    f"{self.currency} and {other.currency} cannot be added",
                    "currency",
                    "convert one of them by a dated rate first",
                )
            )
        return Money(self.amount + other.amount, self.currency)
