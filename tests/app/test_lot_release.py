"""A lot that is held says so on its page, and the maker releases it there."""

from __future__ import annotations

from fastapi.testclient import TestClient


def test_a_held_lot_is_released_on_its_page(client: TestClient, dealer: TestClient) -> None:
    held = client.get("/api/v1/tables/lot_holds/rows").json()["rows"]
    hold = next(h for h in held if h["source"] == "line.control")
    page = f"/lots/{hold['lot']}"
    assert f'action="{page}/release"' in client.get(page).text
    assert "line.control" in client.get(page).text
    refused = dealer.post(f"{page}/release", data={"part": hold["part"]})
    assert refused.status_code == 403
    done = client.post(f"{page}/release", data={"part": hold["part"]}, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, page)
    assert "/release" not in client.get(page).text
    left = client.get("/api/v1/tables/lot_holds/rows").json()["rows"]
    assert len(left) == len(held) - 1
    assert client.post(f"{page}/release", data={"part": hold["part"]}).status_code == 404
    released = client.get(f"/api/v1/tables/events/rows?kind=holding&lot={hold['lot']}").json()["rows"]
    assert released[-1]["disposition"] == "conformant"


def test_a_lot_held_again_at_the_same_instant_is_released_again(client: TestClient) -> None:
    """The clock of the thread stands: the second release is an event of its own."""
    word = {"kind": "holding", "event_time": "2023-06-30T05:00:00Z", "part": "TRM-20", "lot": "RE-1"}
    assert client.post("/api/v1/events", json=[word | {"ref": "NCR-1"}]).status_code == 201
    for ref in ("NCR-2", "NCR-3"):
        assert client.post("/lots/RE-1/release", data={"part": "TRM-20"}, follow_redirects=False).status_code == 303
        assert client.get("/api/v1/tables/lot_holds/rows?lot=RE-1").json()["rows"] == []
        told = client.get("/api/v1/tables/events/rows?kind=holding&lot=RE-1&disposition=conformant").json()["rows"]
        again = word | {"ref": ref, "event_time": told[-1]["event_time"]}
        assert client.post("/api/v1/events", json=[again]).status_code == 201
        held = client.get("/api/v1/tables/lot_holds/rows?lot=RE-1").json()["rows"]
        assert [(h["ref"], h["set_aside"]) for h in held] == [(ref, True)]
