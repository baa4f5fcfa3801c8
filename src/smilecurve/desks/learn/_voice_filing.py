"""What do the texts say, judged by those that people have filed?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    from smilecurve.solve.filing import Compared

__all__ = ["Said", "Verdicts", "judge", "read_texts"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

AT_ONCE = 4096
NO_FAULT = ""


@dataclass(frozen=True, slots=True)
class Said:
    """The texts in the order they were said; `first`: the text each repeats, or itself; `likeness` to that one."""

    words: list[str]
    language: list[str]
    system: list[str | None]
    fault: list[str | None]
    first: Ints
    likeness: Floats
    compared: Compared
    examples: Ints

    @property
    def empty(self) -> npt.NDArray[np.bool_]:
        """Texts without a word."""
        return np.array([not w.strip() for w in self.words], bool)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The system and fault of every text, how sure, and the two nearest examples; -1 where there is none.

    proven: of the examples filed with at least the chance asked for, as if left out, the share filed rightly, from
    below; right, tried: how many of them.
    """

    systems: list[str]
    faults: list[str]
    system: Ints
    fault: Ints
    chance: Floats
    fault_chance: Floats
    near: Ints
    near_likeness: Floats
    proven: float
    right: int
    tried: int


def read_texts(rows: pa.Table, alike: float, repeat_days: int, most_examples: int) -> Said:
    """Language, repeats and examples of the texts; `rows` in the order they were said."""
    from smilecurve.solve.filing import compare_texts, newest_of_each
    from smilecurve.solve.grams import gram_table, likeness, token_table
    from smilecurve.solve.repeats import find_repeats

    words = [w or "" for w in rows["words"].to_pylist()]
    system, fault = rows["system"].to_pylist(), rows["fault"].to_pylist()
    day = rows["said_on"].combine_chunks().cast(pa.int32()).to_numpy(zero_copy_only=False)
    about = [
        machine or model for machine, model in zip(*(rows[c].to_pylist() for c in ("machine", "model")), strict=True)
    ]
    grams = gram_table(words)
    marks = token_table([[f"{c} {v}" for c in ("model", "channel") if (v := r[c])] for r in rows.to_pylist()])
    everything = compare_texts(grams, marks, np.arange(len(words)))
    names = {m: k for k, m in enumerate(sorted({m for m in about if m}))}
    first = find_repeats(
        grams, everything.words, day=day, apart=[names.get(m, -1) for m in about], alike=alike, most_days=repeat_days
    )
    filed = np.array([k for k, s in enumerate(system) if s and words[k].strip()], np.int64)
    filed = filed[np.sort(np.unique(first[filed], return_index=True)[1])] if filed.size else filed
    label = np.unique([str(system[k]) for k in filed], return_inverse=True)[1].astype(np.int64)
    examples = filed[newest_of_each(label, most_examples)] if filed.size else filed
    compared = compare_texts(grams, marks, examples) if examples.size else everything
    twin = likeness(everything.words, first, np.arange(len(words)))
    return Said(words, _languages(rows, words), system, fault, first, twin, compared, examples)


def _languages(rows: pa.Table, words: list[str]) -> list[str]:
    """As people say, else as found."""
    from smilecurve.solve.tongues import find_tongues

    return [given or found for given, found in zip(rows["language"].to_pylist(), find_tongues(words), strict=True)]


def judge(said: Said, sure: float) -> Verdicts:
    """File every text under the system, and under the fault of that system, that people would choose."""
    from smilecurve.solve.filing import learn_filing, sure_share

    texts, examples = len(said.words), said.examples
    near, near_likeness = np.full((texts, 2), -1), np.zeros((texts, 2))
    of = [str(said.system[k]) for k in examples]
    systems, label = np.unique(of, return_inverse=True)
    pairs, pair = np.unique(
        [f"{s}\x1f{said.fault[k] or NO_FAULT}" for s, k in zip(of, examples, strict=True)], return_inverse=True
    )
    faults = [str(p).split("\x1f")[1] for p in pairs]
    nothing = np.full(texts, -1), np.full(texts, -1), np.zeros(texts), np.zeros(texts)
    if systems.size < 2:
        return Verdicts(list(systems), faults, *nothing, near, near_likeness, 0.0, 0, 0)
    known = said.compared.alike(examples, examples)
    by_system = learn_filing(known, label, labels=systems.size)
    by_pair = learn_filing(known, pair, labels=pairs.size) if pairs.size > 1 else None
    inside = np.array([str(p).split("\x1f")[0] for p in pairs])[:, None] == systems
    system, fault, chance, fault_chance = nothing
    for begin in range(0, texts, AT_ONCE):
        rows = np.arange(begin, min(begin + AT_ONCE, texts))
        alike = said.compared.alike(rows, examples)
        chances = by_system.chances(alike)
        system[rows], chance[rows] = chances.argmax(axis=1), chances.max(axis=1)
        if by_pair is not None:
            of_pair = by_pair.chances(alike) * inside[:, system[rows]].T
            fault[rows] = of_pair.argmax(axis=1)
            fault_chance[rows] = of_pair.max(axis=1) / of_pair.sum(axis=1)
        near[rows], near_likeness[rows] = _nearest(said.compared.by_words(rows, examples), rows, examples)
    proven = sure_share(by_system.left_out, label, sure)
    return Verdicts(
        [str(s) for s in systems], faults, system, fault, chance, fault_chance, near, near_likeness, *proven
    )


def _nearest(alike: Floats, rows: Ints, examples: Ints) -> tuple[Ints, Floats]:
    """The two examples nearest to each text in words, none of them the text itself; -1 where nothing is shared."""
    alike = np.where(rows[:, None] == examples, -1.0, alike)
    order = np.argsort(-alike, axis=1, kind="stable")[:, :2]
    best = np.take_along_axis(alike, order, axis=1)
    return np.where(best > 0, examples[order], -1), best.clip(0.0, 1.0)
