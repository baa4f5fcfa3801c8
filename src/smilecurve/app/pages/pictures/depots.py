"""Where do the depots of the plan stand, and which machines does none reach in time?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import Bar, rank_chart
from smilecurve.app.pages.pictures.drawing import figure
from smilecurve.app.pages.pictures.world import Mark, world_map
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number
from smilecurve.terms.globe import great_circle

__all__ = ["depots_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]

MOST_BARS = 15
TONES = {"keep": "here", "open": "up2", "idle": "flat", "close": "flat"}


def depots_picture(rows: pa.Table, words: Words, look: Look) -> Markup:
    """The map of depots by machines served with the machines no depot reaches in time, and where most of these are."""
    found, sites = rows.to_pylist(), {r["site"]: r for r in look("depot_sites")}
    shown = [r for r in found if r["reason"] in TONES and r["site"] in sites]
    places = [p for p in look("machine_places") if as_number(p["machines"]) > 0]
    missed = _missed([sites[r["site"]] for r in shown if r["open"]], places, as_number(found[0]["reach_km"]))
    return _map(shown, sites, missed, words) + _where(missed, words)


def _missed(sites: list[Row], places: list[Row], reach: float) -> list[Row]:
    """Places of machines out of reach of every open site."""
    if not sites or not places:
        return places
    spots = [
        np.array([(as_number(r["latitude"]), as_number(r["longitude"])) for r in rows]) for rows in (places, sites)
    ]
    far = np.all(great_circle(spots[0], spots[1]) > reach, axis=1)
    return [place for place, is_far in zip(places, far.tolist(), strict=True) if is_far]


def _map(shown: list[Row], sites: dict[object, Row], missed: list[Row], words: Words) -> Markup:
    most = max((as_number(r["machines"]) for r in [*shown, *missed]), default=0.0) or 1.0
    marks = [
        Mark(
            as_number(sites[r["site"]]["latitude"]),
            as_number(sites[r["site"]]["longitude"]),
            as_number(r["machines"]) / most,
            TONES[str(r["reason"])],
            words.text(
                "{site}: {count} machines, {only} in reach of no other",
                site=r["site"],
                count=words.number(as_number(r["machines"])),
                only=words.number(as_number(r["only"])),
            ),
        )
        for r in shown
    ] + [
        Mark(
            as_number(p["latitude"]),
            as_number(p["longitude"]),
            as_number(p["machines"]) / most,
            "down2",
            words.text(
                "{market}: {count} machines out of reach",
                market=words.market(str(p["market"])),
                count=words.number(as_number(p["machines"])),
            ),
        )
        for p in missed
    ]
    counts = {reason: sum(r["reason"] == reason for r in shown) for reason in TONES}
    said = words.text(
        "{kept} kept (blue), {opened} opened (green), {closed} idle (grey), {out} machines out of reach (red)",
        kept=words.number(counts["keep"]),
        opened=words.number(counts["open"]),
        closed=words.number(counts["close"] + counts["idle"]),
        out=words.number(sum(as_number(p["machines"]) for p in missed)),
    )
    title = words.text("Spare depots by machines served, and machines out of reach")
    box = Markup('<div class="mapbox" data-map>{}<p class="bubble" hidden></p></div>')
    return figure(title, box.format(world_map(marks, title)), [said])


def _where(missed: list[Row], words: Words) -> Markup:
    """Machines out of reach by market."""
    out: dict[str, float] = {}
    for place in missed:
        market = str(place["market"])
        out[market] = out.get(market, 0.0) + as_number(place["machines"])
    worst = sorted(((count, market) for market, count in out.items()), reverse=True)[:MOST_BARS]
    if not worst:
        return Markup("")
    bars = [Bar(words.market(market), count, "bar over") for count, market in worst]
    title = words.text("Machines out of reach of every depot, by market")
    return figure(title, rank_chart(bars, title, lambda v: words.number(v)))
