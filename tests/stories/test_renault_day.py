"""A day of Renault's comes in from its four files, behind the day before, and leaves as good as the finals' best."""

from __future__ import annotations

from pathlib import Path

import pytest

from smilecurve.app.taking import take
from smilecurve.connect.presets import load_preset
from smilecurve.loop.run import run_desk
from smilecurve.thread.store import open_thread


def cells(path: Path) -> list[list[str]]:
    return [[c.strip() for c in line.split(";")] for line in path.read_text().splitlines() if line.strip(" ;")]


def challenge_score(folder: Path, order: list[str]) -> int:
    """The score of ROADEF'2005 written out: every window that ends behind the day before, each change of colour."""
    goals = {row[1]: 10 ** (9 - 3 * int(row[0])) for row in cells(folder / "optimization_objectives.txt")[1:]}
    head, *cars = cells(folder / "vehicles.txt")
    by_code, day = {car[2]: car for car in cars}, cars[-1][0]
    before = sorted((car for car in cars if car[0] != day), key=lambda car: int(car[1]))
    line, h = [*before, *(by_code[code] for code in order)], len(before)
    score = goals.get("paint_color_batches", 0) * sum(
        line[at][3] != line[at - 1][3] for at in range(max(h, 1), len(line))
    )
    for ratio, priority, name in (row[:3] for row in cells(folder / "ratios.txt")[1:]):
        most, span = (int(part) for part in ratio.split("/"))
        has = [car[head.index(name)] == "1" for car in line]
        goal = next((w for g, w in goals.items() if g.startswith("high" if priority == "1" else "low")), 0)
        windows = range(max(h - span + 1, 0), len(line))
        score += goal * sum(max(0, sum(has[at : at + span]) - most) for at in windows)
    return score


@pytest.mark.parametrize(
    ("name", "best"),
    [
        ("028_CH2_EP_ENP_RAF_S51_J1", 3),
        ("035_CH1_RAF_EP_S50_J4", 5_010_000),
        ("035_CH2_RAF_EP_S50_J4", 6_056_000),
    ],
)
def test_a_renault_day_meets_the_finals(shared_data: Path, tmp_path: Path, name: str, best: int) -> None:
    folder = shared_data / "line" / "carseq" / "roadef2005" / "Instances_set_X" / name
    with open_thread(tmp_path / "thread") as thread:
        for one in load_preset("roadef", folder):
            take(thread, one, "renault")
        ran = run_desk(thread, "line.sequence")
        rows = thread.rows_of(ran.decision).sort_by("slot").to_pylist()
    limit = int(cells(folder / "paint_batch_limit.txt")[1][0])
    colours = [row["colour"] for row in rows]
    assert challenge_score(folder, [row["work_order"].split(":")[1] for row in rows]) == best
    assert all(len(set(colours[at : at + limit + 1])) > 1 for at in range(len(colours) - limit))
