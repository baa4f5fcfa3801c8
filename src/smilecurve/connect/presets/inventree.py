"""What does an InvenTree export hold, and what happened to its serials?

Reads the JSON of `manage.py dumpdata` (a list of model, pk, fields; InvenTree 0.14). Every tracking entry becomes one
event with the entry's own number, so that loading again changes nothing. Serials count up by part number, therefore a
machine is named `part:serial`. Tracking codes: InvenTree `StockHistoryCode`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from smilecurve.connect.loaded import Loaded
from smilecurve.connect.presets.inventree_events import NAME, Book
from smilecurve.connect.presets.inventree_parts import part_tables
from smilecurve.connect.presets.preset import Preset, event_rows
from smilecurve.terms.errors import Breach, DataRejected

__all__ = ["INVENTREE"]

Fields = Mapping[str, object]
Models = Mapping[str, Mapping[int, Fields]]
Record = dict[str, object]


def fits(path: Path) -> bool:
    """Is it a JSON list of InvenTree models?"""
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(1 << 16)
    return (
        head.lstrip().startswith(b"[")
        and b'"model"' in head
        and any(
            word in head for word in (b'"stock.stock', b'"part.part', b'"build.build', b'"company.company', b'"order.')
        )
    )


def load(path: Path) -> tuple[Loaded, ...]:
    """Parts, bills of material, stock and receipts as tables; serials, orders, tests and tracking as events."""
    try:
        told = json.loads(path.read_text("utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataRejected(Breach(f"{path.name} is no JSON: {error}", path.name, "export it again")) from None
    try:
        tables, book = _models(told, path.name)
        records = [*book.tracking(), *book.births(), *book.orders(), *book.builds(), *book.tests()]
    except (KeyError, TypeError, ValueError) as error:
        what = f"{path.name} is no whole export: {error!r} cannot be found or read"
        raise DataRejected(Breach(what, path.name, "export every model of parts, stock, orders and builds")) from error
    tracked = sum(str(record["source"]) == f"{NAME}:tracking" for record in records)
    notes = (
        f"{tracked} tracking entries, {len(book.serials)} serials",
        "steps that change stock without touching a serial are kept as inspecting events with the step as code",
        "orders carry no country: their market stays empty",
    )
    return (*tables, event_rows(records, NAME, file=path.name, notes=notes))


def _models(told: list[dict[str, object]], file: str) -> tuple[tuple[Loaded, ...], Book]:
    models: dict[str, dict[int, Fields]] = defaultdict(dict)
    for record in told:
        fields = record["fields"]
        if not isinstance(fields, dict):
            raise TypeError("fields")
        models[str(record["model"])][int(str(record["pk"]))] = fields
    tables, names = part_tables(models, NAME, file)
    return tables, Book(models, names)


INVENTREE = Preset(NAME, "an InvenTree export (JSON of dumpdata)", fits, load)
