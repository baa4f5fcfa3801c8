"""Which line and which of its days does the reader want on the takt board?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from smilecurve.app.pages.gridquery import Query, near_ends, whole
from smilecurve.app.pages.words import Words
from smilecurve.terms.errors import Breach, NotFound

__all__ = ["BoardView", "Choice", "unsequenced"]

MOST_SLOTS = 1_000
TOGETHER = "all"
PLACE = "#board-title"


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing a reader may choose: its name, its address, and whether it is chosen."""

    name: str
    link: str
    here: bool


@dataclass(frozen=True, slots=True)
class BoardView:
    """The line and the day of an address; the other lines and days are one link away."""

    query: Query
    line: str
    every: list[str]

    @staticmethod
    def of(query: Query, lines: list[str], words: Words) -> BoardView:
        """Read the address: the first line where it names none, refused where it names one without a sequence."""
        line = query.rest.get("line", "") or lines[0]
        if line not in lines:
            raise unsequenced(line, lines, words)
        return BoardView(query, line, lines)

    def shown(self, days: int, per_day: int) -> list[int]:
        """The days to show, from 0: one, or the first ones together; nonsense becomes the first."""
        asked = self.query.rest.get("day", "")
        if asked == TOGETHER:
            return list(range(_together(days, per_day)))
        return [min(whole(asked, 1), days) - 1]

    def lines(self, names: Mapping[str, str]) -> list[Choice]:
        """The lines to choose from; none where there is one."""
        if len(self.every) == 1:
            return []
        return [Choice(names[n], self.query.link(line=n, day="") + PLACE, n == self.line) for n in self.every]

    def days(self, days: int, per_day: int, words: Words, today: dt.date) -> list[Choice]:
        """The days to choose from, the far ones in between left out, and the first ones together."""
        if days == 1:
            return []

        def name(day: int) -> str:
            return words.short_day(today + dt.timedelta(days=day))

        shown = self.shown(days, per_day)
        choices = [self._choice(name(n - 1), str(n), shown == [n - 1]) for n in near_ends(shown[0] + 1, days)]
        many = _together(days, per_day)
        if many > 1:
            choices.append(self._choice(f"{name(0)} – {name(many - 1)}", TOGETHER, len(shown) > 1))
        return choices

    def _choice(self, name: str, day: str, here: bool) -> Choice:
        return Choice(name, self.query.link(line=self.query.rest.get("line", ""), day=day) + PLACE, here)


def unsequenced(line: str, lines: Iterable[str], words: Words) -> NotFound:
    """The refusal of a line that has no sequence."""
    what = words.text("there is no sequence of line {line}", line=line)
    return NotFound(Breach(what, "line", words.text("name one of {names}", names=", ".join(sorted(lines)))))


def _together(days: int, per_day: int) -> int:
    """How many days fit on the board at once."""
    return min(days, max(2, MOST_SLOTS // per_day))
