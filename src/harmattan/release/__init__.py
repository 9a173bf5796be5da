"""An issued forecast: a folder with a manifest that is written whole or not at all, and can be checked later.

``<folder>/<experiment>/<origin>/`` (or ``<origin>.2``, a later revision) holds the champion's forecast as tables,
draws, maps and a GeoPackage, the tables of all models, the scores, what is said of expansion, and a page that says how
to read them. The recorded counts it was made from are not in it: their licence may forbid passing them on.
"""

from __future__ import annotations

import re
import shutil
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from harmattan import exports, layers, maps, outlooks
from harmattan.forecast import Forecast
from harmattan.ledger.book import recording, settle
from harmattan.maps import coast, overview
from harmattan.months import month, target
from harmattan.regions import Regions, from_polygons
from harmattan.release import record
from harmattan.release.manifest import MANIFEST, describe, fingerprint, load, save, with_files
from harmattan.release.readme import readme
from harmattan.result import Result
from harmattan.whole import alone_in, explained, flush, hidden, write_text

EXPANSION = "expansion"
RECORDED = {"replay": ["attacks", "exposure"]}
SAFE_NAME = re.compile(r"\w[\w.-]*")


@dataclass(frozen=True)
class Release:
    """A release read back.

    Attributes
    ----------
    path
        Its folder.
    manifest
        What `harmattan.release.manifest.describe` says, with the files.
    forecast
        The champion's joint draws.
    table
        The champion's forecast, one row per horizon and region (`harmattan.exports.tidy`).
    models
        The same of every model, with a column ``model``.
    windows
        `harmattan.layers.layer` of every default window.
    scores
        The score table.
    expansion
        The tables of `harmattan.expansion.tables.expansion_tables` by name; none where the measure is not attacks.
    """

    path: Path
    manifest: Mapping[str, Any]
    forecast: Forecast
    table: pd.DataFrame
    models: pd.DataFrame
    windows: pd.DataFrame
    scores: pd.DataFrame
    expansion: Mapping[str, pd.DataFrame]

    @property
    def in_words(self) -> list[str]:
        """The sentences of `harmattan.words.in_words`, as issued."""
        return list(self.manifest["in_words"])

    def regions(self) -> Regions:
        """Return the regions with their outlines, as drawn; neighbours are those whose outlines touch."""
        return from_polygons(
            self.path / "forecast.gpkg", code="region", name="name", country="country", layer="regions"
        )


def write(result: Result, folder: Path) -> Path:
    """Issue a result as a release.

    Everything is written into a hidden folder beside the target, flushed to disk and then renamed, so a run
    that is killed leaves no release; what it leaves behind is removed by the next. The same result gives the
    same bytes. That it was issued, and when, stands in the ledger of the folder (`harmattan.ledger`).

    Parameters
    ----------
    result
        What the experiment found.
    folder
        Where releases are kept; made if it does not exist.

    Returns
    -------
    Path
        ``<folder>/<experiment>/<origin>``. Releases are never overwritten: if there is one of that experiment and
        origin with other content, because code, settings or data have changed, the new one is ``<origin>.2`` and so on.

    Raises
    ------
    ValueError
        If the name of the experiment cannot be the name of a folder, or the equal release there is was altered.
    harmattan.whole.NotWrittenError
        If the disk is full, or the folder cannot be written.
    """
    if not SAFE_NAME.fullmatch(result.name):
        raise ValueError(
            "an experiment's name must be made of letters, digits, '-', '_' and '.', since a folder is named "
            f"after it; got {result.name!r}"
        )
    place = folder / result.name
    final = place / str(result.forecast.origin)
    with explained(folder), alone_in(place):
        settle(folder)
        building = hidden(final)
        try:
            building.mkdir()
            _write_files(result, building)
            while final.exists():
                if _same(building, final):
                    return final
                final = _next_revision(final)
            flush(building)
            with recording(folder, final, load(building)):
                building.rename(final)
                flush(place, inside=False)
        finally:
            shutil.rmtree(building, ignore_errors=True)
    return final


def read(path: Path) -> Release:
    """Read a release, after checking that no file was altered.

    Raises
    ------
    FileNotFoundError, ValueError
        As `verify`; or if a file is not what a release holds, though the manifest says so.
    """
    verify(path)
    manifest = load(path)
    try:
        return _contents(path, manifest)
    except (ValueError, LookupError, TypeError, OSError, EOFError, BadZipFile, zlib.error, pa.ArrowException) as error:
        said = " ".join(str(error).split())[:200]
        raise ValueError(f"the release {path} cannot be read: {said}; take it from where it was made") from error


def _contents(path: Path, manifest: Mapping[str, Any]) -> Release:
    with (path / "draws.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
        forecast = Forecast(
            _counts(stored["draws"]),
            month(manifest["origin"]),
            tuple(int(h) for h in stored["horizons"]),
            pd.Index(stored["regions"].tolist(), name="region"),
            manifest["measure"],
        )
    if list(forecast.horizons) != manifest["horizons"]:
        raise ValueError(f"draws.npz has the horizons {forecast.horizons}, the manifest {manifest['horizons']}")
    if forecast.regions.has_duplicates:
        raise ValueError(f"draws.npz has the region {forecast.regions[forecast.regions.duplicated()][0]!r} twice")
    table, models, windows, scores = (
        pd.read_parquet(path / f"{name}.parquet") for name in ("forecast", "models", "windows", "scores")
    )
    expansion = {file.stem: pd.read_parquet(file) for file in sorted((path / EXPANSION).glob("*.parquet"))}
    return Release(path, manifest, forecast, table, models, windows, scores, expansion)


def _counts(draws: np.ndarray) -> npt.NDArray[np.int32]:
    if not np.issubdtype(draws.dtype, np.integer) or not draws.size or int(draws.max()) > np.iinfo(np.int32).max:
        raise ValueError(
            f"draws must be whole counts below 2^31, at least one draw; got numbers of type {draws.dtype}, "
            f"shape {draws.shape}"
        )
    return draws.astype(np.int32)


def verify(path: Path) -> None:
    """Check every file of a release against its manifest.

    Raises
    ------
    FileNotFoundError
        If there is no manifest, or a file is gone.
    ValueError
        If a file or the manifest was altered; the message names the first.
    """
    for name, stated in load(path)["files"].items():
        file = path / name
        if file.is_symlink() and not _inside(file, path):
            raise ValueError(f"{name} of the release {path} is a link out of it; take it from where it was made")
        if not file.is_file():
            raise FileNotFoundError(f"the release {path} must hold {name}; it is gone: take it from where it was made")
        found = fingerprint(file)
        if found != stated["sha256"]:
            raise ValueError(
                f"{name} of the release {path} was altered after it was written: expected SHA-256 "
                f"{stated['sha256'][:12]}…, got {found[:12]}…; take it from where it was made"
            )


def _inside(file: Path, folder: Path) -> bool:
    """Whether a link leads to a place in a folder; one that leads to itself does not."""
    try:
        return file.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return False


def releases(folder: Path) -> pd.DataFrame:
    """List the releases in a folder, newest origin first.

    Returns
    -------
    pandas.DataFrame
        ``experiment, origin, champion, horizons`` (first and last, such as "1-12"), ``harmattan`` (version that wrote
        it) and ``path``; no rows if there are none.

    Raises
    ------
    ValueError
        If a manifest cannot be read; the message names it.
    """
    found = []
    for path in sorted(folder.glob(f"*/[!.]*/{MANIFEST}")):
        said = load(path.parent)
        horizons = f"{said['horizons'][0]}-{said['horizons'][-1]}"
        found.append(
            (
                said["experiment"],
                said["origin"],
                said["champion"],
                horizons,
                said["code"]["harmattan"],
                str(path.parent),
            )
        )
    table = pd.DataFrame(found, columns=["experiment", "origin", "champion", "horizons", "harmattan", "path"])
    return table.sort_values(["origin", "experiment"], ascending=[False, True], ignore_index=True)


def export(path: Path, destination: Path) -> Path:
    """Write the champion's forecast of a release to one file and return its path.

    The file's suffix, a key of `harmattan.exports.EXPORTS`, says the format.

    Raises
    ------
    FileNotFoundError, ValueError
        As `read` and `harmattan.exports.write`.
    """
    release = read(path)
    return exports.write(release.forecast, release.regions(), destination)


def _write_files(result: Result, folder: Path) -> None:
    regions = result.panel.regions
    for kind in ("parquet", "csv", "gpkg"):
        exports.write(result.forecast, regions, folder / f"forecast.{kind}")
    models = [exports.tidy(each, regions).assign(model=name) for name, each in sorted(result.forecasts.items())]
    exports.write_parquet(pd.concat(models, ignore_index=True), folder / "models.parquet")
    for name, table in (("windows", _windows(result)), ("scores", result.scores)):
        exports.write_parquet(table, folder / f"{name}.parquet")
        exports.write_csv(table, folder / f"{name}.csv")
    _write_record(result, folder)
    _save_draws(result.forecast, folder / "draws.npz")
    (folder / "maps").mkdir()
    maps.write(result, folder / "maps")
    overview.write(result, folder / "maps" / "overview.png")
    if result.expansion:
        _write_expansion(result, folder)
    said = describe(result)
    write_text(folder / "README.txt", readme(result, said["in_words"]))
    save(with_files(said, folder), folder)


def _write_record(result: Result, folder: Path) -> None:
    """Write how the models did on past origins."""
    tables = {
        "reliability": record.reliability(result.rows, result.champion),
        "suspicions": record.suspicions(result),
    }
    against = layers.rival(result)
    if against is not None:
        tables["by_region"] = record.by_region(result.rows, result.champion, against)
    for name, table in tables.items():
        exports.write_parquet(table, folder / f"{name}.parquet")
    (folder / "charts").mkdir()
    record.write_charts(result, folder / "charts")


def _write_expansion(result: Result, folder: Path) -> None:
    (folder / EXPANSION).mkdir()
    for name, table in result.expansion.items():
        told = _with_months_as_text(table.drop(columns=RECORDED.get(name, [])))
        exports.write_parquet(told, folder / EXPANSION / f"{name}.parquet")
        exports.write_csv(told, folder / EXPANSION / f"{name}.csv")
    coast.write(result, folder / "maps" / "toward_coast.png")
    (folder / "outlooks").mkdir()
    outlooks.write(result, folder / "outlooks")


def _with_months_as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Months as YYYY-MM, which every reader of tables knows; missing ones stay missing."""
    told = table.copy()
    for name in table:
        if isinstance(table[name].dtype, pd.PeriodDtype):
            told[name] = table[name].astype(str).where(table[name].notna(), None)
    return told


def _windows(result: Result) -> pd.DataFrame:
    parts = []
    for name, horizons in layers.windows(result.forecast.horizons).items():
        months = [str(target(result.forecast.origin, h)) for h in horizons]
        table = layers.layer(result, horizons).reset_index()
        table.insert(0, "window", name)
        table.insert(1, "first_month", months[0])
        table.insert(2, "last_month", months[-1])
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def _save_draws(forecast: Forecast, path: Path) -> None:
    smallest = np.min_scalar_type(int(forecast.draws.max(initial=0)))
    np.savez_compressed(
        path,
        draws=forecast.draws.astype(smallest),
        horizons=np.array(forecast.horizons, dtype=np.int32),
        regions=np.array([str(code) for code in forecast.regions]),
    )


def _same(new: Path, old: Path) -> bool:
    """Whether two releases have the same content; raises as `verify` if the old one only claims to."""
    same = bool(load(new)["sha256"] == load(old)["sha256"])
    if same:
        verify(old)
    return same


def _next_revision(path: Path) -> Path:
    """``2023-12`` -> ``2023-12.2`` -> ``2023-12.3``."""
    origin, _, number = path.name.partition(".")
    return path.with_name(f"{origin}.{int(number or 1) + 1}")
