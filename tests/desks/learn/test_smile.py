"""learn.smile: where the company adds value."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.learn.smile import STAGES, draw_smile_curve
from smilecurve.terms.errors import DataRejected
from smilecurve.terms.tables.learn import STAGE_MONEY


def money(stage, value, cost, *, year="2022", family="F", market="*", currency="CNY"):
    return {
        "stage": stage, "year": year, "family": family, "market": market, "value": float(value), "cost": float(cost),
        "currency": currency,
    }  # fmt: skip


def decide(rows, **options):
    return draw_smile_curve(STAGE_MONEY.rows(rows), **options)


def pick(decision, **where):
    return [r for r in decision.rows.to_pylist() if all(r[k] == v for k, v in where.items())]


def test_by_hand():
    """Sales of 1,000.00 in ID and 2,000.00 in IN; design costs 100.01 for all: 33.34 and 66.67 by revenue.

    100.01 x 1/3 = 33.3366 and 66.6733: 33.33 + 66.67 leave one cent, which goes to the larger remainder, ID. Design is
    -100.01 / 3,000 = -3.33 % of sales, after -50 / 1,000 = -5 % the year before: up 1.67 points, but it earns nothing.
    """
    decision = decide(
        [
            money("sales", 1000, 400, market="ID"), money("sales", 2000, 500, market="IN"), money("design", 0, 100.01),
            money("sales", 1000, 300, year="2021", market="ID"), money("design", 0, 50, year="2021"),
        ]
    )  # fmt: skip
    design = {r["market"]: r for r in pick(decision, stage="design", year="2022", family="F")}
    assert {m: r["cost"] for m, r in design.items()} == {"*": 100.01, "ID": 33.34, "IN": 66.67}
    assert design["*"]["share_of_revenue"] == pytest.approx(-0.033337, abs=1e-6)
    assert design["*"]["change"] == pytest.approx(0.016663, abs=1e-6)
    assert (design["*"]["position"], design["*"]["reason"]) == (1, "spends")
    (sales,) = pick(decision, stage="sales", year="2022", family="*", market="*")
    assert (sales["value_added"], sales["reason"]) == (2100.0, "steady")
    assert draw_smile_curve.sentence(sales) == "sales adds 2,100 CNY: 70.0% of sales, as last year"
    assert (decision.proof.value, decision.proof.against) == (2649.99, 2649.99)
    assert decision.rows.to_pylist()[decision.headline]["stage"] == "sales"


def test_meets_published_results():
    """The 30 GB video iPod of 2005: 299 retail, 75 to distribution and shops, 80 to its maker, 144 of parts and making.

    Linden, Kraemer & Dedrick, Who captures value in a global innovation network, Communications of the ACM 52(3), 2009: the
    maker keeps 80 of the wholesale price of 224 = 36 %; test and assembly is 3.86. The curve smiles: both ends above the
    middle.
    """
    ipod = [
        money("design", 80, 0, year="2005", currency="USD"), money("components", 140.54, 140.54, year="2005", currency="USD"),
        money("assembly", 3.86, 0, year="2005", currency="USD"), money("sales", 74.60, 0, year="2005", currency="USD"),
    ]  # fmt: skip
    decision = decide(ipod)
    curve = {r["stage"]: r for r in pick(decision, family="*", market="*")}
    assert sum(r["value"] for r in curve.values()) == pytest.approx(299.0)
    assert curve["design"]["share_of_revenue"] == pytest.approx(80 / 299, abs=1e-9)
    assert curve["sales"]["share_of_revenue"] == pytest.approx(0.25, abs=0.001)
    wholesale = 299.0 - curve["sales"]["value"]
    assert curve["design"]["value_added"] / wholesale == pytest.approx(0.36, abs=0.005)
    added = [curve[s]["value_added"] for s in ("design", "components", "assembly", "sales")]
    assert max(added[1:3]) < min(added[0], added[3])


cents = st.integers(0, 10**9).map(lambda c: c / 100)
bookings = st.lists(
    st.tuples(
        st.sampled_from(STAGES), st.sampled_from(["2021", "2022"]), st.sampled_from(["*", "F", "G"]),
        st.sampled_from(["*", "ID", "IN", "FR"]), cents, cents,
    ),
    min_size=1, max_size=25, unique_by=lambda r: r[:4],
)  # fmt: skip


@given(bookings, st.randoms())
@settings(max_examples=25, deadline=None)
def test_holds_its_laws(booked, random):
    """Adds up to the ledger, to the cent, by every cut: stages, years, families, and markets where any has revenue."""
    rows = [money(s, v, c, year=y, family=f, market=m) for s, y, f, m, v, c in booked]
    decision = decide(rows)
    assert decision.proof.value == decision.proof.against
    ledger = sum(round(r["value"] * 100) - round(r["cost"] * 100) for r in rows)
    assert round(decision.proof.against * 100) == ledger
    in_cents = lambda found: sum(round(r["value_added"] * 100) for r in found)  # noqa: E731
    curves = decision.rows.to_pylist()
    for year in {r["year"] for r in rows}:
        mine = [r for r in rows if r["year"] == year]
        year_cents = sum(round(r["value"] * 100) - round(r["cost"] * 100) for r in mine)
        whole = [r for r in curves if r["year"] == year and r["market"] == "*"]
        assert in_cents([r for r in whole if r["family"] == "*"]) == year_cents
        if any(r["family"] != "*" and r["value"] > 0 for r in mine):
            assert in_cents([r for r in whole if r["family"] != "*"]) == year_cents
        for family in {r["family"] for r in whole} - {"*"}:
            parts = [r for r in pick(decision, year=year, family=family) if r["market"] != "*"]
            if any(r["family"] == family and r["market"] != "*" and r["value"] > 0 for r in mine):
                assert in_cents(parts) == in_cents(pick(decision, year=year, family=family, market="*"))
    assert decide(random.sample(rows, len(rows))).rows.equals(decision.rows)
    assert decision.rows.num_rows % len(STAGES) == 0


def test_refuses_bad_data():
    with pytest.raises(DataRejected) as refused:
        decide([money("sales", 1, 0), money("design", 0, 1, currency="EUR")])
    assert [b.what for b in refused.value.breaches] == [
        "the stages are booked in 2 currencies (CNY, EUR) and do not add up"
    ]
    with pytest.raises(DataRejected, match="stage paint is not a known code"):
        decide([money("paint", 1, 0)])
    nothing = decide([])
    assert (nothing.status, nothing.clash[0].what) == ("none", "no money is booked on any stage")
