"""A ticket from the field: sent twice it counts once, its own time is kept, and triage answers at once."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from smilecurve.app.pages.guiding import guide_of, steps_told
from smilecurve.app.pages.words import speak
from smilecurve.app.reading import Reading
from smilecurve.terms.scope import MAKER
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="Using `httpx`")
    from fastapi.testclient import TestClient

from smilecurve.app.http.server import create_app

JSON = {"accept": "application/json"}
ACT = "0123456789abcdef0123456789abcdef"


def _serial(client: TestClient) -> str:
    return str(client.get("/api/v1/tables/machines/rows?status=customer&limit=1").json()["rows"][0]["machine"])


def _tickets(client: TestClient, note: str) -> list[dict[str, object]]:
    rows = client.get("/api/v1/tables/tickets/rows?limit=300&order=-opened").json()["rows"]
    return [r for r in rows if r["note"] == note]


def test_the_same_act_again_is_one_ticket_with_the_same_answer(client: TestClient) -> None:
    filled = {"serial": _serial(client), "symptom": "leak", "note": "sent twice", "act": ACT}
    first = client.post("/tickets", data=filled, headers=JSON)
    again = client.post("/tickets", data=filled, headers=JSON)
    assert first.status_code == 200
    assert first.json() == again.json()
    assert [t["ticket"] for t in _tickets(client, "sent twice")] == [first.json()["ticket"]]
    other = client.post("/tickets", data=filled | {"act": ACT[::-1]}, headers=JSON)
    assert other.json()["ticket"] != first.json()["ticket"]
    assert len(_tickets(client, "sent twice")) == 2


@pytest.mark.parametrize("act", ["short", "with space and more", "x" * 65, "../../../../etc/passwd"])
def test_an_act_without_a_sound_name_is_refused(client: TestClient, act: str) -> None:
    refused = client.post("/tickets", data={"serial": _serial(client), "symptom": "leak", "act": act}, headers=JSON)
    assert refused.status_code == 400
    assert refused.json()["breaches"][0]["what"] == "the act has no sound name"


def test_every_breach_of_a_ticket_is_told_at_once_to_a_program_too(client: TestClient) -> None:
    refused = client.post("/tickets", data={"serial": "ZE-NONE", "hours": "-4", "act": "f" * 32}, headers=JSON)
    assert refused.status_code == 400
    assert len(refused.json()["breaches"]) == 3
    assert not client.get("/api/v1/tables/tickets/rows?machine=ZE-NONE").json()["rows"]


def test_triage_asks_at_once_and_follows_the_answer(client: TestClient) -> None:
    """The page needs no turn of the loop: the question comes with the ticket, the next one with the answer."""
    sent = client.post("/tickets", data={"serial": _serial(client), "symptom": "leak", "act": "a" * 32}, headers=JSON)
    go = sent.json()["go"]
    asked = re.search(r'name="question" value="(\w+)"', client.get(go).text)
    assert asked
    answer = {"question": asked.group(1), "answer": "no", "act": "b" * 32}
    for _ in range(2):
        assert client.post(f"{go}/answers", data=answer, headers=JSON).status_code == 200
    kept = client.get(f"/api/v1/tables/events/rows?kind=answer&ref={sent.json()['ticket']}").json()["rows"]
    assert len(kept) == 1
    after = re.search(r'name="question" value="(\w+)"', client.get(go).text)
    assert after is None or after.group(1) != asked.group(1)
    refused = client.post(f"{go}/answers", data=answer | {"answer": "perhaps", "act": "c" * 32}, headers=JSON)
    assert refused.status_code == 400
    assert client.post("/tickets/T-NONE/answers", data=answer, headers=JSON).status_code == 404


def _guided_through(client: TestClient, symptom: str, act: str, serial: str = "") -> tuple[str, str, str]:
    """A ticket whose owner knows no answer, until he is guided: its name, its page and the cause."""
    filled = {"serial": serial or _serial(client), "symptom": symptom, "act": act * 32}
    sent = client.post("/tickets", data=filled, headers=JSON).json()
    for turn in range(12):
        shown = client.get(sent["go"]).text
        named = re.search(r'name="question" value="(\w+)"', shown)
        assert named, "triage asks or guides"
        if "Did it help?" in shown:
            return sent["ticket"], sent["go"], named.group(1)
        unsure = {"question": named.group(1), "answer": "unknown", "act": f"{act}{turn:031d}"}
        assert client.post(f"{sent['go']}/answers", data=unsure, headers=JSON).status_code == 200
    raise AssertionError("twelve questions and no guide")


def test_a_guide_in_vain_leads_on_and_one_that_helped_solves_the_ticket(client: TestClient) -> None:
    ref, go, cause = _guided_through(client, "overheats", "7")
    vain = {"question": cause, "answer": "no", "act": "8" * 32}
    assert client.post(f"{go}/answers", data=vain, headers=JSON).status_code == 200
    assert f'value="{cause}"' not in client.get(go).text
    assert client.get(f"/api/v1/tables/tickets/rows?ticket={ref}").json()["rows"][0]["closed"] is None
    ref, go, cause = _guided_through(client, "overheats", "9")
    for _ in range(2):
        helped = {"question": cause, "answer": "yes", "act": "6" * 32}
        assert client.post(f"{go}/answers", data=helped, headers=JSON).status_code == 200
    row = client.get(f"/api/v1/tables/tickets/rows?ticket={ref}").json()["rows"][0]
    assert (row["cause"], row["remedy"]) == (cause, "remote")
    assert "This ticket is solved." in client.get(go).text
    closed = client.get(f"/api/v1/tables/events/rows?kind=ticket_closed&ref={ref}").json()["rows"]
    assert len(closed) == 1


@pytest.fixture
def owner(excavators_folder: Path, tmp_path: Path) -> Iterator[tuple[TestClient, str]]:
    """A customer of the maker with one of his machines."""
    folder = shutil.copytree(excavators_folder, tmp_path / "thread")
    with TestClient(create_app(folder)) as maker:
        row = maker.get("/api/v1/tables/machines/rows?status=customer&limit=1").json()["rows"][0]
    with TestClient(create_app(folder, scope=f"customer:{row['holder']}")) as made:
        yield made, row["machine"]


def test_a_customer_is_told_causes_and_steps_and_no_costs(owner: tuple[TestClient, str]) -> None:
    client, serial = owner
    assert client.post("/tickets", data={"serial": serial, "symptom": "leak"}, follow_redirects=True).status_code == 200
    sent = client.post("/tickets", data={"serial": serial, "symptom": "leak", "act": "d" * 32}, headers=JSON).json()
    page = client.get(sent["go"]).text
    assert 'name="question"' in page
    assert 'class="guide"' not in page, "no mechanic's steps before it is known what an owner can do"
    assert "CNY" not in page
    _, go, _ = _guided_through(client, "overheats", "5", serial)
    assert 'class="guide"' in client.get(go).text
    strange = client.post("/tickets", data={"serial": "ZE205-21-000350", "symptom": "leak"}, headers=JSON)
    assert strange.status_code == 400, "another's machine is none of his"


def test_a_guide_shows_its_pictures_and_film(excavators: Thread, tmp_path: Path) -> None:
    ticket = excavators.view(table("tickets"), limit=1).to_pylist()[0]
    triage = {"video": "film-x", "cause": "nobody_knows", "guide": "Stop the engine; look at the hose. Call us."}
    read = Reading(excavators, MAKER)
    plain = guide_of(read, tmp_path, speak("en"), triage, ticket)
    assert [s.said for s in plain.steps] == ["Stop the engine", "Look at the hose", "Call us"]
    assert (plain.film, plain.steps[1].picture) == ("", "")
    (tmp_path / "guides").mkdir()
    for name in ("film-x.mp4", "film-x-2.png"):
        (tmp_path / "guides" / name).write_bytes(b"x")
    shown = guide_of(read, tmp_path, speak("en"), triage, ticket)
    assert (shown.film, shown.steps[1].picture) == ("/guides/film-x.mp4", "/guides/film-x-2.png")
    assert steps_told("拧紧接头；观察十分钟。") == ["拧紧接头", "观察十分钟"]


def test_only_guides_are_served(client: TestClient) -> None:
    for name in ("app.key", "..%2Fapp.key", "film-none.mp4", "a.b.mp4"):
        assert client.get(f"/guides/{name}").status_code == 404


def test_the_worker_stands_at_the_root_and_is_asked_for_anew(client: TestClient) -> None:
    answer = client.get("/worker.js")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert "worker-src 'self'" in answer.headers["content-security-policy"]


def test_what_was_filled_off_line_keeps_its_own_time(client: TestClient) -> None:
    """The thread of the world has a standing clock, so the moment stands in the details."""
    told = (dt.datetime.now(dt.UTC) - dt.timedelta(hours=5)).isoformat(timespec="milliseconds")
    filled = {"serial": _serial(client), "symptom": "noise", "act": "e" * 32, "told_at": told}
    ref = client.post("/tickets", data=filled, headers=JSON).json()["ticket"]
    event = client.get(f"/api/v1/tables/events/rows?kind=ticket&ref={ref}").json()["rows"][0]
    assert told in str(event["details"])
