"""How many of each spare should lie where, and what must move or be bought?

Reads     depots, depot_stocks, parts, spare_demand, spare_months, campaign_machines, markets, bom; feedback
          claim_forecast, part_life, ticket_triage
Decides   spare_stock
Proof     value of the target stock against the Lagrangian bound for the same fill rate
Method    VARI-METRIC down the tree of depots, what is reported of single pieces without approximation: see
          solve.echelon and solve.stocking; cheap parts in lots: solve.lots; assemblies repaired with parts of their
          own: solve.indenture; depots that help each other out: solve.lateral
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.serve._demand import ticket_need
from smilecurve.desks.serve._limits import below_zero, refuse
from smilecurve.desks.serve._planning import plan_shelves
from smilecurve.desks.serve._pools import helped_out, read_pools, tell_pool
from smilecurve.desks.serve._repairs import read_lines, repairs_of, tell_repairs
from smilecurve.desks.serve._shelves import FEEDBACK, NEEDS, READS, read_shelves
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.money import Money
from smilecurve.terms.tables.serve_stock import SPARE_STOCK
from smilecurve.terms.tables.serve_tickets import TICKET_TRIAGE
from smilecurve.terms.tables.supply import BOM

__all__ = ["stock_spares"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Row = Mapping[str, object]
RISES = 1.25

LYING = {
    "move": "bring {move_in} from {move_from}: {on_hand} on hand, {target} meet {fill:.0%} of {demand_year:.1f} a year",
    "buy": "order {buy}: {on_hand} on hand meet {fill_before:.0%}, {target} meet {fill:.0%} of {demand_year:.1f} a "
    "year",
    "move_buy": "bring {move_in} from {move_from} and order {buy}: {on_hand} on hand, {target} needed for "
    "{demand_year:.1f} a year",
    "enough": "{on_hand} on hand meet {fill_before:.0%} of {demand_year:.1f} a year",
    "surplus": "{on_hand} on hand, {target} would meet {fill:.0%} of {demand_year:.1f} a year",
}
REASONS = {
    "campaign": "{campaign} pieces for machines of a suspect lot: hold {target}, {on_hand} are there, bring "
    "{move_in} and order {buy}",
    "tickets": "open tickets need {ticket_need:.1f} on average: hold {target}, {on_hand} are there, bring {move_in} "
    "and order {buy}",
    "foretold": "failures foretold ask for {foretold:.1f} a year where the past shows {demand_before:.1f}: hold "
    "{target}, {on_hand} are there, bring {move_in} and order {buy}",
    "rising": "its life in the field says {demand_year:.1f} a year where the past shows {demand_before:.1f}: hold "
    "{target}, {on_hand} are there, bring {move_in} and order {buy}",
    **{f"{code}_foretold": f"{said} foretold" for code, said in LYING.items()},
    **{code: f"{said}; no failures foretold, by its life or past use" for code, said in LYING.items()},
    "repairs": "hold {target} here, {for_repairs} of them for repairs that ask for {repair_demand_year:.1f} a year: "
    "{on_hand} on hand, bring {move_in}, order {buy}",
    "feeds": "hold {target} here to feed the other depots: {on_hand} on hand, bring {move_in}, order {buy}",
    "idle": "{demand_year:.2f} a year is too little to keep a piece here",
}


@desk(
    "serve.spares",
    question="How many of each spare should lie where, and what must move or be bought?",
    reads=(*READS, BOM),
    feedback=(*FEEDBACK, TICKET_TRIAGE),
    decides=SPARE_STOCK,
    needs=NEEDS,
    reasons=REASONS,
)
def stock_spares(
    depots: pa.Table,
    depot_stocks: pa.Table,
    parts: pa.Table,
    spare_demand: pa.Table,
    spare_months: pa.Table,
    campaign_machines: pa.Table,
    markets: pa.Table,
    bom: pa.Table,
    *,
    claim_forecast: pa.Table | None = None,
    part_life: pa.Table | None = None,
    ticket_triage: pa.Table | None = None,
    fill: float = 0.95,
    spread: float = 1.0,
    order_cost: float = 0.0,
    holding: float = 0.1,
    fly_days: float = 0.0,
    fly_cost: float = 0.0,
    lateral_cost: float = 0.0,
) -> Decision:
    """Decide the stock of every spare at every depot.

    fill     share of all pieces asked for that must be met off the shelf, over all parts and depots; below 1
    spread   variance over mean of demand at least: 1 for single pieces by chance, above 1 for lumps; months of use tell
             where it is more
    order_cost   what an order to a supplier costs, in the currency of the parts; above 0 the central depot orders cheap
             parts in lots of the economic quantity, and its stock is the lower for it
    holding  cost of keeping a piece a year, as a share of its price
    fly_days     days in which a missed piece is flown in from the depot above, 0: none is; the rows then say how many a
                 year, at `fly_cost` each. The stock stays that for the fill
    lateral_cost what a piece costs that comes from another depot of its pool (`depots.lateral_pool`), before any is
                 waited for or flown in; the rows say how many come so and what is then waited for
    Demand is what learn.claims foretells of the part in the markets of the depot; of parts nothing is foretold of, what
    their life says, or past use. Pieces for machines of suspect lots and those that open tickets need on average come
    on top of the stock for that fill; the proof speaks of the latter.
    """
    if not 0 <= fill < 1:
        raise OptionRejected(Breach(f"fill of {fill:g} is not a share below 1", "fill", "ask for 0.9 to 0.99"))
    refuse(
        below_zero(
            order_cost=order_cost, holding=holding, fly_days=fly_days, fly_cost=fly_cost, lateral_cost=lateral_cost
        )
    )
    lines = read_lines(parts, bom)
    shelves = read_shelves(
        depots, depot_stocks, parts, spare_demand, spare_months, campaign_machines, markets, claim_forecast, part_life,
        spread, lines.parts, bool(lines.repaired),
    )  # fmt: skip
    places, wanted, currency = shelves.places, shelves.wanted, shelves.currency
    demand, before, foretold = shelves.demand, shelves.before, shelves.foretold
    on_hand, campaign = shelves.on_hand, shelves.campaign
    pools = read_pools(depots, places, len(shelves.counters) + int(shelves.shop))
    if not wanted:
        nothing = float(on_hand.sum())
        return Decision(SPARE_STOCK.empty(), Proof("bound", nothing, nothing, currency, "nothing to stock"), "best")
    from smilecurve.solve.echelon import shortfall
    from smilecurve.solve.lots import economic_lots

    network, repairs = shelves.network(), repairs_of(shelves, lines)
    cost = network.cost
    lots = economic_lots(demand.sum(axis=1), cost, order_cost=order_cost, holding=holding)
    if repairs is not None:
        lots[(repairs.share > 0) | np.isin(np.arange(len(lots)), repairs.part)] = 1
    planned = plan_shelves(network, fill, repairs, lots)
    plan, missed, network = planned.plan, planned.missed, planned.slow
    missed_now = planned.evaluate(shelves.parted(plan.stock))
    waited = ticket_need(ticket_triage, markets, [str(p["part"]) for p in wanted], places.names)
    target = shelves.folded(plan.stock) + campaign + np.rint(waited).astype(np.int64)
    empty_now, empty, late = (shelves.shown(x) for x in (missed_now.empty, missed.empty, missed.late))
    flown = None
    if fly_days > 0:
        from smilecurve.solve.flown import flown_share

        flown = flown_share(network, plan.stock, missed, fly_days)
    mended, mending = None, dict[str, float]()
    if repairs is not None:
        mended, mending = tell_repairs(repairs, planned.asked, network, plan.stock)
    near, spared = None, dict[str, float]()
    if pools is not None:
        got = helped_out(network, plan.stock, missed, pools, fly_days)
        near, spared = tell_pool(shelves, pools, got, missed, lateral_cost)
        flown = None if flown is None else np.where(pools.pool >= 0, got.missed, flown)
    move, source, buy = _moves(target, on_hand)
    buy[:, 0] += -buy.sum(axis=1) % lots
    rows: list[dict[str, object]] = []
    for p, part in enumerate(wanted):
        for d, name in enumerate(places.names):
            if d and not (demand[p, d] or target[p, d] or on_hand[p, d]):
                continue
            row = {
                "depot": name,
                "part": part["part"],
                "demand_year": float(demand[p, d]),
                "demand_before": float(before[p, d]),
                "foretold": None if np.isnan(foretold[p, d]) else float(foretold[p, d]),
                "lumps": float(shelves.spread[p]) if shelves.spread[p] > 1 else None,
                "target": int(target[p, d]),
                "campaign": int(campaign[p, d]),
                "ticket_need": float(waited[p, d]) if waited[p, d] > 0 else None,
                "on_hand": int(on_hand[p, d]),
                "move_in": int(move[p, d]),
                "move_from": places.names[source[p, d]] if move[p, d] else None,
                "buy": int(buy[p, d]),
                "lot": int(lots[p]) if not d and lots[p] > 1 else None,
                "reorder_point": int(target[p, d]) - 1 if not d and lots[p] > 1 else None,
                "fill_before": 1.0 - float(empty_now[p, d]),
                "fill": 1.0 - float(empty[p, d]),
                "backorders": float(late[p, d]),
                "cost": float(cost[p] * (target[p, d] + (0 if d else (lots[p] - 1) / 2))),
                "currency": currency,
            }
            if flown is not None:
                year = float(flown[p, d] * demand[p, d])
                row |= {"flown_year": year, "flown_cost": fly_cost * year}
            row |= (near[p][d] if near else {}) | (mended[p] if mended and not d else {})
            rows.append(row | {"reason": _reason(row)})
    rate = float(network.rate.sum())
    worth = float((cost[:, None] * buy).sum())
    return Decision(
        rows=SPARE_STOCK.rows(rows),
        proof=Proof(
            "bound", plan.cost, min(plan.bound, plan.cost), currency, "Lagrangian bound of the stock for this fill"
        ),
        status="none" if not plan.reached else "best" if plan.cost <= plan.bound + 1e-6 else "good",
        clash=() if plan.reached else (_unreachable(fill, float(missed.unfilled.sum()), rate),),
        worth=Money(worth, currency),
        headline=max(range(len(rows)), key=lambda i: _urgency(rows[i]), default=None),
        figures={
            "fill_before": 1 - float(missed_now.unfilled.sum()) / rate if rate else 1.0,
            "fill": 1 - float(missed.unfilled.sum()) / rate if rate else 1.0,
            "backorders": float(missed.backorders.sum()),
            "backorders_by_metric": float(shortfall(replace(network, pooled=False), planned.single).backorders.sum()),
            "moves": float((move > 0).sum()),
            "pieces_moved": float(move.sum()),
            "pieces_bought": float(buy.sum()),
            "campaign_pieces": float(campaign.sum()),
            "ticket_pieces": float(np.rint(waited).sum()),
            "value_on_hand": float((cost[:, None] * on_hand).sum()),
            "value": plan.cost,
            **({} if flown is None else _flights(rows)),
            **spared,
            **mending,
        },
    )


def _flights(rows: list[dict[str, object]]) -> dict[str, float]:
    return {name: sum(float(str(row[name])) for row in rows) for name in ("flown_year", "flown_cost")}


def _urgency(row: Mapping[str, object]) -> tuple[bool, float]:
    lacks = float(str(row["demand_year"])) * (float(str(row["fill"])) - float(str(row["fill_before"])))
    return row["reason"] in ("foretold", "rising"), lacks


def _unreachable(fill: float, missed: float, rate: float) -> Clash:
    met = 1 - missed / rate
    return Clash(
        f"no stock looked at meets {fill:.2%}; the largest meets {met:.2%}", "fill", "ask for less, or shorten days"
    )


def _moves(target: Ints, on_hand: Ints) -> tuple[Ints, Ints, Ints]:
    """What each place gets from the place with most to spare, from where, and what is left to buy."""
    spare = np.maximum(on_hand - target, 0)
    lack = np.maximum(target - on_hand, 0)
    move, source = np.zeros_like(lack), np.zeros_like(lack)
    for p in range(len(lack)):
        for d in np.argsort(-lack[p], kind="stable"):
            at = int(spare[p].argmax())
            some = min(int(lack[p, d]), int(spare[p, at]))
            if some <= 0:
                break
            move[p, d], source[p, d] = some, at
            spare[p, at] -= some
    return move, source, lack - move


def _reason(row: Mapping[str, object]) -> str:
    move, buy, target = int(str(row["move_in"])), int(str(row["buy"])), int(str(row["target"]))
    known = row["foretold"] is not None
    if row["campaign"]:
        return "campaign"
    if round(float(str(row["ticket_need"] or 0.0))) and (move or buy):
        return "tickets"
    if row.get("for_repairs") and float(str(row["repair_demand_year"])) > float(str(row["demand_year"])):
        return "repairs"
    if not float(str(row["demand_year"])) and (target or row["on_hand"]):
        return "feeds"
    if float(str(row["demand_year"])) > RISES * float(str(row["demand_before"])) and (move or buy):
        return "foretold" if known else "rising"
    if not move and not buy and not target and not row["on_hand"]:
        return "idle"
    if move or buy:
        code = "move_buy" if move and buy else "move" if move else "buy"
    else:
        code = "enough" if target == row["on_hand"] else "surplus"
    return f"{code}_foretold" if known else code
