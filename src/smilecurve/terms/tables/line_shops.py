"""What do the component shops feeding the line make, on which equipment?"""

from __future__ import annotations

from smilecurve.terms.table import Spec, code, moment, number, text, whole

EQUIPMENT = Spec(
    "equipment",
    "What stands in the component shops",
    "line",
    "given",
    (
        code("equipment", "equipment"),
        code("shop", "shop it stands in"),
        text("name", "name of the equipment"),
        code("set_for", "family it is set up for now; empty: ready for any", optional=True),
    ),
    ("equipment",),
)
EQUIPMENT_BREAKS = Spec(
    "equipment_breaks",
    "When equipment stands: nights, weekends, upkeep",
    "line",
    "given",
    (
        code("equipment", "equipment"),
        moment("begin", "when it stops"),
        moment("end", "when it goes on"),
        number("every_h", "comes again after so many hours; empty: once", "h", least=0.01, optional=True),
    ),
    ("equipment", "begin"),
    spans=(("begin", "end"),),
)
EQUIPMENT_SETUPS = Spec(
    "equipment_setups",
    "Time to change equipment from one family of parts to another; * stands for any other family",
    "line",
    "given",
    (
        code("equipment", "equipment"),
        code("from_family", "family done before, or *"),
        code("to_family", "family done next, or *"),
        number("time_s", "time of the set-up", "s", least=0),
    ),
    ("equipment", "from_family", "to_family"),
)
SHOP_ORDERS = Spec(
    "shop_orders",
    "Parts that the component shops are to make for the line",
    "line",
    "given",
    (
        code("shop_order", "shop order"),
        code("part", "part to make"),
        whole("quantity", "pieces", "pieces", least=1),
        code("family", "parts of one family need no set-up between them; empty: the part itself", optional=True),
        moment("release", "not to be begun before; empty: when its material is there", optional=True),
        moment("due", "when the line wants it", optional=True),
        moment("deadline", "later is impossible", optional=True),
        whole("weight", "how much its lateness counts, 1 when empty", least=1, most=1000, optional=True),
    ),
    ("shop_order",),
)
SHOP_OPERATIONS = Spec(
    "shop_operations",
    "Work on a shop order in its order, a row for each equipment that can do it",
    "line",
    "given",
    (
        code("shop_order", "shop order"),
        whole("position", "place in the order of work, from 1", least=1),
        text("name", "what is done", optional=True),
        code("equipment", "equipment that can do it"),
        number("time_s", "time for one piece there", "s", least=0.001, most=1e9),
    ),
    ("shop_order", "position", "equipment"),
)
SHOP_SCHEDULE = Spec(
    "shop_schedule",
    "Which equipment does which operation when",
    "line",
    "decided",
    (
        code("shop_order", "shop order"),
        whole("position", "place in the order of work", least=1),
        code("part", "part to make"),
        whole("quantity", "pieces", "pieces", least=1),
        code("shop", "shop of the equipment"),
        code("equipment", "equipment that does it"),
        whole("turn", "place in the order of this equipment, from 1", least=1),
        number("setup_s", "set-up right before it", "s", least=0),
        moment("start", "when the work starts, the set-up behind it"),
        moment("end", "when it is done"),
        moment("due", "when the line wants the order", optional=True),
        number("wait_h", "hours its work waits for the equipment", "h", least=0),
        number("late_h", "hours the order is done after it is wanted", "h", least=0),
        code("reason", "why then and there"),
    ),
    ("shop_order", "position"),
)
