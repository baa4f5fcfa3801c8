"""A worker's tablet: a scanner types fast, a value is judged while it is written, the network goes and comes back."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from conftest import Visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
Begin = Callable[..., "Visit"]
SERIALS = (f"ZE75-23-B{n:03d}" for n in itertools.count(1))
STEP = "[data-step]:not([hidden])"


def _rows(tour: Visit, name: str, query: str = "") -> list[dict[str, object]]:
    return list(tour.page.request.get(f"{tour.base}/api/v1/tables/{name}/rows?limit=1000&{query}").json()["rows"])


def _station(tour: Visit, part: str) -> int:
    components = {r["component"] for r in _rows(tour, "bom", f"part={part}")}
    plan = {r["task"]: r["station"] for r in _rows(tour, "station_plan")}
    return int(str(next(plan[t["task"]] for t in _rows(tour, "tasks") if t["component"] in components)))


def _begun(tour: Visit, part: str, model: str = "ZE75") -> tuple[Page, int]:
    """A station that builds in this part, with a machine that has its serial."""
    station = _station(tour, part)
    order = sorted(str(r["work_order"]) for r in _rows(tour, "work_orders", f"model={model}"))[0]
    page = tour.go(f"/stations/LINE-1/{station}?machine={order}")
    _scan(page, next(SERIALS))
    page.locator(f'{STEP}:not([data-kind="plate"])').wait_for()
    return page, station


def _scan(page: Page, code: str) -> None:
    """As a keyboard-wedge scanner: characters one after the other without a pause, then Enter."""
    for c in code:
        if c == "\x1d":
            page.keyboard.press("Control+]")
        else:
            page.keyboard.type(c)
    page.keyboard.press("Enter")


def _to(page: Page, kind: str) -> None:
    """Do steps until one of this kind is at hand."""
    for _ in range(20):
        at = page.locator(STEP)
        found = str(at.get_attribute("data-kind"))
        if found == kind:
            return
        assert found == "do", found
        name = at.get_attribute("data-step")
        at.locator("button.huge").click()
        page.locator(f'[data-step="{name}"][hidden]').wait_for(state="attached")
    raise AssertionError(f"no step of kind {kind}")


def test_a_scanner_needs_no_focus(visit: Begin) -> None:
    """The focus lies on the page; what the scanner types lands in the step, with its separators, and builds the part in."""
    tour = visit(width=1024, height=768)
    page, _ = _begun(tour, "TRM-20")
    _to(page, "scan")
    page.evaluate("document.activeElement.blur()")
    _scan(page, "]d2240TRM-20\x1d10BATCH-B1\x1d21SN-B1")
    page.locator(".answer.good", has_text="SN-B1 is built in").wait_for()
    assert page.locator(".steps [data-done]").count() >= 2
    assert tour.page.request.get(f"{tour.base}/api/v1/lots/BATCH-B1/machines").json()["total"] == 1
    tour.check()


def _with_held_acts(tour: Visit) -> tuple[Page, str, list[Route]]:
    """A station that builds in TRM-20, its work order without a serial, and the acts kept from the server."""
    order = sorted(str(r["work_order"]) for r in _rows(tour, "work_orders", "model=ZE75"))[0]
    page = tour.go(f"/stations/LINE-1/{_station(tour, 'TRM-20')}?machine={order}")
    held: list[Route] = []
    page.route("**/acts", lambda route: held.append(route))
    return page, order, held


def _let_go(page: Page, held: list[Route]) -> str:
    """Let the act that is under way reach the server; what was scanned in it."""
    while not held:
        page.wait_for_timeout(20)
    route = held.pop(0)
    said = parse_qs(str(route.request.post_data))
    route.continue_()
    return said["text"][0]


@pytest.mark.parametrize("reloaded", [False, True])
def test_a_quick_hand_loses_no_scan(visit: Begin, reloaded: bool) -> None:
    """Plate, part and one code too many, scanned before the first answer: each is sent in its turn, none is lost.

    The first two are taken. The third comes to a step that asks for no scan: it is told and presses no button.
    """
    tour = visit(width=1024, height=768)
    page, order, held = _with_held_acts(tour)
    right = str(_rows(tour, "kits", "part=TRM-20")[0]["lot"])
    scanned = [next(SERIALS), right, "STRAY-9"]
    for code in scanned:
        _scan(page, code)
    page.locator("[data-queue]", has_text="3 acts wait").wait_for()
    assert len(held) == 1, "one is under way, the others wait for its answer"
    arrived = [_let_go(page, held)]
    page.locator("[data-serial]", has_text=scanned[0]).wait_for()
    if reloaded:
        while not held:
            page.wait_for_timeout(20)
        held.clear()
        page.reload()
    arrived += [_let_go(page, held) for _ in range(2)]
    assert arrived == scanned
    told = page.locator("[data-refused] .answer")
    told.wait_for()
    assert "STRAY-9 was scanned, but" in told.inner_text()
    assert page.locator(STEP).get_attribute("data-kind") == "do"
    acts = _rows(tour, "station_acts", f"work_order={order}")
    assert [(a["kind"], a["machine"], a["lot"]) for a in acts] == [
        ("commissioning", scanned[0], None),
        ("assembling", scanned[0], right),
    ]
    tour.complaints[:] = [c for c in tour.complaints if "400" not in c]
    tour.check()
    told.get_by_role("button", name="Seen").click()
    page.reload()
    page.locator(STEP).wait_for()
    assert not page.locator("[data-refused] .answer").count()


def test_a_code_in_the_midst_of_an_answer_stays_whole(visit: Begin) -> None:
    """The answer comes while the scanner types, and the screen goes to the next step: the code is one code."""
    tour = visit(width=1024, height=768)
    page, _, held = _with_held_acts(tour)
    _scan(page, next(SERIALS))
    right = str(_rows(tour, "kits", "part=TRM-20")[0]["lot"])
    page.keyboard.type(right[:3])
    _let_go(page, held)
    page.locator(f'{STEP}[data-kind="scan"]').wait_for()
    _scan(page, right[3:])
    assert _let_go(page, held) == right
    page.locator(".answer.good", has_text=f"{right} is built in").wait_for()
    tour.check()


def test_a_part_scanned_while_its_machine_is_fetched_is_built_in(visit: Begin) -> None:
    """The plate of another machine, and its part before the page of that machine has come: that page sends the part."""
    tour = visit(width=1024, height=768)
    page, station = _begun(tour, "TRM-20")
    order = page.locator('input[name="machine"][type="hidden"]').first.input_value()
    other = next(str(r["work_order"]) for r in _rows(tour, "work_orders") if r["work_order"] != order)
    tour.go(f"/stations/LINE-1/{station}?machine={other}")
    held: list[Route] = []
    page.route("**/stations/*/*?machine=*", lambda route: held.append(route))
    page.locator("#take").click()
    _scan(page, order)
    while not held:
        page.wait_for_timeout(20)
    sent: list[str] = []
    page.on("request", lambda r: r.url.endswith("/acts") and sent.append(r.url))
    _scan(page, str(_rows(tour, "kits", "part=TRM-20")[0]["lot"]))
    page.wait_for_timeout(500)
    assert not sent, "nothing goes out of a page that is being left"
    held.pop().continue_()
    page.locator(f'input[name="machine"][value="{order}"]').first.wait_for(state="attached")
    page.locator(f'{STEP}[data-kind="do"]').wait_for()
    acts = _rows(tour, "station_acts", f"work_order={order}")
    assert [a["kind"] for a in acts] == ["commissioning", "assembling"]
    tour.check()


def test_a_wrong_part_is_told_and_the_next_scan_replaces_it(visit: Begin) -> None:
    tour = visit(width=768, height=1024)
    page, _ = _begun(tour, "TRM-20")
    _to(page, "scan")
    wrong = str(_rows(tour, "kits", "part=ARM-20")[0]["lot"])
    _scan(page, wrong)
    page.locator(".answer.bad").wait_for()
    assert "wrong part: ARM-20 was scanned" in page.locator(".answer.bad").inner_text()
    right = str(_rows(tour, "kits", "part=TRM-20")[0]["lot"])
    _scan(page, right)
    page.locator(".answer.good", has_text="is built in").wait_for()
    assert not page.locator(".answer.bad").count(), "mended: nothing is left to see"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    tour.complaints[:] = [c for c in tour.complaints if "400" not in c]
    tour.check()


def test_a_value_is_judged_while_it_is_written(visit: Begin) -> None:
    tour = visit(width=1024, height=768)
    page, _ = _begun(tour, "ARM-20")
    _to(page, "scan")
    _scan(page, str(_rows(tour, "kits", "part=ARM-20")[0]["lot"]))
    page.locator(".answer.good", has_text="is built in").wait_for()
    _to(page, "measure")
    page.keyboard.type("81,2")
    assert page.locator(f"{STEP} .verdict").inner_text() == "outside the limits"
    page.keyboard.press("Enter")
    page.locator(".answer.bad").wait_for()
    assert page.locator(STEP).get_attribute("data-kind") == "measure"
    page.keyboard.type("80,01")
    assert page.locator(f"{STEP} .verdict").inner_text() == "within limits"
    tour.check()
    page.keyboard.press("Enter")
    page.locator(".answer.good").wait_for()
    assert page.locator(STEP).get_attribute("data-kind") != "measure"


def test_acts_wait_while_the_network_is_away(visit: Begin) -> None:
    """Off line: the steps go on and are counted as waiting. On line again: each is an event, once."""
    tour = visit(width=1024, height=768)
    page, _ = _begun(tour, "TRM-20")
    _to(page, "scan")
    order = page.locator('input[name="machine"][type="hidden"]').first.input_value()
    right = str(_rows(tour, "kits", "part=TRM-20")[0]["lot"])
    before = len(_rows(tour, "station_acts", f"work_order={order}"))
    page.context.set_offline(True)
    _scan(page, right)
    page.locator(".answer.warn").wait_for()
    page.locator(f"{STEP} button.huge").click()
    page.locator("[data-queue]", has_text=re.compile("2 acts wait")).wait_for()
    page.context.set_offline(False)
    page.locator("[data-queue]").wait_for(state="hidden")
    acts = _rows(tour, "station_acts", f"work_order={order}")
    assert len(acts) == before + 2
    page.reload()
    assert page.locator(".steps [data-done]").count() == len(acts)
    tour.complaints[:] = [
        c for c in tour.complaints if "ERR_INTERNET_DISCONNECTED" not in c and "Failed to load" not in c
    ]
    tour.check()


def test_a_part_refused_after_the_network_came_back_names_its_step(visit: Begin) -> None:
    """The page has gone on, another act is taken meanwhile: component, scan and reason stay in sight, the step is open."""
    tour = visit(width=1024, height=768)
    page, _ = _begun(tour, "TRM-20")
    _to(page, "scan")
    called = str(page.locator(STEP).get_attribute("data-called"))
    assert "TRM-20" in called
    wrong = str(_rows(tour, "kits", "part=ARM-20")[0]["lot"])
    page.context.set_offline(True)
    _scan(page, wrong)
    page.locator(f'{STEP}:not([data-kind="scan"]) button.huge').click()
    page.locator("[data-queue]", has_text=re.compile("2 acts wait")).wait_for()
    page.context.set_offline(False)
    page.locator("[data-queue]").wait_for(state="hidden")
    for _ in range(2):
        said = page.locator("[data-refused] .answer").inner_text()
        assert f"{called} is open again: {wrong} was refused. wrong part: ARM-20 was scanned" in said
        assert page.locator(STEP).get_attribute("data-kind") == "scan"
        page.reload()
        page.locator(STEP).wait_for()
    tour.go("/stations/LINE-1/9")
    page.locator("[data-refused] a").click()
    page.locator(f'{STEP}[data-kind="scan"]').wait_for()
    _scan(page, str(_rows(tour, "kits", "part=TRM-20")[0]["lot"]))
    page.locator(".answer.good", has_text="is built in").wait_for()
    assert not page.locator("[data-refused] .answer").count()
    tour.complaints[:] = [
        c for c in tour.complaints if "ERR_INTERNET_DISCONNECTED" not in c and "Failed to load" not in c
    ]
    tour.check()


def test_a_call_is_on_the_andon_list_at_once(visit: Begin) -> None:
    """The line lead's page renews itself; the call is taken there and seen as taken at the station."""
    lead = visit()
    andon = lead.go("/andon")
    worker = visit(width=1024, height=768)
    station = worker.go("/stations/LINE-1/9")
    station.locator('[data-help] button[value="tool"]').click()
    andon.locator(".call.open", has_text="Station 9").wait_for()
    lead.check()
    station.locator(".call.open").wait_for()
    andon.locator(".call.open", has_text="Station 9").get_by_role("button", name="I come").click()
    station.locator(".call.taken").wait_for()
    worker.check()
    board = visit()
    page = board.go("/")
    page.locator("[data-now] .cell.helped").wait_for()
    board.check()
    andon.locator(".call", has_text="Station 9").get_by_role("button", name="Closed").click()
    page.locator("[data-now] .cell.helped").wait_for(state="detached")


@pytest.mark.parametrize(("language", "theme"), [("en", "dark"), ("ar", "light"), ("zh", "light")])
@pytest.mark.parametrize(("width", "height"), [(1024, 768), (768, 1024), (390, 844)])
def test_stations_in_every_language_and_size(visit: Begin, language: str, theme: str, width: int, height: int) -> None:
    tour = visit(language, theme, width, height)
    for path in ("/stations", "/stations/LINE-1/1", "/stations/LINE-1/17", "/andon"):
        page = tour.go(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        small = page.evaluate(
            "[...document.querySelectorAll('.station button, .station .button, .picks .button')].filter(b => b.offsetHeight && b.offsetHeight < 44).length"
        )
        assert small == 0, path
        tour.check()


def test_stations_keep_the_strict_policy(visit: Begin) -> None:
    tour = visit()
    context = tour.page.context.browser.new_context()  # type: ignore[union-attr]
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
    for path in ("/stations", "/stations/LINE-1/1", "/andon"):
        page.goto(tour.base + path)
        page.wait_for_timeout(300)
    context.close()
    assert not said
