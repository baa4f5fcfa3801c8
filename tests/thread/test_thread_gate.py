from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.scope import MAKER, Scope
from smilecurve.terms.table import BY_COLUMN, Spec
from smilecurve.terms.tables import TABLES
from smilecurve.terms.tables.learn import SUSPECT_LOTS
from smilecurve.terms.tables.serve_claims import CLAIM_DECISIONS
from smilecurve.terms.tables.thread import COMPONENTS, DECISIONS, LOT_MACHINES, STORY
from smilecurve.thread.store import Thread

SCOPES = [
    Scope.parse(text)
    for text in ("dealer:ID", "dealer:DE", "dealer:FR", "partner:SP-1", "partner:nobody", "customer:C-2", "customer:C-3")
]  # fmt: skip
OWN: Mapping[str, set[str]] = {
    "dealer:ID": {"M1", "M2"}, "dealer:DE": {"M3"}, "dealer:FR": set(), "partner:SP-1": {"M1"}, "partner:SP-2": {"M2"}, "partner:nobody": set(),
    "customer:C-1": {"M1"}, "customer:C-2": {"M3"}, "customer:C-3": {"M2"}, "customer:M1": set(),
}  # fmt: skip


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory, furnished: Callable[[Path], Thread]) -> Iterator[Thread]:
    thread = furnished(tmp_path_factory.mktemp("gate"))
    lots = [
        {
            "part": "PUMP",
            "lot": "PU-1",
            "rank": 1,
            "machines": 2,
            "failures": 1,
            "expected": 0.1,
            "ratio": 10.0,
            "evidence": 5.0,
            "hold": True,
            "reason": "x",
        }
    ]
    claims = [
        {"claim": f"CL-{m}", "machine": m, "market": k, "partner": p, "holder": h, "covered": True, "amount": 1.0, "paid": 1.0, "recovered": 0.0,
         "currency": "CNY", "reason": "covered"}
        for m, k, p, h in (("M1", "ID", "SP-1", "C-1"), ("M2", "ID", "SP-2", "C-3"), ("M3", "DE", None, "C-2"))
    ]  # fmt: skip
    for spec, rows in ((SUSPECT_LOTS, lots), (CLAIM_DECISIONS, claims)):
        thread.record(f"x.{spec.name}", spec, Decision(spec.rows(rows), Proof("rule", 1, 1, "")), basis={})
    yield thread
    thread.close()


def outside(spec: Spec, row: Mapping[str, object], scope: Scope) -> bool:
    """Does this row lie outside the scope, told from the Spec alone and the machines written by hand?"""
    rule = spec.sees.get(scope.role)
    if rule == "*":
        return False
    if rule is None:
        return True
    if rule == "@machine":
        return row["machine"] not in OWN[str(scope)]
    return row[rule] != scope.code


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_no_read_returns_a_row_outside_its_scope(decided: Thread, scope: Scope) -> None:
    """Every table, every way to read it: whole, filtered, counted, ordered, as of a moment, searched, traced, decided."""
    for spec in TABLES.values():
        whole = decided.view(spec).to_pylist()
        allowed = [row for row in whole if not outside(spec, row, scope)]
        seen = decided.view(spec, scope=scope)
        assert len(seen) == len(allowed), spec.name
        assert [row for row in seen.to_pylist() if outside(spec, row, scope)] == [], spec.name
        assert decided.count(spec, scope=scope) == len(allowed)
        assert decided.view(spec, scope=scope, limit=2, order=("-" + spec.columns[0],)).num_rows == min(2, len(allowed))
        for row in [row for row in whole if outside(spec, row, scope)][:2]:
            where = {k: row[k] for k in spec.key}
            named = [r for r in allowed if all(r[k] == v for k, v in where.items())]
            assert decided.view(spec, scope=scope, where=where).to_pylist() == named
    then = decided.view(TABLES["machines"], scope=scope, as_of=decided.clock())
    assert set(then["machine"].to_pylist()) == OWN[str(scope)]


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_traces_searches_and_decisions_keep_the_scope(decided: Thread, scope: Scope) -> None:
    own = OWN[str(scope)]
    for machine in ("M1", "M2", "M3", "M4"):
        assert (decided.story(machine, scope=scope).num_rows > 0) == (machine in own)
        assert (decided.components(machine, scope=scope).num_rows > 0) == (machine in own)
    for lot in ("PU-1", "PU-2", "POW-1", "CELL-2", "PU-9"):
        everywhere = set(decided.containment(lot)["machine"].to_pylist())
        assert set(decided.containment(lot, scope=scope)["machine"].to_pylist()) == everywhere & own
    for text in ("M", "PU", "SO", "T-", "C", "a"):
        for hit in decided.search(text, scope=scope, limit=100).to_pylist():
            if hit["kind"] == "machine":
                assert hit["code"] in own
            elif hit["kind"] == "lot":
                assert set(decided.containment(hit["code"])["machine"].to_pylist()) & own
            elif hit["kind"] == "ticket":
                assert decided.view(TABLES["tickets"], where={"ticket": hit["code"]})["machine"][0].as_py() in own
            elif hit["kind"] == "sales_order":
                assert decided.count(TABLES["sales_orders"], scope=scope, where={"sales_order": hit["code"]}) == 1
            else:
                assert hit["kind"] == "part"
                assert scope.role in TABLES["parts"].sees
    claims = next(d["decision"] for d in decided.view(DECISIONS).to_pylist() if d["table"] == "claim_decisions")
    assert set(decided.rows_of(claims, scope=scope)["machine"].to_pylist()) == own & {"M1", "M2", "M3"}
    assert decided.view(DECISIONS, scope=scope).num_rows == 0


def test_a_scope_follows_the_machine_when_it_moves(small: Thread) -> None:
    dealer = Scope("dealer", "FR")
    assert small.story("M3", scope=dealer).num_rows == 0
    small.append([{"kind": "shipping", "event_time": small.clock(), "machine": "M3", "market": "FR"}])
    assert small.story("M3", scope=dealer).num_rows > 0
    assert small.story("M3", scope=Scope("dealer", "DE")).num_rows == 0


def test_a_code_is_a_value_and_never_sql(decided: Thread) -> None:
    for code in ("ID' or '1'='1", "%", "*", "@machine"):
        for role in BY_COLUMN:
            scope = Scope.parse(f"{role}:{code}")
            for spec in (STORY, COMPONENTS, LOT_MACHINES, TABLES["machines"]):
                assert decided.count(spec, scope=scope) == 0
    assert decided.search("' or 1=1 --", scope=MAKER).num_rows == 0
