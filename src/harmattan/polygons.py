"""Geometry of regions: reading polygons, areas, centres, shared borders, and the region a point lies in.

Everything here takes polygons in longitude and latitude (EPSG:4326) and returns km. The geographic libraries
take time to import, so each function imports what it needs.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    import geopandas as gpd

EQUAL_AREA = "EPSG:6933"
_SMALLEST_MAP = 0.01
_ROUNDING = 1e-6
_SHOWN = 200


def read_polygons(path: Path, *, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read a GeoPackage, GeoJSON, Shapefile or GeoParquet file of polygons into longitude and latitude.

    Parameters
    ----------
    path
        The file; ``.parquet`` and ``.geoparquet`` are read as GeoParquet, anything else by its own driver.
    layer
        Layer of a file that holds several.

    Returns
    -------
    geopandas.GeoDataFrame
        The file's columns, geometry in EPSG:4326.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If it cannot be read, holds no geometry, or has no coordinate reference system.
    """
    return read_shapes(path, what="polygons", layer=layer)


def read_shapes(path: Path, *, what: str, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read polygons or lines into longitude and latitude; `what` they are is said in messages. See `read_polygons`."""
    import geopandas as gpd
    from shapely.errors import ShapelyError

    if not path.exists():
        raise FileNotFoundError(f"expected a file of {what} at {path}; nothing is there")
    geoparquet = path.suffix in {".parquet", ".geoparquet"}
    try:
        with warnings.catch_warnings():
            # What GDAL warns of, such as a ring that is not closed, is refused below or as it is read.
            warnings.simplefilter("ignore", RuntimeWarning)
            frame = gpd.read_parquet(path) if geoparquet else gpd.read_file(path, layer=layer)
    except (RuntimeError, ValueError, TypeError, LookupError, OSError, ShapelyError) as error:
        said = " ".join(str(error).split())[:_SHOWN]
        raise ValueError(f"{path.name}: cannot be read as {what}: {said or type(error).__name__}") from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise ValueError(f"{path.name}: has no geometry; expected {what}")
    if frame.crs is None:
        raise ValueError(
            f"{what} must have a coordinate reference system; {path.name} has none: write one into it "
            "(EPSG:4326 if its coordinates are longitude and latitude)"
        )
    return frame.to_crs("EPSG:4326")


def repaired(geometry: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return the polygons with invalid ones rebuilt from their rings; other kinds of geometry are refused.

    Raises
    ------
    ValueError
        If a geometry is missing, is not made of polygons, lies beyond 180 degrees or the poles, or encloses no area:
        the message names the region. Or if all of them together are smaller than a village.

    Examples
    --------
    >>> import geopandas, shapely
    >>> twisted = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    >>> repaired(geopandas.GeoSeries([twisted], index=["A"], crs="EPSG:4326")).is_valid.tolist()
    [True]
    """
    import geopandas as gpd
    import shapely

    kinds = geometry.geom_type
    refused = geometry.index[~kinds.isin(["Polygon", "MultiPolygon"])]
    if len(refused):
        what = "no geometry" if pd.isna(kinds[refused[0]]) else f"a {kinds[refused[0]]}"
        raise ValueError(
            f"every region needs a polygon; {len(refused)} do not have one, first {refused[0]!r} with {what}"
        )
    _check_degrees(geometry)
    values = geometry.to_numpy().copy()
    invalid = ~shapely.is_valid(values)
    values[invalid] = shapely.make_valid(values[invalid], method="structure", keep_collapsed=False)
    empty = geometry.index[shapely.area(values) <= 0]
    if len(empty):
        raise ValueError(f"every region needs a polygon with an area; {empty[0]!r} has none: draw it again")
    return gpd.GeoSeries(values, index=geometry.index, crs=geometry.crs)


def _check_degrees(geometry: gpd.GeoSeries) -> None:
    """Raise where coordinates are no degrees: in metres, swapped, in the wrong reference system, or not numbers."""
    import shapely

    remedy = "check the file's reference system, and that longitude comes first"
    corners, owner = shapely.get_coordinates(geometry.to_numpy(), return_index=True)
    beyond = ~(np.abs(corners) <= np.array([180.0, 90.0]) + _ROUNDING).all(axis=1)
    if beyond.any():
        first = int(beyond.argmax())
        raise ValueError(
            "corners of polygons must lie between -180 and 180 degrees east and between -90 and 90 degrees north; "
            f"{geometry.index[owner[first]]!r} has one at {corners[first, 0]:g}, {corners[first, 1]:g}: {remedy}"
        )
    if len(corners) and (np.ptp(corners, axis=0) < _SMALLEST_MAP).all():
        raise ValueError(f"all polygons together are smaller than {_SMALLEST_MAP:g} degrees, about 1 km: {remedy}")


def areas_km2(geometry: gpd.GeoSeries) -> NDArray[np.float64]:
    """Return areas in km², measured in the equal-area projection EPSG:6933.

    Examples
    --------
    >>> import geopandas, shapely
    >>> areas_km2(geopandas.GeoSeries([shapely.box(0, 0, 1, 1)], crs="EPSG:4326")).round(-1).tolist()
    [12310.0]
    """
    area: NDArray[np.float64] = geometry.to_crs(EQUAL_AREA).area.to_numpy() / 1e6
    return area


def centres(geometry: gpd.GeoSeries) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitude and latitude of each region's centroid, or of a point inside where that lies outside.

    Examples
    --------
    >>> import geopandas, shapely
    >>> lon, lat = centres(geopandas.GeoSeries([shapely.box(0, 0, 2, 1)], crs="EPSG:4326"))
    >>> lon.round(3).tolist(), lat.round(3).tolist()
    ([1.0], [0.5])
    """
    import shapely

    flat = geometry.to_crs(EQUAL_AREA)
    points = flat.centroid
    outside = ~shapely.intersects(flat.to_numpy(), points.to_numpy())
    points[outside] = flat[outside].representative_point()
    degrees = points.to_crs("EPSG:4326")
    return degrees.x.to_numpy(), degrees.y.to_numpy()


def touching(geometry: gpd.GeoSeries) -> pd.DataFrame:
    """Return the pairs of regions that touch, if only in a point, with the length of the border they share.

    Where two polygons were digitised apart, only the parts that coincide count as border: a pair that
    overlaps is listed, with few km.

    Parameters
    ----------
    geometry
        Valid polygons in EPSG:4326, index of unique region codes.

    Returns
    -------
    pandas.DataFrame
        Columns ``a``, ``b`` (a < b, sorted) and ``border_km`` (on the WGS84 ellipsoid).

    Examples
    --------
    >>> import geopandas, shapely
    >>> squares = shapely.box([0, 1], 0, [1, 2], 1)
    >>> touching(geopandas.GeoSeries(squares, index=["A", "B"], crs="EPSG:4326")).round(1)
       a  b  border_km
    0  A  B      110.6
    """
    import shapely
    from libpysal.graph import Graph

    if len(geometry) < 2:
        return pd.DataFrame({"a": [], "b": [], "border_km": []}).astype({"a": str, "b": str, "border_km": float})
    links = Graph.build_contiguity(geometry, rook=False, strict=True).adjacency
    links = links[links > 0].index.to_frame(index=False)
    links = links[links["focal"] < links["neighbor"]].sort_values(["focal", "neighbor"], ignore_index=True)
    boundary = geometry.boundary
    shared = shapely.intersection(
        boundary.reindex(links["focal"]).to_numpy(), boundary.reindex(links["neighbor"]).to_numpy()
    )
    return pd.DataFrame({"a": links["focal"], "b": links["neighbor"], "border_km": lengths_km(shared)})


def lengths_km(geometry: Any) -> NDArray[np.float64]:
    """Return the length in km of the lines in each geometry, on the WGS84 ellipsoid; points have none.

    Examples
    --------
    >>> import shapely
    >>> lengths_km([shapely.LineString([(0, 0), (1, 0)]), shapely.Point(0, 0)]).round(1).tolist()
    [111.3, 0.0]
    """
    import shapely
    from pyproj import Geod

    parts, owner = shapely.get_parts(np.asarray(geometry, dtype=object), return_index=True)
    lines = shapely.length(parts) > 0
    xy, line = shapely.get_coordinates(parts[lines], return_index=True)
    within = line[1:] == line[:-1]
    start, end = xy[:-1][within], xy[1:][within]
    metres = np.asarray(Geod(ellps="WGS84").inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])[2])
    km: NDArray[np.float64] = np.bincount(
        owner[lines][line[1:][within]], weights=metres / 1000, minlength=len(geometry)
    ).astype(np.float64)
    return km


def first_polygon(geometry: Sequence[Any], lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the position of the polygon each point lies in or on, -1 outside all of them.

    A point on a border, or where polygons overlap, belongs to the polygon listed first.

    Parameters
    ----------
    geometry
        Polygons.
    lon, lat
        Finite degrees, shape (n,).

    Examples
    --------
    >>> import shapely
    >>> squares = shapely.box([0, 1], 0, [1, 2], 1)
    >>> first_polygon(squares, np.array([1.0, 1.5, 9.0]), np.zeros(3)).tolist()
    [0, 1, -1]
    """
    import shapely

    points, back = np.unique(np.column_stack([lon, lat]), axis=0, return_inverse=True)
    tree = shapely.STRtree(shapely.points(points))
    polygon, point = tree.query(np.asarray(geometry, dtype=object), predicate="intersects")
    first = np.full(len(points), len(geometry), dtype=np.intp)
    np.minimum.at(first, point, polygon)
    return np.where(first == len(geometry), -1, first)[back.ravel()]
