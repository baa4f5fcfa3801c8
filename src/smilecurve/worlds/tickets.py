"""What do owners call in, what do they answer, and what was it?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from smilecurve.worlds.booking import EventBook, joined, taken
from smilecurve.worlds.chance import Floats, chance
from smilecurve.worlds.failing import Failures
from smilecurve.worlds.maker import Maker

__all__ = ["book_tickets"]


def book_tickets(
    book: EventBook,
    maker: Maker,
    failures: Failures,
    ticket: pa.Array,
    hours: Floats,
    same: dict[str, pa.Array],
) -> None:
    """Book what owners call in, what they answer and how tickets are solved; `same` holds machine and market."""
    rng = chance(maker.seed, "tickets")
    n = len(failures)
    symptoms = taken(maker.causes.texts("symptom"), failures.cause)
    notes = maker.notes
    words = np.array([r["symptom"] for r in notes.records])
    start = {s: np.flatnonzero(words == s) for s in dict.fromkeys(words.tolist())}
    symptom = symptoms.to_numpy(zero_copy_only=False)
    note = np.zeros(n, np.int64)
    for name, lines in start.items():
        mine = np.flatnonzero(symptom == name)
        note[mine] = lines[rng.integers(0, len(lines), len(mine))]
    book.add(
        "ticket",
        "service desk",
        failures.opened,
        ref=ticket,
        code=symptoms,
        quantity=hours,
        details=joined('{"note":"', taken(notes.texts("note"), note), '"}'),
        **same,
    )
    _book_answers(book, maker, failures, ticket, same, rng)
    remedy = taken(maker.causes.texts("remedy"), failures.cause)
    book.add(
        "ticket_closed",
        "service desk",
        failures.closed,
        ref=ticket,
        code=taken(maker.causes.texts("cause"), failures.cause),
        disposition=remedy,
        **same,
    )


def _book_answers(
    book: EventBook,
    maker: Maker,
    failures: Failures,
    ticket: pa.Array,
    same: dict[str, pa.Array],
    rng: np.random.Generator,
) -> None:
    """Two questions of the family are answered on a third of the tickets, truly more often than not."""
    asked = maker.asked_causes
    chosen = np.flatnonzero(rng.random(len(failures)) < np.where(np.isnan(failures.closed), 0.75, 0.3))
    for turn in range(2):
        rows = chosen[rng.random(len(chosen)) < (1.0 if turn == 0 else 0.7)]
        count = asked.count[failures.cause[rows]]
        half = np.maximum(count // 2, 1)
        which = (
            asked.offset[failures.cause[rows]]
            + turn * half
            + (rng.random(len(rows)) * np.where(turn, count - half, half)).astype(int)
        )
        which = np.minimum(which, asked.offset[failures.cause[rows]] + count - 1)
        said = np.where(rng.random(len(rows)) < 0.08, 2, (rng.random(len(rows)) < asked.yes[which]).astype(int))
        at = pa.array(rows)
        book.add(
            "answer",
            "service desk",
            failures.opened[rows] + 0.02 * (turn + 1),
            ref=ticket.take(at),
            code=taken(asked.names, which),
            disposition=taken(["no", "yes", "unknown"], said),
            machine=same["machine"].take(at),
            market=same["market"].take(at),
        )
