from __future__ import annotations

import json
from collections import Counter
from datetime import date
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
        ("bluebook_small.csv", "bluebook"),
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
        "repairers": None,
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
    ratios, options, cars, line = load_preset("roadef", SMALL / "roadef_small")
    assert ratios.table is not None
    assert ratios.table.drop_columns(["line"]).to_pylist() == [
        {"option": "HPRC1", "at_most": 1, "out_of": 3, "priority": 1},
        {"option": "LPRC1", "at_most": 2, "out_of": 5, "priority": 2},
    ]
    assert options.table is not None
    assert {o: json.loads(v) for _, o, v in (r.values() for r in options.table.to_pylist())} == {
        "goals": "must colour",
        "batch_limit": 10,
        "open_end": True,
        "today": "2003-09-18",
    }
    assert line.table is not None
    assert line.table.to_pylist()[0]["slots_per_day"] == 5
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


VEHICLES = "Date;SeqRank;Ident;Paint Color;A;B;"


def _renault(folder: Path, vehicles: list[str], **files: str) -> Path:
    """A folder as Renault gives it, with these vehicles."""
    folder.mkdir(exist_ok=True)
    given = {
        "ratios": "Ratio;Prio;Ident;\n1/2;1;A;\n1/3;0;B;",
        "paint_batch_limit": "limitation;\n10;",
        "optimization_objectives": "rank;objective name;\n1;paint_color_batches;\n2;low_priority_level_ratio_constraints;",
    } | files
    for name, text in given.items():
        (folder / f"{name}.txt").write_text(text + "\n")
    (folder / "vehicles.txt").write_text("\n".join([VEHICLES, *vehicles]) + "\n")
    return folder


def test_a_day_before_that_is_absent_or_unsorted_is_said(tmp_path: Path) -> None:
    day = [f"2003 38 4;{at};2003380400{at:04d};1;0;0;" for at in (1, 2, 3, 4)]
    cars = load_preset("roadef", _renault(tmp_path / "alone", day))[2]
    assert cars.notes[-1] == "no day before the last: option windows and paint begin empty"
    assert [e["ref"] for e in _events((cars,))] == [f"alone:2003380400{at:04d}" for at in (1, 2, 3, 4)]
    before = ["2003 38 3;9;B9;2;1;0;", "2003 38 3;8;B8;2;0;0;", "2003 38 3;8;B7;2;0;0;"]
    cars = load_preset("roadef", _renault(tmp_path / "mixed", [*before, *day]))[2]
    assert cars.notes[-1] == "the cars of 2003-09-17 do not stand in the order of their ranks: they are read by rank"
    assert [e["ref"] for e in _events((cars,))][:2] == ["mixed:B8", "mixed:B9"]
    assert cars.rejected.select(["line", "column", "value", "reason"]).to_pylist() == [
        {"line": 4, "column": "SeqRank", "value": "8", "reason": "is a rank that stands twice on its day"}
    ]


def test_a_renault_folder_with_bom_crlf_and_any_script(tmp_path: Path) -> None:
    vehicles = [
        "2003 38 3;9;车-1;红;1;0;",
        "2003 38 4;1;Ä1;أحمر;0;1;",
        *[f"2003 38 4;{k};K{k};1;0;0;" for k in (2, 3, 4)],
    ]
    plain = load_preset("roadef", _renault(tmp_path / "a", vehicles))
    folder = _renault(tmp_path / "b", vehicles)
    for path in folder.iterdir():
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    marked = load_preset("roadef", folder)
    assert [one.good for one in marked] == [one.good for one in plain] == [2, 4, 5, 1]
    assert [e["details"] for e in _events((marked[2],))] == [e["details"] for e in _events((plain[2],))]


def test_what_is_wrong_in_a_renault_folder_is_located(tmp_path: Path) -> None:
    vehicles = [
        "2003 38 4;1;K1;1;1,0;0;", "2003 38 4;2;K2;;0;0;", "2003 99 4;3;K3;1;0;0;", "2003 38 4;4;K4;1;0;0;",
    ]  # fmt: skip
    ratios = "Ratio;Prio;Ident;\n1/2;1;A;\n3/2;1;B;\n1/9;1;C;\n1,5/2;1;D;\n1/1;0;E;"
    loaded = load_preset("roadef", _renault(tmp_path / "odd", vehicles, ratios=ratios))
    assert [
        tuple(r.values()) for r in loaded[2].rejected.select(["line", "column", "value", "reason"]).to_pylist()
    ] == [
        (2, "A", "1,0", "is neither 0 nor 1"),
        (3, "Paint Color", "", "has no paint colour"),
        (4, "Date", "2003 99 4", "has no date"),
    ]
    assert [tuple(r.values()) for r in loaded[0].rejected.select(["line", "value", "reason"]).to_pylist()] == [
        (3, "3/2", "allows more cars than slots"),
        (4, "1/9", "is longer than the day of 3 cars"),
        (5, "1,5/2", "is no ratio"),
    ]
    assert loaded[0].notes == ("E 1/1 forbids nothing and is left out",)
    goals = "rank;objective name;\n1;speed;\n2;paint_color_batches;\n3;paint_color_batches;"
    broken = _renault(tmp_path / "none", [], paint_batch_limit="limitation;\n10,5;", optimization_objectives=goals)
    with pytest.raises(DataRejected) as refused:
        load_preset("roadef", broken)
    assert [b.what for b in refused.value.breaches] == [
        "speed is no objective with a rank",
        "paint_color_batches stands twice",
        "a paint batch limit of 10,5 is no whole number",
        "vehicles.txt holds no vehicle with a date",
    ]
    assert refused.value.breaches[2].at == "none/paint_batch_limit.txt, line 2"


def test_a_renault_day_is_sequenced_from_its_files(tmp_path: Path) -> None:
    """Two reds and two blues behind a blue of the day before: blue goes on, one change is the least."""
    from smilecurve.app.taking import take
    from smilecurve.loop.run import run_desk
    from smilecurve.terms.tables import table
    from smilecurve.thread.store import open_thread

    before = ["2003 38 3;9;B9;blue;1;0;"]
    colours = [("red", 1), ("blue", 1), ("red", 0), ("blue", 0)]
    day = [f"2003 38 4;{at};K{at};{colour};{a};0;" for at, (colour, a) in enumerate(colours, 1)]
    with open_thread(tmp_path / "thread") as thread:
        for one in load_preset("roadef", _renault(tmp_path / "renault", [*before, *day])):
            take(thread, one, "renault")
        ran = run_desk(thread, "line.sequence")
        rows = thread.rows_of(ran.decision).sort_by("slot").to_pylist()
        basis = json.loads(thread.view(table("decisions")).to_pylist()[0]["basis"])
    assert [row["colour"] for row in rows] == ["blue", "blue", "red", "red"]
    assert (ran.status, {row["late_days"] for row in rows}) == ("best", {0})
    assert (basis["figures"]["goal_colour"], basis["figures"]["tail_machines"]) == (1.0, 1.0)


def test_every_roadef_instance(shared_data: Path) -> None:
    folders = [p.parent for p in (shared_data / "line" / "carseq" / "roadef2005").glob("*/*/vehicles.txt")]
    assert len(folders) >= 26
    for folder in folders:
        cars = sum(1 for line in (folder / "vehicles.txt").read_text().splitlines()[1:] if line.strip(" ;"))
        loaded = load_preset(str(detect(folder)), folder)
        assert (loaded[2].good, [one.rejected_rows for one in loaded]) == (cars, [0, 0, 0, 0])


def test_csplib_by_hand(tmp_path: Path) -> None:
    """The ten cars of CSPLib prob001's own example: six classes, five options, 1/2 2/3 1/3 2/5 1/5."""
    path = tmp_path / "ten.txt"
    rows = ["0 1 1 0 1 1 0", "1 1 0 0 0 1 0", "2 2 0 1 0 0 1", "3 2 0 1 0 1 0", "4 2 1 0 1 0 0", "5 2 1 1 0 0 0"]
    path.write_text("% example\n10 5 6\n1 2 1 2 1\n2 3 3 5 5\n" + "\n".join(rows) + "\n")
    assert detect(path) == "csplib_cars"
    loaded = load_preset("csplib_cars", path)
    _sound(loaded)
    ratios, cars, _, _ = loaded
    assert ratios.table is not None
    assert [f"{r['at_most']}/{r['out_of']}" for r in ratios.table.to_pylist()] == ["1/2", "2/3", "1/3", "2/5", "1/5"]
    demand = Counter(o for e in _events((cars,)) for o in json.loads(str(e["details"]))["options"].split())
    assert (cars.good, demand) == (10, {"O1": 5, "O2": 6, "O3": 3, "O4": 4, "O5": 2})
    path.write_text("9 5 6\n1 2 1 2 1\n2 3 3 5 5\n" + "\n".join(rows) + "\n")
    with pytest.raises(DataRejected, match=r"ten\.txt announces 9 cars in 6 classes and lists others"):
        load_preset("csplib_cars", path)
    path.write_text("10 5 6\n2 2 1 2 1\n2 3 13 5 5\n" + "\n".join([*rows[:-1], "5 2 2 1 0 0 0"]) + "\n")
    with pytest.raises(DataRejected) as refused:
        load_preset("csplib_cars", path)
    assert [b.what for b in refused.value.breaches] == [
        "class 5 has option mark 2",
        "option 1 allows 2 cars in 2 slots, which forbids nothing",
        "the block of option 3, 13 slots, is longer than the day of 10 cars",
    ]


def test_every_csplib_file(shared_data: Path) -> None:
    files = sorted((shared_data / "line" / "carseq" / "csplib001").glob("*/*.txt"))
    assert len(files) == 90
    for path in files:
        assert detect(path) == "csplib_cars"
        _, cars, _, _ = load_preset("csplib_cars", path)
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


def test_bluebook_by_hand(tmp_path: Path) -> None:
    """Made in the middle of 2004, sold on 16 November 2006: 868 days, 28.52 months. No meter is one of 0 hours.

    Five sales of ten wait: two without a year (one of them below 0 too), one free, one sold before it was made, one on
    a day that is none. A meter of 2,483,300 hours cannot be; the sale can.
    """
    (sales,) = load_preset("bluebook", SMALL / "bluebook_small.csv")
    assert sales.target == "auction_sales"
    rows = {row["sale"]: row for row in sales.rows.to_pylist()}
    assert sorted(rows) == ["900001", "900002", "900003", "900004", "900010"]
    first = rows["900001"]
    assert first["age_months"] == pytest.approx(868 / 30.4375)
    told = ("machine", "model", "family", "market", "sold", "hours", "grade", "price", "price_new", "currency")
    assert tuple(first[name] for name in told) == (
        *("7001", "921F", "Wheel Loader", "US", date(2006, 11, 16), 68.0, None, 66000.0, None, "USD"),
    )
    assert [rows[s]["hours"] for s in ("900003", "900004", "900010")] == [None, None, None]
    assert (sales.good, sales.rejected_rows) == (5, 5)
    assert [(r["line"], r["column"], r["reason"]) for r in sales.rejected.to_pylist()] == [
        (6, "YearMade", "is no year"),
        (7, "SalePrice", "is no price"),
        (8, "SalePrice", "is below 0"),
        (8, "YearMade", "is no year"),
        (9, "YearMade", "lies after the sale"),
        (10, "saledate", "is no day of the calendar"),
    ]
    quarantine, out, taken = Quarantine(tmp_path / "q"), tmp_path / "out.csv", list[Loaded]()
    assert quarantine.keep(sales) == 5
    quarantine.export(out)
    out.write_text(out.read_text("utf-8").replace('"1000","","","5/19', '"2001","","","5/19'), "utf-8")
    assert quarantine.replay(out, taken.append).mended == 1
    assert [part.rows.column("sale").to_pylist() for part in taken if part.good] == [["900005"]]
    unpriced = tmp_path / "Test.csv"
    unpriced.write_text("SalesID,MachineID,YearMade,saledate,fiModelDesc\n1,2,2000,5/1/2012 0:00,D6\n", "utf-8")
    with pytest.raises(DataRejected, match=r"Test\.csv has no column SalePrice"):
        load_preset(str(detect(unpriced)), unpriced)


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
    assert set(PRESETS) == {"inventree", "amazon", "assembly_lines", "roadef", "csplib_cars", "lifetrac", "bluebook"}


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
