"""How long will each offered machine stand at its price, and which price is expected to bring most?

Reads     used_offers, residual_values, models, currency_rates
Decides   asking_prices
Proof     share of held-out offers sold by the day that half were said to be sold by
Method    times to a sale that grow with the ask over the worth, offers that still stand counted as such: solve.selling
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.renew._offered import Offered, all_offered
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.money import Money
from smilecurve.terms.tables.market import CURRENCY_RATES, MODELS
from smilecurve.terms.tables.renew import RESIDUAL_VALUES
from smilecurve.terms.tables.renew_sales import ASKING_PRICES, USED_OFFERS

if TYPE_CHECKING:
    from smilecurve.solve.selling import Selling

__all__ = ["ask_prices"]

Floats = NDArray[np.float64]
LEAST = 12
HALF = 0.5
RUNGS = 61
YEAR = 365.25


@desk(
    "renew.ask",
    question="How long will each offered machine stand at its price, and which price is expected to bring most?",
    reads=(USED_OFFERS, RESIDUAL_VALUES, MODELS, CURRENCY_RATES),
    decides=ASKING_PRICES,
    needs=("used_offers", "residual_values", "models"),
    reasons={
        "lower": "at {ask:.0f} {currency}, {ask_share:.0%} of its worth, half are sold within {days:.0f} days; "
        "{best_ask:.0f} takes {best_days:.0f} and brings {gain:.0f} more",
        "higher": "{ask:.0f} {currency} is {ask_share:.0%} of its worth and half are sold within {days:.0f} days; "
        "{best_ask:.0f} takes {best_days:.0f} and brings {gain:.0f} more",
        "keep": "{ask:.0f} {currency} is {ask_share:.0%} of its worth: half are sold within {days:.0f} days "
        "({days_low:.0f} to {days_high:.0f}), no other price brings much more",
        "edge": "{best_ask:.0f} {currency} is as far as such machines were ever asked for, and brings {gain:.0f} more "
        "than {ask:.0f}: half are sold within {best_days:.0f} days instead of {days:.0f}",
    },
)
def ask_prices(
    used_offers: pa.Table,
    residual_values: pa.Table,
    models: pa.Table,
    currency_rates: pa.Table,
    *,
    holding: float = 0.25,
    interest: float = 0.08,
    much: float = 0.005,
    currency: str = "CNY",
) -> Decision:
    """Decide for every offer that still stands, on the last day that any offer tells.

    holding   what keeping a machine costs a year, as a share of its worth (yard, insurance, what it loses by age)
    interest  share a year by which later money counts less
    much      share of its worth that another price must bring more to be proposed
    Offers whose model has no value are left out and counted (`unvalued`).
    """
    if holding < 0 or not 0 < interest <= 1 or much < 0:
        said = f"holding {holding:g}, interest {interest:g}, much {much:g}"
        raise OptionRejected(Breach(said, "options", "give shares of at least 0, an interest above 0"))
    seen = all_offered(used_offers, residual_values, models, currency_rates, currency)
    proof = Proof("statistical", _checked(seen), HALF, "share", "held-out offers sold by their middle day")
    if seen.sold.sum() < LEAST:
        said = f"{int(seen.sold.sum())} offers of known worth were sold, days to a sale need {LEAST}"
        clash = Clash(said, "used_offers", "record what was asked, since when, and when it was sold")
        return Decision(ASKING_PRICES.empty(), proof, "none", (clash,))
    from smilecurve.solve.selling import fit_selling

    model = fit_selling(seen.days, seen.sold, seen.ratio, seen.group, seen.groups)
    rows = _rows(used_offers, seen, model, (holding / YEAR, interest / YEAR, much))
    each = np.array([seen.rates[name] for name in rows.column("currency").to_pylist()], dtype=np.float64)
    gain = each * rows.column("gain").to_numpy()
    return Decision(
        rows,
        proof,
        worth=Money(float(gain.sum()), currency),
        headline=int(gain.argmax()) if len(gain) else None,
        figures={
            "offers": float(len(seen.days)),
            "sold": float(seen.sold.sum()),
            "unvalued": float(used_offers.num_rows - len(seen.days)),
            "slope": model.slope,
            "paid_share": seen.paid_share,
            "gain": float(gain.sum()),
        },
    )


def _rows(offers: pa.Table, seen: Offered, model: Selling, costs: tuple[float, float, float]) -> pa.Table:
    """A row for each offer that still stands: at its own price, and at the best of those that were ever asked."""
    from smilecurve.solve.selling import days_until, net_of_ask, sold_by

    holding, interest, much = costs
    mine = seen.part(seen.open)
    ratio, group, stood, worth, n = mine.ratio, mine.group, mine.days, mine.worth, len(mine.days)
    least, dearest = np.log(np.quantile(seen.ratio, [0.02, 0.98]))
    rungs = np.exp(np.linspace(float(least), float(dearest), RUNGS))

    def net(asked: Floats, times: int) -> Floats:
        return net_of_ask(
            model,
            asked,
            np.tile(group, (times, 1)),
            paid=seen.paid_share,
            holding=holding,
            interest=interest,
            stood=np.tile(stood, times),
            before=np.tile(ratio, times),
        )

    tried, now = net(np.repeat(rungs, n), RUNGS).reshape(RUNGS, n), net(ratio, 1)
    best, most = tried.argmax(axis=0), tried.max(axis=0)
    keep = most - now <= much
    wanted, then = np.where(keep, ratio, rungs[best]), np.where(keep, now, most)
    edge = (best == 0) | (best == RUNGS - 1)
    at = pa.array(mine.rows)
    low, middle, high = (days_until(model, share, ratio, group, stood) for share in (0.1, HALF, 0.9))
    count = np.bincount(seen.model, minlength=1)
    table = pa.table(
        {
            **{n: offers.column(n).take(at) for n in ("offer", "machine", "model", "market", "grade", "currency")},
            "stood_days": np.floor(stood).astype(np.int64),
            "worth": worth,
            "ask": ratio * worth,
            "ask_share": ratio,
            "days_low": low,
            "days": middle,
            "days_high": high,
            "sold_30": sold_by(model, 30.0, ratio, group, stood),
            "sold_90": sold_by(model, 90.0, ratio, group, stood),
            "net": now * worth,
            "best_ask": wanted * worth,
            "best_days": days_until(model, HALF, wanted, group, stood, ratio),
            "best_net": then * worth,
            "gain": (then - now) * worth,
            "offers_seen": count[mine.model],
            "reason": np.where(keep, "keep", np.where(edge, "edge", np.where(wanted < ratio, "lower", "higher"))),
        }
    )
    return ASKING_PRICES.only(table)


def _checked(seen: Offered) -> float:
    """Share of every third offer really sold by the day that half were to be, as the others say; 0 if unknown."""
    from smilecurve.solve.selling import fit_selling, sold_at, sold_by

    out = np.arange(len(seen.days)) % 3 == 2
    known, held = seen.part(~out), seen.part(out)
    if not known.sold.any():
        return 0.0
    model = fit_selling(known.days, known.sold, known.ratio, known.group, seen.groups)
    found = sold_at(sold_by(model, held.days, held.ratio, held.group), held.sold, HALF)
    return 0.0 if np.isnan(found) else found
