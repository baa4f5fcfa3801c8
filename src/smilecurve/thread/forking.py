"""What if? A thread that starts as another one and keeps its changes to itself."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from smilecurve.thread.ledger import LEDGER_FILE, Ledger

__all__ = ["Kept", "fork_folder"]


@dataclass(frozen=True, slots=True)
class Kept:
    """The temporary folder of a fork."""

    folder: Path

    def remove(self) -> None:
        """Remove it and everything in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def fork_folder(ledger: Ledger) -> Kept:
    """A new temporary folder with a copy of the ledger; files are read where they lie."""
    folder = Path(tempfile.mkdtemp(prefix="smilecurve-fork-"))
    ledger.backup(folder / LEDGER_FILE)
    return Kept(folder)
