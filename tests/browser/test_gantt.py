"""The Gantt of the shops: five thousand operations scroll without a node each, by keys, in every reading direction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from smilecurve.app.seeding import seed_world
from smilecurve.loop.run import run_desk
from smilecurve.terms.tables.line_shops import (
    EQUIPMENT,
    EQUIPMENT_BREAKS,
    EQUIPMENT_SETUPS,
    SHOP_OPERATIONS,
    SHOP_ORDERS,
)
from smilecurve.thread.store import open_thread

if TYPE_CHECKING:
    from conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
Begin = Callable[..., "Visit"]
Serving = Callable[[Path], AbstractContextManager[str]]
ZERO = datetime(2023, 6, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def served(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a maker whose shops have 1,000 orders of five operations on 50 pieces of equipment."""
    folder = tmp_path_factory.mktemp("shops") / "thread"
    orders = [
        {"shop_order": f"S{j:04d}", "part": f"P{j % 9}", "quantity": 1, "due": ZERO + timedelta(hours=8 + j // 5)}
        for j in range(1_000)
    ]
    work = [
        {"shop_order": f"S{j:04d}", "position": k + 1, "equipment": f"E{(7 * j + 11 * k + 3 * (j % 5)) % 50:02d}", "time_s": 900.0 + 37 * (j % 40)}
        for j in range(1_000)
        for k in range(5)
    ]  # fmt: skip
    with open_thread(folder) as thread:
        seed_world(thread, "excavators", scale=0.001)
        thread.put(EQUIPMENT, EQUIPMENT.rows([{"equipment": f"E{e:02d}", "shop": "A", "name": "E"} for e in range(50)]))
        for spec in (EQUIPMENT_BREAKS, EQUIPMENT_SETUPS):
            thread.put(spec, spec.empty())
        thread.put(SHOP_ORDERS, SHOP_ORDERS.rows(orders))
        thread.put(SHOP_OPERATIONS, SHOP_OPERATIONS.rows(work))
        run_desk(thread, "line.shops", {"work": 0, "windows": 0})
    with serving(folder) as address:
        yield address


def test_five_thousand_bars_scroll_smoothly(visit: Begin) -> None:
    """The number of elements does not grow with the bars, few are drawn at once, and a frame takes far less than 50 ms."""
    tour = visit()
    page = tour.go("/desks/line.shops")
    view = page.locator(".gantt-view")
    view.wait_for()
    assert page.locator("[data-gantt] *").count() < 30
    page.locator("[data-zoom='2']").click(click_count=4)
    page.wait_for_timeout(200)
    drawn = int(page.locator("[data-gantt]").get_attribute("data-drawn") or 0)
    assert 0 < drawn < 2_000
    frames = view.evaluate(
        """async (view) => {
          const times = [];
          for (let k = 0; k < 60; k++) {
            const begin = performance.now();
            view.scrollLeft += 40; view.scrollTop += 10;
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            times.push(performance.now() - begin);
          }
          return times.sort((a, b) => a - b);
        }"""
    )
    assert frames[len(frames) // 2] < 250, "the median of two frames, on any loaded machine"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tour.check()


@pytest.mark.parametrize(
    ("language", "theme", "width"), [("en", "light", 1440), ("ar", "dark", 390), ("zh", "dark", 820)]
)
def test_keys_walk_from_operation_to_operation(visit: Begin, language: str, theme: str, width: int) -> None:
    tour = visit(language, theme, width)
    page = tour.go("/desks/line.shops")
    view = page.locator(".gantt-view")
    view.wait_for()
    told = page.locator("[data-gantt] [data-told]")
    before = told.inner_text()
    view.focus()
    page.keyboard.press("ArrowRight")
    first = told.inner_text()
    page.keyboard.press("ArrowRight")
    second = told.inner_text()
    page.keyboard.press("ArrowDown")
    below = told.inner_text()
    page.keyboard.press("End")
    assert len({before, first, second, below, told.inner_text()}) == 5
    assert "E00" in first
    assert "E01" in below
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert view.evaluate("(view) => view.scrollWidth > 2 * view.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tour.check()


def test_a_still_picture_stands_without_script(visit: Begin) -> None:
    tour = visit()
    browser = tour.page.context.browser
    assert browser is not None
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{tour.base}/desks/line.shops")
    assert page.locator("[data-gantt] svg rect").count() > 50
    assert not page.locator(".gantt-bar").is_visible()
    page.context.close()
