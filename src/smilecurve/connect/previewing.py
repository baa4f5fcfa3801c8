"""What would this mapping make of the first rows?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.connect.convert import convert, open_file
from smilecurve.connect.loaded import Raw
from smilecurve.connect.mapping import Mapping

__all__ = ["Preview", "preview"]


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows as they stand, what becomes of them, and what is wrong with the others."""

    before: pa.Table
    after: pa.Table
    rejected: pa.Table


def preview(file: str | Path | Raw, mapping: Mapping, n: int = 20) -> Preview:
    """The first `n` rows before and after; the decimal mark and day order are settled on the whole head of the file."""
    raw = file if isinstance(file, Raw) else open_file(file, mapping, head=True)
    last = raw.lines[min(n, len(raw.lines)) - 1].as_py() if len(raw.lines) else 0
    loaded = convert(raw, mapping)
    shown = replace(raw, rows=raw.rows.slice(0, n), lines=raw.lines.slice(0, n))
    before = shown.rows.add_column(0, "line", shown.lines) if shown.rows.num_columns else shown.rows
    rejected = loaded.rejected.filter(pc.less_equal(loaded.rejected.column("line"), last))
    lines = rejected.column("line").to_numpy()
    good = min(n, len(shown.lines)) - len(np.intersect1d(np.unique(lines), shown.lines.to_numpy(zero_copy_only=False)))
    return Preview(before, loaded.rows.slice(0, good), rejected)
