"""Which tables do the stages share?

Every shared table stands once in a module of its stage; `TABLES` finds them all by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from smilecurve.terms.errors import Breach, NotFound
from smilecurve.terms.event import EVENTS
from smilecurve.terms.table import Spec

__all__ = ["STAGES", "TABLES", "table"]

STAGES = ("line", "supply", "market", "ship", "serve", "renew", "learn")
MODULES = (
    "line",
    "line_floor",
    "line_quality",
    "line_shops",
    *STAGES[1:],
    "serve_guides",
    "serve_tools",
    "renew_leases",
    "renew_fair",
    "renew_grades",
    "renew_routes",
    "renew_sales",
    "serve_tickets",
    "serve_stock",
    "serve_claims",
    "serve_network",
    "serve_visits",
    "serve_vans",
    "serve_returns",
    "serve_last_buys",
    "serve_depots",
    "learn_lives",
    "learn_claims",
    "learn_cohorts",
    "learn_voices",
    "thread",
)


def _collect() -> Mapping[str, Spec]:
    found = {EVENTS.name: EVENTS}
    for name in MODULES:
        module = import_module(f"{__name__}.{name}")
        for value in vars(module).values():
            if isinstance(value, Spec):
                found[value.name] = value
    return found


TABLES: Mapping[str, Spec] = _collect()


def table(name: str) -> Spec:
    """The table of this name; NotFound names the nearest ones."""
    if name in TABLES:
        return TABLES[name]
    from difflib import get_close_matches

    near = get_close_matches(name, TABLES, 3) or ["`smile tables` lists them"]
    raise NotFound(Breach(f"there is no table {name}", "table", f"perhaps {', '.join(near)}"))
