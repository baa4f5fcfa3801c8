"""What is an amount worth in one currency, by the latest rate known?"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from smilecurve.terms.errors import Breach, DataRejected

__all__ = ["worth_in"]


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
