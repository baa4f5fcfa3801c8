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

__all__ = ["Alike", "Filed", "file_texts", "newest_of_each", "sure_share", "texts_alike"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Filed:
    """The chance of each label: one row a text to file, and one a known text as if it had been left out."""

    chance: Floats
    left_out: Floats
    sharpness: float

    @property
    def best(self) -> Ints:
        """The likeliest label of each text."""
        return np.asarray(self.chance.argmax(axis=1), np.int64)


@dataclass(frozen=True, slots=True)
class Alike:
    """How alike texts are: the known to each other and the others to the known; `words` by their words alone."""

    known: Floats
    others: Floats
    words: Floats


def texts_alike(words: GramTable, marks: GramTable, known: Ints, others: Ints, *, mark_share: float = 0.5) -> Alike:
    """How alike texts are by their words and by what is known with them (solve.grams), a mark counting less.

    Only the known texts say which grams there are and how much each tells: nothing comes from the others.
    """
    at = [gram_rows(table, gram_index(table.of(known))) for table in (words, marks)]
    pairs = [(_kernel(rows[known], rows[known]), _kernel(rows[others], rows[known])) for rows in at]
    (own, theirs), (own_marks, their_marks) = pairs
    return Alike(own + mark_share**2 * own_marks, theirs + mark_share**2 * their_marks, theirs)


def _kernel(one: csr_array, other: csr_array) -> Floats:
    return np.asarray((one @ other.T).toarray(), np.float64)


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


def file_texts(
    known: Floats, label: Ints, others: Floats, *, labels: int, ridge: float = 1.0, evenness: float = 0.5
) -> Filed:
    """The chance of each of `labels` labels for every text.

    known: likeness of the known texts to each other; others: of the texts to file to the known ones. ridge: how much
    the model is held back; evenness: 0 weighs every known text alike, 1 every label alike.

    >>> likeness = np.array([[1.0, 0.8, 0.0, 0.1], [0.8, 1.0, 0.1, 0.0], [0.0, 0.1, 1.0, 0.8], [0.1, 0.0, 0.8, 1.0]])
    >>> filed = file_texts(likeness, np.array([0, 0, 1, 1]), np.array([[0.9, 0.7, 0.0, 0.0]]), labels=2)
    >>> filed.best.tolist(), filed.left_out.argmax(axis=1).tolist()
    ([0], [0, 0, 1, 1])
    """
    count = np.bincount(label, minlength=labels)
    weight = (label.size / labels / np.maximum(count, 1)) ** evenness
    target = np.where(label[:, None] == np.arange(labels), 1.0, -1.0)
    held = known + 1.0
    held[np.diag_indices(label.size)] += ridge / weight[label]
    inverse = np.linalg.inv(held)
    dual = inverse @ target
    left_out = target - dual / np.diag(inverse)[:, None]
    sharpness = _sharpness(left_out, label)
    return Filed(_chances((others + 1.0) @ dual, sharpness), _chances(left_out, sharpness), sharpness)


def sure_share(filed: Filed, label: Ints, sure: float, *, confidence: float = 0.95) -> tuple[float, int, int]:
    """Of the known texts filed with a chance of at least `sure` as if left out: the share rightly, from below.

    Returns the lower bound (Clopper & Pearson 1934, one-sided), how many were right, of how many; 0 of 0 without any.
    """
    from scipy.stats import beta

    said = filed.left_out.max(axis=1) >= sure
    right = int((filed.left_out.argmax(axis=1)[said] == label[said]).sum())
    tried = int(said.sum())
    low = float(beta.ppf(1.0 - confidence, right, tried - right + 1)) if right else 0.0
    return low, right, tried


def _sharpness(score: Floats, label: Ints) -> float:
    """The factor on the scores under which the left-out labels are likeliest."""
    from scipy.optimize import minimize_scalar

    row = np.arange(label.size)

    def surprise(log_factor: float) -> float:
        return -float(np.log(np.maximum(_chances(score, np.exp(log_factor))[row, label], 1e-12)).sum())

    return float(np.exp(minimize_scalar(surprise, bounds=(-3.0, 4.0), method="bounded").x))


def _chances(score: Floats, factor: float) -> Floats:
    raised = np.exp(factor * (score - score.max(axis=1, keepdims=True)))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float64)
