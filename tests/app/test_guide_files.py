"""Pictures and films of guides: kept by what they are, each language before every language, refused with its reason."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from smilecurve.app.guidefiles import MOST_BYTES, files_by_name, found_file, guide_path, keep_file, remove_file
from smilecurve.terms.errors import DataRejected, NotFound

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="Using `httpx`")
    from fastapi.testclient import TestClient

from smilecurve.app.http.server import create_app

PNG = b"\x89PNG\r\n\x1a\n" + b"p" * 40
JPG = b"\xff\xd8\xff\xe0" + b"j" * 40
MP4 = b"\x00\x00\x00\x18ftypmp42" + b"m" * 40
FILMS, PICTURES = ("mp4", "webm"), ("jpg", "png", "webp")


def test_a_language_goes_before_every_language(tmp_path: Path) -> None:
    assert keep_file(tmp_path, "film-x-1", "", [PNG]) == "film-x-1.png"
    assert keep_file(tmp_path, "film-x-1", "zh", [JPG]) == "film-x-1.zh.jpg"
    assert found_file(tmp_path, "film-x-1", PICTURES, "zh") == "film-x-1.zh.jpg"
    assert found_file(tmp_path, "film-x-1", PICTURES, "es") == "film-x-1.png"
    assert found_file(tmp_path, "film-x-1", FILMS, "zh") == ""
    assert guide_path(tmp_path, "film-x-1.zh.jpg")[1] == "image/jpeg"


def test_a_new_picture_takes_the_place_of_the_old_one_and_leaves_the_film(tmp_path: Path) -> None:
    for content in (PNG, MP4, JPG):
        keep_file(tmp_path, "film-x", "", [content[:8] + content[8:20], content[20:]])
    assert [f.name for f in files_by_name(tmp_path)["film-x"]] == ["film-x.jpg", "film-x.mp4"]
    assert (tmp_path / "guides" / "film-x.jpg").read_bytes() == JPG
    remove_file(tmp_path, "film-x.jpg")
    assert [f.film for f in files_by_name(tmp_path)["film-x"]] == [True]
    with pytest.raises(NotFound, match=r"there is no picture or film film-x\.jpg"):
        remove_file(tmp_path, "film-x.jpg")


@pytest.mark.parametrize(
    ("name", "language", "content", "said"),
    [
        ("film-x", "", [b"%PDF-1.7 and so on"], "no picture .* and no film"),
        ("film-x", "", [b"\x00\x00\x00\x18ftypheic" + b"h" * 40], "no picture .* and no film"),
        ("film-x", "", [], "the file is empty"),
        ("../film", "", [PNG], "is no name of a guide file"),
        ("film-x", "z/h", [PNG], "is no name of a guide file"),
        ("film-x", "", [PNG, b"x" * MOST_BYTES["png"]], "the picture is larger than 12 MB"),
    ],
)
def test_what_is_no_guide_file_is_refused_and_leaves_nothing(
    tmp_path: Path, name: str, language: str, content: list[bytes], said: str
) -> None:
    with pytest.raises(DataRejected, match=said):
        keep_file(tmp_path, name, language, content)
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


@pytest.fixture
def served(excavators_folder: Path, tmp_path: Path) -> Iterator[tuple[TestClient, TestClient]]:
    """The maker and a dealer at one thread of their own."""
    folder = shutil.copytree(excavators_folder, tmp_path / "thread")
    with TestClient(create_app(folder)) as maker, TestClient(create_app(folder, scope="dealer:ID")) as dealer:
        yield maker, dealer


def test_the_maker_adds_a_film_and_a_wrong_file_is_told_on_the_page(served: tuple[TestClient, TestClient]) -> None:
    maker, dealer = served
    guide = "medium_excavator/boom_hose_chafed"
    assert f'/guides?guide={guide}"' in maker.get("/guides").text
    filled = {"guide": guide, "step": "1", "language": "zh"}
    added = maker.post("/guides", data=filled, files={"file": ("a.mp4", MP4, "video/mp4")}, follow_redirects=False)
    assert (added.status_code, added.headers["location"].rpartition("#")[2]) == (303, "step-1")
    assert "film-boom-hose-chafed-1.zh.mp4" in maker.get(f"/guides?guide={guide}").text
    part = maker.get("/guides/film-boom-hose-chafed-1.zh.mp4", headers={"range": "bytes=4-11"})
    assert (part.status_code, part.content) == (206, b"ftypmp42")
    refused = maker.post("/guides", data=filled, files={"file": ("a.pdf", b"%PDF-1.7", "application/pdf")})
    assert refused.status_code == 422 or refused.status_code == 400
    assert "the file is no picture (JPEG, PNG, WebP) and no film (MP4, WebM)" in refused.text
    assert maker.post("/guides", data=filled | {"step": "99"}, files={"file": ("a.mp4", MP4)}).status_code == 404
    assert maker.get("/guides?guide=none/none").status_code == 404
    assert dealer.get("/guides").status_code == 403
    assert dealer.post("/guides", data=filled, files={"file": ("a.mp4", MP4)}).status_code == 403
    gone = {"guide": guide, "file": "film-boom-hose-chafed-1.zh.mp4"}
    assert dealer.post("/guides/remove", data=gone).status_code == 403
    assert maker.post("/guides/remove", data=gone, follow_redirects=False).status_code == 303
    assert maker.get("/guides/film-boom-hose-chafed-1.zh.mp4").status_code == 404
