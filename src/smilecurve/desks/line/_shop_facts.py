"""Shop orders, equipment and material in whole seconds from the start of the plan, for line.shops."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.line._shop_calendar import Calendar, calendar, longest_open
from smilecurve.terms.decision import Clash

Ints = NDArray[np.int64]
Row = dict[str, object]
FAR = 1 << 50


@dataclass(frozen=True)
class Facts:
    """The shops as numbers: operations (order, position) of one order in a row, ways (operation, equipment, time).

    material: from when an order's material is there; short: orders whose material nothing on its way covers.
    """

    zero: datetime
    orders: list[Row]
    operations: list[tuple[int, int]]
    ways: list[tuple[int, int, int]]
    equipment: list[Row]
    family: list[int]
    release: Ints
    material: Ints
    due: Ints
    deadline: Ints
    weight: Ints
    short: set[int]
    setups: dict[int, Ints]
    stands: Ints
    closed: list[tuple[int, int, int]]
    clash: tuple[Clash, ...]

    @staticmethod
    def of(tables: dict[str, pa.Table], zero: datetime) -> Facts:
        """Read the tables, which are sound; the plan begins at `zero`."""
        far = datetime.max.replace(tzinfo=UTC)
        orders = sorted(tables["shop_orders"].to_pylist(), key=lambda r: (r["due"] or far, r["shop_order"]))
        equipment = tables["equipment"].sort_by("equipment").to_pylist()
        number = {row["shop_order"]: at for at, row in enumerate(orders)}
        place = {row["equipment"]: at for at, row in enumerate(equipment)}
        wants = [str(r["family"] or r["part"]) for r in orders]
        code = {
            name: at for at, name in enumerate(sorted({*wants, *(e["set_for"] for e in equipment if e["set_for"])}))
        }
        operations, ways = _ways(tables["shop_operations"].to_pylist(), orders, number, place)
        ready, short = material_days(orders, tables["bom"], tables["stocks"], tables["receipts"])
        material = np.array([0 if d is None else seconds(midnight(d), zero) for d in ready], np.int64).clip(0)
        release = np.maximum(_column(orders, "release", zero, 0), material)
        setups = _setups(tables["equipment_setups"].to_pylist(), place, code)
        change = max((int(matrix.max()) for matrix in setups.values()), default=0)
        work = sum(time for _, _, time in ways) + change * len(operations)
        closed = calendar(tables["equipment_breaks"].to_pylist(), place, zero, int(release.max(initial=0)) + work)
        kept, clash = _fitting(ways, operations, orders, equipment, closed, setups)
        deadline = _column(orders, "deadline", zero, FAR)
        return Facts(
            zero,
            orders,
            operations,
            kept,
            equipment,
            [code[wants[j]] for j, _ in operations],
            release,
            material,
            _column(orders, "due", zero, FAR),
            deadline,
            np.array([r["weight"] or 1 for r in orders], np.int64),
            short,
            setups,
            np.array([code[e["set_for"]] if e["set_for"] else -1 for e in equipment], np.int64),
            closed.rows,
            clash + (() if clash else _hopeless(orders, operations, kept, release, deadline)),
        )


def seconds(when: datetime, zero: datetime) -> int:
    """Whole seconds from the start of the plan."""
    return round((when - zero).total_seconds())


def midnight(day: date) -> datetime:
    """The first instant of a day, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _column(orders: list[Row], name: str, zero: datetime, otherwise: int) -> Ints:
    values = [seconds(v, zero) if isinstance(v := row[name], datetime) else otherwise for row in orders]
    return np.array(values, np.int64).clip(0)


def _ways(
    rows: list[Row], orders: list[Row], number: dict[object, int], place: dict[object, int]
) -> tuple[list[tuple[int, int]], list[tuple[int, int, int]]]:
    """The operations in their order, and each way with the time of the whole quantity."""
    found = sorted(
        (number[r["shop_order"]], int(str(r["position"])), place[r["equipment"]], float(str(r["time_s"]))) for r in rows
    )
    operations = sorted({(j, position) for j, position, _, _ in found})
    index = {key: at for at, key in enumerate(operations)}
    return operations, [
        (index[j, position], p, max(1, round(time * int(str(orders[j]["quantity"]))))) for j, position, p, time in found
    ]


def material_days(
    orders: list[Row], bom: pa.Table, stocks: pa.Table, receipts: pa.Table
) -> tuple[list[date | None], set[int]]:
    """The day each order's material is there (None: now), from stock, then from receipts, in the order given.

    Also the orders whose material no receipt covers; their day is that of the last receipt.
    """
    inside: dict[object, list[tuple[object, float]]] = {}
    for row in bom.select(["parent", "part", "quantity"]).to_pylist():
        inside.setdefault(row["parent"], []).append((row["part"], row["quantity"]))
    wanted = {part for row in orders for part, _ in inside.get(row["part"], [])}
    left: dict[object, float] = dict.fromkeys(wanted, 0.0)
    for row in stocks.select(["part", "quantity"]).to_pylist():
        if row["part"] in wanted:
            left[row["part"]] += row["quantity"]
    coming: dict[object, list[tuple[date, float]]] = {part: [] for part in wanted}
    for row in receipts.select(["part", "due", "quantity"]).to_pylist():
        if row["part"] in wanted:
            coming[row["part"]].append((row["due"], row["quantity"]))
    for rows in coming.values():
        rows.sort(reverse=True)
    came: dict[object, date] = {}
    days: list[date | None] = []
    short: set[int] = set()
    for at, row in enumerate(orders):
        latest: date | None = None
        for part, each in inside.get(row["part"], []):
            need = each * int(str(row["quantity"]))
            while left[part] < need and coming[part]:
                came[part], more = coming[part].pop()
                left[part] += more
            if left[part] < need:
                short.add(at)
            left[part] = max(left[part] - need, 0.0)
            if part in came and (latest is None or came[part] > latest):
                latest = came[part]
        days.append(latest)
    return days, short


def _setups(rows: list[Row], place: dict[object, int], code: dict[str, int]) -> dict[int, Ints]:
    """A matrix from family to family for each equipment with set-ups; what is named goes before *."""
    found: dict[int, Ints] = {}
    for row in sorted(rows, key=lambda r: (r["from_family"] != "*") + (r["to_family"] != "*")):
        matrix = found.setdefault(place[row["equipment"]], np.zeros((len(code), len(code)), np.int64))
        before, after = (
            range(len(code)) if row[name] == "*" else [code[str(row[name])]] if row[name] in code else []
            for name in ("from_family", "to_family")
        )
        for a in before:
            for b in after:
                if a != b or "*" not in (row["from_family"], row["to_family"]):
                    matrix[a, b] = round(float(str(row["time_s"])))
    return found


def _fitting(
    ways: list[tuple[int, int, int]],
    operations: list[tuple[int, int]],
    orders: list[Row],
    equipment: list[Row],
    closed: Calendar,
    setups: dict[int, Ints],
) -> tuple[list[tuple[int, int, int]], tuple[Clash, ...]]:
    """The ways that fit between breaks with their longest set-up; a clash for each operation that keeps none."""
    room = [longest_open(closed, p) for p in range(len(equipment))]
    change = [int(setups[p].max()) if p in setups else 0 for p in range(len(equipment))]
    kept = [way for way in ways if way[2] + change[way[1]] <= room[way[1]]]
    lost = sorted({o for o, _, _ in ways} - {o for o, _, _ in kept})
    clash = []
    for o in lost:
        j, position = operations[o]
        own = [(p, time) for w, p, time in ways if w == o]
        said = ", ".join(
            f"{time + change[p]} s on {equipment[p]['equipment']}, which runs {room[p]} s between breaks"
            for p, time in own
        )
        what = f"operation {position} of shop order {orders[j]['shop_order']} fits nowhere: it takes {said}"
        clash.append(Clash(what, "equipment_breaks", "split the order, move a break, or add equipment"))
    return kept, tuple(clash)


def _hopeless(
    orders: list[Row],
    operations: list[tuple[int, int]],
    ways: list[tuple[int, int, int]],
    release: Ints,
    deadline: Ints,
) -> tuple[Clash, ...]:
    """Name the orders whose work alone is longer than the time until their deadline."""
    least = np.full(len(operations), FAR)
    for o, _, time in ways:
        least[o] = min(int(least[o]), time)
    work = np.zeros(len(orders), np.int64)
    np.add.at(work, [j for j, _ in operations], least)
    return tuple(
        Clash(
            f"shop order {orders[j]['shop_order']} has {int(work[j])} s of work and only"
            f" {max(int(deadline[j] - release[j]), 0)} s until its deadline",
            "shop_orders.deadline",
            "move the deadline, bring its material forward, or split the order",
        )
        for j in np.flatnonzero(release + work > deadline)
    )
