"""A maker of small machines like those of Chongqing: what of its tillers, generators and storage in three years?"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from smilecurve.worlds.assembling import assemble
from smilecurve.worlds.chance import Floats
from smilecurve.worlds.fleet import Fleet
from smilecurve.worlds.maker import Flaws, Maker
from smilecurve.worlds.returning import SecondLife
from smilecurve.worlds.small_demand import UNITS_A_YEAR, sell_small_machines, small_amounts
from smilecurve.worlds.world import World

__all__ = ["small_machines"]

DEFAULT_SCALE = 0.001


def small_machines(*, seed: int = 1, scale: float = DEFAULT_SCALE) -> World:
    """The small-machine maker on the last evening of 2024.

    scale 1 is the whole industrial belt, 14 million units a year; the default is a thousandth of it. The plan ahead
    has the same size at any scale.
    """
    maker = Maker(
        name="small_machines",
        shown="Chongqing small machines",
        rows="small",
        seed=seed,
        scale=scale,
        default_scale=DEFAULT_SCALE,
        first=datetime(2022, 1, 1, tzinfo=UTC),
        now=datetime(2024, 12, 31, 18, tzinfo=UTC),
        line="LINE-S",
        plant="CKG",
        depot="D-CN",
        families=(("tiller", "T"), ("generator", "G"), ("storage", "S")),
        flaws=Flaws(
            part="PCK-S",
            component="pack",
            lot="5B26",
            since=datetime(2024, 10, 19, tzinfo=UTC),
            multiplier=14.0,
            machines=600,
            weak_part="REC-G",
            kits=14,
        ),
        hours_share=(0.08, 0.12, 0.2),
        work_share=(1.06, 1.0, 0.92),
        takt_s=60.0,
        slots_per_day=480,
        shift_start_h=0.0,
        line_name="Small-machine assembly",
        repairers=1,
        work_days=2.5,
        home_share=0.22,
        short_part="PCK-S",
        skills=("engine", "electric", "drive"),
        warranty={"*": (12, None), "engine": (12, 500.0), "battery": (24, None)},
        visit_share=0.2,
        van_kg=120.0,
        call_rate=0.12,
        order_gap=150.0,
        keeps=0.74,
        fades=0.022,
        inspects=False,
        meters=False,
        shop_lot=240,
    )

    def amounts(fleet: Fleet, life: SecondLife) -> Floats:
        return small_amounts(maker, fleet)

    return assemble(
        maker,
        sell_small_machines(maker),
        amounts,
        closed_markets=np.array([], np.int64),
        published={"units_a_year": str(UNITS_A_YEAR), "amazon_2024_at_least": "40000000"},
    )
