"""One part fails twice as often in one region; its stock, vans, its partners' work and a returned machine's parts follow."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pyarrow.compute as pc

from smilecurve.loop.registry import desk
from smilecurve.loop.run import turn
from smilecurve.loop.why import why
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread

YEAR = dt.timedelta(days=365)


def rows(thread: Thread, name: str, **where: object) -> list[dict]:
    return thread.view(table(name), where=where or None).to_pylist()


def by_key(thread: Thread, name: str) -> dict[tuple[object, ...], dict]:
    return {tuple(r[k] for k in table(name).key): r for r in rows(thread, name)}


class Region:
    """The markets of one depot that is not the central one, and the spare that fails there most in a year."""

    def __init__(self, thread: Thread) -> None:
        central = {d["depot"] for d in rows(thread, "depots") if d["parent"] is None}
        depot_of = {m["market"]: m["depot"] for m in rows(thread, "markets")}
        spares = {p["part"] for p in rows(thread, "parts") if p["spare"]}
        market_of = {m["machine"]: m["market"] for m in rows(thread, "machines")}
        since = thread.clock() - YEAR
        seen = [e for e in rows(thread, "events", kind="failure") if e["event_time"] > since and e["part"] in spares]
        count = Counter((depot_of.get(market_of[e["machine"]]), e["part"]) for e in seen)
        best = max((k for k in count if k[0] and k[0] not in central), key=lambda k: (count[k], k))
        self.depot, self.part = best
        self.markets = {m for m, depot in depot_of.items() if depot == self.depot}
        self.failures = [e for e in seen if (depot_of.get(market_of[e["machine"]]), e["part"]) == best]
        self.machines = sorted(
            {m["machine"]: m["market"] for m in rows(thread, "machines")
             if m["market"] in self.markets and m["status"] in ("customer", "lease")}.items()
        )  # fmt: skip

    def holding(self, thread: Thread, number: int) -> list[tuple[str, str]]:
        """Machines at work there that hold the part, as many as fail."""
        found: list[tuple[str, str]] = []
        for serial, market in self.machines:
            inside = thread.components(serial).to_pylist()
            if any(c["part"] == self.part and c["until"] is None for c in inside):
                found.append((serial, str(market)))
            if len(found) == number:
                break
        return found


def parted_out(thread: Thread, model: str) -> float:
    """What 300 returned machines of a model would bring, were they all parted out."""
    asked = desk("renew.route_return")
    tables = {spec.name: thread.view(spec) for spec in asked.contract.reads}
    routes = tables["return_routes"]
    tables["return_routes"] = routes.filter(pc.equal(routes.column("route"), "part_out"))
    one = next(r for r in tables["returns"].to_pylist() if r["model"] == model)
    many = [{**one, "rma": f"R-{i}", "machine": f"M-{i}"} for i in range(300)]
    tables["returns"] = table("returns").rows(many)
    found = asked.function(**tables, spare_stock=thread.view(table("spare_stock")), weeks=5200.0)
    assert found.worth is not None
    return found.worth.amount


def returned_models(thread: Thread, part: str) -> tuple[str, str]:
    """A model of which one came back that holds the part, and one that does not."""
    some: dict[str, str] = {}
    for m in rows(thread, "machines"):
        if m["status"] in ("customer", "lease"):
            some[m["model"]] = m["machine"]
    models = sorted({r["model"] for r in rows(thread, "returns")} & set(some))
    inside = {m: any(c["part"] == part for c in thread.components(some[m]).to_pylist()) for m in models}
    return next(m for m in models if inside[m]), next(m for m in models if not inside[m])


def doubled(thread: Thread, region: Region) -> None:
    """For each failure of the year another one on another machine: a call, the failure, a visit."""
    symptom = {t["ticket"]: t["symptom"] for t in rows(thread, "tickets")}
    usual = Counter(symptom.values()).most_common(1)[0][0]
    told: list[dict[str, object]] = []
    for i, (failure, (serial, market)) in enumerate(
        zip(region.failures, region.holding(thread, len(region.failures)), strict=True)
    ):
        at = failure["event_time"] + dt.timedelta(hours=1)
        same = {"source": "story", "machine": serial, "market": market}
        call = {"kind": "ticket", "event_time": at, "ref": f"ST-{i}", "code": usual, "quantity": 100.0}
        broke = {"kind": "failure", "event_time": at, "part": region.part, "code": failure["code"]}
        done = {"kind": "ticket_closed", "event_time": at + dt.timedelta(hours=8), "ref": f"ST-{i}", "code": "seen",
                "disposition": "visit"}  # fmt: skip
        told += [{**same, "seq": 3 * i + k, **e} for k, e in enumerate((call, broke, done))]
    thread.append(told)


def test_twice_the_failures_of_a_part_in_one_region_change_its_service_there_and_nowhere_else(excavators: Thread):
    thread = excavators
    region = Region(thread)
    part, depot = region.part, region.depot
    assert len(region.failures) >= 10, "the world holds no region to tell this story with"
    stock, partners = by_key(thread, "spare_stock"), by_key(thread, "partner_plan")
    kits = by_key(thread, "van_kits")
    foretold = {m: forecast(thread, part, m) for m in region.markets}
    with_it, without = returned_models(thread, part)
    worth = {m: parted_out(thread, m) for m in (with_it, without)}
    doubled(thread, region)
    ran = {r.desk: r for r in turn(thread)}
    for name in (
        "learn.hazard",
        "learn.claims",
        "serve.spares",
        "serve.kits",
        "serve.network",
        "serve.dispatch",
        "renew.route_return",
    ):
        assert ran[name].decision, f"{name} decides anew"

    # what is to come: in the region, markedly
    risen = sum(forecast(thread, part, m) for m in region.markets) / sum(foretold.values())
    assert risen > 1.2, "the claims to come of the part rise in the region"

    # the depot: more of this part here; of other parts nothing that matters
    new = by_key(thread, "spare_stock")
    here = new[depot, part]
    assert here["demand_year"] > 1.2 * stock[depot, part]["demand_year"]
    assert here["target"] > stock[depot, part]["target"], "the depot holds more of it"
    others = [k for k in new if k[1] != part and k in stock]
    moved = [k for k in others if new[k]["target"] != stock[k]["target"]]
    asked = [k for k in others if stock[k]["demand_year"] > 0.1]  # at least once in ten years
    assert all(abs(new[k]["demand_year"] / stock[k]["demand_year"] - 1) < 0.02 for k in asked)
    assert all(abs(new[k]["target"] - stock[k]["target"]) <= 1 for k in moved), (
        "no other stock moves by more than a piece"
    )
    assert len(moved) <= 0.02 * len(others), "and hardly any at all: they share one fill rate"
    gained = {k[0]: new[k]["demand_year"] / stock[k]["demand_year"] for k in new if k[1] == part}
    assert max(gained, key=lambda d: gained[d]) == depot, "no other depot asks for so much more of it"

    # the vans: more of it in those of the region; what others need hardly changes
    carried = by_key(thread, "van_kits")
    assert pieces(carried, region, part) > pieces(kits, region, part), "the vans of the region carry more of it"
    needed = {k: carried[k]["jobs_year"] / kits[k]["jobs_year"] for k in carried if k in kits and kits[k]["jobs_year"]}
    risen = visits(carried, region.markets, part) / visits(kits, region.markets, part)
    assert risen > 1.2, "visits of the region need it more often"
    elsewhere = {row["market"] for row in carried.values()} - region.markets
    assert visits(carried, elsewhere, part) / visits(kits, elsewhere, part) < 1 + 0.5 * (risen - 1), "others less so"
    assert max(abs(v - 1) for k, v in needed.items() if k[1] != part) < 0.1, "those for other parts are as before"

    # the partners: more jobs in the region, as many as before elsewhere
    plan = by_key(thread, "partner_plan")
    more = {k: plan[k]["jobs_week"] - partners[k]["jobs_week"] for k in plan}
    inside = sum(v for k, v in more.items() if plan[k]["market"] in region.markets)
    outside = sum(abs(v) for k, v in more.items() if plan[k]["market"] not in region.markets)
    assert inside > 0, "they have more to do"
    assert outside <= 0.2 * inside, "elsewhere only those who work across its border have more or less"

    # the second life: what is in a returned machine is worth more where it holds the part, else as much
    gain = {m: parted_out(thread, m) - worth[m] for m in worth}
    assert gain[with_it] > 0, "more of its pieces are wanted"
    assert abs(gain[without]) < 0.01 * worth[without], "but for a piece of another part: they share one fill rate"

    # each change says why
    told = [b.source for b in why(thread, "spare_stock", f"{depot}/{part}")]
    assert any(s.startswith(f"claim_forecast part/{part}") for s in told), "the stock is traced to the forecast"
    row = max(
        (k for k in carried if k[1] == part and carried[k]["market"] in region.markets), key=lambda k: needed.get(k, 0)
    )
    told = [b.source for b in why(thread, "van_kits", "/".join(map(str, row)))]
    assert any(s.startswith("spare_stock") for s in told), "the kit is traced to the stock, and that to the forecast"
    assert table("spare_stock").name in {d["table"] for d in rows(thread, "decisions", desk="serve.spares")}
    assert not [r for r in turn(thread) if r.decision], "nothing changed = nothing to do"


def visits(kits: dict[tuple[object, ...], dict], markets: set[str], part: str) -> float:
    """Visits a year in some markets that need a part."""
    return sum(row["jobs_year"] for key, row in kits.items() if key[1] == part and row["market"] in markets)


def pieces(kits: dict[tuple[object, ...], dict], region: Region, part: str) -> int:
    """Pieces of a part in all vans of the region."""
    return sum(row["target"] for key, row in kits.items() if key[1] == part and row["market"] in region.markets)


def forecast(thread: Thread, part: str, market: str) -> float:
    """Failures of the part that are foretold in a market over all weeks to come."""
    told = [r for r in rows(thread, "claim_forecast", level="market", part=part, past=False) if r["market"] == market]
    return float(max(told, key=lambda r: r["weeks"])["expected"]) if told else 0.0
