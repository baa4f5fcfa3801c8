"""Who may look into a team's database beside Smilecurve, and at which rows?"""

from __future__ import annotations

import click

from smilecurve.app.cli.output import maker_only, note, opened

__all__ = ["team"]


@click.group("team")
def team() -> None:
    """Give database logins the rows of a scope; for a thread in PostgreSQL."""


@team.command("admit")
@click.argument("scope")
@click.argument("login")
@click.pass_context
def admit(ctx: click.Context, scope: str, login: str) -> None:
    """Let LOGIN read, with plain SQL, the newest events of what SCOPE (such as dealer:ID) holds, and nothing else."""
    maker_only(ctx, "admit a login")
    from smilecurve.terms.scope import Scope
    from smilecurve.thread.admitting import admit as bind

    bind(opened(ctx), login, Scope.parse(scope))
    note(f"{login} sees what {scope} holds, from the next `smile team publish` on")


@team.command("publish")
@click.pass_context
def publish(ctx: click.Context) -> None:
    """Lay down whose the machines of the newest events are; a login sees no other."""
    maker_only(ctx, "publish")
    from smilecurve.thread.admitting import publish as lay

    note(f"{lay(opened(ctx)):,} machines are shown to their own")
