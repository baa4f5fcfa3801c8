"""When do the stations of a line work, on a clock that runs only while somebody does?"""

from __future__ import annotations

from dataclasses import dataclass

Hours = list[tuple[float, float]]
Row = dict[str, object]


@dataclass(frozen=True)
class LineHours:
    """Seconds a day in which the line works, the group of each station (-1: always then), and each group's times of
    opening and closing in turn.
    """

    day_s: float
    group: list[int]
    turns: list[list[float]]

    @staticmethod
    def of(shifts: list[Row], stations: list[int], otherwise_s: float) -> LineHours:
        """Read the shifts of one line; without any the line works `otherwise_s` a day.

        >>> day = LineHours.of([{"start_h": 6.0, "end_h": 10.0, "first_station": None, "last_station": None},
        ...     {"start_h": 12.0, "end_h": 14.0, "first_station": 2, "last_station": None}], [1, 2], 0.0)
        >>> day.day_s / 3600, day.group, [t / 3600 for t in day.turns[0]]
        (6.0, [0, -1], [0.0, 4.0])
        """
        if not shifts:
            return LineHours(otherwise_s, [-1] * len(stations), [])
        own = {s: _joined([_span(r) for r in shifts if _covers(r, s)]) for s in stations}
        whole = _joined([span for hours in own.values() for span in hours])
        group: list[int] = []
        turns: list[list[float]] = []
        for station in stations:
            times = [_worked(edge, whole) for span in own[station] for edge in span]
            if own[station] == whole:
                group.append(-1)
            elif times in turns:
                group.append(turns.index(times))
            else:
                turns.append(times)
                group.append(len(turns) - 1)
        day = sum(end - start for start, end in whole)
        longest = max((len(times) for times in turns), default=0)
        return LineHours(day, group, [times + [day] * (longest - len(times)) for times in turns])


def _span(row: Row) -> tuple[float, float]:
    return 3600.0 * float(str(row["start_h"])), 3600.0 * float(str(row["end_h"]))


def _covers(row: Row, station: int) -> bool:
    first, last = row["first_station"], row["last_station"]
    return (first is None or station >= int(str(first))) and (last is None or station <= int(str(last)))


def _joined(spans: Hours) -> Hours:
    """Join spans that touch or overlap."""
    joined: Hours = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _worked(edge: float, whole: Hours) -> float:
    """Seconds the line has worked when the clock shows `edge`."""
    return sum(max(min(edge, end) - start, 0.0) for start, end in whole)
