"""A desk checks both ends of its contract."""

from __future__ import annotations

import pyarrow as pa
import pytest

from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.table import Spec, code, number

LOADS = Spec(
    "loads",
    "loads",
    "line",
    "given",
    (code("station", "station"), number("work_s", "work", "s", least=0)),
    ("station",),
)
WAITS = Spec(
    "waits",
    "waits",
    "line",
    "decided",
    (code("station", "station"), number("wait_s", "wait", "s"), code("reason", "why")),
    ("station",),
)


@desk(
    "line.wait",
    question="How long does each station wait?",
    reads=(LOADS,),
    decides=WAITS,
    reasons={"idle": "station {station} waits {wait_s:.0f} s"},
)
def wait(loads: pa.Table, *, takt_s: float, reason: str = "idle") -> Decision:
    work = loads.column("work_s").to_pylist()
    rows = {"station": loads.column("station"), "wait_s": [takt_s - w for w in work], "reason": [reason] * len(work)}
    return Decision(pa.table(rows), Proof("exact", sum(work), sum(work), "s"))


ROWS = pa.table({"station": ["1", "2"], "work_s": [50, 60.0]})


def test_a_call_decides_and_a_row_says_why():
    decision = wait(ROWS, takt_s=60)
    assert [wait.sentence(r) for r in decision.rows.to_pylist()] == ["station 1 waits 10 s", "station 2 waits 0 s"]
    assert decision.proof.gap == 0


def test_a_translated_sentence_may_order_its_columns_anew():
    row = {"station": "1", "wait_s": None, "reason": "idle"}
    assert wait.sentence(row, "{wait_s:.0f} s warten, Station {station}") == "– s warten, Station 1"


def test_bad_rows_are_refused_with_every_breach():
    bad = pa.table({"station": ["1", "1"], "work_s": [-1.0, None]})
    with pytest.raises(DataRejected) as caught:
        wait(bad, takt_s=60)
    assert [b.what for b in caught.value.breaches] == [
        "work_s is empty",
        "work_s -1.0 is below 0",
        "key station=1 stands twice",
    ]


def test_an_absent_option_is_refused():
    with pytest.raises(OptionRejected, match="takt_s"):
        wait(ROWS)


def test_a_desk_that_breaks_its_own_contract_is_a_defect():
    with pytest.raises(AssertionError, match="unknown reasons"):
        wait(ROWS, takt_s=60, reason="because")


def test_options_are_found_from_the_signature():
    assert [(o.name, o.required) for o in wait.options] == [("takt_s", True), ("reason", False)]
    assert wait.contract.told == {"idle": ("station", "wait_s")}
