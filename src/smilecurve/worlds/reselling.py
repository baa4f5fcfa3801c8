"""What do used machines fetch at auctions around an example maker?"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa

from smilecurve.terms.tables.renew_sales import AUCTION_SALES
from smilecurve.worlds.chance import chance
from smilecurve.worlds.maker import Maker

__all__ = ["reselling_tables"]

AUCTIONS, RIVALS = 50, 14
WORTH = (1.06, 1.0, 0.88, 0.68)
UNDER = 0.93


def reselling_tables(maker: Maker) -> dict[str, pa.Table]:
    """Auctions of our machines and of a rival's; some tell no hours, some no condition, the rival's no price new."""
    rng = chance(maker.seed, "reselling")
    models, price = maker.models.texts("model"), maker.models.numbers("price")
    family, markets = maker.models.texts("family"), maker.markets.texts("market")
    rows: list[dict[str, object]] = []
    for i in range(AUCTIONS + RIVALS):
        rival = i >= AUCTIONS
        k = 0 if rival else int(rng.integers(0, len(models)))
        age, grade = float(rng.uniform(6, 72)), int(rng.integers(0, 4))
        paid = UNDER * price[k] * maker.keeps * np.exp(-maker.fades * age + rng.normal(0, 0.09)) * WORTH[grade]
        rows.append(
            {
                "sale": f"AUC-{i + 1:04d}",
                "model": f"RIVAL-{models[k]}" if rival else models[k],
                "family": family[k],
                "market": markets[int(rng.integers(0, min(4, len(markets))))],
                "sold": (maker.now - timedelta(days=float(rng.uniform(5, 500)))).date(),
                "age_months": round(age, 1),
                "hours": None if rng.random() < 0.3 else round(age * float(rng.uniform(60, 180))),
                "grade": None if rng.random() < 0.3 else "ABCD"[grade],
                "price": round(float(paid), 2),
                "price_new": None if rival else price[k],
                "currency": "CNY",
            }
        )
    return {"auction_sales": AUCTION_SALES.rows(rows)}
