"""A browser on a served maker: no console error, no other host, no serious finding of axe-core."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

playwright_api = pytest.importorskip("playwright.sync_api")

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = os.environ.get("SMILECURVE_CHROMIUM", "/usr/bin/chromium")


@dataclass
class Visit:
    """One page of a browser with what it complained about and whom it called."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        answer = self.page.goto(self.base + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"
        return self.page

    def check(self) -> None:
        """No console error, no request to another host, nothing serious for a screen reader."""
        assert not self.complaints
        assert not self.strangers
        self.page.add_script_tag(path=str(AXE))
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)")
        bad = [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found if v["impact"] in ("serious", "critical")]
        assert not bad, "\n".join(bad)


@contextlib.contextmanager
def serve(folder: Path, port: int = 0, wrap: Callable[[Any], Any] = lambda app: app) -> Iterator[str]:
    """Serve a folder while the block runs, behind what `wrap` puts before it; its address."""
    import uvicorn

    from smilecurve.app.http.server import create_app

    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port))
        port = free.getsockname()[1]
    config = uvicorn.Config(
        wrap(create_app(folder)), host="127.0.0.1", port=port, log_level="error", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    for _ in range(600):
        if server.started:
            break
        time.sleep(0.1)
    assert server.started
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=15)


@pytest.fixture(scope="session")
def serving() -> Callable[..., contextlib.AbstractContextManager[str]]:
    """How a test serves a folder of its own."""
    return serve


@pytest.fixture(scope="session")
def served(excavators_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server over a seeded and turned maker."""
    with serve(shutil.copytree(excavators_folder, tmp_path_factory.mktemp("browsed") / "thread")) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"there is no browser at {CHROMIUM}; `make e2e` installs it")
    with sync_playwright() as tool:
        made = tool.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def visit(browser: Browser, served: str) -> Iterator[Callable[..., Visit]]:
    """Open a page: language, theme, size; what it complains about is gathered from the start."""
    contexts: list[BrowserContext] = []

    def begin(language: str = "en", theme: str = "light", width: int = 1440, height: int = 1010) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, bypass_csp=True, locale=language
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        made = Visit(page, served)
        page.on("console", lambda m: made.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: made.complaints.append(str(e)))
        page.on(
            "request",
            lambda r: made.strangers.append(r.url) if not r.url.startswith((served, "blob:", "data:")) else None,
        )
        return made

    yield begin
    for context in contexts:
        with contextlib.suppress(Exception):
            context.close()
