"""serve.dispatch: tours for tickets and for machines with a suspect lot."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.serve.dispatch import dispatch_visits
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.learn import SUSPECT_LOTS
from smilecurve.terms.tables.market import MARKETS
from smilecurve.terms.tables.serve import CAMPAIGN_MACHINES, PARTNERS, TECHNICIANS
from smilecurve.terms.tables.serve_stock import DEPOT_STOCKS, DEPOTS
from smilecurve.terms.tables.serve_tickets import TICKET_TRIAGE, TICKETS
from smilecurve.terms.tables.serve_tools import TOOL_NEEDS, TOOLS
from smilecurve.terms.tables.serve_vans import VAN_STOCKS
from smilecurve.terms.tables.serve_visits import SERVICE_LEVELS, VISIT_ACTS

OPENED = datetime(2026, 5, 4, 8, tzinfo=UTC)
# TSPLIB burma14 (Reinelt 1991): degrees and minutes of latitude and longitude; shortest tour 3,323 km
BURMA = (
    (16.47, 96.10), (16.47, 94.44), (20.09, 92.54), (22.39, 93.37), (25.23, 97.24), (22.00, 96.05), (20.47, 97.02),
    (17.20, 96.29), (16.30, 97.38), (14.05, 98.12), (16.53, 97.38), (21.52, 95.59), (19.41, 97.13), (20.09, 94.55),
)  # fmt: skip


def technician(name: str, latitude: float = 0.0, **more: object) -> dict[str, object]:
    base = {"technician": name, "partner": "SP1", "market": "MM", "latitude": latitude, "longitude": 0.0}
    return base | {"skills": "engine", "shift_start_h": 8.0, "shift_end_h": 17.0, "speed_km_h": 60.0} | more


def visit(name: str, latitude: float | None, **more: object) -> tuple[dict[str, object], dict[str, object]]:
    ticket = {"ticket": name, "machine": f"M-{name}", "model": "X", "family": "f", "symptom": "s", "opened": OPENED}
    ticket |= {"latitude": latitude, "longitude": 0.0 if latitude is not None else None}
    triage = {"ticket": name, "machine": f"M-{name}", "market": "MM", "symptom": "s", "cause": "c", "probability": 1.0}
    triage |= {"step": "visit", "minutes": 60, "expected_cost": 1.0, "currency": "CNY", "reason": "clear"}
    for key, value in more.items():
        (ticket if key in ("opened", "longitude") else triage)[key] = value
    return ticket, triage


def campaign(machine: str, latitude: float, **more: object) -> dict[str, object]:
    base = {"machine": machine, "model": "X", "part": "PUMP", "lot": "L7", "market": "MM", "status": "customer"}
    return base | {"latitude": latitude, "longitude": 0.0, "done": False} | more


def tool(name: str, keeper: str, kept: str = "technician", pieces: int = 1) -> dict[str, object]:
    return {"tool": name, "kept_by": kept, "keeper": keeper, "pieces": pieces}


def run(
    visits: list[tuple[dict[str, object], dict[str, object]]],
    people: list[dict[str, object]],
    campaigns: list[dict[str, object]] | None = None,
    stock: list[dict[str, object]] | None = None,
    partners: list[dict[str, object]] | None = None,
    vans: list[dict[str, object]] | None = None,
    acts: list[dict[str, object]] | None = None,
    markets: list[dict[str, object]] | None = None,
    levels: list[dict[str, object]] | None = None,
    tools: list[dict[str, object]] | None = None,
    needs: list[dict[str, object]] | None = None,
    **options: object,
) -> Decision:
    return dispatch_visits(
        TICKET_TRIAGE.rows([t for _, t in visits]),
        TICKETS.rows([t for t, _ in visits]),
        CAMPAIGN_MACHINES.rows(campaigns or []),
        TECHNICIANS.rows(people),
        DEPOT_STOCKS.rows(stock or []),
        DEPOTS.rows(
            [{"depot": "D0", "name": "d", "market": "MM", "latitude": 0.0, "longitude": 0.0, "resupply_days": 9.0}]
        ),
        MARKETS.rows(markets or []),
        PARTNERS.rows(partners or []),
        VAN_STOCKS.rows(vans or []),
        VISIT_ACTS.rows(acts or []),
        SERVICE_LEVELS.rows(levels or []),
        TOOLS.rows(tools or []),
        TOOL_NEEDS.rows(needs or []),
        **options,
    )


def test_by_hand() -> None:
    """One degree of latitude is 111.195 km: 1.853 h at 60 km/h. Stop A at 1 degree, B at 2, one hour of work each.

    Out 1.853, A 1, on 1.853, B 1, home 3.706: 9.412 h do not fit into 8..17 h, so one of them waits for day 1. A alone
    takes 4.706 h, B alone 8.412 h. B weighs more (it waited 5 days: 2.5 against 2), and a day costs 0.5 h a unit of
    weight: B today and A tomorrow is 4.706 + 8.412 + 0.5 x 2.0 = 14.118 h; the other way round costs 0.25 h more.
    """
    older = datetime(2026, 4, 29, 8, tzinfo=UTC)
    got = run([visit("A", 1.0), visit("B", 2.0, opened=older)], [technician("T1")], detour=1.0, overtime_h=0.0)
    first, second = got.rows.to_pylist()
    assert (first["visit"], first["day"], first["position"]) == ("A", 1, 1)
    assert (second["visit"], second["day"], second["priority"]) == ("B", 0, 2.5)
    assert second["travel_km"] == pytest.approx(222.39, abs=0.01)
    assert second["arrive_h"] == pytest.approx(8 + 3.7065, abs=1e-3)
    assert got.proof.value == pytest.approx(14.118, abs=2e-3)
    assert got.figures["travel_km"] == pytest.approx(6 * 111.195, abs=0.01)
    assert dispatch_visits.sentence(second) == "T1 comes on 2026-05-04 at 11.7 h as stop 1, 222 km on; priority 2.5"


def test_meets_published_results() -> None:
    """burma14: the shortest tour is 3,323 km on TSPLIB's sphere (radius 6,378.388 km, whole kilometres)."""
    degrees = [tuple(np.trunc(x) + (x - np.trunc(x)) * 5 / 3 for x in place) for place in BURMA]
    stops = [visit(f"C{i:02d}", float(a), longitude=float(b), minutes=0) for i, (a, b) in enumerate(degrees[1:], 2)]
    home = technician("T1", float(degrees[0][0]), longitude=float(degrees[0][1]), speed_km_h=1000.0)
    got = run(stops, [home], days=1, detour=1.0, leave_out_h=100.0)
    assert got.figures["made"] == 13
    assert got.figures["travel_km"] * 6378.388 / 6371.0088 == pytest.approx(3323, rel=0.003)
    assert got.proof.against <= got.proof.value


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(0, 12), people=st.integers(1, 3))
def test_holds_its_laws(seed: int, n: int, people: int) -> None:
    """Skills, shifts and parts hold; every call has one row; a lot that is not held is not visited."""
    draw = np.random.default_rng(seed)
    crew = [
        technician(f"T{i}", float(draw.uniform(-2, 2)), skills=["engine", "engine hydraulics"][i % 2])
        for i in range(people)
    ]
    visits = [visit(f"V{i}", float(draw.uniform(-2, 2)), skill=[None, "engine", "hydraulics"][i % 3]) for i in range(n)]
    machines = [campaign(f"M{i}", float(draw.uniform(-2, 2)), lot=f"L{i % 2}") for i in range(n)]
    lots = [{"part": "PUMP", "lot": f"L{i}", "rank": 1, "machines": 9, "failures": 4, "expected": 1.0, "ratio": 4.0,
             "evidence": 3.0, "hold": i == 0, "reason": "r"} for i in range(2)]  # fmt: skip
    stock = [{"depot": "D0", "part": "PUMP", "on_hand": 2}]
    got = run(visits, crew, machines, stock, suspect_lots=SUSPECT_LOTS.rows(lots), rounds=100, days=2)
    rows = got.rows.to_pylist()
    assert len(rows) == n + (n + 1) // 2
    assert sum(row["kind"] == "campaign" and row["technician"] is not None for row in rows) <= 2
    assert got.proof.against <= got.proof.value + 1e-9
    skills = {person["technician"]: str(person["skills"]).split() for person in crew}
    for row in rows:
        assert dispatch_visits.sentence(row)
        if row["technician"] is None:
            assert row["reason"] not in ("ticket", "campaign")
            continue
        assert row["skill"] in (None, *skills[row["technician"]])
        assert 8.0 <= row["arrive_h"] <= row["leave_h"] <= 19.0
    for key in {(row["technician"], row["day"]) for row in rows if row["technician"]}:
        tour = sorted((r for r in rows if (r["technician"], r["day"]) == key), key=lambda r: r["position"])
        assert [row["position"] for row in tour] == list(range(1, len(tour) + 1))
        assert all(a["leave_h"] <= b["arrive_h"] + 1e-9 for a, b in itertools.pairwise(tour))
    assert run(visits[::-1], crew[::-1], machines[::-1], stock, suspect_lots=SUSPECT_LOTS.rows(lots), rounds=100,
               days=2).rows.equals(got.rows)  # fmt: skip


def test_says_why_nobody_comes_and_leaves_the_mended_alone() -> None:
    visits = [
        visit("A", None),
        visit("B", 1.0, skill="lasers"),
        visit("C", 60.0),
        visit("D", 1.0, market="FR"),
        visit("E", 1.0, part="P9"),
        visit("F", 1.0, step="remote"),
    ]
    machines = [campaign("M1", 0.1, done=True), campaign("M2", 0.1, status="stock")]
    got = run(visits, [technician("T1")], machines)
    assert [row["reason"] for row in got.rows.to_pylist()] == [
        "no_place", "no_skill", "no_time", "no_technician", "no_part",
    ]  # fmt: skip
    assert got.status == "none"
    assert got.clash[0].what == "no technician works in FR"


def test_parts_come_from_the_van_or_from_the_depot_on_the_way() -> None:
    """Home and depot at 0 degrees, work at 1 degree (1.853 h away). With the part in the van the way is 111 km and the
    day 4.706 h; the depot lies at home, so a stop there costs nothing more and the next part comes from it.
    """
    market = {"market": "MM", "name": "m", "region": "r", "climate": "hot", "currency": "CNY", "latitude": 0.0,
              "longitude": 0.0, "home": False, "depot": "D0"}  # fmt: skip
    shelf = [{"depot": "D0", "part": "PUMP", "on_hand": 5}]
    van = [{"technician": "T1", "part": "PUMP", "on_hand": 1}]
    two = [visit("A", 1.0, part="PUMP"), visit("B", 1.0, part="PUMP")]
    got = run(two, [technician("T1")], stock=shelf, vans=van, markets=[market], days=1, detour=1.0)
    assert sorted(row["supply"] for row in got.rows.to_pylist()) == ["depot", "depot"]
    assert got.proof.value == pytest.approx(5.706, abs=2e-3)
    alone = run(two, [technician("T1")], vans=van, markets=[market], days=1, detour=1.0, rounds=50)
    assert sorted((row["reason"], row["supply"]) for row in alone.rows.to_pylist()) == [
        ("full", None),
        ("ticket", "van"),
    ]
    sent = run(two, [technician("T1")], stock=shelf, days=1, detour=1.0, rounds=50)
    assert [row["supply"] for row in sent.rows.to_pylist()] == ["sent", "sent"]


def test_breaks_late_hours_prices_promises_and_service_levels() -> None:
    """B stands at home of T1, an hour of work: T1 takes it. Who accepted it keeps it; a dear partner does not go."""
    crew = [technician("T1"), technician("T2", 0.2, partner="SP2")]
    work = [visit("B", 0.0)]
    assert run(work, crew).rows.to_pylist()[0]["technician"] == "T1"
    accepted = {"act": "e1", "visit": "B", "outcome": "accepted", "technician": "T2", "at": OPENED, "heard": 1}
    kept = run(work, crew, acts=[accepted]).rows.to_pylist()[0]
    assert (kept["technician"], kept["reason"]) == ("T2", "promised")
    assert dispatch_visits.sentence(kept).startswith("T2 accepted it and comes on 2026-05-04 at")
    undone = accepted | {"act": "e2", "outcome": "not_fixed", "heard": 2}
    assert run(work, crew, acts=[accepted, undone]).rows.to_pylist()[0]["technician"] == "T1"
    price = {"name": "p", "market": "MM", "latitude": 0.0, "longitude": 0.0, "currency": "CNY"}
    dear = [price | {"partner": "SP1", "visit_cost": 900.0}, price | {"partner": "SP2", "visit_cost": 300.0}]
    assert run(work, crew, partners=dear).rows.to_pylist()[0]["technician"] == "T2"
    long = run([visit("B", 0.0, minutes=240)], [technician("T1", break_start_h=10.0, break_h=0.5)])
    assert long.rows.to_pylist()[0]["leave_h"] == pytest.approx(12.5)
    assert long.proof.value == pytest.approx(4.0)
    late = run([visit("B", 0.0, minutes=600)], [technician("T1")], overtime_price=0.5)
    assert late.proof.value == pytest.approx(10.5)
    level = [{"market": "*", "symptom": "*", "solve_h": 24.0}]
    waited = run(work, crew, levels=level, today=date(2026, 5, 7), late_h=1.0).rows.to_pylist()[0]
    assert (waited["day"], waited["late_days"]) == (0, 2.0)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 7))
def test_a_visit_that_nobody_makes_changes_nothing_else(seed: int, n: int) -> None:
    """Without it the others stay as they are and the value falls by what leaving it out costs; order changes nothing."""
    draw = np.random.default_rng(seed)
    visits = [visit(f"V{i}", float(draw.uniform(-2, 2)), skill=["engine", None][i % 2]) for i in range(n)]
    lost = visit("X", 0.5, skill="lasers")
    crew = [technician("T1"), technician("T2", 1.0)]
    whole, without = run([lost, *visits], crew, days=2, rounds=300), run(visits, crew, days=2, rounds=300)
    assert [r for r in whole.rows.to_pylist() if r["visit"] != "X"] == without.rows.to_pylist()
    assert whole.proof.value - without.proof.value == pytest.approx(12.0 * 2.0)
    assert whole.proof.against <= whole.proof.value
    assert [c.what for c in whole.clash] == ["nobody has the skill lasers"]
    assert run([*visits[::-1], lost], crew[::-1], days=2, rounds=300).rows.equals(whole.rows)


def test_refuses_bad_data() -> None:
    with pytest.raises(DataRejected) as refused:
        run([visit("A", 1.0, probability=1.5)], [technician("T1", 95.0)])
    assert [b.what for b in refused.value.breaches] == ["probability 1.5 is above 1", "latitude 95.0 is above 90"]
    with pytest.raises(OptionRejected, match="days of 0 is below 1"):
        run([], [technician("T1")], days=0, today=date(2026, 5, 4))
    with pytest.raises(DataRejected) as shifts:
        run(
            [],
            [technician("T1", shift_end_h=7.0, rest_days="6 8"), technician("T2", break_start_h=20.0, break_h=1.0)],
            vans=[{"technician": "T9", "part": "PUMP", "on_hand": 1}],
            tools=[tool("GAUGE", "T9"), tool("HOIST", "SP9", "partner")],
        )
    assert [b.what for b in shifts.value.breaches] == [
        "the shift of T1 ends at 7 h and starts at 8 h",
        "the break of T2 at 20 h lies outside the shift",
        "T1 rests on the days 6 8",
        "T9 has a van but is no technician",
        "SP9 keeps tools but is no partner",
        "T9 keeps tools but is no technician",
    ]


def test_a_second_part_comes_along_where_it_pays_and_is_left() -> None:
    """Two visits need a pump; a seal that pays lies there once: the one that waits longer takes it."""
    older = datetime(2026, 4, 29, 8, tzinfo=UTC)
    pays = {"part": "PUMP", "second_part": "SEAL", "second_saving": 30.0}
    visits = [visit("A", 0.1, **pays), visit("B", 0.2, opened=older, **pays),
              visit("C", 0.3, part="PUMP", second_part="SEAL", second_saving=-1.0)]  # fmt: skip
    stock = [{"depot": "D0", "part": part, "on_hand": n} for part, n in (("PUMP", 3), ("SEAL", 1))]
    rows = {r["visit"]: r for r in run(visits, [technician("T1")], stock=stock).rows.to_pylist()}
    assert {v: r["second_part"] for v, r in rows.items()} == {"A": None, "B": "SEAL", "C": None}
    assert all(r["part"] == "PUMP" and r["technician"] for r in rows.values())


def test_tools_are_carried_or_shared_and_their_want_is_told() -> None:
    """Work of eight hours at the homes of T1 and T2, one a day each. Only T2 has the gauge that A's cause needs: T2 goes
    to A, though T1 lives there. B and C need the hoist for their part: of one piece at the base one of them is made
    today, the other tomorrow; with one day alone it waits, and says for what. D needs a tool that nobody has.
    """
    crew = [technician("T1"), technician("T2", 0.4)]
    needs = [{"needed_by": "cause", "code": "leak", "tool": "GAUGE"}, {"needed_by": "part", "code": "PUMP", "tool": "HOIST"},
             {"needed_by": "cause", "code": "laser", "tool": "LASER"}]  # fmt: skip
    both = [tool("GAUGE", "T2"), tool("HOIST", "SP1", "partner")]
    long = {"minutes": 480}
    (row,) = run([visit("A", 0.0, cause="leak", **long)], crew, tools=both, needs=needs).rows.to_pylist()
    assert (row["technician"], row["tools"]) == ("T2", "GAUGE")
    pumps = [visit("B", 0.0, part="PUMP", **long), visit("C", 0.4, part="PUMP", **long)]
    shelf = [{"depot": "D0", "part": "PUMP", "on_hand": 5}]
    days = [r["day"] for r in run(pumps, crew, stock=shelf, tools=both, needs=needs, days=2).rows.to_pylist()]
    assert sorted(days) == [0, 1]
    two = [tool("HOIST", "SP1", "partner", 2)]
    assert [r["day"] for r in run(pumps, crew, stock=shelf, tools=two, needs=needs, days=2).rows.to_pylist()] == [0, 0]
    got = run([*pumps, visit("D", 0.0, cause="laser")], crew, stock=shelf, tools=both, needs=needs, days=1)
    rows = {r["visit"]: r for r in got.rows.to_pylist()}
    (waits,) = [r for r in rows.values() if r["visit"] in "BC" and r["technician"] is None]
    assert waits["reason"] in ("full", "tool_taken")
    assert dispatch_visits.sentence(rows["D"]) == "nobody who may go there has LASER"
    assert [c.what for c in got.clash] == ["nobody has the tool LASER"]


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 6))
def test_tools_are_never_in_two_places(seed: int, n: int) -> None:
    """No day has more users of a shared tool than pieces; who makes a visit has its tools; without needs nothing changes;
    a tool more leaves nobody out who was made."""
    draw = np.random.default_rng(seed)
    crew = [technician(f"T{i}", float(draw.uniform(-1, 1))) for i in range(3)]
    visits = [visit(f"V{i}", float(draw.uniform(-1, 1)), cause=f"c{i % 3}", minutes=200) for i in range(n)]
    needs = [
        {"needed_by": "cause", "code": "c0", "tool": "HOIST"},
        {"needed_by": "cause", "code": "c1", "tool": "GAUGE"},
    ]
    mine = [tool("HOIST", "SP1", "partner"), tool("GAUGE", "T0")]
    got = run(visits, crew, tools=mine, needs=needs, days=2, rounds=200)
    users: dict[int, set[str]] = {}
    for row in got.rows.to_pylist():
        if row["technician"] and row["tools"] == "HOIST":
            users.setdefault(row["day"], set()).add(row["technician"])
        assert row["tools"] != "GAUGE" or row["technician"] in (None, "T0")
    assert all(len(some) == 1 for some in users.values())
    assert got.proof.against <= got.proof.value + 1e-9
    free = run(visits, crew, days=2, rounds=200)
    assert run(visits, crew, tools=mine, days=2, rounds=200).rows.equals(free.rows)
    assert free.proof.value <= got.proof.value + 1e-6 * got.proof.value


def test_dates_follow_the_week_of_each_technician() -> None:
    """Asked on Friday 8 May 2026: one job of eight hours a day at home. T1 (free on Saturday and Sunday) works on Friday and
    on Monday, T2 (free on Friday and Saturday) on Sunday and Monday. A job due in two days since Monday the 4th is on Monday
    11th, seven days after it was opened, five days late."""
    level = [{"market": "*", "symptom": "*", "solve_h": 48.0}]
    ask = {"days": 2, "today": date(2026, 5, 8), "levels": level}
    work = [visit("A", 0.0, minutes=480), visit("B", 0.0, minutes=480)]
    (one, other) = run(work, [technician("T1")], **ask).rows.to_pylist()
    assert {one["visit_date"], other["visit_date"]} == {date(2026, 5, 8), date(2026, 5, 11)}
    late = {r["visit_date"].day: r["late_days"] for r in (one, other)}
    assert late == {8: 2.0, 11: 5.0}
    (one, other) = run(work, [technician("T2", rest_days="5 6")], **ask).rows.to_pylist()
    assert {one["visit_date"], other["visit_date"]} == {date(2026, 5, 10), date(2026, 5, 11)}
    both = run(work, [technician("T1"), technician("T2", rest_days="5 6")], **ask).rows.to_pylist()
    assert {(r["technician"], r["visit_date"].day) for r in both} == {("T1", 8), ("T2", 10)}
