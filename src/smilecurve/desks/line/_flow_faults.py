"""What is wrong with the stations, shifts and options of a line that is to be simulated?"""

from __future__ import annotations

import pyarrow as pa

from smilecurve.terms.errors import Breach

Row = dict[str, object]


def option_faults(
    variation: float, jobs: int, warm: int, replications: int, extra_places: int, seed: int
) -> list[Breach]:
    """Options out of their limits."""
    limits: tuple[tuple[str, float, int, int], ...] = (
        ("variation", variation, 0, 100), ("jobs", jobs, 100, 100_000_000), ("warm", warm, 0, 100_000_000),
        ("replications", replications, 2, 10_000), ("extra_places", extra_places, 0, 10_000), ("seed", seed, 0, 2**62),
    )  # fmt: skip
    wrong = [
        Breach(f"{n} is {v}", n, f"give {least} to {most}") for n, v, least, most in limits if not least <= v <= most
    ]
    if warm >= jobs:
        said = f"the warm-up of {warm} machines is beyond the {jobs} simulated"
        wrong.append(Breach(said, "warm", f"give less than {jobs}, or simulate more jobs"))
    return wrong


def line_faults(lines: pa.Table, stations: pa.Table, shifts: pa.Table) -> list[Breach]:
    """Rows of stations and shifts that cannot be simulated, all at once."""
    known: dict[object, set[object]] = {line: set() for line in lines["line"].to_pylist()}
    rows = stations.to_pylist()
    for row in rows:
        known.setdefault(row["line"], set()).add(row["station"])
    asked = set(lines["line"].to_pylist())
    found: list[Breach] = []
    for at, row in enumerate(rows):
        if row["line"] not in asked:
            what, do = f"station {row['station']} is of line {row['line']}, which nobody knows", "name a line of lines"
            found.append(_breach("stations", at, "line", what, do))
            continue
        found += _station_faults(at, row, known[row["line"]])
    found += _circles(rows, known)
    for at, row in enumerate(shifts.to_pylist()):
        found += _shift_faults(at, row, asked)
    return found or _idle_stations(rows, shifts.to_pylist())


def _station_faults(at: int, row: Row, known: set[object]) -> list[Breach]:
    """One station: its stops, the station it joins, the station machines go back to."""
    name = f"station {row['station']} of line {row['line']}"
    found: list[Breach] = []

    def add(column: str, what: str, do: str) -> None:
        found.append(_breach("stations", at, column, f"{name} {what}", do))

    if row["mtbf_s"] is not None and row["mttr_s"] is None:
        add("mttr_s", "stops but has no time to restore", "give its mttr_s")
    if row["mtbf_s"] is not None and row["mttr_s"] == 0:
        add("mttr_s", "stops but is restored in 0 s", "give its mttr_s, or leave mtbf_s empty")
    for column, does in (("joins", "joins"), ("rework_to", "sends machines back to")):
        if row[column] is not None and row[column] not in known:
            add(column, f"{does} station {row[column]}, which is not there", "name a station of the line")
    if row["joins"] is not None and row["station"] == max(known, key=_whole):
        add("joins", f"is the last but joins station {row['joins']}", "leave it empty: the last hands out of the line")
    if row["rework_to"] is not None and _whole(row["rework_to"]) > _whole(row["station"]):
        add("rework_to", f"sends machines back to station {row['rework_to']} behind it", "name a station before it")
    if row["rework_share"] == 1.0:
        add("rework_share", "sends every machine back", "give a share below 1")
    return found


def _circles(rows: list[Row], known: dict[object, set[object]]) -> list[Breach]:
    """Stations whose machines would never leave the line, the circle shown."""
    onward: dict[tuple[object, object], object] = {}
    for row in rows:
        later = [s for s in known[row["line"]] if _whole(s) > _whole(row["station"])]
        onward[row["line"], row["station"]] = row["joins"] or min(later, key=_whole, default=None)
    found: list[Breach] = []
    for at, row in enumerate(rows):
        way, here = [row["station"]], onward[row["line"], row["station"]]
        while here is not None and here not in way:
            way.append(here)
            here = onward.get((row["line"], here))
        if here == row["station"] and row["station"] == min(way, key=_whole):
            shown = " -> ".join(str(s) for s in [*way, here])
            what = f"stations of line {row['line']} hand machines round in a circle: {shown}"
            found.append(_breach("stations", at, "joins", what, "let one of them join a station nearer the end"))
    return found


def _shift_faults(at: int, row: Row, lines: set[object]) -> list[Breach]:
    """One shift: its line, and that it ends after it starts."""
    name = f"shift {row['period']} of line {row['line']}"
    found: list[Breach] = []
    if row["line"] not in lines:
        found.append(_breach("shifts", at, "line", f"{name} is of a line nobody knows", "name a line of lines"))
    if float(str(row["end_h"])) <= float(str(row["start_h"])):
        what = f"{name} ends at {row['end_h']:g} h, not after its start at {row['start_h']:g} h"
        found.append(_breach("shifts", at, "end_h", what, "write 30 for 6 in the morning of the next day"))
    elif float(str(row["end_h"])) - float(str(row["start_h"])) > 24:
        found.append(_breach("shifts", at, "end_h", f"{name} lasts more than a day", "end it within 24 hours"))
    return found


def _idle_stations(rows: list[Row], shifts: list[Row]) -> list[Breach]:
    """Stations of a line with shifts that work in none of them."""
    found: list[Breach] = []
    for at, row in enumerate(rows):
        own = [s for s in shifts if s["line"] == row["line"]]
        inside = [
            s for s in own
            if _whole(s["first_station"] or 1) <= _whole(row["station"]) <= _whole(s["last_station"] or 1 << 40)
        ]  # fmt: skip
        if own and not inside:
            what = f"station {row['station']} of line {row['line']} works in no shift"
            found.append(_breach("stations", at, "station", what, "widen first_station or last_station of a shift"))
    return found


def _breach(table: str, at: int, column: str, what: str, do: str) -> Breach:
    return Breach(what, f"{table}.{column}, row {at + 1}", do, table, at, column)


def _whole(value: object) -> int:
    return int(str(value))
