from __future__ import annotations

import pytest
from fastapi.testclient import TestClient


def test_a_strange_host_name_is_refused(client: TestClient) -> None:
    refused = client.get("/api/v1/tables", headers={"host": "evil.example"})
    assert refused.status_code == 403
    assert refused.json()["detail"] == "this host name is not served here"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_form_of_another_site_cannot_write(client: TestClient, headers: dict[str, str]) -> None:
    refused = client.post("/settings", data={"theme": "dark"}, headers=headers)
    assert refused.status_code == 403


def test_our_own_form_can(client: TestClient) -> None:
    own = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
    kept = client.post("/settings", data={"theme": "dark", "back": "/tables"}, headers=own, follow_redirects=False)
    assert (kept.status_code, kept.headers["location"]) == (303, "/tables")
    client.cookies.clear()


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "evil"])
def test_the_way_back_stays_inside(client: TestClient, back: str) -> None:
    sent = client.post("/settings", data={"back": back}, follow_redirects=False)
    assert sent.headers["location"] == "/"


def test_every_answer_carries_the_policy(client: TestClient) -> None:
    for path in ("/menu", "/api/v1/tables", "/nothing", "/static/nothing.js"):
        headers = client.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
