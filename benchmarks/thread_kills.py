"""Does the embedded thread lose or double anything that it acknowledged?

    python benchmarks/thread_kills.py [TRIALS]

One thread, one process after the other that sends numbered batches, seals, or reads, and is killed with -9: at a
random moment, or at a step of sealing (the steps are the calls in and from the thread's code, counted first, then
spread over the trials). Each sends again what was not acknowledged. One trial in ten runs into a full disk instead (no
file may grow) and lives. At the end every acknowledged event must be there, once.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from smilecurve.terms.errors import StoreFull
from smilecurve.terms.event import EVENTS
from smilecurve.thread.store import Thread, open_thread
from thread_fleet.killing import batch, reckon
from thread_fleet.telling import say

SOURCE = "gate"
WAYS = ("writer", "sealer", "step", "reader", "step", "sealer", "step", "writer", "step", "full disk")


def send(thread: Thread, first: int, size: int, told: int) -> int:
    """Append a batch and tell that it was acknowledged; returns the next number."""
    thread.append(batch(SOURCE, first, size))
    os.write(told, f"acked {first} {size}\n".encode())
    return first + size


def counted(at: int) -> tuple[Callable[[FrameType, str, object], None], list[int]]:
    """A profile function that kills this process at the n-th call of the thread's code (never, if 0); those seen."""
    steps = [0]

    def step(frame: FrameType, event: str, arg: object) -> None:
        if event.endswith("call") and str(frame.f_globals.get("__name__", "")).startswith("smilecurve.thread"):
            steps[0] += 1
            if steps[0] == at:
                os.kill(os.getpid(), signal.SIGKILL)

    return step, steps


def work(place: Path, way: str, first: int, seed: int, at: int, told: int) -> None:
    """What a process does until it is killed."""
    rng = random.Random(seed)
    if way == "full disk":
        soft = rng.choice((2_000, 20_000, 200_000))
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))
    with open_thread(place) as thread:
        os.write(told, b"open\n")
        if way == "step":
            first = send(thread, first, 200, told)
            step, steps = counted(at)
            sys.setprofile(step)
            thread.seal()
            sys.setprofile(None)
            os.write(told, f"steps {steps[0]}\n".encode())
            return
        for n in range(10**6):
            if way == "reader":
                assert thread.view(EVENTS).num_rows >= first
                continue
            first = send(thread, first, rng.choice((1, 1, 2, 10, 200)), told)
            if way != "writer" and n % 5 == 4:
                thread.seal()


def process(place: Path, way: str, first: int, seed: int, at: int = 0) -> tuple[list[int], int]:
    """Begin one, kill it, hear what it told: the numbers acknowledged, the steps of its sealing."""
    hear, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work(place, way, first, seed, at, told)
            code = 0
        except StoreFull:
            code = 3
        finally:
            os._exit(code)
    os.close(told)
    with os.fdopen(hear) as lines:
        opened = lines.readline()
        if opened and way not in ("step", "full disk"):
            time.sleep(random.Random(seed + 1).random() * (0.25 if way == "writer" else 1.2))
            os.kill(pid, signal.SIGKILL)
        words = [line.split() for line in lines]
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    expected = {"full disk": (3,), "step": (0, -signal.SIGKILL)}.get(way, (-signal.SIGKILL,))
    if status not in expected:
        raise SystemExit(f"a {way} ended with {status}")
    acked = [n for w in words if w[0] == "acked" for n in range(int(w[1]), int(w[1]) + int(w[2]))]
    return acked, next((int(w[1]) for w in words if w[0] == "steps"), 0)


def trials(place: Path, times: int) -> None:
    """Kill so many, and count what is lost and what is doubled."""
    open_thread(place).close()
    acked, steps = process(place, "step", 0, 0)
    say("steps of a sealing", f"{steps:,} calls")
    which = WAYS.count("step")
    killed: Counter[str] = Counter()
    for trial in range(times):
        way = WAYS[trial % len(WAYS)]
        nth = WAYS[: trial % len(WAYS)].count("step") + trial // len(WAYS) * which
        at = 1 + nth * steps // max(1, times * which // len(WAYS))
        acked += process(place, way, len(acked), trial + 1, at)[0]
        killed[way] += 1
    with open_thread(place) as thread:
        reckon(thread, {SOURCE: acked}, killed)


def main() -> int:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    folder = Path(tempfile.mkdtemp(prefix="smilecurve-kills-"))
    try:
        trials(folder / "thread", times)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
