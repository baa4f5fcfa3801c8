"""Bad data of service and second life, from the file to the desks: each told once, clearly, with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from smilecurve.app.taking import keep_rejected, quarantine_of, take
from smilecurve.connect import convert, parse_mapping
from smilecurve.loop.registry import desk
from smilecurve.loop.run import decide
from smilecurve.terms.tables import table
from smilecurve.thread.store import Thread, open_thread

NOW = datetime(2024, 1, 1, tzinfo=UTC)


class Maker:
    """A thread that is fed by files as they come."""

    def __init__(self, folder: Path) -> None:
        self.thread: Thread = open_thread(folder / "thread")
        self.thread.set_clock(NOW)
        self.folder, self.files = folder, 0

    def load(self, target: str, text: str) -> list[str]:
        """Load a file; what the user reads of the rows that were refused, which wait in quarantine."""
        self.files += 1
        path = self.folder / f"{target}{self.files}.csv"
        path.write_text(text.strip() + "\n", "utf-8")
        before = quarantine_of(self.thread).list().num_rows
        named = "".join(f'{c} = "{c}"\n' for c in text.strip().splitlines()[0].split(","))
        loaded = convert(path, parse_mapping(f'target = "{target}"\n[columns]\n{named}'))
        take(self.thread, loaded, path.name)
        keep_rejected(self.thread, [loaded])
        said = [f"{r['column']} {r['reason']}: {r['hint']}" for r in loaded.rejected.to_pylist()]
        assert quarantine_of(self.thread).list().num_rows - before == len(said)
        return said

    def told(self, name: str) -> list[str]:
        """What a desk says of its inputs."""
        found, said = decide(self.thread, desk(name), {})
        assert found is not None, said
        return [f"{c.what}: {c.do}" for c in found.clash]


@pytest.fixture
def maker(tmp_path: Path) -> Iterator[Maker]:
    found = Maker(tmp_path)
    yield found
    found.thread.close()


TECHNICIANS = """
technician,partner,market,latitude,longitude,skills,shift_start_h,shift_end_h,speed_km_h,break_start_h,break_h
T1,SP,ID,-6.2,106.8,engine,8,17,40,,
T2,SP,ID,-6.2,106.8,engine,18,9,40,,
T3,SP,ID,-6.2,106.8,engine,-8,17,40,,
T4,SP,ID,-6.2,106.8,engine,8,17,40,12,-1
T5,SP,ID,-96.2,106.8,engine,8,8,40,,
"""


def test_shifts_that_end_before_they_start_and_negative_times_wait_in_quarantine(maker: Maker) -> None:
    """Every breach at once; the one sound row is there, and dispatch is not held up by the others."""
    assert maker.load("technicians", TECHNICIANS) == [
        "shift_end_h does not lie after shift_start_h: give a shift_end_h after the shift_start_h, or correct that",
        "shift_start_h is below 0: keep it 0 .. 24 h",
        "break_h is below 0: keep it 0 .. 4 h",
        "latitude is below -90: keep it -90 .. 90 degrees",
        "shift_end_h does not lie after shift_start_h: give a shift_end_h after the shift_start_h, or correct that",
    ]
    assert maker.thread.view(table("technicians")).column("technician").to_pylist() == ["T1"]


def test_parts_without_cost_or_currency_wait_in_quarantine(maker: Maker) -> None:
    head = "part,name,system,source,supplier,lead_days,lot_least,lot_multiple,scrap,cost,currency,spare"
    said = maker.load("parts", f"""
{head}
P1,pump,hydraulics,buy,S,10,0,1,0,120,CNY,true
P2,hose,hydraulics,buy,S,10,0,1,0,,CNY,true
P3,seal,hydraulics,buy,S,10,0,1,0,7,,true
P4,belt,engine,buy,S,-4,0,1,0,-9,CNY,true
""")  # fmt: skip
    assert said == [
        "cost is empty: give a number: standard cost of one",
        "currency is empty: give a currency: currency of the row's money, ISO 4217",
        "lead_days is below 0: keep it >= 0 days",
        "cost is below 0: keep it >= 0",
    ]
    assert maker.thread.view(table("parts")).column("part").to_pylist() == ["P1"]


def test_a_skill_that_nobody_has_is_told_by_triage(maker: Maker) -> None:
    assert not maker.load("technicians", "\n".join(TECHNICIANS.strip().splitlines()[:2]))
    head = "family,symptom,cause,part,weight,remedy,guide,video,skill,minutes"
    said = maker.load("causes", f"""
{head}
excavator,leak,hose_burst,,3,visit,Change the hose.,,hydrualics,60
excavator,leak,seal_gone,,3,visit,Change the seal.,,engine,-60
""")  # fmt: skip
    assert said == ["minutes is below 0: keep it >= 0 min"]
    maker.thread.append([{"kind": "ticket", "event_time": NOW, "machine": "M1", "ref": "T-1", "code": "leak"}])
    assert maker.told("serve.triage") == ["no technician has the skill hydrualics: correct the code, or teach somebody"]


def test_hours_that_go_down_wait_in_quarantine(maker: Maker) -> None:
    said = maker.load("events", """
kind,event_time,machine,quantity
meter_reading,2023-03-01,M1,100
meter_reading,2023-04-01,M1,9000
meter_reading,2023-05-01,M1,250
meter_reading,2023-06-01,M1,-3
""")  # fmt: skip
    assert said == [
        "quantity goes against the other readings of the machine: hours never go down: correct the reading or its day; "
        "after a change of the meter add the hours of the old one",
        "quantity is below 0: give the hours on the meter",
    ]


def test_a_machine_that_came_back_and_was_never_sold_is_told_until_its_sale_is_known(maker: Maker) -> None:
    """Sold and returned, shipped to a dealer and returned unsold: both are sound. Neither: told, and then mended."""
    assert not maker.load("events", """
kind,event_time,machine,part,ref,market,disposition,amount,currency
commissioning,2023-01-05,M1,X20,,,,,
retail_selling,2023-02-01,M1,,,ID,,900,USD
receiving,2023-03-01,M1,,R-1,,returned,,
commissioning,2023-01-05,M2,X20,,,,,
shipping,2023-02-01,M2,,,ID,,,
receiving,2023-03-01,M2,,R-2,,returned,,
commissioning,2023-01-05,M3,X20,,,,,
receiving,2023-03-01,M3,,R-3,,returned,,
receiving,2023-03-02,M4,,R-4,,returned,,
""")  # fmt: skip
    rates = [{"currency": "USD", "day": date(2023, 1, 1), "in_cny": 7.0}]
    maker.thread.put(table("currency_rates"), table("currency_rates").rows(rates))
    assert maker.told("serve.returns") == [
        "M3 came back on 2023-03-01 (R-3), but was neither shipped nor sold: load its shipping or its sale, or withdraw "
        "the return",
        "M4 came back on 2023-03-02 (R-4), but no machine of ours has this serial: read the plate again and correct the "
        "return",
    ]
    assert not maker.load("events", """
kind,event_time,machine,market,amount,currency
retail_selling,2023-02-03,M3,ID,900,USD
""")  # fmt: skip
    assert [said[:2] for said in maker.told("serve.returns")] == ["M4"]
