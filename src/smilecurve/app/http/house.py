"""What does one running server hold, and how does a request read through it?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import Request

from smilecurve.app.http.asking import ScopeOf
from smilecurve.app.http.jobs import Jobs
from smilecurve.app.reading import Reading
from smilecurve.terms.scope import Scope
from smilecurve.thread.store import Thread, open_thread

__all__ = ["Asked", "House", "asked"]


@dataclass
class House:
    """The thread, the jobs, the key of cookies, whose view is the ceiling, and what pages have reckoned already."""

    folder: Path
    thread: Thread
    jobs: Jobs
    key: bytes
    ceiling: Scope
    scope_of: ScopeOf
    kept: dict[tuple[object, ...], object] = field(default_factory=dict)

    @contextmanager
    def apart(self) -> Iterator[Thread]:
        """The same thread, opened once more for a long run, so that pages stay quick meanwhile."""
        thread = open_thread(self.thread.place)
        try:
            yield thread
        finally:
            thread.close()


@dataclass(frozen=True)
class Asked:
    """One request: the house, and its thread read by the asker's scope."""

    request: Request
    house: House
    read: Reading

    @property
    def scope(self) -> Scope:
        """Who asks."""
        return self.read.scope


def asked(request: Request) -> Asked:
    """The request with its house and scope; the dependency of every route."""
    house: House = request.app.state.house
    return Asked(request, house, Reading(house.thread, house.scope_of(request), house.kept))
