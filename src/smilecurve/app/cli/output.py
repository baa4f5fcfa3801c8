"""How does a command give its rows?

A table for people on a terminal, JSON, CSV, Parquet or Arrow for everything else; always on stdout, notes on stderr.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    import pyarrow as pa

    from smilecurve.terms.scope import Scope
    from smilecurve.thread.store import Thread

__all__ = ["format_options", "give", "note", "opened", "scope_of"]

F = TypeVar("F", bound=Callable[..., object])
FORMATS = ("table", "json", "csv", "parquet", "arrow")


def format_options(command: F) -> F:
    """Add `-o FORMAT` and `--json` to a command."""
    command = click.option("--json", "as_json", is_flag=True, help="The same as -o json.")(command)
    return click.option("-o", "form", type=click.Choice(FORMATS), default="table", help="Form of the result.")(command)


def opened(ctx: click.Context, *, create: bool = False) -> Thread:
    """The thread of this call."""
    from pathlib import Path

    from smilecurve.terms.errors import Breach, NotFound
    from smilecurve.thread.store import open_thread

    folder = Path(ctx.obj["folder"])
    if not create and not folder.is_dir():
        raise NotFound(
            Breach(
                f"there is no thread in {folder}",
                "--thread",
                "seed one with `smile world excavators`, or name its folder",
            )
        )
    return open_thread(folder, create=create)


def scope_of(ctx: click.Context) -> Scope:
    """The scope of this call."""
    from smilecurve.terms.scope import Scope

    return Scope.parse(ctx.obj["scope"])


def note(text: str) -> None:
    """Say something to people, on stderr."""
    click.echo(text, err=True)


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
    from rich.console import Console
    from rich.table import Table

    shown = Table(title=title or None, header_style="bold", title_justify="left")
    wide = [c for c in rows.column_names if rows.num_rows == 0 or rows.column(c).null_count < rows.num_rows]
    for name in wide:
        import pyarrow as pa

        numeric = pa.types.is_integer(rows.schema.field(name).type) or pa.types.is_floating(
            rows.schema.field(name).type
        )
        shown.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for record in rows.slice(0, most).to_pylist():
        shown.add_row(*(_cell(record[name]) for name in wide))
    Console().print(shown)
    if rows.num_rows > most:
        note(f"{most} of {rows.num_rows} rows; -o csv gives all")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, Mapping | list):
        return json.dumps(value, default=_plain, ensure_ascii=False)
    return str(value)
