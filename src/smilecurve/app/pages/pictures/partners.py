"""Where do the service partners of the plan stand, whom do we part from, and whose jobs are out of reach?"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import Bar, rank_chart
from smilecurve.app.pages.pictures.drawing import figure
from smilecurve.app.pages.pictures.world import Mark, world_map
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["partners_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]

MOST_BARS = 15
TONES = {"keep": "here", "appoint": "up2", "bound_to_keep": "flat", "dismiss": "down2"}


def partners_picture(rows: pa.Table, words: Words, look: Look) -> Markup:
    """The map of partners we have or appoint, by jobs a week, markets least within reach, and what was played out."""
    found = rows.to_pylist()
    return _map(found, look("partner_offers"), words) + _reach(found, words) + _played(found, words)


def _map(found: list[Row], offers: list[Row], words: Words) -> Markup:
    spots = {o["partner"]: o for o in offers}
    shown = [r for r in found if r["reason"] in TONES and r["partner"] in spots]
    most = max((as_number(r["jobs_week"]) for r in shown), default=0.0) or 1.0
    marks = [
        Mark(
            as_number(spots[r["partner"]]["latitude"]),
            as_number(spots[r["partner"]]["longitude"]),
            as_number(r["jobs_week"]) / most,
            TONES[str(r["reason"])],
            words.text(
                "{partner}: {jobs} jobs a week of {most}",
                partner=r["partner"],
                jobs=words.number(as_number(r["jobs_week"]), 2),
                most=words.number(as_number(r["week_jobs"])),
            ),
        )
        for r in shown
    ]
    counts = {reason: sum(r["reason"] == reason for r in found) for reason in TONES}
    said = [
        words.text("{count} kept with jobs (blue), {new} appointed (green), {idle} kept without jobs (grey), "
                   "{gone} parted from (red)", count=words.number(counts["keep"]), new=words.number(counts["appoint"]),
                   idle=words.number(counts["bound_to_keep"]), gone=words.number(counts["dismiss"])),
    ]  # fmt: skip
    title = words.text("Service partners by jobs a week")
    box = Markup('<div class="mapbox" data-map>{}<p class="bubble" hidden></p></div>')
    return figure(title, box.format(world_map(marks, title)), said)


def _reach(found: list[Row], words: Words) -> Markup:
    """Jobs a week that are reached too late, by market of the partner that takes them."""
    late: dict[str, float] = {}
    for r in found:
        if r["within"] is not None:
            late[str(r["market"])] = late.get(str(r["market"]), 0.0) + as_number(r["jobs_week"]) * (
                1 - as_number(r["within"])
            )
    worst = sorted(((v, m) for m, v in late.items() if v > 0.005), reverse=True)[:MOST_BARS]
    if not worst:
        return Markup("")
    bars = [Bar(words.market(market), value, "bar over") for value, market in worst]
    title = words.text("Jobs a week reached too late, by market of the partner")
    return figure(title, rank_chart(bars, title, lambda v: words.number(v, 2)))


def _played(found: list[Row], words: Words) -> Markup:
    """Partners for whom the weeks played out are hardest: at their limit, and long on the way (mark: as today)."""
    peaks = [Bar(str(r["partner"]), as_number(r["played_peak"]), "bar main") for r in found if r["played_peak"]]
    waits = [
        Bar(str(r["partner"]), as_number(r["played_answer_h"]), "bar over", _or_none(r["today_answer_h"]))
        for r in found
        if r["played_answer_h"]
    ]
    if not peaks or not waits:
        return Markup("")
    full = words.text("Weeks played out: share of its jobs a week that a partner needs in its busiest")
    slow = words.text("Weeks played out: hours from call to arrival, slowest partners (mark: as today)")
    return figure(full, rank_chart(_most(peaks), full, words.percent)) + figure(
        slow, rank_chart(_most(waits), slow, words.number)
    )


def _or_none(value: object) -> float | None:
    return None if value is None else as_number(value)


def _most(bars: list[Bar]) -> list[Bar]:
    return sorted(bars, key=lambda bar: (-bar.value, bar.name))[:MOST_BARS]
