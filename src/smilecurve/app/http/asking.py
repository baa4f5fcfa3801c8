"""Who asks, and how do they want it shown?

The scope comes from the server's own option as a ceiling; below it a header or a signed cookie may narrow it. Nobody
widens it. Language and theme come from cookies, else from the browser.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request

from smilecurve.app.pages.words import LANGUAGES
from smilecurve.terms.errors import Breach, NotAllowed
from smilecurve.terms.scope import MAKER, Scope

__all__ = ["SCOPE_COOKIE", "SCOPE_HEADER", "ScopeOf", "asked_language", "asked_theme", "key_of", "narrowing", "signed"]

SCOPE_HEADER = "X-Smilecurve-Scope"
SCOPE_COOKIE = "smilecurve-scope"
ScopeOf = Callable[[Request], Scope]


def key_of(folder: Path) -> bytes:
    """The thread's own key for signing cookies; made once, readable by its owner alone."""
    path = folder / "app.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(32))
    return path.read_bytes()


def signed(key: bytes, text: str) -> str:
    """The text with its signature, for a cookie."""
    return f"{text}|{hmac.new(key, text.encode(), hashlib.sha256).hexdigest()}"


def _unsigned(key: bytes, text: str) -> str | None:
    plain, _, mark = text.rpartition("|")
    kept = hmac.compare_digest(mark, hmac.new(key, plain.encode(), hashlib.sha256).hexdigest())
    return plain if kept and plain else None


def narrowing(key: bytes, ceiling: Scope) -> ScopeOf:
    """How a request's scope is found: the ceiling, or what a header or signed cookie narrows a maker's view to."""

    def scope_of(request: Request) -> Scope:
        asked = request.headers.get(SCOPE_HEADER) or _unsigned(key, request.cookies.get(SCOPE_COOKIE, ""))
        if not asked:
            return ceiling
        scope = Scope.parse(asked)
        if ceiling not in (MAKER, scope):
            raise NotAllowed(Breach(f"{scope} lies outside {ceiling}", SCOPE_HEADER, f"ask as {ceiling}"))
        return scope

    return scope_of


def asked_language(request: Request) -> str:
    """The language of the cookie, else the first of the browser's that we have."""
    kept = request.cookies.get("smilecurve-language", "")
    if kept in LANGUAGES:
        return kept
    for part in request.headers.get("accept-language", "").split(","):
        code = part.split(";")[0].strip().lower().split("-")[0]
        if code in LANGUAGES:
            return code
    return "en"


def asked_theme(request: Request) -> str:
    """light, dark, or auto (as the browser prefers)."""
    kept = request.cookies.get("smilecurve-theme", "auto")
    return kept if kept in ("light", "dark") else "auto"
