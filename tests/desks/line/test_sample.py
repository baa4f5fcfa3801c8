"""line.sample: verdicts, switching and what the next lot meets."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smilecurve.desks.line.sample import sample_lots
from smilecurve.terms.errors import DataRejected
from smilecurve.terms.tables.line_quality import INSPECTION_PLANS, LOT_SAMPLES

START = datetime(2026, 3, 2, tzinfo=UTC)


def plan(part: str = "pump", supplier: str = "S1", **columns: object) -> dict[str, object]:
    return {"part": part, "supplier": supplier, "scheme": "z14", "aql": 1.0, **columns}


def found(*defectives: float, part: str = "pump", size: float = 1000, looked: float = 80) -> list[dict[str, object]]:
    """Lots of one supplier, one a day, with so many defectives in one sample."""
    return [
        {
            "part": part,
            "supplier": "S1",
            "lot": f"L{at + 1}",
            "sample": 1,
            "lot_size": size,
            "sampled": looked,
            "defectives": count,
            "inspected": START + timedelta(days=at),
        }
        for at, count in enumerate(defectives)
    ]


def decide(samples: list[dict[str, object]], *plans: dict[str, object]):
    return sample_lots(INSPECTION_PLANS.rows(list(plans) or [plan()]), LOT_SAMPLES.rows(samples))


def test_by_hand() -> None:
    """Lots of 1,000 at level II have letter J: 80 pieces, at AQL 1 % accept 2, reject 3; tightened accept 1, reject 2.

    Lots with 2, 3, 1, 4 defectives: accepted, rejected, accepted, rejected: two of five rejected, so the next is
    inspected tightened: 2 defectives, accepted before, now reject. A lot at 1 % is accepted with 0.9534.
    """
    decision = decide(found(2, 3, 1, 4, 2))
    rows = decision.rows.to_pylist()
    assert [(r["lot"], r["verdict"], r["standing"], r["next_standing"], r["reason"]) for r in rows] == [
        ("L1", "accepted", "normal", "normal", "accepted"),
        ("L2", "rejected", "normal", "normal", "rejected"),
        ("L3", "accepted", "normal", "normal", "accepted"),
        ("L4", "rejected", "normal", "tightened", "tightened"),
        ("L5", "rejected", "tightened", "tightened", "rejected"),
    ]
    assert [(r["letter"], r["asked"], r["accept"], r["reject"]) for r in rows[3:]] == [("J", 80, 2, 3), ("J", 80, 1, 2)]
    assert (rows[4]["next_size"], rows[4]["next_accept"], rows[4]["next_reject"]) == (80, 1, 2)
    assert rows[0]["accept_chance"] == pytest.approx(0.9534, abs=5e-5)
    assert (decision.proof.value, decision.figures["rejected"], decision.figures["tightened"]) == (0.6, 3.0, 1.0)
    assert decision.urgent
    said = sample_lots.sentence(rows[3])
    assert said == "4 of 80 defective, 3 reject: send lot L4 back, look closer at the next"


def test_meets_published_results(shared_data: Path) -> None:
    """A lot of every size, level and quality level of the printed tables meets the printed plan (AQLSchemes 1.7-2)."""
    with (shared_data / "learn/oracle_z14_single.csv").open() as file:
        rows = [r for r in csv.DictReader(file) if r["plan"] == "Normal" and "+" not in r["lot"]]
    plans, samples = [], []
    for at, row in enumerate(rows):
        size = int(row["lot"].split("-")[1])
        samples += found(0, part=f"P{at}", size=size, looked=min(size, int(row["n"])))
        plans.append(plan(f"P{at}", "*", aql=float(row["aql"]), level=row["level"]))
    decided = {r["part"]: r for r in decide(samples, *plans).rows.to_pylist()}
    assert len(decided) == len(rows) > 1_500
    for at, row in enumerate(rows):
        got = decided[f"P{at}"]
        wanted = (min(int(row["n"]), got["lot_size"]), int(row["Ac"]), int(row["Re"]), "accepted")
        assert (got["asked"], got["accept"], got["reject"], got["verdict"]) == wanted, row


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=30),
    st.sampled_from(["z14", "iso_2859_1", "mil_105e"]),
    st.data(),
)
def test_holds_its_laws(counts: list[int], scheme: str, data: st.DataObject) -> None:
    """Suppliers do not see each other, order of rows does not matter, what comes later changes nothing before, and one
    defective more never turns a rejected lot into an accepted one."""
    alone = decide(found(*counts), plan(scheme=scheme)).rows.to_pylist()
    other = found(*data.draw(st.lists(st.integers(0, 6), max_size=9)), part="seal")
    mixed = data.draw(st.permutations(found(*counts) + other))
    both = decide(mixed, plan(scheme=scheme), plan("seal", "*")).rows.to_pylist()
    assert [r for r in both if r["part"] == "pump"] == alone
    assert decide(found(*counts[:-1]), plan(scheme=scheme)).rows.to_pylist() == alone[:-1]
    worse = decide(found(*counts[:-1], counts[-1] + 1), plan(scheme=scheme)).rows.to_pylist()
    assert not (alone[-1]["verdict"] == "rejected" and worse[-1]["verdict"] == "accepted")
    for row in alone:
        assert row["verdict"] in ("accepted", "rejected")
        assert row["standing"] == "normal" or row["lot"] != "L1"
        assert (row["next_size"] is None) == (row["next_standing"] == "discontinued")


def test_refuses_bad_data() -> None:
    """Unknown levels, missing plans and impossible samples are named together, each with its row."""
    samples = [
        *found(81),
        {**found(1)[0], "lot": "L2", "lot_size": 50.0},
        {**found(0.5)[0], "lot": "L3"},
        {**found(0)[0], "lot": "批次-00000000000004", "sampled": 0.0},
        {**found(0)[0], "lot": "L5", "sample": 2},
        {**found(0)[0], "lot": "L6", "part": "seal"},
        {**found(0)[0], "lot": "L7", "lot_size": 0.0, "sampled": 0.0},
    ]
    with pytest.raises(DataRejected) as refused:
        decide(samples, plan(aql=1.1), plan("bolt", aql=None), plan("nut", scheme="zero", aql=None, limiting=1.0))
    assert [(breach.what, breach.at) for breach in refused.value.breaches] == [
        ("quality level 1.1 of pump from S1 stands in no table", "inspection_plans.aql, row 1"),
        ("quality level none of bolt from S1 stands in no table", "inspection_plans.aql, row 2"),
        (
            "the plan of nut from S1 allows no defective but names no limiting quality",
            "inspection_plans.limiting, row 3",
        ),
        ("81 of 80 pieces of lot L1 are defective", "lot_samples.defectives, row 1"),
        ("80 pieces were looked at in lot L2 of 50", "lot_samples.sampled, row 2"),
        ("defectives 0.5 of lot L3 is no count", "lot_samples.defectives, row 3"),
        ("a sample of lot 批次-00000000000004 is empty", "lot_samples.sampled, row 4"),
        ("sample 2 of lot L5 has none before it", "lot_samples.sample, row 5"),
        ("lots of seal from S1 are sampled but have no plan", "lot_samples.part, row 6"),
        ("lot L7 has no pieces", "lot_samples.lot_size, row 7"),
        ("a sample of lot L7 is empty", "lot_samples.sampled, row 7"),
    ]
    assert "0.65, 1, 1.5" in refused.value.breaches[0].do
    with pytest.raises(DataRejected, match="level IV is not a known code"):
        decide(found(0), plan(level="IV"))
    with pytest.raises(DataRejected, match="defectives nan is not finite"):
        decide(found(float("nan")))
    empty = decide([])
    assert (empty.status, empty.clash[0].what) == ("none", "no lot was sampled")


def test_double_samples_add_up() -> None:
    """Letter J at 1 % double: 50 and 50 pieces, accept 0 then 3, reject 3 then 4. One defective asks for more; two more
    in the second sample make three: accepted."""
    first = found(1, looked=50)
    double = plan(kind="double")
    waits = decide(first, double).rows.to_pylist()[0]
    assert (waits["verdict"], waits["reason"], waits["asked"], waits["reject"]) == ("waits", "next_sample", 50, 3)
    second = {**first[0], "sample": 2, "defectives": 2.0, "inspected": START + timedelta(hours=1)}
    both = decide([*first, second], double).rows.to_pylist()[0]
    assert (both["verdict"], both["asked"], both["sampled"], both["defectives"], both["accept"]) == (
        "accepted",
        100,
        100,
        3,
        3,
    )
    assert both["inspected"] == START + timedelta(hours=1)
    short = decide(found(1, looked=40), plan()).rows.to_pylist()[0]
    assert (short["verdict"], short["reason"], short["asked"]) == ("waits", "short", 80)
    early = decide(found(3, looked=40), plan()).rows.to_pylist()[0]
    assert early["verdict"] == "rejected", "three defectives reject though the sample is not whole"


def test_reduced_discontinued_and_anew() -> None:
    """Ten accepted lots reduce; two defectives in 32 lie between 1 and 3: accepted, the next one normal. Five rejected
    on tightened end acceptance; a plan renewed since begins on normal again."""
    rows = decide(found(*[0] * 10, 2), plan()).rows.to_pylist()
    assert (rows[9]["reason"], rows[9]["next_standing"], rows[9]["next_size"]) == ("reduced", "reduced", 32)
    assert (rows[10]["reason"], rows[10]["verdict"], rows[10]["next_standing"]) == ("between", "accepted", "normal")
    bad = decide(found(*[5] * 8), plan()).rows.to_pylist()
    assert [r["next_standing"] for r in bad] == ["normal"] + ["tightened"] * 5 + ["discontinued"] * 2
    assert [r["reason"] for r in bad[-2:]] == ["ended", "not_taken"]
    assert bad[-1]["next_size"] is None
    anew = decide(found(*[5] * 8, 0), plan(since=date(2026, 3, 10))).rows.to_pylist()
    assert (anew[-1]["standing"], anew[-1]["verdict"]) == ("normal", "accepted")


def test_switching_score_of_iso_2859() -> None:
    """Acceptance number 2: lots that would pass at 0.65 % (1 allowed) add 3, one with 2 defectives sets back to 0; at
    0.15 % (letter J, 0 of 80 allowed) every accepted lot adds 2: fifteen lots to reduced."""
    rows = decide(found(0, 1, 2, 0), plan(scheme="iso_2859_1")).rows.to_pylist()
    assert [r["score"] for r in rows] == [3, 6, 0, 3]
    none = decide(found(*[0] * 15), plan(scheme="iso_2859_1", aql=0.15)).rows.to_pylist()
    assert [r["score"] for r in none[:3]] == [2, 4, 6]
    assert [r["next_standing"] for r in none[-2:]] == ["normal", "reduced"]


def test_no_defective_allowed() -> None:
    """Lots of 1,000 that must not hide 5 %: 44 pieces, one defective rejects, and nothing switches."""
    rows = decide(found(0, 1, 1, looked=44), plan(scheme="zero", aql=None, limiting=0.05)).rows.to_pylist()
    assert [(r["verdict"], r["asked"], r["letter"], r["next_standing"]) for r in rows] == [
        ("accepted", 44, None, "normal"),
        ("rejected", 44, None, "normal"),
        ("rejected", 44, None, "normal"),
    ]
    assert {r["accept_chance"] for r in rows} == {None}


def test_a_lot_smaller_than_its_sample_is_looked_at_in_full() -> None:
    """Lots of 16 have letter C; at 0.65 % the arrow leads to 20 pieces: all 16 are looked at, one defective rejects. A
    lot of 9 at 6.5 % double (5 and 5, accept 0 then 1) looked at in full is judged by the last numbers: one accepts."""
    rows = decide(found(0, 1, size=16, looked=16), plan(aql=0.65)).rows.to_pylist()
    assert [(r["verdict"], r["asked"], r["accept"]) for r in rows] == [("accepted", 16, 0), ("rejected", 16, 0)]
    whole = decide(found(1, size=9, looked=9), plan(aql=6.5, kind="double", level="III")).rows.to_pylist()[0]
    assert (whole["verdict"], whole["sampled"]) == ("accepted", 9), "nothing is left to take a second sample from"
