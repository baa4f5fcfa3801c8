"""line.control: limits, rules and the lot to hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.line.control import control_line
from smilecurve.terms.errors import DataRejected, OptionRejected
from smilecurve.terms.tables.line_quality import CHARACTERISTICS, CONTROL_PHASES, MEASUREMENTS

START = datetime(2026, 3, 2, tzinfo=UTC)


def column(shared_data: Path, name: str, at: int) -> list[float]:
    text = (shared_data / "learn/qcc" / name).read_text().splitlines()[1:]
    return [float(line.split()[at]) for line in text if line.strip()]


def characteristic(
    name: str = "bore", pieces: int = 2, low: float | None = None, high: float | None = None, **columns: object
) -> dict[str, object]:
    return {
        "characteristic": name,
        "name": name,
        "part": "P",
        "unit": "mm",
        "lower_spec": low,
        "upper_spec": high,
        "subgroup": pieces,
        **columns,
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


def counts(values: list[float], sizes: list[float] | None, name: str = "paint") -> list[dict[str, object]]:
    rows = measured([[v] for v in values], name)
    return [{**row, "sampled": sizes[at] if sizes else None} for at, row in enumerate(rows)]


def decide(
    characteristics: list[dict[str, object]],
    measurements: list[dict[str, object]],
    phases: list[dict[str, object]] | None = None,
    **options: int,
):
    return control_line(
        CHARACTERISTICS.rows(characteristics),
        MEASUREMENTS.rows(measurements),
        CONTROL_PHASES.rows(phases or []),
        **options,
    )


def control(groups: list[list[float]], lots: list[str] | None = None, *, base: int = 25, **columns: object):
    kept = characteristic(pieces=len(groups[0]), **columns)  # type: ignore[arg-type]
    return decide([kept], measured(groups, lots=lots), base_subgroups=base)


def test_by_hand() -> None:
    """Subgroups (9, 11) and (11, 13): means 10 and 12, ranges 2 and 2; d2 of two pieces is 2 / sqrt(pi) = 1.128.

    Centre 11, sigma 2 / 1.128 = 1.772, reach 3 * 1.772 / sqrt(2) = 3.760: limits 7.240 and 14.760. The third subgroup
    (16, 18) has mean 17, beyond the upper limit: rule 1, hold its lot L3. Four pieces are too few to state a capability.
    """
    found = control([[9, 11], [11, 13], [16, 18]], ["L1", "L2", "L3"], base=2, low=5.0, high=17.0)
    rows = found.rows.to_pylist()
    assert [(row["mean"], row["signal"], row["rule"], row["lot"], row["reason"]) for row in rows] == [
        (10.0, False, 0, None, "in_control"),
        (12.0, False, 0, None, "in_control"),
        (17.0, True, 1, "L3", "beyond_limit"),
    ]
    assert [row["monitored"] for row in rows] == [False, False, True]
    assert rows[0]["lower"] == pytest.approx(7.240, abs=5e-4)
    assert rows[0]["upper"] == pytest.approx(14.760, abs=5e-4)
    assert (rows[0]["capability"], rows[0]["capability_note"], rows[0]["pieces"]) == (None, "too_few", 4)
    assert control_line.sentence(rows[2]) == "17 lies outside 7.24006 .. 14.7599 (rule 1): hold lot L3"
    assert (found.figures["signals"], found.figures["lots_to_hold"], found.headline) == (1.0, 1.0, 2)
    assert found.urgent
    nameless = control([[9, 11], [11, 13], [16, 18]], base=2).rows.to_pylist()[2]
    assert (nameless["lot"], nameless["reason"]) == (None, "beyond_limit_no_lot")
    assert control_line.sentence(nameless) == "17 lies outside 7.24006 .. 14.7599 (rule 1)"


def test_meets_published_results(shared_data: Path) -> None:
    """Piston rings (Montgomery): limits of R's qcc 2.7, whose tables round d2 to 2.326 where 2.325929 is exact; counts
    need no such constants and meet it to its last digit."""
    values = column(shared_data, "pistonrings.txt", 0)
    groups = [values[at : at + 5] for at in range(0, len(values), 5)]
    found = control(groups, low=73.95, high=74.05)
    row = found.rows.to_pylist()[0]
    assert row["centre"] == pytest.approx(74.001176, abs=1e-9)
    assert row["lower"] == pytest.approx(73.98804799, abs=1e-6)
    assert row["upper"] == pytest.approx(74.01430401, abs=1e-6)
    assert row["spread_upper"] == pytest.approx(0.04812533, abs=1e-6)
    beyond = [r["subgroup"] + 1 for r in found.rows.to_pylist() if r["rule"] == 1]
    assert beyond == [37, 38, 39]
    assert (row["capability"], row["capability_note"]) == (None, "out_of_control")
    stable = control(groups[:25], low=73.95, high=74.05, target=74.0).rows.to_pylist()[0]
    told = {"cp": 1.703280609, "capability": 1.663219449, "capability_low": 1.448128961, "capability_high": 1.878309938}
    told |= {"cp_low": 1.491410890, "cp_high": 1.914826378, "cpm": 1.691111133, "cpm_low": 1.480113322}
    assert {name: stable[name] for name in told} == pytest.approx(told, rel=1e-4)
    spreads = control(groups[:25], chart="xbar_s").rows.to_pylist()[0]
    assert spreads["spread_upper"] == pytest.approx(0.01930241677, abs=1e-9)
    juice = counts(column(shared_data, "orangejuice.txt", 1)[:30], [50.0] * 30)
    rows = decide([characteristic("paint", chart="p")], juice, base_subgroups=0).rows.to_pylist()
    assert [rows[0][c] for c in ("centre", "lower", "upper")] == pytest.approx(
        [0.2313333333, 0.05242754807, 0.4102391186], abs=1e-9
    )
    assert [r["subgroup"] + 1 for r in rows if r["rule"] == 1] == [15, 23]
    late = [r for r in control(groups, chart="cusum").rows.to_pylist() if r["rule"] == 1]
    assert [r["subgroup"] + 1 for r in late] == [37, 38, 39, 40]
    assert [r["mean"] for r in late] == pytest.approx([7.1874, 10.8976, 15.4762, 17.6325], rel=1e-3)
    assert {r["reason"] for r in late} == {"drifted_no_lot"}


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_holds_its_laws(data: st.DataObject) -> None:
    """A chart does not depend on the others beside it, nor on the unit of the values, nor on the order of pieces within
    a subgroup; limits stand around the centre; what comes after the base moves no limit."""
    size = data.draw(st.integers(1, 4))
    value = st.integers(-50, 50).map(float)
    groups = data.draw(st.lists(st.lists(value, min_size=size, max_size=size), min_size=2, max_size=14))
    width = data.draw(st.sampled_from([size, 5]))
    kind = data.draw(st.sampled_from([None, "ewma", "cusum", *(["xbar_s"] if size > 1 else [])]))
    rules = data.draw(st.sampled_from([None, "limits", "nelson"]))
    other = data.draw(st.lists(st.lists(value, min_size=width, max_size=width), min_size=1, max_size=9))
    alone = control(groups, base=0, chart=kind, rules=rules).rows
    both = decide(
        [characteristic("zeta", width), characteristic(pieces=size, chart=kind, rules=rules)],
        measured(other, "zeta") + measured(groups),
        base_subgroups=0,
    ).rows
    assert both.slice(0, alone.num_rows).to_pylist() == alone.to_pylist()
    wider = control([[8 * v + 16 for v in group] for group in groups], base=0, chart=kind, rules=rules).rows
    assert wider["rule"].to_pylist() == alone["rule"].to_pylist()
    turned = control([group[::-1] for group in groups], base=0, chart=kind, rules=rules).rows
    assert turned["rule"].to_pylist() == alone["rule"].to_pylist()
    for row in alone.to_pylist():
        assert row["lower"] <= row["centre"] <= row["upper"]
        assert row["signal"] == (row["rule"] > 0)
        assert not row["monitored"]
    frozen = control(groups, base=2).rows.to_pylist()
    short = control(groups[:2], base=2).rows.to_pylist()
    limits = ("centre", "lower", "upper", "spread_upper")
    assert {tuple(r[c] for c in limits) for r in frozen} == {tuple(r[c] for c in limits) for r in short}


def test_refuses_bad_data() -> None:
    """Every breach of the three tables is named at once, with its place."""
    with pytest.raises(DataRejected) as refused:
        decide(
            [
                characteristic(low=5.0, high=4.0, joint="alone"),
                characteristic("single", 1, chart="xbar_r"),
                characteristic("many", 3, chart="i_mr"),
                characteristic("p", 1, chart="p"),
                characteristic("np", 1, chart="np"),
            ],
            [
                *measured([[1, 2, 3]]),
                *measured([[1]], "深度-00000000000014"),
                *counts([1.5, 9, 2, 3], [5, 5, 0, None], "p"),  # type: ignore[list-item]
                *counts([1, 2], [50, 60], "np"),
            ],
            [{"characteristic": "gone", "first_subgroup": 3}],
        )
    assert [breach.what for breach in refused.value.breaches] == [
        "lower_spec 5 of bore is not below upper_spec 4",
        "single is charted by xbar_r but has subgroups of one piece",
        "many is charted by i_mr but has subgroups of 3 pieces",
        "the joint chart alone has one characteristic",
        "characteristic gone is changed but not described",
        "characteristic 深度-00000000000014 is measured but not described",
        "subgroup 0 of bore has 3 pieces, not 2",
        "1.5 of p is no count",
        "p is charted by p but nobody says how many were looked at",
        "a sample of 0 of p is empty",
        "9 of p are defective in a sample of 5",
        "np is charted by np but its samples are of 50.0 and 60.0",
    ]
    assert refused.value.breaches[-1].at == "measurements.sampled, row 10"
    with pytest.raises(OptionRejected, match="base_subgroups is -1"):
        control([[1, 2]], base=-1)
    with pytest.raises(DataRejected, match="value nan is not finite"):
        control([[1, float("nan")]])
    half = decide([characteristic()], measured([[1.0]]))
    assert (half.status, half.clash[0].what) == ("none", "no characteristic has a complete subgroup")
    assert decide([], []).status == "none"


def test_a_singular_joint_chart_is_named() -> None:
    """Two characteristics of which one is twice the other have no joint spread."""
    groups = [[float(v), v * v / 7.0] for v in range(12)]
    with pytest.raises(DataRejected) as refused:
        decide(
            [characteristic("a", joint="test"), characteristic("b", joint="test")],
            measured(groups, "a") + measured([[2 * v for v in group] for group in groups], "b"),
        )
    assert refused.value.breaches[0].what == "the joint chart test of a, b has a singular covariance"
    assert refused.value.breaches[0].at == "characteristics.joint, row 1"


def test_joint_chart_sees_what_single_charts_do_not() -> None:
    """Two values that rise and fall together; the last pair breaks the bond though each alone is usual: (2, -2) where
    b follows a. The joint chart holds its lot, the single charts are silent."""
    draws = np.random.default_rng(8)
    a = draws.normal(size=40)
    b = a + 0.1 * draws.normal(size=40)
    a, b = [*a.tolist(), 1.5], [*b.tolist(), -1.5]
    found = decide(
        [characteristic("a", 1, joint="test", rules="limits"), characteristic("b", 1, joint="test", rules="limits")],
        measured([[v] for v in a], "a", [f"A{g}" for g in range(41)]) + measured([[v] for v in b], "b"),
        base_subgroups=40,
    ).rows.to_pylist()
    last = {r["characteristic"]: r for r in found if r["subgroup"] == 40}
    assert (last["a"]["signal"], last["b"]["signal"], last["test"]["signal"]) == (False, False, True)
    assert (last["test"]["lot"], last["test"]["chart"], last["test"]["reason"]) == ("A40", "t2", "joint")
    assert last["test"]["spread"] is None


def test_phases_have_their_own_limits() -> None:
    """A tool is reset before subgroup 4: means 10 before, 20 after. In one phase the shift signals; in two it is no
    signal, and each has its own centre."""
    groups = [[9, 11], [9, 11], [9, 11], [9, 11], [19, 21], [19, 21], [19, 21], [19, 21]]
    one = control(groups, base=4).rows.to_pylist()
    assert [r["signal"] for r in one] == [False] * 4 + [True] * 4
    phases: list[dict[str, object]] = [{"characteristic": "bore", "first_subgroup": 4, "base_subgroups": 2}]
    two = decide([characteristic()], measured(groups), phases, base_subgroups=4).rows.to_pylist()
    assert [(r["phase"], r["centre"], r["signal"]) for r in two] == [(1, 10.0, False)] * 4 + [(2, 20.0, False)] * 4
    assert [r["monitored"] for r in two] == [False] * 6 + [True] * 2


def test_counts_by_hand() -> None:
    """c chart of 4, 4, 4, 11: base three, centre 4, limits 0 and 10: the fourth signals. u chart with samples of 2, 2, 8:
    4 of 2, 4 of 2, 16 of 8 are all a rate of 2; one sigma is 1 in two units and 0.5 in eight."""
    rows = decide([characteristic("paint", chart="c", base_subgroups=3)], counts([4, 4, 4, 11], None)).rows.to_pylist()
    assert [(r["centre"], r["lower"], r["upper"], r["signal"]) for r in rows] == [
        (4.0, 0.0, 10.0, s) for s in (False, False, False, True)
    ]
    assert rows[0]["spread"] is None
    assert rows[0]["capability_note"] == "counted"
    rows = decide([characteristic("paint", chart="u")], counts([4, 4, 16], [2, 2, 8])).rows.to_pylist()
    assert [r["mean"] for r in rows] == [2.0, 2.0, 2.0]
    assert [r["upper"] for r in rows] == pytest.approx([5.0, 5.0, 3.5])


def test_no_run_rules_on_spreads() -> None:
    """Ten ranges in a row far below their centre are no signal: only the limit counts there."""
    groups = [[0.0, 10.0], [-5.0, 5.0]] * 5 + [[2.4, 2.6]] * 10
    assert not [r for r in control(groups, base=10, rules="limits").rows.to_pylist() if r["signal"]]


def test_capability_is_stated_with_its_interval_or_not() -> None:
    """30 pieces in control state it; without a specification, with fewer pieces, or out of control it says why not."""
    draws = np.random.default_rng(4)
    groups = draws.normal(10, 1, (12, 3)).round(2).tolist()
    stated = control(groups, low=5.0, high=15.0, rules="limits").rows.to_pylist()[0]
    assert (stated["capability_note"], stated["pieces"]) == ("stated", 36)
    for name in ("capability", "cp", "pp", "ppk", "cpm"):
        assert stated[f"{name}_low"] < stated[name] < stated[f"{name}_high"]
    one_sided = control(groups, high=15.0, rules="limits").rows.to_pylist()[0]
    assert (one_sided["cp"], one_sided["cpm"]) == (None, None)
    sigma = 10 / (6 * stated["cp"])
    assert one_sided["capability"] == pytest.approx((15 - stated["centre"]) / (3 * sigma))
    notes = {
        "no_specification": control(groups),
        "too_few": control(groups[:9], low=5.0, high=15.0),
        "out_of_control": control([*groups, [30.0, 30.0, 30.0]], low=5.0, high=15.0, base=12),
        "no_spread": control([[10.0, 10.0, 10.0]] * 12, low=5.0, high=15.0),
    }
    for note, decided in notes.items():
        row = decided.rows.to_pylist()[0]
        assert (row["capability_note"], row["capability"]) == (note, None)


def test_single_pieces_by_their_moving_range() -> None:
    """Values 10, 12, 10, 12 then 20: moving ranges 2, sigma 2 / 1.128 = 1.772, limits 11 -+ 5.317: 20 lies outside.

    Its moving range 8 is also beyond D4 * 2 = 3.267 * 2 = 6.53, but rule 1 is named first.
    """
    rows = control([[10], [12], [10], [12], [20]], base=4).rows.to_pylist()
    assert [row["spread"] for row in rows] == [0.0, 2.0, 2.0, 2.0, 8.0]
    assert rows[4]["upper"] == pytest.approx(16.317, abs=5e-4)
    assert rows[4]["spread_upper"] == pytest.approx(6.53, abs=5e-3)
    assert [row["rule"] for row in rows] == [0, 0, 0, 0, 1]
