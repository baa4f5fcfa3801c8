"""The outside, in and out: files become checked tables and events with every rejected row explained; tables become
files.

In: `propose` guesses a mapping, `preview` shows rows before and after, `convert` gives good rows and every breach of
the others, `Quarantine` keeps those until they are mended; `detect` and `load_preset` know sources that need no
mapping. Out: `write_rows` and `Rows`.
"""

from __future__ import annotations

from smilecurve.connect.convert import convert, open_file
from smilecurve.connect.loaded import REJECTED, Loaded, Raw
from smilecurve.connect.mapping import ColumnMap, Mapping, Question, parse_mapping, read_mapping, write_mapping
from smilecurve.connect.out import OUT_FORMATS, Rows, write_rows
from smilecurve.connect.presets import PRESETS, Preset, detect, load_preset
from smilecurve.connect.previewing import Preview, preview
from smilecurve.connect.propose import propose
from smilecurve.connect.quarantine import QUARANTINE, Quarantine, Replayed
from smilecurve.connect.read import FORMATS, read_file
from smilecurve.connect.scanning import Scanned, scan

__all__ = [
    "FORMATS",
    "OUT_FORMATS",
    "PRESETS",
    "QUARANTINE",
    "REJECTED",
    "ColumnMap",
    "Loaded",
    "Mapping",
    "Preset",
    "Preview",
    "Quarantine",
    "Question",
    "Raw",
    "Replayed",
    "Rows",
    "Scanned",
    "convert",
    "detect",
    "load_preset",
    "open_file",
    "parse_mapping",
    "preview",
    "propose",
    "read_file",
    "read_mapping",
    "scan",
    "write_mapping",
    "write_rows",
]
