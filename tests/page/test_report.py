"""One file, whole or not at all, the same for the same release, and closed to the network."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode
from pathlib import Path

import pytest

from harmattan import page, release
from harmattan.page import report

INDEX = """<!doctype html><html><head><title>Harmattan</title>
<script type="module" crossorigin src="./assets/review.js"></script>
<link rel="stylesheet" crossorigin href="./assets/review.css">
</head><body><div id="app"></div></body></html>"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built page of a few words."""
    folder = tmp_path / "built"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX, encoding="utf-8")
    (folder / "assets" / "review.js").write_text('const end = "</script>"; // \\1 $&', encoding="utf-8")
    (folder / "assets" / "review.css").write_text("body { margin: 0 }", encoding="utf-8")
    (folder / "licences.md").write_text("MIT License -- a library", encoding="utf-8")
    monkeypatch.setattr(report, "BUILT", folder)
    return folder


def test_the_file_holds_program_style_and_data(stand_in: Path, folder: Path, tmp_path: Path) -> None:
    made = page.write_report(folder / "2023-06", tmp_path / "page.html")
    text = made.read_text(encoding="utf-8")
    assert made == tmp_path / "page.html"
    assert "body { margin: 0 }" in text and 'const end = "<\\/script>"; // \\1 $&' in text
    assert text.endswith("<!--\nMIT License - - a library-->\n")
    assert "src=" not in text and "href=" not in text
    held = re.search(r'id="payload">([^<]+)</script>', text)
    assert held is not None
    data = json.loads(zlib.decompress(b64decode(held.group(1))))
    assert data["release"]["origin"] == "2023-06" and len(data["earlier"]) == 2
    assert "connect-src 'none'" in text and "default-src 'none'" in text
    assert "<title>Attacks by JNIM toward the coast, 2023-06</title>" in text


def test_the_same_release_gives_the_same_bytes(stand_in: Path, folder: Path, tmp_path: Path) -> None:
    one = page.write_report(folder / "2023-06", tmp_path / "one.html").read_bytes()
    assert page.write_report(folder / "2023-06", tmp_path / "two.html").read_bytes() == one


def test_a_file_that_fails_leaves_the_old_one(
    stand_in: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "page.html"
    old.write_text("old", encoding="utf-8")

    def full(_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("harmattan.whole.os.fsync", full)
    with pytest.raises(OSError, match="no space left on the disk"):
        page.write_report(folder / "2023-06", old)
    assert old.read_text(encoding="utf-8") == "old" and [each.name for each in tmp_path.glob(".*")] == []


def test_only_older_releases_of_the_experiment_stand_beside(folder: Path) -> None:
    assert [path.name for path in report.beside(folder / "2023-06")] == ["2023-05", "2023-04"]
    assert report.beside(folder / "2023-04") == []


def test_a_page_that_was_never_built_is_said_to_be_missing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "BUILT", tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match=r"not built: there is no index.html in .*; run `make page`.*Node 20"):
        page.write_report(folder / "2023-06", tmp_path / "page.html")


def test_a_wrong_destination_is_refused(stand_in: Path, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"destination must end in .html; got 'page.pdf'"):
        page.write_report(folder / "2023-06", tmp_path / "page.pdf")
    with pytest.raises(FileNotFoundError, match="make .* first"):
        page.write_report(folder / "2023-06", tmp_path / "none" / "page.html")


def test_a_build_of_another_shape_is_refused(stand_in: Path, newest: release.Release) -> None:
    (stand_in / "index.html").write_text("<html><head><title>x</title></head></html>", encoding="utf-8")
    with pytest.raises(ValueError, match="must have one program; .* has 0: build it again"):
        report.one_file(page.payload(newest), stand_in)
