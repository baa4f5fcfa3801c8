"""What line.control refuses: measurements that no chart can hold, each named with its place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.line._joint_charts import joint_members
from smilecurve.desks.line._subgroups import COUNTED, chart_kinds
from smilecurve.terms.errors import Breach


def control_breaches(characteristics: pa.Table, phases: pa.Table, measurements: pa.Table) -> list[Breach]:
    """Every breach of the three tables at once."""
    return [
        *_characteristics(characteristics),
        *_joint_sets(characteristics),
        *_unknown(phases, characteristics, "control_phases"),
        *_unknown(measurements, characteristics, "measurements"),
        *_overfull(characteristics, measurements),
        *_counts(characteristics, measurements),
        *_sizes(characteristics, measurements),
    ]


def _breach(said: str, table: str, column: str, at: int, do: str, value: object) -> Breach:
    return Breach(said, f"{table}.{column}, row {at + 1}", do, table, at, column, str(value))


def _characteristics(characteristics: pa.Table) -> Iterator[Breach]:
    """Crossed specifications, and charts that the size of the subgroup does not allow."""
    for at, row in enumerate(characteristics.to_pylist()):
        low, high, name, size = row["lower_spec"], row["upper_spec"], row["characteristic"], row["subgroup"]
        if low is not None and high is not None and low >= high:
            said = f"lower_spec {low:g} of {name} is not below upper_spec {high:g}"
            yield _breach(said, "characteristics", "lower_spec", at, "exchange or correct them", low)
        if row["chart"] in ("xbar_r", "xbar_s") and size < 2:
            said = f"{name} is charted by {row['chart']} but has subgroups of one piece"
            do = "measure two pieces or more, or chart it by i_mr"
            yield _breach(said, "characteristics", "subgroup", at, do, size)
        if row["chart"] == "i_mr" and size > 1:
            said = f"{name} is charted by i_mr but has subgroups of {size} pieces"
            yield _breach(said, "characteristics", "subgroup", at, "chart it by xbar_r or xbar_s", size)


def _joint_sets(characteristics: pa.Table) -> Iterator[Breach]:
    """Sets of one, sets that mix sizes or counts, sets named as a characteristic."""
    rows, kinds = characteristics.to_pylist(), chart_kinds(characteristics).to_pylist()
    names = {row["characteristic"] for row in rows}
    for name, members in joint_members(characteristics).items():
        at = members[0]
        if name in names:
            said, do = f"the joint chart {name} bears the name of a characteristic", "give it a name of its own"
        elif len(members) < 2:
            said, do = f"the joint chart {name} has one characteristic", "give another the same code, or leave it empty"
        elif any(kinds[m] in COUNTED for m in members):
            said, do = f"the joint chart {name} holds counts", "join measured characteristics only"
        elif len({rows[m]["subgroup"] for m in members}) > 1:
            said, do = f"the joint chart {name} mixes sizes of subgroups", "measure all on the same pieces"
        else:
            continue
        yield _breach(said, "characteristics", "joint", at, do, name)


def _unknown(rows: pa.Table, characteristics: pa.Table, table: str) -> Iterator[Breach]:
    known = pc.is_in(rows["characteristic"], characteristics["characteristic"].combine_chunks())
    for at in pc.indices_nonzero(pc.invert(known)).to_pylist():
        name = rows["characteristic"][at].as_py()
        said = f"characteristic {name} is {'measured' if table == 'measurements' else 'changed'} but not described"
        yield _breach(said, table, "characteristic", at, "add it to characteristics", name)


def _overfull(characteristics: pa.Table, measurements: pa.Table) -> Iterator[Breach]:
    """Subgroups of measured values with more pieces than they should have."""
    kinds = chart_kinds(characteristics)
    rows = characteristics.select(["characteristic", "subgroup"]).to_pylist()
    size = {row["characteristic"]: row["subgroup"] for row in rows}
    counted = set(characteristics.filter(pc.is_in(kinds, pa.array(COUNTED)))["characteristic"].to_pylist())
    counts = measurements.group_by(["characteristic", "subgroup"]).aggregate([([], "count_all")])
    for row in counts.filter(pc.greater(counts["count_all"], 1)).to_pylist():
        most = size.get(row["characteristic"], row["count_all"])
        if row["count_all"] > most and row["characteristic"] not in counted:
            said = f"subgroup {row['subgroup']} of {row['characteristic']} has {row['count_all']} pieces, not {most}"
            yield Breach(said, "measurements.subgroup", "number the subgroups anew", "measurements")


def _counts(characteristics: pa.Table, measurements: pa.Table) -> Iterator[Breach]:
    """Counts that are no counts, and samples they cannot come from."""
    kind, counted = _kind_of(characteristics, measurements)
    value = measurements["value"].to_numpy()
    looked = pc.fill_null(measurements["sampled"], np.nan).to_numpy()
    shares = np.isin(kind, ("p", "np", "p_laney"))
    needs = counted & (kind != "c")
    tests = (
        (
            counted & ((value < 0) | (value != np.floor(value))),
            "value",
            "{value:g} of {name} is no count",
            "count whole defects",
        ),
        (
            needs & np.isnan(looked),
            "sampled",
            "{name} is charted by {kind} but nobody says how many were looked at",
            "give the sample",
        ),
        (
            needs & (looked <= 0),
            "sampled",
            "a sample of {looked:g} of {name} is empty",
            "leave it out, or give its size",
        ),
        (
            shares & (looked > 0) & (value > looked),
            "value",
            "{value:g} of {name} are defective in a sample of {looked:g}",
            "correct one of the two",
        ),
    )
    names = measurements["characteristic"].to_pylist()
    for mask, column, said, do in tests:
        for at in np.flatnonzero(mask).tolist():
            words = said.format(value=value[at], looked=looked[at], name=names[at], kind=kind[at])
            yield _breach(words, "measurements", column, at, do, value[at] if column == "value" else looked[at])


def _sizes(characteristics: pa.Table, measurements: pa.Table) -> Iterator[Breach]:
    """Charts of plain counts need samples of one size."""
    kind, _ = _kind_of(characteristics, measurements)
    other = {"np": "p", "c": "u"}
    first: dict[str, float] = {}
    told: set[str] = set()
    rows = measurements.filter(pa.array(np.isin(kind, ("np", "c"))))
    at_all = np.flatnonzero(np.isin(kind, ("np", "c")))
    columns = (rows[name].to_pylist() for name in ("characteristic", "sampled"))
    for at, name, looked in zip(at_all.tolist(), *columns, strict=True):
        size = first.setdefault(name, looked)
        if looked != size and name not in told:
            told.add(name)
            said = f"{name} is charted by {kind[at]} but its samples are of {size} and {looked}"
            yield _breach(said, "measurements", "sampled", at, f"chart it by {other[str(kind[at])]}", looked)


def _kind_of(characteristics: pa.Table, measurements: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Chart of each measurement, and which are counts; empty where the characteristic is unknown."""
    place = pc.index_in(measurements["characteristic"], characteristics["characteristic"].combine_chunks())
    kinds = pc.fill_null(pc.take(chart_kinds(characteristics), place), "").to_numpy().astype(str)
    return kinds, np.isin(kinds, COUNTED)
