"""Releases without pictures, in a ledger."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from harmattan import exports, maps, outlooks, release
from harmattan.maps import coast, overview
from harmattan.release import record
from harmattan.result import Result


@contextmanager
def without_pictures() -> Iterator[None]:
    """Leaves out what takes time and is tested elsewhere: pictures, outlooks and the GeoPackage."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(maps, "write", lambda result, folder: [])
        patch.setattr(overview, "write", lambda result, path: path)
        patch.setattr(coast, "write", lambda result, path: path)
        patch.setattr(outlooks, "write", lambda result, folder: [])
        patch.setattr(record, "write_charts", lambda result, folder: [])
        patch.setitem(exports.EXPORTS, "gpkg", lambda forecast, regions, path: path.write_bytes(b"gpkg"))
        yield


@pytest.fixture(scope="session")
def whole(small_result: Result) -> Result:
    """A result whose settings are a whole experiment."""
    settings = {
        "name": "small",
        "title": "Attacks, quickly",
        "data.bundled": "attacks_bfa",
        "regions.level": "province",
        "forecast.horizons": "4",
        "forecast.draws": "400",
        "forecast.seed": "1",
        "models.rate.kind": "rate",
    }
    return replace(small_result, settings=settings, expansion={})


@pytest.fixture
def write() -> Iterator[Callable[[Result, Path], Path]]:
    """`harmattan.release.write` without pictures."""
    with without_pictures():
        yield release.write


@pytest.fixture(scope="session")
def two(whole: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two releases, as they were issued."""
    folder = tmp_path_factory.mktemp("ledger") / "releases"
    with without_pictures():
        release.write(whole, folder)
        release.write(replace(whole, champion="neighbours"), folder)
    return folder


@pytest.fixture
def releases(two: Path, tmp_path: Path) -> Path:
    """A copy of it to spoil."""
    return Path(shutil.copytree(two, tmp_path / "releases"))
