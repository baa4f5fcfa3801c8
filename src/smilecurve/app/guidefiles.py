"""Where do pictures and films of guides lie, which are there, and how does a new one come in?

They are files in the folder `guides` of the thread: `NAME.jpg` (png, webp) and `NAME.mp4` (webm) for every language,
`NAME.LANGUAGE.jpg` for one. The film of a whole guide bears the name of its film, the files of its n-th step that name
with `-n` behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from smilecurve.terms.errors import Breach, DataRejected, NotFound

__all__ = ["FILMS", "PICTURES", "GuideFile", "files_by_name", "found_file", "guide_path", "keep_file", "remove_file"]

PICTURES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
FILMS = {"mp4": "video/mp4", "webm": "video/webm"}
MOST_BYTES = {**dict.fromkeys(PICTURES, 12_000_000), **dict.fromkeys(FILMS, 200_000_000)}
HEAD = 12
_NAME = re.compile(r"^[A-Za-z0-9_-]{1,80}$")
_LANGUAGE = re.compile(r"^[a-z]{2,3}$")


@dataclass(frozen=True, slots=True)
class GuideFile:
    """One picture or film: its file, the language it speaks (empty: every one), whether it is a film, its bytes."""

    name: str
    language: str
    film: bool
    size: int


def found_file(folder: Path, name: str, kinds: Iterable[str], language: str = "") -> str:
    """The file of this name and kinds, of the language before that of every language; empty where there is none."""
    if not _NAME.match(name):
        return ""
    named = [f"{name}.{language}.{end}" for end in kinds if language] + [f"{name}.{end}" for end in kinds]
    return next((file for file in named if (folder / "guides" / file).is_file()), "")


def files_by_name(folder: Path) -> dict[str, list[GuideFile]]:
    """All files by the name of their step or guide, pictures first."""
    found: dict[str, list[GuideFile]] = {}
    shelf = folder / "guides"
    for path in sorted(shelf.iterdir()) if shelf.is_dir() else ():
        name, language, end = _parted(path.name)
        if end in PICTURES or end in FILMS:
            found.setdefault(name, []).append(GuideFile(path.name, language, end in FILMS, path.stat().st_size))
    return {name: sorted(files, key=lambda f: (f.film, f.language)) for name, files in found.items()}


def guide_path(folder: Path, file: str) -> tuple[Path, str]:
    """The file of a picture or film, and its media type."""
    stem, language, end = _parted(file)
    path = folder / "guides" / file
    kind = (PICTURES | FILMS).get(end, "")
    sound = _NAME.match(stem) and (not language or _LANGUAGE.match(language))
    if not kind or not sound or not path.is_file():
        raise NotFound(Breach(f"there is no picture or film {file}", "guides", "see the folder guides of the thread"))
    return path, kind


def _parted(file: str) -> tuple[str, str, str]:
    """Name, language and ending of a file."""
    stem, _, end = file.rpartition(".")
    name, _, language = stem.partition(".")
    return name, language, end


def keep_file(folder: Path, name: str, language: str, chunks: Iterable[bytes]) -> str:
    """Keep a picture or film under a name; returns its file name. It takes the place of the one that was there.

    Refused when it is neither, is larger than MOST_BYTES of its kind, or has no sound name.
    """
    if not _NAME.match(name) or (language and not _LANGUAGE.match(language)):
        raise DataRejected(
            Breach(f"{name} {language} is no name of a guide file".strip(), "step", "choose it in the list")
        )
    shelf = folder / "guides"
    shelf.mkdir(parents=True, exist_ok=True)
    draft, size, end = shelf / f"{token_hex(8)}.part", 0, ""
    try:
        with draft.open("wb") as sink:
            for chunk in chunks:
                end = end or _kind(chunk)
                size += len(chunk)
                if size > MOST_BYTES[end]:
                    most = f"{MOST_BYTES[end] // 1_000_000} MB"
                    kind = "film" if end in FILMS else "picture"
                    raise DataRejected(
                        Breach(f"the {kind} is larger than {most}", "file", "make it smaller or shorter")
                    )
                sink.write(chunk)
        if not end:
            raise DataRejected(Breach("the file is empty", "file", "choose another one"))
        whole = f"{name}.{language}" if language else name
        draft.replace(shelf / f"{whole}.{end}")
    finally:
        draft.unlink(missing_ok=True)
    for other in FILMS if end in FILMS else PICTURES:
        if other != end:
            (shelf / f"{whole}.{other}").unlink(missing_ok=True)
    return f"{whole}.{end}"


def remove_file(folder: Path, file: str) -> None:
    """Take a picture or film away."""
    path, _ = guide_path(folder, file)
    path.unlink()


def _kind(head: bytes) -> str:
    r"""The ending of what a file begins as; DataRejected where it is none of ours.

    >>> _kind(b"\x00\x00\x00\x18ftypmp42")
    'mp4'
    """
    if head[4:8] == b"ftyp" and head[8:12] not in (b"heic", b"heix", b"avif", b"mif1"):
        return "mp4"
    marks = {b"\xff\xd8\xff": "jpg", b"\x89PNG": "png", b"\x1a\x45\xdf\xa3": "webm"}
    end = next((end for mark, end in marks.items() if head.startswith(mark)), "")
    end = end or ("webp" if head.startswith(b"RIFF") and head[8:HEAD] == b"WEBP" else "")
    if not end:
        said = "the file is no picture (JPEG, PNG, WebP) and no film (MP4, WebM)"
        raise DataRejected(Breach(said, "file", "save it as one of these"))
    return end
