"""What is measured, sampled and held on the line, and what follows?"""

from __future__ import annotations

from smilecurve.terms.table import Spec, code, date, flag, moment, number, share, text, whole

SCHEMES = ("z14", "iso_2859_1", "mil_105e", "zero")
INSPECTION_LEVELS = ("S-1", "S-2", "S-3", "S-4", "I", "II", "III")
STANDINGS = ("normal", "tightened", "reduced", "discontinued")

CHARACTERISTICS = Spec(
    "characteristics",
    "Measured characteristics and their specification",
    "line",
    "given",
    (
        code("characteristic", "characteristic"),
        text("name", "what is measured"),
        code("part", "part or model it belongs to"),
        code("unit", "unit of the value"),
        number("lower_spec", "lower specification limit", optional=True),
        number("upper_spec", "upper specification limit", optional=True),
        whole("subgroup", "pieces in a subgroup", least=1, most=25),
        code(
            "chart",
            "how it is charted; empty: xbar_r, or i_mr for single pieces",
            "xbar_r",
            "xbar_s",
            "i_mr",
            "p",
            "np",
            "c",
            "u",
            "p_laney",
            "u_laney",
            "ewma",
            "cusum",
            optional=True,
        ),
        code("rules", "set of rules; empty: western_electric", "limits", "western_electric", "nelson", optional=True),
        whole("base_subgroups", "subgroups that set the limits; 0: all, empty: the desk's option", optional=True),
        number("target", "the best value; empty: the middle of the specification", optional=True),
        code("joint", "characteristics with the same code are also watched together (T2)", optional=True),
    ),
    ("characteristic",),
)
CONTROL_PHASES = Spec(
    "control_phases",
    "When a process was changed on purpose, so that its limits start anew",
    "line",
    "given",
    (
        code("characteristic", "characteristic"),
        whole("first_subgroup", "first subgroup of the phase"),
        whole("base_subgroups", "subgroups that set its limits; 0: all, empty: the desk's option", optional=True),
        text("change", "what was changed", optional=True),
    ),
    ("characteristic", "first_subgroup"),
)
MEASUREMENTS = Spec(
    "measurements",
    "Measured values in the order they were taken",
    "line",
    "seen",
    (
        code("characteristic", "characteristic"),
        whole("subgroup", "number of the subgroup, rising with time"),
        whole("piece", "piece within the subgroup"),
        number("value", "measured value, or how many were counted"),
        moment("event_time", "when it was measured"),
        code("lot", "lot of the measured part", optional=True),
        number("sampled", "pieces or units looked at for a count", optional=True),
    ),
    ("characteristic", "subgroup", "piece"),
)
INSPECTION_PLANS = Spec(
    "inspection_plans",
    "How lots of a part from a supplier are inspected",
    "line",
    "given",
    (
        code("part", "part"),
        code("supplier", "who made the lots, or * for any other"),
        code("scheme", "standard whose rules switch; zero: none may be defective", *SCHEMES),
        number("aql", "acceptance quality level, defectives or defects a hundred pieces", "%", optional=True),
        code("level", "inspection level; empty: II", *INSPECTION_LEVELS, optional=True),
        code("kind", "samples to take; empty: single", "single", "double", "multiple", optional=True),
        share("limiting", "share of defectives that scheme zero lets through one time in ten", optional=True),
        whole("next_lot_size", "usual size of the next lot; empty: as the last one", least=1, optional=True),
        date("since", "lots before this day no longer count for switching", optional=True),
    ),
    ("part", "supplier"),
)
LOT_SAMPLES = Spec(
    "lot_samples",
    "What was found in samples of lots",
    "line",
    "seen",
    (
        code("part", "part"),
        code("supplier", "who made it"),
        code("lot", "lot"),
        whole("sample", "number of the sample, from 1"),
        number("lot_size", "pieces in the lot", "pieces"),
        number("sampled", "pieces looked at", "pieces"),
        number("defectives", "defectives or defects found"),
        moment("inspected", "when"),
    ),
    ("part", "supplier", "lot", "sample"),
)
LOT_HOLDS = Spec(
    "lot_holds",
    "Lots that wait for an answer: signalled, rejected or set aside, and not released since",
    "line",
    "seen",
    (
        code("part", "part"),
        code("lot", "lot"),
        moment("since", "since when"),
        code("source", "who holds it", "line.control", "line.sample", "person"),
        code("ref", "characteristic, supplier or document", optional=True),
        whole("signals", "signals, rejections and words against it", least=1),
        flag("set_aside", "set aside by a person's word", optional=True),
    ),
    ("part", "lot"),
    {},
    ("control_signals", "lot_verdicts"),
)
CONTROL_SIGNALS = Spec(
    "control_signals",
    "State of each control chart, and where it went out",
    "line",
    "decided",
    (
        code("characteristic", "characteristic"),
        whole("subgroup", "subgroup"),
        number("mean", "what is plotted: mean, share, count, rate, smoothed mean, sum or joint distance"),
        number("spread", "range or standard deviation of the subgroup", least=0, optional=True),
        number("centre", "centre line"),
        number("lower", "lower control limit"),
        number("upper", "upper control limit"),
        number("spread_upper", "upper control limit of the spread", optional=True),
        flag("signal", "out of control"),
        whole("rule", "rule of the set that fired, 9 = the spread, 0 = none"),
        code("lot", "lot to hold", optional=True),
        number("capability", "Cpk of the characteristic; empty where it is not stated", optional=True),
        code("reason", "what the chart says"),
        code("part", "part or model it belongs to", optional=True),
        moment("measured", "when the last piece was measured", optional=True),
        code("chart", "kind of chart", optional=True),
        code("rules", "set of rules", optional=True),
        whole("phase", "number of the phase, from 1", least=1, optional=True),
        flag("monitored", "after the base period: limits are frozen", optional=True),
        number("sampled", "pieces or units looked at for a count", optional=True),
        number("capability_low", "lower end of its 95 % interval", optional=True),
        number("capability_high", "upper end of its 95 % interval", optional=True),
        *(
            number(f"{name}{end}", f"{said}{told}", optional=True)
            for name, said in (
                ("cp", "Cp: specification over the spread within subgroups"),
                ("pp", "Pp: specification over the spread of all pieces"),
                ("ppk", "Ppk: as Pp, to the nearer limit"),
                ("cpm", "Cpm: specification over the distance from the target"),
            )
            for end, told in (("", ""), ("_low", ", lower end"), ("_high", ", upper end"))
        ),
        whole("pieces", "pieces the capability rests on", optional=True),
        code(
            "capability_note",
            "why the capability is stated or not",
            "stated",
            "no_specification",
            "too_few",
            "out_of_control",
            "no_spread",
            "counted",
            optional=True,
        ),
    ),
    ("characteristic", "subgroup"),
)
LOT_VERDICTS = Spec(
    "lot_verdicts",
    "Which inspected lots are accepted, and how strictly the next is looked at",
    "line",
    "decided",
    (
        code("part", "part"),
        code("supplier", "who made it"),
        code("lot", "lot"),
        moment("inspected", "when the last sample was taken"),
        code("verdict", "what follows", "accepted", "rejected", "waits"),
        whole("lot_size", "pieces in the lot", least=1),
        code("standing", "how strictly it was looked at", *STANDINGS),
        code("letter", "code letter of the sample", optional=True),
        whole("samples", "samples taken", least=1),
        whole("sampled", "pieces looked at"),
        whole("asked", "pieces the plan asks for so far"),
        whole("defectives", "defectives or defects found"),
        whole("accept", "accepted up to this count; empty: not in this sample", optional=True),
        whole("reject", "rejected from this count on", optional=True),
        whole("score", "switching score after it"),
        code("next_standing", "how strictly the next lot is looked at", *STANDINGS),
        whole("next_size", "pieces of the next lot's first sample", optional=True),
        whole("next_accept", "accepted up to this count", optional=True),
        whole("next_reject", "rejected from this count on", optional=True),
        share("accept_chance", "chance that a lot at the quality level is accepted", optional=True),
        share("limiting", "share of defectives accepted one time in ten", optional=True),
        share("outgoing", "highest average share of defectives that leaves, rejected lots put right", optional=True),
        code("reason", "why"),
    ),
    ("part", "supplier", "lot"),
)

# component shops that feed the line
