"""What does a team's ledger cost beside the embedded one, and does it lose anything when it is killed?

    python benchmarks/thread_team.py [TRIALS]

Starts a private PostgreSQL (scripts/postgres.sh) and measures durable events on both ledgers in one run. Then two
writers (one of them seals) are at work while, at random moments, a writer or every process of the server is killed with
-9, TRIALS times in all; each number is sent again until it was acknowledged. At the end every acknowledged event must
be there, once.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from smilecurve.terms.errors import StoreAway
from smilecurve.thread.store import Thread, open_thread
from thread_fleet.killing import batch, reckon
from thread_fleet.telling import say

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "postgres.sh"


def measure(what: str, thread: Thread) -> None:
    """Durable events a second, by batch."""
    for size, times in ((1, 400), (100, 40), (1000, 20), (10_000, 4)):
        sent = [batch(f"{what} {size}", n * size, size) for n in range(times)]
        wall, cpu = time.perf_counter(), time.process_time()
        for events in sent:
            thread.append(events)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        n = size * times
        say(f"{what}, batches of {size:,}", f"{n / wall:,.0f} durable events/s; {cpu / n * 1e6:.0f} us CPU an event")


def work(place: str, name: str, first: int, size: int) -> None:
    """A writer: sends batch after batch until it is killed, tells every acknowledged number, seals now and then."""
    thread: Thread | None = None
    while True:
        try:
            thread = thread or open_thread(place)
            thread.append(batch(name, first, size))
        except StoreAway:
            time.sleep(0.01)
            continue
        os.write(1, f"{first} {size}\n".encode())
        first += size
        size = (1 + (first * 7) % 23) * (20 if first % 3 == 0 else 1)
        if name == "sealer" and first % 5 == 0:
            try:
                thread.seal()
            except StoreAway:
                time.sleep(0.01)


class Writer:
    """A writer in a process of its own, begun again where the dead one was not acknowledged."""

    def __init__(self, place: str, name: str) -> None:
        self.place, self.name, self.next = place, name, 0
        self.acked: list[int] = []
        self.begin()

    def begin(self) -> None:
        """Start it, behind the last acknowledged number."""
        words = [sys.executable, __file__, "--work", self.place, self.name, str(self.next)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            first, size = map(int, line.split())
            self.acked.extend(range(first, first + size))
            self.next = first + size

    def kill(self) -> None:
        """Kill it with -9 and take in what it still told."""
        self.process.kill()
        self.process.wait()
        self.reader.join()


def trials(server: Path, place: str, times: int) -> None:
    """Kill writers and the server in turn; count what is lost and what is doubled."""
    rng = random.Random(1)
    open_thread(place).close()
    writers = [Writer(place, "plain"), Writer(place, "sealer")]
    killed: Counter[str] = Counter()
    try:
        for trial in range(times):
            victim = ("server", "plain", "sealer")[trial % 3]
            enough = [len(w.acked) + 1 for w in writers]
            while any(len(w.acked) < e for w, e in zip(writers, enough, strict=True)):
                time.sleep(0.01)
            time.sleep(rng.random() * 0.4)
            if victim == "server":
                subprocess.run(["sh", SCRIPT, "kill", server], check=True)
                subprocess.run(["sh", SCRIPT, "start", server], check=True, stdout=subprocess.DEVNULL)
            else:
                dead = next(w for w in writers if w.name == victim)
                dead.kill()
                dead.begin()
            killed[victim] += 1
    finally:
        for writer in writers:
            writer.kill()
    with open_thread(place) as thread:
        reckon(thread, {w.name: w.acked for w in writers}, killed)


def main() -> int:
    if sys.argv[1:2] == ["--work"]:
        work(sys.argv[2], sys.argv[3], int(sys.argv[4]), 3)
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    server = Path(tempfile.mkdtemp(prefix="smile-pg-"))
    server.chmod(0o755)
    rest = Path(tempfile.mkdtemp(prefix="smile-team-"))
    try:
        address = subprocess.run(["sh", SCRIPT, "start", server], check=True, capture_output=True, text=True).stdout
        with open_thread(rest / "alone") as alone:
            measure("embedded", alone)
        with open_thread(f"{address.strip()}&schema=one&folder={rest / 'one'}") as shared:
            measure("PostgreSQL", shared)
        trials(server, f"{address.strip()}&schema=two&folder={rest / 'two'}", times)
    finally:
        subprocess.run(["sh", SCRIPT, "stop", server], check=False)
        shutil.rmtree(server)
        shutil.rmtree(rest)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
