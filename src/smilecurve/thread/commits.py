"""How do many callers share one commit?

A commit waits for the disk. What other threads of this process ask for in the meantime stands in line, and the next one
carries out all of it in one transaction: each is answered after the commit that holds its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from smilecurve.terms.errors import StoreAway, StoreFull
from smilecurve.thread.ledger import Ledger, Pen

__all__ = ["Commits"]

T = TypeVar("T")


class _Asked(Generic[T]):
    """What one caller waits for."""

    def __init__(self, work: Callable[[Pen], T]) -> None:
        self.work = work
        self.done = False
        self.answer: T
        self.error: Exception | None = None


class Commits:
    """The writers of one process, in line before one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._turn = threading.Lock()
        self._line_lock = threading.Lock()
        self._line: list[_Asked[Any]] = []

    def carry_out(self, work: Callable[[Pen], T]) -> T:
        """Do the work in a transaction, perhaps together with that of others; answered when it is committed.

        `work` may be done again where the transaction failed for another one: it holds no more than what it returns.
        """
        mine = _Asked(work)
        with self._line_lock:
            self._line.append(mine)
        with self._turn:
            if not mine.done:
                with self._line_lock:
                    asked, self._line = self._line, []
                self._commit(asked if mine in asked else [mine, *asked])
        if mine.error is not None:
            raise mine.error
        return mine.answer

    def _commit(self, asked: list[_Asked[Any]]) -> None:
        """All of them at once; where that fails for one of them, each by itself."""
        try:
            with self.ledger.writing() as con:
                answers = [one.work(con) for one in asked]
        except Exception as error:
            if len(asked) > 1 and not isinstance(error, (StoreFull, StoreAway)):
                for one in asked:
                    self._commit([one])
                return
            for one in asked:
                one.error, one.done = error, True
            return
        for one, answer in zip(asked, answers, strict=True):
            one.answer, one.done = answer, True
