"""What do owners write about their machines, in their languages, and what of it have people filed?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smilecurve.terms.tables.learn_voices import CUSTOMER_TEXTS
from smilecurve.worlds.booking import dates, numbered, taken
from smilecurve.worlds.chance import Flags, Floats, Ints, chance
from smilecurve.worlds.fleet import Fleet
from smilecurve.worlds.maker import Maker
from smilecurve.worlds.rowfiles import Rows, read_rows

__all__ = ["voice_tables"]

MOST_TEXTS, OF_THE_FLAW = 900, 70
CHANNELS, CHANNEL_SHARE = ("complaint", "review", "call"), (0.6, 0.3, 0.1)
FILED_OLD, FILED_NEW, NEW_DAYS = 0.5, 0.1, 28.0
SAID_AGAIN = 0.05
HOME_WEIGHT = 0.3
ELSEWHERE = "en"


def voice_tables(maker: Maker, fleet: Fleet) -> dict[str, pa.Table]:
    """Texts of owners in six languages; people filed about half of the old ones and few of the last weeks.

    Owners of machines like those with the planted lot, in hot markets, write more about its fault from its day on.
    One in twenty writes again within a fortnight, in nearly the same words.
    """
    rng = chance(maker.seed, "voices")
    machine, day, flawed = _writers(maker, fleet, rng)
    phrases = read_rows("voices")
    line = _phrases(maker, fleet, phrases, machine, flawed, rng)
    words = _worded(phrases, line, rng)
    again = np.flatnonzero((rng.random(len(day)) < SAID_AGAIN) & (day < maker.today - 15))
    day = np.concatenate([day, day[again] + rng.uniform(1, 14, len(again))])
    order = np.argsort(day, kind="stable")
    row, day = np.concatenate([np.arange(len(line)), again])[order], day[order]
    second = order >= len(line)
    filed = rng.random(len(row)) < np.where(day < maker.today - NEW_DAYS, FILED_OLD, FILED_NEW)
    unfiled = pa.array(~filed)
    systems, faults = (taken(phrases.texts(c), line[row]) for c in ("system", "fault"))
    empty = pa.nulls(len(row), pa.string())
    rows = pa.table(
        {
            "said": numbered("TX-", np.arange(1, len(row) + 1)),
            "said_on": dates(day),
            "words": [f"{words[k]} !!" if s else words[k] for k, s in zip(row, second, strict=True)],
            "channel": taken(CHANNELS, rng.choice(len(CHANNELS), len(words), p=CHANNEL_SHARE)[row]),
            "market": taken(maker.markets.texts("market"), fleet.market[machine[row]]),
            "model": taken(maker.models.texts("model"), fleet.model[machine[row]]),
            "machine": fleet.serial.take(pa.array(machine[row])),
            "language": empty,
            "system": pc.if_else(unfiled, empty, systems),
            "fault": pc.if_else(unfiled, empty, faults),
        }
    )
    return {"customer_texts": CUSTOMER_TEXTS.only(rows)}


def _writers(maker: Maker, fleet: Fleet, rng: np.random.Generator) -> tuple[Ints, Floats, Flags]:
    """Who writes on which day, by day; and whether it is about the planted fault."""
    working = np.flatnonzero(fleet.begun < maker.today - 5)
    count = min(MOST_TEXTS, len(working) // 2)
    weight = np.where(fleet.market[working] == 0, HOME_WEIGHT, 1.0)
    machine = rng.choice(working, count, p=weight / weight.sum())
    day = fleet.begun[machine] + (maker.today - fleet.begun[machine]) * rng.random(count) ** 1.2
    families = [f for f, _ in maker.families]
    struck = {r["families"] for r in read_rows("voices").records if r["component"] == maker.flaws.component}
    hit = np.array([any(f in s.split() for s in struck) for f in families], bool)
    there = working[hit[fleet.family[working]] & (maker.hot[fleet.market[working]] > 0)]
    more = rng.choice(there, min(OF_THE_FLAW, len(there))) if len(there) else there
    since = maker.flaws.since.timestamp() / 86400
    late = np.maximum(since, fleet.begun[more]) + 2.0
    more_day = late + (maker.today - late) * rng.random(len(more)) ** 0.7
    machine, day = np.concatenate([machine, more]), np.concatenate([day, more_day])
    order = np.argsort(day, kind="stable")
    return machine[order], day[order], (np.arange(len(day)) >= count)[order]


def _phrases(maker: Maker, fleet: Fleet, phrases: Rows, machine: Ints, flawed: Flags, rng: np.random.Generator) -> Ints:
    """The phrase each writer uses: one of the machine's family, in the language of the market."""
    tongue = {r["market"]: r["language"] for r in read_rows("tongues").records}
    spoken = [tongue.get(m, ELSEWHERE) for m in maker.markets.texts("market")]
    families = [f for f, _ in maker.families]
    choices: dict[tuple[str, str, bool], list[int]] = {}
    for k, r in enumerate(phrases.records):
        for family in families if r["families"] == "*" else r["families"].split():
            choices.setdefault((family, r["language"], False), []).append(k)
            if r["component"] == maker.flaws.component:
                choices.setdefault((family, r["language"], True), []).append(k)
    draw = rng.random(len(machine))
    found = np.empty(len(machine), np.int64)
    for i, (m, f) in enumerate(zip(machine.tolist(), flawed.tolist(), strict=True)):
        own = choices[families[fleet.family[m]], spoken[fleet.market[m]], f]
        found[i] = own[int(draw[i] * len(own))]
    return found


def _worded(phrases: Rows, line: Ints, rng: np.random.Generator) -> list[str]:
    """Each phrase with words before and after it, sometimes the hours on the meter."""
    frames = read_rows("voice_frames").records
    around = {
        (language, place): [r["words"] for r in frames if (r["language"], r["place"]) == (language, place)]
        for language in set(phrases.texts("language"))
        for place in ("before", "after")
    }
    told = []
    for k, (one, two, hours) in zip(line.tolist(), rng.random((len(line), 3)).tolist(), strict=True):
        language, words = phrases.records[k]["language"], phrases.records[k]["words"]
        before, after = around[language, "before"], around[language, "after"]
        said = [before[int(one * 1.4 * len(before))] if one * 1.4 < 1 else "", words]
        said += [f"({int(hours * 4000)} h)" if hours < 0.2 else ""]
        said += [after[int(two * 1.4 * len(after))] if two * 1.4 < 1 else ""]
        told.append(("" if language == "zh" else " ").join(s for s in said if s))
    return told
