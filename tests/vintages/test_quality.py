"""What a person should look at before a file is used."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from harmattan.cli import data
from harmattan.counts import Counts
from harmattan.events import Events, event_table
from harmattan.sources import read
from harmattan.vintages.quality import Finding, coverage, findings

Rows = list[dict[str, Any]]
Write = Callable[[str, Rows], Path]

app = typer.Typer()
for name, command in (("check", data.check), ("add", data.add), ("list", data.list_snapshots), ("diff", data.diff)):
    app.command(name=name)(command)


def told(*words: str) -> str:
    done = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def looked(table: dict[str, Any]) -> dict[str, Finding]:
    return {each.check: each for each in findings(Events(event_table(table), "example"))}


def test_lost_minus_signs_of_the_real_record_are_found(shared: Path) -> None:
    found = read(shared / "data" / "events" / "ucdp_ged_burkina_faso_2016_2023.parquet")
    outside = {each.check: each for each in findings(found)}["outside the stated country"]
    assert [(row["event"], row["if"]) for row in outside.records()] == [
        ("479856", "longitude -2.638"),
        ("501478", "longitude -3.659"),
    ]


@pytest.mark.parametrize(
    ("lon", "lat", "country", "remedy"),
    [
        (-1.6, -14.1, "BFA", "latitude 14.100"),
        (14.1, -1.6, "BFA", "longitude -1.600 and latitude 14.100"),
        (2.6, -12.9, "BFA", "longitude -2.600 and latitude 12.900"),
        (7.0, 9.0, "BFA", "nothing simple"),
    ],
)
def test_slips_of_the_pen_are_named(lon: float, lat: float, country: str, remedy: str) -> None:
    day = ["2023-05-04"]
    found = looked({"event": ["1"], "start": day, "lon": [lon], "lat": [lat], "country": [country]})
    assert found["outside the stated country"].records()[0]["if"] == remedy


def test_places_at_a_border_abroad_and_of_a_whole_country_pass() -> None:
    places = [(-0.2, 15.1), (2.35, 48.9), (-30.0, 0.0)]
    table = {
        "event": ["border", "elsewhere", "country"], "start": ["2023-05-04"] * 3, "lon": [each[0] for each in places],
        "lat": [each[1] for each in places], "country": ["BFA", "France", "BFA"], "where_prec": [1, 1, 6],
    }  # fmt: skip
    assert looked(table)["outside the stated country"].number == 0


def test_twice_uncoded_unknown_and_coarse() -> None:
    table = {
        "event": list("abcde"), "start": ["2023-05-04"] * 5, "lon": [-1.6] * 5, "lat": [14.1] * 5,
        "country": ["BFA"] * 5,
        "actor_a": ["JNIM", "JNIM", "XXX140", "Unknown", "JNIM"], "actor_b": ["Civilians"] * 4 + [None],
        "where_prec": [1, 1, 5, 1, 1], "date_prec": [1, 1, 1, 5, 1],
    }  # fmt: skip
    found = looked(table)
    assert [row["event"] for row in found["same day, place and sides"].records()] == ["a", "b"]
    assert [row["event"] for row in found["actors not coded"].records()] == ["c"]
    assert [row["event"] for row in found["actors unknown"].records()] == ["d", "e"]
    assert [row["event"] for row in found["placed or dated coarsely"].records()] == ["c", "d"]


def series(numbers: np.ndarray[Any, Any]) -> Counts:
    months = pd.period_range("2019-01", periods=len(numbers), freq="M")
    table = pd.DataFrame({"region": "BF5602", "month": months, "attacks": numbers.astype(float), "deaths": 0.0})
    table = table[table["attacks"] > 0].astype({"region": "str"}).reset_index(drop=True)
    return Counts(table, "example", months[0], months[-1])


def test_spikes_gaps_and_late_months() -> None:
    numbers = np.random.default_rng(1).poisson(40, 48)
    numbers[30], numbers[35], numbers[47] = 200, 0, 8
    found = {each.check: each for each in findings(series(numbers))}
    assert [row["month"] for row in found["spikes"].records()] == ["2021-07"]
    assert [row["month"] for row in found["months without any row"].records()] == ["2021-12"]
    assert [(row["month"], row["attacks"]) for row in found["late months"].records()] == [("2022-12", 8.0)]


@pytest.mark.parametrize("mean", [0.3, 3.0, 30.0])
def test_an_ordinary_record_has_hardly_any_spike(mean: float) -> None:
    rng = np.random.default_rng(2)
    number = [
        {each.check: each for each in findings(series(rng.poisson(mean, 120)))}["spikes"].number for _ in range(5)
    ]
    assert sum(number) <= 2


def test_unknown_regions() -> None:
    month = pd.PeriodIndex(["2023-05"] * 2, freq="M")
    table = pd.DataFrame({"region": ["BF5602", "nowhere"], "month": month, "attacks": 1.0, "deaths": 0.0})
    found = Counts(table.astype({"region": "str"}), "example", month[0], month[0])
    assert {each.check: each for each in findings(found)}["unknown regions"].records() == [{"region": "nowhere"}]


def test_coverage_has_every_month() -> None:
    table = {"event": ["a", "b"], "start": ["2023-01-04", "2023-03-04"], "country": ["BFA", None]}
    wide = coverage(Events(event_table(table), "example"))
    assert wide.to_dict("list") == {"BFA": [1.0, 0.0, 0.0], "unknown": [0.0, 0.0, 1.0]}


def test_the_commands(ged: Write, monthly: Callable[..., Rows], tmp_path: Path) -> None:
    rows = monthly("2023-05", 1, 4)
    file, store = ged("GEDEvent_v23_0_5.csv", rows), str(tmp_path / "v")
    assert "no snapshot in" in told("list", "--vintages", store)
    first = told("add", str(file), "--vintages", store, "--known", "2023-06-20")
    assert first.startswith("kept: ucdp-23.0.5 (") and "4 events, 2023-05 to 2023-05, known 2023-06-20" in first
    assert told("add", str(file), "--vintages", store).startswith("already there: ucdp-23.0.5 (")
    later = ged("GEDEvent_v24_1.csv", [{**rows[0], "best": 7}, *rows[2:], {"id": "new", "date_start": "2023-05-09"}])
    said = told("check", str(later), "--vintages", store)
    assert "revised since: 2 of 4: revised or removed since the earlier snapshot, in the months of both" in said
    assert "  event 202305000, change revised, columns deaths, month 2023-05, region BFA, Sahel region" in said
    told("add", str(later), "--vintages", store, "--known", "2024-06-20", "--json")
    assert [each["name"] for each in json.loads(told("list", "--vintages", store, "--json"))] == [
        "ucdp-23.0.5", "ucdp-24.1",
    ]  # fmt: skip
    assert "ucdp-24.1" not in told("list", "--vintages", store, "--known", "2024-01-01")
    changed = json.loads(told("diff", "ucdp-23.0.5", "ucdp-24.1", "--vintages", store, "--json"))
    assert [each["change"] for each in changed["rows"]] == ["revised", "removed", "added"]
    report = json.loads(told("check", str(later), "--vintages", store, "--json"))
    assert report["attacks"] == {"BFA": {"2023-05": 4.0}}
    assert {each["check"]: each["number"] for each in report["findings"]}["revised since"] == 2
