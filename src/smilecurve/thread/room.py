"""Was there room on the disk? A full disk in our words, whichever library ran into it."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smilecurve.terms.errors import Breach, StoreFull

__all__ = ["room"]

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_SQLITE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}
_SAID = ("No space left on device", "Disk quota exceeded", "File too large", "max_temp_directory_size")


@contextmanager
def room(folder: Path) -> Iterator[None]:
    """Raise StoreFull where a step ended because nothing more could be written to the disk of this folder."""
    try:
        yield
    except Exception as error:
        if not _full(error):
            raise
        raise StoreFull(
            Breach(
                f"nothing more can be written: {str(error).strip().splitlines()[-1][:200]}",
                f"{folder} ({shutil.disk_usage(folder).free // 1_000_000:,} MB free)",
                "make room on that disk and do it again: what was acknowledged is safe, nothing of this step counts",
            )
        ) from error


def _full(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) in _SQLITE
    return type(error).__module__ == "_duckdb" and any(words in str(error) for words in _SAID)
