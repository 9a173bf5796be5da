"""A forecast in the formats that others open: CSV, Parquet, GeoJSON, and a GeoPackage styled for QGIS."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from harmattan.borders import coastal
from harmattan.exports.qml import graduated
from harmattan.forecast import Forecast
from harmattan.layers import risk, windows
from harmattan.maps.scales import RISK
from harmattan.named import nearest
from harmattan.regions import Regions, shapes
from harmattan.spreadsheet import as_csv
from harmattan.whole import replacing, write_text

if TYPE_CHECKING:
    import geopandas as gpd

CONTENTS_OF_STYLES = """INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change)
    VALUES (?, 'attributes', ?, ?)"""
STYLES = """CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT, f_table_schema TEXT,
    f_table_name TEXT, f_geometry_column TEXT, styleName TEXT, styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT, ui TEXT, update_time DATETIME)"""
ONE_STYLE = """INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column,
    styleName, styleQML, styleSLD, useAsDefault, description, owner, ui, update_time)
    VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '', NULL, ?)"""


def tidy(forecast: Forecast, regions: Regions) -> pd.DataFrame:
    """Return one row per horizon and region, with names.

    Returns
    -------
    pandas.DataFrame
        ``origin, horizon, month, region, name, country``, ``p1`` (probability of at least one), ``expected``
        and the quantiles ``q05 … q95`` of the count.

    Raises
    ------
    ValueError
        If a region of the forecast is not among the regions.
    """
    missing = forecast.regions.difference(regions.table.index)
    if len(missing):
        raise ValueError(
            f"every region of the forecast must be among the regions; {len(missing)} are not, first {missing[0]!r}"
        )
    table = forecast.table().astype({"origin": str, "month": str, "region": str})
    for place, column in enumerate(("name", "country"), start=4):
        table.insert(place, column, table["region"].map(regions.table[column]))
    quantiles = [name for name in table if str(name).startswith("q")]
    return table.astype(dict.fromkeys(quantiles, "int64"))


def window_table(forecast: Forecast, regions: Regions) -> pd.DataFrame:
    """Return one row per region, with its risk in every default window.

    Returns
    -------
    pandas.DataFrame
        ``region, name, country`` and, for each of `harmattan.layers.windows`, ``p1_<window>`` (probability of
        at least one) and ``expected_<window>``.
    """
    table = regions.table.loc[forecast.regions, ["name", "country"]]
    for name, horizons in windows(forecast.horizons).items():
        table = table.join(risk(forecast, horizons)[["p1", "expected"]].add_suffix(f"_{name}"))
    return table.rename_axis("region").reset_index()


def write(forecast: Forecast, regions: Regions, path: Path, *, kind: str | None = None) -> Path:
    """Write a forecast to one file.

    CSV and Parquet hold the table of `tidy`, GeoJSON that of `window_table` with outlines, a GeoPackage both:
    layer ``regions``, and layer ``forecast`` with the dates ``month_start`` and ``month_end`` for QGIS's
    temporal controller, each with its style as default.

    Parameters
    ----------
    forecast
        Joint draws.
    regions
        The regions it is made for, or more.
    path
        File to write; replaced if it exists.
    kind
        A key of `EXPORTS`; by default the suffix of the path.

    Raises
    ------
    ValueError
        If there is no such format, or a region has no polygon.
    FileNotFoundError
        If the folder does not exist.
    """
    wanted = kind if kind is not None else path.suffix.removeprefix(".")
    if wanted not in EXPORTS:
        raise ValueError(
            f"a forecast can be exported as {', '.join(EXPORTS)}; got {wanted!r}{nearest(wanted, EXPORTS)}"
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(f"an export is written into an existing folder; make {path.parent} first")
    with replacing(path) as partial:
        EXPORTS[wanted](forecast, regions, partial)
    return path


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV that is safe to open in a spreadsheet (`harmattan.spreadsheet.as_csv`)."""
    write_text(path, as_csv(table))


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet, compressed; the same table gives the same bytes."""
    with replacing(path) as partial:
        table.to_parquet(partial, index=False, compression="zstd")


def _csv(forecast: Forecast, regions: Regions, path: Path) -> None:
    write_csv(tidy(forecast, regions), path)


def _parquet(forecast: Forecast, regions: Regions, path: Path) -> None:
    write_parquet(tidy(forecast, regions), path)


def _geojson(forecast: Forecast, regions: Regions, path: Path) -> None:
    frame = _on_outlines(window_table(forecast, regions), regions)
    frame.to_file(path, layer="regions", driver="GeoJSON", engine="pyogrio", RFC7946="YES", COORDINATE_PRECISION=5)


def _gpkg(forecast: Forecast, regions: Regions, path: Path) -> None:
    """Write layers `regions`, `forecast` with a first and last day for each row, and `context`: what lies around."""
    stamp = f"{forecast.origin.end_time:%Y-%m-%dT00:00:00.000Z}"
    first = next(iter(windows(forecast.horizons)))
    with _clock_stopped(stamp):
        _on_outlines(window_table(forecast, regions), regions).to_file(
            path, layer="regions", driver="GPKG", engine="pyogrio"
        )
        dated = _on_outlines(_dated(tidy(forecast, regions)), regions)
        dated.to_file(path, layer="forecast", driver="GPKG", engine="pyogrio", use_arrow=True)
        _on_outlines(_context(regions), regions).to_file(path, layer="context", driver="GPKG", engine="pyogrio")
    styles = [
        ("regions", f"p1_{first}", graduated(f"p1_{first}", RISK)),
        ("forecast", "p1", graduated("p1", RISK, start="month_start", end="month_end")),
    ]
    _add_styles(path, styles, stamp)


def _context(regions: Regions) -> pd.DataFrame:
    """Numbers about each region that do not change: people, distances, large towns, and columns of the user's own."""
    table = regions.table.select_dtypes("number").drop(columns=["level"], errors="ignore")
    named = pd.concat([regions.table[["name", "country"]], table, coastal(regions)], axis=1)
    return named.reset_index()


def _dated(table: pd.DataFrame) -> pd.DataFrame:
    months = pd.PeriodIndex(table["month"], freq="M")
    start = pd.Series(months.start_time.date, index=table.index, dtype=object)
    end = pd.Series(months.end_time.date, index=table.index, dtype=object)
    return table.assign(month_start=start, month_end=end)


def _on_outlines(table: pd.DataFrame, regions: Regions) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import shapely

    found = shapes(regions).reindex(table["region"])
    absent = found.index[found.isna()]
    if len(absent):
        raise ValueError(f"every region needs a polygon to be exported with one; {absent[0]!r} has none")
    whole = [shapely.MultiPolygon([each]) if each.geom_type == "Polygon" else each for each in found]
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(whole, index=table.index, crs=found.crs))


def _add_styles(path: Path, styles: list[tuple[str, str, str]], stamp: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(STYLES)
        database.execute(CONTENTS_OF_STYLES, ("layer_styles", "layer_styles", stamp))
        for layer, column, style in styles:
            name = f"risk ({column})"
            database.execute(ONE_STYLE, (layer, name, style, "Probability of at least one", stamp))


@contextmanager
def _clock_stopped(stamp: str) -> Iterator[None]:
    """Have GDAL write `stamp` instead of the time of day, so that the same forecast gives the same bytes."""
    import pyogrio

    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": stamp})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


EXPORTS: dict[str, Callable[[Forecast, Regions, Path], None]] = {
    "csv": _csv,
    "parquet": _parquet,
    "geojson": _geojson,
    "gpkg": _gpkg,
}
