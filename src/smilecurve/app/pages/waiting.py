"""Which decisions wait for a person, what do they say, and which matters most?"""

from __future__ import annotations

import json
from collections.abc import Mapping

from smilecurve.app.pages.words import Words
from smilecurve.app.reading import Reading
from smilecurve.loop.registry import desks
from smilecurve.terms.cell import as_number

__all__ = ["shown_decision", "waiting", "waiting_by_stage"]

MOST_ROWS_READ = 20_000
Row = Mapping[str, object]


def waiting_by_stage(read: Reading) -> dict[str, int]:
    """How many decisions wait at each stage."""
    counts: dict[str, int] = {}
    for row in read.rows("decisions", where={"state": "waiting"}):
        stage = str(row["desk"]).partition(".")[0]
        counts[stage] = counts.get(stage, 0) + 1
    return counts


def waiting(read: Reading, words: Words, *, stage: str = "", most: int | None = None) -> list[dict[str, object]]:
    """The decisions that wait: what is wrong first, then by money at stake in one currency, newest first."""
    rows = read.rows("decisions", where={"state": "waiting"}, order=("-number",))
    kept = [r for r in rows if not stage or str(r["desk"]).startswith(f"{stage}.")]
    rates = _rates(read)

    def rank(row: Row) -> tuple[bool, float]:
        urgent = bool(json.loads(str(row["basis"])).get("urgent"))
        return not urgent, -abs(as_number(row["worth"])) * rates.get(str(row["currency"]), 1.0)

    kept.sort(key=rank)
    return [shown_decision(read, words, r) for r in kept[:most]]


def shown_decision(read: Reading, words: Words, row: Row) -> dict[str, object]:
    """A decision with its stage, its headline in the reader's language and a line of detail."""
    basis = json.loads(str(row["basis"]))
    desk = desks().get(str(row["desk"]))
    detail = [c["what"] for c in basis.get("clash", [])]
    if row["status"] != "none":
        detail.append(_many_rows(words, row))
    if desk:
        detail.append(words.text(desk.contract.question))
    return dict(row) | {
        "stage": str(row["desk"]).partition(".")[0],
        "said": _headline(read, words, row),
        "detail": " · ".join(f"\u2068{said}\u2069" for said in detail)
        if words.direction == "rtl"
        else " · ".join(detail),
    }


def _many_rows(words: Words, row: Row) -> str:
    """How many rows it has, or how many of them changed."""
    if row["changed_rows"] and row["changed_rows"] != row["rows"]:
        n, of = int(as_number(row["changed_rows"])), int(as_number(row["rows"]))
        return words.count(
            "{of} rows; {n} new, changed or gone", "{of} rows; {n} new, changed or gone", n, of=words.number(of)
        )
    return words.count("{n} row", "{n} rows", int(as_number(row["rows"])))


def _headline(read: Reading, words: Words, row: Row) -> str:
    """The row that tells most, named by its key, in the reader's language."""
    title = str(row["title"] or "")
    desk = desks().get(str(row["desk"]))
    basis = json.loads(str(row["basis"]))
    if desk is not None and basis.get("answer") in desk.contract.answers:
        if row["state"] == "changed":
            return words.text(desk.contract.question)
        return words.answer(desk, basis["answer"], basis["figures"])
    if not title or desk is None or int(as_number(row["rows"])) > MOST_ROWS_READ:
        return words.text(title) if title else str(row["desk"])
    key = ("headline", str(row["decision"]), words.language, str(read.scope))
    if key not in read.kept:
        found = words.text(title)
        spec = desk.contract.decides
        for record in read.thread.rows_of(str(row["decision"]), scope=read.scope).to_pylist():
            if desk.sentence(record) == title:
                names = [str(record[k]) for k in spec.key if record[k] not in (None, "*") and k != "line"]
                found = (
                    f"{' · '.join(names)}: {words.sentence(desk, record)}" if names else words.sentence(desk, record)
                )
                break
        read.kept[key] = found
    return str(read.kept[key])


def _rates(read: Reading) -> dict[str, float]:
    rates: dict[str, float] = {}
    for row in read.rows("currency_rates", order=("day",)):
        rates[str(row["currency"])] = as_number(row["in_cny"])
    return rates
