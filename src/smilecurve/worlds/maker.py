"""What is one example maker made of, before chance comes in?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import numpy as np

from smilecurve.worlds.booking import day_number
from smilecurve.worlds.chance import Floats, Ints
from smilecurve.worlds.rowfiles import Rows, read_rows

__all__ = ["Asked", "Flaws", "Maker"]


@dataclass(frozen=True)
class Asked:
    """Which questions tell of each cause: `names[offset[c] : offset[c] + count[c]]` and the chance of a yes to each."""

    names: list[str]
    yes: Floats
    offset: Ints
    count: Ints


@dataclass(frozen=True)
class Flaws:
    """What is planted: one bad lot of one part that shows in the heat, one part whose design wears out early.

    since: day the bad lot's failures begin. multiplier: its hazard over the part's own. machines: hot-market machines
    that hold it at the default scale, fewer where the fleet has fewer.
    """

    part: str
    component: str
    lot: str
    since: datetime
    multiplier: float
    machines: int
    weak_part: str
    kits: int = 11


@dataclass(frozen=True)
class Maker:
    """Names, row files, dates and rates of one maker; `scale` thins the history, never the plan ahead."""

    name: str
    shown: str
    rows: str
    seed: int
    scale: float
    default_scale: float
    first: datetime
    now: datetime
    line: str
    plant: str
    depot: str
    families: tuple[tuple[str, str], ...]
    flaws: Flaws
    hours_share: tuple[float, ...]
    work_share: tuple[float, ...]
    takt_s: float
    slots_per_day: int
    shift_start_h: float
    line_name: str
    repairers: int | None = None
    call_rate: float = 0.35
    visit_share: float = 1.0
    van_kg: float = 600.0
    return_rate: float = 0.03
    keeps: float = 0.86
    fades: float = 0.0165
    work_days: float = 3.5
    order_gap: float = 40.0
    home_share: float = 0.5
    exhibition_sales: float = 0.0
    short_part: str = ""
    skills: tuple[str, ...] = ()
    warranty: Mapping[str, tuple[int, float | None]] = field(default_factory=dict)
    desk_options: tuple[tuple[str, str, str], ...] = ()
    inspects: bool = True
    meters: bool = True
    shop_lot: int = 20

    @property
    def start(self) -> float:
        """First day of the history."""
        return day_number(self.first)

    @property
    def today(self) -> float:
        """The present instant in days."""
        return day_number(self.now)

    @cached_property
    def models(self) -> Rows:
        """Models with price, size and share of sales."""
        return read_rows(f"{self.rows}_models")

    @cached_property
    def components(self) -> Rows:
        """Places on a machine with the part in them, its cost by family and how it fails."""
        return read_rows(f"{self.rows}_components")

    @cached_property
    def subparts(self) -> Rows:
        """What the parts are made of."""
        return read_rows(f"{self.rows}_subparts")

    @cached_property
    def suppliers(self) -> Rows:
        """Suppliers in the order S01, S02, ..."""
        return read_rows(f"{self.rows}_suppliers")

    @cached_property
    def markets(self) -> Rows:
        """Every country sold to; the first is home."""
        return read_rows("markets")

    @cached_property
    def regions(self) -> Rows:
        """Sales regions with transit, freight, use and duties."""
        return read_rows("regions")

    @cached_property
    def market_region(self) -> Ints:
        """The region of each market."""
        where = self.regions.place_of("region")
        return np.array([where[r] for r in self.markets.texts("region")])

    @cached_property
    def hot(self) -> Floats:
        """1 for a hot market, else 0."""
        return np.array([float(c == "hot") for c in self.markets.texts("climate")])

    @cached_property
    def cold(self) -> Floats:
        """1 for a cold market, else 0."""
        return np.array([float(c == "cold") for c in self.markets.texts("climate")])

    @cached_property
    def model_family(self) -> Ints:
        """The family of each model."""
        names = [f for f, _ in self.families]
        return np.array([names.index(f) for f in self.models.texts("family")])

    @cached_property
    def exhibitions(self) -> Rows:
        """Fairs; orders `booked` apart are placed one by one."""
        return read_rows(f"{self.rows}_exhibitions")

    @cached_property
    def notes(self) -> Rows:
        """Owners' words by symptom."""
        return read_rows("notes")

    @cached_property
    def causes(self) -> Rows:
        """What can lie behind each symptom, one row a family and cause."""
        return Rows(
            [
                {**row, "family": family}
                for family, _ in self.families
                for row in read_rows(f"{self.rows}_causes").records
                if row["families"] == "*" or family in row["families"].split()
            ]
        )

    @cached_property
    def questions(self) -> list[tuple[str, str, str, float]]:
        """Question, its words, cause, chance of a yes."""
        return [
            (row["question"], row["words"], pair.split(":")[0], float(pair.split(":")[1]))
            for row in read_rows(f"{self.rows}_questions").records
            for pair in row["yes"].split()
        ]

    @cached_property
    def asked_causes(self) -> Asked:
        """The questions of each row of `causes`."""
        lists = [[(q, yes) for q, _, c, yes in self.questions if c == cause] for cause in self.causes.texts("cause")]
        count = np.array([len(x) for x in lists])
        flat = [pair for x in lists for pair in x]
        return Asked([q for q, _ in flat], np.array([y for _, y in flat]), np.cumsum(count) - count, count)

    @cached_property
    def stations(self) -> Rows:
        """Stations by what is built there."""
        return read_rows(f"{self.rows}_stations")

    @cached_property
    def equipment(self) -> Rows:
        """Equipment of the component shops and its time to change."""
        return read_rows(f"{self.rows}_equipment")

    @cached_property
    def routes(self) -> Rows:
        """Work on the parts that the component shops make."""
        return read_rows(f"{self.rows}_routes")

    @cached_property
    def characteristics(self) -> Rows:
        """What is measured."""
        return read_rows(f"{self.rows}_characteristics")

    @cached_property
    def inspections(self) -> Rows:
        """How lots of which components are inspected."""
        return read_rows(f"{self.rows}_inspections")

    @cached_property
    def options(self) -> Rows:
        """Options and how many may follow one another."""
        return read_rows(f"{self.rows}_options")

    @cached_property
    def market_weight(self) -> Floats:
        """Each overseas market's weight in sales; home has none."""
        return self.markets.numbers("excavators" if self.rows == "excavator" else "small")

    @cached_property
    def flaw_multiplier(self) -> float:
        """The bad lot's hazard over the part's own; stronger in a thinner history, so that it can be found there."""
        thinner = max(1.0, float(self.default_scale / self.scale) ** 0.5)
        return float(round(min(self.flaws.multiplier * thinner, 40.0), 2))
