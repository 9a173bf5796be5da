"""The command, from two folders to a table, sentences and files."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from harmattan import changes as package
from harmattan.changes import PARTS, Changes
from harmattan.cli.changes import changes

app = typer.Typer()
app.command()(changes)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Changes:
    """Two regions, one window; what the split itself gives is tested beside it."""
    months = [pd.Period("2024-01", "M")]
    table = pd.DataFrame(
        {
            "region": ["BF5603", "BF5601"],
            "name": ["Soum", "Oudalan"],
            "country": "BFA",
            "window": "next_month",
            "first_month": "2024-01",
            "last_month": "2024-01",
            "quantity": "p1",
            "before": [0.5, 0.30],
            "after": [0.5, 0.46],
            "change": [0.0, 0.16],
            "revised": [0.0, 0.02],
            "new": [0.0, 0.15],
            "model": [0.0, -0.01],
            "code": 0.0,
            "noise": 0.05,
        }
    )
    made = Changes(tmp_path / "2023-11", tmp_path / "2023-12", "attacks", {"next_month": months}, table, True, ("So.",))
    monkeypatch.setattr(package, "changes", lambda older, newer, *, workers, progress, own_code: made)
    monkeypatch.setattr(package, "write_for_page", lambda given: None)
    monkeypatch.setattr(package, "why_not_on_page", lambda given: "it has none")
    return made


def run(*words: str) -> str:
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_largest_change_is_told_first(found: Changes, tmp_path: Path) -> None:
    out = tmp_path / "table.parquet"
    said = run("a", "b", "--out", str(out))
    assert "Oudalan: the chance of at least one attack in January 2024 rose from 30 % to 46 %, by 16 points: " in said
    assert "revised data +2, new data +15 and model -1." in " ".join(said.split())
    assert said.index("Oudalan:") < said.index(
        "Soum: the chance of at least one attack in January 2024 is 50 % as before."
    )
    assert "So." in said and "Not for the review page: it has none." in said
    pd.testing.assert_frame_equal(pd.read_parquet(out), found.table)
    assert "Soum:" not in run("a", "b", "--top", "1")


def test_json_is_the_whole_table(found: Changes) -> None:
    told = json.loads(run("a", "b", "--json"))
    assert told["separable"] and told["notes"] == ["So."]
    assert [{name: row[name] for name in PARTS} for row in told["changes"]] == found.table[list(PARTS)].to_dict(
        "records"
    )


def test_a_file_of_another_kind_is_refused_before_the_work(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["a", "b", "--out", "changes.xlsx"])
    assert done.exit_code == 2 and "must end with .csv or .parquet" in done.output
