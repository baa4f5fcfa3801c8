"""Lines of the benchmark: what was measured, beside its bar."""

from __future__ import annotations

from dataclasses import dataclass


def say(what: str, text: str) -> None:
    print(f"{what:<46} {text}", flush=True)


@dataclass(frozen=True)
class Bar:
    """A limit of the issue."""

    what: str
    limit: float
    at_least: bool = False

    def told(self, value: float, more: str = "") -> None:
        """Print the value beside the limit."""
        met = value >= self.limit if self.at_least else value <= self.limit
        sign = ">=" if self.at_least else "<="
        shown = f"{value:>14,.0f}" if value >= 1000 else f"{value:>14,.2f}"
        say(
            self.what,
            f"{shown}   bar {sign} {self.limit:,.6g}   {'met' if met else 'short'}" + (f"   ({more})" if more else ""),
        )
