"""What the pictures of the field show: tours and days, the flow of tickets, the ladder of a part."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.app.pages.pictures.choosing import picture
from smilecurve.app.pages.pictures.ticketflow import flow_chart
from smilecurve.app.pages.words import speak
from smilecurve.terms.tables import table

Rows = list[dict[str, object]]
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh", "ar"])
DEPOTS = [{"depot": d, "name": f"Depot {d}", "parent": p, "resupply_days": n}
          for d, p, n in (("C", None, 14.0), ("R", "C", 9.0), ("L", "R", 3.0), ("X", "C", 5.0))]  # fmt: skip


def draw(name: str, rows: Rows, language: str = "en", **tables: Rows) -> str:
    def look(asked: str, **_: object) -> Rows:
        return tables.get(asked, [])

    drawn = picture(table(name), table(name).rows(rows), speak(language), look)
    assert "style=" not in str(drawn)
    return str(drawn)


def stop(visit: str, position: int | None, arrive: float = 9.0, day: int = 0, **more: object) -> dict[str, object]:
    known = {"visit": visit, "kind": "ticket", "machine": f"M-{visit}", "market": "ID", "priority": 2.0}
    if position is None:
        return known | {"reason": "no_part"} | more
    gone = {"technician": "SP-ID-1-T1", "day": day, "position": position, "arrive_h": arrive, "leave_h": arrive + 1}
    return known | gone | {"travel_km": 30.0, "reason": "ticket"} | more


def person() -> dict[str, object]:
    return {"technician": "SP-ID-1-T1", "latitude": -6.0, "longitude": 107.0, "shift_start_h": 8.0,
            "shift_end_h": 17.0, "speed_km_h": 60.0}  # fmt: skip


def place(machine: str, latitude: float) -> dict[str, object]:
    return {"machine": machine, "latitude": latitude, "longitude": 107.0}


MARKETS = [{"market": "ID", "latitude": -6.0, "longitude": 107.0}]


@LANGUAGES
def test_tours_are_drawn_in_their_order_and_by_the_clock(language: str) -> None:
    """Two stops of one day and one of the next: two ways from home and back; the half hour of driving before 9."""
    rows = [stop("T-2", 2, 11.0), stop("T-1", 1), stop("T-3", 1, 9.0, 1, kind="campaign"), stop("T-4", None)]
    tickets = [place("M-T-1", -6.2), place("M-T-2", -6.4)]
    drawn = draw("service_routes", rows, language, technicians=[person()], markets=MARKETS, tickets=tickets,
                 campaign_machines=[place("M-T-3", -5.9)])  # fmt: skip
    assert drawn.count('class="way ') == 2
    assert drawn.count('class="bar main"') == 2
    assert drawn.count('class="bar over"') == 1
    assert drawn.count('class="bar lack"') == 3
    assert drawn.count('class="down1"') == 1, "one of the market's visits is left out"
    home_first, *_ = re.findall(r'<path d="M([\d.]+),([\d.]+)L', drawn)
    ways = list(re.findall(r'<path d="([^"]+)" class="way', drawn))
    assert all(w.startswith(f"M{home_first[0]},{home_first[1]}L") for w in ways)
    assert [w.count("L") for w in ways] == [3, 2]
    if language == "en":
        assert "Indonesia: 2 visits planned" not in drawn
        assert "Indonesia: 3 visits planned, 1 left out" in drawn
        assert "no part: 1" in drawn


def test_a_way_takes_as_long_as_its_kilometres() -> None:
    """30 km at 60 km/h are half an hour, and the stop an hour: the way is half as wide as the stop."""
    drawn = draw("service_routes", [stop("T-1", 1)], technicians=[person()], markets=MARKETS)
    way = re.search(r'<rect x="[\d.]+" y="[\d.]+" width="([\d.]+)" height="4" rx="2" class="bar lack"', drawn)
    done = re.search(r'<rect x="[\d.]+" y="[\d.]+" width="([\d.]+)" height="16" rx="2" class="bar main"', drawn)
    assert way
    assert done
    assert float(way.group(1)) == pytest.approx(float(done.group(1)) / 2, abs=0.11)


def test_a_plan_in_which_nobody_goes_says_so() -> None:
    drawn = draw("service_routes", [stop("T-1", None), stop("T-2", None, reason="full")], markets=MARKETS)
    assert "Nobody goes anywhere in this plan." in drawn
    assert drawn.count('class="bar bad"') == 2


def test_tours_across_the_date_line_stay_together() -> None:
    """Home at 179 degrees east, the stop at 179 west: 2 degrees apart, not 358."""
    home = person() | {"longitude": 179.0}
    far = [place("M-T-1", -6.0) | {"longitude": -179.0}]
    drawn = draw("service_routes", [stop("T-1", 1)], technicians=[home], markets=MARKETS, tickets=far)
    assert re.search(r">(50|100) km<", drawn)


def triaged(symptom: str, step: str, cause: str, n: int) -> Rows:
    known = {"machine": "M", "symptom": symptom, "cause": cause, "step": step, "probability": 0.5,
             "expected_cost": 1.0, "currency": "CNY", "reason": "clear"}  # fmt: skip
    return [known | {"ticket": f"{symptom}{step}{cause}{k}"} for k in range(n)]


def solved(machine: str, opened: int, closed: int, remedy: str = "visit") -> dict[str, object]:
    day = dt.datetime(2023, 1, 1, tzinfo=dt.UTC)
    return {"machine": machine, "symptom": "leak", "remedy": remedy, "opened": day + dt.timedelta(days=opened),
            "closed": day + dt.timedelta(days=closed)}  # fmt: skip


@LANGUAGES
def test_tickets_flow_from_symptom_by_step_to_cause(language: str) -> None:
    rows = triaged("leak", "ask", "hose", 3) + triaged("leak", "visit", "seal", 1) + triaged("noise", "ask", "pump", 2)
    drawn = draw("ticket_triage", rows, language)
    assert drawn.count("<figure") == 1
    assert drawn.count('class="ribbon') == 3 + 3
    assert 'class="empty"' in drawn
    if language == "en":
        for said in ("leak 4", "noise 2", "ask 5", "visit 1", "hose 3", "leak → ask: 3", "ask → pump: 2 (noise)"):
            assert said in drawn


def test_what_came_back_is_counted_within_thirty_days() -> None:
    """Solved on day 10: the same fault on day 35 came back, on day 45 it did not; the last thirty days do not count yet."""
    tickets = [
        solved("A", 0, 10),
        solved("A", 35, 36),
        solved("B", 0, 10),
        solved("B", 45, 46, "part"),
        solved("C", 89, 90),
    ]
    drawn = draw("ticket_triage", triaged("leak", "ask", "hose", 1), tickets=tickets)
    for said in ("visit → came back: 1", "visit → lasted: 2", "part → lasted: 1", "leak 4"):
        assert said in drawn


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.tuples(*(st.sampled_from("abcd"),) * 3), st.integers(1, 50), min_size=1, max_size=20))
def test_ribbons_fill_their_bars(flows: dict[tuple[str, str, str], int]) -> None:
    """At every bar that ribbons leave, their thickness together is the height of the bar."""
    drawn = str(flow_chart(flows, "", speak("en")))
    assert sum(flows.values()) > 0
    ribbons = re.findall(r'class="ribbon b\d" d="M([\d.]+),([\d.]+)C.*?V([\d.]+)C[^"]*?([\d.]+)Z"', drawn)
    bars = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="12" height="([\d.]+)"', drawn)
    first = [(float(y), float(h)) for x, y, h in bars if float(x) == 150]
    thick: Callable[[float, float], float] = lambda top, tall: sum(  # noqa: E731
        float(end) - float(y)
        for x, y, _, end in ribbons
        if float(x) == 162 and top - 0.2 <= float(y) <= top + tall + 0.2
    )
    assert all(thick(top, tall) == pytest.approx(tall, abs=0.15 * len(flows) + 1) for top, tall in first)


def stock(depot: str, part: str, target: int, on_hand: int, backorders: float) -> dict[str, object]:
    return {"depot": depot, "part": part, "demand_year": 4.0, "demand_before": 4.0, "target": target, "on_hand": on_hand,
            "move_in": 0, "buy": 0, "fill_before": 0.5, "fill": 0.9, "backorders": backorders, "cost": 10.0,
            "currency": "CNY", "reason": "keep"}  # fmt: skip


@LANGUAGES
def test_the_ladder_is_of_the_part_that_waits_most(language: str) -> None:
    rows = [stock("C", "P-1", 5, 6, 0.1), stock("L", "P-1", 3, 1, 0.9), stock("C", "P-2", 1, 1, 0.2)]
    drawn = draw("spare_stock", rows, language, depots=DEPOTS)
    assert drawn.count("<figure") == 2
    ladder = drawn.partition("</figure>")[0]
    for said in ("Depot C", "Depot R", "Depot L", "6 / 5", "1 / 3"):
        assert said in ladder
    assert "Depot X" not in ladder, "neither holds the part nor stands above one that does"
    assert ladder.count('class="bar bad"') == 1
    assert ladder.count('class="link"') == 4
    if language == "en":
        assert "P-1: on hand" in ladder
        assert "0.9 waiting, 90 % at once" in ladder.replace("%", " %").replace("  ", " ")


def test_one_part_alone_is_its_ladder_alone() -> None:
    assert draw("spare_stock", [stock("C", "P-1", 5, 6, 0.1)], depots=DEPOTS).count("<figure") == 1
    assert "No depot of the ladder holds P-1." in draw("spare_stock", [stock("Q", "P-1", 5, 6, 0.1)], depots=DEPOTS)
