"""Which open ticket is due first, which ones tell the same fault twice, and which belong to a known issue?"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote

from smilecurve.app.pages.guiding import spoken
from smilecurve.app.pages.words import Words
from smilecurve.app.reading import Reading
from smilecurve.terms.cell import as_number

__all__ = ["DeskTicket", "Match", "hours_allowed", "open_tickets", "same_fault"]

Row = Mapping[str, object]
SAME_WITHIN = dt.timedelta(days=14)
SOON = 0.25
"""A ticket is due soon when this share of its hours is left."""
AS_ONE = ("part", "climate", "market")
"""Levels of issues that are about a part of a family, here or everywhere."""


@dataclass(frozen=True, slots=True)
class Match:
    """Something known that a ticket belongs to: what it is, its name, where it leads."""

    kind: str
    name: str
    go: str


@dataclass(frozen=True, slots=True)
class DeskTicket:
    """One open ticket on the desk; tone: bad once it is late, warn when it soon will be; left_h: hours left."""

    ticket: str
    machine: str
    model: str
    where: str
    symptom: str
    due: str
    left_h: float | None
    left: str
    tone: str
    step: str
    cause: str
    matches: tuple[Match, ...]


def hours_allowed(levels: Iterable[Row], market: object, symptom: object) -> float | None:
    """The hours of the row that fits best: its market goes before its symptom, both before `*`; None without any.

    >>> rows = [{"market": "*", "symptom": "*", "solve_h": 72.0}, {"market": "ID", "symptom": "*", "solve_h": 24.0}]
    >>> hours_allowed(rows, "ID", "leak"), hours_allowed(rows, "AE", "leak")
    (24.0, 72.0)
    """
    fits = [r for r in levels if r["market"] in (market, "*") and r["symptom"] in (symptom, "*")]
    best = max(fits, key=lambda r: (r["market"] != "*", r["symptom"] != "*"), default=None)
    return as_number(best["solve_h"]) if best is not None else None


def same_fault(ticket: Row, others: Iterable[Row]) -> str:
    """The ticket of the same machine and symptom that was opened last before this one, within two weeks; or none."""
    when = cast(dt.datetime, ticket["opened"])
    alike = [
        (cast(dt.datetime, o["opened"]), str(o["ticket"]))
        for o in others
        if (o["machine"], o["symptom"]) == (ticket["machine"], ticket["symptom"])
    ]
    before = [
        (at, code) for at, code in alike if (at, code) < (when, str(ticket["ticket"])) and when - at <= SAME_WITHIN
    ]
    return max(before)[1] if before else ""


def open_tickets(read: Reading, words: Words, said: Mapping[str, str]) -> list[DeskTicket]:
    """Every open ticket that the asker may see, due first; said: symptoms in words."""
    tickets = read.rows("tickets", where={"closed": None})
    machines = sorted({str(t["machine"]) for t in tickets})
    history: dict[object, list[Row]] = defaultdict(list)
    for row in read.rows("tickets", where={"machine": machines}):
        history[row["machine"]].append(row)
    triage = {r["ticket"]: r for r in read.rows("ticket_triage")}
    levels = read.rows("service_levels")
    lots, issues = _lots(read, machines), _Issues(read)
    now = read.thread.clock()
    found = []
    for t in tickets:
        matches = [
            Match("duplicate", code, f"/tickets/{quote(code)}")
            for code in [same_fault(t, history[t["machine"]])]
            if code
        ]
        matches += [Match("lot", lot, f"/lots/{quote(lot, safe='')}") for lot in lots.get(t["machine"], ())]
        matches += [Match("issue", name, "/desks/learn.emerging") for name in issues.of(t)]
        found.append(_row(read, words, t, triage.get(t["ticket"]), levels, now, tuple(matches), said))
    return sorted(found, key=lambda d: (d.left_h is None, d.left_h or 0.0, d.ticket))


def _row(
    read: Reading, words: Words, t: Row, triage: Row | None, levels: list[dict[str, object]], now: dt.datetime,
    matches: tuple[Match, ...], said: Mapping[str, str],
) -> DeskTicket:  # fmt: skip
    hours = hours_allowed(levels, t["market"], t["symptom"])
    due, left_h, left, tone = "", None, "", ""
    if hours is not None:
        end = cast(dt.datetime, t["opened"]) + dt.timedelta(hours=hours)
        left_h = (end - now) / dt.timedelta(hours=1)
        due = words.moment(end)
        tone = "bad" if left_h < 0 else "warn" if left_h < SOON * hours else "good"
        shown = words.number(abs(left_h))
        left = words.text("{n} h late", n=shown) if left_h < 0 else words.text("{n} h left", n=shown)
    cause = ""
    if triage is not None and triage["reason"] != "new":
        kinds = (str(t["model"]), str(t["family"]))
        name = spoken(read, words, kinds, "cause", str(triage["cause"])) or words.code(str(triage["cause"]))
        share = words.percent(as_number(triage["probability"]), 0).replace(" ", "\u00a0")
        cause = f"{name} ·\u00a0{share}"
    return DeskTicket(
        str(t["ticket"]), str(t["machine"]), str(t["model"]), words.market(str(t["market"])) if t["market"] else "",
        said.get(str(t["symptom"]), str(t["symptom"])), due, left_h, left, tone,
        words.code(str(triage["step"])) if triage is not None else "", cause, matches,
    )  # fmt: skip


def _lots(read: Reading, machines: list[str]) -> dict[object, list[str]]:
    """The suspect lots that these machines hold and have not been put right for."""
    found: dict[object, list[str]] = defaultdict(list)
    for r in read.rows("campaign_machines", where={"machine": machines}):
        if not r["done"] and str(r["lot"]) not in found[r["machine"]]:
            found[r["machine"]].append(str(r["lot"]))
    return found


class _Issues:
    """Alarms about a part of a family, by what a ticket tells."""

    def __init__(self, read: Reading) -> None:
        self._alarms = [i for i in read.rows("emerging_issues") if i["alarm"] and i["level"] in AS_ONE]
        self._climates = {m["market"]: m["climate"] for m in read.rows("markets")}
        self._parts: dict[tuple[object, object], set[object]] = defaultdict(set)
        for c in read.rows("causes"):
            self._parts[c["family"], c["symptom"]].add(c["part"])

    def of(self, t: Row) -> list[str]:
        """The alarms about a part that may lie behind the ticket, where its machine works."""
        parts = self._parts[t["family"], t["symptom"]] | self._parts[t["model"], t["symptom"]]
        return [str(i["issue"]) for i in self._alarms if i["part"] in parts and self._here(i, t)]

    def _here(self, issue: Row, t: Row) -> bool:
        climate = self._climates.get(t["market"])
        asked = (
            (issue["family"], t["family"]),
            (issue["model"], t["model"]),
            (issue["market"], t["market"]),
            (issue["climate"] if issue["level"] == "climate" else None, climate),
        )
        return all(wanted in (None, got) for wanted, got in asked)
