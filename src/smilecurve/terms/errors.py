"""What went wrong, where, and what to do about it?

Every error is named after who repairs it and carries one HTTP status. An error lists every breach at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = [
    "Breach",
    "DataRejected",
    "Expired",
    "NewerStore",
    "NotAllowed",
    "NotFound",
    "OptionRejected",
    "SmilecurveError",
    "StoreAway",
    "StoreBroken",
    "StoreFull",
]


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that cannot stand: where it is, what is wrong with it and what to do."""

    what: str
    at: str
    do: str
    table: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""

    def __str__(self) -> str:
        return f"{self.what}\n  at: {self.at}\n  do: {self.do}"


class SmilecurveError(Exception):
    """Anything Smilecurve refuses; `breaches` lists every reason, `http_status` its status over HTTP."""

    http_status = 500
    exit_code = 1
    title = "Smilecurve could not do this"

    def __init__(self, breaches: Breach | Iterable[Breach]) -> None:
        self.breaches: tuple[Breach, ...] = (breaches,) if isinstance(breaches, Breach) else tuple(breaches)
        super().__init__("\n".join(str(breach) for breach in self.breaches))


class DataRejected(SmilecurveError):
    """Rows that break their table's contract: repaired by whoever keeps the data."""

    http_status = 422
    exit_code = 3
    title = "The data break their contract"


class OptionRejected(SmilecurveError):
    """An option or argument outside its limits: repaired by the caller."""

    http_status = 400
    exit_code = 2
    title = "An option is out of its limits"


class NotFound(SmilecurveError):
    """A name nobody knows: repaired by the caller."""

    http_status = 404
    exit_code = 2
    title = "Nothing has this name"


class NotAllowed(SmilecurveError):
    """Outside the caller's scope: repaired by whoever grants scopes."""

    http_status = 403
    exit_code = 2
    title = "This lies outside your scope"


class Expired(SmilecurveError):
    """What was lent for a time has ended: repaired by whoever lends it."""

    http_status = 410
    exit_code = 2
    title = "This has ended"


class NewerStore(SmilecurveError):
    """The store was written by a newer Smilecurve: repaired by upgrading."""

    http_status = 409
    exit_code = 1
    title = "The store is newer than this Smilecurve"


class StoreBroken(SmilecurveError):
    """A file of the store is missing or not what it was: repaired from a backup."""

    http_status = 500
    exit_code = 1
    title = "The store is damaged"


class StoreFull(SmilecurveError):
    """The disk of the store has no room; nothing of the step counts: repaired by whoever keeps the disk."""

    http_status = 507
    exit_code = 1
    title = "The disk of the store is full"


class StoreAway(SmilecurveError):
    """The store does not answer; nothing was acknowledged: repaired by whoever runs its server."""

    http_status = 503
    exit_code = 1
    title = "The store does not answer"
