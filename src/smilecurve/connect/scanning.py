"""What does a scanned code say: which part, which lot, which serial?

GS1 element strings (with FNC1 as the group separator, or with application identifiers in brackets), GS1 Digital Link
addresses, and plain codes. Keys are checked by their check digit. Source: GS1 General Specifications 2025, sections 3
and 7; GS1 Digital Link URI Syntax 1.5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from smilecurve.terms.errors import Breach, OptionRejected

__all__ = ["Scanned", "scan"]

GS = "\x1d"
_SIGNS = re.compile(r"^\][A-Za-z][0-9A-Za-z]")
_SPOKEN_GS = re.compile(r"\{GS\}|<GS>|\{FNC1\}|<FNC1>|␝|\^\]|\\x1[dD]")
_BEGINS = re.compile(r"^(01[0-9]{14}|8006[0-9]{18})")
MOST = 400


@dataclass(frozen=True, slots=True)
class Scanned:
    """What stands in a code. kind: gs1, link or plain; code: the plain code; the others by application identifier.

    gtin: 01, or that of 8006; part: 240 (additional identification); serial: 21; lot: 10; made: 11; expires: 17.
    """

    kind: str
    code: str = ""
    gtin: str = ""
    part: str = ""
    serial: str = ""
    lot: str = ""
    made: str = ""
    expires: str = ""

    @property
    def name(self) -> str:
        """What identifies the piece best: serial, lot, else the plain code."""
        return self.serial or self.lot or self.code


def scan(text: str) -> Scanned:
    r"""What the code says; OptionRejected where it cannot be right.

    >>> scan("(01)09501101530003(10)LOT-7(21)S1").lot
    'LOT-7'
    >>> scan("]d2010950110153000310LOT-7\x1d21S1").serial
    'S1'
    >>> scan("https://id.gs1.org/01/09501101530003/21/S1?240=P-9").part
    'P-9'
    >>> scan("5E94")
    Scanned(kind='plain', code='5E94', gtin='', part='', serial='', lot='', made='', expires='')
    """
    plain = text.strip(" \t\r\n")
    signed = bool(_SIGNS.match(plain))
    plain = _SPOKEN_GS.sub(GS, _SIGNS.sub("", plain, count=1)).strip(GS)
    if not plain:
        raise _refused(text, "nothing was scanned", "scan again")
    if len(plain) > MOST or not all(c == GS or c.isprintable() for c in plain):
        raise _refused(plain[:40], f"{plain[:40]!r} is no code", "scan one label")
    if re.match(r"^https?://", plain, re.IGNORECASE):
        return _link(plain)
    if plain.startswith("("):
        return _bracketed(plain)
    if GS in plain or _BEGINS.match(plain) or (signed and text.lstrip()[1] in "Cdeq" and text.lstrip()[2] in "1234"):
        return _element_string(plain)
    return Scanned("plain", plain)


def _refused(value: str, what: str, do: str) -> OptionRejected:
    return OptionRejected(Breach(what, "scan", do, value=value))


def _element_string(text: str) -> Scanned:
    from biip import ParseError
    from biip.gs1_messages import GS1Message

    try:
        found = GS1Message.parse(text)
    except ParseError as error:
        raise _refused(text, f"this is no sound GS1 code: {error}", "scan the whole label again") from None
    return _checked("gs1", [(e.ai.ai, e.value) for e in found.element_strings], text)


def _bracketed(text: str) -> Scanned:
    pairs = re.findall(r"\((\d{2,4})\)([^(]*)", text)
    if not pairs or "".join(f"({ai}){value}" for ai, value in pairs) != text or any(not value for _, value in pairs):
        do = "scan it, or write each as (10)LOT"
        raise _refused(text, f"{text} is no GS1 code: a bracket stands where none belongs", do)
    return _element_string(GS.join(ai + value for ai, value in pairs))


def _link(text: str) -> Scanned:
    from biip import ParseError
    from biip.gs1_digital_link_uris import GS1DigitalLinkURI

    try:
        found = GS1DigitalLinkURI.parse(text)
    except ParseError:
        raise _refused(text, f"{text} is an address, but no GS1 Digital Link", "scan the part's own label") from None
    return _checked("link", [(e.ai.ai, e.value) for e in found.element_strings], text)


def _checked(kind: str, pairs: list[tuple[str, str]], text: str) -> Scanned:
    told: dict[str, str] = {}
    for ai, value in pairs:
        if told.setdefault(ai, value) != value:
            do = "scan one label at a time"
            raise _refused(text, f"the code says {ai} twice: {told[ai]} and {value}", do)
    gtin = told.get("01") or told.get("8006", "")[:14]
    if gtin and not _digit_holds(gtin):
        raise _refused(
            text, f"the check digit of {gtin} is wrong", "scan again; if it stays so, the label is misprinted"
        )
    made = Scanned(
        kind,
        "",
        gtin,
        told.get("240", ""),
        told.get("21", ""),
        told.get("10", ""),
        told.get("11", ""),
        told.get("17", ""),
    )
    if not (made.name or made.part or made.gtin):
        raise _refused(text, "the code names neither part, lot nor serial", "scan the part's own label")
    return made


def _digit_holds(gtin: str) -> bool:
    """Does the GTIN's last digit follow from the others (weights 3 and 1 from the right)?

    >>> _digit_holds("09501101530003"), _digit_holds("09501101530030")
    (True, False)
    """
    total = sum(int(d) * (3 if n % 2 == 0 else 1) for n, d in enumerate(reversed(gtin[:-1])))
    return (10 - total % 10) % 10 == int(gtin[-1])
