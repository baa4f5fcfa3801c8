"""How much money, in which currency?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from smilecurve.terms.errors import Breach, DataRejected, OptionRejected
from smilecurve.terms.place import is_currency

__all__ = ["Money", "one_currency", "worth_in"]


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


def one_currency(currencies: Iterable[str], refusal: Callable[[Sequence[str]], Breach]) -> str:
    """Return the one currency of some amounts (CNY where there are none); several are refused, named to `refusal`.

    >>> one_currency(["EUR", "EUR"], lambda names: Breach(f"paid in {names}", "amount", "convert them"))
    'EUR'
    """
    found = sorted(set(currencies))
    if len(found) > 1:
        raise DataRejected(refusal(found))
    return found[0] if found else "CNY"


def worth_in(currencies: Sequence[str], to: str, rates: pa.Table) -> dict[str, float]:
    """Return for each currency what one unit is worth in `to`; a missing rate is named, never guessed.

    rates: table `currency_rates`; the latest day of each currency counts. Raises DataRejected.
    """
    latest: dict[str, tuple[object, float]] = {"CNY": (None, 1.0)}
    for name, day, value in zip(*(rates.column(c).to_pylist() for c in ("currency", "day", "in_cny")), strict=True):
        known = latest.get(name)
        if name != "CNY" and value > 0 and (known is None or str(known[0]) < str(day)):
            latest[name] = (day, value)
    wanted = sorted(set(currencies) - {to})
    absent = [name for name in ([*wanted, to] if wanted else []) if name not in latest]
    if absent:
        raise DataRejected(
            [
                Breach(
                    f"no rate is known for {name}", f"currency_rates.{name}", "add its rate in yuan", "currency_rates"
                )
                for name in dict.fromkeys(absent)
            ]
        )
    return {to: 1.0} | {name: latest[name][1] / latest[to][1] for name in wanted}
