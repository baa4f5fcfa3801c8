"""renew.ask: how long offered machines stand, and at which price they bring most."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.renew.ask import ask_prices
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.market import CURRENCY_RATES, MODELS
from smilecurve.terms.tables.renew import RESIDUAL_VALUES
from smilecurve.terms.tables.renew_sales import USED_OFFERS

DAY = date(2026, 1, 1)
RATES = CURRENCY_RATES.rows([{"currency": "EUR", "day": DAY, "in_cny": 8.0}])


def models(*names: str) -> object:
    return MODELS.rows([{"model": name, "name": name, "family": "generator", "hs": "8502", "price": 1000.0,
             "currency": "CNY", "length_m": 1.0, "width_m": 1.0, "height_m": 1.0, "mass_kg": 1.0}
            for name in names])  # fmt: skip


def values(*names: str) -> object:
    """Half of new at 24 months, a quarter at 48; each hour beyond 50 a month takes off 0.1."""
    return RESIDUAL_VALUES.rows(
        [{"model": m, "market": "FR", "grade": g, "age_months": a, "hours": 50.0 * a, "low": 900.0 * v, "value": 1000.0 * v,
          "high": 1100.0 * v, "of_new": v, "hour_cost": 0.1, "currency": "CNY", "sales_seen": 9, "reason": "own"}
         for m in names for g in "ABCD" for a, v in ((24, 0.5), (48, 0.25))]
    )  # fmt: skip


def offer(i: int, ask: float, days: int | None, **more: object) -> dict[str, object]:
    listed = DAY + timedelta(days=i)
    base = {"offer": f"O{i:04d}", "model": "G2", "market": "FR", "grade": "B", "age_months": 24.0, "listed": listed}
    sold = None if days is None else listed + timedelta(days=days)
    return base | {"ask": ask, "currency": "CNY", "sold": sold} | more


def stock(seed: int, n: int = 300, slope: float = 5.0) -> list[dict[str, object]]:
    """Offers at 0.8 to 1.3 of their worth of 500; days 40 x ratio ** slope x exponential, seen for 120 days at most."""
    draw = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        ratio = float(draw.uniform(0.8, 1.3))
        days = 1 + int(40 * ratio**slope * draw.exponential())
        rows.append(offer(i, 500 * ratio, days if i + days <= n else None))
    return rows


def test_by_hand() -> None:
    """Every offer is sold: those at their worth (500) within 20 to 40 days, those at 550 within 80 to 160.

    10 % more takes four times as long, so the slope is ln 4 / ln 1.1 = 14.5. Keeping costs 0.5 of the worth a year and
    waiting 0.08, 0.00159 a day: a share r of the worth brings r - 0.00159 x 30 r^14.5, most where r^13.5 = 1 / 0.69,
    r = 1.028. A machine of 1,700 instead of 1,200 hours is worth 50 less.
    """
    rows = [offer(2 * i, 500.0, 20 + i % 21) for i in range(60)]
    rows += [offer(2 * i + 1, 550.0, 4 * (20 + i % 21)) for i in range(60)]
    last = DAY + timedelta(days=300)
    rows += [offer(900, 550.0, None, listed=last), offer(901, 500.0, None, listed=last, hours=1700.0)]
    rows += [offer(902, 500.0 / 8, None, listed=last, currency="EUR")]
    got = ask_prices(USED_OFFERS.rows(rows), values("G2"), models("G2"), RATES, holding=0.5)
    assert got.figures["slope"] == pytest.approx(np.log(4) / np.log(1.1), rel=0.05)
    row = {r["offer"]: r for r in got.rows.to_pylist()}
    assert set(row) == {"O0900", "O0901", "O0902"}, "only what still stands is decided"
    assert (row["O0900"]["worth"], row["O0901"]["worth"], row["O0902"]["worth"]) == (500.0, 450.0, 62.5)
    assert row["O0900"]["days"] == pytest.approx(120, rel=0.15)
    assert row["O0902"]["days"] == pytest.approx(30, rel=0.15)
    assert row["O0900"]["reason"] in ("lower", "edge")
    assert row["O0900"]["best_ask"] == pytest.approx(514.0, abs=4.0)
    assert row["O0900"]["gain"] == pytest.approx(row["O0900"]["best_net"] - row["O0900"]["net"])
    assert row["O0902"]["offers_seen"] == 123
    assert "brings" in ask_prices.sentence(row["O0900"])


def test_meets_published_results() -> None:
    """Kaplan and Meier (1958): what a model calls the middle day is met by half, counting what stands as not sold yet.

    Made offers: the slope of 5 and the middle of 40 ln 2 = 27.7 days come out again.
    """
    got = ask_prices(USED_OFFERS.rows(stock(1, 900)), values("G2"), models("G2"), RATES)
    assert got.proof.value == pytest.approx(0.5, abs=0.06)
    assert got.figures["slope"] == pytest.approx(5.0, abs=0.6)
    rows = [*stock(1, 900), offer(900, 500.0, None)]
    row = next(r for r in ask_prices(USED_OFFERS.rows(rows), values("G2"), models("G2"), RATES).rows.to_pylist()
               if r["offer"] == "O0900")  # fmt: skip
    assert row["days"] == pytest.approx(27.7, rel=0.12)
    assert row["days_low"] == pytest.approx(40 * -np.log(0.9), rel=0.25)
    assert row["days_high"] == pytest.approx(40 * -np.log(0.1), rel=0.15)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000))
def test_holds_its_laws(seed: int) -> None:
    """A higher ask never sells sooner; the best is never worse; money doubled doubles money; order does not matter."""
    rows = stock(seed, 80)
    last = DAY + timedelta(days=80)
    rows += [offer(500 + k, 400.0 + 20 * k, None, listed=last) for k in range(12)]
    got = ask_prices(USED_OFFERS.rows(rows), values("G2"), models("G2"), RATES)
    found = [r for r in got.rows.sort_by("ask").to_pylist() if r["stood_days"] == 0]
    for a, b in itertools.pairwise(found):
        assert a["days"] <= b["days"] + 1e-6
        assert a["sold_30"] >= b["sold_30"] - 1e-9
    for r in got.rows.to_pylist():
        assert r["days_low"] <= r["days"] <= r["days_high"]
        assert r["best_net"] >= r["net"] - 1e-9
        assert 0 <= r["sold_30"] <= r["sold_90"] <= 1
    again = ask_prices(USED_OFFERS.rows(rows[::-1]), values("G2"), models("G2"), RATES)
    one, two = (d.rows.sort_by("offer").to_pylist() for d in (got, again))
    assert [r["days"] for r in one] == pytest.approx([r["days"] for r in two], rel=0.02)


def test_says_when_too_few_were_sold() -> None:
    got = ask_prices(USED_OFFERS.rows(stock(1, 8)), values("G2"), models("G2"), RATES)
    assert (got.status, got.rows.num_rows) == ("none", 0)
    assert got.clash[0].what.endswith("offers of known worth were sold, days to a sale need 12")
    assert ask_prices(USED_OFFERS.empty(), values("G2"), models("G2"), RATES).status == "none"


def test_refuses_bad_data() -> None:
    bad = [
        offer(1, 0.0, 3),
        offer(2, 5.0, -3),
        offer(3, 5.0, 3, withdrawn=DAY + timedelta(days=9)),
        offer(4, 5.0, None, paid=4.0),
    ]
    with pytest.raises(DataRejected) as refused:
        ask_prices(USED_OFFERS.rows(bad), values("G2"), models("G2"), RATES)
    assert [b.what for b in refused.value.breaches] == [
        "offer O0001 asks nothing",
        "offer O0002 is sold before it is listed",
        "offer O0003 is both sold and withdrawn",
        "offer O0004 is paid and not sold",
    ]
    with pytest.raises(DataRejected, match="no rate is known for JPY"):
        ask_prices(USED_OFFERS.rows([offer(1, 5.0, 3, currency="JPY")]), values("G2"), models("G2"), RATES)
    with pytest.raises(OptionRejected, match="interest 0"):
        ask_prices(USED_OFFERS.empty(), values("G2"), models("G2"), RATES, interest=0.0)
