"""What is known of a scanned label: which part it is, and is it one single piece?"""

from __future__ import annotations

from smilecurve.app.reading import Reading
from smilecurve.connect.scanning import Scanned

__all__ = ["is_piece", "part_of"]


def part_of(read: Reading, found: Scanned, known: list[dict[str, object]]) -> str:
    """The part that a label or the thread gives to a code; empty if neither knows. known: events of the code."""
    if found.part and read.count("parts", where={"part": found.part}):
        return found.part
    if found.gtin:
        rows = [r for r in read.rows("parts") if str(r["gtin"] or "").zfill(14) == found.gtin]
        if rows:
            return str(rows[0]["part"])
    told = next((str(r["part"]) for r in known if r["part"]), "")
    kits = read.rows("kits", where={"lot": [n for n in (found.serial, found.lot, found.code) if n]}, limit=1)
    if not told and found.serial and found.lot:
        batch = read.rows("events", where={"lot": found.lot}, limit=50)
        told = next((str(r["part"]) for r in batch if r["part"]), "")
    return told or (str(kits[0]["part"]) if kits else "")


def is_piece(known: list[dict[str, object]]) -> bool:
    """Do the events of a code speak of one piece?"""
    return any(r["quantity"] == 1 and r["kind"] in ("commissioning", "receiving", "assembling") for r in known)
