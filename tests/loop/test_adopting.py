"""What an accepted plan of depots or partners makes of the given tables."""

from __future__ import annotations

from pathlib import Path

from smilecurve.loop.acting import accept, reject
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread, open_thread


def put(thread: Thread, name: str, rows: list[dict[str, object]]) -> None:
    thread.put(table(name), table(name).rows(rows))


def rows(thread: Thread, name: str) -> list[dict]:
    return thread.view(table(name)).to_pylist()


def spot(market: str, longitude: float) -> dict[str, object]:
    return {"name": market, "market": market, "latitude": 0.0, "longitude": longitude}


def field(folder: Path) -> Thread:
    """The central depot C in CN; OLD in ID, which resupplies SUB in TH; a place NEW on offer in AE."""
    thread = open_thread(folder / "t", create=True)
    depots = [("C", "CN", 110.0, None, 3.0), ("OLD", "ID", 100.0, "C", 9.0), ("SUB", "TH", 99.0, "OLD", 5.0)]
    put(
        thread,
        "depots",
        [spot(m, x) | {"depot": d, "parent": up, "resupply_days": days} for d, m, x, up, days in depots],
    )
    money = {"cost_year": 1.0, "change_cost": 1.0, "currency": "CNY"}
    places = [("C", "CN", 110.0), ("OLD", "ID", 100.0), ("SUB", "TH", 99.0), ("NEW", "AE", 55.0)]
    put(thread, "depot_sites", [spot(m, x) | money | {"site": s, "open": s != "NEW"} for s, m, x in places])
    about = {"region": "r", "climate": "hot", "currency": "CNY", "home": False}
    put(thread, "markets", [spot(m, x) | about | {"depot": d} for m, x, d in
                            (("CN", 110.0, "C"), ("ID", 100.5, "OLD"), ("TH", 99.0, "SUB"), ("AE", 55.0, "C"))])  # fmt: skip
    shelf = [
        {"depot": d, "part": p, "on_hand": n} for d, p, n in (("OLD", "PUMP", 4), ("C", "PUMP", 1), ("OLD", "SEAL", 2))
    ]
    put(thread, "depot_stocks", shelf)
    return thread


def planned(thread: Thread, **is_open: bool) -> str:
    base = {
        "market": "CN",
        "machines": 1,
        "only": 0,
        "reach_km": 1.0,
        "saves_year": 1.0,
        "cost_year": 1.0,
        "currency": "CNY",
    }
    plan = [base | {"site": s, "before": s != "NEW", "open": o, "reason": "keep"} for s, o in is_open.items()]
    made = Decision(table("depot_plan").rows(plan), Proof("rule", 1, 1, "places"))
    return thread.record("serve.depots", table("depot_plan"), made, basis={})


def test_an_accepted_plan_opens_and_closes_depots_and_loses_no_piece(tmp_path: Path) -> None:
    with field(tmp_path) as thread:
        decision = planned(thread, C=False, OLD=False, SUB=True, NEW=True)
        # OLD goes, NEW comes, ID turns to SUB, AE to NEW
        assert accept(thread, decision, by="planner") == 4
        depots = {d["depot"]: d for d in rows(thread, "depots")}
        assert set(depots) == {"C", "SUB", "NEW"}, "the central depot never closes"
        assert (depots["SUB"]["parent"], depots["NEW"]["parent"], depots["C"]["parent"]) == ("C", "C", None)
        assert depots["NEW"]["resupply_days"] == 5.0, "as the nearest depot, SUB"
        assert {m["market"]: m["depot"] for m in rows(thread, "markets")} == {
            "CN": "C",
            "ID": "SUB",
            "TH": "SUB",
            "AE": "NEW",
        }
        shelf = {(s["depot"], s["part"]): s["on_hand"] for s in rows(thread, "depot_stocks")}
        assert shelf == {("C", "PUMP"): 5, ("C", "SEAL"): 2}
        assert {s["site"]: s["open"] for s in rows(thread, "depot_sites")} == {
            "C": True,
            "OLD": False,
            "SUB": True,
            "NEW": True,
        }
        assert accept(thread, decision, by="planner") == 0


def test_a_plan_that_keeps_all_or_is_rejected_changes_nothing(tmp_path: Path) -> None:
    with field(tmp_path) as thread:
        before = [rows(thread, n) for n in ("depots", "depot_stocks", "markets", "depot_sites")]
        assert accept(thread, planned(thread, C=True, OLD=True, SUB=True, NEW=False), by="planner") == 0
        reject(thread, planned(thread, C=True, OLD=False, SUB=False, NEW=True), by="planner")
        assert [rows(thread, n) for n in ("depots", "depot_stocks", "markets", "depot_sites")] == before


def test_accepted_partners_are_appointed(tmp_path: Path) -> None:
    with open_thread(tmp_path / "t", create=True) as thread:
        offer = spot("CN", 110.0) | {"skills": "engine", "fee_year": 1.0, "job_cost": 1.0, "week_jobs": 1.0, "exclusive": False,
                                     "change_cost": 0.0, "currency": "CNY"}  # fmt: skip
        put(thread, "partner_offers", [offer | {"partner": p, "appointed": p == "A"} for p in "ABC"])
        one = {"market": "CN", "jobs_week": 0.0, "week_jobs": 1.0, "load": 0.0, "first_time": 1.0, "market_jobs": 0.0,
               "fee_year": 1.0, "cost_year": 1.0, "currency": "CNY", "reason": "keep"}  # fmt: skip
        plan = [one | {"partner": p, "before": p == "A", "appointed": p == "B"} for p in "AB"]
        made = Decision(table("partner_plan").rows(plan), Proof("rule", 1, 1, "partners"))
        decision = thread.record("serve.network", table("partner_plan"), made, basis={})
        assert accept(thread, decision, by="planner") == 2
        assert {o["partner"]: o["appointed"] for o in rows(thread, "partner_offers")} == {
            "A": False,
            "B": True,
            "C": False,
        }
