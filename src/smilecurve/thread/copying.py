"""How does a ledger move between SQLite and PostgreSQL? Table by table, in one look and one transaction."""

from __future__ import annotations

from collections.abc import Mapping

from smilecurve.thread.ledger import Pen

__all__ = ["copy_rows", "shape_of"]

_AT_ONCE = 10_000


def shape_of(embedded: Pen) -> Mapping[str, tuple[str, ...]]:
    """The tables of an embedded ledger and their columns."""
    sql = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name"
    names = [str(row[0]) for row in embedded.execute(sql).fetchall()]
    return {
        name: tuple(
            str(row[0]) for row in embedded.execute("select name from pragma_table_info(?)", (name,)).fetchall()
        )
        for name in names
    }


def copy_rows(shape: Mapping[str, tuple[str, ...]], origin: Pen, target: Pen) -> None:
    """Make the rows of every table of `target` those of `origin`."""
    for table, columns in shape.items():
        target.execute(f"delete from {table}")
        listed, marks = ", ".join(columns), ", ".join("?" * len(columns))
        rows = origin.execute(f"select {listed} from {table}").fetchall()
        for first in range(0, len(rows), _AT_ONCE):
            target.executemany(f"insert into {table} ({listed}) values ({marks})", rows[first : first + _AT_ONCE])
