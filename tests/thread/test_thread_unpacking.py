"""An unpacked copy says what its file says, and can be thrown away."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.terms.tables import TABLES
from smilecurve.thread import unpacking
from smilecurve.thread.store import Thread, open_thread
from smilecurve.thread.unpacking import Unpacked, packed, unpack

UNIT = pa.schema([("unit", pa.int32()), ("machine", pa.string())])
SWAP = pa.schema([("unit", pa.int32()), ("since", pa.timestamp("us")), ("kind", pa.string()), ("lot", pa.string())])
names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=6)


def asked(path: Path, tbl: str, keys: list[int] | list[str], kinds: pa.Schema) -> list[dict[str, object]] | None:
    """What a copy of the file says of the keys; None where it has none."""
    if not unpack(path, tbl, path.with_suffix(".arrow")):
        return None
    found = Unpacked(path.with_suffix(".arrow")).of(keys)
    return [] if found is None else packed([found], kinds).to_pylist()


@settings(max_examples=60, deadline=None)
@given(st.sets(names, max_size=8), st.sets(names, max_size=5))
def test_serials_are_found_by_halving(
    tmp_path_factory: pytest.TempPathFactory, there: set[str], wanted: set[str]
) -> None:
    """Of any length and in any letters; those that are not there are not found."""
    path = tmp_path_factory.mktemp("copy") / "unit.parquet"
    listed = sorted(there, key=str.encode)
    rows = [{"unit": n, "machine": m} for n, m in enumerate(listed)]
    pq.write_table(pa.Table.from_pylist(rows, schema=UNIT), path)
    keys = sorted(wanted | set(listed[::2]))
    told = asked(path, "unit", keys, UNIT)
    assert told is not None
    assert sorted(told, key=str) == sorted((r for r in rows if r["machine"] in keys), key=str)


@pytest.mark.parametrize("serials", [["B", "A"], ["A\0"], ["A" * 60], [None]])
def test_where_halving_would_err_there_is_no_copy(tmp_path: Path, serials: list[str]) -> None:
    rows = [{"unit": n, "machine": m} for n, m in enumerate(serials)]
    pq.write_table(pa.Table.from_pylist(rows, schema=UNIT), tmp_path / "unit.parquet")
    assert asked(tmp_path / "unit.parquet", "unit", ["A"], UNIT) is None


def test_several_rows_of_a_unit_many_and_few_texts(tmp_path: Path) -> None:
    rows = [
        {"unit": n // 3, "since": None, "pos": n, "kind": "replacing" if n % 2 else None, "component": "x", "part": f"P{n}",
         "lot": f"L{n}", "removed": None}
        for n in range(90)
    ]  # fmt: skip
    kinds = pa.schema([
        ("unit", pa.int32()), ("since", pa.timestamp("us")), ("pos", pa.int64()),
        *((c, pa.string()) for c in ("kind", "component", "part", "lot", "removed")),
    ])  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows, schema=kinds), tmp_path / "swap.parquet")
    told = asked(tmp_path / "swap.parquet", "swap", [3, 17, 99], SWAP)
    assert told == [{c: r[c] for c in SWAP.names} for r in rows if r["unit"] in (3, 17)]


def test_copies_come_and_go_with_their_files(small: Thread, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written with a seal, made again where they are missing, swept where their file is gone."""
    small.seal()
    held = small.containment("PU-1")
    copies = small.folder / "unpacked"
    assert not copies.exists()
    monkeypatch.setattr(unpacking, "LEAST", 1)
    with open_thread(small.place) as again:
        assert sorted(p.parent.name for p in copies.rglob("*.arrow")) == ["state", "swap", "unit"]
        assert again.containment("PU-1").equals(held)
        assert again.health(deep=True).ok
        (copies / "state" / "00000099-1-abc.arrow").write_bytes(b"nobody's")
        again.segments.sweep()
        assert len(list(copies.rglob("*.*"))) == 3
        again.append([{"kind": "decommissioning", "event_time": again.clock(), "machine": "M1"}])
        again.seal()
        assert len(list(copies.rglob("*.arrow"))) == 4
        statuses = dict(zip(*(again.containment("PU-1")[c].to_pylist() for c in ("machine", "status")), strict=True))
        assert statuses == {"M1": "scrap", "M2": "customer"}
        assert again.view(TABLES["machines"], where={"machine": "M1"})["status"].to_pylist() == ["scrap"]


def test_a_copy_that_is_not_whole_is_passed_over(small: Thread, monkeypatch: pytest.MonkeyPatch) -> None:
    small.seal()
    held = small.containment("PU-1")
    monkeypatch.setattr(unpacking, "LEAST", 1)
    with open_thread(small.place) as again:
        for copy in (again.folder / "unpacked").rglob("*.arrow"):
            copy.write_bytes(copy.read_bytes()[:40])
        assert again.containment("PU-1").equals(held)
