"""How close are the values of used machines, and does the interval keep its promise?

UK used-car listings (`../shared/data/serve/used_cars`, about 2020) as an open stand-in. All were listed at about one
time, so the split is by chance: a fifth of the cars is never seen in fitting, and was never seen when the method was
chosen (that was done on another fifth). Peers in the same run: the median price by model and year, the core alone, and
falling trees without the core.

Figures in CPU seconds of one process, compiled before. Run: python benchmarks/renew_value.py
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from smilecurve.solve.appraising import Appraisal, Facts, appraise, fit_appraisal
from smilecurve.solve.boosting import Growing, fit_trees, predict_trees
from smilecurve.solve.valuing import fit_values, predict_values
from thread_fleet.telling import Bar, say

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SHARED = Path(os.environ.get("SMILECURVE_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
CARS = SHARED / "serve" / "used_cars" / "uk_used_cars.parquet"
SPEC = ["make", "model", "engineSize", "fuelType", "transmission"]
LISTED = 2020
SWEEPS = 1000


def codes(cars: pd.DataFrame, columns: list[str]) -> Ints:
    """One number for each combination of columns."""
    return np.asarray(cars.groupby(columns, sort=True).ngroup(), dtype=np.int64)


def facts_of(cars: pd.DataFrame) -> Facts:
    groups = [codes(cars, some) for some in (["make"], ["make", "model"], SPEC, [*SPEC, "mpg", "tax"])]
    kinds = [codes(cars, some) for some in (["transmission"], ["fuelType"], ["make", "model"])]
    return Facts(
        np.column_stack([LISTED - cars["year"], cars["mileage"]]).astype(np.float64),
        np.column_stack([cars["tax"], cars["mpg"], cars["engineSize"], *kinds]).astype(np.float64),
        np.column_stack(groups),
        np.zeros(len(cars), dtype=np.int64),
    )


def rmse(guess: Floats, price: Floats) -> float:
    """Root mean squared error of log(1 + price)."""
    return float(np.sqrt(np.mean((np.log1p(guess) - np.log1p(price)) ** 2)))


def sweeps(model: Appraisal, facts: Facts) -> int:
    """How many of 1,000 cars keep or lose worth at every step, older from 0 to 25 years and driven to 200,000 miles."""
    draw = np.random.default_rng(0).choice(len(facts.groups), SWEEPS, replace=False)
    falls = np.ones(SWEEPS, dtype=np.bool_)
    for column, steps in ((0, np.arange(26.0)), (1, np.linspace(0, 200_000, 101))):
        many = facts.take(np.repeat(draw, len(steps)))
        many.falling[:, column] = np.tile(steps, SWEEPS)
        worth = appraise(model, many)[0].reshape(SWEEPS, len(steps))
        falls &= (np.diff(worth, axis=1) <= 1e-9 * worth[:, 1:]).all(axis=1)
    return int(falls.sum())


def peers(cars: pd.DataFrame, facts: Facts, fit: Ints, test: Ints, sizes: tuple[int, ...]) -> None:
    price = cars["price"].to_numpy(dtype=np.float64)
    known = cars.iloc[fit]
    median = known.groupby(["make", "model", "year"])["price"].median()
    found = median.reindex(pd.MultiIndex.from_frame(cars.iloc[test][["make", "model", "year"]])).to_numpy()
    found = np.where(np.isnan(found), known["price"].median(), found)
    say("RMSLE, median by model and year", f"{rmse(found, price[test]):.4f}")
    seen, asked = facts.take(fit), facts.take(test)
    core = fit_values(price[fit], tuple(seen.groups.T), tuple(seen.falling.T), sizes=sizes, share=0.9)
    alone = predict_values(core, tuple(asked.groups.T), tuple(asked.falling.T))
    say("RMSLE, core alone", f"{rmse(alone, price[test]):.4f}")
    columns = np.column_stack([facts.falling, facts.other, facts.groups[:, 0]])
    signs = np.zeros(columns.shape[1])
    signs[:2] = -1.0
    trees = fit_trees(columns[fit], np.log(price[fit]), signs, Growing(clip=9.0))
    say("RMSLE, trees without the core", f"{rmse(np.exp(predict_trees(trees, columns[test])), price[test]):.4f}")


def main() -> None:
    cars = pd.read_parquet(CARS)
    order = np.random.default_rng(5).permutation(len(cars))
    fifth = len(cars) // 5
    test, fit = order[fifth : 2 * fifth], np.concatenate([order[:fifth], order[2 * fifth :]])
    facts, price = facts_of(cars), cars["price"].to_numpy(dtype=np.float64)
    sizes = tuple(int(column.max()) + 1 for column in facts.groups.T)
    say("cars fitted, never seen", f"{len(fit):,}, {len(test):,}")
    fit_appraisal(price[fit[:2000]], facts.take(fit[:2000]), sizes=sizes, members=1, growing=Growing(rounds=2))
    begun = time.process_time()
    model = fit_appraisal(price[fit], facts.take(fit), sizes=sizes)
    took = time.process_time() - begun
    Bar("fit, s", 60).told(took)
    worth, size = appraise(model, facts.take(test))
    low, high = worth * np.exp(model.low * size), worth * np.exp(model.high * size)
    inside = (price[test] >= low) & (price[test] <= high)
    error = rmse(worth, price[test])
    say("RMSLE", f"{error:.4f}   bar <= 0.088   {'met' if error <= 0.088 else 'short'}")
    covered = float(inside.mean())
    say("80 % interval covers", f"{covered:.1%}   bar 78-82 %   {'met' if 0.78 <= covered <= 0.82 else 'short'}")
    fifths = np.array_split(np.argsort(worth), 5)
    say("  by fifths of the price, cheap to dear", ", ".join(f"{inside[part].mean():.1%}" for part in fifths))
    say("  width, median of high / low", f"{np.median(high / low):.3f}")
    peers(cars, facts, fit, test, sizes)
    Bar("sweeps by age and mileage that never rise", SWEEPS, at_least=True).told(sweeps(model, facts.take(test)))


if __name__ == "__main__":
    main()
