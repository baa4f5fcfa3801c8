"""Which language is a short text written in?

Script first: Han, Cyrillic, Arabic, kana, hangul. Among languages in Latin letters, by how often their letters, pairs
and triples occur (Cavnar & Trenkle, "N-gram-based text categorization", 1994; as a naive Bayes model), learnt from a
few sentences of each, and by their small words. `other` where no language fits clearly better than the next.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from math import log

from smilecurve.solve._tongue_samples import SAMPLES, SMALL_WORDS
from smilecurve.solve.grams import plain

__all__ = ["OTHER", "find_tongues"]

OTHER = "other"
LETTER = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
SCRIPTS: Mapping[str, re.Pattern[str]] = {
    "kana": re.compile(r"[\u3041-\u30ff]"),
    "hangul": re.compile(r"[\uac00-\ud7af]"),
    "han": re.compile(r"[\u3400-\u9fff]"),
    "cyrillic": re.compile(r"[\u0400-\u04ff]"),
    "arabic": re.compile(r"[\u0600-\u06ff]"),
    "latin": re.compile(r"[a-z\u00df-\u024f]"),
}
NOT_RUSSIAN = re.compile(r"[іїєґўқғңһәөұ]")
NOT_ARABIC = re.compile(r"[پچژگکیٹڈڑے]")
WORD_WEIGHT = 3.0
LEAST_LEAD = 0.05
SPOKEN_HERE, HEAD_START = frozenset({"en", "fr", "es"}), 2.0


def find_tongues(texts: Sequence[str]) -> list[str]:
    """The language of each text, ISO 639-1, or `other`.

    >>> find_tongues(["漏油了", "Pierde aceite desde ayer", "Течёт масло", "يوجد تسرب زيت", "It does not start", "123"])
    ['zh', 'es', 'ru', 'ar', 'en', 'other']
    """
    return [_tongue(plain(t)) for t in texts]


def _tongue(text: str) -> str:
    share = {name: len(script.findall(text)) for name, script in SCRIPTS.items()}
    han = share["han"] + share["kana"] + share["hangul"]
    if han and 3 * han >= share["latin"]:
        return "ja" if share["kana"] > han / 10 else "ko" if share["hangul"] > han / 2 else "zh"
    main = max(share, key=lambda name: share[name])
    if not share[main]:
        return OTHER
    if main == "cyrillic":
        return OTHER if NOT_RUSSIAN.search(text) else "ru"
    if main == "arabic":
        return OTHER if len(NOT_ARABIC.findall(text)) > share[main] / 20 else "ar"
    return _latin(text)


def _latin(text: str) -> str:
    """The language in Latin letters under which the words are likeliest, if by enough a gram."""
    words = LETTER.findall(text.replace("’", "'"))
    grams = [g for w in words for g in _grams(w)]
    score = dict.fromkeys(SAMPLES, 0.0)
    for name, (chance, rare, small) in _profiles().items():
        known = WORD_WEIGHT * sum(w in small for w in words) + HEAD_START * (name in SPOKEN_HERE)
        score[name] = sum(chance.get(g, rare) for g in grams) + known
    best, second = sorted(score, key=lambda name: -score[name])[:2]
    return best if score[best] - score[second] >= LEAST_LEAD * len(grams) else OTHER


def _grams(word: str) -> list[str]:
    """Letters, pairs and triples of a word with its edges.

    >>> _grams("ab")
    ['^a', 'ab', 'b$', '^ab', 'ab$', 'a', 'b']
    """
    edged = f"^{word}$"
    return [edged[i : i + n] for n in (2, 3) for i in range(len(edged) - n + 1)] + list(word)


@cache
def _profiles() -> dict[str, tuple[dict[str, float], float, frozenset[str]]]:
    """Log chance of each gram, that of a gram never met, and the small words, by language."""
    counts = {
        name: Counter(g for w in LETTER.findall(plain(f"{text} {SMALL_WORDS[name]}")) for g in _grams(w))
        for name, text in SAMPLES.items()
    }
    kinds = len(set().union(*counts.values()))
    found = {}
    for name, count in counts.items():
        total = sum(count.values()) + 0.5 * kinds
        chance = {g: log((n + 0.5) / total) for g, n in count.items()}
        found[name] = (chance, log(0.5 / total), frozenset(SMALL_WORDS[name].split()))
    return found
