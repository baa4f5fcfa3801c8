"""A maker of excavators like those of Changsha: what was built, sold, broken and mended in three years?"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from smilecurve.worlds.assembling import assemble
from smilecurve.worlds.chance import Floats
from smilecurve.worlds.excavator_demand import BOOMING, OVERSEAS_2022, quarter_of, sale_amounts, sell_excavators
from smilecurve.worlds.fleet import Fleet
from smilecurve.worlds.maker import Flaws, Maker
from smilecurve.worlds.returning import SecondLife
from smilecurve.worlds.world import World

__all__ = ["excavators"]

DEFAULT_SCALE = 0.05


def excavators(*, seed: int = 1, scale: float = DEFAULT_SCALE) -> World:
    """The excavator maker on the morning of 30 June 2023.

    scale 1 is about 70,000 machines a year and the published revenue in full; the default is a twentieth of it. The
    plan ahead (840 work orders, tomorrow's kits, open tickets, machines waiting) has the same size at any scale.
    """
    maker = Maker(
        name="excavators",
        shown="Changsha excavator works",
        rows="excavator",
        seed=seed,
        scale=scale,
        default_scale=DEFAULT_SCALE,
        first=datetime(2020, 7, 1, tzinfo=UTC),
        now=datetime(2023, 6, 30, 6, tzinfo=UTC),
        line="LINE-1",
        plant="CSX",
        depot="D-CN",
        families=(("mini_excavator", "06"), ("medium_excavator", "20"), ("large_excavator", "40")),
        flaws=Flaws(
            part="FDS-20",
            component="final_drive_seal",
            lot="7C41",
            since=datetime(2023, 4, 18, tzinfo=UTC),
            multiplier=15.0,
            machines=250,
            weak_part="BHS-20",
        ),
        hours_share=(0.7, 1.0, 1.15),
        work_share=(0.95, 1.0, 1.05),
        takt_s=360.0,
        slots_per_day=240,
        shift_start_h=0.0,
        line_name="Excavator assembly",
        home_share=0.45,
        exhibition_sales=2.54e9,
        short_part="HPU-20",
        skills=("hydraulics", "electric", "engine", "structure"),
        warranty={"*": (18, 3500.0), "engine": (24, 4500.0), "hydraulics": (24, 4500.0), "undercarriage": (12, 2500.0)},
    )

    def amounts(fleet: Fleet, life: SecondLife) -> Floats:
        away = ~np.isnan(life.resold) & (life.resold < maker.today) & (fleet.market[life.machine] != 0)
        by_quarter = np.bincount(quarter_of(life.resold[away]), life.price[away], minlength=13).astype(np.float64)
        return sale_amounts(maker, fleet, by_quarter)

    codes = maker.markets.texts("market")
    return assemble(
        maker,
        sell_excavators(maker),
        amounts,
        closed_markets=np.array([codes.index(m) for m in BOOMING]),
        published={
            "overseas_revenue_2022": f"{OVERSEAS_2022:.0f}",
            "overseas_growth_2022": "0.726",
            "overseas_growth_2023Q1": "1.23",
            "exhibition_orders_2023": "2540000000",
        },
    )
