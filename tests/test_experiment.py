from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from harmattan.experiment import best, run
from harmattan.inputs import build_models, read_data
from harmattan.models.combine import Pool
from harmattan.models.learners import Direct
from harmattan.result import Result
from harmattan.sections import ModelSettings
from harmattan.settings import Experiment, SettingsError, load

QUICK = {
    "conflictology": ModelSettings(kind="conflictology", baseline=True),
    "logistic": ModelSettings(
        kind="direct", estimator="logistic", scale=True, parameters={"C": 0.001, "max_iter": 500}
    ),
    "pool": ModelSettings(kind="pool", members=("conflictology", "logistic")),
}


def quick(**changes: object) -> Experiment:
    whole = load("burkina").with_backtest({"origins": 3, "horizons": (1, 3)}).model_dump()
    whole["forecast"] |= {"horizons": 4, "draws": 200}
    return Experiment(**{**whole, "models": QUICK, **changes})


@pytest.fixture(scope="module")
def result() -> Result:
    return run(quick())


def test_a_run_forecasts_with_every_model_and_scores_the_past(result: Result) -> None:
    assert set(result.forecasts) == set(QUICK) == set(result.fitted)
    assert str(result.forecast.origin) == "2023-12" and result.forecast.horizons == (1, 2, 3, 4)
    assert sorted(result.rows["origin"].unique()) == ["2023-09", "2023-10", "2023-11"]
    assert result.champion == best(result.scores)
    assert str(result.earlier.origin) == "2023-11" and result.earlier.horizons == (1, 2, 3, 4)


def test_the_best_model_is_good_at_both_scores() -> None:
    values = {"sure": (0.30, 0.40), "both": (0.31, 0.20), "counts": (0.45, 0.19), "none": (9.0, 0.3)}
    rows = [
        {"model": name, "set": "all", "horizon": h, "score": score, "value": value * h}
        for name, pair in values.items()
        for score, value in zip(("log_score", "crps"), pair, strict=True)
        for h in (1, 3)
    ]
    assert best(pd.DataFrame(rows)) == "both"


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_workers(result: Result) -> None:
    again = run(quick(), workers=2)
    np.testing.assert_array_equal(again.forecast.draws, result.forecast.draws)
    assert again.scores.equals(result.scores)


def test_an_earlier_origin_uses_nothing_later() -> None:
    asked = quick().with_origin("2022-06")
    found = run(asked)
    assert str(found.panel.origin) == "2022-06"
    assert found.rows["month"].max() <= "2022-06"


def test_an_origin_outside_the_data_is_refused() -> None:
    with pytest.raises(SettingsError, match="forecast.origin must lie in the data, 2016-01 to 2023-12; got 2024-05"):
        run(quick().with_origin("2024-05"))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (ModelSettings(kind="zerro"), r"models.m: no model is called 'zerro' \(did you mean 'zero'\?\)"),
        (ModelSettings(kind="direct"), "models.m: a direct model needs estimator"),
        (
            ModelSettings(kind="direct", estimator="logistic", parameters={"Z": 1}),
            "models.m: .*unexpected keyword argument 'Z'",
        ),
        (
            ModelSettings(kind="pool", members=("n",)),
            r"models.m: members must be models named above it, \[\]; got \['n'\]",
        ),
        (
            ModelSettings(kind="no.such:Thing"),
            "models.m: the model 'no.such:Thing' cannot be imported: No module named 'no'",
        ),
    ],
)
def test_a_model_that_cannot_be_built_is_named(model: ModelSettings, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        build_models({"m": model}, seed=1, measure="attacks")


def test_estimators_get_the_seed_and_may_come_from_anywhere() -> None:
    asked = {
        "forest": ModelSettings(kind="direct", estimator="forest"),
        "own": ModelSettings(
            kind="direct",
            estimator="sklearn.linear_model:LogisticRegression",
            features=({"name": "lag", "months": 1},),
        ),
        "pool": ModelSettings(kind="pool", members={"forest": 0.25, "own": 0.75}),
    }
    models = build_models(asked, seed=77, measure="attacks")
    forest, own, pool = models["forest"], models["own"], models["pool"]
    assert isinstance(forest, Direct) and forest.estimator.get_params()["random_state"] == 77
    assert isinstance(own, Direct) and isinstance(own.estimator, LogisticRegression)
    assert not isinstance(own.features, str) and own.features[0].column == "lag(months=1)"
    assert isinstance(pool, Pool) and pool.members["own"] is own and pool.weights == {"forest": 0.25, "own": 0.75}


def test_data_must_come_from_one_place() -> None:
    both = quick(data={"bundled": "attacks_bfa", "file": "x.csv"})
    with pytest.raises(SettingsError, match="data needs either bundled, .* or file"):
        read_data(both)
    with pytest.raises(SettingsError, match="data.file: there is no file nowhere.csv"):
        read_data(quick().with_data("nowhere.csv"))


def test_real_events_by_admin1_become_a_panel(shared: Path) -> None:
    file = shared / "data" / "events" / "ucdp_ged_burkina_faso_2016_2023.csv.gz"
    asked = load("west-africa").with_data(str(file))
    panel, caption = read_data(asked)
    assert panel.attacks.shape == (96, 13)
    assert panel.attacks.filter(like="BF").to_numpy().sum() > 900
    assert "other_attacks" in panel.measures
    assert caption.licence == "CC BY 4.0" and any("Left out" in line for line in caption.caveats)
    assert any("lethal events only" in line for line in caption.caveats)


def test_origins_with_too_little_before_them_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "counts.csv"
    months = [f"{2022 + i // 12}-{i % 12 + 1:02d}" for i in range(20)]
    file.write_text("region,month,attacks,deaths\n" + "".join(f"BF5602,{m},1,0\n" for m in months), encoding="utf-8")
    short = quick(data={"file": str(file)}, backtest={"origins": 24, "horizons": (1, 3)})
    assert sorted(run(short).rows["origin"].unique()) == ["2023-04", "2023-05", "2023-06", "2023-07"]
    too_short = quick(data={"file": str(file)}, backtest={"origins": 24, "horizons": (12,)})
    with pytest.raises(
        SettingsError, match="the first origin with a year and 12 months before it is 2024-01, after the"
    ):
        run(too_short)
