"""Who may look into a team's ledger with plain SQL, and see what? A second lock, below the scope gate.

A login of the database is bound to a scope. Row-level security shows it the unsealed events of the machines that are
its own, as the gate found them at the last publishing, and nothing else. It may show less than the gate, never more: a
machine that may have changed hands since, or of which an event was withdrawn, is shown to nobody until published again.
"""

from __future__ import annotations

import re

from smilecurve.terms.errors import Breach, NotAllowed, OptionRejected
from smilecurve.terms.scope import MAKER, Scope
from smilecurve.terms.tables.thread import MACHINES
from smilecurve.thread.ledger import NEXT_POSITION
from smilecurve.thread.store import Thread
from smilecurve.thread.team import TeamLedger

__all__ = ["admit", "publish"]

_LOGIN = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_TRIES = 10


def admit(thread: Thread, login: str, scope: Scope) -> None:
    """Bind a login of the database to a scope; one that does not exist is made, unable to log in as yet."""
    ledger = _team(thread)
    if scope == MAKER:
        raise OptionRejected(Breach("the maker sees everything", "scope", "name a dealer, partner or customer"))
    if not _LOGIN.fullmatch(login):
        raise OptionRejected(Breach(f"{login} cannot name a login", "login", "use small letters, digits and _"))
    with ledger.writing() as pen:
        passes = "rolsuper or rolbypassrls or pg_has_role(rolname, current_user, 'member')"
        found = pen.execute(f"select {passes} from pg_roles where rolname = ?", (login,)).fetchall()
        if found and found[0][0]:
            raise NotAllowed(Breach(f"{login} may pass every lock of the database", "login", "bind a login of its own"))
        if not found:
            pen.execute(f"create role {login} nologin")
        pen.execute(
            "insert into scope_role (login, role, code) values (?, ?, ?)"
            " on conflict (login) do update set role = excluded.role, code = excluded.code",
            (login, scope.role, scope.code),
        )
        pen.execute(f"grant usage on schema {ledger.address.schema} to {login}")
        pen.execute(f"grant select on event, holding, scope_role to {login}")


def publish(thread: Thread) -> int:
    """Lay down whose the machines in the tail are, as the gate sees it now; returns how many."""
    ledger = _team(thread)
    for _ in range(_TRIES):
        position, chunk = _where(ledger)
        told = [str(row[0]) for row in ledger.rows("select distinct machine from event where machine is not null")]
        machines = thread.view(MACHINES, where={"machine": told}).select(["machine", "market", "partner", "holder"])
        with ledger.writing() as pen:
            if int(pen.execute("select coalesce(max(chunk), 0) from sealed").fetchall()[0][0]) != chunk:
                continue
            pen.execute("delete from holding")
            pen.executemany(
                "insert into holding (machine, market, partner, holder) values (?, ?, ?, ?)",
                list(zip(*(column.to_pylist() for column in machines.columns), strict=True)),
            )
            pen.execute(
                "delete from holding h where exists (select 1 from event e where e.pos >= ? and (e.corrects is not null"
                " or (e.machine = h.machine and (e.market is not null or e.party is not null))))",
                (position,),
            )
            return int(pen.execute("select count(*) from holding").fetchall()[0][0])
    return 0


def _where(ledger: TeamLedger) -> tuple[int, int]:
    sql = f"select ({NEXT_POSITION}), (select coalesce(max(chunk), 0) from sealed)"
    found = ledger.rows(sql)[0]
    return int(str(found[0])), int(str(found[1]))


def _team(thread: Thread) -> TeamLedger:
    if not isinstance(thread.ledger, TeamLedger):
        do = "name a thread by postgresql://..."
        raise OptionRejected(Breach("this thread lies in a folder: its ledger has no logins", "thread", do))
    return thread.ledger
