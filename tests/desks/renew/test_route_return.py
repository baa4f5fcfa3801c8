"""renew.route_return: one route for every returned machine under the places there are."""

from __future__ import annotations

import itertools
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.renew.route_return import route_returns
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables import table
from smilecurve.terms.tables.market import CURRENCY_RATES
from smilecurve.terms.tables.renew import RESIDUAL_VALUES, RETURN_ROUTES, RETURNS
from smilecurve.terms.tables.serve_stock import SPARE_STOCK
from smilecurve.terms.tables.supply import BOM, PARTS


def returned(name: str, **more: object) -> dict[str, object]:
    base = {"rma": name, "machine": f"M-{name}", "model": "G2", "family": "generator", "market": "FR"}
    base |= {"returned": date(2026, 1, 1), "age_months": 12.0, "hours": 100.0, "grade": "C"}
    return base | {"price_new": 1000.0, "currency": "CNY"} | more


def route(name: str, cost: float, gain: float, per_week: int, **more: object) -> dict[str, object]:
    base = {"family": "generator", "route": name, "cost_share": cost, "yield_share": gain, "per_week": per_week}
    return base | more


def worth(grade: str, value: float, **more: object) -> dict[str, object]:
    base = {"model": "G2", "market": "FR", "grade": grade, "age_months": 12, "hours": 100.0, "low": 0.8 * value}
    base |= {"value": value, "high": 1.2 * value, "of_new": value / 1000.0, "currency": "CNY"}
    return base | {"sales_seen": 9, "reason": "own"} | more


def run(
    returns: list[dict[str, object]],
    routes: list[dict[str, object]],
    values: list[dict[str, object]],
    bom: list[dict[str, object]] | None = None,
    parts: list[dict[str, object]] | None = None,
    more: dict[str, list[dict[str, object]]] | None = None,
    **options: object,
) -> Decision:
    """The desk on these rows; `more` gives rows of further tables by name."""
    rates = CURRENCY_RATES.rows([{"currency": "EUR", "day": date(2026, 1, 1), "in_cny": 8.0}])
    tables = RETURNS.rows(returns), RETURN_ROUTES.rows(routes), RESIDUAL_VALUES.rows(values)
    further = {name: table(name).rows(rows) for name, rows in (more or {}).items()}
    return route_returns(*tables, BOM.rows(bom or []), PARTS.rows(parts or []), rates, **further, **options)


def test_by_hand() -> None:
    """1,000 new. Refurbished to A it is worth 700 for 200 (500 left); resold as C 400 for 50 (350); in parts 0.3 - 0.1.

    One place for refurbishing: the machine whose next best is worse takes it. R1 and R2 are alike but R2 is a D, worth
    150 as it is (100 left, in parts 200): R2 is refurbished (500), R1 resold (350): 850.
    """
    routes = [
        route("refurbish", 0.2, 1.0, 1, grade_after="A"),
        route("resell", 0.05, 1.0, 9),
        route("part_out", 0.1, 0.3, 9),
    ]
    values = [worth("A", 700.0), worth("C", 400.0), worth("D", 150.0)]
    got = run([returned("R1"), returned("R2", grade="D")], routes, values, weeks=1)
    first, second = got.rows.to_pylist()
    assert (first["route"], first["margin"], first["reason"]) == ("resell", pytest.approx(350.0), "full")
    assert (second["route"], second["margin"], second["next_route"]) == ("refurbish", pytest.approx(500.0), "part_out")
    assert (second["margin_low"], second["margin_high"]) == (pytest.approx(360.0), pytest.approx(640.0))
    assert got.proof.value == pytest.approx(850.0)
    assert got.status == "best"
    assert route_returns.sentence(second) == "refurbish brings 500 CNY (360 to 640), part_out would bring 200"


def test_meets_published_results() -> None:
    """SciPy's documented example of linear_sum_assignment: costs 4 1 3, 2 0 5, 3 2 2 are assigned for 5."""
    cost = np.array([[4.0, 1.0, 3.0], [2.0, 0.0, 5.0], [3.0, 2.0, 2.0]])
    routes = [
        route("lease", 0.0, 1.0, 1, grade_after="A"),
        route("refurbish", 0.0, 1.0, 1, grade_after="B"),
        route("resell", 0.0, 1.0, 1, grade_after="C"),
    ]
    values = [worth("ABC"[j], 10 - cost[i, j], model=f"G{i}") for i in range(3) for j in range(3)]
    got = run([returned(f"R{i}", model=f"G{i}") for i in range(3)], routes, values, weeks=1)
    assert 30 - got.proof.value == pytest.approx(5.0)
    assert got.rows["route"].to_pylist() == ["refurbish", "lease", "resell"]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(0, 4))
def test_holds_its_laws(seed: int, n: int) -> None:
    """No plan that routes as many machines earns more (all plans tried); places hold; the order of rows is no matter."""
    draw = np.random.default_rng(seed)
    names = ["lease", "part_out", "refurbish", "resell", "scrap"][: int(draw.integers(1, 6))]
    routes = [route(r, float(draw.uniform(0, 0.4)), float(draw.uniform(0, 1)), int(draw.integers(0, 3))) for r in names]
    values = [worth(g, float(draw.uniform(50, 900))) for g in "ABCD"]
    returns = [
        returned(f"R{i}", grade="ABCD"[draw.integers(4)], price_new=float(draw.integers(500, 2000))) for i in range(n)
    ]
    got = run(returns, routes, values, weeks=1)
    rows = got.rows.to_pylist()
    used = {r: sum(row["route"] == r for row in rows) for r in names}
    assert all(used[str(r["route"])] <= int(str(r["per_week"])) for r in routes)
    assert len(rows) + got.figures["waiting"] == n
    best: tuple[int, float] = (0, 0.0)
    of = {str(v["grade"]): float(str(v["of_new"])) for v in values}
    for plan in itertools.product(range(-1, len(names)), repeat=n):
        if any(plan.count(j) > int(str(routes[j]["per_week"])) for j in range(len(names))):
            continue
        total = 0.0
        for machine, j in zip(returns, plan, strict=True):
            if j >= 0:
                share = 1.0 if names[j] in ("part_out", "scrap") else of[str(machine["grade"])]
                gain, cost = float(str(routes[j]["yield_share"])), float(str(routes[j]["cost_share"]))
                total += float(str(machine["price_new"])) * (gain * share - cost)
        best = max(best, (sum(j >= 0 for j in plan), total))
    assert len(rows) == best[0]
    assert got.proof.value == pytest.approx(best[1], abs=1e-6)
    assert got.proof.against >= got.proof.value - 1e-9
    for row in rows:
        assert route_returns.sentence(row)
    assert run(returns[::-1], routes[::-1], values[::-1], weeks=1).rows.equals(got.rows)


def test_unknown_worth_leaves_parts_and_scrap_and_full_shops_make_machines_wait() -> None:
    routes = [route("resell", 0.0, 1.0, 9), route("scrap", 0.1, 0.05, 1)]
    got = run([returned("R1", model="NEW"), returned("R2", model="NEW")], routes, [worth("C", 400.0)], weeks=1)
    assert [(row["route"], row["reason"]) for row in got.rows.to_pylist()] == [("scrap", "only")]
    assert got.figures["waiting"] == 1
    assert got.clash[0].what == "1 of 2 returned machines of generator find no place in 1 weeks"
    elsewhere = run([returned("R1", market="DE")], routes, [worth("C", 400.0), worth("C", 600.0, market="ID")])
    assert elsewhere.rows["margin"].to_pylist() == [pytest.approx(500.0)]
    assert run([returned("R1")], [], []).status == "none"
    mixed = [returned("R1"), returned("R2", currency="EUR")]
    one_place = [route("resell", 0.0, 1.0, 1), route("scrap", 0.0, 0.0, 9)]
    routed = run(mixed, one_place, [worth("C", 400.0)], weeks=1)
    assert routed.rows["route"].to_pylist() == ["scrap", "resell"]
    assert (routed.proof.value, routed.proof.unit) == (pytest.approx(3200.0), "CNY")


def test_spares_that_are_short_make_parting_out_worth_more() -> None:
    """The engine (600) and two filters (40 each, inside the frame) are ordered: what is short brings 0.5 of its cost.

    The lot brings 250 of 1,000 new, the wanted parts in it a quarter of 680: 250 - 170 + 340 - 100 of work = 320 against
    200 resold. A second machine finds the need filled: its engine and filters bring a quarter, 250 - 100 = 150 < 200.
    """
    routes = [route("part_out", 0.1, 0.25, 9), route("resell", 0.0, 0.5, 9)]
    bom = [
        {"parent": a, "component": b, "part": b, "quantity": q}
        for a, b, q in (
            ("G2", "engine", 1.0),
            ("G2", "frame", 1.0),
            ("frame", "filter", 2.0),
            ("engine", "filter", 3.0),
        )
    ]
    parts = [
        {"part": n, "name": n, "system": "s", "source": "buy", "lead_days": 0, "lot_least": 0.0, "lot_multiple": 1.0,
         "scrap": 0.0, "cost": c, "currency": "CNY", "spare": True}
        for n, c in (("engine", 600.0), ("filter", 40.0), ("frame", 900.0))
    ]  # fmt: skip
    stock = [
        {"depot": "D", "part": n, "demand_year": 1.0, "demand_before": 1.0, "target": 1, "on_hand": 0, "move_in": 0,
         "buy": buy, "fill_before": 0.0, "fill": 1.0, "backorders": 0.0, "cost": 1.0, "currency": "CNY", "reason": "buy"}
        for n, buy in (("engine", 1), ("filter", 2), ("frame", 0))
    ]  # fmt: skip
    calm = run([returned("R1")], routes, [worth("C", 400.0)], bom, parts)
    assert [(row["route"], row["margin"]) for row in calm.rows.to_pylist()] == [("resell", pytest.approx(200.0))]
    got = run([returned("R1")], routes, [worth("C", 400.0)], bom, parts, spare_stock=SPARE_STOCK.rows(stock))
    row = got.rows.to_pylist()[0]
    assert (row["route"], row["reason"], row["next_route"]) == ("part_out", "parts", "resell")
    assert (row["margin"], row["parts_worth"]) == (pytest.approx(320.0), pytest.approx(170.0))
    both = run(
        [returned("R1"), returned("R2")], routes, [worth("C", 400.0)], bom, parts, spare_stock=SPARE_STOCK.rows(stock)
    )
    assert sorted(row["route"] for row in both.rows.to_pylist()) == ["part_out", "resell"]
    assert both.proof.value == pytest.approx(520.0)


def level(name: str, **more: object) -> dict[str, object]:
    base = {"family": "generator", "level": name, "cost_share": 0.1, "cost_step": 0.0, "yield_share": 1.0}
    return base | {"grade_after": "A"} | more


def graded(rma: str, *shares: float) -> dict[str, object]:
    base: dict[str, object] = {"rma": rma, "machine": f"M-{rma}", "model": "G2", "family": "generator", "points": 50.0}
    base |= {"rule_grade": "B", "grade": "B", "sure": 0.5, "items_missing": 0, "photos_missing": 0, "sales_seen": 0}
    return base | dict(zip(("share_a", "share_b", "share_c", "share_d"), shares, strict=True)) | {"reason": "rules"}


def test_a_look_is_bought_when_what_it_may_tell_is_worth_more() -> None:
    """B or D, even chances: worth 600 or 100 as it is, 700 refurbished for 300. Now: resold 350, refurbished 400.

    After a look that finds the truth: a B is resold (600), a D refurbished (400): 500 on average, a gain of 100 that is
    bought for 60 (440) and not for 120 (refurbished, 400).
    """
    routes = [route("resell", 0.0, 1.0, 9), route("refurbish", 0.3, 1.0, 9, grade_after="A")]
    values = [worth("A", 700.0), worth("B", 600.0), worth("D", 100.0)]
    look = {"family": "generator", "price": 60.0, "currency": "CNY"}
    shares = [graded("R1", 0.0, 0.5, 0.0, 0.5)]
    got = run(
        [returned("R1", grade="B")], routes, values, more={"machine_grades": shares, "return_inspections": [look]}
    )
    row = got.rows.to_pylist()[0]
    assert (row["route"], row["if_b"], row["if_d"], row["if_a"]) == ("inspect", "resell", "refurbish", None)
    assert (row["inspection_gain"], row["margin"]) == (pytest.approx(100.0), pytest.approx(440.0))
    assert route_returns.sentence(row).startswith(
        "look first: that costs 60 CNY and is expected to bring 100, in all 440"
    )
    dear = {"machine_grades": shares, "return_inspections": [look | {"price": 120.0}]}
    row = run([returned("R1", grade="B")], routes, values, more=dear).rows.to_pylist()[0]
    assert (row["route"], row["margin"], row["inspection_gain"]) == (
        "refurbish",
        pytest.approx(400.0),
        pytest.approx(100.0),
    )
    blind = dear | {
        "return_inspections": [look | {"price": 0.0}],
        "grade_confusion": [{"family": "generator", "grade": g, "found": z, "share": 0.5} for g in "BD" for z in "BD"],
    }
    row = run([returned("R1", grade="B")], routes, values, more=blind).rows.to_pylist()[0]
    assert row["margin"] == pytest.approx(400.0)
    assert row["inspection_gain"] == pytest.approx(0.0)


def test_levels_take_hours_and_parts_and_only_machines_that_gain_most_get_them() -> None:
    """Ten hours: one machine of two is refurbished (8 h); it takes a part of 50. Without a piece of it none is."""
    routes = [route("resell", 0.0, 1.0, 9)]
    values = [worth("A", 700.0), worth("C", 400.0), worth("D", 100.0)]
    parts = [
        {"part": "seal", "name": "seal", "system": "s", "source": "buy", "lead_days": 0, "lot_least": 0.0,
         "lot_multiple": 1.0, "scrap": 0.0, "cost": 50.0, "currency": "CNY", "spare": True}
    ]  # fmt: skip
    more: dict[str, list[dict[str, object]]] = {
        "refurbish_levels": [level("full", workshop="W", hours=5.0, hours_step=1.0, cost_step=0.02)],
        "refurbish_parts": [{"family": "generator", "level": "full", "part": "seal", "quantity": 1.0}],
        "workshop_hours": [{"workshop": "W", "week": 1, "hours": 10.0}, {"workshop": "W", "week": 2, "hours": 10.0}],
    }
    two = [returned("R1"), returned("R2", grade="D")]
    got = run(two, routes, values, parts=parts, more=more, weeks=1).rows.to_pylist()
    assert [(r["route"], r["level"]) for r in got] == [("resell", None), ("refurbish", "full")]
    assert (got[1]["worth"], got[1]["cost"], got[1]["parts_cost"]) == (
        pytest.approx(700.0), pytest.approx(160.0), pytest.approx(50.0)
    )  # fmt: skip
    assert got[1]["margin"] == pytest.approx(490.0)
    both = run(two, routes, values, parts=parts, more=more, weeks=2).rows
    assert both["route"].to_pylist() == ["refurbish", "refurbish"]
    none = run(two, routes, values, parts=parts, more=more | {"part_budgets": [{"part": "seal", "pieces": 0.0}]})
    assert none.rows["route"].to_pylist() == ["resell", "resell"]


def drawn(seed: int, n: int) -> tuple[list[dict[str, object]], ...]:
    """Machines whose grade is not sure, routes with room for all in scrap, values."""
    draw = np.random.default_rng(seed)
    routes = [route("scrap", 0.0, 0.05, 99)] + [
        route(r, float(draw.uniform(0, 0.3)), float(draw.uniform(0.3, 1)), int(draw.integers(0, 3)))
        for r in ("resell", "lease")
    ]
    values = [worth(g, float(v)) for g, v in zip("ABCD", -np.sort(-draw.uniform(50, 900, 4)), strict=True)]
    returns = [returned(f"R{i}", grade="ABCD"[draw.integers(4)]) for i in range(n)]
    shares = [graded(f"R{i}", *(float(x) for x in draw.dirichlet(np.ones(4)))) for i in range(n)]
    levels = [level("full", cost_share=float(draw.uniform(0, 0.4)), workshop="W", hours=4.0, hours_step=1.0)]
    return returns, routes, values, shares, levels


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 4))
def test_room_and_free_looks_never_hurt(seed: int, n: int) -> None:
    """More hours, more places, a free look: the margin never falls. Sums of each row add up; order is no matter."""
    returns, routes, values, shares, levels = drawn(seed, n)
    hours = 3.0 + seed % 20
    more: dict[str, list[dict[str, object]]] = {
        "machine_grades": shares,
        "refurbish_levels": levels,
        "workshop_hours": [{"workshop": "W", "week": 1, "hours": hours}],
    }
    plain = run(returns, routes, values, more=more, weeks=1)
    wider = [{"workshop": "W", "week": 1, "hours": hours + 5}]
    assert (
        run(returns, routes, values, more=more | {"workshop_hours": wider}, weeks=1).proof.value
        >= plain.proof.value - 1e-6
    )
    roomy = [r | {"per_week": int(str(r["per_week"])) + 1} for r in routes]
    assert run(returns, roomy, values, more=more, weeks=1).proof.value >= plain.proof.value - 1e-6
    free = more | {"return_inspections": [{"family": "generator", "price": 0.0, "currency": "CNY"}]}
    looked = run(returns, routes, values, more=free, weeks=1)
    assert looked.proof.value >= plain.proof.value - 1e-6
    turned = {name: rows[::-1] for name, rows in free.items()}
    assert run(returns[::-1], routes[::-1], values[::-1], more=turned, weeks=1).rows.equals(looked.rows)
    for row in looked.rows.to_pylist():
        assert route_returns.sentence(row)
        price = row["inspection_price"] if row["route"] == "inspect" else 0.0
        assert row["margin"] == pytest.approx(row["worth"] - row["cost"] - row["parts_cost"] - price)
        assert row["margin_low"] <= row["margin_high"] + 1e-9


def test_refuses_bad_data() -> None:
    with pytest.raises(DataRejected) as refused:
        run([returned("R1", grade="X")], [route("burn", 2.0, 0.0, 1)], [])
    assert [b.what for b in refused.value.breaches] == [
        "grade X is not a known code",
        "route burn is not a known code",
        "cost_share 2.0 is above 1",
    ]
    with pytest.raises(DataRejected, match="no rate is known for USD"):
        run([returned("R1"), returned("R2", currency="USD")], [], [])
    more: dict[str, list[dict[str, object]]] = {
        "refurbish_levels": [level("full", workshop="W9", hours=5.0)],
        "refurbish_parts": [{"family": "generator", "level": "deep", "part": "P7", "quantity": 1.0}],
        "grade_confusion": [{"family": "generator", "grade": "A", "found": "B", "share": 0.7}],
    }
    with pytest.raises(DataRejected) as refused:
        run([returned("R1", currency="USD")], [], [], more=more)
    assert [b.what for b in refused.value.breaches] == [
        "workshop W9 has no hours",
        "part P7 has no cost",
        "generator has no level deep",
        "shares of what is found on A of generator add up to 0.7",
        "no rate is known for USD",
    ]
    with pytest.raises(DataRejected, match=r"hours -1\.0 is below 0"):
        run([], [], [], more={"workshop_hours": [{"workshop": "W", "week": 1, "hours": -1.0}]})
    with pytest.raises(OptionRejected, match="weeks of 0 gives no place"):
        run([], [], [], weeks=0)
    with pytest.raises(OptionRejected, match="reuse of 2 is not a share"):
        run([], [], [], reuse=2.0)
