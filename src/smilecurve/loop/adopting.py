"""What becomes of the given tables when a plan of places or of partners is accepted?

An accepted plan of depots is what `depots` says from then on: places that open are resupplied from the central depot,
pieces of those that close go to the depot above them, and each market is served by what is nearest. An accepted plan of
partners sets who is appointed. The next plan starts from there.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from smilecurve.terms.globe import great_circle
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread

__all__ = ["appoint_partners", "place_depots"]

Row = dict[str, object]


def place_depots(thread: Thread, decision: str) -> int:
    """Open and close depots as planned; returns how many depots and markets changed. The central depot stays.

    A new depot is resupplied in the days its site tells, else in those of the nearest depot there is.
    """
    plan = {str(r["site"]): bool(r["open"]) for r in thread.rows_of(decision).to_pylist()}
    sites, depots, markets = (thread.view(table(n)).to_pylist() for n in ("depot_sites", "depots", "markets"))
    old = {str(d["depot"]): d for d in depots}
    central = next((name for name, d in old.items() if d["parent"] is None), None)
    gone = {name for name in old if plan.get(name) is False and name != central}
    new = [s for s in sites if plan.get(str(s["site"])) and s["site"] not in old]
    for site in sites:
        site["open"] = plan.get(str(site["site"]), bool(site["open"])) or site["site"] == central
    thread.put(table("depot_sites"), table("depot_sites").rows(sites), by=decision)
    if not gone and not new:
        return 0

    def above(name: str | None) -> str | None:
        while name in gone:
            name = old[name]["parent"]
        return name

    kept = [d | {"parent": above(d["parent"])} for name, d in old.items() if name not in gone]
    kept += [_depot(site, central, old.values()) for site in new]
    thread.put(table("depots"), table("depots").rows(kept), by=decision)
    _hand_up(thread, {name: str(above(name)) for name in gone}, decision)
    moved = _serve_markets(markets, kept, gone, new)
    thread.put(table("markets"), table("markets").rows(markets), by=decision)
    return len(gone) + len(new) + moved


def _depot(site: Row, central: str | None, depots: Iterable[Row]) -> Row:
    days = site.get("resupply_days")
    if days is None:
        days = _nearest(site, list(depots))["resupply_days"]
    columns = ("name", "market", "latitude", "longitude")
    return {"depot": site["site"], "parent": central, "resupply_days": days} | {c: site[c] for c in columns}


def _nearest(spot: Row, depots: list[Row]) -> Row:
    here, there = (np.array([[float(str(r[c])) for c in ("latitude", "longitude")] for r in rows])
                   for rows in ([spot], depots))  # fmt: skip
    return depots[int(great_circle(here, there)[0].argmin())]


def _hand_up(thread: Thread, goes_to: dict[str, str], decision: str) -> None:
    """Pieces on hand of closed depots go to the depot above them."""
    shelves: dict[tuple[str, str], int] = {}
    for row in thread.view(table("depot_stocks")).to_pylist():
        key = (goes_to.get(row["depot"], row["depot"]), row["part"])
        shelves[key] = shelves.get(key, 0) + row["on_hand"]
    kept = [{"depot": d, "part": p, "on_hand": n} for (d, p), n in shelves.items()]
    thread.put(table("depot_stocks"), table("depot_stocks").rows(kept), by=decision)


def _serve_markets(markets: list[Row], depots: list[Row], gone: set[str], new: list[Row]) -> int:
    """A market in which a depot opens is served by it, one whose depot closed by the nearest; how many changed."""
    own = {str(site["market"]): str(site["site"]) for site in new}
    changed = 0
    for row in markets:
        before = row["depot"]
        if row["market"] in own:
            row["depot"] = own[str(row["market"])]
        elif before in gone:
            row["depot"] = _nearest(row, depots)["depot"] if row["latitude"] is not None else None
        changed += row["depot"] != before
    return changed


def appoint_partners(thread: Thread, decision: str) -> int:
    """Set who is appointed among the offers; returns how many changed."""
    plan = {str(r["partner"]): bool(r["appointed"]) for r in thread.rows_of(decision).to_pylist()}
    offers = thread.view(table("partner_offers")).to_pylist()
    changed = 0
    for offer in offers:
        appointed = plan.get(str(offer["partner"]), offer["appointed"])
        changed += appointed != offer["appointed"]
        offer["appointed"] = appointed
    if changed:
        thread.put(table("partner_offers"), table("partner_offers").rows(offers), by=decision)
    return changed
