"""How many visits find their part in the van, before and after it is filled, and which pieces must be loaded?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import Bar, rank_chart
from smilecurve.app.pages.pictures.drawing import figure
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["last_buys_picture", "vans_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]
MOST_BARS = 12


def vans_picture(rows: pa.Table, words: Words, _: Look) -> Markup:
    """Of the technicians with most visits that need a part, the share met by the van; of the parts, what to load."""
    found = rows.to_pylist()
    jobs: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    load: dict[str, float] = defaultdict(float)
    for r in found:
        whole, met, before = jobs[str(r["technician"])], as_number(r["met"]), as_number(r["met_before"])
        for i, part in enumerate((1.0, met, before)):
            whole[i] += part * as_number(r["jobs_year"])
        load[str(r["part"])] += as_number(r["load"])
    busiest = sorted((k for k, v in jobs.items() if v[0]), key=lambda k: (-jobs[k][0], k))[:MOST_BARS]
    bars = [
        Bar(
            name,
            met / whole,
            "bar main",
            mark=before / whole,
            told=words.text(
                "{name}: {met} of {jobs} visits a year, {before} with what is in the van",
                name=name,
                met=words.percent(met / whole),
                jobs=words.number(whole),
                before=words.percent(before / whole),
            ),
        )
        for name in busiest
        for whole, met, before in (jobs[name],)
    ]
    title = words.text("Visits that find their part in the van, technicians with most of them")
    first = figure(title, rank_chart(bars, title, words.percent), [words.text("line: with what is in the van now")])
    wanted = sorted((k for k, v in load.items() if v), key=lambda k: (-load[k], k))[:MOST_BARS]
    if not wanted:
        return first
    title = words.text("Pieces to load, by part")
    return first + figure(title, rank_chart([Bar(k, load[k], "bar main") for k in wanted], title, words.number))


def last_buys_picture(rows: pa.Table, words: Words, _: Look) -> Markup:
    """What each part will be needed for, with its interval, beside what is there after the last order."""
    found = sorted(rows.to_pylist(), key=lambda r: -as_number(r["demand"]))[:MOST_BARS]
    bars = [
        Bar(
            str(r["part"]),
            as_number(r["demand"]),
            "bar main",
            mark=as_number(r["on_hand"]) + as_number(r["buy"]),
            whisker=(as_number(r["demand_low"]), as_number(r["demand_high"])),
            told=words.text(
                "{part}: {demand} needed ({low} – {high}), {on_hand} on hand and {buy} to order",
                part=r["part"],
                demand=words.number(as_number(r["demand"])),
                low=words.number(as_number(r["demand_low"])),
                high=words.number(as_number(r["demand_high"])),
                on_hand=words.number(as_number(r["on_hand"])),
                buy=words.number(as_number(r["buy"])),
            ),
        )
        for r in found
    ]
    title = words.text("Pieces needed until the end of service, with their 80 % interval")
    return figure(title, rank_chart(bars, title, words.number), [words.text("line: on hand and ordered")])
