"""Which buyer gets which machine, which lessee which lease, at a fair - and why did every other pair not come about?

Reads     fair_offers, fair_wants, models
Decides   fair_matches
Proof     optimal: worth of all pairs made against prices of offers and wants that no matching exceeds
Method    every pair judged, those that fit assigned by shortest augmenting paths: solve.matching
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from smilecurve.desks.renew._pairs import check_fair, fair_of
from smilecurve.solve.matching import REASONS, best_refused, fitting_pairs, judge_pairs, match_pairs
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.money import Money
from smilecurve.terms.tables.market import MODELS
from smilecurve.terms.tables.renew_fair import FAIR_MATCHES, FAIR_OFFERS, FAIR_WANTS

__all__ = ["match_fair"]

Row = dict[str, object]
COUNTS = ("offers_fit", "not_deal", "not_model", "not_hours", "not_grade", "not_price", "not_far", "not_freight")
WAYS = ("most", "stable")


@desk(
    "renew.match",
    question="Which buyer gets which machine, which lessee which lease, and why did every other pair not come about?",
    reads=(FAIR_OFFERS, FAIR_WANTS, MODELS),
    decides=FAIR_MATCHES,
    reasons={
        "matched": "{offer}: {model} for {price:.0f} {currency} and {freight:.0f} freight over {km:.0f} km; the pair "
        "is worth {worth:.0f}",
        "outbid": "{offers_fit} offers fit, each went where it is worth more",
        "nothing_fits": "no offer fits: {not_model} of another model, {not_hours} with too many hours, {not_grade} in "
        "too bad a condition, {not_price} too dear, {not_far} too far, {not_freight} too dear with freight",
        "taken": "{offer} fits and would be worth {worth:.0f} {currency}, but it went elsewhere or he got another",
        "hours": "{offer} has {hours:.0f} hours, at most {hours_most:.0f} are wanted",
        "grade": "{offer} is in condition {grade}, at worst {grade_least} is wanted",
        "too_dear": "{offer} costs {price:.0f} {currency}, at most {limit:.0f} are paid",
        "too_far": "{offer} stands {km:.0f} km away, at most {km_most:.0f} are wanted",
        "freight": "{offer} costs {price:.0f} {currency} and {freight:.0f} to carry over {km:.0f} km, at most "
        "{limit:.0f} are paid",
    },
)
def match_fair(
    fair_offers: pa.Table,
    fair_wants: pa.Table,
    models: pa.Table,
    *,
    how: str = "most",
    shown: int = 2,
    grade_worth: float = 0.06,
    hours_worth: float = 0.1,
    tonne_km: float = 0.4,
) -> Decision:
    """Decide for every want which offer it gets, and tell the best offers that it does not get.

    how          most: all pairs together are worth most; stable: no two would both rather have each other
    shown        how many offers that he does not get are told
    grade_worth  share of the limit that a grade better than wanted is worth; hours_worth: that no hours are worth
    tonne_km     cost of carrying a tonne for a km as the crow flies
    A pair is worth what the wanting pays at most, with what a better machine is worth to him, less price and freight; a
    lease counts all its months.
    """
    if how not in WAYS or shown < 0 or min(grade_worth, hours_worth, tonne_km) < 0:
        said = (
            f"how {how}, shown {shown}, grade_worth {grade_worth:g}, hours_worth {hours_worth:g}, tonne_km {tonne_km:g}"
        )
        raise OptionRejected(Breach(said, "options", "how is most or stable, the others are at least 0"))
    offers = sorted(fair_offers.to_pylist(), key=lambda r: str(r["offer"]))
    wants = sorted(fair_wants.to_pylist(), key=lambda r: str(r["want"]))
    kinds = {r["model"]: r for r in models.to_pylist()}
    currency = check_fair(offers, wants, kinds)
    fair = fair_of(offers, wants, kinds, (grade_worth, hours_worth, tonne_km / 1000))
    pairs = fitting_pairs(fair)
    made = match_pairs(pairs, "stable" if how == "stable" else "most")
    got = np.full(len(wants), -1, dtype=np.int64)
    got[made.want[made.want >= 0]] = np.flatnonzero(made.want >= 0)
    refused, code = best_refused(fair, made, shown)
    offer, want = np.column_stack([got, refused]).ravel(), np.repeat(np.arange(len(wants)), shown + 1)
    told = np.flatnonzero((offer >= 0) | (np.arange(len(offer)) % (shown + 1) == 0))
    known = told[offer[told] >= 0]
    _, worth, km = judge_pairs(fair, offer[known], want[known])
    figures = {int(k): (float(w), float(d)) for k, w, d in zip(known, worth, km, strict=True)}
    rows = []
    for k in told.tolist():
        place, w = k % (shown + 1), int(want[k])
        row = _asked(wants[w], place)
        if place == 0:
            row |= dict(zip(COUNTS, pairs.counts[w].tolist(), strict=True))
            row["reason"] = "matched" if got[w] >= 0 else "outbid" if pairs.counts[w, 0] else "nothing_fits"
        else:
            row["reason"] = "taken" if not code[w, place - 1] else REASONS[code[w, place - 1]]
        if k in figures:
            mass = float(str(kinds[offers[int(offer[k])]["model"]]["mass_kg"]))
            worth_of, way = figures[k]
            row |= _offered(offers[int(offer[k])]) | {
                "worth": worth_of,
                "km": way,
                "freight": way * mass * tonne_km / 1000,
            }
        rows.append(row)
    return Decision(
        FAIR_MATCHES.rows(rows),
        Proof("bound", round(made.value, 6), round(made.bound, 6), currency, "prices of offers and wants"),
        status="best" if how == "most" else "good",
        worth=Money(made.value, currency),
        headline=next((i for i, r in enumerate(rows) if r["reason"] == "matched"), None),
        figures={"offers": float(len(offers)), "wants": float(len(wants)), "matched": float((got >= 0).sum())}
        | {f"pairs_{name}": float(n) for name, n in zip(REASONS, pairs.counts.sum(axis=0).tolist(), strict=True)},
    )


def _asked(want: Row, place: int) -> Row:
    kept = ("want", "party", "deal", "limit", "hours_most", "grade_least", "km_most", "currency")
    return {name: want[name] for name in kept} | {"place": place}


def _offered(offer: Row) -> Row:
    return {n: offer[n] for n in ("offer", "model", "price", "hours", "grade")} | {"seller": offer["party"]}
