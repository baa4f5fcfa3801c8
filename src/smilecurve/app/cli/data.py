"""How do your files and events come in, and what became of the rows that did not fit?"""

from __future__ import annotations

import click

from smilecurve.app.cli.output import note, opened

__all__ = ["event"]


@click.command("event")
@click.argument("kind")
@click.argument("cells", nargs=-1, metavar="COLUMN=VALUE ...")
@click.pass_context
def event(ctx: click.Context, kind: str, cells: tuple[str, ...]) -> None:
    """Append one event that happened now, unless event_time says when.

    smile event failure machine=ZE205-22-000123 part=P-PUMP code=seized
    """
    from smilecurve.terms.errors import Breach, OptionRejected
    from smilecurve.terms.event import EVENTS

    bad = [c for c in cells if "=" not in c or c.partition("=")[0] not in EVENTS.columns]
    if bad:
        raise OptionRejected(
            Breach(f"{c} is no cell of an event", "COLUMN=VALUE", "see `smile table events`") for c in bad
        )
    thread = opened(ctx)
    row: dict[str, object] = {"kind": kind, "event_time": thread.clock()}
    for cell in cells:
        column, _, value = cell.partition("=")
        row[column] = float(value) if EVENTS.field(column).type == "number" else value
    acked = thread.append([row])
    note("appended" if acked.added else "known already: nothing added")
