"""Which number does a text stand for, and when can it not be told?

Plain numbers first; what is left is read with the column's decimal mark, digit groups, percent, currency signs,
trailing or bracketed minus and a unit behind the number. Whether 1,234 is a thousand or one and a bit is settled by
evidence in the file's other values, else asked, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.connect.units import factor
from smilecurve.terms.table import Field

__all__ = ["Evidence", "Parsed", "empty_words", "read_numbers", "weigh_decimal"]

_EMPTY = ("", "-", "--", "—", "–", "n/a", "N/A", "#N/A", "NA", "null", "NULL", "None", "nan", "NaN", "无", "k.A.")
_PLAIN = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_WHOLE = r"^[+-]?[0-9]{1,18}$"
_MACHINE = r"^[+-]?([0-9]+|[0-9]+\.?[0-9]*[eE][+-]?[0-9]{1,3})$"
_POINT = (
    r"^[+-]?([0-9]{1,3}([,'’ \x{00a0}\x{202f}\x{2009}][0-9]{2,3})*[,'’ \x{00a0}\x{202f}\x{2009}][0-9]{3})(\.[0-9]+)?$"
)
_COMMA = r"^[+-]?([0-9]+|[0-9]{1,3}([.'’ \x{00a0}\x{202f}\x{2009}][0-9]{3})+)(,[0-9]+)?$"
_COMMA_BARE = r"^[+-]?,[0-9]+$"
_SIGNS = r"^\s*(?:[€$£¥￥₹]|CNY|RMB|EUR|USD|GBP|JPY)\s*|\s*(?:[€$£¥￥₹]|CNY|RMB|EUR|USD|GBP|JPY|元)\s*$"
_ENOUGH = 20_000
_SHAPES = {
    "comma": (
        r"^-?0,[0-9]+$",
        r"^-?[0-9]+,([0-9]{1,2}|[0-9]{4,})$",
        r"\.[0-9]{3},[0-9]",
        r"^[0-9]{1,3}(\.[0-9]{3}){2,}$",
    ),
    "point": (
        r"^-?0\.[0-9]+$",
        r"^-?[0-9]+\.([0-9]{1,2}|[0-9]{4,})$",
        r",[0-9]{3}\.[0-9]",
        r"^[0-9]{1,3}(,[0-9]{3}){2,}$",
    ),
}


@cache
def empty_words() -> pa.Array:
    """What stands in a cell of numbers, dates or flags that is empty."""
    return pa.array(_EMPTY, pa.string())


@dataclass(frozen=True, slots=True)
class Parsed:
    """Values read from texts; fault 0 = read (or empty), k = `words[k - 1]` says reason and hint."""

    values: pa.Array
    fault: np.ndarray
    words: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """How many values speak for a decimal comma, how many for a point, and one that could be either."""

    comma: int
    point: int
    comma_only: str = ""
    point_only: str = ""

    @property
    def mark(self) -> str:
        """The decimal mark the values speak for; "" if none."""
        return "" if self.comma == self.point else "," if self.comma > self.point else "."


def weigh_decimal(texts: pa.Array) -> Evidence:
    """What the values of a column say about its decimal mark.

    >>> weigh_decimal(pa.array(["1,5", "1.234,00"])).mark, weigh_decimal(pa.array(["1,234"])).comma_only
    (',', '1,234')
    """
    if len(texts) > _ENOUGH:
        texts = texts.take(pa.array(np.linspace(0, len(texts) - 1, _ENOUGH).astype(np.int64)))
    counts = {}
    for mark, shapes in _SHAPES.items():
        hit = np.zeros(len(texts), bool)
        for shape in shapes:
            hit |= _match(texts, shape)
        counts[mark] = int(hit.sum())
    either = [
        texts.filter(pa.array(_match(texts, shape)))
        for shape in (r"^-?[1-9][0-9]{0,2},[0-9]{3}$", r"^-?[1-9][0-9]{0,2}\.[0-9]{3}$")
    ]
    shown = [found[0].as_py() if len(found) else "" for found in either]
    return Evidence(counts["comma"], counts["point"], shown[0], shown[1])


def _match(texts: pa.Array, pattern: str) -> np.ndarray:
    found: np.ndarray = pc.fill_null(pc.match_substring_regex(texts, pattern), False).to_numpy(zero_copy_only=False)
    return found


def read_numbers(texts: pa.Array, field: Field, decimal: str = ".", unit: str = "") -> Parsed:
    """Numbers of a whole or number field from texts, in the field's unit; `decimal` is the column's decimal mark."""
    times = factor(unit, field.unit) if unit else None
    times = 1.0 if times is None else times
    trimmed = pc.utf8_trim_whitespace(texts)
    empty = pc.or_(pc.is_in(trimmed, empty_words()), pc.is_null(trimmed)).to_numpy(zero_copy_only=False)
    if field.type == "whole" and times == 1.0 and bool((_match(trimmed, _WHOLE) | empty).all()):
        values = pc.if_else(pa.array(empty), pa.scalar(None, pa.string()), trimmed).cast(pa.int64())
        return Parsed(values, np.zeros(len(texts), np.int8), _words(field))
    plain = _match(trimmed, _PLAIN if decimal == "." else _MACHINE) & ~empty
    numbers = np.full(len(texts), np.nan)
    _fill(numbers, trimmed, plain)
    left = np.flatnonzero(~plain & ~empty)
    if len(left):
        numbers[left] = _grouped(trimmed.take(pa.array(left)), decimal)
        left = left[np.isnan(numbers[left])]
    if len(left):
        numbers[left] = _hard(trimmed.take(pa.array(left)), decimal, field.unit)
    fault = np.zeros(len(texts), np.int8)
    fault[np.isnan(numbers) & ~empty] = 1
    fault[np.isinf(numbers)] = 2
    numbers = numbers * times
    if field.type == "number":
        return Parsed(pa.array(numbers, pa.float64(), mask=empty | (fault > 0)), fault, _words(field))
    near = np.round(numbers)
    fault[(fault == 0) & ~empty & (np.abs(near - numbers) > 1e-9 * np.maximum(1.0, np.abs(near)))] = 3
    fault[(fault == 0) & (np.abs(near) > 9e15)] = 2
    skip = empty | (fault > 0)
    return Parsed(pa.array(np.where(skip, 0, near).astype(np.int64), pa.int64(), mask=skip), fault, _words(field))


def _words(field: Field) -> tuple[tuple[str, str], ...]:
    kind = "whole number" if field.type == "whole" else "number"
    unit = f" in {field.unit}" if field.unit and field.unit != "currency" else ""
    return (
        ("is not a number", f"write a {kind}{unit}"),
        ("is too large", f"write a {kind}{unit} below 9e15"),
        ("is not a whole number", f"write a {kind}{unit}"),
    )


def _fill(numbers: np.ndarray, texts: pa.Array, at: np.ndarray) -> None:
    if at.any():
        numbers[at] = texts.filter(pa.array(at)).cast(pa.float64()).to_numpy(zero_copy_only=False)


def _hard(texts: pa.Array, decimal: str, wanted: str) -> np.ndarray:
    """Numbers with groups, signs, percent or units; NaN where none can be read."""
    t = pc.utf8_normalize(texts, "NFKC") if not bool(pc.all(pc.string_is_ascii(texts)).as_py()) else texts
    t = pc.replace_substring(pc.utf8_trim_whitespace(t), "\u2212", "-")
    t = pc.replace_substring_regex(t, _SIGNS, "")
    t = pc.replace_substring_regex(t, r"^\((.*)\)$|^([0-9].*)-$", r"-\1\2")
    t = pc.replace_substring_regex(t, r"^-\s+|^-?(?:[€$£¥￥])", "-")
    parts = pc.extract_regex(t, r"^(?P<n>[+-]?[0-9.,'’ \x{00a0}\x{202f}\x{2009}]*[0-9])\s*(?P<u>[^0-9.,\s].{0,11})?$")
    number = pc.struct_field(parts, "n").fill_null("")
    exponent = pa.array(_match(t, _MACHINE if decimal == "," else _PLAIN))
    number = pc.if_else(exponent, t, number)
    numbers = _grouped(number, decimal)
    units = pc.struct_field(parts, "u").fill_null("")
    for unit in pc.unique(pc.if_else(exponent, "", units)).to_pylist():
        if unit:
            at = pc.equal(units, unit).to_numpy(zero_copy_only=False)
            numbers[at] *= _suffix(unit, wanted)
    return numbers


def _suffix(unit: str, wanted: str) -> float:
    if unit.strip() == "%" and wanted in ("share", ""):
        return 0.01
    times = factor(unit, wanted) if wanted else None
    return np.nan if times is None else times


def _grouped(texts: pa.Array, decimal: str) -> np.ndarray:
    numbers = np.full(len(texts), np.nan)
    _fill(numbers, texts, _match(texts, _PLAIN if decimal == "." else _MACHINE))
    if decimal == ".":
        at = _match(texts, _POINT)
        _fill(numbers, pc.replace_substring_regex(texts, r"[,'’ \x{00a0}\x{202f}\x{2009}]", ""), at)
    else:
        at = _match(texts, _COMMA) | _match(texts, _COMMA_BARE)
        bare = pc.replace_substring_regex(texts, r"[.'’ \x{00a0}\x{202f}\x{2009}]", "")
        _fill(numbers, pc.replace_substring(bare, ",", "."), at)
    return numbers
