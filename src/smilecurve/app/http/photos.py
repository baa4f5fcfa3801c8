"""Where does a ticket's photo lie?

Photos are kept once under the hash of their content, in the thread's folder; beside each stands whose machine it shows.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from smilecurve.app.pages.words import Words
from smilecurve.terms.errors import Breach, DataRejected, NotFound

__all__ = ["keep_photo", "photo_path"]

MOST_BYTES = 12_000_000
MARKS = {b"\xff\xd8\xff": "jpg", b"\x89PNG": "png", b"RIFF": "webp"}


def keep_photo(folder: Path, content: bytes, machine: str, words: Words) -> str:
    """Keep a photo; returns its name. Refused, in these words, when it is no picture or too large."""
    kind = next((end for mark, end in MARKS.items() if content.startswith(mark)), "")
    if not kind or len(content) > MOST_BYTES:
        most = words.number(MOST_BYTES // 1_000_000)
        odd, large = (
            words.text("the photo is no JPEG, PNG or WebP"),
            words.text("the photo is larger than {n} MB", n=most),
        )
        raise DataRejected(Breach(large if kind else odd, words.text("Photo"), words.text("take another one")))
    shelf = folder / "photos"
    shelf.mkdir(parents=True, exist_ok=True)
    name = f"{hashlib.sha256(content).hexdigest()}.{kind}"
    if not (shelf / name).exists():
        draft = shelf / f"{name}.part"
        draft.write_bytes(content)
        draft.replace(shelf / name)
    (shelf / f"{name}.machine").write_text(machine, "utf-8")
    return name


def photo_path(folder: Path, name: str) -> tuple[Path, str]:
    """The file of a photo and the machine it shows."""
    stem, _, end = name.partition(".")
    path = folder / "photos" / name
    if len(stem) != 64 or not stem.isalnum() or end not in MARKS.values() or not path.exists():
        raise NotFound(Breach(f"there is no photo {name}", "photo", "open the machine's page"))
    return path, path.with_name(f"{name}.machine").read_text("utf-8")
