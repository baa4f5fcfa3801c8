"""Which commands does `smile` have?

Commands are named here and imported only when called, so that help is fast. Results go to stdout, words for people to
stderr. Exit codes: 0 done, 1 something broke, 2 wrong usage, 3 data rejected beyond the allowed share, 4 no plan fits,
5 stopped before the asked gap.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

__all__ = ["main", "smile"]

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("house", "Seed a world, turn the loop and serve the control tower."),
    "world": ("house", "Seed an example maker into the thread."),
    "serve": ("house", "Serve the control tower on this machine."),
    "health": ("house", "Show the state of the store."),
    "seal": ("house", "Sort the newest events into sealed segments."),
    "rebuild": ("house", "Build the derived tables anew from events and compare."),
    "backup": ("house", "Copy the store, consistent, while it is in use."),
    "restore": ("house", "Bring a backup back into an empty folder."),
    "team": ("team", "Give database logins the rows of a scope; for a thread in PostgreSQL."),
    "tables": ("words", "List every shared table."),
    "table": ("words", "Show one table's contract."),
    "desks": ("words", "List every desk with its question."),
    "desk": ("words", "Show one desk's contract, options and reasons."),
    "kinds": ("words", "List the kinds of events."),
    "load": ("data", "Load a file of yours: proposes the mapping, shows rows, loads the good ones."),
    "quarantine": ("data", "List, export and replay rejected rows."),
    "listen": ("floor", "Listen to the shop floor: MQTT, Sparkplug B, OPC UA, folders of files."),
    "event": ("data", "Append one event, such as a ticket or a failure."),
    "show": ("look", "Show the rows of a table."),
    "story": ("look", "Tell one machine's whole life."),
    "machine": ("look", "Show what is built into a machine, down every level."),
    "lot": ("look", "Show every machine that holds a lot, and where it is."),
    "find": ("look", "Find serials, lots, orders and parts."),
    "turn": ("turning", "Run every desk that must run."),
    "run": ("turning", "Run one desk with options of your own."),
    "why": ("turning", "Explain a decided row down to its events."),
    "whatif": ("turning", "Change an input on a fork and show what changes."),
    "decisions": ("turning", "List decisions and their state."),
    "accept": ("turning", "Accept a decision."),
    "reject": ("turning", "Reject a decision."),
}


class Smile(click.Group):
    """A group whose commands are imported when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands, in the order of the day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"smilecurve.app.cli.{COMMANDS[cmd_name][0]}")
        return next(c for c in vars(module).values() if isinstance(c, click.Command) and c.name == cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table above, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, said) for name, (_, said) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a misspelt one gets its nearest names."""
        name = args[0] if args else ""
        if name and name not in COMMANDS and not name.startswith("-"):
            from difflib import get_close_matches

            near = ", ".join(get_close_matches(name, COMMANDS, 3)) or "smile --help"
            ctx.fail(f"there is no command {name}; perhaps {near}")
        return super().resolve_command(ctx, args)


@click.group(cls=Smile, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--thread",
    "folder",
    envvar="SMILECURVE_THREAD",
    default="demo/excavators",
    show_default=True,
    help="Folder of the thread, or postgresql://HOST/DATABASE?folder=FOLDER of a team's.",
)
@click.option(
    "--scope", default="maker", show_default=True, help="maker, dealer:MARKET, partner:CODE or customer:CODE."
)
@click.version_option(package_name="smilecurve", message="smile %(version)s")
@click.pass_context
def smile(ctx: click.Context, folder: str, scope: str) -> None:
    """The operations engine of makers of durable machines: from the line to the field and back.

    Exit codes: 0 done, 1 something broke, 2 wrong usage, 3 data rejected beyond the allowed share, 4 no plan fits,
    5 stopped before the asked gap.
    """
    ctx.obj = {"folder": folder, "scope": scope}


def _keep_results_whole() -> None:
    """Send what libraries print past Python (HiGHS does) to stderr, so that only results go to stdout."""
    sys.stdout.flush()
    own = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = os.fdopen(own, "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors)


def main() -> None:
    """Run `smile`; refusals are said in full on stderr and give their exit code."""
    from smilecurve.terms.errors import SmilecurveError

    _keep_results_whole()
    try:
        code = smile(standalone_mode=False, prog_name="smile")
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        sys.exit(130)
    except SmilecurveError as error:
        click.echo(f"{error.title}:", err=True)
        shown = error.breaches[:20]
        for breach in shown:
            click.echo(str(breach), err=True)
        if len(error.breaches) > len(shown):
            click.echo(f"... and {len(error.breaches) - len(shown)} more", err=True)
        sys.exit(error.exit_code)
