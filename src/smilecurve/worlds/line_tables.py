"""What stands on the line: stations, tasks and their order, options?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from smilecurve.terms.tables.line import (
    LINES,
    MODEL_MIX,
    OPTION_RATIOS,
    PRECEDENCE,
    SHIFTS,
    STATIONS,
    TASK_TIMES,
    TASKS,
)
from smilecurve.terms.tables.supply import CAPACITIES
from smilecurve.worlds.chance import Floats, chance
from smilecurve.worlds.maker import Maker

__all__ = ["line_tables"]

ACTIONS = ("Set", "Align", "Bolt", "Connect", "Check")
SKILLS = {
    "hydraulics": ("motor", "pump", "hoses", "cylinder", "cylinders", "valve", "hydraulic"),
    "electrics": ("wiring", "controller", "battery", "display", "inverter", "board"),
}
"""A skill and the words of a station's theme that ask for it."""
STRAIN = (2.0, 1.0, 4.0, 3.0, 1.0)
STRAIN_MOST = 14.0
"""Ergonomic score of each action on one machine, and the most a worker may take."""


def line_tables(maker: Maker) -> dict[str, pa.Table]:
    """Every given table of the line; the tasks fit the stations that stand there by construction."""
    rng = chance(maker.seed, "line")
    stations = maker.stations.records
    n, k = len(stations), len(ACTIONS)
    load = maker.takt_s * rng.uniform(0.96, 0.985, n)
    time = np.round(load[:, None] * rng.dirichlet(np.full(k, 4.0), n), 1)
    tasks: list[dict[str, object]] = [
        {
            "line": maker.line,
            "task": f"T{s * k + a + 1:03d}",
            "name": f"{ACTIONS[a]} {stations[s]['theme']}",
            "time_s": float(time[s, a]),
            "station": s + 1,
            "fixed": a == 0 and s == 0,
            "together": f"tool-{s + 1}" if a in (2, 4) and s % 7 == 3 else None,
            "apart": "test-bench" if a == 4 and s in (n // 2, n - 2) else None,
            "component": stations[s]["component"] or None,
            "side": _side(str(stations[s]["theme"])) if a in (1, 2) else None,
            "skill": _skill(str(stations[s]["theme"])) if a == 3 else None,
            "strain": STRAIN[a],
        }
        for s in range(n)
        for a in range(k)
    ]
    models = maker.models.texts("model")
    line: list[dict[str, object]] = [
        {
            "line": maker.line,
            "name": maker.line_name,
            "takt_s": maker.takt_s,
            "stations": n,
            "slots_per_day": maker.slots_per_day,
            "shift_start_h": maker.shift_start_h,
            "frozen_slots": 12,
            "repairers": maker.repairers,
        }
    ]
    places: list[dict[str, object]] = [
        {
            "line": maker.line,
            "station": s + 1,
            "length_s": round(maker.takt_s * 1.22, 1),
            "buffer_places": 2 if s % 5 == 4 else int(s % 5 == 2),
            "mtbf_s": round(float(rng.uniform(400, 1200)) * maker.takt_s, 0),
            "mttr_s": round(float(rng.uniform(0.6, 1.6)) * maker.takt_s, 0),
            "side": _side(str(stations[s]["theme"])),
            "skills": " ".join(filter(None, ("assembly", _skill(str(stations[s]["theme"]))))),
            "strain_most": STRAIN_MOST,
            "rework_share": float(stations[s]["rework_share"]) if stations[s]["rework_share"] else None,
            "rework_s": float(stations[s]["rework_s"]) if stations[s]["rework_s"] else None,
        }
        for s in range(n)
    ]
    options: list[dict[str, object]] = [
        {
            "line": maker.line,
            "option": r["option"],
            "at_most": int(r["at_most"]),
            "out_of": int(r["out_of"]),
            "priority": int(r["priority"]),
        }
        for r in maker.options.records
    ]
    return {
        "lines": LINES.rows(line),
        "stations": STATIONS.rows(places),
        "shifts": SHIFTS.rows(_shifts(maker)),
        "tasks": TASKS.rows(tasks),
        "task_times": TASK_TIMES.rows(_model_times(maker, time, rng)),
        "model_mix": MODEL_MIX.rows(_mix(maker)),
        "precedence": PRECEDENCE.rows(_precedence(maker.line, n, k, rng)),
        "option_ratios": OPTION_RATIOS.rows(options),
        "capacities": CAPACITIES.rows(
            [{"line": maker.line, "model": m, "per_day": maker.slots_per_day} for m in models]
        ),
    }


def _side(theme: str) -> str | None:
    """Give the side a station works at, where its theme names one."""
    return next((side for side in ("left", "right") if side in theme.split()), None)


def _skill(theme: str) -> str | None:
    """Give the skill a station's theme asks for."""
    return next((skill for skill, words in SKILLS.items() if set(words) & set(theme.split())), None)


def _mix(maker: Maker) -> list[dict[str, object]]:
    """Give each model its share of what is built."""
    mix = maker.models.numbers("built_after")
    shares = zip(maker.models.texts("model"), (mix / mix.sum()).tolist(), strict=True)
    return [{"line": maker.line, "model": model, "share": share} for model, share in shares]


def _shifts(maker: Maker) -> list[dict[str, object]]:
    """Shifts of eight hours one after the other from the start of the day, as many hours as its slots take."""
    hours = maker.takt_s * maker.slots_per_day / 3600.0
    names = ("early", "late", "night")
    return [
        {
            "line": maker.line,
            "period": name,
            "start_h": maker.shift_start_h + 8.0 * k,
            "end_h": maker.shift_start_h + min(8.0 * (k + 1), hours),
        }
        for k, name in enumerate(names)
        if 8.0 * k < hours
    ]


def _model_times(maker: Maker, time: Floats, rng: np.random.Generator) -> list[dict[str, object]]:
    """Times that differ by model: larger families take longer; the mix of models weighs them to the standard time."""
    mix = maker.models.numbers("built_after")
    factor = np.array(maker.work_share)[maker.model_family]
    factor = factor / (factor @ mix / mix.sum())
    differs = rng.random(time.size) < 0.6
    return [
        {
            "line": maker.line,
            "task": f"T{t + 1:03d}",
            "model": model,
            "time_s": round(float(time.flat[t] * factor[m]), 2),
        }
        for t in np.flatnonzero(differs).tolist()
        for m, model in enumerate(maker.models.texts("model"))
    ]


def _precedence(line: str, n: int, k: int, rng: np.random.Generator) -> list[dict[str, object]]:
    """Within a station one after the other, mostly, the check behind them all; between stations a task or two of the
    three before.
    """
    pairs: set[tuple[int, int]] = set()
    for s in range(n):
        for a in range(k):
            task = s * k + a
            if a and rng.random() < 0.75:
                pairs.add((task - 1, task))
            if s and (a == 0 or rng.random() < 0.3):
                back = s - 1 - int(rng.integers(0, min(s, 3)))
                pairs.add((back * k + int(rng.integers(0, k)), task))
            if s and a == 0:
                pairs.add(((s - 1) * k + k - 2, task))
            if a == k - 1:
                pairs |= {(earlier, task) for earlier in range(s * k, task)}
    return [{"line": line, "before": f"T{a + 1:03d}", "after": f"T{b + 1:03d}"} for a, b in sorted(pairs)]
