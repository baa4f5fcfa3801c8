from __future__ import annotations

import datetime as dt

import pytest

from smilecurve.app.decimals import decimals
from smilecurve.app.pages.pictures.choosing import picture
from smilecurve.app.pages.pictures.drawing import nice_ticks
from smilecurve.app.pages.pictures.weibull import kaplan_meier
from smilecurve.app.pages.pictures.world import natural_earth
from smilecurve.app.pages.rendering import piece
from smilecurve.app.pages.words import LANGUAGES, speak
from smilecurve.terms.tables import table


def test_numbers_money_and_days_follow_the_language() -> None:
    english, spanish, chinese = speak("en"), speak("es"), speak("zh")
    assert english.number(1234567.891, 1) == "1,234,567.9"
    assert spanish.number(1234567.891, 1) == "1.234.567,9"
    assert english.purse(24_000_000_000, "EUR") == "€24B"
    assert chinese.purse(9_992_000_000, "CNY") == "¥99.9亿"
    assert english.percent(0.0973) == "9.7 %"
    assert english.day(dt.date(2023, 6, 30)) == "Jun 30, 2023"
    assert chinese.market("ID") == "印度尼西亚"
    assert english.number(None) == "–"


def test_numbers_that_differ_are_shown_apart() -> None:
    assert decimals([120.031, 120.013]) == 3
    assert decimals([120.0, 120.0, None]) == 0
    assert decimals([0.0, 1e-12]) == 6, "no more than that"
    english = speak("en")
    assert [english.cell(None, v, digits=3) for v in (120.031, 120.0134)] == ["120.031", "120.013"]


def test_a_difference_without_a_plan_says_so_first() -> None:
    row = {
        "desk": "line.balance",
        "figure": "load",
        "changed": 0,
        "added": 0,
        "removed": 3,
        "before": 1.0,
        "after": 0.0,
    }
    shown = {"rows": [row], "changed": "takt is 12 s", "unplanned": {"line.balance": "takt of 12 s is too short"}}
    for language, marked in {"en": "No plan fits", "zh": "没有可行的计划"}.items():
        said = piece(speak(language), "difference.html", d=shown)
        assert said.index(marked) < said.index("takt of 12 s is too short") < said.index("<table")


def test_an_unknown_language_is_english() -> None:
    assert speak("tlh").language == "en"
    assert speak("ar").direction == "rtl"
    assert set(LANGUAGES) == {"en", "zh", "es", "ar", "id"}


def test_plurals_follow_the_language() -> None:
    said = {n: speak("ar").count("{n} market", "{n} markets", n) for n in (1, 2, 3, 11)}
    assert len(set(said.values())) == 4
    assert speak("en").count("{n} market", "{n} markets", 1) == "1 market"


def test_the_projection_matches_published_points() -> None:
    # Patterson, Savric and Jenny 2011: the poles lie at 0.52 of the half height, x at the pole 0.8707 of the equator
    assert natural_earth(0, 180)[0] == pytest.approx(0.8707 * 3.14159265, rel=1e-6)
    assert natural_earth(90, 0)[1] == pytest.approx(1.4224, abs=2e-3)
    assert natural_earth(40, -75)[0] == -natural_earth(40, 75)[0]


def test_kaplan_meier_by_hand() -> None:
    groups = [
        {"age_month": 0, "entered": 100, "failed": 2, "censored": 0},
        {"age_month": 1, "entered": 98, "failed": 0, "censored": 20},
        {"age_month": 2, "entered": 78, "failed": 3, "censored": 0},
    ]
    points = kaplan_meier(groups)
    assert [p.age for p in points] == [1, 3]
    assert points[0].failed == pytest.approx(0.02)
    assert points[1].failed == pytest.approx(1 - 0.98 * 75 / 78)
    assert all(p.low < p.failed < p.high for p in points)


def test_ticks_are_round() -> None:
    assert nice_ticks(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert nice_ticks(3, 17) == [5, 10, 15]


def test_an_empty_decision_has_no_picture() -> None:
    spec = table("part_life")
    assert picture(spec, spec.empty(), speak("en"), lambda *_, **__: []) is None
