"""Who serves the machines, with which parts and guides, under which warranty; what happens to returned ones?"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from smilecurve.terms.tables.learn import PART_FIXES
from smilecurve.terms.tables.renew import LEASE_REQUESTS, RETURN_ROUTES
from smilecurve.terms.tables.serve import PARTNERS, TECHNICIANS
from smilecurve.terms.tables.serve_claims import WARRANTY_TERMS
from smilecurve.terms.tables.serve_depots import DEPOT_SITES
from smilecurve.terms.tables.serve_last_buys import LAST_BUYS
from smilecurve.terms.tables.serve_network import PARTNER_OFFERS
from smilecurve.terms.tables.serve_stock import DEPOT_STOCKS, DEPOTS
from smilecurve.terms.tables.serve_tickets import CAUSES, QUESTIONS
from smilecurve.terms.tables.serve_tools import TOOL_NEEDS, TOOLS
from smilecurve.terms.tables.serve_vans import VAN_STOCKS
from smilecurve.terms.tables.serve_visits import SERVICE_LEVELS
from smilecurve.worlds.catalogue import Catalogue
from smilecurve.worlds.chance import chance
from smilecurve.worlds.failing import Failures
from smilecurve.worlds.fleet import Fleet, crews
from smilecurve.worlds.guiding import guide_tables
from smilecurve.worlds.maker import Maker
from smilecurve.worlds.renewing import second_life_tables
from smilecurve.worlds.rowfiles import read_rows

__all__ = ["renew_tables", "service_tables"]

ROUTES = (
    ("restock", 0.01, 0.95, 2, None, "A"),
    ("refurbish", 0.115, 1.0, 8, "A", None),
    ("resell", 0.02, 0.88, 20, None, None),
    ("part_out", 0.05, 0.26, 6, None, None),
    ("lease", 0.05, 0.9, 8, None, "C"),
    ("scrap", 0.01, 0.07, 20, None, None),
)

SOLVED_IN_H = {"no_start": 24.0, "no_power": 48.0, "*": 72.0}


def service_tables(maker: Maker, parts: Catalogue, fleet: Fleet, failures: Failures) -> dict[str, pa.Table]:
    """Every given table of the serve stage."""
    partners, technicians = _people(maker)
    depots: list[dict[str, object]] = [
        {
            **r,
            "latitude": float(r["latitude"]),
            "longitude": float(r["longitude"]),
            "parent": None if r["depot"] == "D-CN" else "D-CN",
            "resupply_days": float(r["resupply_days"]),
            "lateral_pool": r["lateral_pool"] or None,
            "lateral_days": float(r["lateral_days"]) if r["lateral_days"] else None,
        }
        for r in read_rows("depots").records
    ]
    return {
        "causes": CAUSES.rows(_causes(maker, parts)),
        "questions": QUESTIONS.rows(
            [
                {"family": family, "question": q, "words": words, "cause": cause, "yes": yes}
                for family, _ in maker.families
                for q, words, cause, yes in maker.questions
                if (family, cause) in {(r["family"], r["cause"]) for r in maker.causes.records}
            ]
        ),
        "partners": PARTNERS.rows(partners),
        "partner_offers": PARTNER_OFFERS.rows(_offers(maker, partners)),
        "technicians": TECHNICIANS.rows(technicians),
        "van_stocks": VAN_STOCKS.rows(_vans(maker, parts, technicians)),
        "tools": TOOLS.rows(_tools(maker, partners, technicians)),
        "tool_needs": TOOL_NEEDS.rows(_tool_needs(maker, parts)),
        "depots": DEPOTS.rows(depots),
        "depot_sites": DEPOT_SITES.rows(_sites(maker, depots)),
        "depot_stocks": DEPOT_STOCKS.rows(_shelves(maker, parts, fleet, failures, [str(d["depot"]) for d in depots])),
        "last_buys": LAST_BUYS.rows(_stopped(maker, parts)),
        "warranty_terms": WARRANTY_TERMS.rows(_terms(maker)),
        "service_levels": SERVICE_LEVELS.rows(
            [{"market": "*", "symptom": symptom, "solve_h": hours} for symptom, hours in SOLVED_IN_H.items()]
        ),
        **guide_tables(maker),
    }


def _causes(maker: Maker, parts: Catalogue) -> list[dict[str, object]]:
    components = maker.components.texts("component")
    families = [f for f, _ in maker.families]
    systems = dict(zip(components, maker.components.texts("system"), strict=True))
    rows: list[dict[str, object]] = []
    for r in maker.causes.records:
        part = int(parts.at[components.index(r["component"]), families.index(r["family"])]) if r["component"] else -1
        rows.append(
            {
                **r,
                "part": parts.codes[part] if part >= 0 else None,
                "weight": float(r["weight"]),
                "video": "film-" + r["cause"].replace("_", "-"),
                "skill": r["skill"] or None,
                "minutes": int(r["minutes"]),
                "branch": systems.get(r["component"], "handling"),
            }
        )
    return rows


def _people(maker: Maker) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    rng = chance(maker.seed, "people")
    visit = {r["region"]: float(r["visit_cost"]) for r in maker.regions.records}
    weekends = {w["market"]: w["rest_days"] for w in read_rows("weekends").records}
    partners: list[dict[str, object]] = []
    technicians: list[dict[str, object]] = []
    for r, count in zip(maker.markets.records, crews(maker).tolist(), strict=True):
        for i in range(count):
            at = (float(r["latitude"]) + rng.normal(0, 0.9), float(r["longitude"]) + rng.normal(0, 0.9))
            partner = f"SP-{r['market']}-{i + 1}"
            partners.append(
                {
                    "partner": partner,
                    "name": f"{r['name']} Machine Service {i + 1}",
                    "market": r["market"],
                    "latitude": round(at[0], 3),
                    "longitude": _longitude(at[1]),
                    "visit_cost": round(visit[r["region"]] * maker.visit_share * float(rng.uniform(0.85, 1.2)), 0),
                    "currency": "CNY",
                }
            )
            for k in range(2 if count > 1 else 1):
                skills = (
                    maker.skills if k == 0 else tuple(s for s in maker.skills if rng.random() < 0.7) or maker.skills[:1]
                )
                technicians.append(
                    {
                        "technician": f"{partner}-T{k + 1}",
                        "partner": partner,
                        "market": r["market"],
                        "latitude": round(at[0] + float(rng.normal(0, 0.15)), 3),
                        "longitude": _longitude(at[1] + float(rng.normal(0, 0.15))),
                        "skills": " ".join(skills),
                        "shift_start_h": 8.0,
                        "shift_end_h": 17.0,
                        "speed_km_h": round(float(rng.uniform(38, 62)), 0),
                        "break_start_h": 12.0,
                        "break_h": 0.75,
                        "rest_days": weekends.get(r["market"]),
                        "van_kg": maker.van_kg,
                    }
                )
    return partners, technicians


def _vans(maker: Maker, parts: Catalogue, technicians: list[dict[str, object]]) -> list[dict[str, object]]:
    """Every van carries two pieces of the part asked for most on visits, one of the next three."""
    asked: dict[str, float] = {}
    for row in _causes(maker, parts):
        if row["remedy"] == "visit" and row["part"]:
            asked[str(row["part"])] = asked.get(str(row["part"]), 0.0) + float(str(row["weight"]))
    most = sorted(asked, key=lambda part: (-asked[part], part))[:4]
    return [
        {"technician": person["technician"], "part": part, "on_hand": 1 if i else 2}
        for person in technicians
        for i, part in enumerate(most)
    ]


def _tools(
    maker: Maker, partners: list[dict[str, object]], technicians: list[dict[str, object]]
) -> list[dict[str, object]]:
    """Who has a skill carries its tools; what is kept at a base is there once, and not at every tenth partner's."""
    rng = chance(maker.seed, "tools")
    kinds = [r for r in read_rows("tools").records if r["skill"] in maker.skills]
    rows: list[dict[str, object]] = [
        {"tool": r["tool"], "kept_by": "technician", "keeper": person["technician"], "pieces": 1}
        for r in kinds
        for person in technicians
        if r["kept_by"] == "technician" and r["skill"] in str(person["skills"]).split()
    ]
    rows += [
        {"tool": tool, "kept_by": "partner", "keeper": partner["partner"], "pieces": 1}
        for tool in dict.fromkeys(r["tool"] for r in kinds if r["kept_by"] == "partner")
        for partner in partners
        if rng.random() < 0.9
    ]
    return rows


def _tool_needs(maker: Maker, parts: Catalogue) -> list[dict[str, object]]:
    """A visit needs the tools of its skill, the heavy ones where the work is long."""
    needs = {
        (str(cause["cause"]), r["tool"])
        for cause in _causes(maker, parts)
        for r in read_rows("tools").records
        if cause["remedy"] == "visit"
        and cause["skill"] == r["skill"]
        and int(str(cause["minutes"])) >= int(r["minutes"])
    }
    return [{"needed_by": "cause", "code": cause, "tool": tool} for cause, tool in sorted(needs)]


def _offers(maker: Maker, partners: list[dict[str, object]]) -> list[dict[str, object]]:
    """Terms of every partner, and one more in each market that would like to be one."""
    rng = chance(maker.seed, "offers")
    rows: list[dict[str, object]] = []
    for p in partners:
        old = {**p, "appointed": True, "skills": " ".join(maker.skills)}
        rows.append(old | _terms_of_work(rng, float(str(p["visit_cost"]))) | {"exclusive": False})
        if str(p["partner"]).endswith("-1"):
            at = (float(str(p["latitude"])) + rng.normal(0, 2.0), float(str(p["longitude"])) + rng.normal(0, 2.0))
            new = {**p, "partner": f"CP-{p['market']}-1", "name": f"{p['name']} (offer)", "appointed": False,
                   "latitude": round(float(np.clip(at[0], -89, 89)), 3), "longitude": _longitude(at[1]),
                   "skills": " ".join(s for s in maker.skills if rng.random() < 0.8) or maker.skills[0]}  # fmt: skip
            rows.append(new | _terms_of_work(rng, float(str(p["visit_cost"]))))
    return [{k: v for k, v in row.items() if k != "visit_cost"} for row in rows]


def _terms_of_work(rng: np.random.Generator, visit_cost: float) -> dict[str, object]:
    return {
        "fee_year": round(float(rng.uniform(2_000, 20_000)), -2),
        "job_cost": round(visit_cost * float(rng.uniform(0.7, 1.2)), 0),
        "week_jobs": float(rng.integers(6, 30)),
        "least_jobs": None,
        "exclusive": bool(rng.random() < 0.08),
        "change_cost": round(float(rng.uniform(3_000, 15_000)), -2),
        "first_time": round(float(rng.uniform(0.7, 0.95)), 2),
    }


def _sites(maker: Maker, depots: list[dict[str, object]]) -> list[dict[str, object]]:
    """Every depot, and a place on offer in each market without one."""
    rng = chance(maker.seed, "sites")
    rows: list[dict[str, object]] = [
        {"site": d["depot"], **{c: d[c] for c in ("name", "market", "latitude", "longitude")}, "open": True}
        for d in depots
    ]
    taken_markets = {d["market"] for d in depots}
    for r in maker.markets.records:
        if r["market"] not in taken_markets:
            at = (float(r["latitude"]) + rng.normal(0, 1.0), float(r["longitude"]) + rng.normal(0, 1.0))
            rows.append(
                {
                    "site": f"S-{r['market']}",
                    "name": f"{r['name']} (offer)",
                    "market": r["market"],
                    "open": False,
                    "latitude": round(float(np.clip(at[0], -89, 89)), 3),
                    "longitude": _longitude(at[1]),
                }
            )
    for row in rows:
        row |= {
            "cost_year": round(float(rng.uniform(20_000, 90_000)), -2),
            "change_cost": round(float(rng.uniform(10_000, 60_000)), -2),
            "currency": "CNY",
        }
    return rows


def _longitude(degrees: float) -> float:
    """From -180 to 180, wherever east or west it was reckoned to: Fiji lies on both sides.

    >>> _longitude(180.225), _longitude(106.8)
    (-179.775, 106.8)
    """
    return round((float(degrees) + 180.0) % 360.0 - 180.0, 3)


def _shelves(
    maker: Maker, parts: Catalogue, fleet: Fleet, failures: Failures, depots: list[str]
) -> list[dict[str, object]]:
    """Spares on hand: about what the resupply time used to need, the planner knowing nothing of the last months."""
    rng = chance(maker.seed, "shelves")
    real = failures.place >= 0
    part = parts.at[failures.place[real], fleet.family[failures.machine[real]]]
    regions = maker.regions.texts("depot")
    depot = np.array([depots.index(d) for d in regions])[maker.market_region[fleet.market[failures.machine[real]]]]
    years = (maker.today - maker.start) / 365.25
    used = np.zeros((len(parts.codes), len(depots)))
    np.add.at(used, (part, depot), 1.0)
    days = read_rows("depots").numbers("resupply_days")
    need = used / years * (days + 20) / 365.25
    need[:, 0] = used.sum(axis=1) / years * 45 / 365.25
    on_hand = rng.poisson(need * 1.25)
    on_hand[parts.part(maker.flaws.part), [depots.index("D-CN"), depots.index("D-NL")]] += [60, 70]
    return [
        {"depot": depots[d], "part": parts.codes[p], "on_hand": int(on_hand[p, d])}
        for p in range(len(parts.codes))
        if parts.records[p]["spare"]
        for d in range(len(depots))
    ]


def _stopped(maker: Maker, parts: Catalogue) -> list[dict[str, object]]:
    """The bought spares with the longest lead times are delivered no more; one of them still goes into new machines."""
    bought = [r for r in parts.records if r["spare"] and r["source"] == "buy"]
    bought.sort(key=lambda r: (-int(str(r["lead_days"])), str(r["part"])))
    day = maker.now.date()
    return [
        {
            "part": r["part"],
            "last_order": day + timedelta(days=90 + 30 * i),
            "price": r["cost"],
            "currency": "CNY",
            "service_until": date(day.year + 8 + i, 12, 31),
            "emergency_price": round(float(str(r["cost"])) * (3.0, 4.5, 6.0)[i], 2),
            "repairable": (None, None, 0.3)[i],
            "machines_year": (None, 120.0, None)[i],
            "built_until": date(day.year + 1, 12, 31) if i == 1 else None,
        }
        for i, r in enumerate(bought[:3])
    ]


def _terms(maker: Maker) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    systems = sorted({r["system"] for r in maker.components.records})
    for family, _ in maker.families:
        for system in ("*", *systems):
            months, hours = maker.warranty.get(system, maker.warranty["*"])
            if system != "*" and system not in maker.warranty:
                continue
            rows.append(
                {
                    "family": family,
                    "market": "*",
                    "system": system,
                    "months": months,
                    "hours": hours,
                    "supplier_share": 0.6 if system != "*" else 0.4,
                }
            )
        rows += [
            {"family": family, "market": market, "system": "*", "months": 24, "hours": None, "supplier_share": 0.4}
            for market in ("DE", "FR", "ES", "IT", "NL", "PL")
        ]
    return rows


def renew_tables(maker: Maker, parts: Catalogue) -> dict[str, pa.Table]:
    """Return routes, lease requests and what a change of a part would cost."""
    rng = chance(maker.seed, "renew")
    routes: list[dict[str, object]] = [
        {
            "family": family,
            "route": route,
            "cost_share": cost,
            "yield_share": worth,
            "per_week": week,
            "grade_after": grade,
            "grade_worst": worst,
            "age_most": 1.5 if route == "restock" else None,
        }
        for family, _ in maker.families
        for route, cost, worth, week, grade, worst in ROUTES
    ]
    markets = ("CN", "ID", "AE", "SA", "TH", "TR", "IN", "PH", "KZ", "BR", "ZA", "MX")
    models = maker.models.texts("model")
    requests: list[dict[str, object]] = [
        {
            "request": f"LR-{i + 1:03d}",
            "party": f"L-{markets[i % 12]}-{int(rng.integers(1, 60)):04d}",
            "model": models[int(rng.integers(0, len(models)))],
            "market": markets[i % 12],
            "months": int(rng.choice([12, 18, 24, 36])),
            "hours_a_month": float(rng.integers(80, 240)),
            "risk": round(float(rng.uniform(0.01, 0.09)), 3),
            "interest": round(float(rng.uniform(0.04, 0.12)), 3),
        }
        for i in range(24)
    ]
    seen: set[str] = set()
    fixes: list[dict[str, object]] = []
    for c, row in enumerate(maker.components.records):
        for f in range(len(maker.families)):
            part = int(parts.at[c, f])
            if part < 0 or parts.codes[part] in seen:
                continue
            seen.add(parts.codes[part])
            weak = parts.codes[part].split("-")[0] == maker.flaws.weak_part.split("-")[0]
            fixes.append(
                {
                    "part": parts.codes[part],
                    "fixable": 0.85 if weak else round(float(rng.uniform(0.1, 0.6)), 2),
                    "cost": round(float(parts.cost[part]) * float(rng.uniform(30, 120)), -2),
                    "currency": "CNY",
                    "idea": "guide clamp and a sleeve where it rubs" if weak else f"stronger {row['name'].lower()}",
                }
            )
    return {
        "return_routes": RETURN_ROUTES.rows(routes),
        **second_life_tables(maker, parts),
        "lease_requests": LEASE_REQUESTS.rows(requests),
        "part_fixes": PART_FIXES.rows(fixes),
    }
