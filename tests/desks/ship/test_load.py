"""ship.load: hand arithmetic, the Bischoff-Ratcliff instances, stable loads, refusals."""

from __future__ import annotations

import csv
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.ship.load import load_containers
from smilecurve.solve.loading import Boxes, Room, pack_room
from smilecurve.terms.decision import Decision
from smilecurve.terms.errors import DataRejected
from smilecurve.terms.tables import TABLES

Row = dict[str, object]


def unit(machine: str, size: tuple[float, float, float], mass: float, market: str = "ID", model: str = "M") -> Row:
    row: Row = {"machine": machine, "model": model, "sales_order": None, "market": market, "place": "yard"}
    row |= {"ready": date(2023, 7, 3), "mass_kg": mass}
    return row | dict(zip(("length_m", "width_m", "height_m"), size, strict=True))


def container(code: str, size: tuple[float, float, float], payload: float, cost: float = 1.0) -> Row:
    row: Row = {"container": code, "name": code, "payload_kg": payload, "open": False, "cost": cost}
    return row | dict(zip(("length_m", "width_m", "height_m"), size, strict=True))


def load(units: list[Row], containers: list[Row], **options: object) -> Decision:
    suspect = TABLES["campaign_machines"].rows(options.pop("suspect", []))  # type: ignore[arg-type]
    return load_containers(TABLES["ship_units"].rows(units), TABLES["containers"].rows(containers), suspect, **options)  # type: ignore[arg-type]


BOX = container("40", (12.0, 2.3, 2.4), 26000.0)


def test_by_hand() -> None:
    """Five machines 4.0 x 2.0 x 2.3 m of 6 t: no two fit side by side, so three stand in a row of 12 m, 18 t of 26 t.

    5 x 4 m / 12 m = 1.67: at least two containers. A rack of 14 m that carries 30 t and costs 1.5 would take three as well,
    so two boxes are best: cost 2, bound 2. A full row fills 3 x 18.4 / 66.24 m3 = 83 %. The two others stand from 2 m on,
    which puts their centre of mass in the middle.
    """
    units = [unit(f"M-{i}", (4.0, 2.0, 2.3), 6000.0) for i in range(5)]
    got = load(units, [BOX, container("rack", (14.0, 2.3, 2.4), 30000.0, 1.5)])
    rows = got.rows.to_pylist()
    assert [r["load"] for r in rows] == ["ID-001"] * 3 + ["ID-002"] * 2
    assert sorted(r["x_m"] for r in rows[:3]) == [0.0, 4.0, 8.0]
    assert sorted(r["x_m"] for r in rows[3:]) == [2.0, 6.0]
    assert rows[0]["volume_fill"] == pytest.approx(55.2 / 66.24)
    assert rows[0]["mass_fill"] == pytest.approx(18 / 26)
    assert (got.proof.value, got.proof.against, got.status) == (2.0, 2.0, "best")
    assert load_containers.sentence(rows[0]) == "0.00 m from the front of ID-001: 83% of volume, 69% of payload used"


def test_weight_binds_before_volume() -> None:
    """Light in size, heavy in mass: 3 of 9 t would weigh 27 t of 26 t, so two go together."""
    got = load([unit(f"M-{i}", (2.0, 2.0, 1.0), 9000.0) for i in range(3)], [BOX])
    assert [r["load"] for r in got.rows.to_pylist()] == ["ID-001"] * 2 + ["ID-002"]
    assert got.rows.column("reason").to_pylist() == ["heavy", "heavy", "alone"]
    assert got.proof.against == 2.0


def test_what_is_promised_sooner_is_loaded_sooner() -> None:
    """Four alike, three go into the first container: the one whose order has the latest promise is left for the second."""
    units = [unit(f"M-{i}", (4.0, 2.0, 2.3), 6000.0) | {"sales_order": f"SO-{i}"} for i in range(4)]
    promise: Row = {"model": "M", "market": "ID", "quantity": 1, "ready": date(2023, 7, 3), "p50": date(2023, 8, 1)}
    promise |= {"p95": date(2023, 9, 30), "from_stock": 1, "late_days": 0, "binding": "stock", "reason": "x"}
    promised = [promise | {"sales_order": f"SO-{i}", "p80": date(2023, 8, 20 - i)} for i in range(4)]
    got = load(units, [BOX], promises=TABLES["promises"].rows(promised))
    assert {r["machine"]: r["load"] for r in got.rows.to_pylist()}["M-0"] == "ID-002"


def test_a_machine_that_holds_a_suspect_lot_does_not_leave() -> None:
    held: Row = {"machine": "M-1", "model": "M", "part": "P", "lot": "7C41", "status": "stock", "done": False}
    units = [unit("M-1", (1.0, 1.0, 1.0), 10.0), unit("M-2", (1.0, 1.0, 1.0), 10.0)]
    got = load(units, [BOX], suspect=[held])
    assert [r["machine"] for r in got.rows.to_pylist()] == ["M-2"]
    assert [c.what for c in got.clash] == ["M-1 holds the suspect lot 7C41"]
    mended = load(units, [BOX], suspect=[held | {"done": True}])
    assert [r["machine"] for r in mended.rows.to_pylist()] == ["M-1", "M-2"]


def test_markets_never_share_a_container_and_misfits_are_named() -> None:
    units = [unit("M-1", (1.0, 1.0, 1.0), 10.0), unit("M-2", (1.0, 1.0, 1.0), 10.0, "VN")]
    got = load([*units, unit("M-3", (13.0, 1.0, 1.0), 10.0)], [BOX])
    assert {(r["market"], r["load"]) for r in got.rows.to_pylist()} == {("ID", "ID-001"), ("VN", "VN-001")}
    assert [c.what for c in got.clash] == ["M-3 (13 x 1 x 1 m, 10 kg) fits into no container"]
    assert got.status == "good"


def test_meets_published_results(shared_data: Path) -> None:
    """Bischoff & Ratcliff (1995), cases 1-10 of classes BR1, BR3 and BR7 (container 587 x 233 x 220 cm).

    Best known means of packingsolver, which lets boxes hang over, are 96 %; ours, every box fully supported, at least 90, 89
    and 87 % after 200 packings. No fill exceeds what is best known.
    """
    best = {}
    for row in csv.DictReader((shared_data / "serve" / "container" / "best_known.csv").read_text().splitlines()):
        best[row["class"], int(row["case"])] = float(row["best_utilisation"])
    for name, least in (("BR1", 0.90), ("BR3", 0.89), ("BR7", 0.87)):
        cases: dict[int, list[dict[str, str]]] = {}
        for row in csv.DictReader((shared_data / "serve" / "container" / f"{name}.csv").read_text().splitlines()):
            cases.setdefault(int(row["case"]), []).append(row)
        fills = []
        for case in range(1, 11):
            kinds = cases[case]
            boxes = Boxes.of(
                [[int(k[s]) for s in "lwh"] for k in kinds],
                [int(k["qty"]) for k in kinds],
                upright=[[k[f"{s}_up"] == "1" for s in "lwh"] for k in kinds],
            )
            room = Room(587, 233, 220)
            fill = pack_room(boxes, room, tries=200).volume / room.volume
            assert fill <= best[name, case] + 1e-9
            fills.append(fill)
        assert np.mean(fills) >= least, name


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.2, 3.0), st.floats(0.2, 2.2), st.floats(0.2, 2.3), st.floats(5, 9000), st.integers(1, 6)),
        min_size=1,
        max_size=4,
    )
)
def test_holds_its_laws(kinds: list[tuple[float, float, float, float, int]]) -> None:
    """Every machine travels once, inside, apart from the others, supported, within payload; heavy ones on the floor."""
    units = [
        unit(f"M-{i}-{n}", (length, width, height), mass, model=f"K{i}")
        for i, (length, width, height, mass, count) in enumerate(kinds)
        for n in range(count)
    ]
    got = load(units, [BOX, container("20", (5.9, 2.3, 2.4), 21000.0, 0.6)], tries=4)
    given = {u["machine"]: u for u in units}
    rows = got.rows.to_pylist()
    assert sorted(r["machine"] for r in rows) == sorted(given)
    assert got.proof.against <= got.proof.value + 1e-9
    loads: dict[str, list[tuple[np.ndarray, np.ndarray, Row]]] = {}
    for row in rows:
        length, width, height = (given[row["machine"]][k] for k in ("length_m", "width_m", "height_m"))
        size = np.array([width, length, height] if row["turned"] else [length, width, height])
        low = np.array([row["x_m"], row["y_m"], row["z_m"]])
        inside = np.array([12.0 if row["container"] == "40" else 5.9, 2.3, 2.4])
        assert (low >= 0).all()
        assert (low + size <= inside + 1e-9).all()
        if given[row["machine"]]["mass_kg"] > 120.0:
            assert row["z_m"] == 0
        loads.setdefault(row["load"], []).append((low, low + size, row))
    for placed in loads.values():
        assert placed[0][2]["load_kg"] <= (26000.0 if placed[0][2]["container"] == "40" else 21000.0)
        for (a, b), (c, d) in product([(p[0], p[1]) for p in placed], repeat=2):
            if a is not c:
                assert (np.minimum(b, d) <= np.maximum(a, c) + 1e-9).any()


def test_refuses_bad_data() -> None:
    with pytest.raises(DataRejected) as caught:
        load([unit("M-1", (1.0, 1.0, 1.0), -5.0)], [BOX])
    assert str(caught.value) == ("mass_kg -5.0 is below 0\n  at: ship_units.mass_kg, row 1\n  do: keep it >= 0 kg")
    with pytest.raises(DataRejected) as caught:
        load([unit("M-1", (1.0, 1.0, 1.0), 5.0)], [BOX | {"cost": 0.0}])
    assert str(caught.value) == (
        "container 40 costs nothing\n  at: containers.cost, row 1\n  do: give its cost against a 40-foot container = 1"
    )
