"""What do used machines fetch elsewhere?"""

from __future__ import annotations

from smilecurve.terms.table import BY_MARKET, Spec, code, currency, date, market, money, number

AUCTION_SALES = Spec(
    "auction_sales",
    "Used machines sold by others: at auctions, by dealers",
    "renew",
    "given",
    (
        code("sale", "sale"),
        code("machine", "serial", optional=True),
        code("model", "model"),
        code("family", "family of machines"),
        market(),
        date("sold", "day of the sale"),
        number("age_months", "age", "months", least=0),
        number("hours", "hours on the meter", "h", least=0, optional=True),
        code("grade", "condition", "A", "B", "C", "D", optional=True),
        money("price", "price paid", least=0),
        money("price_new", "price new; the dearest sale of the model where it is not told", least=0, optional=True),
        currency(),
    ),
    ("sale",),
    BY_MARKET,
)
