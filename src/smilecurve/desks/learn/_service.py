"""Which lives do the months of service tell, when some starts are only known from shipping?

The service clock of a machine begins with its start-up, else its sale, else its shipping and the median delay of its
lane; in the last case the delay is integrated out: each such life counts as one seen from five equally likely starts,
the delays of machines of the same climate around their lanes' medians.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smilecurve.desks.learn._strata import Strata, floats, texts
from smilecurve.solve.lives import Lives, age_limits, grouped_lives, merged_lives
from smilecurve.terms.errors import Breach

__all__ = ["counts", "life_breaches", "lives_in_hours", "lives_in_months", "standing"]

Floats = npt.NDArray[np.float64]
MONTH_DAYS = 30.4375
NODES = ("p10", "p30", "p50", "p70", "p90")  # the middles of five equal parts of a law
SOON = 1.0 / MONTH_DAYS  # a failure that a late start would place before service is placed in its first day


def counts(rows: pa.Table, column: str) -> Floats:
    """A column of counts; an absent or empty cell is none."""
    return np.nan_to_num(floats(rows, column))


def standing(rows: pa.Table) -> Floats:
    """Components at work from the start of each row's month: those that entered, less those dead on arrival."""
    return floats(rows, "entered") - counts(rows, "zero_hour")


def life_breaches(rows: pa.Table, strata: Strata) -> list[Breach]:
    """Months in which more ended than entered or than were guessed, or whose survivors are missing from the next."""
    entered, age = floats(rows, "entered"), floats(rows, "age_month")
    ended = floats(rows, "failed") + floats(rows, "censored") + counts(rows, "zero_hour")
    stay = entered - ended
    order = np.lexsort((age, strata.of))
    next_row = np.append(order[1:], -1)
    follows = (strata.of[next_row] == strata.of[order]) & (age[next_row] == age[order] + 1) & (next_row >= 0)
    reach = np.where(follows, entered[next_row], 0.0)
    most = [floats(rows, c) - counts(rows, f"{c}_guessed") for c in ("failed", "censored")]
    guessed = (most[0] < 0) | (most[1] < 0)
    breaches = []
    for k in np.flatnonzero((stay[order] > reach) | (stay[order] < 0) | guessed[order]):
        row = int(order[k])
        where = f"{', '.join(strata.names[strata.of[row]])}, month {age[row]:.0f}"
        if stay[row] < 0:
            said = f"{where}: {entered[row]:.0f} entered but {ended[row]:.0f} failed or were last seen"
            do = "count every component once, in the month its observation ends"
        elif guessed[row]:
            said = f"{where}: more failed or were last seen with a guessed start than in all"
            do = "count those with a guessed start among the others too"
        else:
            said = f"{where}: {stay[row]:.0f} stayed but {reach[k]:.0f} entered the next month"
            do = "add the missing month, or count them as last seen"
        breaches.append(
            Breach(said, f"service_lives, row {row + 1}", do, "service_lives", row, "entered", f"{entered[row]:.0f}")
        )
    return breaches


def lives_in_months(rows: pa.Table, strata: Strata, start_delays: pa.Table) -> Lives:
    """Lives by whole months (each failure known to its month), those with a guessed start from five possible ones."""
    age, left_at = floats(rows, "age_month"), _left_at(rows)
    failed, gone = counts(rows, "failed_guessed"), counts(rows, "censored_guessed")
    down, last = floats(rows, "failed") - failed, floats(rows, "censored") - gone
    entered = standing(rows) - _still_guessed(age, failed + gone, strata)
    if np.array_equal(strata.total(entered * (age == 0)), strata.total(down + last)):
        sure = _mixed(strata, down, last, (age[:, None], age[:, None] + 1.0), left_at[:, None])
    else:
        sure = grouped_lives(
            age, age + 1.0, entered, down, last, left_at=left_at, stratum=strata.of, strata=strata.count
        )
    if not (failed + gone).any():
        return sure
    delay = _delays(start_delays, strata)[strata.of] / MONTH_DAYS
    dies = np.maximum(age[:, None] - delay, 0.0), np.maximum(age[:, None] + 1.0 - delay, SOON)
    return merged_lives(sure, _mixed(strata, failed, gone, dies, np.maximum(left_at[:, None] - delay, 0.0)))


def _left_at(rows: pa.Table) -> Floats:
    """Age at which those last seen in a month were last seen; the middle of it where nothing is told."""
    part = floats(rows, "censored_part")
    return floats(rows, "age_month") + np.where(np.isnan(part), 0.5, part)


def _still_guessed(age: Floats, ended: Floats, strata: Strata) -> Floats:
    """Components with a guessed start that are still under observation in each row's month."""
    order = np.lexsort((-age, strata.of))
    total = np.cumsum(ended[order])
    first = np.flatnonzero(np.append(True, np.diff(strata.of[order]) != 0)[: order.size])
    before = np.repeat(total[first] - ended[order][first], np.diff(np.append(first, order.size)))
    found = np.empty(age.size)
    found[order] = total - before
    return found


def _delays(start_delays: pa.Table, strata: Strata) -> Floats:
    """Days by which starts come after the lane's median, five equally likely ones a stratum; none known: none."""
    days = np.stack([floats(start_delays, p) for p in NODES], axis=1)
    known = dict(zip(texts(start_delays.column("climate")).to_pylist(), days, strict=True))
    nothing = np.zeros(len(NODES))
    return np.array([known.get(climate, nothing) for climate in strata.column(2)]).reshape(-1, len(NODES))


def _mixed(strata: Strata, failed: Floats, gone: Floats, down: tuple[Floats, Floats], alive: Floats) -> Lives:
    """Lives that are each seen at several equally likely ages: (rows, nodes) of failure limits and ages last seen."""
    dead, left = np.flatnonzero(failed > 0), np.flatnonzero(gone > 0)
    nodes = alive.shape[1]
    low = np.concatenate([down[0][dead], alive[left]]).ravel()
    high = np.concatenate([down[1][dead], np.full((left.size, nodes), np.inf)]).ravel()
    low = np.where(np.isinf(high), low, np.minimum(low, high))
    which = np.concatenate([dead, left])
    weight = np.concatenate([failed[dead], gone[left]])
    return age_limits(
        low, high, stratum=np.repeat(strata.of[which], nodes), weight=np.repeat(weight, nodes), strata=strata.count,
        unit=np.repeat(np.arange(which.size), nodes), share=np.full(low.size, 1.0 / nodes),
    )  # fmt: skip


def lives_in_hours(rows: pa.Table, strata: Strata, hours_month: Floats) -> Lives:
    """The same lives on the usage axis: months times hours a month, five equally likely rates a stratum (rows)."""
    age, rate = floats(rows, "age_month")[:, None], hours_month[strata.of]
    dies = age * rate, (age + 1.0) * rate
    return _mixed(strata, floats(rows, "failed"), floats(rows, "censored"), dies, _left_at(rows)[:, None] * rate)
