"""How do converted rows come into the thread, and where do the others wait?"""

from __future__ import annotations

from collections.abc import Iterable

from smilecurve.connect import Loaded, Quarantine
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread

__all__ = ["keep_rejected", "quarantine_of", "take"]

BULK = 100_000


def take(thread: Thread, part: Loaded, name: str) -> int:
    """Bring the good rows of one load in through the one door; returns how many are new (the same again: none)."""
    if part.events is not None:
        if not part.events.num_rows:
            return 0
        door = thread.load if part.events.num_rows > BULK else thread.append
        return door(part.events, source=name).added
    if part.table is None or not part.good:
        return 0
    spec = table(part.target)
    before = thread.count(spec)
    thread.put(spec, part.table, by=name, merge=bool(spec.key))
    return max(0, thread.count(spec) - before)


def quarantine_of(thread: Thread) -> Quarantine:
    """The quarantine beside the thread's own files."""
    return Quarantine(thread.folder / "quarantine")


def keep_rejected(thread: Thread, parts: Iterable[Loaded], quarantine: Quarantine | None = None) -> int:
    """Lay the rejected rows into quarantine (one that is open already, if given); returns how many wait anew."""
    return (quarantine or quarantine_of(thread)).keep(parts, at=thread.clock())
