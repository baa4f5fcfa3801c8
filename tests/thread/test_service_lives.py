"""The service clock of components: what starts it, what ends it, what is no failure."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from smilecurve.terms.tables import TABLES
from smilecurve.thread.store import Thread

ENDED = ("failed", "censored", "zero_hour", "failed_guessed", "censored_guessed", "set_aside")
NOW = datetime(2024, 1, 1, tzinfo=UTC)


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def machine(name: str, *, shipped: str = "2022-02-01", started: str | None = "2022-03-01", sold: str | None = None):
    """The events that build, ship and start a machine with one pump."""
    same = {"machine": name, "market": "ID"}
    events = [
        {"kind": "commissioning", "event_time": at("2022-01-01"), "machine": name, "part": "X20"},
        {"kind": "assembling", "event_time": at("2022-01-01"), "machine": name,
         "components": [{"component": "pump", "part": "PUMP", "lot": f"L-{name}"}]},
        {"kind": "shipping", "event_time": at(shipped), **same},
    ]  # fmt: skip
    if sold:
        events.append(
            {"kind": "retail_selling", "event_time": at(sold), "party": "C", "amount": 1.0, "currency": "CNY", **same}
        )
    if started:
        events.append({"kind": "start_up", "event_time": at(started), **same})
    return events


def failure(name: str, day: str, **more: object) -> dict[str, object]:
    return {"kind": "failure", "event_time": at(day), "machine": name, "part": "PUMP", "component": "pump", **more}


@pytest.fixture
def yard(empty: Thread) -> Thread:
    """A thread with a hot market, one model, one spare part, at the first of January 2024."""
    empty.put(
        TABLES["markets"],
        TABLES["markets"].rows(
            [{"market": "ID", "name": "ID", "region": "Asia", "climate": "hot", "currency": "USD", "latitude": 1.0,
              "longitude": 2.0, "home": False, "depot": "D"}]
        ),
    )  # fmt: skip
    empty.put(
        TABLES["models"],
        TABLES["models"].rows(
            [{"model": "X20", "name": "X20", "family": "excavator", "hs": "8429", "price": 1.0, "currency": "CNY",
              "length_m": 6.0, "width_m": 2.5, "height_m": 2.8, "mass_kg": 20_000.0}]
        ),
    )  # fmt: skip
    empty.put(
        TABLES["parts"],
        TABLES["parts"].rows(
            [{"part": "PUMP", "name": "pump", "system": "hydraulics", "source": "buy", "supplier": "S", "lead_days": 1,
              "lot_least": 0.0, "lot_multiple": 1.0, "scrap": 0.0, "cost": 1.0, "currency": "CNY", "spare": True}]
        ),
    )  # fmt: skip
    return empty


def warrant(thread: Thread, months: int, hours: float | None, market: str = "*", system: str = "*") -> None:
    term = {
        "family": "excavator",
        "market": market,
        "system": system,
        "months": months,
        "hours": hours,
        "supplier_share": 0.5,
    }
    before = thread.view(TABLES["warranty_terms"]).to_pylist()
    thread.put(TABLES["warranty_terms"], TABLES["warranty_terms"].rows([*before, term]))


def ends(thread: Thread) -> dict[int, dict[str, int]]:
    """What ended in each month, for months in which anything did."""
    rows = thread.view(TABLES["service_lives"]).to_pylist()
    return {r["age_month"]: {c: r[c] for c in ENDED if r[c]} for r in rows if any(r[c] for c in ENDED)}


def test_without_terms_observation_ends_today(yard: Thread):
    """671 days from 2022-03-01 to 2024-01-01: 22 months and 1.4 days."""
    yard.append(machine("A"), source="t")
    assert ends(yard) == {22: {"censored": 1}}
    (last,) = (r for r in yard.view(TABLES["service_lives"]).to_pylist() if r["age_month"] == 22)
    assert last["censored_part"] == pytest.approx(671 / 30.4375 - 22)
    assert last["in_service"] == 1


def test_silence_after_warranty_is_not_survival(yard: Thread):
    """12 months = 365 days: the machine is last seen then, at the very end of month 11; a later failure is set aside."""
    warrant(yard, 12, None)
    yard.append([*machine("A"), *machine("B"), failure("B", "2023-06-01")], source="t")
    assert ends(yard) == {0: {"set_aside": 1}, 11: {"censored": 2}}
    rows = {r["age_month"]: r for r in yard.view(TABLES["service_lives"]).to_pylist()}
    assert rows[11]["censored_part"] == pytest.approx(365 / 30.4375 - 11)
    assert (rows[22]["entered"], rows[22]["in_service"]) == (0, 2)


def test_hours_end_a_warranty_too_whichever_comes_first(yard: Thread):
    """A works 300 h in 100 days: 600 h are reached on day 200, before 12 months. B's meter is unread: it works as A does."""
    warrant(yard, 12, 600.0)
    read = {"kind": "meter_reading", "event_time": at("2022-06-09"), "machine": "A", "quantity": 300.0}
    yard.append([*machine("A"), *machine("B"), read], source="t")
    assert ends(yard) == {6: {"censored": 2}}


def test_the_own_market_and_system_have_their_own_terms(yard: Thread):
    warrant(yard, 12, None)
    warrant(yard, 18, None, system="hydraulics")
    yard.append(machine("A"), source="t")
    assert list(ends(yard)) == [17]


def test_meters_that_go_down_were_replaced_and_impossible_ones_tell_nothing(yard: Thread):
    """A: 300 h, then a new meter at 60 h: 360 h in 120 days, 3 a day. B: 90,000 in 100 days is no count of hours."""
    warrant(yard, 12, 600.0)
    reads = [
        {"kind": "meter_reading", "event_time": at("2022-03-01") + timedelta(days=d), "machine": m, "quantity": q}
        for m, d, q in (("A", 100, 300.0), ("A", 120, 60.0), ("B", 100, 90_000.0))
    ]
    yard.append([*machine("A"), *machine("B"), *reads], source="t")
    assert ends(yard) == {6: {"censored": 2}}
    (usage,) = yard.view(TABLES["usage_rates"]).to_pylist()
    assert (usage["machines"], usage["impossible"]) == (1, 1)
    assert usage["log_mean"] == pytest.approx(math.log(3 * 30.4375))


def test_no_trouble_found_and_campaigns_are_no_failures(yard: Thread):
    """A's failure was none, B's pump was put right in month 5 before it failed, C's failed in month 3."""
    yard.append(
        [
            *machine("A"), *machine("B"), *machine("C"),
            failure("A", "2022-09-01"), {"kind": "no_trouble_found", "event_time": at("2022-09-11"), "machine": "A", "part": "PUMP"},
            {"kind": "campaign_repair", "event_time": at("2022-08-10"), "machine": "B", "part": "PUMP", "ref": "K-1"},
            failure("B", "2022-12-01"), failure("C", "2022-06-15"),
        ],
        source="t",
    )  # fmt: skip
    assert ends(yard) == {0: {"set_aside": 2}, 3: {"failed": 1}, 5: {"censored": 1}, 22: {"censored": 1}}


def test_failures_before_building_or_after_scrapping_are_set_aside_and_those_before_service_are_zero_hours(
    yard: Thread,
):
    yard.append(
        [
            *machine("A"), *machine("B"), *machine("C"),
            failure("A", "2021-12-01"), failure("B", "2022-02-20"),
            {"kind": "decommissioning", "event_time": at("2022-06-01"), "machine": "C"}, failure("C", "2022-07-01"),
        ],
        source="t",
    )  # fmt: skip
    assert ends(yard) == {0: {"zero_hour": 1, "set_aside": 2}, 3: {"censored": 1}, 22: {"censored": 1}}


def test_the_clock_starts_at_start_up_else_sale_else_shipping_and_the_median_of_the_lane(yard: Thread):
    """A and B start 28 days after shipping, C has only a sale, D only its shipping on 2022-02-01: its start is guessed."""
    yard.append(
        [
            *machine("A"), *machine("B"), *machine("C", started=None, sold="2022-05-01"), *machine("D", started=None),
            failure("D", "2022-04-15"),
        ],
        source="t",
    )  # fmt: skip
    assert ends(yard) == {1: {"failed": 1, "failed_guessed": 1}, 20: {"censored": 1}, 22: {"censored": 2}}
    (delays,) = yard.view(TABLES["start_delays"]).to_pylist()
    assert (delays["climate"], delays["machines"], delays["median_days"], delays["p50"]) == ("hot", 3, 28.0, 0.0)


def test_it_is_the_same_sealed(yard: Thread):
    warrant(yard, 12, 600.0)
    yard.append([*machine("A"), *machine("B"), failure("B", "2022-05-01")], source="t")
    before = yard.view(TABLES["service_lives"])
    yard.seal()
    assert yard.view(TABLES["service_lives"]).equals(before)


def test_claims_count_once_and_only_while_someone_would_pay(yard: Thread):
    """A: claims of 1 and 3 March 2022 + 100 days are one repair; B's after 12 months is not watched any more; C is quiet."""
    warrant(yard, 12, None)
    claims = [
        {"kind": "claim", "event_time": at(day), "machine": m, "ref": ref, "part": "PUMP", "amount": cost, "currency": "CNY"}
        for m, day, ref, cost in (
            ("A", "2022-06-09", "K1", 90.0), ("A", "2022-06-11", "K2", 90.0), ("A", "2022-07-19", "K3", 40.0), ("B", "2023-06-01", "K4", 70.0),
        )
    ]  # fmt: skip
    yard.append([*machine("A"), *machine("B"), *machine("C"), *claims], source="t")
    found = [
        (r["machine"], r["age_days"], r["end_days"], r["machines"], r["repairs"], r["doubled"], r["cost"])
        for r in yard.view(TABLES["repair_histories"]).sort_by([("age_days", "ascending")]).to_pylist()
    ]
    assert found == [
        ("A", 100, 365, 1, 1, 0, 90.0), ("A", 102, 365, 1, 0, 1, 0.0), ("A", 140, 365, 1, 1, 0, 40.0), ("*", 365, 365, 2, 0, 0, 0.0),
    ]  # fmt: skip


def test_terms_and_meters_beyond_all_measure_end_nothing_early(yard: Thread):
    """A warranty of a million months and a billion hours, a meter that shows a thousandth of an hour."""
    warrant(yard, 1_000_000, 1e9)
    read = {"kind": "meter_reading", "event_time": at("2022-06-09"), "machine": "A", "quantity": 0.001}
    yard.append([*machine("A"), read], source="t")
    assert ends(yard) == {22: {"censored": 1}}
    assert [r["end_days"] for r in yard.view(TABLES["repair_histories"]).to_pylist()] == [671]


def test_a_serial_in_two_cohorts_counts_once_and_an_unknown_one_nowhere(yard: Thread):
    """A is told to be shipped and started twice, a month apart: the first start counts. Z was never built."""
    again = [
        e for e in machine("A", shipped="2022-03-01", started="2022-04-01") if e["kind"] in ("shipping", "start_up")
    ]
    yard.append(
        [*machine("A"), *again, *machine("B"), failure("A", "2022-06-01"), failure("Z", "2022-06-01")], source="t"
    )
    cohorts = yard.view(TABLES["service_cohorts"]).to_pylist()
    assert sum(c["machines"] for c in cohorts) == 2
    assert {c["started"] for c in cohorts} == {datetime(2022, 2, 28).date()}
    assert sum(r["failures"] for r in yard.view(TABLES["field_failures"]).to_pylist()) == 1
    assert ends(yard) == {3: {"failed": 1}, 22: {"censored": 1}}


def test_a_claim_told_twice_within_three_days_is_one_failure(yard: Thread):
    """A is claimed on 9, 11 and 13 June and on 19 July: two failures, two doubles; B once; another part is its own."""
    told = (
        ("A", "PUMP", "2022-06-09"), ("A", "PUMP", "2022-06-11"), ("A", "PUMP", "2022-06-13"), ("A", "PUMP", "2022-07-19"),
        ("A", "SEAL", "2022-06-09"), ("B", "PUMP", "2022-06-10"),
    )  # fmt: skip
    claims = [
        {"kind": "claim", "event_time": at(day), "machine": m, "ref": f"K{k}", "part": part, "amount": 9.0, "currency": "CNY"}
        for k, (m, part, day) in enumerate(told)
    ]  # fmt: skip
    yard.append([*machine("A"), *machine("B"), *claims], source="t")
    found = yard.view(TABLES["field_failures"]).to_pylist()
    pumps = [(str(r["week"]), r["failures"], r["doubled"]) for r in found if r["part"] == "PUMP"]
    assert sorted(pumps) == [("2022-06-06", 2, 2), ("2022-07-18", 1, 0)]
    assert [(r["failures"], r["doubled"]) for r in found if r["part"] == "SEAL"] == [(1, 0)]
    nevada = [(str(r["month"]), r["failures"], r["doubled"]) for r in yard.view(TABLES["ship_cohorts"]).to_pylist()]
    assert [r for r in nevada if r[1] or r[2]] == [("2022-06-01", 3, 2), ("2022-07-01", 1, 0)]
