"""The tour of a person through the pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
Begin = Callable[..., "Visit"]
EVERY = ["/", "/stages/line", "/stages/learn", "/decisions", "/desks/line.sequence", "/desks/learn.hazard", "/desks/market.revenue",
         "/desks/ship.load", "/desks/serve.dispatch", "/desks/serve.triage",
         "/desks/serve.spares", "/tables", "/tables/revenue", "/data", "/settings", "/menu", "/tickets", "/tickets/new", "/visits",
         "/api"]  # fmt: skip


def _serial(tour: Visit) -> str:
    rows = tour.page.request.get(f"{tour.base}/api/v1/tables/machines/rows?status=customer&limit=1").json()["rows"]
    return str(rows[0]["machine"])


@pytest.mark.parametrize("path", EVERY)
def test_a_page_is_sound(visit: Begin, path: str) -> None:
    tour = visit()
    page = tour.go(path)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tour.check()


@pytest.mark.parametrize(("language", "title"), [("zh", "控制塔"), ("ar", "برج المراقبة"), ("es", "Torre de control")])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_tower_in_every_language_and_theme(visit: Begin, language: str, title: str, theme: str) -> None:
    tour = visit(language, theme)
    page = tour.go("/")
    assert page.locator("h1").inner_text() == title
    nav = page.locator(".nav").bounding_box()
    assert nav is not None
    assert (nav["x"] > 700) == (language == "ar")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tour.check()


def test_the_browser_keeps_the_strict_policy(visit: Begin) -> None:
    """Nothing on the pages needs more than the policy allows: the same walk without bypassing it."""
    tour = visit()
    context = tour.page.context.browser.new_context()  # type: ignore[union-attr]
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    for path in ("/", "/desks/line.sequence", "/tables/machines", "/tickets/new", "/desks/serve.dispatch", "/visits"):
        page.goto(tour.base + path)
        page.wait_for_timeout(300)
    page.locator("a[data-kept-page]").first.click()
    page.locator("[data-sign]").wait_for()
    page.wait_for_timeout(300)
    context.close()
    assert not said


def test_the_first_card_is_accepted_by_keyboard(visit: Begin) -> None:
    tour = visit()
    page = tour.go("/")
    card = page.locator("article.wait").first
    code = card.get_attribute("data-decision")
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('article.wait')"):
            break
    assert page.evaluate("document.activeElement.dataset.decision") == code
    page.keyboard.press("Enter")
    page.locator(f'article[data-decision="{code}"][data-done="accepted"]').wait_for()
    assert page.request.get(f"{tour.base}/api/v1/decisions/{code}").json()["state"] == "accepted"
    tour.check()


def test_ctrl_k_finds_a_machine(visit: Begin) -> None:
    tour = visit()
    page = tour.go("/tables")
    serial = _serial(tour)
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.type(serial)
    page.get_by_role("option", name=serial).first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/machines/{serial}")
    assert page.locator("h1").inner_text() == serial
    tour.check()


def test_from_a_machine_to_its_lot_and_back(visit: Begin) -> None:
    tour = visit()
    page = tour.go(f"/machines/{_serial(tour)}")
    assert page.locator(".life li").count() > 4
    tour.check()
    lot = page.locator(".tree a").first
    name = lot.inner_text()
    lot.click()
    page.wait_for_url(f"**/lots/{name}")
    assert page.locator("h1").inner_text() == f"Lot {name}"
    assert page.locator(".world circle").count() >= 1
    tour.check()


def test_a_decision_is_rejected_on_its_page(visit: Begin) -> None:
    tour = visit()
    page = tour.go("/desks/market.quote")
    page.get_by_role("button", name="Reject").click()
    page.locator('[data-done="rejected"]').wait_for()
    page.reload()
    assert page.locator(".chip.rejected").first.inner_text() == "rejected"
    tour.check()


def test_a_grid_is_sorted_filtered_and_walked(visit: Begin) -> None:
    tour = visit()
    page = tour.go("/tables/parts")
    page.locator("thead a", has_text="Cost").click()
    page.locator('th[aria-sort="ascending"]').wait_for()
    page.locator("[name=q]").last.fill("source=buy")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q=source"))
    cell = page.locator("tbody td").first
    cell.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('tr').rowIndex") == 2
    tour.check()


def test_a_file_with_bad_rows_goes_to_quarantine(visit: Begin, tmp_path: Path) -> None:
    tour = visit()
    page = tour.go("/data")
    file = tmp_path / "fairs.csv"
    file.write_text(
        "exhibition,name,market,opens,closes\nX-9,Bauma,DE,2025-04-07,2025-04-13\nX-8,Nowhere,XX,2025-05-01,2025-05-02\n"
    )
    page.set_input_files("#file", str(file))
    page.select_option("#target", "exhibitions")
    page.get_by_role("button", name="Read the file").click()
    page.get_by_role("button", name="Load the good rows").click()
    page.get_by_text("1 rows are in quarantine").wait_for()
    assert page.locator("section[aria-labelledby=quarantine-title] tbody td", has_text="XX").count() >= 1
    tour.check()


def test_a_ticket_from_a_phone(visit: Begin, tmp_path: Path) -> None:
    tour = visit(width=390, height=844)
    page = tour.go("/tickets/new")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.fill("#serial", _serial(tour))
    page.get_by_text("Leak", exact=True).click()
    page.fill("#hours", "1234")
    photo = tmp_path / "photo.png"
    page.screenshot(path=str(photo))
    page.set_input_files("#photo", str(photo))
    page.locator("[data-shot] img").wait_for()
    page.fill("#note", "oil under the track")
    tour.check()
    page.get_by_role("button", name="Send ticket").click()
    page.get_by_text("Sent.").wait_for()
    tour.check()


def test_phone_pages_do_not_scroll_sideways(visit: Begin) -> None:
    tour = visit(width=390, height=844)
    for path in (
        "/",
        "/menu",
        "/decisions",
        "/desks/learn.hazard",
        "/desks/serve.dispatch",
        "/desks/serve.spares",
        "/tickets",
        "/tables/machines",
        f"/machines/{_serial(tour)}",
        "/data",
    ):
        page = tour.go(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    tour.check()


def test_the_tower_is_light(visit: Begin) -> None:
    """All that the tower loads, as it travels, stays under 400 KB."""
    tour = visit()
    weight = 0

    def add(request: object) -> None:
        nonlocal weight
        weight += request.sizes()["responseBodySize"]  # type: ignore[attr-defined]

    tour.page.on("requestfinished", add)
    tour.go("/")
    tour.page.wait_for_timeout(800)
    assert 20_000 < weight < 400_000
