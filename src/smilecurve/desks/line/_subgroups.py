"""The measurements of line.control as subgroups: which chart, which phase, what mean, spread and count."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COUNTED = ("p", "np", "c", "u", "p_laney", "u_laney")
"""Charts of counts; the others are charts of measured values."""


def chart_kinds(characteristics: pa.Table) -> pa.Array:
    """Give the chart of each characteristic: as kept, else moving ranges for single pieces, ranges for others."""
    usual = pc.if_else(pc.equal(characteristics["subgroup"], 1), "i_mr", "xbar_r")
    return pc.coalesce(characteristics["chart"], usual).combine_chunks()


@dataclass(frozen=True)
class Subgroups:
    """Complete subgroups in order of characteristic and number, and the pieces they are made of."""

    characteristic: Ints
    """Row of `characteristics`."""
    number: Ints
    phase: Ints
    """Phase of the process, from 1."""
    base: Ints
    """Subgroups that set the limits of the phase; 0: all."""
    first: Ints
    """Place of the first piece."""
    size: Ints
    mean: Floats
    wide: Floats
    """Range."""
    deviation: Floats
    count: Floats
    sampled: Floats
    measured: Ints
    """Instant of the last piece, microseconds."""

    @staticmethod
    def of(characteristics: pa.Table, phases: pa.Table, rows: pa.Table, base: int) -> Subgroups:
        """Gather sorted measurements; a chart of measured values leaves subgroups out that are not complete."""
        chart = pc.index_in(rows["characteristic"], characteristics["characteristic"].combine_chunks())
        which = chart.to_numpy().astype(np.int64)
        number, value = rows["subgroup"].to_numpy(), rows["value"].to_numpy()
        new = np.ones(value.size, np.bool_)
        new[1:] = (which[1:] != which[:-1]) | (number[1:] != number[:-1])
        first = np.flatnonzero(new)
        size = np.diff(np.append(first, value.size))
        total, low, high = (f.reduceat(value, first) if first.size else value for f in (np.add, np.minimum, np.maximum))
        mean = total / np.maximum(size, 1)
        square = (value - np.repeat(mean, size)) ** 2
        deviation = np.sqrt((np.add.reduceat(square, first) if first.size else square) / np.maximum(size - 1, 1))
        looked = pc.fill_null(rows["sampled"], np.nan).to_numpy()
        moment = rows["event_time"].cast(pa.int64()).to_numpy()
        whole = Subgroups(
            which[first],
            number[first],
            np.ones(first.size, np.int64),
            np.zeros(first.size, np.int64),
            first,
            size,
            mean,
            high - low,
            deviation,
            total,
            np.add.reduceat(looked, first) if first.size else looked,
            np.maximum.reduceat(moment, first) if first.size else moment,
        )
        counted = pc.is_in(chart_kinds(characteristics), pa.array(COUNTED)).to_numpy(zero_copy_only=False)
        wanted = characteristics["subgroup"].to_numpy()
        whole = whole.only((size == wanted[whole.characteristic]) | counted[whole.characteristic])
        return whole._in_phases(characteristics, phases, base)

    def _in_phases(self, characteristics: pa.Table, phases: pa.Table, base: int) -> Subgroups:
        """Number the phases of each characteristic and say how many subgroups set the limits of each."""
        own = pc.fill_null(characteristics["base_subgroups"], base).to_numpy()
        phase, sets = self.phase.copy(), own[self.characteristic]
        places = {name: at for at, name in enumerate(characteristics["characteristic"].to_pylist())}
        for row in phases.sort_by("first_subgroup").to_pylist():
            at = places.get(row["characteristic"])
            later = (self.characteristic == at) & (self.number >= row["first_subgroup"])
            phase[later] += 1
            sets[later] = base if row["base_subgroups"] is None else row["base_subgroups"]
        return replace(self, phase=phase, base=sets)

    def only(self, keep: NDArray[np.bool_]) -> Subgroups:
        """Keep some of the subgroups."""
        return Subgroups(**{f.name: getattr(self, f.name)[keep] for f in fields(self)})

    @property
    def series(self) -> Ints:
        """A number for each characteristic and phase: subgroups of one series share their limits."""
        return self.characteristic * (int(self.phase.max(initial=0)) + 1) + self.phase

    def places(self) -> tuple[Ints, Ints]:
        """Row and column of each subgroup when each series is a row."""
        _, row = np.unique(self.series, return_inverse=True)
        begins = np.append(True, row[1:] != row[:-1])
        at = np.arange(row.size)
        return row, at - np.maximum.accumulate(np.where(begins, at, 0))
