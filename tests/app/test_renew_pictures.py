"""Pictures of the second life: fans of used prices with the own sales as dots."""

from __future__ import annotations

import re

from smilecurve.app.pages.pictures.asking import asks_picture
from smilecurve.app.pages.pictures.charts import Bar, rank_chart
from smilecurve.app.pages.pictures.leases import leases_picture
from smilecurve.app.pages.pictures.residuals import residuals_picture
from smilecurve.app.pages.words import speak
from smilecurve.terms.tables.renew import RESIDUAL_VALUES
from smilecurve.terms.tables.renew_leases import LEASE_EXPOSURE
from smilecurve.terms.tables.renew_sales import ASKING_PRICES

Row = dict[str, object]


def worth(market: str, age: int, value: float, sales: int, grade: str = "B") -> Row:
    return {"model": "E6", "market": market, "grade": grade, "age_months": age, "hours": age * 100.0, "low": value * 0.8,
            "value": value, "high": value * 1.2, "of_new": value / 200, "currency": "EUR", "sales_seen": sales,
            "reason": "own"}  # fmt: skip


def sold(age: float, price: float, grade: str = "B", currency: str = "EUR") -> Row:
    return {"age_months": age, "hours": age * 90.0, "price": price, "grade": grade, "currency": currency}


def test_fans_of_the_place_with_most_sales_show_its_sales_of_one_grade_and_currency() -> None:
    rows = [worth("DE", 0, 90.0, 1), worth("FR", 12, 70.0, 4), worth("FR", 0, 100.0, 4), worth("FR", 0, 60.0, 4, "C")]
    asked: list[object] = []

    def look(name: str, **how: object) -> list[Row]:
        asked.append((name, how["where"]))
        return [sold(6, 80.0), sold(12, 75.0), sold(3, 50.0, "C"), sold(4, 1.0, currency="CNY")]

    drawn = residuals_picture(RESIDUAL_VALUES.rows(rows), speak("en"), look)
    assert asked == [("resales", {"model": "E6", "market": "FR"})]
    assert "Worth of E6 in FR, grade B, by age in months, EUR" in drawn
    assert "2 own sales as dots" in drawn
    assert drawn.count('class="dot"') == 4
    first = drawn.split("</figure>")[0]
    # value 100 at age 0 and 70 at age 12: y runs from 216 at 0 to 8 at 1.04 x 120
    track = re.search(r'd="M64,([\d.]+)L720,([\d.]+)" class="track"', first)
    assert track
    assert [float(v) for v in track.groups()] == [round(216 - 208 * v / 124.8, 1) for v in (100, 70)]


def test_a_fan_without_sales_stands_alone() -> None:
    drawn = residuals_picture(RESIDUAL_VALUES.rows([worth("FR", 0, 100.0, 0)]), speak("zh"), lambda *_, **__: [])
    assert drawn.count('class="dot"') == 0
    assert drawn.count('class="band"') == 2


def fleet(market: str, book: float, ends: tuple[float, ...], machines: int = 3) -> Row:
    row = {"model": "E6", "market": market, "machines": machines, "book_share": 0.5, "book": book, "low": ends[0],
           "value": ends[1], "high": ends[3], "short": 0.0, "tail_loss": 0.0, "tail_share": 0.1, "currency": "EUR",
           "reason": "covered", "above_books": 0.25, "mean_short": 1.0, "fleet_book": 300.0, "fleet_above": 0.4}  # fmt: skip
    row |= dict(zip(("p5", "p25", "p75", "p95"), ends, strict=True))
    return row | {"fleet_p5": 150.0, "fleet_p25": 270.0, "fleet_p75": 330.0, "fleet_p95": 450.0}


def test_bands_of_the_lease_fleet_stand_against_its_books() -> None:
    """Shares of the books run from 0.5 to 1.5 over 190 to 664: all machines at 150 / 300 begin at 190, 450 end at 664."""
    rows = [fleet("DE", 100.0, (80.0, 90.0, 110.0, 120.0)), fleet("FR", 200.0, (100.0, 180.0, 220.0, 300.0))]
    rows.append(fleet("ID", 0.0, (0.0, 0.0, 0.0, 0.0), machines=0))
    drawn = leases_picture(LEASE_EXPOSURE.rows(rows), speak("en"), lambda *_, **__: [])
    assert drawn is not None
    bars = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', drawn)
    assert [tuple(map(float, b)) for b in bars[:2]] == [(190.0, 474.0), (379.6, 94.8)]
    assert drawn.index("All together") < drawn.index("E6 · FR") < drawn.index("E6 · DE")
    assert "E6 · ID" not in drawn
    assert all(speak("en").percent(share, 0) in drawn for share in (0.4, 0.25))
    assert "half of the times they fetch 180 to 220 EUR" in drawn
    assert leases_picture(LEASE_EXPOSURE.rows(rows[2:]), speak("en"), lambda *_, **__: []) is None


def asked(offer: str, share: float, days: float, reason: str) -> Row:
    money = {"worth": 100.0, "ask": 100 * share, "net": 90.0, "best_ask": 100.0, "best_net": 95.0, "gain": 5.0}
    row: Row = {"offer": offer, "model": "E6", "market": "FR", "stood_days": 3, "ask_share": share, "currency": "EUR"}
    row |= {"days_low": days / 5, "days": days, "days_high": days * 3, "best_days": 30.0, "reason": reason}
    return row | money | {"sold_30": 0.5, "sold_90": 0.9, "offers_seen": 7}


def test_offers_stand_by_what_is_asked_for_them_the_dearer_the_longer() -> None:
    rows = [asked("O1", 0.9, 20.0, "higher"), asked("O2", 1.0, 40.0, "keep"), asked("O3", 1.3, 200.0, "lower")]
    drawn = asks_picture(ASKING_PRICES.rows(rows), speak("en"), lambda *_, **__: [])
    dots = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="4" class="([a-z ]+)"><title>(O\d)', drawn)
    assert [(d[2], d[3]) for d in dots] == [("dot", "O2"), ("dot wait", "O1"), ("dot bad", "O3")]
    places = {d[3]: (float(d[0]), float(d[1])) for d in dots}
    assert places["O1"][0] < places["O2"][0] < places["O3"][0]
    assert places["O1"][1] > places["O2"][1] > places["O3"][1]
    assert "O3: at 130 EUR half are sold within 200 days; 100 is expected to bring most" in drawn


def test_a_number_beside_a_bar_makes_room_for_its_mark() -> None:
    """A bar of 50 of 100 ends at 432 of 190 to 674: the number stands 6 beyond the mark if that is near, else the bar."""
    drawn = rank_chart([Bar("a", 50.0, mark=54.0), Bar("b", 50.0, mark=100.0), Bar("c", 50.0)], "", str)
    places = re.findall(r'<text x="([\d.]+)" y="[\d.]+" text-anchor="start"', drawn)
    assert [float(x) for x in places] == [round(190 + 484 * 0.54 + 6, 1), 438.0, 438.0]


def test_short_numbers_are_short_in_every_language() -> None:
    assert speak("en").short(8254.186288892815) == "8.3K"
    assert speak("zh").short(8254.186288892815) == "8254"
