"""What do technicians carry, and what should they?"""

from __future__ import annotations

from smilecurve.terms.table import Spec, code, currency, market, money, number, share, whole
from smilecurve.terms.tables.serve import BY_PARTNER

VAN_STOCKS = Spec(
    "van_stocks",
    "Spares in the vans of technicians",
    "serve",
    "given",
    (code("technician", "technician"), code("part", "part"), whole("on_hand", "pieces in the van")),
    ("technician", "part"),
)
VAN_KITS = Spec(
    "van_kits",
    "Which spares each technician should carry",
    "serve",
    "decided",
    (
        code("technician", "technician"),
        code("partner", "service partner"),
        market(),
        code("part", "part"),
        number("jobs_year", "visits a year of this technician that need the part", "jobs", least=0),
        number("jobs_before", "as many as past use alone shows", "jobs", least=0),
        whole("target", "pieces to carry"),
        whole("on_hand", "pieces in the van"),
        whole("load", "pieces to load"),
        whole("unload", "pieces to give back"),
        share("met_before", "share of these visits met by what is in the van"),
        share("met", "share of these visits met by the target"),
        money("saved_year", "what the target saves a year over its keeping"),
        number("mass_kg", "mass of a piece", "kg", least=0, optional=True),
        money("cost", "value of the target", least=0),
        currency(),
        code("depot", "depot that fills the van"),
        whole("depot_on_hand", "pieces on hand there"),
        code("reason", "why so many"),
    ),
    ("technician", "part"),
    BY_PARTNER,
)
