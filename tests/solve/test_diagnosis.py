"""Belief and value of information against full enumeration and a published decision problem."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from smilecurve.solve.diagnosis import Floats, plan_cost, update_belief
from smilecurve.solve.questioning import plan_questions

WILDCATTER_PRIOR = np.array([0.5, 0.3, 0.2])
WILDCATTER_SEISMIC = np.array([[[0.6, 0.3, 0.1], [0.3, 0.4, 0.4], [0.1, 0.3, 0.5]]])
WILDCATTER_COST = np.array([[70.0, 0.0], [-50.0, 0.0], [-200.0, 0.0]])


def test_oil_wildcatter_of_raiffa_1968() -> None:
    """Drilling blind earns 20, the seismic test is worth 12.5, the best plan earns 22.5 (thousand)."""
    got = plan_questions(
        WILDCATTER_PRIOR,
        WILDCATTER_SEISMIC,
        np.array([[-1]]),
        np.array([10.0]),
        WILDCATTER_COST,
    )
    assert got.action_cost[0] == pytest.approx(-20.0)
    assert got.action_cost[0] - got.expected_cost[0] == pytest.approx(2.5)
    assert got.expected_cost[0] == pytest.approx(-22.5)
    assert got.bound[0] == pytest.approx(-55.0)


def random_case(seed: int, questions: int, causes: int, actions: int) -> tuple[Floats, Floats, Floats, Floats]:
    draw = np.random.default_rng(seed)
    prior = draw.dirichlet(np.ones(causes))
    likelihood = draw.dirichlet(np.ones(2), size=(questions, causes)).transpose(0, 2, 1)
    return prior, likelihood, draw.uniform(0, 3, questions), draw.uniform(0, 30, (causes, actions))


def enumerate_trees(prior: Floats, like: Floats, ask: Floats, act: Floats) -> float:
    """Every complete policy for two binary questions, added up over every cause and answer."""
    causes, actions = act.shape
    best = min(float(prior @ act[:, a]) for a in range(actions))
    for first in (0, 1):
        second = 1 - first
        leaf = [("act", a, a) for a in range(actions)]
        leaf += [("ask", a, b) for a in range(actions) for b in range(actions)]
        for on_no, on_yes in itertools.product(leaf, leaf):
            cost = 0.0
            for cause in range(causes):
                for answer, (kind, a, b) in enumerate((on_no, on_yes)):
                    chance = prior[cause] * like[first, answer, cause]
                    cost += chance * ask[first]
                    if kind == "act":
                        cost += chance * act[cause, a]
                        continue
                    cost += chance * ask[second]
                    cost += chance * like[second, 0, cause] * act[cause, a]
                    cost += chance * like[second, 1, cause] * act[cause, b]
            best = min(best, cost)
    return best


@pytest.mark.parametrize("seed", range(12))
def test_plan_cost_is_the_best_of_all_trees(seed: int) -> None:
    prior, like, ask, act = random_case(seed, 2, 3, 3)
    assert plan_cost(prior, like, ask, act) == pytest.approx(enumerate_trees(prior, like, ask, act))


def test_answers_in_any_order_and_impossible_answers() -> None:
    prior, like, _, _ = random_case(3, 3, 4, 2)
    both = update_belief(prior, like, np.array([[0, -1, 1]]))
    first = update_belief(prior, like, np.array([[0, -1, -1]]))
    assert update_belief(first, like, np.array([[-1, -1, 1]])) == pytest.approx(both)
    never = np.array([[[0.0, 0.0], [1.0, 1.0]]])
    kept = update_belief(np.array([0.3, 0.7]), never, np.array([[0]]))
    assert kept.tolist() == [[0.3, 0.7]]
