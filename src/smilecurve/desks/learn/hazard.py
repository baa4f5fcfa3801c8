"""How long does each part live, in which climate, and does it wear out?

Reads     service_lives, start_delays, usage_rates
Decides   part_life
Proof     the log-likelihood reached, against the most it could still rise (Newton decrement)
Method    grouped, left-truncated and censored Weibull likelihood in every stratum, starts that are only guessed
          integrated out; the shape of strata with few failures is drawn towards the shape their part shares
          (solve.survival); other laws where they tell the failures better (solve.laws); the same lives in hours
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smilecurve.desks.learn._best_law import MODE_COLUMNS, BestLaw, best_law
from smilecurve.desks.learn._service import counts, life_breaches, lives_in_hours, lives_in_months, standing
from smilecurve.desks.learn._strata import Strata, floats, in_order, strata_of
from smilecurve.desks.learn._usage import doubtful_meters, hours_month
from smilecurve.solve.pooling import PooledLife, pooled_weibull
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import DataRejected
from smilecurve.terms.tables.learn_lives import PART_LIFE, SERVICE_LIVES, START_DELAYS, USAGE_RATES

__all__ = ["fit_part_life"]

Floats = npt.NDArray[np.float64]
KEYS = ("part", "family", "climate")
MANY_GUESSED = 0.2
MANY_DOUBTFUL = 0.05

REASONS = {
    "worse_here": "fails {against_others:.1f} times the part's mean at the same age: {failures} of {components}",
    "wears_out": "wears out: shape {shape:.2f} ({shape_low:.2f}-{shape_high:.2f}); a tenth by {b10_months:.0f} months",
    "fails_early": "fails early: shape {shape:.2f} ({shape_low:.2f}-{shape_high:.2f}); {failures} of {components}",
    "fails_by_chance": "fails by chance: shape {shape:.2f} ({shape_low:.2f}-{shape_high:.2f}), {rate_year:.4f} a year",
    "few_failures": "only {failures} of {components} failed; {pooled:.0%} of the shape is borrowed from other strata",
    "no_failures": "none of {components} failed: 95 % sure that fewer than a tenth fail before {b10_low:.1f} months",
}


@desk(
    "learn.hazard",
    question="How long does each part live, in which climate, and does it wear out?",
    reads=(SERVICE_LIVES, START_DELAYS, USAGE_RATES),
    needs=("service_lives",),
    decides=PART_LIFE,
    reasons=REASONS,
    version="3",
)
def fit_part_life(
    service_lives: pa.Table,
    start_delays: pa.Table,
    usage_rates: pa.Table,
    *,
    few: int = 5,
    worse_ratio: float = 1.3,
) -> Decision:
    """Weibull life of every part, family and climate, in months and in hours, with the law that tells it best.

    few: below this many failures a stratum's reason says that its shape is borrowed. worse_ratio: how many times the
    part's own hazard elsewhere counts as worse here. A part seen in one stratum only borrows nothing: its life is its
    own maximum likelihood, from three failures on.
    """
    if service_lives.num_rows == 0:
        return _nothing_seen(service_lives)
    breaches = life_breaches(service_lives, strata_of(service_lives, *KEYS))
    if breaches:
        raise DataRejected(breaches)
    rows = in_order(service_lives, SERVICE_LIVES)
    strata = strata_of(rows, *KEYS)
    lives = lives_in_months(rows, strata, start_delays)
    life = pooled_weibull(lives, strata.groups(0))
    against, surely = _against_others(rows, strata)
    failures = strata.total(floats(rows, "failed"))
    guessed = strata.total(counts(rows, "failed_guessed") + counts(rows, "censored_guessed"))
    components = failures + strata.total(floats(rows, "censored") + counts(rows, "zero_hour"))
    reason = np.select(
        [
            failures == 0,
            (failures >= few) & (against >= worse_ratio) & (surely > 1.0),
            failures < few,
            life.shape_low > 1.0,
            life.shape_high < 1.0,
        ],
        ["no_failures", "worse_here", "few_failures", "wears_out", "fails_early"],
        "fails_by_chance",
    )
    columns = {
        **{name: strata.column(k) for k, name in enumerate(KEYS)},
        **_life_columns(life),
        **_law_columns(best_law(lives, failures)),
        **_hours_columns(rows, strata, hours_month(usage_rates, strata)),
        "rate_year": _rate_now(rows, strata, life),
        "components": components.astype(np.int64),
        "failures": failures.astype(np.int64),
        "against_others": against,
        "zero_hour": strata.total(counts(rows, "zero_hour")).astype(np.int64),
        "set_aside": strata.total(counts(rows, "set_aside")).astype(np.int64),
        "guessed": guessed / np.maximum(components, 1.0),
        "warning": _warnings(rows, strata, guessed, doubtful_meters(usage_rates, strata)),
        "reason": reason.tolist(),
    }
    return Decision(
        pa.table({f.name: pa.array(columns[f.name], f.arrow, from_pandas=True) for f in PART_LIFE.fields}),
        Proof("optimal", life.loglik, life.loglik + life.rise, "log-likelihood", "Newton decrement of every stratum"),
        "best",
        headline=int(np.argmax(np.where(failures >= few, against, -1.0))),
        figures={"strata": strata.count, "failures": float(failures.sum()), "components": float(components.sum())},
    )


def _nothing_seen(service_lives: pa.Table) -> Decision:
    clash = Clash(
        "no component has been under observation", "service_lives", "load start-ups and builds with their parts"
    )
    return Decision(
        PART_LIFE.empty(), Proof("rule", float(service_lives.num_rows), 1.0, "rows needed"), "none", (clash,)
    )


def _life_columns(life: PooledLife) -> dict[str, object]:
    """The life in months, as solve found it."""
    return {
        "shape": life.shape,
        "scale_months": life.scale,
        "shape_low": life.shape_low,
        "shape_high": life.shape_high,
        "b10_months": life.life,
        "b10_low": life.life_low,
        "b10_high": life.life_high,
        "pooled": life.borrowed,
        "method": life.method.tolist(),
        "failed_36": life.failed,
        "failed_36_low": life.failed_low,
        "failed_36_high": life.failed_high,
    }


def _law_columns(best: BestLaw) -> dict[str, object]:
    """The law that tells the failures best, and what only it has."""
    modes = dict(zip(MODE_COLUMNS, best.modes.T, strict=True))
    return {"law": best.law, "can_fail": best.can_fail, **modes}


def _hours_columns(rows: pa.Table, strata: Strata, rates: Floats) -> dict[str, Floats]:
    """The life in hours of work; nothing where no meter tells."""
    names = ("shape_hours", "scale_hours", "b10_hours", "b10_hours_low", "b10_hours_high")
    known = np.isfinite(rates[:, 0])
    if not known.any():
        return {name: np.full(strata.count, np.nan) for name in names}
    life = pooled_weibull(lives_in_hours(rows, strata, np.where(known[:, None], rates, 1.0)), _apart(strata, known))
    found = (life.shape, life.scale, life.life, life.life_low, life.life_high)
    return {name: np.where(known, values, np.nan) for name, values in zip(names, found, strict=True)}


def _apart(strata: Strata, known: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Groups by part, those without a usage axis by themselves."""
    return np.unique(2 * strata.groups(0) + known, return_inverse=True)[1].astype(np.int64)


def _warnings(rows: pa.Table, strata: Strata, guessed: Floats, doubtful: Floats) -> list[str]:
    """What to keep in mind about each life: the first that holds."""
    failed, gone = floats(rows, "failed"), floats(rows, "censored")
    months, failures, left = strata.total(failed > 0), strata.total(failed), strata.total(gone)
    holds = {
        "no_failures": failures == 0,
        "all_failed": left == 0,
        "one_age": (months == 1) & (failures > 1),
        "starts_guessed": guessed > MANY_GUESSED * (failures + left),
        "meters_doubtful": doubtful > MANY_DOUBTFUL,
    }
    return [next((name for name, where in holds.items() if where[k]), "none") for k in range(strata.count)]


def _rate_now(rows: pa.Table, strata: Strata, life: PooledLife) -> Floats:
    """Failures a component and year, at the ages of those in service now, or else of those last seen alive."""
    age = floats(rows, "age_month")
    now = counts(rows, "in_service")
    told = np.bincount(strata.of, now, strata.count) > 0
    alive = np.where(told[strata.of], now, floats(rows, "censored"))
    some = np.bincount(strata.of, alive, strata.count) > 0
    weight = np.where(some[strata.of], alive, floats(rows, "entered"))
    b, eta = life.shape[strata.of], life.scale[strata.of]
    month = ((age + 1.0) / eta) ** b - (age / eta) ** b
    total = np.bincount(strata.of, weight, strata.count)
    year = 12.0 * np.bincount(strata.of, weight * month, strata.count)
    found: Floats = np.divide(year, total, out=np.zeros(strata.count), where=total > 0)
    return found


def _against_others(rows: pa.Table, strata: Strata) -> tuple[Floats, Floats]:
    """Hazard of each stratum over its part's at the same ages, drawn towards 1, and its lower 90 % limit."""
    from smilecurve.solve.pooling import relative_hazard

    part, age = strata.groups(0), floats(rows, "age_month").astype(np.int64)
    cell = np.unique(part[strata.of] * (int(age.max()) + 1) + age, return_inverse=True)[1]
    at_risk = standing(rows) - 0.5 * floats(rows, "censored")
    return relative_hazard(cell, strata.of, part, at_risk, floats(rows, "failed"))
