"""Which requests for a lease, or contracts of one, cannot be right?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from smilecurve.terms.errors import Breach, DataRejected

__all__ = ["check_leases"]

Row = Mapping[str, object]


def check_leases(asked: Sequence[Row], terms: Mapping[object, Row], models: Mapping[str, Row]) -> None:
    """Raise DataRejected with every breach of the requests, and of the terms against their requests."""
    absent = sorted({str(row["model"]) for row in asked} - set(models))
    bad = [
        _said(f"model {m} has no price", f"models.{m}", "add the model or mend the request", "models") for m in absent
    ]
    known = {row["request"]: row for row in asked}
    bad += [
        _said(f"request {row['request']} is sure to default", "lease_requests.risk", "give a risk below 1")
        for row in asked
        if float(str(row["risk"])) >= 1
    ]
    for name, held in terms.items():
        row = known.get(name)
        if row is None:
            bad.append(_said(f"request {name} is not asked", "lease_terms.request", "add it or drop its terms"))
            continue
        cap, use = held["hours_cap"], row["hours_a_month"]
        if cap is not None and float(str(cap)) < float(str(use)):
            what = f"request {name} works {use:g} hours a month, {cap:g} are included"
            bad.append(_said(what, "lease_terms.hours_cap", "raise the hours included, or lower the use"))
        model = models.get(str(row["model"]))
        if model is not None and held["currency"] != model["currency"]:
            what = f"terms of request {name} are in {held['currency']}, its model's price is in {model['currency']}"
            bad.append(_said(what, "lease_terms.currency", "convert one of them by a dated rate first"))
    if bad:
        raise DataRejected(bad)


def _said(what: str, at: str, do: str, table: str = "") -> Breach:
    return Breach(what, at, do, table or at.partition(".")[0])
