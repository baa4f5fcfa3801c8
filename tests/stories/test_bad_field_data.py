"""Bad data of the field, from the file to the desks: laid in quarantine, or answered by a stated method with a warning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from smilecurve.app.taking import keep_rejected, quarantine_of, take
from smilecurve.connect import convert, parse_mapping
from smilecurve.loop.registry import desk
from smilecurve.loop.run import decide
from smilecurve.terms.decision import Decision
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread, open_thread

COLUMNS = ("kind", "event_time", "record_time", "machine", "part", "component", "lot", "market", "party", "ref",
           "quantity", "amount", "currency")  # fmt: skip
MAPPING_TEXT = "[columns]\n" + "".join(f'{c} = "{c}"\n' for c in COLUMNS)
MAPPING = parse_mapping('target = "events"\n' + MAPPING_TEXT)
NOW = datetime(2024, 1, 1, tzinfo=UTC)
BUILT = date(2022, 1, 10)
MACHINES, FAILING = 120, 40


def built(k: int) -> date:
    return BUILT + timedelta(weeks=k % 12)


def started(k: int) -> date:
    return built(k) + timedelta(days=60)


def row(kind: str, day: date | str, machine: str, **more: object) -> dict[str, object]:
    return {"kind": kind, "event_time": day, "machine": machine, **more}


def machine(k: int, name: str = "", *, start: bool = True) -> list[dict[str, object]]:
    """What a file tells of one machine: built with one pump, shipped, started."""
    serial, day = name or f"M{k}", built(k)
    told = [
        row("commissioning", day, serial, part="X20"),
        row("assembling", day, serial, part="PUMP", component="pump", lot=f"L{k % 6}"),
        row("shipping", day + timedelta(days=20), serial, market="ID"),
    ]
    return [*told, row("start_up", started(k), serial, market="ID", party="SP")] if start else told


def failure(k: int, day: date, **more: object) -> dict[str, object]:
    return row("failure", day, f"M{k}", part="PUMP", component="pump", market="ID", record_time=day, **more)


def failing() -> list[dict[str, object]]:
    """Every third machine fails once, at ages from one to fifteen months."""
    return [failure(3 * k, started(3 * k) + timedelta(days=30 + 11 * k)) for k in range(FAILING)]


class Maker:
    """A thread that is fed by files."""

    def __init__(self, folder: Path) -> None:
        self.thread: Thread = open_thread(folder / "thread")
        self.thread.set_clock(NOW)
        self.folder, self.files = folder, 0
        self._furnish()

    def load(self, rows: list[dict[str, object]]) -> list[str]:
        """Load a file of these rows; what the user reads of those that were refused."""
        self.files += 1
        path = self.folder / f"events{self.files}.csv"
        lines = [",".join(str(r.get(c, "")) for c in COLUMNS) for r in rows]
        path.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n", "utf-8")
        loaded = convert(path, MAPPING)
        take(self.thread, loaded, path.name)
        keep_rejected(self.thread, [loaded])
        return [f"{r['column']} {r['reason']}: {r['hint']}" for r in loaded.rejected.to_pylist()]

    def waiting(self) -> int:
        return quarantine_of(self.thread).list().num_rows

    def ask(self, name: str, **options: object) -> Decision:
        found, said = decide(self.thread, desk(name), options)
        assert found is not None, said
        return found

    def told(self, name: str, **options: object) -> list[str]:
        """The sentences of a desk."""
        return [desk(name).sentence(r) for r in self.ask(name, **options).rows.to_pylist()]

    def _furnish(self) -> None:
        given: dict[str, list[dict[str, object]]] = {
            "markets": [{"market": "ID", "name": "ID", "region": "Asia", "climate": "hot", "currency": "USD",
                         "latitude": 1.0, "longitude": 2.0, "home": False, "depot": "D"}],
            "models": [{"model": "X20", "name": "X20", "family": "excavator", "hs": "8429", "price": 1.0, "currency": "CNY",
                        "length_m": 6.0, "width_m": 2.5, "height_m": 2.8, "mass_kg": 20_000.0}],
            "parts": [{"part": p, "name": p, "system": "hydraulics", "source": "buy", "supplier": "S", "lead_days": 1,
                       "lot_least": 0.0, "lot_multiple": 1.0, "scrap": 0.0, "cost": 1.0, "currency": "CNY", "spare": True}
                      for p in ("PUMP", "HORN")],
            "warranty_terms": [{"family": "excavator", "market": "*", "system": "*", "months": 24, "hours": 4000.0,
                                "supplier_share": 0.5}],
            "currency_rates": [{"currency": "USD", "day": date(2022, 1, 1), "in_cny": 7.0}],
        }  # fmt: skip
        for name, rows in given.items():
            self.thread.put(table(name), table(name).rows(rows))


@pytest.fixture
def maker(tmp_path: Path) -> Iterator[Maker]:
    found = Maker(tmp_path)
    assert found.load([r for k in range(MACHINES) for r in machine(k)] + failing()) == []
    yield found
    found.thread.close()


def worth(found: Decision) -> dict[str, float]:
    """What a forecast foretells of all."""
    return {k: v for k, v in found.figures.items() if k.startswith("expected")}


def test_what_cannot_be_read_or_meant_waits_in_quarantine_with_what_to_do(maker: Maker) -> None:
    """No day, a report before its event, money of no currency or below zero, mojibake, a meter below zero, week 53."""
    claim = {"part": "PUMP", "market": "ID"}
    bad = [
        row("start_up", "", "M1", market="ID"),
        row("claim", "2023-05-01", "M1", ref="C1", amount=120, currency="CNY", record_time="2023-04-01", **claim),
        row("claim", "2023-05-01", "M1", ref="C2", amount=120, **claim),
        row("claim", "2023-05-01", "M1", ref="C4", amount=-120, currency="CNY", **claim),
        row("failure", "2023-05-01", "M1", part="GrÃ¶ÃŸe"),
        row("meter_reading", "2023-05-01", "M1", quantity=-5),
        row("failure", "2021-W53-5", "M1", part="PUMP"),
        row("claim", "2023-05-01", "", ref="C3", amount=120, currency="CNY", **claim),
    ]
    assert maker.load(bad) == [
        "event_time is empty: give a date and time: when it happened",
        "record_time is before the event itself: correct the day of the event or of the report",
        "currency is empty beside an amount: map the column of the currency, or give one",
        "amount is below 0: give what is asked for or spent; withdraw what was booked in error",
        "part is garbled: it reads Größe in the right encoding: export the file again as UTF-8",
        "quantity is below 0: give the hours on the meter",
        "event_time is not a date: write it as YYYY-MM-DD",
        "machine is empty, but an event claim needs it: give the machine: a request for payment (ref, part, amount)",
    ]
    assert maker.waiting() == len(bad)
    assert maker.thread.view(table("claims")).num_rows == 0
    maker.load([row("claim", "2023-05-01", "M1", ref="C5", amount=120, currency="CNY", **claim)])
    assert maker.ask("serve.warranty").figures["asked"] == 120.0


def test_bytes_that_are_no_text_wait_too(maker: Maker) -> None:
    path = maker.folder / "latin.csv"
    text = f"{','.join(COLUMNS)}\nfailure,2023-05-01,,M1,".encode() + b"GR\xff\xd6E" + b",,,ID,,,,,\n"
    path.write_bytes(text)
    loaded = convert(path, parse_mapping('target = "events"\n[file]\nencoding = "utf-8"\n' + MAPPING_TEXT))
    assert loaded.good == 0
    assert [r["reason"] for r in loaded.rejected.to_pylist()] == ["holds bytes that are no utf-8 text"]


def test_a_failure_before_service_is_dead_on_arrival_and_one_before_building_is_none(maker: Maker) -> None:
    """Ages below zero: on the machine's way it never worked (a mass of its own); before it was built it is set aside."""
    before = maker.ask("learn.hazard").rows.to_pylist()[0]
    forecast = worth(maker.ask("learn.claims"))
    maker.load([failure(1, built(1) + timedelta(days=30)), failure(2, built(2) - timedelta(days=200))])
    life = maker.ask("learn.hazard").rows.to_pylist()[0]
    assert (life["zero_hour"], life["set_aside"]) == (1, 1)
    assert life["failures"] == before["failures"]
    assert life["shape"] == pytest.approx(before["shape"], rel=0.02)
    assert worth(maker.ask("learn.claims"))["expected"] == pytest.approx(forecast["expected"], rel=0.05)
    assert maker.ask("learn.builds").figures["before_service"] == 1.0
    assert maker.ask("learn.shipments").figures["set_aside"] == 1.0


def test_without_a_start_the_lane_is_taken_and_said_so(maker: Maker) -> None:
    maker.load([r for k in range(40) for r in machine(k, f"N{k}", start=False)])
    life = maker.ask("learn.hazard").rows.to_pylist()[0]
    assert life["guessed"] == pytest.approx(0.25)
    assert life["warning"] == "starts_guessed"
    maker.load([*machine(1, "LOST", start=False)[:2]])
    assert maker.ask("learn.hazard").rows.to_pylist()[0]["components"] == 160, "one that never left is not watched"


def test_a_report_of_the_future_moves_no_forecast(maker: Maker) -> None:
    """One year mistyped would be the newest week heard of: half of the forecast would go."""
    maker.load([failure(4, date(2023, 3, 1)) | {"record_time": NOW.date()}])
    forecast, issues = worth(maker.ask("learn.claims")), maker.ask("learn.emerging").figures
    maker.load([failure(1, date(2025, 6, 1))])
    assert worth(maker.ask("learn.claims")) == pytest.approx(forecast)
    seen = maker.thread.view(table("field_failures"))
    maker.load([failure(7, date(2023, 12, 30)) | {"record_time": date(2026, 1, 1)}])
    told = maker.thread.view(table("field_failures"))
    assert (told.num_rows, max(told["heard"].to_pylist())) == (seen.num_rows + 1, NOW.date())
    assert maker.ask("learn.emerging").figures["strata"] == issues["strata"]
    newest = max(r["month"] for r in maker.ask("learn.shipments").rows.to_pylist())
    assert newest == date(2024, 1, 1)
    assert maker.ask("learn.hazard").rows.to_pylist()[0]["set_aside"] == 1


def test_what_comes_after_the_scrap_heap_is_set_aside_and_its_claim_refused(maker: Maker) -> None:
    forecast = maker.thread.view(table("field_failures")).num_rows
    maker.load([
        row("decommissioning", date(2023, 1, 1), "M1"),
        failure(1, date(2023, 6, 1)),
        row("claim", date(2023, 6, 2), "M1", part="PUMP", ref="C1", amount=10, currency="CNY"),
    ])  # fmt: skip
    assert maker.ask("learn.hazard").rows.to_pylist()[0]["set_aside"] == 1
    assert maker.thread.view(table("field_failures")).num_rows == forecast
    assert maker.told("serve.warranty") == [
        "claimed after the machine was scrapped on 2023-01-01: look at the serial and the day"
    ]


def test_claims_of_serials_nobody_built_or_before_they_were_built_are_refused(maker: Maker) -> None:
    claim = {"part": "PUMP", "amount": 10, "currency": "CNY"}
    life = maker.ask("learn.hazard").rows
    maker.load([
        row("failure", date(2023, 1, 1), "GHOST", part="PUMP"),
        row("claim", date(2023, 1, 2), "GHOST", ref="C1", **claim),
        row("claim", date(2021, 1, 2), "M1", ref="C2", **claim),
    ])  # fmt: skip
    assert sorted(maker.told("serve.warranty")) == [
        "claimed before the machine was built on 2022-01-17: look at the serial and the day",
        "no machine GHOST was ever built or sold: look at the serial",
    ]
    assert maker.ask("learn.hazard").rows.equals(life)


def test_a_serial_in_two_cohorts_counts_once_in_the_first(maker: Maker) -> None:
    before = maker.ask("learn.shipments").rows, maker.ask("learn.builds").rows
    maker.load([
        row("shipping", date(2022, 9, 1), "M1", market="ID"),
        row("commissioning", date(2022, 8, 1), "M1", part="X20"),
    ])  # fmt: skip
    assert (maker.ask("learn.shipments").rows, maker.ask("learn.builds").rows) == before


def test_more_returns_than_machines_are_told_and_count_nowhere(maker: Maker) -> None:
    """Five failures in one month of the one machine shipped in December."""
    same = [
        row("shipping", date(2022, 12, 1), "X1", market="ID"),
        row("start_up", date(2022, 12, 2), "X1", market="ID"),
    ]
    maker.load([row("commissioning", date(2022, 11, 1), "X1", part="X20"), *same])
    maker.load([row("failure", date(2023, 2, n), "X1", part="PUMP") for n in range(1, 6)])
    assert "5 failures in one month of 1 machines: set aside, look for doubles" in maker.told("learn.shipments")
    assert maker.ask("learn.shipments").figures["set_aside"] == 5.0
    assert maker.ask("learn.claims").figures["more_than_shipped"] == 1.0


def readings(k: int, *hours: float) -> list[dict[str, object]]:
    return [
        row("meter_reading", started(k) + timedelta(days=100 * (n + 1)), f"M{k}", quantity=h) for n, h in enumerate(hours)
    ]  # fmt: skip


def test_a_replaced_meter_goes_on_and_kilometres_are_no_hours(maker: Maker) -> None:
    """M1 to M8 work 5 h a day; the meter of M2 is replaced after 100 days; those of M9 to M11 tell kilometres."""
    maker.load([r for k in (1, 3, 4, 5, 6, 7, 8) for r in readings(k, 500, 1000)])
    maker.load(readings(2, 500, 1))
    (usual,) = maker.thread.view(table("usage_rates")).to_pylist()
    life = maker.ask("learn.hazard").rows.to_pylist()[0]
    assert usual["impossible"] == 0
    assert life["scale_hours"] is not None
    maker.load([r for k in (9, 10, 11) for r in readings(k, 9_000, 18_000)])
    (rates,) = maker.thread.view(table("usage_rates")).to_pylist()
    assert (rates["machines"], rates["impossible"]) == (8, 3)
    assert (rates["log_mean"], rates["log_spread"]) == (usual["log_mean"], usual["log_spread"])
    warned = maker.ask("learn.hazard").rows.to_pylist()[0]
    assert warned["warning"] == "meters_doubtful"
    assert warned["scale_hours"] == pytest.approx(life["scale_hours"])


def test_a_claim_for_a_part_no_machine_holds_is_left_out(maker: Maker) -> None:
    known = worth(maker.ask("learn.claims"))
    last = max(str(r["event_time"]) for r in failing())
    claim = row("claim", last, "M1", part="HORN", ref="C1", amount=10, currency="CNY", record_time=last)
    maker.load([claim])
    found = maker.ask("learn.claims")
    assert found.figures["left_out"] == 1.0
    assert worth(found) == pytest.approx(known)
    assert "HORN" not in {r["part"] for r in maker.ask("learn.hazard").rows.to_pylist()}
    assert maker.told("serve.warranty") == ["no failure of HORN was verified"]


def test_week_53_is_one_week(maker: Maker) -> None:
    """28 December 2020 to 3 January 2021 is one week, of the 53rd number."""
    days = [date(2020, 12, 28), date(2021, 1, 3)]
    old = [r | {"event_time": date(2020, 6, 1)} for r in machine(0, "OLD")]
    maker.load([*old, *(row("failure", d, "OLD", part="PUMP", record_time=d) for d in days)])
    weeks = [r for r in maker.thread.view(table("field_failures")).to_pylist() if r["week"] < date(2021, 6, 1)]
    assert [(r["week"], r["failures"]) for r in weeks] == [(date(2020, 12, 28), 2)]


@pytest.mark.parametrize(("ages", "warning"), [([200] * 60, "one_age"), ([20 + 5 * k for k in range(60)], "none")])
def test_one_distinct_age_is_answered_with_a_warning(tmp_path: Path, ages: list[int], warning: str) -> None:
    maker = Maker(tmp_path)
    maker.load([r for k in range(MACHINES) for r in machine(k)])
    maker.load([failure(k, started(k) + timedelta(days=age)) for k, age in enumerate(ages)])
    (life,) = maker.ask("learn.hazard").rows.to_pylist()
    assert life["warning"] == warning
    assert 0 < life["shape_low"] <= life["shape"] <= life["shape_high"]
    assert 0 < life["b10_low"] <= life["b10_months"] <= life["b10_high"] < 400
    maker.thread.close()


def test_all_failed_is_answered_with_a_warning(tmp_path: Path) -> None:
    maker = Maker(tmp_path)
    maker.load([r for k in range(MACHINES) for r in machine(k)])
    maker.load([failure(k, started(k) + timedelta(days=40 + 4 * k)) for k in range(MACHINES)])
    (life,) = maker.ask("learn.hazard").rows.to_pylist()
    assert (life["failures"], life["components"], life["warning"]) == (MACHINES, MACHINES, "all_failed")
    assert 0 < life["shape_low"] <= life["shape"] <= life["shape_high"]
    maker.thread.close()


def test_no_failures_at_all_gives_a_limit_and_no_rate_out_of_nothing(tmp_path: Path) -> None:
    """All censored: the life is a limit by a stated method; the other desks say that they have nothing to say."""
    maker = Maker(tmp_path)
    maker.load([r for k in range(MACHINES) for r in machine(k)])
    (life,) = maker.ask("learn.hazard").rows.to_pylist()
    assert (life["method"], life["warning"], life["failures"]) == ("limit", "no_failures", 0)
    assert maker.told("learn.hazard")[0].startswith("none of 120 failed: 95 % sure that fewer than a tenth fail before")
    assert {r["reason"] for r in maker.ask("learn.shipments").rows.to_pylist()} <= {"in_step", "young", "alone"}
    assert {r["reason"] for r in maker.ask("learn.repairs").rows.to_pylist()} == {"none_yet"}
    for name in ("learn.claims", "learn.emerging"):
        assert decide(maker.thread, desk(name), {}) == (None, "no rows in field_failures")
    maker.thread.close()
