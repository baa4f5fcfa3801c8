"""How is this said, counted and dated in the reader's language?

Catalogues are gettext files, compiled in memory when first asked for. English is the language of the templates; what a
catalogue lacks stays English. Numbers, money and dates follow the CLDR.
"""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_compact_currency, format_compact_decimal, format_currency, format_decimal
from babel.support import NullTranslations, Translations

from smilecurve.terms.desk import Desk
from smilecurve.terms.table import Field

__all__ = ["LANGUAGES", "Words", "speak"]

LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "zh": "中文",
    "es": "Español",
    "ar": "العربية",
    "id": "Indonesia",
}
CATALOGUES = Path(__file__).with_name("catalogues")
UPPER = {"b10": "B10", "bom": "BOM", "rma": "RMA", "hs": "HS", "vat": "VAT", "mtbf": "MTBF", "mttr": "MTTR", "id": "ID"}
UNITS = {"_km_h": " (km/h)", "_s": " (s)", "_h": " (h)", "_kg": " (kg)", "_km": " (km)", "_m3": " (m³)", "_m": " (m)"}
"""How the unit at the end of a column's name is said."""


class Words:
    """One language: texts from its catalogue, numbers and dates by its customs."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.locale = Locale.parse(language)
        self.direction = self.locale.text_direction
        self._texts: NullTranslations = _catalogue(language)

    def text(self, message: str, /, **values: object) -> str:
        """The message in this language, with its values filled in."""
        said = self._texts.gettext(message)
        return said.format(**values) if values else said

    def count(self, one: str, many: str, number: int, /, **values: object) -> str:
        """The message in the plural form that the number asks for."""
        said = self._texts.ngettext(one, many, number)
        return said.format(n=self.number(number), **values)

    def knows(self, message: str) -> bool:
        """Does the catalogue carry this message?"""
        return self.language == "en" or self._texts.gettext(message) != message

    def number(self, value: float | None, digits: int = 0) -> str:
        """A number with so many decimals at the most; a dash for none."""
        if value is None:
            return "–"
        pattern = "#,##0." + "#" * digits if digits else "#,##0"
        return str(format_decimal(value, format=pattern, locale=self.locale))

    def figure(self, value: float | None) -> str:
        """A number with about four digits that tell, more where it is whole."""
        size = abs(value or 0.0)
        return self.number(value, 0 if size >= 10_000 else 1 if size >= 100 else 2 if size >= 1 else 4)

    def short(self, value: float | None) -> str:
        """A large number, shortened."""
        if value is None or abs(value) < 1000:
            return self.number(value, 2)
        return str(format_compact_decimal(round(value), fraction_digits=1, locale=self.locale))

    def percent(self, value: float | None, digits: int = 1, *, signed: bool = False) -> str:
        """A share as per cent."""
        if value is None:
            return "–"
        sign = "+" if signed and value > 0 else ""
        return f"{sign}{self.number(100 * value, digits)} %"

    def money(self, amount: float | None, currency: str | None) -> str:
        """An amount in full."""
        if amount is None:
            return "–"
        digits = 0 if abs(amount) >= 1000 else 2
        return str(
            format_currency(
                round(amount, digits),
                currency or "CNY",
                locale=self.locale,
                currency_digits=False,
                format=_money_pattern(self.language, digits),
            )
        )

    def purse(self, amount: float | None, currency: str | None) -> str:
        """An amount, shortened."""
        if amount is None:
            return "–"
        if abs(amount) < 1000:
            return self.money(amount, currency)
        return str(format_compact_currency(amount, currency or "CNY", fraction_digits=1, locale=self.locale))

    def day(self, value: dt.date | None) -> str:
        """A calendar day."""
        return "–" if value is None else str(format_date(value, "medium", locale=self.locale))

    def short_day(self, value: dt.date) -> str:
        """A day of this year: month and day."""
        return str(format_skeleton("MMMd", value, locale=self.locale))

    def weekday(self, value: dt.date) -> str:
        """A day of this year with its day of the week."""
        return str(format_skeleton("MMMEd", value, locale=self.locale))

    def moment(self, value: dt.datetime | None) -> str:
        """A day with its hour, UTC."""
        if value is None:
            return "–"
        return f"{self.day(value)} {format_time(value, 'short', locale=self.locale, tzinfo=dt.UTC)}"

    def market(self, code: str | None) -> str:
        """The name of a market."""
        return "–" if code is None else str(self.locale.territories.get(code, code))

    def label(self, name: str) -> str:
        """The heading of a column, by its name."""
        said = self._texts.gettext(f"column:{name}")
        return said if said != f"column:{name}" else _spelt(name)

    def code(self, value: str) -> str:
        """A code as people say it (a stage, a status, a kind of event)."""
        said = self._texts.gettext(f"code:{value}")
        return said if said != f"code:{value}" else value.replace("_", " ")

    def cell(self, field: Field | None, value: object, currency: str | None = None, digits: int = 0) -> str:
        """A cell as people read it; a number has `digits` decimals where its column needs them."""
        if value is None:
            return "–"
        if isinstance(value, bool):
            return self.text("yes") if value else self.text("no")
        if isinstance(value, dt.datetime):
            return self.moment(value)
        if isinstance(value, dt.date):
            return value.isoformat()
        if isinstance(value, float):
            return self._figure(field, value, currency, digits)
        if isinstance(value, int):
            return self.number(value)
        if field is not None and field.among:
            return self.code(str(value))
        return str(value)

    def _figure(self, field: Field | None, value: float, currency: str | None, digits: int) -> str:
        unit = field.unit if field else ""
        if unit == "share":
            return self.percent(value, 1)
        if unit == "currency" and currency:
            return self.money(value, currency)
        return self.number(value, max(usual_decimals(value), digits))

    def sentence(self, desk: Desk[...], row: Mapping[str, object]) -> str:
        """Why this row, in this language: the desk's own sentence, or its translation where the catalogue has one."""
        template = desk.contract.reasons.get(str(row.get("reason")))
        if template is None:
            return str(row.get("reason") or "")
        said = self._texts.gettext(template)
        if said == template:
            return desk.sentence(row)
        told = {name for _, name, _, _ in string.Formatter().parse(said) if name}
        return desk.sentence(row, said) if told <= set(row) else desk.sentence(row)

    def answer(self, desk: Desk[...], code: str, figures: Mapping[str, float]) -> str:
        """A desk's answer over all its rows, in this language."""
        return desk.answer(code, figures, self._texts.gettext(desk.contract.answers[code]))


def usual_decimals(value: float) -> int:
    """Decimals of a number in a cell where its column asks for no more."""
    return 0 if abs(value) >= 10_000 else 2 if abs(value) >= 1 else 4


def _spelt(name: str) -> str:
    bare, unit = next(((name.removesuffix(end), said) for end, said in UNITS.items() if name.endswith(end)), (name, ""))
    words = bare.split("_")
    spelt = [UPPER.get(w, w) for w in words]
    text = " ".join(spelt)
    return text[:1].upper() + text[1:] + unit


@cache
def _money_pattern(language: str, digits: int) -> str:
    standard = str(Locale.parse(language).currency_formats["standard"].pattern)
    return standard.replace("0.00", "0" if digits == 0 else "0.00")


@cache
def _catalogue(language: str) -> NullTranslations:
    path = CATALOGUES / f"{language}.po"
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(fp=compiled)


@cache
def speak(language: str) -> Words:
    """The words of a language; English for one that has no catalogue."""
    return Words(language if language in LANGUAGES else "en")
