"""Compute the bundled figures from the boundaries, lines and event tables in the shared folder.

Run from the repository as ``python data/build.py [--shared ../shared] [--out data]``. The same inputs give
the same bytes. What the files hold, their units, sources and caveats are described in README.md beside them.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from scipy.spatial import cKDTree

from harmattan import grid, polygons
from harmattan.actors import involves, lineage, members
from harmattan.counts import count_events
from harmattan.events import precise, select
from harmattan.sources.ucdp import read_events
from harmattan.sources.ucdp_months import read_country_month
from harmattan.sphere import unit_vectors

HERE = Path(__file__).resolve().parent
LINE_STEP = 0.005
TRADE_ROUTE = "straight_line_between_network_nodes"
NE_NAMES = {"CIV": "Ivory Coast", "GNB": "Guinea Bissau"}
SEATS = {"BEN": "Cotonou", "CIV": "Abidjan"}
FIRST, LAST = pd.Period("2016-01", "M"), pd.Period("2023-12", "M")


def main() -> None:
    """Read the command line and write the figures."""
    parser = argparse.ArgumentParser(description="Compute the figures bundled with harmattan.")
    shared = os.environ.get("HARMATTAN_SHARED", HERE.parent.parent / "shared")
    parser.add_argument("--shared", type=Path, default=Path(shared), help="folder of the inputs")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to")
    options = parser.parse_args()
    if not (options.shared / "data" / "geo").is_dir():
        parser.error(f"expected the inputs in {options.shared / 'data'}; set HARMATTAN_SHARED or pass --shared")
    build(options.shared / "data", options.out)


def build(inputs: Path, out: Path) -> None:
    """Write every figure computed from `inputs` to the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    units = read_units(inputs / "geo")
    iso3 = units[units["level"] == 0].set_index("gwno")["country"]
    events = inputs / "events"
    write(region_figures(units, inputs / "geo"), out / "regions.csv")
    write(neighbour_figures(units), out / "neighbours.csv")
    (out / "grid.txt").write_text(grid.encode(region_grid(units)), encoding="ascii", newline="\n")
    write(attacks_by_province(events, units[units["level"] == 2].geometry), out / "attacks_bfa.csv")
    write(violence_by_country(events), out / "violence_country.csv")
    write(jnim_by_state(events, iso3), out / "jnim_state.csv")


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table with the same bytes on every machine."""
    table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def read_units(geo: Path) -> gpd.GeoDataFrame:
    """Return countries, first-level units and Burkina Faso's provinces as one table, by level and code."""
    country = gpd.read_parquet(geo / "admin0.parquet")
    admin1 = gpd.read_parquet(geo / "admin1.parquet")
    admin2 = gpd.read_parquet(geo / "admin2.parquet")
    province = admin2[admin2["iso3"] == "BFA"]
    frames = [
        _units(country, 0, region="iso3", name="country", iso="iso2"),
        _units(admin1, 1, region="admin1_pcode", name="admin1_name", parent="iso3", iso="iso_3166_2"),
        _units(province, 2, region="admin2_id", name="admin2_name", parent="admin1_pcode"),
    ]
    units = gpd.GeoDataFrame(pd.concat(frames), crs="EPSG:4326").sort_values(["level", "region"])
    return units.set_index("region")


def _units(frame: gpd.GeoDataFrame, level: int, *, region: str, name: str, parent: str = "", iso: str = "") -> Any:
    columns = {
        "region": frame[region],
        "level": level,
        "name": frame[name],
        "parent": frame[parent] if parent else "",
        "country": frame["iso3"],
        "iso_3166_2": frame[iso] if iso else "",
        "context": frame["context_only"].astype(int),
        "gwno": frame["gwno"],
    }
    return gpd.GeoDataFrame(pd.DataFrame(columns, index=frame.index), geometry=frame.geometry, crs=frame.crs)


def region_figures(units: gpd.GeoDataFrame, geo: Path) -> pd.DataFrame:
    """Return one row per region with centre, area, population and distances."""
    lon, lat = polygons.centres(units.geometry)
    population = pd.read_parquet(geo / "population.parquet").set_index(["level", "id"])["pop_2020"]
    people = population.loc[list(zip(units["level"], units.index, strict=True))].to_numpy()
    names = ["level", "name", "parent", "country", "iso_3166_2", "context"]
    table = pd.DataFrame(units[names]).assign(lon=lon.round(4), lat=lat.round(4))
    table["area_km2"] = polygons.areas_km2(units.geometry).round(1)
    table["population"] = (people / 100).round().astype(int) * 100
    figures = pd.concat([table, distances(units, geo, lon, lat)], axis=1)
    return figures.reset_index()


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


def neighbour_figures(units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the touching pairs of each level with the km of border they share."""
    frames = []
    for level, part in units.groupby("level"):
        pairs = polygons.touching(part.geometry)
        abroad = part["country"].loc[pairs["a"]].to_numpy() != part["country"].loc[pairs["b"]].to_numpy()
        frames.append(pairs.round({"border_km": 1}).assign(level=level, cross_border=abroad.astype(int)))
    return pd.concat(frames)[["level", "a", "b", "border_km", "cross_border"]]


def region_grid(units: gpd.GeoDataFrame) -> grid.Grid:
    """Return the cells of 0.05 degrees with the finest region at each cell's centre.

    A region that holds no centre gets the cell its representative point lies in.
    """
    finest = units[(units["level"] == 2) | ((units["level"] == 1) & (units["country"] != "BFA"))].sort_index()
    west, south, east, north = np.floor(finest.total_bounds * grid.CELLS_PER_DEGREE).astype(int)
    labels = np.full((north - south + 1, east - west + 1), -1, dtype=np.int32)
    for label, shape in reversed(list(enumerate(finest.geometry))):
        x0, y0, x1, y1 = np.floor(np.array(shape.bounds) * grid.CELLS_PER_DEGREE).astype(int)
        x, y = (np.arange(low, high + 1) / grid.CELLS_PER_DEGREE + 0.025 for low, high in ((x0, x1), (y0, y1)))
        shapely.prepare(shape)
        inside = shapely.intersects_xy(shape, *np.meshgrid(x, y))
        labels[y0 - south : y1 - south + 1, x0 - west : x1 - west + 1][inside] = label
    cells = grid.Grid(pd.Index(finest.index, name="region"), labels, int(south), int(west))
    for label in np.setdiff1d(np.arange(len(finest)), labels):
        point = finest.geometry.iloc[label].representative_point()
        labels[tuple(k[0] for k in grid.cell_of(cells, [point.x], [point.y]))] = label
    lost = np.setdiff1d(np.arange(len(finest)), labels)
    if lost.size:
        raise ValueError(f"every region needs a cell; {finest.index[lost[0]]} lost its last to a smaller one")
    return cells


def attacks_by_province(events: Path, provinces: gpd.GeoSeries) -> pd.DataFrame:
    """Return JNIM's events and deaths, and the events without JNIM, by province and month."""
    ged = read_events(events / "ucdp_ged_burkina_faso_2016_2023.parquet")
    placed = precise(ged, where_limit=3, date_limit=4)
    lon, lat = placed.table["lon"].to_numpy(), placed.table["lat"].to_numpy()
    place = polygons.first_polygon(provinces.to_numpy(), lon, lat)
    code = np.array([*provinces.index, None], dtype=object)[place]
    jnim = members(lineage("JNIM"), placed)
    ours, others = (
        count_events(select(placed, keep, reason="others"), code[keep], first=FIRST, last=LAST).table
        for keep in (jnim, ~jnim)
    )
    others = others[["region", "month", "attacks"]].rename(columns={"attacks": "other_attacks"})
    return whole_counts(ours.merge(others, how="outer", on=["region", "month"]).fillna(0.0))


def whole_counts(table: pd.DataFrame) -> pd.DataFrame:
    """Return shared events as whole numbers, rows of zeros left out.

    Each region's running total is rounded, half up, and differenced: totals are kept, and later events do not
    change earlier counts.
    """
    measures = [str(name) for name in table if name not in ("region", "month")]
    table = table.sort_values(["region", "month"], ignore_index=True)
    running = table.groupby("region")[measures].cumsum()
    rounded = (running + 0.5 + 1e-9).astype(int)
    table[measures] = rounded - rounded.groupby(table["region"]).shift(fill_value=0)
    return table[(table[measures] != 0).any(axis=1)]


def violence_by_country(events: Path) -> pd.DataFrame:
    """Return organised violence of all three types together, by country and month."""
    table = read_country_month(events / "ucdp_country_month_west_africa_1989_2026-05.parquet").table
    whole = table.astype({"attacks": int, "deaths": int, "provisional": int})
    return whole.loc[whole["attacks"] > 0, ["region", "month", "attacks", "deaths", "provisional"]]


def jnim_by_state(events: Path, iso3: pd.Series) -> pd.DataFrame:
    """Return fighting of each state with JNIM, or before March 2017 with a group that became it, by month."""
    table = pd.read_parquet(events / "ucdp_dyad_month_jnim_family_1989_2026-05.parquet")
    table = table[table["type"] == "sb"].reset_index(drop=True)
    state = table["loc"].str.strip("[]").astype(int).map(iso3)
    sides = pd.DataFrame({"actor_a": table["side_a"], "actor_b": table["side_b"], "country": state})
    ours = involves(lineage("JNIM"), sides.assign(start=table["month_start"])) & state.notna().to_numpy()
    rows = table[ours].assign(region=state[ours], month=table["month_start"][ours].dt.to_period("M"))
    sums = rows.groupby(["region", "month"], as_index=False)[["events", "deaths"]].sum()
    return sums.rename(columns={"events": "attacks"})


if __name__ == "__main__":
    main()
