"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real and published data beside the repository; tests on it say plainly when it is not there."""
    folder = Path(os.environ.get("SMILECURVE_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the real data are not here: no folder {folder.name} beside the repository")
    return folder
