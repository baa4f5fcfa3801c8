"""Questions about the whole fleet, in SQL that every engine over the sealed files takes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from smilecurve.thread.relations import needed_by
from smilecurve.thread.steps import sql_text

if TYPE_CHECKING:
    from smilecurve.thread.viewing import Viewer

__all__ = ["answer", "question"]


def question(name: str, **values: datetime) -> str:
    """The SQL of a question, such as `positions`; moments are put where it names them."""
    told = {k: v.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ") for k, v in values.items()}
    sql = sql_text(f"questions/{name}.sql")
    return sql.format(**told) if told else sql


def answer(viewer: Viewer, name: str, **values: datetime) -> pa.Table:
    """The answer of the engine in this process; for the maker."""
    with viewer.looking(None) as frame:
        frame.ensure_all(*needed_by(f"questions/{name}.sql"))
        return frame.table(question(name, **values))
