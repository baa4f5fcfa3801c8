"""Example makers made up from a seed, of any size: what would a maker's tables and events look like?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from smilecurve.worlds.excavators import excavators
from smilecurve.worlds.small_machines import small_machines
from smilecurve.worlds.world import World

__all__ = ["WORLDS", "World", "Worldmaker", "excavators", "small_machines"]


class Worldmaker(Protocol):
    """Makes a world from a seed; scale 1 is the full size of the published figures."""

    def __call__(self, *, seed: int = ..., scale: float = ...) -> World:
        """Make the world."""
        ...


WORLDS: Mapping[str, Worldmaker] = {"excavators": excavators, "small_machines": small_machines}
