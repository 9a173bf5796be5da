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

from harmattan import grid, polygons
from harmattan.actors import involves, lineage, members
from harmattan.borders import BELT_KM, km_apart
from harmattan.counts import count_events
from harmattan.events import precise, select
from harmattan.sources.ucdp import read_events
from harmattan.sources.ucdp_months import read_country_month
from lines import lake_figures, river_figures, road_figures
from nearby import distances, near_towns
from routes import corridor_figures

HERE = Path(__file__).resolve().parent
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
    write(belt_figures(units), out / "belts.csv")
    corridors, towns = corridor_figures(finest_units(units), inputs / "geo")
    write(corridors, out / "corridors.csv")
    write(towns, out / "corridor_towns.csv")
    places, roads = road_figures(inputs / "geo", towns)
    write(places, out / "towns.csv")
    write(roads, out / "roads.csv")
    cells = region_grid(units)
    write_text(grid.encode(cells), out / "grid.txt")
    write_text(river_figures(cells, inputs / "geo"), out / "rivers.txt")
    write_text(grid.encode(lake_figures(inputs / "geo")), out / "lakes.txt")
    write(attacks_by_province(events, units[units["level"] == 2].geometry), out / "attacks_bfa.csv")
    write(violence_by_country(events), out / "violence_country.csv")
    write(jnim_by_state(events, iso3), out / "jnim_state.csv")


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table with the same bytes on every machine."""
    table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def write_text(text: str, path: Path) -> None:
    """Write text with the same bytes on every machine."""
    path.write_text(text, encoding="utf-8", newline="\n")


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
    figures = pd.concat([table, distances(units, geo, lon, lat), near_towns(units, geo, lon, lat)], axis=1)
    return figures.reset_index()


def neighbour_figures(units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the touching pairs with the km of border they share.

    Pairs of one level, then provinces with the countries and the first-level units of other countries.
    """
    frames = []
    for level, part in units.groupby("level"):
        pairs = polygons.touching(part.geometry)
        frames.append(pairs.assign(level=level, coarser=level))
    province = units[units["level"] == 2]
    for coarser in (0, 1):
        part = pd.concat([province, units[(units["level"] == coarser) & ~units["country"].isin(province["country"])]])
        pairs = polygons.touching(part.geometry)
        across = part["level"].loc[pairs["a"]].to_numpy() != part["level"].loc[pairs["b"]].to_numpy()
        frames.append(pairs[across].assign(level=2, coarser=coarser))
    table = pd.concat(frames).round({"border_km": 1})
    abroad = units["country"].loc[table["a"]].to_numpy() != units["country"].loc[table["b"]].to_numpy()
    return table.assign(cross_border=abroad.astype(int))[["level", "coarser", "a", "b", "border_km", "cross_border"]]


def belt_figures(units: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return km from each unit to each other country's territory, up to 200."""
    frames = []
    for country, shape in units[units["level"] == 0].groupby("country").geometry:
        others = units[units["country"] != country]
        km = km_apart(others.geometry, shape).round(1)
        frames.append(pd.DataFrame({"region": others.index, "country": country, "km": km}))
    table = pd.concat(frames).sort_values(["region", "country"])
    return table[table["km"] <= BELT_KM]


def finest_units(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return provinces in Burkina Faso and first-level units elsewhere, by code."""
    return units[(units["level"] == 2) | ((units["level"] == 1) & (units["country"] != "BFA"))].sort_index()


def region_grid(units: gpd.GeoDataFrame) -> grid.Grid:
    """Return the cells of 0.05 degrees with the finest region at each cell's centre.

    A region that holds no centre gets the cell its representative point lies in.
    """
    finest = finest_units(units)
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
