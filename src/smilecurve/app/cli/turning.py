"""What must be decided, why, and what if?"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from smilecurve.app.cli.output import format_options, give, maker_only, many, note, opened, scope_of

if TYPE_CHECKING:
    import pyarrow as pa

    from smilecurve.loop.run import Ran, Step
    from smilecurve.terms.decision import Clash

__all__ = ["accept", "decisions", "reject", "run", "turn", "whatif", "why"]


def _rows(ran: list[Ran]) -> pa.Table:
    import pyarrow as pa

    return pa.table(
        {
            "desk": [r.desk for r in ran],
            "rows": [r.rows for r in ran],
            "changed": [r.changed_rows for r in ran],
            "value": [r.value for r in ran],
            "against": [r.against for r in ran],
            "unit": [r.unit for r in ran],
            "proof": [r.proof or r.skipped for r in ran],
            "gap": ["" if r.gap is None else f"{r.gap:.2%}" for r in ran],
            "seconds": [round(r.seconds, 2) for r in ran],
        }
    )


def _say(clashes: tuple[Clash, ...]) -> None:
    """Every clash in full, on stderr."""
    for clash in clashes:
        note(f"{clash.what}\n  at: {clash.at}\n  do: {clash.do}")


class _Bar:
    """The progress of a turn on stderr: a live line on a terminal, a line a desk elsewhere."""

    def __init__(self) -> None:
        self.live = sys.stderr.isatty()

    def __call__(self, step: Step) -> None:
        if step.ran is None and self.live:
            click.echo(f"\r{step.done}/{step.of} {step.desk:<24}", nl=False, err=True)
        elif step.ran is not None and not self.live and not step.ran.skipped:
            note(f"{step.done}/{step.of} {step.desk}: {step.ran.rows} rows, {step.ran.seconds:.1f} s")

    def end(self) -> None:
        """Leave a clean line."""
        if self.live:
            click.echo("\r" + " " * 40 + "\r", nl=False, err=True)


@click.command("turn")
@click.option("--only", multiple=True, help="Run no other desk than this one (may be repeated).")
@format_options
@click.pass_context
def turn(ctx: click.Context, only: tuple[str, ...], form: str, as_json: bool) -> None:
    """Run every desk that must run, in the order found from what they read, and record what they decide."""
    maker_only(ctx, "turn the loop")
    from smilecurve.loop.registry import desk
    from smilecurve.loop.run import turn as turn_loop

    thread = opened(ctx)
    bar = _Bar()
    try:
        ran = turn_loop(thread, only={desk(n).contract.name for n in only} or None, progress=bar)
    except KeyboardInterrupt:
        bar.end()
        note("stopped: what was decided so far is kept, the next turn goes on from there")
        ctx.exit(130)
    bar.end()
    decided = [r for r in ran if r.decision]
    if not decided and not any(r.refused for r in ran):
        note("nothing to do: no input has changed since the last turn")
    elif decided:
        note(f"{len(decided)} desks decided in {sum(r.seconds for r in decided):.1f} s")
    give(_rows(ran), form, as_json=as_json, most=100)
    for r in ran:
        for breach in r.refused[:5]:
            note(f"{r.desk}: {breach}")
        if r.status == "none":
            note(f"{r.desk}: no plan fits")
            _say(r.clash)
    if any(r.refused for r in ran):
        ctx.exit(3)
    if any(r.status == "none" for r in decided):
        ctx.exit(4)


class _Run(click.Command):
    """`smile run`: an option of the desk written as one of the command's is answered with how it is set."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words; what only a desk knows goes behind --set."""
        words = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            from smilecurve.loop.registry import desks

            name = error.option_name.lstrip("-").replace("-", "_")
            if not any(name == option.name for d in desks().values() for option in d.options):
                raise
            at = next(i for i, word in enumerate(words) if word.partition("=")[0] == error.option_name)
            _, given, value = words[at].partition("=")
            value = value if given else next(iter(words[at + 1 :]), "VALUE")
            said = f"there is no option {error.option_name}; one of the desk is set by --set {name}={value}"
            raise click.UsageError(said, ctx) from None


@click.command("run", cls=_Run)
@click.argument("name", metavar="DESK")
@click.option("--set", "options", multiple=True, help="OPTION=VALUE (JSON), as often as you like.")
@click.option("--dry", is_flag=True, help="Decide but record nothing.")
@click.option("--gap", type=float, help="Exit with 5 if the gap is larger than this share.")
@format_options
@click.pass_context
def run(
    ctx: click.Context, name: str, options: tuple[str, ...], dry: bool, gap: float | None, form: str, as_json: bool
) -> None:
    """Run one desk with options of your own and show its rows with their reasons."""
    maker_only(ctx, "run a desk")
    from smilecurve.loop.registry import desk
    from smilecurve.loop.run import run_desk

    chosen = dict(_option(text) for text in options)
    thread = opened(ctx)
    acting = thread.fork() if dry else thread
    ran = run_desk(acting, name, chosen)
    if ran.skipped:
        note(f"{name}: {ran.skipped}")
        return
    d = desk(name)
    rows = acting.rows_of(ran.decision, scope=scope_of(ctx))
    said = [d.sentence(row) for row in rows.to_pylist()]
    if ran.status == "none":
        note(f"{name}: no plan fits")
    else:
        note(f"{ran.rows} rows, {ran.proof}: {ran.value} against {ran.against} {ran.unit} in {ran.seconds:.2f} s")
    _say(ran.clash)
    form = "json" if as_json else form
    if ran.status == "none" and not ran.rows and form == "json":
        click.echo("[]")
    elif ran.status != "none" or ran.rows or form != "table":
        give(rows.append_column("why", [said]), form, title=name)
    if ran.status == "none":
        ctx.exit(4)
    if gap is not None and (ran.gap is None or ran.gap > gap):
        ctx.exit(5)


def _option(text: str) -> tuple[str, object]:
    from smilecurve.terms.errors import Breach, OptionRejected

    name, is_set, value = text.partition("=")
    if not is_set:
        raise OptionRejected(Breach(f"{text} sets nothing", "--set", "write OPTION=VALUE"))
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


@click.command("why")
@click.argument("table")
@click.argument("key")
@click.option("--depth", default=3, show_default=True, help="How far to follow.")
@format_options
@click.pass_context
def why(ctx: click.Context, table: str, key: str, depth: int, form: str, as_json: bool) -> None:
    """Explain a decided row: its reason, then the decisions and events it came from. KEY may be any code in the row."""
    from smilecurve.loop.why import why as explain

    found = explain(opened(ctx), table, key, scope=scope_of(ctx), depth=depth)
    if form == "table" and not as_json:
        for step in found:
            click.echo(f"{'   ' * step.depth}{'└─ ' if step.depth else ''}{step.source}: {step.said}")
        return
    import pyarrow as pa

    give(
        pa.Table.from_pylist([{n: getattr(s, n) for n in ("depth", "source", "said", "key")} for s in found]),
        form,
        as_json=as_json,
    )


@click.command("whatif")
@click.argument("text")
@format_options
@click.pass_context
def whatif(ctx: click.Context, text: str, form: str, as_json: bool) -> None:
    r"""Change inputs on a fork, turn the loop there and show the difference.

    \b
    smile whatif "supplier S06 stops for 3 weeks"
    smile whatif "lot 7C41 is held"
    smile whatif "station 8 has 4 buffer places"
    smile whatif "generators below 2 kW lose 30 %"
    smile whatif "set parts.lead_days = 60 where supplier = S06"
    """
    maker_only(ctx, "ask what if")
    from smilecurve.loop.whatif import whatif as ask

    bar = _Bar()
    difference = ask(opened(ctx), text, progress=bar)
    bar.end()
    note(f"{difference.understood}; {many(difference.desks, 'decision')} changed")
    for name, clash in difference.unplanned.items():
        note(f"{name}: no plan fits: {clash}")
    give(difference.rows, form, as_json=as_json)


@click.command("decisions")
@click.option(
    "--state", type=click.Choice(["waiting", "accepted", "changed", "rejected", "replaced"]), help="Only these."
)
@format_options
@click.pass_context
def decisions(ctx: click.Context, state: str | None, form: str, as_json: bool) -> None:
    """List decisions, the newest first, with what people made of them."""
    from smilecurve.terms.tables import table

    where = {"state": state} if state else None
    rows = opened(ctx).view(table("decisions"), scope=scope_of(ctx), where=where, order=("-number",))
    columns = ["decision", "desk", "decided", "state", "status", "proof", "gap", "worth", "currency", "rows", "title"]
    give(rows.select(columns) if form == "table" and not as_json else rows, form, as_json=as_json)


@click.command("accept")
@click.argument("decision")
@click.option("--by", default="planner", show_default=True, help="Who accepts.")
@click.option("--note", "words", default="", help="Words to keep with it.")
@click.pass_context
def accept(ctx: click.Context, decision: str, by: str, words: str) -> None:
    """Accept a decision; what follows from it (work orders, ranks, moves) is appended."""
    maker_only(ctx, "accept a decision")
    from smilecurve.loop.acting import accept as act

    note(f"accepted; {act(opened(ctx), decision, by=by, note=words)} events or pieces followed")


@click.command("reject")
@click.argument("decision")
@click.option("--by", default="planner", show_default=True, help="Who rejects.")
@click.option("--note", "words", default="", help="Why.")
@click.pass_context
def reject(ctx: click.Context, decision: str, by: str, words: str) -> None:
    """Reject a decision."""
    maker_only(ctx, "reject a decision")
    from smilecurve.loop.acting import reject as act

    act(opened(ctx), decision, by=by, note=words)
    note("rejected")
