"""How do machines stand in a container, seen from above?"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from smilecurve.app.pages.pictures.drawing import Scale, frame, label, rect
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number

__all__ = ["load_picture"]

MOST_LOADS = 5
Rows = list[dict[str, object]]


def load_picture(rows: pa.Table, words: Words, look: Callable[..., Rows]) -> Markup:
    """The fullest loads from above: each machine a box in its model's colour, what lies on top drawn last."""
    loads = rows.group_by(["load", "container"]).aggregate([("volume_fill", "max")])
    first = loads.sort_by([("volume_fill_max", "descending")]).slice(0, MOST_LOADS).to_pylist()
    boxes = {str(c["container"]): c for c in look("containers")}
    models = {str(m["model"]): m for m in look("models")}
    tones = {name: f"box b{i % 8}" for i, name in enumerate(sorted(models))}
    parts: list[Markup] = []
    x = Scale(0, 12.2, 190, 590)
    top = 6.0
    for load in first:
        box = boxes.get(str(load["container"]), {})
        length, width = as_number(box.get("length_m")) or 12.0, as_number(box.get("width_m")) or 2.35
        unit = x(1) - x(0)
        parts.append(rect(x(0), top, unit * length, unit * width, "band"))
        parts.append(label(182, top + 18, f"{load['load']}", anchor="end"))
        parts.append(label(182, top + 34, words.percent(as_number(load["volume_fill_max"])), anchor="end"))
        inside = rows.filter(pc.equal(rows.column("load"), load["load"])).sort_by("z_m").to_pylist()
        parts += [_machine(row, models, tones, x, top, unit) for row in inside]
        top += unit * width + 10
    return frame(760, top, words.text("The fullest loads, seen from above"), parts)


def _machine(
    row: dict[str, object],
    models: dict[str, dict[str, object]],
    tones: dict[str, str],
    x: Scale,
    top: float,
    unit: float,
) -> Markup:
    model = models.get(str(row["model"]), {})
    long, wide = as_number(model.get("length_m")) or 1.0, as_number(model.get("width_m")) or 1.0
    if row["turned"]:
        long, wide = wide, long
    told = f"{row['machine']} {row['model']}"
    tone = tones.get(str(row["model"]), "box b4")
    return rect(x(as_number(row["x_m"])), top + unit * as_number(row["y_m"]), unit * long, unit * wide, tone, told)
