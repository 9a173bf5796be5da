"""Releases are scored as the backtest scores."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harmattan import release
from harmattan.backtest import forecast_all, score_rows
from harmattan.ledger.scoring import UNKNOWN, score
from harmattan.models.baselines import Conflictology
from harmattan.panel import Panel
from harmattan.scores.table import score_table

PLACES = ["small/2023-06", "small/2023-06.2"]


def test_the_scores_are_those_of_the_backtest(two: Path, burkina: Panel) -> None:
    found = score(two, PLACES)
    assert not found.left_out and found.table["release"].unique().tolist() == PLACES
    forecast = release.read(two / PLACES[0]).forecast
    _, beside = forecast_all(burkina, {"c": Conflictology()}, origin=forecast.origin, horizons=forecast.horizons)
    rows = score_rows(burkina, {"release": forecast, "conflictology": beside["c"]}, seed=1)
    expected = score_table(rows, ["conflictology"])
    mine = found.table[found.table["release"] == PLACES[0]]
    pd.testing.assert_frame_equal(mine[list(expected)].reset_index(drop=True), expected)
    assert set(mine["champion"]) == {"rate"} and set(mine["horizon"]) == {1, 2, 3, 4}


def test_the_data_are_named(two: Path, burkina: Panel) -> None:
    table = score(two, PLACES[:1]).table
    said = release.read(two / PLACES[0]).manifest["data"]["panel_sha256"]
    assert set(table["data"]) == {f"panel {burkina.content_hash()[:12]}"}
    assert set(table["baseline_data"]) == {f"panel {said[:12]}"}


def counts(panel: Panel, last: str, path: Path) -> str:
    long = panel.attacks.loc["2021-01":last].melt(ignore_index=False, value_name="attacks")  # type: ignore[misc]
    long = long.reset_index().rename(columns={"region": "region"})
    table = long.assign(month=long["month"].astype(str), attacks=long["attacks"].astype(int), deaths=0)
    table[["region", "month", "attacks", "deaths"]].to_csv(path, index=False)
    return str(path)


def test_another_file_may_tell_what_came(two: Path, burkina: Panel, tmp_path: Path) -> None:
    table = score(two, PLACES[:1], file=counts(burkina, "2023-08", tmp_path / "later.csv")).table
    assert set(table["horizon"]) == {1, 2} and set(table["baseline_data"]) != {UNKNOWN}
    whole = score(two, PLACES[:1]).table
    key = ["model", "set", "horizon", "score"]
    # The set hard looks back further than the file goes.
    both = table[table["set"] == "all"].merge(whole, on=key)
    np.testing.assert_allclose(both["value_x"], both["value_y"], atol=1e-12)


def test_what_cannot_be_scored_is_named(releases: Path, burkina: Panel, tmp_path: Path) -> None:
    shutil.rmtree(releases / PLACES[0] / "expansion", ignore_errors=True)
    (releases / PLACES[0] / "draws.npz").unlink()
    found = score(releases, PLACES, file=counts(burkina, "2023-06", tmp_path / "now.csv"))
    assert found.table.empty and list(found.left_out) == PLACES
    assert "draws.npz; it is gone" in found.left_out[PLACES[0]]
    assert found.left_out[PLACES[1]] == ("nothing to score yet: it looks ahead from 2023-07, the data end in 2023-06")


def test_a_file_that_is_not_there_is_an_error(two: Path) -> None:
    with pytest.raises(ValueError, match="there is no file"):
        score(two, PLACES, file="none.csv")
