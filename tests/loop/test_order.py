"""Desks follow what they read, and feedback where that closes no circle."""

from __future__ import annotations

from graphlib import CycleError

import pyarrow as pa
import pytest

from smilecurve.loop.order import edges, order, stages_joined
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.desk import Desk, desk
from smilecurve.terms.table import Spec, code


def spec(name: str, *draws: str, origin: str = "decided") -> Spec:
    return Spec(name, name, "line", origin, (code("k", "key"), code("reason", "why")), ("k",), {}, draws)  # type: ignore[arg-type]


RAW, A, B, C = spec("raw", origin="given"), spec("a"), spec("b"), spec("c")
SEEN = spec("seen", "c", origin="seen")


def a_desk(name: str, reads: tuple[Spec, ...], decides: Spec, feedback: tuple[Spec, ...] = ()) -> Desk[...]:
    @desk(name, question="?", reads=reads, decides=decides, reasons={"r": "r"}, feedback=feedback)
    def run(**tables: pa.Table) -> Decision:
        return Decision(decides.empty(), Proof("exact", 0, 0, ""))

    return run


def test_reads_come_first_and_feedback_where_it_can():
    desks = {
        "line.one": a_desk("line.one", (RAW,), A, (C,)),
        "line.two": a_desk("line.two", (A,), B),
        "line.three": a_desk("line.three", (RAW,), C),
    }
    assert order(desks) == ("line.three", "line.one", "line.two")


def test_feedback_that_closes_a_circle_is_let_go():
    desks = {"line.one": a_desk("line.one", (RAW,), A, (B,)), "line.two": a_desk("line.two", (A,), B)}
    assert order(desks) == ("line.one", "line.two")


def test_what_a_seen_table_draws_on_is_waited_for():
    desks = {"line.one": a_desk("line.one", (SEEN,), A), "line.two": a_desk("line.two", (RAW,), C)}
    assert order(desks) == ("line.two", "line.one")
    assert edges(desks)[1]["line.one"] == {"line.two"}


def test_a_circle_of_reads_is_a_defect():
    desks = {"line.one": a_desk("line.one", (B,), A), "line.two": a_desk("line.two", (A,), B)}
    with pytest.raises(CycleError):
        order(desks)


def test_stages_are_joined_only_by_what_they_share():
    desks = {"line.one": a_desk("line.one", (RAW,), A), "serve.two": a_desk("serve.two", (RAW,), B)}
    assert not stages_joined(desks)
    desks["serve.two"] = a_desk("serve.two", (A,), B)
    assert stages_joined(desks)
