"""What is a text made of, as numbers that a machine can compare, in any script?

Every run of one to five characters is a gram (one to three where it holds a Han character, which says as much as a
syllable or a word). Grams are counted by a rolling hash over all texts at once; weights are sublinear counts times
inverse document frequency, rows of length one (Salton & Buckley, "Term-weighting approaches in automatic text
retrieval", 1988). No dictionary, no segmenting, no model to download.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["GramIndex", "GramTable", "gram_index", "gram_rows", "gram_table", "likeness", "plain", "token_table"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Hashes = npt.NDArray[np.uint64]

LONGEST, LONGEST_HAN = 5, 3
UNKNOWN_SHARE = 0.1
STEP, SALT = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
DIGITS, GAPS = re.compile(r"\d+"), re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class GramTable:
    """The distinct grams of each text: those of text i are `gram[start[i]:start[i + 1]]`, sorted, with their counts."""

    start: Ints
    gram: Hashes
    count: Ints

    @property
    def distinct(self) -> Ints:
        """How many distinct grams each text has."""
        return np.diff(self.start)

    def of(self, rows: Ints) -> GramTable:
        """The same of some texts."""
        size = self.distinct[rows]
        start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
        place = np.arange(start[-1]) - np.repeat(start[:-1], size) + np.repeat(self.start[rows], size)
        return GramTable(start, self.gram[place], self.count[place])


@dataclass(frozen=True, slots=True)
class GramIndex:
    """The grams that some texts are known by, sorted, and how much each tells."""

    gram: Hashes
    weight: Floats


def plain(text: str) -> str:
    """A text as it is compared: one form of each letter, no case, every number a 0, single spaces.

    >>> plain(" ＯＩＬ  leak after 120 h")
    'oil leak after 0 h'
    """
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\x00", " ")
    return GAPS.sub(" ", DIGITS.sub("0", folded)).strip()


def gram_table(texts: Sequence[str], *, longest: int = LONGEST) -> GramTable:
    """The grams of each text, with a space before and after it.

    >>> gram_table(["ab", ""]).distinct.tolist()  # "a", "b", " a", "ab", "b ", " ab", "ab ", " ab "
    [8, 0]
    """
    joined = "\x00".join(f" {p} " if (p := plain(t)) else "" for t in texts)
    char = np.frombuffer(joined.encode("utf-32-le"), np.uint32).astype(np.uint64)
    end = char == 0
    text = np.cumsum(end)
    han = (char >= 0x3400) & (char <= 0x9FFF)
    whole, any_han, rolled = ~end, han.copy(), np.zeros(char.size, np.uint64)
    found: list[tuple[Ints, Hashes]] = []
    with np.errstate(over="ignore"):
        for n in range(1, longest + 1):
            last = char.size - n + 1
            if last <= 0:
                break
            rolled = (rolled[:last] + char[n - 1 :] + SALT) * STEP
            rolled ^= rolled >> np.uint64(29)
            whole = whole[:last] & ~end[n - 1 :]
            any_han = any_han[:last] | han[n - 1 :]
            keep = whole & ~any_han if n > LONGEST_HAN else whole & ((char[:last] != 32) | (n > 1))
            found.append((text[:last][keep].astype(np.int64), rolled[keep]))
    return _counted(found, len(texts))


def token_table(tokens: Sequence[Sequence[str]]) -> GramTable:
    """Whole tokens in place of grams: a model, a market.

    >>> token_table([["model=X1"], []]).distinct.tolist()
    [1, 0]
    """
    from hashlib import blake2b

    known = {t: int.from_bytes(blake2b(t.encode(), digest_size=8).digest(), "little") for row in tokens for t in row}
    text = np.repeat(np.arange(len(tokens)), [len(row) for row in tokens])
    return _counted([(text, np.array([known[t] for row in tokens for t in row], np.uint64))], len(tokens))


def _counted(found: Sequence[tuple[Ints, Hashes]], texts: int) -> GramTable:
    text = np.concatenate([f[0] for f in found]) if found else np.zeros(0, np.int64)
    gram = np.concatenate([f[1] for f in found]) if found else np.zeros(0, np.uint64)
    order = np.lexsort((gram, text))
    text, gram = text[order], gram[order]
    new = np.ones(text.size, bool)
    new[1:] = (text[1:] != text[:-1]) | (gram[1:] != gram[:-1])
    first = np.flatnonzero(new)
    start = np.searchsorted(text[first], np.arange(texts + 1)).astype(np.int64)
    return GramTable(start, gram[first], np.diff(np.append(first, text.size)).astype(np.int64))


def gram_index(table: GramTable, *, least_texts: int = 2) -> GramIndex:
    """The grams that stand in at least so many texts, weighted by how rare they are."""
    gram, texts = np.unique(table.gram, return_counts=True)
    common = texts >= least_texts
    number = max(len(table.start) - 1, 1)
    return GramIndex(gram[common], np.log((1.0 + number) / (1.0 + texts[common])) + 1.0)


def gram_rows(table: GramTable, index: GramIndex) -> csr_array:
    """One sparse row a text, one column a known gram; its length is one, or less where the text holds unknown grams.

    Unknown grams add to the length by a tenth, so that a text of strange words is like no other.
    """
    from scipy.sparse import csr_array

    texts = len(table.start) - 1
    place = np.searchsorted(index.gram, table.gram)
    place[place == index.gram.size] = 0
    known = index.gram[place] == table.gram if index.gram.size else np.zeros(table.gram.size, bool)
    row = np.repeat(np.arange(texts), table.distinct)[known]
    value = (1.0 + np.log(table.count[known])) * index.weight[place[known]]
    rest = np.repeat(np.arange(texts), table.distinct)[~known]
    unknown = (1.0 + np.log(table.count[~known])) * (np.log(1.0 + texts) + 1.0)
    length = np.sqrt(np.bincount(row, value**2, texts) + UNKNOWN_SHARE * np.bincount(rest, unknown**2, texts))
    start = np.searchsorted(row, np.arange(texts + 1))
    shape = (texts, max(index.gram.size, 1))
    return csr_array((value / np.where(length > 0, length, 1.0)[row], place[known], start), shape=shape)


def likeness(rows: csr_array, first: Ints, second: Ints) -> Floats:
    """How alike pairs of rows are: the cosine between them, 0 to 1."""
    return np.asarray(rows[first].multiply(rows[second]).sum(axis=1), np.float64).ravel().clip(0.0, 1.0)
