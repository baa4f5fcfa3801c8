"""Charts of joint characteristics for line.control: Hotelling's T2 where several are measured on the same pieces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.line._charting import RISK
from smilecurve.desks.line._subgroups import Subgroups
from smilecurve.terms.errors import Breach

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class JointChart:
    """T2 of the subgroups in which every member was measured in full."""

    name: str
    members: list[int]
    number: Ints
    value: Floats
    centre: float
    upper: Floats
    monitored: NDArray[np.bool_]
    at: Ints
    """Place of each subgroup among the first member's."""


def joint_members(characteristics: pa.Table) -> dict[str, list[int]]:
    """Rows of `characteristics` by the code they share."""
    found: dict[str, list[int]] = {}
    for at, name in enumerate(characteristics["joint"].to_pylist()):
        if name is not None:
            found.setdefault(name, []).append(at)
    return found


def joint_charts(characteristics: pa.Table, groups: Subgroups, values: Floats) -> tuple[list[JointChart], list[Breach]]:
    """Chart every joint set; beside them the sets whose covariance is singular. Too short a base is not charted."""
    from smilecurve.solve.control_joint import hotelling

    charts: list[JointChart] = []
    wrong: list[Breach] = []
    names = characteristics["characteristic"].to_pylist()
    for name, members in joint_members(characteristics).items():
        places = [np.flatnonzero(groups.characteristic == at) for at in members]
        phase = max((int(groups.phase[own].max(initial=1)) for own in places), default=1)
        places = [own[groups.phase[own] == phase] for own in places]
        number = places[0]
        shared = groups.number[number]
        for own in places[1:]:
            shared = np.intersect1d(shared, groups.number[own])
        picked = [own[np.isin(groups.number[own], shared)] for own in places]
        base = max((int(groups.base[own].max(initial=0)) for own in picked), default=0)
        inside = (np.arange(shared.size) < base) | (base == 0)
        if inside.sum() <= len(members) + 1:
            continue
        size = int(groups.size[picked[0][0]])
        pieces = np.stack([values[groups.first[own][:, None] + np.arange(size)] for own in picked], axis=2)
        try:
            found = hotelling(pieces, inside, RISK)
        except ValueError:
            told = ", ".join(str(names[at]) for at in members)
            wrong.append(
                Breach(
                    f"the joint chart {name} of {told} has a singular covariance",
                    f"characteristics.joint, row {members[0] + 1}",
                    "leave out the characteristic that follows from the others, or that never changes",
                    "characteristics",
                    members[0],
                    "joint",
                    name,
                )
            )
            continue
        charts.append(
            JointChart(name, members, shared, found.value, float(len(members)), found.upper, ~inside, picked[0])
        )
    return charts, wrong
