"""What lies near a region: the coast, its country's land border, trade routes, the capital, large towns.

`build.py` calls this. Distances are from one point in each region; README.md says what they are measured to.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from scipy.spatial import cKDTree

from harmattan.sphere import EARTH_KM, unit_vectors
from routes import TRADE_ROUTE

LINE_STEP = 0.005
TOWN, TOWN_KM, SUBURB_KM = 50_000, 50, 15
NE_NAMES = {"CIV": "Ivory Coast", "GNB": "Guinea Bissau"}
SEATS = {"BEN": "Cotonou", "CIV": "Abidjan"}


def distances(units: gpd.GeoDataFrame, geo: Path, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> pd.DataFrame:
    """Return km from a point in each unit to coast, land border of its country, trade route and capital."""
    coast = gpd.read_parquet(geo / "coastline.parquet").geometry
    roads = gpd.read_parquet(geo / "roads.parquet")
    routes = roads[roads["geom_kind"] == TRADE_ROUTE].geometry
    table = pd.DataFrame(index=units.index)
    table["coast_km"] = km_to_nearest(lon, lat, coast)
    table["border_km"] = km_within_country(units, land_borders(geo), lon, lat)
    table["road_km"] = km_to_nearest(lon, lat, routes)
    table["capital_km"] = km_within_country(units, capitals(geo), lon, lat)
    return table


def km_within_country(
    units: gpd.GeoDataFrame, targets: pd.Series, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return km from each point to the target of its own country."""
    km = np.full(len(units), np.nan)
    for country, target in targets.items():
        rows = (units["country"] == country).to_numpy()
        if rows.any():
            km[rows] = km_to_nearest(lon[rows], lat[rows], [target])
    return km


def km_to_nearest(lon: NDArray[np.float64], lat: NDArray[np.float64], geometry: Any) -> NDArray[np.float64]:
    """Return km (0.1) from each point to the nearest of lines or points, on the WGS84 ellipsoid.

    Lines are taken as points every 0.005 degrees, which adds at most 0.3 km where a line passes right by.
    """
    target = shapely.get_coordinates(shapely.segmentize(np.asarray(geometry, dtype=object), LINE_STEP))
    nearest = target[cKDTree(unit_vectors(target[:, 0], target[:, 1])).query(unit_vectors(lon, lat))[1]]
    metres = np.asarray(Geod(ellps="WGS84").inv(lon, lat, nearest[:, 0], nearest[:, 1])[2])
    return np.round(metres / 1000, 1)


def land_borders(geo: Path) -> pd.Series:
    """Return each country's land border: along the other polygons, elsewhere Natural Earth's."""
    country = gpd.read_parquet(geo / "admin0.parquet").set_index("iso3")
    lines = gpd.read_parquet(geo / "ne_boundary_lines.parquet")
    ne = country["country"].where(~country.index.isin(list(NE_NAMES)), country.index.map(NE_NAMES))
    left, right = lines["adm0_left"].isin(ne), lines["adm0_right"].isin(ne)
    outer = lines[left != right]
    borders = {}
    for code, shape in country.geometry.items():
        others = shapely.multilinestrings(shapely.get_parts(shapely.boundary(country.geometry.drop(code).to_numpy())))
        own = outer[(outer["adm0_left"] == ne[code]) | (outer["adm0_right"] == ne[code])].geometry
        borders[code] = shapely.union_all([shapely.intersection(shape.boundary, others), *own])
    return pd.Series(borders)


def capitals(geo: Path) -> pd.Series:
    """Return the seat of government of each country as a point."""
    places = pd.read_parquet(geo / "places.parquet")
    seats = places[places["featurecla"] == "Admin-0 capital"]
    seats = seats[seats["name"] == seats["iso3"].map(SEATS).fillna(seats["name"])].set_index("iso3").sort_index()
    if seats.index.has_duplicates or len(seats) != 18:
        raise ValueError(f"expected one capital for each of 18 countries; got {seats['name'].to_dict()}")
    return pd.Series(shapely.points(seats["lon"], seats["lat"]), index=seats.index)


def near_towns(units: gpd.GeoDataFrame, geo: Path, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> pd.DataFrame:
    """Return the people of towns inside each unit or within 50 km of a point in it, and km to the nearest town."""
    towns = large_towns(geo)
    places = shapely.points(towns["lon"], towns["lat"])
    tree = cKDTree(unit_vectors(towns["lon"], towns["lat"]))
    inside = np.zeros((len(units), len(towns)), dtype=bool)
    inside[tuple(shapely.STRtree(places).query(units.geometry.to_numpy(), "intersects"))] = True
    for unit, near in enumerate(tree.query_ball_point(unit_vectors(lon, lat), 2 * np.sin(TOWN_KM / EARTH_KM / 2))):
        inside[unit, near] = True
    table = pd.DataFrame(index=units.index)
    table["towns_50km"] = (inside @ towns["population"].to_numpy() / 100).round().astype(int) * 100
    table["town_km"] = km_to_nearest(lon, lat, places)
    return table


def large_towns(geo: Path) -> pd.DataFrame:
    """Return the towns of 50,000 people or more; what lies within 15 km of a larger one is part of that."""
    places = pd.read_parquet(geo / "places.parquet")
    places = places[places["population"] >= TOWN].sort_values(
        ["population", "place_id"], ascending=[False, True], ignore_index=True
    )
    near = cKDTree(unit_vectors(places["lon"], places["lat"])).query_ball_point(
        unit_vectors(places["lon"], places["lat"]), 2 * np.sin(SUBURB_KM / EARTH_KM / 2)
    )
    kept = np.zeros(len(places), dtype=bool)
    for place, others in enumerate(near):
        kept[place] = not kept[others].any()
    return places[kept]
