"""The desk of tickets: due first, the same fault told twice, suspect lots and known issues by name."""

from __future__ import annotations

import datetime as dt
import re

from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from smilecurve.app.http.pages_tickets import SYMPTOMS
from smilecurve.app.pages.ticketdesk import hours_allowed, open_tickets, same_fault
from smilecurve.app.pages.words import speak
from smilecurve.app.reading import Reading
from smilecurve.terms.scope import MAKER, Scope
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread

NOON = dt.datetime(2023, 6, 29, 12, tzinfo=dt.UTC)


def ticket(code: str, hours_before: float, machine: str = "M1", symptom: str = "leak") -> dict[str, object]:
    opened = NOON - dt.timedelta(hours=hours_before)
    return {"ticket": code, "machine": machine, "symptom": symptom, "opened": opened}


def test_the_same_fault_is_of_the_same_machine_symptom_and_fortnight() -> None:
    now = ticket("T-9", 0)
    others = [now, ticket("T-1", 24 * 14), ticket("T-2", 5, "M2"), ticket("T-3", 5, "M1", "noise"), ticket("T-4", -3)]
    assert same_fault(now, others) == "T-1"
    assert same_fault(now, [*others, ticket("T-5", 30)]) == "T-5"
    assert same_fault(now, [ticket("T-0", 24 * 14 + 0.1)]) == ""


def test_without_a_level_there_is_no_term() -> None:
    assert hours_allowed([], "ID", "leak") is None
    rows = [{"market": "ID", "symptom": "*", "solve_h": 9.0}, {"market": "*", "symptom": "leak", "solve_h": 5.0}]
    assert hours_allowed(rows, "ID", "leak") == 9.0, "the market goes before the symptom"
    assert hours_allowed(rows, "AE", "noise") is None


@given(st.permutations([("ID", "leak", 1.0), ("ID", "*", 2.0), ("*", "leak", 3.0), ("*", "*", 4.0)]))
def test_the_order_of_levels_changes_nothing(rows: list[tuple[str, str, float]]) -> None:
    levels = [dict(zip(("market", "symptom", "solve_h"), r, strict=True)) for r in rows]
    asked = [("ID", "leak"), ("ID", "noise"), ("AE", "leak"), ("AE", "noise")]
    assert [hours_allowed(levels, *a) for a in asked] == [1.0, 2.0, 3.0, 4.0]


def _levels(thread: Thread) -> None:
    rows = [{"market": "*", "symptom": s, "solve_h": h} for s, h in (("no_start", 24.0), ("*", 72.0))]
    thread.put(table("service_levels"), table("service_levels").rows(rows), by="test")


def test_late_tickets_come_first_and_issues_are_named(excavators: Thread) -> None:
    """Every count is taken again from the tables themselves."""
    _levels(excavators)
    found = open_tickets(Reading(excavators, MAKER), speak("en"), SYMPTOMS)
    rows = {t["ticket"]: t for t in excavators.view(table("tickets"), where={"closed": None}).to_pylist()}
    assert {f.ticket for f in found} == set(rows)
    left = [f.left_h for f in found if f.left_h is not None]
    assert left == sorted(left)
    clock = excavators.clock()
    for f in found:
        hours = 24.0 if rows[f.ticket]["symptom"] == "no_start" else 72.0
        end = rows[f.ticket]["opened"] + dt.timedelta(hours=hours)
        assert f.tone == ("bad" if end < clock else "warn" if (end - clock).total_seconds() < 900 * hours else "good")
    held = {c["machine"] for c in excavators.view(table("campaign_machines")).to_pylist() if not c["done"]}
    with_lot = {f.ticket for f in found if any(m.kind == "lot" for m in f.matches)}
    assert with_lot == {t for t, r in rows.items() if r["machine"] in held}
    assert with_lot
    issues = {m.name for f in found for m in f.matches if m.kind == "issue"}
    alarms = {i["issue"] for i in excavators.view(table("emerging_issues")).to_pylist() if i["alarm"]}
    assert issues
    assert issues <= alarms


def test_a_customer_sees_his_own_tickets_and_no_lots(excavators: Thread) -> None:
    _levels(excavators)
    row = excavators.view(table("tickets"), where={"closed": None}, limit=1).to_pylist()[0]
    own = open_tickets(Reading(excavators, Scope.parse(f"customer:{row['holder']}")), speak("ar"), SYMPTOMS)
    mine = excavators.view(table("tickets"), where={"closed": None, "holder": row["holder"]})
    assert {f.ticket for f in own} == set(mine["ticket"].to_pylist())
    assert all(m.kind == "duplicate" for f in own for m in f.matches)


def test_the_desk_links_to_what_a_ticket_belongs_to(client: TestClient) -> None:
    page = client.get("/tickets").text
    lots = set(re.findall(r'class="match lot" href="(/lots/[^"]+)"', page))
    assert lots
    assert all(client.get(go).status_code == 200 for go in lots)
    assert "/desks/learn.emerging" in page
    serial = client.get("/api/v1/tables/machines/rows?status=customer&limit=1").json()["rows"][0]["machine"]
    filled = {"serial": serial, "symptom": "leak"}
    first, second = (
        client.post("/tickets", data=filled, headers={"accept": "application/json"}).json()["ticket"] for _ in range(2)
    )
    twice = client.get("/tickets?show=duplicate").text
    assert re.search(rf"{second if second > first else first}.*{second if second < first else first}", twice, re.DOTALL)
    late = client.get("/tickets?show=late").text
    assert late.count("clock bad") == max(late.count("<tr>") - 1, 0)
