from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pyarrow as pa
import pytest

from smilecurve.connect import Mapping, convert, parse_mapping, preview, propose, read_mapping, write_mapping
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.event import EVENT_SCHEMA
from smilecurve.terms.tables.supply import BOM, PARTS

PARTS_MAPPING = """
target = "parts"
[file]
decimal = ","
[columns]
part = { from = "Nr", aliases = ["Teilenummer"], prefix = "DE-" }
name = "Bezeichnung"
system = { constant = "hydraulics" }
source = { from = "Art", codes = { Kauf = "buy", Eigen = "make" } }
lead_days = { from = "Lieferzeit", unit = "weeks" }
lot_least = { constant = "0" }
lot_multiple = { constant = "0" }
scrap = { constant = "0" }
cost = "Preis"
currency = { from = "Waehrung", default = "EUR" }
mass_kg = { from = "Gewicht", unit = "lb" }
spare = { constant = "false" }
"""


def _file(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_by_hand(tmp_path: Path) -> None:
    """2 weeks = 14 days; 10 lb = 4.5359237 kg; 1.234,50 = 1234.5 with a decimal comma."""
    text = "Teilenummer;Bezeichnung;Art;Lieferzeit;Preis;Waehrung;Gewicht\nP1;Pumpe;Kauf;2;1.234,50;;10\n"
    loaded = convert(_file(tmp_path, "teile.csv", text), parse_mapping(PARTS_MAPPING))
    assert loaded.table is not None
    (row,) = loaded.table.to_pylist()
    assert row["part"] == "DE-P1"
    assert (row["source"], row["lead_days"], row["cost"], row["currency"]) == ("buy", 14, 1234.5, "EUR")
    assert row["mass_kg"] == pytest.approx(4.5359237)
    assert loaded.table.schema == PARTS.schema
    assert PARTS.breaches(loaded.table) == []


def test_every_breach_of_a_row_is_named(tmp_path: Path) -> None:
    text = (
        "Nr;Bezeichnung;Art;Lieferzeit;Preis;Waehrung;Gewicht\n"
        "P1;Pumpe;Kauf;2;10;EUR;1\n"
        "P2;;Miete;x;-1;TALER;\n"
        "P1;nochmal;Kauf;2;10;EUR;1\n"
        "P3;Rohr;Kauf\n"
    )
    loaded = convert(_file(tmp_path, "teile.csv", text), parse_mapping(PARTS_MAPPING))
    assert (loaded.good, loaded.rejected_rows, loaded.rows_in) == (1, 3, 4)
    told = {(r["line"], r["column"], r["value"]): r["reason"] for r in loaded.rejected.to_pylist()}
    assert told == {
        (3, "Bezeichnung", None): "is empty",
        (3, "Art", "Miete"): "is not a known code",
        (3, "Lieferzeit", "x"): "is not a number",
        (3, "Preis", "-1"): "is below 0",
        (3, "Waehrung", "TALER"): "is not an ISO 4217 code",
        (4, "Nr", "DE-P1"): "repeats the key of line 2",
        (5, "", "P3;Rohr;Kauf"): "has 3 cells, the header has 7: too few",
    }
    raw = [json.loads(r["raw"]) for r in loaded.rejected.to_pylist() if r["line"] == 3]
    assert raw[0] == {
        "Nr": "P2",
        "Art": "Miete",
        "Lieferzeit": "x",
        "Preis": "-1",
        "Waehrung": "TALER",
        "Bezeichnung": "",
        "Gewicht": "",
    }
    assert all(r["hint"] for r in loaded.rejected.to_pylist())


def test_events_carry_identity_and_components(tmp_path: Path) -> None:
    mapping = parse_mapping(
        'target = "events"\nkind = "assembling"\n[columns]\nmachine = "sn"\npart = "p"\nlot = "l"\nevent_time = "t"'
    )
    text = "sn,p,l,t\nM1,P,L1,2023-01-01\nM1,P,L1,2023-01-01\nM1,P,,2023-01-01\n"
    path = _file(tmp_path, "a.csv", text)
    first, second = convert(path, mapping), convert(path, mapping)
    assert first.events is not None
    assert first.events.schema.names == EVENT_SCHEMA.names
    ids = first.events.column("event_id").to_pylist()
    assert len(set(ids)) == 2
    assert second.events is not None
    assert ids == second.events.column("event_id").to_pylist()
    assert first.events.column("components").to_pylist() == [[{"component": None, "part": "P", "lot": "L1"}]] * 2
    assert first.events.column("part").to_pylist() == [None, None]
    assert first.rejected.column("reason").to_pylist() == ["is empty, but an event assembling needs it"]


def test_the_order_of_rows_and_columns_does_not_name_events(tmp_path: Path) -> None:
    mapping = parse_mapping('target = "events"\nkind = "fault"\n[columns]\nmachine = "m"\ncode = "c"\nevent_time = "t"')
    a = convert(_file(tmp_path, "a.csv", "m,c,t\nM1,F1,2023-01-01\nM2,F2,2023-01-02\n"), mapping)
    b = convert(_file(tmp_path, "b.csv", "t,c,m\n2023-01-02,F2,M2\n2023-01-01,F1,M1\n"), mapping)
    assert a.events is not None
    assert b.events is not None
    assert set(a.events.column("event_id").to_pylist()) == set(b.events.column("event_id").to_pylist())


def test_refuses_bad_data(tmp_path: Path) -> None:
    path = _file(tmp_path, "bom.csv", "parent,part\nA,B\n")
    with pytest.raises(DataRejected) as refused:
        convert(
            path,
            parse_mapping(
                'target = "bom"\n[columns]\nparent = "parent"\npart = "Teil"\nquantity = {from = "parent", unit = "kg"}'
            ),
        )
    assert [breach.what for breach in refused.value.breaches] == [
        "bom.csv lacks the column component of bom (place on the parent)",
        "bom.csv lacks the column Teil for bom.part (part that goes in)",
        "kg cannot become pieces in bom.quantity",
    ]


def test_what_cannot_be_told_is_asked_not_guessed(tmp_path: Path) -> None:
    mapping = parse_mapping('target = "receipts"\n[columns]\nreceipt = "po"\npart = "p"\ndue = "d"\nquantity = "q"')
    path = _file(tmp_path, "a.csv", 'po,p,d,q\n1,A,01/02/2023,"1,250"\n')
    with pytest.raises(DataRejected) as refused:
        convert(path, mapping)
    assert [breach.what for breach in refused.value.breaches] == [
        "q: 1,250 can be read with a decimal comma or with a decimal point",
        "d: 01/02/2023 can be read day first or month first",
    ]
    loaded = convert(path, mapping.answer(decimal=".", date="D/M/Y"))
    assert loaded.table is not None
    assert loaded.table.to_pylist()[0] | {"supplier": None} == {
        "receipt": "1",
        "part": "A",
        "due": dt.date(2023, 2, 1),
        "quantity": 1250.0,
        "supplier": None,
    }


def test_other_values_settle_marks_and_orders(tmp_path: Path) -> None:
    mapping = parse_mapping('target = "receipts"\n[columns]\nreceipt = "po"\npart = "p"\ndue = "d"\nquantity = "q"')
    path = _file(tmp_path, "a.csv", 'po,p,d,q\n1,A,01/02/2023,"1,250"\n2,B,01/31/2023,"2,5"\n')
    loaded = convert(path, mapping)
    assert loaded.table is not None
    assert loaded.table.column("quantity").to_pylist() == [1.25, 2.5]
    assert loaded.table.column("due").to_pylist() == [dt.date(2023, 1, 2), dt.date(2023, 1, 31)]


def test_a_mapping_goes_to_toml_and_back(tmp_path: Path) -> None:
    mapping = parse_mapping(PARTS_MAPPING)
    path = write_mapping(mapping, tmp_path / "teile.toml")
    assert read_mapping(path) == mapping


def test_a_bad_mapping_is_refused_whole() -> None:
    with pytest.raises(DataRejected) as refused:
        parse_mapping(
            'target = "bom"\n[file]\ndecimal = "x"\n[columns]\nwings = "w"\nquantity = {from = "q", unit = "furlong", foo = 1}'
        )
    assert [breach.what for breach in refused.value.breaches] == [
        "bom has no column wings",
        "foo is not known here",
        "furlong is no unit known here",
        "x is no decimal mark",
    ]


ORDERS = [
    (
        "orders.csv",
        "Order No,Model,Qty,Country,Customer,Order Date,Amount,Currency\nSO1,X1,2,DE,ACME,2023-05-01,100.5,EUR\n",
        "utf-8",
    ),
    (
        "auftraege.csv",
        "Auftragsnummer;Modell;Menge;Land;Kunde;Auftragsdatum;Betrag;Währung\nSO1;X1;2;Deutschland;ACME;01.05.2023;100,5;EUR\n",
        "cp1252",
    ),
    (
        "export.csv",
        "订单号,型号,数量,国家,客户,订单日期,金额,币种\nSO1,X1,2,德国,ACME,2023年5月1日,100.5,EUR\n",
        "gb18030",
    ),
]


@pytest.mark.parametrize(("name", "text", "encoding"), ORDERS)
def test_orders_in_three_languages_become_the_same_event(tmp_path: Path, name: str, text: str, encoding: str) -> None:
    path = _file(tmp_path, name, text, encoding)
    mapping = propose(path)
    assert (mapping.target, mapping.kind) == ("events", "sales_order")
    assert set(mapping.columns) == {"event_time", "part", "market", "party", "ref", "quantity", "amount", "currency"}
    assert all(0.9 < how.score <= 1.0 and how.reason for how in mapping.columns.values())
    loaded = convert(path, mapping)
    assert loaded.events is not None
    (event,) = loaded.events.select(["ref", "part", "quantity", "market", "amount", "currency"]).to_pylist()
    assert event == {"ref": "SO1", "part": "X1", "quantity": 2.0, "market": "DE", "amount": 100.5, "currency": "EUR"}


@pytest.mark.parametrize(
    ("name", "text", "target"),
    [
        ("x.csv", "Parent,Part Number,Qty,Position\nA,B,2,P1\n", "bom"),
        ("stueckliste.csv", "Baugruppe;Artikelnummer;Menge;Pos\nA;B;2;10\n", "bom"),
        ("stock.csv", "Warehouse,Part,Batch,Stock\nW,P,B,3\n", "stocks"),
        ("hours.csv", "Serial,Operating hours,Reading date\nM1,120,2023-01-02\n", "meter_reading"),
        (
            "c.csv",
            "Claim No,Serial Number,Part No,Claim Date,Claim Amount,Currency\nC1,M1,P1,2023-06-05,1,USD\n",
            "claim",
        ),
        ("工序.csv", "产线,工序,名称,工时(分钟)\nL1,T1,装发动机,2.5\n", "tasks"),
        ("lieferanten.csv", "Lieferant;Bezeichnung;Land\nL1;Pumpen AG;DE\n", "suppliers"),
    ],
)
def test_targets_are_found(tmp_path: Path, name: str, text: str, target: str) -> None:
    mapping = propose(_file(tmp_path, name, text))
    assert (mapping.kind or mapping.target) == target


def test_a_proposal_reads_units_and_asks(tmp_path: Path) -> None:
    text = "Teilenummer;Bezeichnung;Warengruppe;Beschaffungsart;Lieferzeit (Wochen);Gewicht (g);Preis;Währung\nA;Pumpe;H;buy;2;1500;12,5;EUR\n"
    mapping = propose(_file(tmp_path, "teile.csv", text))
    assert (mapping.columns["lead_days"].unit, mapping.columns["mass_kg"].unit) == ("weeks", "g")
    asked = propose(
        _file(tmp_path, "c.csv", "Claim No,Serial,Claim Date,Claim Amount\nC1,M1,05/06/2023,100\n"), "claim"
    )
    assert [q.choices for q in asked.questions] == [("D/M/Y", "M/D/Y")]
    assert "# Claim Date: 05/06/2023 can be read day first or month first; choose D/M/Y or M/D/Y" in asked.recipe
    assert asked.answer(date="M/D/Y").questions == ()


def test_an_unknown_file_is_refused_with_the_nearest(tmp_path: Path) -> None:
    path = _file(tmp_path, "junk.csv", "foo,bar\n1,2\n")
    with pytest.raises(DataRejected, match=r"junk\.csv looks like no table we keep \(columns foo, bar\)"):
        propose(path)
    with pytest.raises(OptionRejected, match="wings is neither a table nor an event kind"):
        propose(path, "wings")


def test_a_preview_shows_rows_before_and_after(tmp_path: Path) -> None:
    rows = "".join(f"A,B{i},{'x' if i == 3 else i},P\n" for i in range(50))
    path = _file(tmp_path, "bom.csv", "Parent,Part,Qty,Position\n" + rows)
    shown = preview(path, propose(path), 20)
    assert (shown.before.num_rows, shown.after.num_rows, shown.rejected.num_rows) == (20, 19, 1)
    assert shown.before.column_names[0] == "line"
    assert shown.after.schema == BOM.schema


def test_typed_columns_are_taken_as_they_are(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    table = pa.table({"po": [1, 2], "p": ["A", "B"], "d": [dt.datetime(2023, 5, 1), None], "q": [1.5, float("nan")]})
    pq.write_table(table, tmp_path / "a.parquet")
    mapping = Mapping(
        "receipts",
        parse_mapping('target = "receipts"\n[columns]\nreceipt = "po"\npart = "p"\ndue = "d"\nquantity = "q"').columns,
    )
    loaded = convert(tmp_path / "a.parquet", mapping)
    assert loaded.table is not None
    assert loaded.table.to_pylist() == [
        {"receipt": "1", "part": "A", "due": dt.date(2023, 5, 1), "quantity": 1.5, "supplier": None}
    ]
    assert {(r["column"], r["reason"]) for r in loaded.rejected.to_pylist()} == {("d", "is empty"), ("q", "is empty")}
