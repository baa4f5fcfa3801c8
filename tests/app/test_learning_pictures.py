"""What the pictures of learn show: lots against expectation, where their machines are, costs with bounds, the smile moved."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest

from smilecurve.app.pages.pictures.choosing import picture
from smilecurve.app.pages.pictures.weibull import mode_limits, weibull_plot
from smilecurve.app.pages.words import speak
from smilecurve.desks.learn.smile import draw_smile_curve
from smilecurve.solve.lives import exact_lives
from smilecurve.solve.survival import fit_weibull
from smilecurve.solve.survival_bounds import failed_by
from smilecurve.terms.tables import table
from smilecurve.terms.tables.learn import STAGE_MONEY

SUSPECT = {
    "part": "pump", "lot": "L1", "rank": 1, "machines": 100, "failures": 25, "expected": 5.2, "ratio": 4.8, "evidence": 24.4,
    "hold": True, "reason": "explains_issue",
}  # fmt: skip
PLACES = [{"market": "ID", "latitude": -6.0, "longitude": 107.0}, {"market": "DE", "latitude": 52.0, "longitude": 13.0}]


def there(status, market, machines, repaired, unreachable=0):
    return {
        "part": "pump", "lot": "L1", "status": status, "market": market, "machines": machines, "repaired": repaired,
        "unreachable": unreachable, "open": machines - repaired - unreachable,
    }  # fmt: skip


def draw(name, rows, language="en", **seen):
    return str(picture(table(name), rows, speak(language), lambda asked, **_: seen.get(asked, [])))


@pytest.mark.parametrize("language", ["en", "zh", "ar"])
def test_a_held_lot_shows_its_failures_its_machines_and_its_campaign(language):
    rows = table("suspect_lots").rows([SUSPECT, SUSPECT | {"lot": "L2", "rank": 2, "hold": False, "failures": 4}])
    machines = [there("customer", "ID", 80, 30, 5), there("ship", "DE", 20, 0)]
    drawn = draw("suspect_lots", rows, language, contained_machines=machines, markets=PLACES)
    assert drawn.count("<figure") == 3
    assert drawn.count('class="bar bad"') == 3, "the held lot, and a bar of unreachable machines for each status"
    assert drawn.count('class="here"') == 2
    if language == "en":
        assert "L1: 25 failures in 100 machines, 5.2 expected" in drawn
        assert "Indonesia: 80 machines, 50 open" in drawn
        assert "customer: 30 put right, 45 open, 5 unreachable" in drawn
    assert "style=" not in drawn


def test_without_a_held_lot_there_is_no_map():
    rows = table("suspect_lots").rows([SUSPECT | {"hold": False}])
    assert draw("suspect_lots", rows, contained_machines=[there("ship", "DE", 20, 0)]).count("<figure") == 1


def test_the_backlog_is_a_pareto_with_bounds():
    row = {
        "part": "pump", "family": "F", "rank": 1, "failures": 10, "rate_year": 0.05, "rate_low": 0.04, "cost_each": 500.0,
        "lifetime_cost": 3000.0, "fixable": 0.6, "saving": 100.0, "currency": "CNY", "reason": "worth_changing",
    }  # fmt: skip
    drawn = draw("design_backlog", table("design_backlog").rows([row | {"part": "seal", "lifetime_cost": 1000.0}, row]))
    assert drawn.index("pump ·") < drawn.index("seal ·"), "the costliest first"
    assert "75 %" in drawn
    assert "3.8K at the rate seen" in drawn, "3,000 x 0.05 / 0.04 = 3,750"


def test_complaints_of_a_system_week_by_week():
    text = {
        "language": "en", "sure": 0.7, "examples": 20, "least_examples": 20, "counts": True, "reason": "sure",
        "system": "engine",
    }  # fmt: skip
    last = date(2024, 3, 6)
    days = [last, last, last - timedelta(weeks=1), last - timedelta(weeks=70)]
    said = [text | {"said": f"T{k}", "said_on": day} for k, day in enumerate(days)]
    drawn = draw("voiced_texts", table("voiced_texts").rows(said))
    assert drawn.count("<figure") == 1
    assert "Mar 4: 2" in drawn
    assert "Feb 26: 1" in drawn


def test_the_smile_and_how_it_moved():
    def money(stage, year, value, cost):
        return {
            "stage": stage, "year": year, "family": "F", "market": "DE", "value": value, "cost": cost, "currency": "CNY"
        }  # fmt: skip

    booked = [money("sales", "2023", 100.0, 50.0), money("sales", "2024", 100.0, 40.0)]
    booked += [money("design", "2024", 0.0, 5.0)]
    drawn = draw("smile_curve", draw_smile_curve(STAGE_MONEY.rows(booked)).rows)
    assert drawn.count("<figure") == 2
    assert "+10 %" in drawn, "sales: 60 % of revenue after 50 %"
    assert "-5 %" in drawn, "design spends 5 % more"
    assert draw("smile_curve", draw_smile_curve(STAGE_MONEY.rows(booked[:1])).rows).count("<figure") == 1


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_fan_shows_what_came_until_it_is_too_early_to_say(language: str) -> None:
    """Three weeks over, the last hardly heard of, and two to come: two dots; one bar for the part."""
    band = {"expected": 9.0, "low80": 6.0, "high80": 12.0, "low95": 4.0, "high95": 15.0, "machines": 100.0, "weeks": 1}
    told = [
        {
            **band, "level": "all", "part": "*", "week": date(2023, 6, 5) + timedelta(weeks=k), "past": k < 3,
            "completed": 8.0 if k < 3 else None, "reason": ["as_foretold", "as_foretold", "too_early", "foretold", "foretold"][k],
        }
        for k in range(5)
    ]  # fmt: skip
    part = {**told[3], "level": "part", "part": "PUMP", "weeks": 2}
    drawn = draw("claim_forecast", table("claim_forecast").rows([*told, part]), language)
    assert drawn.count("<figure") == 2
    assert drawn.count('class="band"') == 2
    assert drawn.count("8</title>") == 2
    assert "PUMP" in drawn


def test_two_modes_are_drawn_each_between_its_limits():
    """Limits of one mode as solve has them of one law: the same Weibull fit told as a mode gives the same interval."""
    ages = [3.0, 5.0, 8.0, 9.0, 12.0, 14.0, 15.0, 21.0, 30.0, 30.0]
    fit = fit_weibull(exact_lives(ages, [True] * 8 + [False] * 2))
    reach = [1.6448536269514722 * float(v[0]) ** 0.5 for v in (fit.var_shape, fit.var_scale)]
    mode = {
        "shape": float(fit.shape[0]), "scale": float(fit.scale[0]), "tie": float(fit.cov[0]) * 1.6448536269514722**2 / (reach[0] * reach[1]),
        **{f"{name}_{end}": float(getattr(fit, name)[0]) * math.exp(way * r)
           for name, r in zip(("shape", "scale"), reach, strict=True) for end, way in (("low", -1), ("high", 1))},
    }  # fmt: skip
    life = {f"late_{k}": v for k, v in mode.items()}
    for age in (2.0, 10.0, 36.0):
        _, low, high = failed_by(fit, age)
        assert mode_limits(life, "late", age) == pytest.approx((low[0], high[0]))
    assert mode_limits({"late_shape": 2.0, "late_scale": 9.0}, "late", 5.0) is None
    own = {"part": "P", "shape": 1.5, "scale_months": 20.0, "b10_months": 5.0, "failures": 8}
    groups = [{"age_month": 3, "entered": 100, "failed": 5, "censored": 0}]
    drawn = str(weibull_plot(own | life, groups, speak("en")))
    assert drawn.count('class="mode late') == 3
    assert drawn.count('class="mode late ends"') == 2
    assert "late mode (violet): shape" in drawn
    assert "mode" not in str(weibull_plot(own, groups, speak("en")))
