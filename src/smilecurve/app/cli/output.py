"""How does a command give its rows?

A table for people on a terminal, JSON, CSV, Parquet or Arrow for everything else; always on stdout, notes on stderr.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    import pyarrow as pa

    from smilecurve.terms.scope import Scope
    from smilecurve.thread.store import Thread

__all__ = ["format_options", "give", "maker_only", "many", "note", "opened", "scope_of"]

F = TypeVar("F", bound=Callable[..., object])
NOTHING = 1e-9
"""A number below it is what rounding leaves of none."""
FORMATS = ("table", "json", "csv", "xlsx", "parquet", "arrow")


def format_options(command: F) -> F:
    """Add `-o FORMAT` and `--json` to a command."""
    command = click.option("--json", "as_json", is_flag=True, help="The same as -o json.")(command)
    return click.option("-o", "form", type=click.Choice(FORMATS), default="table", help="Form of the result.")(command)


def opened(ctx: click.Context, *, create: bool = False) -> Thread:
    """The thread of this call, closed when it ends."""
    from pathlib import Path

    from smilecurve.terms.errors import Breach, NotFound
    from smilecurve.thread.address import is_team
    from smilecurve.thread.store import open_thread

    place = ctx.obj["folder"]
    if not create and not is_team(place) and not Path(place).is_dir():
        raise NotFound(
            Breach(
                f"there is no thread in {place}",
                "--thread",
                "seed one with `smile world excavators`, or name its folder",
            )
        )
    thread = open_thread(place, create=create)
    ctx.call_on_close(thread.close)
    return thread


def scope_of(ctx: click.Context) -> Scope:
    """The scope of this call."""
    from smilecurve.terms.scope import Scope

    return Scope.parse(ctx.obj["scope"])


def maker_only(ctx: click.Context, what: str) -> None:
    """Refuse anyone but the maker: what writes, or looks at the whole company."""
    from smilecurve.terms.errors import Breach, NotAllowed
    from smilecurve.terms.scope import MAKER

    if scope_of(ctx) != MAKER:
        raise NotAllowed(Breach(f"{scope_of(ctx)} may not {what}", "--scope", "ask the maker"))


def note(text: str) -> None:
    """Say something to people, on stderr."""
    click.echo(text, err=True)


def many(number: int, what: str) -> str:
    """So many of something.

    >>> many(1, "row"), many(2, "row")
    ('1 row', '2 rows')
    """
    return f"{number} {what}{'' if number == 1 else 's'}"


def give(rows: pa.Table, form: str, *, as_json: bool = False, title: str = "", most: int = 40) -> None:
    """Write rows to stdout in the asked form."""
    form = "json" if as_json else form
    if form == "table":
        _people(rows, title, most)
    elif form == "json":
        for record in rows.to_pylist():
            click.echo(json.dumps(record, default=_plain, ensure_ascii=False))
    else:
        from smilecurve.connect import write_rows

        write_rows(rows, sys.stdout.buffer, form)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.date | dt.datetime) else str(value)


def _people(rows: pa.Table, title: str, most: int) -> None:
    """A table that fits the screen: columns that are wholly empty or do not fit any more are left out, and named."""
    import pyarrow as pa
    from rich.console import Console
    from rich.table import Table

    from smilecurve.app.decimals import decimals_beside

    console = Console(width=None if sys.stdout.isatty() else 160)
    records = [{name: _whole(value) for name, value in row.items()} for row in rows.slice(0, most).to_pylist()]
    filled = [c for c in rows.column_names if rows.num_rows == 0 or rows.column(c).null_count < rows.num_rows]
    digits = decimals_beside({name: [record[name] for record in records] for name in filled}, _cell)
    cells = {name: [_cell(record[name], digits[name]) for record in records] for name in filled}
    shown: list[str] = []
    room = console.width
    for name in filled:
        room -= min(48, max([len(name), *map(len, cells[name])])) + 3
        if room < 0 and shown:
            break
        shown.append(name)
    table = Table(title=title or None, header_style="bold", title_justify="left")
    for name in shown:
        kind = rows.schema.field(name).type
        right = pa.types.is_integer(kind) or pa.types.is_floating(kind)
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in zip(*(cells[name] for name in shown), strict=True):
        table.add_row(*row)
    console.print(table)
    if rows.num_rows > most:
        note(f"{most} of {rows.num_rows} rows; -o csv gives all")
    if len(shown) < len(filled):
        note(f"not shown: {', '.join(filled[len(shown) :])}; -o csv gives all")


def _whole(value: object) -> object:
    """A cell without what rounding leaves of nothing."""
    return 0.0 if isinstance(value, float) and abs(value) < NOTHING else value


def _cell(value: object, digits: int = 0) -> str:
    """A cell as people read it; a number with `digits` decimals where its column needs them to tell values apart."""
    if value is None:
        return ""
    if isinstance(value, float):
        usual = f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
        apart = f"{value:,.{digits}f}" if math.isfinite(value) else usual
        return apart if len(apart.partition(".")[2]) > len(usual.partition(".")[2]) and "e" not in usual else usual
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, Mapping | list):
        return json.dumps(value, default=_plain, ensure_ascii=False)
    return str(value)
