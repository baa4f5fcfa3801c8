"""Which paint and which options does each machine get?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.worlds.booking import taken
from smilecurve.worlds.chance import Ints, pick
from smilecurve.worlds.maker import Maker

__all__ = ["colours", "options"]

COLOURS = ("green", "white", "orange", "grey")
SHARES = (0.62, 0.2, 0.1, 0.08)


def colours(n: int, rng: np.random.Generator) -> pa.Array:
    """Paint colours of n machines."""
    return taken(COLOURS, pick(rng, np.array(SHARES), n))


def options(maker: Maker, model: Ints, market: Ints, rng: np.random.Generator) -> pa.Array:
    """Option codes of each work order, separated by spaces; climate packs go where the climate asks for them."""
    family = maker.model_family[model]
    text = np.full(len(model), "", object)
    for r in maker.options.records:
        share = np.array([float(r[f"share_{f}"]) for f, _ in maker.families])[family]
        if r["option"] in ("TRP", "CLD"):
            there = (maker.hot if r["option"] == "TRP" else maker.cold)[np.maximum(market, 0)] > 0
            share = np.where(there & (market >= 0), 0.8, 0.02)
        has = rng.random(len(model)) < share
        text = text + np.where(has, r["option"] + " ", "")
    return pc.utf8_trim_whitespace(pa.array(text.tolist(), pa.string()))
