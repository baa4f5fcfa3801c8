"""On which dates does a technician work?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from smilecurve.terms.errors import Breach

__all__ = ["WEEKEND", "odd_weeks", "working_dates"]

WEEKEND = "6 7"
"""Free where nothing else is said: Saturday and Sunday, as days of the week by ISO 8601."""


def working_dates(rest_days: str | None, first: date, days: int) -> list[date]:
    """The next working days from `first` on, which counts itself; rest_days as in `technicians`.

    >>> [d.isoformat() for d in working_dates(None, date(2026, 11, 27), 2)]  # a Friday
    ['2026-11-27', '2026-11-30']
    >>> [d.isoformat() for d in working_dates("5 6", date(2026, 11, 27), 2)]
    ['2026-11-29', '2026-11-30']
    """
    free = set((WEEKEND if rest_days is None else rest_days).split())
    found: list[date] = []
    day = first
    while len(found) < days:
        if str(day.isoweekday()) not in free:
            found.append(day)
        day += timedelta(days=1)
    return found


def odd_weeks(people: Sequence[Mapping[str, object]]) -> list[Breach]:
    """A breach for everybody whose days of rest are no days of the week, or all of them."""
    week = set("1234567")
    return [
        Breach(
            f"{person['technician']} rests on the days {person['rest_days']}",
            "technicians.rest_days",
            "name days of the week as 1 (Monday) to 7 (Sunday), separated by spaces, and leave one to work",
        )
        for person in people
        if person.get("rest_days") is not None
        and (set(str(person["rest_days"]).split()) - week or set(str(person["rest_days"]).split()) >= week)
    ]
