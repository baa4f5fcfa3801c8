from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from smilecurve.connect import PRESETS, Loaded, Quarantine, detect, load_preset
from smilecurve.connect.presets.amazon import REPORTS
from smilecurve.terms.errors import DataRejected, NotFound
from smilecurve.terms.event import EVENT_SCHEMA, KINDS
from smilecurve.terms.tables import TABLES

SMALL = Path(__file__).resolve().parents[1] / "data" / "connect"


def _events(loaded: tuple[Loaded, ...]) -> list[dict[str, object]]:
    (table,) = [one.events for one in loaded if one.events is not None]
    return list(table.to_pylist())


def _sound(loaded: tuple[Loaded, ...]) -> None:
    """Tables keep their contract; events have the columns their kind needs, an id each, and JSON objects as details."""
    for one in loaded:
        if one.table is not None:
            assert TABLES[one.target].breaches(one.table) == []
            assert one.table.schema == TABLES[one.target].schema
        else:
            assert one.events is not None
            assert one.events.schema.names == EVENT_SCHEMA.names
            ids = one.events.column("event_id").to_pylist()
            assert len(set(ids)) == len(ids)
            for event in one.events.to_pylist():
                assert all(event[need] is not None for need in KINDS[event["kind"]].needs), event
                assert event["details"] is None or isinstance(json.loads(event["details"]), dict)


def _same(a: tuple[Loaded, ...], b: tuple[Loaded, ...]) -> bool:
    return all(x.rows.equals(y.rows) and x.rejected.equals(y.rejected) for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize(
    ("name", "preset"),
    [
        ("inventree_small.json", "inventree"),
        ("roadef_small", "roadef"),
        ("three.alb", "assembly_lines"),
        ("three.IN2", "assembly_lines"),
        ("lifetrac_small.csv", "lifetrac"),
        ("amazon_orders.txt", "amazon"),
        ("amazon_returns.txt", "amazon"),
    ],
)
def test_each_source_is_recognised_sound_and_the_same_again(name: str, preset: str) -> None:
    assert detect(SMALL / name) == preset
    loaded = load_preset(preset, SMALL / name)
    _sound(loaded)
    assert _same(loaded, load_preset(preset, SMALL / name))


def test_inventree_by_hand() -> None:
    """Two serials, one inside the other, one bought lot; five tracking entries are five events."""
    loaded = load_preset("inventree", SMALL / "inventree_small.json")
    assert {one.target: one.good for one in loaded} == {"parts": 2, "bom": 1, "stocks": 1, "receipts": 0, "events": 5}
    events = _events(loaded)
    assert [e["kind"] for e in events] == ["inspecting", "commissioning", "commissioning", "installing", "shipping"]
    installed = events[3]
    assert (installed["machine"], installed["lot"], installed["component"]) == ("GB-1:1", "Shaft:1", "Shaft 1")
    assert (events[4]["machine"], events[4]["party"]) == ("GB-1:1", "Customer B")
    assert events[0]["lot"] == "Shaft:B7"
    stock = loaded[2].table
    assert stock is not None
    assert stock.to_pylist() == [{"place": "Works/Shelf", "part": "Shaft", "lot": "Shaft:B7", "quantity": 40.0}]


def test_inventree_demo_set(shared_data: Path) -> None:
    """Published counts of the demo set: 414 parts, 228 lines, 299 serials, 28 installed, 1,076 tracking entries."""
    path = shared_data / "std" / "erp" / "inventree" / "inventree_demo_subset.json"
    loaded = load_preset("inventree", path)
    _sound(loaded)
    assert {one.target: one.good for one in loaded}.items() >= {"parts": 414, "bom": 228}.items()
    events = _events(loaded)
    kinds = Counter(e["kind"] for e in events)
    born = [e["machine"] for e in events if e["kind"] == "commissioning"]
    assert (len(born), len(set(born)), kinds["installing"]) == (299, 299, 28)
    assert sum(e["source"] == "inventree:tracking" for e in events) == 1076
    assert (kinds["sales_order"], kinds["work_order"]) == (13, 16)
    assert _same(loaded, load_preset("inventree", path))


def test_assembly_lines_by_hand() -> None:
    """4 + 5 + 6 = 15 s of work at a cycle of 10 s need 2 stations; one pair stands twice, one names task 9, one has no comma."""
    line, tasks, precedence = load_preset("assembly_lines", SMALL / "three.alb")
    assert line.table is not None
    assert line.table.to_pylist()[0] == {
        "line": "three",
        "name": "three",
        "takt_s": 10.0,
        "stations": 2,
        "slots_per_day": 2880,
        "shift_start_h": 0.0,
        "frozen_slots": 0,
    }
    assert tasks.table is not None
    assert tasks.table.column("time_s").to_pylist() == [4.0, 5.0, 6.0]
    assert precedence.good == 1
    assert sorted(precedence.rejected.column("reason").to_pylist()) == [
        "is no pair of tasks",
        "names a task that the file does not time",
        "stands twice",
    ]
    other = load_preset("assembly_lines", SMALL / "three.IN2")
    assert [one.target for one in other] == ["tasks", "precedence"]
    assert "made by hand" in other[0].notes
    assert other[1].good == 2


def test_all_classic_precedence_graphs(shared_data: Path) -> None:
    """Scholl's 25 graphs hold 7 to 297 tasks (Scholl 1993), each file without a bad line."""
    files = sorted((shared_data / "line" / "salbp" / "scholl_in2").glob("*.IN2"))
    counts = {}
    for path in files:
        tasks, precedence = load_preset("assembly_lines", path)
        assert (tasks.rejected_rows, precedence.rejected_rows) == (0, 0)
        counts[path.stem] = (tasks.good, precedence.good)
    assert len(counts) == 25
    assert (counts["MERTENS"][0], counts["BUXEY"][0], counts["SCHOLL"]) == (7, 29, (297, 423))


def test_otto_instances(shared_data: Path) -> None:
    folder = shared_data / "line" / "salbp" / "otto2013"
    for size, tasks in (("small", 20), ("medium", 50), ("large", 100)):
        for path in sorted((folder / size).glob("*.alb"))[:8]:
            loaded = load_preset("assembly_lines", path)
            _sound(loaded)
            assert loaded[0].table is not None
            assert loaded[0].table.column("takt_s").to_pylist() == [1000.0]
            assert (loaded[1].good, loaded[2].rejected_rows) == (tasks, 0)


def test_roadef_by_hand() -> None:
    ratios, options, cars = load_preset("roadef", SMALL / "roadef_small")
    assert ratios.table is not None
    assert ratios.table.drop_columns(["line"]).to_pylist() == [
        {"option": "HPRC1", "at_most": 1, "out_of": 3, "priority": 1},
        {"option": "LPRC1", "at_most": 2, "out_of": 5, "priority": 2},
    ]
    assert options.table is not None
    assert [json.loads(v) for v in options.table.column("value").to_pylist()] == [
        ["high_priority_level_and_easy_to_satisfy_ratio_constraints", "paint_color_batches"],
        10,
    ]
    told = [json.loads(str(e["details"])) for e in _events((cars,))]
    assert told[0] == {
        "colour": "1",
        "options": "HPRC1",
        "due": "2003-09-17",
        "rank": 499,
        "day": "2003 38 3",
        "fixed": True,
    }
    assert not told[1]["fixed"]
    assert sorted(cars.rejected.column("reason").to_pylist()) == ["has no number or rank", "stands twice"]


def test_every_roadef_instance(shared_data: Path) -> None:
    folders = [p.parent for p in (shared_data / "line" / "carseq" / "roadef2005").glob("*/*/vehicles.txt")]
    assert len(folders) >= 26
    for folder in folders:
        cars = sum(1 for line in (folder / "vehicles.txt").read_text().splitlines()[1:] if line.strip(" ;"))
        loaded = load_preset(str(detect(folder)), folder)
        assert (loaded[2].good, [one.rejected_rows for one in loaded]) == (cars, [0, 0, 0])


def test_csplib_by_hand(tmp_path: Path) -> None:
    """The ten cars of CSPLib prob001's own example: six classes, five options, 1/2 2/3 1/3 2/5 1/5."""
    path = tmp_path / "ten.txt"
    rows = ["0 1 1 0 1 1 0", "1 1 0 0 0 1 0", "2 2 0 1 0 0 1", "3 2 0 1 0 1 0", "4 2 1 0 1 0 0", "5 2 1 1 0 0 0"]
    path.write_text("% example\n10 5 6\n1 2 1 2 1\n2 3 3 5 5\n" + "\n".join(rows) + "\n")
    assert detect(path) == "csplib_cars"
    loaded = load_preset("csplib_cars", path)
    _sound(loaded)
    ratios, cars = loaded
    assert ratios.table is not None
    assert [f"{r['at_most']}/{r['out_of']}" for r in ratios.table.to_pylist()] == ["1/2", "2/3", "1/3", "2/5", "1/5"]
    demand = Counter(o for e in _events((cars,)) for o in json.loads(str(e["details"]))["options"].split())
    assert (cars.good, demand) == (10, {"O1": 5, "O2": 6, "O3": 3, "O4": 4, "O5": 2})
    path.write_text("9 5 6\n1 2 1 2 1\n2 3 3 5 5\n" + "\n".join(rows) + "\n")
    with pytest.raises(DataRejected, match=r"ten\.txt announces 9 cars in 6 classes and lists others"):
        load_preset("csplib_cars", path)


def test_every_csplib_file(shared_data: Path) -> None:
    files = sorted((shared_data / "line" / "carseq" / "csplib001").glob("*/*.txt"))
    assert len(files) == 90
    for path in files:
        assert detect(path) == "csplib_cars"
        _, cars = load_preset("csplib_cars", path)
        assert cars.good in (10, 100, 200, 300, 400)


def test_lifetrac_by_hand(tmp_path: Path) -> None:
    """25 US gal = 94.635295 l; 10 lb = 4.5359237 kg; a pack of 100 is 100 pieces."""
    parts, bom = load_preset("lifetrac", SMALL / "lifetrac_small.csv")
    assert bom.table is not None
    got = {(r["component"], r["part"]): r["quantity"] for r in bom.table.to_pylist() if r["parent"] != "lifetrac-v25"}
    assert got == {
        ("A1", "round-tubing-5in-5in"): 2.0,
        ("A1 (2)", "round-tubing-5in-5in"): 4.0,
        ("gear-oil-vg-220-l", "gear-oil-vg-220-l"): 94.635295,
        ("solder-wire-sn99-kg", "solder-wire-sn99-kg"): 4.535924,
        ("rivets", "rivets"): 100.0,
        ("control-unit-cu-7", "control-unit-cu-7"): 1.0,
    }
    assert {r["line"]: r["reason"] for r in bom.rejected.to_pylist()} == {
        4: "is no quantity",
        8: "is a sum of money, not a part",
        10: "is a subtotal, not a part",
        11: "has no quantity",
    }
    assert parts.table is not None
    assert {r["part"]: r["cost"] for r in parts.table.to_pylist()}["control-unit-cu-7"] == 200.0
    quarantine = Quarantine(tmp_path / "q")
    assert quarantine.keep((parts, bom)) == 4
    out = tmp_path / "mend.csv"
    quarantine.export(out)
    out.write_text(out.read_text("utf-8").replace('"Variable"', '"3"'), "utf-8")
    taken: list[Loaded] = []
    assert quarantine.replay(out, taken.append).mended == 1
    assert [one.target for one in taken] == ["parts", "bom"]


def test_the_whole_lifetrac_list(shared_data: Path) -> None:
    """236 lines: every one is a part or named with its reason."""
    path = shared_data / "plan" / "ose_lifetrac" / "bom.csv"
    loaded = load_preset(str(detect(path)), path)
    _sound(loaded)
    bom = loaded[1]
    assert bom.rows_in == 236
    assert (bom.good, bom.rejected_rows) == (125, 111)
    assert bom.table is not None
    assert loaded[0].table is not None
    known = set(loaded[0].table.column("part").to_pylist())
    assert set(bom.table.column("part").to_pylist()) | set(bom.table.column("parent").to_pylist()) == known


def test_amazon_by_hand() -> None:
    """1,000.50 for two pieces is 500.25 each; a cancelled order is an order and its withdrawal."""
    (orders,) = load_preset("amazon", SMALL / "amazon_orders.txt")
    events = _events((orders,))
    assert Counter(e["kind"] for e in events) == {
        "sales_order": 3,
        "shipping": 2,
        "retail_selling": 2,
        "sales_order_cancelled": 1,
    }
    sold = [e for e in events if e["kind"] == "retail_selling"]
    assert [(e["machine"], e["amount"], e["currency"], e["market"], e["code"]) for e in sold] == [
        ("amz:111-1:PWR-1:1", 500.25, "EUR", "FR", "amazon_business"),
        ("amz:111-1:PWR-1:2", 500.25, "EUR", "FR", "amazon_business"),
    ]
    assert (orders.good, orders.rejected_rows) == (3, 2)
    assert [(r["line"], r["column"]) for r in orders.rejected.to_pylist()] == [
        (5, "purchase-date"),
        (5, "ship-country"),
        (5, "quantity"),
        (6, "market"),
    ]
    (returns,) = load_preset("amazon", SMALL / "amazon_returns.txt")
    (event,) = _events((returns,))
    assert (event["kind"], event["machine"], event["disposition"]) == ("receiving", "amz:111-1:PWR-1:1", "returned")
    assert json.loads(str(event["details"]))["customer-comments"] == "läuft nicht"


def test_amazon_columns_as_published(shared_data: Path) -> None:
    """Every report whose columns are published is recognised by its header, whatever the order of the columns."""
    path = shared_data / "std" / "channels" / "amazon-spapi" / "report-columns.json"
    published = json.loads(path.read_text("utf-8"))
    found = {
        name: [r for r, needed in REPORTS.items() if set(needed) <= set(told["columns"])]
        for name, told in published.items()
    }
    assert sorted(found.values()) == [["orders"], ["replacements"], ["returns"], ["unshipped"]]


def test_amazon_full_width_reports(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "std" / "channels" / "amazon-spapi" / "report-columns.json"
    filled = {"quantity": "1", "quantity-purchased": "1", "ship-country": "DE", "item-price": "9.99", "currency": "EUR"}
    for n, told in enumerate(json.loads(path.read_text("utf-8")).values()):
        cells = [filled.get(c, "2023-05-01T00:00:00+00:00" if c.endswith("-date") else "x") for c in told["columns"]]
        report = tmp_path / f"{n}.txt"
        report.write_text("\t".join(told["columns"]) + "\n" + "\t".join(cells) + "\n", "utf-8")
        (loaded,) = load_preset(str(detect(report)), report)
        assert (loaded.good, loaded.rejected_rows) == (1, 0)
        _sound((loaded,))


def test_refuses_bad_data(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no preset sap"):
        load_preset("sap", tmp_path)
    with pytest.raises(NotFound, match="there is no file"):
        load_preset("amazon", tmp_path / "none.txt")
    with pytest.raises(DataRejected, match=r"three\.alb is not the Open Source Ecology LifeTrac parts list"):
        load_preset("lifetrac", SMALL / "three.alb")
    bad = tmp_path / "bad.IN2"
    bad.write_text("3\n4\n5\n")
    with pytest.raises(DataRejected, match=r"bad\.IN2 announces 3 tasks and times 2"):
        load_preset("assembly_lines", bad)
    assert detect(tmp_path) is None
    assert set(PRESETS) == {"inventree", "amazon", "assembly_lines", "roadef", "csplib_cars", "lifetrac"}


def test_broken_exports_are_refused_in_words(tmp_path: Path) -> None:
    broken = tmp_path / "a.json"
    broken.write_text('[{"model": "stock.stockitem", "pk": 1, "fields": {"serial": "1"}}]')
    with pytest.raises(DataRejected, match=r"a\.json is no whole export: KeyError"):
        load_preset("inventree", broken)
    folder = tmp_path / "x"
    folder.mkdir()
    for name in ("vehicles.txt", "ratios.txt", "paint_batch_limit.txt", "optimization_objectives.txt"):
        (folder / name).write_text("a;b\n1;2\n")
    with pytest.raises(DataRejected) as refused:
        load_preset("roadef", folder)
    assert len(refused.value.breaches) == 10
    assert refused.value.breaches[0].what == "vehicles.txt lacks the column Date"
