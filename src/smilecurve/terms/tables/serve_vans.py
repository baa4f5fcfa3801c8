"""What do technicians carry?"""

from __future__ import annotations

from smilecurve.terms.table import Spec, code, whole

VAN_STOCKS = Spec(
    "van_stocks",
    "Spares in the vans of technicians",
    "serve",
    "given",
    (code("technician", "technician"), code("part", "part"), whole("on_hand", "pieces in the van")),
    ("technician", "part"),
)
