"""renew.lease: the rate a month that earns what it must."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.renew.lease import price_leases
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.market import MODELS
from smilecurve.terms.tables.renew import LEASE_REQUESTS, RESIDUAL_VALUES


def request(name: str, months: int, **more: object) -> dict[str, object]:
    base = {"request": name, "party": "P", "model": "E6", "market": "FR", "months": months, "hours_a_month": 100.0}
    return base | {"risk": 0.0, "interest": 0.0} | more


def worth(age: int, value: float, spread: float = 0.0) -> dict[str, object]:
    return {"model": "E6", "market": "FR", "grade": "B", "age_months": age, "hours": 0.0, "low": value * (1 - spread),
            "value": value, "high": value * (1 + spread), "of_new": value / 24_000.0, "currency": "EUR",
            "sales_seen": 9, "reason": "own"}  # fmt: skip


def run(
    requests: list[dict[str, object]], values: list[dict[str, object]], price: float = 24_000.0, **options: object
) -> Decision:
    models = [{"model": "E6", "name": "E6", "family": "excavator", "hs": "8429", "price": price, "currency": "EUR",
               "length_m": 1.0, "width_m": 1.0, "height_m": 1.0, "mass_kg": 1.0}]  # fmt: skip
    return price_leases(LEASE_REQUESTS.rows(requests), MODELS.rows(models), RESIDUAL_VALUES.rows(values), **options)


def test_by_hand() -> None:
    """24,000 down to 12,000 (or 9,600) in 24 months without interest: 500 a month (600)."""
    got = run([request("L1", 24)], [worth(0, 24_000.0), worth(24, 12_000.0, 0.2)])
    row = got.rows.to_pylist()[0]
    assert row["rate"] == pytest.approx(500.0)
    assert row["rate_if_residual_low"] == pytest.approx(600.0)
    assert (row["residual"], row["residual_low"], row["risk_part"]) == (12_000.0, pytest.approx(9_600.0), 0.0)
    assert got.proof.gap == pytest.approx(0.0)
    assert price_leases.sentence(row) == (
        "500 EUR a month: 24000 new is worth 12000 after 24 months; 0 of the rate is for default"
    )


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

    def rate(**more: float) -> float:
        asked = request("L1", months, **({"risk": risk, "interest": interest} | more))
        got = run([asked], values, recovery=recovery)
        assert got.proof.value == pytest.approx(got.proof.against, rel=1e-6)
        return float(got.rows["rate"][0].as_py())

    assert rate(interest=interest + 0.05) >= rate() - 1e-6
    row = run([request("L1", months, risk=risk, interest=interest)], values, recovery=recovery).rows.to_pylist()[0]
    assert row["rate_if_residual_low"] >= row["rate"] - 1e-6
    assert row["residual_low"] <= row["residual"]
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
    with pytest.raises(DataRejected, match="model E9 has no price"):
        run([request("L1", 12, model="E9")], [])
    with pytest.raises(DataRejected, match="request L1 is sure to default"):
        run([request("L1", 12, risk=1.0)], [])
    with pytest.raises(OptionRejected, match="recovery 2"):
        run([], [], recovery=2.0)
