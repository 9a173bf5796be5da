"""The files of a briefing: whole or not at all, the same bytes each time, readable by people and by machines."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harmattan.briefing import contents, last_before, write
from harmattan.briefing.drawing import draw_map
from harmattan.briefing.facts import Facts, facts_of
from harmattan.briefing.layout import to_html
from harmattan.briefing.naming import Words
from harmattan.briefing.pdf import PdfMissingError
from harmattan.briefing.speech import Speech
from harmattan.briefing.wording import LANGUAGES, words_of
from harmattan.release import Release, read, verify
from harmattan.result import Result

from .speaking import plain

VOID = {"meta", "img"}


class Reader(HTMLParser):
    """Reads a page, and fails if a tag is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.seen if name == tag]


def page_of(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    assert not reader.open
    return reader


@pytest.fixture(scope="module")
def written(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    place = tmp_path_factory.mktemp("briefings")
    return {
        language: write(
            folder / "2023-06", language=language, destination=place / f"{language}.html", pdf=language == "fr"
        )
        for language in LANGUAGES
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_holds_every_sentence_and_asks_for_nothing(
    written: dict[str, list[Path]], cases: dict[str, Facts], language: str
) -> None:
    text = written[language][0].read_text(encoding="utf-8")
    page = page_of(text)
    told = contents.briefing(cases["usual"], Speech(words_of(language), language))
    shown = re.sub(r"\s+", " ", plain(page.text))
    for said in told.said:
        assert plain(said.text).replace("`", "") in shown
    assert page.all("html")[0]["lang"] == language
    (picture,) = page.all("img")
    assert plain(told.headline.text) in plain(str(picture["alt"])) and str(picture["src"]).startswith("data:")
    assert not re.search(r"(src|href)=\"(?!data:)", text) and "default-src 'none'" in text
    assert not page.all("script") and len(page.all("h1")) == 1
    assert all(title.get("scope") for title in page.all("th"))


def test_the_pdf_is_tagged_numbered_and_has_its_fonts(written: dict[str, list[Path]]) -> None:
    from pypdf import PdfReader

    pdf = PdfReader(written["fr"][1])
    root: Any = pdf.trailer["/Root"]
    assert 2 <= len(pdf.pages) <= 4
    assert root["/Lang"] == "fr" and root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert "Burkina Faso" in str(pdf.metadata and pdf.metadata.title)
    for place, page in enumerate(pdf.pages, start=1):
        text = plain(page.extract_text())
        assert f"Page {place} sur {len(pdf.pages)}" in text and "CC BY 4.0" in text and "UCDP" in text
        for font in page["/Resources"]["/Font"].values():
            (inner,) = font.get_object()["/DescendantFonts"]
            descriptor = inner.get_object()["/FontDescriptor"].get_object()
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)
            assert "Briefing" in str(descriptor["/FontName"])
    figures = [each for each in _tags(root["/StructTreeRoot"]) if each.get("/S") == "/Figure"]
    assert len(figures) == 1 and len(str(figures[0]["/Alt"])) > 50


def _tags(tag: Any) -> list[Any]:
    found = tag.get_object()
    if not hasattr(found, "get"):
        return []
    below = found.get("/K", [])
    below = below if isinstance(below, list) else [below]
    return [found, *(each for one in below if not isinstance(one, int) for each in _tags(one))]


def test_the_same_release_gives_the_same_bytes(written: dict[str, list[Path]], folder: Path, tmp_path: Path) -> None:
    again = write(folder / "2023-06", language="fr", destination=tmp_path / "again.html")
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in written["fr"]]


def test_it_stands_beside_the_release_which_stays_as_it_was(folder: Path) -> None:
    before = {path: path.read_bytes() for path in (folder / "2023-06").rglob("*") if path.is_file()}
    (made,) = write(folder / "2023-06", language="fr", pdf=False)
    assert made == folder.resolve() / "2023-06.briefing.fr.html"
    assert {path: path.read_bytes() for path in (folder / "2023-06").rglob("*") if path.is_file()} == before
    verify(folder / "2023-06")
    made.unlink()


def test_without_pango_the_page_is_written_and_one_message_says_what_to_install(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(PdfMissingError, match=r"pip install 'harmattan\[pdf\]'.* apt install libpango-1.0-0"):
        write(folder / "2023-06", language="en", destination=tmp_path / "a.html")
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


def test_a_briefing_that_cannot_be_written_leaves_the_one_there_is(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = tmp_path / "a.html"
    there.write_text("as it was", encoding="utf-8")

    def full(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("harmattan.whole.os.fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write(folder / "2023-06", language="en", destination=there, pdf=False)
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ["as it was"]


def test_bad_places_are_refused(folder: Path, tmp_path: Path) -> None:
    release = folder / "2023-06"
    for destination, error, message in (
        (tmp_path / "a.pdf", ValueError, "must end in .html; got 'a.pdf'"),
        (tmp_path / "none" / "a.html", FileNotFoundError, "make .*none first"),
        (release / "maps" / "a.html", ValueError, "a release is never changed"),
    ):
        with pytest.raises(error, match=message):
            write(release, language="en", destination=destination)


def test_the_newest_older_release_is_found_in_its_latest_revision(folder: Path, tmp_path: Path) -> None:
    import shutil

    for name in ("2023-05", "2023-05.2", "2023-05.10"):
        shutil.copytree(folder / "2023-05", tmp_path / name)
    shutil.copytree(folder / "2023-06", tmp_path / "2023-06")
    assert last_before(tmp_path / "2023-06") == tmp_path / "2023-05.10"
    assert last_before(tmp_path / "2023-05") is None


def test_the_users_copy_of_the_source_gives_the_record(
    small_result: Result, cases: dict[str, Facts], tmp_path: Path
) -> None:
    facts = cases["usual"]
    assert facts.before is not None and facts.record is not None
    own = {"data.file": "own.csv", "regions.level": "province", "forecast.lag": "0"}
    now, before = (_with_settings(each, own) for each in (facts.release, facts.before))
    assert facts_of(now, before).record is None
    counts = small_result.panel.attacks.stack().rename("attacks").reset_index()
    counts.columns = pd.Index(["month", "region", "attacks"])
    counts.assign(month=counts["month"].astype(str), attacks=counts["attacks"].astype(int), deaths=0).to_csv(
        tmp_path / "own.csv", index=False
    )
    told = facts_of(now, before, data=tmp_path / "own.csv")
    assert told.record is not None
    pd.testing.assert_frame_equal(told.record, facts.record.astype("float64"), check_names=False)


def _with_settings(release: Release, settings: dict[str, str]) -> Release:
    return replace(release, manifest={**release.manifest, "settings": settings})


def test_words_of_others_cannot_change_the_page(cases: dict[str, Facts]) -> None:
    facts = cases["usual"]
    caption = {
        **facts.release.manifest["caption"],
        "title": "<b>&",
        "caveats": ["</li><script>x</script>"],
        "source": '"<i>\\',
    }
    odd = replace(facts, release=replace(facts.release, manifest={**facts.release.manifest, "caption": caption}))
    told = contents.briefing(odd, Speech(words_of("fr"), "fr"))
    page = page_of(to_html(told, colon=" :"))
    assert not page.all("script") and not page.all("b") and "</li><script>x</script>" in page.text
    assert [each.get("lang") for each in page.all("li") if "lang" in each] == ["en"]


@pytest.mark.parametrize("name", ["not all covered", "one region", "coast"])
def test_the_map_says_where_it_has_no_forecast(cases: dict[str, Facts], name: str) -> None:
    facts = cases[name]
    svg, unsure, outside = draw_map(Words(facts, Speech(words_of("fr"), "fr")))
    assert svg.startswith("<?xml") and outside and unsure == bool(facts.window["unsure"].any())


def test_the_map_is_the_same_each_time_and_other_in_another_language(cases: dict[str, Facts]) -> None:
    facts = cases["usual"]
    one, two, french = (draw_map(Words(facts, Speech(words_of(each), each)))[0] for each in ("en", "en", "fr"))
    assert one == two != french


def test_the_command_writes_and_says_where(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], run_command: Callable[[list[str]], int]
) -> None:
    out = tmp_path / "b.html"
    assert run_command([str(folder / "2023-06"), "--lang", "fr", "--out", str(out), "--no-pdf"]) == 0
    assert capsys.readouterr().out == f"Written: {out}\n"
    assert read(folder / "2023-06").manifest["caption"]["title"] and "Liste de veille" in out.read_text(
        encoding="utf-8"
    )
