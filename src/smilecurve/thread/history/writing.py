"""What one part of a history says, as segments."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from smilecurve.thread.history.columns import Coded, Part
from smilecurve.thread.history.files import Column, Lists, Target, write
from smilecurve.thread.history.linking import Links, by_lot, paired
from smilecurve.thread.history.lives import States, Stay, Stays
from smilecurve.thread.segments import Segment

__all__ = ["Writer", "write_states"]

_TEXT, _INT, _BIG, _SMALL, _AT = pa.string(), pa.int32(), pa.int64(), pa.int16(), pa.timestamp("us")
_EVENTS_A_FILE = 2_000_000
_LINKS_A_FILE = 6_000_000
_ROWS_A_FILE = 1_000_000
_NEVER = np.iinfo(np.int64).min
_TEXTS = (
    "machine", "part", "component", "lot", "place", "market", "party", "ref", "code", "disposition", "currency",
    "corrects", "details",
)  # fmt: skip


class Writer:
    """Writes the tables of one part; `made` are its segments."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.made: list[Segment] = []

    def _write(
        self, tbl: str, sort: str, columns: Mapping[str, tuple[Column, pa.DataType]], a_file: int = _ROWS_A_FILE
    ) -> None:
        by = columns[sort][0]
        assert isinstance(by, Coded | pa.Array | np.ndarray)
        rows = len(by.codes) if isinstance(by, Coded) else len(by)
        if rows:
            self.made += write(self.target, tbl, columns, sort, rows, a_file)

    def units(self, names: pa.Array, numbers: np.ndarray) -> None:
        """Serials (sorted) and their numbers."""
        self._write("unit", "machine", {"unit": (numbers, _INT), "machine": (names, _TEXT)})

    def lots(self, fresh: Sequence[str], first: int) -> None:
        """New lots by number and by code."""
        codes = pa.array(fresh, _TEXT)
        numbers = np.arange(first, first + len(fresh), dtype=np.int32)
        self._write("lot", "lot", {"lot": (numbers, _INT), "code": (codes, _TEXT)})
        order = np.array(sorted(range(len(fresh)), key=fresh.__getitem__), np.int64)
        by_code = codes.take(pa.array(order, pa.int64()))
        self._write("lot_at", "code", {"code": (by_code, _TEXT), "lot": (numbers[order], _INT)})

    def slots(self, fresh: Sequence[tuple[str, str]], first: int) -> None:
        """New places."""
        numbers = np.arange(first, first + len(fresh), dtype=np.int16)
        component, part = (pa.array([pair[i] for pair in fresh], _TEXT) for i in (0, 1))
        self._write("slot", "slot", {"slot": (numbers, _SMALL), "component": (component, _TEXT), "part": (part, _TEXT)})

    def pairs(self, tbl: str, names: tuple[str, str], rows: Sequence[tuple[int, int]]) -> None:
        """A table of two whole numbers, sorted."""
        kinds = (_INT, _SMALL if names[1] == "slot" else _INT)
        told = sorted(set(rows))
        self._write(
            tbl,
            names[0],
            {name: (np.array([r[i] for r in told], np.int32), kinds[i]) for i, name in enumerate(names)},
        )

    def edges(self, rows: Sequence[tuple[int, int, int, int]]) -> None:
        """Lots within lots: lot, slot, inside, since."""
        columns = [np.array([r[i] for r in rows], np.int64) for i in range(4)]
        kinds = (_INT, _SMALL, _INT, _AT)
        names = ("lot", "slot", "inside", "since")
        self._write("edge", "lot", dict(zip(names, zip(columns, kinds, strict=True), strict=True)))

    def links(self, links: Links) -> None:
        """As built, by machine and by lot."""
        self._write(
            "made_in",
            "unit",
            {
                "unit": (links.unit, _INT), "slot": (links.slot, _SMALL), "lot": (links.lot, _INT),
                "since": (links.since, _AT),
            },
            _LINKS_A_FILE,
        )  # fmt: skip
        lot, unit, slot = by_lot(links)
        columns: dict[str, tuple[Column, pa.DataType]] = {
            "lot": (lot, _INT), "unit": (unit, _INT), "slot": (slot, _SMALL),
        }  # fmt: skip
        self._write("made_of", "lot", columns, _LINKS_A_FILE)

    def builds(self, units: np.ndarray, configs: np.ndarray) -> None:
        """The configuration of each machine."""
        self._write("build", "unit", {"unit": (units, _INT), "config": (configs, _INT)}, _LINKS_A_FILE)

    def swaps(self, part: Part, rows: np.ndarray, units: np.ndarray, first: int) -> None:
        """What went in and came out after building; rows of those events, sorted by unit, time and position."""
        removed = part.texts["details"].at(rows).texts()
        replacing = np.isin(rows, part.of_kind("replacing"))
        gone = pa.array([_removed(t) if r else None for t, r in zip(removed, replacing.tolist(), strict=True)], _TEXT)
        columns: dict[str, tuple[Column, pa.DataType]] = {
            "unit": (units, _INT), "since": (part.event_time[rows], _AT), "pos": (rows + first, _BIG),
            **{c: (part.texts[c].at(rows), _TEXT) for c in ("kind", "component", "part", "lot")},
            "removed": (gone, _TEXT),
        }  # fmt: skip
        self._write("swap", "unit", columns)

    def failures(self, part: Part, rows: np.ndarray, units: np.ndarray, first: int) -> None:
        """What failed; rows of those events, sorted by unit, time and position."""
        columns: dict[str, tuple[Column, pa.DataType]] = {
            "unit": (units, _INT), "since": (part.event_time[rows], _AT), "pos": (rows + first, _BIG),
            **{c: (part.texts[c].at(rows), _TEXT) for c in ("part", "lot")},
        }  # fmt: skip
        self._write("failure", "unit", columns)

    def corrections(self, part: Part, first: int) -> None:
        """What takes earlier events back."""
        rows = part.of_kind("error_declaration")
        rows = rows[part.texts["corrects"].codes[rows] >= 0]
        self._write(
            "correction", "pos", {"pos": (rows + first, _BIG), "corrects": (part.texts["corrects"].at(rows), _TEXT)}
        )

    def events(self, part: Part, first: int) -> None:
        """The events themselves."""
        n = part.rows
        columns: dict[str, tuple[Column, pa.DataType]] = {
            "pos": (np.arange(first, first + n), _BIG), "event_id": (part.texts["event_id"], _TEXT),
            "kind": (part.texts["kind"], _TEXT), "event_time": (part.event_time, _AT),
            "record_time": (part.record_time, _AT), "source": (part.texts["source"], _TEXT), "seq": (part.seq, _BIG),
            **{c: (part.texts[c], _TEXT) for c in _TEXTS[:10]},
            "quantity": (part.numbers["quantity"], pa.float64()), "amount": (part.numbers["amount"], pa.float64()),
            **{c: (part.texts[c], _TEXT) for c in _TEXTS[10:]},
            "components": (_lists(part), pa.list_(_TEXT)),
        }  # fmt: skip
        self.made += write(self.target, "event", columns, "machine", n, _EVENTS_A_FILE)

    def stays(self, stay: Stay, stays: Stays) -> None:
        """Stays that have ended, or at the end those that have not."""
        columns: dict[str, tuple[Column, pa.DataType]] = {
            "unit": (stay.unit, _INT), "since": (stay.since, _AT),
            "kind": (Coded(stay.kind.astype(np.int32), stays.kinds), _TEXT),
            "status": (Coded(stay.status.astype(np.int32), stays.statuses), _TEXT),
            **{c: (stays.texts[c].coded(getattr(stay, c)), _TEXT) for c in ("place", "market", "holder")},
            "until": ((stay.until, stay.until != _NEVER), _AT), "pos": (stay.pos, _BIG),
        }  # fmt: skip
        self._write("stay", "unit", columns)

    def open_stays(self, stays: Stays, units: int) -> None:
        """The stays of so many machines that have not ended, a file of machines at a time."""
        for first in range(0, units, _ROWS_A_FILE):
            self.stays(stays.still_open(first, first + _ROWS_A_FILE), stays)


def write_states(target: Target, states: States, names: pa.Array, keep: np.ndarray) -> list[Segment]:
    """The states of the units in `keep` (sorted numbers), a file of them at a time; names: of every unit."""
    made: list[Segment] = []
    for first in range(0, len(keep), _ROWS_A_FILE):
        some = keep[first : first + _ROWS_A_FILE]
        columns = states.columns(some, names.take(pa.array(some)))
        made += write(target, "state", columns, "unit", len(some), _ROWS_A_FILE)
    return made


def _lists(part: Part) -> Column:
    """The components of each event as JSON arrays of component, part and lot."""
    p = part.pieces
    if p is None:
        return pa.nulls(part.rows, pa.list_(_TEXT))
    wide = len(p.part.names) + 1
    pair = paired(p)
    usual = np.full(len(p.lot.names), -1, pair.dtype)
    usual[p.lot.codes[::-1]] = pair[::-1]
    codes = p.lot.codes
    lots = np.flatnonzero(usual >= 0)
    pairs = usual[lots]
    odd = np.flatnonzero(usual[codes] != pair)
    if len(odd):
        both = codes[odd].astype(np.int64) * (int(pair.max()) + 1) + pair[odd]
        kinds, place = np.unique(both, return_inverse=True)
        codes = codes.copy()
        codes[odd] = len(usual) + place.ravel()
        more, more_pairs = kinds // (int(pair.max()) + 1), kinds % (int(pair.max()) + 1)
    else:
        more = more_pairs = np.zeros(0, np.int64)
    names: list[str | None] = [None] * (len(usual) + len(more))
    component = ["null", *(json.dumps(t, ensure_ascii=False) for t in p.component.names.to_pylist())]
    named = [json.dumps(t, ensure_ascii=False) for t in p.part.names.to_pylist()]
    said = [json.dumps(t, ensure_ascii=False) for t in p.lot.names.to_pylist()]
    for lot, of in zip(lots.tolist(), pairs.tolist(), strict=True):
        names[lot] = f"[{component[of // wide]},{named[of % wide - 1]},{said[lot]}]"
    for n, (lot, of) in enumerate(zip(more.tolist(), more_pairs.tolist(), strict=True)):
        names[len(usual) + n] = f"[{component[of // wide]},{named[of % wide - 1]},{said[lot]}]"
    return Lists(p.ends, p.there, Coded(codes, pa.array(names, _TEXT)))


def _removed(details: str | None) -> str | None:
    """The member `removed` of a JSON object, as text."""
    if details is None:
        return None
    found = json.loads(details).get("removed")
    if found is None or isinstance(found, str):
        return found
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))
