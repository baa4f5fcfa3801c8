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


def asked(name: str, pinned: str, script: str, **given: NDArray[np.generic]) -> dict[str, NDArray[np.float64]]:
    """What a peer's script answers; its environment is made when it is not there. Empty where it cannot be made."""
    home = HOMES / pinned
    python = home / "bin" / "python"
    if not (home / "made").exists():
        venv.create(home, with_pip=True, clear=True)
        got = subprocess.run([str(python), "-m", "pip", "install", "--quiet", pinned], check=False)
        if got.returncode:
            say(name, f"{pinned} cannot be installed here, left out")
            return {}
        (home / "made").touch()
    with tempfile.TemporaryDirectory() as folder:
        asking, answer = Path(folder) / "given.npz", Path(folder) / "found.npz"
        np.savez(asking, **given)
        subprocess.run([str(python), str(HERE / script), str(asking), str(answer)], check=True)
        return dict(np.load(answer))
