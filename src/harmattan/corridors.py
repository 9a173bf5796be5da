"""Corridors: roads and other lines as chains of regions, with the km in each.

Ten are bundled, from the Sahel to the coast. A user's own is a line from a file, or points: places in degrees, towns
of the bundled corridors, or region codes. Every table here has the columns ``corridor`` (a short name), ``name``,
``step`` (1, 2, ... along the line; a region may come twice), ``region`` (empty outside all regions) and ``km``, which
add up to the whole line.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from harmattan import figures
from harmattan.named import nearest
from harmattan.regions import Regions, locate

if TYPE_CHECKING:
    import geopandas as gpd

STEP = 0.01
COLUMNS = ["corridor", "name", "step", "region", "km"]


def bundled(regions: Regions) -> pd.DataFrame:
    """Return the bundled corridors that enter these regions, as chains of them.

    ``km`` are km by road. For bundled regions they come from ``corridors.csv``, each of its regions taken as the
    region here that holds it. With polygons of the user's own, the straight lines between a corridor's towns are cut
    by the polygons and stretched to the km by road between the two towns: rougher than the bundled chains.

    Examples
    --------
    >>> from harmattan.regions import bundled as bundled_regions
    >>> chain = bundled(bundled_regions("country")).query("corridor == 'ouagadougou-lome'")
    >>> chain["region"].tolist()
    ['BFA', 'TGO']
    """
    if regions.geometry is not None:
        towns = figures.corridor_towns().groupby("corridor", sort=False)
        return _entering([_through_towns(regions, stops) for _, stops in towns])
    held = pd.Series(figures.holder_of_cells(regions.table.index), index=figures.region_grid().regions)
    table = figures.corridor_table()
    chains = [
        chain(str(corridor), part["name"].iloc[0], held.loc[part["region"]], part["km"])
        for corridor, part in table.groupby("corridor", sort=False)
    ]
    return _entering(chains)


def from_line(regions: Regions, coordinates: ArrayLike, *, corridor: str = "own", name: str = "") -> pd.DataFrame:
    """Return the chain of regions that a line passes, with km on the WGS84 ellipsoid.

    The line is cut exactly where it crosses the user's polygons. Bundled regions are looked up in their grid every
    0.01 degrees, which places a border to about 5 km. The line runs straight between its points, so it is shorter
    than a road unless it follows the road closely.

    Parameters
    ----------
    coordinates
        Longitude and latitude of the line's points in order, shape (n, 2), at least two; see `points` and
        `read_lines`.
    corridor, name
        For the table; `corridor` stands in for an empty `name`.

    Raises
    ------
    ValueError
        If the coordinates are not those of a line on Earth, or no part of it lies in the regions.

    Examples
    --------
    >>> from harmattan.regions import bundled as bundled_regions
    >>> line = from_line(bundled_regions("country"), [(-1.52, 12.37), (-0.2, 5.6)], corridor="direct")
    >>> line["region"].tolist(), line["km"].sum().round().item()
    (['BFA', 'GHA'], 763.0)
    """
    cut = split(coordinates, regions.geometry)
    table = chain(corridor, name or corridor, locate(regions, cut["lon"], cut["lat"]), cut["km"])
    if (table["region"] == "").all():
        raise ValueError(f"no part of the line {corridor!r} lies in the {len(regions)} regions: check lon and lat")
    return table


def points(regions: Regions, stops: Sequence[str | tuple[float, float]]) -> NDArray[np.float64]:
    """Return longitude and latitude of stops, shape (n, 2).

    Parameters
    ----------
    stops
        Each ``(lon, lat)`` or ``"lon lat"`` in degrees, the name of a town of the bundled corridors, or a region
        code, which stands for the region's centre.

    Raises
    ------
    ValueError
        If a stop is none of these; the message names the nearest known one.

    Examples
    --------
    >>> from harmattan.regions import bundled as bundled_regions
    >>> points(bundled_regions("country", ["TGO"]), ["Bolgatanga", "0.2 10.9"]).tolist()
    [[-0.85, 10.79], [0.2, 10.9]]
    """
    towns = figures.corridor_towns().drop_duplicates("town").set_index("town")[["lon", "lat"]]
    known = pd.concat([towns, regions.table[["lon", "lat"]]])
    return np.array([_point(stop, known) for stop in stops], dtype=np.float64).reshape(-1, 2)


def read_lines(path: str | Path, *, layer: str | None = None) -> dict[str, NDArray[np.float64]]:
    """Read the lines of a GeoPackage, GeoJSON, Shapefile or GeoParquet file: name to longitude and latitude.

    A line is named by the file's column ``name``, where it has one and the line has a value there; else by the file
    and, if it holds several, its number.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If the file has no coordinate reference system, or holds anything but connected lines, or two lines of a name.
    """
    import shapely

    from harmattan.polygons import read_shapes

    file = Path(path)
    frame = read_shapes(file, what="lines", layer=layer)
    lines: dict[str, NDArray[np.float64]] = {}
    given = frame["name"] if "name" in frame else pd.Series(None, index=frame.index, dtype=object)
    for number, (line, own) in enumerate(zip(frame.geometry, given, strict=True), start=1):
        name = str(own) if pd.notna(own) else file.stem if len(frame) == 1 else f"{file.stem} {number}"
        whole = shapely.line_merge(line) if line is not None and line.geom_type == "MultiLineString" else line
        if whole is None or whole.geom_type != "LineString" or whole.is_empty:
            kind = "no geometry" if whole is None else f"a {whole.geom_type}"
            raise ValueError(f"every row of {file.name} must be one connected line; {name!r} is {kind}")
        if name in lines:
            raise ValueError(f"the lines of {file.name} must have names of their own; {name!r} comes twice")
        lines[name] = shapely.get_coordinates(whole)
        if not (np.abs(lines[name]) <= (180.0, 90.0)).all():
            raise ValueError(
                f"lines must lie between -180 and 180 degrees east and between -90 and 90 degrees north; {name!r} of "
                f"{file.name} does not: check the file's reference system, and that longitude comes first"
            )
    return lines


def split(coordinates: ArrayLike, outlines: gpd.GeoSeries | None = None) -> pd.DataFrame:
    """Cut a line into pieces that lie in one region each.

    Parameters
    ----------
    coordinates
        Longitude and latitude, shape (n, 2), n of two or more.
    outlines
        Cut where the line crosses these; None to cut every 0.01 degrees.

    Returns
    -------
    pandas.DataFrame
        One row per piece, in order: ``segment`` (from 0, the stretch between two points it is part of), ``lon`` and
        ``lat`` of its middle, and ``km`` on the WGS84 ellipsoid.

    Raises
    ------
    ValueError
        If the coordinates are not of this shape, not finite, not on Earth, or all one point.

    Examples
    --------
    >>> split([(0.0, 0.0), (0.02, 0.0), (0.02, 0.01)]).round(3).to_numpy().tolist()
    [[0.0, 0.005, 0.0, 1.113], [0.0, 0.015, 0.0, 1.113], [1.0, 0.02, 0.005, 1.106]]
    """
    from pyproj import Geod

    xy = _checked(coordinates)
    start, way = xy[:-1], np.diff(xy, axis=0)
    cuts = _even(way) if outlines is None else _crossings(start, way, outlines)
    segment = np.concatenate([np.full(len(at) - 1, k) for k, at in enumerate(cuts)])
    low, high = (np.concatenate([at[ends] for at in cuts])[:, None] for ends in (slice(None, -1), slice(1, None)))
    ends = [start[segment] + share * way[segment] for share in (low, (low + high) / 2, high)]
    metres = Geod(ellps="WGS84").inv(*ends[0].T, *ends[2].T)[2]
    table = pd.DataFrame({"segment": segment, "lon": ends[1][:, 0], "lat": ends[1][:, 1]})
    table["km"] = np.asarray(metres, dtype=np.float64) / 1000
    return table[table["km"] > 0].reset_index(drop=True)


def chain(corridor: str, name: str, codes: ArrayLike, km: ArrayLike) -> pd.DataFrame:
    """Join successive pieces in one region into steps.

    Parameters
    ----------
    codes
        Region of each piece in order, None for none, which becomes an empty code.
    km
        Length of each piece.

    Examples
    --------
    >>> steps = chain("c", "C", ["A", "A", None, "B", "A"], [1.0, 2.0, 9.0, 3.0, 4.0])
    >>> steps["region"].tolist(), steps["km"].tolist()
    (['A', '', 'B', 'A'], [3.0, 9.0, 3.0, 4.0])
    """
    region = pd.Series(np.asarray(codes, dtype=object)).fillna("").astype("str")
    pieces = pd.DataFrame({"region": region, "km": np.asarray(km, dtype=np.float64)})
    run = (region != region.shift()).cumsum()
    steps = pieces.groupby(run, sort=True).agg({"region": "first", "km": "sum"}).reset_index(drop=True)
    return steps.assign(corridor=corridor, name=name, step=np.arange(1, len(steps) + 1))[COLUMNS]


def _through_towns(regions: Regions, stops: pd.DataFrame) -> pd.DataFrame:
    """Cut the straight lines between the towns of one corridor, stretched to the km by road."""
    cut = split(stops[["lon", "lat"]].to_numpy(), regions.geometry)
    straight = cut.groupby("segment")["km"].transform("sum")
    road = stops["km"].to_numpy()[1:][cut["segment"]]
    found = locate(regions, cut["lon"], cut["lat"])
    return chain(str(stops["corridor"].iloc[0]), str(stops["name"].iloc[0]), found, cut["km"] / straight * road)


def _entering(chains: list[pd.DataFrame]) -> pd.DataFrame:
    """Put chains below each other, those outside all regions left out."""
    table = pd.concat(chains, ignore_index=True)
    inside = (table["region"] != "").groupby(table["corridor"]).transform("any")
    return table[inside].reset_index(drop=True)


def _point(stop: str | tuple[float, float], known: pd.DataFrame) -> tuple[float, float]:
    if isinstance(stop, str) and stop in known.index:
        return float(known["lon"][stop]), float(known["lat"][stop])
    try:
        lon, lat = (float(part) for part in (stop.split() if isinstance(stop, str) else stop))
    except (TypeError, ValueError):
        hint = nearest(str(stop), [str(name) for name in known.index])
        raise ValueError(
            "a stop must be (lon, lat), 'lon lat', a town of the bundled corridors or a region code; "
            f"got {stop!r}{hint}"
        ) from None
    return lon, lat


def _checked(coordinates: ArrayLike) -> NDArray[np.float64]:
    xy = np.asarray(coordinates, dtype=np.float64)
    if xy.ndim != 2 or xy.shape[1] != 2 or len(xy) < 2:
        raise ValueError(f"a line needs two or more points of lon and lat, shape (n, 2); got shape {xy.shape}")
    wrong = ~(np.isfinite(xy) & (np.abs(xy) <= [180, 90])).all(axis=1)
    if wrong.any():
        at = int(wrong.argmax())
        raise ValueError(f"points of a line must be degrees on Earth; point {at} is {xy[at].tolist()}")
    if (xy == xy[0]).all():
        raise ValueError(f"a line needs two different points; all {len(xy)} are {xy[0].tolist()}")
    return xy


def _even(way: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return the shares of each stretch at which to cut it into equal pieces of at most `STEP` degrees."""
    number = np.ceil(np.hypot(*way.T) / STEP - 1e-9).astype(int)
    return [np.linspace(0, 1, max(pieces, 1) + 1) for pieces in number]


def _crossings(
    start: NDArray[np.float64], way: NDArray[np.float64], outlines: gpd.GeoSeries
) -> list[NDArray[np.float64]]:
    """Return the shares of each stretch at which it crosses an outline, with 0 and 1."""
    import shapely

    lines = shapely.linestrings(np.stack([start, start + way], axis=1))
    rims: Any = shapely.get_parts(shapely.boundary(outlines.to_numpy()))
    stretch, rim = shapely.STRtree(rims).query(lines, predicate="intersects")
    xy, pair = shapely.get_coordinates(shapely.intersection(lines[stretch], rims[rim]), return_index=True)
    owner = stretch[pair]
    length = np.maximum((way**2).sum(axis=1), np.finfo(float).tiny)
    share = ((xy - start[owner]) * way[owner]).sum(axis=1) / length[owner]
    return [np.unique(np.clip(np.r_[0.0, share[owner == k], 1.0], 0, 1)) for k in range(len(way))]
