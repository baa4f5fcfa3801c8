"""What can happen to a machine, a component or a lot?

One event = one thing that happened to identified machines, components or lots. Kinds are GS1 CBV 2.0 business steps where
one exists, own namespaced kinds elsewhere. Two clocks: event_time (when it happened), record_time (when we heard of it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from smilecurve.terms.table import BY_MACHINE, Field, Spec, code, moment, money, number, whole

__all__ = [
    "COMPONENTS_TYPE",
    "EVENTS",
    "EVENT_SCHEMA",
    "IN_FIELD",
    "KINDS",
    "SPENT",
    "STATUSES",
    "EventKind",
    "event_breaches",
]

CBV = "https://ref.gs1.org/cbv/BizStep-"
OWN = "urn:smilecurve:kind:"
STATUSES = ("line", "stock", "ship", "dealer", "customer", "lease", "returned", "scrap")
IN_FIELD = ("customer", "lease", "dealer")
"""Where somebody else has the machine."""
SPENT = ("claim", "repairing", "regrade")
"""Kinds whose amount is asked for or spent on one machine, and therefore never below 0."""


@dataclass(frozen=True, slots=True)
class EventKind:
    """One kind of event: its meaning, the columns it needs, the status it puts the machine into, its standard name."""

    name: str
    meaning: str
    needs: tuple[str, ...]
    status: str = ""
    standard: str = OWN

    @property
    def uri(self) -> str:
        """The kind's name in the world: GS1 CBV where it exists."""
        return self.standard + self.name


def _kinds(*kinds: EventKind) -> Mapping[str, EventKind]:
    return {kind.name: kind for kind in kinds}


KINDS: Mapping[str, EventKind] = _kinds(
    # making
    EventKind(
        "work_order", "the factory is asked to build one machine (part = model, ref = work order)", ("ref", "part")
    ),
    EventKind(
        "picking", "lots are kitted for a work order (components; ref = work order)", ("ref", "components"), "", CBV
    ),
    EventKind("commissioning", "a serial number comes to exist (part = model)", ("machine", "part"), "line", CBV),
    EventKind(
        "assembling", "components are built into a new whole (machine, or a lot made of lots)", ("components",), "", CBV
    ),
    EventKind(
        "inspecting",
        "a characteristic is measured, a lot sampled or a check done (code, quantity, disposition)",
        (),
        "",
        CBV,
    ),
    EventKind(
        "holding",
        "a lot is set aside, or released again (disposition = non_conformant | conformant, party = who)",
        ("part", "lot"),
        "",
        CBV,
    ),
    EventKind("task_done", "a task of a station is done on a machine (code = task, ref = work order)", ("code",)),
    EventKind("station_done", "a station has finished its work on a machine (ref = work order)", ()),
    EventKind(
        "help_call",
        "a station calls for help (ref = call, code = why, disposition = open | taken | closed)",
        ("ref", "disposition"),
    ),
    EventKind("storing", "a machine lies in stock", ("machine", "place"), "stock", CBV),
    # selling
    EventKind("visit", "a buyer visits us or our stand (party, ref = lead, place = exhibition)", ("party",)),
    EventKind(
        "sales_order",
        "a buyer orders (ref, part = model, quantity, market, party, amount)",
        ("ref", "part", "quantity"),
    ),
    EventKind("sales_order_cancelled", "an order or part of it is withdrawn (ref)", ("ref",)),
    EventKind("shipping", "a machine leaves (place = from, party = to, ref = sales order)", ("machine",), "ship", CBV),
    EventKind(
        "receiving",
        "a machine arrives; disposition returned when it comes back (ref = RMA)",
        ("machine",),
        "dealer",
        CBV,
    ),
    EventKind(
        "retail_selling",
        "a machine is sold (market, party = holder, amount, code = channel)",
        ("machine",),
        "customer",
        CBV,
    ),
    EventKind("price", "a price was seen (part, market, amount)", ("part", "amount")),
    # in the field
    EventKind("start_up", "a machine starts work (party = service partner)", ("machine",)),
    EventKind("meter_reading", "the hour meter is read (quantity = hours)", ("machine", "quantity")),
    EventKind("fault", "a machine or person reports a fault code (code)", ("machine", "code")),
    EventKind("ticket", "a ticket is opened (ref, code = symptom, quantity = hours)", ("machine", "ref", "code")),
    EventKind(
        "answer", "a question of a ticket is answered (ref, code = question, disposition = yes | no)", ("ref", "code")
    ),
    EventKind("ticket_closed", "a ticket is solved (ref, code = cause, disposition = remote | part | visit)", ("ref",)),
    EventKind(
        "service_visit",
        "a partner's visit to a machine (ref = visit, disposition = accepted | fixed | not_fixed | no_trouble)",
        ("ref", "disposition"),
    ),
    EventKind("failure", "a verified loss of function (part, code = mode, quantity = hours)", ("machine", "part")),
    EventKind("no_trouble_found", "an examined machine shows no failure", ("machine",)),
    EventKind("claim", "a request for payment (ref, part, amount)", ("machine", "ref", "amount")),
    EventKind("repairing", "a machine is repaired (ref, amount = cost)", ("machine",), "", CBV),
    EventKind(
        "replacing", "a part of a machine is changed (component, part, lot = new lot)", ("machine", "part"), "", CBV
    ),
    EventKind(
        "installing", "a component goes into an existing machine (component, part, lot)", ("machine", "lot"), "", CBV
    ),
    EventKind("removing", "a component comes out of a machine (component, part, lot)", ("machine", "lot"), "", CBV),
    EventKind(
        "campaign_call",
        "the holder of a machine of a campaign is called (part, ref = campaign, disposition = reached | unreachable)",
        ("machine", "part", "disposition"),
    ),
    EventKind("campaign_repair", "a machine is put right before it fails (part, ref = campaign)", ("machine", "part")),
    # second life
    EventKind(
        "grading",
        "one item of a returned machine is looked at (ref = RMA, code = item, quantity = wear from 0 to 1, a photo)",
        ("machine", "ref", "code", "quantity"),
    ),
    EventKind("grade", "a returned machine is graded (ref = RMA, code = A..D)", ("machine", "code")),
    EventKind("regrade", "a machine is refurbished to a grade (code, amount = cost)", ("machine", "code")),
    EventKind(
        "lease_out",
        "a machine goes on lease (party = lessee, amount a month, quantity = months)",
        ("machine",),
        "lease",
    ),
    EventKind("lease_end", "a lease ends", ("machine",), "returned"),
    EventKind("decommissioning", "a machine is scrapped or parted out", ("machine",), "scrap", CBV),
    # the house itself
    EventKind("cost", "money spent or earned on a stage (code = stage, amount; part = model)", ("code", "amount")),
    EventKind(
        "decision", "a desk decided, or a person accepted, changed or rejected (ref = decision)", ("ref", "code")
    ),
    EventKind("error_declaration", "an earlier event is withdrawn (corrects = its id)", ("corrects",)),
)

COMPONENTS_TYPE = pa.list_(
    pa.struct([pa.field("component", pa.string()), pa.field("part", pa.string()), pa.field("lot", pa.string())])
)

EVENTS = Spec(
    "events",
    "Everything that happened, in the order we heard of it",
    "thread",
    "seen",
    (
        code("event_id", "the sender's id, or the hash of the canonical content"),
        code("kind", "what happened", *KINDS),
        moment("event_time", "when it happened"),
        moment("record_time", "when we heard of it"),
        code("source", "who numbered the event: a station, gateway, file or desk"),
        whole("seq", "the source's own number", optional=True),
        code("machine", "serial of the machine", optional=True),
        code("part", "part number; the model for a whole machine", optional=True),
        code("component", "the part's place on the machine", optional=True),
        code("lot", "component lot or serial", optional=True),
        code("place", "where", optional=True),
        Field("market", "market the event belongs to", "market", optional=True),
        code("party", "who: buyer, holder, supplier, service partner", optional=True),
        code("ref", "the document: order, ticket, claim, RMA, campaign", optional=True),
        code("code", "a code that the kind explains", optional=True),
        code("disposition", "GS1 CBV disposition or the kind's own outcome", optional=True),
        number("quantity", "a quantity that the kind explains", optional=True),
        money("amount", "money", optional=True),
        Field("currency", "currency of the amount", "currency", optional=True),
        code("corrects", "id of the event this one withdraws", optional=True),
        Field("details", "whatever else, as a JSON object", "json", optional=True),
    ),
    ("event_id",),
    BY_MACHINE,
)

EVENT_SCHEMA = pa.schema([*EVENTS.schema, pa.field("components", COMPONENTS_TYPE, nullable=True)])
"""What `thread.append` takes: every column but kind and event_time may be absent; `components` lists part and lot by place."""


def event_breaches(kind: str, given: frozenset[str]) -> tuple[str, ...]:
    """The columns that an event of this kind lacks.

    >>> event_breaches("failure", frozenset({"machine"}))
    ('part',)
    """
    return tuple(column for column in KINDS[kind].needs if column not in given)
