"""What did a desk decide, and what did people make of it?

A decision is an event too: its rows are an immutable file, its head a row of the ledger, and every act on it (recorded,
replaced, accepted, changed, rejected) an event with the decision as its document.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import pyarrow as pa

from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import Breach, DataRejected, NotFound, OptionRejected
from smilecurve.terms.table import Spec
from smilecurve.terms.tables import TABLES
from smilecurve.thread.ledger import Pen, bump
from smilecurve.thread.shelf import Shelf, fingerprint, micros
from smilecurve.thread.tail import TAIL_COLUMNS, next_position

__all__ = ["State", "changed_rows", "decide", "record"]

State = Literal["accepted", "changed", "rejected"]


def record(
    shelf: Shelf,
    desk: str,
    spec: Spec,
    decision: Decision,
    *,
    basis: Mapping[str, object],
    by: str,
    title: str,
    now: datetime,
) -> str:
    """Keep a decision: rows, proof, basis, and how many rows differ from the one before."""
    rows = spec.only(decision.rows)
    content = fingerprint(rows)
    before = shelf.read(spec) if shelf.version(spec) else spec.empty()
    file = shelf.write(rows, spec.name, content)
    said = dict(basis)
    if decision.clash:
        said["clash"] = [{"what": c.what, "at": c.at, "do": c.do} for c in decision.clash]
    if decision.figures:
        said["figures"] = decision.figures
    proof, worth = decision.proof, decision.worth
    with shelf.ledger.writing() as con:
        number = int(con.execute("select coalesce(max(n), 0) from decision").fetchall()[0][0]) + 1
        name = f"{desk}-{number:06d}"
        for (old,) in con.execute("select id from decision where desk = ? and state = 'waiting'", (desk,)).fetchall():
            con.execute("update decision set state = 'replaced', changed_at = ? where id = ?", (micros(now), old))
        con.execute(
            "insert into decision (id, n, desk, tbl, decided, status, proof, value, against, unit, gap, worth,"
            " currency, rows, changed_rows, state, author, title, basis, file, content, changed_at)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?, ?, ?, ?, ?)",
            (
                name, number, desk, spec.name, micros(now), decision.status, proof.kind, proof.value, proof.against,
                proof.unit, proof.gap, worth.amount if worth else None, worth.currency if worth else None,
                rows.num_rows,
                changed_rows(spec, before, rows), None, title or None, _json(said), file, content, micros(now),
            ),
        )  # fmt: skip
        _tell(con, name, "recorded", desk, by, now, content)
    return name


def decide(
    shelf: Shelf, decision: str, state: State, *, by: str, note: str, rows: pa.Table | None, now: datetime
) -> str:
    """A person's word on a decision; `changed` brings the rows as changed."""
    found = shelf.ledger.rows("select tbl, state, basis, desk from decision where id = ?", (decision,))
    if not found:
        raise NotFound(Breach(f"there is no decision {decision}", "decision", "`smile decisions` lists them"))
    if (state == "changed") != (rows is not None):
        raise OptionRejected(
            Breach(
                f"a decision that is {state} comes {'with' if rows is None else 'without'} rows",
                "rows",
                "give rows with `changed` only",
            )
        )
    spec = TABLES[str(found[0][0])]
    basis = json.loads(str(found[0][2]))
    if note:
        basis["note"] = note
    file = content = ""
    if rows is not None:
        breaches = spec.breaches(rows)
        if breaches:
            raise DataRejected(breaches)
        rows = spec.only(rows)
        content = fingerprint(rows)
        file = shelf.write(rows, spec.name, content)
    with shelf.ledger.writing() as con:
        con.execute(
            "update decision set state = ?, author = ?, basis = ?, changed_at = ? where id = ?",
            (state, by, _json(basis), micros(now), decision),
        )
        if rows is not None:
            con.execute(
                "update decision set file = ?, content = ?, rows = ? where id = ?",
                (file, content, rows.num_rows, decision),
            )
        _tell(con, decision, state, str(found[0][3]), by, now, content)
    return decision


def changed_rows(spec: Spec, before: pa.Table, after: pa.Table) -> int:
    """How many rows are new, gone or different by key.

    >>> from smilecurve.terms.table import code, whole
    >>> t = Spec("t", "", "line", "decided", (code("k", ""), whole("n", "")), ("k",))
    >>> before = t.rows([{"k": "a", "n": 1}, {"k": "b", "n": 2}])
    >>> changed_rows(t, before, t.rows([{"k": "a", "n": 1}, {"k": "c", "n": 3}]))
    2
    """
    old = _by_key(spec, before)
    new = _by_key(spec, after)
    return sum(1 for key in old.keys() | new.keys() if old.get(key) != new.get(key))


def _by_key(spec: Spec, rows: pa.Table) -> dict[tuple[object, ...], tuple[object, ...]]:
    columns = [rows.column(name).to_pylist() for name in spec.columns]
    at = [spec.columns.index(k) for k in spec.key]
    return {tuple(row[i] for i in at): row for row in zip(*columns, strict=True)}


def _json(said: Mapping[str, object]) -> str:
    return json.dumps(said, ensure_ascii=False, sort_keys=True, default=str)


def _tell(con: Pen, decision: str, state: str, desk: str, by: str, now: datetime, content: str) -> None:
    """Append the act itself as an event, in the same transaction."""
    position = next_position(con)
    cells: dict[str, str | int] = {
        "pos": position, "event_id": f"decision:{decision}:{position}", "kind": "decision", "event_time": micros(now),
        "record_time": micros(now), "source": f"desk:{desk}", "ref": decision, "code": state,
    }  # fmt: skip
    if by:
        cells["party"] = by
    if content:
        cells["details"] = json.dumps({"content": content})
    con.execute(f"insert into event ({', '.join(cells)}) values ({', '.join('?' * len(cells))})", tuple(cells.values()))
    bump(con, "change")


assert {"ref", "code", "party"} <= set(TAIL_COLUMNS)
