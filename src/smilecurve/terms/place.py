"""Which codes name a market or a currency?

Markets are ISO 3166-1 alpha-2, currencies ISO 4217, both as listed by the Unicode CLDR that Babel carries.
"""

from __future__ import annotations

from functools import cache

__all__ = ["currency_codes", "is_currency", "is_market", "market_codes", "market_name"]

_NOT_COUNTRIES = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}


@cache
def market_codes() -> frozenset[str]:
    """Every ISO 3166-1 alpha-2 code.

    >>> "ID" in market_codes(), "XX" in market_codes()
    (True, False)
    """
    from babel import Locale

    names = Locale("en").territories
    codes = (str(code) for code in names)
    return frozenset(c for c in codes if len(c) == 2 and c.isalpha() and c.isupper() and c not in _NOT_COUNTRIES)


@cache
def currency_codes() -> frozenset[str]:
    """Every ISO 4217 code."""
    from babel import Locale

    return frozenset(str(code) for code in Locale("en").currencies if len(str(code)) == 3)


def is_market(code: str) -> bool:
    """Is this an ISO 3166-1 alpha-2 code?"""
    return code in market_codes()


def is_currency(code: str) -> bool:
    """Is this an ISO 4217 code?"""
    return code in currency_codes()


def market_name(code: str, language: str = "en") -> str:
    """The name of a market in a language (its code where the CLDR has none).

    >>> market_name("ID"), market_name("DE", "zh")
    ('Indonesia', '德国')
    """
    from babel import Locale

    return str(Locale.parse(language.replace("-", "_")).territories.get(code, code))
