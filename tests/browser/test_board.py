"""The takt board by keyboard, by hand and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
Begin = Callable[..., "Visit"]


def _board(tour: Visit) -> Any:
    page = tour.go("/desks/line.sequence")
    page.locator("button.slot[draggable=true]").first.wait_for()
    return page


def _labels(page: Any) -> list[str]:
    return page.evaluate("[...document.querySelectorAll('button.slot')].map(s => s.getAttribute('aria-label'))")


def _swap_by_keys(page: Any, first: int, *keys: str) -> dict[str, Any]:
    """Pick a movable slot up, walk by keys, drop: what the server answers."""
    page.locator("button.slot[draggable=true]").nth(first).focus()
    page.keyboard.press("Enter")
    for key in keys:
        page.keyboard.press(key)
    with page.expect_response("**/swaps/look") as answer:
        page.keyboard.press("Enter")
    assert answer.value.ok
    page.locator("[data-reasons] li").first.wait_for()
    return dict(answer.value.json())


@pytest.mark.parametrize("language", ["en", "ar"])
def test_slots_are_swapped_by_keys_with_gap_and_reason_and_undone(visit: Begin, language: str) -> None:
    tour = visit(language)
    page = _board(tour)
    before = _labels(page)
    back = {"en": "ArrowRight", "ar": "ArrowLeft"}[language]
    answer = _swap_by_keys(page, 0, back, back)
    assert page.locator("[data-said]").inner_text() == answer["said"]
    assert page.locator("[data-reasons] li").count() == 2
    assert page.locator("[data-heard]").inner_text().startswith(answer["said"])
    changed = [one for one, other in zip(_labels(page), before, strict=True) if one != other]
    assert len(changed) == len([s for s in answer["slots"] if s["said"] not in before])
    page.keyboard.press("Control+z")
    page.locator("[data-swapbar]").wait_for(state="hidden")
    assert _labels(page) == before
    tour.check()


def test_two_swaps_are_undone_one_by_one(visit: Begin) -> None:
    tour = visit()
    page = _board(tour)
    before = _labels(page)
    _swap_by_keys(page, 2, "ArrowDown")
    once = _labels(page)
    _swap_by_keys(page, 6, "ArrowDown", "ArrowRight")
    with page.expect_response("**/swaps/look"):
        page.get_by_role("button", name="Undo").click()
    page.wait_for_function("n => document.querySelectorAll('[data-reasons] li').length === n", arg=2)
    assert _labels(page) == once
    page.get_by_role("button", name="Undo").click()
    assert _labels(page) == before
    tour.check()


def test_a_frozen_slot_says_why_it_stays(visit: Begin) -> None:
    tour = visit()
    page = _board(tour)
    page.locator("button.slot.frozen").first.focus()
    page.keyboard.press("Enter")
    assert page.locator(".toast").inner_text() == "frozen in slot 1"
    page.locator("button.slot[draggable=true]").nth(3).focus()
    page.keyboard.press("Enter")
    page.locator("button.slot.frozen").nth(1).focus()
    page.keyboard.press("Enter")
    assert page.locator(".toast").inner_text() == "frozen in slot 2"
    assert page.locator("button.slot.taken").count() == 0


def test_slots_are_swapped_by_tapping_on_a_phone(visit: Begin) -> None:
    tour = visit(width=390, height=844)
    page = _board(tour)
    free = page.locator("button.slot[draggable=true]")
    free.nth(1).click()
    with page.expect_response("**/swaps/look") as answer:
        free.nth(12).click()
    assert answer.value.ok
    page.locator("[data-reasons] li").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tour.check()


def test_a_dragged_swap_is_kept(visit: Begin) -> None:
    tour = visit()
    page = _board(tour)
    if page.locator("header .chip.waiting").count() == 0:
        pytest.skip("the sequence was accepted by another test")
    free = page.locator("button.slot[draggable=true]")
    slots = [free.nth(at).get_attribute("data-slot") for at in (4, 20)]
    orders = [str(free.nth(at).get_attribute("aria-label")).split(" · ")[2].split(" ")[0] for at in (4, 20)]
    with page.expect_response("**/swaps/look"):
        free.nth(4).drag_to(free.nth(20))
    page.locator("[data-reasons] li").first.wait_for()
    with page.expect_response("**/swaps") as answer:
        page.get_by_role("button", name="Keep the swap").click()
    assert answer.value.ok
    page.locator("[data-swapbar]").wait_for(state="hidden")
    page.reload()
    shown = [page.locator(f'button.slot[data-slot="{slot}"]').first.get_attribute("aria-label") for slot in slots]
    assert [order in str(label) for order, label in zip(reversed(orders), shown, strict=True)] == [True, True]
    tour.check()


def test_slots_of_two_days_are_swapped_and_undone(visit: Begin) -> None:
    """All days beside each other: the first slot of the second day goes to the first day and back."""
    tour = visit()
    page = tour.go("/desks/line.sequence?day=2")
    second = page.locator("button.slot[draggable=true]").first.get_attribute("data-slot")
    page.locator("nav.boardnav a").last.click()
    page.locator("h3.day").nth(1).wait_for()
    assert page.locator("nav.boardnav a[aria-current]").count() == 1
    before = _labels(page)
    free = page.locator("button.slot[draggable=true]")
    free.nth(1).click()
    with page.expect_response("**/swaps/look") as answer:
        page.locator(f'button.slot[data-slot="{second}"]').click()
    assert int(str(second)) in [slot["slot"] for slot in answer.value.json()["slots"]]
    page.wait_for_function("n => document.querySelectorAll('[data-reasons] li').length === n", arg=2)
    assert _labels(page) != before
    page.get_by_role("button", name="Undo").click()
    assert _labels(page) == before
    tour.check()
