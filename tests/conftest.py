"""What every test may ask for."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from smilecurve.thread.store import Thread

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real and published data beside the repository; tests on it say plainly when it is not there."""
    folder = Path(os.environ.get("SMILECURVE_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"the real data are not here: no folder {folder.name} beside the repository")
    return folder


def _turned(tmp_path_factory: pytest.TempPathFactory, name: str) -> Path:
    """The folder of a seeded maker that has turned once; made by the first test process that asks, shared by all."""
    from smilecurve.app.seeding import seed_world
    from smilecurve.loop.run import turn
    from smilecurve.thread.store import open_thread

    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    folder, ready = root / f"world-{name}", root / f"world-{name}.ready"
    try:
        (root / f"world-{name}.begun").mkdir()
    except FileExistsError:
        for _ in range(6000):
            if ready.exists():
                return folder
            time.sleep(0.1)
        raise TimeoutError(f"the world {name} was begun by another test process and never finished") from None
    with open_thread(folder) as thread:
        seed_world(thread, name)
        turn(thread)
    ready.touch()
    return folder


@pytest.fixture(scope="session")
def excavators_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _turned(tmp_path_factory, "excavators")


@pytest.fixture(scope="session")
def small_machines_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _turned(tmp_path_factory, "small_machines")


def _copy(folder: Path, tmp_path: Path) -> Iterator[Thread]:
    from smilecurve.thread.store import open_thread

    thread = open_thread(shutil.copytree(folder, tmp_path / "thread"))
    yield thread
    thread.close()


@pytest.fixture
def excavators(excavators_folder: Path, tmp_path: Path) -> Iterator[Thread]:
    yield from _copy(excavators_folder, tmp_path)


@pytest.fixture
def small_machines(small_machines_folder: Path, tmp_path: Path) -> Iterator[Thread]:
    yield from _copy(small_machines_folder, tmp_path)
