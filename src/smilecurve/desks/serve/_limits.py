"""Which options of a desk must be at least, or above, 0?"""

from __future__ import annotations

from collections.abc import Sequence

from smilecurve.terms.errors import Breach, OptionRejected

__all__ = ["above_zero", "below_zero", "refuse"]


def above_zero(**values: float) -> None:
    """Refuse every option that is not above 0, all at once."""
    refuse(
        [
            Breach(f"{name} of {value:g} is not above 0", name, "give a number above 0")
            for name, value in values.items()
            if not value > 0
        ]
    )


def below_zero(**values: float) -> list[Breach]:
    """A breach for every option below 0.

    >>> [b.at for b in below_zero(holding=0.1, saved=-1.0)]
    ['saved']
    """
    return [
        Breach(f"{name} of {value:g} is below 0", name, "give 0 or more")
        for name, value in values.items()
        if not value >= 0
    ]


def refuse(found: Sequence[Breach]) -> None:
    """Refuse options with these breaches; do nothing where there are none."""
    if found:
        raise OptionRejected(found)
