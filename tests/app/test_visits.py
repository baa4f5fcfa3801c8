"""A partner's phone: a signed link opens one visit and nothing else; its report changes ticket and genealogy."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from smilecurve.app.http.asking import key_of
from smilecurve.app.http.links import opened, visit_link
from smilecurve.app.pages.words import speak
from smilecurve.terms.errors import Breach, Expired, NotAllowed

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="Using `httpx`")
    from fastapi.testclient import TestClient

from smilecurve.app.http.server import create_app

JSON = {"accept": "application/json"}
NOW = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
KEY = b"a key of thirty-two bytes, or so"


def test_a_link_opens_its_own_visit_until_its_end() -> None:
    token = visit_link(KEY, "7C41/ZE-1/FDS-20", NOW + DAY)
    assert opened(KEY, token, NOW, speak("en")) == "7C41/ZE-1/FDS-20"
    with pytest.raises(Expired, match="this link ended on Jan 6, 2026"):
        opened(KEY, token, NOW + DAY, speak("en"))
    with pytest.raises(NotAllowed):
        opened(b"another key", token, NOW, speak("en"))


def test_no_letter_of_a_link_can_be_changed() -> None:
    """Another visit, a later end, the mark of another link, any single letter: refused."""
    one, other = (visit_link(KEY, v, NOW + DAY) for v in ("T-1", "T-2"))
    until, visit, mark = one.split(".")
    forged = [f"{until}.{other.split('.')[1]}.{mark}", f"{int(until) + 1}.{visit}.{mark}", one[:-1], "", ".", "..",
              f"{until}.{visit}.{other.split('.')[2]}", one + "0", f"{until}.{visit}."]  # fmt: skip
    forged += [one[:i] + ("b" if c != "b" else "c") + one[i + 1 :] for i, c in enumerate(one)]
    for token in forged:
        with pytest.raises(NotAllowed):
            opened(KEY, token, NOW, speak("en"))


@dataclass
class Field:
    """A maker, the same thread as seen by somebody without an account, and a ticket with its link."""

    maker: TestClient
    stranger: TestClient
    folder: Path
    ticket: str
    machine: str
    link: str

    def rows(self, table: str, query: str = "") -> list[dict[str, object]]:
        return list(self.maker.get(f"/api/v1/tables/{table}/rows?limit=500&{query}").json()["rows"])

    def inside(self) -> list[dict[str, object]]:
        found = self.rows("components", f"machine={self.machine}")
        return [c for c in found if c["until"] is None and c["level"] == 1]

    def report(self, **cells: str) -> object:
        filled = {"outcome": "fixed", "signer": "Ibu Sari", "act": "r" * 32} | cells
        return self.stranger.post(f"{self.link}/report", data=filled, headers=JSON)


def _nobody(_: object) -> object:
    raise NotAllowed(Breach("who are you?", "account", "sign in"))


@pytest.fixture(scope="module")
def folder(excavators_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(excavators_folder, tmp_path_factory.mktemp("field") / "thread")


@pytest.fixture(scope="module")
def clients(folder: Path) -> Iterator[tuple[TestClient, TestClient]]:
    with TestClient(create_app(folder)) as maker, TestClient(create_app(folder, scope_of=_nobody)) as stranger:  # type: ignore[arg-type]
        yield maker, stranger


@pytest.fixture
def field(folder: Path, clients: tuple[TestClient, TestClient], request: pytest.FixtureRequest) -> Field:
    maker, stranger = clients
    taken = {t["machine"] for t in maker.get("/api/v1/tables/tickets/rows?limit=1000&order=-opened").json()["rows"]}
    rows = maker.get("/api/v1/tables/machines/rows?status=customer&limit=200").json()["rows"]
    machine = next(str(r["machine"]) for r in rows if r["machine"] not in taken)
    act = request.node.name.encode().hex()[-32:].rjust(32, "0")
    sent = maker.post("/tickets", data={"serial": machine, "symptom": "leak", "act": act}, headers=JSON).json()
    lent = maker.post("/visits/links", data={"visit": sent["ticket"]})
    found = re.search(r'value="(http[^"]+/visit/[^"]+)"', lent.text)
    assert found
    return Field(maker, stranger, folder, sent["ticket"], machine, urlsplit(found.group(1)).path)


def test_the_link_works_without_an_account_and_opens_nothing_else(field: Field) -> None:
    assert field.machine in field.stranger.get(field.link, headers={"accept": "text/html"}).text
    for path in ("/visits", "/tables/machines", f"/machines/{field.machine}", f"/tickets/{field.ticket}", "/"):
        assert field.stranger.get(path, headers=JSON).status_code == 403
    page = field.stranger.get(field.link).text
    assert 'class="nav"' not in page
    assert "/tables/" not in page
    assert "/decisions" not in page
    other = field.maker.post("/tickets", data={"serial": field.machine, "symptom": "noise"}, follow_redirects=False)
    another = other.headers["location"].rpartition("/")[2]
    until, _, mark = field.link.rpartition("/")[2].split(".")
    wrong = visit_link(KEY, another, NOW).split(".")[1]
    refused = field.stranger.get(f"/visit/{until}.{wrong}.{mark}", headers={"accept": "text/html"})
    assert refused.status_code == 403
    assert "this link was not made here" in refused.text
    for language, said in (("ar", "هذا الرابط لم يُنشأ هنا"), ("id", "tautan ini tidak dibuat di sini")):
        asked = {"accept": "text/html", "accept-language": language}
        told = field.stranger.get(f"/visit/{until}.{wrong}.{mark}", headers=asked)
        assert (told.status_code, f'lang="{language}"' in told.text, said in told.text) == (403, True, True)


def test_a_link_that_has_ended_is_refused_and_says_so(field: Field) -> None:
    token = visit_link(key_of(field.folder), field.ticket, dt.datetime.now(dt.UTC) - DAY)
    for answer in (field.stranger.get(f"/visit/{token}"), field.stranger.post(f"/visit/{token}/accept")):
        assert answer.status_code == 410
        assert "this link ended on" in answer.json()["breaches"][0]["what"]


def test_who_may_lend_a_link(field: Field, folder: Path) -> None:
    machine = field.rows("machines", f"machine={field.machine}")[0]
    asks = {"partner": 200, "customer": 403, "dealer": 403}
    codes = {"partner": machine["partner"], "customer": machine["holder"], "dealer": machine["market"]}
    for role, status in asks.items():
        with TestClient(create_app(folder, scope=f"{role}:{codes[role]}")) as client:
            assert client.post("/visits/links", data={"visit": field.ticket}).status_code == status, role
            assert client.get("/visits").status_code == status, role
    with TestClient(create_app(folder, scope="partner:SP-XX-9")) as stranger:
        assert stranger.post("/visits/links", data={"visit": field.ticket}).status_code == 404
    assert field.maker.post("/visits/links", data={"visit": "T-NONE"}).status_code == 404


def test_a_report_closes_the_ticket_and_changes_the_machine(field: Field) -> None:
    """The serial that came out is gone, the one that went in is there, made of its lot; sent twice it counts once."""
    accepted = field.stranger.post(f"{field.link}/accept", data={"act": "a" * 32}, headers=JSON)
    assert accepted.json() == {"go": field.link}
    out = field.inside()[0]
    label = f"]d2240{out['part']}\x1d10BATCH-F1\x1d21SN-{field.ticket}"
    sent = {"failed": str(out["lot"]), "fitted": label, "cause": "boom_hose_chafed", "hours": "199999", "note": "done"}
    for _ in range(2):
        assert field.report(**sent).json() == {"go": field.link}  # type: ignore[attr-defined]
    ticket = field.rows("tickets", f"ticket={field.ticket}")[0]
    assert (ticket["cause"], ticket["remedy"], ticket["closed"] is not None) == ("boom_hose_chafed", "visit", True)
    now = {c["component"]: c for c in field.inside()}
    assert now[out["component"]]["lot"] == f"SN-{field.ticket}"
    assert out["lot"] not in [c["lot"] for c in field.inside()]
    assert field.machine in str(field.maker.get("/api/v1/lots/BATCH-F1/machines").json())
    told = [e["kind"] for e in field.rows("events", f"ref={field.ticket}")]
    assert sorted(told) == sorted(
        ["ticket", "service_visit", "service_visit", "failure", "removing", "installing", "repairing", "ticket_closed"]
    )
    assert [a["outcome"] for a in field.rows("visit_acts", f"visit={field.ticket}&order=heard")] == [
        "accepted",
        "fixed",
    ]
    assert "This visit has ended" in field.stranger.get(field.link).text
    again = field.report(act="z" * 32)
    assert again.status_code == 400  # type: ignore[attr-defined]


def test_every_breach_of_a_report_is_told_at_once_and_nothing_is_kept(field: Field) -> None:
    before = len(field.rows("events", f"ref={field.ticket}"))
    refused = field.report(outcome="", signer="", failed="NOT-IN-IT", fitted="", hours="many")
    told = [b["what"] for b in refused.json()["breaches"]]  # type: ignore[attr-defined]
    assert told == [
        "many are no engine hours",
        f"NOT-IN-IT is not in {field.machine}",
        "nothing is chosen",
        "nobody has signed",
    ]
    filled = {"outcome": "fixed", "signer": "Ibu Sari", "fitted": "SN-77", "note": "kept as typed", "act": "q" * 32}
    plain = field.stranger.post(f"{field.link}/report", data=filled, headers={"accept": "text/html"})
    assert plain.status_code == 400
    for said in ("it is not said where the piece went in", "SN-77", "kept as typed", "Ibu Sari"):
        assert said in plain.text
    assert len(field.rows("events", f"ref={field.ticket}")) == before


def test_a_wrong_piece_is_refused(field: Field) -> None:
    out, other = field.inside()[:2]
    wrong = [
        (f"]d2240{other['part']}\x1d21SN-W1", "wrong part"),
        (field.machine, "this is the machine's own plate"),
        ("(01)09501101530004(21)S1", ""),
    ]
    for label, said in wrong:
        refused = field.report(failed=str(out["lot"]), fitted=label)
        assert refused.status_code == 400  # type: ignore[attr-defined]
        assert said in str(refused.json()["breaches"])  # type: ignore[attr-defined]


def test_a_piece_of_another_machine_is_refused(field: Field) -> None:
    out = field.inside()[0]
    rest = field.rows("machines", "status=customer&order=-machine")
    other = next(str(r["machine"]) for r in rest if r["machine"] != field.machine)
    label = f"]d2240{out['part']}\x1d21SN-BUSY"
    event = {"kind": "installing", "event_time": "2023-06-01T00:00:00Z", "machine": other, "lot": "SN-BUSY"}
    told = event | {"component": out["component"], "part": out["part"]}
    assert field.maker.post("/api/v1/events", json=[told]).status_code == 201
    refused = field.report(failed=str(out["lot"]), fitted=label)
    assert f"SN-BUSY is built into {other} already" in str(refused.json()["breaches"])  # type: ignore[attr-defined]


def test_without_a_label_the_place_is_chosen(field: Field) -> None:
    out = field.inside()[1]
    sent = field.report(fitted=f"SN-P-{field.ticket}", component=str(out["component"]))
    assert sent.status_code == 200  # type: ignore[attr-defined]
    assert {c["component"]: c["lot"] for c in field.inside()}[out["component"]] == f"SN-P-{field.ticket}"


def test_no_trouble_found_closes_and_not_fixed_does_not(field: Field) -> None:
    assert field.report(outcome="not_fixed").status_code == 200  # type: ignore[attr-defined]
    assert field.rows("tickets", f"ticket={field.ticket}")[0]["closed"] is None
    assert field.report(outcome="no_trouble", act="s" * 32).status_code == 200  # type: ignore[attr-defined]
    assert field.rows("tickets", f"ticket={field.ticket}")[0]["closed"] is not None
    kinds = [e["kind"] for e in field.rows("events", f"ref={field.ticket}")]
    assert kinds.count("no_trouble_found") == 1
    assert "failure" not in kinds


def test_a_campaign_visit_puts_the_machine_right(field: Field) -> None:
    route = next(r for r in field.rows("service_routes", "kind=campaign") if r["technician"])
    token = visit_link(key_of(field.folder), str(route["visit"]), dt.datetime.now(dt.UTC) + DAY)
    page = field.stranger.get(f"/visit/{token}").text
    assert "geo:" in page
    field.machine = str(route["machine"])
    out = next(c for c in field.inside() if c["part"] == route["part"])
    filled = {"outcome": "fixed", "signer": "A. B.", "failed": out["lot"], "fitted": "SN-C-1", "act": "c" * 32}
    signature = ("signature.png", b"\x89PNG" + b"0" * 90, "image/png")
    sent = field.stranger.post(f"/visit/{token}/report", data=filled, files={"signature": signature}, headers=JSON)
    assert sent.status_code == 200
    waits = field.rows("campaign_machines", f"machine={field.machine}&part={route['part']}")
    assert all(w["done"] for w in waits)
    listed = field.maker.get(f"/visits?technician={route['technician']}").text
    assert re.search(rf"{field.machine}.*?chip accepted\">fixed", listed, re.DOTALL)
    act = field.rows("events", f"kind=service_visit&machine={field.machine}")[0]
    assert '"signature"' in str(act["details"])


def test_the_link_shows_the_photo_of_its_ticket_and_no_other(field: Field) -> None:
    assert field.stranger.get(f"{field.link}/photo").status_code == 404
    picture = b"\xff\xd8\xff" + b"1" * 90
    filled = {"serial": field.machine, "symptom": "noise", "act": "9" * 32}
    photo = ("x.jpg", picture, "image/jpeg")
    sent = field.maker.post("/tickets", data=filled, files={"photo": photo}, headers=JSON).json()
    until = dt.datetime.now(dt.UTC) + DAY
    own = f"/visit/{visit_link(key_of(field.folder), sent['ticket'], until)}"
    assert f'src="{own}/photo"' in field.stranger.get(own).text
    assert field.stranger.get(f"{own}/photo").content == picture
    assert field.stranger.get(f"{field.link}/photo").status_code == 404


def test_the_page_of_a_visit_is_in_the_readers_language(field: Field) -> None:
    page = field.stranger.get(f"{field.link}?language=ar")
    assert 'dir="rtl"' in page.text
    assert 'dir="rtl"' in field.stranger.get(field.link).text, "the language stays chosen"
    field.stranger.cookies.clear()
