"""Which desks are there?

Desks are found by walking `smilecurve.desks`: a new module with a `@desk` in it stands on the command line, over HTTP
and on a page without being named anywhere else.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import TypeAlias

import smilecurve.desks
from smilecurve.terms.desk import Desk
from smilecurve.terms.errors import Breach, NotFound
from smilecurve.terms.table import Spec
from smilecurve.terms.tables import STAGES

__all__ = ["AnyDesk", "author", "desk", "desks"]

AnyDesk: TypeAlias = Desk[...]


@cache
def desks() -> Mapping[str, AnyDesk]:
    """Every desk by its name, in the order of the stages."""
    found: dict[str, AnyDesk] = {}
    for module in pkgutil.walk_packages(smilecurve.desks.__path__, smilecurve.desks.__name__ + "."):
        if module.ispkg:
            continue
        for value in vars(import_module(module.name)).values():
            if isinstance(value, Desk) and value.__module__ == module.name:
                found[value.contract.name] = value
    return dict(sorted(found.items(), key=lambda item: (STAGES.index(item[1].contract.stage), item[0])))


def desk(name: str) -> AnyDesk:
    """The desk of this name; NotFound names the nearest ones."""
    known = desks()
    if name in known:
        return known[name]
    from difflib import get_close_matches

    near = get_close_matches(name, known, 3) or list(known)[:3]
    raise NotFound(Breach(f"there is no desk {name}", "desk", f"perhaps {', '.join(near)}; `smile desks` lists them"))


def author(spec: Spec) -> AnyDesk | None:
    """The desk that decides this table, or None."""
    return next((d for d in desks().values() if d.contract.decides.name == spec.name), None)
