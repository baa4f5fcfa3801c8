"""market.revenue: hand arithmetic, a maker's published growth, sums to the cent, refusals."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.market.revenue import account_revenue
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected
from smilecurve.terms.tables import TABLES

Row = dict[str, object]


def sale(year: int, month: int, amount: float, market: str = "ID", **more: object) -> Row:
    row: Row = {"month": date(year, month, 1), "market": market, "region": "asia", "channel": "dealer"}
    row |= {"buyer": "business", "model": "M", "family": "f", "home": market == "CN", "quantity": 1}
    return row | {"amount": amount, "currency": "CNY"} | more


def account(
    sales: list[Row], orders: list[Row] | None = None, rates: list[Row] | None = None, **options: object
) -> Decision:
    given = {"today": date(2023, 7, 14)} | options
    tables = (
        TABLES["sales"].rows(sales),
        TABLES["sales_orders"].rows(orders or []),
        TABLES["currency_rates"].rows(rates or []),
    )
    return account_revenue(*tables, **given)  # type: ignore[arg-type]


def find(decision: Decision, cut: str, value: str, period: str, scope: str = "all") -> Row:
    wanted = (cut, value, period, scope)
    rows = [r for r in decision.rows.to_pylist() if (r["cut"], r["value"], r["period"], r["scope"]) == wanted]
    assert len(rows) == 1, wanted
    return rows[0]


def test_by_hand() -> None:
    """2021: Indonesia 100, Vietnam 50. 2022: Indonesia 180 (60 of it privately), Vietnam 30, home 90.

    Overseas 150 -> 210: +40 %. Indonesia +80 %: of the 40 points it brings (180 - 100) / 150 = 53.3, Vietnam -13.3.
    """
    got = account(
        [
            sale(2021, 1, 100.0),
            sale(2021, 5, 50.0, "VN"),
            sale(2022, 1, 120.0),
            sale(2022, 4, 60.0, buyer="private"),
            sale(2022, 5, 30.0, "VN"),
            sale(2022, 5, 90.0, "CN"),
        ]
    )
    total = find(got, "total", "overseas", "2022", "overseas")
    assert (total["amount"], total["before"], total["growth"]) == (210.0, 150.0, pytest.approx(0.4))
    asia = find(got, "market", "ID", "2022", "overseas")
    assert asia["growth"] == pytest.approx(0.8)
    assert asia["contribution"] == pytest.approx(80 / 150)
    assert asia["business"] == pytest.approx(120 / 180)
    assert asia["of_period"] == pytest.approx(180 / 210)
    assert find(got, "market", "VN", "2022", "overseas")["reason"] == "fell"
    assert find(got, "market", "CN", "2022")["reason"] == "new"
    assert find(got, "market", "ID", "2022-01")["growth"] == pytest.approx(0.2)
    assert find(got, "market", "ID", "2021")["reason"] == "no_year_before"
    assert find(got, "overseas", "home", "2022")["amount"] == 90.0
    assert account_revenue.sentence(total) == "210 CNY in 2022, +40.0% on the year before; +40.0% of all growth"
    assert got.rows.to_pylist()[got.headline or 0] == total


def test_a_year_under_way_is_compared_with_the_same_months() -> None:
    """2022: 10 a month. 2023 to June: 20 a month, so 120 against 60; July has not ended and is left out."""
    rows = [sale(2022, m, 10.0) for m in range(1, 13)] + [sale(2023, m, 20.0) for m in range(1, 8)]
    row = find(account(rows), "total", "all", "2023")
    assert (row["amount"], row["before"], row["growth"], row["reason"]) == (120.0, 60.0, 1.0, "to_date")


def test_sales_in_other_currencies_take_the_rate_of_their_month() -> None:
    rates = [{"currency": "USD", "day": date(2022, m, 1), "in_cny": v} for m, v in ((1, 6.0), (2, 7.0))]
    got = account([sale(2022, 1, 10.0, currency="USD"), sale(2022, 2, 10.0, currency="USD")], rates=rates)
    assert find(got, "total", "all", "2022")["amount"] == 130.0


def test_exhibitions_show_their_order_book() -> None:
    order = {"model": "M", "market": "ID", "channel": "direct", "ordered": date(2023, 5, 12), "quantity": 3}
    order |= {"open_quantity": 2, "amount": 1.27e9, "currency": "CNY", "exhibition": "CICEE-2023"}
    orders = [order | {"sales_order": f"SO-{i}"} for i in range(2)] + [
        order | {"sales_order": "SO-9", "exhibition": None}
    ]
    row = find(account([sale(2022, 1, 1.0)], orders), "exhibition", "CICEE-2023", "order_book")
    assert (row["amount"], row["quantity"]) == (2.54e9, 4)
    assert account_revenue.sentence(row) == "2,540,000,000 CNY for 4 machines still on order from CICEE-2023"


def test_meets_published_results() -> None:
    """Zoomlion's news of May 2023: overseas revenue of 9.992 billion yuan in 2022 was 72.6 % more than in 2021, and the first

    quarter of 2023 brought 123 % more than the one before. From sums that give those figures, the desk reads them back.
    """
    before = round(9.992e9 / 1.726, 2)
    got = account(
        [
            sale(2021, 1, before),
            *[sale(2022, m, a) for m, a in ((2, 2.0e9), (8, 7.992e9))],
            sale(2023, 3, 2.0e9 * 2.23),
            sale(2022, 5, 3.3e9, "CN"),
        ]
    )
    year = find(got, "total", "overseas", "2022", "overseas")
    assert year["amount"] == 9.992e9
    assert year["growth"] == pytest.approx(0.726, abs=5e-5)
    assert find(got, "total", "overseas", "2023Q1", "overseas")["growth"] == pytest.approx(1.23)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([2021, 2022]),
            st.integers(1, 12),
            st.integers(-5_000, 900_000_000),
            st.sampled_from(["ID", "VN", "CN"]),
            st.sampled_from(["dealer", "amazon"]),
            st.sampled_from(["business", "private"]),
        ),
        min_size=1,
        max_size=12,
        unique_by=lambda t: (t[0], t[1], t[3], t[4], t[5]),
    )
)
def test_holds_its_laws(told: list[tuple[int, int, int, str, str, str]]) -> None:
    """Every cut adds up to the cent, in every period; contributions of a cut add up to the growth of the total."""
    rows = [sale(y, m, c / 100, k, channel=ch, buyer=b) for y, m, c, k, ch, b in told]
    got = account(rows)
    assert round(got.proof.value * 100) == sum(c for _, _, c, _, _, _ in told)
    assert got.proof.value == got.proof.against
    sums: dict[tuple[str, str, str], list[Row]] = {}
    for row in got.rows.to_pylist():
        sums.setdefault((row["scope"], row["period"], row["cut"]), []).append(row)
    for (scope, period, cut), mine in sums.items():
        if cut in ("total", "exhibition"):
            continue
        total = sums.get((scope, period, "total"), [{"amount": 0.0, "contribution": None}])[0]
        assert sum(round(r["amount"] * 100) for r in mine) == round(total["amount"] * 100)
        if total["contribution"] is not None:
            assert sum(r["contribution"] for r in mine) == pytest.approx(total["contribution"], abs=1e-9)


def test_refuses_bad_data() -> None:
    with pytest.raises(DataRejected) as caught:
        account([sale(2022, 1, 1.0, currency="USD"), sale(2022, 2, 1.0, currency="EUR")])
    assert str(caught.value) == (
        "no rate of EUR for 2022-02\n  at: currency_rates\n  do: add the rate of that month\n"
        "no rate of USD for 2022-01\n  at: currency_rates\n  do: add the rate of that month"
    )
