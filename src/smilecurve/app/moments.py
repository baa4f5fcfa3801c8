"""When did it happen, where a page tells it later than it was done?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from smilecurve.thread.store import Thread

__all__ = ["read_moment", "told_moments"]

OLDEST = timedelta(days=7)


def read_moment(text: str) -> datetime | None:
    """A moment as a page writes it; None where it is none. Without a zone it is universal time.

    >>> read_moment("2026-01-02T03:04:05Z")
    datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    """
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found


def told_moments(thread: Thread, told_at: datetime | None) -> tuple[datetime, str]:
    """When it happened by the thread's clock, and by the page's: what was kept while off line keeps its own time."""
    now = thread.clock()
    wall = datetime.now(UTC)
    told = told_at if told_at is not None and wall - OLDEST < told_at <= wall else wall
    standing = "clock" in thread.meta()
    return (now if standing else min(told, now)), told.isoformat(timespec="milliseconds")
