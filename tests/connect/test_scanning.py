"""What a keyboard-wedge scanner types is read as GS1 says, and a wrong digit is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smilecurve.connect.scanning import Scanned, scan
from smilecurve.terms.errors import OptionRejected

GTIN = "09501101530003"
CHARS = st.text(st.sampled_from("ABCXYZabc0123456789-./_%&+!*=,:;?'\""), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"01{GTIN}10LOT7\x1d21S1", Scanned("gs1", gtin=GTIN, serial="S1", lot="LOT7")),
        (f"\x1d01{GTIN}21S1\x1d10LOT7\x1d", Scanned("gs1", gtin=GTIN, serial="S1", lot="LOT7")),
        (f"]C101{GTIN}172601013010\x1d10A", Scanned("gs1", gtin=GTIN, lot="A", expires="260101")),
        (f"]d201{GTIN}1125110110A\r", Scanned("gs1", gtin=GTIN, lot="A", made="251101")),
        (f"]Q301{GTIN}{{GS}}240P-9{{GS}}21x", Scanned("gs1", gtin=GTIN, part="P-9", serial="x")),
        (f"01{GTIN}10A␝21B", Scanned("gs1", gtin=GTIN, lot="A", serial="B")),
        (f"01{GTIN}10A^]21B", Scanned("gs1", gtin=GTIN, lot="A", serial="B")),
        (f"(01){GTIN}(11)251101(17)271101(10)L-1(21)S/1", Scanned("gs1", gtin=GTIN, made="251101", expires="271101", lot="L-1", serial="S/1")),
        ("8006095011015300030102\x1d10A", Scanned("gs1", gtin=GTIN, lot="A")),
        (f"https://id.gs1.org/01/{GTIN}/10/LOT%2F1/21/S1?17=271101", Scanned("link", gtin=GTIN, lot="LOT/1", serial="S1", expires="271101")),
        ("HTTPS://example.com/a/b/01/9501101530003/21/12?lang=de", Scanned("link", gtin=GTIN, serial="12")),
        (f"https://example.com/01/{GTIN}?240=P-1", Scanned("link", gtin=GTIN, part="P-1")),
        ("  5E94 \n", Scanned("plain", "5E94")),
        ("0123456", Scanned("plain", "0123456")),
        ("ZE75-23-000123", Scanned("plain", "ZE75-23-000123")),
        ("]A05E94", Scanned("plain", "5E94")),
        ("壳体-7", Scanned("plain", "壳体-7")),
    ],
)  # fmt: skip
def test_by_hand(text: str, said: Scanned) -> None:
    assert scan(text) == said


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("01095011015300302110", "check digit of 09501101530030 is wrong"),
        ("(01)09501101530004(21)1", "check digit of 09501101530004 is wrong"),
        ("https://example.com/01/09501101530001/21/12", "check digit of 09501101530001 is wrong"),
        ("8006095011015300010102", "check digit of 09501101530001 is wrong"),
        (f"(01){GTIN}(10)A(B", "a bracket stands where none belongs"),
        (f"(01){GTIN}(21)", "a bracket stands where none belongs"),
        ("https://example.com/help", "no GS1 Digital Link"),
        (f"01{GTIN}10A\x1d10B", "says 10 twice"),
        (f"01{GTIN}99", "no sound GS1 code"),
        ("17260101\x1d3010", "neither part, lot nor serial"),
        ("   ", "nothing was scanned"),
        ("A\x00B", "is no code"),
        ("x" * 500, "is no code"),
    ],
)
def test_refuses_bad_data(text: str, what: str) -> None:
    with pytest.raises(OptionRejected) as refused:
        scan(text)
    assert what in str(refused.value)


@given(st.integers(0, 10**13 - 1), CHARS, CHARS)
def test_holds_its_laws(number: int, lot: str, serial: str) -> None:
    """Written with separators, in brackets or as a Digital Link, the same keys are read; one changed digit never passes."""
    from urllib.parse import quote

    body = f"{number:013d}"
    digit = (10 - sum(int(d) * (3 if n % 2 == 0 else 1) for n, d in enumerate(reversed(body))) % 10) % 10
    gtin = f"{body}{digit}"
    said = Scanned("gs1", gtin=gtin, lot=lot, serial=serial)
    assert scan(f"01{gtin}10{lot}\x1d21{serial}") == said
    assert scan(f"]d201{gtin}21{serial}\x1d10{lot}") == said
    link = scan(f"https://id.gs1.org/01/{gtin}/10/{quote(lot, safe='')}/21/{quote(serial, safe='')}")
    assert (link.gtin, link.lot, link.serial) == (gtin, lot, serial)
    wrong = f"{body}{(digit + 1) % 10}"
    with pytest.raises(OptionRejected, match="check digit"):
        scan(f"01{wrong}10{lot}\x1d21{serial}")
