"""A synthetic fleet: three levels (cell, pack, machine), 40 direct links, about 21 events a machine, in parts by time.

Machines are built evenly over a year. Of the 40 places, 37 take lots that are used nearly in order (sizes log-uniform
50-5000, 3 % stragglers), two take scattered lots (members all over the year), one the pack: two cell lots and a BMS lot
in a pack lot, six cell lots of a powder lot, and one raw lot in as many powder lots as reach 200,000 machines. Seeded.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.terms.tables.market import MARKETS as MARKETS_SPEC
from smilecurve.terms.tables.market import MODELS as MODELS_SPEC
from smilecurve.terms.tables.supply import PARTS as PARTS_SPEC
from smilecurve.thread.store import Thread

HOUR = 3_600_000_000
DAY = 24 * HOUR
T0 = 1_704_067_200_000_000
YEAR = 366 * DAY
MARKETS = ("ID", "IN", "AE", "SA", "TR", "DE", "FR", "ES", "IT", "US", "BR", "TH")
READINGS = 13
DIRECT = 37
SCATTERED = 2
RAW_REACH = 200_000
KINDS = (
    "commissioning", "assembling", "inspecting", "storing", "shipping", "receiving", "retail_selling", "start_up",
    "meter_reading", "failure", "claim", "replacing",
)  # fmt: skip
_LAST = 75 + READINGS * 30 + 2
END = T0 + YEAR + 480 * DAY


def named(prefix: str, numbers: np.ndarray) -> pa.Array:
    """Codes such as PACK-17 for an array of numbers."""
    texts = pa.array(numbers).cast(pa.string())
    return pc.binary_join_element_wise(pa.scalar(prefix), texts, "-")


class Fleet:
    """A fleet of so many machines; `parts` gives its history, `lots` the lots to ask for."""

    def __init__(self, machines: int, seed: int = 1) -> None:
        self.machines = n = machines
        self.seed = seed
        rng = np.random.default_rng(seed)
        self.serials = pc.binary_join_element_wise(
            pa.scalar("SN"), pc.utf8_lpad(pa.array(np.arange(n)).cast(pa.string()), 9, "0"), ""
        )
        self.sizes = np.exp(rng.uniform(np.log(50), np.log(5000), DIRECT)).astype(int)
        self.pack_size = int(np.clip(n // 1000, 50, 500))
        self.scatter = max(n // 1000, 1)
        self.built = T0 + (np.arange(n) * (YEAR / n)).astype(np.int64)
        self.lag = rng.integers(0, 24, n, dtype=np.int8)
        self.market = rng.integers(0, len(MARKETS), n, dtype=np.int8)
        self.model = rng.integers(0, 24, n, dtype=np.int8)
        failing = np.flatnonzero(rng.random(n) < 0.19)
        self.failing = failing
        self.failed_at = self.built[failing] + 75 * DAY + rng.integers(10 * 24, 400 * 24, len(failing)) * HOUR
        self.failed_place = rng.integers(0, DIRECT, len(failing), dtype=np.int8)
        raw_packs = min(RAW_REACH, n // 4) // self.pack_size
        self.raw_powders = max(raw_packs // 6, 1)
        self.seq = 0

    def at(self, kind: int, reading: int, u: np.ndarray) -> np.ndarray:
        """When an event of a kind happens to machines."""
        lag = self.lag[u].astype(np.int64) * HOUR
        days = (0, 0, 0, 1, 20, 50, 65, 66)
        if kind == 8:
            return self.built[u] + (66 + 30 * (reading + 1)) * DAY + lag
        hours = (0, 1, 2, 0, 0, 0, 0, 0)
        return self.built[u] + days[kind] * DAY + hours[kind] * HOUR + (lag if kind > 2 else 0)

    def parts(self) -> Iterator[pa.Table]:
        """The history in parts of some days, fewer for more machines: a part is held in memory whole."""
        step = (120 if self.machines < 1_000_000 else 30 if self.machines < 5_000_000 else 15) * DAY
        for start in range(T0 - 2 * DAY, END, step):
            part = self._part(start, start + step)
            if part is not None:
                yield part

    def _part(self, start: int, end: int) -> pa.Table | None:
        unit, kind, when, more = [], [], [], []
        for k in range(9):
            for r in range(READINGS if k == 8 else 1):
                least = int(self.at(k, r, np.zeros(1, np.int64))[0]) - int(self.built[0]) - 24 * HOUR
                a, b = np.searchsorted(self.built, [start - least - 48 * HOUR, end - least + 48 * HOUR])
                u = np.arange(a, b)
                t = self.at(k, r, u)
                u, t = u[(t >= start) & (t < end)], t[(t >= start) & (t < end)]
                unit.append(u)
                when.append(t)
                kind.append(np.full(len(u), k, np.int8))
                more.append(np.full(len(u), r, np.int32))
        for k, later in ((9, 0), (10, 4 * DAY), (11, 5 * DAY)):
            t = self.failed_at + later
            of = np.flatnonzero((t >= start) & (t < end))
            unit.append(self.failing[of])
            when.append(t[of])
            kind.append(np.full(len(of), k, np.int8))
            more.append(of.astype(np.int32))
        u, k, t, m = (np.concatenate(c) for c in (unit, kind, when, more))
        if not len(u):
            return None
        order = np.argsort(u * (1 << 32) + (t - start) // 1_000_000 * 16 + k)
        u, k, t, m = u[order], k[order], t[order], m[order]
        lots = self._nested(u[k == 1], start)
        return self._table(u, k, t, m, lots)

    def direct(self, place: int, u: np.ndarray) -> np.ndarray:
        """The number of the lot in a place of machines."""
        size = self.sizes[place]
        straggle = np.where(((u * 2654435761 + place * 97) & 1023) < 31, ((u >> 3) & 1) + 1, 0)
        return np.maximum(u // size - straggle, 0)

    def scattered(self, place: int, u: np.ndarray) -> np.ndarray:
        """The same for lots that go to machines of the whole year."""
        return ((u * 0x9E3779B1 + place * 7919) >> 7) % self.scatter

    def _table(self, u: np.ndarray, k: np.ndarray, t: np.ndarray, m: np.ndarray, nested: pa.Table | None) -> pa.Table:
        n = len(u)

        def some(names: pa.Array | list[str], codes: np.ndarray) -> pa.DictionaryArray:
            texts = names if isinstance(names, pa.Array) else pa.array(names)
            return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32), mask=codes < 0), texts)

        def where(kinds: tuple[int, ...], codes: np.ndarray) -> np.ndarray:
            return np.where(np.isin(k, kinds), codes, -1)

        model = self.model[u].astype(np.int32)
        market = self.market[u].astype(np.int32)
        failure = np.isin(k, (9, 10, 11))
        place = np.zeros(n, np.int32)
        place[failure] = self.failed_place[m[failure]]
        spare = np.unique(u[k == 11] // 50)
        sold = np.flatnonzero(k == 6)
        ref_code = np.full(n, -1, np.int32)
        first = 0
        ref_names = []
        for prefix, rows in (("WO", np.flatnonzero(k == 0)), ("SO", np.flatnonzero(np.isin(k, (3, 4)))),
                             ("CL", np.flatnonzero(k == 10))):  # fmt: skip
            numbers, at = np.unique(u[rows] // (5 if prefix == "SO" else 1), return_inverse=True)
            ref_code[rows] = first + at.ravel()
            ref_names.append(named(prefix, numbers))
            first += len(numbers)
        parties = [f"D-{c}" for c in MARKETS] + [f"SP-{c}" for c in MARKETS]
        party = np.where(k == 5, market, np.where(k == 7, market + len(MARKETS), -1)).astype(np.int32)
        party[sold] = len(parties) + np.arange(len(sold))
        quantity = np.where(k == 8, (m + 1) * 150.0 + self.lag[u], np.where(k == 9, 400.0 + 10 * (u % 97), 0.0))
        amount = np.where(k == 6, 1000.0 + 37 * (u % 2477), np.where(k == 10, 100.0 + u % 800, 0.0))
        parts = [f"M{i}" for i in range(24)] + [f"P{i}" for i in range(DIRECT)]
        columns: dict[str, pa.Array] = {
            "kind": some(list(KINDS), k.astype(np.int32)),
            "event_time": pa.array(t, pa.timestamp("us", "UTC")),
            "record_time": pa.array(t, pa.timestamp("us", "UTC")),
            "machine": pa.DictionaryArray.from_arrays(pa.array(u.astype(np.int32)), self.serials),
            "part": some(parts, np.where(k == 0, model, np.where(failure, 24 + place, -1))),
            "component": some([f"place {i}" for i in range(DIRECT)], where((11,), place)),
            "lot": some(named("SPARE", spare), np.where(k == 11, np.searchsorted(spare, u // 50), -1)),
            "place": some(["L1", "STORE", "CNSHA"], np.select([k == 0, k == 3, k == 4], [0, 1, 2], -1)),
            "market": some(list(MARKETS), where((4, 5, 6, 7), market)),
            "party": some(pa.concat_arrays([pa.array(parties), named("C", u[sold])]), party),
            "ref": some(pa.concat_arrays(ref_names), ref_code),
            "code": some(["dealer"], where((6,), 0 * k)),
            "disposition": some(["conformant"], where((2,), 0 * k)),
            "quantity": pa.array(quantity, mask=~np.isin(k, (8, 9))),
            "amount": pa.array(amount, mask=~np.isin(k, (6, 10))),
            "currency": some(["CNY"], where((6, 10), 0 * k)),
            "components": self._components(u, k),
        }
        table = pa.table(columns)
        if nested is not None:
            table = pa.concat_tables([table, nested], promote_options="default").combine_chunks()
        numbers = pa.array(np.arange(self.seq, self.seq + table.num_rows))
        self.seq += table.num_rows
        one = pa.DictionaryArray.from_arrays(pa.array(np.zeros(table.num_rows, np.int32)), pa.array(["maker"]))
        return table.append_column("source", one).append_column("seq", numbers)

    def _components(self, u: np.ndarray, k: np.ndarray) -> pa.Array:
        """40 pieces for every machine that is assembled."""
        built = u[k == 1]
        width = DIRECT + SCATTERED + 1
        grid = np.empty((len(built), width), np.int32)
        names, first = [], 0
        for place in range(width):
            if place < DIRECT:
                prefix, numbers = f"P{place}", self.direct(place, built)
            elif place < DIRECT + SCATTERED:
                prefix, numbers = f"P{place}", self.scattered(place, built)
            else:
                prefix, numbers = "PACK", built // self.pack_size
            there, at = np.unique(numbers, return_inverse=True)
            grid[:, place] = first + at.ravel()
            names.append(named(prefix, there))
            first += len(there)
        return lists(
            np.where(k == 1, width, 0),
            np.tile(np.arange(width, dtype=np.int32), len(built)),
            [f"place {i}" for i in range(width - 1)] + ["pack"],
            [f"P{i}" for i in range(width - 1)] + ["PACK"],
            pa.DictionaryArray.from_arrays(pa.array(grid.ravel()), pa.concat_arrays(names)),
        )

    def _nested(self, built: np.ndarray, start: int) -> pa.Table | None:
        """The packs first used by these machines, of cells and a BMS lot; cells of powder; powder of one raw lot."""
        packs = np.unique(built // self.pack_size)
        packs = packs[packs * self.pack_size >= built.min()] if len(built) else packs
        if not len(packs):
            return None
        cells = np.unique(np.concatenate([packs * 2, packs * 2 + 1]))
        powders = np.unique(cells // 12)
        raws = powders[powders < self.raw_powders]
        lot = pa.concat_arrays([named("PACK", packs), named("CELL", cells), named("POWDER", raws)])
        counts = np.repeat([3, 1, 1], [len(packs), len(cells), len(raws)])
        inner = [
            np.stack([packs * 2, packs * 2 + 1, packs // 4], axis=1).ravel(), cells // 12, np.zeros(len(raws), np.int64)
        ]  # fmt: skip
        place = np.concatenate([
            np.tile([0, 1, 2], len(packs)), np.full(len(cells), 3), np.full(len(raws), 4)
        ])  # fmt: skip
        prefix = np.array(["CELL", "CELL", "BMS", "POWDER", "RAW"])[place]
        texts = pa.array([f"{p}-{n}" for p, n in zip(prefix, np.concatenate(inner).tolist(), strict=True)])
        when = max(T0 + int(packs[0] * self.pack_size * (YEAR / self.machines)) - 4 * HOUR, start)
        n = len(lot)
        return pa.table({
            "kind": pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, np.int32)), pa.array(["assembling"])),
            "event_time": pa.array(np.full(n, when), pa.timestamp("us", "UTC")),
            "record_time": pa.array(np.full(n, when), pa.timestamp("us", "UTC")),
            "lot": lot.dictionary_encode(),
            "components": lists(counts, place.astype(np.int32), ["cell a", "cell b", "bms", "powder", "raw"],
                                ["CELL", "CELL", "BMS", "POWDER", "RAW"], texts.dictionary_encode()),
        })  # fmt: skip


def lists(
    counts: np.ndarray, place: np.ndarray, components: list[str], parts: list[str], lots: pa.DictionaryArray
) -> pa.Array:
    """Lists of pieces: so many a row (none where 0), each with its place's component and part, and its lot."""
    flat = pa.StructArray.from_arrays(
        [*(pa.DictionaryArray.from_arrays(pa.array(place), pa.array(names)) for names in (components, parts)), lots],
        names=["component", "part", "lot"],
    )
    ends = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), flat, mask=pa.array(counts == 0))


def furnish(thread: Thread) -> None:
    """The given tables that views join."""
    zero = {"latitude": 0.0, "longitude": 0.0, "home": False, "currency": "CNY", "region": "R"}
    climates = ("hot", "temperate", "cold")
    thread.put(MARKETS_SPEC, MARKETS_SPEC.rows([
        {"market": m, "name": m, "climate": climates[i % 3], "depot": m, **zero} for i, m in enumerate(MARKETS)
    ]))  # fmt: skip
    size = {
        "length_m": 1.0,
        "width_m": 1.0,
        "height_m": 1.0,
        "mass_kg": 1.0,
        "price": 1.0,
        "currency": "CNY",
        "hs": "8432",
    }
    thread.put(
        MODELS_SPEC,
        MODELS_SPEC.rows([{"model": f"M{i}", "name": "m", "family": f"F{i % 4}", **size} for i in range(24)]),
    )
    part = {
        "name": "p", "system": "s", "source": "buy", "supplier": "S", "lead_days": 1, "lot_least": 0.0,
        "lot_multiple": 1.0, "scrap": 0.0, "cost": 1.0, "currency": "CNY",
    }  # fmt: skip
    names = [f"P{j}" for j in range(DIRECT + SCATTERED)] + ["PACK", "CELL", "BMS", "POWDER", "RAW"]
    thread.put(PARTS_SPEC, PARTS_SPEC.rows([{"part": p, "spare": p[1:].isdigit(), **part} for p in names]))
