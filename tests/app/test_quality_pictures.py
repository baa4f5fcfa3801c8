"""The pictures of line.control and line.sample say what their rows say: rules, phases, limits, capability, chances."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from smilecurve.app.pages.pictures.choosing import picture
from smilecurve.app.pages.words import speak
from smilecurve.desks.line.control import control_line
from smilecurve.desks.line.sample import sample_lots
from smilecurve.terms.tables.line_quality import (
    CHARACTERISTICS,
    CONTROL_PHASES,
    CONTROL_SIGNALS,
    INSPECTION_PLANS,
    LOT_SAMPLES,
    LOT_VERDICTS,
    MEASUREMENTS,
)

START = datetime(2026, 3, 2, tzinfo=UTC)
GROUPS = [[9.0, 11.0], [11.0, 13.0], [10.0, 12.0], [9.0, 12.0]] * 4
NAME = "bore <b>&"


def looks(**kept: pa.Table):
    def look(name: str, **_: object) -> list[dict[str, object]]:
        return kept[name].to_pylist() if name in kept else []

    return look


def drawn(groups: list[list[float]], phases: list[dict[str, object]] | None = None, language: str = "en") -> str:
    kept = CHARACTERISTICS.rows(
        [
            {
                "characteristic": NAME,
                "name": NAME,
                "part": "P",
                "unit": "mm",
                "subgroup": 2,
                "lower_spec": 2.0,
                "upper_spec": 20.0,
            }
        ]
    )
    rows = [
        {
            "characteristic": NAME,
            "subgroup": g + 1,
            "piece": p,
            "value": v,
            "event_time": START + timedelta(hours=g),
            "lot": f"L{g}",
        }
        for g, group in enumerate(groups)
        for p, v in enumerate(group)
    ]
    measured = MEASUREMENTS.rows(rows)
    decided = control_line(kept, measured, CONTROL_PHASES.rows(phases or []), base_subgroups=16).rows
    found = picture(CONTROL_SIGNALS, decided, speak(language), looks(characteristics=kept, measurements=measured))
    return str(found)


def test_a_signal_is_marked_with_its_rule() -> None:
    """The 17th subgroup lies beyond the limit (rule 1): one red point with a 1, and the legend counts it."""
    shown = drawn([*GROUPS, [30.0, 32.0]])
    assert shown.count('class="bar bad"') >= 1
    assert re.findall(r'class="marked">(\d+)<', shown) == ["1"]
    assert "1 beyond limit: 1" in shown
    assert "No capability: out of control" in shown
    assert "subgroup 17: 31" in shown


def test_names_are_escaped_and_no_style_stands_inline() -> None:
    shown = drawn(GROUPS)
    assert "<b>" not in shown
    assert "bore &lt;b&gt;&amp;" in shown
    assert "style=" not in shown
    assert shown.count("<svg") == 3, "chart, spread, capability"
    assert re.search(r"Cpk [\d.]+ \([\d.]+ – [\d.]+\)", shown)


def test_limits_step_with_the_phase() -> None:
    shown = drawn([*GROUPS, *[[a + 20, b + 20] for a, b in GROUPS]], [{"characteristic": NAME, "first_subgroup": 17}])
    assert "phase 2" in shown
    first = re.search(r"<svg.*?</svg>", shown, re.S)
    assert first is not None
    assert first.group().count('class="limit"') == 4, "two limits in each of two phases"


@pytest.mark.parametrize("language", ["en", "zh", "ar", "es"])
def test_every_language_draws_the_same_points(language: str) -> None:
    assert drawn(GROUPS, language=language).count("<circle") == drawn(GROUPS).count("<circle") == 32


def test_the_curve_of_the_plan_and_the_lots_behind_it() -> None:
    """Letter J at 1 %: 80 pieces, 2 accepted; the quality level is marked, a rejected lot is red."""
    plans = INSPECTION_PLANS.rows([{"part": "pump", "supplier": "*", "scheme": "z14", "aql": 1.0}])
    samples = [
        {"part": "pump", "supplier": "S1", "lot": f"L{n}", "sample": 1, "lot_size": 1000.0, "sampled": 80.0, "defectives": d, "inspected": START + timedelta(days=n)}
        for n, d in enumerate([0.0, 3.0, 0.0, 4.0, 0.0])
    ]  # fmt: skip
    decided = sample_lots(plans, LOT_SAMPLES.rows(samples)).rows
    shown = str(picture(LOT_VERDICTS, decided, speak("en"), looks(inspection_plans=plans)))
    assert "Operating characteristic of pump from S1, normal: 80 pieces, accept 2" in shown
    assert "quality level 1 %" in shown
    assert shown.count('class="bar bad"') == 2
    assert ">tightened<" in shown or "L4: accepted, tightened" in shown
    assert "0 % defective: 100 % accepted" in shown


def test_a_plan_without_a_table_is_drawn_too() -> None:
    plans = INSPECTION_PLANS.rows([{"part": "chip", "supplier": "*", "scheme": "zero", "limiting": 0.05}])
    samples = LOT_SAMPLES.rows(
        [
            {
                "part": "chip",
                "supplier": "S",
                "lot": "L",
                "sample": 1,
                "lot_size": 400.0,
                "sampled": 44.0,
                "defectives": 1.0,
                "inspected": START,
            }
        ]
    )
    shown = str(picture(LOT_VERDICTS, sample_lots(plans, samples).rows, speak("en"), looks(inspection_plans=plans)))
    assert "accept 0" in shown
    assert "quality level" not in shown
