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
