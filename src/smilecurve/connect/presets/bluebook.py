"""What did construction machines fetch at auctions, by the files of "Blue Book for Bulldozers"?

Column names: Kaggle, Blue Book for Bulldozers (Fast Iron, 2013), `Train.csv` and `TrainAndValid.csv`. The rules of that
contest forbid passing the files on: whoever has them loads them.

A year of 1000 stands there for a year nobody knows, 0 hours for a meter nobody read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from smilecurve.connect.convert import convert
from smilecurve.connect.loaded import REJECTED, Fault, Loaded, Raw, gather_rejected
from smilecurve.connect.mapping import ColumnMap
from smilecurve.connect.mapping import Mapping as FileMapping
from smilecurve.connect.presets.preset import Preset
from smilecurve.connect.read import read_file
from smilecurve.terms.errors import Breach, DataRejected

__all__ = ["BLUEBOOK"]

NAME = "bluebook"
TOLD = ("SalesID", "MachineID", "YearMade", "saledate", "fiModelDesc")
OLDEST = 1900
MONTH_DAYS = 30.4375
MOST_HOURS = 24.0 * MONTH_DAYS

_COLUMNS: Mapping[str, ColumnMap] = {
    "sale": ColumnMap(source="SalesID"),
    "machine": ColumnMap(source="MachineID"),
    "model": ColumnMap(source="fiModelDesc"),
    "family": ColumnMap(source="ProductGroupDesc", aliases=("ProductGroup",)),
    "market": ColumnMap(constant="US"),
    "sold": ColumnMap(source="saledate", date="M/D/Y"),
    "age_months": ColumnMap(constant="0"),
    "hours": ColumnMap(source="MachineHoursCurrentMeter", decimal="."),
    "price": ColumnMap(source="SalePrice", decimal="."),
    "currency": ColumnMap(constant="USD"),
}
_NOTES = (
    "machines are sold in the United States, for USD",
    "age counts from the middle of the year of making",
    "0 hours, and more hours than there were since it was made, are taken as not read",
    "no price new is told: that of a model is its dearest sale; no condition is told either",
)


def fits(path: Path) -> bool:
    """Is it a text file whose header names the columns of the contest?"""
    if path.suffix.lower() not in (".csv", ".txt", ".tsv") or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.readline(1 << 16).decode("utf-8", errors="ignore")
    return set(TOLD) <= {cell.strip(' "\ufeff\r\n') for cell in head.replace("\t", ",").split(",")}


def load(path: Path) -> tuple[Loaded, ...]:
    """The sales of a file."""
    return rows(read_file(path))


def rows(raw: Raw) -> tuple[Loaded, ...]:
    """The sales of its rows; a sale without a year, a day or a price waits in quarantine."""
    if "SalePrice" not in raw.rows.column_names:
        what, do = f"{raw.file} has no column SalePrice", "load Train.csv or TrainAndValid.csv, which tell prices"
        raise DataRejected(Breach(what, raw.file, do))
    loaded = convert(raw, FileMapping("auction_sales", _COLUMNS))
    found = loaded.rows
    known = _numbers(raw.rows.column("YearMade"))
    sales = raw.rows.column("SalesID").cast(pa.string()).combine_chunks()
    at = pc.index_in(found.column("sale"), pc.utf8_trim_whitespace(sales)).to_numpy(zero_copy_only=False)
    year, sold = known[at], found.column("sold").to_numpy(zero_copy_only=False)
    late = year > sold.astype("datetime64[Y]").astype(np.int64) + 1970
    free = found.column("price").to_numpy(zero_copy_only=False) == 0
    no_year = np.flatnonzero(~(known >= OLDEST))
    faults = [
        _fault(raw, "YearMade", no_year, "is no year", "give the year it was made, or leave the sale out"),
        _fault(raw, "YearMade", at[late], "lies after the sale", "correct the year or the day of the sale"),
        _fault(raw, "SalePrice", at[free], "is no price", "give the price paid, or leave the sale out"),
    ]
    keep = ~(late | free | ~(year >= OLDEST))
    own = gather_rejected(replace(raw, broken=REJECTED.empty()), faults)
    rejected = pa.concat_tables([loaded.rejected, own]).sort_by("line")
    table = _aged(found.filter(pa.array(keep)), year[keep])
    recipe = f'preset = "{NAME}"\n'
    told = replace(loaded, table=table, good=int(keep.sum()), rejected=rejected, notes=(*raw.notes, *_NOTES))
    return (replace(told, recipe=recipe),)


def _aged(sales: pa.Table, year: NDArray[np.float64]) -> pa.Table:
    """The sales with their ages, and without hours that cannot be."""
    made = (year.astype(np.int64) - 1970).astype("datetime64[Y]").astype("datetime64[M]") + np.timedelta64(6, "M")
    sold = sales.column("sold").to_numpy(zero_copy_only=False).astype("datetime64[D]")
    age = np.maximum((sold - made.astype("datetime64[D]")).astype(np.float64) / MONTH_DAYS, 0.0)
    hours = sales.column("hours").to_numpy(zero_copy_only=False)
    read = (hours > 0) & (hours <= MOST_HOURS * np.maximum(age, 12.0))
    for name, values in (("age_months", pa.array(age)), ("hours", pa.array(hours, mask=~read))):
        at = sales.column_names.index(name)
        sales = sales.set_column(at, sales.schema.field(name), values)
    return sales


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Whole numbers of a column; what is none is not a number."""
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    plain = pc.if_else(pc.match_substring_regex(text, r"^[0-9]{1,9}(\.0*)?$"), text, None)
    return np.asarray(plain.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _fault(raw: Raw, column: str, at: NDArray[np.int64], reason: str, hint: str) -> Fault:
    values = raw.rows.column(column).cast(pa.string()).take(pa.array(at, pa.int64())).combine_chunks()
    return Fault(at, column, values, reason, hint)


BLUEBOOK = Preset(NAME, "a file of Blue Book for Bulldozers", fits, load, rows)
