"""What is known of one machine, one lot, one table?"""

from __future__ import annotations

from datetime import datetime
from secrets import token_hex
from typing import Annotated, cast
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc
from fastapi import APIRouter, Depends, Form
from starlette.responses import FileResponse, RedirectResponse, Response

from smilecurve.app.http.house import Asked, asked
from smilecurve.app.http.pages_decisions import maker_only
from smilecurve.app.http.photos import photo_path
from smilecurve.app.pages.gridquery import Query
from smilecurve.app.pages.lives import covers_of, facts_of, path_up, photos_of, told_events, tree_of
from smilecurve.app.pages.pictures.charts import Bar, rank_chart
from smilecurve.app.pages.pictures.world import Mark, world_map
from smilecurve.app.pages.rendering import page, words_of
from smilecurve.app.pages.rowgrid import grid_of_rows, grid_of_table
from smilecurve.app.pages.words import Words
from smilecurve.loop.registry import author, desk
from smilecurve.terms.errors import Breach, NotFound
from smilecurve.terms.event import IN_FIELD
from smilecurve.terms.tables import STAGES, TABLES, table

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
Asks = Annotated[Asked, Depends(asked)]
MOST_EVENTS = 400


@router.get("/machines/{serial}")
def machine(ask: Asks, serial: str) -> Response:
    """One serial's whole life, and what is in it down every level."""
    words = words_of(ask.request)
    story = ask.read.thread.story(serial, scope=ask.scope)
    found = ask.read.rows("machines", where={"machine": serial}, limit=1)
    if not story.num_rows and not found:
        raise NotFound(Breach(f"there is no machine {serial}", "serial", "look it up in the search box"))
    components = ask.read.thread.components(serial, scope=ask.scope)
    about = found[0] if found else dict.fromkeys(table("machines").columns)
    return page(
        ask,
        "machine.html",
        "tables",
        serial=serial,
        m=about,
        facts=facts_of(about, words),
        events=told_events(story, words)[:MOST_EVENTS],
        events_total=story.num_rows,
        tree=tree_of(components, serial),
        parts_total=components.num_rows,
        photos=photos_of(story),
        covers=covers_of(
            ask.read.rows("machine_covers", where={"machine": serial}, order=("system",)),
            ask.read.thread.clock(),
            words,
        ),
    )


@router.get("/lots/{lot}")
def one_lot(ask: Asks, lot: str) -> Response:
    """Containment of a lot: which machines hold it at any level, and where they are."""
    words = words_of(ask.request)
    rows = ask.read.thread.containment(lot, scope=ask.scope)
    suspects = [
        {"hold": r["hold"], "said": words.sentence(desk("learn.contain"), r)}
        for r in ask.read.rows("suspect_lots", where={"lot": lot})
    ]
    holds = [
        {
            "part": r["part"],
            "said": words.text(
                "{part}: {source} holds it",
                part=r["part"],
                source=" ".join(str(r[c]) for c in ("source", "ref") if r[c]),
            ),
            "since": words.moment(cast(datetime, r["since"])),
        }
        for r in ask.read.rows("lot_holds", where={"lot": lot})
    ]
    if not rows.num_rows and not suspects and not holds and not ask.read.count("stocks", where={"lot": lot}):
        raise NotFound(
            Breach(f"no machine, suspicion or stock speaks of lot {lot}", "lot", "look it up in the search box")
        )
    states = rows.group_by("status").aggregate([([], "count_all")]).sort_by([("count_all", "descending")]).to_pylist()
    bars = [Bar(words.code(str(s["status"] or "unknown")), float(s["count_all"]), "bar main") for s in states]
    markets = rows.group_by("market").aggregate([([], "count_all")]).to_pylist()
    query = Query.of(ask.request.url.path, ask.request.query_params)
    grid = grid_of_rows(table("lot_machines"), rows, query, words, exports=f"/api/v1/lots/{lot}/machines?")
    return page(
        ask,
        "lot.html",
        "learn",
        lot=lot,
        suspects=suspects,
        holds=holds,
        total=rows.num_rows,
        still=int(pc.sum(rows.column("still_in")).as_py() or 0),
        field=sum(int(s["count_all"]) for s in states if s["status"] in IN_FIELD),
        markets=[m for m in markets if m["market"]],
        map=_where(ask, markets, words),
        bars=rank_chart(bars, words.text("By place in life"), words.number, width=420) if bars else None,
        facts=_goes_into(ask, lot, rows, words),
        rows=grid,
    )


@router.post("/lots/{lot}/release")
def release_lot(ask: Asks, lot: str, part: Annotated[str, Form()]) -> Response:
    """A person looked at a lot that a chart, a sample or a person held, and releases it."""
    maker_only(ask)
    if not ask.read.count("lot_holds", where={"lot": lot, "part": part}):
        raise NotFound(Breach(f"lot {lot} of {part} is not on hold", "lot", "see the table lot_holds"))
    thread = ask.house.thread
    released = {"kind": "holding", "event_time": thread.clock(), "part": part, "lot": lot, "party": str(ask.scope)}
    thread.append([{**released, "event_id": f"release/{token_hex(8)}", "disposition": "conformant"}])
    return RedirectResponse(f"/lots/{quote(lot)}", 303)


def _where(ask: Asked, markets: list[dict[str, object]], words: Words) -> object:
    places = {str(m["market"]): m for m in ask.read.rows("markets")}
    most = max((float(str(m["count_all"])) for m in markets), default=1.0)
    marks = []
    for m in markets:
        place = places.get(str(m["market"]))
        if place:
            n = float(str(m["count_all"]))
            said = f"{words.market(str(m['market']))}: {words.count('{n} machine', '{n} machines', int(n))}"
            latitude, longitude = float(str(place["latitude"])), float(str(place["longitude"]))
            marks.append(Mark(latitude, longitude, n / most, "here", said))
    return world_map(marks, words.text("Where the machines of this lot are"))


def _goes_into(ask: Asked, lot: str, rows: pa.Table, words: Words) -> list[dict[str, str]]:
    """What the lot is and what it went into: upwards through the tree."""
    facts: list[dict[str, str]] = []
    if rows.num_rows:
        serial = str(rows.column("machine")[0].as_py())
        chain = path_up(ask.read.thread.components(serial, scope=ask.scope), lot, serial)
        go = "/machines/" + quote(serial, safe="")
        facts.append({"label": words.text("Goes into, for example"), "value": " → ".join(chain) or serial, "go": go})
    for row in ask.read.rows("lot_exposure", where={"lot": lot}):
        value = words.text(
            "{failures} failures in {machines} machines, {months} months in service",
            failures=words.number(float(str(row["failures"]))),
            machines=words.number(float(str(row["machines"]))),
            months=words.number(float(str(row["service_months"]))),
        )
        facts.append({"label": f"{row['part']} · {words.code(str(row['climate']))}", "value": value, "go": ""})
    stock = sum(float(str(r["quantity"])) for r in ask.read.rows("stocks", where={"lot": lot}))
    facts.append({"label": words.text("In stock"), "value": words.number(stock), "go": f"/tables/stocks?q=lot%3D{lot}"})
    kits = ask.read.count("kits", where={"lot": lot})
    facts.append(
        {"label": words.text("In kits for the line"), "value": words.number(kits), "go": f"/tables/kits?q=lot%3D{lot}"}
    )
    return facts


@router.get("/tables")
def tables(ask: Asks) -> Response:
    """Every shared table by stage."""
    groups = {stage: [t for t in TABLES.values() if t.stage == stage] for stage in (*STAGES, "thread")}
    groups["thread"] = [t for t in TABLES.values() if t.stage not in STAGES]
    return page(ask, "tables.html", "tables", groups=groups)


@router.get("/tables/{name}")
def one_table(ask: Asks, name: str) -> Response:
    """Any table as a grid, with its contract."""
    spec, words = table(name), words_of(ask.request)
    decides = author(spec)
    rows = grid_of_table(ask.read, spec, Query.of(f"/tables/{name}", ask.request.query_params), words)
    return page(ask, "table.html", "tables", spec=spec, rows=rows, author=decides.contract if decides else None)


@router.get("/photos/{name}")
def photo(ask: Asks, name: str) -> Response:
    """A ticket's photo, for those who may see the machine."""
    path, machine = photo_path(ask.house.folder, name)
    if not ask.read.count("machines", where={"machine": machine}):
        raise NotFound(Breach(f"there is no photo {name}", "photo", "open the machine's page"))
    return FileResponse(
        path, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=31536000, immutable"}
    )
