"""Worlds whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from harmattan.alerts import Standing, standing
from harmattan.months import month_range
from harmattan.panel import Panel
from harmattan.regions import Regions, bundled
from harmattan.synthetic import self_exciting_world

AT = "2021-06-17"


@pytest.fixture(scope="session")
def few() -> Regions:
    """The first-level units of Burkina Faso."""
    return bundled("admin1", ["BFA"])


@pytest.fixture(scope="session")
def contagious(few: Regions) -> Panel:
    """A world in which most attacks follow others, soon and near."""
    return self_exciting_world(
        few,
        months=month_range("2018-01", "2022-12"),
        rng=np.random.default_rng(5),
        background=0.15 * np.exp(np.random.default_rng(0).standard_normal(len(few))),
        offspring=0.7,
        decay_days=40.0,
        spread_km=10.0,
    )


@pytest.fixture(scope="session")
def calm(few: Regions) -> Panel:
    """A world in which attacks come by themselves, in all regions alike."""
    return self_exciting_world(
        few,
        months=month_range("2018-01", "2022-12"),
        rng=np.random.default_rng(6),
        background=0.35,
        offspring=0.0,
        decay_days=20.0,
        spread_km=15.0,
    )


@pytest.fixture(scope="session")
def now(contagious: Panel) -> Standing:
    """The contagious world in the middle of a month."""
    import pandas as pd

    return standing(contagious, pd.Timestamp(AT))
