"""The takt board answers a swap with its cost and reasons, keeps it, and draws where the sequence presses."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from smilecurve.app.http.server import create_app
from smilecurve.app.pages.pictures.sequencing import drift_chart, overload_map, window_strip
from smilecurve.app.pages.words import speak
from smilecurve.loop.run import run_desk
from smilecurve.terms.tables import table
from smilecurve.thread.store import open_thread

SAME = {"Origin": "http://testserver"}


def decision(client: TestClient) -> str:
    rows = client.get("/api/v1/tables/decisions/rows?desk=line.sequence&state=waiting").json()["rows"]
    return str(rows[0]["decision"])


def test_a_swap_is_answered_and_nothing_is_kept(client: TestClient):
    code = decision(client)
    before = client.get(f"/api/v1/decisions/{code}/rows?limit=2000").content
    answer = client.post(f"/decisions/{code}/swaps/look", data={"line": "LINE-1", "swap": ["20,200", "21,150"]}).json()
    assert {20, 200, 21, 150} <= {slot["slot"] for slot in answer["slots"]}
    assert "gap" in answer["said"]
    assert len(answer["why"]) == 4
    assert 0 <= answer["gap"] <= 1
    assert client.get(f"/api/v1/decisions/{code}/rows?limit=2000").content == before


def test_a_swap_that_may_not_be_says_why(client: TestClient):
    code = decision(client)
    refused = client.post(f"/decisions/{code}/swaps/look", data={"swap": "1,200"})
    assert refused.status_code == 400
    assert "cannot be moved: frozen in slot 1" in refused.json()["breaches"][0]["what"]
    for text in ("1;2", "²,5", "5,12345678"):
        wrong = client.post(f"/decisions/{code}/swaps/look", data={"swap": text})
        assert (wrong.status_code, wrong.json()["breaches"][0]["what"]) == (400, f"{text} is no pair of slots")
    assert client.post(f"/decisions/{code}/swaps/look", data={"swap": "5,99999"}).status_code == 404
    unknown = client.post(f"/decisions/{code}/swaps/look", data={"line": "LINE-X", "swap": "5,6"})
    assert (unknown.status_code, "LINE-X" in unknown.text) == (404, True)
    assert client.post("/decisions/nothing-1/swaps/look", data={"swap": "5,6"}).status_code == 404


def test_the_page_says_why_each_slot_cannot_move_and_draws_the_sequence(client: TestClient):
    text = client.get("/desks/line.sequence").text
    assert 'data-why="frozen in slot 1"' in text
    assert 'class="strip on"' in text
    assert len(text) < 400_000


def test_a_dealer_swaps_nothing(dealer: TestClient):
    assert dealer.post("/decisions/line.sequence-000001/swaps/look", data={"swap": "5,6"}).status_code in (403, 404)


def test_pictures_of_a_long_sequence_stay_light():
    """1,300 slots, 30 stations, 12 options: few marks, all that presses is there."""
    rng = np.random.default_rng(0)
    has = (rng.random((12, 1300)) < 0.4).astype(np.int64)
    strip = str(window_strip([f"o{k}" for k in range(12)], has, [(1, 3)] * 12, 0, "said"))
    assert strip.count("<path") == 24
    over = np.where(rng.random((30, 1300)) < 0.05, 3.0, 0.0)
    heat = str(overload_map(over, speak("en"), "said"))
    assert 30 < heat.count("<rect") < 30 * 131
    worker = str(drift_chart(rng.random(1300) * 5, 70 + rng.random(1300) * 5, 80.0, 6.0, "said", speak("en")))
    assert len(strip) + len(heat) + len(worker) < 900_000
    assert "NaN" not in strip + heat + worker


def test_a_window_too_full_is_marked_over_all_its_slots():
    """At most 1 in 3, two neighbours in slots 3 and 4: windows 2-4 and 3-5 are too full, so slots 2 to 5 are red."""
    has = np.array([[0, 0, 1, 1, 0, 0]])
    drawn = str(window_strip(["crane"], has, [(1, 3)], 0, "said"))
    red = drawn.split('class="strip full"')[0].rsplit('d="', 1)[1]
    step = (746 - 96) / 6
    assert red.startswith(f"M{96 + step:.1f},6h{4 * step - 1:.1f}")


SECOND = "LINE-2"
MOVED = 70


@pytest.fixture(scope="module")
def two_lines(excavators_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The maker with a second line of 30 slots a day: the last work orders that wait go there."""
    folder = shutil.copytree(excavators_folder, tmp_path_factory.mktemp("two") / "thread")
    with open_thread(folder) as thread:
        spec = table("lines")
        first = thread.view(spec).to_pylist()[0]
        other = first | {"line": SECOND, "name": "Small line", "slots_per_day": 30, "frozen_slots": 0}
        thread.put(spec, spec.rows([first, other]), by="test")
        waiting = thread.view(table("work_orders"), order=("-due", "work_order"), limit=MOVED).to_pylist()
        codes = {row["work_order"] for row in waiting}
        asked = thread.view(table("events"), where={"kind": "work_order"}).to_pylist()
        again = [
            {k: v for k, v in row.items() if k not in ("event_id", "record_time") and v is not None}
            | {"place": SECOND, "event_time": thread.clock(), "source": "test"}
            for row in asked
            if row["ref"] in codes
        ]
        thread.append(again)
        run_desk(thread, "line.sequence", {"moves": 1_000})
    with TestClient(create_app(folder)) as made:
        yield made


def slots_of(text: str) -> list[int]:
    """The numbers of the slots that a page shows, machines on hold left out."""
    board = text.split('class="board"')[1].split('<span class="hour">hold')[0]
    return [int(n) for n in re.findall(r'data-slot="([1-9][0-9]*)"', board)]


def test_every_day_of_every_line_is_shown(two_lines: TestClient):
    """Seventy machines at 30 a day: three days, each with its own slots, all of them together, the first by default."""
    slots = {
        day: slots_of(two_lines.get(f"/desks/line.sequence?line={SECOND}&day={day}").text)
        for day in ("", "1", "2", "3", "9", "²", "all")
    }
    assert [len(slots[day]) for day in ("1", "2", "3")] == [30, 30, MOVED - 60]
    assert slots["1"] + slots["2"] + slots["3"] == list(range(1, MOVED + 1)) == slots["all"]
    assert slots[""] == slots["²"] == slots["1"]
    assert slots["9"] == slots["3"]
    first = two_lines.get("/desks/line.sequence").text
    assert set(slots_of(first)).isdisjoint(slots_of(two_lines.get("/desks/line.sequence?day=2").text))
    assert 'data-line="LINE-1"' in first


def test_the_choice_of_line_and_day_stays_in_the_address(two_lines: TestClient):
    text = two_lines.get(f"/desks/line.sequence?line={SECOND}&day=2&q=E20").text
    picks = [html.unescape(p) for p in re.findall(r'<a class="button" href="([^"]+#board-title)"', text)]
    assert f"/desks/line.sequence?line={SECOND}&day=3&q=E20#board-title" in picks
    assert "/desks/line.sequence?line=LINE-1&q=E20#board-title" in picks
    assert text.count('#board-title" aria-current="true"') == 2
    tower = two_lines.get(f"/?line={SECOND}&day=3").text
    assert slots_of(tower) == list(range(61, MOVED + 1))


def test_a_line_without_a_sequence_is_told_in_the_readers_language(two_lines: TestClient):
    answer = two_lines.get("/desks/line.sequence?line=LINE-X", headers={"Accept-Language": "zh"})
    assert (answer.status_code, "生产线 LINE-X 没有排序" in answer.text) == (404, True)


def test_slots_of_two_days_of_the_second_line_are_swapped_and_kept(two_lines: TestClient):
    code = decision(two_lines)
    body = {"line": SECOND, "swap": ["5,65"]}
    answer = two_lines.post(f"/decisions/{code}/swaps/look", data=body).json()
    assert {5, 65} <= {slot["slot"] for slot in answer["slots"]}
    rows = two_lines.get(f"/api/v1/decisions/{code}/rows?limit=2000").json()["rows"]
    before = {r["slot"]: r["work_order"] for r in rows if r["line"] == SECOND}
    assert (
        two_lines.post(f"/decisions/{code}/swaps", data=body, headers=SAME, follow_redirects=False).status_code == 303
    )
    rows = two_lines.get(f"/api/v1/decisions/{code}/rows?limit=2000").json()["rows"]
    after = {r["slot"]: r["work_order"] for r in rows if r["line"] == SECOND}
    assert (after[5], after[65]) == (before[65], before[5])
    shown = two_lines.get(f"/decisions/{code}?line={SECOND}&day=3").text
    assert before[5] in shown.split('data-slot="65"')[1].split("</button>")[0]
