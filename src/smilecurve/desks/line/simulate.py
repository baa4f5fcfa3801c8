"""Does the line hold one machine every takt, and where would one more buffer place pay most?

Reads     lines, stations, shifts, tasks, task_times, station_plan, build_sequence

Decides   line_rates

Proof     95 % interval of the cycle time over replications, against the takt

Method    recursion of departures through finite buffers, or event by event where stations have crews, rework, hours or
          feeders (solve.flow); loss by idealising step by step (solve.flow_loss); places by search (solve.flow_places)
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.line._flow_faults import line_faults, option_faults
from smilecurve.desks.line._flow_line import FlowLine
from smilecurve.desks.line._rates import CAUSES, REASONS, Effort, LineRates
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.line import (
    BUILD_SEQUENCE,
    LINE_RATES,
    LINES,
    SHIFTS,
    STATION_PLAN,
    STATIONS,
    TASK_TIMES,
    TASKS,
)

__all__ = ["simulate_line"]

ANSWERS = {
    "holds": "A machine every {cycle_s:.1f} s, {pace:.1%} of the pace that a takt of {takt_s:g} s asks: "
    "the line holds it",
    "short": "A machine every {cycle_s:.1f} s, {pace:.1%} of the pace that a takt of {takt_s:g} s asks: "
    "the line falls short",
    "unsure": "A machine every {cycle_s:.1f} s for a takt of {takt_s:g} s: too near to say whether the line holds it",
    "lines_hold": "{lines:.0f} lines hold their takt; the slowest gives {pace:.1%} of the pace asked",
    "lines_short": "Of {lines:.0f} lines one falls short most: {pace:.1%} of the pace that "
    "its takt of {takt_s:g} s asks",
    "lines_unsure": "{lines:.0f} lines are near their takt; the slowest gives {pace:.1%} of the pace asked",
}
"""What is said over all stations, by whether the line that is worst against its takt holds it."""


@desk(
    "line.simulate",
    question="Does the line hold one machine every takt, and where would one more buffer place pay most?",
    reads=(LINES, STATIONS, SHIFTS, TASKS, TASK_TIMES, STATION_PLAN, BUILD_SEQUENCE),
    decides=LINE_RATES,
    reasons=REASONS,
    needs=("lines", "stations", "tasks"),
    version="2",
    answers=ANSWERS,
)
def simulate_line(
    lines: pa.Table,
    stations: pa.Table,
    shifts: pa.Table,
    tasks: pa.Table,
    task_times: pa.Table,
    station_plan: pa.Table,
    build_sequence: pa.Table,
    *,
    variation: float = 0.1,
    lognormal: bool = False,
    jobs: int = 2_500,
    warm: int = 500,
    replications: int = 10,
    extra_places: int = 3,
    seed: int = 0,
) -> Decision:
    """The rate of every line, where the time of each station goes, what is lost to what, and what places bring.

    variation: standard deviation of the work at a station over its mean (0: always the same), gamma distributed or
    lognormal; jobs: machines simulated in each replication, the first `warm` of them not counted; replications:
    independent runs the interval is made from; extra_places: buffer places to lay out where they pay most. Machines
    come in the order of build_sequence, again from the start when it ends; without one each takes the mean time.
    """
    wrong = option_faults(variation, jobs, warm, replications, extra_places, seed)
    if wrong:
        raise OptionRejected(wrong)
    found = line_faults(lines, stations, shifts)
    if found:
        raise DataRejected(found)
    effort = Effort(variation, lognormal, jobs, warm, replications, seed, extra_places)
    done: list[LineRates] = []
    clashes: list[Clash] = []
    for line in lines.sort_by("line").to_pylist():
        flow_line = FlowLine.of(line, stations, tasks, task_times, station_plan, build_sequence, shifts)
        if not flow_line.stations:
            clashes.append(Clash(f"line {line['line']} has no stations", "stations", "load the stations of the line"))
        elif not flow_line.mean.any():
            clashes.append(Clash(f"line {line['line']} has no work", "tasks", "load its tasks with their times"))
        else:
            done.append(LineRates.of(flow_line, effort))
    if not done:
        no_line = Clash("there is no line", "lines", "load the lines of the plant")
        count = Proof("rule", float(len(done)), float(lines.num_rows), "lines")
        return Decision(LINE_RATES.empty(), count, "none", tuple(clashes) or (no_line,))
    rows = pa.concat_tables([rates.rows for rates in done])
    worst = max(done, key=lambda rates: rates.cycle_s / rates.takt_s)
    proof = Proof("statistical", worst.cycle_s, worst.takt_s, "s", "95 % interval over replications, Student's t")
    return Decision(
        rows,
        proof,
        "good",
        tuple(clashes),
        headline=pc.index(rows["reason"], "holds_back").as_py(),
        figures=_figures(done, worst),
        answer=_answer(done, worst),
    )


def _verdict(rates: LineRates) -> float:
    """Whether the line holds its takt: 1 yes, 0 no, 0.5 where the interval holds the takt."""
    return 1.0 if rates.high_s <= rates.takt_s else 0.0 if rates.low_s > rates.takt_s else 0.5


def _answer(done: list[LineRates], worst: LineRates) -> str:
    """Which answer says it."""
    said = {1.0: "holds", 0.0: "short", 0.5: "unsure"}[_verdict(worst)]
    return said if len(done) == 1 else f"lines_{said.removesuffix('s')}"


def _figures(done: list[LineRates], worst: LineRates) -> dict[str, float]:
    """Sums over the lines, and the line that is worst against its takt."""
    lost = {f"lost_{cause}": sum(rates.lost[cause] for rates in done) for cause in CAUSES}
    several = {"lines": float(len(done))} if len(done) > 1 else {}
    return several | {
        "holds_takt": min(_verdict(rates) for rates in done),
        "pace": worst.takt_s / worst.cycle_s,
        "takt_s": worst.takt_s,
        "cycle_s": worst.cycle_s,
        "cycle_low_s": worst.low_s,
        "cycle_high_s": worst.high_s,
        "cycle_at_best_s": worst.least_s,
        "cycle_best_s": worst.best_s,
        "machines_a_day": sum(rates.a_day for rates in done),
        "ideal_per_day": sum(rates.ideal_a_day for rates in done),
        **lost,
    }
