"""Which day or instant does a text stand for, and when can it not be told?

Year-first forms, D.M.Y with points, months by name, Chinese and Japanese dates, Excel serial days and Unix seconds can
be told. D/M/Y and M/D/Y cannot, unless some day of the column lies beyond 12: without that the column is asked for.
A time without a zone is taken as UTC, or in the zone the mapping names. Source: ISO 8601-1:2019.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.connect.numerals import Parsed, empty_words
from smilecurve.terms.table import Field

__all__ = ["DATE_FORMATS", "DayOrder", "read_dates", "weigh_day_order"]

_TIME = (
    r"(?:[T ,]+(?P<h>[0-9]{1,2}):(?P<mi>[0-9]{2})(?::(?P<s>[0-9]{2})(?:[.,](?P<f>[0-9]{1,9}))?)?"
    r"\s*(?P<ap>[AaPp]\.?[Mm]\.?)?\s*(?P<z>Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2})?)?$"
)
_Y, _M, _D, _YY = r"(?P<y>[0-9]{4})", r"(?P<m>[0-9]{1,2})", r"(?P<d>[0-9]{1,2})", r"(?P<y>[0-9]{4}|[0-9]{2})"
_SURE = {
    "Y-M-D": rf"^{_Y}[-/.]{_M}[-/.]{_D}{_TIME}",
    "YMD": rf"^(?P<y>[12][0-9]{{3}})(?P<m>[0-9]{{2}})(?P<d>[0-9]{{2}}){_TIME}",
    "Y年M月D日": rf"^{_Y}\s*[年년]\s*{_M}\s*[月월]\s*{_D}\s*[日일号]?{_TIME}",
    "D.M.Y": rf"^{_D}\.\s?{_M}\.\s?{_YY}{_TIME}",
    "D Mon Y": rf"^{_D}[-. ]+(?P<w>\pL{{3,12}})\.?[-, ]+{_YY}{_TIME}",
    "Mon D Y": rf"^(?P<w>\pL{{3,12}})\.? {_D},? +{_Y}{_TIME}",
}
_ASKED = {
    "D/M/Y": rf"^{_D}[/-]{_M}[/-]{_YY}{_TIME}",
    "M/D/Y": rf"^{_M}[/-]{_D}[/-]{_YY}{_TIME}",
}
_COUNTED = {"excel": r"^[0-9]{5}(\.[0-9]+)?$", "unix": r"^[0-9]{10}(\.[0-9]+)?$", "unix ms": r"^[0-9]{13}$"}
DATE_FORMATS = (*_SURE, *_ASKED, *_COUNTED)

_MONTHS = {
    **dict(zip(("jan", "feb", "mar", "apr", "may", "jun"), range(1, 7), strict=True)),
    **dict(zip(("jul", "aug", "sep", "oct", "nov", "dec"), range(7, 13), strict=True)),
    "mär": 3,
    "mrz": 3,
    "mai": 5,
    "okt": 10,
    "dez": 12,
    "fév": 2,
    "avr": 4,
    "juin": 6,
    "jui": 7,
    "aoû": 8,
    "déc": 12,
    "ene": 1,
    "abr": 4,
    "ago": 8,
    "dic": 12,
    "gen": 1,
    "mag": 5,
    "giu": 6,
    "lug": 7,
    "set": 9,
    "ott": 10,
}
_WORDS = (
    ("is not a date", "write it as YYYY-MM-DD"),
    ("is no day of the calendar", "write a day that exists, as YYYY-MM-DD"),
    ("lies outside the years 1900 to 2199", "write the year in full, or leave it empty if there is no date"),
    ("is no time of day", "write hours 0 to 23, minutes and seconds 0 to 59"),
)


@dataclass(frozen=True, slots=True)
class DayOrder:
    """How many values can only be day first, how many only month first, and one that could be either."""

    day_first: int
    month_first: int
    either: str = ""

    @property
    def format(self) -> str:
        """D/M/Y or M/D/Y where the values settle it (one stray value in twenty is forgiven); "" if they do not."""
        if self.day_first > 20 * self.month_first:
            return "D/M/Y"
        return "M/D/Y" if self.month_first > 20 * self.day_first else ""


def weigh_day_order(texts: pa.Array) -> DayOrder:
    """What the values say about D/M/Y against M/D/Y.

    >>> weigh_day_order(pa.array(["05/13/2023", "01/02/2023"])).format, weigh_day_order(pa.array(["01/02/2023"])).either
    ('M/D/Y', '01/02/2023')
    """
    found = pc.extract_regex(pc.utf8_trim_whitespace(texts), _ASKED["D/M/Y"])
    hit = pc.is_valid(found).to_numpy(zero_copy_only=False)
    if not hit.any():
        return DayOrder(0, 0)
    first, second = _whole(found, "d"), _whole(found, "m")
    real = hit & (first >= 1) & (second >= 1)
    day_first = real & (first > 12) & (first <= 31) & (second <= 12)
    month_first = real & (second > 12) & (second <= 31) & (first <= 12)
    either = np.flatnonzero(real & (first <= 12) & (second <= 12) & (first != second))
    shown = texts[int(either[0])].as_py() if len(either) else ""
    return DayOrder(int(day_first.sum()), int(month_first.sum()), shown)


def read_dates(texts: pa.Array, field: Field, form: str = "", zone: str = "") -> Parsed:
    """Days (date fields) or instants (moment fields) from texts; `form` is one of `DATE_FORMATS` or "" for all sure
    ones.

    >>> read_dates(pa.array(["2023年5月12日", "31.02.2023"]), Field("due", "day", "date")).values.to_pylist()
    [datetime.date(2023, 5, 12), None]
    """
    trimmed = pc.utf8_trim_whitespace(texts)
    empty = pc.or_(pc.is_in(trimmed, empty_words()), pc.is_null(trimmed)).to_numpy(zero_copy_only=False)
    micros = np.zeros(len(texts), np.int64)
    fault = np.where(empty, 0, 1).astype(np.int8)
    for name, pattern in _patterns(form).items():
        todo = np.flatnonzero(fault == 1)
        if not len(todo):
            break
        part = trimmed.take(pa.array(todo))
        if name in _COUNTED:
            hit, values, wrong = _count(part, name, pattern)
        else:
            hit, values, wrong = _match(part, pattern, zone, field.type == "moment")
        micros[todo[hit]] = values[hit]
        fault[todo[hit]] = wrong[hit]
    skip = empty | (fault > 0)
    moments = pa.array(micros, pa.int64(), mask=skip).cast(pa.timestamp("us", tz="UTC"))
    if field.type == "date":
        days = pa.array(np.floor_divide(micros, 86_400_000_000).astype(np.int32), pa.int32(), mask=skip)
        return Parsed(days.cast(pa.date32()), fault, _WORDS)
    return Parsed(moments, fault, _WORDS)


def _patterns(form: str) -> dict[str, str]:
    everything = {**_SURE, **_ASKED, **_COUNTED}
    if form in _ASKED or not form:
        asked = {form: _ASKED[form]} if form else {}
        return {**_SURE, **asked, **_COUNTED}
    return {form: everything[form]}


def _whole(found: pa.StructArray, name: str) -> np.ndarray:
    texts = pc.struct_field(found, name)
    digits = pc.if_else(pc.match_substring_regex(texts, "^[0-9]{1,9}$"), texts, "0")
    values: np.ndarray = pc.fill_null(digits.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    return values


def _count(texts: pa.Array, name: str, pattern: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    hit = pc.fill_null(pc.match_substring_regex(texts, pattern), False).to_numpy(zero_copy_only=False)
    numbers = np.zeros(len(texts))
    if hit.any():
        numbers[hit] = texts.filter(pa.array(hit)).cast(pa.float64()).to_numpy(zero_copy_only=False)
    if name == "excel":
        numbers = (numbers - 25569) * 86_400e6
    else:
        numbers *= 1e6 if name == "unix" else 1e3
    micros = np.round(numbers).astype(np.int64)
    return hit, micros, _years(micros)


def _years(micros: np.ndarray) -> np.ndarray:
    low, high = np.array(["1900-01-01", "2200-01-01"], "datetime64[us]").astype(np.int64)
    return np.where((micros < low) | (micros >= high), 3, 0).astype(np.int8)


def _match(texts: pa.Array, pattern: str, zone: str, timed: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    found = pc.extract_regex(texts, pattern)
    hit = pc.is_valid(found).to_numpy(zero_copy_only=False)
    wrong = np.zeros(len(texts), np.int8)
    micros = np.zeros(len(texts), np.int64)
    if not hit.any():
        return hit, micros, wrong
    year, day = _whole(found, "y"), _whole(found, "d")
    short = pc.fill_null(pc.equal(pc.binary_length(pc.struct_field(found, "y")), 2), False).to_numpy(
        zero_copy_only=False
    )
    year = np.where(short, np.where(year < 70, 2000 + year, 1900 + year), year)
    month = _month_names(found) if "(?P<w>" in pattern else _whole(found, "m")
    hit = hit & (month >= 0)
    wrong[(year < 1900) | (year > 2199)] = 3
    ok = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31) & (wrong == 0)
    months = (np.where(ok, year, 1970) - 1970) * 12 + np.where(ok, month, 1) - 1
    days = months.astype("datetime64[M]").astype("datetime64[D]") + np.where(ok, day, 1) - 1
    ok &= days.astype("datetime64[M]").astype(np.int64) == months
    wrong[~ok & (wrong == 0)] = 2
    clock, bad = _clock(found)
    wrong[bad & (wrong == 0)] = 4
    micros = days.astype("datetime64[us]").astype(np.int64) + (clock if timed else 0)
    if zone and timed:
        micros = _in_zone(micros, found, zone)
    return hit, micros, wrong


def _month_names(found: pa.StructArray) -> np.ndarray:
    words = pc.utf8_lower(pc.struct_field(found, "w")).to_pylist()
    return np.array([_MONTHS.get(w[:4], _MONTHS.get(w[:3], -1)) if w else -1 for w in words], np.int64)


def _clock(found: pa.StructArray) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds of the day in UTC, and which times do not exist."""
    hours, minutes, seconds = _whole(found, "h"), _whole(found, "mi"), _whole(found, "s")
    half = pc.fill_null(pc.utf8_lower(pc.struct_field(found, "ap")), "").to_numpy(zero_copy_only=False)
    afternoon = np.array([str(h).startswith("p") for h in half], bool)
    named = np.array([str(h) != "" for h in half], bool)
    hours = np.where(named, hours % 12 + 12 * afternoon, hours)
    bad = (hours > 23) | (minutes > 59) | (seconds > 60)
    part = pc.utf8_rpad(pc.fill_null(pc.struct_field(found, "f"), ""), 6, "0")
    micros: np.ndarray = pc.utf8_slice_codeunits(part, 0, 6).cast(pa.int64()).to_numpy(zero_copy_only=False)
    zones = pc.fill_null(pc.struct_field(found, "z"), "").to_pylist()
    return (hours * 3600 + minutes * 60 + seconds) * 1_000_000 + micros - _offsets(zones), bad


def _offsets(zones: list[str]) -> np.ndarray:
    known = {z: _offset(z) for z in set(zones)}
    return np.array([known[z] for z in zones], np.int64)


def _offset(zone: str) -> int:
    if zone[:1] not in ("+", "-"):
        return 0
    digits = zone[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:] or 0)
    return minutes * 60_000_000 * (1 if zone[0] == "+" else -1)


def _in_zone(micros: np.ndarray, found: pa.StructArray, zone: str) -> np.ndarray:
    naive = pc.fill_null(pc.equal(pc.struct_field(found, "z"), ""), True).to_numpy(zero_copy_only=False)
    local = pa.array(micros).cast(pa.timestamp("us"))
    moved = pc.assume_timezone(local, zone, ambiguous="earliest", nonexistent="earliest").cast(pa.int64())
    return np.where(naive, moved.to_numpy(zero_copy_only=False), micros)
