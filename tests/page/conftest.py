"""Releases of three months in a row with everything a page can show, made from bundled counts and quick models."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from harmattan import corridors, release
from harmattan.backtest import backtest, forecast_all
from harmattan.expansion.tables import expansion_tables
from harmattan.figures import bundled_counts
from harmattan.models.baselines import Conflictology, OwnRate
from harmattan.models.endemic import Endemic
from harmattan.months import month
from harmattan.page.report import BUILT
from harmattan.panel import Panel, from_counts
from harmattan.regions import bundled
from harmattan.result import Caption, Result
from harmattan.scores.table import score_table

HORIZONS = (1, 2, 3, 4, 5, 6)
ORIGINS = ("2023-04", "2023-05", "2023-06")

Missing = Callable[[str], NoReturn]


@pytest.fixture(scope="session")
def toward_coast() -> Panel:
    """Attacks in Burkina Faso's provinces and the countries around, some of them quiet."""
    counts, about = bundled_counts("attacks_coast")
    return from_counts(counts, bundled(about["level"], about["countries"]))


@pytest.fixture(scope="session")
def folder(toward_coast: Panel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The releases of `ORIGINS`, without the printed maps, which the page does not use."""
    place = tmp_path_factory.mktemp("releases")
    with pytest.MonkeyPatch.context() as patch:
        for module in (release.maps, release.overview, release.coast, release.outlooks):
            patch.setattr(module, "write", lambda *_, **__: [])
        for origin in ORIGINS:
            release.write(_result(toward_coast.as_of(month(origin))), place)
    return place / "small"


@pytest.fixture(scope="session")
def newest(folder: Path) -> release.Release:
    return release.read(folder / ORIGINS[-1])


@pytest.fixture(scope="session")
def earlier(folder: Path) -> list[release.Release]:
    return [release.read(folder / origin) for origin in ORIGINS[:-1]]


@pytest.fixture(scope="session")
def missing() -> Missing:
    """Skips for want of something; fails where everything must be there."""

    def say(what: str) -> NoReturn:
        if os.environ.get("CI") == "true":
            pytest.fail(what)
        pytest.skip(what)

    return say


@pytest.fixture(scope="session")
def built(missing: Missing) -> Path:
    """The folder of the built page."""
    if not (BUILT / "index.html").is_file():
        missing("the review page is not built: run `make page`")
    return BUILT


@pytest.fixture(scope="session")
def chromium(missing: Missing) -> str:
    """Path of the system's Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        missing("there is no chromium on this machine: install Debian's package chromium")
    return found


def _result(panel: Panel) -> Result:
    origin = panel.origin
    about = bundled_counts("attacks_coast")[1]
    models = {"conflictology": Conflictology(), "rate": OwnRate(), "endemic": Endemic()}
    rows = backtest(panel, models, origins=[origin - 7], horizons=(1, 3, 6), draws=200, seed=1).rows
    fitted, forecasts = forecast_all(panel, models, origin=origin, horizons=HORIZONS, draws=400, seed=1)
    _, before = forecast_all(panel, {"rate": OwnRate()}, origin=origin - 1, horizons=(1, 2, 3, 4), draws=400, seed=1)
    told = {}
    if str(origin) == ORIGINS[-1]:
        told = expansion_tables(
            panel,
            forecasts["endemic"],
            endemic=fitted["endemic"],  # type: ignore[arg-type]
            corridors=corridors.bundled(panel.regions),
            rng=np.random.default_rng(1),
        )
    return Result(
        name="small",
        settings={"data.bundled": "attacks_coast", "forecast.lag": "0"},
        caption=Caption(about["title"], about["source"], about["licence"], tuple(about["caveats"])),
        panel=panel,
        fitted=fitted,
        forecasts=forecasts,
        earlier=before["rate"],
        rows=rows,
        scores=score_table(rows, ("conflictology", "rate")),
        baselines=("conflictology", "rate"),
        champion="endemic",
        seed=1,
        expansion=told,
    )
