"""How do offers and wants of a fair become numbers, and what is wrong with them?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve.matching import Fair
from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.terms.money import one_currency

__all__ = ["check_fair", "fair_of"]

Floats = NDArray[np.float64]
Row = dict[str, object]
GRADES = {grade: float(i) for i, grade in enumerate("ABCD")}
DEALS = {"sale": 0.0, "lease": 1.0}


def check_fair(offers: Sequence[Row], wants: Sequence[Row], models: dict[object, Row]) -> str:
    """Return the fair's one currency; raise DataRejected with every breach."""
    absent = sorted({str(r["model"]) for r in offers} - {str(m) for m in models})
    bad = [Breach(f"model {m} is unknown", f"models.{m}", "add the model or mend the offer", "models") for m in absent]
    bad += [
        Breach(
            f"want {r['want']} leases for no time",
            f"fair_wants.months, row {i + 1}",
            "give the months of the lease",
            "fair_wants",
            i,
            "months",
        )
        for i, r in enumerate(wants)
        if r["deal"] == "lease" and r["months"] is None
    ]
    names = [str(r["currency"]) for r in (*offers, *wants)]
    try:
        currency = one_currency(
            names,
            lambda found: Breach(
                f"offers and wants are in {', '.join(found)}",
                "fair_offers.currency",
                "convert them to one currency by dated rates first",
                "fair_offers",
            ),
        )
    except DataRejected as refused:
        raise DataRejected([*bad, *refused.breaches]) from None
    if bad:
        raise DataRejected(bad)
    return currency


def fair_of(offers: Sequence[Row], wants: Sequence[Row], models: dict[object, Row], rules: tuple[float, ...]) -> Fair:
    """The fair as numbers; a model or family that nobody offers fits nothing."""
    place = {name: float(i) for i, name in enumerate(models)}
    family = {name: float(i) for i, name in enumerate(dict.fromkeys(m["family"] for m in models.values()))}
    told = [
        (
            DEALS[str(r["deal"])],
            place[str(r["model"])],
            family[models[r["model"]]["family"]],
            r["hours"],
            GRADES[str(r["grade"])],
            r["price"],
            *_unit(r),
            models[r["model"]]["mass_kg"],
        )
        for r in offers
    ]
    asked = [
        (
            DEALS[str(r["deal"])],
            -1.0 if r["model"] is None else place.get(str(r["model"]), float(len(place))),
            -1.0 if r["family"] is None else family.get(r["family"], float(len(family))),
            r["months"] if r["deal"] == "lease" else 1.0,
            r["limit"],
            np.inf if r["hours_most"] is None else r["hours_most"],
            GRADES[str(r["grade_least"])],
            np.inf if r["km_most"] is None else r["km_most"],
            *_unit(r),
        )
        for r in wants
    ]
    return Fair(
        np.array(told, dtype=np.float64).reshape(-1, 10),
        np.array(asked, dtype=np.float64).reshape(-1, 11),
        np.array(rules, dtype=np.float64),
    )


def _unit(row: Row) -> tuple[float, float, float]:
    north, east = np.radians(float(str(row["latitude"]))), np.radians(float(str(row["longitude"])))
    return float(np.cos(north) * np.cos(east)), float(np.cos(north) * np.sin(east)), float(np.sin(north))
