"""Who is asking, and which rows may they see?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from smilecurve.terms.errors import Breach, OptionRejected

__all__ = ["MAKER", "ROLES", "Role", "Scope"]

Role = Literal["maker", "dealer", "partner", "customer"]
ROLES: tuple[Role, ...] = ("maker", "dealer", "partner", "customer")


@dataclass(frozen=True, slots=True)
class Scope:
    """A role and the code that bounds it: a dealer's market, a service partner, a customer. The maker sees all.

    >>> str(Scope.parse("dealer:ID"))
    'dealer:ID'
    """

    role: Role = "maker"
    code: str = ""

    def __post_init__(self) -> None:
        if self.role not in ROLES or (self.role == "maker") != (not self.code):
            raise OptionRejected(
                Breach(
                    f"{self.role}:{self.code} is not a scope",
                    "scope",
                    "use maker, dealer:MARKET, partner:CODE or customer:CODE",
                )
            )

    @classmethod
    def parse(cls, text: str) -> Scope:
        """Read `maker`, `dealer:ID`, `partner:SP-ID-1` or `customer:C-17`."""
        role, _, code = text.partition(":")
        found = next((r for r in ROLES if r == role), None)
        if found is None:
            raise OptionRejected(
                Breach(f"{text} is not a scope", "scope", "use maker, dealer:MARKET, partner:CODE or customer:CODE")
            )
        return cls(found, code.upper() if found == "dealer" else code)

    def __str__(self) -> str:
        return f"{self.role}:{self.code}" if self.code else self.role


MAKER = Scope()
