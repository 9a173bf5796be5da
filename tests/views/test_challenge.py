"""Scores are the official ones to the last digits, and comparisons keep simple laws."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harmattan.models.baselines import Conflictology, Zero
from harmattan.views.challenge import SCORES, by_window, score_draws, take_part
from harmattan.views.layout import BENCHMARKS, WINDOWS, actuals, countries, official_forecast, official_scores


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "data" / "bench" / "views_challenge"


@pytest.mark.parametrize("name", BENCHMARKS)
@pytest.mark.parametrize("window", WINDOWS)
def test_our_scores_are_the_official_ones(folder: Path, window: int, name: str) -> None:
    scored = score_draws(actuals(folder, window, countries(folder)), official_forecast(folder, window, name))
    published = pd.read_csv(folder / "benchmark_scores.csv").set_index(["model", "window"]).loc[(f"bm_{name}", window)]
    for score in SCORES:
        np.testing.assert_allclose(
            scored[score], official_scores(folder, window, name, score), rtol=0, atol=1e-6, err_msg=score
        )
        assert scored[score].mean() == pytest.approx(published[score], abs=1e-6)


@pytest.fixture(scope="module")
def rows(folder: Path) -> pd.DataFrame:
    models = {"last_year": Conflictology(measure="deaths"), "nothing": Zero(measure="deaths")}
    return take_part(folder, models, windows=(2018, 2022), draws=1000, seed=1)


def test_every_model_is_scored_on_the_same_rows(rows: pd.DataFrame) -> None:
    keys = ["window", "month", "region"]
    assert set(rows.groupby(keys).size()) == {len(BENCHMARKS) + 2}
    assert rows.groupby(keys)["observed"].nunique().eq(1).all()
    assert len(rows) == 2 * 12 * 191 * (len(BENCHMARKS) + 2)


def test_our_conflictology_and_zero_are_theirs(rows: pd.DataFrame) -> None:
    for score in ("crps", "mis"):
        ours = by_window(rows, "last_year")[f"{score}_ratio"]
        np.testing.assert_allclose(ours, 1.0, rtol=1e-12)
    for score in SCORES:
        np.testing.assert_allclose(by_window(rows, "nothing", baseline="zero")[f"{score}_ratio"], 1.0, rtol=1e-12)


def test_leaving_countries_out_leaves_their_rows_out(rows: pd.DataFrame) -> None:
    less = by_window(rows, "zero", without=("ETH", "UKR"))
    by_hand = rows[(rows["model"] == "zero") & (rows["window"] == 2022) & ~rows["region"].isin(["ETH", "UKR"])]
    assert less.loc[2022, "crps"] == pytest.approx(by_hand["crps"].mean())
    assert less.loc["mean", "crps"] == pytest.approx(less.loc[[2018, 2022], "crps"].mean())
    ratios = less.loc[[2018, 2022], "mis_ratio"]
    assert less.loc["geometric", "mis_ratio"] == pytest.approx(np.sqrt(ratios.prod()))


def test_what_is_not_there_is_named(rows: pd.DataFrame, folder: Path) -> None:
    with pytest.raises(ValueError, match="oracle are not"):
        by_window(rows, "oracle")
    with pytest.raises(ValueError, match="XXX are not"):
        by_window(rows, "zero", without=("XXX",))
    with pytest.raises(ValueError, match="official benchmarks; give the model 'zero' another name"):
        take_part(folder, {"zero": Zero(measure="deaths")})
    with pytest.raises(ValueError, match="'mine' forecasts attacks"):
        take_part(folder, {"mine": Zero()}, windows=(2018,), draws=100)
