"""In which order must the desks run?

`reads` are hard edges (a cycle is a defect), `feedback` and what a seen table draws on are soft ones: they are honoured
where that closes no circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter

from smilecurve.loop.registry import AnyDesk
from smilecurve.terms.table import Spec

__all__ = ["edges", "order", "stages_joined"]


def edges(desks: Mapping[str, AnyDesk]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """For every desk, the desks it must follow (by what it reads) and would like to follow (by feedback)."""
    authors = {d.contract.decides.name: name for name, d in desks.items()}
    hard: dict[str, set[str]] = {}
    soft: dict[str, set[str]] = {}
    for name, d in desks.items():
        hard[name] = {authors[s.name] for s in d.contract.reads if s.name in authors} - {name}
        wished = {authors[t] for t in _drawn(d.contract.reads) if t in authors}
        wished |= {authors[s.name] for s in d.contract.feedback if s.name in authors}
        soft[name] = wished - {name} - hard[name]
    return hard, soft


def _drawn(specs: Iterable[Spec]) -> set[str]:
    return {table for spec in specs for table in spec.draws}


def order(desks: Mapping[str, AnyDesk]) -> tuple[str, ...]:
    """The desks so that each follows what it reads and, where possible, its feedback.

    Raises graphlib.CycleError when `reads` go round in a circle.
    """
    hard, soft = edges(desks)
    tuple(TopologicalSorter(hard).static_order())
    done: list[str] = []
    left = list(desks)
    while left:
        ready = [n for n in left if hard[n] <= set(done)]
        best = min(ready, key=lambda n: (len(soft[n] - set(done)), left.index(n)))
        done.append(best)
        left.remove(best)
    return tuple(done)


def stages_joined(desks: Mapping[str, AnyDesk]) -> bool:
    """Is the smile closed: does the graph of reads and feedback join all stages into one?"""
    hard, soft = edges(desks)
    stage = {name: d.contract.stage for name, d in desks.items()}
    links = {(stage[a], stage[b]) for a in desks for b in hard[a] | soft[a]}
    reached = {next(iter(stage.values()))} if stage else set()
    grown = True
    while grown:
        more = {b for a, b in links if a in reached} | {a for a, b in links if b in reached}
        grown = not more <= reached
        reached |= more
    return reached == set(stage.values())
