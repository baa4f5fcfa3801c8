"""Which tables, desks and kinds of events are there?"""

from __future__ import annotations

import click

from smilecurve.app.cli.output import format_options, give, note

__all__ = ["desk", "desks", "kinds", "table", "tables"]


@click.command("tables")
@format_options
def tables(form: str, as_json: bool) -> None:
    """List every shared table: its stage, where its rows come from, its meaning."""
    import pyarrow as pa

    from smilecurve.terms.tables import TABLES

    specs = TABLES.values()
    give(
        pa.table(
            {
                "table": [s.name for s in specs],
                "stage": [s.stage for s in specs],
                "rows are": [s.origin for s in specs],
                "key": [", ".join(s.key) for s in specs],
                "meaning": [s.meaning for s in specs],
            }
        ),
        form,
        as_json=as_json,
        most=200,
    )


@click.command("table")
@click.argument("name")
@format_options
def table(name: str, form: str, as_json: bool) -> None:
    """Show one table's contract: columns with meaning, type, unit, limits."""
    import pyarrow as pa

    from smilecurve.terms.tables import table as find

    spec = find(name)
    note(f"{spec.name}: {spec.meaning} ({spec.stage}, {spec.origin})")
    fields = spec.fields
    give(
        pa.table(
            {
                "column": [f.name for f in fields],
                "key": ["key" if f.name in spec.key else "" for f in fields],
                "type": [f.type for f in fields],
                "unit": [f.unit for f in fields],
                "limits": [f.limits for f in fields],
                "may be empty": ["yes" if f.optional else "" for f in fields],
                "meaning": [f.meaning for f in fields],
            }
        ),
        form,
        as_json=as_json,
        most=200,
    )


@click.command("desks")
@format_options
def desks(form: str, as_json: bool) -> None:
    """List every desk: its question, what it reads and decides."""
    import pyarrow as pa

    from smilecurve.loop.registry import desks as found

    contracts = [d.contract for d in found().values()]
    give(
        pa.table(
            {
                "desk": [c.name for c in contracts],
                "question": [c.question for c in contracts],
                "decides": [c.decides.name for c in contracts],
                "reads": [", ".join(s.name for s in c.reads) for c in contracts],
                "feedback": [", ".join(s.name for s in c.feedback) for c in contracts],
            }
        ),
        form,
        as_json=as_json,
        most=200,
    )


@click.command("desk")
@click.argument("name")
@format_options
def desk(name: str, form: str, as_json: bool) -> None:
    """Show one desk: its question, options and the reasons it gives."""
    import pyarrow as pa

    from smilecurve.loop.registry import desk as find

    d = find(name)
    c = d.contract
    note(f"{c.name}: {c.question}\nreads    {', '.join(s.name for s in c.reads)}")
    note(f"feedback {', '.join(s.name for s in c.feedback) or 'none'}\ndecides  {c.decides.name}")
    rows = [("option", o.name, o.type, "needed" if o.required else str(o.default)) for o in d.options]
    rows += [("reason", code, text, "") for code, text in c.reasons.items()]
    give(
        pa.table({n: [r[i] for r in rows] for i, n in enumerate(("what", "name", "type or words", "default"))}),
        form,
        as_json=as_json,
        most=200,
    )


@click.command("kinds")
@format_options
def kinds(form: str, as_json: bool) -> None:
    """List the kinds of events, the columns each needs and its standard name."""
    import pyarrow as pa

    from smilecurve.terms.event import KINDS

    all_kinds = KINDS.values()
    give(
        pa.table(
            {
                "kind": [k.name for k in all_kinds],
                "needs": [", ".join(k.needs) for k in all_kinds],
                "status after": [k.status for k in all_kinds],
                "meaning": [k.meaning for k in all_kinds],
                "standard name": [k.uri for k in all_kinds],
            }
        ),
        form,
        as_json=as_json,
        most=200,
    )
