"""What went into each machine, and what did the line say of it?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from smilecurve.worlds.booking import EventBook, joined, kit_lists, numbered, taken
from smilecurve.worlds.catalogue import Catalogue
from smilecurve.worlds.chance import Ints, chance
from smilecurve.worlds.dressing import colours, options
from smilecurve.worlds.fleet import Fleet
from smilecurve.worlds.lots import Lots
from smilecurve.worlds.maker import Maker

__all__ = ["book_building", "build_in", "kits_of"]

FIRST_PASS = 0.972
LAST_BUILT = 60


def build_in(maker: Maker, parts: Catalogue, lots: Lots, fleet: Fleet) -> Ints:
    """The lot at each place of each machine, shape (machines, places); -1 where the family has no such place.

    The planted lot goes into machines for hot markets (and a few others) built in the nine months before the present.
    """
    rng = chance(maker.seed, "as-built")
    part = parts.at.T[fleet.family]
    day = np.repeat(fleet.built, part.shape[1])
    built_in = lots.at(part.ravel(), day, rng).reshape(part.shape)
    flaws = maker.flaws
    place = maker.components.texts("component").index(flaws.component)
    fits = part[:, place] == parts.part(flaws.part)
    fits &= fleet.built > lots.first[lots.planted] + 5
    ripe = fleet.begun < maker.today - 85
    hot = maker.hot[fleet.market] > 0
    wanted = max(int(flaws.machines * maker.scale / maker.default_scale), min(flaws.machines, 70))
    in_heat = np.flatnonzero(fits & ripe & hot)
    chosen = in_heat[rng.permutation(len(in_heat))[:wanted]]
    others = np.flatnonzero(fits & ~(ripe & hot))
    few = others[rng.permutation(len(others))[: max(wanted // 3, 12)]]
    waiting = np.flatnonzero(fits & (fleet.shipped > maker.today) & (fleet.stored < maker.today))[-4:]
    built_in[np.concatenate([chosen, few, waiting]), place] = lots.planted
    return built_in


def kits_of(maker: Maker, parts: Catalogue, lots: Lots, family: Ints, built_in: Ints) -> list[tuple[Ints, pa.Array]]:
    """The components of machines as event lists, family by family: which rows, and their lists."""
    found: list[tuple[Ints, pa.Array]] = []
    names = np.array(maker.components.texts("component"))
    for f in range(len(maker.families)):
        rows = np.flatnonzero(family == f)
        places = np.flatnonzero(parts.at[:, f] >= 0)
        if not len(rows):
            continue
        lot = built_in[np.ix_(rows, places)].ravel()
        kit = kit_lists(names[places].tolist(), taken(parts.codes, lots.part[lot]), lots.names.take(pa.array(lot)))
        found.append((rows, kit))
    return found


def book_building(book: EventBook, maker: Maker, parts: Catalogue, lots: Lots, fleet: Fleet, built_in: Ints) -> None:
    """Book work orders, commissioning, as-built lists, final inspection and storing."""
    rng = chance(maker.seed, "line events")
    models = taken(maker.models.texts("model"), fleet.model)
    work_order = numbered("WO-", np.arange(len(fleet)) + 1)
    order = taken(fleet.orders.name, fleet.order)
    market = taken(maker.markets.texts("market"), fleet.market)
    recent = fleet.built > maker.today - 120
    book.add(
        "work_order",
        "planning",
        np.maximum(fleet.built - 4.0, maker.start),
        keep=recent,
        ref=work_order,
        part=models,
        market=market,
        place=maker.line,
        details=joined('{"due":"', day_texts(fleet.built), '"', _also(order), _dress(maker, fleet), "}"),
    )
    book.add(
        "commissioning", maker.line, fleet.built, machine=fleet.serial, part=models, place=maker.line, ref=work_order
    )
    whole = fleet.built + 0.125
    for rows, kits in kits_of(maker, parts, lots, fleet.family, built_in):
        at = pa.array(rows)
        book.add(
            "assembling",
            maker.line,
            whole[rows],
            machine=fleet.serial.take(at),
            part=models.take(at),
            place=maker.line,
            components=kits,
        )
    passed = rng.random(len(fleet)) < FIRST_PASS
    looked = fleet.built + 0.127
    verdict = taken(["non_conformant", "conformant"], passed.astype(np.int64))
    same = {"machine": fleet.serial, "part": models, "place": maker.line, "code": "final"}
    if maker.inspects:
        book.add("inspecting", maker.line, looked, disposition=verdict, **same)
        book.add("inspecting", maker.line, looked + 0.002, keep=~passed, disposition="conformant", **same)
    waits = np.isnan(fleet.shipped) | (fleet.shipped > maker.today) if not maker.inspects else None
    book.add(
        "storing",
        "yard",
        fleet.stored,
        keep=waits,
        machine=fleet.serial,
        part=models,
        place=f"{maker.plant}-YARD",
        ref=order,
    )


def day_texts(days: np.ndarray) -> pa.Array:
    """Days as 2023-06-30."""
    return pa.array(np.datetime_as_string(np.floor(days).astype("datetime64[D]")).astype(object), pa.string())


def _dress(maker: Maker, fleet: Fleet) -> pa.Array:
    """`,"colour":"green","options":"BRK"` for the machines that went on the line last, else nothing."""
    rng = chance(maker.seed, "dress of the last")
    last = np.argsort(-fleet.built, kind="stable")[:LAST_BUILT]
    texts = np.full(len(fleet), "", object)
    colour, chosen = colours(len(last), rng), options(maker, fleet.model[last], fleet.market[last], rng)
    texts[last] = joined(',"colour":"', colour, '","options":"', chosen, '"').to_pylist()
    return pa.array(texts.tolist(), pa.string())


def _also(order: pa.Array) -> pa.Array:
    """`,"sales_order":"SO-000001"`, or nothing where a machine has no order."""
    return joined(',"sales_order":"', order, '"').fill_null("")
