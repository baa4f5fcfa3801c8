"""May the bearer of this link open this one visit, and until when?

A link is the visit and the second it ends, with a mark that only this thread's key can make. It opens one visit and
nothing else, without an account; whoever changes a letter of it, or comes too late, is refused.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from datetime import UTC, datetime

from smilecurve.app.pages.words import Words
from smilecurve.terms.errors import Breach, Expired, NotAllowed

__all__ = ["opened", "visit_link"]

PURPOSE = b"visit link 1\0"
MOST = 600


def visit_link(key: bytes, visit: str, until: datetime) -> str:
    """The token of a link to one visit.

    >>> from smilecurve.app.pages.words import speak
    >>> token = visit_link(b"k", "T-1", datetime(2030, 1, 1, tzinfo=UTC))
    >>> opened(b"k", token, datetime(2029, 12, 31, tzinfo=UTC), speak("en"))
    'T-1'
    """
    said = f"{int(until.timestamp())}.{urlsafe_b64encode(visit.encode()).decode().rstrip('=')}"
    return f"{said}.{_mark(key, said)}"


def opened(key: bytes, token: str, now: datetime, words: Words) -> str:
    """The visit that a link opens; NotAllowed if it was not made here, Expired if its time is over, in these words."""
    at, anew = words.text("Link"), words.text("ask for a new one")
    said, _, mark = token.rpartition(".")
    if len(token) > MOST or not hmac.compare_digest(mark.encode(), _mark(key, said).encode()):
        do = words.text("open it whole, or ask for a new one")
        raise NotAllowed(Breach(words.text("this link was not made here"), at, do))
    until, _, visit = said.partition(".")
    if now.timestamp() >= int(until):
        day = words.day(datetime.fromtimestamp(int(until), UTC).date())
        raise Expired(Breach(words.text("this link ended on {day}", day=day), at, anew))
    try:
        return urlsafe_b64decode(visit + "=" * (-len(visit) % 4)).decode()
    except (Error, UnicodeDecodeError):
        raise NotAllowed(Breach(words.text("this link names no visit"), at, anew)) from None


def _mark(key: bytes, said: str) -> str:
    return hmac.new(key, PURPOSE + said.encode(), hashlib.sha256).hexdigest()
