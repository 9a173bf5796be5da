"""Outlines for the page: regions that keep their shared borders, the countries around them, water, towns and roads.

Outlines rebuilt from the bundled grid are smoothed together, so that neighbours go on touching; polygons of the user
stay as they are, to the metre. Rings run clockwise around what they enclose, as d3-geo reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from harmattan.figures import corridor_towns, lake_outlines, region_table, river_chains, road_table, town_table
from harmattan.regions import Regions, bundled, shapes

if TYPE_CHECKING:
    import geopandas as gpd

SMOOTHING = 0.06
STEPS = {"bundled": 1_000, "own": 100_000}
AROUND = 0.35
NAMED_VIEW = 0.04
SMALLEST_NAMED = 0.008
RIVER_DETAIL = 0.015


def outlines(regions: Regions, *, own: bool) -> dict[str, Any]:
    """Return everything the map draws besides colours.

    Parameters
    ----------
    regions
        Regions with polygons.
    own
        Whether the polygons are the user's, to be drawn exactly.

    Returns
    -------
    dict
        ``steps`` per degree; ``regions``, one entry per region; ``borders``, outlines of the regions' countries, each
        whole; ``around``, by country code those beside them: ``rings`` and ``spot`` (lon, lat) for the name, None where
        too little of it is in view; ``rivers`` (``name, line``) and ``lakes`` (outlines); ``towns`` (``name, lon, lat,
        rank`` in its country, the weightiest 0), ``roads`` between them (position of both towns, km by road) and
        ``routes`` (``name, line`` of lon, lat). An outline is a list of polygons, a polygon a list of rings, a ring or
        a river's line whole numbers ``x, y, dx, dy, …`` in steps.
    """
    steps = STEPS["own" if own else "bundled"]
    inside = shapes(regions)
    around = _neighbours_around(inside, set(regions.table["country"]))
    if not own:
        smooth = shapely.coverage_simplify(np.concatenate([inside.to_numpy(), around.to_numpy()]), SMOOTHING)
        inside = inside.set_axis(inside.index)
        inside.iloc[:] = smooth[: len(inside)]
        around.iloc[:] = smooth[len(inside) :]
    else:
        around.iloc[:] = shapely.coverage_simplify(around.to_numpy(), SMOOTHING)
    country = regions.table["country"]
    borders = [shapely.union_all(inside[country == code].to_numpy()) for code in sorted(country.unique())]
    frame = _frame(inside)
    return {
        "steps": steps,
        "regions": [_rings(shape, steps) for shape in inside],
        "borders": [_rings(shape, steps) for shape in borders],
        "around": {
            str(code): {"rings": _rings(shape, steps), "spot": _spot(shape, inside)} for code, shape in around.items()
        },
        **_water(frame, steps),
        **_roads(frame),
        "routes": _routes(frame),
    }


def countries(codes: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return English name and ISO 3166-1 alpha-2 code of these and the bundled countries; browsers translate the code.

    Examples
    --------
    >>> found = countries(["XKX"])
    >>> found["BFA"], found["XKX"]
    ({'name': 'Burkina Faso', 'iso2': 'BF'}, {'name': 'XKX', 'iso2': ''})
    """
    table = region_table()
    known = table[table["level"] == 0]
    named = {str(code): (str(row["name"]), str(row["iso_3166_2"])) for code, row in known.iterrows()}
    return {
        code: dict(zip(("name", "iso2"), named.get(code, (code, "")), strict=True))
        for code in sorted(set(codes) | set(named))
    }


def _neighbours_around(inside: gpd.GeoSeries, own: set[str]) -> gpd.GeoSeries:
    """Countries in view that have no region of their own."""
    whole = shapes(bundled("country"))
    seen = whole.intersects(_frame(inside)) & ~whole.index.isin(own)
    return whole[seen].copy()


def _frame(inside: gpd.GeoSeries) -> shapely.Polygon:
    west, south, east, north = inside.total_bounds
    margin = AROUND * max(east - west, north - south)
    return shapely.box(west - margin, south - margin, east + margin, north + margin)


def _spot(shape: Any, inside: gpd.GeoSeries) -> list[float] | None:
    """The middle of the largest part in view of a country."""
    view = shapely.box(*inside.total_bounds).buffer(NAMED_VIEW * float(np.ptp(inside.total_bounds[[0, 2]])))
    part = max(shapely.get_parts(shapely.intersection(shape, view)), key=shapely.area, default=None)
    if part is None or shapely.area(part) < SMALLEST_NAMED * shapely.area(view):
        return None
    return [round(float(number), 3) for number in shapely.maximum_inscribed_circle(part, tolerance=0.05).coords[0]]


def _rings(shape: Any, steps: int) -> list[list[list[int]]]:
    turned = shapely.orient_polygons(shape, exterior_cw=True)
    written = [[_ring(ring, steps) for ring in shapely.get_rings(part)] for part in shapely.get_parts(turned)]
    return [kept for polygon in written if (kept := [ring for ring in polygon if len(ring) >= 8])]


def _ring(ring: Any, steps: int) -> list[int]:
    whole = np.rint(shapely.get_coordinates(ring) * steps).astype(np.int64)
    moved = np.any(np.diff(whole, axis=0, prepend=whole[:1] - 1) != 0, axis=1)
    return [int(number) for number in np.diff(whole[moved], axis=0, prepend=0).reshape(-1)]


def _water(frame: shapely.Polygon, steps: int) -> dict[str, Any]:
    """Rivers, smoothed over the cells they run through, and lakes in view."""
    rivers = [(name, shapely.LineString(_smooth(points))) for name, points in river_chains()]
    lakes = lake_outlines()
    return {
        "rivers": [
            {"name": name, "line": _ring(line.simplify(RIVER_DETAIL), steps)}
            for name, line in rivers
            if frame.intersects(line)
        ],
        "lakes": [_rings(shape, steps) for shape in lakes[lakes.intersects(frame)]],
    }


def _smooth(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each point moved to the mean of itself and the two on each side; the ends stay."""
    padded = np.pad(points, ((2, 2), (0, 0)), mode="edge")
    mean = np.mean([padded[shift : shift + len(points)] for shift in range(5)], axis=0)
    return np.vstack([points[:1], mean[1:-1], points[-1:]])


def _roads(frame: shapely.Polygon) -> dict[str, Any]:
    """Towns in view, those of the same rank in their countries together, and the roads between them or out of view."""
    towns, roads = town_table(), road_table()
    towns = towns.assign(rank=towns.groupby("country").cumcount()).sort_values("rank", kind="stable")
    seen = shapely.contains_xy(frame, towns["lon"].to_numpy(), towns["lat"].to_numpy())
    inside = set(towns["town"][seen])
    roads = roads[roads["a"].isin(inside) | roads["b"].isin(inside)]
    towns = towns[towns["town"].isin(inside | {*roads["a"], *roads["b"]})]
    place = {name: number for number, name in enumerate(towns["town"])}
    return {
        "towns": [_town(row) for row in towns.to_dict("records")],
        "roads": [[place[a], place[b], round(km)] for a, b, km in roads.itertuples(index=False)],
    }


def _town(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {"name": str(row["town"]), "lon": float(row["lon"]), "lat": float(row["lat"]), "rank": int(row["rank"])}


def _routes(frame: shapely.Polygon) -> list[dict[str, Any]]:
    """The bundled corridors in view, straight from town to town."""
    table = corridor_towns()
    seen = shapely.contains_xy(frame, table["lon"].to_numpy(), table["lat"].to_numpy())
    return [
        {"name": str(stops["name"].iloc[0]), "line": _line(stops)}
        for _, stops in table.groupby("corridor", sort=True)
        if seen[stops.index.to_numpy()].any()
    ]


def _line(stops: pd.DataFrame) -> list[list[float]]:
    xy = stops[["lon", "lat"]].to_numpy(dtype=np.float64)
    return [[round(float(x), 3), round(float(y), 3)] for x, y in xy]
