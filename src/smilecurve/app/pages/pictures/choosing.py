"""Which picture tells a decided table best?

Pictures are chosen by table; a table without its own gets a ranking of its first quantity by its first code. The takt
board and the maps are pieces of page and stand elsewhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc
from markupsafe import Markup

from smilecurve.app.pages.pictures.alarms import alarms_picture
from smilecurve.app.pages.pictures.asking import asks_picture
from smilecurve.app.pages.pictures.charts import (
    Bar,
    Series,
    column_chart,
    line_chart,
    rank_chart,
)
from smilecurve.app.pages.pictures.claims import claims_picture
from smilecurve.app.pages.pictures.cohorts import build_months_picture, shipments_picture
from smilecurve.app.pages.pictures.comeback import returns_picture
from smilecurve.app.pages.pictures.coming import coming_picture
from smilecurve.app.pages.pictures.depots import depots_picture
from smilecurve.app.pages.pictures.dispositions import dispositions_picture, grades_picture
from smilecurve.app.pages.pictures.drawing import figure, scrolled
from smilecurve.app.pages.pictures.flow import line_rates_picture
from smilecurve.app.pages.pictures.gantt import gantt_picture
from smilecurve.app.pages.pictures.ladder import ladder_picture
from smilecurve.app.pages.pictures.learning import backlog_picture, complaints_picture, smile_picture
from smilecurve.app.pages.pictures.leases import leases_picture
from smilecurve.app.pages.pictures.packing import load_picture
from smilecurve.app.pages.pictures.partners import partners_picture
from smilecurve.app.pages.pictures.quality import control_picture, verdicts_picture
from smilecurve.app.pages.pictures.repairs import burden_picture
from smilecurve.app.pages.pictures.residuals import residuals_picture
from smilecurve.app.pages.pictures.selling import quotes_picture, revenue_picture
from smilecurve.app.pages.pictures.spans import promises_picture
from smilecurve.app.pages.pictures.stations import station_plan_picture
from smilecurve.app.pages.pictures.stocking import stock_curve_picture
from smilecurve.app.pages.pictures.suspects import suspects_picture
from smilecurve.app.pages.pictures.ticketflow import tickets_picture
from smilecurve.app.pages.pictures.tours import tours_picture
from smilecurve.app.pages.pictures.vans import last_buys_picture, vans_picture
from smilecurve.app.pages.pictures.weibull import weibull_plot
from smilecurve.app.pages.words import Words
from smilecurve.terms.cell import as_number
from smilecurve.terms.table import Spec

__all__ = ["Look", "picture", "yamazumi"]

Look = Callable[..., list[dict[str, object]]]
Rows = list[dict[str, object]]
Draw = Callable[[pa.Table, Words, Look], Markup | None]
MOST_BARS = 18
BARE = frozenset({"promises", "demand_forecast", "load_plan", "machine_grades", "repair_burden"})


def picture(spec: Spec, rows: pa.Table, words: Words, look: Look) -> Markup | None:
    """The picture of a decision's rows; None where nothing can be drawn."""
    if not rows.num_rows:
        return None
    draw = DRAWN.get(spec.name)
    drawn = draw(rows, words, look) if draw else _ranking(spec, rows, words)
    return scrolled(drawn, words.text(spec.meaning)) if drawn and spec.name in BARE else drawn


def yamazumi(
    rows: pa.Table, words: Words, _: Look, *, line: str | None = None, height: float = 132, names: bool = True
) -> Markup:
    """Work of each station against the takt."""
    chosen = line or rows.column("line")[0].as_py()
    kept = rows.filter(pc.equal(rows.column("line"), chosen))
    stations = kept.group_by("station").aggregate([("station_time_s", "max"), ("takt_s", "max"), ("task", "count")])
    found = stations.sort_by("station").to_pylist()
    takt = max(as_number(r["takt_s_max"]) for r in found)
    most = max(as_number(r["station_time_s_max"]) for r in found)
    bars = [
        Bar(
            str(r["station"]),
            as_number(r["station_time_s_max"]),
            _load_tone(as_number(r["station_time_s_max"]), takt, most),
            told=words.text(
                "station {station}: {work} s of {takt} s, {tasks} tasks",
                station=r["station"],
                work=words.number(as_number(r["station_time_s_max"])),
                takt=words.number(takt),
                tasks=words.number(as_number(r["task_count"])),
            ),
        )
        for r in found
    ]
    said = words.text("Work of each station against the takt")
    return column_chart(bars, said, lambda v: words.number(v), limit=takt, height=height, unit="s", names=names)


def _load_tone(work: float, takt: float, most: float) -> str:
    """Beyond takt, the fullest station, or any other."""
    return "bar bad" if work > takt * 1.0001 else "bar over" if work >= most else "bar"


def _ranking(spec: Spec, rows: pa.Table, words: Words) -> Markup | None:
    value = next(
        (f for f in spec.fields if f.type in ("number", "whole") and f.name not in ("rank", "level", "position")), None
    )
    name = next((f for f in spec.fields if f.type in ("code", "market") and f.name != "reason"), None)
    return _ranked(rows, words, name.name, value.name) if value and name else None


def _ranked(
    rows: pa.Table, words: Words, name: str, value: str, *, how: str = "sum", mark: str | None = None
) -> Markup:
    """The largest sums (or maxima) of a quantity by a code."""
    wanted = [(value, how)] + ([(mark, how)] if mark else [])
    sums = rows.group_by(name).aggregate(wanted).sort_by([(f"{value}_{how}", "descending")]).slice(0, MOST_BARS)
    share = _is_share(rows, value)
    bars = [
        Bar(
            words.code(str(r[name])),
            as_number(r[f"{value}_{how}"]),
            "bar main",
            mark=as_number(r[f"{mark}_{how}"]) if mark else None,
        )
        for r in sums.to_pylist()
    ]
    say = (
        (lambda v: words.percent(v)) if share else (lambda v: words.short(v) if abs(v) >= 1000 else words.number(v, 2))
    )
    title = f"{words.label(value)} · {words.label(name)}"
    marked = [words.text("line: {mark}", mark=words.label(mark))] if mark else []
    return figure(title, rank_chart(bars, title, say), marked)


def _is_share(rows: pa.Table, name: str) -> bool:
    return name in ("fill", "fill_before", "growth", "probability", "of_new", "load", "busy", "volume_fill")


def _by(name: str, value: str, how: str = "sum", mark: str | None = None) -> Draw:
    def draw(rows: pa.Table, words: Words, _: Look) -> Markup:
        return _ranked(rows, words, name, value, how=how, mark=mark)

    return draw


def _made(rows: pa.Table, words: Words, _: Look) -> Markup:
    """Worth of the pairs made; where none is, what was bid in vain."""
    made = rows.filter(pc.equal(rows.column("reason"), "matched"))
    return _ranked(made, words, "model", "worth") if made.num_rows else _ranked(rows, words, "reason", "limit")


def _weibull(rows: pa.Table, words: Words, look: Look) -> Markup:
    best = rows.sort_by([("failures", "descending")]).slice(0, 1).to_pylist()[0]
    groups = look("service_lives", where={k: best[k] for k in ("part", "family", "climate")})
    return weibull_plot(best, groups, words)


def _forecast(rows: pa.Table, words: Words, _: Look) -> Markup:
    sums = rows.group_by("month").aggregate([(c, "sum") for c in ("p10", "p50", "p90", "last_year")]).sort_by("month")
    found = sums.to_pylist()
    points = [(float(i), as_number(r["p50_sum"])) for i, r in enumerate(found)]
    band = [(float(i), as_number(r["p10_sum"]), as_number(r["p90_sum"])) for i, r in enumerate(found)]
    before = [(float(i), as_number(r["last_year_sum"])) for i, r in enumerate(found)]
    ticks = [(float(i), _month(r["month"])) for i, r in enumerate(found)]
    series = [Series(words.label("p50"), points, band), Series(words.label("last_year"), before)]
    return line_chart(series, words.text("Demand to come by month"), str, lambda v: words.short(v), ticks=ticks)


def _month(value: object) -> str:
    return value.strftime("%y-%m") if isinstance(value, dt.date) else ""


DRAWN: Mapping[str, Draw] = {
    "station_plan": station_plan_picture,
    "line_rates": line_rates_picture,
    "control_signals": control_picture,
    "lot_verdicts": verdicts_picture,
    "shop_schedule": gantt_picture,
    "planned_orders": _by("part", "cost"),
    "promises": promises_picture,
    "demand_forecast": _forecast,
    "revenue": revenue_picture,
    "quotes": quotes_picture,
    "load_plan": load_picture,
    "ticket_triage": tickets_picture,
    "voiced_texts": complaints_picture,
    "claim_forecast": coming_picture,
    "service_routes": tours_picture,
    "partner_plan": partners_picture,
    "depot_plan": depots_picture,
    "return_rates": returns_picture,
    "stock_curve": stock_curve_picture,
    "spare_stock": ladder_picture,
    "van_kits": vans_picture,
    "last_buy_plan": last_buys_picture,
    "claim_decisions": claims_picture,
    "residual_values": residuals_picture,
    "lease_exposure": leases_picture,
    "asking_prices": asks_picture,
    "fair_matches": _made,
    "machine_grades": grades_picture,
    "return_plan": dispositions_picture,
    "lease_offers": _by("model", "rate", "max", "rate_if_residual_low"),
    "part_life": _weibull,
    "repair_burden": burden_picture,
    "shipment_failures": shipments_picture,
    "build_month_rates": build_months_picture,
    "emerging_issues": alarms_picture,
    "suspect_lots": suspects_picture,
    "design_backlog": backlog_picture,
    "smile_curve": smile_picture,
}
