"""Where do technicians go, in which order, from when to when, and who is not reached?"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
from markupsafe import Markup

from smilecurve.app.pages.pictures.charts import Bar, cut, rank_chart
from smilecurve.app.pages.pictures.drawing import Scale, circle, figure, frame, label, line, path, rect
from smilecurve.app.pages.pictures.world import Mark, world_map
from smilecurve.app.pages.visitview import told_day
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["tours_picture"]

Row = dict[str, object]
Look = Callable[..., list[Row]]
Spot = tuple[float, float]
MOST_PEOPLE = 40
MOST_PLACES = 4
SIDE, EDGE = 360.0, 34.0
KM_A_DEGREE = 111.2
TONES = 8


@dataclass(frozen=True, slots=True)
class _Tour:
    """One technician's stops in order, where each is, and where he starts; a place is None where nobody knows it."""

    technician: str
    market: str
    home: Spot | None
    stops: list[Row]
    spots: list[Spot | None]


def tours_picture(rows: pa.Table, words: Words, look: Look) -> Markup:
    """The world with its visits, the tours of the busiest markets, the days of each technician, who is left out."""
    found = rows.to_pylist()
    gone = sorted((r for r in found if r["technician"]), key=lambda r: (_when(r), r["position"] or 0))
    left = [r for r in found if not r["technician"]]
    if not gone:
        nobody = words.text("Nobody goes anywhere in this plan.")
        return Markup('<p class="empty">{}</p>').format(nobody) + _left_out(left, words)
    people = {str(p["technician"]): p for p in look("technicians", where={"technician": _codes(gone, "technician")})}
    tours = _tours(gone, people, _spots(gone, look))
    parts = [_world(found, words, look), _places(tours, words), _days(tours, people, words), _left_out(left, words)]
    return Markup("").join(parts)


def _codes(rows: Sequence[Row], name: str) -> list[str]:
    return sorted({str(r[name]) for r in rows if r[name]})


def _spots(gone: list[Row], look: Look) -> dict[str, Spot]:
    """Where the machine of each visit stands: by its ticket, else by the machines of campaigns."""
    found: dict[str, Spot] = {}
    for r in look("campaign_machines", where={"machine": _codes(gone, "machine")}):
        if r["latitude"] is not None and r["longitude"] is not None:
            found[str(r["machine"])] = (as_number(r["latitude"]), as_number(r["longitude"]))
    for r in look("tickets", where={"ticket": _codes(gone, "visit")}):
        if r["latitude"] is not None and r["longitude"] is not None:
            found[str(r["machine"])] = (as_number(r["latitude"]), as_number(r["longitude"]))
    return found


def _tours(gone: list[Row], people: dict[str, Row], spots: dict[str, Spot]) -> list[_Tour]:
    own: dict[str, list[Row]] = defaultdict(list)
    for r in gone:
        own[str(r["technician"])].append(r)
    tours = []
    for name, stops in sorted(own.items()):
        person = people.get(name)
        home = (as_number(person["latitude"]), as_number(person["longitude"])) if person else None
        market = str(stops[0]["market"] or "")
        tours.append(_Tour(name, market, home, stops, [spots.get(str(r["machine"])) for r in stops]))
    return tours


def _world(found: list[Row], words: Words, look: Look) -> Markup:
    """Visits of every market as a circle: blue where all are reached, amber where some are not, red where none is."""
    places = {str(m["market"]): m for m in look("markets", where={"market": _codes(found, "market")})}
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for r in found:
        if r["market"] in places:
            counts[str(r["market"])][0 if r["technician"] else 1] += 1
    most = max((sum(c) for c in counts.values()), default=1)
    marks = [
        Mark(
            as_number(places[m]["latitude"]),
            as_number(places[m]["longitude"]),
            (on + off) / most,
            "here" if not off else "down1" if on else "down2",
            words.text(
                "{market}: {on} visits planned, {off} left out",
                market=words.market(m), on=words.number(on), off=words.number(off),
            ),
        )
        for m, (on, off) in counts.items()
    ]  # fmt: skip
    title = words.text("Visits by market: all planned (blue), some left out (amber), none planned (red)")
    box = Markup('<div class="mapbox" data-map>{}<p class="bubble" hidden></p></div>')
    return figure(title, box.format(world_map(marks, title)))


def _places(tours: list[_Tour], words: Words) -> Markup:
    """The tours of the markets with the most stops, each to its own scale."""
    by_market: dict[str, list[_Tour]] = defaultdict(list)
    for tour in tours:
        if any(tour.spots):
            by_market[tour.market].append(tour)
    busiest = sorted(by_market.items(), key=lambda m: (-sum(len(t.stops) for t in m[1]), m[0]))[:MOST_PLACES]
    drawn = [_place(market, some, words) for market, some in busiest]
    if not drawn:
        return Markup("")
    return Markup('<div class="panels">{}</div>').format(Markup("").join(drawn))


def _place(market: str, tours: list[_Tour], words: Words) -> Markup:
    known = [s for t in tours for s in (t.home, *t.spots) if s is not None]
    lat = sum(s[0] for s in known) / len(known)
    lon = known[0][1] + sum(_turned(s[1] - known[0][1]) for s in known) / len(known)
    narrow = max(math.cos(math.radians(lat)), 0.05)
    flat = [_turned(s[1] - lon) * narrow for s in known]
    reach = max(*(abs(v) for v in flat), *(abs(s[0] - lat) for s in known), 0.05)
    x, y = Scale(-reach, reach, EDGE, SIDE - EDGE), Scale(-reach, reach, SIDE - EDGE, EDGE)

    def at(spot: Spot) -> Spot:
        return x(_turned(spot[1] - lon) * narrow), y(spot[0] - lat)

    parts: list[Markup] = []
    for n, tour in enumerate(tours):
        parts += _drawn_tour(tour, at, f"b{n % TONES}", words)
    km = _round_km(reach * KM_A_DEGREE)
    wide = x(km / KM_A_DEGREE) - x(0)
    parts += [
        line(EDGE, SIDE - 12, EDGE + wide, SIDE - 12, "axis"),
        label(EDGE + wide + 6, SIDE - 8, f"{km:g} km", anchor="start"),
    ]
    stops = sum(len(t.stops) for t in tours)
    title = words.text("{market}: {stops} stops, {people} technicians", market=words.market(market) if market else "–",
                       stops=words.number(stops), people=words.number(len(tours)))  # fmt: skip
    return figure(title, frame(SIDE, SIDE, title, parts))


def _turned(degrees: float) -> float:
    """The same turn between 180 degrees west and east."""
    return (degrees + 540) % 360 - 180


def _drawn_tour(tour: _Tour, at: Callable[[Spot], Spot], tone: str, words: Words) -> list[Markup]:
    """Home, the way of each day from home and back, the stops with their place in the order."""
    parts: list[Markup] = []
    days: dict[int, list[Spot]] = defaultdict(list)
    for stop, spot in zip(tour.stops, tour.spots, strict=True):
        if spot is not None:
            days[_when(stop)].append(at(spot))
    for way in days.values():
        ends = [at(tour.home)] if tour.home is not None else []
        parts.append(path([*ends, *way, *ends], f"way {tone}"))
    if tour.home is not None:
        hx, hy = at(tour.home)
        parts.append(rect(hx - 5, hy - 5, 10, 10, f"stop {tone}", tour.technician))
    for stop, spot in zip(tour.stops, tour.spots, strict=True):
        if spot is None:
            continue
        sx, sy = at(spot)
        told = f"{tour.technician} · {told_day(stop, words)} · {stop['machine']}"
        parts += [circle(sx, sy, 8, f"stop {tone}", told), label(sx, sy + 4, str(stop["position"] or ""), name="on")]
    return parts


def _when(stop: Row) -> int:
    """A number of the day of a stop, later ones larger: of its date, of a plan without dates its working day."""
    date = stop.get("visit_date")
    return date.toordinal() if isinstance(date, dt.date) else int(as_number(stop["day"]))


def _round_km(most: float) -> float:
    """A round length of at most this."""
    power = 10.0 ** math.floor(math.log10(most))
    return next(m * power for m in (5.0, 2.0, 1.0) if m * power <= most)


def _days(tours: list[_Tour], people: dict[str, Row], words: Words) -> Markup:
    """A row each technician: shifts as ground, the way before each stop as a thin bar, the stop with its place."""
    shown = sorted(tours, key=lambda t: (-len(t.stops), t.technician))[:MOST_PEOPLE]
    days = {_when(r): told_day(r, words) for t in shown for r in t.stops}
    hours = [as_number(r[c]) for t in shown for r in t.stops for c in ("arrive_h", "leave_h")]
    known = [people[t.technician] for t in shown if t.technician in people]
    hours += [as_number(p[c]) for p in known for c in ("shift_start_h", "shift_end_h")]
    low, high = math.floor(min(hours)), math.ceil(max(hours))
    width, row_h = max(760.0, 150 + 260.0 * len(days)), 24
    foot = row_h * len(shown) + 4
    one = (width - 170) / len(days)
    parts: list[Markup] = []
    scales = {d: Scale(low, high, 150 + n * one, 150 + (n + 1) * one - 10) for n, d in enumerate(sorted(days))}
    for d, x in scales.items():
        parts.append(label((x.start + x.end) / 2, foot + 28, days[d], name="told"))
        for h in range(low, high + 1, max(1, math.ceil((high - low) / 6))):
            parts += [line(x(h), 0, x(h), foot, "rule"), label(x(h), foot + 13, f"{h}:00")]
    for n, tour in enumerate(shown):
        parts.append(label(142, row_h * n + 17, cut(tour.technician, 22), anchor="end"))
        parts += _worked(tour, people.get(tour.technician), scales, row_h * n + 4.0, words)
    title = words.text("Who goes when: shift (grey), way (thin), tickets (blue), campaigns (orange)")
    more = len(tours) - len(shown)
    said = [words.count("{n} more technician is not drawn", "{n} more technicians are not drawn", more)] if more else []
    return figure(title, frame(width, foot + 34, title, parts), said)


def _worked(tour: _Tour, person: Row | None, scales: dict[int, Scale], y: float, words: Words) -> list[Markup]:
    parts: list[Markup] = []
    if person is not None:
        start, end = as_number(person["shift_start_h"]), as_number(person["shift_end_h"])
        parts += [rect(x(start), y, x(end) - x(start), 16, "bar shut") for x in scales.values()]
    speed = as_number(person["speed_km_h"]) if person is not None else 50.0
    before: dict[int, float] = {}
    for stop in tour.stops:
        day = _when(stop)
        x, arrive, leave = scales[day], as_number(stop["arrive_h"]), as_number(stop["leave_h"])
        way_h = as_number(stop["travel_km"] or 0.0) / max(speed, 1.0)
        begin = max(arrive - way_h, before.get(day, arrive - way_h), x.low)
        parts.append(rect(x(begin), y + 6, x(arrive) - x(begin), 4, "bar lack"))
        told = f"{stop['visit']} · {stop['machine']} · {words.number(as_number(stop['travel_km'] or 0.0))} km"
        tone = "bar main" if stop["kind"] == "ticket" else "bar over"
        parts.append(rect(x(arrive), y, max(x(leave) - x(arrive), 3), 16, tone, told))
        if x(leave) - x(arrive) > 14:
            parts.append(label((x(arrive) + x(leave)) / 2, y + 12, str(stop["position"] or ""), name="on"))
        before[day] = leave
    return parts


def _left_out(left: list[Row], words: Words) -> Markup:
    if not left:
        return Markup("")
    counts: dict[str, int] = defaultdict(int)
    for r in left:
        counts[str(r["reason"])] += 1
    bars = [Bar(words.code(reason), float(n), "bar bad") for reason, n in sorted(counts.items(), key=lambda c: -c[1])]
    title = words.text("Visits left out, by reason")
    return figure(title, rank_chart(bars, title, lambda v: words.number(v)))
