"""How do the stock items, tracking entries, orders, builds and tests of InvenTree become events?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

__all__ = ["NAME", "Book"]

Fields = Mapping[str, object]
Models = Mapping[str, Mapping[int, Fields]]
Record = dict[str, object]

NAME = "inventree"
CODES = {
    0: "legacy",
    1: "created",
    5: "edited",
    6: "assigned_serial",
    10: "stock_count",
    11: "stock_add",
    12: "stock_remove",
    20: "stock_move",
    25: "stock_update",
    30: "installed_into_assembly",
    31: "removed_from_assembly",
    35: "installed_child_item",
    36: "removed_child_item",
    40: "split_from_parent",
    42: "split_child_item",
    45: "merged_stock_items",
    48: "converted_to_variant",
    50: "build_output_created",
    55: "build_output_completed",
    56: "build_output_rejected",
    57: "build_consumed",
    60: "shipped_against_sales_order",
    70: "received_against_purchase_order",
    80: "returned_against_return_order",
    85: "returned_from_customer_order",
    100: "sent_to_customer",
    105: "returned_from_customer",
}
_BIRTHS = (1, 6, 50, 55)
_STOCK_STATUS = {
    10: "ok",
    50: "attention",
    55: "damaged",
    60: "destroyed",
    65: "rejected",
    70: "lost",
    75: "quarantined",
    85: "returned",
}


def _when(text: object) -> datetime:
    moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


class Book:
    """The models of one export, and how they become events."""

    def __init__(self, models: Models, names: Mapping[int, str]) -> None:
        self.models = models
        self.names = names
        self.items = models["stock.stockitem"]
        self.serials = {pk for pk, item in self.items.items() if item["serial"]}
        self.places = {pk: str(place["pathstring"]) for pk, place in models["stock.stocklocation"].items()}
        self.parties = {pk: str(company["name"]) for pk, company in models["company.company"].items()}
        self.seats = self._seats()
        self.born: dict[int, int] = {}
        for pk, entry in sorted(models["stock.stockitemtracking"].items()):
            item = int(str(entry["item"]))
            if item in self.serials and entry["tracking_type"] in _BIRTHS:
                self.born.setdefault(item, pk)

    def _seats(self) -> dict[int, str]:
        """The place of each installed item on the machine it sits in: its part and a count."""
        seats: dict[int, str] = {}
        count: Counter[tuple[int, str]] = Counter()
        for pk, item in sorted(self.items.items()):
            if item["belongs_to"] is not None:
                key = (int(str(item["belongs_to"])), self.part(pk))
                count[key] += 1
                seats[pk] = f"{key[1]} {count[key]}"
        return seats

    def part(self, item: int) -> str:
        """The part number of an item."""
        return self.names[int(str(self.items[item]["part"]))]

    def lot(self, item: int) -> str:
        """The name of an item: `part:serial`, else its batch, else its number."""
        fields = self.items[item]
        if fields["serial"]:
            return f"{self.part(item)}:{fields['serial']}"
        return f"{self.part(item)}:{fields['batch']}" if fields["batch"] else f"item-{item}"

    def place(self, location: object) -> str | None:
        """The path of a location."""
        return self.places.get(int(str(location))) if location is not None else None

    def tracking(self) -> list[Record]:
        """Every tracking entry as one event."""
        entries = self.models["stock.stockitemtracking"]
        return [{**self._entry(pk, entry), **self._identity("tracking", pk)} for pk, entry in sorted(entries.items())]

    def _identity(self, source: str, pk: int) -> Record:
        return {"event_id": f"{NAME}:{source}:{pk}", "source": f"{NAME}:{source}", "seq": pk}

    def _entry(self, pk: int, entry: Fields) -> Record:
        item, step = int(str(entry["item"])), int(str(entry["tracking_type"]))
        told = entry["deltas"]
        deltas: Record = dict(told) if isinstance(told, dict) else {}
        record: Record = {
            "event_time": _when(entry["date"]),
            "part": self.part(item),
            "place": self.place(deltas.get("location")),
        }
        record["details"] = _json({"step": CODES.get(step, str(step)), "item": item, **deltas})
        if deltas.get("status") is not None:
            status = int(str(deltas["status"]))
            record["disposition"] = _STOCK_STATUS.get(status, str(status))
        if deltas.get("customer") is not None:
            record["party"] = self.parties.get(int(str(deltas["customer"])))
        record["ref"] = self._document(item, deltas)
        if item not in self.serials:
            return {**record, "kind": "inspecting", "lot": self.lot(item), "code": CODES.get(step, str(step))}
        return {**record, **self._of_serial(pk, item, step, deltas)}

    def _document(self, item: int, deltas: Record) -> str | None:
        for word, model in (
            ("purchaseorder", "order.purchaseorder"),
            ("salesorder", "order.salesorder"),
            ("returnorder", "order.returnorder"),
            ("buildorder", "build.build"),
        ):
            if deltas.get(word) is not None:
                order = self.models[model].get(int(str(deltas[word])))
                return str(order["reference"]) if order else None
        return None

    def _of_serial(self, pk: int, item: int, step: int, deltas: Record) -> Record:
        machine = self.lot(item)
        if self.born.get(item) == pk:
            return {"kind": "commissioning", "machine": machine}
        if step in (30, 31) and deltas.get("stockitem") is not None:
            whole = int(str(deltas["stockitem"]))
            kind = "installing" if step == 30 else "removing"
            return {
                "kind": kind,
                "machine": self.lot(whole),
                "lot": machine,
                "component": self.seats.get(item, self.part(item)),
            }
        if step in (60, 100):
            order = self.models["order.salesorder"].get(int(str(self.items[item]["sales_order"] or 0)))
            return {"kind": "shipping", "machine": machine, "ref": str(order["reference"]) if order else None}
        if step in (80, 85, 105):
            return {"kind": "receiving", "machine": machine, "disposition": "returned"}
        if step == 20 and deltas.get("location") is not None:
            return {"kind": "storing", "machine": machine}
        return {"kind": "inspecting", "machine": machine, "code": CODES.get(step, str(step))}

    def births(self) -> list[Record]:
        """Serials that no tracking entry brings into being: commissioned by their stock record."""
        records: list[Record] = []
        earliest: dict[int, datetime] = {}
        for entry in self.models["stock.stockitemtracking"].values():
            item, when = int(str(entry["item"])), _when(entry["date"])
            earliest[item] = min(when, earliest.get(item, when))
        for item in sorted(self.serials - set(self.born)):
            fields = self.items[item]
            records.append(
                {
                    **self._identity("stockitem", item),
                    "kind": "commissioning",
                    "event_time": earliest.get(item, _when(fields["updated"])),
                    "machine": self.lot(item),
                    "part": self.part(item),
                    "place": self.place(fields["location"]),
                }
            )
        return records

    def orders(self) -> list[Record]:
        """Lines of sales orders, one event each."""
        records: list[Record] = []
        for pk, line in sorted(self.models["order.salesorderlineitem"].items()):
            order = self.models["order.salesorder"][int(str(line["order"]))]
            price = float(str(line["sale_price"])) if line["sale_price"] is not None else None
            quantity = float(str(line["quantity"]))
            records.append(
                {
                    **self._identity("salesorderline", pk),
                    "kind": "sales_order",
                    "event_time": _when(order["creation_date"]),
                    "ref": f"{order['reference']}-{pk}",
                    "part": self.names[int(str(line["part"]))],
                    "quantity": quantity,
                    "party": self.parties.get(int(str(order["customer"]))) if order["customer"] is not None else None,
                    "amount": None if price is None else price * quantity,
                    "currency": None if price is None else line["sale_price_currency"],
                    "details": _json(
                        {"order": order["reference"], "wanted": line["target_date"] or order["target_date"]}
                    ),
                }
            )
        return records

    def builds(self) -> list[Record]:
        """Build orders as work orders."""
        return [
            {
                **self._identity("build", pk),
                "kind": "work_order",
                "event_time": _when(build["creation_date"]),
                "ref": build["reference"],
                "part": self.names[int(str(build["part"]))],
                "quantity": float(str(build["quantity"])),
                "details": _json(
                    {"title": build["title"], "due": build["target_date"], "completed": build["completed"]}
                ),
            }
            for pk, build in sorted(self.models["build.build"].items())
        ]

    def tests(self) -> list[Record]:
        """Test results of items."""
        templates = self.models["part.parttesttemplate"]
        records: list[Record] = []
        for pk, test in sorted(self.models["stock.stockitemtestresult"].items()):
            item = int(str(test["stock_item"]))
            template = templates.get(int(str(test["template"]))) if test["template"] is not None else None
            records.append(
                {
                    **self._identity("test", pk),
                    "kind": "inspecting",
                    "event_time": _when(test["date"]),
                    "machine" if item in self.serials else "lot": self.lot(item),
                    "part": self.part(item),
                    "code": f"test:{template['key']}" if template else "test",
                    "disposition": "passed" if test["result"] else "failed",
                    "details": _json({"value": test["value"]}) if test["value"] else None,
                }
            )
        return records
