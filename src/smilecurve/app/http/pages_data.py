"""How does a file of yours come in, what happened to the rows that did not fit, and is the thread well?"""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from secrets import token_hex
from typing import Annotated

import pyarrow as pa
from fastapi import APIRouter, Depends, Form, UploadFile
from starlette.responses import RedirectResponse, Response

from smilecurve.app.http.house import Asked, asked
from smilecurve.app.pages.rendering import page, words_of
from smilecurve.app.pages.words import Words
from smilecurve.app.taking import keep_rejected, quarantine_of, take
from smilecurve.connect import Loaded, Mapping, convert, detect, load_preset, preview, propose
from smilecurve.terms.errors import Breach, NotAllowed, NotFound, OptionRejected
from smilecurve.terms.event import KINDS
from smilecurve.terms.scope import MAKER
from smilecurve.terms.tables import TABLES

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
Asks = Annotated[Asked, Depends(asked)]
MOST_BYTES = 200_000_000
MOST_SHOWN = 200
PLAIN_NAME = re.compile(r"[^\w.\- ]+")


@router.get("/data")
def data(ask: Asks, loaded: str = "") -> Response:
    """Bring data, see the quarantine and the thread's health."""
    _maker(ask)
    return _page(ask, loaded=loaded)


@router.post("/data")
async def propose_file(ask: Asks, file: UploadFile, target: Annotated[str, Form()] = "") -> Response:
    """Read a file: propose what it is, show its first rows before and after."""
    _maker(ask)
    upload = await _kept(ask, file)
    words = words_of(ask.request)
    preset = None if target else detect(upload)
    if preset:
        parts = load_preset(preset, upload)
        return _page(ask, proposal=_preset_proposal(upload, preset, parts, words))
    mapping = propose(upload, target or None)
    return _page(ask, proposal=_proposal(upload, mapping, words))


@router.post("/data/load")
def load(ask: Asks, upload: Annotated[str, Form()], target: Annotated[str, Form()] = "") -> Response:
    """Load the good rows, keep the others in quarantine with their reasons."""
    _maker(ask)
    words = words_of(ask.request)
    path = _upload(ask, upload)
    preset = target.removeprefix("preset ") if target.startswith("preset ") else ""
    parts = load_preset(preset, path) if preset else (convert(path, propose(path, target or None)),)
    added = sum(take(ask.house.thread, part, path.name) for part in parts)
    waiting = keep_rejected(ask.house.thread, parts)
    path.unlink(missing_ok=True)
    said = words.text(
        "{good} good rows, {added} of them new; {bad} rows are in quarantine.",
        good=words.number(sum(p.good for p in parts)),
        added=words.number(added),
        bad=words.number(waiting),
    )
    from urllib.parse import quote

    return RedirectResponse(f"/data?loaded={quote(said)}", 303)


async def _kept(ask: Asked, file: UploadFile) -> Path:
    """The upload as a file with its own name, in a folder of its own."""
    name = PLAIN_NAME.sub("_", Path(file.filename or "upload.csv").name) or "upload.csv"
    folder = ask.house.folder / "uploads" / token_hex(8)
    folder.mkdir(parents=True)
    path = folder / name
    size = 0
    with path.open("wb") as sink:
        while chunk := await file.read(1 << 20):
            size += len(chunk)
            if size > MOST_BYTES:
                path.unlink()
                said = f"{name} is larger than {MOST_BYTES // 1_000_000} MB"
                raise OptionRejected(Breach(said, "file", "load it with `smile load`"))
            sink.write(chunk)
    return path


def _upload(ask: Asked, code: str) -> Path:
    folder, _, name = code.partition("/")
    path = ask.house.folder / "uploads" / folder / name
    if not folder.isalnum() or PLAIN_NAME.search(name) or name.startswith(".") or not path.is_file():
        raise NotFound(Breach("this upload is not here any more", "upload", "read the file again"))
    return path


def _proposal(path: Path, mapping: Mapping, words: Words) -> dict[str, object]:
    if mapping.questions:
        raise OptionRejected(
            Breach(
                f"{q.column}: {q.what}",
                f"{path.name}: {q.column}",
                f"use `smile load` with a mapping that chooses {' or '.join(q.choices)}",
            )
            for q in mapping.questions
        )
    seen = preview(path, mapping)
    columns = [
        {
            "theirs": how.source or how.constant or "",
            "ours": name,
            "how": " · ".join(x for x in (how.reason, how.unit, how.date) if x),
        }
        for name, how in mapping.columns.items()
    ]
    return {
        "upload": f"{path.parent.name}/{path.name}",
        "file": path.name,
        "target": mapping.kind or mapping.target,
        "said": mapping.reason,
        "columns": columns,
        "before": _sample(seen.before, words),
        "after": _sample(seen.after, words),
        "counts": _counted(seen.after.num_rows, seen.rejected, words),
    }


def _preset_proposal(path: Path, preset: str, parts: tuple[Loaded, ...], words: Words) -> dict[str, object]:
    first = next((p for p in parts if p.good), parts[0])
    return {
        "upload": f"{path.parent.name}/{path.name}",
        "file": path.name,
        "target": f"preset {preset}",
        "said": " · ".join(f"{p.target}: {words.number(p.good)}" for p in parts),
        "columns": [],
        "before": _sample(first.rejected.slice(0, 20), words),
        "after": _sample(first.rows.slice(0, 20), words),
        "counts": words.text("{n} good rows", n=words.number(sum(p.good for p in parts))),
    }


def _counted(good: int, rejected: pa.Table, words: Words) -> str:
    bad = len(set(rejected.column("line").to_pylist()))
    return words.text(
        "of the first rows {good} are good and {bad} would go to quarantine",
        good=words.number(good),
        bad=words.number(bad),
    )


def _sample(rows: pa.Table, words: Words) -> dict[str, object]:
    shown = rows.slice(0, 20)
    kept = [n for n in shown.column_names if shown.column(n).null_count < shown.num_rows or not shown.num_rows]
    records = shown.select(kept).to_pylist()
    return {"heads": kept, "rows": [[words.cell(None, r[n]) for n in kept] for r in records]}


def _page(ask: Asked, *, proposal: dict[str, object] | None = None, loaded: str = "") -> Response:
    words = words_of(ask.request)
    health = ask.house.thread.health()
    facts = [
        (words.label(k), words.cell(None, v if not isinstance(v, tuple) else ", ".join(v) or "–"))
        for k, v in asdict(health).items()
    ]
    facts.append((words.text("Now of the thread"), words.moment(ask.house.thread.clock())))
    facts += [(k, v) for k, v in ask.house.thread.meta().items() if k in ("world", "seed", "scale")]
    targets = [(s.name, s.meaning) for s in TABLES.values() if s.origin == "given"]
    targets += [(k.name, k.meaning) for k in KINDS.values()]
    return page(
        ask,
        "data.html",
        "data",
        targets=targets,
        proposal=proposal,
        loaded=loaded,
        health=facts,
        quarantine=_quarantine(ask, words),
    )


def _quarantine(ask: Asked, words: Words) -> dict[str, object] | None:
    rows = quarantine_of(ask.house.thread).list()
    if not rows.num_rows:
        return None
    heads = ["file", "line", "column", "value", "reason", "hint", "target"]
    shown = rows.slice(0, MOST_SHOWN).to_pylist()
    waiting = len(set(rows.column("row").to_pylist()))
    return {
        "heads": [words.label(h) for h in heads],
        "rows": [[words.cell(None, r[h]) for h in heads] for r in shown],
        "said": words.count("{n} row waits to be mended.", "{n} rows wait to be mended.", waiting)
        + " "
        + words.text("`smile quarantine` exports them and takes them back."),
    }


def _maker(ask: Asked) -> None:
    if ask.scope != MAKER:
        raise NotAllowed(Breach(f"{ask.scope} may not see this page", "scope", "ask the maker"))
