"""What do the contracts of lease hold that are asked for, and who comes to a leasing fair?"""

from __future__ import annotations

import pyarrow as pa

from smilecurve.terms.tables.renew_leases import LEASE_TERMS
from smilecurve.worlds.chance import chance
from smilecurve.worlds.maker import Maker

__all__ = ["leasing_tables"]


def leasing_tables(maker: Maker, requests: pa.Table) -> dict[str, pa.Table]:
    """Terms of two requests in three: hours included, and here and there a right to buy, to return or to go on."""
    rng = chance(maker.seed, "leasing")
    price = dict(zip(maker.models.texts("model"), maker.models.numbers("price").tolist(), strict=True))
    terms: list[dict[str, object]] = []
    for i, row in enumerate(requests.to_pylist()):
        if i % 3 == 2:
            continue
        months = int(row["months"])
        terms.append(
            {
                "request": row["request"],
                "hours_cap": row["hours_a_month"] + 10.0 * int(rng.integers(0, 5)),
                "buy_at": round(price[row["model"]] * float(rng.uniform(0.35, 0.6)), -2) if i % 2 else None,
                "return_from": months // 2 if i % 4 == 0 else None,
                "return_fee": round(price[row["model"]] * 0.06, -2) if i % 4 == 0 else None,
                "extend_months": 6 if i % 5 == 0 else None,
                "currency": "CNY",
            }
        )
    return {"lease_terms": LEASE_TERMS.rows(terms)}
