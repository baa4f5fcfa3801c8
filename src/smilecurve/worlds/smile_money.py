"""Which stage earned and spent what, so that the stages of a year add up to its sales?"""

from __future__ import annotations

from datetime import date

import numpy as np

from smilecurve.worlds.booking import EventBook, day_number, taken
from smilecurve.worlds.chance import Floats, Ints, chance
from smilecurve.worlds.maker import Maker

__all__ = ["STAGES", "book_stage_money", "year_of"]

STAGES = ("design", "components", "assembly", "logistics", "sales", "service", "second_life")
VALUE_SHARE = np.array([0.15, 0.38, 0.13, 0.07, 0.14, 0.13])
COST_OF_VALUE = np.array([0.46, 0.90, 0.97, 0.91, 0.62, 0.55, 0.62])


def book_stage_money(
    book: EventBook, maker: Maker, year: Ints, model: Ints, amount: Floats, used: Floats, claimed: Floats
) -> None:
    """Book value and cost by year, model and stage.

    year, model: of each sale; amount: its revenue; used: 1 for a second-hand sale. claimed: money of the claims, shape
    (years from the first, models). New sales split by fixed shares; what rounding leaves goes to the components, so
    that a year adds up to the cent. Second-hand sales and claims stand in the ledger themselves: the former are the
    value of the second life, the latter are left out of the cost of service here.
    """
    rng = chance(maker.seed, "stage money")
    years, models = np.unique(year), len(maker.models)
    for y in years.tolist():
        new = np.bincount(model[(year == y) & (used == 0)], amount[(year == y) & (used == 0)], minlength=models)
        old = np.bincount(model[(year == y) & (used == 1)], amount[(year == y) & (used == 1)], minlength=models)
        shares = VALUE_SHARE * (1 + 0.03 * (y - years[0]) * np.array([1, -0.35, -0.3, 0, 0, 0.2]))
        shares /= shares.sum()
        value = np.round(np.column_stack([new[:, None] * shares, 0.0 * old]), 2)
        value[:, 1] += np.round(new - value.sum(axis=1), 2)
        earned = np.column_stack([value[:, :-1], old])
        cost = earned * COST_OF_VALUE * np.exp(0.01 * rng.standard_normal(value.shape))
        cost[:, 5] = np.maximum(cost[:, 5] - claimed[y - years[0]], 0.1 * cost[:, 5])
        when = min(day_number(date(y, 12, 31)) + 0.9, maker.today - 0.05)
        grid = np.arange(value.size)
        for money, said in ((value, "value"), (cost, "cost")):
            book.add(
                "cost",
                "accounts",
                np.full(value.size, when),
                keep=money.ravel() != 0,
                code=taken(STAGES, grid % len(STAGES)),
                part=taken(maker.models.texts("model"), grid // len(STAGES)),
                amount=np.round(money.ravel(), 2),
                currency="CNY",
                disposition=said,
            )


def year_of(days: Floats) -> Ints:
    """Calendar years."""
    return np.asarray(days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970)
