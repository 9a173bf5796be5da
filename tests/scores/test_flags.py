"""A model that looks into the future and one that is too sure of itself are both exposed; honest ones are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from harmattan.backtest import backtest, forecast_all
from harmattan.forecast import Forecast
from harmattan.models.baselines import Conflictology, OwnRate
from harmattan.months import month, month_range, target
from harmattan.panel import Panel
from harmattan.scores.flags import COLUMNS, flags
from harmattan.scores.table import score_table

HORIZONS = (1, 3)
ORIGINS = list(month_range("2020-01", "2023-06"))


class Leaking:
    """Knows the counts to come, because it was handed the whole panel, and hides it with a little noise."""

    def __init__(self, everything: Panel) -> None:
        self.everything = everything

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        self.origin, self.horizons, self.regions = panel.origin, horizons, panel.attacks.columns
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        months = [target(self.origin, h) for h in self.horizons]
        means = self.everything.attacks.loc[months].to_numpy() + 0.02
        counts = rng.poisson(means, (draws, *means.shape)).astype(np.int32)
        return Forecast(counts, self.origin, self.horizons, self.regions)


class Overconfident:
    """Says next to surely that the last year's rounded mean comes back."""

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        self.origin, self.horizons, self.regions = panel.origin, horizons, panel.attacks.columns
        self.mean = panel.attacks.iloc[-12:].mean().round().to_numpy().astype(np.int32)
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        counts = np.broadcast_to(self.mean, (draws, len(self.horizons), len(self.mean))).copy()
        counts[0] += 1
        return Forecast(counts, self.origin, self.horizons, self.regions)


@pytest.fixture(scope="module")
def rows(burkina: Panel) -> pd.DataFrame:
    models = {
        "leaking": Leaking(burkina),
        "overconfident": Overconfident(),
        "honest": Conflictology(),
        "rate": OwnRate(),
    }
    return backtest(burkina, models, origins=ORIGINS, horizons=HORIZONS, draws=200, seed=1).rows


@pytest.fixture(scope="module")
def found(rows: pd.DataFrame) -> pd.DataFrame:
    return flags(rows, rng=np.random.default_rng(1))


def of(found: pd.DataFrame, model: str, horizon: int) -> set[str]:
    return set(found[(found["model"] == model) & (found["horizon"] == horizon)]["flag"])


def test_overwriting_the_future_changes_a_leaking_forecast_and_no_honest_one(
    burkina: Panel, nonsense_after: Callable[[Panel, pd.Period], Panel]
) -> None:
    origin = month("2021-06")
    changed = nonsense_after(burkina, origin)
    draws: list[dict[str, npt.NDArray[np.int32]]] = []
    for panel in (burkina, changed):
        models = {"leaking": Leaking(panel), "overconfident": Overconfident(), "honest": Conflictology()}
        _, made = forecast_all(panel, models, origin=origin, horizons=HORIZONS, draws=50, seed=1)
        draws.append({name: each.draws for name, each in made.items()})
    assert (draws[0]["leaking"] != draws[1]["leaking"]).any()
    for name in ("overconfident", "honest"):
        np.testing.assert_array_equal(draws[0][name], draws[1][name])


@pytest.mark.parametrize("horizon", HORIZONS)
def test_a_leaking_model_is_too_good_to_be_true(found: pd.DataFrame, horizon: int) -> None:
    assert "too_good" in of(found, "leaking", horizon)
    for name in ("overconfident", "honest", "rate"):
        assert "too_good" not in of(found, name, horizon)


@pytest.mark.parametrize("horizon", HORIZONS)
def test_an_overconfident_model_is_called_so(found: pd.DataFrame, rows: pd.DataFrame, horizon: int) -> None:
    assert {"overconfident", "miscalibrated", "surprised"} <= of(found, "overconfident", horizon)
    said = found[(found["model"] == "overconfident") & (found["flag"] == "overconfident")]["said"]
    assert said.str.contains("its 90 % intervals hold").all()
    table = score_table(rows, ["honest"]).set_index(["model", "set", "horizon", "score"])["value"]
    assert table["overconfident", "all", horizon, "coverage_90"] < 0.8
    assert table["overconfident", "all", horizon, "log_score_skill_vs_honest"] < 0


@pytest.mark.parametrize("name", ["honest", "rate"])
def test_honest_models_are_not_accused_of_being_too_sure_or_too_good(found: pd.DataFrame, name: str) -> None:
    for horizon in HORIZONS:
        assert not {"overconfident", "too_good"} & of(found, name, horizon)


def made_up(rng: np.random.Generator, origins: int = 48, regions: int = 45) -> pd.DataFrame:
    """Rows of a calibrated model."""
    p = rng.beta(0.4, 1.6, origins * regions)
    months = np.repeat(month_range("2018-01", month("2018-01") + origins - 1).astype(str), regions)
    return pd.DataFrame({
        "model": "m", "origin": months, "horizon": 1, "p1": p, "pit": rng.random(len(p)),
        "observed": (rng.random(len(p)) < p).astype(int), "onset": p < 0.2,
    })  # fmt: skip


def test_calibrated_models_are_seldom_flagged() -> None:
    rng = np.random.default_rng(6)
    flagged = [len(flags(made_up(rng), rng=rng)) > 0 for _ in range(60)]
    assert np.mean(flagged) <= 0.05


def test_intervals_that_hold_too_much_are_called_too_wide() -> None:
    rng = np.random.default_rng(7)
    wide = made_up(rng).assign(pit=lambda r: 0.5 + (r["pit"] - 0.5) * 0.8)
    assert of(flags(wide, rng=rng), "m", 1) == {"underconfident"}


def test_few_origins_are_not_judged_and_it_is_said() -> None:
    rng = np.random.default_rng(8)
    table = flags(made_up(rng, origins=5), rng=rng)
    assert list(table.columns) == COLUMNS
    assert table.to_numpy().tolist() == [["m", 1, "few_origins", "5 origins are too few to judge it by"]]
    with pytest.raises(ValueError, match="rows must have the columns that backtest makes; onset, pit are missing"):
        flags(made_up(rng).drop(columns=["onset", "pit"]), rng=rng)
