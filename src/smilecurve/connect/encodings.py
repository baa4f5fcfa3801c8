"""Which characters do these bytes stand for?

A byte order mark decides; else the name given; else UTF-8 where it fits. What is left is weighed: GB18030, Shift-JIS
and Windows-1252 by how plausible the characters are that come out (common hanzi, kana, letters between letters),
because statistics need more text than a short file has; charset-normalizer speaks for every other encoding.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from smilecurve.terms.errors import Breach, OptionRejected

__all__ = ["MARK", "Text", "decode"]

MARK = "\ufdd0"
"""Stands before each byte that is no text; the character itself is never used in interchange (Unicode noncharacter)."""

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 1 << 18
_OTHERS = ("cp1250", "cp1251", "cp1253", "cp1254", "cp1256", "big5", "euc_kr", "euc_jp", "koi8_r", "cp874", "cp1258")
_PUNCTUATION = "，。：；（）、《》“”‘’！？—…·￥℃×±～"
_LATIN = "€°µ²³½¼±×–—’‘“”„«»§©®ßœŒšŠžŽ"


@dataclass(frozen=True, slots=True)
class Text:
    """Characters as UTF-8 bytes, the encoding they came in, whether that is certain, and bytes that were no text."""

    utf8: bytes
    encoding: str
    sure: bool
    marked: bool = False


def decode(data: bytes, encoding: str | None = None) -> Text:
    """Read bytes as characters; undecodable bytes are marked, never dropped.

    >>> decode("Größe;Stück".encode("cp1252")).encoding, decode("零件号,数量".encode("gb18030")).encoding
    ('cp1252', 'gb18030')
    """
    for bom, name in _BOMS:
        if data.startswith(bom):
            return _read(data[len(bom) :], name, True)
    if encoding is not None:
        return _read(data, _known(encoding), True)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        name, sure = _guess(data, error)
        return _read(data, name, sure)
    return Text(data, "utf-8", True)


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise OptionRejected(
            Breach(
                f"{encoding} is not an encoding", "encoding", "use utf-8, cp1252, gb18030, shift_jis or another name"
            )
        ) from None


def _read(data: bytes, encoding: str, sure: bool) -> Text:
    try:
        return Text(data.decode(encoding).encode("utf-8"), encoding, sure)
    except UnicodeDecodeError:
        text = data.decode(encoding, errors="smilecurve-mark")
        return Text(text.encode("utf-8", errors="replace"), encoding, sure, marked=True)


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(f"{MARK}\\x{byte:02x}" for byte in bad), error.end


codecs.register_error("smilecurve-mark", _mark)


def _guess(data: bytes, error: UnicodeDecodeError) -> tuple[str, bool]:
    if _mostly_utf8(data):
        return "utf-8", True
    start = max(0, error.start - _SAMPLE // 2)
    sample = data[start : start + _SAMPLE]
    weights = sorted(
        ((_weigh(sample, name), name) for name in ("gb18030", "cp932", "cp1252")), key=lambda pair: -pair[0]
    )
    best, second = weights[0], weights[1]
    if best[0] >= 0.75:
        return best[1], best[0] - second[0] >= 0.2
    from charset_normalizer import from_bytes

    other = from_bytes(sample, cp_isolation=list(_OTHERS)).best()
    if other is not None and best[0] < 0.5:
        return str(other.encoding), False
    return best[1], False


def _mostly_utf8(data: bytes) -> bool:
    """Is it UTF-8 with a few broken bytes: many whole sequences, hardly a bad one?"""
    text = data[: 4 * _SAMPLE].decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    return 20 * bad <= sum(1 for c in text if ord(c) > 127 and c != "\ufffd")


def _weigh(sample: bytes, encoding: str) -> float:
    """How plausible the characters beyond ASCII are that this encoding gives, 0..1."""
    try:
        text = codecs.getincrementaldecoder(encoding)("strict").decode(sample, final=False)
    except UnicodeDecodeError as error:
        if error.start < len(sample) * 0.98 - 4:
            return 0.0
        text = sample[: error.start].decode(encoding, errors="ignore")
    beyond = list(re.finditer(r"[^\x00-\x7f]", text))
    if not beyond:
        return 0.0
    good = sum(_plausible(text, m.start(), encoding) for m in beyond)
    return good / len(beyond)


def _plausible(text: str, at: int, encoding: str) -> float:
    char = text[at]
    if encoding == "cp1252":
        if char in _LATIN:
            return 0.9
        if not char.isalpha():
            return 0.1
        near = text[max(0, at - 1) : at] + text[at + 1 : at + 2]
        return 1.0 if any(c.isascii() and c.isalpha() for c in near) else 0.5 if len(near) < 2 else 0.2
    if char in _PUNCTUATION or "\uff10" <= char <= "\uff5a":
        return 1.0
    if encoding == "cp932":
        if "\u3041" <= char <= "\u30ff":
            return 1.0
        if "\uff61" <= char <= "\uff9f":
            return 0.3
        lead = char.encode("cp932", errors="replace")[0]
        return 0.95 if 0x88 <= lead <= 0x97 else 0.2
    pair = char.encode("gb18030", errors="replace")
    return 0.97 if len(pair) == 2 and 0xB0 <= pair[0] <= 0xD7 and pair[1] >= 0xA1 else 0.2
