from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from smilecurve.app.pages.assets import STATIC
from smilecurve.app.pages.words import speak
from smilecurve.loop.registry import desk, desks
from smilecurve.terms.tables import STAGES

PLAIN = [
    "/",
    "/decisions",
    "/tables",
    "/tables/machines",
    "/tables/events",
    "/data",
    "/tickets/new",
    "/settings",
    "/menu",
    "/api",
    "/find?q=ZE",
]
PAGES = [*PLAIN, *(f"/stages/{s}" for s in STAGES), *(f"/desks/{d}" for d in desks())]


class Page(HTMLParser):
    """What a page refers to, and whether anything in it needs an unsafe policy."""

    VOID = frozenset({"meta", "link", "input", "br", "img"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.refers: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.inline += [f"{tag} {name}" for name in found if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in found and found.get("type") != "application/json"):
            self.inline.append(tag)
        self.refers += [str(found[n]) for n in ("src", "href", "action") if found.get(n)]
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_and_keeps_to_this_server(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 200
    page = Page(answer.text)
    assert not page.open
    assert not page.inline
    assert not [r for r in page.refers if not r.startswith(("/", "#", "?"))]
    assert len(page.ids) == len(set(page.ids))
    for built in {r.partition("#")[0] for r in page.refers if r.startswith("/static/")}:
        assert (STATIC / built.removeprefix("/static/")).is_file()


@pytest.mark.parametrize("language", ["zh", "es", "ar"])
def test_the_tower_speaks_the_readers_language(client: TestClient, language: str) -> None:
    text = client.get("/", headers={"accept-language": f"{language};q=0.9, en;q=0.5"}).text
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in text
    assert {"zh": "控制塔", "es": "Torre de control", "ar": "برج المراقبة"}[language] in text
    for english in ("Control tower", "Decisions waiting", "Open tickets", "New ticket"):
        assert english not in text


def test_a_missing_machine_is_a_page_with_its_reason(client: TestClient) -> None:
    answer = client.get("/machines/ZZ-0", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert "there is no machine ZZ-0" in answer.text


def test_a_machine_shows_its_life_and_its_tree(client: TestClient) -> None:
    serial = client.get("/api/v1/tables/machines/rows?status=customer&limit=1").json()["rows"][0]["machine"]
    inside = client.get(f"/api/v1/machines/{serial}/components").json()["rows"]
    lot = next(c["lot"] for c in inside if c["level"] == 1 and c["until"] is None)
    text = client.get(f"/machines/{serial}").text
    assert "Commissioning" in text
    assert f'href="/lots/{lot}"' in text
    assert serial in client.get(f"/lots/{lot}").text
    assert "Warranty" in text
    assert re.search(r"<dt>All other parts</dt><dd[^>]*>until [^<]*\d h", text)


def test_a_grid_filters_sorts_and_pages(client: TestClient) -> None:
    text = client.get("/tables/machines", params={"q": "status=stock", "sort": "-machine"}).text
    serials = re.findall(r'href="/machines/([^"]+)"', text)
    assert serials == sorted(serials, reverse=True)
    assert 'aria-sort="descending"' in text
    free = client.get("/tables/parts", params={"q": "seal"}).text
    assert "seal" in free.lower()
    assert "No row fits this filter." in client.get("/tables/parts", params={"q": "xyzzy"}).text


def test_a_grid_is_filtered_by_what_the_page_says(client: TestClient) -> None:
    """The Chinese word of a code, of a heading and of a reason find the rows that the English ones find."""
    chinese = speak("zh")

    def found(q: str, language: str) -> list[str]:
        page = client.get("/tables/lot_verdicts", params={"q": q}, headers={"Accept-Language": language})
        return sorted(re.findall(r'href="/lots/([^"]+)"', page.text))

    rejected = found("verdict=rejected", "en")
    assert rejected
    said, heading = chinese.code("rejected"), chinese.label("verdict")
    assert said != "rejected"
    assert found(f"{heading}={said}", "zh") == found(f"verdict＝{said}", "zh") == rejected
    assert set(rejected) <= set(found(said, "zh"))
    assert found("Verdict=rejected", "en") == rejected
    why = chinese.text(desk("line.sample").contract.reasons["rejected"])
    part = max(re.split(r"\{[^}]*\}", why), key=len).strip()
    assert found(part, "zh")


def test_a_ticket_becomes_an_event_with_its_photo(client: TestClient) -> None:
    serial = client.get("/api/v1/tables/machines/rows?status=customer&limit=1").json()["rows"][0]["machine"]
    picture = b"\xff\xd8\xff" + b"0" * 200
    sent = client.post(
        "/tickets",
        data={"serial": serial, "symptom": "leak", "hours": "1234,5", "note": "oil under the track"},
        files={"photo": ("leak.jpg", picture, "image/jpeg")},
        follow_redirects=False,
    )
    assert sent.status_code == 303
    ref = sent.headers["location"].rpartition("/")[2]
    ticket = client.get("/api/v1/tables/tickets/rows", params={"ticket": ref}).json()["rows"][0]
    assert (ticket["machine"], ticket["symptom"], ticket["hours"]) == (serial, "leak", 1234.5)
    assert ticket["note"] == "oil under the track"
    name = re.search(r"/photos/(\w+\.jpg)", client.get(f"/machines/{serial}").text)
    assert name
    assert client.get(name.group(0)).content == picture
    assert client.get(f"/tickets/{ref}").status_code == 200


def test_a_ticket_that_cannot_stand_keeps_what_was_typed(client: TestClient) -> None:
    sent = client.post("/tickets", data={"serial": "ZE-NONE", "symptom": "", "hours": "many", "note": "kept"})
    assert sent.status_code == 400
    for said in ("there is no machine ZE-NONE", "nothing is chosen", "many are no engine hours", "kept"):
        assert said in sent.text


def test_what_is_no_picture_is_refused(client: TestClient) -> None:
    serial = client.get("/api/v1/tables/machines/rows?status=customer&limit=1").json()["rows"][0]["machine"]
    sent = client.post(
        "/tickets",
        data={"serial": serial, "symptom": "leak"},
        files={"photo": ("x.svg", b"<svg onload=alert(1)>", "image/svg+xml")},
    )
    assert sent.status_code == 422
    assert "the photo is no JPEG, PNG or WebP" in sent.text


def test_a_file_comes_in_and_its_bad_rows_wait_in_quarantine(client: TestClient) -> None:
    rows = "market,name,opens,closes,exhibition\nDE,Bauma Munich,2025-04-07,2025-04-13,X-1\nXX,Nowhere,2025-05-01,2025-05-02,X-2\n"
    proposed = client.post(
        "/data", data={"target": "exhibitions"}, files={"file": ("fairs.csv", rows.encode(), "text/csv")}
    )
    assert "fairs.csv" in proposed.text
    upload = re.search(r'name="upload" value="([^"]+)"', proposed.text)
    assert upload
    done = client.post("/data/load", data={"upload": upload.group(1), "target": "exhibitions"})
    assert "1 good rows, 1 of them new; 1 rows are in quarantine." in done.text
    assert "XX" in done.text
    found = client.get("/api/v1/tables/exhibitions/rows?exhibition=X-1").json()["rows"]
    assert found[0]["name"] == "Bauma Munich"


def test_slots_swapped_on_the_board_become_a_changed_decision(client: TestClient) -> None:
    code = client.get("/api/v1/decisions?state=waiting&desk=line.sequence").json()[0]["decision"]
    rows = client.get(f"/api/v1/decisions/{code}/rows").json()["rows"]
    free = [r for r in rows if not r["frozen"] and not r["held"]][:2]
    frozen = next(r for r in rows if r["frozen"])
    refused = client.post(f"/decisions/{code}/swaps", data={"swap": f"{frozen['slot']},{free[0]['slot']}"})
    assert refused.status_code == 400
    kept = client.post(
        f"/decisions/{code}/swaps",
        data={"swap": f"{free[0]['slot']},{free[1]['slot']}"},
        headers={"accept": "application/json"},
    )
    assert kept.json()["state"] == "changed"
    now = {r["work_order"]: r["slot"] for r in client.get("/api/v1/tables/build_sequence/rows").json()["rows"]}
    assert now[free[0]["work_order"]] == free[1]["slot"]
    assert now[free[1]["work_order"]] == free[0]["slot"]


def test_one_row_of_a_decision_is_changed_by_a_form(client: TestClient) -> None:
    code = client.get("/api/v1/decisions?state=waiting&desk=serve.spares").json()[0]["decision"]
    form = client.get(f"/decisions/{code}/rows/0").text
    assert 'name="target"' in form
    row = client.get(f"/api/v1/decisions/{code}/rows").json()["rows"][0]
    kept = client.post(f"/decisions/{code}/rows/0", data={"target": "7"}, follow_redirects=False)
    assert kept.status_code == 303
    where = {"depot": row["depot"], "part": row["part"]}
    assert client.get("/api/v1/tables/spare_stock/rows", params=where).json()["rows"][0]["target"] == 7


def test_a_dealer_sees_the_tower_of_their_market(dealer: TestClient) -> None:
    text = dealer.get("/").text
    assert "dealer:ID" in text
    assert dealer.get("/data", headers={"accept": "text/html"}).status_code == 403


def test_rows_open_in_the_order_they_are_read_and_a_picture_follows_the_filter(client: TestClient) -> None:
    plan = client.get("/desks/line.balance").text
    cells = re.findall(r'<td class="num" tabindex="-1" dir="auto">([\d,]+)</td>', plan)
    assert cells[0] == "1"
    every = client.get("/api/v1/tables/control_signals/rows", params={"limit": 1000}).json()["rows"]
    name = max(str(r["characteristic"]) for r in every)
    text = client.get("/desks/line.control", params={"q": f"characteristic={name}"}).text
    picture = text[text.index("data-picture") : text.index('id="rows"')]
    assert f"Control chart of {name} " in picture
