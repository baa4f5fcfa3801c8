"""Where was each machine, from when to when, and what is its state at the end?

Events come in order of time, so the last word on a column is the one that counts. A stay is written when the next one
of its machine closes it; what is still open is written at the end. So every stay is written once, with its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from smilecurve.thread.history.columns import Coded, Part
from smilecurve.thread.history.files import Column
from smilecurve.thread.history.keeping import Kept, Texts

__all__ = ["STAY_STATUS", "States", "Stays"]

STAY_STATUS = {
    "commissioning": "line", "storing": "stock", "shipping": "ship", "receiving": "dealer",
    "retail_selling": "customer", "lease_out": "lease", "lease_end": "returned", "decommissioning": "scrap",
}  # fmt: skip
"""The status that each kind of event puts a machine into; what is received as returned is returned."""
STATUSES = list(dict.fromkeys(STAY_STATUS.values()))
_SHIP, _RETURNED, _SCRAP = (STATUSES.index(s) for s in ("ship", "returned", "scrap"))
_DAY = 86_400_000_000
_NEVER = np.iinfo(np.int64).min
_NO_DAY = np.iinfo(np.int32).min
_STARTS = {"started": 0, "sold": 0, "shipped": 45}
"""Which day counts as the start, the first that is known, and so many days later."""


@dataclass(frozen=True, slots=True)
class Stay:
    """Rows of the table of stays, sorted by unit and time; codes of texts are those of `Stays`."""

    unit: np.ndarray
    since: np.ndarray
    kind: np.ndarray
    status: np.ndarray
    place: np.ndarray
    market: np.ndarray
    holder: np.ndarray
    until: np.ndarray
    pos: np.ndarray


_CELLS = {
    "since": "int64", "kind": "int8", "status": "int8", "place": "int32", "market": "int32", "holder": "int32",
    "pos": "int64",
}  # fmt: skip


class Stays:
    """The open stay of every machine."""

    def __init__(self) -> None:
        self.texts = {c: Texts() for c in ("place", "market", "holder")}
        self.kinds = pa.array(list(STAY_STATUS))
        self.statuses = pa.array(STATUSES)
        self._open = {c: Kept(kind, _NEVER if c == "since" else 0) for c, kind in _CELLS.items()}
        self._units = 0

    def add(self, part: Part, unit_of: np.ndarray, first: int, units: int) -> Stay:
        """The stays that this part closes; those it opens are kept."""
        self._units = units
        rows = part.of_kind(*STAY_STATUS)
        rows = rows[unit_of[rows] >= 0]
        unit = unit_of[rows]
        if len(unit) and (np.diff(unit) < 0).any():
            order = np.argsort(unit, kind="stable")
            rows, unit = rows[order], unit[order]
        cells = self._cells(part, rows, first)
        last = np.ones(len(unit), dtype=bool)
        last[:-1] = np.diff(unit) != 0
        opening = np.ones(len(unit), dtype=bool)
        opening[1:] = last[:-1]
        was = np.flatnonzero(opening & (self._open["since"].at(unit) != _NEVER))
        closed = np.flatnonzero(~last)
        told = {c: np.concatenate([self._open[c].at(unit[was]), cells[c][closed]]) for c in _CELLS}
        until = np.concatenate([cells["since"][was], cells["since"][closed + 1]])
        who = np.concatenate([unit[was], unit[closed]])
        place = np.lexsort((np.concatenate([was - 1, closed]), who))
        at = unit[last]
        for c in _CELLS:
            self._open[c].set(at, cells[c][last], units)
        return Stay(who[place], until=until[place], **{c: told[c][place] for c in _CELLS})

    def _cells(self, part: Part, rows: np.ndarray, first: int) -> dict[str, np.ndarray]:
        kind = np.zeros(part.rows, np.int8)
        for n, name in enumerate(STAY_STATUS):
            kind[part.of_kind(name)] = n
        status = _status(part)
        place = self._code("place", part.texts["place"], rows)
        place[status[rows] == _SHIP] = -1  # where it left from is not where it is
        return {
            "since": part.event_time[rows],
            "kind": kind[rows],
            "status": status[rows],
            "place": place,
            "market": self._code("market", part.texts["market"], rows),
            "holder": self._code("holder", part.texts["party"], rows),
            "pos": rows + first,
        }

    def _code(self, column: str, told: Coded, rows: np.ndarray) -> np.ndarray:
        base = self.texts[column].base(told.names)
        codes = told.codes[rows]
        return np.where(codes < 0, np.int32(-1), codes + np.int32(base))

    def still_open(self, first: int, last: int) -> Stay:
        """The last stays, without an end, of the machines from `first` up to `last`."""
        unit = np.arange(first, min(last, self._units), dtype=np.int32)
        unit = unit[self._open["since"].at(unit) != _NEVER]
        cells = {c: self._open[c].at(unit) for c in _CELLS}
        return Stay(unit, until=np.full(len(unit), _NEVER), **cells)


def _status(part: Part) -> np.ndarray:
    """The status that each row puts its machine into, by its place in STATUSES; of other rows nothing is said."""
    status = np.zeros(part.rows, np.int8)
    for name, told in STAY_STATUS.items():
        status[part.of_kind(name)] = STATUSES.index(told)
    back = part.of_kind("receiving")
    status[back[is_text(part.texts["disposition"], back, "returned")]] = _RETURNED
    return status


def is_text(column: Coded, rows: np.ndarray, text: str) -> np.ndarray:
    """In which of the rows does a column hold this text?"""
    codes = (
        [n for n, name in enumerate(column.names.to_pylist()) if name == text]
        if len(column.names) < 10_000
        else [i for i in [column.names.index(pa.scalar(text)).as_py()] if i >= 0]
    )
    return np.isin(column.codes[rows], codes) if codes else np.zeros(len(rows), dtype=bool)


_SOURCES = {
    "model": "part", "model_sold": "part", "line": "place", "work_order": "ref", "sales_order": "ref", "place": "place",
    "market": "market", "holder": "party", "channel": "code", "partner": "party", "grade": "code",
    "price_currency": "currency", "rma": "ref", "return_place": "place", "return_why": "code",
}  # fmt: skip
_DAYS = ("built", "started", "sold", "shipped", "returned")


class States:
    """The state of every machine, brought forward part by part."""

    def __init__(self) -> None:
        self.texts = {c: Texts() for c in set(_SOURCES.values())}
        self.codes = {c: Kept("int32", -1) for c in _SOURCES}
        self.days = {c: Kept("int32", _NO_DAY) for c in _DAYS}
        self.since, self.last_at = Kept("int64", _NEVER), Kept("int64", _NEVER)
        self.status = Kept("int8", -1)
        self.hours, self.price_new = Kept("float64", np.nan), Kept("float64", np.nan)
        self.failures = Kept("int32", 0)

    def add(self, part: Part, unit_of: np.ndarray, units: int) -> None:
        """Take in a part; unit_of: the unit of every row, -1 without a machine."""
        told = _Told(self, part, unit_of, units)
        with_machine = np.flatnonzero(unit_of >= 0)
        self.last_at.set(unit_of[with_machine], part.event_time[with_machine], units)
        built = told.rows("commissioning")
        told.last("model", built)
        told.last("line", built)
        told.last("work_order", built)
        told.first_day("built", built)
        told.last("model_sold", told.rows("shipping", "retail_selling"))
        told.last("sales_order", told.rows("storing", "shipping"))
        self._placed(part, told)
        told.last("market", told.but("market", "price", "cost"))
        sold = told.rows("retail_selling")
        told.last("channel", sold)
        started = told.rows("start_up")
        told.last("partner", started)
        told.first_day("started", started)
        new = sold[~is_text(part.texts["disposition"], sold, "second_hand")]
        told.first_day("sold", new)
        told.first_day("shipped", told.rows("shipping"))
        read = told.rows("meter_reading", "ticket", "failure")
        read = read[part.numbers["quantity"][1][read]]
        self.hours.set(unit_of[read], part.numbers["quantity"][0][read], units)
        np.add.at(self.failures.upto(units), unit_of[told.rows("failure")], 1)
        told.last("grade", told.rows("grade", "regrade"))
        paid = new[part.numbers["amount"][1][new]]
        open_ = paid[np.isnan(self.price_new.at(unit_of[paid]))][::-1]
        self.price_new.set(unit_of[open_], part.numbers["amount"][0][open_], units)
        told.first("price_currency", paid)

    def _placed(self, part: Part, told: _Told) -> None:
        """Status, since, place, holder; and what is known of a return."""
        rows = told.rows(*STAY_STATUS)
        status = _status(part)
        at = told.unit_of[rows]
        self.status.set(at, status[rows], told.units)
        self.since.set(at, part.event_time[rows], told.units)
        told.last("place", rows, also_none=True)
        held = told.rows("shipping", "receiving", "retail_selling", "lease_out")
        told.last("holder", held[status[held] != _RETURNED])
        returned = rows[status[rows] == _RETURNED]
        self.days["returned"].set(told.unit_of[returned], part.event_time[returned] // _DAY, told.units)
        for column in ("rma", "return_place", "return_why"):
            told.last(column, returned, also_none=True)

    def columns(self, unit: np.ndarray, names: pa.Array) -> dict[str, tuple[Column, pa.DataType]]:
        """The columns of the table of states for some machines; names: their serials."""
        text, day, moment = pa.string(), pa.date32(), pa.timestamp("us")
        status, since = self.status.at(unit), self.since.at(unit)
        code = {c: kept.at(unit) for c, kept in self.codes.items()}
        code["model"] = np.where(code["model"] >= 0, code["model"], code["model_sold"])
        code["place"] = np.where(status == _SHIP, np.int32(-1), code["place"])
        coded = {c: self.texts[_SOURCES[c]].coded(codes) for c, codes in code.items()}
        days = {c: kept.at(unit) for c, kept in self.days.items()}
        started, source = _started(days)
        gone = np.isin(status, [_RETURNED, _SCRAP])
        ended = np.where(gone, since // _DAY, _NO_DAY).astype(np.int32)
        hours, price = self.hours.at(unit), self.price_new.at(unit)
        found: dict[str, tuple[Column, pa.DataType]] = {
            "unit": (unit.astype(np.int32), pa.int32()), "machine": (names, text),
            **{c: (coded[c], text) for c in ("model", "line", "work_order", "sales_order")},
            "built": (_told(days["built"]), day),
            "status": (Coded(status.astype(np.int32), pa.array(STATUSES)), text),
            "since": ((since, since != _NEVER), moment),
            **{c: (coded[c], text) for c in ("place", "market", "holder", "channel", "partner")},
            "started": (_told(started), day), "start_source": (source, text),
            "hours": ((hours, ~np.isnan(hours)), pa.float64()),
            "failures": (self.failures.at(unit).astype(np.int64), pa.int64()), "grade": (coded["grade"], text),
            "price_new": ((price, ~np.isnan(price)), pa.float64()),
            "price_currency": (coded["price_currency"], text),
            "ended": (_told(ended), day), "rma": (coded["rma"], text),
            "returned": (_told(days["returned"]), day), "return_place": (coded["return_place"], text),
            "return_why": (coded["return_why"], text), "last_at": (self.last_at.at(unit), moment),
        }  # fmt: skip
        return found


def _started(days: Mapping[str, np.ndarray]) -> tuple[np.ndarray, Coded]:
    """The day of start-up, else of the sale, else of shipping and the usual way; and which of them it is."""
    source = np.select([days[c] != _NO_DAY for c in _STARTS], [0, 1, 2], default=-1).astype(np.int32)
    at = np.select([source == n for n in range(3)], [days[c] + d for c, d in _STARTS.items()], _NO_DAY)
    return at.astype(np.int32), Coded(source, pa.array(["start_up", "sale", "shipping"]))


def _told(days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    there = days != _NO_DAY
    return np.where(there, days, 0).astype(np.int32), there


class _Told:
    """How the rows of one part set the columns of a state."""

    def __init__(self, states: States, part: Part, unit_of: np.ndarray, units: int) -> None:
        self.states = states
        self.part = part
        self.unit_of = unit_of
        self.units = units
        self.bases = {c: states.texts[c].base(part.texts[c].names) for c in states.texts}

    def rows(self, *kinds: str) -> np.ndarray:
        found = self.part.of_kind(*kinds)
        mine: np.ndarray = found[self.unit_of[found] >= 0]
        return mine

    def but(self, column: str, *kinds: str) -> np.ndarray:
        """The rows that hold a text in a column, whatever they are but these kinds."""
        there = (self.part.texts[column].codes >= 0) & (self.unit_of >= 0)
        for kind in kinds:
            there[self.part.of_kind(kind)] = False
        return np.flatnonzero(there)

    def _codes(self, column: str, rows: np.ndarray) -> np.ndarray:
        source = _SOURCES[column]
        codes = self.part.texts[source].codes[rows]
        return np.where(codes < 0, np.int32(-1), codes + np.int32(self.bases[source]))

    def last(self, column: str, rows: np.ndarray, *, also_none: bool = False) -> None:
        """The last text counts; `also_none`: also where the last row has none."""
        codes = self._codes(column, rows)
        if not also_none:
            rows, codes = rows[codes >= 0], codes[codes >= 0]
        self.states.codes[column].set(self.unit_of[rows], codes, self.units)

    def first(self, column: str, rows: np.ndarray) -> None:
        """The first text counts."""
        codes = self._codes(column, rows)
        rows, codes = rows[codes >= 0], codes[codes >= 0]
        unset = self.states.codes[column].at(self.unit_of[rows]) < 0
        rows, codes = rows[unset][::-1], codes[unset][::-1]
        self.states.codes[column].set(self.unit_of[rows], codes, self.units)

    def first_day(self, column: str, rows: np.ndarray) -> None:
        """The day of the first counts."""
        kept = self.states.days[column]
        rows = rows[kept.at(self.unit_of[rows]) == _NO_DAY][::-1]
        kept.set(self.unit_of[rows], self.part.event_time[rows] // _DAY, self.units)
