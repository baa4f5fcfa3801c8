"""Who offers and who wants machines at a fair, and who meets whom?"""

from __future__ import annotations

from smilecurve.terms.table import Spec, code, currency, market, money, number, whole

_PLACE = (
    number("latitude", "latitude", "degrees", least=-90, most=90),
    number("longitude", "longitude", "degrees", least=-180, most=180),
)
FAIR_OFFERS = Spec(
    "fair_offers",
    "Machines offered at a fair, for sale or on lease",
    "renew",
    "given",
    (
        code("offer", "offer"),
        code("party", "seller or lessor"),
        code("deal", "kind of deal", "sale", "lease"),
        code("model", "model"),
        market(),
        *_PLACE,
        number("hours", "hours on the meter", "h", least=0),
        code("grade", "condition as inspected", "A", "B", "C", "D"),
        money("price", "price asked (lease: a month)", least=0),
        currency(),
    ),
    ("offer",),
)
FAIR_WANTS = Spec(
    "fair_wants",
    "Machines wanted at a fair, to buy or to lease",
    "renew",
    "given",
    (
        code("want", "want"),
        code("party", "buyer or lessee"),
        code("deal", "kind of deal", "sale", "lease"),
        code("model", "model (empty: any of the family)", optional=True),
        code("family", "family (empty: any)", optional=True),
        whole("months", "months of the lease", "months", least=1, optional=True),
        market(),
        *_PLACE,
        number("hours_most", "most hours on the meter (empty: any)", "h", least=0, optional=True),
        code("grade_least", "worst condition", "A", "B", "C", "D"),
        money("limit", "most he pays, freight included (lease: a month)", least=0),
        number("km_most", "farthest (empty: any)", "km", least=0, optional=True),
        currency(),
    ),
    ("want",),
)
FAIR_MATCHES = Spec(
    "fair_matches",
    "Who meets whom at the fair, and why not the next best",
    "renew",
    "decided",
    (
        code("want", "want"),
        whole("place", "0: what he gets; then the best offers that he does not get"),
        code("party", "buyer or lessee"),
        code("deal", "kind of deal"),
        code("offer", "offer", optional=True),
        code("seller", "seller or lessor", optional=True),
        code("model", "model", optional=True),
        money("limit", "most he pays", least=0),
        money("price", "price asked", least=0, optional=True),
        money("freight", "cost of carrying it", least=0, optional=True),
        number("km", "way", "km", least=0, optional=True),
        number("hours", "hours on the meter", "h", least=0, optional=True),
        number("hours_most", "most hours", "h", least=0, optional=True),
        code("grade", "condition", optional=True),
        code("grade_least", "worst condition"),
        number("km_most", "farthest", "km", least=0, optional=True),
        money("worth", "worth of the pair to both", optional=True),
        currency(),
        code("reason", "why"),
        whole("offers_fit", "offers that fit", optional=True),
        whole("not_deal", "offers of another kind of deal", optional=True),
        whole("not_model", "offers of another model", optional=True),
        whole("not_hours", "offers with too many hours", optional=True),
        whole("not_grade", "offers in too bad a condition", optional=True),
        whole("not_price", "offers that are too dear", optional=True),
        whole("not_far", "offers that are too far away", optional=True),
        whole("not_freight", "offers too dear with freight", optional=True),
    ),
    ("want", "place"),
)
