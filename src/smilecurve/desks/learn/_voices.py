"""How many complaints of each system would owners send, week by week, and which did they send?

Complaints stand beside failures: a week, a market, a family; the system in the place of a part. They are heard in the
week they are said.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.learn._strata import days_of, floats, strata_of

__all__ = ["voice_strata", "with_complaints"]

Floats = npt.NDArray[np.float64]

LATELY, FIRM = 8, 10.0  # weeks looked back, and complaints as usual that are added to what was seen in them
UNTOLD = frozenset({"model", "lot", "channel", "line"})


def with_complaints(failures: pa.Table, complaints: pa.Table) -> pa.Table:
    """Failures and complaints as rows of one table; a complaint names its system and fault, a failure neither.

    >>> from smilecurve.terms.tables.learn_claims import FIELD_FAILURES
    >>> from smilecurve.terms.tables.learn_voices import COMPLAINT_COUNTS
    >>> with_complaints(FIELD_FAILURES.empty(), COMPLAINT_COUNTS.empty()).column_names[-2:]
    ['system', 'fault']
    """
    none = pa.nulls(failures.num_rows, pa.string())
    own = failures.append_column("system", none).append_column("fault", none)
    kept = complaints.filter(pc.and_(pc.is_valid(complaints["system"]), pc.is_valid(complaints["market"])))
    given = {"part": kept["system"], "heard": kept["week"], "started": kept["week"]}
    columns = {}
    for field in own.schema:
        if field.name in given:
            columns[field.name] = given[field.name].cast(field.type)
        elif field.name in kept.column_names:
            columns[field.name] = kept[field.name].cast(field.type)
        else:
            columns[field.name] = pa.repeat(pa.scalar("" if field.name in UNTOLD else None, field.type), kept.num_rows)
    return pa.concat_tables([own, pa.table(columns, schema=own.schema)])


def voice_strata(
    level: str, cohorts: pa.Table, complaints: pa.Table, begin: int, weeks: int
) -> tuple[list[tuple[str, ...]], Floats]:
    """Systems at a rate of 1, or systems by market and the complaints they would have at the rate of their system.

    Machines count from the first week that any complaint is known of, for nobody listened before; and as much more as
    owners write more of the other systems, lately: a fuller letter box is no new problem.
    """
    if not complaints.num_rows:
        return [], np.zeros((0, weeks))
    markets = strata_of(cohorts, "market")
    there = _in_service(cohorts, markets.of, markets.count, begin, weeks)
    week = (days_of(complaints["week"]) - begin) // 7
    there[:, : max(int(week.min()), 0)] = 0.0
    systems = strata_of(complaints, "system")
    told = np.zeros((systems.count, weeks))
    np.add.at(told, (systems.of[week >= 0], week[week >= 0]), floats(complaints, "failures")[week >= 0])
    eager = _eagerness(told.sum(axis=0) - told, there.sum(axis=0))
    whole = eager * there.sum(axis=0)
    if level == "system":
        return list(systems.names), whole
    rate = (told.sum(axis=1) + 0.5) / np.maximum(whole.sum(axis=1), 1.0)
    known = [k for k, name in enumerate(markets.names) if name[0]]
    names: list[tuple[str, ...]] = [(s[0], markets.names[k][0]) for s in systems.names for k in known]
    by_market = rate[:, None, None] * eager[:, None, :] * there[known]
    return names, by_market.reshape(len(names), weeks)


def _eagerness(others: Floats, machines: Floats) -> Floats:
    """How much more than usual owners write, by the last weeks of all other systems: (systems, weeks)."""
    usual = others.sum(axis=1, keepdims=True) / max(float(machines.sum()), 1.0) * machines
    seen, due = (np.cumsum(np.pad(v, ((0, 0), (LATELY, 0))), axis=1) for v in (others, usual))
    seen, due = seen[:, LATELY:] - seen[:, :-LATELY], due[:, LATELY:] - due[:, :-LATELY]
    return np.asarray((seen + FIRM) / (due + FIRM))


def _in_service(cohorts: pa.Table, of: npt.NDArray[np.int64], count: int, begin: int, weeks: int) -> Floats:
    """Machines in service by market and week."""
    first, last = (np.clip((days_of(cohorts[c]) - begin) // 7, 0, weeks) for c in ("started", "ended"))
    change = np.zeros((count, weeks + 1))
    number = floats(cohorts, "machines")
    np.add.at(change, (of, first), number)
    np.add.at(change, (of, np.maximum(first, last)), -number)
    return np.cumsum(change, axis=1)[:, :weeks]
