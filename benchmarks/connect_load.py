"""How long does a million rows with four bad ones in a hundred take from CSV to checked rows?

Usage: python benchmarks/connect_load.py [rows]. Prints seconds, rows a second, CPU seconds and peak memory; fails if a
row is lost or unexplained.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from smilecurve.connect import convert, parse_mapping

MAPPING = """
target = "events"
kind = "sales_order"
[file]
decimal = ","
[columns]
ref = "Auftrag"
part = { from = "Modell", prefix = "M-" }
quantity = "Menge"
market = "Land"
party = "Kunde"
amount = "Betrag"
currency = "Waehrung"
event_time = { from = "Datum", date = "D.M.Y" }
"""


def write_orders(path: Path, rows: int, seed: int = 7) -> int:
    chance = np.random.default_rng(seed)
    bad = chance.random(rows) < 0.04
    ways = chance.integers(0, 6, rows)
    day = chance.integers(1, 29, rows)
    month = chance.integers(1, 13, rows)
    land = np.array(["DE", "Indonesien", "印度", "AE", "TR", "SA"])[chance.integers(0, 6, rows)]
    cents = chance.integers(100_00, 90_000_00, rows)
    with path.open("w", encoding="utf-8") as file:
        file.write("Auftrag;Modell;Menge;Land;Kunde;Betrag;Waehrung;Datum\n")
        for i in range(rows):
            euro, cent = divmod(int(cents[i]), 100)
            cells = [
                f"SO-{i:07d}",
                f"X{i % 40}",
                str(1 + i % 9),
                str(land[i]),
                f"K{i % 5000}",
                f"{euro:,}".replace(",", ".") + f",{cent:02d}",
                "EUR",
                f"{day[i]:02d}.{month[i]:02d}.2023",
            ]
            if bad[i]:
                spoil(cells, int(ways[i]))
            file.write(";".join(cells) + "\n")
    return int(bad.sum())


def spoil(cells: list[str], way: int) -> None:
    if way == 0:
        cells[2] = "zwei"
    elif way == 1:
        cells[3] = "Atlantis"
    elif way == 2:
        cells[7] = "31.02.2023"
    elif way == 3:
        cells[0] = ""
    elif way == 4:
        cells.append("zu viel")
    else:
        cells[5], cells[6] = "k,A,", "TALER"


def main(rows: int = 1_000_000) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        bad = write_orders(path, rows)
        start, cpu = time.perf_counter(), time.process_time()
        loaded = convert(path, parse_mapping(MAPPING))
        wall, cpu = time.perf_counter() - start, time.process_time() - cpu
        size = path.stat().st_size / 1e6
    if loaded.rows_in != rows or loaded.rejected_rows != bad:
        raise SystemExit(f"{rows} rows in, {bad} bad: {loaded.good} good, {loaded.rejected_rows} rejected")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{rows:,} rows ({size:.0f} MB), {bad:,} bad, {loaded.rejected.num_rows:,} breaches explained")
    print(f"{wall:.2f} s, {rows / wall:,.0f} rows/s, {cpu:.2f} CPU s, peak {memory:.0f} MiB")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
