"""serve.returns: who comes back soon after the sale, and what it costs."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.serve.returns import watch_returns
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.market import CURRENCY_RATES
from smilecurve.terms.tables.renew import RESALES
from smilecurve.terms.tables.serve_returns import BACK_DAYS, RETURN_COHORTS, UNSOLD_RETURNS


def cohort(machines: int, back: list[int], *, observed: int = 200, week: int = 0, **names: str) -> dict:
    """Machines of 1,000 CNY; back: how many by day 10, 20, ..; the last holds on."""
    counts = back + [back[-1]] * (len(BACK_DAYS) - len(back))
    return {
        "family": "F", "model": "X", "market": "ID", "channel": "dealer", "sold": date.fromordinal(738_000 // 7 * 7 + 1 + 7 * week),
        "observed": observed, "machines": machines, "amount": 1000.0 * machines, "currency": "CNY",
        **{f"back_{d}": n for d, n in zip(BACK_DAYS, counts, strict=True)}, **names,
    }  # fmt: skip


def watch(rows: list[dict], resales: list[dict] | None = None, rates: list[dict] | None = None,
          unsold: list[dict] | None = None, **options):  # fmt: skip
    tables = (RETURN_COHORTS.rows(rows), RESALES.rows(resales or []), CURRENCY_RATES.rows(rates or []))
    return watch_returns(*tables, UNSOLD_RETURNS.rows(unsold or []), **options)


def strata(decision) -> dict:
    return {(r["model"], r["market"], r["channel"]): r for r in decision.rows.to_pylist() if r["level"] == "stratum"}


def test_by_hand():
    """On a marketplace 4, 6 and 10 of 100 are back by day 10, 30 and 90; of 300 at dealers 3 by day 10.

    Expected of the marketplace: 100 x 3 / 300 = 1. Ten of the 13 in it by luck, where each is with odds of 1 to 3: the
    sum over k from 10 of C(13, k) 0.25^k 0.75^(13 - k) = 0.00012, doubled as two strata are looked at. A machine costs
    1,000 x (1 - 0.6 + 0.05) = 450: ten of them 4,500, of it 9 / 10 above what is expected.
    """
    rows = [cohort(100, [4, 5, 6, 7, 8, 9, 10], channel="amazon"), cohort(300, [3])]
    decision = watch(rows)
    bad = strata(decision)["X", "ID", "amazon"]
    assert (bad["rate_30"], bad["rate_90"]) == (pytest.approx(0.06), pytest.approx(0.10))
    assert (bad["returned"], bad["expected"], bad["lost"]) == (10, pytest.approx(1.0), pytest.approx(4500.0))
    tail = 286 * 0.25**10 * 0.75**3 + 78 * 0.25**11 * 0.75**2 + 13 * 0.25**12 * 0.75 + 0.25**13
    assert bad["by_luck"] == pytest.approx(2 * tail)
    assert (bad["lost_above"], bad["of_sales"]) == (pytest.approx(4050.0), pytest.approx(0.045))
    assert watch_returns.sentence(bad) == (
        "10 of 100 came back, 1.0 expected from the others of its family: 4050 CNY lost above that"
    )
    whole = next(r for r in decision.rows.to_pylist() if r["level"] == "all")
    assert (whole["returned"], whole["machines"], whole["reason"]) == (13, 400, "alone")
    assert decision.rows.to_pylist()[decision.headline]["reason"] == "too_many"
    assert decision.figures == {"machines": 400.0, "returned": 13.0, "lost": pytest.approx(13 * 450.0), "too_many": 1.0}
    sold_again = {"machine": "M", "model": "X", "family": "F", "market": "ID", "sold": date(2024, 1, 1), "grade": "A",
                  "age_months": 3.0, "hours": 9.0, "price": 800.0, "price_new": 1000.0, "currency": "CNY"}  # fmt: skip
    assert strata(watch(rows, [sold_again]))["X", "ID", "amazon"]["lost"] == pytest.approx(10 * 250.0)


def test_meets_published_results():
    """Remission under 6-MP (Freireich et al. 1963; Kaplan-Meier as printed in Cox & Oakes 1984), ten days for a week.

    Of 21 children three relapse in week 6, when one more is lost, and one in week 7: 0.857 and 0.807 are in remission.
    """
    six = [0, 0, 0, 0, 0, 3]
    rows = [cohort(20, [*six, 4]), cohort(1, [0], observed=60, week=1)]
    found = strata(watch(rows))["X", "ID", "dealer"]
    assert 1 - found["rate_90"] == pytest.approx(0.807, abs=5e-4)
    alone = strata(watch([cohort(20, six), cohort(1, [0], observed=90, week=1)]))["X", "ID", "dealer"]
    assert 1 - alone["rate_90"] == pytest.approx(0.857, abs=5e-4)


counts = st.lists(st.integers(0, 2), min_size=9, max_size=9)
cohorts = st.lists(
    st.tuples(
        st.sampled_from("XY"), st.sampled_from(("ID", "DE")), st.sampled_from(("dealer", "amazon", "second_hand")),
        st.integers(20, 90), counts, st.integers(-6, 120),
    ),
    min_size=1, max_size=9,
)  # fmt: skip


@given(cohorts, st.randoms())
@settings(max_examples=40, deadline=None)
def test_holds_its_laws(drawn, random):
    """Order means nothing; strata add up to their channel; limits hold the share; a richer reckoning scales money only."""
    rows = []
    for week, (model, market, channel, machines, steps, observed) in enumerate(drawn):
        back = [sum(steps[: k + 1]) for k in range(9)]
        rows.append(cohort(machines, back, observed=observed, week=week, model=model, market=market, channel=channel))
    first = watch(rows)
    random.shuffle(rows)
    assert watch(rows).rows.equals(first.rows)
    told = first.rows.to_pylist()
    for channel in {r["channel"] for r in told if r["level"] == "channel"}:
        both = [
            [r for r in told if r["level"] == level and r["channel"] == channel] for level in ("channel", "stratum")
        ]
        for column in ("machines", "returned"):
            assert sum(r[column] for r in both[0]) == sum(r[column] for r in both[1])
    for r in told:
        assert r["rate_90"] is None or r["low_90"] <= r["rate_90"] <= r["high_90"]
        assert r["rate_90"] is None or r["rate_30"] <= r["rate_90"] + 1e-12
        assert r["lost_above"] <= r["lost"] + 1e-9
        assert r["reason"] != "young" or (r["rate_30"], r["returned"], r["lost"]) == (None, 0, 0.0)
    dear = watch([{**r, "amount": 2 * r["amount"]} for r in rows])
    for one, two in zip(told, dear.rows.to_pylist(), strict=True):
        assert two["lost"] == pytest.approx(2 * one["lost"])
        assert two["reason"] == one["reason"]


def test_used_machines_are_compared_with_used_ones():
    rows = [
        cohort(100, [5], channel="second_hand"),
        cohort(900, [1]),
        cohort(100, [4], channel="second_hand", market="DE"),
    ]
    decision = watch(rows)
    assert strata(decision)["X", "ID", "second_hand"]["expected"] == pytest.approx(4.0)
    assert strata(decision)["X", "ID", "dealer"]["reason"] == "alone"
    assert decision.figures["machines"] == 900.0


def test_a_return_of_what_was_never_sold_is_told_once_with_its_serial_and_changes_no_rate():
    odd = [{"machine": "Z-2", "returned": date(2023, 5, 1)},
           {"machine": "Z-1", "model": "X", "returned": date(2023, 5, 2), "rma": "R-7"}]  # fmt: skip
    found = watch([cohort(10, [1])], unsold=odd)
    assert [(c.what, c.do) for c in found.clash] == [
        ("Z-1 came back on 2023-05-02 (R-7), but was neither shipped nor sold",
         "load its shipping or its sale, or withdraw the return"),
        ("Z-2 came back on 2023-05-01, but no machine of ours has this serial",
         "read the plate again and correct the return"),
    ]  # fmt: skip
    assert found.rows.equals(watch([cohort(10, [1])]).rows)
    assert [c.what[:3] for c in watch([], unsold=odd).clash] == ["no ", "Z-1", "Z-2"]


def test_refuses_bad_data():
    with pytest.raises(DataRejected) as refused:
        watch([cohort(3, [4]), cohort(9, [2, 1], model="Y")])
    assert [b.what.split(" has ")[1] for b in refused.value.breaches] == [
        "4 returns of 3, or fewer with time",
        "1 returns of 9, or fewer with time",
    ]
    with pytest.raises(OptionRejected) as bad:
        watch([cohort(3, [1])], bearable=2.0, kept=-1.0)
    assert [b.what for b in bad.value.breaches] == ["bearable of 2 is not a share", "kept of -1 is not a share"]
    with pytest.raises(Exception, match="USD"):
        watch([cohort(3, [1], currency="USD")])
    nothing = watch([])
    assert (nothing.status, nothing.clash[0].what) == ("none", "no machine has been sold")
