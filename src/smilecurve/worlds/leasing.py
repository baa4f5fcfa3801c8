"""What do the contracts of lease hold that are asked for, and who comes to a leasing fair?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from smilecurve.terms.tables.renew_fair import FAIR_OFFERS, FAIR_WANTS
from smilecurve.terms.tables.renew_leases import LEASE_TERMS
from smilecurve.worlds.chance import chance
from smilecurve.worlds.maker import Maker

__all__ = ["fair_tables", "leasing_tables"]

CROWD = ("CN", "ID", "AE", "SA", "TH", "TR", "IN", "KZ", "MX")
WORTH = (1.06, 1.0, 0.88, 0.68)


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


def fair_tables(maker: Maker) -> dict[str, pa.Table]:
    """A fair with machines for sale and on lease, and who comes to it from the markets."""
    rng = chance(maker.seed, "fair")
    models, price = maker.models.texts("model"), maker.models.numbers("price")
    family = maker.models.texts("family")
    markets = [r for r in maker.markets.records if str(r["market"]) in CROWD]

    def place() -> dict[str, object]:
        at = markets[int(rng.integers(0, len(markets)))]
        north, east = float(at["latitude"]) + rng.normal(0, 0.6), float(at["longitude"]) + rng.normal(0, 0.6)
        return {"market": at["market"], "latitude": round(north, 3), "longitude": round(east, 3), "currency": "CNY"}

    offers: list[dict[str, object]] = []
    for i in range(60):
        k, age, grade = int(rng.integers(0, len(models))), float(rng.uniform(4, 60)), int(rng.integers(0, 4))
        lease = bool(rng.random() < 0.5)
        worth = price[k] * 0.8 * np.exp(-0.014 * age) * WORTH[grade] * np.exp(rng.normal(0, 0.08))
        offers.append(
            place()
            | {"offer": f"FO-{i + 1:03d}", "party": f"S-{int(rng.integers(1, 25)):03d}", "model": models[k],
               "deal": "lease" if lease else "sale", "hours": round(age * 110.0), "grade": "ABCD"[grade],
               "price": float(round(worth * (0.034 if lease else 1.0), -1))}
        )  # fmt: skip
    wants: list[dict[str, object]] = []
    for i in range(160):
        k, lease, free = int(rng.integers(0, len(models))), bool(rng.random() < 0.5), bool(rng.random() < 0.35)
        most = price[k] * float(rng.uniform(0.35, 0.95)) * (0.034 if lease else 1.0)
        wants.append(
            place()
            | {"want": f"FW-{i + 1:03d}", "party": f"V-{i + 1:03d}", "deal": "lease" if lease else "sale",
               "model": None if free else models[k], "family": family[k] if free else None,
               "months": int(rng.choice([6, 12, 24])) if lease else None,
               "hours_most": float(rng.choice([3000, 6000])) if i % 2 else None,
               "grade_least": str(rng.choice(["B", "C", "D"])), "limit": float(round(most, -1)),
               "km_most": float(rng.choice([3000, 8000])) if i % 3 == 0 else None}
        )  # fmt: skip
    return {"fair_offers": FAIR_OFFERS.rows(offers), "fair_wants": FAIR_WANTS.rows(wants)}
