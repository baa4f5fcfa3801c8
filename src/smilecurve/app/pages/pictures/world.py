"""Where on the world map does a market stand?

The land is drawn at build time in the Natural Earth projection (Patterson, Savric and Jenny 2011); markets are placed
by the same formula here, so that the browser computes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from smilecurve.app.pages.assets import asset, world_frame

__all__ = ["Mark", "natural_earth", "world_map"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A circle on the map: where, how large (0..1 of the largest), its colour class, what it says, where it leads."""

    latitude: float
    longitude: float
    size: float
    tone: str
    said: str
    go: str = ""


def natural_earth(latitude: float, longitude: float) -> tuple[float, float]:
    """Natural Earth projection of a place in degrees, in units of the sphere's radius, y to the north.

    >>> natural_earth(0, 0)
    (0.0, 0.0)
    """
    p = math.radians(latitude)
    p2 = p * p
    p4 = p2 * p2
    x = math.radians(longitude) * (0.8707 - 0.131979 * p2 + p4 * (-0.013791 + p4 * (0.003971 * p2 - 0.001529 * p4)))
    y = p * (1.007226 + p2 * (0.015085 + p4 * (-0.044475 + 0.028874 * p2 - 0.005916 * p4)))
    return x, y


def world_map(marks: Sequence[Mark], title: str, *, most: float = 21) -> Markup:
    """The map with its circles, the largest first so that small ones stay on top."""
    at = world_frame()
    source = asset("world.svg")
    circles = []
    for mark in sorted(marks, key=lambda m: -m.size):
        x, y = natural_earth(mark.latitude, mark.longitude)
        radius = 2.2 + (most - 2.2) * math.sqrt(max(mark.size, 0))
        dot = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{:.1f}" class="{}"/>').format(
            at["x"] + at["scale"] * x, at["y"] - at["scale"] * y, radius, mark.tone
        )
        link = Markup('<a href="{}" data-said="{}" aria-label="{}">{}</a>')
        plain = Markup('<g data-said="{}">{}</g>')
        circles.append(link.format(mark.go, mark.said, mark.said, dot) if mark.go else plain.format(mark.said, dot))
    return Markup(
        '<svg class="world" viewBox="0 0 {} {}" role="group" aria-label="{}">'
        '<use href="{}#land" class="land"/><use href="{}#borders" class="borders"/>{}</svg>'
    ).format(at["width"], at["height"], title, source, source, Markup("").join(circles))
