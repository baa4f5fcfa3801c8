"""What is wrong with this machine, what should we ask next, and do we guide, send a part or visit?

Reads     tickets, ticket_answers, causes, questions, partners, parts, currency_rates
Decides   ticket_triage
Proof     the expected cost of all open tickets against the cost of knowing every cause
Method    Bayes with counts from closed tickets, one-step value of information: see solve.diagnosis
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from smilecurve.desks.serve._treatment import Prices, Row, price_steps
from smilecurve.terms.decision import Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, OptionRejected
from smilecurve.terms.money import Money
from smilecurve.terms.tables.market import CURRENCY_RATES
from smilecurve.terms.tables.serve import PARTNERS
from smilecurve.terms.tables.serve_tickets import CAUSES, QUESTIONS, TICKET_ANSWERS, TICKET_TRIAGE, TICKETS
from smilecurve.terms.tables.supply import PARTS

__all__ = ["triage_tickets"]

Floats = NDArray[np.float64]
ANSWERS = ("yes", "no", "unknown")


@desk(
    "serve.triage",
    question="What is wrong with this machine, what should we ask next, and do we guide, send a part or visit?",
    reads=(TICKETS, TICKET_ANSWERS, CAUSES, QUESTIONS, PARTNERS, PARTS, CURRENCY_RATES),
    decides=TICKET_TRIAGE,
    needs=("tickets", "causes"),
    reasons={
        "ask": "{cause} at {probability:.0%}, then {second}: asking “{words}” saves {question_worth:.0f} {currency} "
        "on average",
        "clear": "{cause} at {probability:.0%}: {step} for {expected_cost:.0f} {currency}, no question pays",
        "safe": "{cause} is likeliest at {probability:.0%}, but {step} with {part} costs least over all causes: "
        "{expected_cost:.0f} {currency}",
        "new": "nothing is known yet behind {symptom}: somebody must look, {expected_cost:.0f} {currency}",
    },
)
def triage_tickets(
    tickets: pa.Table,
    ticket_answers: pa.Table,
    causes: pa.Table,
    questions: pa.Table,
    partners: pa.Table,
    parts: pa.Table,
    currency_rates: pa.Table,
    *,
    currency: str = "CNY",
    question_cost: float = 5.0,
    remote_cost: float = 60.0,
    shipping_cost: float = 150.0,
    visit_cost: float = 900.0,
    again_cost: float = 400.0,
    strength: float = 20.0,
) -> Decision:
    """Decide the next step of every open ticket.

    currency        of every cost given here and decided; other currencies are converted by the latest rate
    question_cost   cost of asking; remote_cost of guiding; shipping_cost of sending a part; visit_cost where the
                    partner's own is not known; again_cost of having treated the wrong cause
    strength        how many closed tickets the shares in `questions` are worth
    """
    _limits(question_cost, remote_cost, shipping_cost, visit_cost, again_cost, strength)
    prices = price_steps(
        (question_cost, remote_cost, shipping_cost, visit_cost, again_cost), parts, partners, currency_rates, currency
    )
    behind: dict[tuple[object, object], list[Row]] = defaultdict(list)
    for cause in causes.to_pylist():
        behind[cause["family"], cause["symptom"]].append(cause)
    asked: dict[object, dict[object, str]] = defaultdict(dict)
    for answer in ticket_answers.to_pylist():
        asked[answer["ticket"]][answer["question"]] = answer["answer"]
    closed: dict[object, list[Row]] = defaultdict(list)
    groups: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for ticket in tickets.to_pylist():
        if ticket["closed"] is None:
            groups[ticket["family"], ticket["symptom"], ticket["partner"]].append(ticket)
        elif ticket["cause"] is not None:
            closed[ticket["family"]].append(ticket)
    words = _words(questions)
    rows: list[dict[str, object]] = []
    figures = dict.fromkeys(("open", "ask", "remote", "part", "visit"), 0.0)
    least = 0.0
    learned: dict[tuple[object, object], tuple[list[object], Floats, Floats]] = {}
    for (family, symptom, partner), some in groups.items():
        known = behind.get((family, symptom), [])
        if not known:
            cost = prices.partner.get(str(partner), visit_cost)
            rows += [_new(ticket, cost, currency) for ticket in some]
            least += cost * len(some)
            continue
        if (family, symptom) not in learned:
            learned[family, symptom] = _learn(known, closed[family], asked, words.get(family, {}), strength, symptom)
        found, bound = _decide(some, known, partner, asked, words.get(family, {}), learned[family, symptom], prices)
        rows += [row | {"currency": currency} for row in found]
        least += bound
    for row in rows:
        figures["open"] += 1
        figures[str(row["step"])] += 1
    value = float(sum(float(str(row["expected_cost"])) for row in rows))
    rows.sort(key=lambda row: str(row["ticket"]))
    return Decision(
        rows=TICKET_TRIAGE.rows(rows),
        proof=Proof("bound", value, min(least, value), currency, "the cost of knowing every cause"),
        status="best" if value <= least + 1e-9 else "good",
        worth=Money(sum(float(str(row.get("question_worth") or 0.0)) for row in rows), currency),
        headline=max(range(len(rows)), key=lambda i: float(str(rows[i]["expected_cost"])), default=None),
        figures=figures,
    )


def _limits(*costs: float) -> None:
    names = ("question_cost", "remote_cost", "shipping_cost", "visit_cost", "again_cost", "strength")
    bad = [
        Breach(f"{name} of {cost:g} is below 0", name, "give a cost of at least 0")
        for name, cost in zip(names, costs, strict=True)
        if not cost >= 0
    ]
    if bad:
        raise OptionRejected(bad)


def _words(questions: pa.Table) -> dict[object, dict[object, tuple[str, dict[object, float]]]]:
    """Questions by family: the words and the chance of a yes by cause."""
    found: dict[object, dict[object, tuple[str, dict[object, float]]]] = defaultdict(dict)
    for row in questions.to_pylist():
        found[row["family"]].setdefault(row["question"], (row["words"], {}))[1][row["cause"]] = row["yes"]
    return found


def _learn(
    known: Sequence[Row],
    closed: Sequence[Row],
    asked: Mapping[object, Mapping[object, str]],
    words: Mapping[object, tuple[str, Mapping[object, float]]],
    strength: float,
    symptom: object,
) -> tuple[list[object], Floats, Floats]:
    """Question codes, prior of the causes, and chances (question, answer, cause): prior counts plus closed tickets."""
    from smilecurve.solve.diagnosis import learn_shares

    names = [cause["cause"] for cause in known]
    seen = Counter(ticket["cause"] for ticket in closed if ticket["symptom"] == symptom)
    weight = np.array([float(str(cause["weight"])) for cause in known])
    prior = learn_shares(np.maximum(weight, 1e-6), np.array([float(seen[name]) for name in names]))
    useful = [q for q, (_, yes) in words.items() if any(name in yes for name in names)]
    pseudo, counts = np.zeros((len(useful), len(names), 3)), np.zeros((len(useful), len(names), 3))
    place = {name: i for i, name in enumerate(names)}
    for i, q in enumerate(useful):
        chances = words[q][1]
        middle = float(np.mean(list(chances.values())))
        yes = np.array([chances.get(name, middle) for name in names])
        pseudo[i] = np.stack([0.95 * yes, 0.95 * (1 - yes), np.full(len(yes), 0.05)], axis=1) * max(strength, 1e-6)
        for ticket in closed:
            said = asked.get(ticket["ticket"], {}).get(q)
            if said is not None and ticket["cause"] in place:
                counts[i, place[ticket["cause"]], ANSWERS.index(said)] += 1
    shares = learn_shares(pseudo, counts) if len(useful) else pseudo
    if len(useful):
        unknown = shares[:, :, 2].mean(axis=1, keepdims=True)
        told = shares[:, :, :2] / shares[:, :, :2].sum(axis=2, keepdims=True)
        shares = np.concatenate(
            [told * (1 - unknown)[:, :, None], np.repeat(unknown, len(names), 1)[:, :, None]], axis=2
        )
    return useful, prior, np.asarray(shares.transpose(0, 2, 1), dtype=np.float64)


def _decide(
    tickets: Sequence[Row],
    known: Sequence[Row],
    partner: object,
    asked: Mapping[object, Mapping[object, str]],
    words: Mapping[object, tuple[str, Mapping[object, float]]],
    learned: tuple[list[object], Floats, Floats],
    prices: Prices,
) -> tuple[list[dict[str, object]], float]:
    """The rows of tickets with one family, symptom and partner, and the cost of knowing their causes."""
    from smilecurve.solve.diagnosis import diagnose

    useful, prior, likelihood = learned
    answers = np.full((len(tickets), len(useful)), -1, dtype=np.int64)
    for i, ticket in enumerate(tickets):
        for j, q in enumerate(useful):
            said = asked.get(ticket["ticket"], {}).get(q)
            answers[i, j] = ANSWERS.index(said) if said is not None else -1
    cost = prices.treating(known, partner)
    got = diagnose(prior, likelihood, answers, np.full(len(useful), prices.question), cost)
    rows = []
    for i, ticket in enumerate(tickets):
        order = np.argsort(-got.belief[i], kind="stable")
        treated, top, q = known[int(got.action[i])], known[int(order[0])], int(got.question[i])
        reason = "ask" if q >= 0 else "clear" if treated is top or not treated["part"] else "safe"
        rows.append(
            {name: ticket[name] for name in ("ticket", "machine", "market", "partner", "holder", "symptom")}
            | {name: treated[name] for name in ("part", "skill", "minutes", "guide", "video")}
            | {
                "cause": top["cause"],
                "probability": min(float(got.belief[i, order[0]]), 1.0),
                "second": known[int(order[1])]["cause"] if len(known) > 1 else None,
                "question": useful[q] if q >= 0 else None,
                "words": words[useful[q]][0] if q >= 0 else None,
                "question_worth": float(got.question_value[i]) if q >= 0 else None,
                "step": "ask" if q >= 0 else treated["remedy"],
                "expected_cost": float(got.expected_cost[i]),
                "reason": reason,
            }
        )
    return rows, float(got.bound.sum())


def _new(ticket: Row, cost: float, currency: str) -> dict[str, object]:
    """The row of a ticket whose symptom nobody has described yet."""
    return {name: ticket[name] for name in ("ticket", "machine", "market", "partner", "holder", "symptom")} | {
        "cause": "unknown",
        "probability": 0.0,
        "step": "visit",
        "expected_cost": cost,
        "currency": currency,
        "reason": "new",
    }
