"""Not a test: a process that forks writers which are to be killed. Reads `append PLACE SEED` or `seal PLACE SEED` by line,
forks a writer that tells every acknowledged batch on standard output, and answers with its process id first."""

from __future__ import annotations

import os
import random
import sys
from datetime import UTC, datetime

from smilecurve.thread.store import open_thread


def batch(seed: int, number: int, rng: random.Random) -> list[dict[str, object]]:
    size = rng.choice((1, 1, 2, 10, 200))
    return [
        {"kind": "meter_reading", "event_time": datetime(2024, 1, 1, tzinfo=UTC), "machine": f"M{n % 7}", "quantity": float(n),
         "source": f"writer {seed}", "seq": number * 1000 + n, "ref": f"{seed}/{number}/{size}"}
        for n in range(size)
    ]  # fmt: skip


def write(what: str, place: str, seed: int) -> None:
    rng = random.Random(seed)
    thread = open_thread(place)
    number = 0
    while True:
        sent = batch(seed, number, rng)
        os.write(1, f"sent {sent[0]['ref']}\n".encode())
        thread.append(sent)
        os.write(1, f"acked {sent[0]['ref']}\n".encode())
        number += 1
        if what == "seal" and number % 5 == 0:
            thread.seal()


def main() -> None:
    for line in sys.stdin:
        what, place, seed = line.split()
        child = os.fork()
        if child == 0:
            write(what, place, int(seed))
        os.write(1, f"pid {child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"gone\n")


if __name__ == "__main__":
    main()
