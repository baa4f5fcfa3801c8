"""What do Amazon's flat-file reports hold: orders, shipped machines, returns, replacements?

Column names: Amazon Selling Partner API, flat-file order, FBA returns and FBA replacement reports. The reports carry no
serial: a machine is named `amz:order:sku:n`, the n-th piece of its order line, until its serial is read; so a return
meets the piece that was sold. Every event is numbered by order and SKU: the same report again changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.connect.convert import convert
from smilecurve.connect.events import events_of
from smilecurve.connect.loaded import Loaded, Raw, raw_text
from smilecurve.connect.mapping import ColumnMap
from smilecurve.connect.mapping import Mapping as FileMapping
from smilecurve.connect.presets.amazon_events import NAME, REPORT_EVENTS
from smilecurve.connect.presets.preset import Preset
from smilecurve.connect.read import read_file
from smilecurve.terms.errors import Breach, DataRejected

__all__ = ["AMAZON", "REPORTS"]

Record = dict[str, object]

REPORTS: Mapping[str, tuple[str, ...]] = {
    "orders": ("amazon-order-id", "purchase-date", "order-status", "sku", "quantity", "ship-country"),
    "unshipped": ("order-id", "order-item-id", "purchase-date", "quantity-purchased", "ship-country"),
    "returns": ("return-date", "order-id", "sku", "quantity", "detailed-disposition", "license-plate-number"),
    "replacements": ("shipment-date", "sku", "quantity", "replacement-amazon-order-id", "original-amazon-order-id"),
}

_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "orders": {
        "ref": "amazon-order-id",
        "event_time": "purchase-date",
        "part": "sku",
        "quantity": "quantity",
        "market": "ship-country",
        "amount": "item-price",
        "currency": "currency",
    },
    "unshipped": {
        "ref": "order-id",
        "event_time": "purchase-date",
        "part": "sku",
        "quantity": "quantity-purchased",
        "market": "ship-country",
    },
    "returns": {"ref": "order-id", "event_time": "return-date", "part": "sku", "quantity": "quantity"},
    "replacements": {
        "ref": "replacement-amazon-order-id",
        "event_time": "shipment-date",
        "part": "sku",
        "quantity": "quantity",
    },
}


def fits(path: Path) -> bool:
    """Is it a text file whose header names the columns of a report?"""
    if path.suffix.lower() not in (".txt", ".tsv", ".csv") or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.readline(1 << 16).decode("utf-8", errors="ignore")
    return bool(_report([cell.strip(' "\ufeff\r\n') for cell in head.replace(",", "\t").split("\t")]))


def _report(columns: list[str]) -> str:
    return next((name for name, needed in REPORTS.items() if set(needed) <= set(columns)), "")


def load(path: Path) -> tuple[Loaded, ...]:
    """The events of one report."""
    return rows(read_file(path))


def rows(raw: Raw) -> tuple[Loaded, ...]:
    """The events of a report's rows: an order line becomes the order and, once shipped, one sale a piece."""
    report = _report(raw.rows.column_names)
    if not report:
        known = "; ".join(f"{name}: {', '.join(columns)}" for name, columns in REPORTS.items())
        raise DataRejected(
            Breach(f"{raw.file} is no report known here", raw.file, f"give one with these columns: {known}")
        )
    columns = {name: ColumnMap(source=column) for name, column in _COLUMNS[report].items()}
    needed = {"ref", "event_time", "part", "quantity"} | ({"market"} if "market" in columns else set())
    marked = raw.rows.append_column("(row)", pa.array([str(i) for i in range(raw.rows.num_rows)], pa.string()))
    columns["seq"] = ColumnMap(source="(row)")
    mapping = FileMapping("events", columns, "sales_order", decimal=".")
    loaded = convert(replace(raw, rows=marked), mapping)
    loaded = _refuse(loaded, raw, needed)
    at = loaded.rows.column("seq").to_pylist()
    told = raw.rows.take(pa.array(at, pa.int64())).to_pylist()
    records = [
        event
        for event, cells in zip(loaded.rows.to_pylist(), told, strict=True)
        for event in REPORT_EVENTS[report](event, cells)
    ]
    events = events_of(records)
    notes = (*raw.notes, f"{report} report; machines carry the name of their order line until their serial is read")
    recipe = f'preset = "{NAME}"\n'
    return (Loaded("events", None, events, loaded.good, _clean(loaded.rejected), notes, recipe),)


def _refuse(loaded: Loaded, raw: Raw, needed: set[str]) -> Loaded:
    """Rows without market or with a quantity that counts no pieces are rejected too."""
    rows = loaded.rows
    bad = np.zeros(rows.num_rows, bool)
    records: list[Record] = []
    for column in sorted(needed):
        empty = rows.column(column).is_null().to_numpy()
        if column == "quantity":
            pieces = rows.column(column)
            empty |= pc.or_(pc.less(pieces, 0), pc.not_equal(pieces, pc.floor(pieces))).to_numpy()
        for i in np.flatnonzero(empty):
            at = rows.column("seq")[int(i)].as_py()
            value = rows.column(column)[int(i)].as_py()
            cells = raw.rows.slice(at, 1).to_pylist()[0]
            records.append(
                {
                    "file": raw.file,
                    "line": raw.lines[at].as_py(),
                    "column": column,
                    "value": None if value is None else str(value),
                    "reason": "is empty" if value is None else "counts no whole pieces",
                    "hint": "give the ISO 3166-1 alpha-2 country" if column == "market" else f"give the {column}",
                    "raw": raw_text(cells),
                }
            )
        bad |= empty
    if not records:
        return loaded
    extra = pa.table(
        {f.name: pa.array([r[f.name] for r in records], f.type) for f in loaded.rejected.schema}, loaded.rejected.schema
    )
    keep = pa.array(~bad)
    return replace(
        loaded, events=rows.filter(keep), good=int((~bad).sum()), rejected=pa.concat_tables([loaded.rejected, extra])
    )


def _clean(rejected: pa.Table) -> pa.Table:
    raws = []
    for text in rejected.column("raw").to_pylist():
        cells = json.loads(text)
        cells.pop("(row)", None)
        raws.append(raw_text(cells))
    return rejected.set_column(
        rejected.column_names.index("raw"), rejected.schema.field("raw"), pa.array(raws, pa.string())
    )


AMAZON = Preset(
    NAME, "Amazon flat-file reports: orders, unshipped orders, FBA returns, FBA replacements", fits, load, rows
)
