"""What would change if ...?

A sentence changes inputs on a fork of the thread, the loop turns there, and the difference to the plan as it stands is
shown. Nothing reaches the original.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa

from smilecurve.loop.difference import NO_PLAN, Standing, differences
from smilecurve.loop.registry import author, desk
from smilecurve.loop.run import Progress, turn
from smilecurve.loop.wishes import examples_for, in_english
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.table import Spec
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread

__all__ = ["Difference", "whatif"]

LONGEST_TAKT_S = 10_000_000
MOST_PLACES = 10_000


@dataclass(frozen=True, slots=True)
class _Change:
    """What a sentence did to the fork: in words with their values, how many input rows, desks it forces."""

    said: str
    told: Mapping[str, object]
    rows: int
    forced: tuple[str, ...] = ()


_Act: TypeAlias = Callable[[Thread, re.Match[str]], _Change]


@dataclass(frozen=True, slots=True)
class Difference:
    """What was understood (each change in words and the values in them), how many input rows that changed, and what
    followed in every decision.
    """

    text: str
    changes: tuple[tuple[str, Mapping[str, object]], ...]
    inputs: int
    rows: pa.Table
    forced: tuple[str, ...] = ()

    @property
    def understood(self) -> str:
        """What was understood, in English."""
        return "; ".join(said.format(**told) for said, told in self.changes)

    @property
    def desks(self) -> int:
        """How many decisions changed."""
        return len(set(self.rows["desk"].to_pylist()))

    @property
    def unplanned(self) -> dict[str, str]:
        """Why no plan fits any more, by desk."""
        return {
            row["desk"]: row["example"].removeprefix(NO_PLAN)
            for row in self.rows.to_pylist()
            if row["example"].startswith(NO_PLAN)
        }


def whatif(thread: Thread, text: str, *, progress: Progress | None = None) -> Difference:
    """Change inputs as `text` says on a fork, turn the loop there and compare; OptionRejected when not understood."""
    understood = [_understood(part) for part in re.split(r"\s*(?:;|；|并且|\band\b)\s*", text.strip())]
    fork = thread.fork()
    try:
        turn(fork, progress=progress)
        before = Standing.all_of(fork)
        changes = [act(fork, found) for act, found in understood]
        forced = tuple(name for c in changes for name in c.forced)
        turn(fork, without=forced, progress=progress)
        rows = differences(before, Standing.all_of(fork))
        said = tuple((c.said, c.told) for c in changes)
        return Difference(text, said, sum(c.rows for c in changes), rows, forced)
    finally:
        fork.close()


def _understood(text: str) -> tuple[_Act, re.Match[str]]:
    """What a sentence asks for, before anything is turned."""
    plain = in_english(text)
    for pattern, act in SENTENCES:
        found = re.fullmatch(pattern, plain, re.IGNORECASE)
        if found and (act is _takt or found.groupdict().get("n") not in ("0", "0.0")):
            return act, found
    raise OptionRejected(
        Breach(f"“{text}” is not a change I know", "whatif", "say it like one of: " + " | ".join(_examples(text)))
    )


def _examples(text: str) -> tuple[str, ...]:
    """Examples in the language of what was said."""
    return examples_for("", "zh" if re.search(r"[\u4e00-\u9fff]", text) else "en")


def _days(number: str, unit: str) -> int:
    return int(number) * (7 if unit.lower().startswith("week") else 30 if unit.lower().startswith("month") else 1)


def _edit(fork: Thread, spec: Spec, fits: Callable[[Mapping[str, object]], bool], new: Mapping[str, object]) -> int:
    """Give the rows of a given table that fit new cells; returns how many. NotFound-like refusal when none fits."""
    rows = fork.view(spec).to_pylist()
    hit = 0
    for row in rows:
        if fits(row):
            row.update({k: v(row) if callable(v) else v for k, v in new.items()})
            hit += 1
    if not hit:
        raise OptionRejected(Breach(f"no row of {spec.name} is meant", "whatif", f"see `smile show {spec.name}`"))
    fork.put(spec, spec.check(spec.rows(rows)), by="what-if")
    return hit


def _closes(name: str, column: str) -> _Act:
    def act(fork: Thread, found: re.Match[str]) -> _Change:
        today = fork.clock().date()
        until = today + dt.timedelta(days=_days(found["n"], found["unit"]))
        code = found["code"]
        hit = _edit(
            fork,
            table(name),
            lambda r: str(r[column]).lower() == code.lower(),
            {"closed_from": today, "closed_until": until},
        )
        told = {"code": code, "day": today, "until": until}
        return _Change(f"{column} {{code}} is closed from {{day}} until {{until}}", told, hit)

    return act


def _lot_held(fork: Thread, found: re.Match[str]) -> _Change:
    lot = found["code"]
    spec = table("suspect_lots")
    held = fork.containment(lot)
    links = fork.view(table("lot_exposure"), where={"lot": lot}).to_pylist()
    stock = fork.view(table("stocks"), where={"lot": lot}).to_pylist()
    kits = fork.view(table("kits"), where={"lot": lot}).to_pylist()
    seen = links or stock or kits
    if not seen:
        raise OptionRejected(Breach(f"there is no lot {lot}", "whatif", "see `smile show lot_exposure`"))
    kept = [r for r in fork.view(spec).to_pylist() if r["lot"] != lot]
    row = {
        "part": seen[0]["part"],
        "lot": lot,
        "rank": 1 + max((r["rank"] for r in kept), default=0),
        "machines": held.num_rows,
        "failures": sum(r["failures"] for r in links),
        "expected": 0.0,
        "ratio": 0.0,
        "evidence": 0.0,
        "hold": True,
        "reason": next(iter(desk("learn.contain").contract.reasons)),
    }
    decision = Decision(spec.rows([*kept, row]), Proof("rule", 1, 1, "lots", "held by a person in a what-if"))
    fork.record("learn.contain", spec, decision, basis={"options": {}, "inputs": {}}, by="what-if")
    told = {"lot": lot, "n": held.num_rows}
    return _Change("lot {lot} is held ({n} machines hold it)", told, 1, ("learn.contain",))


def _factor(found: re.Match[str]) -> float:
    percent = float(found["n"]) / 100
    return 1 - percent if found["way"].lower() in ("lose", "loses", "fall", "falls", "drop", "drops") else 1 + percent


def _scale_demand(
    fork: Thread, meant: Callable[[Mapping[str, object]], bool], factor: float, said: str, of: str
) -> _Change:
    spec = table("demand_forecast")
    rows = fork.view(spec).to_pylist()
    hit = 0
    for row in rows:
        if meant(row):
            row.update({k: row[k] * factor for k in ("p10", "p50", "p90")})
            hit += 1
    if not hit:
        raise OptionRejected(Breach("no forecast row is meant", "whatif", "see `smile show demand_forecast`"))
    decision = Decision(spec.rows(rows), Proof("rule", factor, 1, "of the forecast", "scaled by a person in a what-if"))
    fork.record("market.forecast", spec, decision, basis={"options": {}, "inputs": {}}, by="what-if")
    return _Change(said, {"of": of, "factor": factor}, hit, ("market.forecast",))


def _family_demand(fork: Thread, found: re.Match[str]) -> _Change:
    word = found["family"].lower().rstrip("s")
    limit = float(found["limit"]) * {"kw": 1000, "w": 1, "t": 1}[found["unit"].lower()] if found["limit"] else None
    above = (found["side"] or "").lower() == "above"
    models = {
        m["model"]
        for m in fork.view(table("models")).to_pylist()
        if word in (m["family"].lower(), m["model"].lower())
        and (limit is None or (m["rating"] is not None and ((m["rating"] > limit) == above)))
    }
    return _scale_demand(
        fork,
        lambda r: r["model"] in models,
        _factor(found),
        "demand for {of} x {factor:g}",
        ", ".join(sorted(models)),
    )


def _market_demand(fork: Thread, found: re.Match[str]) -> _Change:
    market = found["market"].upper()
    return _scale_demand(fork, lambda r: r["market"] == market, _factor(found), "demand in {of} x {factor:g}", market)


def _takt(fork: Thread, found: re.Match[str]) -> _Change:
    takt = float(found["n"])
    if not 0 < takt <= LONGEST_TAKT_S:
        said = f"a takt of {takt:g} s is not above 0 and at most {LONGEST_TAKT_S} s"
        raise OptionRejected(Breach(said, "whatif", "give the seconds between machines"))
    hit = _edit(fork, table("lines"), lambda _: True, {"takt_s": takt})
    return _Change("takt is {takt_s:g} s", {"takt_s": takt}, hit)


def _places(fork: Thread, found: re.Match[str]) -> _Change:
    station, places, line = int(found["station"]), int(found["places"]), found["line"]
    if places > MOST_PLACES:
        raise OptionRejected(Breach(f"{places} buffer places are too many", "whatif", f"give 0 to {MOST_PLACES}"))

    def meant(row: Mapping[str, object]) -> bool:
        return row["station"] == station and (not line or str(row["line"]).lower() == line.lower())

    hit = _edit(fork, table("stations"), meant, {"buffer_places": places})
    return _Change("station {station} has {places} buffer places", {"station": station, "places": places}, hit)


def _task_time(fork: Thread, found: re.Match[str]) -> _Change:
    """The task's time, and in the same ratio its times by model."""
    task, time = found["code"], float(found["n"])
    own = [r for r in fork.view(table("tasks")).to_pylist() if str(r["task"]).lower() == task.lower()]
    ratio = {(r["line"], r["task"]): time / r["time_s"] for r in own if r["time_s"]}
    hit = _edit(fork, table("tasks"), lambda r: r in own, {"time_s": time})
    times = table("task_times")
    if any((r["line"], r["task"]) in ratio for r in fork.view(times).to_pylist()):
        rows = [
            r | {"time_s": r["time_s"] * ratio.get((r["line"], r["task"]), 1.0)} for r in fork.view(times).to_pylist()
        ]
        fork.put(times, times.check(times.rows(rows)), by="what-if")
    return _Change("task {task} takes {time_s:g} s", {"task": own[0]["task"], "time_s": time}, hit)


def _currency(fork: Thread, found: re.Match[str]) -> _Change:
    money, factor = found["currency"].upper(), _factor(found)
    hit = _edit(
        fork, table("currency_rates"), lambda r: r["currency"] == money, {"in_cny": lambda r: r["in_cny"] * factor}
    )
    return _Change("{currency} x {factor:g}", {"currency": money, "factor": factor}, hit)


def _set(fork: Thread, found: re.Match[str]) -> _Change:
    spec = table(found["table"])
    if spec.origin != "given":
        origin = author(spec)
        by = f"decided by {origin.contract.name}" if origin else "seen from events"
        raise OptionRejected(Breach(f"{spec.name} is {by}", "whatif", "change one of the tables it follows from"))
    for column in (found["column"], *([found["where"]] if found["where"] else [])):
        if column not in spec.columns:
            raise OptionRejected(Breach(f"{spec.name} has no column {column}", "whatif", ", ".join(spec.columns)))
    scalar = spec.field(found["column"]).read(found["value"].strip())
    where, wanted = found["where"], (found["wanted"] or "").strip()
    hit = _edit(fork, spec, lambda r: not where or str(r[where]) == wanted, {found["column"]: scalar})
    told = {"what": f"{spec.name}.{found['column']}", "value": scalar, "n": hit}
    return _Change("{what} = {value} in {n} rows", told, hit)


_SPAN = r"(?:for\s+)?(?P<n>\d+)\s+(?P<unit>days?|weeks?|months?)"
_SHIFT = r"(?P<way>loses?|falls?|drops?|grows?|gains?|rises?)\s+(?:by\s+)?(?P<n>\d+(?:\.\d+)?)\s*(?:%|percent)"
SENTENCES: tuple[tuple[str, _Act], ...] = (
    (rf"(?:a\s+|the\s+)?supplier\s+(?P<code>\S+)\s+(?:stops|closes)\s+{_SPAN}", _closes("suppliers", "supplier")),
    (rf"(?:a\s+|the\s+)?lane\s+(?P<code>\S+)\s+(?:stops|closes)\s+{_SPAN}", _closes("lanes", "lane")),
    (r"(?:a\s+|the\s+)?lot\s+(?P<code>\S+)\s+(?:is\s+)?held", _lot_held),
    (rf"demand\s+in\s+(?P<market>[A-Za-z]{{2}})\s+{_SHIFT}", _market_demand),
    (r"takt\s+(?:becomes|is|=)\s+(?P<n>\d+(?:\.\d+)?)\s*s?", _takt),
    (
        r"station\s+(?P<station>\d{1,6})(?:\s+of\s+(?:line\s+)?(?P<line>\S+))?\s+has\s+(?P<places>\d{1,6})\s+buffer\s+places?",
        _places,
    ),
    (r"task\s+(?P<code>\S+)\s+takes\s+(?P<n>\d+(?:\.\d+)?)\s*s?", _task_time),
    (rf"(?P<currency>[A-Z]{{3}})\s+{_SHIFT}", _currency),
    (
        r"set\s+(?P<table>\w+)\.(?P<column>\w+)\s*=\s*(?P<value>.+?)(?:\s+where\s+(?P<where>\w+)\s*=\s*(?P<wanted>.+))?",
        _set,
    ),
    (
        rf"(?P<family>[\w-]+)(?:\s+(?P<side>below|above)\s+(?P<limit>\d+(?:\.\d+)?)\s*(?P<unit>kW|W|t))?\s+{_SHIFT}",
        _family_demand,
    ),
)
