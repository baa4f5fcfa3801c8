"""market.quote: the customs authority's own worked example, hand arithmetic, laws, refusals."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.market.quote import SELLER_BEARS, quote_machines
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables import TABLES

TODAY = date(2023, 7, 3)
NAMES = ("quote_requests", "models", "markets", "tariffs", "lanes", "currency_rates")
Row = dict[str, object]


def model(code: str = "M", hs: str = "842952", size: tuple[float, float, float] = (2.0, 1.0, 1.0)) -> Row:
    row: Row = {"model": code, "name": code, "family": "f", "hs": hs, "price": 1.0, "currency": "CNY", "mass_kg": 1.0}
    return row | dict(zip(("length_m", "width_m", "height_m"), size, strict=True))


def request(incoterm: str = "CIF", price: float = 1000.0, **more: object) -> Row:
    row: Row = {"quote": "Q-1", "model": "M", "market": "DE", "quantity": 1, "incoterm": incoterm, "unit_price": price}
    return row | {"currency": "CNY", "target_currency": "EUR", "lane": None} | more


def lane(code: str = "SEA-DE", cost: float = 160.0, market: str = "DE", **more: object) -> Row:
    row: Row = {"lane": code, "origin": "CSX", "market": market, "mode": "sea", "days_p50": 30.0, "days_p95": 40.0}
    return row | {"every_days": 7, "cost_per_m3": cost, "currency": "CNY"} | more


def tariff(hs: str = "8429", duty: float = 0.1, vat: float = 0.19, market: str = "DE", **more: object) -> Row:
    return {"market": market, "hs": hs, "duty": duty, "vat": vat} | more


def rate(currency: str, in_cny: float, day: date = date(2023, 7, 1)) -> Row:
    return {"currency": currency, "day": day, "in_cny": in_cny}


def quote(**rows: object) -> Decision:
    options = {k: rows.pop(k) for k in [*rows] if k not in NAMES}
    usual: dict[str, list[Row]] = {
        "quote_requests": [request()],
        "models": [model()],
        "tariffs": [tariff()],
        "lanes": [lane()],
        "currency_rates": [rate("EUR", 8.0)],
    }
    tables = {n: TABLES[n].rows(rows.get(n, usual.get(n, []))) for n in NAMES}  # type: ignore[arg-type]
    return quote_machines(**tables, **({"today": TODAY} | options))  # type: ignore[arg-type]


def test_by_hand() -> None:
    """8,000 yuan at 8 a euro: price 1,000.00. Two cubic metres at 160 yuan: freight 40.00. 10 % insurance on the whole

    (110 % insured at 1/11): insured so that premium = 10 % of price + freight + premium: 1,040 / 0.9 x 0.1 = 115.56.
    CIF 1,155.56, duty 10 % 115.56, value added tax 19 % of 1,271.12 = 241.51; landed 1,271.12. Under CIF the seller bears
    40 + 115.56, the buyer duty and tax 357.07.
    """
    got = quote(quote_requests=[request(price=8000.0)], insurance_rate=0.1, insured_share=1.0)
    row = got.rows.to_pylist()[0]
    assert [row[k] for k in ("price", "freight", "insurance", "customs_value")] == [1000.0, 40.0, 115.56, 1155.56]
    assert [row[k] for k in ("duty", "vat", "landed")] == [115.56, 241.51, 1271.12]
    assert [row[k] for k in ("seller_pays", "buyer_pays", "currency", "missing")] == [155.56, 357.07, "EUR", None]
    assert quote_machines.sentence(row) == (
        "1,271.12 EUR landed: price 1,000.00, freight 40.00, insurance 115.56, duty 115.56; value added tax 241.51 besides"
    )
    assert got.status == "best"


def test_each_missing_rate_is_named() -> None:
    row = quote(currency_rates=[rate("EUR", 8.0, date(2023, 7, 9))]).rows.to_pylist()[0]
    assert (row["missing"], row["landed"], row["price"], row["currency"]) == (
        "rate of EUR on 2023-07-03",
        None,
        1000.0,
        "CNY",
    )
    row = quote(tariffs=[tariff(hs="8502")]).rows.to_pylist()[0]
    assert (row["missing"], row["freight"], row["duty"], row["landed"]) == ("tariff of DE on 842952", 40.0, None, None)
    assert row["seller_pays"] is not None
    assert row["buyer_pays"] is None
    closed = lane(closed_from=date(2023, 7, 1), closed_until=date(2023, 8, 1))
    row = quote(lanes=[closed], tariffs=[], quote_requests=[request("EXW", lane="SEA-DE")]).rows.to_pylist()[0]
    assert row["missing"] == "lane SEA-DE; tariff of DE on 842952"
    assert quote_machines.sentence(row) == "cannot be completed: lane SEA-DE; tariff of DE on 842952 is missing"
    row = quote(lanes=[lane(currency="USD")]).rows.to_pylist()[0]
    assert row["missing"] == "rate of USD on 2023-07-03"
    assert quote(models=[model("N")]).rows.column("missing").to_pylist() == ["model M"]


def test_longest_heading_and_cheapest_lane_win() -> None:
    rows = [tariff("*", 0.5), tariff("84", 0.4), tariff("842952", 0.05), tariff("842951", 0.3)]
    got = quote(tariffs=rows, lanes=[lane(), lane("RAIL-DE", 150.0)], insurance_rate=0.0).rows.to_pylist()[0]
    assert (got["lane"], got["freight"], got["duty"]) == ("RAIL-DE", 37.5, round((125 + 37.5) * 0.05, 2))


def test_meets_published_results() -> None:
    """The Australian customs service's example of duty and goods and services tax: an amplifier of US$1,274, US$118.30

    postage and insurance, A$1 = US$0.91, duty 5 % on the customs value (FOB): A$1,400, 130, duty 70, value of the taxable
    importation 1,600, tax 160, to pay 230. And DHL's example for the United Kingdom (CIF): GBP 10,000 of goods, GBP 500
    freight and insurance, duty 4 %: GBP 420.
    """
    usd = 0.91 * 7.0  # yuan for one US dollar where an Australian dollar is 7 yuan times 0.91 / 0.91
    got = quote(
        quote_requests=[request(price=1274.0, market="AU", currency="USD", target_currency="AUD")],
        lanes=[lane(cost=118.30, market="AU", currency="USD")],
        models=[model(hs="851840", size=(1.0, 1.0, 1.0))],
        tariffs=[tariff("851840", 0.05, 0.10, "AU", basis="FOB")],
        currency_rates=[rate("USD", 7.0), rate("AUD", usd)],
        insurance_rate=0.0,
    )
    row = got.rows.to_pylist()[0]
    assert [row[k] for k in ("customs_value", "freight", "duty", "vat")] == [1400.0, 130.0, 70.0, 160.0]
    assert round(row["customs_value"] + row["freight"] + row["duty"], 2) == 1600.0
    assert row["buyer_pays"] == 230.0
    got = quote(
        quote_requests=[request("CPT", 10000.0, market="GB", currency="GBP", target_currency="GBP")],
        lanes=[lane(cost=500.0, market="GB", currency="GBP")],
        models=[model(hs="660199", size=(1.0, 1.0, 1.0))],
        tariffs=[tariff("6601", 0.04, 0.0, "GB")],
        insurance_rate=0.0,
    )
    row = got.rows.to_pylist()[0]
    assert (row["customs_value"], row["duty"], row["landed"]) == (10500.0, 420.0, 10920.0)


@settings(max_examples=30, deadline=None)
@given(
    st.floats(1, 1e6),
    st.integers(1, 20),
    st.sampled_from(sorted(SELLER_BEARS)),
    st.floats(0, 0.4),
    st.sampled_from(["CIF", "FOB", None]),
)
def test_holds_its_laws(price: float, quantity: int, incoterm: str, duty: float, basis: str | None) -> None:
    """All that is paid is borne by one of the two, to the cent; the rule moves the burden, never the landed cost."""
    tariffs = [tariff(duty=duty, basis=basis)]
    rows = quote(
        quote_requests=[
            request(incoterm, price, quantity=quantity),
            request("DDP", price, quantity=quantity, quote="Q-2"),
        ],
        tariffs=tariffs,
    ).rows.to_pylist()
    one, other = rows
    assert one["landed"] == other["landed"]
    assert one["price"] + one["seller_pays"] + one["buyer_pays"] == pytest.approx(one["landed"] + one["vat"], abs=0.011)
    assert other["buyer_pays"] == 0
    assert one["seller_pays"] <= other["seller_pays"]


def test_refuses_bad_data() -> None:
    with pytest.raises(DataRejected) as caught:
        quote(quote_requests=[request("FAS", target_currency="EURO")])
    assert str(caught.value) == (
        "incoterm FAS is not a known code\n  at: quote_requests.incoterm, row 1\n"
        "  do: use one of EXW, FCA, FOB, CFR, CIF, CPT, CIP, DAP, DPU, DDP"
    )
    with pytest.raises(OptionRejected) as refused:
        quote(insurance_rate=1.0)
    assert str(refused.value) == (
        "insurance of 1 on 1.1 of the value costs more than the value\n  at: insurance_rate\n"
        "  do: keep insurance_rate x insured_share below 1"
    )


def test_home_knows_no_customs() -> None:
    home: Row = {"market": "CN", "name": "China", "region": "r", "climate": "cold", "currency": "CNY", "home": True}
    home |= {"latitude": 0.0, "longitude": 0.0}
    got = quote(quote_requests=[request(market="CN", target_currency="CNY")], markets=[home], insurance_rate=0.0)
    row = got.rows.to_pylist()[0]
    assert (row["landed"], row["duty"], row["reason"]) == (1000.0, 0.0, "at_home")
