"""What a map needs for orientation: towns and the roads that link them, large rivers and lakes on the bundled grid.

`build.py` calls this. The towns stand in towns.toml, by hand; what the figures miss is in README.md.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from harmattan import grid
from harmattan.sphere import EARTH_KM, unit_vectors
from routes import ON_NETWORK_KM, located, named_places, network

TOWNS = Path(__file__).resolve().parent / "towns.toml"
DETOUR = 1.25
STEP = 0.01
CELL = 1 / grid.CELLS_PER_DEGREE
SHORTEST = 8
# Steps of a chain, row and column: counted from east, counter-clockwise.
DIRECTIONS = {
    (0, 1): "0", (1, 1): "1", (1, 0): "2", (1, -1): "3", (0, -1): "4", (-1, -1): "5", (-1, 0): "6", (-1, 1): "7",
}  # fmt: skip


def road_figures(geo: Path, passed: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the towns and the roads between them.

    Two towns are linked where the shortest way between them on the network of trade routes passes no third town, and
    no way by a third is at most 1.25 times as long. A town farther than 22 km from the network has no road here; of two
    at one node of it the nearer has.

    Parameters
    ----------
    geo
        Folder of the inputs.
    passed
        The towns of the corridors (``town, country, lon, lat``), which are among the towns too.

    Returns
    -------
    tuple of pandas.DataFrame
        ``town, country, lon, lat``, the listed ones first; and ``a, b`` (towns, a before b) with ``km`` by road.
    """
    places = named_places(geo)
    listed = tomllib.loads(TOWNS.read_text(encoding="utf-8"))
    told = located([f"{town} {country}" for country, towns in listed.items() for town in towns], places)
    columns = ["town", "country", "lon", "lat"]
    towns = pd.concat([told[columns], passed[columns]]).drop_duplicates(["town", "country"], ignore_index=True)
    if towns["town"].duplicated().any():
        raise ValueError(
            f"towns must have names of their own; {towns['town'][towns['town'].duplicated()].iloc[0]} twice"
        )
    nodes, links = network(geo)
    held = nearest_towns(towns, nodes)
    km = dijkstra(links, indices=held.index.to_numpy())[:, held.index.to_numpy()]
    first, second = np.nonzero(np.triu(linked(held.index.to_numpy(), links, km), 1))
    roads = pd.DataFrame({"a": held.to_numpy()[first], "b": held.to_numpy()[second], "km": km[first, second].round(1)})
    swapped = roads["a"] > roads["b"]
    roads.loc[swapped, ["a", "b"]] = roads.loc[swapped, ["b", "a"]].to_numpy()
    roads = roads.sort_values(["a", "b"], ignore_index=True)
    names = towns["town"].to_numpy()
    return towns.round({"lon": 2, "lat": 2}), roads.assign(a=names[roads["a"]], b=names[roads["b"]])


def nearest_towns(towns: pd.DataFrame, nodes: pd.DataFrame) -> pd.Series:
    """Return by node of the network the row of the town that it stands for."""
    chord = np.linalg.norm(
        unit_vectors(towns["lon"], towns["lat"])[:, None] - unit_vectors(nodes["lon"], nodes["lat"]), axis=2
    )
    table = pd.DataFrame(
        {"town": np.arange(len(towns)), "node": chord.argmin(axis=1), "km": chord.min(axis=1) * EARTH_KM}
    )
    near = table[table["km"] <= ON_NETWORK_KM].sort_values(["km", "town"]).drop_duplicates("node")
    return near.set_index("node")["town"].sort_values()


def linked(nodes: NDArray[np.intp], links: csr_array, km: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which of some nodes have a way between them that passes none of the others, nor nearly so."""
    _, before = dijkstra(links, indices=nodes, return_predecessors=True)
    held = set(nodes.tolist())
    found = np.isfinite(km) & ~np.eye(len(nodes), dtype=bool)
    for row in range(len(nodes)):
        for column in np.flatnonzero(found[row]):
            node = int(before[row, nodes[column]])
            while node != nodes[row] and node not in held:
                node = int(before[row, node])
            found[row, column] = node == nodes[row]
    for third in range(len(nodes)):
        by = km[:, third, None] + km[None, third, :]
        by[third, :] = by[:, third] = np.inf
        found &= ~(by <= DETOUR * km)
    return found & found.T


def river_figures(cells: grid.Grid, geo: Path) -> str:
    """Return the large rivers as chains of the grid's cells, one line each; README.md says how they are written.

    A river is one that Natural Earth names. A chain steps to one of the eight cells around and ends where the river
    leaves the regions of the grid; chains of fewer than eight cells are left out.
    """
    rivers = gpd.read_parquet(geo / "rivers.parquet").dropna(subset="name")
    lines = []
    for name, shape in zip(rivers["name"], rivers.geometry, strict=True):
        merged = shapely.line_merge(shape) if shape.geom_type == "MultiLineString" else shape
        for part in shapely.get_parts(merged):
            for chain in chains(cells, shapely.get_coordinates(shapely.segmentize(part, STEP))):
                steps = "".join(DIRECTIONS[j, i] for j, i in np.diff(chain, axis=0).tolist())
                lines.append(f"{name}\t{chain[0, 0]} {chain[0, 1]} {steps}\n")
    return "".join(sorted(lines))


def chains(cells: grid.Grid, points: NDArray[np.float64]) -> list[NDArray[np.intp]]:
    """Return the runs of labelled cells that points along a line lie in: row and column as the grid's file counts.

    A cell between two that touch each other is left out, so that a line runs straight rather than in stairs.
    """
    j, i = grid.cell_of(cells, points[:, 0], points[:, 1])
    rows, columns = cells.labels.shape
    inside = (j >= 0) & (j < rows) & (i >= 0) & (i < columns)
    inside[inside] = cells.labels[j[inside], i[inside]] >= 0
    found = []
    for run in np.split(np.arange(len(points)), np.flatnonzero(np.diff(inside)) + 1):
        kept: list[tuple[int, int]] = []
        for cell in zip((j[run] + cells.row).tolist(), (i[run] + cells.column).tolist(), strict=True):
            if kept and cell == kept[-1]:
                continue
            if len(kept) > 1 and max(abs(cell[0] - kept[-2][0]), abs(cell[1] - kept[-2][1])) <= 1:
                kept.pop()
            if not kept or cell != kept[-1]:
                kept.append(cell)
        if inside[run[0]] and len(kept) >= SHORTEST:
            found.append(np.array(kept))
    return found


def lake_figures(geo: Path) -> grid.Grid:
    """Return the cells of the grid whose centre lies in a lake that Natural Earth names, labelled with its name."""
    lakes = gpd.read_parquet(geo / "lakes.parquet").dropna(subset="name").sort_values("name", ignore_index=True)
    west, south, east, north = np.floor(lakes.total_bounds * grid.CELLS_PER_DEGREE).astype(int)
    x, y = ((np.arange(low, high + 1) + 0.5) * CELL for low, high in ((west, east), (south, north)))
    labels = np.full((len(y), len(x)), -1, dtype=np.int32)
    for label, shape in enumerate(lakes.geometry):
        labels[shapely.contains_xy(shape, *np.meshgrid(x, y))] = label
    return grid.Grid(pd.Index(lakes["name"].str.replace(" ", "_"), name="region"), labels, int(south), int(west))
