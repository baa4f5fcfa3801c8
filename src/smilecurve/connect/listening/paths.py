"""Where in a JSON message does a value stand?

`$.result.torque`, `$.steps[0].angle`, `$['odd name']`: names and places of RFC 9535; `each` of a plan may end in `[*]`.
`topic` is the whole topic, `topic/2` its second level, `received` the moment it was heard.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

__all__ = ["Path", "path_of", "picked", "shown", "topic_level"]

Path = tuple[str | int, ...]
_STEP = re.compile(
    r"""\.(?P<name>[^.\[\]'"\s]+)|\[(?P<place>-?\d+)\]|\['(?P<single>[^']+)'\]|\["(?P<double>[^"]+)"\]"""
)


def path_of(text: str) -> Path | None:
    """The steps of a path; None if it is none.

    >>> path_of("$.steps[0]['angle (deg)']")
    ('steps', 0, 'angle (deg)')
    >>> path_of("$..x") is None
    True
    """
    if not text.startswith("$"):
        return None
    steps: list[str | int] = []
    at = 1
    while at < len(text):
        found = _STEP.match(text, at)
        if not found:
            return None
        place = found["place"]
        steps.append(int(place) if place is not None else str(found["name"] or found["single"] or found["double"]))
        at = found.end()
    return tuple(steps)


def picked(message: object, path: Path) -> object:
    """What stands at the path; None where there is nothing.

    >>> picked({"a": [{"b": 7}]}, ("a", 0, "b"))
    7
    """
    for step in path:
        if isinstance(step, int) and isinstance(message, list) and -len(message) <= step < len(message):
            message = message[step]
        elif isinstance(step, str) and isinstance(message, Mapping):
            message = message.get(step)
        else:
            return None
    return message


def shown(value: object) -> str | None:
    """A value of a message as the text of a cell."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else json.dumps(value, ensure_ascii=False)


def topic_level(topic: str, source: str) -> str | None:
    """The level of a topic that `topic/2` names, from 1.

    >>> topic_level("plant/line-1/torque", "topic/2")
    'line-1'
    """
    if source == "topic":
        return topic
    levels, place = topic.split("/"), int(source.partition("/")[2])
    return levels[place - 1] if 1 <= place <= len(levels) else None
