"""Releases of two experiments with revisions, made from bundled counts and quick models, and clients that read them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from harmattan import release
from harmattan.api import Limits, create_app
from harmattan.backtest import forecast_all
from harmattan.figures import bundled_counts
from harmattan.models.baselines import OwnRate
from harmattan.months import month
from harmattan.panel import from_counts
from harmattan.regions import bundled
from harmattan.result import Result

UNHURRIED = Limits(rate=1e6, burst=1_000_000)
SERVE = """
import json, logging, sys
from functools import partial
from pathlib import Path
from harmattan.api import Limits, serve
told = json.loads(sys.argv[1])
logging.basicConfig(level=logging.INFO)
limits = Limits(**told.pop("limits"))
serve(Path(told.pop("releases")), port=0, limits=limits, ready=partial(print, flush=True), **told)
"""


@pytest.fixture(scope="session")
def folder(small_result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``small/2023-04``, ``small/2023-06``, its revision ``2023-06.2`` and ``other/2023-06``, without what is drawn."""
    place = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch:
        for module in (release.maps, release.overview, release.coast, release.outlooks):
            patch.setattr(module, "write", lambda *_, **__: [])
        patch.setattr(release.record, "write_charts", lambda *_: [])
        for made in (
            _earlier(small_result),
            small_result,
            replace(small_result, seed=2),
            replace(small_result, name="other"),
        ):
            release.write(made, place)
    return place


@pytest.fixture(scope="session")
def held(folder: Path) -> release.Release:
    return release.read(folder / "small" / "2023-06")


@pytest.fixture(scope="session")
def client(folder: Path) -> TestClient:
    return reader(folder)


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    """A copy of the releases that may be spoiled."""
    return Path(shutil.copytree(folder, tmp_path / "copied"))


@pytest.fixture(scope="session")
def open_client() -> Callable[..., TestClient]:
    return reader


def reader(folder: Path, *, token: str | None = None, limits: Limits = UNHURRIED) -> TestClient:
    """A client of a server on this machine."""
    return TestClient(create_app(folder, token=token, limits=limits), base_url="http://localhost")


def _earlier(result: Result) -> Result:
    origin, horizons = month("2023-04"), (1, 2, 3, 4)
    panel = from_counts(bundled_counts("attacks_bfa")[0], bundled("province")).as_of(origin)
    models = {"rate": OwnRate()}
    fitted, forecasts = forecast_all(panel, models, origin=origin, horizons=horizons, draws=400, seed=1)
    _, before = forecast_all(panel, models, origin=origin - 1, horizons=horizons, draws=400, seed=1)
    return replace(
        result, panel=panel, fitted=fitted, forecasts=forecasts, earlier=before["rate"], champion="rate", expansion={}
    )


@dataclass(frozen=True)
class Running:
    """A server of its own process: its address and where its log goes."""

    address: str
    log: Path


@pytest.fixture(scope="session")
def running(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Running]]:
    """Starts servers; arguments are those of `harmattan.api.serve`, and ``limits`` those of `Limits`."""
    started = []

    def start(*, limits: dict[str, float] | None = None, **arguments: Any) -> Running:
        log = tmp_path_factory.mktemp("log") / "log.txt"
        told = {"releases": str(folder), "limits": limits or {}, **arguments}
        with log.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-c", SERVE, json.dumps(told)], stdout=subprocess.PIPE, stderr=file, text=True
            )
        started.append(process)
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://"), log.read_text()
        return Running(address, log)

    yield start
    for process in started:
        process.terminate()
    for process in started:
        process.wait(20)
        assert process.stdout is not None
        process.stdout.close()
