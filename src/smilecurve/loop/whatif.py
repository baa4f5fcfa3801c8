"""What would change if ...?

A sentence changes inputs on a fork of the thread, the loop turns there, and the difference to the plan as it stands is
shown. Nothing reaches the original.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.loop.registry import author, desk, desks
from smilecurve.loop.run import Progress, turn
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.table import Spec
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread

__all__ = ["DIFFERENCE", "EXAMPLES", "Difference", "whatif"]

EXAMPLES = (
    "supplier S06 stops for 3 weeks",
    "lane CSX-AE-SEA closes for 14 days",
    "lot 7C41 is held",
    "generators below 2 kW lose 30 %",
    "demand in ID grows 40 %",
    "takt becomes 330 s",
    "USD falls 5 %",
    "set parts.lead_days = 60 where supplier = S06",
)
NO_PLAN = "no plan fits: "
LONGEST_TAKT_S = 10_000_000
DIFFERENCE = pa.schema(
    [
        ("desk", pa.string()),
        ("table", pa.string()),
        ("rows", pa.int64()),
        ("changed", pa.int64()),
        ("added", pa.int64()),
        ("removed", pa.int64()),
        ("figure", pa.string()),
        ("before", pa.float64()),
        ("after", pa.float64()),
        ("example", pa.string()),
    ]
)
WATCHED = {
    "build_sequence": "late_days",
    "planned_orders": "late_days",
    "promises": "late_days",
    "demand_forecast": "p50",
    "revenue": "amount",
    "quotes": "landed",
    "load_plan": "volume_fill",
    "spare_stock": "target",
    "service_routes": "travel_km",
    "claim_decisions": "paid",
    "return_plan": "margin",
    "residual_values": "value",
    "lease_offers": "rate",
    "design_backlog": "saving",
    "suspect_lots": "machines",
    "station_plan": "load",
    "line_rates": "gain_per_day",
}


@dataclass(frozen=True, slots=True)
class _Change:
    """What a sentence did to the fork: in words, how many input rows, and desks whose decision it forces."""

    said: str
    rows: int
    forced: tuple[str, ...] = ()


_Act: TypeAlias = Callable[[Thread, re.Match[str]], _Change]


@dataclass(frozen=True, slots=True)
class Difference:
    """What was understood, what it changed in the inputs, and what that changed in every decision."""

    text: str
    understood: str
    inputs: int
    rows: pa.Table
    forced: tuple[str, ...] = ()

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
    understood = [_understood(part) for part in re.split(r"\s*(?:;|\band\b)\s*", text.strip())]
    fork = thread.fork()
    try:
        turn(fork, progress=progress)
        before = {name: fork.view(d.contract.decides) for name, d in desks().items()}
        changes = [act(fork, found) for act, found in understood]
        forced = tuple(name for c in changes for name in c.forced)
        turn(fork, without=forced, progress=progress)
        records = [r for name in desks() if (r := _compare(name, before[name], fork)) is not None]
        rows = pa.Table.from_pylist(records, schema=DIFFERENCE)
        return Difference(text, "; ".join(c.said for c in changes), sum(c.rows for c in changes), rows, forced)
    finally:
        fork.close()


def _understood(text: str) -> tuple[_Act, re.Match[str]]:
    """What a sentence asks for, before anything is turned."""
    for pattern, act in SENTENCES:
        found = re.fullmatch(pattern, text, re.IGNORECASE)
        if found and (act is _takt or found.groupdict().get("n") not in ("0", "0.0")):
            return act, found
    raise OptionRejected(
        Breach(f"“{text}” is not a change I know", "whatif", "say it like one of: " + " | ".join(EXAMPLES))
    )


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
        return _Change(f"{column} {code} is closed from {today} until {until}", hit)

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
    return _Change(f"lot {lot} is held ({held.num_rows} machines hold it)", 1, ("learn.contain",))


def _factor(found: re.Match[str]) -> float:
    percent = float(found["n"]) / 100
    return 1 - percent if found["way"].lower() in ("lose", "loses", "fall", "falls", "drop", "drops") else 1 + percent


def _scale_demand(fork: Thread, meant: Callable[[Mapping[str, object]], bool], factor: float, said: str) -> _Change:
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
    return _Change(said, hit, ("market.forecast",))


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
        f"demand for {', '.join(sorted(models))} x {_factor(found):g}",
    )


def _market_demand(fork: Thread, found: re.Match[str]) -> _Change:
    market = found["market"].upper()
    return _scale_demand(
        fork, lambda r: r["market"] == market, _factor(found), f"demand in {market} x {_factor(found):g}"
    )


def _takt(fork: Thread, found: re.Match[str]) -> _Change:
    takt = float(found["n"])
    if not 0 < takt <= LONGEST_TAKT_S:
        said = f"a takt of {takt:g} s is not above 0 and at most {LONGEST_TAKT_S} s"
        raise OptionRejected(Breach(said, "whatif", "give the seconds between machines"))
    return _Change(f"takt is {takt:g} s", _edit(fork, table("lines"), lambda _: True, {"takt_s": takt}))


def _currency(fork: Thread, found: re.Match[str]) -> _Change:
    money, factor = found["currency"].upper(), _factor(found)
    hit = _edit(
        fork, table("currency_rates"), lambda r: r["currency"] == money, {"in_cny": lambda r: r["in_cny"] * factor}
    )
    return _Change(f"{money} x {factor:g}", hit)


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
    return _Change(f"{spec.name}.{found['column']} = {scalar} in {hit} rows", hit)


_SPAN = r"(?:for\s+)?(?P<n>\d+)\s+(?P<unit>days?|weeks?|months?)"
_SHIFT = r"(?P<way>loses?|falls?|drops?|grows?|gains?|rises?)\s+(?:by\s+)?(?P<n>\d+(?:\.\d+)?)\s*(?:%|percent)"
SENTENCES: tuple[tuple[str, _Act], ...] = (
    (rf"(?:a\s+|the\s+)?supplier\s+(?P<code>\S+)\s+(?:stops|closes)\s+{_SPAN}", _closes("suppliers", "supplier")),
    (rf"(?:a\s+|the\s+)?lane\s+(?P<code>\S+)\s+(?:stops|closes)\s+{_SPAN}", _closes("lanes", "lane")),
    (r"(?:a\s+|the\s+)?lot\s+(?P<code>\S+)\s+(?:is\s+)?held", _lot_held),
    (rf"demand\s+in\s+(?P<market>[A-Za-z]{{2}})\s+{_SHIFT}", _market_demand),
    (r"takt\s+(?:becomes|is|=)\s+(?P<n>\d+(?:\.\d+)?)\s*s?", _takt),
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


def _compare(name: str, before: pa.Table, fork: Thread) -> dict[str, object] | None:
    """One row of the difference: how many rows changed, the figure people watch, one changed row in words."""
    d = desk(name)
    spec = d.contract.decides
    after = fork.view(spec)
    old = {tuple(r[k] for k in spec.key): r for r in before.to_pylist()}
    new = {tuple(r[k] for k in spec.key): r for r in after.to_pylist()}
    added, removed = new.keys() - old.keys(), old.keys() - new.keys()
    changed = [k for k in new.keys() & old.keys() if new[k] != old[k]]
    clash = _clash(fork, name)
    if not (added or removed or changed or clash):
        return None
    watched = WATCHED.get(spec.name)
    first = min(map(str, changed)) if changed else min(map(str, added)) if added else ""
    row = next((new[k] for k in (*changed, *added) if str(k) == first), None)
    return {
        "desk": name,
        "table": spec.name,
        "rows": after.num_rows,
        "changed": len(changed),
        "added": len(added),
        "removed": len(removed),
        "figure": watched or "rows",
        "before": _sum(before, watched),
        "after": _sum(after, watched),
        "example": f"{NO_PLAN}{clash}" if clash else d.sentence(row) if row else "",
    }


def _clash(fork: Thread, name: str) -> str:
    """Why no plan fits any more; empty where one does."""
    last = fork.view(table("decisions"), where={"desk": name}, order=("-number",), limit=1).to_pylist()
    if not last or last[0]["status"] != "none":
        return ""
    return "; ".join(c["what"] for c in json.loads(last[0]["basis"]).get("clash", []))


def _sum(rows: pa.Table, column: str | None) -> float:
    if column is None:
        return float(rows.num_rows)
    return float(pc.sum(rows.column(column)).as_py() or 0)
