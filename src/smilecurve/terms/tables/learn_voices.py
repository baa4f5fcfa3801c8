"""What do customers say?"""

from __future__ import annotations

from smilecurve.terms.table import Spec, code, date, flag, market, number, share, text, whole

CUSTOMER_TEXTS = Spec(
    "customer_texts",
    "Complaints and reviews in the customers' own words, some of them filed by people",
    "learn",
    "given",
    (
        code("said", "number of the text"),
        date("said_on", "day it was said"),
        text("words", "what was said", optional=True),
        code("channel", "where it was said: complaint, review, call ...", optional=True),
        market(optional=True),
        code("model", "model it is about", optional=True),
        code("machine", "serial it is about", optional=True),
        code("language", "language as people say, ISO 639-1; found where empty", optional=True),
        code("system", "system of the machine, where a person filed it", optional=True),
        code("fault", "fault, where a person filed it", optional=True),
    ),
    ("said",),
)
COMPLAINT_COUNTS = Spec(
    "complaint_counts",
    "New complaints a week by system and fault, family and market, and the machines in service that week",
    "learn",
    "seen",
    (
        code("part", "system and fault, in the place of a part"),
        code("system", "system of the machine", optional=True),
        code("fault", "fault; other where none is told", optional=True),
        code("family", "family of machines"),
        code("climate", "climate of the market", "hot", "temperate", "cold"),
        market(optional=True),
        date("week", "Monday of the week"),
        whole("failures", "new texts of the week, repeats not counted"),
        number("exposure", "machines of the family in service there that week", "machines", least=0),
    ),
    ("part", "family", "market", "week"),
    draws=("voiced_texts",),
)
VOICED_TEXTS = Spec(
    "voiced_texts",
    "What each text is about, how sure that is, and which ones a person must read",
    "learn",
    "decided",
    (
        code("said", "number of the text"),
        date("said_on", "day it was said"),
        code("channel", "where it was said", optional=True),
        market(optional=True),
        code("model", "model it is about", optional=True),
        code("language", "language, ISO 639-1, or other"),
        code("system", "system of the machine", optional=True),
        code("fault", "fault; empty where not sure enough", optional=True),
        share("confidence", "how sure the system is", optional=True),
        share("fault_confidence", "how sure the fault is, given the system", optional=True),
        share("sure", "how sure it must be to stand without a person"),
        code("repeats", "first text that said the same", optional=True),
        share("likeness", "how alike it is to that text", optional=True),
        code("nearest", "filed text nearest in words", optional=True),
        code("nearest_system", "where that was filed", optional=True),
        share("nearest_likeness", "how alike it is", optional=True),
        code("next_nearest", "filed text next nearest in words", optional=True),
        code("next_system", "where that was filed", optional=True),
        whole("examples", "texts in this language that people filed"),
        whole("least_examples", "texts in a language that must be filed"),
        flag("counts", "counts as a new complaint of its system and fault"),
        code("reason", "why so"),
    ),
    ("said",),
)
