"""What the pictures of service show: where partners stand and whom we part from; what stock buys and where we stand."""

from __future__ import annotations

from datetime import date

import pytest

from smilecurve.app.pages.pictures.choosing import picture
from smilecurve.app.pages.words import speak
from smilecurve.terms.tables import table

SPOTS = [{"partner": p, "latitude": 10.0 * i, "longitude": 20.0 * i} for i, p in enumerate(("A", "B", "C", "D"))]


def partner(name: str, reason: str, jobs: float = 0.0, within: float | None = None, market: str = "ID") -> dict:
    return {"partner": name, "market": market, "before": True, "appointed": reason in ("keep", "appoint"),
            "jobs_week": jobs, "week_jobs": 8.0, "load": jobs / 8, "within": within, "first_time": 0.9,
            "market_jobs": 3.0, "fee_year": 1000.0, "cost_year": 2000.0, "currency": "CNY", "reason": reason}  # fmt: skip


def draw(rows: list[dict], language: str = "en") -> str:
    drawn = picture(table("partner_plan"), table("partner_plan").rows(rows), speak(language), lambda *_, **__: SPOTS)
    return str(drawn)


@pytest.mark.parametrize("language", ["en", "zh", "ar"])
def test_partners_stand_on_the_map_by_what_becomes_of_them(language: str) -> None:
    rows = [partner("A", "keep", 4.0, 0.5), partner("B", "appoint", 1.0, 1.0, "TH"), partner("C", "dismiss"),
            partner("D", "stay_out")]  # fmt: skip
    drawn = draw(rows, language)
    assert [drawn.count(f'class="{tone}"') for tone in ("here", "up2", "down2", "flat")] == [1, 1, 1, 0]
    assert drawn.count("<figure") == 2
    assert "style=" not in drawn
    if language == "en":
        assert "A: 4 jobs a week of 8" in drawn
        assert "1 kept with jobs (blue), 1 appointed (green), 0 kept without jobs (grey), 1 parted from (red)" in drawn


@pytest.mark.parametrize("language", ["en", "zh", "ar"])
def test_weeks_played_out_show_who_is_at_the_limit_and_who_is_slow(language: str) -> None:
    rows = [partner("A", "keep", 4.0, 1.0) | {"played_peak": 0.5, "played_answer_h": 20.0, "today_answer_h": 10.0},
            partner("B", "keep", 4.0, 1.0) | {"played_peak": 1.0, "played_answer_h": 60.0, "today_answer_h": None},
            partner("C", "dismiss") | {"played_peak": 0.0, "played_answer_h": None}]  # fmt: skip
    drawn = draw(rows, language)
    assert drawn.count("<figure") == 3
    assert drawn.index(">B<") < drawn.index(">A<"), "the hardest first"
    assert ">C<" not in drawn
    assert "style=" not in drawn


def test_nobody_too_late_draws_no_second_picture() -> None:
    assert draw([partner("A", "keep", 4.0, 1.0)]).count("<figure") == 1
    assert draw([partner("Z", "dismiss")]).count("<circle") == 0, "a partner without an offer has no place"


@pytest.mark.parametrize("language", ["en", "zh", "ar"])
def test_the_curve_of_stock_says_where_we_stand(language: str) -> None:
    """200 on hand meet 40 %; between the steps of 100 (50 %) and 300 (90 %) 200 would meet 70 %."""
    rows = [{"step": k, "value": value, "fill": fill, "machines_waiting": 10 * (1 - fill), "wait_days": 1.0,
             "currency": "CNY", "reason": "step"}
            for k, (value, fill) in enumerate([(200.0, 0.4), (0.0, 0.0), (100.0, 0.5), (300.0, 0.9)])]  # fmt: skip
    drawn = picture(table("stock_curve"), table("stock_curve").rows(rows), speak(language), lambda *_, **__: [])
    assert str(drawn).count("<figure") == 2
    assert "style=" not in str(drawn)
    if language == "en":
        assert "You are here: 200 CNY on hand give 40 %, well placed they would give 70 %" in str(drawn)
        assert "on hand give 6, well placed they would give 3" in str(drawn)


@pytest.mark.parametrize("language", ["en", "zh", "ar"])
def test_machines_out_of_reach_of_every_depot_stand_on_the_map(language: str) -> None:
    """Depots at 0 and 10 degrees east reach 1,000 km: of machines at 1, 30 and 60 degrees the last two are out of it."""
    sites = [{"site": s, "latitude": 0.0, "longitude": 10.0 * i} for i, s in enumerate("AB")]
    places = [
        {"market": m, "latitude": 0.0, "longitude": east, "machines": 5}
        for m, east in (("ID", 1.0), ("TH", 30.0), ("IN", 60.0))
    ]
    rows = [{"site": s, "market": "ID", "before": s == "A", "open": True, "machines": 5, "within": 1.0, "mean_km": 9.0, "only": 5,
             "reach_km": 1000.0, "saves_year": 9.0, "cost_year": 1.0, "currency": "CNY", "reason": "keep" if s == "A" else "open"}
            for s in "AB"]  # fmt: skip
    looked = {"depot_sites": sites, "machine_places": places}
    spec = table("depot_plan")
    drawn = str(picture(spec, spec.rows(rows), speak(language), lambda name, **_: looked[name]))
    assert [drawn.count(f'class="{tone}"') for tone in ("here", "up2", "down2")] == [1, 1, 2]
    assert drawn.count("<figure") == 2
    assert "style=" not in drawn
    if language == "en":
        assert "1 kept (blue), 1 opened (green), 0 idle (grey), 10 machines out of reach (red)" in drawn


@pytest.mark.parametrize("language", ["en", "zh", "ar"])
def test_models_that_come_back_too_often_stand_out(language: str) -> None:
    """One model, one channel, one stratum too often; strata in step are not drawn."""
    row = {"family": "F", "model": "*", "market": "*", "channel": "*", "machines": 100, "returned": 6, "rate_30": 0.01, "rate_90": 0.06,
           "low_90": 0.03, "high_90": 0.1, "expected": 2.0, "by_luck": 0.01, "lost": 900.0, "lost_above": 600.0, "of_sales": 0.01,
           "currency": "CNY", "mature": True, "reason": "in_step"}  # fmt: skip
    rows = [{**row, "level": "model", "model": "X"}, {**row, "level": "channel", "channel": "amazon"},
            {**row, "level": "stratum", "model": "X", "market": "ID", "channel": "amazon", "reason": "too_many"},
            {**row, "level": "stratum", "model": "X", "market": "DE", "channel": "amazon"}]  # fmt: skip
    drawn = str(picture(table("return_rates"), table("return_rates").rows(rows), speak(language), lambda *_, **__: []))
    assert drawn.count("<figure") == 2
    assert drawn.count('class="bar over"') == 1
    assert drawn.count('class="bar main"') == 3
    young = [
        {
            **row,
            "level": "model",
            "model": "X",
            "rate_90": None,
            "low_90": None,
            "high_90": None,
            "lost": 0.0,
            "reason": "young",
        }
    ]
    assert not str(
        picture(table("return_rates"), table("return_rates").rows(young), speak(language), lambda *_, **__: [])
    )


def kit(technician: str, part: str, jobs: float, met: float, before: float, load: int) -> dict:
    return {"technician": technician, "partner": "P", "market": "ID", "part": part, "jobs_year": jobs,
            "jobs_before": jobs, "target": 2, "on_hand": 1, "load": load, "unload": 0, "met_before": before, "met": met,
            "saved_year": 1.0, "cost": 1.0, "currency": "CNY", "depot": "D", "depot_on_hand": 9,
            "reason": "load"}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh", "ar"])
def test_vans_show_the_visits_they_meet_and_what_to_load(language: str) -> None:
    """T1: 30 visits of which 0.9 are met, 10 of which 0.5 are: 80 % of 40; the parts to load by their pieces."""
    rows = [kit("T1", "A", 30.0, 0.9, 0.5, 2), kit("T1", "B", 10.0, 0.5, 0.5, 0), kit("T2", "A", 5.0, 1.0, 0.0, 3)]
    drawn = str(picture(table("van_kits"), table("van_kits").rows(rows), speak(language), lambda *_, **__: []))
    assert drawn.count("<figure") == 2
    assert drawn.count('class="limit"') == 2, "what is in the van now, for each technician"
    if language == "en":
        assert "T1: 80% of 40 visits a year, 50% with what is in the van" in drawn.replace("\u202f", "").replace(
            " %", "%"
        )
        assert "A: 5" in drawn
    none = table("van_kits").rows([kit("T1", "A", 30.0, 0.9, 0.9, 0)])
    assert str(picture(table("van_kits"), none, speak(language), lambda *_, **__: [])).count("<figure") == 1


def test_a_last_order_is_drawn_beside_what_will_be_needed() -> None:
    """The need with its interval, and a line at what is there after the order."""
    row = {"part": "P1", "last_order": "2026-01-05", "service_until": "2030-01-05", "machines": 9, "demand": 10.0,
           "machines_to_come": 0.0, "machines_left": 5.0, "demand_low": 6, "demand_high": 14, "on_hand": 2, "buy": 9,
           "enough": 0.6, "lacking": 1.0, "left_over": 1.0, "spend": 1.0, "keep_cost": 1.0, "lack_cost": 1.0,
           "scrap_loss": 0.0, "expected_cost": 1.0, "emergency_price": 1.0, "currency": "CNY", "reason": "buy"}  # fmt: skip
    days = {c: date.fromisoformat(row[c]) for c in ("last_order", "service_until")}
    spec = table("last_buy_plan")
    drawn = str(picture(spec, spec.rows([row | days]), speak("en"), lambda *_, **__: []))
    assert "P1: 10 needed (6 – 14), 2 on hand and 9 to order" in drawn
