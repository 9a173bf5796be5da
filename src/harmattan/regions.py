"""The regions a forecast is made for: codes, names, centres, figures, outlines and neighbours.

Regions are bundled (18 countries of West and Central Africa and Algeria, their first-level units, the
provinces of Burkina Faso) or read from the user's own polygons. Bundled outlines are rebuilt from a grid of
0.05 degree cells (about 5.5 km), so a point closer than that to a border may be given the neighbour's region;
with polygons of your own points are placed exactly.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from harmattan import figures
from harmattan.grid import lookup
from harmattan.neighbours import Neighbours, contiguity

if TYPE_CHECKING:
    import geopandas as gpd

LEVELS = {"country": 0, "admin1": 1, "province": 2}
COASTAL = ("SEN", "MRT", "GIN", "CIV", "GHA", "TGO", "BEN", "NGA")
REQUIRED = ("name", "country", "lon", "lat", "area_km2")


@dataclass(frozen=True, repr=False, eq=False)
class Regions:
    """A checked table of regions with their neighbours and, for the user's own, their polygons.

    Parameters
    ----------
    table
        Index ``region`` (unique codes); columns ``name``, ``country`` (ISO 3166-1 alpha-3), ``lon``, ``lat``
        (degrees, a point inside the region) and ``area_km2``. Bundled regions also have ``level``,
        ``parent``, ``iso_3166_2``, ``context``, ``population`` and the distances ``coast_km``, ``border_km``,
        ``road_km``, ``capital_km``.
    geometry
        Polygons in EPSG:4326 with the same index; None for bundled regions, see `shapes`.
    neighbours
        Neighbours with the same index.

    Raises
    ------
    ValueError
        If a column is missing, a code repeats, a centre is not a place on Earth, an area is not positive, or
        the parts disagree about the regions; the message names the first offending region.

    Examples
    --------
    >>> bundled("province")
    <Regions: 45 of BFA, Neighbours of 45 regions: 108 pairs, 0 isolates, 1 component>
    """

    table: pd.DataFrame
    geometry: gpd.GeoSeries | None
    neighbours: Neighbours

    def __post_init__(self) -> None:
        _check_table(self.table)
        if not self.neighbours.regions.equals(self.table.index):
            raise ValueError(_disagreement("neighbours", self.neighbours.regions, self.table.index))
        if self.geometry is not None and not self.geometry.index.equals(self.table.index):
            raise ValueError(_disagreement("geometry", self.geometry.index, self.table.index))

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        countries = sorted(self.table["country"].unique())
        where = countries[0] if len(countries) == 1 else f"{len(countries)} countries"
        return f"<Regions: {len(self)} of {where}, {repr(self.neighbours)[1:-1]}>"


def bundled(level: str | int, countries: Iterable[str] | None = None) -> Regions:
    """Return the bundled regions of one level, or of several that complete each other.

    Parameters
    ----------
    level
        ``"country"`` (or 0), ``"admin1"`` (1) or ``"province"`` (2, Burkina Faso only). Names joined by ``+`` give
        each country the first of these levels that it has: ``"province+country"`` is Burkina Faso's provinces and
        the other countries whole, ``"province+admin1"`` the provinces and the others' first-level units.
    countries
        ISO 3166-1 alpha-3 codes to keep; all that have a level by default, including those marked ``context``.

    Raises
    ------
    ValueError
        If the level is unknown or a country has no regions of this level.

    Examples
    --------
    >>> bundled("admin1", ["BEN", "TGO"]).table.loc["BJ02", "name"]
    'Atacora'
    >>> bundled("province+country", ["BFA", "BEN", "TGO"])
    <Regions: 47 of 3 countries, Neighbours of 47 regions: 114 pairs, 0 isolates, 1 component>
    """
    table, numbers = figures.region_table(), _numbers(level)
    held = table[table["level"].isin(numbers)]
    rank = held["level"].map({number: place for place, number in enumerate(numbers)})
    table = held[rank == rank.groupby(held["country"]).transform("min")]
    if countries is not None:
        wanted, known = list(countries), sorted(table["country"].unique())
        unknown = [country for country in wanted if country not in known]
        if unknown:
            raise ValueError(
                f"countries must be a list of those with bundled regions of level {level!r}: "
                f"{', '.join(known)}; got {unknown[0]!r}"
            )
        table = table[table["country"].isin(wanted)]
    return Regions(table.copy(), None, contiguity(_bundled_edges(table.index), table.index))


def only(regions: Regions, countries: Iterable[str]) -> Regions:
    """Return the regions of some countries; links to all others are cut.

    Raises
    ------
    ValueError
        If no region lies in these countries.

    Examples
    --------
    >>> only(bundled("country"), ["BEN", "TGO"])
    <Regions: 2 of 2 countries, Neighbours of 2 regions: 1 pair, 0 isolates, 1 component>
    """
    keep = regions.table["country"].isin(list(countries)).to_numpy()
    if not keep.any():
        known = ", ".join(sorted(regions.table["country"].unique()))
        raise ValueError(f"no region lies in {', '.join(countries)}; the regions are of {known}")
    table = regions.table[keep]
    geometry = None if regions.geometry is None else regions.geometry[keep]
    weights = regions.neighbours.weights[keep][:, keep]
    return Regions(table, geometry, Neighbours(table.index, weights))


def from_polygons(path: str | Path, *, code: str, name: str, country: str, layer: str | None = None) -> Regions:
    """Return regions read from the user's own polygons.

    Coordinates are brought to EPSG:4326, invalid polygons are rebuilt from their rings, areas are measured in
    an equal-area projection, and neighbours are the regions that touch, if only in a point.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, Shapefile or GeoParquet.
    code, name, country
        The file's columns that hold the region code, its name and its country (ISO 3166-1 alpha-3).
    layer
        Layer of a file that holds several.

    Returns
    -------
    Regions
        Sorted by code.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file has no coordinate reference system, lacks a column or a value, repeats a code, or has a
        region without a polygon; the message names the column or the region.
    """
    from harmattan import polygons

    frame = polygons.read_polygons(Path(path), layer=layer)
    present = [str(column) for column in frame.columns if column != frame.geometry.name]
    for column in (code, name, country):
        if column not in present:
            raise ValueError(f"{Path(path).name} must have a column {column!r}; it has {', '.join(present)}")
        empty = frame[column].isna() | (frame[column].astype(str).str.strip() == "")
        if empty.any():
            row = int(np.flatnonzero(empty)[0])
            raise ValueError(f"column {column!r} must have a value in every row; row {row} has none")
    if frame.empty:
        raise ValueError(f"{Path(path).name} must have at least one region; it has none")
    frame = frame.assign(region=_as_text(frame[code])).set_index("region").sort_index()
    table = pd.DataFrame({"name": _as_text(frame[name]), "country": _as_text(frame[country])}, index=frame.index)
    _check_unique(table.index)
    shapes_of = polygons.repaired(frame.geometry)
    lon, lat = polygons.centres(shapes_of)
    table = table.assign(lon=lon, lat=lat, area_km2=polygons.areas_km2(shapes_of))
    return Regions(table, shapes_of, contiguity(polygons.touching(shapes_of), table.index))


def edges(regions: Regions) -> pd.DataFrame:
    """Return the pairs of regions that touch, with the length of the border they share.

    Returns
    -------
    pandas.DataFrame
        Columns ``a``, ``b`` (a < b) and ``border_km``; what `neighbours.contiguity` and
        `neighbours.border_length` take.

    Examples
    --------
    >>> edges(bundled("country", ["BFA", "NER", "TGO"]))["b"].tolist()
    ['NER', 'TGO']
    """
    if regions.geometry is None:
        return _bundled_edges(regions.table.index)
    from harmattan.polygons import touching

    return touching(regions.geometry)


def locate(regions: Regions, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.object_]:
    """Return the code of the region each point lies in, None outside all of them.

    With the user's polygons a point on a border belongs to the region first in the table. Bundled regions are
    looked up in the grid: see `grid.lookup` for edges, and for points up to one cell off the outer border,
    which are taken in.

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,). A point that is not finite lies outside.

    Returns
    -------
    numpy.ndarray
        Codes or None, dtype object, shape (n,).

    Raises
    ------
    ValueError
        If `lon` and `lat` are not of one length.

    Examples
    --------
    >>> locate(bundled("admin1"), [-1.52, 0.0], [12.37, -30.0]).tolist()
    ['BF13', None]
    """
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"lon and lat must be of one length; got shapes {x.shape} and {y.shape}")
    if regions.geometry is None:
        codes = np.array([*figures.holder_of_cells(regions.table.index), None], dtype=object)
        held: NDArray[np.object_] = codes[lookup(figures.region_grid(), x, y)]
        return held
    from harmattan.polygons import first_polygon

    found = np.full(len(x), -1, dtype=np.intp)
    finite = np.isfinite(x) & np.isfinite(y)
    found[finite] = first_polygon(regions.geometry.to_numpy(), x[finite], y[finite])
    inside: NDArray[np.object_] = np.array([*regions.table.index, None], dtype=object)[found]
    return inside


def shapes(regions: Regions) -> gpd.GeoSeries:
    """Return the outline of every region for drawing: the user's polygons, or outlines rebuilt from the grid.

    Rebuilt outlines fit each other across levels: a country is exactly the union of its units. They are right
    to about 6 km, enough for a map and nothing else.

    Returns
    -------
    geopandas.GeoSeries
        Polygons in EPSG:4326, index as the table's.

    Examples
    --------
    >>> len(shapes(bundled("province")))
    45
    """
    if regions.geometry is not None:
        return regions.geometry
    import geopandas as gpd

    holder = figures.holder_of_cells(regions.table.index)
    finest = figures.finest_outlines()
    units = gpd.GeoDataFrame({"region": holder}, geometry=finest.to_numpy())
    united = units.dropna(subset="region").dissolve("region", method="coverage").geometry
    return united.set_crs(finest.crs).reindex(regions.table.index)


def _as_text(column: pd.Series) -> pd.Series:
    """A column as text without space around it; whole numbers without a decimal point, which missing values give."""
    whole = pd.api.types.is_float_dtype(column) and bool((column % 1 == 0).all())
    text: pd.Series = (column.astype("int64") if whole else column).astype(str).str.strip()
    return text


def _numbers(level: str | int) -> list[int]:
    """Return the numbers of the levels named, in the order they are to be tried."""
    numbers = [LEVELS.get(part, -1) for part in level.split("+")] if isinstance(level, str) else [int(level)]
    if not set(numbers) <= set(LEVELS.values()):
        raise ValueError(
            f"level must be one of {', '.join(LEVELS)} (or 0, 1, 2), or several joined by +, such as "
            f"'province+country'; got {level!r}"
        )
    return numbers


def _bundled_edges(codes: pd.Index) -> pd.DataFrame:
    table = figures.neighbour_table()
    inside = table["a"].isin(codes) & table["b"].isin(codes)
    return table.loc[inside, ["a", "b", "border_km"]].reset_index(drop=True)


def _check_table(table: pd.DataFrame) -> None:
    absent = [column for column in REQUIRED if column not in table.columns]
    if absent:
        raise ValueError(f"regions must have the columns {', '.join(REQUIRED)}; {', '.join(absent)} missing")
    if table.index.name != "region" or not len(table):
        raise ValueError(f"regions must be rows of an index 'region'; got {len(table)}, {table.index.name!r}")
    _check_unique(table.index)
    finite = np.isfinite(table[["lon", "lat", "area_km2"]])
    rules = {
        ("lon", "between -180 and 180 degrees"): table["lon"].abs() <= 180,
        ("lat", "between -90 and 90 degrees"): table["lat"].abs() <= 90,
        ("area_km2", "above 0"): table["area_km2"] > 0,
    }
    for (column, rule), kept in rules.items():
        broken = table.index[~(kept & finite[column])]
        if len(broken):
            raise ValueError(
                f"every region needs a finite {column} {rule}; {len(broken)} of {len(table)} have none, "
                f"first {broken[0]!r} with {table[column][broken[0]]}"
            )


def _check_unique(codes: pd.Index) -> None:
    if codes.has_duplicates:
        raise ValueError(f"region codes must be unique; {codes[codes.duplicated()][0]!r} comes twice")


def _disagreement(what: str, have: pd.Index, want: pd.Index) -> str:
    apart = want.difference(have).append(have.difference(want))
    which = f"first {apart[0]!r} is only in one of them" if len(apart) else "they come in another order"
    return f"{what} must cover the regions of the table, in its order; {which}"
