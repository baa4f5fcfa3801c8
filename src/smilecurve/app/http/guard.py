"""Is this request meant for us, and what may its answer do in a browser?

Three gates before any route: the Host must be one of this machine's names (no DNS rebinding), a writing request from a
browser must come from our own pages (no cross-site forgery), and every answer carries a strict content security policy.
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard"]

HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]", "testserver"})
READING = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; media-src 'self' blob:; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), geolocation=(), microphone=()"),
)


class Guard:
    """The gates around the whole application; plain ASGI, so that streams pass untouched."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str] = HOSTS) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what is not meant for us; add the headers to every answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(h for h in HEADERS if h[0] not in given)]
            await send(message)

        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refused = self._refusal(str(scope["method"]), headers)
        if refused:
            await _refuse(refused, answer)
        else:
            await self.app(scope, receive, answer)

    def _refusal(self, method: str, headers: dict[str, str]) -> str:
        host = headers.get("host", "")
        if _name(host) not in self.hosts:
            return "this host name is not served here"
        if method in READING:
            return ""
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return "a writing request must come from this server's own pages"
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return "a writing request must come from this server's own pages"
        return ""


def _name(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()


async def _refuse(detail: str, send: Send) -> None:
    problem = {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": detail}
    body = json.dumps(problem).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
