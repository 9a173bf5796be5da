"""Fixtures that every test may use."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import hypothesis
import numpy as np
import pandas as pd
import pytest

from harmattan.backtest import backtest, forecast_all
from harmattan.expansion.tables import belts, expansion_tables
from harmattan.figures import bundled_counts
from harmattan.models.baselines import Conflictology, NeighbourRate, OwnRate
from harmattan.months import month, month_range
from harmattan.panel import Panel, from_counts
from harmattan.regions import bundled
from harmattan.result import Caption, Result
from harmattan.scores.table import score_table

# No test is timed: a busy machine must not fail one.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data that tests measure against; its README says what it holds."""
    folder = Path(os.environ.get("HARMATTAN_SHARED", Path(__file__).parents[2] / "shared"))
    if not (folder / "data").is_dir():
        message = f"there is no shared data at {folder}; set HARMATTAN_SHARED to the folder that holds data/"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def burkina() -> Panel:
    """The bundled attacks by province of Burkina Faso, 2016 to 2023."""
    counts, _ = bundled_counts("attacks_bfa")
    return from_counts(counts, bundled("province"))


@pytest.fixture(scope="session")
def small_result() -> Result:
    """A result of three simple models on bundled data at origin 2023-06."""
    counts, about = bundled_counts("attacks_bfa")
    panel = from_counts(counts, bundled("province")).as_of(month("2023-06"))
    models = {"conflictology": Conflictology(), "rate": OwnRate(), "neighbours": NeighbourRate()}
    origin, horizons = panel.origin, (1, 2, 3, 4)
    tried = list(month_range(origin - 4, origin - 1))
    rows = backtest(panel, models, origins=tried, horizons=horizons, draws=200, seed=1).rows
    fitted, forecasts = forecast_all(panel, models, origin=origin, horizons=horizons, draws=400, seed=1)
    _, before = forecast_all(panel, models, origin=origin - 1, horizons=(1, 2, 3, 4), draws=400, seed=1)
    caption = Caption(about["title"], about["source"], about["licence"], tuple(about["caveats"]))
    return Result(
        name="small",
        settings={"data.bundled": "attacks_bfa", "forecast.lag": "0"},
        caption=caption,
        panel=panel,
        fitted=fitted,
        forecasts=forecasts,
        earlier=before["rate"],
        rows=rows,
        scores=score_table(rows, ("conflictology",)),
        baselines=("conflictology",),
        champion="rate",
        seed=1,
        expansion=expansion_tables(panel, forecasts["rate"], sets=belts(panel.regions), rng=np.random.default_rng(1)),
    )


@pytest.fixture(scope="session")
def nonsense_after() -> Callable[[Panel, pd.Period], Panel]:
    """Overwrites every count and point after an origin: whatever sees a difference has looked into the future."""

    def overwrite(panel: Panel, origin: pd.Period) -> Panel:
        rng = np.random.default_rng(0)
        measures = {}
        for name, frame in panel.measures.items():
            changed = frame.copy()
            later = changed.index > origin
            changed.loc[later] = rng.integers(0, 50, (later.sum(), changed.shape[1])).astype("float32")
            measures[name] = changed
        points = panel.points
        if points is not None:
            points = points.assign(lon=points["lon"].where(points["day"] < (origin + 1).start_time, 0.0))
        return Panel(panel.regions, measures, panel.covered, points)

    return overwrite
