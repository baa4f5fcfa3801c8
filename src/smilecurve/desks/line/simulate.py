"""Does the line hold one machine every takt, and where would one more buffer place pay most?

Reads     lines, stations, tasks, station_plan

Decides   line_rates

Proof     95 % interval of the cycle time over replications, against the takt

Method    recursion of departures through finite buffers with stops and repairs (solve.flow)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected, OptionRejected
from smilecurve.terms.tables.line import LINE_RATES, LINES, STATION_PLAN, STATIONS, TASKS

__all__ = ["simulate_line"]

Floats = NDArray[np.float64]
Row = dict[str, object]

REASONS = {
    "holds_back": "holds the line back: works {busy:.0%} and stands {down:.0%} of the time",
    "add_place": "one more buffer place behind it gives {gain_per_day:.1f} machines a day, more than anywhere else",
    "starved": "waits for machines {starved:.0%} of the time",
    "blocked": "cannot pass its machine on {blocked:.0%} of the time",
    "runs": "works {busy:.0%} of the time",
}


@desk(
    "line.simulate",
    question="Does the line hold one machine every takt, and where would one more buffer place pay most?",
    reads=(LINES, STATIONS, TASKS, STATION_PLAN),
    decides=LINE_RATES,
    reasons=REASONS,
    needs=("lines", "stations", "tasks"),
)
def simulate_line(
    lines: pa.Table,
    stations: pa.Table,
    tasks: pa.Table,
    station_plan: pa.Table,
    *,
    variation: float = 0.1,
    jobs: int = 2_000,
    replications: int = 10,
    seed: int = 0,
) -> Decision:
    """The rate of every line, and for each station where its time goes and what one more place behind it brings.

    variation: standard deviation of the work at a station over its mean (0: always the same); jobs: machines simulated
    after a quarter as many to warm up; replications: independent runs the interval is made from.
    """
    _refuse(lines, stations, variation, jobs, replications)
    done: list[_Rates] = []
    for line in lines.sort_by("line").to_pylist():
        own = stations.filter(pc.equal(stations["line"], line["line"])).sort_by("station")
        work = _work(line["line"], own, tasks, station_plan)
        if own.num_rows and work.sum() > 0:
            done.append(_simulate(line, own, work, variation, jobs, replications, seed))
    if not done:
        clash = Clash("no line has stations with work", "tasks", "load stations and tasks of a line")
        return Decision(
            LINE_RATES.empty(), Proof("rule", float(len(done)), float(lines.num_rows), "lines"), "none", (clash,)
        )
    rows = pa.concat_tables([rates.rows for rates in done])
    worst = max(done, key=lambda rates: rates.cycle_s / rates.takt_s)
    proof = Proof("statistical", worst.cycle_s, worst.takt_s, "s", "95 % interval over replications, Student's t")
    holds = [1.0 if rates.high_s <= rates.takt_s else 0.0 if rates.low_s > rates.takt_s else 0.5 for rates in done]
    figures = {
        "holds_takt": min(holds),
        "cycle_s": worst.cycle_s,
        "cycle_low_s": worst.low_s,
        "cycle_high_s": worst.high_s,
        "cycle_at_best_s": worst.least_s,
        "machines_a_day": sum(rates.a_day for rates in done),
    }
    return Decision(rows, proof, "good", headline=pc.index(rows["reason"], "holds_back").as_py(), figures=figures)


@dataclass(frozen=True)
class _Rates:
    rows: pa.Table
    cycle_s: float
    low_s: float
    high_s: float
    least_s: float
    takt_s: float
    a_day: float


def _work(line: str, stations: pa.Table, tasks: pa.Table, station_plan: pa.Table) -> Floats:
    """Add up the work of each station: by the plan, else by where the tasks stand today."""
    planned = station_plan.filter(pc.equal(station_plan["line"], line))
    own = tasks.filter(pc.equal(tasks["line"], line))
    stands: dict[object, tuple[object, float]] = {r["task"]: (r["station"], r["time_s"]) for r in own.to_pylist()}
    stands |= {r["task"]: (r["station"], r["time_s"]) for r in planned.to_pylist()}
    total: dict[object, float] = {}
    for station, seconds in stands.values():
        total[station] = total.get(station, 0.0) + seconds
    return np.array([total.get(station, 0.0) for station in stations["station"].to_pylist()])


def _simulate(
    line: Row, stations: pa.Table, work: Floats, variation: float, jobs: int, replications: int, seed: int
) -> _Rates:
    """Simulate one line as it is and with one more place behind each station."""
    from smilecurve.solve.flow import Line, gain_of_place, throughput

    mtbf, mttr = (pc.fill_null(stations[name], 0.0).to_numpy() for name in ("mtbf_s", "mttr_s"))
    rate_of_stops = np.divide(1.0, mtbf, out=np.zeros_like(mtbf), where=mtbf > 0)
    flow_line = Line(work, stations["buffer_places"].to_numpy()[:-1], variation, rate_of_stops, mttr)
    flow = throughput(flow_line, jobs=jobs, warm=jobs // 4, replications=replications, seed=seed)
    gains, halves = gain_of_place(flow_line, jobs=jobs, warm=jobs // 4, replications=min(replications, 4), seed=seed)
    takt = float(str(line["takt_s"]))
    seconds_a_day = takt * int(str(line["slots_per_day"]))
    n = stations.num_rows
    gain = np.append(gains, 0.0) * seconds_a_day
    sure = np.append(gains - halves > 0, False)
    rank = np.empty(n, np.int64)
    rank[np.argsort(-gain, kind="stable")] = np.arange(1, n + 1)
    slowest = int(np.argmax(flow.busy + flow.down))
    cycle, low, high = 1.0 / flow.rate, 1.0 / flow.high, 1.0 / max(flow.low, 1e-12)
    columns: dict[str, object] = {
        "line": [line["line"]] * n,
        "station": stations["station"].to_pylist(),
        "work_s": work,
        "busy": flow.busy.clip(0, 1),
        "starved": flow.starved.clip(0, 1),
        "blocked": flow.blocked.clip(0, 1),
        "down": flow.down.clip(0, 1),
        "cycle_s": [cycle] * n,
        "cycle_low_s": [low] * n,
        "cycle_high_s": [high] * n,
        "takt_s": [takt] * n,
        "gain_per_day": gain,
        "rank": rank,
        "reason": [
            _reason(at == slowest, rank[at] == 1 and sure[at], flow.starved[at], flow.blocked[at]) for at in range(n)
        ],
    }
    rows = pa.table({f.name: pa.array(columns[f.name], f.arrow) for f in LINE_RATES.fields})
    return _Rates(rows, cycle, low, high, 1.0 / flow.limit, takt, flow.rate * seconds_a_day)


def _reason(slowest: bool, pays: bool, starved: float, blocked: float) -> str:
    """Say what to know about a station: the one that holds back, the place that pays, else why it waits."""
    if slowest:
        return "holds_back"
    if pays:
        return "add_place"
    if max(starved, blocked) < 0.02:
        return "runs"
    return "starved" if starved >= blocked else "blocked"


def _refuse(lines: pa.Table, stations: pa.Table, variation: float, jobs: int, replications: int) -> None:
    """Refuse options out of their limits, stations of unknown lines, and stops without a time to restore."""
    limits = (("variation", variation, 0.0), ("jobs", jobs, 100), ("replications", replications, 2))
    wrong = [Breach(f"{n} is {v:g}", n, f"give {least:g} or more") for n, v, least in limits if v < least]
    if wrong:
        raise OptionRejected(wrong)
    known = set(lines["line"].to_pylist())
    found: list[Breach] = []
    for at, row in enumerate(stations.to_pylist()):
        where = f"row {at + 1}"
        if row["line"] not in known:
            said = f"station {row['station']} is of line {row['line']}, which nobody knows"
            found.append(Breach(said, f"stations.line, {where}", "name a line of lines", "stations", at, "line"))
        if row["mtbf_s"] is not None and row["mttr_s"] is None:
            said = f"station {row['station']} of line {row['line']} stops but has no time to restore"
            found.append(Breach(said, f"stations.mttr_s, {where}", "give its mttr_s", "stations", at, "mttr_s"))
    if found:
        raise DataRejected(found)
