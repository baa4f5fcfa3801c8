"""Who else could say which machines hold a lot: each takes the same links in and answers the same question."""

from __future__ import annotations

import io
import itertools
import sqlite3
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from smilecurve.thread.store import Thread, open_thread
from thread_fleet.fleet import DIRECT, END, MARKETS, SCATTERED, Fleet, furnish

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "postgres.sh"
RECURSIVE = """
with recursive reached(id) as (
  select {lot} union select l.holder from link l join reached r on l.lot = r.id)
select m.serial, m.owner, m.market, m.status from reached r join machine m on m.id = r.id"""


class Edges:
    """The links of a fleet in whole numbers: machines first, then the lots of each place, packs, cells, powders."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.first: dict[str, int] = {}
        n = at = fleet.machines
        packs = (n - 1) // fleet.pack_size + 1
        sizes = [(n - 1) // int(size) + 1 for size in fleet.sizes] + [fleet.scatter] * SCATTERED
        counts = {f"P{place}": size for place, size in enumerate(sizes)}
        counts |= {"PACK": packs, "CELL": 2 * packs, "BMS": packs // 4 + 1, "POWDER": 2 * packs // 12 + 1, "RAW": 1}
        for name, count in counts.items():
            self.first[name] = at
            at += count
        self.packs = packs

    def number(self, lot: str) -> int:
        """The whole number of a lot."""
        name, _, of = lot.partition("-")
        return self.first[name] + int(of)

    def links(self) -> Iterator[pa.Table]:
        """What each machine, pack, cell and powder holds, in parts."""
        n = self.fleet.machines
        for start in range(0, n, 100_000):
            u = np.arange(start, min(start + 100_000, n))
            for place in range(DIRECT + SCATTERED):
                lots = self.fleet.direct(place, u) if place < DIRECT else self.fleet.scattered(place, u)
                yield _pairs(u, self.first[f"P{place}"] + lots)
            yield _pairs(u, self.first["PACK"] + u // self.fleet.pack_size)
        packs = np.arange(self.packs)
        cells = np.arange(2 * self.packs)
        powders = np.arange(min(self.fleet.raw_powders, 2 * self.packs // 12 + 1))
        for half in (0, 1):
            yield _pairs(self.first["PACK"] + packs, self.first["CELL"] + 2 * packs + half)
        yield _pairs(self.first["PACK"] + packs, self.first["BMS"] + packs // 4)
        yield _pairs(self.first["CELL"] + cells, self.first["POWDER"] + cells // 12)
        yield _pairs(self.first["POWDER"] + powders, self.first["RAW"] + 0 * powders)

    def write_links(self, path: str) -> None:
        """All links as one Parquet file."""
        parts = self.links()
        first = next(parts)
        with pq.ParquetWriter(path, first.schema) as writer:
            for part in itertools.chain([first], parts):
                writer.write_table(part)

    def machines(self) -> pa.Table:
        """Each machine with what the question asks of it."""
        n = self.fleet.machines
        market = pa.DictionaryArray.from_arrays(pa.array(self.fleet.market.astype(np.int32)), list(MARKETS))
        market = market.cast(pa.string())
        owner = pa.array([f"C-{u}" for u in range(n)])
        serial = self.fleet.serials.cast(pa.string())
        status = pa.array(["in use"] * n)
        columns = [pa.array(np.arange(n)), serial, owner, market, status]
        return pa.table(columns, names=["id", "serial", "owner", "market", "status"])


def _pairs(holder: np.ndarray, lot: np.ndarray) -> pa.Table:
    return pa.table({"holder": holder.astype(np.int64), "lot": lot.astype(np.int64)})


class Store(ABC):
    """One of those asked: it takes the fleet in and says which machines hold a lot."""

    name: str

    @abstractmethod
    def take(self, edges: Edges) -> None:
        """Take the fleet in, with the indexes that this question wants."""

    @abstractmethod
    def ask(self, lot: str) -> int:
        """How many machines hold the lot, each row fetched."""

    @abstractmethod
    def close(self) -> None:
        """Let go of files and servers."""


class Ours(Store):
    name = "the thread"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.thread: Thread | None = None

    def take(self, edges: Edges) -> None:
        with open_thread(self.folder) as thread:
            thread.set_clock(datetime.fromtimestamp(END / 1e6, UTC))
            furnish(thread)
            with thread.history() as history:
                for part in edges.fleet.parts():
                    history.add(part)
        self.thread = open_thread(self.folder)

    def ask(self, lot: str) -> int:
        assert self.thread
        return len(self.thread.containment(lot).to_pylist())

    def close(self) -> None:
        if self.thread:
            self.thread.close()


class Sqlite(Store):
    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self.edges: Edges
        folder.mkdir()
        self.db = sqlite3.connect(folder / "peer.sqlite")

    def take(self, edges: Edges) -> None:
        self.edges = edges
        db = self.db
        db.executescript("pragma journal_mode=off; pragma synchronous=off; pragma cache_size=-1000000;")
        db.execute("create table link(lot integer, holder integer)")
        db.execute("create table machine(id integer primary key, serial text, owner text, market text, status text)")
        for part in edges.links():
            pairs = zip(part["lot"].to_pylist(), part["holder"].to_pylist(), strict=True)
            db.executemany("insert into link values(?, ?)", pairs)
        rows = zip(*(column.to_pylist() for column in edges.machines().columns), strict=True)
        db.executemany("insert into machine values(?, ?, ?, ?, ?)", rows)
        db.executescript("create index up on link(lot, holder); analyze;")
        db.commit()

    def ask(self, lot: str) -> int:
        return len(self.db.execute(RECURSIVE.format(lot=self.edges.number(lot))).fetchall())

    def close(self) -> None:
        self.db.close()


class Postgres(Store):
    """With the plan that it chooses, and with nested loops forced."""

    def __init__(self, folder: Path, forced: Postgres | None = None) -> None:
        import psycopg

        self.name = "PostgreSQL, nested loop forced" if forced else "PostgreSQL, the plan it chooses"
        self.edges: Edges
        self.first = forced
        self.folder = folder
        if forced is None:
            started = subprocess.run(["sh", SCRIPT, "start", folder], check=True, capture_output=True, text=True)
            self.address = started.stdout.strip()
        else:
            self.address = forced.address
        self.db = psycopg.connect(self.address, autocommit=True)
        self.db.execute("set work_mem = '256MB'")
        if forced:
            for way in ("hashjoin", "mergejoin", "seqscan"):
                self.db.execute(f"set enable_{way} = off")

    def take(self, edges: Edges) -> None:
        self.edges = edges
        if self.first:
            return
        self.db.execute("create unlogged table link(lot bigint, holder bigint)")
        self.db.execute(
            "create unlogged table machine(id bigint primary key, serial text, owner text, market text, status text)"
        )
        for table, parts in (("link(holder, lot)", edges.links()), ("machine", iter([edges.machines()]))):
            with self.db.cursor().copy(f"copy {table} from stdin (format csv)") as copy:
                for part in parts:
                    text = io.BytesIO()
                    pcsv.write_csv(part, text, pcsv.WriteOptions(include_header=False))
                    copy.write(text.getvalue())
        self.db.execute("create index on link(lot, holder)")
        self.db.execute("vacuum analyze")

    def ask(self, lot: str) -> int:
        sql = RECURSIVE.format(lot=f"{self.edges.number(lot)}::bigint")
        return len(self.db.execute(sql.encode()).fetchall())

    def close(self) -> None:
        self.db.close()
        if self.first is None:
            subprocess.run(["sh", SCRIPT, "stop", self.folder], check=True)


class Graph(Store):
    name = "ladybug (graph)"

    def __init__(self, folder: Path) -> None:
        import ladybug

        self.edges: Edges
        folder.mkdir()
        self.folder = folder
        self.db = ladybug.Connection(ladybug.Database(str(folder / "graph"), buffer_pool_size=4 << 30), num_threads=2)

    def take(self, edges: Edges) -> None:
        self.edges = edges
        machines, links, lots = (str(self.folder / f"{n}.parquet") for n in ("machine", "link", "lot"))
        table = edges.machines()
        pq.write_table(table, machines)
        last = edges.first["RAW"] + 1
        blank = {c: pa.nulls(last - len(table), pa.string()) for c in ("serial", "owner", "market", "status")}
        pq.write_table(pa.table({"id": np.arange(len(table), last), **blank}), lots)
        edges.write_links(links)
        self.db.execute(
            "create node table thing(id int64 primary key, serial string, owner string, market string, status string)"
        )
        self.db.execute("create rel table holds(from thing to thing)")
        for target, path in (("thing", machines), ("thing", lots), ("holds", links)):
            self.db.execute(f"copy {target} from '{path}'")

    def ask(self, lot: str) -> int:
        asked = (
            "match (m:thing)-[:holds*1..5]->(l:thing {id: $id}) where m.serial is not null "
            "return distinct m.serial, m.owner, m.market, m.status"
        )
        found = self.db.execute(asked, {"id": self.edges.number(lot)})
        return len(found.get_all())

    def close(self) -> None:
        self.db.close()


class Clickhouse(Store):
    name = "chdb (ClickHouse)"

    def __init__(self, folder: Path) -> None:
        from chdb import session

        self.edges: Edges
        folder.mkdir()
        self.folder = folder
        self.db = session.Session(str(folder / "store"))
        self.db.query("set max_query_size = 1000000000")

    def take(self, edges: Edges) -> None:
        self.edges = edges
        part_file = str(self.folder / "part.parquet")
        self.db.query("create database peer")
        self.db.query("create table peer.link(holder Int64, lot Int64) engine = MergeTree order by (lot, holder)")
        self.db.query(
            "create table peer.machine(id Int64, serial String, owner String, market String, status String) "
            "engine = MergeTree order by id"
        )
        edges.write_links(part_file)
        self.db.query(f"insert into peer.link select holder, lot from file('{part_file}')")
        pq.write_table(edges.machines(), part_file)
        self.db.query(f"insert into peer.machine select * from file('{part_file}')")
        for table in ("link", "machine"):
            self.db.query(f"optimize table peer.{table} final")

    def ask(self, lot: str) -> int:
        """Level by level, each by the primary key: its recursive query reads the whole table at every step."""
        reached, level = set(), {self.edges.number(lot)}
        while level:
            among = ", ".join(map(str, level))
            text = self.db.query(f"select distinct holder from peer.link where lot in ({among})", "TabSeparated")
            found = {int(line) for line in str(text).split()}
            level = {one for one in found if one >= self.edges.fleet.machines} - reached
            reached |= found
        among = ", ".join(str(one) for one in reached if one < self.edges.fleet.machines) or "-1"
        asked = f"select serial, owner, market, status from peer.machine where id in ({among})"
        return len(str(self.db.query(asked, "TabSeparated")).splitlines())

    def close(self) -> None:
        self.db.close()
