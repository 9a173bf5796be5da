"""The folder of a profile: whole or not at all, complete in both languages, and silent about places."""

from __future__ import annotations

import json
import re
import string
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harmattan import whole
from harmattan.events import Events
from harmattan.incidents import Profile, caveats, incidents, profile, summary, write
from harmattan.incidents import files as written
from harmattan.incidents.templates import PHRASES
from harmattan.regions import Regions


@pytest.fixture(scope="module")
def told(busy: Events, units: Regions) -> Profile:
    return profile(incidents(busy, "JNIM", regions=units), "2022-01", "2022-12", rng=np.random.default_rng(1))


@pytest.fixture(scope="module")
def folder(told: Profile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(told, tmp_path_factory.mktemp("profiles") / "deep" / "2022", language="fr", file="mine.csv")


def test_the_folder_is_whole(folder: Path) -> None:
    names = {"kinds.csv", "kinds.png", "map.png", "months.csv", "profile.html", "profile.json", "regions.csv"}
    assert {path.name for path in folder.iterdir()} == {*names, "rhythm.png", "timeline.png"}
    assert [path.name for path in folder.parent.iterdir()] == ["2022"]


def test_numbers_are_those_of_the_profile(folder: Path, told: Profile) -> None:
    found = json.loads((folder / "profile.json").read_text(encoding="utf-8"))
    assert found["attacks"] == len(told.table)
    assert found["readings"] == told.readings.to_dict()
    assert found["change"]["now"] + found["change"]["before"] == len(told.incidents.table)
    assert found["summary"] == summary(told, "fr")
    for name in ("regions", "months"):
        table = pd.read_csv(folder / f"{name}.csv")
        assert table["all"].sum() == len(told.table) == sum(row["all"] for row in found[name])
    assert pd.read_csv(folder / "kinds.csv")["attacks"].sum() == len(told.table)


def test_the_page_needs_nothing_else_and_says_everything(folder: Path, told: Profile) -> None:
    page = (folder / "profile.html").read_text(encoding="utf-8")
    assert '<html lang="fr">' in page
    assert page.count('src="data:image/png;base64,') == page.count("<img") == 4
    assert not re.search(r'(?:src|href)="(?!data:)|<script|@import', page)
    assert "@media print" in page
    text = re.sub(r"<[^>]+>", " ", page).replace("&#x27;", "'").replace("&amp;", "&").replace("&lt;", "<")
    for sentence in [*summary(told, "fr"), *caveats(told, "fr")]:
        assert sentence in text


def test_the_same_profile_gives_the_same_bytes_and_replaces_the_earlier(folder: Path, told: Profile) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert write(told, folder, language="fr", file="mine.csv") == folder
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in folder.parent.iterdir()] == ["2022"]


def test_other_folders_are_left_alone(told: Profile, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="holds something other than a profile; name another folder with --out"):
        write(told, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_nothing_half_written_is_left(claimed: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(folder: Path, *, inside: bool = True) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(written, "_pictures", lambda told, language: dict.fromkeys(("map", "timeline", "kinds"), b""))
    monkeypatch.setattr(whole, "flush", fail)
    with pytest.raises(OSError, match="no space left"):
        write(claimed, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_every_phrase_fills_the_same_braces_in_both_languages() -> None:
    for name, (english, french) in PHRASES.items():
        fields = [{field for _, field, _, _ in string.Formatter().parse(text) if field} for text in (english, french)]
        assert fields[0] == fields[1], name


def test_a_third_language_is_refused(claimed: Profile, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a profile is written in en or fr; got 'de'"):
        write(claimed, tmp_path / "out", language="de")
    assert list(tmp_path.iterdir()) == []
