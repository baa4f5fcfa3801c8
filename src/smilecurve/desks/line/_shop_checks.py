"""What in the tables of the component shops cannot stand? (checks of line.shops that a table alone cannot make)"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import pyarrow as pa

from smilecurve.terms.errors import Breach, DataRejected, OptionRejected

Row = dict[str, object]
MOST = 1_000_000_000


def refuse_options(options: Mapping[str, float]) -> None:
    """Refuse options below nothing or beyond what can be counted."""
    wrong = [
        Breach(f"{name} is {value}", name, f"give 0 to {MOST}")
        for name, value in options.items()
        if not 0 <= value <= MOST
    ]
    if wrong:
        raise OptionRejected(wrong)


def refuse_broken_orders(tables: Mapping[str, pa.Table]) -> None:
    """Refuse, all at once, what nobody knows, orders without work, times that run backwards, breaks without end."""
    rows = {name: tables[name].to_pylist() for name in (
        "shop_orders", "shop_operations", "equipment", "equipment_breaks", "equipment_setups"
    )}  # fmt: skip
    found = [
        *_unknown("equipment", rows["equipment"], rows, ("shop_operations", "equipment_breaks", "equipment_setups")),
        *_unknown("shop_order", rows["shop_orders"], rows, ("shop_operations",)),
        *_orders(rows["shop_orders"], {row["shop_order"] for row in rows["shop_operations"]}),
        *_breaks(rows["equipment_breaks"]),
    ]
    if found:
        raise DataRejected(found)


def _unknown(column: str, known: list[Row], rows: Mapping[str, list[Row]], tables: tuple[str, ...]) -> Iterator[Breach]:
    names = {row[column] for row in known}
    home = "equipment" if column == "equipment" else "shop_orders"
    for table in tables:
        for at, row in enumerate(rows[table]):
            if row[column] not in names:
                said = f"nobody knows {column.replace('_', ' ')} {row[column]}"
                yield _breach(said, f"name one of {home}, or add it there", table, at, column, row[column])


def _orders(orders: list[Row], worked: set[object]) -> Iterator[Breach]:
    for at, row in enumerate(orders):
        name = row["shop_order"]
        if name not in worked:
            said = f"shop order {name} has no operations"
            yield _breach(said, "give its work in shop_operations", "shop_orders", at, "shop_order", name)
        for early, late in (("release", "due"), ("release", "deadline"), ("due", "deadline")):
            before, after = row[early], row[late]
            if isinstance(before, datetime) and isinstance(after, datetime) and before > after:
                said = f"shop order {name} has its {early} {_told(before)} behind its {late} {_told(after)}"
                yield _breach(said, f"bring {early} before {late}", "shop_orders", at, early, before)


def _breaks(breaks: list[Row]) -> Iterator[Breach]:
    for at, row in enumerate(breaks):
        begin, end, every = row["begin"], row["end"], row["every_h"]
        if not isinstance(begin, datetime) or not isinstance(end, datetime):
            continue
        if end <= begin:
            said = f"the break of {row['equipment']} ends {_told(end)}, not after it begins {_told(begin)}"
            yield _breach(said, "let it end later", "equipment_breaks", at, "end", end)
        elif isinstance(every, float) and end - begin >= timedelta(hours=every):
            said = f"the break of {row['equipment']} comes again after {every:g} h but lasts as long: it never runs"
            yield _breach(
                said, "shorten the break, or let it come again later", "equipment_breaks", at, "every_h", every
            )


def _told(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M}"


def _breach(what: str, do: str, table: str, at: int, column: str, value: object) -> Breach:
    return Breach(what, f"{table}.{column}, row {at + 1}", do, table, at, column, str(value))
