"""Which machine goes into which container, and where in it, so that the load is stable and within weight?

Reads     ship_units, containers, campaign_machines (what holds a suspect lot does not leave)
Feedback  promises (what is promised sooner is loaded sooner)
Decides   load_plan
Proof     cost of the containers taken against the cost no plan can beat (volume, mass, floor and length bounds)
Method    maximal empty spaces with supported floors, container by container (solve.loading, solve.containers)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smilecurve.terms.decision import Clash, Decision, Proof, Status
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.terms.tables.serve import CAMPAIGN_MACHINES
from smilecurve.terms.tables.ship import CONTAINERS, LOAD_PLAN, SHIP_UNITS
from smilecurve.terms.tables.supply import PROMISES

if TYPE_CHECKING:
    from smilecurve.solve.loading import Boxes, Packing, Room

__all__ = ["load_containers"]

Ints = npt.NDArray[np.int64]
Row = dict[str, Any]
MM = 1000

REASONS = {
    "fills": "{x_m:.2f} m from the front of {load}: {volume_fill:.0%} of volume, {mass_fill:.0%} of payload used",
    "heavy": "in {load}: {load_kg:.0f} kg use {mass_fill:.0%} of the payload and {volume_fill:.0%} of the volume",
    "alone": "alone in {load}: no other machine for {market} goes with it; {volume_fill:.0%} of the volume used",
}


@desk(
    "ship.load",
    question="Which machine goes into which container, and where in it, so that the load is stable and within weight?",
    reads=(SHIP_UNITS, CONTAINERS, CAMPAIGN_MACHINES),
    decides=LOAD_PLAN,
    reasons=REASONS,
    feedback=(PROMISES,),
    needs=("ship_units", "containers"),
)
def load_containers(
    ship_units: pa.Table,
    containers: pa.Table,
    campaign_machines: pa.Table,
    *,
    stack_below_kg: float = 120.0,
    tries: int = 40,
    seed: int = 1,
    promises: pa.Table | None = None,
) -> Decision:
    """Containers for every market, one row a machine; among equal machines those promised soonest are loaded first.

    stack_below_kg: heavier machines stand on the floor and bear nothing; lighter ones stack. tries: packings tried a
    container. seed: of the search. Machines keep upright and may be turned by a quarter; sizes are rounded up to whole
    millimetres. A flat rack's row gives the room its load may take, overhang included. The load is moved along the
    container so that its centre of mass lies as near to the middle as it can. Machines that fit nowhere, and those that
    hold a component of a suspect lot and so must not leave, are named in the clash.
    """
    _refuse(containers)
    kinds = containers.to_pylist()
    groups: dict[str, list[Row]] = {}
    suspect = {row["machine"]: row["lot"] for row in campaign_machines.to_pylist() if not row["done"]}
    for unit in _promised_first(ship_units, promises):
        if unit["machine"] not in suspect:
            groups.setdefault(unit["market"], []).append(unit)
    rows: list[Row] = []
    clash = _stays(ship_units, suspect)
    cost = bound = 0.0
    loads = 0
    for market, units in sorted(groups.items()):
        one = _load_market(market, units, kinds, stack_below_kg, tries, seed)
        rows += one.rows
        clash += one.clash
        cost, bound, loads = cost + one.cost, bound + one.bound, loads + one.loads
    best = cost <= bound * (1 + 1e-9)
    status: Status = "none" if clash and not rows else "best" if best and not clash else "good"
    table = LOAD_PLAN.rows(rows)
    fill = [r["volume_fill"] for r in rows]
    proof = Proof("optimal" if best else "bound", cost, bound, "40-foot containers", "volume, mass, floor and length")
    figures = {"loads": float(loads), "machines": float(len(rows)), "left_over": float(len(clash))}
    return Decision(
        table, proof, status, tuple(clash), headline=int(np.argmax(fill)) if fill else None, figures=figures
    )


def _promised_first(ship_units: pa.Table, promises: pa.Table | None) -> list[Row]:
    """The machines, those of orders with the earliest promise first, then those ready longest."""
    promised = promises.select(["sales_order", "p80"]).to_pylist() if promises is not None else []
    due = {row["sales_order"]: row["p80"] for row in promised}
    units: list[Row] = ship_units.to_pylist()
    return sorted(units, key=lambda u: (due.get(u["sales_order"], date.max), u["ready"], u["machine"]))


def _stays(ship_units: pa.Table, suspect: dict[str, str]) -> list[Clash]:
    """The machines that must not leave, with the lot that holds them back."""
    machines = [m for m in ship_units.column("machine").to_pylist() if m in suspect]
    return [
        Clash(
            f"{m} holds the suspect lot {suspect[m]}", f"ship_units, {m}", "change the part in the yard, then load it"
        )
        for m in sorted(machines)
    ]


def _refuse(containers: pa.Table) -> None:
    free = [r for r, c in enumerate(containers.column("cost").to_pylist()) if c <= 0]
    if free:
        raise DataRejected(
            Breach(
                f"container {containers.column('container')[row].as_py()} costs nothing",
                f"containers.cost, row {row + 1}",
                "give its cost against a 40-foot container = 1",
                "containers",
                row,
                "cost",
                "0",
            )
            for row in free
        )


@dataclass(frozen=True)
class _Market:
    """What is decided for one market."""

    rows: list[Row]
    clash: list[Clash]
    cost: float
    bound: float
    loads: int


def _load_market(
    market: str, units: list[Row], kinds: list[Row], stack_below_kg: float, tries: int, seed: int
) -> _Market:
    from smilecurve.solve.containers import pack_all

    alike: dict[tuple[object, ...], list[Row]] = {}
    for unit in units:
        size = tuple(unit[k] for k in ("model", "length_m", "width_m", "height_m", "mass_kg"))
        alike.setdefault(size, []).append(unit)
    stock = list(alike.values())
    boxes = _boxes([same[0] for same in stock], [len(same) for same in stock], stack_below_kg)
    rooms = [_room(kind) for kind in kinds]
    found = pack_all(boxes, rooms, [kind["cost"] for kind in kinds], tries=tries, seed=seed)
    queues = [iter(same) for same in stock]
    rows: list[Row] = []
    for number, (place, packing) in enumerate(zip(found.room, found.packing, strict=True), start=1):
        rows += _rows(f"{market}-{number:03d}", market, kinds[place], rooms[place], packing, queues)
    clash = [
        Clash(
            f"{unit['machine']} ({unit['length_m']:g} x {unit['width_m']:g} x {unit['height_m']:g} m, "
            f"{unit['mass_kg']:g} kg) fits into no container",
            f"ship_units, {unit['machine']}",
            "add a container that takes it, or ship it as break bulk",
        )
        for queue in queues
        for unit in queue
    ]
    return _Market(rows, clash, found.cost, found.bound, len(found.room))


def _boxes(kinds: list[Row], quantity: list[int], stack_below_kg: float) -> Boxes:
    from smilecurve.solve.loading import Boxes

    size = [[max(1, math.ceil(k[side] * MM - 1e-6)) for side in ("length_m", "width_m", "height_m")] for k in kinds]
    mass = [k["mass_kg"] for k in kinds]
    light = [m <= stack_below_kg for m in mass]
    return Boxes.of(size, quantity, mass, bears=light, floor=[not one for one in light])


def _room(kind: Row) -> Room:
    from smilecurve.solve.loading import Room

    length, width, height = (math.floor(kind[side] * MM + 1e-6) for side in ("length_m", "width_m", "height_m"))
    return Room(length, width, height, kind["payload_kg"])


def _rows(load: str, market: str, kind: Row, room: Room, packing: Packing, queues: list[Iterator[Row]]) -> list[Row]:
    """One row a machine of this load, first promised first loaded."""
    units = [next(queues[place]) for place in packing.kind.tolist()]
    mass = np.array([unit["mass_kg"] for unit in units])
    corner = packing.corner + np.array([_shift(packing, room, mass), 0, 0])
    load_kg = float(mass.sum())
    volume_fill, mass_fill = min(1.0, packing.volume / room.volume), min(1.0, load_kg / room.payload)
    reason = "alone" if len(units) == 1 else "heavy" if mass_fill > volume_fill else "fills"
    return [
        {
            **{k: unit[k] for k in ("machine", "model", "sales_order")},
            "load": load,
            "container": kind["container"],
            "market": market,
            **dict(zip(("x_m", "y_m", "z_m"), (corner[row] / MM).tolist(), strict=True)),
            "turned": bool(packing.extent[row, 0] != math.ceil(unit["length_m"] * MM - 1e-6)),
            "volume_fill": volume_fill,
            "mass_fill": mass_fill,
            "load_kg": load_kg,
            "reason": reason,
        }
        for row, unit in enumerate(units)
    ]


def _shift(packing: Packing, room: Room, mass: npt.NDArray[np.float64]) -> int:
    """How far the load moves towards the door so that its centre of mass comes to the middle of the length."""
    if mass.sum() <= 0:
        return 0
    centre = float(mass @ (packing.corner[:, 0] + packing.extent[:, 0] / 2)) / float(mass.sum())
    slack = room.length - int((packing.corner[:, 0] + packing.extent[:, 0]).max())
    low = -int(packing.corner[:, 0].min())
    return int(np.clip(round(room.length / 2 - centre), low, slack))
