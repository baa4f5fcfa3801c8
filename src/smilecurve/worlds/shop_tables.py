"""What do the component shops make next, on which equipment, and when does that stand?"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from smilecurve.terms.tables.line_shops import (
    EQUIPMENT,
    EQUIPMENT_BREAKS,
    EQUIPMENT_SETUPS,
    SHOP_OPERATIONS,
    SHOP_ORDERS,
)
from smilecurve.worlds.catalogue import Catalogue
from smilecurve.worlds.chance import chance
from smilecurve.worlds.maker import Maker

__all__ = ["shop_tables"]

DAYS = 3
NIGHT_H = 7.0
"""Hours a night in which every shop stands."""

Rows = list[dict[str, object]]


def shop_tables(maker: Maker, parts: Catalogue) -> dict[str, pa.Table]:
    """Orders of the next days for every part with a route, the equipment, its nights and its set-ups."""
    rng = chance(maker.seed, "shops")
    stands, routes = maker.equipment.records, maker.routes.records
    zero = maker.now.replace(hour=0, minute=0, second=0, microsecond=0)
    known = set(parts.codes)
    families = [suffix for _, suffix in maker.families]
    made = [
        (code, factor, f"{code}-{suffix}")
        for code in dict.fromkeys(r["code"] for r in routes)
        for factor, suffix in zip(maker.work_share, families, strict=True)
        if f"{code}-{suffix}" in known
    ]
    orders: Rows = []
    operations: Rows = []
    for day in range(DAYS):
        for code, factor, part in made:
            name = f"SO-{part}-{day + 1}"
            quantity = int(rng.integers(maker.shop_lot // 2, maker.shop_lot + 1))
            orders.append(_order(name, part, quantity, zero + timedelta(days=day), rng))
            for step in (r for r in routes if r["code"] == code):
                for at, equipment in enumerate(step["equipment"].split()):
                    seconds = round(float(step["minutes"]) * 60 * factor * (1 + 0.06 * at), 1)
                    operations.append(
                        {
                            "shop_order": name,
                            "position": int(step["position"]),
                            "name": step["name"],
                            "equipment": equipment,
                            "time_s": seconds,
                        }
                    )
    return {
        "shop_orders": SHOP_ORDERS.rows(orders),
        "shop_operations": SHOP_OPERATIONS.rows(operations),
        "equipment": EQUIPMENT.rows([{k: r[k] for k in ("equipment", "shop", "name")} for r in stands]),
        "equipment_breaks": EQUIPMENT_BREAKS.rows([_night(r["equipment"], zero) for r in stands]),
        "equipment_setups": EQUIPMENT_SETUPS.rows(
            [
                {"equipment": r["equipment"], "from_family": "*", "to_family": "*", "time_s": float(r["setup_s"])}
                for r in stands
                if float(r["setup_s"]) > 0
            ]
        ),
    }


def _order(name: str, part: str, quantity: int, day: datetime, rng: np.random.Generator) -> dict[str, object]:
    """An order of a day, wanted on the day after; every sixth may begin a shift later only."""
    return {
        "shop_order": name,
        "part": part,
        "quantity": quantity,
        "release": day + timedelta(hours=14) if rng.random() < 1 / 6 else None,
        "due": day + timedelta(days=1, hours=round(float(rng.uniform(2, 20)))),
        "weight": 2 if rng.random() < 0.2 else None,
    }


def _night(equipment: str, zero: datetime) -> dict[str, object]:
    """The nights of equipment, from the one that runs at the start of the first day."""
    begin = zero - timedelta(hours=1)
    return {"equipment": equipment, "begin": begin, "end": begin + timedelta(hours=NIGHT_H), "every_h": 24.0}
