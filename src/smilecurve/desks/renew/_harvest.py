"""What are the parts in a machine worth to those who are about to buy them as spares?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import pyarrow as pa

__all__ = ["harvest_worth"]


def harvest_worth(
    models: set[str], bom: pa.Table, parts: pa.Table, spare_stock: pa.Table | None, worth: Mapping[str, float]
) -> dict[str, float]:
    """Return for each model what its wanted parts cost new, in the currency that `worth` converts to.

    A part is wanted where `spare_stock` orders it. A wanted part counts whole, else what is in it counts, down every
    level. Without `spare_stock` nothing is wanted.
    """
    if spare_stock is None:
        return {}
    ordered = zip(spare_stock.column("part").to_pylist(), spare_stock.column("buy").to_pylist(), strict=True)
    wanted = {part for part, buy in ordered if buy > 0}
    price = {
        part: cost * worth[currency]
        for part, cost, currency in zip(
            *(parts.column(c).to_pylist() for c in ("part", "cost", "currency")), strict=True
        )
        if part in wanted
    }
    inside: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for parent, part, quantity in zip(
        *(bom.column(c).to_pylist() for c in ("parent", "part", "quantity")), strict=True
    ):
        inside[parent].append((part, quantity))
    found: dict[str, float] = {}

    def value(part: str, above: frozenset[str]) -> float:
        if part not in found:
            below = above | {part}
            within = sum(quantity * value(child, below) for child, quantity in inside[part] if child not in below)
            found[part] = price.get(part, within)
        return found[part]

    return {model: value(model, frozenset()) for model in sorted(models)}
