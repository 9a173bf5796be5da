"""The bundled figures: the table of regions, their neighbours, the region grid, lines for maps, and monthly counts.

``data/build.py`` computes these files; ``data/README.md`` says from what, and ``data/sources.toml`` carries
what must stand beside every number drawn from them. The tables are read once and shared: do not change them.
"""

from __future__ import annotations

import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harmattan.counts import Counts
from harmattan.grid import CELLS_PER_DEGREE, Grid, decode, outlines
from harmattan.months import month
from harmattan.paths import data_dir

if TYPE_CHECKING:
    import geopandas as gpd

SMALLEST_DETAIL = 0.04
# Columns and rows that a step of a river's chain moves: from east, counter-clockwise.
STEPS = ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))


@cache
def region_table() -> pd.DataFrame:
    """Return every bundled region of every level, index ``region``; the columns are those of ``regions.csv``.

    Examples
    --------
    >>> region_table()["level"].value_counts(sort=False).to_dict()
    {0: 18, 1: 286, 2: 45}
    """
    text = dict.fromkeys(("region", "name", "parent", "country", "iso_3166_2"), str)
    table = pd.read_csv(data_dir() / "regions.csv", keep_default_na=False, dtype=text)
    return table.astype({"context": bool}).set_index("region")


@cache
def neighbour_table() -> pd.DataFrame:
    """Return the touching pairs of regions: ``level``, ``coarser``, ``a``, ``b``, ``border_km``, ``cross_border``.

    ``level`` is that of the finer of the two and ``coarser`` that of the other, the same in most pairs.

    Examples
    --------
    >>> bool((neighbour_table()["a"] < neighbour_table()["b"]).all())
    True
    """
    table = pd.read_csv(data_dir() / "neighbours.csv", keep_default_na=False, dtype={"a": str, "b": str})
    return table.astype({"cross_border": bool})


@cache
def belt_table() -> pd.DataFrame:
    """Return km from regions of every level to other countries, up to 200: ``region``, ``country``, ``km``.

    Examples
    --------
    >>> belt_table().query("region == 'GMB' and km == 0")["country"].tolist()
    ['SEN']
    """
    return pd.read_csv(data_dir() / "belts.csv", keep_default_na=False, dtype={"region": str, "country": str})


@cache
def corridor_table() -> pd.DataFrame:
    """Return the bundled corridors by region of the grid: ``corridor``, ``name``, ``step``, ``region``, ``km`` by road.

    Examples
    --------
    >>> bool(corridor_table()["region"].isin(region_grid().regions).all())
    True
    """
    return pd.read_csv(data_dir() / "corridors.csv", keep_default_na=False, dtype={"corridor": str, "region": str})


@cache
def corridor_towns() -> pd.DataFrame:
    """Return the towns of each corridor in order, with ``country``, ``lon``, ``lat`` and ``km``.

    ``km`` are by road from the town before, 0 for the first. The columns before are ``corridor``, ``name``, ``town``.

    Examples
    --------
    >>> corridor_towns().query("corridor == 'niamey-sokoto'")["town"].tolist()
    ['Niamey', 'Dosso', 'Dogondoutchi', 'Birnin Konni', 'Sokoto']
    """
    return pd.read_csv(data_dir() / "corridor_towns.csv", keep_default_na=False)


@cache
def town_table() -> pd.DataFrame:
    """Return the towns a map may name: ``town``, ``country``, ``lon``, ``lat``, the weightier of a country first.

    Examples
    --------
    >>> town_table().query("country == 'BFA'")["town"].tolist()[:4]
    ['Ouagadougou', 'Bobo-Dioulasso', 'Djibo', 'Dori']
    """
    return pd.read_csv(data_dir() / "towns.csv", keep_default_na=False)


@cache
def road_table() -> pd.DataFrame:
    """Return the towns of `town_table` that a trade road links, ``a`` and ``b``, and the ``km`` by road between them.

    Examples
    --------
    >>> bool(road_table()[["a", "b"]].isin(town_table()["town"].tolist()).all(axis=None))
    True
    """
    return pd.read_csv(data_dir() / "roads.csv", keep_default_na=False)


@cache
def river_chains() -> list[tuple[str, NDArray[np.float64]]]:
    """Return the large rivers, each stretch as its name and the centres of the grid's cells it runs through (lon, lat).

    Examples
    --------
    >>> name, points = river_chains()[0]
    >>> name, points[:2].round(3).tolist()
    ('Bafing', [[-12.075, 10.575], [-12.025, 10.525]])
    """
    found = []
    for line in (data_dir() / "rivers.txt").read_text(encoding="utf-8").splitlines():
        name, chain = line.split("\t")
        row, column, steps = chain.split(" ")
        cells = np.cumsum([(int(column), int(row)), *(STEPS[int(step)] for step in steps)], axis=0)
        found.append((name, (cells + 0.5) / CELLS_PER_DEGREE))
    return found


@cache
def lake_outlines() -> gpd.GeoSeries:
    """Return the outline of every large lake by name, without details smaller than 0.04 degrees.

    Examples
    --------
    >>> "Lake Volta" in lake_outlines().index
    True
    """
    lakes = outlines(decode((data_dir() / "lakes.txt").read_text(encoding="utf-8")), SMALLEST_DETAIL)
    return lakes.set_axis(lakes.index.str.replace("_", " ").rename("lake"))


@cache
def region_grid() -> Grid:
    """Return the grid of 0.05 degree cells, labelled with the finest bundled region.

    Examples
    --------
    >>> len(region_grid().regions)
    318
    """
    return decode((data_dir() / "grid.txt").read_text(encoding="ascii"))


@cache
def finest_outlines() -> gpd.GeoSeries:
    """Return the outline of every region of the grid, without details smaller than 0.04 degrees.

    Examples
    --------
    >>> bool(finest_outlines().is_valid.all())
    True
    """
    return outlines(region_grid(), SMALLEST_DETAIL)


def holder_of_cells(codes: pd.Index) -> NDArray[np.object_]:
    """Return which of `codes` holds each region of the grid: itself or the nearest of its parents, else None.

    Raises
    ------
    ValueError
        If a code is not bundled.

    Examples
    --------
    >>> holder = holder_of_cells(pd.Index(["BFA"]))
    >>> int((holder == "BFA").sum())
    45
    """
    parent = region_table()["parent"]
    unknown = codes.difference(parent.index)
    if len(unknown):
        raise ValueError(
            f"regions without polygons must be bundled ones; {unknown[0]!r} is not: read its polygon with "
            "regions.from_polygons"
        )
    unit = region_grid().regions.to_numpy(dtype=object)
    holder = np.full(len(unit), None, dtype=object)
    for _ in range(3):
        fits = pd.isna(holder) & np.isin(unit, codes.to_numpy(dtype=object))
        holder[fits] = unit[fits]
        unit = parent.reindex(unit).fillna("").to_numpy(dtype=object)
    return holder


def bundled_counts(name: str) -> tuple[Counts, dict[str, Any]]:
    """Return a table of bundled monthly counts and what must be said about it.

    Parameters
    ----------
    name
        ``"attacks_bfa"``, ``"violence_country"``, ``"jnim_state"`` or ``"attacks_coast"``. An entry with
        ``tables`` joins others: for each, the countries whose rows are taken from it.

    Returns
    -------
    tuple
        The counts, rows of zeros left out, and their entry of ``sources.toml``: ``title``, ``actor``,
        ``level``, ``countries``, ``first``, ``last``, ``measures`` (name to unit), ``source``, ``licence``,
        ``caveats`` and, where the last months will be revised, ``provisional_from``. A region of that level
        in those countries without a row had none in a covered month; any other region is not covered.

    Raises
    ------
    ValueError
        If no bundled table has this name.

    Examples
    --------
    >>> counts, about = bundled_counts("attacks_bfa")
    >>> counts.table["attacks"].sum().item(), about["measures"]["attacks"]
    (909.0, 'events')
    """
    said = tomllib.loads((data_dir() / "sources.toml").read_text(encoding="utf-8"))
    abouts = {key: about for key, about in said.items() if "measures" in about}
    if name not in abouts:
        raise ValueError(f"name must be one of the bundled tables {', '.join(abouts)}; got {name!r}")
    about = abouts[name]
    first, last = month(about["first"]), month(about["last"])
    parts = [_monthly(part, list(about["measures"])) for part in about.get("tables", [name])]
    if "tables" in about:
        country = region_table()["country"]
        wanted = zip(parts, about["tables"].values(), strict=True)
        parts = [part[country.loc[part["region"]].isin(countries).to_numpy()] for part, countries in wanted]
        parts = [part[(part["month"] >= first) & (part["month"] <= last)] for part in parts]
    table = pd.concat(parts).sort_values(["region", "month"], ignore_index=True)
    known = table[(table[list(about["measures"])] != 0).any(axis=1)].reset_index(drop=True)
    return Counts(known, about["source"], first, last), about


def _monthly(name: str, measures: list[str]) -> pd.DataFrame:
    table = pd.read_csv(data_dir() / f"{name}.csv", keep_default_na=False, dtype={"region": str, "month": str})
    table = table[["region", "month", *measures]].astype(dict.fromkeys(measures, "float64"))
    return table.assign(month=pd.PeriodIndex(table["month"], freq="M"))
