"""Do machines built since a part was changed fail less than those built before, at the same ages?

The month of the change is left out. Ages are counted in quarters of a year, as far as machines built since have come;
failures count by the week they happened, so the newest weeks, not yet fully heard of, are left out too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.learn._strata import days_of, floats

__all__ = ["TOLD", "Change", "judge_changes"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

TOLD = (
    "ratio_after",
    "ratio_low",
    "ratio_high",
    "failures_after",
    "usual_after",
    "months_after",
    "power",
    "more_months",
)
"""Columns that tell how a change turned out."""
WINDOW, WINDOWS = 13, 24
UNHEARD = 4
ENOUGH = 0.8
WEEKS_A_MONTH = 365.25 / 7 / 12
NEVER = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A proposed or made change, and what machines built since it was made say.

    ratio_after: failure rate after over before, at equal ages, with its limits; usual_after: failures that the rate
    before lets expect; power: chance that a change as promised had shown by now; more_months: machine-months until that
    is 80 %.
    """

    fixable: float
    cost: float
    made: bool
    ratio_after: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    failures_after: int | None = None
    usual_after: float | None = None
    months_after: float | None = None
    power: float | None = None
    more_months: float | None = None

    def told(self, column: str) -> object:
        """One of the columns that tell how it turned out; none where that cannot be said."""
        value = getattr(self, column)
        return None if isinstance(value, float) and not np.isfinite(value) else value

    @property
    def verdict(self) -> str:
        """Works: surely below the rate before. Fails: not below it, and surely above what was promised."""
        if self.ratio_after is None or self.ratio_low is None or self.ratio_high is None:
            return "change_unseen"
        if self.ratio_high < 1.0:
            return "change_works"
        if self.ratio_low > 1.0 - self.fixable:
            return "change_fails"
        if self.power is not None and self.power < ENOUGH and self.more_months is not None:
            return "change_untold"
        return "change_unproven" if np.isfinite(self.ratio_high) else "change_unseen"


def judge_changes(
    part_fixes: pa.Table, cohorts: pa.Table, config_parts: pa.Table, failures: pa.Table, confidence: float
) -> dict[str, Change]:
    """Every proposed change by its part; made ones judged by what came after."""
    found = {}
    end = int(days_of(failures["week"]).max()) - 7 * UNHEARD if failures.num_rows else NEVER
    for fix in part_fixes.to_pylist():
        plain = Change(float(fix["fixable"]), float(fix["cost"]), fix["fixed_on"] is not None)
        if plain.made and failures.num_rows and cohorts.num_rows:
            plain = _judged(plain, fix, cohorts, config_parts, failures, end, confidence)
        found[fix["part"]] = plain
    return found


def _judged(
    plain: Change,
    fix: Mapping[str, object],
    cohorts: pa.Table,
    config_parts: pa.Table,
    failures: pa.Table,
    end: int,
    confidence: float,
) -> Change:
    from smilecurve.solve.rates import matched_rate_ratio

    part = fix["part"]
    month = np.datetime64(str(fix["fixed_on"]), "M")
    places = {r["config"]: r["places"] for r in config_parts.filter(pc.equal(config_parts["part"], part)).to_pylist()}
    mine = cohorts.filter(pc.is_in(cohorts["config"], pa.array(sorted(places), pa.string())))
    lived = _lived(mine, _since(mine, month), [float(places[c]) for c in mine["config"].to_pylist()], end)
    told = failures.filter(pc.equal(failures["part"], part))
    failed = _failed(told, _since(told, month), end)
    if failed[0].sum() == 0 or lived[1].sum() <= 0:
        return plain
    got = matched_rate_ratio(failed[1], lived[1], failed[0], lived[0], confidence=confidence)
    months = float(lived[1][lived[0] > 0].sum()) / WEEKS_A_MONTH
    power, more = _power(got.base_events, got.usual, 1.0 - plain.fixable, months, confidence)
    return Change(
        plain.fixable, plain.cost, True, got.ratio, got.low, got.high, got.events, got.usual, months, power, more
    )


def _power(before: int, usual: float, factor: float, months: float, confidence: float) -> tuple[float, float | None]:
    """Chance to see a rate this much lower, and how many machine-months more make it 80 %; None if none do."""
    from smilecurve.solve.rates import power_to_see

    power = power_to_see(before, usual, factor, confidence=confidence)
    if power >= ENOUGH or usual <= 0:
        return power, None
    for times in 1.05 ** np.arange(1, 200):
        if power_to_see(before, usual * float(times), factor, confidence=confidence) >= ENOUGH:
            return power, months * (float(times) - 1.0)
    return power, None


def _since(rows: pa.Table, month: np.datetime64) -> Ints:
    """1 for machines built after the month of the change, 0 before it, -1 in it or unknown."""
    built = days_of(rows["built"]).astype("datetime64[D]").astype("datetime64[M]")
    known = pc.is_valid(rows["built"]).combine_chunks().to_numpy(zero_copy_only=False)
    return np.where(known & (built != month), (built > month).astype(np.int64), -1)


def _lived(rows: pa.Table, since: Ints, places: list[float], end: int) -> Floats:
    """Component-weeks in service by side of the change and age: (2, windows)."""
    started = days_of(rows["started"])
    age = (np.minimum(days_of(rows["ended"]), end) - started) / 7.0
    number = floats(rows, "machines") * np.array(places)
    found = np.zeros((2, WINDOWS))
    for k in range(WINDOWS):
        here = np.clip(age - k * WINDOW, 0.0, WINDOW) * number
        for side in (0, 1):
            found[side, k] = here[since == side].sum()
    return found


def _failed(rows: pa.Table, since: Ints, end: int) -> Ints:
    """Failures by side of the change and age."""
    week, started = days_of(rows["week"]), days_of(rows["started"])
    window = np.maximum(week - started, 0) // 7 // WINDOW
    kept = (week < end) & (window < WINDOWS) & (since >= 0)
    found = np.zeros((2, WINDOWS), np.int64)
    np.add.at(found, (since[kept], window[kept]), floats(rows, "failures")[kept].astype(np.int64))
    return found
