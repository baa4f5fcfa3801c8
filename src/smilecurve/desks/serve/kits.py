"""Which spares should each technician carry, so that a visit does not fail for want of a part?

Reads     technicians, partners, van_stocks, parts, markets, depots, causes, tickets, spare_stock; feedback
          claim_forecast
Decides   van_kits
Proof     what the kits save over their keeping against the most that any kits of these vans could
Method    repair kit problem: single pieces by the chance that they are used before the van is filled again, a knapsack
          where they do not all fit: see solve.kitting
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.serve._crews import check_shifts
from smilecurve.desks.serve._kit_needs import depot_of_markets, needs_of_vans
from smilecurve.desks.serve._limits import below_zero, refuse
from smilecurve.desks.serve._places import order_depots
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.terms.money import Money, one_currency
from smilecurve.terms.tables.learn_claims import CLAIM_FORECAST
from smilecurve.terms.tables.market import MARKETS
from smilecurve.terms.tables.serve import PARTNERS, TECHNICIANS
from smilecurve.terms.tables.serve_stock import DEPOTS, SPARE_STOCK
from smilecurve.terms.tables.serve_tickets import CAUSES, TICKETS
from smilecurve.terms.tables.serve_vans import VAN_KITS, VAN_STOCKS
from smilecurve.terms.tables.supply import PARTS

__all__ = ["fill_vans"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Row = Mapping[str, object]
DAYS = 365.25
RISES = 1.25

MEETS = "{target} meet {met:.0%} of {jobs_year:.1f} visits a year that need it"
REASONS = {
    "rising": "failures to come: needed on {jobs_year:.1f} visits a year where the past shows {jobs_before:.1f}; load "
    "{load}, {target} meet {met:.0%}",
    "load": "load {load}: " + MEETS + ", the {on_hand} in the van {met_before:.0%}",
    "short": "load {load}, {depot} has {depot_on_hand}: " + MEETS + ", the {on_hand} in the van {met_before:.0%}",
    "unload": "give back {unload}: " + MEETS,
    "enough": MEETS + "; all of them are there",
    "room": "more would pay, but there is no room in the van: {mass_kg:.0f} kg a piece; " + MEETS,
}


@dataclass(frozen=True)
class _Spares:
    """Parts that may be carried: rows, price and mass (parts,), keeping a year as a share of it, fillings a year."""

    rows: Sequence[Row]
    price: Floats
    mass: Floats
    holding: float
    year: float


@desk(
    "serve.kits",
    question="Which spares should each technician carry?",
    reads=(TECHNICIANS, PARTNERS, VAN_STOCKS, PARTS, MARKETS, DEPOTS, CAUSES, TICKETS, SPARE_STOCK),
    feedback=(CLAIM_FORECAST,),
    decides=VAN_KITS,
    needs=("technicians", "depots", "spare_stock"),
    reasons=REASONS,
)
def fill_vans(
    technicians: pa.Table,
    partners: pa.Table,
    van_stocks: pa.Table,
    parts: pa.Table,
    markets: pa.Table,
    depots: pa.Table,
    causes: pa.Table,
    tickets: pa.Table,
    spare_stock: pa.Table,
    *,
    claim_forecast: pa.Table | None = None,
    filled_days: float = 7.0,
    saved: float = 0.5,
    holding: float = 0.2,
    van_kg: float = 300.0,
) -> Decision:
    """Decide the pieces of each spare in each van.

    filled_days   days from one filling of a van to the next
    saved         what a piece at hand spares, as a share of the cost of a visit: a second way where the part was not
                  foreseen, a stop at the depot or a day of waiting where it was
    holding       cost of keeping a piece in a van for a year, as a share of its price: capital, damage, loss
    van_kg        what a van carries, where technicians name no `van_kg` of their own
    What each depot is asked for (serve.spares: foretold, by the life of a part or past use) is shared among the
    technicians of its markets; a visit needs one piece.
    """
    _limits(filled_days=filled_days, saved=saved, holding=holding, van_kg=van_kg)
    check_shifts(technicians, van_stocks)
    depot_of = depot_of_markets(markets, order_depots(depots).names[0])
    people = sorted(technicians.to_pylist(), key=lambda r: str(r["technician"]))
    visit = {str(r["partner"]): float(str(r["visit_cost"])) for r in partners.to_pylist()}
    known = {str(r["part"]): r for r in parts.to_pylist()}
    _sound(people, depot_of, visit, known, van_stocks)
    wanted = [known[p] for p in sorted(known) if known[p]["spare"]]
    currency = one_currency((str(r["currency"]) for r in [*wanted, *partners.to_pylist()]), _mixed)
    codes = [str(p["part"]) for p in wanted]
    needs = needs_of_vans(people, codes, spare_stock, depot_of, causes, tickets, claim_forecast)
    at = {code: i for i, code in enumerate(codes)}
    held, shelf = (_pieces(t, name, at) for t, name in ((van_stocks, "technician"), (spare_stock, "depot")))
    nothing = np.zeros(len(codes), dtype=np.int64)
    price, mass = (np.array([float(str(p[c] or 0.0)) for p in wanted]) for c in ("cost", "mass_kg"))
    spares = _Spares(wanted, price, mass, holding, DAYS / filled_days)
    rows: list[dict[str, object]] = []
    gained = most = 0.0
    for person in people:
        depot = depot_of[str(person["market"])]
        room = van_kg if person["van_kg"] is None else float(person["van_kg"])
        there, at_depot = held.get(str(person["technician"]), nothing), shelf.get(depot, nothing)
        told, gain, bound = _van(spares, needs.of(person), there, at_depot, saved * visit[str(person["partner"])], room)
        gained, most = gained + gain, most + bound
        who = {c: person[c] for c in ("technician", "partner", "market")} | {"currency": currency, "depot": depot}
        rows += [{**who, **row} for row in told]
    return Decision(
        VAN_KITS.rows(rows),
        Proof("bound", gained, max(most, gained), currency, "most that any kits of these vans save a year"),
        "best" if most <= gained + 1e-9 * max(gained, 1.0) else "good",
        worth=Money(gained, currency),
        headline=max(range(len(rows)), key=lambda i: _urgency(rows[i]), default=None),
        figures=_figures(rows, needs.manned, needs.unmanned, gained),
    )


def _van(
    spares: _Spares, jobs: tuple[Floats, Floats], there: Ints, at_depot: Ints, spared: float, room: float
) -> tuple[list[dict[str, object]], float, float]:
    """The rows of one van, what its kit saves a year and the most that any does."""
    from smilecurve.solve.kitting import met_share, pack_kit

    rate = jobs[0] / spares.year
    keep = spares.holding * spares.price
    kit = pack_kit(rate, np.full(len(rate), spared), keep / spares.year, spares.mass, room)
    carried = np.nonzero(kit.pieces + there)[0]
    met, before = (met_share(rate[carried], pieces[carried]).tolist() for pieces in (kit.pieces, there))
    rows: list[dict[str, object]] = []
    for i, p in enumerate(carried.tolist()):
        target, on_hand = int(kit.pieces[p]), int(there[p])
        row = {
            "part": spares.rows[p]["part"],
            "jobs_year": float(jobs[0][p]),
            "jobs_before": float(jobs[1][p]),
            "target": target,
            "on_hand": on_hand,
            "load": max(target - on_hand, 0),
            "unload": max(on_hand - target, 0),
            "met_before": before[i],
            "met": met[i],
            "saved_year": float(met[i] * jobs[0][p] * spared - keep[p] * target),
            "mass_kg": spares.rows[p]["mass_kg"],
            "cost": float(spares.price[p] * target),
            "depot_on_hand": int(at_depot[p]),
        }
        rows.append(row | {"reason": _reason(row, int(kit.wanted[p]))})
    return rows, kit.saved * spares.year, kit.bound * spares.year


def _pieces(stock: pa.Table, owner: str, at: Mapping[str, int]) -> dict[str, Ints]:
    """Pieces on hand (parts,) by technician or depot."""
    found: dict[str, Ints] = {}
    for who, part, on_hand in zip(*(stock.column(c).to_pylist() for c in (owner, "part", "on_hand")), strict=True):
        if part in at:
            found.setdefault(who, np.zeros(len(at), dtype=np.int64))[at[part]] += on_hand
    return found


def _reason(row: Row, wanted: int) -> str:
    load, target = int(str(row["load"])), int(str(row["target"]))
    if load and float(str(row["jobs_year"])) > RISES * float(str(row["jobs_before"])):
        return "rising"
    if load:
        return "short" if int(str(row["depot_on_hand"])) < load else "load"
    if target < wanted:
        return "room"
    return "unload" if row["unload"] else "enough"


def _urgency(row: Row) -> float:
    return float(str(row["jobs_year"])) * (float(str(row["met"])) - float(str(row["met_before"])))


def _figures(rows: Sequence[Row], jobs: float, unmanned: float, gained: float) -> dict[str, float]:
    def total(*columns: str) -> float:
        return float(sum(np.prod([float(str(row[c])) for c in columns]) for row in rows))

    return {
        "jobs_year": jobs,
        "jobs_unmanned": unmanned,
        "met_before": total("met_before", "jobs_year") / jobs if jobs else 1.0,
        "met": total("met", "jobs_year") / jobs if jobs else 1.0,
        "saved_year": gained,
        "pieces_loaded": total("load"),
        "pieces_given_back": total("unload"),
        "value": total("cost"),
    }


def _limits(**given: float) -> None:
    bad = below_zero(**given)
    if given["filled_days"] == 0:
        bad.append(Breach("filled_days of 0 is no time between two fillings", "filled_days", "give days above 0"))
    refuse(bad)


def _mixed(names: Sequence[str]) -> Breach:
    said = f"spares and visits are priced in {', '.join(names)}"
    return Breach(said, "parts.currency", "price all spares and visits in one currency", "parts")


def _sound(
    people: Sequence[Row], depot_of: Mapping[str, str], visit: Mapping[str, float], known: Mapping[str, Row],
    vans: pa.Table,
) -> None:  # fmt: skip
    """Refuse technicians of no market or partner, and pieces of no part: all at once."""
    bad = []
    for row in people:
        for column, some, what in (("partner", visit, "partner"), ("market", depot_of, "market")):
            if row[column] not in some:
                said = f"{what} {row[column]} of {row['technician']} is not known"
                bad.append(Breach(said, f"technicians.{column}", f"add the {what}, or correct it", "technicians"))
    bad += [
        Breach(f"part {part} is not known", "van_stocks.part", "add it to parts", "van_stocks")
        for part in sorted(set(vans.column("part").to_pylist()) - set(known))
    ]
    if bad:
        raise DataRejected(bad)
