"""Which events does one line of an Amazon report stand for?

An order line is an order; once shipped, each of its pieces leaves and is sold; a return brings a piece back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime

__all__ = ["REPORT_EVENTS"]

NAME = "amazon"
Record = dict[str, object]
Cells = Mapping[str, object]


def _base(event: Record, kind: str, name: str) -> Record:
    kept = ("event_time", "part", "market", "quantity")
    return {**{k: event.get(k) for k in kept}, "kind": kind, "source": f"{NAME}:reports", "event_id": f"{NAME}:{name}"}


def _line(event: Record) -> str:
    return f"{event['ref']}:{event['part']}"


def _pieces(event: Record) -> int:
    return int(float(str(event["quantity"])))


def _details(cells: Cells, *names: str) -> str | None:
    kept = {name: cells[name] for name in names if cells.get(name) not in (None, "")}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True) if kept else None


def _channel(cells: Cells) -> str:
    return "amazon_business" if str(cells.get("is-business-order") or "").lower() == "true" else "amazon"


def _order(event: Record, cells: Cells) -> list[Record]:
    line, channel = _line(event), _channel(cells)
    status = str(cells.get("order-status") or "").lower()
    money = {
        "amount": event.get("amount"),
        "currency": event.get("currency") if event.get("amount") is not None else None,
    }
    details = _details(
        cells,
        "amazon-order-id",
        "asin",
        "sales-channel",
        "fulfillment-channel",
        "order-status",
        "purchase-order-number",
    )
    order = {**_base(event, "sales_order", f"order:{line}"), "ref": line, "code": channel, **money, "details": details}
    if status.startswith("cancel"):
        cancelled = {**_base(event, "sales_order_cancelled", f"cancel:{line}"), "ref": line, "code": channel}
        return [order, {**cancelled, "event_time": _updated(event, cells)}]
    if not status.startswith("shipped"):
        return [order]
    pieces = _pieces(event)
    each = float(str(money["amount"])) / pieces if money["amount"] is not None and pieces else None
    sent = [
        {
            **_base(event, "shipping", f"ship:{line}:{n}"),
            "event_time": _updated(event, cells),
            "machine": f"amz:{line}:{n}",
            "ref": line,
            "code": channel,
            "quantity": 1.0,
        }
        for n in range(1, pieces + 1)
    ]
    sold = [
        {
            **_base(event, "retail_selling", f"sale:{line}:{n}"),
            "event_time": _updated(event, cells),
            "machine": f"amz:{line}:{n}",
            "ref": line,
            "code": channel,
            "quantity": 1.0,
            "amount": each,
            "currency": money["currency"],
            "details": json.dumps({"buyer": "business" if channel == "amazon_business" else "private"}),
        }
        for n in range(1, pieces + 1)
    ]
    return [order, *sent, *sold]


def _updated(event: Record, cells: Cells) -> object:
    told = str(cells.get("last-updated-date") or "").replace("Z", "+00:00")
    try:
        moment = datetime.fromisoformat(told)
    except ValueError:
        return event["event_time"]
    return moment if moment.tzinfo else event["event_time"]


def _unshipped(event: Record, cells: Cells) -> list[Record]:
    line = _line(event)
    details = _details(
        cells, "order-item-id", "promise-date", "days-past-promise", "ship-service-level", "purchase-order-number"
    )
    return [{**_base(event, "sales_order", f"order:{line}"), "ref": line, "code": _channel(cells), "details": details}]


def _return(event: Record, cells: Cells) -> list[Record]:
    line, plate = _line(event), str(cells.get("license-plate-number") or "")
    details = _details(
        cells, "detailed-disposition", "reason", "status", "license-plate-number", "customer-comments", "fnsku"
    )
    named = plate or f"{line}:{event['event_time']}"
    return [
        {
            **_base(event, "receiving", f"return:{named}:{n}"),
            "machine": f"amz:{line}:{n}",
            "ref": f"{event['ref']}",
            "place": cells.get("fulfillment-center-id") or None,
            "code": cells.get("reason") or None,
            "disposition": "returned",
            "quantity": 1.0,
            "details": details,
        }
        for n in range(1, _pieces(event) + 1)
    ]


def _replacement(event: Record, cells: Cells) -> list[Record]:
    line = _line(event)
    details = _details(
        cells, "replacement-reason-code", "original-amazon-order-id", "original-fulfillment-center-id", "asin"
    )
    return [
        {
            **_base(event, "shipping", f"replacement:{line}:{n}"),
            "machine": f"amz:{line}:{n}",
            "ref": line,
            "place": cells.get("fulfillment-center-id") or None,
            "code": "replacement",
            "quantity": 1.0,
            "details": details,
        }
        for n in range(1, _pieces(event) + 1)
    ]


REPORT_EVENTS: Mapping[str, Callable[[Record, Cells], list[Record]]] = {
    "orders": _order,
    "unshipped": _unshipped,
    "returns": _return,
    "replacements": _replacement,
}
