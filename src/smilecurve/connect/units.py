"""How many of the table's units is one of the file's?

Factors to the SI unit of their dimension; exact by definition where one exists (international pound and inch: 1959
agreement; US gallon: 231 cubic inches). A month is a twelfth of 365.25 days.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["factor", "split_unit", "unit_of"]

_MASS = {"kg": 1.0, "g": 0.001, "t": 1000.0, "lb": 0.45359237, "oz": 0.028349523125}
_LENGTH = {"m": 1.0, "mm": 0.001, "cm": 0.01, "km": 1000.0, "in": 0.0254, "ft": 0.3048, "mi": 1609.344}
_TIME = {
    "s": 1.0,
    "ms": 0.001,
    "min": 60.0,
    "h": 3600.0,
    "days": 86400.0,
    "weeks": 604800.0,
    "months": 2629800.0,
    "years": 31557600.0,
}
_VOLUME = {"m3": 1.0, "l": 0.001, "ml": 1e-6, "gal": 0.003785411784, "qt": 0.000946352946, "ft3": 0.028316846592}
_POWER = {"W": 1.0, "kW": 1000.0, "hp": 745.6998715822702}
_SPEED = {"km/h": 1.0, "mph": 1.609344, "m/s": 3.6}
_SHARE = {"share": 1.0, "%": 0.01}
_COUNT = {"pieces": 1.0, "machines": 1.0, "components": 1.0, "dozen": 12.0}
_DIMENSIONS: tuple[Mapping[str, float], ...] = (_MASS, _LENGTH, _TIME, _VOLUME, _POWER, _SPEED, _SHARE, _COUNT)

_NAMES: Mapping[str, str] = {
    "kgs": "kg",
    "kilogram": "kg",
    "kilograms": "kg",
    "kilogramm": "kg",
    "公斤": "kg",
    "千克": "kg",
    "gram": "g",
    "grams": "g",
    "gramm": "g",
    "克": "g",
    "ton": "t",
    "tons": "t",
    "tonne": "t",
    "tonnes": "t",
    "tonnen": "t",
    "吨": "t",
    "lbs": "lb",
    "pound": "lb",
    "pounds": "lb",
    "ounce": "oz",
    "ounces": "oz",
    "meter": "m",
    "metre": "m",
    "meters": "m",
    "metres": "m",
    "米": "m",
    "毫米": "mm",
    "厘米": "cm",
    "公里": "km",
    "kilometer": "km",
    "kilometre": "km",
    "inch": "in",
    "inches": "in",
    "zoll": "in",
    '"': "in",
    "feet": "ft",
    "foot": "ft",
    "mile": "mi",
    "miles": "mi",
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "sek": "s",
    "秒": "s",
    "mins": "min",
    "minute": "min",
    "minutes": "min",
    "minuten": "min",
    "分钟": "min",
    "hr": "h",
    "hrs": "h",
    "hour": "h",
    "hours": "h",
    "std": "h",
    "stunden": "h",
    "小时": "h",
    "d": "days",
    "day": "days",
    "tage": "days",
    "天": "days",
    "week": "weeks",
    "wk": "weeks",
    "wochen": "weeks",
    "周": "weeks",
    "month": "months",
    "monate": "months",
    "月": "months",
    "year": "years",
    "yr": "years",
    "jahre": "years",
    "年": "years",
    "m³": "m3",
    "cbm": "m3",
    "liter": "l",
    "litre": "l",
    "liters": "l",
    "litres": "l",
    "升": "l",
    "gallon": "gal",
    "gallons": "gal",
    "quart": "qt",
    "quarts": "qt",
    "w": "W",
    "kw": "kW",
    "ps": "hp",
    "kmh": "km/h",
    "kph": "km/h",
    "percent": "%",
    "prozent": "%",
    "pcs": "pieces",
    "pc": "pieces",
    "piece": "pieces",
    "stk": "pieces",
    "stück": "pieces",
    "stuck": "pieces",
    "ea": "pieces",
    "each": "pieces",
    "个": "pieces",
    "件": "pieces",
    "台": "machines",
}
_BRACKETS = re.compile(r"^(.*?)\s*[(\[（【]\s*([^()\[\]（）【】]{1,12})\s*[)\]）】]\s*$")


def unit_of(name: str) -> str:
    """The unit that a word means; "" if none.

    >>> unit_of("Lbs"), unit_of("公斤"), unit_of("colour")
    ('lb', 'kg', '')
    """
    word = name.strip().rstrip(".")
    for units in _DIMENSIONS:
        if word in units:
            return word
    low = word.lower()
    known = _NAMES.get(low, low)
    return known if any(known in units for units in _DIMENSIONS) else ""


def factor(unit: str, wanted: str) -> float | None:
    """What a value in `unit` is multiplied by to be in `wanted`; None where they measure different things.

    >>> factor("lb", "kg"), factor("h", "s"), factor("kg", "m")
    (0.45359237, 3600.0, None)
    """
    a, b = unit_of(unit), unit_of(wanted)
    for units in _DIMENSIONS:
        if a in units and b in units:
            return 1.0 if a == b else units[a] / units[b]
    return None


def split_unit(header: str) -> tuple[str, str]:
    """A header without its unit, and the unit it names.

    >>> split_unit("Weight (lb)"), split_unit("time_min"), split_unit("part_no")
    (('Weight', 'lb'), ('time', 'min'), ('part_no', ''))
    """
    found = _BRACKETS.match(header)
    if found and unit_of(found[2]):
        return found[1], unit_of(found[2])
    head, _, tail = header.rpartition("_")
    if head and tail in ("s", "min", "h", "days", "months", "kg", "g", "t", "lb", "m", "mm", "cm", "km", "m3", "kw"):
        return head, unit_of(tail)
    return header, ""
