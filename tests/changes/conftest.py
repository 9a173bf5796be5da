"""Small releases from files of counts whose history is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harmattan import experiment, exports, maps, outlooks, release
from harmattan.changes import split
from harmattan.changes.again import Step
from harmattan.experiment import run
from harmattan.forecast import Forecast
from harmattan.maps import coast, overview
from harmattan.panel import Panel
from harmattan.release import record
from harmattan.settings import Experiment

FIRST = "2022-01"
MODELS: Mapping[str, Any] = {
    "conflictology": {"kind": "conflictology", "baseline": True},
    "rate": {"kind": "rate"},
    "pool": {
        "kind": "pool",
        "members": ["conflictology", "rate"],
        "parameters": {"criterion": "crps", "shrink": 1},
    },
}

Issue = Callable[..., Path]
Counts = Callable[..., Path]


@pytest.fixture(scope="module")
def plain() -> Iterator[None]:
    """Leaves out what takes time and is tested elsewhere: expansion, pictures, outlooks and the GeoPackage."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "expand", lambda *given: {})
        patch.setattr(maps, "write", lambda result, folder: [])
        patch.setattr(overview, "write", lambda result, path: path)
        patch.setattr(coast, "write", lambda result, path: path)
        patch.setattr(outlooks, "write", lambda result, folder: [])
        patch.setattr(record, "write_charts", lambda result, folder: [])
        patch.setitem(exports.EXPORTS, "gpkg", lambda forecast, regions, path: path.write_bytes(b"gpkg"))
        yield


@pytest.fixture(scope="module", autouse=True)
def made_once() -> Iterator[None]:
    """Makes the forecast that several tests need once: what decides it is the key of its step."""
    made: dict[tuple[object, ...], Forecast] = {}
    again = split.champion_again

    def once(step: Step, *, workers: int = 1, progress: object = None) -> Forecast:
        key = step.key()
        if key not in made:
            made[key] = again(step)
        return made[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(split, "champion_again", once)
        yield


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("changes")


@pytest.fixture(scope="module")
def counts(burkina: Panel, place: Path) -> Counts:
    """Writes the bundled counts up to a month as a file, some of them revised."""

    def write(name: str, last: str, revised: Mapping[tuple[str, str], int] | None = None) -> Path:
        wide = burkina.attacks.loc[FIRST:last].copy()  # type: ignore[misc]
        for (region, when), count in (revised or {}).items():
            wide.loc[pd.Period(when, "M"), region] = count
        long = wide.melt(ignore_index=False, var_name="region", value_name="attacks").reset_index()
        long["month"] = long["month"].astype(str)
        table = long.astype({"attacks": int}).assign(deaths=0)
        table[["region", "month", "attacks", "deaths"]].to_csv(place / name, index=False)
        return place / name

    return write


@pytest.fixture(scope="module")
def issue(plain: None, place: Path) -> Issue:
    """Runs a small experiment and issues it; the champion is the one named, whichever scored best."""

    def make(
        data: Mapping[str, Any],
        *,
        folder: str = "releases",
        champion: str = "pool",
        models: Any = None,
        **forecast: Any,
    ) -> Path:
        values = {
            "name": "small",
            "title": "Attacks by JNIM in Burkina Faso, quickly",
            "data": dict(data),
            "regions": {"level": "province"},
            "forecast": {"horizons": 4, "draws": 100, **forecast},
            "backtest": {"origins": 2, "horizons": [1]},
            "models": models or MODELS,
        }
        found = run(Experiment(**values))
        chosen = replace(found, champion=champion)
        return release.write(chosen, place / folder)

    return make
