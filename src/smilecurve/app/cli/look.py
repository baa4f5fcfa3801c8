"""What does the thread know of a machine, a lot, an order, a table?"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import click

from smilecurve.app.cli.output import format_options, give, note, opened, scope_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["find", "lot", "machine", "show", "story"]


def _conditions(texts: tuple[str, ...]) -> dict[str, object]:
    from smilecurve.terms.errors import Breach, OptionRejected

    bad = [t for t in texts if "=" not in t]
    if bad:
        raise OptionRejected(Breach(f"{t} is no condition", "--where", "write COLUMN=VALUE") for t in bad)
    found: dict[str, object] = {}
    asked: dict[str, list[str]] = {}
    for text in texts:
        column, _, value = text.partition("=")
        asked.setdefault(column, []).append(value)
    for column, values in asked.items():
        found[column] = None if values == [""] else values
    return found


def _instant(text: str | None) -> dt.datetime | None:
    from smilecurve.terms.errors import Breach, OptionRejected

    if text is None:
        return None
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise OptionRejected(Breach(f"{text} is no date", "--as-of", "write 2023-05-12 or 2023-05-12T08:00")) from None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _known(rows: pa.Table, what: str, code: str) -> pa.Table:
    """The rows; refused when there are none: nothing in this scope has the name."""
    from smilecurve.terms.errors import Breach, NotFound

    if not rows.num_rows:
        raise NotFound(Breach(f"no {what} {code} is seen", what, f"`smile find {code[:6]}` looks for near ones"))
    return rows


@click.command("show")
@click.argument("name")
@click.option("--where", multiple=True, help="COLUMN=VALUE, as often as you like; COLUMN= for empty cells.")
@click.option("--as-of", help="How it stood then, by what we had heard (2023-05-12).")
@click.option("--clock", type=click.Choice(["record", "event"]), default="record", help="Clock of --as-of.")
@click.option("--limit", type=click.IntRange(min=0), help="Rows at the most.")
@format_options
@click.pass_context
def show(
    ctx: click.Context,
    name: str,
    where: tuple[str, ...],
    as_of: str | None,
    clock: str,
    limit: int | None,
    form: str,
    as_json: bool,
) -> None:
    """Show the rows of a table, given, seen or decided."""
    from smilecurve.terms.tables import table

    thread = opened(ctx)
    rows = thread.view(
        table(name),
        as_of=_instant(as_of),
        clock="event" if clock == "event" else "record",
        scope=scope_of(ctx),
        where=_conditions(where),
        limit=limit,
    )
    give(rows, form, as_json=as_json, title=name)


@click.command("story")
@click.argument("serial")
@format_options
@click.pass_context
def story(ctx: click.Context, serial: str, form: str, as_json: bool) -> None:
    """Tell one machine's whole life, event by event."""
    rows = _known(opened(ctx).story(serial, scope=scope_of(ctx)), "machine", serial)
    note(f"{serial}: {rows.num_rows} events")
    give(rows, form, as_json=as_json, most=500)


@click.command("machine")
@click.argument("serial")
@click.option("--as-of", help="What was in it then (2023-05-12); without it, what is in it now and was before.")
@format_options
@click.pass_context
def machine(ctx: click.Context, serial: str, as_of: str | None, form: str, as_json: bool) -> None:
    """Show what is built into a machine, down every level."""
    thread = opened(ctx)
    _known(thread.story(serial, scope=scope_of(ctx)), "machine", serial)
    give(
        thread.components(serial, as_of=_instant(as_of), scope=scope_of(ctx)),
        form,
        as_json=as_json,
        title=serial,
        most=500,
    )


@click.command("lot")
@click.argument("lot_code", metavar="LOT")
@format_options
@click.pass_context
def lot(ctx: click.Context, lot_code: str, form: str, as_json: bool) -> None:
    """Show every machine that holds a lot, at any level, and where it is now."""
    rows = _known(opened(ctx).containment(lot_code, scope=scope_of(ctx)), "lot", lot_code)
    note(f"lot {lot_code}: {rows.num_rows} machines")
    give(rows, form, as_json=as_json)


@click.command("find")
@click.argument("text")
@format_options
@click.pass_context
def find(ctx: click.Context, text: str, form: str, as_json: bool) -> None:
    """Find serials, lots, orders, tickets and parts."""
    give(opened(ctx).search(text, scope=scope_of(ctx)), form, as_json=as_json)
