"""What of the supply tables can be used, in numbers: parts by place in `parts`, days counted from today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.terms.errors import Breach

__all__ = [
    "Closures",
    "cycles",
    "dates",
    "days_from",
    "floats",
    "lane_days",
    "lots_on_hold",
    "places",
    "transit_p80",
    "unknown_parts",
    "usable_stock",
]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
EPOCH = date(1970, 1, 1)
#: the standard normal's 80 % point over its 95 % point
P80_OF_P95 = 0.8416212 / 1.6448536


def days_from(column: pa.ChunkedArray, today: date, otherwise: int = 0) -> Ints:
    """Days from today to each date; `otherwise` where there is none."""
    counted = pc.fill_null(column.cast(pa.int32()).cast(pa.int64()), otherwise + (today - EPOCH).days)
    return np.asarray(counted.to_numpy() - (today - EPOCH).days, np.int64)


def dates(days: npt.NDArray[np.int64], today: date) -> pa.Array:
    """The calendar days that lie so many days from today."""
    return pa.array((days + (today - EPOCH).days).astype(np.int32), pa.int32()).cast(pa.date32())


def floats(column: pa.ChunkedArray, otherwise: float = 0.0) -> Floats:
    """The numbers of a column; `otherwise` where there is none."""
    return np.asarray(pc.fill_null(column.cast(pa.float64()), otherwise).to_numpy(), np.float64)


def places(column: pa.ChunkedArray, known: pa.ChunkedArray | pa.Array) -> Ints:
    """The row of `known` that each code stands in; -1 where it is not among them."""
    found = pc.index_in(column, value_set=known.combine_chunks() if isinstance(known, pa.ChunkedArray) else known)
    return np.asarray(pc.fill_null(found.cast(pa.int64()), -1).to_numpy(), np.int64)


def unknown_parts(parts: pa.Table, uses: list[tuple[str, pa.Table, str]]) -> list[Breach]:
    """A breach for every code of `uses` (table name, rows, column) that `parts` does not list."""
    found: list[Breach] = []
    for name, rows, column in uses:
        codes = rows.column(column)
        for row in np.flatnonzero(places(codes, parts.column("part")) < 0).tolist():
            code = codes[row].as_py()
            found.append(
                Breach(
                    f"{column} {code} is not in parts",
                    f"{name}.{column}, row {row + 1}",
                    "add it to parts, or correct the code",
                    name,
                    row,
                    column,
                    code,
                )
            )
    return found


def cycles(parts: pa.Table, bom: pa.Table) -> list[Breach]:
    """A breach with the path if the bill of material contains itself; asks for known parts."""
    from smilecurve.solve.netting import CycleFound, low_level_codes

    codes = parts.column("part")
    try:
        low_level_codes(parts.num_rows, places(bom.column("parent"), codes), places(bom.column("part"), codes))
    except CycleFound as cycle:
        path = " -> ".join(codes[place].as_py() for place in cycle.path)
        said = f"the bill of material contains itself: {path}"
        return [Breach(said, "bom", "take one of these lines out", "bom")]
    return []


def lots_on_hold(suspect_lots: pa.Table | None, lot_holds: pa.Table | None) -> set[tuple[str, str]]:
    """The (part, lot) that may not be used: blamed by the field, or set aside by a chart, a sample or a person."""
    blamed = suspect_lots.filter(suspect_lots.column("hold")) if suspect_lots is not None else None
    found: set[tuple[str, str]] = set()
    for table in (blamed, lot_holds):
        if table is not None:
            found |= set(zip(table.column("part").to_pylist(), table.column("lot").to_pylist(), strict=True))
    return found


def usable_stock(parts: pa.Table, stocks: pa.Table, on_hold: set[tuple[str, str]]) -> tuple[Floats, Floats]:
    """Pieces on hand of each part that may be used, and pieces of lots on hold, which may not."""
    count = parts.num_rows
    of, quantity = places(stocks.column("part"), parts.column("part")), floats(stocks.column("quantity"))
    mine = zip(stocks.column("part").to_pylist(), stocks.column("lot").to_pylist(), strict=True)
    held = np.array([pair in on_hold for pair in mine], np.bool_)
    known = of >= 0
    free = np.bincount(of[known & ~held], quantity[known & ~held], count)
    kept = np.bincount(of[known & held], quantity[known & held], count)
    return free.astype(np.float64), kept.astype(np.float64)


@dataclass(frozen=True)
class Closures:
    """When each part's supplier delivers nothing: first closed day and first open day again (equal: never closed)."""

    begin: Ints
    end: Ints

    @staticmethod
    def of(parts: pa.Table, suppliers: pa.Table, today: date) -> Closures:
        """From the rows of `suppliers`; a closing day without an end lasts a year."""
        at = places(parts.column("supplier"), suppliers.column("supplier"))
        begin = days_from(suppliers.column("closed_from"), today)
        end = days_from(suppliers.column("closed_until"), today, 365)
        shut = ~np.isnan(floats(suppliers.column("closed_from").cast(pa.int32()), np.nan))
        begin, end = np.where(shut, begin, 0), np.where(shut, end, 0)
        if len(begin) == 0:
            return Closures(np.zeros(len(at), np.int64), np.zeros(len(at), np.int64))
        return Closures(np.where(at >= 0, begin[at], 0), np.where(at >= 0, end[at], 0))

    def after(self, part: Ints, day: Ints) -> Ints:
        """The day itself, or the first open day after it."""
        return np.where((day >= self.begin[part]) & (day < self.end[part]), self.end[part], day)

    def before(self, part: Ints, day: Ints) -> Ints:
        """The day itself, or the last day before the closure; the first open day where that has passed."""
        shut = (day >= self.begin[part]) & (day < self.end[part])
        earlier = np.where(self.begin[part] > 0, self.begin[part] - 1, self.end[part])
        return np.where(shut, earlier, day)


def transit_p80(lanes: pa.Table) -> Floats:
    """Days door to door that four of five consignments hold: on the lognormal through each lane's p50 and p95."""
    middle, high = floats(lanes.column("days_p50")), floats(lanes.column("days_p95"))
    spread = np.divide(high, middle, out=np.ones(len(middle)), where=middle > 0)
    return np.asarray(middle * spread**P80_OF_P95, np.float64)


def lane_days(lanes: pa.Table) -> dict[str, float]:
    """Days that four of five consignments hold on the fastest lane of each market."""
    best: dict[str, float] = {}
    for market, days in zip(lanes.column("market").to_pylist(), transit_p80(lanes).tolist(), strict=True):
        best[market] = min(days, best.get(market, days))
    return best
