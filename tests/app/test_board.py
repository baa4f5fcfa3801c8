"""The takt board answers a swap with its cost and reasons, keeps it, and draws where the sequence presses."""

from __future__ import annotations

import numpy as np
from fastapi.testclient import TestClient

from smilecurve.app.pages.pictures.sequencing import drift_chart, overload_map, window_strip
from smilecurve.app.pages.words import speak

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
