"""A pump fails in one market today; the claims to come, the depot's stock and the reserve follow in the same turn."""

from __future__ import annotations

import datetime as dt
import json

from smilecurve.loop.run import turn
from smilecurve.loop.why import why
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread

FAILING = 25


def rows(thread: Thread, name: str, **where: object) -> list[dict]:
    return thread.view(table(name), where=where or None).to_pylist()


def in_sum(thread: Thread, level: str, part: str, market: str | None) -> dict:
    """What is foretold over all weeks to come."""
    told = [r for r in rows(thread, "claim_forecast", level=level, part=part, past=False) if r["market"] == market]
    return max(told, key=lambda r: r["weeks"])


def set_aside(thread: Thread) -> dict[str, float]:
    """The figures of the last decision on claims."""
    last = max(rows(thread, "decisions", desk="serve.warranty"), key=lambda r: r["number"])
    return json.loads(last["basis"])["figures"]


def one_part_in_one_market(thread: Thread) -> tuple[str, str, str, list[dict]]:
    """A spare that fails now and then where a depot serves machines under warranty: part, market, depot, machines."""
    spares = {p["part"] for p in rows(thread, "parts") if p["spare"]}
    depot_of = {m["market"]: m["depot"] for m in rows(thread, "markets")}
    stocked = {(r["depot"], r["part"]) for r in rows(thread, "spare_stock")}
    told = [r for r in rows(thread, "claim_forecast", level="market", past=False) if r["weeks"] > 1 and r["market"]]
    covered = {r["part"] for r in rows(thread, "claim_forecast", level="part", past=False) if r["reserve"]}
    found = [r for r in told if r["part"] in spares & covered and (depot_of[r["market"]], r["part"]) in stocked]
    best = max((r for r in found if r["expected"] < 10), key=lambda r: (r["machines"], r["part"]))
    working = [m for m in rows(thread, "machines", market=best["market"]) if m["status"] in ("customer", "lease")]
    young = sorted(working, key=lambda m: m["machine"])[-FAILING:]
    return best["part"], best["market"], depot_of[best["market"]], young


def test_a_failure_today_raises_the_claims_to_come_the_stock_and_the_reserve(excavators: Thread):
    thread = excavators
    part, market, depot, machines = one_part_in_one_market(thread)
    assert len(machines) == FAILING, "the world holds no market to tell this story with"
    before = {level: in_sum(thread, level, *of) for level, of in levels(part, market).items()}
    (stock,) = rows(thread, "spare_stock", depot=depot, part=part)
    reserve = set_aside(thread)
    now = thread.clock()

    # the field: the same part fails on machine after machine, and all is heard today
    thread.append(
        [
            {
                "kind": "failure", "event_time": now - dt.timedelta(minutes=i), "source": "story", "seq": i + 1,
                "machine": m["machine"], "market": market, "part": part, "code": "seized",
            }
            for i, m in enumerate(machines)
        ]
    )  # fmt: skip
    ran = {r.desk: r for r in turn(thread)}
    assert all(ran[desk].decision for desk in ("learn.claims", "serve.spares", "serve.warranty"))

    after = {level: in_sum(thread, level, *of) for level, of in levels(part, market).items()}
    for level in before:
        assert after[level]["expected"] > before[level]["expected"] * 1.0001, f"more is to come: {level}"
    assert after["market"]["expected"] > 1.5 * before["market"]["expected"]
    assert after["part"]["reserve"] > before["part"]["reserve"]
    weekly = [r for r in rows(thread, "claim_forecast", level="market", part=part, market=market) if r["weeks"] == 1]
    assert abs(sum(r["expected"] for r in weekly) - after["market"]["expected"]) < 1e-6, "weeks add up to their sum"

    (risen,) = rows(thread, "spare_stock", depot=depot, part=part)
    assert risen["foretold"] > stock["foretold"], "the depot expects more"
    assert risen["demand_year"] == risen["foretold"]
    assert risen["target"] > stock["target"], "and is stocked for it"
    assert set_aside(thread)["reserve"] > reserve["reserve"], "the reserve rises"
    assert set_aside(thread)["reserve"] == in_sum(thread, "all", "*", None)["reserve"]

    told = [b.source for b in why(thread, "spare_stock", f"{depot}/{part}")]
    assert any(s.startswith(f"claim_forecast part/{part}") for s in told), "the stock is traced to the forecast"
    assert not [r for r in turn(thread) if r.decision], "nothing changed = nothing to do"


def levels(part: str, market: str) -> dict[str, tuple[str, str | None]]:
    return {"all": ("*", None), "part": (part, None), "market": (part, market)}
