"""A small world in which everything can be counted by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from harmattan.forecast import Forecast
from harmattan.months import month_range
from harmattan.neighbours import contiguity
from harmattan.panel import Panel
from harmattan.regions import Regions

CODES = ["a", "b", "c", "d", "e", "f"]
EDGES = pd.DataFrame({"a": ["a", "a", "b", "c", "d"], "b": ["b", "c", "d", "d", "e"]})


@pytest.fixture(scope="session")
def six() -> Regions:
    """Six regions of two countries, one of them without neighbours, d and e on the coast."""
    index = pd.Index(CODES, name="region")
    table = pd.DataFrame(
        {
            "name": [code.upper() for code in CODES],
            "country": ["NOR", "NOR", "NOR", "SUD", "SUD", "SUD"],
            "lon": [-2.0, -1.0, -2.5, -1.5, 0.0, 3.0],
            "lat": [14.0, 12.5, 11.0, 9.5, 7.0, 8.0],
            "area_km2": 1.0,
            "coast_km": [800.0, 640.0, 500.0, 320.0, 20.0, 150.0],
        },
        index=index,
    )
    return Regions(table, None, contiguity(EDGES, index))


@pytest.fixture(scope="session")
def sets() -> dict[str, list[str]]:
    return {"coast": ["d", "e"], "only f": ["f"]}


@pytest.fixture(scope="session")
def corridors() -> pd.DataFrame:
    """One road within the regions that comes back to b, one that leaves them, and one that never enters."""
    return pd.DataFrame(
        {
            "corridor": ["south", "south", "south", "south", "east", "east", "far"],
            "name": "a place",
            "step": [1, 2, 3, 4, 1, 2, 1],
            "region": ["a", "b", "d", "b", "f", "x", "x"],
            "km": [100.0, 50.0, 25.0, 25.0, 30.0, 90.0, 10.0],
        }
    )


@pytest.fixture(scope="session")
def panel_of(six: Regions) -> Callable[[np.ndarray], Panel]:
    """The panel of a table of counts (month, region) that ends 2023-12."""

    def build(counts: np.ndarray) -> Panel:
        last = pd.Period("2023-12", "M")
        months = month_range(last - (len(counts) - 1), last)
        attacks = pd.DataFrame(np.asarray(counts, dtype=np.float32), months, six.table.index)
        return Panel(six, {"attacks": attacks}, attacks.notna())

    return build


@pytest.fixture(scope="session")
def forecast_of() -> Callable[[Panel, np.ndarray], Forecast]:
    """The forecast of some draws (draw, horizon, region) from the end of a panel."""

    def build(panel: Panel, draws: np.ndarray) -> Forecast:
        horizons = tuple(range(1, draws.shape[1] + 1))
        return Forecast(np.asarray(draws, dtype=np.int32), panel.origin, horizons, panel.regions.table.index)

    return build
