"""Where do spare depots stand, so that parts reach machines in time at least cost?

Reads     depot_sites, machine_places
Decides   depot_plan
Proof     the yearly cost of the plan against the least that any choice of places can cost
Method    location with fixed costs, or of a given number of places: see solve.siting
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.serve._limits import above_zero
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.globe import great_circle
from smilecurve.terms.money import Money, one_currency
from smilecurve.terms.tables.serve_depots import DEPOT_PLAN, DEPOT_SITES, MACHINE_PLACES

__all__ = ["place_depots"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Row = Mapping[str, object]
SERVES = (
    "{machines} machines, {within:.0%} within {reach_km:.0f} km, {only} in reach of no other; it saves "
    "{saves_year:.0f} {currency} a year and costs {cost_year:.0f}"
)
REASONS = {
    "keep": f"keep: {SERVES}",
    "open": f"open: {SERVES}",
    "close": "close: it saves the others {saves_year:.0f} {currency} a year and costs {cost_year:.0f}",
    "stay_out": "not needed: it would save {saves_year:.0f} {currency} a year and cost {cost_year:.0f}",
    "next": "would save {saves_year:.0f} {currency} a year and cost {cost_year:.0f}, but no more places are wanted",
    "idle": "kept without machines: closing it costs more than its {cost_year:.0f} {currency} a year",
}  # fmt: skip
ROUNDS, EASY = 100, 100_000
RANK = ("open", "close", "keep", "idle", "next", "stay_out")


@dataclass(frozen=True)
class _Field:
    """Places of machines (rows) and sites (columns): km, yearly cost of serving; cost of flying everything in."""

    km: Floats
    cost: Floats
    far: Floats
    machines: Floats
    used: Floats
    reach: float


@desk(
    "serve.depots",
    question="Where do spare depots stand, so that parts reach machines in time at least cost?",
    reads=(DEPOT_SITES, MACHINE_PLACES),
    decides=DEPOT_PLAN,
    needs=("depot_sites", "machine_places"),
    reasons=REASONS,
    answers={
        "told": "{within:.0%} of {machines:.0f} machines within reach ({within_before:.0%} now), "
        "{places:.0f} places instead of {places_before:.0f}; one more would reach {one_more:.0f} more machines"
    },
)
def place_depots(
    depot_sites: pa.Table,
    machine_places: pa.Table,
    *,
    number: int | None = None,
    reach_km: float = 1000.0,
    km_cost: float = 0.4,
    late_cost: float = 600.0,
    air_cost: float = 2500.0,
    years: float = 3.0,
    nodes: int = 2000,
    seed: int = 1,
) -> Decision:
    """Decide which places have a depot, and what each machine is served from.

    number      places wanted; None: as many as pay
    reach_km    way within which a part comes in time; late_cost: what a part that comes later costs more
    km_cost     of one km of one part; air_cost: of a part flown in from the maker where no depot serves
    years       over which the cost of a change is spread
    nodes, seed   of the proof's search tree at most; of the search before it, where there is much to look at
    Money is in the one currency of the sites.
    """
    above_zero(reach_km=reach_km, years=years, nodes=nodes)
    sites = sorted(depot_sites.to_pylist(), key=lambda r: str(r["site"]))
    places = sorted(machine_places.to_pylist(), key=lambda r: (str(r["market"]), r["north"], r["east"]))
    if number is not None and not 1 <= number <= len(sites):
        said = f"{number} of {len(sites)} places cannot be opened"
        raise OptionRejected(Breach(said, "number", f"give 1 to {len(sites)}"))
    if not sites or not places:
        nothing = float(len(sites) * len(places))
        clash = Clash("no machine is in service, or no place is given", "depot_sites", "load machines and places")
        return Decision(DEPOT_PLAN.empty(), Proof("bound", nothing, nothing, "cost"), "none", (clash,))
    currency = one_currency((str(s["currency"]) for s in sites), _mixed)
    field = _field(sites, places, reach_km, km_cost, late_cost, air_cost)
    now = np.array([bool(s["open"]) for s in sites])
    rent, change = (_numbers(sites, c) for c in ("cost_year", "change_cost"))
    opening = rent + np.where(now, -change, change) / years
    from smilecurve.solve.siting import place_sites

    found = place_sites(
        field.cost,
        opening,
        number=number,
        far=field.far,
        rounds=ROUNDS * (field.cost.size > EASY),
        seed=seed,
        seconds=3600.0,
        nodes=nodes,
    )
    stay = float(change[now].sum()) / years
    value, bound = found.value + stay, found.bound + stay
    before = _total(field, now) + float(rent[now].sum())
    rows = _rows(sites, field, found.open, number, currency)
    missed = ~np.any((field.km <= reach_km) & found.open[None, :], axis=1)
    gains = ((field.km <= reach_km) & missed[:, None]).T.astype(np.float64) @ field.machines
    machines = float(field.machines.sum())
    return Decision(
        rows=DEPOT_PLAN.rows(rows),
        proof=Proof("bound", value, min(bound, value), currency, "least yearly cost of any places (HiGHS)"),
        status="best" if value - bound <= 1e-6 * max(value, 1.0) else "good",
        worth=Money(before - value, currency),
        headline=0,
        figures={
            "machines": machines,
            "within_before": _reached(field, now) / max(machines, 1.0),
            "within": _reached(field, found.open) / max(machines, 1.0),
            "places_before": float(now.sum()),
            "places": float(found.open.sum()),
            "one_more": float(gains.max()),
            "cost_year_before": before,
            "cost_year": value,
        },
        answer="told",
    )


def _mixed(names: Sequence[str]) -> Breach:
    said = f"places cost {', '.join(names)}"
    return Breach(said, "depot_sites.currency", "bring all places to one currency", "depot_sites")


def _numbers(rows: Sequence[Row], column: str) -> Floats:
    return np.array([float(str(r[column])) for r in rows])


def _field(
    sites: Sequence[Row], places: Sequence[Row], reach: float, km_cost: float, late_cost: float, air_cost: float
) -> _Field:
    spots = [np.stack([_numbers(rows, c) for c in ("latitude", "longitude")], axis=1) for rows in (places, sites)]
    km = great_circle(spots[0], spots[1])
    used = _numbers(places, "used") / _numbers(places, "years")
    each = km_cost * km + np.where(km > reach, late_cost, 0.0)
    return _Field(km, used[:, None] * each, used * air_cost, _numbers(places, "machines"), used, reach)


def _total(field: _Field, is_open: Flags) -> float:
    """Yearly cost of serving from these places, their own cost apart."""
    served = np.where(is_open[None, :], field.cost, np.inf).min(axis=1, initial=np.inf)
    return float(np.minimum(served, field.far).sum())


def _reached(field: _Field, is_open: Flags) -> float:
    """Machines within reach of some place."""
    near = (field.km <= field.reach) & is_open[None, :]
    return float(field.machines[near.any(axis=1)].sum())


def _rows(
    sites: Sequence[Row], field: _Field, is_open: Flags, number: int | None, currency: str
) -> list[dict[str, object]]:
    who, saves = _served(field, is_open)
    near = field.km <= field.reach
    covered = (near & is_open[None, :]).sum(axis=1)
    rows = []
    for j, site in enumerate(sites):
        mine = who == j
        machines = float(field.machines[mine].sum())
        weight = field.used[mine] if field.used[mine].sum() > 0 else field.machines[mine]
        row: dict[str, object] = {
            "site": site["site"],
            "market": site["market"],
            "before": bool(site["open"]),
            "open": bool(is_open[j]),
            "machines": int(machines),
            "within": float(field.machines[mine & near[:, j]].sum()) / machines if machines else None,
            "mean_km": float(np.average(field.km[mine, j], weights=weight)) if machines else None,
            "only": int(field.machines[near[:, j] & (covered == is_open[j])].sum()),
            "reach_km": field.reach,
            "saves_year": float(saves[j]),
            "cost_year": float(str(site["cost_year"])),
            "currency": currency,
        }
        rows.append(row | {"reason": _reason(row, number)})
    rows.sort(key=lambda r: (RANK.index(str(r["reason"])), -int(str(r["machines"])), str(r["site"])))
    return rows


def _served(field: _Field, is_open: Flags) -> tuple[NDArray[np.int64], Floats]:
    """The site that serves each place (-1: flown in), and what each site saves all others a year."""
    at = np.nonzero(is_open)[0]
    first = np.full(len(field.far), -1, dtype=np.int64)
    now, then = field.far.copy(), field.far.copy()
    if at.size:
        # Of places that cost the same (nobody there needs a part), the nearest serves.
        order = np.lexsort((field.km[:, at], field.cost[:, at]), axis=1)
        ranked = np.take_along_axis(field.cost[:, at], order[:, :2], axis=1)
        first = np.where(ranked[:, 0] <= field.far, at[order[:, 0]], -1)
        now = np.minimum(ranked[:, 0], field.far)
        then = np.minimum(ranked[:, 1], field.far) if at.size > 1 else field.far
    opened = np.maximum(now[:, None] - field.cost, 0.0).sum(axis=0)
    closed = np.bincount(np.where(first >= 0, first, 0), np.where(first >= 0, then - now, 0.0), len(is_open))
    return first, np.where(is_open, closed, opened)


def _reason(row: Row, number: int | None) -> str:
    if row["open"]:
        if not row["machines"]:
            return "idle" if row["before"] else "open"
        return "keep" if row["before"] else "open"
    if number is not None and float(str(row["saves_year"])) > float(str(row["cost_year"])):
        return "next"
    return "close" if row["before"] else "stay_out"
