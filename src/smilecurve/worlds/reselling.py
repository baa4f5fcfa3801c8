"""What do used machines fetch at auctions around an example maker, and what does he ask for his own?"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa

from smilecurve.terms.tables.renew_sales import AUCTION_SALES, USED_OFFERS
from smilecurve.worlds.chance import chance
from smilecurve.worlds.maker import Maker

__all__ = ["reselling_tables"]

AUCTIONS, RIVALS = 50, 14
WORTH = (1.06, 1.0, 0.88, 0.68)
UNDER = 0.93
OFFERS, SPAN = 260, 420.0
USUAL_DAYS, SLOPE, SCALE = 42.0, 11.0, 0.85
MARKETS = 4


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
                "market": markets[int(rng.integers(0, min(MARKETS, len(markets))))],
                "sold": (maker.now - timedelta(days=float(rng.uniform(5, 500)))).date(),
                "age_months": round(age, 1),
                "hours": None if rng.random() < 0.3 else round(age * float(rng.uniform(60, 180))),
                "grade": None if rng.random() < 0.3 else "ABCD"[grade],
                "price": round(float(paid), 2),
                "price_new": None if rival else price[k],
                "currency": "CNY",
            }
        )
    return {"auction_sales": AUCTION_SALES.rows(rows), "used_offers": USED_OFFERS.rows(_offers(maker))}


def _offers(maker: Maker) -> list[dict[str, object]]:
    """Offers of the last 14 months: the dearer against their worth, the longer they stand; a few are withdrawn."""
    rng = chance(maker.seed, "used offers")
    models, price = maker.models.texts("model"), maker.models.numbers("price")
    markets = maker.markets.texts("market")
    rows: list[dict[str, object]] = []
    for i in range(OFFERS):
        k, age, grade = int(rng.integers(0, len(models))), float(rng.uniform(6, 60)), int(rng.integers(0, 4))
        ratio, ago = float(np.exp(rng.normal(0.03, 0.11))), float(rng.uniform(1, SPAN))
        worth = price[k] * maker.keeps * np.exp(-maker.fades * age) * WORTH[grade]
        days = USUAL_DAYS * ratio**SLOPE * float(rng.exponential()) ** SCALE + 1
        patience = float(rng.exponential(300.0)) + 20
        end = (maker.now - timedelta(days=ago - min(days, patience))).date() if min(days, patience) < ago else None
        sold = end is not None and days <= patience
        rows.append(
            {
                "offer": f"OFF-{i + 1:04d}",
                "model": models[k],
                "market": markets[int(rng.integers(0, min(MARKETS, len(markets))))],
                "grade": "ABCD"[grade],
                "age_months": round(age, 1),
                "listed": (maker.now - timedelta(days=ago)).date(),
                "ask": round(float(worth * ratio), 2),
                "currency": "CNY",
                "sold": end if sold else None,
                "paid": round(float(worth * ratio * rng.uniform(0.94, 1.0)), 2) if sold else None,
                "withdrawn": None if sold else end,
            }
        )
    return rows
