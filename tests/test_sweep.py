"""A sweep tries every combination once, goes on where it was stopped, and never believes a damaged cache."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from harmattan import cache as kept
from harmattan import sweep as sweeps
from harmattan import tracking
from harmattan.experiment import backtest_of
from harmattan.months import month
from harmattan.settings import SettingsError
from harmattan.sweep import run_sweep
from harmattan.sweep.grid import combinations, experiment_of

VALUES: dict[str, Any] = {
    "name": "small",
    "title": "Attacks, quickly",
    "data": {"bundled": "attacks_bfa"},
    "regions": {"level": "province"},
    "forecast": {"horizons": 3, "draws": 100},
    "backtest": {"origins": 10, "horizons": [1, 3]},
    "models": {
        "conflictology": {"kind": "conflictology", "baseline": True},
        "discounted": {"kind": "discounted"},
        "logistic": {
            "kind": "direct", "estimator": "logistic", "scale": True, "parameters": {"C": 0.01, "max_iter": 300}
        },
        "pool": {"kind": "pool", "members": ["conflictology", "discounted"]},
    },
}  # fmt: skip
SWEEP = {"models.logistic.parameters.C": [0.01, 0.001], "forecast.learn_from": [60, 24]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def result(folder: Path) -> sweeps.SweepResult:
    return run_sweep(VALUES, SWEEP, cache=folder)


def test_every_combination_is_tried_and_has_the_rows_of_a_backtest(result: sweeps.SweepResult) -> None:
    assert [each.name for each in result.combinations] == [
        "C=0.01, learn_from=60", "C=0.01, learn_from=24", "C=0.001, learn_from=60", "C=0.001, learn_from=24"
    ]  # fmt: skip
    for each in (result.combinations[0], result.combinations[3]):
        _, experiment = combinations(VALUES, SWEEP)[each.name]
        pd.testing.assert_frame_equal(
            backtest_of(experiment).rows.sort_values(["model", "origin"], ignore_index=True, kind="stable"),
            each.rows.sort_values(["model", "origin"], ignore_index=True, kind="stable"),
        )


def test_what_the_sweep_does_not_touch_is_tried_once(result: sweeps.SweepResult) -> None:
    assert (result.tried, result.reused) == (4 + 3, 3 * 3)
    assert set(result.table.loc[result.table["combination"] == "every", "model"]) == {
        "conflictology", "discounted", "pool"
    }  # fmt: skip
    assert len(result.table) == 3 + 4


def test_the_table_names_the_best_and_compares_with_the_first(result: sweeps.SweepResult) -> None:
    table = result.table
    assert table["log_score"].is_monotonic_increasing
    means = {each.name: each.scores for each in result.combinations}
    for row in table[table["combination"] != "every"].itertuples():
        scores = means[row.combination]
        own = scores[(scores["set"] == "all") & (scores["score"] == "log_score") & (scores["model"] == row.model)]
        assert row.log_score == pytest.approx(own["value"].mean())
    touched = table[table["combination"] != "every"].set_index("combination")
    first = touched.loc["C=0.01, learn_from=60"]
    assert np.isnan(first["difference"])
    other = touched.drop("C=0.01, learn_from=60")
    np.testing.assert_allclose(other["difference"], first["log_score"] - other["log_score"])
    assert ((other["lower"] < other["difference"]) & (other["difference"] < other["upper"])).all()
    assert (other["months"] == 10).all()


def test_a_second_time_nothing_is_tried(result: sweeps.SweepResult, folder: Path) -> None:
    again = run_sweep(VALUES, SWEEP, cache=folder, workers=2)
    assert (again.tried, again.reused) == (0, 16)
    pd.testing.assert_frame_equal(again.table, result.table)


def test_workers_change_nothing(result: sweeps.SweepResult, tmp_path: Path) -> None:
    again = run_sweep(VALUES, SWEEP, cache=tmp_path, workers=2)
    pd.testing.assert_frame_equal(again.table, result.table)


@pytest.mark.parametrize("damage", ["cut", "flip", "other", "empty"])
def test_a_damaged_entry_is_computed_again(damage: str, result: sweeps.SweepResult, folder: Path) -> None:
    path, other = (
        _entry(each, folder, "logistic", "2023-06") for each in (result.combinations[1], result.combinations[0])
    )
    whole = path.read_bytes()
    content = bytearray(whole)
    if damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "flip":
        content[1000] ^= 0xFF
    elif damage == "other":
        content = bytearray(other.read_bytes())
    else:
        content = bytearray()
    path.write_bytes(content)
    assert kept.read(folder, path.stem) is None
    again = run_sweep(VALUES, SWEEP, cache=folder)
    assert again.tried == 1
    pd.testing.assert_frame_equal(again.table, result.table)
    assert path.read_bytes() == whole


def test_a_flipped_byte_is_noticed_or_changes_nothing(result: sweeps.SweepResult, folder: Path, tmp_path: Path) -> None:
    entry = _entry(result.combinations[0], folder, "logistic", "2023-07")
    rows = kept.read(folder, entry.stem)
    whole = entry.read_bytes()
    path = tmp_path / entry.parent.name / entry.name
    path.parent.mkdir()
    noticed = 0
    for place in np.linspace(0, len(whole) - 1, 150).astype(int):
        content = bytearray(whole)
        content[place] ^= 0xFF
        path.write_bytes(content)
        found = kept.read(tmp_path, entry.stem)
        noticed += found is None
        assert found is None or found.equals(rows), place
    assert noticed > 75


def _entry(combination: sweeps.Combination, folder: Path, name: str, origin: str) -> Path:
    """Where the scores of a model at an origin are kept."""
    _, experiment = combinations(VALUES, SWEEP)[combination.name]
    key = kept.Cache(folder, experiment, combination.panel.as_of(combination.panel.origin)).key(
        "rows", name, month(origin)
    )
    return folder / key[:2] / f"{key}.parquet"


def test_a_sweep_that_is_killed_goes_on_where_it_was(result: sweeps.SweepResult, tmp_path: Path) -> None:
    code = (
        "import os, sys, json\n"
        "from pathlib import Path\n"
        "from harmattan.sweep import run_sweep\n"
        "values, sweep = json.loads(sys.argv[1]), json.loads(sys.argv[2])\n"
        "def tell(what, done, total):\n"
        "    if done >= 15: os.kill(os.getpid(), 9)\n"
        "run_sweep(values, sweep, cache=Path('cache'), progress=tell)\n"
    )
    words = [sys.executable, "-c", code, json.dumps(VALUES), json.dumps(SWEEP)]
    assert subprocess.run(words, cwd=tmp_path, check=False, capture_output=True).returncode == -9
    assert not list((tmp_path / "cache").rglob("*.partial"))
    again = run_sweep(VALUES, SWEEP, cache=tmp_path / "cache")
    assert (again.tried, again.reused) == (3, 13)
    pd.testing.assert_frame_equal(again.table, result.table)


def test_a_pool_is_tried_with_its_members(folder: Path, tmp_path: Path) -> None:
    found = run_sweep(VALUES, {"models.pool.parameters.criterion": ["crps", "log_score"]}, cache=tmp_path)
    assert (found.tried, found.reused) == (4 + 3, 1)
    rows = backtest_of(combinations(VALUES, {"models.pool.parameters.criterion": ["crps"]})["criterion=crps"][1]).rows
    own = found.combinations[0].rows
    np.testing.assert_array_equal(own.loc[own["model"] == "pool", "crps"], rows.loc[rows["model"] == "pool", "crps"])


def test_what_decides_the_scores_decides_the_key() -> None:
    def key(name: str, data: str = "d", **changes: Any) -> str:
        return kept.content_key(experiment_of({**VALUES, **changes}, "it"), name, data)

    forecast = VALUES["forecast"]
    assert key("pool") == key("pool", title="Other words")
    assert key("discounted") == key("discounted", forecast={**forecast, "learn_from": 60})
    assert key("logistic") != key("logistic", forecast={**forecast, "learn_from": 60})
    for changes in (
        {"data": "e"},
        {"forecast": {**forecast, "seed": 1}},
        {"forecast": {**forecast, "draws": 200}},
        {"backtest": {"origins": 11, "horizons": [1, 3]}},
        {"models": {**VALUES["models"], "discounted": {"kind": "rate"}}},
    ):
        assert key("pool") != key("pool", **changes), changes


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        ({"forecast.lern_from": [60]},
         r"'forecast.lern_from' is not a key of the experiment \(did you mean 'forecast.learn_from'\?\)"),
        ({"models.logistik.parameters.C": [1]}, r"did you mean 'models.logistic.parameters.C'"),
        ({"models.logistic.parameters.CC": [1]}, r"did you mean 'models.logistic.parameters.C'"),
        ({"models": {"pool": {"parameters": {"criterium": ["crps"]}}}},
         r"did you mean 'models.pool.parameters.criterion'"),
        ({"forecast.lag": 3}, r"forecast.lag must be a list of at least one value; got 3"),
        ({"forecast.lag": []}, r"forecast.lag must be a list of at least one value; got \[\]"),
        ({"forecast.lag": [0, 99]}, r"lag=99: forecast.lag: .*less than or equal to 12; got 99"),
        ({"forecast.lag": [0, 0]}, r"a key has the same value twice"),
        ({"forecast.seed": list(range(1001))}, r"makes 1,001 combinations, more than 1,000"),
        ({}, r"sweep: names no key"),
        ({"models.pool.members": [["nobody"]]}, r"models.pool: members must be models named above it"),
    ],
)  # fmt: skip
def test_a_sweep_that_cannot_be_is_refused_before_anything_is_tried(
    sweep: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=message):
        run_sweep(VALUES, sweep, cache=tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_sweep_is_logged_as_children_of_one_parent(result: sweeps.SweepResult, tmp_path: Path) -> None:
    store = tracking.default_store(tmp_path)
    parent = tracking.log_sweep(result.name, result.combinations, result.table, caption=result.caption, store=store)
    with tracking.opened(store) as client:
        run = client.get_run(parent)
        assert run.data.tags["combinations"] == "4"
        home = run.info.experiment_id
        children = client.search_runs([home], f"tags.mlflow.parentRunId = '{parent}'")
        assert sorted(each.info.run_name for each in children) == sorted(each.name for each in result.combinations)
        one = next(each for each in children if each.info.run_name == "C=0.001, learn_from=24")
        assert one.data.params == {"models.logistic.parameters.C": "0.001", "forecast.learn_from": "24"}
        history = {
            each.step: each.value for each in client.get_metric_history(one.info.run_id, "logistic/all/log_score")
        }
        scores = result.combinations[3].scores.set_index(["model", "set", "score", "horizon"])["value"].sort_index()
        assert history == scores["logistic", "all", "log_score"].to_dict()
    assert len(tracking.read_runs(store)) == 4
