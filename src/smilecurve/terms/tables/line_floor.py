"""What is done at the stations, and who calls for help?"""

from __future__ import annotations

from smilecurve.terms.table import Spec, code, flag, moment, number, text, whole

STATION_ACTS = Spec(
    "station_acts",
    "What was done at the stations of a line in the last 30 days: scanned, measured, done, finished",
    "line",
    "seen",
    (
        code("act", "id of the event"),
        code("line", "line"),
        whole("station", "station", least=1),
        code("work_order", "work order", optional=True),
        code("machine", "serial of the machine, once it has one", optional=True),
        code("kind", "what happened"),
        code("step", "step of the station's work"),
        code("component", "the component's place on the machine", optional=True),
        code("lot", "lot or serial that was scanned", optional=True),
        number("value", "measured value", optional=True),
        code("verdict", "conformant or non_conformant, of a measured value", optional=True),
        moment("event_time", "when it was done"),
        whole("heard", "place in the order in which the thread heard of it", least=1),
    ),
    ("act",),
)
STATION_PROGRESS = Spec(
    "station_progress",
    "What each station of a line works on now, and how much it has finished today",
    "line",
    "seen",
    (
        code("line", "line"),
        whole("station", "station", least=1),
        flag("at_work", "works on a machine"),
        code("work_order", "work order it works on, or finished last", optional=True),
        code("machine", "serial of the machine, once it has one", optional=True),
        moment("since", "its last act"),
        whole("finished_today", "machines it finished today"),
    ),
    ("line", "station"),
)
HELP_CALLS = Spec(
    "help_calls",
    "Calls for help from the line: who calls, why, and whether somebody comes",
    "line",
    "seen",
    (
        code("call", "call"),
        code("line", "line", optional=True),
        whole("station", "station that calls", least=1, optional=True),
        code("place", "where, if it is no station of a line", optional=True),
        code("machine", "serial of the machine, once it has one", optional=True),
        code("work_order", "work order", optional=True),
        code("why", "what is missing or wrong", optional=True),
        code("state", "what became of it", "open", "taken", "closed"),
        moment("opened", "when it was called"),
        moment("taken", "when somebody took it", optional=True),
        moment("closed", "when it was closed", optional=True),
        text("told", "the caller's own clock, as it was sent", optional=True),
    ),
    ("call",),
)
