"""Where does a thread lie? In a folder, or as a team's in a PostgreSQL database with a folder beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from smilecurve.terms.errors import Breach, OptionRejected

__all__ = ["TeamAddress", "is_team"]

_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,58}")


def is_team(place: str | Path) -> bool:
    """Is this the address of a database rather than a folder?

    >>> is_team("postgresql://db/plant?folder=/srv/plant"), is_team("demo/excavators")
    (True, False)
    """
    return isinstance(place, str) and place.startswith(("postgresql://", "postgres://"))


@dataclass(frozen=True, slots=True)
class TeamAddress:
    """A database, a schema in it, and the folder of the sealed files as this computer sees it.

    >>> found = TeamAddress.parse("postgresql://ann:secret@db/plant?folder=/srv/plant&schema=changsha&sslmode=require")
    >>> found.conninfo
    'postgresql://ann:secret@db/plant?sslmode=require'
    >>> found.schema, str(found.folder), str(found)
    ('changsha', '/srv/plant', 'postgresql://ann@db/plant?schema=changsha')
    """

    conninfo: str
    schema: str
    folder: Path

    @classmethod
    def parse(cls, place: str) -> TeamAddress:
        """Read `postgresql://user@host/database?folder=/shared/folder&schema=name`; other options go to PostgreSQL."""
        url = urlsplit(place)
        options = dict(parse_qsl(url.query))
        folder, schema = options.pop("folder", ""), options.pop("schema", "smilecurve")
        wrong = []
        if not folder:
            do = "add ?folder=/path, a folder that every computer of the team mounts"
            wrong.append(Breach("the address of the database names no folder for the sealed files", "thread", do))
        if not _SCHEMA.fullmatch(schema) or schema.startswith("pg_"):
            do = "use small letters, digits and _, at most 59 of them"
            wrong.append(Breach(f"{schema} cannot name a schema", "thread", do))
        if wrong:
            raise OptionRejected(wrong)
        conninfo = f"{url.scheme}://{url.netloc}{url.path}" + (f"?{urlencode(options)}" if options else "")
        return cls(conninfo, schema, Path(folder))

    def __str__(self) -> str:
        url = urlsplit(self.conninfo)
        user, at, host = url.netloc.rpartition("@")
        return urlunsplit((url.scheme, user.partition(":")[0] + at + host, url.path, f"schema={self.schema}", ""))
