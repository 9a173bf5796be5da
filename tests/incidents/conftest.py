"""Profiles that several tests look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harmattan.events import Events, event_table
from harmattan.incidents import Profile, incidents, profile
from harmattan.paths import data_dir
from harmattan.regions import Regions, bundled
from harmattan.sources import read

CLAIMED = "examples/claimed_2019.csv"


@pytest.fixture(scope="session")
def units() -> Regions:
    """Provinces of Burkina Faso and first-level units elsewhere."""
    return bundled("province+admin1")


@pytest.fixture(scope="session")
def example() -> Path:
    """The constructed list of eleven attacks."""
    return data_dir() / CLAIMED


@pytest.fixture(scope="session")
def claimed(example: Path, units: Regions) -> Profile:
    """Its profile."""
    found = incidents(read(example), "JNIM", regions=units)
    return profile(found, "2019-01", "2019-08", rng=np.random.default_rng(1))


@pytest.fixture(scope="session")
def busy() -> Events:
    """An analyst's list of two years with every attribution, tactics in two languages and days known or not."""
    rng = np.random.default_rng(7)
    size = 240
    days = pd.Timestamp("2021-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 730, size)), unit="D")
    table = event_table(
        {
            "event": [f"row {number}" for number in range(size)],
            "start": days,
            "date_prec": rng.choice([1, 1, 1, 3], size),
            "actor_a": "JNIM",
            "country": "BFA",
            "region": rng.choice(["Soum", "Séno", "BF5204", "Sahel", None], size),
            "attribution": rng.choice(["claimed", "suspected", "unattributed", None], size),
            "tactic": rng.choice(["IED", "shelling", "enlèvement", None], size),
            "target": rng.choice(["army", "civils", None], size),
            "deaths": rng.integers(0, 9, size),
        }
    )
    return Events(table, "plain")
