"""How does a visit look on a partner's phone?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import quote

from smilecurve.app.pages.guiding import Guide, guide_of, spoken
from smilecurve.app.pages.words import Words
from smilecurve.app.reading import Reading
from smilecurve.app.visits import Visit
from smilecurve.loop.alone import step_of
from smilecurve.terms.cell import as_number

__all__ = ["Stop", "VisitView", "clock_time", "told_day", "visit_list", "visit_view"]

Row = Mapping[str, object]
TOLD = ("model", "part", "second_part", "tools", "skill", "hours", "holder")


@dataclass(frozen=True, slots=True)
class Stop:
    """One visit of a list."""

    visit: str
    go: str
    at: str
    technician: str
    machine: str
    where: str
    part: str
    kind: str
    state: str


@dataclass(frozen=True, slots=True)
class VisitView:
    """What the page of a visit says beside the visit itself: facts, the way there, steps, possible causes."""

    facts: list[tuple[str, str]]
    way: str
    spot: str
    guide: Guide
    causes: list[tuple[str, str]]
    likely: str
    state: str


def clock_time(hours: float) -> str:
    """Hours of a day as a clock shows them.

    >>> clock_time(9.51)
    '09:31'
    """
    minutes = round(hours * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def told_day(route: Row, words: Words) -> str:
    """The date of a planned visit; of a plan made before dates were told its working day."""
    when = route.get("visit_date")
    return words.weekday(when) if isinstance(when, date) else words.text("day {n}", n=int(as_number(route["day"])) + 1)


def visit_list(rows: Sequence[tuple[Row, str]], links: Mapping[str, str], words: Words) -> list[tuple[str, list[Stop]]]:
    """The visits by date, each with its link and what became of it."""
    days: dict[tuple[date, int], tuple[str, list[Stop]]] = {}
    for r, state in rows:
        visit = str(r["visit"])
        stop = Stop(
            visit,
            links[visit],
            clock_time(as_number(r["arrive_h"])),
            str(r["technician"]),
            str(r["machine"]),
            words.market(str(r["market"])) if r["market"] else "",
            " + ".join(str(r[c]) for c in ("part", "second_part") if r.get(c)),
            words.code(str(r["kind"])),
            words.code(state) if state else "",
        )
        when = r.get("visit_date")
        key = (when, 0) if isinstance(when, date) else (date.max, int(as_number(r["day"])))
        days.setdefault(key, (told_day(r, words), []))[1].append(stop)
    return [days[key] for key in sorted(days)]


def visit_view(read: Reading, folder: Path, words: Words, visit: Visit, base: str) -> VisitView:
    """The page of one visit in the reader's words; base: address below which its pictures are served."""
    about = dict(visit.about) | {k: v for k, v in visit.route.items() if v is not None}
    facts = [(words.label(n), _told(words, n, about[n])) for n in TOLD if about.get(n) is not None]
    if visit.route.get("arrive_h") is not None:
        at = told_day(visit.route, words)
        facts.insert(0, (words.text("When"), f"{at} · {clock_time(as_number(visit.route['arrive_h']))}"))
    way, spot = "", ""
    if visit.place is not None:
        spot = f"{visit.place[0]:.4f}, {visit.place[1]:.4f}"
        point = f"{visit.place[0]:.5f},{visit.place[1]:.5f}"
        way = f"geo:{point}?q={point}({quote(visit.machine, safe='')})"
    behind, triage = _behind(read, visit)
    kinds = (str(visit.about.get("model") or ""), str(visit.about.get("family") or ""))
    named = dict(visit.ticket) | {"model": kinds[0], "family": kinds[1]}
    guide = Guide()
    if triage is not None:
        named |= {"symptom": visit.ticket.get("symptom") or triage["symptom"]}
        guide = guide_of(read, folder, words, triage, named, f"{base}/guides")
    causes = [
        (str(c["cause"]), spoken(read, words, kinds, "cause", str(c["cause"])) or words.code(str(c["cause"])))
        for c in behind
    ]
    ended = visit.ended or ("accepted" if visit.accepted else "")
    likely = str(triage["cause"]) if triage is not None else ""
    return VisitView(facts, way, spot, guide, causes, likely, words.code(ended) if ended else "")


def _told(words: Words, name: str, value: object) -> str:
    return words.number(as_number(value), 1) if isinstance(value, float) else str(value)


def _behind(read: Reading, visit: Visit) -> tuple[list[Row], Row | None]:
    """What can lie behind a ticket, and what triage says of it; of a campaign the fault of its part."""
    kinds = [str(visit.about.get(n) or "") for n in ("model", "family")]
    if visit.kind == "ticket":
        rows = read.rows("causes", where={"family": kinds, "symptom": visit.ticket.get("symptom")})
        told = read.rows("ticket_triage", where={"ticket": visit.visit}, limit=1)
        return list(rows), (told[0] if told else step_of(read.thread, visit.visit))
    rows = read.rows("causes", where={"family": kinds, "part": visit.part})
    return [], (rows[0] if rows else None)
