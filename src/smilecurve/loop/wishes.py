"""In which words may a person ask what would change?

Examples by stage and language; a wish said in Chinese is put into the English that `loop.whatif` understands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["EXAMPLES", "examples_for", "in_english"]

EXAMPLES: tuple[str, ...] = (
    "supplier S06 stops for 3 weeks",
    "lane CSX-AE-SEA closes for 14 days",
    "lot 7C41 is held",
    "generators below 2 kW lose 30 %",
    "demand in ID grows 40 %",
    "takt becomes 330 s",
    "station 8 has 4 buffer places",
    "task T036 takes 95 s",
    "USD falls 5 %",
    "set parts.lead_days = 60 where supplier = S06",
    "set lines.frozen_slots = 40",
    "set stations.mttr_s = 600 where station = 8",
)
CHINESE: tuple[str, ...] = (
    "供应商 S06 停供 3 周",
    "航线 CSX-AE-SEA 关闭 14 天",
    "扣留批次 7C41",
    "2 kW 以下的 generators 下降 30 %",
    "ID 需求增长 40 %",
    "节拍改为 330 秒",
    "工位 8 有 4 个缓冲位",
    "任务 T036 需 95 秒",
    "USD 贬值 5 %",
    "设 parts.lead_days = 60，其中 supplier = S06",
    "设 lines.frozen_slots = 40",
    "设 stations.mttr_s = 600，其中 station = 8",
)
"""The same wishes, in the same order."""

FIRST: Mapping[str, tuple[int, ...]] = {
    "line.balance": (5, 7),
    "line.sequence": (2, 5, 10),
    "line.simulate": (6, 11, 5, 7),
    "line.shops": (0,),
    "line.control": (2,),
    "line.sample": (2, 0),
    "market": (4, 3, 8),
    "ship": (1,),
    "learn": (2,),
}
"""Which wishes tell most at a desk, or at the desks of a stage."""

UNITS = {"天": "days", "周": "weeks", "月": "months"}
RISES = ("增长", "增加", "上升", "上涨", "升值")
SPAN = r"(?P<n>[0-9]+)\s*个?(?P<unit>天|周|月)"
SHIFT = r"(?P<way>增长|增加|上升|上涨|升值|下降|减少|下跌|贬值|损失)\s*(?P<n>[0-9]+(?:\.[0-9]+)?)\s*%"
NUMBER = r"[0-9]+(?:\.[0-9]+)?"
WISHES: tuple[tuple[str, str], ...] = (
    (rf"供应商\s*(?P<code>\S+?)\s*(?:停供|停产|关闭|停)\s*{SPAN}", "supplier {code} stops for {n} {unit}"),
    (rf"航线\s*(?P<code>\S+?)\s*(?:关闭|停航|停)\s*{SPAN}", "lane {code} closes for {n} {unit}"),
    (r"扣留批次\s*(?P<code>\S+)", "lot {code} is held"),
    (r"批次\s*(?P<code>\S+?)\s*被?扣留", "lot {code} is held"),
    (rf"(?P<code>[A-Za-z]{{2}})\s*(?:市场)?的?需求\s*{SHIFT}", "demand in {code} {way} {n} %"),
    (rf"节拍改?(?:为|是|=)\s*(?P<n>{NUMBER})\s*(?:秒|s)?", "takt becomes {n} s"),
    (r"工位\s*(?P<code>[0-9]+)\s*(?:有|设)\s*(?P<n>[0-9]+)\s*个?缓冲位", "station {code} has {n} buffer places"),
    (rf"任务\s*(?P<code>\S+?)\s*(?:需要?|用时?)\s*(?P<n>{NUMBER})\s*(?:秒|s)", "task {code} takes {n} s"),
    (rf"(?P<code>[A-Z]{{3}})\s*{SHIFT}", "{code} {way} {n} %"),
    (
        rf"(?P<limit>{NUMBER})\s*(?P<size>kW|W|t)\s*以(?P<side>上|下)的?\s*(?P<code>[\w-]+?)\s*(?:需求)?\s*{SHIFT}",
        "{code} {side} {limit} {size} {gain} {n} %",
    ),
    (rf"(?P<code>[A-Za-z][\w-]*)\s*(?:需求)?\s*{SHIFT}", "{code} {gain} {n} %"),
    (
        r"设\s*(?P<code>\w+\.\w+)\s*=\s*(?P<value>[^,]+?)\s*,?\s*其中\s*(?P<where>\w+\s*=\s*.+)",
        "set {code} = {value} where {where}",
    ),
    (r"设\s*(?P<code>\w+\.\w+)\s*=\s*(?P<value>.+)", "set {code} = {value}"),
)


def examples_for(desk: str, language: str) -> tuple[str, ...]:
    """Wishes to offer at a desk, those that tell most there first."""
    known = CHINESE if language == "zh" else EXAMPLES
    first = FIRST.get(desk, FIRST.get(desk.partition(".")[0], ()))
    return tuple(known[at] for at in (*first, *(n for n in range(len(known)) if n not in first)))


def in_english(wish: str) -> str:
    """A wish said in Chinese as its English; any other as it is.

    >>> in_english("供应商 S06 停供 3 周")
    'supplier S06 stops for 3 weeks'
    """
    plain = wish.translate(str.maketrans("％，＝", "%,="))
    for pattern, english in WISHES:
        found = re.fullmatch(pattern, plain, re.IGNORECASE)
        if found:
            told = found.groupdict()
            told["unit"] = UNITS.get(told.get("unit") or "", "")
            rises = told.get("way") in RISES
            told |= {"way": "grows" if rises else "falls", "gain": "gain" if rises else "lose"}
            told["side"] = {"上": "above", "下": "below"}.get(told.get("side") or "", "")
            return english.format(**told)
    return wish
