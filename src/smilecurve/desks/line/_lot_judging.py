"""One lot of line.sample: the plan it meets, its verdict, and what the switching rules hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from smilecurve.desks.line._lot_checks import Row

if TYPE_CHECKING:
    from smilecurve.solve.sampling import Plan
    from smilecurve.solve.sampling_switching import Lot, Standing
    from smilecurve.solve.sampling_tables import Kind, Severity

USUAL_LEVEL = "II"
MOST_DEFECTIVES = 0.1
"""Quality levels above ten in a hundred speak of defects, not of defective pieces."""
EARLY = 3
"""A double plan that accepts with its first sample, or a multiple one within its first three, scores as a single one
that would pass one level tighter."""


@dataclass(frozen=True)
class Asked:
    """The plan that a lot meets: its letter, and the single plan one level tighter, where tables give them."""

    plan: Plan
    letter: str | None
    tighter: Plan | None


def asked_plan(kept: Row, standing: Standing, size: int) -> Asked:
    """The plan for a lot of so many pieces in a standing; lots that are not taken are judged as tightened."""
    from smilecurve.solve.sampling_tables import code_letter, next_tighter, table_plan

    if kept["scheme"] == "zero":
        return Asked(_zero(size, float(str(kept["limiting"]))), None, None)
    severity: Severity = "tightened" if standing == "discontinued" else standing
    letter, aql = code_letter(max(size, 2), str(kept["level"] or USUAL_LEVEL)), float(str(kept["aql"]))
    plan = table_plan(severity, letter, aql, cast("Kind", kept["kind"] or "single"))
    return Asked(plan, letter, table_plan(severity, letter, next_tighter(aql)))


def judge(kept: Row, standing: Standing, samples: list[Row], size: int) -> tuple[dict[str, object], Lot | None]:
    """The verdict on one lot; the second answer is what the switching rules hear, None while the lot waits."""
    from smilecurve.solve.sampling import NEVER
    from smilecurve.solve.sampling_switching import Lot

    asked = asked_plan(kept, standing, size)
    plan = asked.plan
    stage = min(len(samples), len(plan.sizes)) - 1
    looked, count = (int(sum(cast(float, row[name]) for row in samples)) for name in ("sampled", "defectives"))
    wanted = min(sum(plan.sizes[: stage + 1]), size)
    word = plan.verdict(stage, count)
    if word == "more" and looked >= size:
        word = plan.verdict(len(plan.sizes) - 1, count)
    waits = word == "more" or (looked < wanted and word == "accept")
    taken = word == "accept" and standing != "discontinued"
    accept = plan.accept[stage]
    record: dict[str, object] = {
        **{name: samples[0][name] for name in ("part", "supplier", "lot")},
        "verdict": "rejected" if standing == "discontinued" else "waits" if waits else f"{word}ed",
        "lot_size": size,
        "standing": standing,
        "letter": asked.letter,
        "samples": len(samples),
        "sampled": looked,
        "asked": wanted,
        "defectives": count,
        "accept": None if accept == NEVER else accept,
        "reject": plan.reject[stage],
        **_protection(plan, float(str(kept["aql"])) / 100.0 if asked.letter else None),
    }
    if waits or standing == "discontinued":
        return record, None
    return record, Lot(taken, taken and count > plan.accept[-1], _points(asked, stage, count) if taken else 0)


def _points(asked: Asked, stage: int, count: int) -> int:
    """What an accepted lot adds to the switching score of ISO 2859-1, 9.3.3."""
    plan = asked.plan
    if len(plan.sizes) > 1:
        early = stage == 0 if len(plan.sizes) == 2 else stage < EARLY
        return 3 if early else 0
    if plan.accept[0] <= 1:
        return 2
    return 3 if asked.tighter and count <= asked.tighter.accept[0] else 0


@lru_cache(maxsize=1024)
def _zero(size: int, limiting: float) -> Plan:
    from smilecurve.solve.sampling import zero_plan

    return zero_plan(size, limiting)


def _protection(plan: Plan, level: float | None) -> dict[str, float | None]:
    return dict(zip(("accept_chance", "limiting", "outgoing"), _protected(plan, level), strict=True))


@lru_cache(maxsize=1024)
def _protected(plan: Plan, level: float | None) -> tuple[float | None, float | None, float | None]:
    """Chance to accept at the quality level, share accepted one time in ten, highest average share that leaves.

    Levels above 10 count defects, by Poisson's law; there the shares have no meaning. Plans without a level have no
    chance.
    """
    from smilecurve.solve.sampling import accepted, limiting_quality, outgoing_limit

    if level is not None and level > MOST_DEFECTIVES:
        return accepted(plan, level, law="poisson"), None, None
    chance = None if level is None else accepted(plan, level)
    return chance, limiting_quality(plan), outgoing_limit(plan)[1]
