"""Both worlds, made once, and what the thread shows of their sales."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from smilecurve.desks.market.revenue import account_revenue
from smilecurve.terms.tables import TABLES
from smilecurve.thread.store import open_thread
from smilecurve.worlds import WORLDS, World

MONEY = ("commissioning", "shipping", "retail_selling", "sales_order", "cost", "claim", "regrade", "error_declaration")
THIN = {"excavators": 0.01, "small_machines": 0.0002}


@pytest.fixture(scope="session")
def excavator_world() -> World:
    return WORLDS["excavators"]()


@pytest.fixture(scope="session")
def small_world() -> World:
    return WORLDS["small_machines"]()


@pytest.fixture(scope="session", params=sorted(THIN))
def thin_world(request: pytest.FixtureRequest) -> World:
    return WORLDS[request.param](scale=THIN[request.param])


Revenue = dict[tuple[str, str, str, str], dict[str, object]]


def _sales_of(world: World, folder: Path) -> dict[str, pa.Table]:
    """The tables the revenue desk reads, as the thread shows them."""
    thread = open_thread(folder)
    for name in ("models", "markets", "currency_rates"):
        thread.put(TABLES[name], world.tables[name])
    thread.set_clock(world.now)
    thread.load(world.events.filter(pc.is_in(world.events["kind"], pa.array(MONEY))))
    return {name: thread.view(TABLES[name]) for name in ("sales", "sales_orders", "currency_rates", "stage_money")}


def _revenue_of(views: dict[str, pa.Table], today: date) -> Revenue:
    """What the revenue desk decides, by cut, value, period and scope."""
    read = {name: views[name] for name in ("sales", "sales_orders", "currency_rates")}
    rows = account_revenue(**read, today=today).rows.to_pylist()
    return {(r["cut"], r["value"], r["period"], r["scope"]): r for r in rows}


@pytest.fixture(scope="session")
def excavator_views(excavator_world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pa.Table]:
    return _sales_of(excavator_world, tmp_path_factory.mktemp("excavators"))


@pytest.fixture(scope="session")
def excavator_revenue(excavator_views: dict[str, pa.Table]) -> Revenue:
    return _revenue_of(excavator_views, date(2023, 6, 30))


@pytest.fixture(scope="session")
def small_views(small_world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pa.Table]:
    return _sales_of(small_world, tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def small_revenue(small_views: dict[str, pa.Table]) -> Revenue:
    return _revenue_of(small_views, date(2025, 1, 1))
