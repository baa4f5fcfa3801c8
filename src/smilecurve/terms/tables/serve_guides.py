"""How is a fault put right step by step, in whose language, and what do owners speak?"""

from __future__ import annotations

from smilecurve.terms.table import OPEN, Spec, code, market, text, whole

GUIDE_STEPS = Spec(
    "guide_steps",
    "Steps that put a cause right, in order, each with its picture and film",
    "serve",
    "given",
    (
        code("family", "family of machines, or one model"),
        code("cause", "what is put right"),
        whole("step", "place in the order", least=1),
        code("picture", "drawing of the step", optional=True),
        code("video", "film of the step", optional=True),
        whole("minutes", "minutes of work", "min", optional=True),
    ),
    ("family", "cause", "step"),
    OPEN,
)
GUIDE_TEXTS = Spec(
    "guide_texts",
    "What symptoms, causes, questions, steps and parts are called in each language",
    "serve",
    "given",
    (
        code("family", "family of machines, or one model; * for every one"),
        code("kind", "what is named", "symptom", "cause", "question", "step", "part"),
        code("code", "its code; of a step, the cause it puts right"),
        whole("step", "which step; 0 for what is no step"),
        code("language", "language as people say, ISO 639-1"),
        text("words", "the words"),
    ),
    ("family", "kind", "code", "step", "language"),
    OPEN,
)
MARKET_LANGUAGES = Spec(
    "market_languages",
    "Which language owners speak in a market",
    "serve",
    "given",
    (market(), code("language", "language as people say, ISO 639-1")),
    ("market",),
    OPEN,
)
