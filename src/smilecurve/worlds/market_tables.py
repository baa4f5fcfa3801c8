"""Where does a maker sell, at which duties, rates and freight, and who asks for a quote?"""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from smilecurve.terms.tables.market import (
    CURRENCY_RATES,
    EXHIBITIONS,
    MARKETS,
    MODELS,
    QUOTE_REQUESTS,
    TARIFFS,
)
from smilecurve.terms.tables.ship import CONTAINERS, LANES
from smilecurve.worlds.booking import dates, day_number, taken
from smilecurve.worlds.chance import chance
from smilecurve.worlds.maker import Maker
from smilecurve.worlds.rowfiles import read_rows

__all__ = ["NO_RATE", "market_tables"]

NO_RATE = "LAK"
RAIL = ("Central Asia", "Eurasia", "Eastern Europe", "Western Europe")
INCOTERMS = ("FOB", "CIF", "DAP", "EXW", "DDP", "CFR")


def market_tables(maker: Maker) -> dict[str, pa.Table]:
    """Every given table of the market and ship stages."""
    numbers = ("rating", "price", "length_m", "width_m", "height_m", "mass_kg")
    models = [{**r, **{c: float(r[c]) for c in numbers}, "currency": "CNY"} for r in maker.models.records]
    regions = {r["region"]: r for r in maker.regions.records}
    markets = [
        {
            **r,
            "latitude": float(r["latitude"]),
            "longitude": float(r["longitude"]),
            "home": r["market"] == "CN",
            "depot": regions[r["region"]]["depot"],
        }
        for r in maker.markets.records
    ]
    shows = [
        {**r, "opens": date.fromisoformat(r["opens"]), "closes": date.fromisoformat(r["closes"])}
        for r in maker.exhibitions.records
    ]
    sizes = ("length_m", "width_m", "height_m", "payload_kg", "cost")
    boxes = [
        {**r, **{c: float(r[c]) for c in sizes}, "open": r["open"] == "1"} for r in read_rows("containers").records
    ]
    return {
        "models": MODELS.rows(models),
        "markets": MARKETS.rows(markets),
        "exhibitions": EXHIBITIONS.rows(shows),
        "tariffs": TARIFFS.rows(_tariffs(maker, regions)),
        "currency_rates": _rates(maker),
        "quote_requests": QUOTE_REQUESTS.rows(_quotes(maker)),
        "lanes": LANES.rows(_lanes(maker, regions)),
        "containers": CONTAINERS.rows(boxes),
    }


def _tariffs(maker: Maker, regions: dict[str, dict[str, str]]) -> list[dict[str, object]]:
    rng = chance(maker.seed, "tariffs")
    headings = sorted({*maker.models.texts("hs"), "*"})
    rows: list[dict[str, object]] = []
    for r in maker.markets.records:
        region = regions[r["region"]]
        for hs in headings:
            duty = 0.0 if r["market"] == "CN" else float(region["duty"]) + float(rng.choice([0.0, 0.0, 0.02]))
            rows.append({"market": r["market"], "hs": hs, "duty": round(duty, 3), "vat": float(region["vat"])})
    return rows


def _rates(maker: Maker) -> pa.Table:
    """Monthly rates that wander to the level of the present; one currency in use has none on purpose."""
    rng = chance(maker.seed, "rates")
    rows = [r for r in read_rows("currencies").records if r["currency"] != NO_RATE]
    level = np.array([float(r["in_cny"]) for r in rows])
    months = np.arange(maker.first.year * 12 + maker.first.month - 1, maker.now.year * 12 + maker.now.month)
    days = np.array([day_number(date(m // 12, m % 12 + 1, 1)) for m in months.tolist()])
    steps = 0.009 * rng.standard_normal((len(rows), len(days)))
    steps[[r["currency"] == "CNY" for r in rows]] = 0.0
    walk = np.exp(np.cumsum(steps, axis=1))
    value = level[:, None] * walk / walk[:, -1:]
    which = np.repeat(np.arange(len(rows)), len(days))
    return pa.table(
        {
            "currency": taken([r["currency"] for r in rows], which),
            "day": dates(np.tile(days, len(rows))),
            "in_cny": np.array([float(f"{v:.5g}") for v in value.ravel()]),
        },
        schema=CURRENCY_RATES.schema,
    )


def _lanes(maker: Maker, regions: dict[str, dict[str, str]]) -> list[dict[str, object]]:
    rng = chance(maker.seed, "lanes")
    rows: list[dict[str, object]] = []
    for r in maker.markets.records:
        region = regions[r["region"]]
        home = r["market"] == "CN"
        days, freight = float(region["days_p50"]) * float(rng.uniform(0.92, 1.1)), float(region["freight_m3"])
        modes = [("road" if home else "sea", days, freight)]
        if r["region"] in RAIL:
            modes.append(("rail", days * 0.55 + 4, freight * 1.7))
        for mode, middle, cost in modes:
            rows.append(
                {
                    "lane": f"{maker.plant}-{r['market']}-{mode.upper()}",
                    "origin": maker.plant,
                    "market": r["market"],
                    "mode": mode,
                    "days_p50": round(middle, 1),
                    "days_p95": round(middle * 1.35 + 2, 1),
                    "every_days": 1 if mode == "road" else (4 if mode == "rail" else 7),
                    "cost_per_m3": round(cost * float(rng.uniform(0.94, 1.06)), 1),
                    "currency": "CNY",
                }
            )
    return rows


def _quotes(maker: Maker) -> list[dict[str, object]]:
    """Open requests; the one from Laos asks for a currency that has no rate."""
    rng = chance(maker.seed, "quotes")
    currency = dict(zip(maker.markets.texts("market"), maker.markets.texts("currency"), strict=True))
    models = maker.models.records
    rows: list[dict[str, object]] = []
    for i, market in enumerate(("ID", "AE", "DE", "LA", "TR", "SA", "IN", "BR", "KZ", "ZA", "FR", "US", "PH", "MX")):
        model = models[(3 * i + 2) % len(models)]
        rows.append(
            {
                "quote": f"Q-{i + 1:04d}",
                "model": model["model"],
                "market": market,
                "quantity": int(rng.integers(1, 9)),
                "incoterm": INCOTERMS[i % len(INCOTERMS)],
                "unit_price": float(model["price"]),
                "currency": "CNY",
                "target_currency": currency[market],
            }
        )
    return rows
