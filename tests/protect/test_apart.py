"""Worksheets stay apart: no import leads from them to what is published, and none back."""

from __future__ import annotations

import ast
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from harmattan.cli import worksheet
from harmattan.paths import PACKAGE
from harmattan.protect import MARKING
from harmattan.result import Result

PUBLISHED = ("tracking", "release", "exports", "page", "api", "outlooks", "maps", "charts", "comparison", "sweep")


def imported(folder: str) -> set[str]:
    """Every module of the project that the modules of a package import, anywhere in them."""
    found: set[str] = set()
    for path in (PACKAGE / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
            if isinstance(node, ast.Import):
                found |= {each.name for each in node.names}
    return found


def reached(start: str) -> set[str]:
    """The parts of the project that `start` imports, and those that they do."""
    parts = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    known, left = {start}, [start]
    while left:
        part = left.pop()
        place = PACKAGE / part
        names = imported(part) if place.is_dir() else imported_by(place.with_suffix(".py"))
        next_ = {each.split(".")[1] for each in names if each.startswith("harmattan.")} & parts - known
        known |= next_
        left += next_
    return known


def imported_by(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for name in (node.module, *(f"{node.module}.{each.name}" for each in node.names))
    }


def test_worksheets_reach_nothing_that_is_published() -> None:
    assert not reached("protect") & set(PUBLISHED)
    assert not {each for each in imported("protect") if each.startswith("mlflow")}


def test_nothing_but_the_command_reads_worksheets() -> None:
    assert set(PUBLISHED) <= {path.stem for path in PACKAGE.iterdir()}
    named = re.compile(r"harmattan\.protect|from harmattan import [^\n]*\bprotect\b")
    readers = {path for path in PACKAGE.rglob("*.py") if named.search(path.read_text(encoding="utf-8"))}
    assert {path.relative_to(PACKAGE).as_posix() for path in readers if path.parent.name != "protect"} == {
        "cli/__init__.py",
        "cli/worksheet.py",
    }


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """Runs a command of the group in an empty folder and returns what it prints."""
    app = typer.Typer()
    for command in (worksheet.new, worksheet.score, worksheet.what_if):
        app.command()(command)
    monkeypatch.chdir(tmp_path)

    def command(*words: str) -> str:
        monkeypatch.setattr(sys, "argv", ["worksheet", *words])
        app(list(words), standalone_mode=False)
        return capsys.readouterr().out

    return command


def test_the_commands(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert run("new", "e.csv").startswith(f"{MARKING}\nWritten: e.csv")
    run("new", "e.xlsx", "--from", "e.csv")
    run("new", "back.csv", "--from", "e.xlsx")
    assert (tmp_path / "back.csv").read_bytes() == (tmp_path / "e.csv").read_bytes()
    run("new", "own.xlsx", "--site", "Depot", "--site", "Clinic", "--rater", "Awa")
    said = run("score", "e.csv", "--to", "e.html", "--to", "t.xlsx")
    assert said.startswith(MARKING)
    assert "Written: t.xlsx" in said
    assert run("score", "e.csv") == run("score", "e.xlsx")
    told = run("what-if", "e.csv", "Embassy in the capital: effect -3")
    assert "39.0 → 36.0" in told


def test_json_is_marked_and_whole(run) -> None:  # type: ignore[no-untyped-def]
    run("new", "e.csv")
    said = json.loads(run("score", "e.csv", "--json"))
    assert said["marking"] == MARKING
    assert [each["rank"] for each in said["ranking"]] == [1, 2, 3]
    assert [each["criterion"] for each in said["agreement"]][-1] == "total"
    said = json.loads(run("what-if", "e.csv", "Embassy in the capital: effect -3", "--json"))
    assert said["changed"][-1]["difference"] == -3


def test_a_release_stands_beside_the_totals(  # type: ignore[no-untyped-def]
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_result: Result
) -> None:
    run("new", "e.csv")
    code = str(small_result.forecast.regions[0])
    (tmp_path / "r.csv").write_text((tmp_path / "e.csv").read_text().replace(",\nEmb", f",{code}\nEmb"))
    monkeypatch.setattr("harmattan.release.read", lambda path: SimpleNamespace(forecast=small_result.forecast))
    plain = json.loads(run("score", "r.csv", "--json"))["ranking"]
    said = json.loads(run("score", "r.csv", "--release", "any", "--json"))
    chances = [each.pop("chance") for each in said["ranking"]]
    assert chances == [None, *chances[1:]]
    assert [each["total"] for each in said["ranking"]] == [each["total"] for each in plain]
    assert "not given" in run("score", "r.csv", "--release", "any", "--to", "r.html")
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "chance in the region, 2023-07 to 2023-09" in page
    assert code in page


def test_names_in_brackets_are_printed_whole(run) -> None:  # type: ignore[no-untyped-def]
    run("new", "e.csv")
    text = Path("e.csv").read_text(encoding="utf-8")
    Path("b.csv").write_text(text.replace("Embassy in the capital", "[red] Depot"), encoding="utf-8")
    assert "│ [red] Depot" in run("score", "b.csv")


def test_wrong_use_is_told(run) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(typer.BadParameter, match="at least one --site and one --rater"):
        run("new", "e.csv", "--site", "Depot")
    with pytest.raises(typer.BadParameter, match="leave out --site and --rater"):
        run("new", "e.csv", "--site", "Depot", "--rater", "Awa", "--from", "x.csv")
