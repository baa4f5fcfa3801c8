"""What have closed tickets taught of the causes behind a symptom, and of what each cause answers?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from smilecurve.desks.serve._fault_trees import FaultTrees
from smilecurve.desks.serve._treatment import Row

__all__ = ["ANSWERS", "Evidence", "Learned", "coded", "gather_evidence", "learn_symptom", "tried"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
ANSWERS = ("yes", "no", "unknown")
KNOWS = 0.95
HELPS = 0.95
JUDGED = 2000
Said = Mapping[object, Mapping[object, str]]


@dataclass(frozen=True)
class Evidence:
    """Closed tickets by family and symptom, oldest first, and their answers by family, question and cause."""

    closed: dict[tuple[object, object], list[Row]] = field(default_factory=lambda: defaultdict(list))
    answers: dict[tuple[object, object, object], Floats] = field(
        default_factory=lambda: defaultdict(lambda: np.zeros(3))
    )
    strange: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True)
class Learned:
    """What is known of one symptom: causes, questions, shares by model and chances with the counts behind them.

    alpha and own hold one row a model, and one more under the empty name for models without tickets of their own.
    """

    causes: list[Row]
    questions: list[str]
    alpha: Mapping[str, Floats]
    told: Floats
    likelihood: Floats
    power: float
    seen: int
    own: Mapping[str, int]
    attempts: list[int]
    helps: Floats

    def shares(self, model: object) -> Floats:
        """The Dirichlet counts of a model's causes."""
        return self.alpha.get(str(model), self.alpha[""])

    def heard(self, said: Mapping[object, str]) -> Ints:
        """The answers to all questions, then what came of each attempt."""
        return np.concatenate([coded(said, self.questions), tried(said, [self.causes[a] for a in self.attempts])])

    def attempt_chances(self) -> Floats:
        """Chances (attempt, answer, cause): a guide helps only where its cause lies behind, and mostly there."""
        found = np.zeros((len(self.attempts), len(ANSWERS), len(self.causes)))
        found[:, 1] = 1.0
        at = np.arange(len(self.attempts)), self.attempts
        found[at[0], 0, at[1]], found[at[0], 1, at[1]] = self.helps, 1.0 - self.helps
        return found


def gather_evidence(tickets: Sequence[Row], said: Said, trees: FaultTrees) -> Evidence:
    """Count closed tickets and what their owners answered; causes that no tree has are left out and named."""
    found = Evidence()
    known: dict[tuple[object, object], set[str]] = {}
    for ticket in sorted(tickets, key=lambda t: (str(t["opened"]), str(t["ticket"]))):
        scope = ticket["family"], ticket["model"]
        if scope not in known:
            known[scope] = set(trees.anywhere(*scope))
        if ticket["closed"] is None or ticket["cause"] is None or not known[scope]:
            continue
        if ticket["cause"] not in known[scope]:
            found.strange.add((str(ticket["family"]), str(ticket["cause"])))
            continue
        found.closed[ticket["family"], ticket["symptom"]].append(ticket)
        for question, answer in said.get(ticket["ticket"], {}).items():
            found.answers[ticket["family"], question, ticket["cause"]][ANSWERS.index(answer)] += 1.0
    return found


def learn_symptom(
    trees: FaultTrees,
    evidence: Evidence,
    said: Said,
    scope: tuple[object, object, object],
    strength: float,
    siblings: float,
    memory_days: float | None,
) -> Learned | None:
    """Shares of causes and chances of answers for a family, a model with rows of its own (or None), and a symptom.

    None where no cause is known. A cause that closed tickets found behind this symptom stands with it, though its row
    names another symptom.
    """
    from smilecurve.solve.believing import best_memory, guess_worth, pool_counts, sibling_strength
    from smilecurve.solve.drifting import today_weights

    family, model, symptom = scope
    rows = trees.behind(family, model, symptom)
    if not rows:
        return None
    closed = evidence.closed.get((family, symptom), [])
    others = trees.anywhere(family, model)
    for name in {str(t["cause"]) for t in closed} - set(rows):
        if name in others:
            rows[name] = {**others[name], "weight": 0.0}
    closed = [t for t in closed if t["cause"] in rows]
    names = sorted(rows)
    place = {name: i for i, name in enumerate(names)}
    models = ["", *sorted({str(t["model"]) for t in closed})]
    given = np.array([float(str(rows[name]["weight"])) for name in names])
    day, cause = _days(closed), np.array([place[str(t["cause"])] for t in closed], dtype=np.int64)
    memory = best_memory(given, day, cause) if memory_days is None else memory_days
    weight = np.exp2((day - day[-1:].sum()) / memory) if memory else np.ones(len(day))
    if memory == 0 and memory_days is None:
        weight = today_weights(day, cause, len(names))
    which = np.array([models.index(str(t["model"])) for t in closed], dtype=np.int64)
    counts = np.zeros((len(models), len(names)))
    np.add.at(counts, (which, cause), weight)
    given *= guess_worth(given, counts.sum(axis=0))
    alpha = pool_counts(given, counts, sibling_strength(given, counts, siblings))
    useful, told, unknown = _answers(trees, evidence, (family, model), names, strength)
    power = _power(closed, said, alpha[which], cause, weight, useful, told)
    return Learned(
        [rows[name] for name in names],
        useful,
        dict(zip(models, alpha, strict=True)),
        told,
        _likelihood(told, unknown, power),
        power,
        len(closed),
        Counter(str(t["model"]) for t in closed),
        *_attempts(evidence, family, [rows[name] for name in names], strength),
    )


def _attempts(evidence: Evidence, family: object, causes: Sequence[Row], strength: float) -> tuple[list[int], Floats]:
    """The causes that an owner can be guided to put right himself, and how often that helps where it is the cause."""
    own = [i for i, cause in enumerate(causes) if cause["remedy"] == "remote"]
    seen = [evidence.answers.get((family, causes[i]["cause"], causes[i]["cause"]), np.zeros(3)) for i in own]
    counts = np.array(seen).reshape(len(own), 3)
    worth = max(strength, 1e-6)
    return own, (worth * HELPS + counts[:, 0]) / (worth + counts[:, 0] + counts[:, 1] + counts[:, 2])


def _answers(
    trees: FaultTrees, evidence: Evidence, scope: tuple[object, object], names: list[str], strength: float
) -> tuple[list[str], Floats, Floats]:
    """Questions that tell of these causes, counts (question, cause, yes or no), and how many owners do not know."""
    chances = {q: trees.chances(*scope, q) for q in trees.questions(*scope)}
    useful = [q for q, yes in chances.items() if any(name in yes for name in names)]
    told, unknown = np.zeros((len(useful), len(names), 2)), np.zeros(len(useful))
    worth = max(strength, 1e-6)
    for i, q in enumerate(useful):
        middle = float(np.mean(list(chances[q].values())))
        yes = np.clip([chances[q].get(name, middle) for name in names], 1e-9, 1 - 1e-9)
        seen = np.array([evidence.answers.get((scope[0], q, name), np.zeros(3)) for name in names])
        told[i] = np.stack([yes, 1 - yes], axis=1) * worth * KNOWS + seen[:, :2]
        given = worth * len(names)
        unknown[i] = (given * (1 - KNOWS) + seen[:, 2].sum()) / (given + seen.sum())
    return useful, told, unknown


def _days(closed: Sequence[Row]) -> Floats:
    """The day each closed ticket was opened."""
    return np.array([t["opened"].timestamp() / 86400 for t in closed if isinstance(t["opened"], datetime)])


def _power(
    closed: Sequence[Row], said: Said, share: Floats, cause: Ints, weight: Floats, useful: list[str], told: Floats
) -> float:
    """How much of what answers tell is to be believed, judged by the newest closed tickets that have answers."""
    from smilecurve.solve.believing import best_softening

    some = [i for i, t in enumerate(closed) if said.get(t["ticket"])][-JUDGED:]
    if not some or not useful:
        return 1.0
    answers = np.array([coded(said.get(closed[i]["ticket"], {}), useful) for i in some])
    return best_softening(share[some], told, answers, cause[some], weight[some])


def coded(said: Mapping[object, str], useful: Sequence[str]) -> Ints:
    """The answers to the useful questions: 0 yes, 1 no, 2 not known, -1 not asked."""
    return np.array([ANSWERS.index(said[q]) if q in said else -1 for q in useful], dtype=np.int64)


def tried(said: Mapping[object, str], causes: Sequence[Row]) -> Ints:
    """What came of guiding an owner through each cause: 0 it helped, 1 it did not, -1 not tried."""
    return np.array([min(ANSWERS.index(said[c["cause"]]), 1) if c["cause"] in said else -1 for c in causes], np.int64)


def _likelihood(told: Floats, unknown: Floats, power: float) -> Floats:
    """Chances (question, answer, cause) of yes, no and not knowing; the last tells nothing of the cause."""
    from smilecurve.solve.believing import soften_chances

    yes = soften_chances(told[:, :, 0] / told.sum(axis=2), power)
    knows = (1 - unknown)[:, None]
    return np.stack([yes * knows, (1 - yes) * knows, np.broadcast_to(unknown[:, None], yes.shape)], axis=1)
