import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from harmattan.blocks.kept import read_features
from harmattan.cli import blocks

app = typer.Typer()
app.command()(blocks.count)
app.command()(blocks.features)


def run(*words: str) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(3)
    table = {
        "SQLDATE": 20230100 + rng.integers(1, 33, 300),
        "lon": rng.uniform(0, 3, 300),
        "lat": rng.uniform(10, 12, 300),
    }
    pd.DataFrame({**table, "code": rng.choice(["18", "19", "04"], 300)}).to_parquet("events.parquet")
    row, column = (each.ravel() for each in np.indices((4, 5)))
    pd.DataFrame({"gid": (200 + row) * 720 + 360 + column + 1, "country": "BEN"}).to_csv("cells.csv", index=False)
    return tmp_path


COUNT = ("count", "events.parquet", "--date", "SQLDATE", "--lon", "lon", "--lat", "lat", "--only", "code=18,19")


def test_events_are_counted_and_become_features(folder: Path) -> None:
    frame = pd.read_parquet("events.parquet")
    asked, real = frame["code"] != "04", frame["SQLDATE"] <= 20230131
    told = run(*COUNT, "--out", "counts.parquet", "--first", "2022-01", "--last", "2023-06").splitlines()
    assert told[:3] == [
        f"300 rows read from 1 files, {(asked & real).sum()} counted",
        f"  {(~asked).sum()} not asked for",
        f"  {(asked & ~real).sum()} dropped: no date, or an impossible one",
    ]
    assert told[3].endswith("rows by region and month, 2022-01 to 2023-06")
    found = json.loads(run("features", "counts.parquet", "--regions", "cells.csv", "--out", "features", "--json"))
    counts = pd.read_parquet("counts.parquet")
    inside = counts["region"].isin(pd.read_csv("cells.csv")["gid"].astype(str))
    assert found["left_out"] == {"attacks": counts["attacks"][~inside].sum()}
    rows = read_features(folder / "features", first="2023-01", last="2023-01").set_index("region")
    lag = np.log1p(counts[inside].set_index("region")["attacks"]).reindex(rows.index).fillna(0)
    assert np.allclose(rows["lag(measure=attacks, months=0)"], lag)


def test_json_says_what_was_read(folder: Path) -> None:
    told = json.loads(run(*COUNT, "--out", "days.parquet", "--step", "day", "--level", "admin1", "--json"))
    assert told["rows"]["read"] == 300
    assert told["written"] == len(pd.read_parquet("days.parquet"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((*COUNT[:-1], "code", "--out", "x"), "expected COLUMN=VALUE,VALUE"),
        ((*COUNT, "--out", "x", "--step", "week"), "expected month or day"),
        ((*COUNT, "--out", "x", "--first", "2023"), "a month must be written YYYY-MM"),
        (("features", "counts.parquet", "--out", "x"), "give either --regions"),
    ],
)
def test_wrong_use_is_said(folder: Path, words: tuple[str, ...], message: str) -> None:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 2
    assert message in " ".join(done.output.replace("│", " ").split())
