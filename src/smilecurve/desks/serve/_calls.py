"""Which machines wait for a visit, how much does each matter, and is the part it needs on a shelf near it?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa

from smilecurve.terms.event import IN_FIELD

__all__ = ["Call", "collect_calls", "first_day", "keep_supplied"]


@dataclass(frozen=True, slots=True)
class Call:
    """One visit wanted: for a ticket or a campaign.

    waited in days; due in how many days after its opening a ticket is to be solved, None if nobody said; promised is
    the technician who accepted it; supply says where its part comes from: the `depot` of
    the market, a `van` alone, or `sent` ahead to the technician. second_part is a part that pays to be brought as well;
    tools are those that the work needs.
    """

    visit: str
    kind: str
    machine: str
    market: str | None
    partner: str | None
    holder: str | None
    latitude: float | None
    longitude: float | None
    part: str | None
    skill: str | None
    hours: float
    priority: float
    waited: float = 0.0
    due: float | None = None
    promised: str | None = None
    supply: str = "sent"
    second_part: str | None = None
    tools: tuple[str, ...] = ()


def first_day(today: date | None, tickets: pa.Table) -> date:
    """The day from which tickets wait: today, else the day the last ticket was opened, else the first of all days."""
    return today or max((opened.date() for opened in tickets.column("opened").to_pylist()), default=date.min)


def collect_calls(
    triage: pa.Table,
    tickets: pa.Table,
    campaign: pa.Table,
    suspects: pa.Table | None,
    day: date,
    minutes: int,
    acts: pa.Table,
    levels: pa.Table,
) -> list[Call]:
    """List tickets that triage sends a visit to, and machines in the field that hold a lot on hold.

    A ticket weighs 2 plus 0.1 for each day it has waited (at most 5); a campaign machine weighs 1, more where its lot
    fails more often than expected (1 + log2 of the ratio, at most 5). The longest of two visits to a machine stands.
    """
    from math import log2

    opened = {row["ticket"]: row for row in tickets.to_pylist()}
    promised = _promised(acts)
    solve_h = {(row["market"], row["symptom"]): row["solve_h"] for row in levels.to_pylist()}
    calls: list[Call] = []
    for row in triage.to_pylist():
        if row["step"] != "visit":
            continue
        ticket = opened.get(row["ticket"], {})
        waited = (day - ticket["opened"].date()).days if ticket else 0
        calls.append(
            Call(
                row["ticket"],
                "ticket",
                row["machine"],
                row["market"],
                row["partner"],
                row["holder"],
                ticket.get("latitude"),
                ticket.get("longitude"),
                row["part"],
                row["skill"],
                (minutes if row["minutes"] is None else row["minutes"]) / 60.0,
                2.0 + min(max(0.1 * waited, 0.0), 3.0),
                float(max(waited, 0)),
                _due(solve_h, row["market"], row["symptom"]),
                promised.get(row["ticket"]),
                second_part=row["second_part"] if (row["second_saving"] or 0.0) > 0 else None,
            )
        )
    held = {(r["part"], r["lot"]): r for r in (suspects.to_pylist() if suspects is not None else []) if r["hold"]}
    for row in campaign.to_pylist():
        lot = held.get((row["part"], row["lot"]))
        if row["done"] or row["status"] not in IN_FIELD or (suspects is not None and lot is None):
            continue
        weight = 1.0 + (min(max(log2(max(lot["ratio"], 1.0)), 0.0), 4.0) if lot else 0.0)
        calls.append(
            Call(
                f"{row['lot']}/{row['machine']}/{row['part']}",
                "campaign",
                row["machine"],
                row["market"],
                row["partner"],
                row["holder"],
                row["latitude"],
                row["longitude"],
                row["part"],
                None,
                minutes / 60.0,
                weight,
                promised=promised.get(f"{row['lot']}/{row['machine']}/{row['part']}"),
            )
        )
    return sorted(calls, key=lambda call: call.visit)


def _due(solve_h: dict[tuple[str, str], float], market: str | None, symptom: str) -> float | None:
    """Days in which a ticket is to be solved: the row of its market and symptom, else of all others."""
    told = (solve_h.get(key) for key in ((market or "*", symptom), (market or "*", "*"), ("*", symptom), ("*", "*")))
    hours = next((hours for hours in told if hours is not None), None)
    return None if hours is None else hours / 24.0


def _promised(acts: pa.Table) -> dict[str, str]:
    """Who accepted which visit, where accepting is the last that was heard of it."""
    last = {row["visit"]: row for row in sorted(acts.to_pylist(), key=lambda row: row["heard"])}
    return {v: row["technician"] for v, row in last.items() if row["outcome"] == "accepted" and row["technician"]}


def keep_supplied(
    calls: list[Call], stocks: pa.Table, depots: pa.Table, markets: pa.Table, vans: dict[tuple[str, str], set[str]]
) -> tuple[list[Call], list[Call]]:
    """Give the parts on the shelves to the calls that matter most; (supplied, not supplied).

    A call takes its part from the depot of its market, else from that depot's parent. Without a row in `markets` every
    depot serves. A part from a depot that stands in the market is fetched there, from elsewhere it is sent ahead; a
    part on no shelf can still be in a van of the market (vans: market and part to technicians). Second parts are taken
    from what is left once every call has its first.
    """
    left: dict[tuple[str, str], int] = defaultdict(int)
    for row in stocks.to_pylist():
        left[row["depot"], row["part"]] += row["on_hand"]
    parent = dict(zip(*(depots.column(c).to_pylist() for c in ("depot", "parent")), strict=True))
    stands = dict(zip(*(depots.column(c).to_pylist() for c in ("depot", "market")), strict=True))
    near = dict(zip(*(markets.column(c).to_pylist() for c in ("market", "depot")), strict=True))
    supplied, short = [], []
    serving: dict[str, list[str]] = {}
    for call in sorted(calls, key=lambda call: (-call.priority, call.visit)):
        first = near.get(call.market)
        shelves = [d for d in (first, parent.get(first)) if d] if first else sorted(parent)
        serving[call.visit] = shelves
        shelf = next((d for d in shelves if left[d, call.part] > 0), None) if call.part else ""
        if shelf is None:
            if vans.get((str(call.market), str(call.part))):
                supplied.append(replace(call, supply="van"))
            else:
                short.append(call)
            continue
        if shelf and call.part:
            left[shelf, call.part] -= 1
        here = bool(shelf) and shelf == first and stands[shelf] == call.market
        supplied.append(replace(call, supply="depot" if here else "sent"))
    return [_with_second(call, serving[call.visit], left) for call in supplied], short


def _with_second(call: Call, shelves: list[str], left: dict[tuple[str, str], int]) -> Call:
    """The call with its second part where one is still on a shelf, which it then leaves; else without."""
    part = call.second_part
    shelf = next((d for d in shelves if part and left[d, part] > 0), None)
    if part is None or shelf is None:
        return replace(call, second_part=None)
    left[shelf, part] -= 1
    return call
