"""Which options of a desk must be above 0?"""

from __future__ import annotations

from smilecurve.terms.errors import Breach, OptionRejected

__all__ = ["above_zero"]


def above_zero(**values: float) -> None:
    """Refuse every option that is not above 0, all at once."""
    bad = [
        Breach(f"{name} of {value:g} is not above 0", name, "give a number above 0")
        for name, value in values.items()
        if not value > 0
    ]
    if bad:
        raise OptionRejected(bad)
