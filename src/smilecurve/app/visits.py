"""What is to be done on this visit, and how far is it?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from smilecurve.app.pages.words import Words
from smilecurve.app.reading import Reading
from smilecurve.terms.errors import Breach, NotFound
from smilecurve.terms.scope import MAKER

__all__ = ["Piece", "Visit", "photo_of", "planned", "visit_of"]

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece that sits in a machine now: its place, part and lot or serial."""

    component: str
    part: str
    lot: str


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit: what the plan, the ticket and the machine say of it, what sits there now, what was done on it."""

    visit: str
    kind: str
    machine: str
    route: Row = field(default_factory=dict)
    ticket: Row = field(default_factory=dict)
    about: Row = field(default_factory=dict)
    pieces: tuple[Piece, ...] = ()
    acts: tuple[Row, ...] = ()

    @property
    def accepted(self) -> bool:
        """Has somebody accepted it since it was last tried?"""
        return bool(self.acts) and self.acts[-1]["outcome"] == "accepted"

    @property
    def ended(self) -> str:
        """How it ended: fixed or no_trouble; empty while it is open."""
        return next((str(a["outcome"]) for a in self.acts if a["outcome"] in ("fixed", "no_trouble")), "")

    @property
    def part(self) -> str:
        """The part to bring; empty without one."""
        return str(self.route.get("part") or "")

    @property
    def place(self) -> tuple[float, float] | None:
        """Latitude and longitude of the machine."""
        at = (self.ticket.get("latitude"), self.ticket.get("longitude"))
        return (float(str(at[0])), float(str(at[1]))) if None not in at else None

    @property
    def near(self) -> list[Piece]:
        """The pieces in the machine, those of the part to bring first."""
        return sorted(self.pieces, key=lambda p: (p.part != self.part, p.component, p.lot))


def planned(read: Reading, technician: str = "") -> list[tuple[Row, str]]:
    """The visits of the plan that somebody goes to, in the order of the tours, each with what became of it."""
    where = {"technician": technician} if technician else None
    routes = [r for r in read.rows("service_routes", where=where) if r["technician"]]
    ends = {str(r["visit"]): str(r["outcome"]) for r in read.rows("visit_acts", order=("heard",))}
    routes.sort(key=lambda r: (str(r["visit_date"] or ""), r["day"], str(r["technician"]), r["position"] or 0))
    return [(r, ends.get(str(r["visit"]), "")) for r in routes]


def visit_of(read: Reading, visit: str, words: Words) -> Visit:
    """Everything about one visit, whoever may look on; NotFound, in these words, if no plan and no ticket knows it."""
    every = Reading(read.thread, MAKER, read.kept)
    route = next(iter(every.rows("service_routes", where={"visit": visit}, limit=1)), {})
    ticket = next(iter(every.rows("tickets", where={"ticket": visit}, limit=1)), {})
    acts = tuple(every.rows("visit_acts", where={"visit": visit}, order=("heard",)))
    machine = next((str(r["machine"]) for r in (route, ticket, *acts) if r and r["machine"]), "")
    if not machine:
        said = words.text("there is no visit {visit}", visit=visit)
        raise NotFound(Breach(said, words.text("Link"), words.text("ask for a new one")))
    if not ticket and route:
        part = {"machine": machine, "part": route["part"]}
        ticket = next(iter(every.rows("campaign_machines", where=part, limit=1)), {})
    about = next(iter(every.rows("machines", where={"machine": machine}, limit=1)), {})
    inside = every.thread.components(machine).to_pylist()
    pieces = tuple(
        Piece(str(c["component"]), str(c["part"]), str(c["lot"])) for c in inside if c["until"] is None and c["lot"]
    )
    kind = str(route.get("kind") or ("ticket" if "ticket" in ticket else "campaign"))
    return Visit(visit, kind, machine, route, ticket, about, pieces, acts)


def photo_of(read: Reading, visit: Visit) -> str:
    """The name of the photo that came with the visit's ticket; empty without one."""
    if visit.kind != "ticket":
        return ""
    named = {"machine": visit.machine, "kind": "ticket", "ref": visit.visit}
    told = Reading(read.thread, MAKER, read.kept).rows("events", where=named, limit=1)
    details = json.loads(str(told[0]["details"] or "{}")) if told else {}
    return str(details.get("photo", "")) if isinstance(details, dict) else ""
