"""The house is tidy: locks name no host, nothing is left undone, floors are kept, help stays light."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def tracked(*patterns: str) -> list[Path]:
    """Files git knows that match (all files where this is no git checkout)."""
    asked = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=False)
    if asked.returncode:
        return [p for pattern in patterns for p in ROOT.rglob(pattern.split("/")[-1]) if ".venv" not in p.parts]
    return [ROOT / line for line in asked.stdout.splitlines() if (ROOT / line).is_file()]


@pytest.mark.parametrize("lock", ["run.txt", "build.txt", "dev.txt", "bench.txt", "cluster.txt"])
def test_locks_have_hashes_and_no_host(lock: str):
    text = (ROOT / "requirements" / lock).read_text()
    assert "://" not in text
    assert "--index-url" not in text
    packages = re.findall(r"^[a-z][^\s=]*==", text, re.M)
    assert packages
    assert text.count("--hash=sha256:") >= len(packages)
    for block in re.split(r"\n(?=[a-z])", text.strip()):
        assert "--hash=sha256:" in block, block[:60]


def test_the_npm_lock_names_no_host():
    lock = ROOT / "web" / "package-lock.json"
    text = lock.read_text()
    assert "://" not in re.sub(r'"url": "[^"]*"', "", text)
    assert '"resolved"' not in text
    assert '"integrity"' in text
    assert "omit-lockfile-registry-resolved=true" in (ROOT / "web" / ".npmrc").read_text()


def test_no_host_of_a_registry_stands_anywhere():
    hosts = re.compile(r"registry\.npmjs|pypi\.org|files\.pythonhosted|deb\.debian\.org")
    for path in tracked("*.py", "*.toml", "*.txt", "*.json", "*.sh", "*.md", "Makefile", ".ci/run", "*.ts", "*.mjs"):
        if path != Path(__file__).resolve():
            assert not hosts.search(path.read_text(errors="ignore")), path


def test_nothing_is_left_undone():
    undone = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|NotImplemented" + r"Error)\b")
    for path in tracked("src/*.py", "tests/*.py", "benchmarks/*.py", "web/src/*.ts"):
        found = undone.search(path.read_text())
        assert not found, f"{path}: {found and found.group()}"


def test_nothing_built_is_committed():
    assert not [p for p in tracked() if re.search(r"\.min\.(js|css)$|node_modules/|/dist/|app/static/", str(p))]


def test_modules_stay_readable():
    long = {str(p.relative_to(ROOT)): n for p in tracked("src/*.py") if (n := len(p.read_text().splitlines())) > 400}
    long = {p: n for p, n in long.items() if "/terms/tables/" not in p}
    assert long == {}


def test_no_module_is_a_drawer():
    drawers = {"utils", "helpers", "common", "misc", "base", "core", "manager", "handler"}
    assert not [p for p in tracked("src/*.py") if p.stem in drawers]


def test_floors_are_kept():
    found = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("module", ["smilecurve", "smilecurve.app.cli"])
def test_help_imports_nothing_heavy(module: str):
    script = f"""
import sys, {module}
from click.testing import CliRunner
from smilecurve.app.cli.main import smile
assert CliRunner().invoke(smile, ["--help"]).exit_code == 0
print([m for m in ("numpy", "pyarrow", "duckdb", "numba", "scipy", "ortools", "fastapi", "babel") if m in sys.modules])
"""
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_desks_can_be_listed_without_the_heavy_libraries():
    script = """
import sys
from smilecurve.loop.registry import desks
desks()
print([m for m in ("duckdb", "numba", "scipy", "ortools", "pyvrp", "fastapi", "pandas") if m in sys.modules])
"""
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_glossary_names_every_table():
    from smilecurve.terms.tables import TABLES

    text = (ROOT / "docs" / "glossary.md").read_text()
    named = set(re.findall(r"^\| `([a-z_]+)` \|", text, re.M))
    assert named == set(TABLES)
