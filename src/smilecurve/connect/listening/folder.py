"""Which files of a folder are complete and not taken yet?

A file is taken when its size has stood still for `settle_s`, through the mapping of its reader, and then moves to
`done/`; a file that cannot be read at all moves to `bad/` with a note of why. A file that was written to meanwhile
stays where it is and is taken again. A file that comes again, under any name, adds nothing, and a crash between taking
and moving repeats the taking, which adds nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from smilecurve.connect.convert import convert
from smilecurve.connect.listening.inbox import Heard, Keep, Take
from smilecurve.connect.listening.plans import Plan, Reader
from smilecurve.connect.loaded import Loaded
from smilecurve.terms.errors import DataRejected, NotFound

__all__ = ["Folder", "watch_folder"]

_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart", ".lock")


@dataclass(frozen=True, slots=True)
class _Look:
    """How a file stood at a look: its size, its time, and when it was first seen so."""

    size: int
    changed: int
    since: float


class Folder:
    """The folders of a plan, looked at again and again."""

    def __init__(self, plan: Plan, take: Take, keep: Keep, say: Callable[[str], None]) -> None:
        self.plan, self.take, self.keep, self.say = plan, take, keep, say
        self.settle_s = float(plan.said.get("settle_s", "2"))
        self.heard = Heard()
        self._looks: dict[Path, _Look] = {}
        self._absent: set[Path] = set()

    def look(self, now: float | None = None) -> int:
        """Take every file that is complete; returns how many were taken."""
        at = time.monotonic() if now is None else now
        ready: list[tuple[Path, Reader]] = []
        there: set[Path] = set()
        for reader in self.plan.readers:
            for path in self._files(reader):
                if path in there:
                    continue
                there.add(path)
                if self._settled(path, at):
                    ready.append((path, reader))
        self._looks = {path: look for path, look in self._looks.items() if path in there}
        for path, reader in sorted(ready, key=lambda pair: pair[0].name):
            self._take_one(path, reader)
        return len(ready)

    def _files(self, reader: Reader) -> list[Path]:
        folder = Path(reader.match["path"])
        try:
            found = [p for p in folder.glob(reader.match.get("files", "*")) if p.is_file()]
        except OSError:
            found = []
        if not folder.is_dir():
            if folder not in self._absent:
                self.say(f"the folder {folder} is away; looking again")
                self._absent.add(folder)
            return []
        self._absent.discard(folder)
        return [p for p in found if not p.name.startswith((".", "~")) and p.suffix.lower() not in _UNFINISHED]

    def _settled(self, path: Path, at: float) -> bool:
        try:
            stat = path.stat()
        except OSError:
            return False
        seen = self._looks.get(path)
        if seen is None or (seen.size, seen.changed) != (stat.st_size, stat.st_mtime_ns):
            self._looks[path] = seen = _Look(stat.st_size, stat.st_mtime_ns, at)
        return at - seen.since >= self.settle_s

    def _take_one(self, path: Path, reader: Reader) -> None:
        try:
            loaded = convert(path, reader.mapping)
            if self._written_to(path):
                return
            added = self.take(loaded)
        except NotFound:
            return
        except DataRejected as error:
            if not self._written_to(path):
                self._set_aside(path, error)
            return
        except OSError as error:
            self.say(f"{path.name} cannot be read now ({error.strerror}); trying again")
            return
        if loaded.rejected.num_rows:
            self.keep([loaded])
        if not self._written_to(path):
            self._move(path, "done")
        self._count(path, loaded, added)

    def _written_to(self, path: Path) -> bool:
        """Whether a file stands otherwise than when it was found complete: what was read of it may not be all."""
        seen = self._looks[path]
        try:
            stat = path.stat()
        except OSError:
            return True
        return (seen.size, seen.changed) != (stat.st_size, stat.st_mtime_ns)

    def _count(self, path: Path, loaded: Loaded, added: int) -> None:
        bad = loaded.rejected_rows
        self.heard = self.heard.plus(Heard(loaded.rows_in, added, loaded.good - added, bad))
        waits = f", {bad} wait in quarantine" if bad else ""
        self.say(f"{path.name}: {loaded.good} good rows, {added} of them new{waits}")

    def _set_aside(self, path: Path, error: DataRejected) -> None:
        moved = self._move(path, "bad")
        if moved is not None:
            moved.with_name(moved.name + ".why.txt").write_text("\n".join(map(str, error.breaches)) + "\n", "utf-8")
        self.say(f"{path.name} cannot be taken, it lies in bad/: {error.breaches[0].what}")

    def _move(self, path: Path, where: str) -> Path | None:
        """Move a file aside; one of the same name that lies there already is kept."""
        folder = path.parent / where
        try:
            folder.mkdir(exist_ok=True)
            goal, n = folder / path.name, 1
            while goal.exists():
                n += 1
                goal = folder / f"{path.stem} ({n}){path.suffix}"
            path.rename(goal)
        except OSError as error:
            self.say(f"{path.name} was taken but cannot be moved to {where}/ ({error.strerror}); let us write there")
            return None
        self._looks.pop(path, None)
        return goal


def watch_folder(folder: Folder, stop: threading.Event, every_s: float) -> None:
    """Look until `stop`."""
    folder.say("watching " + ", ".join(dict.fromkeys(r.match["path"] for r in folder.plan.readers)))
    while not stop.is_set():
        folder.look()
        stop.wait(every_s)
