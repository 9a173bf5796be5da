"""The command and the files it writes, from a file of events to a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from harmattan.alerts import bulletin, folder, write
from harmattan.alerts.standing import known_points
from harmattan.cli.alerts import alerts
from harmattan.panel import Panel
from harmattan.result import Caption

AT = "2021-06-17"

app = typer.Typer()
app.command()(alerts)


@pytest.fixture(scope="module")
def events(contagious: Panel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The points of the contagious world as a list of events with day and place."""
    path = tmp_path_factory.mktemp("events") / "events.csv"
    points = known_points(contagious).rename(columns={"day": "date"})
    points[["date", "lon", "lat"]].to_csv(path, index=False)
    return path


def run(*words: str) -> str:
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_command_prints_tables_or_json_and_writes_a_folder(events: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "alerts"
    words = ["--data", str(events), "--at", AT]
    printed = run(*words, "--past-from", "2021-03-01", "--out", str(out))
    assert "Alerts at the end of 17 June 2021" in printed and "Past alerts of every week" in printed
    assert f"Written: {out}" in printed
    told = json.loads(run(*words, "--json"))
    assert told["at"] == AT and told["fitted_to"] == "2021-05" and told["share"] == 0.5
    table = pd.read_csv(out / "regions.csv")
    assert [row["region"] for row in told["regions"]] == table["region"].tolist()
    assert pd.Series([row["expected_7"] for row in told["regions"]]).round(6).equals(table["expected_7"].round(6))
    assert told["knox"][-1]["km_to"] is None and {row["dealt"] for row in told["knox"]} == set(folder_tests(out))
    assert sorted(path.name for path in out.iterdir()) == [
        "alerts.txt", "bands_reached.csv", "knox.csv", "knox.png", "map.png", "molchan.png", "past.csv",
        "regions.csv", "regions_reached.csv", "rules.csv", "value.png",
    ]  # fmt: skip
    past = pd.read_csv(out / "past.csv", parse_dates=["day"])
    assert past["day"].max() <= pd.Timestamp(AT) - pd.Timedelta(7, "D")


def folder_tests(out: Path) -> list[str]:
    return pd.read_csv(out / "knox.csv")["dealt"].unique().tolist()


def test_counts_and_wrong_days_give_one_clear_error(events: Path) -> None:
    with pytest.raises(ValueError, match="counts by month and region only: give a file of events .*--data FILE"):
        run("--at", "2023-06-30")
    done = CliRunner().invoke(app, ["--data", str(events), "--at", "17.6.2021"])
    assert done.exit_code == 2 and "must be a day, YYYY-MM-DD" in done.output
    with pytest.raises(ValueError, match="got 2031-01-01"):
        run("--data", str(events), "--at", "2031-01-01")


def test_a_folder_is_written_whole_the_same_again_and_never_over_another(
    contagious: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    caption = Caption("Attacks of a made-up world", "made up", "CC0", ("A caveat.",))
    found = bulletin(contagious, caption, at=pd.Timestamp(AT), permutations=9)
    one, two = write(found, tmp_path / "one"), write(found, tmp_path / "two")
    for path in one.iterdir():
        assert path.read_bytes() == (two / path.name).read_bytes()
    assert "A caveat." in (one / "alerts.txt").read_text(encoding="utf-8")
    with pytest.raises(FileExistsError, match="never written over others"):
        write(found, one)

    def fail(_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(folder, "knox_chart", fail)
    with pytest.raises(OSError, match="no space left on the disk"):
        write(found, tmp_path / "three")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]
