"""renew.exposure: what the machines on lease will be worth together, against the books."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from smilecurve.desks.renew.exposure import weigh_leases
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.market import MODELS
from smilecurve.terms.tables.renew import LEASE_REQUESTS, RESIDUAL_VALUES
from smilecurve.terms.tables.renew_leases import LEASED_MACHINES

Row = dict[str, object]
WIDE = 1.2815515655446004


def leased(i: int, book: float | None = None, **more: object) -> Row:
    base = {"machine": f"M{i:04d}", "model": "E6", "market": "FR", "since": date(2026, 1, 1), "months": 24}
    return base | {"age_months": 10.0, "months_left": 14.0, "residual_set": book, "currency": "EUR"} | more


def worth(market: str, value: float, spread: float) -> Row:
    return {"model": "E6", "market": market, "grade": "B", "age_months": 24, "hours": 0.0, "low": value / spread,
            "value": value, "high": value * spread, "of_new": value / 20_000.0, "currency": "EUR",
            "sales_seen": 9, "reason": "own"}  # fmt: skip


def run(machines: Sequence[Row], values: Sequence[Row], requests: Sequence[Row] = (), **options: object) -> Decision:
    models = [{"model": "E6", "name": "E6", "family": "excavator", "hs": "8429", "price": 20_000.0, "currency": "EUR",
               "length_m": 1.0, "width_m": 1.0, "height_m": 1.0, "mass_kg": 1.0}]  # fmt: skip
    return weigh_leases(
        LEASED_MACHINES.rows(list(machines)),
        LEASE_REQUESTS.rows(list(requests)),
        MODELS.rows(models),
        RESIDUAL_VALUES.rows(list(values)),
        **options,
    )


def test_by_hand() -> None:
    """No doubt at all: two machines in FR fetch 10,000 each, the books hold 11,000 and 11,500: 2,500 short.

    The one in DE has no residual in the books and counts as the 8,000 it is expected to fetch: 8,000 of 30,500.
    """
    machines = [leased(1, 11_000.0), leased(2, 11_500.0), leased(3, market="DE")]
    got = run(machines, [worth("FR", 10_000.0, 1.0), worth("DE", 8_000.0, 1.0)], lump=0.8)
    rows = {row["market"]: row for row in got.rows.to_pylist()}
    assert (rows["FR"]["machines"], rows["FR"]["book"], rows["FR"]["value"]) == (2, 22_500.0, pytest.approx(20_000.0))
    assert (rows["FR"]["short"], rows["FR"]["tail_loss"]) == (pytest.approx(2_500.0), pytest.approx(2_500.0))
    assert [rows["FR"][name] for name in ("p5", "p25", "p75", "p95")] == pytest.approx([20_000.0] * 4)
    assert (rows["FR"]["above_books"], rows["FR"]["mean_short"]) == (0.0, pytest.approx(2_500.0))
    assert (rows["DE"]["above_books"], rows["DE"]["mean_short"]) == (1.0, 0.0)
    assert (rows["DE"]["fleet_book"], rows["DE"]["fleet_p5"]) == (pytest.approx(30_500.0), pytest.approx(28_000.0))
    assert rows["DE"]["book_share"] == pytest.approx(8_000 / 30_500)
    assert (rows["FR"]["reason"], rows["DE"]["reason"]) == ("short", "covered")
    assert got.proof.value == pytest.approx(2_500.0)
    assert weigh_leases.sentence(rows["FR"]) == (
        "the books hold 22500 EUR for 2 E6 in FR, 2500 more than the 20000 they are expected to fetch"
    )


def test_meets_published_results() -> None:
    """Expected shortfall of a log-normal (Norton, Khokhlov and Uryasev 2021): the mean times N(z(a) - s) / a is left.

    With the mean in the books, it is reached with chance 1 - N(s / 2), and the expected shortfall below it is a put at
    the money: the mean times 2 N(s / 2) - 1 (Black, Journal of Financial Economics 3, 1976).
    """
    got = run([leased(1)], [worth("FR", 10_000.0, 1.25)], together=1.0, alike=0.0)
    deviation = np.log(1.25) / WIDE
    mean = 10_000.0 * np.exp(deviation**2 / 2)
    left = mean * norm.cdf(norm.ppf(0.05) - deviation) / 0.05
    assert got.rows.to_pylist()[0]["value"] == pytest.approx(mean)
    assert got.rows.to_pylist()[0]["tail_loss"] == pytest.approx(mean - left, rel=2e-3)
    row = got.rows.to_pylist()[0]
    assert row["above_books"] == pytest.approx(1 - norm.cdf(deviation / 2), abs=2e-3)
    assert row["mean_short"] == pytest.approx(mean * (2 * norm.cdf(deviation / 2) - 1), rel=5e-3)
    assert row["p25"] == pytest.approx(10_000.0 * np.exp(deviation * norm.ppf(0.25)), rel=2e-3)


@settings(max_examples=20, deadline=None)
@given(here=st.integers(1, 20), there=st.integers(0, 20), more=st.integers(1, 30), spread=st.floats(1.01, 1.8))
def test_holds_its_laws(here: int, there: int, more: int, spread: float) -> None:
    """More machines of one model in one market never lower its charge; the loss keeps its bound; order changes nothing."""
    values = [worth("FR", 10_000.0, spread), worth("DE", 9_000.0, spread)]

    def fleet(count: int) -> list[Row]:
        return [leased(i) for i in range(count)] + [leased(1000 + i, market="DE") for i in range(there)]

    base, grown = run(fleet(here), values), run(fleet(here + more), values)
    charge = [next(r["tail_share"] for r in d.rows.to_pylist() if r["market"] == "FR") for d in (base, grown)]
    assert charge[1] >= charge[0] - 1e-9
    assert base.proof.value <= base.proof.against + 1e-4
    rows = base.rows.to_pylist()
    for row in rows:
        ends = [row[name] for name in ("p5", "low", "p25", "p75", "high", "p95")]
        assert ends == sorted(ends)
        assert 0 <= row["above_books"] <= 1
        assert row["fleet_p5"] >= sum(r["p5"] for r in rows) * (1 - 5e-3), (
            "together they are less spread than one by one"
        )
    assert sum(r["tail_loss"] for r in rows) == pytest.approx(base.figures["tail_loss"])
    assert sum(r["book_share"] for r in rows) == pytest.approx(1.0)
    assert run(fleet(here)[::-1], values[::-1]).rows.to_pylist() == rows
    assert all(r["low"] <= r["high"] for r in rows)


def test_a_place_without_machines_is_told_what_the_first_would_lose() -> None:
    asked = {"request": "L1", "party": "P", "model": "E6", "market": "DE", "months": 24, "hours_a_month": 1.0,
             "risk": 0.0, "interest": 0.0}  # fmt: skip
    values = [worth("FR", 10_000.0, 1.3), worth("DE", 9_000.0, 1.3)]
    rows = {r["market"]: r for r in run([leased(1)], values, [asked]).rows.to_pylist()}
    assert (rows["DE"]["machines"], rows["DE"]["reason"]) == (0, "asked")
    assert 0 < rows["DE"]["tail_share"] < rows["FR"]["tail_share"]
    assert run([], values, [asked]).rows.to_pylist()[0]["tail_share"] > 0.05


def test_refuses_bad_data() -> None:
    with pytest.raises(DataRejected) as refused:
        run([leased(1, months=0), leased(2, -5.0, currency=None)], [])
    assert [b.what for b in refused.value.breaches] == [
        "months 0 is below 1", "residual_set -5.0 is below 0", "currency is empty"
    ]  # fmt: skip
    with pytest.raises(DataRejected, match="residuals are in CNY, EUR"):
        run([leased(1, 9_000.0, currency="CNY")], [worth("FR", 10_000.0, 1.1)])
    with pytest.raises(OptionRejected, match=r"together 0\.8, alike 0\.3"):
        run([], [], together=0.8, alike=0.3)
