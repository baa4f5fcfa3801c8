"""A server over a seeded and turned maker, asked in process."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="Using `httpx`")
    from fastapi.testclient import TestClient

from smilecurve.app.http.server import create_app


@pytest.fixture(scope="module")
def client(excavators_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = shutil.copytree(excavators_folder, tmp_path_factory.mktemp("served") / "thread")
    with TestClient(create_app(folder)) as made:
        yield made


@pytest.fixture(scope="module")
def dealer(excavators_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = shutil.copytree(excavators_folder, tmp_path_factory.mktemp("dealer") / "thread")
    with TestClient(create_app(folder, scope="dealer:ID")) as made:
        yield made
