from __future__ import annotations

from fastapi.testclient import TestClient


def _machine(client: TestClient) -> str:
    found = client.get("/api/v1/tables/machines/rows", params={"status": "customer", "limit": 1}).json()
    return str(found["rows"][0]["machine"])


def _reading(serial: str, hours: float) -> dict[str, object]:
    return {
        "kind": "meter_reading",
        "event_time": "2023-06-29T08:00:00Z",
        "source": "gateway 7",
        "machine": serial,
        "quantity": hours,
    }


def test_the_same_key_adds_nothing_twice(client: TestClient) -> None:
    events = [_reading(_machine(client), 4321.5)]
    before = client.get("/api/v1/tables/events/rows?limit=0").json()["total"]
    first = client.post("/api/v1/events", json=events, headers={"idempotency-key": "k-1"})
    again = client.post("/api/v1/events", json=events, headers={"idempotency-key": "k-1"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == {"received": 1, "added": 1, "known": 0}
    assert again.json() == {"received": 1, "added": 0, "known": 1}
    assert client.get("/api/v1/tables/events/rows?limit=0").json()["total"] == before + 1


def test_a_key_cannot_be_used_for_other_events(client: TestClient) -> None:
    serial = _machine(client)
    client.post("/api/v1/events", json=[_reading(serial, 5000)], headers={"idempotency-key": "k-2"})
    refused = client.post("/api/v1/events", json=[_reading(serial, 6000)], headers={"idempotency-key": "k-2"})
    assert refused.status_code == 422
    assert refused.json()["title"] == "The key is taken"


def test_every_breach_of_events_is_told(client: TestClient) -> None:
    bad = [
        {"kind": "failure", "event_time": "2023-06-29T08:00:00Z"},
        {"kind": "flight", "event_time": "2023-06-29T08:00:00Z"},
    ]
    refused = client.post("/api/v1/events", json=bad)
    assert refused.status_code == 422
    text = " ".join(b["what"] for b in refused.json()["breaches"])
    assert "machine" in text
    assert "part" in text
    assert "flight" in text


def test_what_is_no_list_of_events_is_refused(client: TestClient) -> None:
    refused = client.post("/api/v1/events", content=b"{")
    assert refused.status_code == 400
    assert refused.json()["breaches"][0]["what"].startswith("the body is no JSON")


def test_a_machine_tells_its_story_and_what_is_in_it(client: TestClient) -> None:
    serial = _machine(client)
    story = client.get(f"/api/v1/machines/{serial}/story").json()["rows"]
    assert {"commissioning", "retail_selling"} <= {e["kind"] for e in story}
    inside = client.get(f"/api/v1/machines/{serial}/components").json()["rows"]
    assert max(c["level"] for c in inside) >= 2
    lot = next(c["lot"] for c in inside if c["level"] == 1 and c["until"] is None)
    holders = client.get(f"/api/v1/lots/{lot}/machines").json()["rows"]
    assert serial in {m["machine"] for m in holders}


def test_search_finds_a_machine_by_a_piece_of_its_serial(client: TestClient) -> None:
    serial = _machine(client)
    found = client.get("/api/v1/search", params={"text": serial[2:]}).json()
    assert serial in {f["code"] for f in found if f["kind"] == "machine"}


def test_nobody_sees_beyond_their_scope(dealer: TestClient) -> None:
    markets = {r["market"] for r in dealer.get("/api/v1/tables/machines/rows").json()["rows"]}
    assert markets == {"ID"}
    assert dealer.get("/api/v1/tables/part_life/rows").json()["total"] == 0
    assert dealer.get("/api/v1/tables/machines/rows", headers={"X-Smilecurve-Scope": "maker"}).status_code == 403
    assert dealer.post("/api/v1/events", json=[]).status_code == 403
    assert dealer.post("/api/v1/turns").status_code == 403
    assert dealer.get("/api/v1/jobs/x").status_code == 403


def test_a_maker_may_look_through_a_dealers_eyes(client: TestClient) -> None:
    seen = client.get("/api/v1/tables/machines/rows", headers={"X-Smilecurve-Scope": "dealer:TH"}).json()
    assert {r["market"] for r in seen["rows"]} == {"TH"}
    assert client.get("/api/v1/tables/machines/rows", headers={"X-Smilecurve-Scope": "king"}).status_code == 400


def test_a_forged_scope_cookie_is_not_believed(dealer: TestClient) -> None:
    forged = dealer.get("/api/v1/tables/machines/rows", headers={"cookie": "smilecurve-scope=maker|00"}).json()
    assert {r["market"] for r in forged["rows"]} == {"ID"}
