"""line.control: limits, rules and the lot to hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.line.control import control_line
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.line import CHARACTERISTICS, MEASUREMENTS

START = datetime(2026, 3, 2, tzinfo=UTC)


def characteristic(
    name: str = "bore", pieces: int = 2, low: float | None = None, high: float | None = None
) -> dict[str, object]:
    return {
        "characteristic": name,
        "name": name,
        "part": "P",
        "unit": "mm",
        "lower_spec": low,
        "upper_spec": high,
        "subgroup": pieces,
    }


def measured(groups: list[list[float]], name: str = "bore", lots: list[str] | None = None) -> list[dict[str, object]]:
    return [
        {
            "characteristic": name,
            "subgroup": g,
            "piece": p,
            "value": value,
            "event_time": START + timedelta(hours=g),
            "lot": lots[g] if lots else None,
        }
        for g, group in enumerate(groups)
        for p, value in enumerate(group)
    ]


def control(groups: list[list[float]], lots: list[str] | None = None, *, base: int = 25, **columns: object):
    pieces = len(groups[0])
    return control_line(
        CHARACTERISTICS.rows([characteristic(pieces=pieces, **columns)]),
        MEASUREMENTS.rows(measured(groups, lots=lots)),
        base_subgroups=base,
    )


def test_by_hand() -> None:
    """Subgroups (9, 11) and (11, 13): means 10 and 12, ranges 2 and 2; d2 of two pieces is 2 / sqrt(pi) = 1.128.

    Centre 11, sigma 2 / 1.128 = 1.772, reach 3 * 1.772 / sqrt(2) = 3.760: limits 7.240 and 14.760. The third subgroup
    (16, 18) has mean 17, beyond the upper limit: rule 1, hold its lot L3. With specification 5 .. 17 the centre is 6 from
    both limits: Cpk = 6 / (3 * 1.772) = 1.128.
    """
    found = control([[9, 11], [11, 13], [16, 18]], ["L1", "L2", "L3"], base=2, low=5.0, high=17.0)
    rows = found.rows.to_pylist()
    assert [(row["mean"], row["signal"], row["rule"], row["lot"], row["reason"]) for row in rows] == [
        (10.0, False, 0, None, "in_control"),
        (12.0, False, 0, None, "in_control"),
        (17.0, True, 1, "L3", "beyond_limit"),
    ]
    assert rows[0]["lower"] == pytest.approx(7.240, abs=5e-4)
    assert rows[0]["upper"] == pytest.approx(14.760, abs=5e-4)
    assert rows[0]["capability"] == pytest.approx(1.128, abs=5e-4)
    assert control_line.sentence(rows[2]) == "mean 17 lies outside 7.2401 .. 14.76 (rule 1): hold lot L3"
    assert (found.figures["signals"], found.figures["lots_to_hold"], found.headline) == (1.0, 1.0, 2)


def test_meets_published_results(shared_data: Path) -> None:
    """Piston rings (Montgomery): limits of R's qcc 2.7, whose tables round d2 to 2.326 where 2.325929 is exact."""
    text = (shared_data / "learn/qcc/pistonrings.txt").read_text().splitlines()[1:]
    values = [float(line.split()[0]) for line in text if line.strip()]
    groups = [values[at : at + 5] for at in range(0, len(values), 5)]
    found = control(groups, low=73.95, high=74.05)
    row = found.rows.to_pylist()[0]
    assert row["centre"] == pytest.approx(74.001176, abs=1e-9)
    assert row["lower"] == pytest.approx(73.98804799, abs=1e-6)
    assert row["upper"] == pytest.approx(74.01430401, abs=1e-6)
    assert row["spread_upper"] == pytest.approx(0.04812533, abs=1e-6)
    assert row["capability"] == pytest.approx(1.663219449, rel=1e-4)
    beyond = [r["subgroup"] + 1 for r in found.rows.to_pylist() if r["rule"] == 1]
    assert beyond == [37, 38, 39]


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_holds_its_laws(data: st.DataObject) -> None:
    """A chart does not depend on the others beside it, nor on the unit of the values; limits stand around the centre."""
    size = data.draw(st.integers(1, 4))
    value = st.integers(-50, 50).map(float)
    groups = data.draw(st.lists(st.lists(value, min_size=size, max_size=size), min_size=2, max_size=14))
    width = data.draw(st.sampled_from([size, 5]))
    other = data.draw(st.lists(st.lists(value, min_size=width, max_size=width), min_size=1, max_size=9))
    alone = control(groups, base=0).rows
    both = control_line(
        CHARACTERISTICS.rows([characteristic("zeta", width), characteristic(pieces=size)]),
        MEASUREMENTS.rows(measured(other, "zeta") + measured(groups)),
        base_subgroups=0,
    ).rows
    assert both.slice(0, alone.num_rows).to_pylist() == alone.to_pylist()
    wider = control([[8 * v + 16 for v in group] for group in groups], base=0).rows
    assert wider["rule"].to_pylist() == alone["rule"].to_pylist()
    for row in alone.to_pylist():
        assert row["lower"] <= row["centre"] <= row["upper"]
        assert row["signal"] == (row["rule"] > 0)
        assert (row["rule"] == 1) == (not row["lower"] <= row["mean"] <= row["upper"])


def test_refuses_bad_data() -> None:
    """Unknown characteristics, crossed specifications and overfull subgroups are named together."""
    with pytest.raises(DataRejected) as refused:
        control_line(
            CHARACTERISTICS.rows([characteristic(low=5.0, high=4.0)]),
            MEASUREMENTS.rows(measured([[1, 2, 3]]) + measured([[1]], "depth")),
        )
    assert [breach.what for breach in refused.value.breaches] == [
        "lower_spec 5 of bore is not below upper_spec 4",
        "characteristic depth is measured but not described",
        "subgroup 0 of bore has 3 pieces, not 2",
    ]
    with pytest.raises(OptionRejected, match="base_subgroups is -1"):
        control([[1, 2]], base=-1)
    half = control_line(CHARACTERISTICS.rows([characteristic()]), MEASUREMENTS.rows(measured([[1.0]])))
    assert (half.status, half.clash[0].what) == ("none", "no characteristic has a complete subgroup")


def test_single_pieces_by_their_moving_range() -> None:
    """Values 10, 12, 10, 12 then 20: moving ranges 2, sigma 2 / 1.128 = 1.772, limits 11 -+ 5.317: 20 lies outside.

    Its moving range 8 is also beyond D4 * 2 = 3.267 * 2 = 6.53, but rule 1 is named first.
    """
    rows = control([[10], [12], [10], [12], [20]], base=4).rows.to_pylist()
    assert [row["spread"] for row in rows] == [0.0, 2.0, 2.0, 2.0, 8.0]
    assert rows[4]["upper"] == pytest.approx(16.317, abs=5e-4)
    assert rows[4]["spread_upper"] == pytest.approx(6.53, abs=5e-3)
    assert [row["rule"] for row in rows] == [0, 0, 0, 0, 1]
