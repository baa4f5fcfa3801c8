"""learn.voice: what customers say is wrong, and what a person must read."""

from __future__ import annotations

import csv
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.learn.voice import hear_customers
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.learn_voices import CUSTOMER_TEXTS

DAY = date(2024, 3, 1)
LEAKS = (
    "oil drips from the final drive",
    "the travel motor leaks oil",
    "gear oil under the left track",
    "seal leaks again",
)
COLD = (
    "the battery is dead every morning",
    "does not start, battery flat",
    "starter only clicks",
    "no spark, will not start",
)


def text(k, words, system=None, fault=None, *, days=0, model="X1", machine=None, language=None):
    return {
        "said": f"T{k:02d}", "said_on": DAY + timedelta(days=days), "words": words, "channel": "complaint",
        "market": "ID", "model": model, "machine": machine, "language": language, "system": system, "fault": fault,
    }  # fmt: skip


def filed():
    leaks = [text(k, w, "undercarriage", "leak", days=k) for k, w in enumerate(LEAKS)]
    return leaks + [text(4 + k, w, "electric", "no_start", days=4 + k) for k, w in enumerate(COLD)]


def decide(rows, **options):
    return hear_customers(CUSTOMER_TEXTS.rows(rows), **options)


def test_by_hand():
    """Four filed texts of two systems; of the new ones one says what is known, one half, one nothing.

    The new leak shares nearly every word with the leaks filed and none with the rest, so it goes there; the text of
    one word met in neither is not sure of anything. In Spanish nothing was filed: a person decides.
    """
    rows = filed()
    rows += [text(20, "the travel motor leaks oil from the final drive", days=20, machine="M7")]
    rows += [text(21, "please call back", days=21), text(22, "pierde aceite por el motor desde ayer", days=22)]
    rows += [
        text(23, None, days=23),
        text(24, "The travel motor leaks oil from the final drive!", days=24, machine="M7"),
    ]
    decision = decide(rows, sure=0.7, least_examples=4)
    found = {r["said"]: r for r in decision.rows.to_pylist()}
    assert [found[f"T{k}"]["reason"] for k in (20, 21, 22, 23, 24)] == [
        "sure", "unsure", "few_examples", "no_words", "repeat",
    ]  # fmt: skip
    assert (found["T20"]["system"], found["T20"]["fault"], found["T20"]["nearest"]) == ("undercarriage", "leak", "T01")
    assert (found["T22"]["language"], found["T22"]["examples"]) == ("es", 0)
    assert (found["T24"]["repeats"], found["T24"]["system"], found["T24"]["counts"]) == ("T20", "undercarriage", False)
    assert found["T23"]["system"] is None
    assert (found["T00"]["reason"], found["T00"]["confidence"], found["T00"]["counts"]) == ("filed", None, True)
    assert hear_customers.sentence(found["T22"]).startswith(
        "a person decides: 0 texts in es are filed, 4 needed; nearest"
    )
    assert decision.figures == {"texts": 13.0, "new": 9.0, "repeats": 1.0, "for_a_person": 3.0, "examples": 8.0}


def test_few_labels_are_told():
    """One system alone teaches nothing: every text waits for a person, and the clash says what to file."""
    decision = decide([*filed()[:4], text(9, "does it leak?")])
    assert decision.status == "none"
    assert decision.clash[0].what == "no two systems have a text that a person filed"
    assert decision.rows.to_pylist()[0]["reason"] == "filed"
    assert {r["reason"] for r in decision.rows.to_pylist()} == {"filed", "few_examples"}


@pytest.mark.shared
def test_meets_published_results(shared_data):
    """Real complaints, the last 30 % by time unknown: at least 0.55 under the right system (the base had 0.509).

    What stands without a person is right more often than the rest, and at least as often as was asked for.
    """
    lines = (shared_data / "learn/cn_complaints/complaints_20240429.csv").read_text(encoding="utf-8-sig").splitlines()
    lines = sorted((r for r in list(csv.reader(lines))[1:] if r[5]), key=lambda r: (r[7], r[0]))
    split = int(0.7 * len(lines))
    rows = [
        {
            "said": r[0], "said_on": date.fromisoformat(r[7]), "words": r[4] or None, "model": f"{r[2]} {r[3]}",
            "channel": "complaint", "system": r[5] if k < split else None, "fault": r[6] if k < split else None,
        }
        for k, r in enumerate(lines)
    ]  # fmt: skip
    found = {r["said"]: r for r in decide(rows, sure=0.7).rows.to_pylist()}
    later = [(found[r[0]], found[r[0]]["system"] == r[5]) for r in lines[split:]]
    assert sum(right for _, right in later) / len(later) >= 0.55
    alone = [right for row, right in later if row["reason"].startswith("sure")]
    assert sum(alone) / len(alone) >= 0.7
    assert len(alone) >= 0.2 * len(later)


WORDS = st.text(alphabet="abc 油漏щж", max_size=25)


@given(st.lists(st.tuples(WORDS, st.sampled_from([None, "a", "b"])), min_size=1, max_size=12), st.randoms())
@settings(max_examples=25, deadline=None)
def test_holds_its_laws(said, random):
    """Order means nothing; every text stands once; what counts has a system; chances are shares."""
    rows = [text(k, w, s, "f" if s else None, days=k, language="en") for k, (w, s) in enumerate(said)]
    decision = decide(rows, least_examples=1)
    assert decide(random.sample(rows, len(rows)), least_examples=1).rows.equals(decision.rows)
    found = decision.rows.to_pylist()
    assert [r["said"] for r in found] == [r["said"] for r in rows]
    assert all(r["system"] for r in found if r["counts"])
    assert all(r["confidence"] >= r["sure"] for r in found if r["reason"] in ("sure", "sure_of_system"))
    assert all(r["nearest"] != r["said"] for r in found)
    strict = decide(rows, least_examples=1, sure=0.95)
    assert sum(r["counts"] for r in strict.rows.to_pylist()) <= sum(r["counts"] for r in found)


def test_refuses_bad_data():
    with pytest.raises(DataRejected) as refused:
        decide([text(1, "oil", None, "leak"), text(2, "oil", "hydraulics", "leak")])
    assert refused.value.breaches[0].what == "text T01 has the fault leak but no system"
    with pytest.raises(OptionRejected) as options:
        decide(filed(), sure=1.5, least_examples=0, most_examples=9000)
    assert [b.what for b in options.value.breaches] == [
        "sure of 1.5 is out of 0 .. 1",
        "least_examples of 0 is below 1",
        "9000 examples take too long to learn from",
    ]
    assert decide([]).clash[0].what == "nobody has said anything"
