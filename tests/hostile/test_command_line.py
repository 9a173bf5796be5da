"""At the command line every bad input gives one line and exit code 1 or 2, never a traceback."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harmattan.cli import main

from .cases import Case
from .corpus import CASES
from .experiments import GOOD


def bad(*doors: str) -> list[Case]:
    """The inputs of some doors that are to be refused."""
    return [case for case in CASES if case.door in doors and case.message is not None]


GOOD_TABLES = [case for case in CASES if case.door == "events and counts" and case.message is None]
TABLES, POLYGONS, SETTINGS = bad("events and counts"), bad("polygons"), bad("settings")
SUBMISSIONS, RELEASES = bad("submissions"), bad("releases", "outlines of a release")


def command(*words: object) -> int:
    """Run a command in this process and return its exit code; what is no way to leave is raised."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["harmattan", *map(str, words)])
        try:
            main()
        except SystemExit as leaving:
            return int(leaving.code or 0)
    return 0


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """Run a command that must be refused, and return the one line it says."""
    code = command(*words)
    said = capsys.readouterr()
    assert code in (1, 2), said.out
    assert "Traceback" not in said.err
    lines = [line for line in said.err.splitlines() if line.startswith("harmattan: ")]
    told = lines or [line for line in said.err.splitlines() if "Error" in line or "Invalid value" in line]
    assert len(told) == 1, said.err
    return told[0]


@pytest.mark.parametrize("case", [*TABLES, *GOOD_TABLES[::8]], ids=str)
def test_data_check(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = case.make(tmp_path)
    monkeypatch.chdir(tmp_path)
    if case.message is None:
        assert command("data", "check", path) == 0
        assert "source: " in capsys.readouterr().out
    else:
        refused(capsys, "data", "check", path)


@pytest.mark.parametrize("case", TABLES[::16], ids=str)
def test_run_on_a_bad_table(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = case.make(tmp_path)
    (tmp_path / "mine.toml").write_text(GOOD.replace('bundled = "attacks_bfa"\n', ""), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    refused(capsys, "run", "mine.toml", "--data", path)
    assert not (tmp_path / "releases").exists()


@pytest.mark.parametrize("case", SETTINGS[::3], ids=str)
def test_run_with_bad_settings(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = case.make(tmp_path)
    monkeypatch.chdir(tmp_path)
    refused(capsys, "run", path)
    assert not (tmp_path / "releases").exists()


@pytest.mark.parametrize("case", POLYGONS[::6], ids=str)
def test_run_with_bad_polygons(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = case.make(tmp_path)
    text = GOOD.replace('level = "province"', f"polygons = '{path}'").replace(
        'bundled = "attacks_bfa"', 'file = "a.csv"'
    )
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    (tmp_path / "a.csv").write_text("date,lon,lat\n2023-05-04,1,1\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    refused(capsys, "run", "mine.toml")


@pytest.mark.parametrize("case", SUBMISSIONS[::8], ids=str)
def test_submit(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = case.make(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text(GOOD, encoding="utf-8")
    refused(capsys, "submit", path, "--experiment", "mine.toml")


@pytest.mark.parametrize("case", RELEASES[::2], ids=str)
def test_export(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = case.make(tmp_path)
    refused(capsys, "export", path, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("case", RELEASES[::5], ids=str)
def test_releases_are_listed_or_refused(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A list reads manifests only: what is wrong with other files it does not see."""
    case.make(tmp_path)
    assert command("releases", "--releases", tmp_path) in (0, 1)
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "error", [MemoryError(), RecursionError("too deep"), KeyError("x"), TypeError("y"), UnicodeError("z")]
)
def test_errors_nobody_foresaw(
    error: Exception, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Memory and text that cannot be decoded are told in a line; a mistake of ours keeps its traceback."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("harmattan.release.releases", fail)
    if isinstance(error, KeyError | TypeError):
        with pytest.raises(type(error)):
            command("releases", "--releases", tmp_path)
    else:
        refused(capsys, "releases", "--releases", tmp_path)
