"""Which parts, suppliers, bills of material, stock and receipts does an InvenTree export hold?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

from smilecurve.connect.loaded import Loaded
from smilecurve.connect.presets.preset import Refused, checked
from smilecurve.terms.tables.supply import BOM, PARTS, RECEIPTS, STOCKS

__all__ = ["part_tables"]

Fields = Mapping[str, object]
Models = Mapping[str, Mapping[int, Fields]]
Record = dict[str, object]

_CURRENCY = "USD"


def part_tables(models: Models, preset: str, file: str) -> tuple[tuple[Loaded, ...], Mapping[int, str]]:
    """The tables, and the part number of each part by its InvenTree number."""
    names = _names(models["part.part"])
    tables = (
        checked(PARTS, _parts(models, names), preset, file=file, notes=_NOTES),
        checked(BOM, _bom(models, names), preset, file=file),
        checked(STOCKS, _stocks(models, names), preset, file=file),
        _receipts(models, names, preset, file),
    )
    return tables, names


_NOTES = (
    "lead times are not kept there: 0 days",
    f"cost is the mean purchase price in {_CURRENCY}, else 0",
    "a part that is assembled is made, every other one bought",
)


def _names(parts: Mapping[int, Fields]) -> dict[int, str]:
    """IPN where there is one, else the name; with the InvenTree number where that stands twice."""
    wanted = {pk: str(part["IPN"] or part["name"]).strip() for pk, part in parts.items()}
    count = Counter(wanted.values())
    return {pk: name if count[name] == 1 else f"{name} #{pk}" for pk, name in wanted.items()}


def _parts(models: Models, names: Mapping[int, str]) -> list[Record]:
    prices: dict[int, list[float]] = {}
    for item in models["stock.stockitem"].values():
        if item["purchase_price"] is not None and item["purchase_price_currency"] == _CURRENCY:
            prices.setdefault(int(str(item["part"])), []).append(float(str(item["purchase_price"])))
    suppliers = {
        int(str(sp["part"])): int(str(sp["supplier"]))
        for _, sp in sorted(models["company.supplierpart"].items(), reverse=True)
    }
    companies = models["company.company"]
    categories = models["part.partcategory"]
    records: list[Record] = []
    for pk, part in sorted(models["part.part"].items()):
        seen = prices.get(pk, [])
        made = bool(part["assembly"])
        category = categories.get(int(str(part["category"]))) if part["category"] is not None else None
        records.append(
            {
                "part": names[pk],
                "name": part["description"] or part["name"],
                "system": str(category["pathstring"]) if category else "-",
                "source": "make" if made else "buy",
                "supplier": None if made or pk not in suppliers else companies[suppliers[pk]]["name"],
                "lead_days": 0,
                "lot_least": 0.0,
                "lot_multiple": float(str(part["multiple"])) if part.get("multiple") else 0.0,
                "scrap": 0.0,
                "cost": sum(seen) / len(seen) if seen else 0.0,
                "currency": _CURRENCY,
                "spare": False,
            }
        )
    return records


def _bom(models: Models, names: Mapping[int, str]) -> list[Record]:
    count: Counter[tuple[str, str, str]] = Counter()
    records: list[Record] = []
    for _, line in sorted(models["part.bomitem"].items()):
        parent, part = names[int(str(line["part"]))], names[int(str(line["sub_part"]))]
        component = str(line["reference"]).strip() or part
        count[parent, component, part] += 1
        again = count[parent, component, part]
        records.append(
            {
                "parent": parent,
                "component": component if again == 1 else f"{component} ({again})",
                "part": part,
                "quantity": float(str(line["quantity"])),
            }
        )
    return records


def _stocks(models: Models, names: Mapping[int, str]) -> list[Record]:
    """Items without serial that lie in a place, summed by place, part and batch."""
    places = models["stock.stocklocation"]
    sums: dict[tuple[str, str, str], float] = {}
    for pk, item in sorted(models["stock.stockitem"].items()):
        if item["serial"] or item["location"] is None or item["customer"] is not None or item["belongs_to"] is not None:
            continue
        part = names[int(str(item["part"]))]
        lot = f"{part}:{item['batch']}" if item["batch"] else f"item-{pk}"
        key = (str(places[int(str(item["location"]))]["pathstring"]), part, lot)
        sums[key] = sums.get(key, 0.0) + float(str(item["quantity"]))
    return [{"place": place, "part": part, "lot": lot, "quantity": n} for (place, part, lot), n in sums.items()]


def _receipts(models: Models, names: Mapping[int, str], preset: str, file: str) -> Loaded:
    """Open lines of purchase orders; a line without part or date is named."""
    supplied = models["company.supplierpart"]
    records: list[Record] = []
    refused: list[Refused] = []
    seen: Counter[tuple[str, str]] = Counter()
    for pk, line in sorted(models["order.purchaseorderlineitem"].items()):
        order = models["order.purchaseorder"][int(str(line["order"]))]
        open_quantity = float(str(line["quantity"])) - float(str(line["received"]))
        if open_quantity <= 0 or order["status"] not in (10, 20):
            continue
        due = line["target_date"] or order["target_date"]
        raw: Record = {"model": "order.purchaseorderlineitem", "pk": pk, **line}
        if due is None or line["part"] is None:
            what = "target_date" if due is None else "part"
            refused.append(Refused(pk, what, "", "is empty on an open purchase order line", f"give the {what}", raw))
            continue
        part = names[int(str(supplied[int(str(line["part"]))]["part"]))]
        receipt = str(order["reference"])
        seen[receipt, part] += 1
        again = seen[receipt, part]
        supplier = models["company.company"].get(int(str(order["supplier"]))) if order["supplier"] is not None else None
        records.append(
            {
                "receipt": receipt if again == 1 else f"{receipt} ({again})",
                "part": part,
                "due": date.fromisoformat(str(due)),
                "quantity": open_quantity,
                "supplier": supplier["name"] if supplier else None,
            }
        )
    return checked(RECEIPTS, records, preset, file=file, refused=refused)
