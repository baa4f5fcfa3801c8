"""Which models come back too often soon after the sale, where and by which channel, and what does it cost?

Reads     return_cohorts, resales, currency_rates, unsold_returns
Decides   return_rates
Proof     returns of the strata compared, against those that the others of their family let expect
Method    share back by 30 and 90 days among those watched, in steps of 10 days; each against all others of its family,
          false discoveries held down (Benjamini & Hochberg 1995): see solve.early_returns
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected, OptionRejected
from smilecurve.terms.money import Money, worth_in
from smilecurve.terms.tables.market import CURRENCY_RATES
from smilecurve.terms.tables.renew import RESALES
from smilecurve.terms.tables.serve_returns import BACK_DAYS, RETURN_COHORTS, RETURN_RATES, UNSOLD_RETURNS

__all__ = ["watch_returns"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEVELS = {
    "all": ("family",),
    "model": ("family", "model"),
    "market": ("family", "market"),
    "channel": ("family", "channel"),
    "stratum": ("family", "model", "market", "channel"),
}
NAMES = ("family", "model", "market", "channel")
SOON = BACK_DAYS.index(30) + 1
YOUNG_MONTHS = 12.0
USED = "second_hand"
RANK = ("too_many", "too_dear", "in_step", "alone", "young")


@dataclass(frozen=True)
class _Sold:
    """Cohorts as arrays: names, machines, money, those watched through each step and those of them back in it."""

    names: dict[str, NDArray[np.object_]]
    machines: Floats
    amount: Floats
    watched: Floats
    back: Floats


@desk(
    "serve.returns",
    question="Which models come back too often soon after the sale, where and by which channel, and what does it cost?",
    reads=(RETURN_COHORTS, RESALES, CURRENCY_RATES, UNSOLD_RETURNS),
    decides=RETURN_RATES,
    needs=("return_cohorts",),
    reasons={
        "too_many": "{returned} of {machines} came back, {expected:.1f} expected from the others of its family: "
        "{lost_above:.0f} {currency} lost above that",
        "too_dear": "{rate_90:.1%} come back within a quarter ({low_90:.1%} to {high_90:.1%}): {of_sales:.1%} of sales "
        "is lost on them, {lost:.0f} {currency}",
        "in_step": "{returned} of {machines} came back, about as many as of the others of its family: {lost:.0f} "
        "{currency} lost",
        "young": "none of the {machines} was sold so long ago that anything can be said",
        "alone": "{returned} of {machines} came back; its family has no others: {lost:.0f} {currency} lost",
    },
    answers={
        "told": "{returned:.0f} of {machines:.0f} machines came back within a quarter; {too_many:.0f} times more than "
        "others let expect"
    },
)
def watch_returns(
    return_cohorts: pa.Table,
    resales: pa.Table,
    currency_rates: pa.Table,
    unsold_returns: pa.Table,
    *,
    currency: str = "CNY",
    bearable: float = 0.05,
    handling: float = 0.05,
    kept: float = 0.6,
    risk: float = 0.05,
) -> Decision:
    """Tell how many come back of each family, model, market, channel, and of each three of these together.

    Used machines (channel second_hand) are compared with used ones, and are not among a family, model or market.

    currency   of the money decided; other currencies are converted by the latest rate
    bearable   share back within 90 days that the margin bears: above it for sure is too dear
    handling   way back, inspection and paper work, as a share of the price
    kept       share of the price that a machine sold again brings, for families nobody has sold again; the others keep
               the median of their own second-hand sales within a year of service
    risk       share of false alarms among the alarms of a level
    What is lost on a machine that came back is its price x (1 - kept + handling). A return counts in the steps that its
    whole week was watched through; until then it is not told.
    """
    _limits(bearable=bearable, handling=handling, kept=kept, risk=risk)
    if not return_cohorts.num_rows:
        clash = (Clash("no machine has been sold", "return_cohorts", "load sales"), *_unsold(unsold_returns))
        return Decision(RETURN_RATES.empty(), Proof("rule", float(return_cohorts.num_rows), 1.0, "rows"), "none", clash)
    used = return_cohorts.column("currency").to_pylist() + resales.column("currency").to_pylist()
    sold = _sold(return_cohorts, worth_in([str(c) for c in used], currency, currency_rates))
    keeps = _kept(resales, kept)
    rows: list[dict[str, object]] = []
    for level, names in LEVELS.items():
        rows += _level(sold, level, names, keeps, kept, (bearable, handling, risk))
    rows.sort(
        key=lambda r: (RANK.index(str(r["reason"])), -float(str(r["lost"])), *(str(r[c]) for c in RETURN_RATES.key))
    )
    for row in rows:
        row["currency"] = currency
    known = [r for r in rows if r["level"] == "stratum" and r["expected"] is not None]
    told = [i for i, r in enumerate(rows) if r["reason"] in ("too_many", "too_dear")]
    totals = [r for r in rows if r["level"] == "all"]
    lost = sum(float(str(r["lost"])) for r in totals)
    return Decision(
        RETURN_RATES.rows(rows),
        Proof(
            "statistical",
            sum(float(str(r["returned"])) for r in known),
            sum(float(str(r["expected"])) for r in known),
            "machines",
            "rates of all others of the family",
        ),
        "good",
        _unsold(unsold_returns),
        worth=Money(lost, currency),
        headline=max(told, key=lambda i: float(str(rows[i]["lost_above"])), default=None),
        figures={
            "machines": sum(float(str(r["machines"])) for r in totals),
            "returned": sum(float(str(r["returned"])) for r in totals),
            "lost": lost,
            "too_many": float(sum(r["level"] == "stratum" and r["reason"] == "too_many" for r in rows)),
        },
        answer="told",
    )


def _unsold(back: pa.Table) -> tuple[Clash, ...]:
    """Machines that came back and were never sent or sold, each by its serial: they count in no rate."""
    found = []
    for row in sorted(back.to_pylist(), key=lambda r: str(r["machine"])):
        permit = f" ({row['rma']})" if row["rma"] else ""
        came = f"{row['machine']} came back on {row['returned']}{permit}"
        if row["model"] is None:
            what, do = f"{came}, but no machine of ours has this serial", "read the plate again and correct the return"
        else:
            what = f"{came}, but was neither shipped nor sold"
            do = "load its shipping or its sale, or withdraw the return"
        found.append(Clash(what, "unsold_returns.machine", do))
    return tuple(found)


def _limits(**shares: float) -> None:
    bad = [
        Breach(f"{name} of {value:g} is not a share", name, "give 0 to 1")
        for name, value in shares.items()
        if not 0 <= value <= 1
    ]
    if bad:
        raise OptionRejected(bad)


def _sold(cohorts: pa.Table, worth: dict[str, float]) -> _Sold:
    """Cohorts as arrays; refuses those of which more come back than were sold, or that come back undone."""
    ordered = RETURN_COHORTS.only(cohorts).sort_by([(name, "ascending") for name in RETURN_COHORTS.key])
    counts = np.stack([_floats(ordered, f"back_{days}") for days in BACK_DAYS], axis=1)
    machines = _floats(ordered, "machines")
    steps = np.diff(counts, axis=1, prepend=0.0)
    wrong = np.nonzero((steps < 0).any(axis=1) | (counts[:, -1] > machines))[0]
    if wrong.size:
        said = ordered.take(pa.array(wrong)).to_pylist()
        raise DataRejected(
            [
                Breach(
                    f"{r['model']} sold in the week of {r['sold']} has {r['back_90']} returns of {r['machines']}, "
                    "or fewer with time",
                    f"return_cohorts.back_90 of {r['model']}",
                    "give machines back by each age, at most those sold",
                    "return_cohorts",
                )
                for r in said
            ]
        )
    seen = _floats(ordered, "observed")[:, None] >= np.array(BACK_DAYS)
    left = machines[:, None] - counts + steps
    price = np.array([worth[str(c)] for c in ordered.column("currency").to_pylist()]) * _floats(ordered, "amount")
    names = {n: np.array([v or "unknown" for v in ordered.column(n).to_pylist()], dtype=object) for n in NAMES}
    return _Sold(names, machines, price, np.where(seen, left, 0.0), np.where(seen, steps, 0.0))


def _floats(table: pa.Table, name: str) -> Floats:
    return np.asarray(table.column(name).to_numpy(), dtype=np.float64)


def _kept(resales: pa.Table, usual: float) -> dict[str, float]:
    """Share of the price new that machines sold again within a year bring, by family: the median."""
    found: dict[str, list[float]] = {}
    for row in resales.to_pylist():
        if float(row["age_months"]) <= YOUNG_MONTHS and float(row["price_new"]) > 0:
            found.setdefault(str(row["family"]), []).append(float(row["price"]) / float(row["price_new"]))
    return {family: min(float(np.median(shares)), 1.0) for family, shares in found.items()}


def _level(
    sold: _Sold, level: str, names: Sequence[str], keeps: dict[str, float], kept: float, limits: tuple[float, ...]
) -> list[dict[str, object]]:
    """The rows of one level: cohorts summed up by these names."""
    from scipy.stats import false_discovery_control

    from smilecurve.solve.early_returns import against_others, share_back

    bearable, handling, risk = limits
    chosen = np.nonzero((sold.names["channel"] != USED) | ("channel" in names))[0]
    parts_of = zip(*(sold.names[n][chosen] for n in names), strict=True)
    joined = np.array(["\x1f".join(parts) for parts in parts_of], dtype=object)
    words, of = np.unique(joined, return_inverse=True)
    watched, back = (_summed(values[chosen], of, len(words)) for values in (sold.watched, sold.back))
    machines, amount = (np.bincount(of, values[chosen], len(words)) for values in (sold.machines, sold.amount))
    split = [str(word).split("\x1f") for word in words]
    group = [parts[0] + ("\x1f" + USED if parts[-1] == USED else "") for parts in split]
    expected, luck = against_others(back, watched, group)
    luck[np.isfinite(luck)] = false_discovery_control(luck[np.isfinite(luck)]) if np.isfinite(luck).any() else 0.0
    soon, _, _ = share_back(back[:, :SOON], watched[:, :SOON])
    late, low, high = share_back(back, watched)
    returned = back.sum(axis=1)
    price = amount / np.maximum(machines, 1.0)
    rows = []
    for i, parts in enumerate(split):
        lost = returned[i] * price[i] * max(1.0 - keeps.get(parts[0], kept) + handling, 0.0)
        alone = not np.isfinite(expected[i])
        above = 0.0 if alone or not returned[i] else lost * max(1.0 - expected[i] / returned[i], 0.0)
        if not watched[i, 0]:
            reason = "young"
        elif not alone and luck[i] < risk:
            reason = "too_many"
        else:
            reason = "too_dear" if low[i] > bearable else "alone" if alone else "in_step"
        rows.append(
            dict.fromkeys(NAMES, "*")
            | dict(zip(names, parts, strict=True))
            | {
                "level": level,
                "machines": int(machines[i]),
                "returned": int(returned[i]),
                "rate_30": _or_none(soon[i]),
                "rate_90": _or_none(late[i]),
                "low_90": _or_none(low[i]),
                "high_90": _or_none(high[i]),
                "expected": _or_none(expected[i]),
                "by_luck": _or_none(luck[i]),
                "lost": lost,
                "lost_above": above,
                "of_sales": lost / amount[i] if amount[i] > 0 else None,
                "mature": bool(watched[i, -1] > 0),
                "reason": reason,
            }
        )
    return rows


def _summed(values: Floats, of: Ints, groups: int) -> Floats:
    found = np.zeros((groups, values.shape[1]))
    np.add.at(found, of, values)
    return found


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
