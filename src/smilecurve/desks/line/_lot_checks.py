"""What line.sample refuses: plans no table holds, and samples no lot can have given, each named with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyarrow as pa

from smilecurve.terms.errors import Breach

Row = Mapping[str, object]

ANY = "*"
"""The supplier of a plan that holds for every other supplier of the part."""


def plan_of(plans: Mapping[tuple[str, str], Row], part: str, supplier: str) -> Row | None:
    """The plan of a part from a supplier, else the part's plan for any."""
    return plans.get((part, supplier)) or plans.get((part, ANY))


def sample_breaches(inspection_plans: pa.Table, lot_samples: pa.Table) -> list[Breach]:
    """Every breach of both tables at once."""
    return [*_plans(inspection_plans), *_samples(inspection_plans, lot_samples)]


def _breach(said: str, table: str, column: str, at: int, do: str, value: object) -> Breach:
    return Breach(said, f"{table}.{column}, row {at + 1}", do, table, at, column, str(value))


def _plans(inspection_plans: pa.Table) -> Iterator[Breach]:
    from smilecurve.solve.sampling_tables import AQLS

    known = ", ".join(f"{aql:g}" for aql in AQLS)
    for at, row in enumerate(inspection_plans.to_pylist()):
        who = f"{row['part']} from {row['supplier']}"
        if row["scheme"] == "zero":
            if not row["limiting"] or row["limiting"] >= 1:
                said = f"the plan of {who} allows no defective but names no limiting quality"
                yield _breach(said, "inspection_plans", "limiting", at, "give a share such as 0.05", row["limiting"])
        elif row["aql"] not in AQLS:
            shown = "none" if row["aql"] is None else f"{row['aql']:g}"
            said = f"quality level {shown} of {who} stands in no table"
            yield _breach(said, "inspection_plans", "aql", at, f"use one of {known}", row["aql"])


def _samples(inspection_plans: pa.Table, lot_samples: pa.Table) -> Iterator[Breach]:
    plans = {(row["part"], row["supplier"]): row for row in inspection_plans.to_pylist()}
    seen: set[tuple[str, str]] = set()
    rows = lot_samples.to_pylist()
    taken = {(row["part"], row["supplier"], row["lot"], row["sample"]) for row in rows}
    for at, row in enumerate(rows):
        key, lot = (row["part"], row["supplier"]), row["lot"]
        if plan_of(plans, *key) is None and key not in seen:
            seen.add(key)
            said = f"lots of {key[0]} from {key[1]} are sampled but have no plan"
            yield _breach(said, "lot_samples", "part", at, "add it to inspection_plans", key[0])
        for column in ("lot_size", "sampled", "defectives"):
            value = row[column]
            if value < 0 or value != int(value):
                said = f"{column} {value:g} of lot {lot} is no count"
                yield _breach(said, "lot_samples", column, at, "count whole pieces", value)
        if row["lot_size"] == 0:
            yield _breach(f"lot {lot} has no pieces", "lot_samples", "lot_size", at, "give its size", 0)
        if row["sampled"] == 0:
            yield _breach(f"a sample of lot {lot} is empty", "lot_samples", "sampled", at, "leave it out", 0)
        if row["sampled"] > row["lot_size"]:
            said = f"{row['sampled']:g} pieces were looked at in lot {lot} of {row['lot_size']:g}"
            yield _breach(said, "lot_samples", "sampled", at, "correct one of the two", row["sampled"])
        plan = plan_of(plans, *key)
        most = 10.0 if plan is None or plan["aql"] is None else float(str(plan["aql"]))
        if row["defectives"] > row["sampled"] and most <= 10.0:
            said = f"{row['defectives']:g} of {row['sampled']:g} pieces of lot {lot} are defective"
            yield _breach(said, "lot_samples", "defectives", at, "correct one of the two", row["defectives"])
        if row["sample"] < 1 or (row["sample"] > 1 and (*key, lot, row["sample"] - 1) not in taken):
            said = f"sample {row['sample']} of lot {lot} has none before it"
            yield _breach(said, "lot_samples", "sample", at, "number the samples from 1", row["sample"])
