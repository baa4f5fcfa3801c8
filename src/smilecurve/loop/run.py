"""What must be decided anew, and what was decided?

One turn: every desk whose inputs changed since its last decision runs, in order; passes repeat until feedback settles.
Nothing changed = nothing to do.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

import pyarrow as pa

from smilecurve.loop.order import order
from smilecurve.loop.registry import AnyDesk, desk, desks
from smilecurve.terms.decision import Clash, Decision
from smilecurve.terms.desk import Option
from smilecurve.terms.errors import Breach, OptionRejected, SmilecurveError
from smilecurve.terms.money import Money
from smilecurve.terms.scope import MAKER
from smilecurve.terms.table import Spec
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread

__all__ = ["Ran", "Step", "decide", "fingerprint", "options_for", "run_desk", "turn"]

MOST_PASSES = 4


@dataclass(frozen=True, slots=True)
class Ran:
    """What one desk did in a turn: decided, was skipped (nothing changed, no rows), or refused its data or options."""

    desk: str
    decision: str = ""
    table: str = ""
    rows: int = 0
    changed_rows: int = 0
    status: str = ""
    proof: str = ""
    value: float | None = None
    against: float | None = None
    unit: str = ""
    gap: float | None = None
    worth: Money | None = None
    seconds: float = 0.0
    skipped: str = ""
    refused: tuple[Breach, ...] = ()
    clash: tuple[Clash, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """Progress of a turn: which desk begins or has ended, and how many of how many are done."""

    desk: str
    done: int
    of: int
    ran: Ran | None = None


Progress = Callable[[Step], None]


def options_for(thread: Thread, name: str, given: Mapping[str, object] | None = None) -> dict[str, object]:
    """The options of a desk: its defaults, `today` by the thread's clock, what `desk_options` says, then `given`.

    Raises OptionRejected for options the desk does not have, and for those it needs and nobody gave.
    """
    d = desk(name)
    known = {o.name: o for o in d.options}
    chosen: dict[str, object] = {}
    if "today" in known:
        chosen["today"] = thread.clock().date()
    kept = thread.view(table("desk_options"), where={"desk": name}).to_pylist()
    chosen |= {row["option"]: json.loads(row["value"]) for row in kept if row["option"] in known}
    chosen |= dict(given or {})
    chosen = {name: _typed(known[name], value) if name in known else value for name, value in chosen.items()}
    unknown = sorted(set(chosen) - set(known))
    absent = sorted(n for n, o in known.items() if o.required and n not in chosen)
    if unknown or absent:
        raise OptionRejected(
            [Breach(f"{name} has no option {n}", n, f"use one of {', '.join(known) or 'none'}") for n in unknown]
            + [Breach(f"{name} needs the option {n}", n, "give it, or set it in desk_options") for n in absent]
        )
    return chosen


def _typed(option: Option, value: object) -> object:
    """The value as the option's annotation asks; a text may be a date; what does not fit is refused."""
    wanted = option.type.replace("dt.", "")
    if value is None and "None" in wanted:
        return None
    if "date" in wanted and isinstance(value, str):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            raise OptionRejected(Breach(f"{value} is no date", option.name, "write 2023-05-12")) from None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    whole = isinstance(value, int) and not isinstance(value, bool)
    fits = {"float": number, "int": whole, "bool": isinstance(value, bool), "str": isinstance(value, str)}
    asked = [fits[word] for word in fits if word in wanted.replace("|", " ").split()]
    if asked and not any(asked):
        raise OptionRejected(
            Breach(f"{value} is no {option.type}", option.name, f"write a value of type {option.type}")
        )
    return value


def fingerprint(d: AnyDesk, options: Mapping[str, object], inputs: Mapping[str, str]) -> str:
    """A hash of all that a desk's decision follows from: its version, options and the versions of its inputs."""
    text = json.dumps([d.contract.name, d.contract.version, options, inputs], default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def decide(thread: Thread, d: AnyDesk, options: Mapping[str, object]) -> tuple[Decision | None, str]:
    """Run one desk on the thread's present tables; None with the reason when a table it needs has no rows."""
    tables = {s.name: thread.view(s) for s in d.contract.reads}
    empty = [n for n in d.contract.needs if not tables[n].num_rows]
    if empty:
        return None, f"no rows in {', '.join(empty)}"
    fed = {s.name: _fed(thread, s) for s in d.contract.feedback}
    return d(**tables, **fed, **options), ""


def _fed(thread: Thread, spec: Spec) -> pa.Table | None:
    rows = thread.view(spec)
    return rows if rows.num_rows else None


def run_desk(
    thread: Thread,
    name: str,
    options: Mapping[str, object] | None = None,
    *,
    by: str = "",
    force: bool = True,
) -> Ran:
    """Run one desk and record its decision; without `force` only if an input or option changed."""
    d = desk(name)
    chosen = options_for(thread, name, options)
    inputs = {s.name: thread.version(s) for s in (*d.contract.reads, *d.contract.feedback)}
    mark = fingerprint(d, chosen, inputs)
    if not force and _last_mark(thread, name) == mark:
        return Ran(name, table=d.contract.decides.name, skipped="nothing changed")
    began = time.perf_counter()
    decision, why_not = decide(thread, d, chosen)
    if decision is None:
        return Ran(name, table=d.contract.decides.name, skipped=why_not)
    basis = {
        "fingerprint": mark,
        "options": chosen,
        "version": d.contract.version,
        "inputs": inputs,
        "by": decision.proof.by,
        "urgent": decision.urgent,
        "answer": decision.answer,
    }
    code = thread.record(name, d.contract.decides, decision, basis=basis, by=by, title=_title(d, decision))
    row = thread.view(table("decisions"), where={"decision": code}).to_pylist()[0]
    proof = decision.proof
    return Ran(
        name,
        code,
        d.contract.decides.name,
        decision.rows.num_rows,
        row["changed_rows"],
        decision.status,
        proof.kind,
        proof.value,
        proof.against,
        proof.unit,
        proof.gap,
        decision.worth,
        time.perf_counter() - began,
        clash=decision.clash,
    )


def _title(d: AnyDesk, decision: Decision) -> str:
    if decision.answer:
        return d.answer(decision.answer, decision.figures)
    if not decision.rows.num_rows:
        return decision.clash[0].what if decision.clash else d.contract.question
    row = decision.rows.slice(decision.headline or 0, 1).to_pylist()[0]
    return d.sentence(row)


def _last_mark(thread: Thread, name: str) -> str:
    last = thread.view(table("decisions"), where={"desk": name}, order=("-number",), limit=1, scope=MAKER).to_pylist()
    return str(json.loads(last[0]["basis"]).get("fingerprint", "")) if last else ""


def turn(
    thread: Thread,
    *,
    only: Collection[str] | None = None,
    without: Collection[str] = (),
    progress: Progress | None = None,
    by: str = "",
) -> list[Ran]:
    """Turn the loop: run what must run, in order, until feedback settles; one `Ran` a desk, the last that decided.

    only: run no other desks; without: leave these alone (what-if keeps their forced rows). A desk that refuses its data
    does not stop the others: its breaches stand in its `Ran`.
    """
    names = [n for n in order(desks()) if (only is None or n in only) and n not in without]
    ran: dict[str, Ran] = {}
    for number in range(MOST_PASSES):
        decided = False
        for place, name in enumerate(names):
            if progress and number == 0:
                progress(Step(name, place, len(names)))
            now = _try(thread, name, by)
            decided = decided or bool(now.decision)
            if now.decision or name not in ran:
                before = ran.get(name)
                ran[name] = now if before is None or not before.decision else _both(before, now)
            if progress and number == 0:
                progress(Step(name, place + 1, len(names), ran[name]))
        if not decided:
            break
    return [ran[n] for n in names]


def _try(thread: Thread, name: str, by: str) -> Ran:
    try:
        return run_desk(thread, name, by=by, force=False)
    except SmilecurveError as error:
        spec = desk(name).contract.decides
        return Ran(name, table=spec.name, skipped=f"refused: {error.title.lower()}", refused=error.breaches)


def _both(first: Ran, second: Ran) -> Ran:
    return replace(
        second, seconds=first.seconds + second.seconds, changed_rows=max(first.changed_rows, second.changed_rows)
    )
