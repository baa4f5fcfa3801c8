from __future__ import annotations

import json

from fastapi.testclient import TestClient

from smilecurve.loop.registry import desks


def _ended(client: TestClient, job: dict[str, str]) -> tuple[list[dict[str, object]], dict[str, object]]:
    steps: list[dict[str, object]] = []
    with client.stream("GET", job["events"]) as stream:
        kind = ""
        for line in stream.iter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data: "):
                said = json.loads(line.removeprefix("data: "))
                if kind == "end":
                    return steps, said
                steps.append(said)
    raise AssertionError("the stream ended without an end")


def test_every_desk_tells_its_contract(client: TestClient) -> None:
    told = {d["name"]: d for d in client.get("/api/v1/desks").json()}
    assert set(told) == set(desks())
    one = client.get("/api/v1/desks/learn.hazard").json()
    assert one["decides"] == "part_life"
    assert one["reads"] == ["service_lives", "start_delays", "usage_rates"]


def test_a_what_if_shows_the_difference_and_changes_nothing(client: TestClient) -> None:
    before = client.get("/api/v1/tables/lines/rows").json()["rows"]
    begun = client.post("/api/v1/whatif", json={"text": "takt becomes 400 s"}).json()
    steps, end = _ended(client, begun)
    assert end["state"] == "done", end
    assert steps
    changed = {r["desk"] for r in client.get(begun["job"]).json()["rows"]}
    assert "line.balance" in changed
    assert client.get("/api/v1/tables/lines/rows").json()["rows"] == before


def test_a_run_is_a_job_that_tells_its_steps(client: TestClient) -> None:
    begun = client.post("/api/v1/desks/learn.hazard/runs", json={})
    assert begun.status_code == 202
    assert begun.headers["location"] == begun.json()["job"]
    steps, end = _ended(client, begun.json())
    assert end["state"] == "done"
    assert [s["said"] for s in steps] == ["learn.hazard", "learn.hazard"]
    job = client.get(begun.json()["job"]).json()
    decision = job["rows"][0]["decision"]
    about = client.get(f"/api/v1/decisions/{decision}").json()
    assert about["desk"] == "learn.hazard"
    rows = client.get(about["rows_at"]).json()
    assert rows["total"] == about["rows"]


def test_a_wrong_option_is_refused_before_anything_runs(client: TestClient) -> None:
    refused = client.post("/api/v1/desks/learn.hazard/runs", json={"speed": 3})
    assert refused.status_code == 400
    assert refused.json()["breaches"][0]["what"] == "learn.hazard has no option speed"


def test_a_decision_is_accepted_once_and_what_follows_is_counted(client: TestClient) -> None:
    waiting = client.get("/api/v1/decisions?state=waiting&desk=line.sequence").json()[0]
    done = client.post(f"/api/v1/decisions/{waiting['decision']}/state", json={"state": "accepted"}).json()
    assert done["state"] == "accepted"
    assert done["followed"] > 0
    now = client.get(f"/api/v1/decisions/{waiting['decision']}").json()
    assert (now["state"], now["by"]) == ("accepted", "maker")


def test_a_change_must_keep_the_tables_contract(client: TestClient) -> None:
    waiting = client.get("/api/v1/decisions?state=waiting&desk=renew.lease").json()[0]
    at = f"/api/v1/decisions/{waiting['decision']}"
    rows = client.get(f"{at}/rows").json()["rows"]
    broken = [rows[0] | {"rate": -1.0}, *rows[1:]]
    refused = client.post(f"{at}/state", json={"state": "changed", "rows": broken})
    assert refused.status_code == 422
    assert refused.json()["breaches"][0]["what"] == "rate -1.0 is below 0"
    kept = client.post(f"{at}/state", json={"state": "changed", "rows": [rows[0] | {"rate": 1234.0}, *rows[1:]]})
    assert kept.status_code == 200
    seen = client.get("/api/v1/tables/lease_offers/rows", params={"request": rows[0]["request"]}).json()["rows"]
    assert seen[0]["rate"] == 1234.0


def test_a_what_if_that_is_not_understood_names_examples(client: TestClient) -> None:
    _, end = _ended(client, client.post("/api/v1/whatif", json={"text": "make it rain"}).json())
    assert end["state"] == "failed"
    assert "supplier" in end["breaches"][0]["do"]


def test_a_row_is_explained_down_to_its_events(client: TestClient) -> None:
    life = client.get("/api/v1/tables/part_life/rows?order=-failures&limit=1").json()["rows"][0]
    told = client.get(f"/api/v1/why/part_life/{life['part']}/{life['family']}/{life['climate']}").json()
    assert told[0]["depth"] == 0
    assert any(t["source"].startswith("decision ") for t in told)


def test_an_unknown_job_says_so(client: TestClient) -> None:
    assert client.get("/api/v1/jobs/nothing").status_code == 404
