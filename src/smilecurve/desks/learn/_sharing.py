"""How is an issue told: which failures, since when, and what do they share?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from smilecurve.desks.learn._exposure import LEVELS
from smilecurve.desks.learn._field import Field
from smilecurve.desks.learn._watching import Seen
from smilecurve.terms.tables.learn import EMERGING_ISSUES

__all__ = ["issue_rows"]

Ints = npt.NDArray[np.int64]
Row = Mapping[str, object]
Shares = tuple[int, str, str] | None

SHARED = {
    "lot": ("lot",), "market": ("market",), "supplier": ("supplier",), "build_month": ("model", "built"),
    "line": ("line",), "fault": ("fault",),
}  # fmt: skip
LEAST_SHARED, LEAST_PART, LEAST_GAIN = 3, 0.3, 3.0
MOST_ODDS = 1e290


def issue_rows(
    field: Field,
    failures: pa.Table,
    seen: Seen,
    listed: Ints,
    alarm: npt.NDArray[np.bool_],
    stem: npt.NDArray[np.str_],
    safety: npt.NDArray[np.bool_],
) -> pa.Table:
    """The decided rows, one a listed stratum, in the order given."""
    columns = failures.to_pydict()
    records = []
    for k in listed.tolist():
        level, names = field.level[k], dict(zip(LEVELS[field.level[k]], field.names[k], strict=True))
        since = int(seen.since[k])
        mine = np.flatnonzero((field.of[level] == k) & (field.week >= since))
        most = {c: _most(columns[c], mine, field.count) for c in ("part", "family", "climate")}
        shares = _shares(columns, mine, field, k) if alarm[k] else None
        days = 7.0 * (field.exposure.shape[1] - since)
        failed, expected = int(seen.failures[k]), float(seen.expected[k])
        records.append(
            {
                "issue": "-".join([level, *field.names[k]]),
                "level": level,
                **most,
                **{c: v for c, v in names.items() if c not in ("built", "system")},
                "built": np.datetime64(f"{names['built']}-01", "D").astype(object) if names.get("built") else None,
                "since": _day(field.begin + 7 * since),
                "seen": _day(field.end),
                "raised": _day(field.end - 7 * int(seen.raised[k])) if alarm[k] else None,
                "weeks": field.exposure.shape[1] - since,
                "failures": failed,
                "expected": expected,
                "ratio": failed / expected if expected > 0 else 0.0,
                "evidence": min(1.0 / max(float(seen.p[k]), 1.0 / MOST_ODDS), MOST_ODDS),
                "threshold": 1.0 / seen.level,
                "days_between": days / failed if failed else None,
                "days_usual": days / expected if expected > 0 else None,
                "shared": shares[0] if shares else None,
                "shares": shares[1] if shares else None,
                "common": shares[2] if shares else None,
                "safety": bool(safety[k]),
                "tested": len(field.level) + field.quiet,
                "alarm": bool(alarm[k]),
                "reason": f"{stem[k]}_shared" if shares else str(stem[k]),
            }
        )
    return EMERGING_ISSUES.rows(records)


def _day(days: int) -> object:
    return np.datetime64(days, "D").astype(object)


def _most(column: list[object], rows: Ints, count: Ints) -> object:
    """The value that most of the failures have; the first in order among equals."""
    told: Counter[str] = Counter()
    for k in rows.tolist():
        told[str(column[k])] += int(count[k])
    return min(told, key=lambda v: (-told[v], v)) if told else None


def _shares(columns: Mapping[str, list[object]], mine: Ints, field: Field, stratum: int) -> Shares:
    """What most of the failures share beyond what failures of the same parts share usually.

    The gain of a value is the log-likelihood ratio of its share among these failures against its share among all
    others of their parts.
    """
    level, total = field.level[stratum], int(field.count[mine].sum())
    parts = {columns["part"][k] for k in mine.tolist()}
    inside = set(mine.tolist())
    others = [k for k, p in enumerate(columns["part"]) if p in parts and k not in inside]
    best: tuple[float, Shares] = (LEAST_GAIN, None)
    for name, keys in SHARED.items():
        if name == level:
            continue
        here, there = (_told(columns, keys, rows, field.count) for rows in (mine.tolist(), others))
        for value, number in here.items():
            if number < LEAST_SHARED or number < LEAST_PART * total:
                continue
            usual = (there[value] + 0.5) / (sum(there.values()) + 1.0)
            gain = number * float(np.log(number / total / usual))
            if gain > best[0]:
                best = (gain, (number, name, value))
    return best[1]


def _told(columns: Mapping[str, list[object]], keys: tuple[str, ...], rows: list[int], count: Ints) -> Counter[str]:
    told: Counter[str] = Counter()
    for k in rows:
        values = [_word(columns[key][k]) for key in keys]
        if all(values):
            told[" ".join(values)] += int(count[k])
    return told


def _word(value: object) -> str:
    return "" if value is None else value.strftime("%Y-%m") if hasattr(value, "strftime") else str(value)
