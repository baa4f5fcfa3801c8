"""Which ledger does a place name?"""

from __future__ import annotations

from pathlib import Path

from smilecurve.thread.address import TeamAddress, is_team
from smilecurve.thread.ledger import EmbeddedLedger, Ledger

__all__ = ["open_ledger"]


def open_ledger(place: str | Path, *, create: bool = True) -> Ledger:
    """The ledger of a folder, or of a team's database."""
    if not is_team(place):
        return EmbeddedLedger(Path(place), create=create)
    from smilecurve.thread.team import TeamLedger

    return TeamLedger(TeamAddress.parse(str(place)), create=create)
