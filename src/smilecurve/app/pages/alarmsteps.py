"""On which day was each alarm explained, contained, answered by a campaign, and is the campaign done?

The days are those of the decisions and events that the thread keeps: since the alarm, the first decision of
learn.contain that named a lot for it, the first that held one (or the person who did), the first holder called or
machine put right, and the last machine put right where none waits any more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping

from smilecurve.app.reading import Reading
from smilecurve.terms.cell import as_number

__all__ = ["STEPS", "alarm_steps", "looking"]

Row = dict[str, object]
Look = Callable[..., list[Row]]
STEPS = ("named", "held", "called", "done")


def looking(read: Reading) -> Look:
    """Rows of a table by name, and `alarm_steps` as if they were one."""

    def look(name: str, **how: object) -> list[Row]:
        return alarm_steps(read) if name == "alarm_steps" else read.rows(name, **how)  # type: ignore[arg-type]

    return look


def alarm_steps(read: Reading) -> list[Row]:
    """A row an open alarm: `issue`, and the day of each of its STEPS, empty where it was not reached."""
    drawn_from = ("decisions", "emerging_issues", "contained_machines", "events")
    return read.once("alarm_steps", drawn_from, lambda: _steps(read))


def _steps(read: Reading) -> list[Row]:
    alarms = {str(r["issue"]): r["raised"] for r in read.rows("emerging_issues", where={"alarm": True})}
    found: dict[str, Row] = {issue: {"issue": issue, **dict.fromkeys(STEPS)} for issue in alarms}
    lots: dict[str, set[tuple[str, str]]] = {issue: set() for issue in alarms}
    for decision in read.rows("decisions", where={"desk": "learn.contain"}, order=("number",)):
        day = _day(decision["decided"])
        for row in read.thread.rows_of(str(decision["decision"]), scope=read.scope).to_pylist():
            issue, raised = str(row["issue"]), alarms.get(str(row["issue"]))
            if not isinstance(raised, dt.date) or day is None or day < raised:
                continue
            found[issue]["named"] = found[issue]["named"] or day
            if row["hold"]:
                found[issue]["held"] = found[issue]["held"] or day
                lots[issue].add((str(row["part"]), str(row["lot"])))
    contained = read.rows("contained_machines") if any(lots.values()) else []
    for issue, mine in lots.items():
        raised = alarms[issue]
        if mine and isinstance(raised, dt.date):
            _answered(read, found[issue], mine, raised, [r for r in contained if (r["part"], r["lot"]) in mine])
    return list(found.values())


def _answered(
    read: Reading, steps: Row, lots: set[tuple[str, str]], raised: dt.date, contained: Iterable[Mapping[str, object]]
) -> None:
    """What people did about the held lots of one alarm."""
    by_hand = [
        r["event_time"]
        for part, lot in sorted(lots)
        for r in read.rows("events", where={"kind": "holding", "part": part, "lot": lot})
        if r["disposition"] != "conformant"
    ]
    repairs, calls = (
        [
            r["event_time"]
            for part in sorted({p for p, _ in lots})
            for r in read.rows("events", where={"kind": kind, "part": part})
        ]
        for kind in ("campaign_repair", "campaign_call")
    )
    held, called, righted = (_since(raised, moments) for moments in (by_hand, [*calls, *repairs], repairs))
    steps["held"] = min([d for d in (steps["held"], *held[:1]) if isinstance(d, dt.date)], default=None)
    steps["called"] = called[0] if called else None
    waiting = sum(as_number(r["open"]) + as_number(r["unreachable"]) for r in contained)
    steps["done"] = righted[-1] if righted and not waiting else None


def _since(raised: dt.date, moments: Iterable[object]) -> list[dt.date]:
    """The days of these moments from the alarm on, in order."""
    return sorted(d for d in map(_day, moments) if d is not None and d >= raised)


def _day(moment: object) -> dt.date | None:
    return moment.date() if isinstance(moment, dt.datetime) else None
