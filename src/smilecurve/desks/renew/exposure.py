"""What will the machines on lease be worth together when they come back, against the books, and where do they lump?

Reads     leased_machines, lease_requests, models, residual_values
Decides   lease_exposure
Proof     bound: the fleet's loss in its worst draws against the sum of what each model and market would lose alone
Method    prices that share a market factor and a factor of model and market, seeded draws: solve.residuals
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.renew._worth import Worth
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.money import Money, one_currency
from smilecurve.terms.tables.market import MODELS
from smilecurve.terms.tables.renew import LEASE_REQUESTS, RESIDUAL_VALUES
from smilecurve.terms.tables.renew_leases import LEASE_EXPOSURE, LEASED_MACHINES

__all__ = ["weigh_leases"]

Row = dict[str, object]
Cell = tuple[str, str]
GRADES = ("A", "B", "C", "D")
SPAN = 6


@desk(
    "renew.exposure",
    question="What will the machines on lease be worth together when they come back, against the books, and where do "
    "they lump?",
    reads=(LEASED_MACHINES, LEASE_REQUESTS, MODELS, RESIDUAL_VALUES),
    decides=LEASE_EXPOSURE,
    needs=("residual_values",),
    reasons={
        "short": "the books hold {book:.0f} {currency} for {machines} {model} in {market}, {short:.0f} more than the "
        "{value:.0f} they are expected to fetch",
        "lumped": "{machines} {model} in {market} are {book_share:.0%} of all residuals and lose {tail_loss:.0f} "
        "{currency} against the books when the fleet fares worst",
        "covered": "{machines} {model} in {market} are expected to fetch {value:.0f} {currency}, the books hold "
        "{book:.0f}",
        "asked": "no {model} is on lease in {market}: one more would lose {tail_share:.0%} of its end value when the "
        "fleet fares worst",
    },
    version="2",
)
def weigh_leases(
    leased_machines: pa.Table,
    lease_requests: pa.Table,
    models: pa.Table,
    residual_values: pa.Table,
    *,
    grade: str = "B",
    together: float = 0.3,
    alike: float = 0.3,
    tail: float = 0.05,
    lump: float = 0.2,
) -> Decision:
    """Decide for every model and market with machines on lease, or asked for, what is expected and what may be lost.

    grade     condition in which machines come back
    together  share of the variance of a price that moves with all machines; alike: with those of its model and market
    tail      share of the draws that count as the worst
    lump      share of all residuals from which on a model in a market is a lump
    A machine whose lease says no residual, or whose model has no value, counts as its expected worth.
    """
    if grade not in GRADES or min(together, alike) < 0 or together + alike > 1 or not 0.001 <= tail <= 0.5:
        said = f"grade {grade}, together {together:g}, alike {alike:g}, tail {tail:g}"
        raise OptionRejected(
            Breach(said, "options", "grade A to D, shares of at most 1 together, a tail of 0.001 to 0.5")
        )
    prices = {str(r["model"]): float(str(r["price"])) for r in models.to_pylist()}
    ours = pc.is_in(residual_values.column("model"), models.column("model").combine_chunks())
    residual_values = residual_values.filter(ours)
    currency = _currency(leased_machines, residual_values)
    groups = _groups(leased_machines, lease_requests, prices, Worth(residual_values), grade)
    from smilecurve.solve.residuals import exposure, spread_of

    low, middle, high, count, told, untold = np.array([g.numbers for g in groups], dtype=np.float64).reshape(-1, 6).T
    spread = spread_of(low, middle, high)
    book = told + untold * spread.mean
    names = [f"{g.cell[0]} in {g.cell[1]}" for g in groups]
    got = exposure(spread, count, book, names, together=together, alike=alike, tail=tail)
    rows = []
    whole = float(book.sum())
    every = {
        "fleet_book": whole,
        **dict(
            zip(("fleet_p5", "fleet_p25", "fleet_p75", "fleet_p95"), got.whole.quantiles[[0, 2, 3, 5]], strict=True)
        ),
        "fleet_above": got.whole.above,
    }
    for cell in sorted({g.cell for g in groups}):
        mine = np.array([g.cell == cell for g in groups])
        weight = np.where(count[mine].sum() > 0, count[mine], 1.0) * spread.mean[mine]
        value, held, machines = float(count[mine] @ spread.mean[mine]), float(book[mine].sum()), int(count[mine].sum())
        part = held / whole if whole else 0.0
        here = got.cells[f"{cell[0]} in {cell[1]}"]
        reason = "short" if held > value * (1 + 1e-9) else "covered"
        rows.append(
            {
                "model": cell[0],
                "market": cell[1],
                "machines": machines,
                "book_share": part,
                "book": held,
                "low": float(here.quantiles[1]),
                "value": value,
                "high": float(here.quantiles[4]),
                "short": held - value,
                "tail_loss": float(got.loss[mine].sum()),
                "tail_share": float(weight @ got.loss_share[mine] / max(weight.sum(), 1e-9)),
                "currency": currency,
                "reason": "asked" if not machines else "lumped" if part >= lump else reason,
                **dict(zip(("p5", "p25", "p75", "p95"), here.quantiles[[0, 2, 3, 5]].tolist(), strict=True)),
                "above_books": here.above if machines else None,
                "mean_short": here.short if machines else None,
                **(every if machines else {}),
            }
        )
    ends = np.quantile(got.draws, [0.1, 0.5, 0.9]) if groups else np.zeros(3)
    return Decision(
        LEASE_EXPOSURE.rows(rows),
        Proof("bound", round(got.shortfall, 6), round(got.bound, 6), currency, "sum of what each would lose alone"),
        worth=Money(max(got.shortfall, 0.0), currency),
        headline=max(range(len(rows)), key=lambda i: float(str(rows[i]["tail_loss"])), default=None),
        figures={
            "machines": float(count.sum()),
            "book": whole,
            "value": float(count @ spread.mean),
            "low": float(ends[0]),
            "high": float(ends[2]),
            "tail_loss": got.shortfall,
            "above_books": got.whole.above,
            "mean_short": got.whole.short,
        },
    )


@dataclass(frozen=True)
class _Group:
    """Machines of one model and market that come back at about one age.

    numbers: low, middle, high price of one; how many; residuals in the books; how many machines have none there
    """

    cell: Cell
    numbers: tuple[float, float, float, float, float, float]


def _groups(
    leased: pa.Table, requests: pa.Table, prices: dict[str, float], worth: Worth, grade: str
) -> Sequence[_Group]:
    """Groups in order of model, market and half-year of age; cells that are only asked for have no machine."""
    span = pc.round(pc.divide(pc.add(leased.column("age_months"), leased.column("months_left")), float(SPAN)))
    sums = (
        leased.append_column("span", span)
        .group_by(["model", "market", "span"])
        .aggregate([("machine", "count"), ("residual_set", "sum"), ("residual_set", "count")])
    )
    found = {
        (r["model"], r["market"], r["span"]): (
            float(r["machine_count"]),
            r["residual_set_sum"] or 0.0,
            float(r["machine_count"] - r["residual_set_count"]),
        )
        for r in sums.to_pylist()
    }
    cells = {key[:2] for key in found}
    asked = requests.group_by(["model", "market"]).aggregate([("months", "max")]).to_pylist()
    for r in asked:
        if (r["model"], r["market"]) not in cells:
            found[r["model"], r["market"], float(round(r["months_max"] / SPAN))] = (0.0, 0.0, 0.0)
    groups = []
    for (model, market, age), some in sorted(found.items()):
        at = worth.at(model, market, grade, age * SPAN)
        price = prices.get(model)
        if at is not None and price is not None:
            low, middle, high = (price * share for share in at)
            groups.append(_Group((model, market), (low, middle, high, some[0], some[1], some[2])))
    return groups


def _currency(leased: pa.Table, residuals: pa.Table) -> str:
    books = zip(leased.column("currency").to_pylist(), leased.column("residual_set").to_pylist(), strict=True)
    names = [c for c, set_ in books if set_ is not None] + residuals.column("currency").to_pylist()
    return one_currency(
        names,
        lambda found: Breach(
            f"residuals are in {', '.join(found)}",
            "leased_machines.currency",
            "convert them to one currency by dated rates first",
            "leased_machines",
        ),
    )
