"""What is wrong with this machine, what should we ask next, and do we guide, send a part or visit?

Reads     tickets, ticket_answers, causes, questions, partners, parts, currency_rates, technicians, guide_steps,
          guide_texts, market_languages
Decides   ticket_triage
Proof     the expected cost of all open tickets against the cost of knowing every cause
Method    counts of closed tickets pooled over the models of a family: see solve.believing; the plan of questions of
          least expected cost: see solve.questioning
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.serve._asking import plan_steps
from smilecurve.desks.serve._evidence import Learned, gather_evidence, learn_symptom
from smilecurve.desks.serve._fault_trees import FaultTrees, grow_trees
from smilecurve.desks.serve._limits import below_zero, refuse
from smilecurve.desks.serve._speaking import Texts, read_texts
from smilecurve.desks.serve._treatment import Act, Prices, Row, led, needed_parts, price_steps
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach
from smilecurve.terms.money import Money
from smilecurve.terms.tables.market import CURRENCY_RATES
from smilecurve.terms.tables.serve import PARTNERS, TECHNICIANS
from smilecurve.terms.tables.serve_guides import GUIDE_STEPS, GUIDE_TEXTS, MARKET_LANGUAGES
from smilecurve.terms.tables.serve_tickets import CAUSES, QUESTIONS, TICKET_ANSWERS, TICKET_TRIAGE, TICKETS
from smilecurve.terms.tables.supply import PARTS

__all__ = ["triage_tickets"]

Floats = NDArray[np.float64]
KEPT = ("ticket", "machine", "market", "partner", "holder", "symptom")
SURE = (
    "{cause} at {probability:.0%} ({probability_low:.0%} to {probability_high:.0%} "
    "by {tickets_seen:.0f} closed tickets)"
)


@desk(
    "serve.triage",
    question="What is wrong with this machine, what should we ask next, and do we guide, send a part or visit?",
    reads=(TICKETS, TICKET_ANSWERS, CAUSES, QUESTIONS, PARTNERS, PARTS, CURRENCY_RATES, TECHNICIANS, GUIDE_STEPS,
           GUIDE_TEXTS, MARKET_LANGUAGES),
    decides=TICKET_TRIAGE,
    needs=("tickets", "causes"),
    version="3",
    reasons={
        "ask": SURE + ", then {second}: asking “{words}” saves {question_worth:.0f} {currency} on average",
        "try": SURE + ": guide through {treated} and hear whether it helps, {expected_cost:.0f} {currency} on average",
        "clear": SURE + ": {step} for {expected_cost:.0f} {currency}, no question pays",
        "safe": SURE + ": {step} with {part} costs least over all causes: {expected_cost:.0f} {currency}",
        "new": "nothing is known yet behind {symptom}: somebody must look, {expected_cost:.0f} {currency}",
    },
)  # fmt: skip
def triage_tickets(
    tickets: pa.Table,
    ticket_answers: pa.Table,
    causes: pa.Table,
    questions: pa.Table,
    partners: pa.Table,
    parts: pa.Table,
    currency_rates: pa.Table,
    technicians: pa.Table,
    guide_steps: pa.Table,
    guide_texts: pa.Table,
    market_languages: pa.Table,
    *,
    currency: str = "CNY",
    question_cost: float = 5.0,
    remote_cost: float = 60.0,
    shipping_cost: float = 150.0,
    visit_cost: float = 900.0,
    again_cost: float = 400.0,
    carry_cost: float = 40.0,
    least_saving: float = 0.02,
    strength: float = 20.0,
    siblings: float = 60.0,
    memory_days: float | None = None,
) -> Decision:
    """Decide the next step of every open ticket.

    currency        of every cost given here and decided; other currencies are converted by the latest rate
    question_cost   cost of asking; remote_cost of guiding; shipping_cost of sending a part; visit_cost where the
                    partner's own is not known; again_cost of having treated the wrong cause; carry_cost of bringing a
                    part that may not be needed
    least_saving    share of the act's cost that asking must save; an act that costs no more than that is clearly best
    strength        how many closed tickets the shares in `questions` are worth
    siblings        how many tickets of its own a model's causes are drawn to its family's by, until they tell better
    memory_days     a closed ticket so much older than the newest counts half; 0: all count alike; None: as foretells
                    best
    """
    _limits(question_cost=question_cost, remote_cost=remote_cost, shipping_cost=shipping_cost, visit_cost=visit_cost,
            again_cost=again_cost, carry_cost=carry_cost, least_saving=least_saving, strength=strength,
            siblings=siblings, memory_days=memory_days or 0.0)  # fmt: skip
    trees = grow_trees(causes, questions, guide_steps, guide_texts)
    texts = read_texts(guide_texts, guide_steps, market_languages)
    prices = price_steps(
        (question_cost, remote_cost, shipping_cost, visit_cost, again_cost, carry_cost),
        parts,
        partners,
        currency_rates,
        currency,
    )
    said: dict[object, dict[object, str]] = defaultdict(dict)
    for answer in ticket_answers.to_pylist():
        said[answer["ticket"]][answer["question"]] = answer["answer"]
    calls = tickets.to_pylist()
    evidence = gather_evidence(calls, said, trees)
    groups: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for ticket in calls:
        if ticket["closed"] is None:
            groups[ticket["family"], ticket["model"], ticket["symptom"], ticket["partner"]].append(ticket)
    rows: list[dict[str, object]] = []
    least = 0.0
    learned: dict[tuple[object, object, object], Learned | None] = {}
    for (family, model, symptom, partner), some in groups.items():
        scope = (family, model if trees.stands_alone(model) else None, symptom)
        if scope not in learned:
            learned[scope] = learn_symptom(trees, evidence, said, scope, strength, siblings, memory_days)
        known = learned[scope]
        if known is None:
            cost = prices.partner.get(str(partner), visit_cost)
            rows += [_new(ticket, cost) for ticket in some]
            least += cost * len(some)
            continue
        for alike in _by_attempts(some, known, said):
            found, bound = _decide(alike, known, partner, said, trees, texts, prices, least_saving)
            rows += found
            least += bound
    rows.sort(key=lambda row: str(row["ticket"]))
    _mark_duplicates(rows, {t["ticket"]: t["opened"] for t in calls})
    value = float(sum(float(str(row["expected_cost"])) for row in rows))
    steps = [str(row["step"]) for row in rows]
    return Decision(
        rows=TICKET_TRIAGE.rows([row | {"currency": currency} for row in rows]),
        proof=Proof("bound", value, min(least, value), currency, "the cost of knowing every cause"),
        status="best" if value <= least + 1e-9 else "good",
        clash=(*_doubts(trees, said, evidence.strange, technicians), *texts.clashes()),
        worth=Money(sum(float(str(row.get("question_worth") or 0.0)) for row in rows), currency),
        headline=max(range(len(rows)), key=lambda i: float(str(rows[i]["expected_cost"])), default=None),
        figures={"open": float(len(rows))} | {s: float(steps.count(s)) for s in ("ask", "remote", "part", "visit")},
    )


def _limits(**costs: float) -> None:
    bad = below_zero(**costs)
    if costs["siblings"] == 0:
        bad.append(Breach("siblings of 0 lets nothing be learned from other models", "siblings", "give more than 0"))
    refuse(bad)


def _by_attempts(
    tickets: Sequence[Row], known: Learned, said: Mapping[object, Mapping[object, str]]
) -> list[list[Row]]:
    """Tickets whose owners have tried the same guides."""
    found: dict[tuple[int, ...], list[Row]] = defaultdict(list)
    for ticket in tickets:
        found[tuple(known.heard(said.get(ticket["ticket"], {}))[len(known.questions) :])].append(ticket)
    return list(found.values())


def _decide(
    tickets: Sequence[Row],
    known: Learned,
    partner: object,
    said: Mapping[object, Mapping[object, str]],
    trees: FaultTrees,
    texts: Texts,
    prices: Prices,
    least_saving: float,
) -> tuple[list[dict[str, object]], float]:
    """The rows of tickets with one model, symptom and partner, and the cost of knowing their causes."""
    from smilecurve.solve.believing import belief_interval

    heard = np.array([known.heard(said.get(ticket["ticket"], {})) for ticket in tickets])
    heard = heard.reshape(len(tickets), -1)
    cost, acts = prices.treating(known.causes, partner)
    vain = {a for a, came in zip(known.attempts, heard[0, len(known.questions) :], strict=True) if came == 1}
    open_acts = [a for a, act in enumerate(acts) if act.cause not in vain]
    if not open_acts:
        price = prices.partner.get(str(partner), prices.visit)
        return [_new(ticket, price) for ticket in tickets], price * len(tickets)
    cost, acts = cost[:, open_acts], [acts[a] for a in open_acts]
    alpha = known.shares(tickets[0]["model"])
    got = plan_steps(known, alpha / alpha.sum(), heard, prices.question, prices.remote, cost, least_saving)
    low, high = belief_interval(got.belief, alpha, known.told, heard[:, : len(known.questions)], known.power)
    rows = []
    for i, ticket in enumerate(tickets):
        belief = got.belief[i]
        order = np.argsort(-belief, kind="stable")
        act, top, q = led(acts[int(got.action[i])], belief, known.causes), known.causes[order[0]], int(got.question[i])
        guided = int(got.attempt[i])
        act = Act(guided) if guided >= 0 else act
        treated = known.causes[act.cause]
        row: dict[str, object] = {name: ticket[name] for name in KEPT}
        row |= {name: treated[name] for name in ("part", "skill", "minutes", "guide", "video")}
        row |= {
            "cause": top["cause"],
            "probability": min(float(belief[order[0]]), 1.0),
            "probability_low": float(low[i]),
            "probability_high": min(float(high[i]), 1.0),
            "tickets_seen": float(known.seen),
            "own_tickets": float(known.own.get(str(ticket["model"]), 0)),
            "second": known.causes[int(order[1])]["cause"] if len(known.causes) > 1 else None,
            "question": known.questions[q] if q >= 0 else None,
            "words": trees.said(ticket["family"], ticket["model"], known.questions[q]) if q >= 0 else None,
            "question_worth": float(got.saving[i]) if q >= 0 else None,
            "questions_expected": float(got.asked[i]),
            "step": "ask" if q >= 0 else treated["remedy"],
            "expected_cost": float(got.expected_cost[i]),
            "reason": _reason(q >= 0, guided >= 0, treated is top or not treated["part"]),
            "treated": treated["cause"],
        }
        row |= needed_parts(belief, known.causes, act, belief @ cost, acts) | _branch(belief, known.causes)
        row["language"] = texts.language(row, (str(ticket["family"]), str(ticket["model"])), treated)
        rows.append(row)
    return rows, float(got.bound.sum())


def _reason(asks: bool, tries: bool, plain: bool) -> str:
    return "ask" if asks else "try" if tries else "clear" if plain else "safe"


def _branch(belief: Floats, causes: Sequence[Row]) -> dict[str, object]:
    """The branch of the fault tree most likely concerned."""
    chance: dict[str, float] = defaultdict(float)
    for each, cause in zip(belief.tolist(), causes, strict=True):
        if cause["branch"]:
            chance[str(cause["branch"])] += each
    if not chance:
        return {}
    likely = max(sorted(chance), key=lambda name: chance[name])
    return {"branch": likely, "branch_probability": min(chance[likely], 1.0)}


def _new(ticket: Row, cost: float) -> dict[str, object]:
    """The row of a ticket whose symptom nobody has described yet."""
    return {name: ticket[name] for name in KEPT} | {
        "cause": "unknown",
        "probability": 0.0,
        "step": "visit",
        "expected_cost": cost,
        "reason": "new",
    }


def _mark_duplicates(rows: list[dict[str, object]], opened: Mapping[object, object]) -> None:
    """Name, on every row, the open ticket of the same machine and symptom that was there first."""
    first: dict[tuple[object, object], object] = {}
    for row in sorted(rows, key=lambda row: (str(opened[row["ticket"]]), str(row["ticket"]))):
        before = first.setdefault((row["machine"], row["symptom"]), row["ticket"])
        if before != row["ticket"]:
            row["duplicate_of"] = before


def _doubts(
    trees: FaultTrees, said: Mapping[object, Mapping[object, str]], strange: set[tuple[str, str]], technicians: pa.Table
) -> list[Clash]:
    """Codes that nothing is known of: they are left out of what is learned, and told."""
    found = [
        Clash(f"closed tickets of {family} found {cause}, which is no cause of it", "tickets.cause",
              "add it to causes, or correct the tickets")
        for family, cause in sorted(strange)
    ]  # fmt: skip
    asked = {q for some in trees.asked.values() for q in some} | {c for rows in trees.causes.values() for c in rows}
    found += [
        Clash(f"{question} was answered, but is no question", "ticket_answers.question", "add it to questions")
        for question in sorted({str(q) for some in said.values() for q in some} - asked)
    ]
    able = {skill for one in technicians.column("skills").to_pylist() for skill in str(one).split()}
    needed = {str(c["skill"]) for rows in trees.causes.values() for c in rows.values() if c["skill"]}
    if able:
        found += [
            Clash(f"no technician has the skill {skill}", "causes.skill", "correct the code, or teach somebody")
            for skill in sorted(needed - able)
        ]
    return found
