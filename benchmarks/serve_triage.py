"""Does triage believe what is true, does it spare visits, and how soon does it learn?

Three fields of tickets: both example makers (what owners answer is drawn from each true cause, by the chances its rows
give), and a field of our own in which nothing fits the model: the given rows are guesses, answers hang together within
a ticket, some are wrong, models differ, and shares of causes drift over three years. Tickets before a day are closed,
and learned from; those after it are played: the desk asks, the owner answers, until it acts.

Beside it a fixed checklist: all questions of the symptom in their order, then the causes whose expected answers fit
best, one after the other: an owner who is guided says whether it helped, and where it did not, the list goes on; where
a remedy needs no guide but any answer does not fit its cause, somebody drives. Harder ones: the driver brings a second
part; whatever fits best is done. A repeat is a part sent or a drive made in vain; a guide that did not help is none,
neither of the desk nor of a list. The list whose failed guide ends the ticket (so that it comes back) is told too.
Visits are compared at the repeat rate of each list: what is counted there are visits, so the desk is played with a
visit twice as dear and several prices of treating wrongly, and its curve of visits over repeats is read between.
The learning curve plays all after the same closed ones. Beliefs at the first look are judged on more tickets.

Figures in CPU seconds of one process. Run: python benchmarks/serve_triage.py [all] [drifting]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smilecurve.desks.serve.triage import triage_tickets
from smilecurve.terms.tables.market import CURRENCY_RATES
from smilecurve.terms.tables.serve import PARTNERS, TECHNICIANS
from smilecurve.terms.tables.serve_guides import GUIDE_STEPS, GUIDE_TEXTS, MARKET_LANGUAGES
from smilecurve.terms.tables.serve_tickets import CAUSES, QUESTIONS, TICKET_ANSWERS, TICKETS
from smilecurve.terms.tables.supply import PARTS
from smilecurve.worlds import WORLDS
from thread_fleet.telling import Bar, say

Floats = NDArray[np.float64]
Row = dict[str, object]
PRICES = {"question": 5.0, "remote": 60.0, "shipping": 150.0, "visit": 900.0, "again": 400.0, "carry": 40.0}
DRIVEN = 1800.0
AGAIN = (150.0, 500.0, 900.0, 1500.0, 3000.0)
FILLED = 250
TURN = 1000
LOOKS = 12_000
SIZES = (0, 50, 500, 5000)
SCALES = {"excavators": 0.06, "small_machines": 0.0012}


@dataclass
class Field:
    """Tickets of one field: rows given to the desk, the tickets in order of time, and what an owner would answer."""

    name: str
    causes: list[Row]
    questions: list[Row]
    parts: dict[str, float]
    tickets: list[Row]
    truth: list[str]
    known: list[dict[str, str]]
    answer: Callable[[int, str], str]

    def __post_init__(self) -> None:
        self.tree: dict[tuple[object, object], dict[str, Row]] = {}
        for cause in self.causes:
            self.tree.setdefault((cause["family"], cause["symptom"]), {})[str(cause["cause"])] = cause
        self.yes = {(q["family"], q["question"], q["cause"]): float(str(q["yes"])) for q in self.questions}
        self.order: dict[object, list[str]] = {}
        for q in self.questions:
            asked = self.order.setdefault(q["family"], [])
            if q["question"] not in asked:
                asked.append(str(q["question"]))

    def true(self, i: int) -> Row:
        """The row of the cause that lies behind a ticket."""
        return self.tree[self.tickets[i]["family"], self.tickets[i]["symptom"]][self.truth[i]]

    def asked_of(self, i: int) -> list[str]:
        """The questions that tell of the symptom's causes, in their order."""
        family = self.tickets[i]["family"]
        causes = self.tree[family, self.tickets[i]["symptom"]]
        return [q for q in self.order[family] if any((family, q, c) in self.yes for c in causes)]


@dataclass
class Played:
    """How a set of tickets went: which cause each was treated for, questions asked, and what was believed first."""

    treated: list[Row]
    also: list[object]
    asked: Floats
    believed: list[tuple[str, float]]
    first: list[tuple[str, float]]
    tried: Floats


def world_field(name: str, seed: int = 1) -> Field:
    """Tickets of an example maker, each with the cause that closed it."""
    world = WORLDS[name](scale=SCALES[name], seed=seed)

    def of(kind: str) -> list[Row]:
        return world.events.filter(pc.equal(world.events["kind"], kind)).to_pylist()

    family = {m["model"]: m["family"] for m in world.tables["models"].to_pylist()}
    model = {e["machine"]: e["part"] for e in of("commissioning")}
    closed = {e["ref"]: e for e in of("ticket_closed")}
    told: dict[object, dict[str, str]] = {}
    for e in of("answer"):
        told.setdefault(e["ref"], {})[str(e["code"])] = str(e["disposition"])
    tickets = [
        {"ticket": e["ref"], "machine": e["machine"], "model": model[e["machine"]], "symptom": e["code"],
         "family": family[str(model[e["machine"]])], "opened": e["event_time"], "market": e["market"]}
        for e in of("ticket") if e["ref"] in closed
    ]  # fmt: skip
    truth = [str(closed[t["ticket"]]["code"]) for t in tickets]
    questions = world.tables["questions"].to_pylist()
    yes = {(q["family"], q["question"], q["cause"]): q["yes"] for q in questions}
    draws = np.random.default_rng(seed + 77).random((len(tickets), 2, 40))
    place = {q: i for i, q in enumerate(sorted({str(q["question"]) for q in questions}))}

    def answer(i: int, q: str) -> str:
        if draws[i, 0, place[q]] < 0.08:
            return "unknown"
        chance = yes.get((tickets[i]["family"], q, truth[i]), 0.5)
        return "yes" if draws[i, 1, place[q]] < chance else "no"

    parts = {p["part"]: p["cost"] for p in world.tables["parts"].to_pylist()}
    known = [told.get(t["ticket"], {}) for t in tickets]
    return Field(name, world.tables["causes"].to_pylist(), questions, parts, tickets, truth, known, answer)


def drifting_field(seed: int, count: int) -> Field:
    """Tickets of our own making: guessed rows, answers that hang together, wrong answers, drift, unequal models."""
    draw = np.random.default_rng(seed)
    symptoms, models, each, asks = 4, 6, 8, 6
    remedies = ["remote"] * 3 + ["part"] * 2 + ["visit"] * 3
    causes, questions, parts = [], [], {}
    yes, loads = np.zeros((symptoms, asks, each)), draw.normal(0, 0.9, (symptoms, asks))
    unknown = draw.uniform(0.03, 0.2, (symptoms, asks))
    begin = draw.dirichlet(np.full(each, 1.5), symptoms)
    end = 0.5 * begin + 0.5 * draw.dirichlet(np.full(each, 1.5), symptoms)
    bent = np.array([[draw.dirichlet(25 * begin[s] + 0.3) / (begin[s] + 1e-3) for _ in range(models)]
                     for s in range(symptoms)])  # fmt: skip
    for s in range(symptoms):
        yes[s] = np.clip(draw.beta(0.45, 0.45, (asks, each)), 0.04, 0.96)
        for c in range(each):
            name, remedy = f"c{s}{c}", remedies[c]
            part = f"P{s}{c}" if remedy != "remote" else None
            if part:
                parts[part] = float(draw.lognormal(5.0, 0.7))
            causes.append({"family": "pump", "symptom": f"s{s}", "cause": name, "part": part, "remedy": remedy,
                           "weight": float(np.round(20 * begin[s, c] * draw.lognormal(0, 0.5) + 0.2, 1)),
                           "guide": f"how to mend {name}", "minutes": 30,
                           "skill": "s" if remedy == "visit" else None})  # fmt: skip
            for q in range(asks):
                odds = np.log(yes[s, q, c] / (1 - yes[s, q, c])) + draw.normal(0, 0.6)
                questions.append({"family": "pump", "question": f"q{s}{q}", "words": f"q{s}{q}?", "cause": name,
                                  "yes": float(1 / (1 + np.exp(-odds)))})  # fmt: skip
    zero = datetime(2023, 1, 1, tzinfo=UTC)
    tickets, truth, said, known = [], [], [], []
    for i in range(count):
        s, m, when = int(draw.integers(symptoms)), int(draw.integers(models)), i / count
        share = (begin[s] ** (1 - when)) * (end[s] ** when) * bent[s, m]
        c = int(draw.choice(each, p=share / share.sum()))
        mood = draw.normal()
        odds = np.log(yes[s, :, c] / (1 - yes[s, :, c])) + loads[s] * mood
        told = draw.random(asks) < 1 / (1 + np.exp(-odds))
        for q in range(1, asks, 2):
            told[q] = told[q - 1] if draw.random() < 0.25 else told[q]
        told ^= draw.random(asks) < 0.05
        dumb = draw.random(asks) < unknown[s]
        replies = {f"q{s}{q}": "unknown" if dumb[q] else "yes" if told[q] else "no" for q in range(asks)}
        chosen = draw.permutation(asks)[: int(draw.integers(2, 5))]
        tickets.append({"ticket": f"T{i:06d}", "machine": f"M{i}", "model": f"m{m}", "family": "pump",
                        "symptom": f"s{s}", "opened": zero + timedelta(days=1095 * when), "market": None})  # fmt: skip
        truth.append(f"c{s}{c}")
        said.append(replies)
        known.append({f"q{s}{q}": replies[f"q{s}{q}"] for q in chosen})
    return Field("drifting", causes, questions, parts, tickets, truth, known, lambda i, q: said[i].get(q, "unknown"))


@dataclass(frozen=True)
class Weighed:
    """The desk's own prices where they differ from PRICES."""

    again: float = PRICES["again"]
    visit: float = PRICES["visit"]
    least: float = 0.02


OWN = Weighed()


def desk_rows(
    field: Field, learned: range, fresh: Sequence[int], said: dict[int, dict[str, str]], weighed: Weighed
) -> list[Row]:
    """What the desk decides of the fresh tickets after the learned ones are closed."""
    rows: list[Row] = []
    for i in learned:
        remedy = field.true(i)["remedy"]
        rows.append(field.tickets[i] | {"closed": field.tickets[i]["opened"], "cause": field.truth[i],
                                        "remedy": remedy})  # fmt: skip
    rows += [field.tickets[i] for i in fresh]
    answers = [(i, field.known[i]) for i in learned] + [(i, said[i]) for i in fresh]
    told: list[Row] = [
        {"ticket": field.tickets[i]["ticket"], "question": q, "answer": a}
        for i, some in answers
        for q, a in some.items()
    ]
    parts = pa.table({f.name: pa.nulls(len(field.parts), f.arrow) for f in PARTS.fields})
    for name, values in (("part", list(field.parts)), ("cost", list(field.parts.values())),
                         ("currency", ["CNY"] * len(field.parts))):  # fmt: skip
        at = parts.column_names.index(name)
        parts = parts.set_column(at, name, pa.array(values, PARTS.field(name).arrow))
    tables = {"technicians": TECHNICIANS, "guide_steps": GUIDE_STEPS, "guide_texts": GUIDE_TEXTS,
              "market_languages": MARKET_LANGUAGES, "partners": PARTNERS}  # fmt: skip
    return triage_tickets.function(
        TICKETS.rows(rows), TICKET_ANSWERS.rows(told), CAUSES.rows(field.causes), QUESTIONS.rows(field.questions),
        parts=parts, currency_rates=CURRENCY_RATES.rows([]), again_cost=weighed.again, visit_cost=weighed.visit,
        least_saving=weighed.least, **{name: spec.rows([]) for name, spec in tables.items()},
    ).rows.to_pylist()  # fmt: skip


def play(field: Field, learned: range, fresh: range, weighed: Weighed = OWN) -> Played:
    """Ask, guide and answer until the desk sends something on every fresh ticket, or a guide has helped."""
    said: dict[int, dict[str, str]] = {i: {} for i in fresh}
    place = {field.tickets[i]["ticket"]: i for i in fresh}
    first: dict[int, tuple[str, float]] = {}
    acted: dict[int, tuple[str, float]] = {}
    last: dict[int, Row] = {}
    tried, asked = dict.fromkeys(fresh, 0.0), dict.fromkeys(fresh, 0.0)
    left = list(fresh)
    while left:
        for row in desk_rows(field, learned, left, said, weighed):
            i = place[row["ticket"]]
            belief = str(row["cause"]), float(str(row["probability"]))
            first.setdefault(i, belief)
            asks, treated = row["step"] == "ask", str(row["treated"])
            if asks:
                said[i][str(row["question"])] = field.answer(i, str(row["question"]))
                asked[i] += 1
                continue
            acted.setdefault(i, belief)
            if row["step"] == "remote" and treated not in said[i] and treated != field.truth[i]:
                said[i][treated] = "no"
                tried[i] += 1
                continue
            last[i] = row
        left = [i for i in left if i not in last]
    causes = [field.tree[field.tickets[i]["family"], field.tickets[i]["symptom"]] for i in fresh]
    return Played(
        [some[str(last[i]["treated"])] for i, some in zip(fresh, causes, strict=True)],
        [last[i]["second_part"] if float(str(last[i]["second_saving"] or 0.0)) > 0 else None for i in fresh],
        np.array([asked[i] for i in fresh]),
        [acted[i] for i in fresh],
        [first[i] for i in fresh],
        np.array([tried[i] for i in fresh]),
    )


def rolling(field: Field, learned: range, fresh: range, weighed: Weighed = OWN) -> Played:
    """The same, learning from every ticket that is closed before the next TURN are played."""
    got: list[Played] = []
    for begin in range(fresh.start, fresh.stop, TURN):
        past = range(begin - len(learned), begin)
        got.append(play(field, past, range(begin, min(begin + TURN, fresh.stop)), weighed))
    return Played(
        [t for g in got for t in g.treated],
        [a for g in got for a in g.also],
        np.concatenate([g.asked for g in got]),
        [b for g in got for b in g.believed],
        [f for g in got for f in g.first],
        np.concatenate([g.tried for g in got]),
    )


def checklist(field: Field, fresh: range, most: int, two: bool = False, hears: bool = True) -> Played:
    """All questions in order; then the cause that fits best; a visit where more than `most` answers do not fit it.

    two: whoever drives also brings the part of the next best cause. hears: a guide that did not help is heard of, and
    the next best cause has its turn; else the ticket ends there.
    """
    treated, also, asked, tried = [], [], [], []
    for i in fresh:
        causes = field.tree[field.tickets[i]["family"], field.tickets[i]["symptom"]]
        misses = _misses(field, i)
        ranked = sorted(causes, key=lambda name: (misses[name], -float(str(causes[name]["weight"]))))
        failed: list[str] = []
        for name in ranked if hears else ():
            if causes[name]["remedy"] != "remote" or misses[name] > most or name == field.truth[i]:
                break
            failed.append(name)
        ranked = [name for name in ranked if name not in failed] or ranked[:1]
        best = causes[ranked[0]]
        if best["remedy"] != "visit" and misses[ranked[0]] > most:
            best = next((causes[n] for n in ranked if causes[n]["remedy"] == "visit"), best)
        other = (causes[n]["part"] for n in ranked if causes[n]["part"] not in (None, best["part"]))
        treated.append(best)
        also.append(next(other, None) if two and best["remedy"] == "visit" else None)
        asked.append(float(len(field.asked_of(i))))
        tried.append(float(len(failed)))
    return Played(treated, also, np.array(asked), [], [], np.array(tried))


def _misses(field: Field, i: int) -> dict[str, float]:
    """How many answers do not fit each cause of a ticket's symptom."""
    family = field.tickets[i]["family"]
    misses = dict.fromkeys(field.tree[family, field.tickets[i]["symptom"]], 0.0)
    for q in field.asked_of(i):
        said = field.answer(i, q)
        for name in misses:
            chance = field.yes.get((family, q, name))
            misses[name] += said != "unknown" and chance is not None and (chance >= 0.5) != (said == "yes")
    return misses


def judged(field: Field, fresh: range, played: Played) -> dict[str, float]:
    """Visits, repeats, first-time fixes of visits, questions and money a ticket; what knowing the cause costs."""
    visits = wrong = sent = right_visits = money = bound = 0.0
    for i, treated, also in zip(fresh, played.treated, played.also, strict=True):
        true = field.true(i)
        drives = treated["remedy"] == "visit"
        bring = {treated["part"], also} - {None}
        right = treated["cause"] == true["cause"] or (
            drives and true["part"] in (None, *bring) and true["skill"] in (None, treated["skill"])
        )
        visits += drives
        sent += drives
        right_visits += right and drives
        if drives:
            money += PRICES["visit"] + PRICES["carry"] * len(bring - {true["part"]})
            money += field.parts.get(str(true["part"]), 0.0) if right else 0.0
        elif right:
            money += _own(field, true)
        else:
            money += 2 * PRICES["shipping"] if treated["remedy"] == "part" else PRICES["remote"]
        if not right:
            wrong += 1
            money += _own(field, true) + PRICES["again"]
            visits += true["remedy"] == "visit"
        bound += _own(field, true)
    n = len(fresh)
    money += PRICES["question"] * played.asked.sum() + PRICES["remote"] * played.tried.sum()
    return {
        "visits": visits / n, "repeat": wrong / n, "fixed": right_visits / max(sent, 1.0), "solved": 1 - wrong / n,
        "asked": float(played.asked.mean()), "tried": float(played.tried.mean()), "money": money / n,
        "bound": bound / n, "needed": sum(field.true(i)["remedy"] == "visit" for i in fresh) / n,
    }  # fmt: skip


def _own(field: Field, cause: Row) -> float:
    part = field.parts.get(str(cause["part"]), 0.0)
    step = {"remote": PRICES["remote"], "part": PRICES["shipping"] + part, "visit": PRICES["visit"] + part}
    return step[str(cause["remedy"])]


def reliability(field: Field, fresh: range, believed: list[tuple[str, float]]) -> tuple[float, str]:
    """The largest distance, in points, of belief from truth in well-filled tenths, and the diagram in words."""
    p = np.array([chance for _, chance in believed])
    hit = np.array([name == field.truth[i] for i, (name, _) in zip(fresh, believed, strict=True)], dtype=float)
    worst, lines = 0.0, []
    for low in np.arange(0, 10) / 10:
        mine = (p >= low) & (p < low + 0.1) if low < 0.9 else p >= 0.9
        if mine.sum() >= FILLED:
            off = 100 * (hit[mine].mean() - p[mine].mean())
            worst = max(worst, abs(off))
            lines.append(f"{p[mine].mean():.0%}→{hit[mine].mean():.0%} ({int(mine.sum())})")
    return float(worst), "  ".join(lines)


def compared(field: Field, learned: range, fresh: range) -> None:
    """The desk at several costs of treating wrongly beside each checklist, at the checklist's repeat rate.

    Like the checklists it asks whatever helps at all: no least saving.
    """
    curve = [judged(field, fresh, rolling(field, learned, fresh, Weighed(again, DRIVEN, 0.0))) for again in AGAIN]
    curve.sort(key=lambda got: got["repeat"])
    repeat, visits = [got["repeat"] for got in curve], [got["visits"] for got in curve]
    say("  desk: repeats > visits", "  ".join(f"{r:.1%} > {v:.1%}" for r, v in zip(repeat, visits, strict=True)))
    lists = {
        "checklist": checklist(field, fresh, 0),
        "checklist, two parts brought": checklist(field, fresh, 0, two=True),
        "checklist, best fit is done": checklist(field, fresh, 99),
        "checklist, best fit, two parts": checklist(field, fresh, 99, two=True),
        "checklist, a failed guide ends it": checklist(field, fresh, 0, hears=False),
    }
    for name, played in lists.items():
        them = judged(field, fresh, played)
        say(f"  {name}", told(them))
        here = float(np.interp(them["repeat"], repeat, visits))
        note = f"{here:.1%} against {them['visits']:.1%} at {them['repeat']:.1%} repeats; whoever knows every cause "
        note += f"spares {100 * (1 - them['needed'] / them['visits']):.1f} %"
        if not repeat[0] <= them["repeat"] <= repeat[-1]:
            note += f"; the desk's repeats lie between {repeat[0]:.1%} and {repeat[-1]:.1%}"
        spared = 100 * (1 - here / them["visits"])
        if name == "checklist":
            Bar("  fewer visits than the fixed checklist, %", 25, at_least=True).told(spared, note)
        else:
            say("  fewer visits than that one", f"{spared:.1f} %   ({note})")


def looked(field: Field, before: int, fresh: range) -> list[tuple[str, float]]:
    """What the desk believes at the first look, learning from every ticket closed before each TURN."""
    found: dict[object, tuple[str, float]] = {}
    for begin in range(fresh.start, fresh.stop, TURN):
        some = range(begin, min(begin + TURN, fresh.stop))
        rows = desk_rows(field, range(max(begin - before, 0), begin), some, {i: {} for i in some}, OWN)
        found |= {row["ticket"]: (str(row["cause"]), float(str(row["probability"]))) for row in rows}
    return [found[field.tickets[i]["ticket"]] for i in fresh]


def told(got: dict[str, float]) -> str:
    return (
        f"visits {got['visits']:.1%}, repeats {got['repeat']:.1%}, first-time fix {got['solved']:.1%} "
        f"(of visits {got['fixed']:.1%}), {got['asked']:.1f} questions, {got['tried']:.2f} guides in vain, "
        f"{got['money']:,.0f} a ticket "
        f"(knowing {got['bound']:,.0f})"
    )


def main() -> None:
    """Every field: reliability, visits beside the checklist, the learning curve."""
    fresh_count = 6000 if "all" in sys.argv else 2000
    made = {name: partial(world_field, name) for name in SCALES}
    made["drifting"] = partial(drifting_field, 5, 5000 + LOOKS)
    for field in (make() for name, make in made.items() if not set(made) & set(sys.argv) or name in sys.argv):
        begun = time.process_time()
        most = min(5000, len(field.tickets) - fresh_count)
        fresh = range(len(field.tickets) - fresh_count, len(field.tickets))
        learned = range(fresh.start - most, fresh.start)
        say(f"== {field.name}", f"{most} closed tickets, {len(fresh)} played")
        got = rolling(field, learned, fresh)
        say("  desk", told(judged(field, fresh, got)))
        many = range(max(most, len(field.tickets) - LOOKS), len(field.tickets))
        for name, some, believed in (
            (f"at the first look of {len(many)}", many, looked(field, most, many)),
            ("when it acts", fresh, got.believed),
        ):
            worst, diagram = reliability(field, some, believed)
            Bar(f"  off the truth {name}, points", 5).told(worst, diagram)
        compared(field, learned, fresh)
        for size in SIZES:
            some = range(fresh.start - min(size, most), fresh.start)
            less = play(field, some, fresh)
            off = reliability(field, fresh, less.believed)[0]
            say(f"  after {len(some)} closed tickets", f"{told(judged(field, fresh, less))}; off {off:.1f} points")
        say("  CPU", f"{time.process_time() - begun:.1f} s")


if __name__ == "__main__":
    main()
