"""renew.lease: the rate a month that earns what it must."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.renew.lease import price_leases
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.market import MODELS
from smilecurve.terms.tables.renew import LEASE_REQUESTS, RESIDUAL_VALUES
from smilecurve.terms.tables.renew_leases import LEASE_EXPOSURE, LEASE_TERMS


def request(name: str, months: int, **more: object) -> dict[str, object]:
    base = {"request": name, "party": "P", "model": "E6", "market": "FR", "months": months, "hours_a_month": 100.0}
    return base | {"risk": 0.0, "interest": 0.0} | more


def worth(age: int, value: float, spread: float = 0.0) -> dict[str, object]:
    return {"model": "E6", "market": "FR", "grade": "B", "age_months": age, "hours": 0.0, "low": value * (1 - spread),
            "value": value, "high": value * (1 + spread), "of_new": value / 24_000.0, "currency": "EUR",
            "sales_seen": 9, "reason": "own"}  # fmt: skip


def term(name: str, **more: object) -> dict[str, object]:
    return {"request": name, "currency": "EUR"} | more


def lump(tail: float) -> dict[str, object]:
    return {"model": "E6", "market": "FR", "machines": 1, "book_share": 1.0, "book": 0.0, "low": 0.0, "value": 0.0,
            "high": 0.0, "short": 0.0, "tail_loss": 0.0, "tail_share": tail, "currency": "EUR",
            "reason": "covered"}  # fmt: skip


def run(
    requests: list[dict[str, object]],
    values: list[dict[str, object]],
    price: float = 24_000.0,
    terms: Sequence[dict[str, object]] = (),
    exposure: Sequence[dict[str, object]] = (),
    **options: object,
) -> Decision:
    models = [{"model": "E6", "name": "E6", "family": "excavator", "hs": "8429", "price": price, "currency": "EUR",
               "length_m": 1.0, "width_m": 1.0, "height_m": 1.0, "mass_kg": 1.0}]  # fmt: skip
    return price_leases(
        LEASE_REQUESTS.rows(requests),
        LEASE_TERMS.rows(list(terms)),
        MODELS.rows(models),
        RESIDUAL_VALUES.rows(values),
        LEASE_EXPOSURE.rows(list(exposure)),
        **options,
    )


def test_by_hand() -> None:
    """24,000 down to 12,000 in 24 months without interest: 500 a month, and what is agreed beside it.

    For sure 12,000: the right to buy at 9,600 costs the lessor 2,400, 100 a month. 50 hours a month included beyond
    the usual 100, at 4 an hour: 1,200 hours take off the share 1 - exp(-1200 x 4 / 12000). A fleet that would lose 10 %
    of its ends when it fares worst: 12,000 x 0.10 x 0.08 / 12 = 8 a month.
    """
    values = [worth(0, 24_000.0), worth(24, 12_000.0) | {"hours": 2400.0, "hour_cost": 4.0}]
    got = run([request("L1", 24)], values)
    row = got.rows.to_pylist()[0]
    assert row["rate"] == pytest.approx(500.0)
    assert (row["residual"], row["risk_part"], row["option_part"], row["lump_part"]) == (12_000.0, 0.0, 0.0, 0.0)
    assert (row["hours_included"], row["excess_price"]) == (100.0, pytest.approx(4.0))
    assert got.proof.gap == pytest.approx(0.0)
    assert price_leases.sentence(row) == (
        "500 EUR a month: 24000 new is worth 12000 after 24 months; 0 of the rate is for default"
    )
    bought = run([request("L1", 24)], values, terms=[term("L1", buy_at=9_600.0)]).rows.to_pylist()[0]
    assert (bought["rate"], bought["buy_option"]) == (pytest.approx(600.0), pytest.approx(2_400.0))
    assert price_leases.sentence(bought).endswith("100 of the rate is for his rights to buy, to return or to go on")
    driven = run([request("L1", 24)], values, terms=[term("L1", hours_cap=150.0)]).rows.to_pylist()[0]
    assert driven["residual"] == pytest.approx(12_000.0 * np.exp(-0.4))
    assert driven["excess_price"] == pytest.approx(4.0 * np.exp(-0.4))
    lumped = run([request("L1", 24)], values, exposure=[lump(0.1)]).rows.to_pylist()[0]
    assert (lumped["rate"], lumped["lump_part"], lumped["reason"]) == (
        pytest.approx(508.0),
        pytest.approx(8.0),
        "lumped",
    )


def test_the_end_counts_as_its_distribution() -> None:
    """Nine of ten above 9,600 and below 15,000 around 12,000: a log-normal, its mean m exp(s^2 / 2) counts."""
    row = run([request("L1", 24)], [worth(0, 24_000.0), worth(24, 12_000.0) | {"low": 9_600.0, "high": 15_000.0}])
    deviation = np.log(1.25) / 1.2815515655446004
    expected = 12_000.0 * np.exp(deviation**2 / 2)
    assert row.rows.to_pylist()[0]["rate"] == pytest.approx((24_000.0 - expected) / 24)
    assert row.rows.to_pylist()[0]["rate_if_residual_low"] == pytest.approx(600.0)


def test_meets_published_results() -> None:
    """numpy-financial, pmt(0.075 / 12, 180, 200000) = -1854.0247; Federal Reserve, Keys to vehicle leasing: 488.53.

    The Federal Reserve's lease (24,000 to 12,000 in 36 months, constant yield) leaves its rate unsaid: it is 10.08 %.
    """
    loan = run([request("L1", 180, interest=(1 + 0.075 / 12) ** 12 - 1)], [], price=200_000.0).rows.to_pylist()[0]
    assert loan["rate"] == pytest.approx(1854.0247200054619)
    assert loan["reason"] == "end_unknown"
    asked = request("L1", 36, interest=(1 + 0.1008466 / 12) ** 12 - 1)
    lease = run([asked], [worth(0, 24_000.0), worth(36, 12_000.0)]).rows.to_pylist()[0]
    assert lease["rate"] == pytest.approx(488.53, abs=0.005)


@settings(max_examples=30, deadline=None)
@given(
    months=st.integers(1, 60),
    risk=st.floats(0, 0.5),
    interest=st.floats(0, 0.2),
    left=st.floats(0.05, 0.9),
    recovery=st.floats(0, 1),
)
def test_holds_its_laws(months: int, risk: float, interest: float, left: float, recovery: float) -> None:
    """The cash flow is worth the price; more risk, more interest or less value at the end never lowers the rate."""
    values = [worth(0, 24_000.0), worth(60, 24_000.0 * left, 0.1)]

    def rate(left_more: float = 0.0, **more: float) -> float:
        asked = request("L1", months, **({"risk": risk, "interest": interest} | more))
        ends = [worth(0, 24_000.0), worth(60, 24_000.0 * (left + left_more), 0.1)]
        got = run([asked], ends, recovery=recovery)
        assert got.proof.value == pytest.approx(got.proof.against, rel=1e-6)
        return float(got.rows["rate"][0].as_py())

    assert rate(interest=interest + 0.05) >= rate() - 1e-6
    row = run([request("L1", months, risk=risk, interest=interest)], values, recovery=recovery).rows.to_pylist()[0]
    assert row["rate_if_residual_low"] >= row["rate"] - 1e-6
    assert row["residual_low"] <= row["residual"]
    assert rate(left_more=0.05) <= rate() + 1e-6
    if recovery == 0:
        assert rate(risk=min(risk + 0.1, 0.9)) >= rate() - 1e-6


def test_default_costs_what_it_takes_away() -> None:
    """Two months, a third stops over the term, nothing regained: 1,200 = p a + p a^2 with a = (2/3)^(1/2)."""
    chance = (2 / 3) ** 0.5
    row = run([request("L1", 2, risk=1 / 3)], [], price=1200.0, recovery=0.0).rows.to_pylist()[0]
    assert row["rate"] == pytest.approx(1200 / (chance + chance**2))
    assert row["risk_part"] == pytest.approx(row["rate"] - 600)


def test_refuses_bad_data() -> None:
    with pytest.raises(DataRejected) as refused:
        run([request("L1", 0), request("L2", 12, risk=1.2)], [])
    assert [b.what for b in refused.value.breaches] == ["months 0 is below 1", "risk 1.2 is above 1"]
    with pytest.raises(DataRejected) as refused:
        run([], [], terms=[term("L1", currency=None), term("L2", return_from=0), term("L3", buy_at=-1.0)])
    assert [b.what for b in refused.value.breaches] == [
        "buy_at -1.0 is below 0", "return_from 0 is below 1", "currency is empty"
    ]  # fmt: skip
    asked = [request("L1", 12, model="E9"), request("L2", 12, risk=1.0), request("L3", 12), request("L4", 12)]
    terms = [term("L3", hours_cap=80.0), term("L4", buy_at=1.0, currency="CNY"), term("L5")]
    with pytest.raises(DataRejected) as refused:
        run(asked, [], terms=terms)
    assert [b.what for b in refused.value.breaches] == [
        "model E9 has no price",
        "request L2 is sure to default",
        "request L3 works 100 hours a month, 80 are included",
        "terms of request L4 are in CNY, its model's price is in EUR",
        "request L5 is not asked",
    ]
    with pytest.raises(OptionRejected, match="recovery 2"):
        run([], [], recovery=2.0)
