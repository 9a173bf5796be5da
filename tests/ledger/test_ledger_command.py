"""The commands, on two releases."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from harmattan.cli import ledger

app = typer.Typer()
app.command(name="list")(ledger.list_lines)
app.command()(ledger.check)
app.command()(ledger.score)


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.stdout


def test_the_ledger_is_listed(two: Path) -> None:
    told = json.loads(run("list", "--releases", str(two), "--json"))
    assert [(each["line"], each["release"]) for each in told] == [(1, "small/2023-06"), (2, "small/2023-06.2")]
    assert "small/2023-06.2" in run("list", "--releases", str(two))


def test_a_check_leaves_with_1_where_something_is_wrong(releases: Path) -> None:
    assert "2 lines, all as issued; the last is " in run("check", "--releases", str(releases))
    (releases / "small" / "2023-06" / "README.txt").unlink()
    said = run("check", "--releases", str(releases), code=1)
    assert said.startswith("small/2023-06: the release ") and "README.txt; it is gone" in said
    told = json.loads(run("check", "--releases", str(releases), "--json", code=1))
    assert told["lines"] == 2 and told["problems"][0]["where"] == "small/2023-06"


def test_scores_are_printed_and_written_only_if_asked(two: Path, tmp_path: Path) -> None:
    before = sorted(two.rglob("*"))
    out = tmp_path / "scores.csv"
    said = run("score", "--releases", str(two), "--experiment", "small", "--to", str(out))
    assert "What came: panel " in said and "conflictology" in said
    assert set(pd.read_csv(out)["release"]) == {"small/2023-06", "small/2023-06.2"}
    assert sorted(two.rglob("*")) == before


def test_what_cannot_be_scored_is_refused(two: Path) -> None:
    with pytest.raises(ValueError, match="has no release of other; see `harmattan ledger list`"):
        run("score", "--releases", str(two), "--experiment", "other")
    assert "must end with" in CliRunner().invoke(app, ["score", "--to", "x.txt"]).output
