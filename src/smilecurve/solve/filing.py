"""Under which label would people file a text, judging by the texts they have filed, and how sure is that?

A linear model on the grams of the texts, fitted by least squares with a ridge in the dual (Rifkin & Klautau, "In
defense of one-vs-all classification", 2004; regularized least squares does as well as a support vector machine). The
dual gives what each known text would be called were it left out, in closed form, and those left-out scores set how
sure the model may say it is (Platt 1999; one temperature, Guo et al., "On calibration", 2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from smilecurve.solve.grams import GramTable, gram_index, gram_rows

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Compared", "Filer", "compare_texts", "learn_filing", "newest_of_each", "sure_share"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Filer:
    """A fitted model; `left_out`: the chance of each label for each known text, as if it had been left out."""

    dual: Floats
    sharpness: float
    left_out: Floats

    def chances(self, alike: Floats) -> Floats:
        """The chance of each label, one row a text; `alike`: of those texts to the known ones."""
        return _chances((alike + 1.0) @ self.dual, self.sharpness)


@dataclass(frozen=True, slots=True)
class Compared:
    """Texts as rows of numbers: their words, and what is known with them, which counts less."""

    words: csr_array
    marks: csr_array
    mark_share: float

    def by_words(self, one: Ints, other: Ints) -> Floats:
        """How alike texts are by their words alone, 0 to 1."""
        return np.asarray((self.words[one] @ self.words[other].T).toarray(), np.float64)

    def alike(self, one: Ints, other: Ints) -> Floats:
        """How alike texts are by words and marks together."""
        by_marks = np.asarray((self.marks[one] @ self.marks[other].T).toarray(), np.float64)
        return self.by_words(one, other) + self.mark_share**2 * by_marks


def compare_texts(words: GramTable, marks: GramTable, known: Ints, *, mark_share: float = 0.5) -> Compared:
    """All texts as numbers (solve.grams); only the known ones say which grams there are and how much each tells."""
    rows = [gram_rows(table, gram_index(table.of(known))) for table in (words, marks)]
    return Compared(rows[0], rows[1], mark_share)


def newest_of_each(label: Ints, most: int) -> Ints:
    """At most `most` of the known texts, given in the order they came: the newest of every label, rare ones whole.

    >>> newest_of_each(np.array([0, 0, 0, 0, 1]), 3).tolist()
    [2, 3, 4]
    """
    if label.size <= most:
        return np.arange(label.size)
    newest = np.arange(label.size)[::-1]
    order = newest[np.argsort(label[newest], kind="stable")]
    sorted_label = label[order]
    turn = np.arange(order.size) - np.searchsorted(sorted_label, sorted_label)
    return np.sort(order[np.lexsort((-order, turn))[:most]])


def learn_filing(known: Floats, label: Ints, *, labels: int, ridge: float = 1.0, evenness: float = 0.5) -> Filer:
    """Learn under which of `labels` labels texts are filed.

    known: likeness of the known texts to each other. ridge: how much the model is held back; evenness: 0 weighs every
    known text alike, 1 every label alike.

    >>> likeness = np.array([[1.0, 0.8, 0.0, 0.1], [0.8, 1.0, 0.1, 0.0], [0.0, 0.1, 1.0, 0.8], [0.1, 0.0, 0.8, 1.0]])
    >>> filer = learn_filing(likeness, np.array([0, 0, 1, 1]), labels=2)
    >>> filer.chances(np.array([[0.9, 0.7, 0.0, 0.0]])).argmax(axis=1).tolist()
    [0]
    >>> filer.left_out.argmax(axis=1).tolist()
    [0, 0, 1, 1]
    """
    count = np.bincount(label, minlength=labels)
    weight = (label.size / labels / np.maximum(count, 1)) ** evenness
    target = np.where(label[:, None] == np.arange(labels), 1.0, -1.0)
    held = known + 1.0
    held[np.diag_indices(label.size)] += ridge / weight[label]
    inverse = np.linalg.inv(held)
    dual = np.asarray(inverse @ target, np.float64)
    left_out = target - dual / np.diag(inverse)[:, None]
    sharpness = _sharpness(left_out, label)
    return Filer(dual, sharpness, _chances(left_out, sharpness))


def sure_share(left_out: Floats, label: Ints, sure: float, *, confidence: float = 0.95) -> tuple[float, int, int]:
    """Of the known texts filed with a chance of at least `sure` as if left out: the share rightly, from below.

    Returns the lower bound (Clopper & Pearson 1934, one-sided), how many were right, of how many; 0 of 0 without any.
    """
    from scipy.stats import beta

    said = left_out.max(axis=1) >= sure
    right = int((left_out.argmax(axis=1)[said] == label[said]).sum())
    tried = int(said.sum())
    low = float(beta.ppf(1.0 - confidence, right, tried - right + 1)) if right else 0.0
    return low, right, tried


def _sharpness(score: Floats, label: Ints) -> float:
    """The factor on the scores under which the left-out labels are likeliest.

    A label of n texts counts as if it were right n + 1 times in n + 2 (Platt 1999), so that few texts make none sure.
    """
    from scipy.optimize import minimize_scalar

    labels = score.shape[1]
    count = np.bincount(label, minlength=labels)
    right = (count + 1.0) / (count + 2.0)
    wanted = np.where(label[:, None] == np.arange(labels), right[label][:, None], 0.0)
    wanted += np.where(wanted == 0.0, ((1.0 - right[label]) / max(labels - 1, 1))[:, None], 0.0)

    def surprise(log_factor: float) -> float:
        return -float((wanted * np.log(np.maximum(_chances(score, np.exp(log_factor)), 1e-12))).sum())

    return float(np.exp(minimize_scalar(surprise, bounds=(-3.0, 4.0), method="bounded").x))


def _chances(score: Floats, factor: float) -> Floats:
    raised = np.exp(factor * (score - score.max(axis=1, keepdims=True)))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float64)
