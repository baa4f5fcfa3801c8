"""How is a thread seeded, served, kept and brought back?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from smilecurve.app.cli.output import format_options, give, maker_only, note, opened

if TYPE_CHECKING:
    import subprocess

__all__ = ["backup", "demo", "health", "rebuild", "restore", "seal", "serve", "world"]

WORLDS = ("excavators", "small_machines")


@click.command("world")
@click.argument("name", type=click.Choice(WORLDS))
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same world.")
@click.option("--scale", type=float, help="Share of the maker's real size; each world has its own default.")
@click.pass_context
def world(ctx: click.Context, name: str, seed: int, scale: float | None) -> None:
    """Seed an example maker, three years of history and a plan ahead, into the thread."""
    maker_only(ctx, "seed a world")
    from smilecurve.app.seeding import seed_world

    seeded = seed_world(opened(ctx, create=True), name, seed=seed, scale=scale)
    note(f"{name}: {seeded.tables} tables, {seeded.events:,} events, now {seeded.now:%Y-%m-%d}, {seeded.seconds:.1f} s")


@click.command("demo")
@click.option("--world", "name", type=click.Choice(WORLDS), default="excavators", show_default=True)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same world.")
@click.option("--scale", type=float, help="Share of the maker's real size.")
@click.option("--port", default=8000, show_default=True, help="Port on 127.0.0.1.")
@click.option("--no-serve", is_flag=True, help="Stop after the turn.")
@click.pass_context
def demo(ctx: click.Context, name: str, seed: int, scale: float | None, port: int, no_serve: bool) -> None:
    """Seed a world unless the thread holds one, turn the loop, serve the control tower and say where."""
    maker_only(ctx, "seed a world")
    from smilecurve.app.cli.turning import turn
    from smilecurve.app.seeding import seed_world

    thread = opened(ctx, create=True)
    if "world" in thread.meta():
        note(f"the thread in {thread.ledger.name} holds the world {thread.meta()['world']}; not seeded again")
    else:
        ctx.call_on_close(_compile_ahead().terminate)
        seeded = seed_world(thread, name, seed=seed, scale=scale)
        note(f"{name}: {seeded.events:,} events in {seeded.seconds:.1f} s")
    thread.close()
    ctx.invoke(turn)
    if not no_serve:
        ctx.invoke(serve, port=port)


def _compile_ahead() -> subprocess.Popen[bytes]:
    """Compile what the turn will call on another core, while the world is seeded; should it fail, the turn compiles."""
    import subprocess
    import sys

    none = subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-m", "smilecurve.solve.compiling"], stdin=none, stdout=none, stderr=none)


@click.command("serve")
@click.option("--port", default=8000, show_default=True, help="Port on 127.0.0.1.")
@click.pass_context
def serve(ctx: click.Context, port: int) -> None:
    """Serve the control tower and the HTTP interface on 127.0.0.1."""
    import uvicorn

    from smilecurve.app.http.server import create_app

    note(f"\n  Smilecurve is open at http://127.0.0.1:{port}   (Ctrl-C stops it)\n")
    app = create_app(ctx.obj["folder"], scope=ctx.obj["scope"])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1)


@click.command("health")
@format_options
@click.pass_context
def health(ctx: click.Context, form: str, as_json: bool) -> None:
    """Show the state of the store: events, segments, tail, sizes, schema."""
    maker_only(ctx, "see the store")
    from dataclasses import asdict

    import pyarrow as pa

    found = asdict(opened(ctx).health(deep=True))
    give(pa.table({"what": list(found), "value": [str(v) for v in found.values()]}), form, as_json=as_json, most=100)
    if not found["ok"]:
        ctx.exit(1)


@click.command("seal")
@click.pass_context
def seal(ctx: click.Context) -> None:
    """Sort the newest events into sealed, immutable segments."""
    maker_only(ctx, "seal the store")
    note(f"{opened(ctx).seal()} events sealed")


@click.command("rebuild")
@click.pass_context
def rebuild(ctx: click.Context) -> None:
    """Build the derived tables anew from events and compare them by hash with what is stored."""
    maker_only(ctx, "rebuild the store")
    note(f"rebuilt: {opened(ctx).rebuild()}")


@click.command("backup")
@click.argument("folder", type=click.Path(exists=False, file_okay=False))
@click.pass_context
def backup(ctx: click.Context, folder: str) -> None:
    """Copy the store into an empty folder, consistent, while it is in use."""
    maker_only(ctx, "copy the store")
    opened(ctx).backup(folder)
    note(f"backed up to {folder}")


@click.command("restore")
@click.argument("backup_folder", metavar="BACKUP", type=click.Path(exists=True, file_okay=False))
@click.pass_context
def restore(ctx: click.Context, backup_folder: str) -> None:
    """Bring a backup back into the folder of --thread, which must be empty or absent."""
    maker_only(ctx, "restore the store")
    from smilecurve.thread.store import restore as bring_back

    note(f"restored into {bring_back(backup_folder, ctx.obj['folder'])}")
