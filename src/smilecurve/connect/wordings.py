"""Which code, market, currency or yes does a text stand for?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.connect.numerals import Parsed, empty_words
from smilecurve.terms.place import currency_codes, market_codes
from smilecurve.terms.table import Field

__all__ = ["read_codes", "read_flags", "read_json_cells", "read_markets"]

_YES = {
    "true",
    "yes",
    "y",
    "t",
    "1",
    "x",
    "on",
    "ja",
    "j",
    "wahr",
    "oui",
    "vrai",
    "si",
    "sí",
    "是",
    "有",
    "真",
    "✓",
    "1.0",
}
_NO = {"false", "no", "n", "f", "0", "off", "nein", "falsch", "non", "faux", "否", "无", "没有", "假", "✗", "0.0"}
_MONEY = {
    "€": "EUR",
    "£": "GBP",
    "rmb": "CNY",
    "元": "CNY",
    "人民币": "CNY",
    "us$": "USD",
    "usd$": "USD",
    "₹": "INR",
    "cnh": "CNY",
}
_LANGUAGES = ("en", "de", "zh", "fr", "es", "it", "ja", "pt")
_MORE_MARKETS = {"uk": "GB", "usa": "US", "uae": "AE", "korea": "KR", "russia": "RU", "中国大陆": "CN", "el": "GR"}


def read_codes(texts: pa.Array, field: Field, codes: Mapping[str, str], prefix: str = "") -> Parsed:
    """Codes and words, trimmed; code lists and the field's own list are matched without regard to case.

    >>> source = Field("source", "how it comes", among=("make", "buy"))
    >>> read_codes(pa.array(["Kauf", "MAKE", "?"]), source, {"Kauf": "buy"}).values.to_pylist()
    ['buy', 'make', None]
    """
    trimmed = pc.utf8_trim_whitespace(texts)
    fault = np.zeros(len(texts), np.int8)
    values: list[str | None] = []
    known = {name.casefold(): name for name in field.among}
    listed = {key.strip().casefold(): code for key, code in codes.items()}
    if not known and not listed and not prefix:
        return Parsed(pc.if_else(pc.equal(trimmed, ""), None, trimmed), fault, ())
    for i, text in enumerate(trimmed.to_pylist()):
        if not text:
            values.append(None)
            continue
        code = listed.get(text.casefold(), text)
        if known:
            found = known.get(code.casefold())
            fault[i] = 0 if found else 1
            code = found or ""
        values.append(prefix + code if code else None)
    hint = f"use one of {', '.join(field.among)}, or map it in the code list"
    return Parsed(pa.array(values, pa.string()), fault, (("is not a known code", hint),))


def read_flags(texts: pa.Array, field: Field, codes: Mapping[str, str]) -> Parsed:
    """True or false from the usual words of several languages."""
    listed = {key.strip().casefold(): code for key, code in codes.items()}
    values: list[bool | None] = []
    fault = np.zeros(len(texts), np.int8)
    empty = set(empty_words().to_pylist()) - {"无"}
    for i, text in enumerate(pc.utf8_trim_whitespace(texts).to_pylist()):
        word = None if text is None or text in empty else listed.get(text.casefold(), text).casefold()
        values.append(True if word in _YES else False if word in _NO else None)
        fault[i] = 1 if word is not None and values[-1] is None else 0
    return Parsed(pa.array(values, pa.bool_()), fault, (("is neither yes nor no", "write true or false"),))


def read_markets(texts: pa.Array, field: Field, codes: Mapping[str, str]) -> Parsed:
    """Markets (ISO 3166-1 alpha-2) and currencies (ISO 4217) from codes, names in eight languages, and signs."""
    known = _markets() if field.type == "market" else _currencies()
    listed = {key.strip().casefold(): code for key, code in codes.items()}
    values: list[str | None] = []
    fault = np.zeros(len(texts), np.int8)
    for i, text in enumerate(pc.utf8_trim_whitespace(texts).to_pylist()):
        word = listed.get(text.casefold(), text).casefold() if text else ""
        values.append(known.get(word) if word else None)
        fault[i] = 1 if word and values[-1] is None else 0
    standard = "ISO 3166-1 alpha-2" if field.type == "market" else "ISO 4217"
    words = ((f"is not an {standard} code", f"use the {standard} code, or map it in the code list"),)
    return Parsed(pa.array(values, pa.string()), fault, words)


def read_json_cells(texts: pa.Array) -> Parsed:
    """Cells that hold JSON stay as they are; others are refused."""
    import json

    fault = np.zeros(len(texts), np.int8)
    for i, text in enumerate(texts.to_pylist()):
        if text:
            try:
                json.loads(text)
            except (json.JSONDecodeError, RecursionError):
                fault[i] = 1
    values = pc.if_else(pc.or_(pa.array(fault > 0), pc.equal(texts, "")), None, texts)
    return Parsed(values, fault, (("is not JSON", 'write a JSON value such as {"key": "value"}'),))


@cache
def _markets() -> Mapping[str, str]:
    from babel import Locale

    codes = market_codes()
    known = {
        str(name).casefold(): str(code)
        for language in reversed(_LANGUAGES)
        for code, name in Locale(language).territories.items()
        if code in codes
    }
    return {**known, **_MORE_MARKETS, **{code.casefold(): code for code in codes}}


@cache
def _currencies() -> Mapping[str, str]:
    return {**_MONEY, **{code.casefold(): code for code in currency_codes()}}
