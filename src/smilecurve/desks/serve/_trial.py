"""What do a quarter's jobs come to with the partners of today, and what with those of the plan?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.serve._appointing import Plan
from smilecurve.desks.serve._demand import WEEKS_YEAR
from smilecurve.desks.serve._jobs import Jobs, Past
from smilecurve.desks.serve._offers import Prices, price_jobs
from smilecurve.desks.serve._playing import Played, Terms, play_quarter
from smilecurve.desks.serve._quarter import Quarter, draw_quarter, gather_offered
from smilecurve.terms.decision import Clash

__all__ = ["Course", "Weighed", "by_partner", "falls_short", "told", "try_plan", "weigh"]

Floats = NDArray[np.float64]
Row = Mapping[str, object]
SURE = 2.0
"""Standard errors by which the share answered in time must lie below what is promised to be told as short."""


@dataclass(frozen=True)
class Weighed:
    """Shares and means over the jobs of a quarter: answered in time, hours to the arrival, km and cost a job."""

    jobs: float
    done: float
    answered: float
    answer_h: float
    km: float
    over_h: float
    cost: float


@dataclass(frozen=True)
class Course:
    """How the quarter is played: see `appoint_partners`."""

    weeks: int
    answer_h: float
    most_jobs: int
    speed_km_h: float
    detour: float
    overtime_h: float
    seed: int


@dataclass(frozen=True)
class Tried:
    """A quarter with this plan: summed up, and by offer; the jobs are the same for every plan."""

    total: Weighed
    offers: list[dict[str, float | None]]


def try_plan(
    plan: Plan, offers: Sequence[Row], technicians: pa.Table, past: Past, jobs: Jobs, first: Floats, prices: Prices,
    course: Course,
) -> Tried:  # fmt: skip
    """Play a quarter with this plan.

    Where only some markets are drawn, what the plan gives a partner elsewhere is taken from its jobs a week, and the
    fees are weighed by the share of jobs drawn.
    """
    quarter = draw_quarter(past, course.weeks, course.most_jobs, course.seed)
    inside = np.array([market in quarter.markets for market in jobs.market], dtype=bool)
    room = np.array([float(str(o["week_jobs"])) for o in offers])
    left = np.where(plan.appointed, np.maximum(room - plan.given[~inside].sum(axis=0), 0.0), 0.0)
    field = price_jobs(offers, quarter.spot, quarter.skill, first, prices)
    terms = Terms(
        field.job, field.besides, field.may, first, plan.appointed, prices.own_cost, prices.km_cost, course.detour,
        course.overtime_h,
    )  # fmt: skip
    played = play_quarter(quarter, gather_offered(offers, technicians, left, course.speed_km_h), terms)
    part = float(jobs.week[inside].sum() / jobs.week.sum())
    fee = part * sum(float(str(o["fee_year"])) for o, on in zip(offers, plan.appointed, strict=True) if on)
    total = weigh(quarter, played, field.price, fee, course.answer_h, prices.late_cost, prices.km_cost, prices.own_cost)
    return Tried(total, by_partner(played, left, course.weeks))


def weigh(
    quarter: Quarter, played: Played, price: Floats, fee: float, answer_h: float, late_cost: float, km_cost: float,
    own_cost: float,
) -> Weighed:  # fmt: skip
    """Sum a quarter up; price (offers,) of a job, fee a year of those appointed.

    A job is answered when somebody of a partner comes within answer_h; one answered later costs late_cost more, the
    maker's own people own_cost.
    """
    jobs = len(played.done)
    came = np.isfinite(played.answer_h)
    late = came & (played.answer_h > answer_h)
    cost = (
        float(price[played.offer].sum())
        + km_cost * float(played.km.sum())
        + late_cost * float(late.sum())
        + own_cost * float(played.own.sum())
        + fee * quarter.weeks / WEEKS_YEAR
    )
    done = float(played.done.sum())
    return Weighed(
        float(jobs),
        done / jobs if jobs else 0.0,
        float((came & ~late).sum()) / jobs if jobs else 0.0,
        float(played.answer_h[came].mean()) if came.any() else 0.0,
        float(played.km.sum()) / max(float((played.done & ~played.own).sum()), 1.0),
        float(played.over_h.sum()),
        cost / max(done, 1.0),
    )


def by_partner(played: Played, room: Floats, weeks: int) -> list[dict[str, float | None]]:
    """Of each offer: visits made, share of its weekly jobs used on average and at most, hours to arrive, km, overtime.

    The weeks after the quarter, in which what still waits is done, count as visits but not as load.
    """
    first: dict[int, int] = {}
    for i, job in enumerate(played.job.tolist()):
        first.setdefault(job, i)
    answers: dict[int, list[float]] = {}
    for job, i in first.items():
        answers.setdefault(int(played.offer[i]), []).append(float(played.answer_h[job]))
    week = np.zeros((len(room), weeks))
    inside = played.week < weeks
    np.add.at(week, (played.offer[inside], played.week[inside]), 1.0)
    count = np.bincount(played.offer, minlength=len(room)).astype(float)
    km = np.bincount(played.offer, played.km, minlength=len(room))
    found: list[dict[str, float | None]] = []
    for j, most in enumerate(room.tolist()):
        load = np.minimum(week[j] / most, 1.0) if most > 0 else np.zeros(weeks)
        found.append(
            {
                "jobs": float(count[j]),
                "load": float(load.mean()),
                "peak": float(load.max(initial=0.0)),
                "answer_h": float(np.mean(answers[j])) if j in answers else None,
                "km": float(km[j] / count[j]) if count[j] else None,
                "over_h": float(played.over_h[j]),
            }
        )
    return found


def told(planned: Weighed, today: Weighed) -> dict[str, float]:
    """The figures of both: of the plan as they are named, of today with `_before`."""
    found: dict[str, float] = {"jobs_played": planned.jobs}
    for end, one in (("", planned), ("_before", today)):
        found |= {f"{name}{end}": value for name, value in (
            ("done", one.done), ("answered", one.answered), ("response_h", one.answer_h), ("km_job", one.km),
            ("over_h", one.over_h), ("cost_job", one.cost),
        )}  # fmt: skip
    return found


def falls_short(
    now: Weighed, promised: float, answer_h: float, weeks: int, slowest: Sequence[str]
) -> tuple[Clash, ...]:
    """Say so when fewer jobs are answered in time than are promised within reach, by more than chance does."""
    if now.jobs < 1 or promised - now.answered <= SURE * sqrt(
        max(promised * (1 - promised), 0.25 / now.jobs) / now.jobs
    ):
        return ()
    said = (
        f"played over {weeks} weeks, {now.answered:.0%} of {now.jobs:.0f} jobs are answered within {answer_h:g} h, "
        f"where {promised:.0%} are planned within reach in time"
    )
    where = f", slowest: {', '.join(slowest)}" if slowest else ""
    return (Clash(said, "partner_plan.played_answer_h", f"ask for offers nearer to the jobs of slow partners{where}"),)
