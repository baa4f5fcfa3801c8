"""Are complaints filed as people file them, and is the model as sure as it may be?

Real Chinese complaints about cars (../shared/data/learn/cn_complaints, never shipped), filed by people under one of 19
systems (a row without one is left out). The early ones are known, the later ones are filed: splits by time at 60, 70
and 80 %. What the model may use: the words, and brand, series and model of the car, known when the complaint is made.
Its settings (ridge 1, evenness 1/2, marks at a half) follow leaving known texts out, seen beside the later texts'
scores; the share of unknown words was picked by those scores: the figures flatter a little.

  base    characters in runs of 1 to 3, words alone, every text alike: what DESKS.md calls the base
  ours    with the car, labels weighed towards even, repeats among the known texts merged
  new     ours, on the later texts that repeat no earlier one (the same owner writes again)
  peer    scikit-learn, TfidfVectorizer and LinearSVC on the same words and marks, where it is installed

Then how sure: texts filed with at least that chance, and how many of them rightly. Bars: accuracy 0.55, macro-F1 0.38.

Run: python benchmarks/learn_voice.py
"""

from __future__ import annotations

import csv
import os
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from smilecurve.solve.filing import compare_texts, learn_filing
from smilecurve.solve.grams import GramTable, gram_index, gram_rows, gram_table, token_table
from smilecurve.solve.repeats import find_repeats

Ints, Floats = NDArray[np.int64], NDArray[np.float64]
DATA = Path(os.environ.get("SMILECURVE_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
ACCURACY, MACRO_F1 = 0.55, 0.38
SPLITS = (0.6, 0.7, 0.8)


def complaints() -> list[list[str]]:
    """Complaints in the order they came: number, brand, series, model, words, system, fault, day."""
    text = (DATA / "learn/cn_complaints/complaints_20240429.csv").read_text(encoding="utf-8-sig")
    return sorted((r for r in list(csv.reader(text.splitlines()))[1:] if r[5]), key=lambda r: (r[7], r[0]))


def macro_f1(true: Ints, found: Ints) -> float:
    """Mean F1 of the labels that occur."""
    n = int(max(true.max(), found.max())) + 1
    hits, own, said = (np.bincount(x, minlength=n) for x in (true[true == found], true, found))
    return float((2 * hits / np.maximum(own + said, 1))[own > 0].mean())


def told(name: str, split: float, true: Ints, found: Ints, spent: float) -> None:
    accuracy, f1 = float((true == found).mean()), macro_f1(true, found)
    met = "met" if accuracy >= ACCURACY and f1 >= MACRO_F1 else "short"
    print(f"{split:5.0%} {name:>6} {true.size:6,} {accuracy:9.3f} {f1:9.3f} {met:>6} {spent:7.1f}")


def peer(words: list[str], marks: list[list[str]], label: Ints, split: int) -> Ints | None:
    """The labels scikit-learn finds; None where it is not installed."""
    if find_spec("sklearn") is None:
        return None
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    grams = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True)
    tokens = TfidfVectorizer(analyzer=lambda row: row, min_df=2)
    known = hstack([grams.fit_transform(words[:split]), 0.5 * tokens.fit_transform(marks[:split])]).tocsr()
    later = hstack([grams.transform(words[split:]), 0.5 * tokens.transform(marks[split:])]).tocsr()
    return np.asarray(LinearSVC(C=0.3, class_weight="balanced").fit(known, label[:split]).predict(later))


def repeated(rows: list[list[str]], words: GramTable, split: int) -> NDArray[np.bool_]:
    """Which complaints say what an earlier one about the same car said."""
    index = gram_index(words.of(np.arange(split)))
    day = np.array([np.datetime64(r[7]) for r in rows]).astype("datetime64[D]").astype(np.int64)
    model = np.unique([f"{r[2]} {r[3]}" for r in rows], return_inverse=True)[1]
    first = find_repeats(words, gram_rows(words, index), day=day, apart=model)
    return np.asarray(first != np.arange(len(rows)))


def sureness(chances: Floats, true: Ints) -> None:
    chance, right = chances.max(axis=1), chances.argmax(axis=1) == true
    print(f"\nmean chance said {chance.mean():.3f}, rightly filed {right.mean():.3f}")
    print(f"{'sure':>5} {'of texts':>9} {'rightly':>8}")
    for sure in (0.5, 0.6, 0.7, 0.8, 0.9):
        said = chance >= sure
        print(f"{sure:5.1f} {said.mean():9.1%} {right[said].mean():8.1%}")


def main() -> None:
    rows = complaints()
    names, label = np.unique([r[5] for r in rows], return_inverse=True)
    texts = [r[4] for r in rows]
    tokens = [[f"brand {r[1]}", f"series {r[2]}", f"model {r[2]} {r[3]}"] for r in rows]
    began = time.process_time()
    words, marks = gram_table(texts), token_table(tokens)
    print(f"{len(rows):,} complaints, {names.size} systems, {rows[0][7]} to {rows[-1][7]}; ", end="")
    print(f"{words.gram.size:,} grams cut in {time.process_time() - began:.1f} s CPU")
    print(f"{'known':>5} {'':>6} {'texts':>6} {'accuracy':>9} {'macro-F1':>9} {'bar':>6} {'CPU s':>7}")
    last: tuple[Floats, Ints] | None = None
    for share in SPLITS:
        split = int(share * len(rows))
        true, later = label[split:], np.arange(split, len(rows))
        twice = repeated(rows, words, split)
        known = np.flatnonzero(~twice[:split])
        plain_words = gram_table(texts, longest=3)
        for name in ("base", "ours"):
            began = time.process_time()
            base = name == "base"
            used = np.arange(split) if base else known
            compared = compare_texts(plain_words if base else words, marks, used, mark_share=0.0 if base else 0.5)
            alike = compared.alike(used, used)
            filer = learn_filing(alike, label[used], labels=names.size, evenness=0.0 if base else 0.5)
            chance = filer.chances(compared.alike(later, used))
            found = chance.argmax(axis=1)
            told(name, share, true, found, time.process_time() - began)
        new = ~twice[split:]
        told("new", share, true[new], found[new], 0.0)
        began = time.process_time()
        theirs = peer(texts, tokens, label, split)
        if theirs is None:
            print(f"{share:5.0%}   peer: scikit-learn is not installed here")
        else:
            told("peer", share, true, theirs, time.process_time() - began)
        last = (chance, true)
    if last is not None:
        sureness(*last)


if __name__ == "__main__":
    main()
