"""Which rules of a line cannot hold together? Named before line.balance searches, every one at once."""

from __future__ import annotations

import numpy as np

from smilecurve.desks.line._line_work import LineWork
from smilecurve.desks.line._tasks import Ints
from smilecurve.desks.line._ticks import TICKS
from smilecurve.terms.decision import Clash

SIDES = ("either", "left", "right")


def clashes(line: LineWork, takt: int) -> tuple[Clash, ...]:
    """Name what no plan can hold at a takt in ticks: long tasks, groups, fixed stations, skills, sides, strain."""
    pinned = np.where(line.fixed, line.old, -1)
    found = [*_too_long(line, takt), *_nowhere(line), *_in_order(line, pinned)]
    for label, group in (("together", line.together), ("fixed", pinned)):
        for at in np.unique(group[group >= 0]):
            found += _group(line, takt, label, np.flatnonzero(group == at), pinned)
    for at in np.unique(line.apart[line.apart >= 0]):
        members = np.flatnonzero(line.apart == at)
        if members.size > line.places:
            said = f"{_names(line, members)} must all keep apart, but line {line.name} has {line.places} stations"
            found.append(Clash(said, "tasks.apart", "let some share a station"))
    return tuple(found)


def too_few_places(line: LineWork, bound: int, takt: int) -> Clash:
    """Say that the stations there are cannot hold the work, or that the rules leave no plan in them."""
    at = f"at a takt of {takt / TICKS:g} s"
    if bound > int(line.beside.sum()):
        said = f"line {line.name} needs {bound} stations {at} and has {line.places}"
        return Clash(said, "lines.stations", "add stations, or slow the takt")
    said = f"the rules of line {line.name} leave no plan in {line.places} stations {at}"
    return Clash(said, "tasks", "free a fixed task, or slow the takt")


def _names(line: LineWork, members: Ints) -> str:
    return ", ".join(line.task[at] for at in members)


def _too_long(line: LineWork, takt: int) -> list[Clash]:
    most = int(line.beside.max())
    long = np.flatnonzero(line.ticks > takt * most)
    if not long.size:
        return []
    named = ", ".join(f"{line.task[at]} ({line.ticks[at] / TICKS:g} s)" for at in long)
    many = -(-int(line.ticks.max()) // takt)
    beside = f" with {most} stations side by side" if most > 1 else ""
    tasks = "task" if long.size == 1 else "tasks"
    said = f"takt of {takt / TICKS:g} s is shorter than {tasks} {named}{beside}"
    return [Clash(said, "takt_s", f"split the task, allow parallel stations (parallel={many}), or slow the takt")]


def _group(line: LineWork, takt: int, label: str, members: Ints, pinned: Ints) -> list[Clash]:
    """Check the tasks that must share a station: their work, their fixed stations, and that none must keep apart."""
    found: list[Clash] = []
    names, at = _names(line, members), pinned[members]
    where = f"must share a station ({label}" + (f" at {at[0] + 1})" if label == "fixed" else ")")
    work, room = (
        int(line.ticks[members].sum()),
        takt * int(line.beside[at[0]] if label == "fixed" else line.beside.max()),
    )
    most = room * 2 if label == "fixed" and line.stands.sides[at[0]] == 3 else room
    if work > most and members.size > 1:
        said = f"{names} {where} and take {work / TICKS:g} s, more than the takt of {takt / TICKS:g} s"
        found.append(Clash(said, "tasks", "free one"))
    places = np.unique(at[at >= 0])
    if places.size > 1:
        said = f"{names} {where} but are fixed at stations {', '.join(str(p + 1) for p in places)}"
        found.append(Clash(said, "tasks", "free one"))
    for group in np.unique(line.apart[members][line.apart[members] >= 0]):
        split = members[line.apart[members] == group]
        if split.size > 1:
            said = f"{_names(line, split)} {where} and must keep apart"
            found.append(Clash(said, "tasks.apart", "drop one of the two rules"))
    return found


def _nowhere(line: LineWork) -> list[Clash]:
    """Name tasks that no station can take: for the skill, the side or the strain."""
    found: list[Clash] = []
    able, stands = line.allowed, line.stands
    reach = ~(((line.side == 1)[:, None] & (stands.sides == 2)) | ((line.side == 2)[:, None] & (stands.sides == 1)))
    bears = (stands.strain_most == 0)[None, :] | (line.strain[:, None] <= stands.strain_most[None, :])
    places = np.arange(line.places)[None, :]
    here = np.where(line.fixed[:, None], places == line.old[:, None], True)
    for task, name in enumerate(line.task):
        spot = f"station {line.old[task] + 1}" if line.fixed[task] else "any station"
        if not (able[task] & here[task]).any():
            said = f"{name} needs the skill {line.skill[task]}, which nobody has at {spot}"
            found.append(Clash(said, "stations.skills", "train one, or move the fixed task"))
        if not (reach[task] & here[task]).any():
            said = f"{name} is done from the {SIDES[line.side[task]]}, where nobody works at {spot}"
            found.append(Clash(said, "stations.side", "open that side at one station"))
        if not (bears[task] & here[task]).any():
            said = f"{name} has a strain of {line.strain[task] / TICKS:g}, more than a worker may take at {spot}"
            found.append(Clash(said, "stations.strain_most", "ease the task, or raise the limit of one station"))
    return found


def _in_order(line: LineWork, pinned: Ints) -> list[Clash]:
    """Name pairs of fixed tasks that stand against their order, directly or through others."""
    earliest, source = pinned.copy(), np.where(pinned >= 0, np.arange(pinned.size), -1)
    found: dict[tuple[int, int], Clash] = {}
    for _ in range(len(line.task)):
        changed = False
        for before, after in line.arcs.tolist():
            if earliest[before] > earliest[after] and source[before] >= 0:
                if pinned[after] >= 0:
                    found[int(source[before]), after] = _against(line, int(source[before]), after)
                else:
                    earliest[after], source[after], changed = earliest[before], source[before], True
        if not changed:
            break
    return list(found.values())


def _against(line: LineWork, before: int, after: int) -> Clash:
    said = (
        f"{line.task[before]} is fixed at station {line.old[before] + 1} but must be done before {line.task[after]}, "
        f"which is fixed at station {line.old[after] + 1}"
    )
    return Clash(said, "tasks.fixed", "free one of the two")
