"""What does a long run do, and how does it tell its steps?

A turn of the loop, one desk, or a what-if: each opens the thread once more, so that pages answer meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from smilecurve.app.http.house import House
from smilecurve.app.http.jobs import Job, Result, Stride, Tell
from smilecurve.app.pages.words import Words
from smilecurve.loop.registry import desk
from smilecurve.terms.desk import Option
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.scope import Scope

__all__ = ["option_values", "start_desk", "start_turn", "start_whatif"]


def start_turn(house: House, by: Scope, words: Words) -> Job:
    """Turn the loop as a job."""
    from smilecurve.loop.run import Step, turn

    def work(tell: Tell) -> Result:
        def progress(step: Step) -> None:
            tell(Stride(step.done, step.of, step.desk))

        with house.apart() as thread:
            ran = turn(thread, progress=progress, by=str(by))
        decided = [r for r in ran if r.decision]
        rows = [{k: v for k, v in asdict(r).items() if k != "worth"} for r in ran]
        if not decided:
            return Result(words.text("Nothing has changed since the last turn: nothing to do."), "/", rows)
        said = words.count("{n} desk decided anew.", "{n} desks decided anew.", len(decided))
        return Result(said, "/", rows)

    return house.jobs.start("turn", work)


def start_desk(house: House, name: str, options: Mapping[str, object], by: Scope, words: Words, back: str = "") -> Job:
    """Run one desk as a job and record its decision."""
    from smilecurve.loop.run import options_for, run_desk

    options_for(house.thread, name, options)

    def work(tell: Tell) -> Result:
        tell(Stride(0, 1, name))
        with house.apart() as thread:
            ran = run_desk(thread, name, options, by=str(by))
        tell(Stride(1, 1, name))
        if not ran.decision:
            return Result(words.text("{desk} did not run: {why}", desk=name, why=ran.skipped), back or f"/desks/{name}")
        said = words.text("{desk} decided {rows} rows.", desk=name, rows=words.number(ran.rows))
        return Result(said, back or f"/decisions/{ran.decision}", [{"decision": ran.decision, "rows": ran.rows}])

    return house.jobs.start(name, work)


def start_whatif(house: House, text: str, words: Words, draw: object = None) -> Job:
    """Try a change on a fork as a job; the difference comes back as rows and as a piece of page."""
    from smilecurve.loop.run import Step
    from smilecurve.loop.whatif import whatif

    def work(tell: Tell) -> Result:
        def progress(step: Step) -> None:
            tell(Stride(step.done, step.of, step.desk))

        with house.apart() as thread:
            found = whatif(thread, text, progress=progress)
        rows = found.rows.to_pylist()
        html = str(draw(words, found)) if callable(draw) else ""
        said = words.count("{n} decision would change.", "{n} decisions would change.", found.desks)
        return Result(said, "", rows, html)

    return house.jobs.start("what-if", work)


def option_values(name: str, given: Mapping[str, str]) -> dict[str, object]:
    """The options of a form or query as the desk takes them; every one that cannot be read is listed."""
    known = {o.name: o for o in desk(name).options}
    found: dict[str, object] = {}
    breaches: list[Breach] = []
    for key, text in given.items():
        option = known.get(key)
        if option is None:
            breaches.append(Breach(f"{name} has no option {key}", key, f"use one of {', '.join(known) or 'none'}"))
        elif text.strip():
            try:
                found[key] = _read(option, text.strip())
            except ValueError:
                breaches.append(Breach(f"{text} is no {option.type}", key, f"write a {option.type}"))
    if breaches:
        raise OptionRejected(breaches)
    return found


def _read(option: Option, text: str) -> object:
    import datetime as dt

    plain = option.type.removesuffix(" | None").strip("'\"")
    if plain == "int":
        return int(text)
    if plain == "float":
        return float(text)
    if plain == "bool":
        return text.lower() in ("true", "yes", "1", "on")
    if plain in ("date", "dt.date", "datetime.date"):
        return dt.date.fromisoformat(text)
    if plain == "str" or plain.startswith("Literal"):
        return text
    return json.loads(text)
