"""What do the members of every group add up to?

Compiled loops behind `solve.tracing`.
"""

from __future__ import annotations

from numba import njit


@njit(cache=True)
def add_links(begin, member, figures, total):  # type: ignore[no-untyped-def]
    """Both figures of each group's members, into `total`."""
    for g in range(begin.size - 1):
        seen, due = 0.0, 0.0
        for k in range(begin[g], begin[g + 1]):
            seen += figures[member[k], 0]
            due += figures[member[k], 1]
        total[g, 0], total[g, 1] = seen, due
