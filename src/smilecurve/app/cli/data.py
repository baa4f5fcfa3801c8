"""How do your files and events come in, and what became of the rows that did not fit?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from smilecurve.app.cli.output import format_options, give, maker_only, many, note, opened

if TYPE_CHECKING:
    from smilecurve.connect import Loaded, Mapping
    from smilecurve.thread.store import Thread

__all__ = ["event", "load", "quarantine"]

BEGINS = ("commissioning", "assembling", "storing", "shipping", "receiving", "retail_selling")


@click.command("load")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--as", "target", help="Table or kind of event the rows are; guessed without it.")
@click.option("--mapping", "mapping_file", type=click.Path(exists=True, path_type=Path), help="Mapping in TOML.")
@click.option("--save-mapping", type=click.Path(path_type=Path), help="Write the proposed mapping there, to edit.")
@click.option("--preset", help="inventree, amazon ...; found by itself where the file tells.")
@click.option(
    "--date",
    default="",
    type=click.Choice(["", "D/M/Y", "M/D/Y"]),
    help="How dates are written where the file cannot tell: D/M/Y or M/D/Y.",
)
@click.option(
    "--decimal",
    default="",
    type=click.Choice(["", ".", ","]),
    help="The decimal mark where the file cannot tell: . or ,",
)
@click.option("--encoding", default="", help="utf-8, cp1252, gb18030, shift_jis; detected without it.")
@click.option("--yes", is_flag=True, help="Load; without it the rows are only shown.")
@click.option("--most-bad", default=0.05, show_default=True, help="Share of bad rows beyond which the exit code is 3.")
@click.pass_context
def load(
    ctx: click.Context,
    file: Path,
    target: str | None,
    mapping_file: Path | None,
    save_mapping: Path | None,
    preset: str | None,
    date: str,
    decimal: str,
    encoding: str,
    yes: bool,
    most_bad: float,
) -> None:
    """Load a file of yours: CSV, TSV, XLSX, Parquet, JSONL, or one a preset knows.

    Proposes a mapping by names and content and shows 20 rows before and after; with --yes it loads the good rows and
    lays the others into quarantine with file, line, column, value, reason and hint.
    """
    maker_only(ctx, "load data")
    from smilecurve.connect import convert, detect, load_preset

    known = preset or (None if target or mapping_file else detect(file))
    if known:
        note(f"{file.name}: read by the preset {known}")
        parts = load_preset(known, file)
        if not yes:
            _show_parts(parts)
    else:
        mapping = _mapping(file, target, mapping_file, date, decimal, encoding)
        if save_mapping:
            from smilecurve.connect import write_mapping

            note(f"mapping written to {write_mapping(mapping, save_mapping)}")
        if not yes:
            _show(file, mapping)
        parts = (convert(file, mapping),) if yes else ()
    if not yes:
        note("nothing loaded yet; the same with --yes loads")
        _weigh(ctx, parts, most_bad)
        return
    _bring_in(ctx, file, parts, most_bad)


def _mapping(
    file: Path, target: str | None, mapping_file: Path | None, date: str, decimal: str, encoding: str
) -> Mapping:
    from dataclasses import replace

    from smilecurve.connect import propose, read_mapping
    from smilecurve.terms.errors import Breach, OptionRejected

    mapping = read_mapping(mapping_file) if mapping_file else propose(file, target)
    mapping = replace(mapping.answer(decimal=decimal, date=date), encoding=encoding or mapping.encoding)
    if mapping.questions:
        raise OptionRejected(
            Breach(f"{q.column}: {q.what}", f"{file.name}, column {q.column}", _how(q.choices))
            for q in mapping.questions
        )
    return mapping


def _how(choices: tuple[str, ...]) -> str:
    word = "--date" if "D/M/Y" in choices else "--decimal"
    return "say " + " or ".join(f"{word} {choice}" for choice in choices)


def _show(file: Path, mapping: Mapping) -> None:
    from smilecurve.connect import preview

    seen = preview(file, mapping)
    note(f"{file.name} looks like {mapping.kind or mapping.target}: {mapping.reason}")
    for name, how in mapping.columns.items():
        note(f"  {name:<18} <- {how.source or repr(how.constant):<24} {how.reason}")
    give(seen.before, "table", title="as it stands", most=20)
    give(seen.after, "table", title="as it would come in", most=20)
    if seen.rejected.num_rows:
        give(seen.rejected.drop(["raw"]), "table", title="what does not fit", most=20)


def _show_parts(parts: tuple[Loaded, ...]) -> None:
    """What a preset read: the first good rows, what was taken for granted, and every breach (the first 20)."""
    for part in parts:
        give(part.rows, "table", title=f"{part.target}: {many(part.good, 'row')}", most=5)
        note(f"{part.target}: {many(part.good, 'good row')}, {part.rejected_rows} bad")
        for word in part.notes:
            note(f"  {word}")
        for row in part.rejected.slice(0, 20).to_pylist():
            place = f"{row['file']}, line {row['line']}" + (f", column {row['column']}" if row["column"] else "")
            note(f"  {place}: {row['value'] or ''} {row['reason']}; {row['hint']}".replace(":  ", ": "))
        if part.rejected.num_rows > 20:
            note(f"  ... and {part.rejected.num_rows - 20} more")


def _weigh(ctx: click.Context, parts: tuple[Loaded, ...], most_bad: float) -> None:
    """Exit with 3 where more of the rows are bad than is allowed."""
    good, bad = sum(p.good for p in parts), sum(p.rejected_rows for p in parts)
    if bad > most_bad * max(1, good + bad):
        is_bad = f"{bad} of {many(good + bad, 'row')} {'is' if bad == 1 else 'are'} bad"
        note(f"{is_bad}, more than the share {most_bad:g} allowed")
        ctx.exit(3)


def _bring_in(ctx: click.Context, file: Path, parts: tuple[Loaded, ...], most_bad: float) -> None:
    from smilecurve.app.taking import keep_rejected, take

    thread = opened(ctx, create=True)
    added = 0
    for part in parts:
        fresh = take(thread, part, file.name)
        added += fresh
        note(f"{part.target}: {many(part.good, 'good row')}, {fresh} of them new, {part.rejected_rows} bad")
        for word in part.notes:
            note(f"  {word}")
    waiting = keep_rejected(thread, parts)
    if waiting:
        note(f"{many(waiting, 'row')} {'waits' if waiting == 1 else 'wait'} in quarantine: smile quarantine list")
    if not added and not waiting and not any(p.rejected_rows for p in parts):
        note("nothing new: everything was here already")
    _weigh(ctx, parts, most_bad)


@click.group("quarantine")
def quarantine() -> None:
    """List, export and replay rejected rows."""


@quarantine.command("list")
@click.option("--all", "everything", is_flag=True, help="Mended rows too.")
@format_options
@click.pass_context
def quarantine_list(ctx: click.Context, everything: bool, form: str, as_json: bool) -> None:
    """Every breach of every row that waits: file, line, column, value, reason, hint."""
    maker_only(ctx, "see the quarantine")
    from smilecurve.app.taking import quarantine_of

    rows = quarantine_of(opened(ctx)).list(None if everything else "waiting")
    shown = ["target", "file", "line", "column", "value", "reason", "hint"]
    give(rows.select(shown) if form == "table" and not as_json else rows, form, as_json=as_json)


@quarantine.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_context
def quarantine_export(ctx: click.Context, file: Path) -> None:
    """Write the waiting rows with their own columns, reason and hint to CSV or XLSX, to mend there."""
    maker_only(ctx, "see the quarantine")
    from smilecurve.app.taking import quarantine_of

    note(f"{many(quarantine_of(opened(ctx)).export(file), 'row')} written to {file}")


@quarantine.command("replay")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.pass_context
def quarantine_replay(ctx: click.Context, file: Path) -> None:
    """Bring mended rows in; those that still do not fit wait on."""
    maker_only(ctx, "load data")
    from smilecurve.app.taking import quarantine_of, take

    thread = opened(ctx)
    done = quarantine_of(thread).replay(file, lambda part: take(thread, part, file.name))
    note(f"{many(done.mended, 'row')} mended and loaded, {done.waiting} {'waits' if done.waiting == 1 else 'wait'}")


def _standing(thread: Thread, machine: str) -> None:
    """Refuse a serial nobody has heard of: typed by hand it is a slip more often than a machine."""
    from difflib import get_close_matches

    from smilecurve.terms.errors import Breach, NotFound
    from smilecurve.terms.tables import table

    if thread.count(table("machines"), where={"machine": machine}):
        return
    known = thread.search(machine[:8]).to_pylist()
    near = get_close_matches(machine, [k["code"] for k in known if k["kind"] == "machine"], 3)
    said = f"perhaps {', '.join(near)}" if near else "commission it first, or look with `smile find`"
    raise NotFound(Breach(f"there is no machine {machine}", "machine", said))


@click.command("event")
@click.argument("kind")
@click.argument("cells", nargs=-1, metavar="COLUMN=VALUE ...")
@click.pass_context
def event(ctx: click.Context, kind: str, cells: tuple[str, ...]) -> None:
    """Append one event that happened now, unless event_time says when.

    smile event failure machine=ZE205-22-000123 part=P-PUMP code=seized
    """
    maker_only(ctx, "append events")
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
        row[column] = value
    if "machine" in row and kind not in BEGINS:
        _standing(thread, str(row["machine"]))
    acked = thread.append([row])
    note("appended" if acked.added else "known already: nothing added")
