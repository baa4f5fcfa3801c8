"""What a thread shows of partners' visits."""

from __future__ import annotations

from smilecurve.terms.scope import Scope
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread

WHEN = "2023-09-02T08:00:00Z"


def test_acts_of_visits_come_in_the_order_they_were_heard_of(small: Thread) -> None:
    told = {"kind": "service_visit", "event_time": WHEN, "machine": "M1", "ref": "T-1", "source": "visit T-1"}
    small.append([told | {"event_id": "b", "disposition": "accepted"}])
    details = '{"technician": "SP-1-T1", "note": "seal torn"}'
    small.append([told | {"event_id": "a", "disposition": "fixed", "details": details}])
    small.append([told | {"event_id": "c", "disposition": "who knows"}])
    rows = small.view(table("visit_acts"), order=("heard",)).to_pylist()
    assert [(r["act"], r["visit"], r["machine"], r["outcome"], r["technician"], r["note"]) for r in rows] == [
        ("b", "T-1", "M1", "accepted", None, None),
        ("a", "T-1", "M1", "fixed", "SP-1-T1", "seal torn"),
    ]
    assert not small.view(table("visit_acts"), scope=Scope.parse("customer:C-NONE")).num_rows
