"""Which source is this, and what does it hold?

A preset knows a source that is always built the same way. `detect` names the preset that fits a path, `load_preset`
loads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from smilecurve.connect.loaded import Loaded
from smilecurve.connect.presets.amazon import AMAZON
from smilecurve.connect.presets.assembly_lines import ASSEMBLY_LINES
from smilecurve.connect.presets.bluebook import BLUEBOOK
from smilecurve.connect.presets.csplib_cars import CSPLIB_CARS
from smilecurve.connect.presets.inventree import INVENTREE
from smilecurve.connect.presets.lifetrac import LIFETRAC
from smilecurve.connect.presets.preset import Preset
from smilecurve.connect.presets.roadef import ROADEF
from smilecurve.terms.errors import Breach, DataRejected, NotFound

__all__ = ["PRESETS", "Preset", "detect", "load_preset"]

PRESETS: Mapping[str, Preset] = {
    p.name: p for p in (INVENTREE, AMAZON, ASSEMBLY_LINES, ROADEF, CSPLIB_CARS, LIFETRAC, BLUEBOOK)
}


def detect(path: str | Path) -> str | None:
    """The name of the preset that fits a file or folder; None if it needs a mapping."""
    path = Path(path)
    return next((name for name, preset in PRESETS.items() if preset.fits(path)), None)


def load_preset(name: str, path: str | Path) -> tuple[Loaded, ...]:
    """Everything a source holds, as tables and events.

    Raises:
        NotFound: no such preset or path.
        DataRejected: the source is not what the preset reads.
    """
    path = Path(path)
    if name not in PRESETS:
        raise NotFound(Breach(f"there is no preset {name}", "preset", f"use one of {', '.join(PRESETS)}"))
    if not path.exists():
        raise NotFound(Breach(f"there is no file {path}", "file", "check the name and the folder"))
    preset = PRESETS[name]
    if not preset.fits(path):
        what = f"{path.name} is not {preset.what}"
        raise DataRejected(Breach(what, path.name, "name another preset, or load it with a mapping"))
    return preset.load(path)
