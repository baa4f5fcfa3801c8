"""Where does the money come from, and which part's life needs looking at?"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from smilecurve.app.pages.pictures.weibull import weibull_plot
from smilecurve.app.pages.pictures.world import Mark, world_map
from smilecurve.app.pages.words import Words
from smilecurve.app.reading import Reading
from smilecurve.terms.cell import as_number

__all__ = ["MarketMap", "life", "market_map", "tone_of"]


@dataclass(frozen=True, slots=True)
class MarketMap:
    """The map by market, and the same as a list."""

    picture: Markup
    markets: list[dict[str, object]]
    period: str
    fresh: bool


def market_map(read: Reading, words: Words) -> MarketMap:
    """Revenue of the latest period by market: size by revenue, colour by growth on the year before."""
    rows = read.rows("revenue", where={"cut": "market", "scope": "all"})
    years = sorted({str(r["period"]) for r in rows}, key=lambda p: (len(p) == 4 or "Q" in p, p[:4], p))
    period = next((p for p in reversed(years) if len(p) == 4 or "Q" in p), years[-1] if years else "")
    places = {str(m["market"]): m for m in read.rows("markets")}
    kept = sorted((r for r in rows if r["period"] == period), key=lambda r: -as_number(r["amount"]))
    abroad = [as_number(r["amount"]) for r in kept if not places.get(str(r["value"]), {}).get("home")]
    most = max(abroad, default=1.0) or 1.0
    marks, listed = [], []
    for row in kept:
        place = places.get(str(row["value"]))
        name = words.market(str(row["value"]))
        growth = as_number(row["growth"]) if row["growth"] is not None else None
        listed.append({"name": name, "amount": row["amount"], "currency": row["currency"], "growth": growth})
        if place:
            amount = words.purse(as_number(row["amount"]), str(row["currency"]))
            said = f"{name}: {amount}, {words.percent(growth, signed=True)}"
            go = f"/tables/revenue?q=cut%3Dmarket+value%3D{row['value']}"
            size = min(1.0, max(as_number(row["amount"]), 0) / most)
            tone = "home" if place["home"] else tone_of(growth)
            marks.append(Mark(as_number(place["latitude"]), as_number(place["longitude"]), size, tone, said, go))
    picture = world_map(marks, words.text("Revenue by market"))
    return MarketMap(picture, listed, period, any(m["growth"] is None for m in listed))


def tone_of(growth: float | None) -> str:
    """The colour class of a growth."""
    if growth is None:
        return "flat"
    return "up2" if growth > 0.10 else "up1" if growth >= 0 else "down1" if growth >= -0.08 else "down2"


def life(read: Reading, words: Words) -> dict[str, object] | None:
    """The part whose trouble has the strongest evidence, on Weibull paper; without trouble the one that failed most."""
    issues = read.rows("emerging_issues", where={"alarm": True}, order=("-evidence",), limit=1)
    lives: list[dict[str, object]] = []
    if issues:
        lives = read.rows("part_life", where={k: issues[0][k] for k in ("part", "family", "climate")}, limit=1)
    lives = lives or read.rows("part_life", order=("-failures",), limit=1)
    if not lives:
        return None
    row = lives[0]
    groups = read.rows("service_lives", where={k: row[k] for k in ("part", "family", "climate")})
    name = next((str(p["name"]) for p in read.rows("parts", where={"part": row["part"]}, limit=1)), str(row["part"]))
    shape, scale = (words.number(as_number(row[k]), digits) for k, digits in (("shape", 2), ("scale_months", 0)))
    return {
        "part": row["part"],
        "name": words.text("{part}, {climate} markets", part=name, climate=words.code(str(row["climate"]))),
        "said": f"Weibull β {shape} · η {scale}",
        "picture": weibull_plot(row, groups, words),
        "seen": words.count(
            "{n} failure of {components} components",
            "{n} failures of {components} components",
            int(as_number(row["failures"])),
            components=words.number(as_number(row["components"])),
        ),
        "b10": words.text(
            "B10 {b10} months ({low} – {high}, 90 %)",
            b10=words.number(as_number(row["b10_months"]), 1),
            low=words.number(as_number(row["b10_low"]), 1),
            high=words.number(as_number(row["b10_high"]), 1),
        ),
    }
