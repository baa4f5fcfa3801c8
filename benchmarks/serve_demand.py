"""Is what is foretold of sparse demand over a lead time nearer the truth than what statsforecast's models say?

Car parts (`../shared/data/serve/demand`): totals of 3 and 6 months from rolling origins, each learned from the months
before its origin alone. Judged by pinball loss at five levels (what a stock for that level costs, a piece missed
against a piece too many) and by the mean absolute error of the median and of the mean. The peers give one mean a
month; their quantiles are the kindest of four ways, picked for each peer, span and level by what then happened:
Poisson, negative binomial with the variance over mean of the series or of all, and their own conformal intervals on
totals of whole spans.

statsforecast wants an older pandas: an environment of its own, made at the first run.

Run: python benchmarks/serve_demand.py
"""

from __future__ import annotations

import csv
import gzip
import os
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import nbinom, poisson

from peers import asked
from smilecurve.solve.intermittent import foretell_totals
from thread_fleet.telling import Bar, say

Floats = NDArray[np.float64]
HERE = Path(__file__).resolve().parent
DATA = (
    Path(os.environ.get("SMILECURVE_SHARED_DATA", HERE.parents[1] / "shared" / "data")) / "serve/demand/carparts.csv.gz"
)
PINNED = "statsforecast==2.1.1"
LEVELS = np.array([0.5, 0.75, 0.9, 0.95, 0.99])
ORIGINS, SPANS = (24, 27, 30, 33), (3, 6)


def sold_months() -> Floats:
    """Series with every month known, (series, months)."""
    with gzip.open(DATA, "rt") as file:
        rows = list(csv.reader(file))[1:]
    sold = np.array([[float(x) if x else np.nan for x in row[1:]] for row in rows])
    return sold[~np.isnan(sold).any(axis=1)]


def pinball(quantiles: Floats, came: Floats) -> Floats:
    off = came[:, None] - quantiles
    found: Floats = np.maximum(LEVELS * off, (LEVELS - 1) * off).mean(axis=0)
    return found


def ours(sold: Floats) -> dict[int, tuple[Floats, Floats]]:
    """By span: pinball loss at each level, and the mean absolute error of median and mean."""
    foretell_totals(sold[:2, :12], 3).quantiles(LEVELS)
    found, begun = {}, time.process_time()
    for span in SPANS:
        losses, errors, held = [], [], []
        for origin in ORIGINS:
            got, came = foretell_totals(sold[:, :origin], span), sold[:, origin : origin + span].sum(axis=1)
            quantiles = got.quantiles(LEVELS)
            losses.append(pinball(quantiles, came))
            errors.append([np.abs(quantiles[:, 0] - came).mean(), np.abs(got.mean - came).mean()])
            held.append((came[:, None] <= quantiles).mean(axis=0))
        found[span] = (np.mean(losses, axis=0), np.mean(errors, axis=0))
        told(f"{span} months, Smilecurve", *found[span])
        say(
            "  not exceeded",
            " ".join(f"{x:.1%} of {q:.0%}" for x, q in zip(np.mean(held, axis=0), LEVELS, strict=True)),
        )
    say("  CPU of all origins", f"{time.process_time() - begun:.1f} s")
    return found


def told(what: str, loss: Floats, errors: Floats, more: str = "") -> None:
    said = " ".join(f"{x:.4f}" for x in loss)
    say(what, f"pinball {said}  sum {loss.sum():.4f}  MAE median {errors[0]:.3f} mean {errors[1]:.3f} {more}")


def judged(sold: Floats, said: dict[str, Floats], name: str, span: int) -> tuple[Floats, Floats, str, Floats]:
    """The kindest way to read one peer: loss, errors, the way; and the least loss of any way at each level."""
    losses: dict[str, list[Floats]] = {}
    errors = []
    for origin in ORIGINS:
        past, came = sold[:, :origin], sold[:, origin : origin + span].sum(axis=1)
        mean = np.maximum(said[f"mean:{name}:{origin}"] * span, 1e-3)
        variance, average = past.var(axis=1, ddof=1), past.mean(axis=1)
        own = np.maximum(variance / np.maximum(average, 1e-9), 1.0001)
        ways = {"Poisson": poisson.ppf(LEVELS[None, :], mean[:, None])}
        for way, lumps in (("own spread", own), ("one spread", np.full(len(own), variance.sum() / average.sum()))):
            ways[way] = nbinom.ppf(LEVELS[None, :], (mean / (lumps - 1))[:, None], (1 / lumps)[:, None])
        ways["conformal"] = np.maximum(said[f"conformal:{name}:{origin}:{span}"], 0.0)
        for way, quantiles in ways.items():
            losses.setdefault(way, []).append(pinball(quantiles, came))
        middle = min(np.abs(quantiles[:, 0] - came).mean() for quantiles in ways.values())
        errors.append([middle, np.abs(mean - came).mean()])
    kindest = min(losses, key=lambda way: float(np.mean(losses[way], axis=0).sum()))
    mean = {way: np.mean(loss, axis=0) for way, loss in losses.items()}
    return mean[kindest], np.mean(errors, axis=0), kindest, np.min(list(mean.values()), axis=0)


def main() -> None:
    if not DATA.is_file():
        print("car parts: no data folder beside the repository, left out")
        return
    sold = sold_months()
    say("car parts", f"{len(sold)} series x {sold.shape[1]} months, origins {ORIGINS}")
    mine = ours(sold)
    said = asked(
        "statsforecast", PINNED, "intermittent.py", sold=sold, origins=np.array(ORIGINS), spans=np.array(SPANS)
    )
    names = sorted({key.split(":")[1] for key in said if key.startswith("mean")})
    for span in SPANS if names else ():
        best = np.full(len(LEVELS), np.inf)
        for name in names:
            loss, errors, way, least = judged(sold, said, name, span)
            best = np.minimum(best, least)
            told(f"{span} months, {name}", loss, errors, f"({way}; {float(said[f'seconds:{name}']):.1f} s)")
        for level, loss, peer in zip(LEVELS, mine[span][0], best, strict=True):
            Bar(f"{span} months, pinball at {level:g} over the best peer and way", 1).told(loss / peer)


if __name__ == "__main__":
    main()
