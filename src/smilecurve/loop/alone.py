"""What would a desk say of one ticket just now, before the loop turns again? Nothing is recorded."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.loop.registry import desk
from smilecurve.loop.run import options_for
from smilecurve.terms.errors import SmilecurveError
from smilecurve.thread.store import Thread

__all__ = ["step_of"]

TRIAGE = "serve.triage"


def step_of(thread: Thread, ticket: str) -> dict[str, object] | None:
    """Triage's row of one open ticket from all that is known now; None where it has none."""
    d = desk(TRIAGE)
    tables = {s.name: thread.view(s) for s in d.contract.reads}
    if any(not tables[n].num_rows for n in d.contract.needs):
        return None
    tables["tickets"] = _learned(tables["tickets"], ticket)
    fed = {s.name: thread.view(s) for s in d.contract.feedback}
    try:
        decision = d(**tables, **{n: t if t.num_rows else None for n, t in fed.items()}, **options_for(thread, TRIAGE))
    except SmilecurveError:
        return None
    return next((dict(r) for r in decision.rows.to_pylist() if r["ticket"] == ticket), None)


def _learned(tickets: pa.Table, ticket: str) -> pa.Table:
    """The ticket and the closed ones, from which triage learns."""
    return tickets.filter(pc.or_(pc.is_valid(tickets.column("closed")), pc.equal(tickets.column("ticket"), ticket)))
