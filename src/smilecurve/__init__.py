"""Smilecurve: the open operations engine of makers of durable machines, from the line to the field and back.

`open(folder)` opens a thread; every desk stands here by its verb (`balance_line`, `promise_orders`, ...) and loads when
it is first asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smilecurve.terms.desk import Desk
    from smilecurve.terms.table import Spec
    from smilecurve.thread.store import Thread

__version__ = "0.1.0"
__all__ = ["__version__", "open", "table"]


def open(folder: str | Path, *, create: bool = True) -> Thread:
    """Open the thread in a folder (made if absent), to append, view and record."""
    from smilecurve.thread.store import open_thread

    return open_thread(folder, create=create)


def table(name: str) -> Spec:
    """The contract of a shared table, to view or check rows with."""
    from smilecurve.terms.tables import table as find

    return find(name)


def __getattr__(name: str) -> Desk[...]:
    if not name.startswith("_"):
        from smilecurve.loop.registry import desks

        for found in desks().values():
            if found.function.__name__ == name:
                return found
    raise AttributeError(f"smilecurve has no {name}")


def __dir__() -> list[str]:
    from smilecurve.loop.registry import desks

    return sorted([*__all__, *(d.function.__name__ for d in desks().values())])
