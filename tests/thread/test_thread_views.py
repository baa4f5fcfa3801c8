from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from smilecurve.desks.serve.warranty import decide_claims
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.errors import OptionRejected
from smilecurve.terms.event import EVENTS
from smilecurve.terms.tables import TABLES
from smilecurve.terms.tables.learn import SUSPECT_LOTS
from smilecurve.terms.tables.learn_voices import VOICED_TEXTS
from smilecurve.thread.reader import LAZY
from smilecurve.thread.store import Thread

MORNING = datetime(2023, 12, 2, 8, tzinfo=UTC)
FLOOR = [
    {"kind": "task_done", "event_time": MORNING, "source": "station L1/2 t1", "seq": 1, "ref": "WO-5", "code": "T7",
     "details": {"line": "L1", "station": 2, "step": "task:T7"}},
    {"kind": "inspecting", "event_time": MORNING, "source": "station L1/2 t1", "seq": 2, "ref": "WO-5", "code": "gap", "quantity": 9.0,
     "disposition": "non_conformant", "details": {"line": "L1", "station": 2, "step": "measure:gap"}},
    {"kind": "task_done", "event_time": MORNING, "source": "station L1/2 t1", "seq": 3, "ref": "WO-5", "code": "T8",
     "details": {"line": "L1", "station": "two", "step": "task:T8"}},
    {"kind": "help_call", "event_time": MORNING, "source": "station L1/2 t1", "seq": 4, "ref": "H-1", "code": "tool", "place": "L1",
     "disposition": "open", "details": {"line": "L1", "station": 2, "work_order": "WO-5", "told_at": "not a time"}},
    {"kind": "help_call", "event_time": MORNING, "source": "andon", "ref": "H-1", "disposition": "taken"},
    {"kind": "help_call", "event_time": MORNING, "source": "plc", "ref": "H-2", "code": "E17", "place": "PRESS", "disposition": "open",
     "details": {"station": "B7"}},
]  # fmt: skip
SEEN = [s for s in TABLES.values() if s.origin == "seen"]
RESALE = {
    "kind": "retail_selling", "event_time": datetime(2023, 12, 1, tzinfo=UTC), "machine": "M3", "market": "DE", "party": "C-7",
    "amount": 20_000.0, "currency": "CNY", "disposition": "second_hand",
}  # fmt: skip
LEASE = {
    "kind": "lease_out", "event_time": datetime(2023, 6, 1, tzinfo=UTC), "machine": "M2", "market": "ID", "party": "C-3",
    "quantity": 12.0, "amount": 900.0, "currency": "CNY", "details": '{"residual":20000}',
}  # fmt: skip


def rows(thread: Thread, name: str, *columns: str, **where: object) -> list[tuple[object, ...]]:
    found = thread.view(TABLES[name], where=where or None)
    return [tuple(row[c] for c in columns) for row in found.to_pylist()]


def hold(thread: Thread, lot: str, part: str) -> str:
    decided = SUSPECT_LOTS.rows(
        [{"part": part, "lot": lot, "rank": 1, "machines": 2, "failures": 1, "expected": 0.1, "ratio": 10.0, "evidence": 5.0, "hold": True,
          "reason": "excess"}]
    )  # fmt: skip
    return thread.record(
        "learn.contain", SUSPECT_LOTS, Decision(decided, Proof("statistical", 5, 3, "llr")), basis={"seed": 1}
    )


def live(thread: Thread) -> None:
    """The pump of excavators in the heat lives exponentially, a hundred months on average."""
    life = dict.fromkeys(("shape", "shape_low", "shape_high", "b10_low", "b10_high", "rate_year", "pooled"), 1.0)
    life |= {"part": "PUMP", "family": "excavator", "climate": "hot", "scale_months": 100.0, "b10_months": 10.5}
    life |= {"components": 24, "failures": 4, "against_others": 1.0, "reason": "fails_by_chance"}
    decided = TABLES["part_life"].rows([life])
    thread.record("learn.hazard", TABLES["part_life"], Decision(decided, Proof("rule", 1, 1, "lives")), basis={})


def raise_issue(thread: Thread) -> None:
    issue = {"issue": "PUMP", "part": "PUMP", "family": "excavator", "climate": "hot", "since": date(2023, 2, 27)}
    issue |= {
        "seen": date(2023, 4, 24),
        "failures": 4,
        "expected": 1.0,
        "ratio": 4.0,
        "evidence": 1e6,
        "threshold": 1e4,
    }
    decided = TABLES["emerging_issues"].rows([issue | {"alarm": True, "reason": "new_alarm"}])
    thread.record("learn.emerging", TABLES["emerging_issues"], Decision(decided, Proof("rule", 1, 1, "n")), basis={})


def hear(thread: Thread, *days: date, model: str = "X20", market: str = "ID") -> str:
    said = [
        {"said": f"T{k}", "said_on": day, "market": market, "model": model, "language": "en", "system": "engine", "fault": None, "sure": 0.7,
         "examples": 20, "least_examples": 20, "counts": True, "reason": "sure"}
        for k, day in enumerate(days)
    ]  # fmt: skip
    decided = VOICED_TEXTS.rows(said)
    return thread.record(
        "learn.voice", VOICED_TEXTS, Decision(decided, Proof("statistical", 1, 1, "share")), basis={"seed": 1}
    )


FAILING_LOT = [
    {
        "kind": "failure",
        "event_time": MORNING,
        "machine": m,
        "part": "PUMP",
        "component": "pump",
        "lot": "PU-1",
        "code": "seal",
    }
    for m in ("M1", "M2")
]


LOOKED_AT = {
    "kind": "grading", "event_time": datetime(2023, 10, 4, tzinfo=UTC), "machine": "M3", "ref": "RMA-1", "code": "frame", "quantity": 0.2,
}  # fmt: skip

ACCEPTED = {
    "kind": "service_visit", "event_time": datetime(2023, 8, 2, tzinfo=UTC), "machine": "M1", "ref": "T-1", "disposition": "accepted",
}  # fmt: skip


UNSOLD = {
    "kind": "receiving", "event_time": datetime(2023, 8, 3, tzinfo=UTC), "machine": "M8", "ref": "RMA-8", "disposition": "returned",
}  # fmt: skip


def test_every_seen_table_keeps_its_contract_sealed_and_unsealed(small: Thread) -> None:
    hold(small, "POW-1", "POWDER")
    hear(small, date(2023, 7, 4))
    live(small)
    raise_issue(small)
    small.append([RESALE, LEASE, LOOKED_AT, ACCEPTED, UNSOLD, *FLOOR, *FAILING_LOT])
    before = {spec.name: small.view(spec) for spec in SEEN}
    versions = {spec.name: small.version(spec) for spec in SEEN if spec.name not in LAZY}
    small.seal()
    for spec in SEEN:
        seen = before[spec.name]
        assert spec.breaches(seen) == []
        assert seen.schema.names == list(spec.columns)
        assert seen.num_rows > 0 or spec.name == "returns", spec.name
        by_key = [(k, "ascending") for k in spec.key]
        assert small.view(spec).sort_by(by_key).equals(seen.sort_by(by_key)), spec.name
    assert {name: small.version(TABLES[name]) for name in versions} == versions


def test_machines(small: Thread) -> None:
    assert rows(small, "machines", "machine", "family", "status", "place", "market", "holder", "partner", "started", "start_source", "hours", "failures") == [
        ("M1", "excavator", "customer", None, "ID", "C-1", "SP-1", date(2023, 4, 1), "start_up", 421.0, 1),
        ("M2", "excavator", "customer", None, "ID", "C-3", "SP-2", date(2023, 4, 1), "start_up", None, 0),
        ("M3", "generator", "returned", "HUB", "DE", "C-2", None, date(2023, 5, 1), "sale", None, 0),
        ("M4", "generator", "stock", "STORE", None, None, None, None, None, None, 0),
    ]  # fmt: skip


def test_a_shipped_machine_without_a_sale_starts_45_days_later(empty: Thread) -> None:
    at = datetime(2023, 1, 1, tzinfo=UTC)
    empty.append([{"kind": "shipping", "event_time": at, "machine": "M9", "market": "ID"}])
    assert rows(empty, "machines", "started", "start_source", "status") == [(date(2023, 2, 15), "shipping", "ship")]


def test_line_tables(small: Thread) -> None:
    assert rows(
        small, "work_orders", "work_order", "line", "model", "sales_order", "market", "colour", "options", "due", "rank"
    ) == [("WO-5", "L1", "X20", "SO-9", "ID", "yellow", "A B", date(2024, 1, 15), 3)]
    assert rows(small, "kits", "work_order", "component", "part", "lot") == [("WO-5", "pump", "PUMP", "PU-1")]
    assert rows(small, "measurements", "characteristic", "subgroup", "piece", "value", "lot") == [
        ("bore", 1, 1, 10.1, "PU-1")
    ]


def test_shop_floor_tables(small: Thread) -> None:
    """A station that is no number belongs to no station; a call from elsewhere stands under its place."""
    small.append(FLOOR)
    assert rows(small, "station_acts", "line", "station", "work_order", "kind", "step", "value", "verdict") == [
        ("L1", 2, "WO-5", "task_done", "task:T7", None, None),
        ("L1", 2, "WO-5", "inspecting", "measure:gap", 9.0, "non_conformant"),
    ]
    assert rows(small, "station_progress", "line", "station", "at_work", "work_order", "finished_today") == [
        ("L1", 2, True, "WO-5", 0)
    ]
    assert rows(small, "help_calls", "call", "line", "station", "work_order", "why", "state", "closed", "told") == [
        ("H-1", "L1", 2, "WO-5", "tool", "taken", None, "not a time"),
        ("H-2", "PRESS", None, None, "E17", "open", None, None),
    ]


def test_market_and_ship_tables(small: Thread) -> None:
    assert rows(small, "sales", "month", "market", "region", "channel", "buyer", "model", "quantity", "amount") == [
        (date(2023, 4, 1), "ID", "Asia", "dealer", "business", "X20", 2, 100_000.0),
        (date(2023, 5, 1), "DE", "Europe", "dealer", "business", "G2", 1, 50_000.0),
    ]
    assert rows(small, "sales_orders", "sales_order", "quantity", "open_quantity", "amount", "wanted") == [
        ("SO-1", 3, 1, 50_000.0, date(2023, 3, 1)),
        ("SO-2", 2, 1, 2_000.0, None),
    ]
    assert rows(small, "ship_units", "machine", "sales_order", "market", "place", "mass_kg") == [
        ("M4", "SO-2", "DE", "STORE", 20_000.0)
    ]
    small.append([{"kind": "sales_order_cancelled", "event_time": small.clock(), "ref": "SO-1", "quantity": 1.0}])
    assert rows(small, "sales_orders", "sales_order") == [("SO-2",)]


def test_serve_tables(small: Thread) -> None:
    assert rows(
        small,
        "tickets",
        "ticket",
        "machine",
        "family",
        "market",
        "partner",
        "holder",
        "symptom",
        "cause",
        "remedy",
        "hours",
        "note",
    ) == [
        ("T-1", "M1", "excavator", "ID", "SP-1", "C-1", "leak", "seal", "visit", 420.0, "oil under the pump"),
        ("T-2", "M3", "generator", "DE", None, "C-2", "no start", None, None, None, None),
    ]
    assert rows(small, "ticket_answers", "ticket", "machine", "question", "answer") == [("T-1", "M1", "Q-1", "yes")]
    assert rows(small, "claims", "claim", "part", "system", "lot", "supplier", "amount", "verified", "started") == [
        ("CL-1", "PUMP", "hydraulics", "PU-1", "SUP", 900.0, True, date(2023, 4, 1))
    ]
    demand = rows(small, "spare_demand", "depot", "part", "climate", "used", "machines")
    assert demand == [("DEPOT-ID", "CELL", "hot", 0, 2), ("DEPOT-ID", "PUMP", "hot", 1, 2)]
    assert [(d, p, n) for d, p, _, n in rows(small, "spare_months", "depot", "part", "month", "used")] == [
        ("DEPOT-ID", "PUMP", 1)
    ], "failed and changed is one piece"


def test_campaigns_follow_the_decision_through_three_levels(small: Thread) -> None:
    assert rows(small, "campaign_machines", "machine") == []
    hold(small, "POW-1", "POWDER")
    assert rows(small, "campaign_machines", "machine", "part", "lot", "done") == [("M1", "POWDER", "POW-1", False)]
    hold(small, "PU-1", "PUMP")
    assert rows(small, "campaign_machines", "machine", "lot", "done") == [("M1", "PU-1", True), ("M2", "PU-1", False)]
    small.append(
        [{"kind": "campaign_repair", "event_time": small.clock(), "machine": "M2", "part": "PUMP", "ref": "CAMP"}]
    )
    assert rows(small, "campaign_machines", "machine", "done") == [("M1", True), ("M2", True)]


def test_a_campaign_is_counted_by_where_its_machines_are(small: Thread) -> None:
    """M1 has another pump by now; M2 is called in vain, then reached, then put right."""
    assert rows(small, "contained_machines", "lot") == []
    hold(small, "PU-1", "PUMP")

    def told() -> list[tuple[object, ...]]:
        found = rows(small, "contained_machines", "machines", "repaired", "unreachable", "open", "holders")
        return sorted(found)

    righted = (1, 1, 0, 0, 0)
    assert told() == [(1, 0, 0, 1, 1), righted]
    act = {"event_time": small.clock(), "machine": "M2", "part": "PUMP", "ref": "CAMP"}
    small.append([act | {"kind": "campaign_call", "disposition": "unreachable"}])
    assert told() == [(1, 0, 1, 0, 1), righted]
    later = act | {"event_time": small.clock() + timedelta(minutes=1)}
    small.append([later | {"kind": "campaign_call", "disposition": "reached"}])
    assert told() == [(1, 0, 0, 1, 1), righted]
    small.append([later | {"kind": "campaign_repair"}])
    assert told() == [righted, righted]


def test_suspicious_lots_of_any_part_and_level_are_told_apart_by_their_machines(bare: Thread) -> None:
    """24 machines with a pump each; in 4 of the 6 with ring R2 (which is inside pumps P2 and P3) the pump fails.

    Life of a pump: exponential of 100 months. All work for 120 days but the failed ones, which
    fail after 60: 20 x 120 + 4 x 60 = 2,640 days, of which R2's have 2 x 120 + 4 x 60 = 480. Scaled to the 4 failures seen:
    4 x 480 / 2,640 = 0.727 expected there. P2, with 3 of its 4 machines failed, is suspicious too, P3 (1 of 2) is not.
    """
    start = bare.clock() - timedelta(days=120)
    history: list[dict[str, object]] = [
        {"kind": "assembling", "event_time": start, "part": "PUMP", "lot": lot,
         "components": [{"component": "seal", "part": "RING", "lot": ring}]}
        for lot, ring in (("P1", "R1"), ("P2", "R2"), ("P3", "R2"))
    ]  # fmt: skip
    for k in range(24):
        lot, name = "P2" if k < 4 else "P3" if k < 6 else "P1", f"M{k:02d}"
        kit = [{"component": "pump", "part": "PUMP", "lot": lot}]
        history += [
            {"kind": "commissioning", "event_time": start, "machine": name, "part": "X20"},
            {"kind": "assembling", "event_time": start, "machine": name, "components": kit},
            {"kind": "retail_selling", "event_time": start, "machine": name, "market": "ID", "party": f"C{k}"},
            {"kind": "start_up", "event_time": start, "machine": name},
        ]
        if k in (0, 1, 2, 4):
            day = start + timedelta(days=60)
            history.append({"kind": "failure", "event_time": day, "machine": name, "part": "PUMP"})
    bare.append(history, source="hand")
    live(bare)
    raise_issue(bare)
    found = {(r["mix"], r["lot"]): r for r in bare.view(TABLES["lot_mixes"]).to_pylist()}
    suspicious = {lot for _, lot in found}
    assert suspicious == {"", "R2", "P2"}
    by_lot = {lot: [r for (_, name), r in found.items() if name == lot] for lot in suspicious}
    assert [sum(r[c] for r in by_lot["R2"]) for c in ("machines", "failures")] == [6, 4]
    assert sum(r["expected"] for r in by_lot["R2"]) == pytest.approx(4 * 480 / 2640)
    assert [sum(r[c] for r in by_lot["P2"]) for c in ("machines", "failures")] == [4, 3]
    (rest,) = by_lot[""]
    assert (rest["machines"], rest["failures"], rest["tried"]) == (18, 0, 5)
    alive = sum(r["to_come"] for r in by_lot["R2"])
    assert alive == pytest.approx(2 * 0.12 * 4 / (2640 / 30.4375 / 100))


def test_second_life_tables(small: Thread) -> None:
    assert rows(small, "returns", "rma", "machine", "grade", "why", "place", "returned", "price_new") == [
        ("RMA-1", "M3", "B", "noise", "HUB", date(2023, 10, 1), 50_000.0)
    ]
    small.append([RESALE])
    assert rows(small, "returns", "rma") == []
    assert rows(small, "resales", "machine", "grade", "price", "price_new") == [("M3", "B", 20_000.0, 50_000.0)]
    assert rows(small, "resales", "age_months")[0][0] == pytest.approx(
        (date(2023, 12, 1) - date(2023, 5, 1)).days / 30.4375
    )


def test_machines_on_lease_tell_the_last_lease_and_what_the_books_hold(bare: Thread) -> None:
    start = bare.clock() - timedelta(days=90)
    lease = {"kind": "lease_out", "market": "ID", "party": "L1", "quantity": 12.0, "amount": 900.0, "currency": "CNY"}
    history: list[dict[str, object]] = []
    for name in ("M1", "M2", "M3"):
        history += [
            {"kind": "commissioning", "event_time": start, "machine": name, "part": "X20"},
            {"kind": "start_up", "event_time": start, "machine": name},
            lease | {"event_time": start, "machine": name, "details": '{"residual":20000}'},
        ]
    again = start + timedelta(days=60)
    history += [
        {"kind": "lease_end", "event_time": again, "machine": "M2"},
        {"kind": "lease_end", "event_time": again, "machine": "M3"},
        lease | {"event_time": again, "machine": "M3", "party": "L2", "quantity": 24.0, "details": '{"residual":"?"}'},
    ]
    bare.append(history, source="hand")
    wanted = ("machine", "model", "holder", "months", "rent", "residual_set")
    assert rows(bare, "leased_machines", *wanted) == [
        ("M1", "X20", "L1", 12, 900.0, 20_000.0),
        ("M3", "X20", "L2", 24, 900.0, None),
    ]
    left = rows(bare, "leased_machines", "age_months", "months_left")
    assert left == [(pytest.approx(90 / 30.4375), pytest.approx(12 - 90 / 30.4375)),
                    (pytest.approx(90 / 30.4375), pytest.approx(24 - 30 / 30.4375))]  # fmt: skip


def test_life_groups_by_hand(small: Thread) -> None:
    """M1 and M2 start 2023-04-01 and stand 9 months on 2024-01-01 (275 days); M1's pump fails in month 4 (123 days)."""
    pumps = [r for r in small.view(TABLES["life_groups"]).to_pylist() if (r["part"], r["climate"]) == ("PUMP", "hot")]
    assert [(r["age_month"], r["entered"], r["failed"], r["censored"]) for r in pumps] == [
        (0, 2, 0, 0), (1, 2, 0, 0), (2, 2, 0, 0), (3, 2, 0, 0), (4, 2, 1, 0), (5, 1, 0, 0), (6, 1, 0, 0), (7, 1, 0, 0), (8, 1, 0, 0), (9, 1, 0, 1),
    ]  # fmt: skip
    cells = [r for r in small.view(TABLES["life_groups"]).to_pylist() if r["part"] == "CELL"]
    assert sum(r["censored"] for r in cells) == 2, "cells count through the packs they sit in"


def test_complaints_are_counted_beside_the_machines_in_service(small: Thread) -> None:
    """M1 and M2 are excavators in Indonesia, at work since 1 April; three texts in two weeks."""
    hear(small, date(2023, 7, 4), date(2023, 7, 9), date(2023, 7, 17))
    found = rows(
        small, "complaint_counts", "part", "system", "fault", "family", "market", "week", "failures", "exposure"
    )
    assert found == [
        ("engine:other", "engine", "other", "excavator", "ID", date(2023, 7, 3), 2, 2.0),
        ("engine:other", "engine", "other", "excavator", "ID", date(2023, 7, 17), 1, 2.0),
    ]


def test_learn_tables(small: Thread) -> None:
    counts = [r for r in small.view(TABLES["claim_counts"]).to_pylist() if (r["part"], r["climate"]) == ("PUMP", "hot")]
    assert {r["week"].weekday() for r in counts} == {0}
    assert [(r["week"], r["failures"], r["exposure"]) for r in counts if r["failures"]] == [(date(2023, 7, 31), 1, 2.0)]
    assert (counts[0]["week"], counts[-1]["week"]) == (date(2023, 3, 27), date(2024, 1, 1))
    lots = {
        (r["lot"], r["climate"]): (r["machines"], r["failures"]) for r in small.view(TABLES["lot_exposure"]).to_pylist()
    }
    assert lots == {
        ("PU-1", "hot"): (2, 1), ("PU-2", "temperate"): (1, 0), ("PACK-1", "hot"): (1, 0), ("PACK-2", "hot"): (1, 0),
        ("CELL-1", "hot"): (1, 0), ("CELL-2", "hot"): (1, 0), ("POW-1", "hot"): (1, 0),
    }  # fmt: skip
    months = {r["lot"]: r["service_months"] for r in small.view(TABLES["lot_exposure"]).to_pylist()}
    assert months["PU-1"] == pytest.approx((123 + 275) / 30.4375)
    assert rows(small, "failure_costs", "part", "family", "failures", "cost", "machines") == [
        ("PUMP", "excavator", 1, 900.0, 2)
    ]
    assert rows(small, "stage_money", "stage", "year", "family", "market", "value", "cost") == [
        ("assembly", "2023", "excavator", "*", 0.0, 1000.0),
        ("sales", "2023", "excavator", "*", 1500.0, 0.0),
        ("service", "2023", "excavator", "ID", 0.0, 900.0),
    ]


def test_a_withdrawn_event_is_in_no_view_but_the_story(small: Thread) -> None:
    failure = small.view(EVENTS, where={"kind": "failure"})["event_id"][0].as_py()
    assembling = small.view(EVENTS, where={"kind": "assembling", "machine": "M2"})["event_id"][0].as_py()
    small.seal()
    small.append(
        [{"kind": "error_declaration", "event_time": small.clock(), "corrects": c} for c in (failure, assembling)]
    )
    assert rows(small, "machines", "failures", machine="M1") == [(0,)]
    assert small.count(EVENTS, where={"kind": "failure"}) == 0
    assert small.components("M2").num_rows == 0
    assert small.containment("PU-1")["machine"].to_pylist() == ["M1"]
    flagged = {r["event_id"] for r in small.story("M1").to_pylist() if r["withdrawn"]}
    assert flagged == {failure}


def test_a_withdrawn_lot_within_a_lot_is_followed_no_more(small: Thread) -> None:
    wrong = small.view(EVENTS, where={"kind": "assembling", "lot": "CELL-1"})["event_id"][0].as_py()
    small.seal()
    assert small.containment("POW-1").num_rows == 1
    small.append([{"kind": "error_declaration", "event_time": small.clock(), "corrects": wrong}])
    assert small.containment("POW-1").num_rows == 0


def test_pages_filters_and_orders(small: Thread) -> None:
    machines = TABLES["machines"]
    pages = [small.view(machines, limit=1, offset=n)["machine"].to_pylist() for n in range(5)]
    assert pages == [["M1"], ["M2"], ["M3"], ["M4"], []]
    assert small.view(machines, order=("-machine",), limit=2)["machine"].to_pylist() == ["M4", "M3"]
    assert small.view(machines, where={"status": ["stock", "returned"], "line": "L1"})["machine"].to_pylist() == [
        "M3",
        "M4",
    ]
    assert small.view(machines, where={"market": None})["machine"].to_pylist() == ["M4"]
    assert small.count(machines, where={"market": "ID"}) == 2
    with pytest.raises(OptionRejected, match="table machines has no column colour"):
        small.view(machines, where={"colour": "red"})
    with pytest.raises(OptionRejected, match="table machines has no column machine; drop"):
        small.view(machines, order=("machine; drop",))


def test_versions_change_with_rows_and_only_with_rows(small: Thread) -> None:
    before = {s.name: small.version(s) for s in SEEN if s.name not in LAZY}
    small.append(
        [
            {
                "kind": "price",
                "event_time": small.clock(),
                "part": "X20",
                "amount": 1.0,
                "currency": "CNY",
                "market": "ID",
            }
        ]
    )
    assert {name: small.version(TABLES[name]) for name in before} == before
    small.append([{"kind": "ticket", "event_time": small.clock(), "machine": "M2", "ref": "T-3", "code": "leak"}])
    changed = {name for name in before if small.version(TABLES[name]) != before[name]}
    assert changed == {"tickets"}


def test_search(small: Thread) -> None:
    found = {(r["kind"], r["code"]) for r in small.search("pu").to_pylist()}
    assert found == {("lot", "PU-1"), ("lot", "PU-2"), ("lot", "PU-9"), ("part", "PUMP")}
    assert small.search("M1").to_pylist()[0] == {"kind": "machine", "code": "M1", "said": "X20 customer ID"}
    assert [r["code"] for r in small.search("t-").to_pylist() if r["kind"] == "ticket"] == ["T-1", "T-2"]
    assert small.search("%").num_rows == 0
    assert small.search("", limit=5).num_rows == 0


def measured(value: float, at: datetime, lot: str = "PU-1", **told: object) -> dict[str, object]:
    return {
        "kind": "inspecting", "event_time": at, "code": "bore", "quantity": value, "part": "PUMP", "lot": lot, "details": told,
    }  # fmt: skip


def test_measured_values_without_a_number_are_counted_on_behind_the_numbered_ones(small: Thread) -> None:
    """The small thread has bore 1/1; a value without a subgroup, or with a word for one, takes the place of none."""
    small.append(
        [
            measured(10.2, MORNING),
            measured(10.3, MORNING, subgroup=2, piece=1),
            measured(10.4, MORNING + timedelta(hours=1), subgroup="night shift", piece="first"),
            measured(10.5, MORNING + timedelta(hours=2), subgroup=2, piece=1),
        ]
    )
    assert rows(small, "measurements", "subgroup", "piece", "value") == [
        (1, 1, 10.1), (2, 1, 10.5), (3, 1, 10.2), (4, 1, 10.4),
    ]  # fmt: skip


def test_pieces_of_one_subgroup_are_numbered_where_nobody_did(small: Thread) -> None:
    """Three values of a told subgroup, one of them with its piece: the others come behind it, in their order."""
    small.append(
        [
            measured(10.4, MORNING, subgroup=2),
            measured(10.3, MORNING + timedelta(hours=1), subgroup=2, piece=2),
            measured(10.5, MORNING + timedelta(hours=2), subgroup=2),
        ]
    )
    told = [row for row in rows(small, "measurements", "subgroup", "piece", "value") if row[0] == 2]
    assert told == [(2, 2, 10.3), (2, 3, 10.4), (2, 4, 10.5)]


def signal(thread: Thread, characteristic: str, at: datetime, lot: str) -> None:
    """A chart of this name, of the bore or joint, signals for the lot; of the last subgroup alone is told here."""
    given = {"part": "PUMP", "name": "bore", "unit": "mm", "subgroup": 1, "lower_spec": 9.0, "upper_spec": 11.0}
    spec = TABLES["characteristics"]
    thread.put(spec, spec.rows([given | {"characteristic": "bore", "joint": "pair"}]))
    row = {"characteristic": characteristic, "subgroup": 9, "mean": 12.0, "centre": 10.0, "lower": 9.0, "upper": 11.0,
           "signal": True, "rule": 1, "lot": lot, "reason": "beyond_limit", "part": "PUMP", "measured": at}  # fmt: skip
    spec = TABLES["control_signals"]
    thread.record("line.control", spec, Decision(spec.rows([row]), Proof("statistical", 1, 0, "share")), basis={})


def reject(thread: Thread, at: datetime, lot: str) -> None:
    row = {"part": "PUMP", "supplier": "SUP", "lot": lot, "inspected": at, "verdict": "rejected", "lot_size": 200,
           "standing": "normal", "samples": 1, "sampled": 32, "asked": 32, "defectives": 9, "score": 0,
           "next_standing": "normal", "reason": "rejected"}  # fmt: skip
    spec = TABLES["lot_verdicts"]
    thread.record("line.sample", spec, Decision(spec.rows([row]), Proof("rule", 1, 1, "lots")), basis={})


@pytest.mark.parametrize("source", ["bore", "pair", "sample"])
@pytest.mark.parametrize("heard", ["before", "after"])
def test_a_release_frees_a_lot_of_what_was_known_by_then(small: Thread, source: str, heard: str) -> None:
    """Bad at 8:00, released at 8:10 for another reason. Heard of only then, the lot waits; heard before, it is free."""
    bad = measured(12.0, MORNING, "HX-9", **({"lot_size": 200, "sampled": 32} if source == "sample" else {}))
    free = {"kind": "holding", "event_time": MORNING + timedelta(minutes=10), "part": "PUMP", "lot": "HX-9",
            "disposition": "conformant"}  # fmt: skip
    for event in (bad, free) if heard == "before" else (free, bad):
        small.append([event])
    if source == "sample":
        reject(small, MORNING, "HX-9")
    else:
        signal(small, source, MORNING, "HX-9")
    name = "line.sample" if source == "sample" else "line.control"
    expected = [(name, MORNING, 1, False)] if heard == "after" else []
    assert rows(small, "lot_holds", "source", "since", "signals", "set_aside", lot="HX-9") == expected
    small.seal()
    assert rows(small, "lot_holds", "source", "since", "signals", "set_aside", lot="HX-9") == expected
    small.append([free | {"event_time": MORNING + timedelta(minutes=20)}])
    assert rows(small, "lot_holds", "lot", lot="HX-9") == [], "a release that knew of it frees it"


def test_words_of_one_instant_count_in_the_order_they_were_told(small: Thread) -> None:
    """A clock that stands: held, released, held again: the lot waits, by a person's word, until it is released again."""
    word = {"kind": "holding", "event_time": MORNING, "part": "PUMP", "lot": "HX-9"}
    for n, disposition in enumerate(["non_conformant", "conformant", "non_conformant", "conformant"]):
        small.append([word | {"ref": f"NCR-{n}", "disposition": disposition}])
        held = [("NCR-2" if n == 2 else "NCR-0", 1, True)] if n % 2 == 0 else []
        assert rows(small, "lot_holds", "ref", "signals", "set_aside", lot="HX-9") == held


def test_an_older_release_told_late_frees_no_later_hold(small: Thread) -> None:
    word = {"kind": "holding", "part": "PUMP", "lot": "HX-9"}
    small.append([word | {"event_time": MORNING + timedelta(hours=1), "disposition": "non_conformant"}])
    small.append([word | {"event_time": MORNING, "disposition": "conformant"}])
    assert rows(small, "lot_holds", "since", lot="HX-9") == [(MORNING + timedelta(hours=1),)]


def test_a_return_counts_to_the_last_sale_before_it(bare: Thread) -> None:
    """M1 comes back after 25 days, is sold again used, and comes back after five more: each sale has its own return."""
    day = datetime(2023, 6, 5, tzinfo=UTC)
    sale = {
        "kind": "retail_selling",
        "machine": "M1",
        "market": "DE",
        "code": "amazon",
        "amount": 9.0,
        "currency": "EUR",
    }
    back = {"kind": "receiving", "machine": "M1", "disposition": "returned"}
    told = [
        {**sale, "event_time": day},
        {**back, "event_time": day + timedelta(days=25), "ref": "R1"},
        {**sale, "event_time": day + timedelta(days=40), "disposition": "second_hand", "amount": 5.0},
        {**back, "event_time": day + timedelta(days=45), "ref": "R2"},
        {"kind": "lease_end", "machine": "M1", "event_time": day + timedelta(days=60), "ref": "R3"},
    ]
    bare.append(told)
    found = {r["channel"]: r for r in bare.view(TABLES["return_cohorts"]).to_pylist()}
    assert {c: (r["sold"], r["machines"], r["amount"]) for c, r in found.items()} == {
        "amazon": (date(2023, 6, 5), 1, 9.0),
        "second_hand": (date(2023, 7, 10), 1, 5.0),
    }
    assert [found["amazon"][f"back_{d}"] for d in (20, 30, 90)] == [0, 1, 1]
    assert [found["second_hand"][f"back_{d}"] for d in (10, 90)] == [1, 1]


def test_a_return_of_what_was_neither_shipped_nor_sold_nor_started_stands_alone(empty: Thread) -> None:
    """Shipped and returned unsold is sound; built here and back without either, or never built, is not."""
    at = datetime(2023, 1, 1, tzinfo=UTC)
    back = {"kind": "receiving", "event_time": at + timedelta(days=9), "disposition": "returned"}
    empty.append(
        [{"kind": "commissioning", "event_time": at, "machine": m, "part": "X20"} for m in ("M1", "M2")]
        + [{"kind": "shipping", "event_time": at, "machine": "M1"}]
        + [{**back, "machine": m, "ref": f"R-{m}"} for m in ("M1", "M2", "M3")]
    )
    for _ in range(2):
        assert rows(empty, "unsold_returns", "machine", "model", "returned", "rma") == [
            ("M2", "X20", date(2023, 1, 10), "R-M2"),
            ("M3", None, date(2023, 1, 10), "R-M3"),
        ]
        empty.seal()


def test_a_machine_is_covered_by_the_term_that_fits_it_best(small: Thread) -> None:
    """Own market before every other, then own group; from start-up on, to the last day of a shorter month."""
    term = {"family": "excavator", "market": "*", "system": "*", "months": 12, "hours": 900.0, "supplier_share": 0.0}
    spec = TABLES["warranty_terms"]
    terms = [
        term,
        {**term, "system": "hydraulics", "months": 24},
        {**term, "market": "ID", "months": 22, "hours": None},
    ]
    small.put(spec, spec.rows(terms))
    covers = rows(small, "machine_covers", "system", "months", "until", "hours_most", machine="M1")
    assert sorted(covers) == [("*", 22, date(2025, 2, 1), None), ("hydraulics", 22, date(2025, 2, 1), None)]
    small.put(spec, spec.rows(terms[:2]))
    covers = rows(small, "machine_covers", "system", "months", "until", "hours_most", machine="M1")
    assert sorted(covers) == [("*", 12, date(2024, 4, 1), 900.0), ("hydraulics", 24, date(2025, 4, 1), 900.0)]
    assert rows(small, "machine_covers", "system", machine="M3") == [], "nothing is kept for generators"


def test_what_covers_a_machine_decides_its_claims(small: Thread) -> None:
    """The term that the machine shows is the one that the claim desk took."""
    term = {"family": "excavator", "market": "*", "system": "*", "months": 12, "hours": None, "supplier_share": 0.0}
    small.put(
        TABLES["warranty_terms"], TABLES["warranty_terms"].rows([term, {**term, "system": "hydraulics", "months": 24}])
    )
    found = decide_claims(*(small.view(TABLES[n]) for n in ("claims", "warranty_terms", "currency_rates")))
    shown = dict(rows(small, "machine_covers", "system", "months", machine="M1"))
    assert [r["months"] for r in found.rows.to_pylist()] == [shown["hydraulics"]]
