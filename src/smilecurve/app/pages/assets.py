"""Under which hashed name does a built file stand?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from smilecurve.terms.errors import Breach, NotFound

__all__ = ["STATIC", "asset", "world_frame"]

STATIC = Path(__file__).parents[1] / "static"


@cache
def _manifest() -> tuple[Mapping[str, str], Mapping[str, float]]:
    path = STATIC / "manifest.json"
    if not path.exists():
        raise NotFound(Breach("the pages' styles and scripts are not built", "app/static", "run `make web`"))
    read = json.loads(path.read_text("utf-8"))
    return read["files"], read["world"]


def asset(name: str) -> str:
    """The address of a built file."""
    return f"/static/{_manifest()[0][name]}"


def world_frame() -> Mapping[str, float]:
    """Width, height, scale and centre of the world map as it was drawn."""
    return _manifest()[1]
