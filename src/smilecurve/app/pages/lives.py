"""What happened to one machine, what is in it, and where is a lot?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from urllib.parse import quote

import pyarrow as pa

from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number
from smilecurve.terms.tables import table

__all__ = ["covers_of", "facts_of", "path_up", "photos_of", "told_events", "tree_of"]

Row = Mapping[str, object]
CODED = frozenset({"family", "channel", "start_source"})
SERVE = frozenset(
    {
        "ticket",
        "answer",
        "ticket_closed",
        "claim",
        "repairing",
        "replacing",
        "campaign_repair",
        "fault",
        "service_visit",
    }
)
RENEW = frozenset({"grade", "regrade", "lease_out", "lease_end", "decommissioning"})
SHOWN = (
    "model",
    "family",
    "line",
    "work_order",
    "sales_order",
    "built",
    "started",
    "start_source",
    "channel",
    "holder",
    "partner",
    "place",
    "grade",
)
TOLD = ("part", "component", "place", "party", "ref", "code", "disposition")


def told_events(story: pa.Table, words: Words) -> list[dict[str, object]]:
    """The events of a story, newest first, each in a few words with its links."""
    return [_told(dict(r), words) for r in reversed(story.to_pylist())]


def _told(row: dict[str, object], words: Words) -> dict[str, object]:
    kind = str(row["kind"])
    parts = [
        words.code(str(row[c])) if c in ("code", "disposition", "component") else str(row[c])
        for c in TOLD
        if row.get(c)
    ]
    if row.get("market"):
        parts.append(words.market(str(row["market"])))
    if row.get("quantity") is not None:
        unit = " h" if kind in ("meter_reading", "failure", "ticket") else ""
        parts.append(words.number(as_number(row["quantity"]), 1) + unit)
    if row.get("amount") is not None:
        parts.append(words.money(as_number(row["amount"]), str(row.get("currency") or "CNY")))
    links = [{"go": "/lots/" + quote(str(row["lot"]), safe=""), "text": str(row["lot"])}] if row.get("lot") else []
    tone = "failure" if kind == "failure" else "serve" if kind in SERVE else "renew" if kind in RENEW else "made"
    at, heard = row["event_time"], row["record_time"]
    late = (heard - at).days > 7 if hasattr(at, "date") and hasattr(heard, "date") else False  # type: ignore[operator]
    return {
        "at": at,
        "kind": kind,
        "said": " · ".join(parts),
        "links": links,
        "tone": tone,
        "withdrawn": bool(row.get("withdrawn")),
        "heard": heard.date().isoformat() if late else "",  # type: ignore[attr-defined]
    }


def covers_of(rows: list[dict[str, object]], now: datetime, words: Words) -> list[dict[str, str]]:
    """What the warranty covers by part group: until when and for how many hours, and whether it still does today."""
    found = []
    for row in rows:
        until, most = row["until"], row["hours_most"]
        said = (
            words.text("until {day}", day=words.day(until)) if isinstance(until, date) else words.text("start unknown")
        )
        if most is not None:
            said += " · " + words.text("{hours} h", hours=words.number(as_number(most)))
        over = (isinstance(until, date) and until < now.date()) or (
            most is not None and row["hours"] is not None and as_number(row["hours"]) > as_number(most)
        )
        group = words.text("All other parts") if row["system"] == "*" else words.code(str(row["system"]))
        found.append({"label": group, "value": said, "over": "over" if over else ""})
    return sorted(found, key=lambda c: c["label"] == words.text("All other parts"))


def photos_of(story: pa.Table) -> list[dict[str, str]]:
    """The photos that came with tickets."""
    found = []
    for row in story.to_pylist():
        details = json.loads(row["details"]) if row.get("details") else {}
        if isinstance(details, dict) and details.get("photo"):
            found.append({"name": str(details["photo"]), "ticket": str(row.get("ref") or "")})
    return found


def tree_of(components: pa.Table, serial: str) -> list[dict[str, object]]:
    """What is in the machine as a tree: each component with what is in it."""
    below: dict[str, list[dict[str, object]]] = {}
    for row in components.to_pylist():
        below.setdefault(str(row["within"]), []).append(dict(row))

    def grow(within: str, depth: int, seen: frozenset[str]) -> list[dict[str, object]]:
        nodes: list[dict[str, object]] = []
        for row in below.get(within, []):
            lot = str(row["lot"] or "")
            inside = grow(lot, depth + 1, seen | {lot}) if lot and lot not in seen else []
            until = row["until"]
            nodes.append(
                {
                    "component": row["component"],
                    "part": row["part"],
                    "lot": lot,
                    "gone": until.date().isoformat() if hasattr(until, "date") else "",
                    "inside": inside,
                    "open": depth < 1 and len(inside) < 6,
                }
            )
        return nodes

    return grow(serial, 0, frozenset({serial}))


def path_up(components: pa.Table, lot: str, serial: str) -> list[str]:
    """From a lot up to its machine: what it sits in, and what that sits in."""
    rows = {str(r["lot"]): r for r in components.to_pylist() if r["lot"]}
    steps: list[str] = []
    at = lot
    while at in rows and at != serial and len(steps) < 12:
        row = rows.pop(at)
        steps.append(f"{row['component']} {row['part']} {at}")
        at = str(row["within"])
    return [*steps, serial] if steps else []


def facts_of(machine: Row, words: Words) -> list[dict[str, object]]:
    """What the machine is, line by line, empty cells left out."""
    spec = table("machines")
    return [
        {"label": words.label(n), "value": words.code(cell) if n in CODED else cell}
        for n in SHOWN
        if machine.get(n) is not None and (cell := words.cell(spec.field(n), machine.get(n)))
    ]
