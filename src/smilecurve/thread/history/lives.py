"""Where was each machine, from when to when, and what is its state at the end?

Events come in order of time, so the last word on a column is the one that counts. A stay is written when the next one
of its machine closes it; what is still open is written at the end. So every stay is written once, with its end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from smilecurve.thread.history.columns import Coded, Part

__all__ = ["STAY_STATUS", "States", "Stays", "Texts"]

STAY_STATUS = {
    "commissioning": "line", "storing": "stock", "shipping": "ship", "receiving": "dealer",
    "retail_selling": "customer", "lease_out": "lease", "lease_end": "returned", "decommissioning": "scrap",
}  # fmt: skip
"""The status that each kind of event puts a machine into; what is received as returned is returned."""
_DAY = 86_400_000_000
_NEVER = np.iinfo(np.int64).min


class Texts:
    """Texts of one column over all parts: the codes of a part, moved, are codes here."""

    def __init__(self) -> None:
        self._parts: list[pa.Array] = []
        self._starts = [0]

    def base(self, names: pa.Array) -> int:
        """Where the names of a part stand; a dictionary that grew takes the place of what it was."""
        if self._parts:
            last = self._parts[-1]
            if len(names) >= len(last) and names.slice(0, len(last)).equals(last):
                self._parts[-1] = names
                self._starts[-1] = self._starts[-2] + len(names)
                return self._starts[-2]
        self._parts.append(names)
        self._starts.append(self._starts[-1] + len(names))
        return self._starts[-2]

    def names(self) -> pa.Array:
        """All of them."""
        return pa.concat_arrays(self._parts) if self._parts else pa.array([], pa.string())


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


_CELLS = ("since", "kind", "status", "place", "market", "holder", "pos")


class Stays:
    """The open stay of every machine."""

    def __init__(self) -> None:
        self.texts = {c: Texts() for c in ("place", "market", "holder")}
        self.kinds = pa.array(list(STAY_STATUS))
        self.statuses = pa.array(["line", "stock", "ship", "dealer", "customer", "lease", "returned", "scrap"])
        self._open = {c: np.zeros(0, np.int64 if c in ("since", "pos") else np.int32) for c in _CELLS}
        self._there = np.zeros(0, dtype=bool)

    def _grow(self, units: int) -> None:
        more = units - len(self._there)
        if more > 0:
            self._there = np.concatenate([self._there, np.zeros(more, dtype=bool)])
            self._open = {c: np.concatenate([a, np.zeros(more, a.dtype)]) for c, a in self._open.items()}

    def add(self, part: Part, unit_of: np.ndarray, first: int, units: int) -> Stay:
        """The stays that this part closes; those it opens are kept."""
        self._grow(units)
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
        was = np.flatnonzero(opening & self._there[unit])
        closed = np.flatnonzero(~last)
        told = {c: np.concatenate([self._open[c][unit[was]], cells[c][closed]]) for c in _CELLS}
        until = np.concatenate([cells["since"][was], cells["since"][closed + 1]])
        who = np.concatenate([unit[was], unit[closed]])
        place = np.lexsort((np.concatenate([was - 1, closed]), who))
        at = unit[last]
        for c in _CELLS:
            self._open[c][at] = cells[c][last]
        self._there[at] = True
        return Stay(who[place], until=until[place], **{c: told[c][place] for c in _CELLS})

    def _cells(self, part: Part, rows: np.ndarray, first: int) -> dict[str, np.ndarray]:
        kind = np.zeros(part.rows, np.int32)
        status = np.zeros(part.rows, np.int32)
        names = self.statuses.to_pylist()
        for n, (name, told) in enumerate(STAY_STATUS.items()):
            of = part.of_kind(name)
            kind[of], status[of] = n, names.index(told)
        back = part.of_kind("receiving")
        status[back[is_text(part.texts["disposition"], back, "returned")]] = names.index("returned")
        place = self._code("place", part.texts["place"], rows)
        place[status[rows] == names.index("ship")] = -1  # where it left from is not where it is
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

    def still_open(self) -> Stay:
        """The last stay of every machine, without an end."""
        unit = np.flatnonzero(self._there).astype(np.int32)
        cells = {c: self._open[c][unit] for c in _CELLS}
        return Stay(unit, until=np.full(len(unit), _NEVER), **cells)


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
_MOMENTS = ("since", "built_at", "started_at", "sold_at", "shipped_at", "returned_at", "last_at")


class States:
    """The state of every machine, brought forward part by part."""

    def __init__(self) -> None:
        self.texts = {c: Texts() for c in set(_SOURCES.values())}
        self.codes = {c: np.zeros(0, np.int32) for c in _SOURCES}
        self.moments = {c: np.zeros(0, np.int64) for c in _MOMENTS}
        self.status = np.zeros(0, np.int8)
        self.hours = np.zeros(0)
        self.price_new = np.zeros(0)
        self.failures = np.zeros(0, np.int32)
        self.statuses = ["line", "stock", "ship", "dealer", "customer", "lease", "returned", "scrap"]

    def _grow(self, units: int) -> None:
        more = units - len(self.status)
        if more > 0:
            self.status = np.concatenate([self.status, np.full(more, -1, np.int8)])
            self.hours = np.concatenate([self.hours, np.full(more, np.nan)])
            self.price_new = np.concatenate([self.price_new, np.full(more, np.nan)])
            self.failures = np.concatenate([self.failures, np.zeros(more, np.int32)])
            self.codes = {c: np.concatenate([a, np.full(more, -1, np.int32)]) for c, a in self.codes.items()}
            self.moments = {c: np.concatenate([a, np.full(more, _NEVER)]) for c, a in self.moments.items()}

    def add(self, part: Part, unit_of: np.ndarray, units: int) -> None:
        """Take in a part; unit_of: the unit of every row, -1 without a machine."""
        self._grow(units)
        told = _Told(self, part, unit_of)
        with_machine = np.flatnonzero(unit_of >= 0)
        self.moments["last_at"][unit_of[with_machine]] = part.event_time[with_machine]
        built = told.rows("commissioning")
        told.last("model", built)
        told.last("line", built)
        told.last("work_order", built)
        told.first_moment("built_at", built)
        told.last("model_sold", told.rows("shipping", "retail_selling"))
        told.last("sales_order", told.rows("storing", "shipping"))
        self._placed(part, unit_of, told)
        told.last("market", told.but("market", "price", "cost"))
        sold = told.rows("retail_selling")
        told.last("channel", sold)
        started = told.rows("start_up")
        told.last("partner", started)
        told.first_moment("started_at", started)
        new = sold[~is_text(part.texts["disposition"], sold, "second_hand")]
        told.first_moment("sold_at", new)
        told.first_moment("shipped_at", told.rows("shipping"))
        read = told.rows("meter_reading", "ticket", "failure")
        read = read[part.numbers["quantity"][1][read]]
        self.hours[unit_of[read]] = part.numbers["quantity"][0][read]
        np.add.at(self.failures, unit_of[told.rows("failure")], 1)
        told.last("grade", told.rows("grade", "regrade"))
        paid = new[part.numbers["amount"][1][new]]
        open_ = paid[np.isnan(self.price_new[unit_of[paid]])][::-1]
        self.price_new[unit_of[open_]] = part.numbers["amount"][0][open_]
        told.first("price_currency", paid)

    def _placed(self, part: Part, unit_of: np.ndarray, told: _Told) -> None:
        """Status, since, place, holder; and what is known of a return."""
        rows = told.rows(*STAY_STATUS)
        status = np.zeros(part.rows, np.int8)
        for name, text in STAY_STATUS.items():
            status[told.rows(name)] = self.statuses.index(text)
        back = told.rows("receiving")
        status[back[is_text(part.texts["disposition"], back, "returned")]] = self.statuses.index("returned")
        at = unit_of[rows]
        self.status[at] = status[rows]
        self.moments["since"][at] = part.event_time[rows]
        told.last("place", rows, also_none=True)
        held = told.rows("shipping", "receiving", "retail_selling", "lease_out")
        told.last("holder", held[status[held] != self.statuses.index("returned")])
        returned = rows[status[rows] == self.statuses.index("returned")]
        self.moments["returned_at"][unit_of[returned]] = part.event_time[returned]
        for column in ("rma", "return_place", "return_why"):
            told.last(column, returned, also_none=True)

    def columns(self, names: pa.Array) -> dict[str, tuple[object, pa.DataType]]:
        """The columns of the table of states for every machine; names: their serials by number."""
        m, text = self.moments, pa.string()
        day, moment = pa.date32(), pa.timestamp("us")
        started, source = self._started()
        ended = np.isin(self.status, [self.statuses.index("returned"), self.statuses.index("scrap")])
        place = np.where(self.status == self.statuses.index("ship"), np.int32(-1), self.codes["place"])
        coded = {c: Coded(self.codes[c], self.texts[_SOURCES[c]].names()) for c in _SOURCES}
        coded["model"] = Coded(
            np.where(self.codes["model"] >= 0, self.codes["model"], self.codes["model_sold"]), coded["model"].names
        )
        coded["place"] = Coded(place, coded["place"].names)
        found: dict[str, tuple[object, pa.DataType]] = {
            "unit": (np.arange(len(names), dtype=np.int32), pa.int32()), "machine": (names, text),
            **{c: (coded[c], text) for c in ("model", "line", "work_order", "sales_order")},
            "built": (_days(m["built_at"]), day),
            "status": (Coded(self.status.astype(np.int32), pa.array(self.statuses)), text),
            "since": ((m["since"], m["since"] != _NEVER), moment),
            **{c: (coded[c], text) for c in ("place", "market", "holder", "channel", "partner")},
            "started": (started, day), "start_source": (source, text),
            "hours": ((self.hours, ~np.isnan(self.hours)), pa.float64()),
            "failures": (self.failures.astype(np.int64), pa.int64()), "grade": (coded["grade"], text),
            "price_new": ((self.price_new, ~np.isnan(self.price_new)), pa.float64()),
            "price_currency": (coded["price_currency"], text),
            "ended": (_days(np.where(ended, m["since"], _NEVER)), day), "rma": (coded["rma"], text),
            "returned": (_days(m["returned_at"]), day), "return_place": (coded["return_place"], text),
            "return_why": (coded["return_why"], text), "last_at": (m["last_at"], moment),
        }  # fmt: skip
        return found

    def _started(self) -> tuple[tuple[np.ndarray, np.ndarray], Coded]:
        m = self.moments
        shipped = np.where(m["shipped_at"] == _NEVER, _NEVER, m["shipped_at"] + 45 * _DAY)
        source = np.select(
            [m["started_at"] != _NEVER, m["sold_at"] != _NEVER, shipped != _NEVER], [0, 1, 2], default=-1
        ).astype(np.int32)
        at = np.select([source == 0, source == 1, source == 2], [m["started_at"], m["sold_at"], shipped], _NEVER)
        return _days(at), Coded(source, pa.array(["start_up", "sale", "shipping"]))


def _days(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    there = at != _NEVER
    return np.where(there, at // _DAY, 0).astype(np.int32), there


class _Told:
    """How the rows of one part set the columns of a state."""

    def __init__(self, states: States, part: Part, unit_of: np.ndarray) -> None:
        self.states = states
        self.part = part
        self.unit_of = unit_of
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
        self.states.codes[column][self.unit_of[rows]] = codes

    def first(self, column: str, rows: np.ndarray) -> None:
        """The first text counts."""
        codes = self._codes(column, rows)
        rows, codes = rows[codes >= 0], codes[codes >= 0]
        unset = self.states.codes[column][self.unit_of[rows]] < 0
        rows, codes = rows[unset][::-1], codes[unset][::-1]
        self.states.codes[column][self.unit_of[rows]] = codes

    def first_moment(self, column: str, rows: np.ndarray) -> None:
        """The first time counts."""
        unset = self.states.moments[column][self.unit_of[rows]] == _NEVER
        rows = rows[unset][::-1]
        self.states.moments[column][self.unit_of[rows]] = self.part.event_time[rows]
