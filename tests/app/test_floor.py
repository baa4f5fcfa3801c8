"""What a person does at a station is an event, once; what cannot be right is told at once."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from starlette.testclient import TestClient

LINE = "LINE-1"
SEQ = count(1)


def _act(
    client: TestClient, station: int, step: str, machine: str, text: str = "", seq: int | None = None, **more: str
) -> tuple[int, dict[str, object]]:
    fields = {
        "step": step,
        "machine": machine,
        "text": text,
        "tablet": "t1",
        "seq": str(next(SEQ) if seq is None else seq),
    }
    answer = client.post(f"/stations/{LINE}/{station}/acts", data=fields | more, headers={"Accept": "application/json"})
    return answer.status_code, answer.json()


def _rows(client: TestClient, name: str, **where: object) -> list[dict[str, object]]:
    found = client.get(f"/api/v1/tables/{name}/rows", params={"limit": 1000, **{k: str(v) for k, v in where.items()}})
    return list(found.json()["rows"])


def _steps(client: TestClient, station: int, machine: str) -> list[tuple[str, str]]:
    text = client.get(f"/stations/{LINE}/{station}", params={"machine": machine}).text
    return re.findall(r'data-step="([^"]+)" data-kind="([^"]+)"', text)


def _orders(client: TestClient) -> list[dict[str, object]]:
    return sorted(_rows(client, "work_orders"), key=lambda r: str(r["work_order"]))


def _station_of(client: TestClient, part: str) -> int:
    """A station whose scan asks for this part on the machine at hand."""
    boms = {str(r["component"]) for r in _rows(client, "bom", part=part)}
    plan = {str(r["task"]): int(str(r["station"])) for r in _rows(client, "station_plan")}
    tasks = [r for r in _rows(client, "tasks") if r["component"] in boms]
    return plan[str(tasks[0]["task"])]


def _fresh(client: TestClient, model: str, serial: str) -> str:
    """A work order of the model that has its serial."""
    order = next(str(o["work_order"]) for o in _orders(client) if o["model"] == model)
    assert _act(client, 1, "plate", order, serial)[0] == 200
    return order


def test_one_machine_goes_through_a_station(client: TestClient) -> None:
    """Plate, part, tasks, finish: the machine exists, holds the lot, and the station has let it go."""
    order = next(str(o["work_order"]) for o in _orders(client) if o["model"] == "ZE75")
    station = _station_of(client, "TRM-20")
    steps = _steps(client, station, order)
    assert steps[0] == ("plate", "plate")
    assert steps[-1] == ("finish", "finish")
    assert _act(client, station, "plate", order, "ZE75-23-T100")[0] == 200
    lot = _rows(client, "kits", part="TRM-20")[0]["lot"]
    for step, kind in steps[1:]:
        text = str(lot) if kind == "scan" else ""
        if kind == "finish":
            break
        status, said = _act(client, station, step, order, text)
        assert status == 200, said
    status, said = _act(client, station, "finish", order)
    assert (status, said["good"]) == (200, True)
    machine = _rows(client, "machines", machine="ZE75-23-T100")[0]
    assert (machine["model"], machine["work_order"], machine["status"], machine["line"]) == (
        "ZE75",
        order,
        "line",
        LINE,
    )
    held = client.get("/api/v1/machines/ZE75-23-T100/components").json()["rows"]
    assert (held[0]["part"], held[0]["lot"]) == ("TRM-20", lot)
    acts = [a for a in _rows(client, "station_acts") if a["work_order"] == order]
    assert {a["kind"] for a in acts} == {"commissioning", "assembling", "task_done", "station_done"}
    assert _steps(client, station + 1, order), "the next station has it at hand"
    assert "ZE75-23-T100" in client.get(f"/stations/{LINE}/{station + 1}").text


def test_a_wrong_part_an_unknown_lot_and_a_bad_label_are_told(client: TestClient) -> None:
    order = _fresh(client, "ZE75", "ZE75-23-T200")
    station = _station_of(client, "TRM-20")
    scan = next(step for step, kind in _steps(client, station, order) if kind == "scan")
    wrong = _rows(client, "kits", part="ARM-20")[0]["lot"]
    for text, what in (
        (str(wrong), "wrong part: ARM-20 was scanned, TRM-20"),
        ("NOBODY-7", "nobody has heard of NOBODY-7"),
        ("(01)09501101530004(10)A", "check digit of 09501101530004 is wrong"),
        ("ZE75-23-T200", "this is the machine's own plate"),
        ("  ", "nothing was scanned"),
        ("https://example.com/help", "no GS1 Digital Link"),
    ):
        status, said = _act(client, station, scan, order, text)
        assert status == 400, said
        assert what in said["breaches"][0]["what"]
    assert not client.get("/api/v1/machines/ZE75-23-T200/components").json().get("rows")


def test_a_lot_on_hold_is_refused_with_who_holds_it(client: TestClient) -> None:
    held = [r for r in _rows(client, "suspect_lots") if r["hold"]]
    assert held, "the world has a lot on hold"
    part, lot = str(held[0]["part"]), str(held[0]["lot"])
    model = next(str(r["parent"]) for r in _rows(client, "bom", part=part) if str(r["parent"]).startswith("ZE"))
    order = _fresh(client, model, f"{model}-23-T300")
    station = _station_of(client, part)
    scan = next(step for step, kind in _steps(client, station, order) if kind == "scan")
    status, said = _act(client, station, scan, order, lot)
    assert status == 400
    assert said["breaches"][0]["what"] == f"lot {lot} is on hold by learn.contain"
    status, said = _act(client, station, scan, order, f"(240){part}(10){lot}(21)S-9")
    assert status == 400, "the serial's lot is on hold"


def test_a_lot_that_a_person_set_aside_is_refused_until_it_is_released(client: TestClient) -> None:
    order = _fresh(client, "ZE75", "ZE75-23-T350")
    station = _station_of(client, "TRM-20")
    scan = next(step for step, kind in _steps(client, station, order) if kind == "scan")
    lot = str(_rows(client, "kits", part="TRM-20")[0]["lot"])
    event = {"kind": "holding", "event_time": "2023-06-30T05:00:00Z", "part": "TRM-20", "lot": lot, "ref": "NCR-1"}
    assert client.post("/api/v1/events", json=[event]).status_code == 201
    status, said = _act(client, station, scan, order, lot)
    assert (status, said["breaches"][0]["what"]) == (400, f"lot {lot} is on hold by person")
    freed = event | {"event_time": "2023-06-30T05:30:00Z", "disposition": "conformant"}
    assert client.post("/api/v1/events", json=[freed]).status_code == 201
    assert _act(client, station, scan, order, lot)[0] == 200


def test_a_serial_goes_into_one_machine_only(client: TestClient) -> None:
    """A label with part, lot and serial: the serial is built in and made of its lot; scanned again it is refused."""
    first = _fresh(client, "ZE75", "ZE75-23-T400")
    second = _fresh(client, "ZE75", "ZE75-23-T401")
    station = _station_of(client, "TRM-20")
    scan = next(step for step, kind in _steps(client, station, first) if kind == "scan")
    label = "]d2240TRM-20\x1d10BATCH-5\x1d21SN-77"
    assert _act(client, station, scan, first, label)[0] == 200
    status, said = _act(client, station, scan, second, label)
    assert status == 400
    assert said["breaches"][0]["what"] == "SN-77 is built into ZE75-23-T400 already"
    held = client.get("/api/v1/lots/BATCH-5/machines").json()["rows"]
    assert [r["machine"] for r in held] == ["ZE75-23-T400"], "the batch is followed through the serial"
    status, said = _act(client, station, scan, first, label)
    assert said["breaches"][0]["what"] == "this step is done already"


def test_a_part_is_known_by_its_trade_item_number(client: TestClient) -> None:
    parts = _rows(client, "parts")
    for row in parts:
        if row["part"] == "TRM-20":
            row["gtin"] = "9501101530003"
    body = json.dumps({"rows": parts})
    tag = client.get("/api/v1/tables/parts/version").headers["etag"]
    headers = {"Content-Type": "application/json", "If-Match": tag}
    answer = client.put("/api/v1/tables/parts/rows", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    order = _fresh(client, "ZE75", "ZE75-23-T500")
    station = _station_of(client, "TRM-20")
    scan = next(step for step, kind in _steps(client, station, order) if kind == "scan")
    assert _act(client, station, scan, order, "https://id.gs1.org/01/09501101530003/21/SN-500")[0] == 200


def test_a_value_is_judged_by_its_limits(client: TestClient) -> None:
    """Outside: kept as not conformant, the step stays open. Inside, with a decimal comma: done."""
    spec = next(r for r in _rows(client, "characteristics") if r["characteristic"] == "ARM-BORE")
    order = _fresh(client, "ZE75", "ZE75-23-T600")
    station = _station_of(client, "ARM-20")
    assert ("measure:ARM-BORE", "measure") in _steps(client, station, order)
    scan = next(step for step, kind in _steps(client, station, order) if kind == "scan")
    lot = str(_rows(client, "kits", part="ARM-20")[0]["lot"])
    assert _act(client, station, scan, order, lot)[0] == 200
    known = {"kind": "inspecting", "event_time": "2023-06-29T08:00:00Z", "source": "dock", "seq": 1, "lot": "7788"}
    answer = client.post("/api/v1/events", json=[known])
    assert answer.status_code == 201, answer.text
    before = _rows(client, "measurements", characteristic="ARM-BORE")
    for text in ("", "achtzig", "nan", "1e9", "80,0,1", "--3"):
        status, said = _act(client, station, "measure:ARM-BORE", order, text)
        assert status == 400, text
        assert "is no number" in said["breaches"][0]["what"]
    for label in ("4006381333", "7788"):
        status, said = _act(client, station, "measure:ARM-BORE", order, label)
        assert (status, said["breaches"][0]["what"]) == (400, f"{label} looks like a label, not like a value")
    status, said = _act(client, station, "measure:ARM-BORE", order, "81.2")
    assert (status, said["good"]) == (200, False)
    assert "outside the limits" in str(said["said"])
    inside = f"{(float(str(spec['lower_spec'])) + float(str(spec['upper_spec']))) / 2:.3f}".replace(".", ",")
    status, said = _act(client, station, "measure:ARM-BORE", order, inside)
    assert (status, said["good"]) == (200, True)
    after = _rows(client, "measurements", characteristic="ARM-BORE")
    assert len(after) == len(before) + 2, "both values are measurements, none replaces another"
    assert {r["lot"] for r in after if r["subgroup"] == after[-1]["subgroup"]} == {lot}, (
        "the lot that was measured is named"
    )
    size = int(str(spec["subgroup"]))
    assert {(r["subgroup"], r["piece"]) for r in after} - {(r["subgroup"], r["piece"]) for r in before} == {
        (max(int(str(r["subgroup"])) for r in before) + 1, piece) for piece in (1, 2)
    }
    assert size >= 2


def test_an_act_sent_again_adds_nothing_and_is_answered_as_before(client: TestClient) -> None:
    order = _fresh(client, "ZE75", "ZE75-23-T700")
    station = _station_of(client, "TRM-20")
    task = next(step for step, kind in _steps(client, station, order) if kind == "do")
    before = len(_rows(client, "station_acts"))
    answers = [_act(client, station, task, order, seq=7000) for _ in range(3)]
    assert [(status, said["good"]) for status, said in answers] == [(200, True)] * 3
    calls = [_act(client, station, "help", order, "quality", seq=7001) for _ in range(3)]
    assert all(status == 200 for status, _ in calls)
    assert len(_rows(client, "station_acts")) == before + 1
    assert len([c for c in _rows(client, "help_calls") if c["work_order"] == order]) == 1


def test_a_scan_goes_to_the_step_that_stands_when_its_turn_comes(client: TestClient) -> None:
    """The plate's number, the part, one too many; sent again each is answered as before; what does not fit is told."""
    order = next(str(o["work_order"]) for o in _orders(client) if o["model"] == "ZE75")
    station = _station_of(client, "TRM-20")
    steps = _steps(client, station, order)
    assert [kind for _, kind in steps[:3]] == ["plate", "scan", "do"]
    lot = str(_rows(client, "kits", part="TRM-20")[0]["lot"])
    wrong = str(_rows(client, "kits", part="ARM-20")[0]["lot"])
    for seq, (text, step) in enumerate([("ZE75-23-T750", "plate"), (lot, steps[1][0])], 7500):
        for _ in range(2):
            status, said = _act(client, station, "scan", order, text, seq=seq)
            assert (status, said["good"], said["step"], said["lot"]) == (200, True, step, text)
        if step == "plate":
            status, said = _act(client, station, "scan", order, wrong)
            assert "wrong part: ARM-20 was scanned" in said["breaches"][0]["what"]
    status, said = _act(client, station, "scan", order, "STRAY-9")
    assert status == 400
    assert re.fullmatch("STRAY-9 was scanned, but .+ comes first", said["breaches"][0]["what"])
    for step, _ in steps[2:]:
        assert _act(client, station, step, order)[0] == 200
    status, said = _act(client, station, "scan", order, "STRAY-9")
    assert (status, said["breaches"][0]["what"]) == (400, "STRAY-9 was scanned, but no step is open here")
    status, said = _act(client, station + 1, "scan", "", str(lot))
    assert (status, said["lot"]) == (200, lot), "the machine at hand takes the part"


def test_an_act_sent_again_is_known_though_its_machine_left_the_line(client: TestClient) -> None:
    """The answer was lost on the way, the machine went on to the store: what is sent again is answered as before."""
    order = _fresh(client, "ZE75", "ZE75-23-T780")
    station = _station_of(client, "TRM-20")
    task = next(step for step, kind in _steps(client, station, order) if kind == "do")
    sent = [(task, "", 7800), ("help", "quality", 7801)]
    first = [_act(client, station, step, order, text, seq) for step, text, seq in sent]
    gone = {"kind": "storing", "event_time": "2023-06-30T06:00:00Z", "machine": "ZE75-23-T780", "place": "STORE"}
    assert client.post("/api/v1/events", json=[gone]).status_code == 201
    before = len(_rows(client, "station_acts")), len(_rows(client, "help_calls"))
    again = [_act(client, station, step, order, text, seq) for step, text, seq in sent]
    assert [(status, said["good"]) for status, said in first + again] == [(200, True)] * 4
    assert (len(_rows(client, "station_acts")), len(_rows(client, "help_calls"))) == before
    assert _act(client, station, "finish", order, seq=7802)[0] == 404, "a new act on it is refused"


def test_two_calls_are_two_names(client: TestClient) -> None:
    """These two acts have the same hash of 32 bits."""
    before = {c["call"] for c in _rows(client, "help_calls")}
    for seq in (9068686, 9148219):
        assert _act(client, 4, "help", "", "tool", seq)[0] == 200
    assert len({c["call"] for c in _rows(client, "help_calls")} - before) == 2


def test_finish_waits_for_every_step(client: TestClient) -> None:
    order = _fresh(client, "ZE75", "ZE75-23-T800")
    status, said = _act(client, _station_of(client, "TRM-20"), "finish", order)
    assert status == 400
    assert re.fullmatch(r"\d+ steps are not done yet", str(said["breaches"][0]["what"]))


def test_a_plate_is_one_machine_only(client: TestClient) -> None:
    known = str(_rows(client, "machines")[0]["machine"])
    order = next(str(o["work_order"]) for o in _orders(client) if o["model"] == "ZE75")
    status, said = _act(client, 1, "plate", order, known)
    assert (status, said["breaches"][0]["what"]) == (400, f"{known} is another machine already")


def test_a_call_for_help_is_taken_and_closed(client: TestClient) -> None:
    """Called at station 4: on the andon list at once, with its standing time; taken, closed; twice is once."""
    told = (datetime.now(UTC) - timedelta(seconds=95)).isoformat()
    assert _act(client, 4, "help", "", "safety", told_at=told)[0] == 200
    call = next(c for c in _rows(client, "help_calls") if c["why"] == "safety")
    assert (call["state"], call["station"], call["line"]) == ("open", 4, LINE)
    page = client.get("/andon").text
    assert 95 <= int(re.findall(r'data-since="(\d+)"', page.split("Safety")[0])[-1]) <= 200
    assert 'class="cell calls"' in client.get(f"/lines/{LINE}/now").text
    for state in ("taken", "taken", "closed", "closed"):
        answer = client.post(f"/andon/{call['call']}", data={"state": state}, follow_redirects=False)
        assert answer.status_code == 303
        assert next(c for c in _rows(client, "help_calls") if c["call"] == call["call"])["state"] == state
    assert client.post("/andon/H-NONE", data={"state": "taken"}).status_code == 400
    assert client.post(f"/andon/{call['call']}", data={"state": "eaten"}).status_code == 400
    assert _act(client, 4, "help", "", "coffee")[0] == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/stations", 200),
        (f"/stations/{LINE}/1", 200),
        (f"/stations/{LINE}/99", 404),
        ("/stations/NOWHERE/1", 404),
        (f"/stations/{LINE}/2?machine=NOBODY", 404),
        (f"/stations/{LINE}/x", 422),
    ],
)
def test_stations_that_are_none_are_told(client: TestClient, path: str, status: int) -> None:
    assert client.get(path, headers={"Accept": "text/html"}).status_code == status


def test_the_station_works_without_scripts(client: TestClient) -> None:
    """The form itself posts, refuses with words on the same page, and a second press of the button adds nothing."""
    order = _fresh(client, "ZE75", "ZE75-23-T900")
    station = _station_of(client, "TRM-20")
    text = client.get(f"/stations/{LINE}/{station}", params={"machine": order}, headers={"Accept": "text/html"}).text
    form = re.search(r'<section[^>]*data-kind="scan".*?</form>', text, re.S)
    assert form is not None
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form.group()))
    wrong = client.post(
        f"/stations/{LINE}/{station}/acts", data=fields | {"text": "NOBODY"}, headers={"Accept": "text/html"}
    )
    assert wrong.status_code == 400
    assert "nobody has heard of NOBODY" in wrong.text
    lot = str(_rows(client, "kits", part="TRM-20")[0]["lot"])
    for _ in range(2):
        done = client.post(
            f"/stations/{LINE}/{station}/acts", data=fields | {"text": lot}, headers={"Accept": "text/html"},
            follow_redirects=False,
        )  # fmt: skip
        assert done.status_code == 303
    assert (
        len([a for a in _rows(client, "station_acts") if a["work_order"] == order and a["kind"] == "assembling"]) == 1
    )


def test_a_dealer_sees_no_shop_floor(dealer: TestClient) -> None:
    for path in ("/stations", f"/stations/{LINE}/1", "/andon", "/andon/now", f"/lines/{LINE}/now"):
        assert dealer.get(path).status_code == 403, path
    assert dealer.post("/andon/H-1", data={"state": "taken"}).status_code == 403
    fields = {"step": "help", "text": "safety", "tablet": "t", "seq": "1"}
    assert dealer.post(f"/stations/{LINE}/1/acts", data=fields).status_code == 403
    assert not _rows(dealer, "help_calls")
    assert not _rows(dealer, "station_acts")


def test_what_cannot_be_found_is_told_in_the_readers_language_and_in_whole_sentences(client: TestClient) -> None:
    asked = {"accept-language": "zh"}
    text = client.get(f"/stations/{LINE}/2", params={"machine": "NOTHING"}, headers=asked).text
    assert "没有机器或工单 NOTHING。请重新扫描铭牌或工单。" in text
