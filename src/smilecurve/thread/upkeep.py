"""Is the thread whole, and how is it copied and brought back?"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from smilecurve.terms.errors import Breach, NotFound, OptionRejected, StoreBroken
from smilecurve.thread.address import TeamAddress, is_team
from smilecurve.thread.ledger import LEDGER_FILE, EmbeddedLedger, Ledger, bump
from smilecurve.thread.segments import Segments
from smilecurve.thread.shelf import Shelf
from smilecurve.thread.tail import count_tail

MUCH_WAITS = 300_000
BESIDE = ("photos", "guides")
"""Folders of a thread with files that people made: events and rows name them."""
"""Unsealed events that only a sealing which fails again and again leaves behind."""

__all__ = ["Health", "backup", "health", "restore", "set_meta"]


@dataclass(frozen=True, slots=True)
class Health:
    """What lies in the thread, and what is wrong with it.

    ok: nothing is wrong; problems: each in words; events: sealed and unsealed; tail: unsealed; bytes: of segments and
    ledger; segments: files at rest; schema: version of the ledger.
    """

    ok: bool
    problems: tuple[str, ...]
    events: int
    tail: int
    segments: int
    bytes: int
    schema: int


def set_meta(ledger: Ledger, key: str, value: str) -> None:
    """Keep a small fact about the thread."""
    with ledger.writing() as con:
        con.execute(
            "insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value",
            (key, value),
        )
        bump(con, "change")


def health(ledger: Ledger, segments: Segments, *, deep: bool) -> Health:
    """Every file of the manifest is there with its size; deep: and its content is what was written."""
    problems = ledger.ailments(deep=deep)
    live = segments.live()
    for segment in live:
        try:
            path = segments.path(segment.file)
        except StoreBroken as error:
            problems.append(error.breaches[0].what)
            continue
        if path.stat().st_size != segment.bytes:
            problems.append(f"the file {segment.file} has {path.stat().st_size} bytes, not {segment.bytes}")
        elif deep and _sha256(path) != segment.sha256:
            problems.append(f"the file {segment.file} is not what was written")
    with ledger.reading() as con:
        tail = count_tail(con)
    if tail >= MUCH_WAITS:
        problems.append(
            f"{tail:,} events wait to be sealed: make room on the disk of {segments.root}, then `smile seal`"
        )
    sealed = sum(s.rows for s in live if s.tbl == "event")
    size = sum(s.bytes for s in live) + ledger.size()
    return Health(
        not problems, tuple(problems), sealed + tail, tail, len(live), size, ledger.number("select max(v) from schema")
    )


def _sha256(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def backup(ledger: Ledger, segments: Segments, shelf: Shelf, target: Path) -> Path:
    """Copy the ledger first, then every file it names, photos and guides; the copy can be opened as it is."""
    if target.exists() and any(target.iterdir()):
        raise OptionRejected(Breach(f"{target} is not empty", "path", "name a new or empty folder"))
    target.mkdir(parents=True, exist_ok=True)
    with segments.sealing():
        ledger.backup(target / LEDGER_FILE)
        copy = EmbeddedLedger(target)
        try:
            named = [str(r[0]) for r in copy.rows("select file from segment where replaced_at is null")]
            named += [str(r[0]) for r in copy.rows("select file from given union select file from decision")]
        finally:
            copy.close()
        for file in named:
            into = target / file
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(shelf.path(file), into)
    for beside in (root / name for name in BESIDE for root in reversed(shelf.roots)):
        if beside.is_dir():
            shutil.copytree(beside, target / beside.name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.part"))
    return target


def restore(source: str | Path, place: str | Path) -> Path:
    """Bring a backup back into a new folder, or into a team's new database, after checking that it is whole."""
    address = TeamAddress.parse(str(place)) if is_team(place) else None
    origin, target = Path(source), address.folder if address else Path(place)
    if not (origin / LEDGER_FILE).exists():
        raise NotFound(
            Breach(f"there is no backup in {origin}", str(origin), "name the folder that `smile backup` made")
        )
    if target.exists() and any(target.iterdir()):
        raise OptionRejected(Breach(f"{target} is not empty", "folder", "name a new or empty folder"))
    ledger = EmbeddedLedger(origin, create=False)
    try:
        found = health(ledger, Segments(ledger, (origin,)), deep=True)
    finally:
        ledger.close()
    if not found.ok:
        raise StoreBroken([Breach(p, str(origin), "restore an older backup") for p in found.problems])
    left = ("*-wal", "*-shm", "spill", "seal.lock", *((LEDGER_FILE,) if address else ()))
    shutil.copytree(origin, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*left))
    if address:
        _take(address, origin)
    return target


def _take(address: TeamAddress, origin: Path) -> None:
    from smilecurve.thread.team import TeamLedger

    ledger, taken = TeamLedger(address), EmbeddedLedger(origin, create=False)
    try:
        ledger.take(taken)
    finally:
        taken.close()
        ledger.close()
