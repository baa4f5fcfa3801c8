"""Which readings of an hour meter cannot be right, because hours never go down?

A reading that fits neither the one before nor the one after it, which fit each other, is a slip. A fall that lasts is a
new meter and is left as it stands: what it shows is added (see `usage_rates`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smilecurve.connect.checks import shown, unread
from smilecurve.connect.loaded import Fault, Raw

__all__ = ["check_meters", "out_of_line"]

READ = ("meter_reading", "lease_end")


def out_of_line(readings: Sequence[float]) -> list[int]:
    """Places of readings, in order of time, that fit neither neighbour while these fit each other.

    >>> out_of_line([100.0, 9000.0, 250.0, 400.0]), out_of_line([100.0, 250.0, 25.0, 400.0])
    ([1], [2])
    >>> out_of_line([5000.0, 20.0, 300.0])  # a new meter
    []
    """
    found: list[int] = []
    before = readings[0] if readings else 0.0
    for i in range(1, len(readings) - 1):
        if before <= readings[i + 1] and not before <= readings[i] <= readings[i + 1]:
            found.append(i)
        else:
            before = readings[i]
    return found


def check_meters(
    columns: Mapping[str, pa.Array], raw: Raw, found: Sequence[Fault], written: Mapping[str, str]
) -> list[Fault]:
    """Readings of a file that slip out of line, machine by machine; rows with another breach are left out."""
    if not {"kind", "machine", "event_time", "quantity"} <= set(columns):
        return []
    stands = np.ones(raw.rows.num_rows, bool)
    for fault in found:
        stands[fault.rows] = False
    read = pc.and_(pc.is_in(columns["kind"], pa.array(READ)), pc.is_valid(columns["quantity"]))
    at = np.flatnonzero(stands & pc.fill_null(read, False).to_numpy(zero_copy_only=False))
    if at.size < 2:
        return []
    machine = np.unique(np.array(columns["machine"].take(pa.array(at)).to_pylist(), dtype=str), return_inverse=True)[1]
    when = columns["event_time"].cast(pa.int64()).take(pa.array(at)).to_numpy(zero_copy_only=False)
    hours = columns["quantity"].take(pa.array(at)).to_numpy(zero_copy_only=False)
    order = np.lexsort((hours, when, machine))
    rows = at[order[_falling(machine[order], hours[order])]]
    if not rows.size:
        return []
    source = written["quantity"]
    rows = np.setdiff1d(rows, unread(found, source))
    return [
        Fault(
            rows,
            source,
            shown(raw, source, columns["quantity"], rows),
            "goes against the other readings of the machine: hours never go down",
            "correct the reading or its day; after a change of the meter add the hours of the old one",
        )
    ]


def _falling(machine: NDArray[np.int64], hours: NDArray[np.float64]) -> NDArray[np.int64]:
    """Places of the readings to set aside, where readings stand by machine and time."""
    falls = (np.diff(machine) == 0) & (np.diff(hours) < 0)
    aside: list[int] = []
    for which in np.unique(machine[1:][falls]):
        first, last = np.searchsorted(machine, [which, which + 1])
        aside += [int(first) + i for i in out_of_line(hours[first:last].tolist())]
    return np.array(aside, dtype=np.int64)
