"""What was measured on the line, what was found in samples of lots, and which lots were released?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from smilecurve.solve.control import charts, distance
from smilecurve.solve.control_rules import read_patterns
from smilecurve.terms.tables.line_quality import CHARACTERISTICS, CONTROL_PHASES, INSPECTION_PLANS
from smilecurve.worlds.booking import EventBook, joined, numbered, taken
from smilecurve.worlds.catalogue import Catalogue
from smilecurve.worlds.chance import Floats, Ints, chance
from smilecurve.worlds.lots import Lots
from smilecurve.worlds.maker import Maker

__all__ = ["book_inspections", "book_measurements"]

SUBGROUPS = 45
BASE = 25
DRIFTS = 14
COUNTED = "Paint defects of a machine"
PIECES = 20
LOTS = 20
BAD = [-12, -5, -3]
LIMITING = 0.05
RESET = 5
"""Place of the characteristic whose process was reset."""


def book_measurements(book: EventBook, maker: Maker, parts: Catalogue, lots: Lots) -> dict[str, pa.Table]:
    """Book measured subgroups of every characteristic over the last two weeks, and paint defects; one drifts.

    An inspector looked at the lots that signalled by chance and released them. Gives `characteristics` and
    `control_phases`: one process was reset on purpose after two thirds of the time.
    """
    rng = chance(maker.seed, "measurements")
    rows: list[dict[str, object]] = []
    components = maker.components.texts("component")
    families = [f for f, _ in maker.families]
    for place, r in enumerate(maker.characteristics.records):
        part = int(parts.at[components.index(r["component"]), families.index(r["family"])])
        size, centre, sigma = int(r["subgroup"]), float(r["centre"]), float(r["sigma"])
        rows.append(
            {
                "characteristic": r["characteristic"],
                "name": r["name"],
                "part": parts.codes[part],
                "unit": r["unit"],
                "lower_spec": centre - float(r["tolerance"]),
                "upper_spec": centre + float(r["tolerance"]),
                "subgroup": size,
                "chart": r["chart"] or None,
                "rules": r["rules"] or None,
                "target": centre,
                "joint": r["joint"] or None,
            }
        )
        group = np.repeat(np.arange(SUBGROUPS), size)
        piece = np.tile(np.arange(size), SUBGROUPS)
        when = maker.today - 15 + 14.8 * (group + rng.random()) / SUBGROUPS + piece / 1440
        drift = float(r["drift"]) * np.maximum(group - (SUBGROUPS - DRIFTS), 0)
        value = centre + sigma * (rng.standard_normal(len(group)) + drift)
        lot = lots.at(np.full(SUBGROUPS, part), maker.today - 15 + 14.8 * np.arange(SUBGROUPS) / SUBGROUPS, rng)
        if float(r["drift"]):
            lot[-DRIFTS:] = lots.newest(part, maker.today)
        if place == RESET:
            value[group >= SUBGROUPS - DRIFTS] -= sigma
        _book_subgroups(book, r["characteristic"], lots, lot[group], group, piece, when, value)
        calm = _signalling(value.reshape(SUBGROUPS, size))
        if float(r["drift"]):
            calm &= lot != lots.newest(part, maker.today)
        _release(book, maker, lots, parts.codes[part], np.unique(lot[calm]))
    rows.append(_book_paint(book, maker, rng))
    reset = {
        "characteristic": maker.characteristics.records[RESET]["characteristic"],
        "first_subgroup": SUBGROUPS - DRIFTS + 1,
        "base_subgroups": 8,
        "change": "the tool was reset to the middle",
    }
    return {"characteristics": CHARACTERISTICS.rows(rows), "control_phases": CONTROL_PHASES.rows([reset])}


def _signalling(values: Floats) -> np.ndarray:
    """Which subgroups a chart of means and ranges calls out."""
    means, ranges, size = values.mean(axis=1)[None], np.ptp(values, axis=1)[None], values.shape[1]
    limits = charts(means, ranges, size, np.arange(len(values))[None] < BASE)
    z = distance(means, limits.centre[:, None], limits.sigma[:, None] / np.sqrt(size))
    called: np.ndarray = ranges[0] > limits.spread_upper
    for rules in ("western_electric", "nelson"):
        called = called | (read_patterns(z, rules)[0] > 0)
    return called


def _release(book: EventBook, maker: Maker, lots: Lots, part: str, lot: Ints) -> None:
    if len(lot):
        book.add(
            "holding",
            "inspection",
            np.full(len(lot), maker.today - 0.05),
            part=part,
            lot=lots.names.take(pa.array(lot)),
            party="inspector",
            disposition="conformant",
        )


def _book_paint(book: EventBook, maker: Maker, rng: np.random.Generator) -> dict[str, object]:
    """Book paint defects counted on a few machines each shift."""
    when = maker.today - 15 + 14.8 * (np.arange(SUBGROUPS) + 0.5) / SUBGROUPS
    looked = rng.integers(PIECES - 8, PIECES + 9, SUBGROUPS)
    shown = joined(numbered('{"subgroup":', np.arange(SUBGROUPS) + 1, 1), numbered(',"sampled":', looked, 1), "}")
    found = rng.poisson(0.9 * looked).astype(np.float64)
    book.add("inspecting", "paint shop", when, code="PAINT-DEFECTS", quantity=found, details=shown)
    return {
        "characteristic": "PAINT-DEFECTS",
        "name": COUNTED,
        "part": maker.models.texts("model")[0],
        "unit": "defects",
        "subgroup": 1,
        "chart": "u",
        "rules": "nelson",
    }


def book_inspections(book: EventBook, maker: Maker, parts: Catalogue, lots: Lots) -> dict[str, pa.Table]:
    """Book what the goods-in inspection found in the last lots of a few parts. Gives `inspection_plans`.

    Some lots have as many defectives as `bad` says, so that their supplier is looked at more closely; the newest lot of
    a double plan still waits for its second sample.
    """
    rng = chance(maker.seed, "inspections")
    rows: list[dict[str, object]] = []
    components = maker.components.texts("component")
    families = [f for f, _ in maker.families]
    for r in maker.inspections.records:
        part = int(parts.at[components.index(r["component"]), families.index(r["family"])])
        own = lots.offset[part] + np.arange(2 * lots.count[part])
        own = own[lots.first[own] < maker.today][-LOTS:]
        found = rng.poisson(float(r["found"]), len(own)).clip(0, 1)
        found[BAD] = np.maximum(found[BAD], int(r["bad"]))
        found[-1] = r["kind"] == "double"
        when = lots.first[own] - 4.0 + 0.4 * (np.arange(len(own)) % 2)
        again = (found > 0) & (r["kind"] == "double") & (np.arange(len(own)) < len(own) - 1)
        for sample, taking in ((1, when > maker.start), (2, (when > maker.start) & again)):
            book.add(
                "inspecting",
                "goods in",
                when + 0.1 * (sample - 1),
                keep=taking,
                part=parts.codes[part],
                lot=taken(lots.names, own),
                quantity=found.astype(np.float64) if sample == 1 else 0.0,
                details=f'{{"lot_size":{r["lot_size"]},"sampled":{r["looked"]},"sample":{sample}}}',
            )
        rows.append(
            {
                "part": parts.codes[part],
                "supplier": "*",
                "scheme": r["scheme"],
                "aql": float(r["aql"]) if r["aql"] else None,
                "level": r["level"] or None,
                "kind": r["kind"] or None,
                "limiting": LIMITING if r["scheme"] == "zero" else None,
            }
        )
    return {"inspection_plans": INSPECTION_PLANS.rows(rows)}


def _book_subgroups(
    book: EventBook, characteristic: str, lots: Lots, lot: Ints, group: Ints, piece: Ints, when: Floats, value: Floats
) -> None:
    shown = joined(numbered('{"subgroup":', group + 1, 1), numbered(',"piece":', piece + 1, 1), "}")
    book.add(
        "inspecting",
        "gauges",
        when,
        code=characteristic,
        quantity=np.round(value, 4),
        lot=lots.names.take(pa.array(lot)),
        details=shown,
    )
