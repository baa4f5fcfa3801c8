"""Seeded makers that have turned once; every story gets its own copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from smilecurve.app.seeding import seed_world
from smilecurve.loop.run import turn
from smilecurve.thread.store import Thread, open_thread


def _turned(folder: Path, name: str, scale: float) -> Path:
    thread = open_thread(folder)
    seed_world(thread, name, scale=scale)
    turn(thread)
    thread.close()
    return folder


@pytest.fixture(scope="session")
def excavators_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _turned(tmp_path_factory.mktemp("worlds") / "excavators", "excavators", 0.02)


@pytest.fixture(scope="session")
def small_machines_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _turned(tmp_path_factory.mktemp("worlds") / "small", "small_machines", 0.0003)


def _copy(folder: Path, tmp_path: Path) -> Iterator[Thread]:
    thread = open_thread(shutil.copytree(folder, tmp_path / "thread"))
    yield thread
    thread.close()


@pytest.fixture
def excavators(excavators_folder: Path, tmp_path: Path) -> Iterator[Thread]:
    yield from _copy(excavators_folder, tmp_path)


@pytest.fixture
def small_machines(small_machines_folder: Path, tmp_path: Path) -> Iterator[Thread]:
    yield from _copy(small_machines_folder, tmp_path)
