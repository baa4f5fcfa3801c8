"""Peers whose libraries do not go together with ours: each in a virtual environment of its own, numbers by file."""

from __future__ import annotations

import subprocess
import tempfile
import venv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from thread_fleet.telling import say

HERE = Path(__file__).resolve().parent
HOMES = HERE.parents[1] / "build" / "peers"


def home(name: str, pinned: str) -> Path | None:
    """The Python of a peer's environment, made when it is not there; None where it cannot be made.

    pinned   what it holds: packages with their versions, separated by blanks
    """
    place = HOMES / pinned.partition(" ")[0]
    python = place / "bin" / "python"
    if not (place / "made").exists():
        venv.create(place, with_pip=True, clear=True)
        got = subprocess.run([str(python), "-m", "pip", "install", "--quiet", *pinned.split()], check=False)
        if got.returncode:
            say(name, f"{pinned} cannot be installed here, left out")
            return None
        (place / "made").touch()
    return python


def asked(name: str, pinned: str, script: str, **given: NDArray[np.generic]) -> dict[str, NDArray[np.float64]]:
    """What a peer's script answers; empty where its environment cannot be made."""
    python = home(name, pinned)
    if python is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        asking, answer = Path(folder) / "given.npz", Path(folder) / "found.npz"
        np.savez(asking, **given)
        subprocess.run([str(python), str(HERE / script), str(asking), str(answer)], check=True)
        return dict(np.load(answer))
