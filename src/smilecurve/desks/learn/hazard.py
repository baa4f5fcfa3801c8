"""How long does each part live, in which climate, and does it wear out?

Reads     life_groups
Decides   part_life
Proof     the log-likelihood reached, against the most it could still rise (Newton decrement)
Method    grouped, left-truncated and censored Weibull likelihood in every stratum; the shape of strata with
          few failures is drawn towards the shape their part shares (solve.survival)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smilecurve.desks.learn._strata import Strata, floats, in_order, strata_of
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.terms.tables.learn import LIFE_GROUPS, PART_LIFE

if TYPE_CHECKING:
    from smilecurve.solve.pooling import PooledLife

__all__ = ["fit_part_life"]

Floats = npt.NDArray[np.float64]

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
    reads=(LIFE_GROUPS,),
    decides=PART_LIFE,
    reasons=REASONS,
)
def fit_part_life(life_groups: pa.Table, *, few: int = 5, worse_ratio: float = 1.3) -> Decision:
    """Weibull life of every part, family and climate.

    few: below this many failures a stratum's reason says that its shape is borrowed. worse_ratio: how many times the
    part's own hazard elsewhere counts as worse here. A part seen in one stratum only borrows nothing: its life is its
    own maximum likelihood.
    """
    if life_groups.num_rows == 0:
        return _nothing_seen(life_groups)
    _refuse_broken_lives(life_groups, strata_of(life_groups, "part", "family", "climate"))
    life_groups = in_order(life_groups, LIFE_GROUPS)
    strata = strata_of(life_groups, "part", "family", "climate")
    life = _life(life_groups, strata)
    against, surely = _against_others(life_groups, strata)
    components = np.bincount(strata.of, _ends(life_groups)[1], strata.count)
    failures = np.bincount(strata.of, _ends(life_groups)[0], strata.count)
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
        **{name: strata.column(k) for k, name in enumerate(("part", "family", "climate"))},
        "shape": life.shape,
        "scale_months": life.scale,
        "shape_low": life.shape_low,
        "shape_high": life.shape_high,
        "b10_months": life.life,
        "b10_low": life.life_low,
        "b10_high": life.life_high,
        "rate_year": _rate_now(life_groups, strata, life),
        "components": components.astype(np.int64),
        "failures": failures.astype(np.int64),
        "pooled": life.borrowed,
        "against_others": against,
        "reason": reason.tolist(),
    }
    return Decision(
        pa.table({f.name: pa.array(columns[f.name], f.arrow) for f in PART_LIFE.fields}),
        Proof("optimal", life.loglik, life.loglik + life.rise, "log-likelihood", "Newton decrement of every stratum"),
        "best",
        headline=int(np.argmax(np.where(failures >= few, against, -1.0))),
        figures={"strata": strata.count, "failures": float(failures.sum()), "components": float(components.sum())},
    )


def _nothing_seen(life_groups: pa.Table) -> Decision:
    clash = Clash(
        "no component has been under observation", "life_groups", "load start-ups and builds with their parts"
    )
    return Decision(PART_LIFE.empty(), Proof("rule", float(life_groups.num_rows), 1.0, "rows needed"), "none", (clash,))


def _ends(rows: pa.Table) -> tuple[Floats, Floats]:
    """Failures, and all components whose observation ends (every one ends once), row by row."""
    failed = floats(rows, "failed")
    return failed, failed + floats(rows, "censored")


def _refuse_broken_lives(rows: pa.Table, strata: Strata) -> None:
    """Refuse months in which more ended than entered, or whose survivors are missing from the next month."""
    entered, age = floats(rows, "entered"), floats(rows, "age_month")
    stay = entered - _ends(rows)[1]
    order = np.lexsort((age, strata.of))
    next_row = np.append(order[1:], -1)
    follows = (strata.of[next_row] == strata.of[order]) & (age[next_row] == age[order] + 1) & (next_row >= 0)
    reach = np.where(follows, entered[next_row], 0.0)
    lost = stay[order] > reach
    breaches = []
    for k in np.flatnonzero(lost | (stay[order] < 0)):
        row = int(order[k])
        where = f"{', '.join(strata.names[strata.of[row]])}, month {age[row]:.0f}"
        if stay[row] < 0:
            said = f"{where}: {entered[row]:.0f} entered but {entered[row] - stay[row]:.0f} failed or were last seen"
            do = "count every component once, in the month its observation ends"
        else:
            said = f"{where}: {stay[row]:.0f} stayed but {reach[k]:.0f} entered the next month"
            do = "add the missing month, or count them as last seen"
        breaches.append(
            Breach(said, f"life_groups, row {row + 1}", do, "life_groups", row, "entered", f"{entered[row]:.0f}")
        )
    if breaches:
        raise DataRejected(breaches)


def _life(rows: pa.Table, strata: Strata) -> PooledLife:
    """Weibull life of every stratum, ages in months, pooled by part."""
    from smilecurve.solve.lives import grouped_lives
    from smilecurve.solve.pooling import pooled_weibull

    age = floats(rows, "age_month")
    counts = (floats(rows, c) for c in ("entered", "failed", "censored"))
    lives = grouped_lives(age, age + 1.0, *counts, stratum=strata.of, strata=strata.count)
    return pooled_weibull(lives, strata.groups(0))


def _rate_now(rows: pa.Table, strata: Strata, life: PooledLife) -> Floats:
    """Failures a component and year, at the ages of the components last seen alive."""
    age, alive = floats(rows, "age_month"), floats(rows, "censored")
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
    at_risk = floats(rows, "entered") - 0.5 * floats(rows, "censored")
    return relative_hazard(cell, strata.of, part, at_risk, floats(rows, "failed"))
