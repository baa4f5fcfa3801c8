"""How does the maker stand today, in six figures, a map and one part's life?

Each figure says in its title how it is reckoned. All of it reads through the asker's scope.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from smilecurve.app.pages.pictures.weibull import weibull_plot
from smilecurve.app.pages.pictures.world import Mark, world_map
from smilecurve.app.pages.words import Words
from smilecurve.app.reading import Reading

__all__ = ["Figure", "MarketMap", "figures", "life", "market_map", "tone_of"]

IN_SERVICE = ("customer", "lease")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the tower: name, value, change in words, colour class, how it is reckoned."""

    label: str
    value: str
    change: str
    tone: str
    meaning: str


def figures(read: Reading, words: Words, *, built: int, slots: int, late: int) -> list[Figure]:
    """The six figures of the tower."""
    today = read.thread.clock().date()
    return [
        _revenue(read, words, today),
        _built(words, built, slots, late),
        _first_pass(read, words, today),
        _uptime(read, words, today),
        _open_tickets(read, words, today),
        _return_rate(read, words, today),
    ]


def _revenue(read: Reading, words: Words, today: dt.date) -> Figure:
    label = words.text("Revenue, year to date")
    meaning = words.text(
        "Sum of the year's months; the change compares whole months with the same months a year before."
    )
    rows = [
        r
        for r in read.rows("revenue", where={"cut": "total", "scope": "all"})
        if str(r["period"])[:4] == str(today.year)
    ]
    months = [r for r in rows if len(str(r["period"])) == 7 and str(r["period"])[4] == "-"]
    if not months:
        return Figure(label, "–", words.text("not decided yet"), "none", meaning)
    total = sum(_f(r["amount"]) for r in months)
    whole = [r for r in months if str(r["period"]) < f"{today:%Y-%m}" and r["before"] is not None]
    before = sum(_f(r["before"]) for r in whole)
    growth = sum(_f(r["amount"]) for r in whole) / before - 1 if before else None
    return Figure(
        label,
        words.purse(total, str(months[0]["currency"])),
        _change(words, growth, words.text("vs last year")),
        _tone(growth),
        meaning,
    )


def _built(words: Words, built: int, slots: int, late: int) -> Figure:
    said = words.text("of {slots}", slots=words.number(slots))
    if late:
        said += " · " + words.count("{n} late", "{n} late", late)
    meaning = words.text("Machines commissioned today; late = today's slots planned after their due day.")
    return Figure(words.text("Built today"), words.number(built), said, "warn" if late else "none", meaning)


def _first_pass(read: Reading, words: Words, today: dt.date) -> Figure:
    label = words.text("First-pass yield")
    meaning = words.text("Share of machines whose first inspection found nothing, last 90 days against the 90 before.")

    def reckon() -> tuple[float | None, float | None]:
        rows = read.table("events", where={"kind": "inspecting"})
        rows = rows.filter(pc.and_(pc.is_valid(rows.column("machine")), pc.is_valid(rows.column("disposition"))))
        if not rows.num_rows:
            return None, None
        first = (
            rows.sort_by("event_time")
            .group_by("machine", use_threads=False)
            .aggregate([("disposition", "first"), ("event_time", "first")])
        )
        good = pc.is_in(first.column("disposition_first"), pa.array(["conformant", "pass", "ok", "active", "good"]))
        return tuple(  # type: ignore[return-value]
            _share_between(first.column("event_time_first"), good, today, start, end)
            for start, end in ((90, 0), (180, 90))
        )

    now, before = read.once("first pass", ("events",), reckon)
    if now is None:
        return Figure(label, "–", words.text("no inspections"), "none", meaning)
    points = now - before if before is not None else None
    return Figure(label, words.percent(now), _points(words, points), _tone(points), meaning)


def _share_between(times: pa.ChunkedArray, good: pa.ChunkedArray, today: dt.date, start: int, end: int) -> float | None:
    noon = dt.datetime(today.year, today.month, today.day, tzinfo=dt.UTC) + dt.timedelta(days=1)
    low = pa.scalar(noon - dt.timedelta(days=start + 1), times.type)
    high = pa.scalar(noon - dt.timedelta(days=end), times.type)
    inside = pc.and_(pc.greater_equal(times, low), pc.less(times, high))
    kept = good.filter(inside)
    return float(pc.mean(kept.cast(pa.float64())).as_py()) if len(kept) else None


def _uptime(read: Reading, words: Words, today: dt.date) -> Figure:
    label = words.text("Fleet uptime")
    meaning = words.text(
        "One less hours machines spent with an open ticket over hours in service, last 30 days against the 30 before."
    )

    def reckon() -> tuple[float, float] | None:
        fleet = read.count("machines", where={"status": list(IN_SERVICE)})
        if not fleet:
            return None
        tickets = read.table("tickets")
        return _up(tickets, today, 0, fleet), _up(tickets, today, 30, fleet)

    found = read.once(f"uptime {today}", ("machines", "tickets"), reckon)
    if found is None:
        return Figure(label, "–", words.text("no machines in service"), "none", meaning)
    points = found[0] - found[1]
    return Figure(label, words.percent(found[0]), _points(words, points), _tone(points), meaning)


def _up(tickets: pa.Table, today: dt.date, back: int, fleet: int) -> float:
    end = dt.datetime(today.year, today.month, today.day, tzinfo=dt.UTC) - dt.timedelta(days=back)
    start = end - dt.timedelta(days=30)
    opened = [max(v, start) for v in tickets.column("opened").to_pylist()]
    closed = [min(v or end, end) for v in tickets.column("closed").to_pylist()]
    down = sum(max(0.0, (c - o).total_seconds()) for o, c in zip(opened, closed, strict=True))
    return max(0.0, 1 - down / (fleet * 30 * 86_400))


def _open_tickets(read: Reading, words: Words, today: dt.date) -> Figure:
    label = words.text("Open tickets")
    meaning = words.text("Tickets not solved yet; the change compares with a week ago.")
    tickets = read.table("tickets")
    now = dt.datetime(today.year, today.month, today.day, tzinfo=dt.UTC) + dt.timedelta(days=1)
    opened, closed = tickets.column("opened"), tickets.column("closed")
    waiting = int(pc.sum(pc.is_null(closed)).as_py() or 0)
    week = pa.scalar(now - dt.timedelta(days=8), opened.type)
    then = pc.and_(pc.less(opened, week), pc.or_kleene(pc.is_null(closed), pc.greater_equal(closed, week)))
    before = int(pc.sum(then).as_py() or 0)
    change = waiting / before - 1 if before else None
    tone = "none" if not change else "good" if change < 0 else "bad"
    return Figure(label, words.number(waiting), _change(words, change, words.text("this week")), tone, meaning)


def _return_rate(read: Reading, words: Words, today: dt.date) -> Figure:
    label = words.text("Return rate")
    meaning = words.text("Machines that came back over machines sold, last 12 months against the 12 before.")

    def reckon() -> tuple[float | None, float | None]:
        back = (
            read.table("events", where={"kind": "receiving", "disposition": "returned"})
            .column("event_time")
            .to_pylist()
        )
        sold = read.table("events", where={"kind": "retail_selling"}).column("event_time").to_pylist()
        return _rate(back, sold, today, 0), _rate(back, sold, today, 365)

    now, before = read.once(f"return rate {today}", ("events",), reckon)
    if now is None:
        return Figure(label, "–", words.text("no sales"), "none", meaning)
    points = now - before if before is not None else None
    tone = "none" if not points else "good" if points < 0 else "bad"
    return Figure(label, words.percent(now), _points(words, points, words.text("vs last year")), tone, meaning)


def _rate(back: list[dt.datetime], sold: list[dt.datetime], today: dt.date, days: int) -> float | None:
    end = dt.datetime(today.year, today.month, today.day, tzinfo=dt.UTC) + dt.timedelta(days=1 - days)
    start = end - dt.timedelta(days=365)
    of = sum(start <= t < end for t in sold)
    return sum(start <= t < end for t in back) / of if of else None


@dataclass(frozen=True, slots=True)
class MarketMap:
    """The map by market, and the same as a list."""

    picture: Markup
    markets: list[dict[str, object]]
    period: str
    fresh: bool


def market_map(read: Reading, words: Words) -> MarketMap:
    """Revenue of the latest period by market: size by revenue, colour by growth on the year before."""
    rows = read.rows("revenue", where={"cut": "market", "scope": "all"})
    years = sorted({str(r["period"]) for r in rows}, key=lambda p: (len(p) == 4 or "Q" in p, p[:4], p))
    period = next((p for p in reversed(years) if len(p) == 4 or "Q" in p), years[-1] if years else "")
    places = {str(m["market"]): m for m in read.rows("markets")}
    kept = sorted((r for r in rows if r["period"] == period), key=lambda r: -_f(r["amount"]))
    most = max((_f(r["amount"]) for r in kept), default=1.0) or 1.0
    marks, listed = [], []
    for row in kept:
        place = places.get(str(row["value"]))
        name = words.market(str(row["value"]))
        growth = _f(row["growth"]) if row["growth"] is not None else None
        listed.append({"name": name, "amount": row["amount"], "currency": row["currency"], "growth": growth})
        if place:
            said = (
                f"{name}: {words.purse(_f(row['amount']), str(row['currency']))}, {words.percent(growth, signed=True)}"
            )
            go = f"/tables/revenue?q=cut%3Dmarket+value%3D{row['value']}"
            size = max(_f(row["amount"]), 0) / most
            marks.append(Mark(_f(place["latitude"]), _f(place["longitude"]), size, tone_of(growth), said, go))
    picture = world_map(marks, words.text("Revenue by market"))
    return MarketMap(picture, listed, period, any(m["growth"] is None for m in listed))


def tone_of(growth: float | None) -> str:
    """The colour class of a growth."""
    if growth is None:
        return "flat"
    return "up2" if growth > 0.10 else "up1" if growth >= 0 else "down1" if growth >= -0.08 else "down2"


def life(read: Reading, words: Words) -> dict[str, object] | None:
    """The part whose trouble has the strongest evidence, on Weibull paper; without trouble the one that failed most."""
    issues = read.rows("emerging_issues", where={"alarm": True}, order=("-evidence",), limit=1)
    lives: list[dict[str, object]] = []
    if issues:
        lives = read.rows("part_life", where={k: issues[0][k] for k in ("part", "family", "climate")}, limit=1)
    lives = lives or read.rows("part_life", order=("-failures",), limit=1)
    if not lives:
        return None
    row = lives[0]
    groups = read.rows("life_groups", where={k: row[k] for k in ("part", "family", "climate")})
    name = next((str(p["name"]) for p in read.rows("parts", where={"part": row["part"]}, limit=1)), str(row["part"]))
    return {
        "part": row["part"],
        "name": words.text("{part}, {climate} markets", part=name, climate=words.code(str(row["climate"]))),
        "said": f"Weibull β {words.number(_f(row['shape']), 2)} · η {words.number(_f(row['scale_months']), 0)}",
        "picture": weibull_plot(row, groups, words),
        "seen": words.count(
            "{n} failure of {components} components",
            "{n} failures of {components} components",
            int(_f(row["failures"])),
            components=words.number(_f(row["components"])),
        ),  # fmt: skip
        "b10": words.text(
            "B10 {b10} months ({low} – {high}, 90 %)",
            b10=words.number(_f(row["b10_months"]), 1),
            low=words.number(_f(row["b10_low"]), 1),
            high=words.number(_f(row["b10_high"]), 1),
        ),
    }


def _change(words: Words, share: float | None, against: str) -> str:
    if share is None:
        return ""
    return f"{'▲' if share >= 0 else '▼'} {words.percent(abs(share))} {against}"


def _points(words: Words, points: float | None, against: str = "") -> str:
    if points is None:
        return ""
    return (
        f"{'▲' if points >= 0 else '▼'} {words.text('{n} pt', n=words.number(abs(100 * points), 1))} {against}".strip()
    )


def _tone(change: float | None) -> str:
    return "none" if not change else "good" if change > 0 else "bad"


def _f(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
