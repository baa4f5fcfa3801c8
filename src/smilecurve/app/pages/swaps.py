"""What does the page answer when a person swaps two slots?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from smilecurve.app.pages.taktboard import Faces
from smilecurve.app.pages.words import Words
from smilecurve.app.reading import Reading
from smilecurve.loop.registry import desk
from smilecurve.loop.swapping import Sheet, Swapped, sheet_of

__all__ = ["sheet", "swap_answer"]

TROUBLES: Mapping[str, str] = {
    "must": "windows too full {n}",
    "wished": "wished windows too full {n}",
    "colour": "colour changes {n}",
    "batch": "machines beyond the batch limit {n}",
    "overload": "overload {n} s",
    "late": "slots late {n}",
    "early": "slots before parts {n}",
    "moved": "machines moved {n}",
}
"""What the numbers of a swap are called; {n} is the change with its sign."""


def sheet(read: Reading, code: str) -> Sheet:
    """The sheet of a decided sequence, kept until a table it stands on changes."""
    contract = desk("line.sequence").contract
    names = ("decisions", *(s.name for s in (*contract.reads, *contract.feedback)))
    return read.once(f"sheet {code}", names, lambda: sheet_of(read.thread, code))


def swap_answer(read: Reading, words: Words, line: str, laid: Sheet, found: Swapped) -> dict[str, object]:
    """What a person's swaps bring: the slots that look different, the cost and gap in words, why each stands there."""
    faces = Faces.of(read, words, line, laid.records[line])
    slots = [asdict(faces.slot(b)) for a, b in zip(laid.records[line], found.records, strict=True) if a != b]
    by_hand = set(found.by_hand)
    why = [f"{row['work_order']}: {faces.sentence(row)}" for row in found.records if row["work_order"] in by_hand]
    return {"slots": slots, "said": _priced(words, found), "why": why, "gap": found.gap}


def _priced(words: Words, found: Swapped) -> str:
    """The change of each kind of trouble, and how far the sequence is from what no order beats."""
    said = []
    for goal, many in found.counts.items():
        change = many - found.counts_before[goal]
        if change and goal in TROUBLES:
            size = words.number(abs(change) / (1000 if goal == "overload" else 1), 1)
            said.append(words.text(TROUBLES[goal], n=f"{'+' if change > 0 else '−'}{size}"))
    told = ", ".join(said) or words.text("nothing gets better or worse")
    now, then = words.percent(found.gap, 2), words.percent(found.gap_before, 2)
    return f"{told} · {words.text('gap {gap}, before {before}', gap=now, before=then)}"
