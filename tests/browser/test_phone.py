"""A phone in the field: tickets filled without a network outlive a killed browser, none is lost and none comes twice."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

    from conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
Begin = Callable[..., "Visit"]
Serving = Callable[..., AbstractContextManager[str]]
QUEUED = 20


class Lossy:
    """A network that loses the answer to every fifth ticket after the server has taken it."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.asked = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        counts = scope["type"] == "http" and scope["method"] == "POST" and scope["path"] == "/tickets"
        self.asked += counts
        if not counts or self.asked % 5:
            await self.app(scope, receive, send)
            return

        async def lose(_: Any) -> None:
            return None

        await self.app(scope, receive, lose)
        await send({"type": "http.response.start", "status": 502, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def kept_phone(browser: Any, tmp_path: Path) -> Iterator[Callable[[], BrowserContext]]:
    """Opens the browser of one phone: its storage lies in a folder, so that it outlives a kill."""
    opened: list[BrowserContext] = []

    def begin() -> BrowserContext:
        context = browser.browser_type.launch_persistent_context(
            tmp_path / "phone",
            executable_path=os.environ.get("SMILECURVE_CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox"],
            viewport={"width": 390, "height": 844},
            locale="en",
        )
        context.set_default_timeout(60_000)
        opened.append(context)
        return context

    yield begin
    for context in opened:
        with contextlib.suppress(Exception):
            context.close()


def _kill(context: BrowserContext) -> None:
    """End the browser as a phone does when memory is short: at once, without a word to its pages."""
    assert context.browser
    told = context.browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
    os.kill(next(p["id"] for p in told["processInfo"] if p["type"] == "browser"), signal.SIGKILL)
    with contextlib.suppress(Exception):
        context.close()


def _until(page: Page, expression: str) -> None:
    """Wait until this holds; asked from outside, because the pages' policy evaluates no text."""
    for _ in range(600):
        if page.evaluate(f"Promise.resolve({expression}).then(Boolean)"):
            return
        page.wait_for_timeout(100)
    raise AssertionError(expression)


def _fill(page: Page, serial: str, note: str, photo: Path | None = None) -> None:
    page.fill("#serial", serial)
    page.get_by_text("Leak", exact=True).click()
    page.fill("#note", note)
    if photo:
        page.set_input_files("#photo", str(photo))
        page.locator("[data-shot] img").wait_for()
    page.get_by_role("button", name="Send ticket").click()


def _kept(page: Page) -> int:
    page.locator("[data-outbox-list]").wait_for(state="attached")
    return page.locator("[data-outbox-list] li").count()


def test_twenty_tickets_outlive_a_killed_browser(
    excavators_folder: Path, tmp_path: Path, serving: Serving, kept_phone: Callable[[], BrowserContext]
) -> None:
    """20 tickets filled while the server is away, the browser killed, back with answers that get lost: 0 lost, 0 doubled."""
    folder = shutil.copytree(excavators_folder, tmp_path / "thread")
    photo = tmp_path / "photo.png"
    with serving(folder) as address:
        page = kept_phone().pages[0]
        page.goto(f"{address}/tickets/new")
        rows = page.request.get(f"{address}/api/v1/tables/machines/rows?status=customer&limit={QUEUED}").json()["rows"]
        page.screenshot(path=str(photo))
        _until(page, "caches.match(location.href)")
        _until(page, "navigator.serviceWorker.controller !== null")
        phone = page.context
    page.goto(f"{address}/tickets/new?serial=x")
    for n in range(QUEUED):
        _fill(page, str(rows[n]["machine"]), f"filled off line, {n}", photo if n % 5 == 0 else None)
        page.locator("[data-outbox-count]", has_text=str(n + 1)).wait_for()
    _kill(phone)
    page = kept_phone().pages[0]
    page.goto(f"{address}/tickets/new")
    assert _kept(page) == QUEUED, "the page opens without a server and still knows what it keeps"
    port = int(address.rpartition(":")[2])
    with serving(folder, port, Lossy) as back:
        assert back == address
        page.locator("[data-outbox]").wait_for(state="hidden")
        page.reload()
        assert _kept(page) == 0
        told = page.request.get(f"{address}/api/v1/tables/tickets/rows?limit=200&order=-opened").json()["rows"]
        notes = [t["note"] for t in told if str(t["note"]).startswith("filled off line")]
        assert sorted(notes) == sorted(f"filled off line, {n}" for n in range(QUEUED))
        shown = page.request.get(f"{address}/machines/{rows[0]['machine']}").text()
        assert "/photos/" in shown


def test_a_refused_ticket_is_corrected_with_all_that_was_filled(visit: Begin, tmp_path: Path) -> None:
    tour = visit(width=390, height=844)
    page = tour.go("/tickets/new")
    photo = tmp_path / "photo.png"
    page.screenshot(path=str(photo))
    _fill(page, "ZE-NONE", "the plate is worn", photo)
    refused = page.locator("[data-outbox-list] .refused")
    refused.get_by_text("there is no machine ZE-NONE").wait_for()
    tour.complaints[:] = [c for c in tour.complaints if "400" not in c]
    tour.check()
    page.reload()
    refused.get_by_role("button", name="Correct").click()
    assert page.input_value("#serial") == "ZE-NONE"
    assert page.input_value("#note") == "the plate is worn"
    assert page.locator("input[value=leak]").is_checked()
    page.locator("[data-shot] img").wait_for()
    rows = page.request.get(f"{tour.base}/api/v1/tables/machines/rows?status=customer&limit=1").json()["rows"]
    page.fill("#serial", rows[0]["machine"])
    page.get_by_role("button", name="Send ticket").click()
    page.get_by_text("Sent.").wait_for()
    assert _kept(page) == 0
    tour.check()


@pytest.mark.parametrize(
    ("language", "theme"), [("zh", "dark"), ("es", "light"), ("ar", "light"), ("ar", "dark"), ("id", "light")]
)
def test_the_ticket_speaks_the_customers_language(visit: Begin, language: str, theme: str) -> None:
    tour = visit(language, theme, width=390, height=844)
    page = tour.go("/tickets/new")
    assert page.evaluate("document.documentElement.dir") == ("rtl" if language == "ar" else "ltr")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tour.check()
    told = page.request.get(f"{tour.base}/api/v1/tables/tickets/rows?order=-opened&limit=100").json()["rows"]
    still = [t["ticket"] for t in told if t["closed"] is None]
    asks = 'name="question" value="'
    pages = ((t, page.request.get(f"{tour.base}/tickets/{t}").text()) for t in still)
    ticket, question = next((t, text.partition(asks)[2].partition('"')[0]) for t, text in pages if asks in text)
    page = tour.go(f"/tickets/{ticket}")
    page.locator("[data-kept] button").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tour.check()
    with page.expect_navigation(wait_until="load"):
        page.locator("button[value=no]").click()
    assert page.locator(f"[name=question][value={question}]").count() == 0
    said = page.request.get(f"{tour.base}/api/v1/tables/ticket_answers/rows?ticket={ticket}").json()["rows"]
    assert (question, "no") in [(a["question"], a["answer"]) for a in said]
    tour.check()


def _sign(page: Page) -> None:
    """As a customer signs with a finger."""
    page.locator("[data-sign]").scroll_into_view_if_needed()
    box = page.locator("[data-sign]").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 40)
    page.mouse.down()
    for n in range(8):
        page.mouse.move(box["x"] + 30 + 20 * n, box["y"] + (20 if n % 2 else 50))
    page.mouse.up()
    _until(page, "document.querySelector('[data-signature]').files.length === 1")


def _type(page: Page, code: str) -> None:
    """As a scanner that is a keyboard: wherever the focus is, and Enter at the end."""
    page.evaluate("document.activeElement.blur()")
    page.keyboard.type(code)
    page.keyboard.press("Enter")


FILMED = """() => new Promise((done) => {
  const canvas = document.createElement("canvas");
  const paint = setInterval(() => canvas.getContext("2d").fillRect(0, 0, Math.random() * 300, 150), 40);
  const film = new MediaRecorder(canvas.captureStream(25), { mimeType: "video/webm" });
  film.ondataavailable = async (e) => done([...new Uint8Array(await e.data.arrayBuffer())]);
  film.start();
  setTimeout(() => { film.stop(); clearInterval(paint); }, 700);
})"""


def test_a_makers_pictures_and_films_are_on_the_phone_without_a_network_too(
    excavators_folder: Path, tmp_path: Path, serving: Serving, kept_phone: Callable[[], BrowserContext]
) -> None:
    """Added on the page of guides, shown to a customer; off line the kept film plays, one that is not kept says so."""
    folder = shutil.copytree(excavators_folder, tmp_path / "thread")
    picture, film = tmp_path / "step.png", tmp_path / "film.webm"
    with serving(folder) as address:
        page = kept_phone().pages[0]
        film.write_bytes(bytes(page.evaluate(FILMED)))
        page.goto(f"{address}/andon")
        page.screenshot(path=str(picture))
        rows = page.request.get(f"{address}/api/v1/tables/ticket_triage/rows?limit=500").json()["rows"]
        told = next(r for r in rows if r["step"] == "remote")
        about = page.request.get(f"{address}/api/v1/tables/tickets/rows?ticket={told['ticket']}").json()["rows"][0]
        page.goto(f"{address}/guides?guide={about['family']}/{told['treated']}")
        for step, file in ((0, film), (1, picture), (1, film)):
            form = page.locator(f"#step-{step} form[enctype]")
            form.locator("input[type=file]").set_input_files(str(file))
            form.get_by_role("button", name="Add").click()
            page.locator(f"#step-{step} figcaption", has_text=file.suffix).wait_for()
        page.goto(f"{address}/tickets/{told['ticket']}")
        page.locator(".guide img").scroll_into_view_if_needed()
        _until(page, "document.querySelector('.guide img').naturalWidth > 0")
        assert page.locator("video[data-film]").count() == 2
        whole = str(page.locator(".film video").last.get_attribute("src"))
        _until(page, f"caches.match(new URL('{whole}', location.href).href)")
        _until(page, "caches.match(document.querySelector('.guide img').src)")
        _until(page, "navigator.serviceWorker.controller !== null")
    page.goto(f"{address}/tickets/{told['ticket']}")
    page.evaluate("document.querySelectorAll('.film video').forEach((v) => { v.muted = true; v.load(); v.play(); })")
    _until(page, "[...document.querySelectorAll('.film video')].every((v) => v.currentTime > 0)")
    _until(page, "document.querySelector('.guide img').naturalWidth > 0")
    page.evaluate(
        "const v = document.querySelector('.film video'); v.src = v.src.replace('.webm', '-away.webm'); v.load()"
    )
    page.get_by_text("This film is not on the phone: it needs a network.").wait_for()


def test_a_visit_is_done_without_a_network(
    excavators_folder: Path, tmp_path: Path, serving: Serving, kept_phone: Callable[[], BrowserContext]
) -> None:
    """Opened from the kept list, accepted, filled, killed half-way, signed and ended off line: all of it arrives once."""
    folder = shutil.copytree(excavators_folder, tmp_path / "thread")
    with serving(folder) as address:
        page = kept_phone().pages[0]
        routes = page.request.get(f"{address}/api/v1/tables/service_routes/rows?kind=campaign&limit=500").json()["rows"]
        route = next(r for r in routes if r["day"] == 0)
        parts = page.request.get(f"{address}/api/v1/tables/components/rows?machine={route['machine']}&limit=500").json()
        out = next(c for c in parts["rows"] if c["part"] == route["part"] and c["until"] is None)
        page.goto(f"{address}/visits?technician={route['technician']}")
        go = str(page.locator("a[data-kept-page]", has_text=str(route["machine"])).get_attribute("href"))
        _until(page, f"caches.match(new URL('{go}', location.href).href)")
        _until(page, "navigator.serviceWorker.controller !== null")
        phone = page.context
    page.goto(address + go)
    page.get_by_role("button", name="Accept the visit").click()
    page.locator("[data-outbox-count]", has_text="1").wait_for()
    _type(page, str(out["lot"]))
    _type(page, "SN-OFFLINE-1")
    assert page.input_value("#failed") == out["lot"]
    assert page.input_value("#fitted") == "SN-OFFLINE-1"
    page.fill("#note", "seal torn")
    page.fill("#signer", "Pak Budi")
    page.get_by_text("Fixed", exact=True).click()
    page.get_by_role("button", name="End the visit").click()
    page.get_by_text("Nobody has signed").wait_for()
    _until(page, "document.querySelector('[data-draft]').dataset.stored === 'yes'")
    _kill(phone)
    page = kept_phone().pages[0]
    page.goto(address + go)
    _until(page, "document.querySelector('#note').value === 'seal torn'")
    assert page.input_value("#fitted") == "SN-OFFLINE-1"
    assert page.locator("input[value=fixed]").is_checked()
    _sign(page)
    page.get_by_role("button", name="End the visit").click()
    page.locator("[data-outbox-count]", has_text="2").wait_for()
    with serving(folder, int(address.rpartition(":")[2])):
        page.get_by_text("This visit has ended").wait_for()
        acts = page.request.get(
            f"{address}/api/v1/tables/visit_acts/rows?machine={route['machine']}&order=heard"
        ).json()
        assert [a["outcome"] for a in acts["rows"]] == ["accepted", "fixed"]
        parts = page.request.get(f"{address}/api/v1/tables/components/rows?machine={route['machine']}&limit=500").json()
        place = [c["lot"] for c in parts["rows"] if c["component"] == out["component"] and c["until"] is None]
        assert place == ["SN-OFFLINE-1"]


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("ar", "dark"), ("zh", "light")])
def test_the_pages_of_a_visit_are_sound(visit: Begin, language: str, theme: str) -> None:
    tour = visit(language, theme, width=390, height=844)
    page = tour.go("/visits")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tour.check()
    page.locator("a[data-kept-page]").first.click()
    page.locator("[data-sign]").wait_for()
    assert page.evaluate("document.documentElement.dir") == ("rtl" if language == "ar" else "ltr")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tour.check()


def test_the_camera_reads_a_label_where_the_browser_can(visit: Begin) -> None:
    """Chromium on this computer knows no bar codes: a detector and a camera stand in for those of a phone."""
    tour = visit(width=390, height=844)
    tour.page.add_init_script(
        "window.BarcodeDetector = class { async detect() { return [{rawValue: 'SN-SEEN-1'}]; } };"
        "navigator.mediaDevices.getUserMedia = async () => document.createElement('canvas').captureStream();"
        "HTMLMediaElement.prototype.play = async () => undefined;"
    )
    page = tour.go("/visits")
    page.locator("a[data-kept-page]").first.click()
    page.locator("[data-camera=fitted]").click()
    page.wait_for_function("document.querySelector('#fitted').value === 'SN-SEEN-1'")
    assert page.locator("[data-camera-view]").is_hidden()
    tour.check()
