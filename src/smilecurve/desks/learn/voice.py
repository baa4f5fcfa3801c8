"""What do customers say is wrong, and which of their texts must a person read?

Reads     customer_texts
Decides   voiced_texts
Proof     share filed rightly of the texts said to be sure, from below, against the chance asked for
Method    language by letters and small words (solve.tongues); repeats by signatures of their grams (solve.repeats);
          system and fault by a linear model on grams in any script, learnt from the texts people filed; sure as far
          as the filed texts, each left out in turn, allow (solve.filing)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.desks.learn._voice_filing import Said, Verdicts, judge, read_texts
from smilecurve.terms.decision import Clash, Decision, Proof
from smilecurve.terms.desk import desk
from smilecurve.terms.errors import Breach, DataRejected, OptionRejected
from smilecurve.terms.tables.learn_voices import CUSTOMER_TEXTS, VOICED_TEXTS

__all__ = ["hear_customers"]

REASONS = {
    "filed": "a person filed it under {system}, {fault}",
    "sure": "{confidence:.0%} sure of {system}, {fault}: nearest is {nearest}, {nearest_likeness:.0%} alike",
    "sure_of_system": "{confidence:.0%} sure of {system}, {fault_confidence:.0%} of the fault: nearest is {nearest}",
    "unsure": "a person decides: {confidence:.0%} sure of {system}, {sure:.0%} needed; nearest is {nearest} under "
    "{nearest_system}, then {next_nearest} under {next_system}",
    "few_examples": "a person decides: {examples} texts in {language} are filed, {least_examples} needed; nearest is "
    "{nearest} under {nearest_system}, then {next_nearest} under {next_system}",
    "repeat": "says what {repeats} said, {likeness:.0%} alike: counted once",
    "no_words": "nothing is said: a person decides",
}


@desk(
    "learn.voice",
    question="What do customers say is wrong, and which of their texts must a person read?",
    reads=(CUSTOMER_TEXTS,),
    decides=VOICED_TEXTS,
    reasons=REASONS,
)
def hear_customers(
    customer_texts: pa.Table,
    *,
    sure: float = 0.7,
    least_examples: int = 20,
    alike: float = 0.8,
    repeat_days: int = 120,
    most_examples: int = 2000,
) -> Decision:
    """Language, system and fault of every text, newest last; what is not sure enough names its nearest examples.

    sure: chance a text must be filed with to stand without a person; least_examples: filed texts a language needs
    before any text in it is filed; alike, repeat_days: how alike, and how many days apart, texts of the same model may
    be to count as one; most_examples: the newest filed texts of every system that are learnt from.
    """
    _refuse_options(sure, least_examples, alike, repeat_days, most_examples)
    _refuse_faults_alone(customer_texts)
    if customer_texts.num_rows == 0:
        silent = Clash("nobody has said anything", "customer_texts", "load complaints or reviews")
        proof = Proof("rule", float(customer_texts.num_rows), 1.0, "rows needed")
        return Decision(VOICED_TEXTS.empty(), proof, "none", (silent,))
    texts = customer_texts.sort_by([("said_on", "ascending"), ("said", "ascending")]).combine_chunks()
    said = read_texts(texts, alike, repeat_days, most_examples)
    verdicts = judge(said, sure)
    rows = _rows(texts, said, verdicts, sure, least_examples)
    reason = rows["reason"].to_pylist()
    waiting = sum(r in ("unsure", "few_examples", "no_words") for r in reason)
    clash = Clash(
        "no two systems have a text that a person filed",
        "customer_texts.system",
        f"file some {least_examples} texts of each language under their system; the others follow",
    )
    return Decision(
        rows,
        Proof("statistical", verdicts.proven, sure, "share filed rightly", "left out in turn, Clopper-Pearson 95 %"),
        "good" if len(verdicts.systems) > 1 else "none",
        () if len(verdicts.systems) > 1 else (clash,),
        figures={
            "texts": float(rows.num_rows),
            "new": float(pc.sum(rows["counts"]).as_py()),
            "repeats": float(reason.count("repeat")),
            "for_a_person": float(waiting),
            "examples": float(said.examples.size),
        },
    )


def _refuse_options(sure: float, least_examples: int, alike: float, repeat_days: int, most_examples: int) -> None:
    breaches = [
        Breach(f"{name} of {value:g} is out of 0 .. 1", name, f"give a share such as {usual:g}")
        for name, value, usual in (("sure", sure, 0.7), ("alike", alike, 0.8))
        if not 0 < value <= 1
    ]
    breaches += [
        Breach(f"{name} of {value} is below {least}", name, f"give {usual}")
        for name, value, least, usual in (
            ("least_examples", least_examples, 1, "20"),
            ("repeat_days", repeat_days, 0, "120"),
            ("most_examples", most_examples, 2, "2000"),
        )
        if value < least
    ]
    if most_examples > 5000:
        breaches.append(
            Breach(f"{most_examples} examples take too long to learn from", "most_examples", "5000 at most")
        )
    if breaches:
        raise OptionRejected(breaches)


def _refuse_faults_alone(texts: pa.Table) -> None:
    """A fault that a person named must stand under a system."""
    alone = pc.and_(pc.is_null(texts["system"]), pc.is_valid(texts["fault"])).combine_chunks()
    breaches = [
        Breach(
            f"text {texts['said'][k].as_py()} has the fault {texts['fault'][k].as_py()} but no system",
            f"customer_texts, row {k + 1}",
            "name the system too, or leave both empty",
            "customer_texts",
            k,
            "system",
            "",
        )
        for k in np.flatnonzero(alone.to_numpy(zero_copy_only=False)).tolist()
    ]
    if breaches:
        raise DataRejected(breaches)


def _reasons(said: Said, verdicts: Verdicts, sure: float, examples: dict[str, int], least: int) -> list[str]:
    """Why each text stands where it does; the first that holds."""
    few = np.array([examples.get(t, 0) < least for t in said.language], bool)
    own = np.array([s is not None for s in said.system], bool)
    repeat = said.first != np.arange(len(said.words))
    known = verdicts.chance >= sure
    return [
        str(r)
        for r in np.select(
            [repeat, own, said.empty, few | (len(verdicts.systems) < 2), ~known, verdicts.fault_chance < sure],
            ["repeat", "filed", "no_words", "few_examples", "unsure", "sure_of_system"],
            "sure",
        )
    ]


def _named(said: Said, verdicts: Verdicts, reason: list[str]) -> tuple[list[str | None], list[str | None]]:
    """System and fault of each text: a repeat's are those of the text it repeats, unless a person filed it."""
    system: list[str | None] = []
    fault: list[str | None] = []
    for k, why in enumerate(reason):
        root = int(said.first[k])
        if said.system[k]:
            system.append(said.system[k])
            fault.append(said.fault[k])
        elif why == "repeat":
            system.append(system[root])
            fault.append(fault[root])
        else:
            system.append(
                verdicts.systems[verdicts.system[k]] if verdicts.system[k] >= 0 and why != "no_words" else None
            )
            fault.append(verdicts.faults[verdicts.fault[k]] or None if why == "sure" else None)
    return system, fault


def _rows(texts: pa.Table, said: Said, verdicts: Verdicts, sure: float, least: int) -> pa.Table:
    ids = np.array(texts["said"].to_pylist(), object)
    counted = dict.fromkeys(said.language, 0)
    for k in said.examples:
        counted[said.language[k]] += 1
    reason = _reasons(said, verdicts, sure, counted, least)
    system, fault = _named(said, verdicts, reason)
    judged = np.isin(reason, ["sure", "sure_of_system", "unsure", "few_examples"]) & (verdicts.system >= 0)
    repeat = np.array([r == "repeat" for r in reason], bool)
    near, next_near = _example(said, verdicts, judged, 0), _example(said, verdicts, judged, 1)
    columns: dict[str, object] = {
        **{c: texts[c] for c in ("said", "said_on", "channel", "market", "model")},
        "language": said.language,
        "system": system,
        "fault": fault,
        "confidence": _where(judged, verdicts.chance),
        "fault_confidence": _where(judged & (verdicts.fault >= 0), verdicts.fault_chance),
        "sure": np.full(len(ids), sure),
        "repeats": [ids[k] if r else None for k, r in zip(said.first, repeat, strict=True)],
        "likeness": _where(repeat, said.likeness),
        "nearest": [ids[k] if k >= 0 else None for k in near],
        "nearest_system": [said.system[k] if k >= 0 else None for k in near],
        "nearest_likeness": _where(near >= 0, verdicts.near_likeness[:, 0]),
        "next_nearest": [ids[k] if k >= 0 else None for k in next_near],
        "next_system": [said.system[k] if k >= 0 else None for k in next_near],
        "examples": [counted[t] for t in said.language],
        "least_examples": np.full(len(ids), least),
        "counts": [r in ("filed", "sure", "sure_of_system") for r in reason],
        "reason": reason,
    }
    return pa.table(
        {
            f.name: c if isinstance(c := columns[f.name], pa.ChunkedArray) else pa.array(c, f.arrow)
            for f in VOICED_TEXTS.fields
        }
    )


def _example(said: Said, verdicts: Verdicts, judged: npt.NDArray[np.bool_], place: int) -> npt.NDArray[np.int64]:
    """The nearest or next nearest example of each text that was judged; -1 where there is none."""
    none = np.full(len(said.words), -1, np.int64)
    return np.where(judged, verdicts.near[:, place], none) if verdicts.near.shape[1] > place else none


def _where(there: npt.NDArray[np.bool_], share: npt.NDArray[np.float64]) -> list[float | None]:
    """Shares to six digits where they stand for something; empty elsewhere."""
    return [round(float(s), 6) if t else None for t, s in zip(there, share, strict=True)]
