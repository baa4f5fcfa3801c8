"""How many of a part whose supplier stops must be bought the last time?

Reads     last_buys, parts, service_cohorts, config_parts, depot_stocks, spare_demand; feedback part_life
Decides   last_buy_plan
Proof     expected cost of the order against the least of any quantity
Method    failures of the machines that still hold it, age by age, until the end of service; a newsvendor whose pieces
          are kept: see solve.last_buying and solve.renewals
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import ceil

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.serve._limits import below_zero, refuse
from smilecurve.desks.serve._remaining import MONTH, Base, Life, lives_of, remaining_base, with_new, yearly_leaving
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected
from smilecurve.terms.money import Money, one_currency
from smilecurve.terms.tables.learn_claims import CONFIG_PARTS, SERVICE_COHORTS
from smilecurve.terms.tables.learn_lives import PART_LIFE
from smilecurve.terms.tables.serve_last_buys import LAST_BUY_PLAN, LAST_BUYS
from smilecurve.terms.tables.serve_stock import DEPOT_STOCKS, SPARE_DEMAND
from smilecurve.terms.tables.supply import PARTS

__all__ = ["plan_last_buys"]

Floats = NDArray[np.float64]
Row = Mapping[str, object]
NEED = "{demand:.0f} needed until {service_until} ({demand_low} to {demand_high})"
REASONS = {
    "buy": "order {buy} by {last_order}: {machines} machines hold it, " + NEED + ", {on_hand} on hand; enough with a "
    "chance of {enough:.0%}",
    "ramp": "order {buy} by {last_order}: {machines} machines hold it and {machines_to_come:.0f} come, " + NEED + ", "
    "{on_hand} on hand; enough with a chance of {enough:.0%}",
    "enough": "order none: " + NEED + ", {on_hand} on hand are enough with a chance of {enough:.0%}",
    "later": "order none: a piece that lacks costs {emergency_price:.0f} {currency}, less than to keep one; "
    "{lacking:.1f} will lack",
    "idle": "order none: no machine will need it after {last_order}",
}


@desk(
    "serve.last_buy",
    question="How many of a part whose supplier stops must be bought the last time?",
    reads=(LAST_BUYS, PARTS, SERVICE_COHORTS, CONFIG_PARTS, DEPOT_STOCKS, SPARE_DEMAND),
    feedback=(PART_LIFE,),
    decides=LAST_BUY_PLAN,
    needs=("last_buys",),
    reasons=REASONS,
)
def plan_last_buys(
    last_buys: pa.Table,
    parts: pa.Table,
    service_cohorts: pa.Table,
    config_parts: pa.Table,
    depot_stocks: pa.Table,
    spare_demand: pa.Table,
    *,
    part_life: pa.Table | None = None,
    holding: float = 0.1,
    scrap: float = 0.1,
    emergency: float = 4.0,
    unsure: float = 0.2,
) -> Decision:
    """Decide the last order of every part that its supplier stops.

    holding     cost of keeping a piece a year, as a share of its price
    scrap       what a piece left at the end brings, as a share of its price
    emergency   what a lacking piece costs, in prices, where last_buys names no emergency price
    unsure      doubt about the rate of need that the past cannot show (standard deviation over mean); what few
                failures leave open comes on top
    """
    _limits(holding=holding, scrap=scrap, emergency=emergency, unsure=unsure)
    stopped = sorted(last_buys.to_pylist(), key=lambda r: str(r["part"]))
    currency = one_currency((str(r["currency"]) for r in stopped), _mixed)
    known = {str(r["part"]): r for r in parts.to_pylist()}
    _sound(stopped, known)
    if not stopped:
        none = float(len(stopped))
        return Decision(LAST_BUY_PLAN.empty(), Proof("bound", none, none, currency, "nothing to buy"), "best")
    leaving = yearly_leaving(service_cohorts)
    lives = lives_of(part_life, spare_demand, [str(r["part"]) for r in stopped])
    rows, bound = [], 0.0
    for asked in stopped:
        part, day = str(asked["part"]), asked["last_order"]
        now = remaining_base(service_cohorts, config_parts, part, day, leaving)
        base = with_new(now, float(asked["machines_year"] or 0.0), day, asked["built_until"])
        needed, still = _needed(base, lives[part], asked, leaving)
        on_hand = sum(r["on_hand"] for r in depot_stocks.to_pylist() if r["part"] == part)
        price = float(asked["price"])
        dear = emergency * price if asked["emergency_price"] is None else float(asked["emergency_price"])
        row, least = _row(known[part], needed, lives[part], unsure, on_hand, price, dear, (holding, scrap))
        row |= {k: asked[k] for k in ("part", "last_order", "service_until", "currency")}
        row |= {
            "machines": round(now.total),
            "machines_to_come": base.total - now.total,
            "machines_left": still,
        }
        rows.append(row | {"reason": _reason(row)})
        bound += least
    spent, total = (sum(float(str(r[name])) for r in rows) for name in ("spend", "expected_cost"))
    return Decision(
        LAST_BUY_PLAN.rows(rows),
        Proof("bound", total, min(bound, total), currency, "least expected cost of any quantity, whatever the lots"),
        "best" if total <= bound + 1e-9 * max(abs(total), 1.0) else "good",
        worth=Money(spent, currency),
        headline=max(range(len(rows)), key=lambda i: float(str(rows[i]["spend"]))),
        figures={
            "spend": spent,
            "expected_cost": total,
            "lacking": sum(float(str(r["lacking"])) for r in rows),
            "left_over": sum(float(str(r["left_over"])) for r in rows),
        },
    )


def _limits(**given: float) -> None:
    bad = below_zero(**given)
    if given["scrap"] > 1:
        bad.append(Breach(f"scrap of {given['scrap']:g} is more than the price", "scrap", "give a share of the price"))
    refuse(bad)


def _mixed(names: object) -> Breach:
    said = f"last buys are priced in {', '.join(map(str, names if isinstance(names, list) else [names]))}"
    return Breach(said, "last_buys.currency", "price all of them in one currency", "last_buys")


def _sound(stopped: list[Row], known: Mapping[str, Row]) -> None:
    """Refuse parts nobody knows, and days that end before they begin: all at once."""
    bad = []
    for row in stopped:
        part, last, until = row["part"], row["last_order"], row["service_until"]
        if part not in known:
            bad.append(Breach(f"part {part} is not known", f"last_buys.{part}", "add it to parts", "last_buys"))
        if isinstance(last, date) and isinstance(until, date) and until <= last:
            said = f"{part} must serve until {until}, which is not after its last order on {last}"
            bad.append(Breach(said, f"last_buys.{part}.service_until", "give a later day", "last_buys"))
        if row["machines_year"] and not row["built_until"]:
            said = f"{part} goes into {row['machines_year']:g} machines a year without an end"
            bad.append(Breach(said, f"last_buys.{part}.built_until", "say until when", "last_buys"))
    if bad:
        raise DataRejected(bad)


def _needed(base: Base, life: Life, asked: Row, leaving: Mapping[str, float]) -> tuple[Floats, float]:
    """Pieces needed in each month after the last order, and machines left at the end."""
    from smilecurve.solve.last_buying import needed_by_month
    from smilecurve.solve.renewals import failures_by_age

    first, until = asked["last_order"], asked["service_until"]
    assert isinstance(first, date)
    assert isinstance(until, date)
    months = max(ceil((until - first).days / MONTH), 1)
    usual = float(np.mean(list(leaving.values()))) if leaving else 0.0
    needed, still = np.zeros(months), 0.0
    for stratum, ages in base.ages.items():
        stays = np.exp(-leaving.get(stratum[0], usual) / 12.0 * np.arange(months + 1))
        whole = np.floor(ages).astype(np.int64)
        there = np.where(whole < 0, stays[np.clip(months + whole, 0, months)] * (months + whole >= 0), stays[months])
        still += float((base.machines[stratum] * there).sum())
        law = life.of(stratum)
        if law is None:
            continue
        ends = (1.0 + np.arange(max(int(whole.max(initial=0)), 0) + months)) / law[1]
        rate = failures_by_age(ends[None, :] ** law[0])[0]
        needed += needed_by_month(rate, whole, base.pieces[stratum], stays[:months])
    return needed * (1.0 - float(str(asked["repairable"] or 0.0))), still


def _row(
    part: Row, needed: Floats, life: Life, unsure: float, on_hand: int, price: float, dear: float,
    shares: tuple[float, float],
) -> tuple[dict[str, object], float]:  # fmt: skip
    """What is bought of one part and what follows, and the least that any quantity costs."""
    from smilecurve.solve.last_buying import buy_last

    doubt = (unsure**2 + 1.0 / (life.failures + 1.0)) ** 0.5
    got = buy_last(
        needed, doubt, price=price, holding=price * shares[0] / 12.0, lacking=dear, scrap=min(shares[1] * price, dear),
        on_hand=on_hand, lot_least=float(str(part["lot_least"])), lot_multiple=float(str(part["lot_multiple"])),
    )  # fmt: skip
    return {
        "demand": float(needed.sum()),
        "demand_low": got.low,
        "demand_high": got.high,
        "on_hand": on_hand,
        "buy": got.buy,
        "enough": got.enough,
        "lacking": got.lacking,
        "left_over": got.left,
        "spend": price * got.buy,
        "keep_cost": got.kept,
        "lack_cost": got.short,
        "scrap_loss": got.scrapped,
        "expected_cost": got.cost,
        "emergency_price": dear,
    }, got.bound


def _reason(row: Row) -> str:
    if row["buy"]:
        return "ramp" if float(str(row["machines_to_come"])) >= 0.5 else "buy"
    if float(str(row["demand"])) <= 0:
        return "idle"
    return "later" if float(str(row["lacking"])) >= 1 else "enough"
