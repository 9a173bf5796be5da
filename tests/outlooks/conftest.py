"""Results in which a country is one region, several, or only beside the regions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harmattan.backtest import backtest, forecast_all
from harmattan.corridors import bundled as bundled_corridors
from harmattan.expansion.tables import belts, expansion_tables
from harmattan.figures import bundled_counts, region_table
from harmattan.models import Forecaster
from harmattan.models.baselines import Conflictology, OwnRate
from harmattan.models.discounted import Discounted
from harmattan.models.endemic import Endemic
from harmattan.months import month, month_range
from harmattan.panel import Panel, from_counts
from harmattan.regions import bundled
from harmattan.result import Caption, Result
from harmattan.scores.table import score_table

DRAWS, HORIZONS = 400, tuple(range(1, 8))


def result_of(name: str, level: str) -> Result:
    counts, about = bundled_counts(name)
    regions = bundled(level, about["countries"])
    return made_of(from_counts(counts, regions).as_of(month("2023-06")), name, about)


def made_of(panel: Panel, name: str, about: dict[str, Any]) -> Result:
    regions = panel.regions
    models: dict[str, Forecaster] = {
        "conflictology": Conflictology(), "rate": OwnRate(), "discounted": Discounted(), "endemic": Endemic(),
    }  # fmt: skip
    origin = panel.origin
    tried = list(month_range(origin - 4, origin - 3))
    quick = {name: models[name] for name in ("conflictology", "discounted")}
    rows = backtest(panel, quick, origins=tried, horizons=(1, 3), draws=DRAWS, seed=1).rows
    fitted, forecasts = forecast_all(panel, models, origin=origin, horizons=HORIZONS, draws=DRAWS, seed=1)
    _, before = forecast_all(panel, quick, origin=origin - 1, horizons=(1, 2, 3, 4), draws=DRAWS, seed=1)
    endemic = fitted["endemic"]
    assert isinstance(endemic, Endemic)
    tables = expansion_tables(
        panel,
        forecasts["discounted"],
        endemic=endemic,
        sets=belts(regions),
        corridors=bundled_corridors(regions),
        rng=np.random.default_rng(1),
    )
    return Result(
        name=name.replace("_", "-"),
        settings={"data.bundled": name, "forecast.lag": "0", "expansion.belt_km": "50.0"},
        caption=Caption(about["title"], about["source"], about["licence"], tuple(about["caveats"])),
        panel=panel,
        fitted=fitted,
        forecasts=forecasts,
        earlier=before["discounted"],
        rows=rows,
        scores=score_table(rows, ("conflictology",)),
        baselines=("conflictology", "rate"),
        champion="discounted",
        seed=1,
        expansion=tables,
    )


@pytest.fixture(scope="session")
def coast_result() -> Result:
    """Burkina Faso by province, fourteen countries whole."""
    return result_of("attacks_coast", "province+country")


@pytest.fixture(scope="session")
def units_result() -> Result:
    """Burkina Faso by province alone."""
    return result_of("attacks_bfa", "province")


@pytest.fixture(scope="session")
def admin_result() -> Result:
    """Burkina Faso and two quiet neighbours by first-level unit."""
    counts, about = bundled_counts("attacks_bfa")
    parent = region_table()["parent"]
    table = counts.table.assign(region=counts.table["region"].map(parent))
    table = table.groupby(["region", "month"], as_index=False).sum()
    regions = bundled("admin1", ["BFA", "CIV", "GHA"])
    panel = from_counts(replace(counts, table=table), regions).as_of(month("2023-06"))
    return made_of(panel, "attacks_bfa", about)
