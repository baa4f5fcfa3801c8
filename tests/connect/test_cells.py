from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from smilecurve.connect.dates import read_dates, weigh_day_order
from smilecurve.connect.numerals import read_numbers, weigh_decimal
from smilecurve.connect.units import factor, split_unit
from smilecurve.connect.wordings import read_codes, read_flags, read_markets
from smilecurve.terms.table import Field, code, date, flag, market, moment, number, share, whole


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5", 1.5),
        ("1,234", 1234.0),
        ("1,234.5", 1234.5),
        ("12,34,567", 1234567.0),
        ("1 234.5", 1234.5),
        ("1'234", 1234.0),
        ("12 kg", 12.0),
        ("12 lb", 5.44310844),
        ("5 t", 5000.0),
        ("€ 5", 5.0),
        ("-$5", -5.0),
        ("(3)", -3.0),
        ("3-", -3.0),
        ("１２", 12.0),
        ("\u22125", -5.0),
        ("1e3", 1000.0),
    ],
)
def test_numbers_with_a_point(text: str, value: float) -> None:
    read = read_numbers(pa.array([text]), number("mass_kg", "mass", "kg"))
    assert read.values[0].as_py() == pytest.approx(value)


@pytest.mark.parametrize("text", ["abc", "1,2,3", "0x12", "1.2.3", "12 m", "1,23", "--5", "1e400", "inf", "12%"])
def test_what_is_no_number_is_refused(text: str) -> None:
    read = read_numbers(pa.array([text]), number("mass_kg", "mass", "kg"))
    assert read.fault[0] > 0
    assert read.values[0].as_py() is None


def test_numbers_with_a_comma_and_shares() -> None:
    texts = pa.array(["1,5", "1.234", "1.234,5", "1 234,5", "1.125e0", "1.5", ",5"])
    read = read_numbers(texts, number("x", "x"), ",")
    assert read.values.to_pylist() == [1.5, 1234.0, 1234.5, 1234.5, 1.125, None, 0.5]
    assert read_numbers(pa.array(["12 %", "0.3"]), share("duty", "duty")).values.to_pylist() == [0.12, 0.3]


def test_whole_numbers_and_units() -> None:
    read = read_numbers(pa.array(["2", "1.5", "x", "", "1.0", None]), whole("lead_days", "lead", "days"), ".", "weeks")
    assert read.values.to_pylist() == [14, None, None, None, 7, None]
    assert [read.words[k - 1][0] if k else "" for k in read.fault] == [
        "",
        "is not a whole number",
        "is not a number",
        "",
        "",
        "",
    ]
    exact = read_numbers(pa.array(["9007199254740993"]), whole("n", "n")).values[0].as_py()
    assert exact == 9007199254740993


def test_decimal_marks_are_told_or_asked() -> None:
    assert weigh_decimal(pa.array(["1,5", "1.234,00"])).mark == ","
    assert weigh_decimal(pa.array(["1.5", "1,234"])).mark == "."
    assert weigh_decimal(pa.array(["1,234,567"])).mark == "."
    assert weigh_decimal(pa.array(["0,125"])).mark == ","
    asked = weigh_decimal(pa.array(["1,234"]))
    assert (asked.mark, asked.comma_only) == ("", "1,234")


@pytest.mark.parametrize(
    "text",
    [
        "2023-05-12",
        "2023/5/12",
        "2023.05.12",
        "20230512",
        "2023年5月12日",
        "2023年05月12日 08:30",
        "12.5.2023",
        "12.05.23",
        "12-May-2023",
        "12. März 2023".replace("März", "Mai"),
        "May 12, 2023",
        "45058",
        "2023-05-12T23:59:59+14:00",
        "1683885600",
    ],
)
def test_dates_that_can_be_told(text: str) -> None:
    assert read_dates(pa.array([text]), date("due", "due")).values[0].as_py() == dt.date(2023, 5, 12)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("31.02.2023", "is no day of the calendar"),
        ("2023-13-01", "is no day of the calendar"),
        ("0001-01-01", "lies outside the years 1900 to 2199"),
        ("9999-12-31", "lies outside the years 1900 to 2199"),
        ("2023-05-12 25:00", "is no time of day"),
        ("soon", "is not a date"),
        ("05/12/2023", "is not a date"),
    ],
)
def test_what_is_no_date_is_refused(text: str, reason: str) -> None:
    read = read_dates(pa.array([text]), date("due", "due"))
    assert read.words[read.fault[0] - 1][0] == reason


def test_day_first_or_month_first_is_told_or_asked() -> None:
    assert weigh_day_order(pa.array(["05/13/2023", "01/02/2023"])).format == "M/D/Y"
    assert weigh_day_order(pa.array(["13/05/2023"])).format == "D/M/Y"
    asked = weigh_day_order(pa.array(["01/02/2023"]))
    assert (asked.format, asked.either) == ("", "01/02/2023")
    assert read_dates(pa.array(["01/02/2023"]), date("d", "d"), "D/M/Y").values[0].as_py() == dt.date(2023, 2, 1)
    assert read_dates(pa.array(["01/02/2023"]), date("d", "d"), "M/D/Y").values[0].as_py() == dt.date(2023, 1, 2)


def test_moments_know_zones() -> None:
    texts = pa.array(
        ["2023-05-12T10:00:00Z", "2023-05-12 10:00", "2023-05-12T10:00:00.123456+08:00", "12.05.2023 3:05 PM"]
    )
    read = read_dates(texts, moment("t", "t"), "", "Asia/Shanghai").values.to_pylist()
    assert [value.strftime("%H:%M:%S.%f") for value in read] == [
        "10:00:00.000000",
        "02:00:00.000000",
        "02:00:00.123456",
        "07:05:00.000000",
    ]
    assert read_dates(texts, moment("t", "t")).values[1].as_py().hour == 10


def test_words_for_codes_flags_markets_and_currencies() -> None:
    assert read_flags(pa.array(["ja", "是", "0", "maybe", None, "-"]), flag("f", "f"), {}).values.to_pylist() == [
        True,
        True,
        False,
        None,
        None,
        None,
    ]
    names = pa.array(["DE", "deutschland", "中国", "UK", "United Arab Emirates", "Türkei", "Atlantis"])
    assert read_markets(names, market(), {}).values.to_pylist() == ["DE", "DE", "CN", "GB", "AE", "TR", None]
    money = Field("currency", "currency", "currency")
    assert read_markets(pa.array(["人民币", "eur", "$"]), money, {"$": "USD"}).values.to_pylist() == [
        "CNY",
        "EUR",
        "USD",
    ]
    made = read_codes(pa.array([" Make", "Kauf", "rent"]), code("source", "s", "make", "buy"), {"kauf": "buy"})
    assert (made.values.to_pylist(), made.fault.tolist()) == (["make", "buy", None], [0, 0, 1])
    assert read_codes(pa.array(["7", " "]), code("part", "p"), {}, "M-").values.to_pylist() == ["M-7", None]


def test_units_by_hand() -> None:
    """1 lb = 0.45359237 kg, 1 in = 0.0254 m, 1 mi = 1609.344 m, 1 h = 3600 s, 1 US gallon = 3.785411784 l."""
    assert factor("lbs", "kg") == 0.45359237
    assert factor("in", "m") == 0.0254
    assert factor("mi", "km") == 1.609344
    assert factor("Std", "s") == 3600.0
    assert factor("gal", "l") == pytest.approx(3.785411784)
    assert factor("kg", "m") is None
    assert split_unit("Gewicht [g]") == ("Gewicht", "g")
    assert split_unit("重量（公斤）") == ("重量", "kg")
