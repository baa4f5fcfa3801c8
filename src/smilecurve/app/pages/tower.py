"""How does the maker stand today, in six figures?

Each figure says in its title how it is reckoned. All of it reads through the asker's scope.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.app.pages.words import Words
from smilecurve.app.reading import Reading
from smilecurve.terms.cell import as_number

__all__ = ["Figure", "figures"]

IN_SERVICE = ("customer", "lease")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the tower: name, value, change in words, colour class, how it is reckoned."""

    label: str
    value: str
    change: str
    tone: str
    meaning: str


def figures(read: Reading, words: Words, *, slots: int, late: int) -> list[Figure]:
    """The six figures of the tower."""
    today = read.thread.clock().date()
    return [
        _revenue(read, words, today),
        _built(read, words, today, slots, late),
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
    total = sum(as_number(r["amount"]) for r in months)
    whole = [r for r in months if str(r["period"]) < f"{today:%Y-%m}" and r["before"] is not None]
    before = sum(as_number(r["before"]) for r in whole)
    growth = sum(as_number(r["amount"]) for r in whole) / before - 1 if before else None
    return Figure(
        label,
        words.purse(total, str(months[0]["currency"])),
        _change(words, growth, words.text("vs last year")),
        _tone(growth),
        meaning,
    )


def _built(read: Reading, words: Words, today: dt.date, slots: int, late: int) -> Figure:
    meaning = words.text(
        "Machines commissioned today, or on the last day with any; late = today's slots past their due day."
    )
    label, built = words.text("Built today"), read.count("machines", where={"built": today})
    for back in range(1, 8) if not built else ():
        day = today - dt.timedelta(days=back)
        built = read.count("machines", where={"built": day})
        if built:
            label = words.text("Built on {day}", day=words.short_day(day))
            break
    share = float(read.thread.meta().get("scale", 1.0))
    if share < 1:
        said = words.text(
            "of {slots} in a world at {share}", slots=words.number(round(slots * share)), share=f"1:{1 / share:.0f}"
        )
    else:
        said = words.text("of {slots}", slots=words.number(slots))
    if late:
        said += " · " + words.count("{n} late", "{n} late", late)
    return Figure(label, words.number(built), said, "warn" if late else "none", meaning)


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
    return max(0.0, 1.0 - float(down) / (fleet * 30 * 86_400))


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
    return "none" if not change or abs(change) < 0.0005 else "good" if change > 0 else "bad"
