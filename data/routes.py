"""The bundled corridors: shortest ways on the network of trade routes between towns, by region crossed.

`build.py` calls this. The towns of each route stand in corridors.toml; what the figures miss is in README.md.
"""

from __future__ import annotations

import tomllib
import unicodedata
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from harmattan import polygons
from harmattan.corridors import chain, split
from harmattan.sphere import EARTH_KM, unit_vectors

TRADE_ROUTE = "straight_line_between_network_nodes"
ON_NETWORK_KM, LEAST_KM = 22, 4
SPELLED = {"Cinkassé": "Sinkasse"}
ROUTES = Path(__file__).resolve().parent / "corridors.toml"


def corridor_figures(finest: gpd.GeoDataFrame, geo: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the corridors by region and the towns they pass.

    The way between two towns on the network is the shortest in km by road; each link's km are shared among the
    regions by the length of the straight chord in each. Pieces outside all regions, pieces in a country in which
    neither of the two towns lies, and steps shorter than 4 km, which chords make where a road runs along a border, go
    to the region before.
    """
    nodes, links = network(geo)
    places = named_places(geo)
    chains, towns = [], []
    for corridor, route in tomllib.loads(ROUTES.read_text(encoding="utf-8")).items():
        stops = located(route["towns"], places).assign(corridor=corridor, name=route["name"])
        points, km, leg = way(stops, nodes, links)
        cut = split(points, finest.geometry)
        road = km[cut["segment"]] * (cut["km"] / cut.groupby("segment")["km"].transform("sum"))
        place = polygons.first_polygon(finest.geometry.to_numpy(), cut["lon"].to_numpy(), cut["lat"].to_numpy())
        here, home = np.array([*finest["country"], None], dtype=object)[place], stops["country"].to_numpy(dtype=object)
        between = leg[cut["segment"]]
        expected = (here == home[between]) | (here == home[between + 1])
        codes = pd.Series(np.array([*finest.index, None], dtype=object)[place]).where(expected).ffill().bfill()
        step = (codes != codes.shift()).cumsum()
        codes = codes.where(road.groupby(step).transform("sum") >= LEAST_KM).ffill().bfill()
        chains.append(chain(corridor, route["name"], codes, road))
        towns.append(stops.assign(km=np.bincount(leg + 1, weights=km, minlength=len(stops))))
    columns = ["corridor", "name", "town", "country", "lon", "lat", "km"]
    by_town = pd.concat(towns).round({"lon": 2, "lat": 2, "km": 1})[columns]
    return pd.concat(chains).round({"km": 1}), by_town


def network(geo: Path) -> tuple[pd.DataFrame, csr_array]:
    """Return the nodes of the trade routes (index node, lon, lat) and the km by road between them."""
    roads = gpd.read_parquet(geo / "roads.parquet")
    roads = roads[roads["geom_kind"] == TRADE_ROUTE]
    nodes = gpd.read_parquet(geo / "road_nodes.parquet").set_index("node").geometry
    ends = [nodes.index.get_indexer(roads[end].astype(int)) for end in ("from_node", "to_node")]
    km = roads["length_km"].to_numpy()
    both = (np.concatenate(ends), np.concatenate(ends[::-1]))
    links = csr_array((np.concatenate([km, km]), both), shape=(len(nodes), len(nodes)))
    return pd.DataFrame({"lon": nodes.x, "lat": nodes.y}), links


def named_places(geo: Path) -> pd.DataFrame:
    """Return places by plain name and country, the largest of a name first, villages of the gazetteer after towns."""
    towns, villages = (
        pd.read_parquet(geo / file).sort_values("population", ascending=False, kind="stable")
        for file in ("places.parquet", "gazetteer_wof.parquet")
    )
    villages = villages.dropna(subset="name")
    iso3 = towns.drop_duplicates("iso2").set_index("iso2")["iso3"]
    villages = villages.assign(iso3=villages["iso2"].map(iso3), name_ascii=villages["name"])
    table = pd.concat([towns, villages])[["name_ascii", "iso3", "lon", "lat"]].dropna()
    table["key"] = table["name_ascii"].map(plain)
    return table.drop_duplicates(["key", "iso3"]).set_index(["key", "iso3"])[["lon", "lat"]]


def plain(name: str) -> str:
    """Return a name's letters without accents, in lower case."""
    letters = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in letters.lower() if letter.isalpha() and letter.isascii())


def located(towns: list[str], places: pd.DataFrame) -> pd.DataFrame:
    """Return towns written ``"Name ISO"`` with their coordinates."""
    split_names = [town.rsplit(" ", 1) for town in towns]
    keys = [(plain(SPELLED.get(name, name)), country) for name, country in split_names]
    unknown = [town for town, key in zip(towns, keys, strict=True) if key not in places.index]
    if unknown:
        raise ValueError(f"every town of a corridor must be a known place; {unknown[0]!r} is not")
    table = places.loc[keys].reset_index(drop=True)
    return table.assign(town=[name for name, _ in split_names], country=[country for _, country in split_names])


def way(stops: pd.DataFrame, nodes: pd.DataFrame, links: csr_array) -> tuple[NDArray[np.float64], Any, Any]:
    """Return the points of the way through the stops, and of each link between them the km by road and the leg.

    A stop farther than 22 km from the network's nodes lies between two of them: the line goes through it, and the
    km by road between the stops on either side that are on the network are shared by the lengths of the chords.
    """
    chord = np.linalg.norm(
        unit_vectors(stops["lon"], stops["lat"])[:, None] - unit_vectors(nodes["lon"], nodes["lat"]), axis=2
    )
    near, on = chord.argmin(axis=1), chord.min(axis=1) * EARTH_KM <= ON_NETWORK_KM
    if not (on[0] and on[-1]):
        raise ValueError(f"a corridor must begin and end on the network; {stops['town'].iloc[[0, -1]].tolist()} do not")
    at = nodes.to_numpy()
    points, km, leg = [at[near[0]]], [], []
    held = np.flatnonzero(on)
    for first, last in pairwise(held):
        path, lengths = shortest(links, int(near[first]), int(near[last]))
        if last > first + 1:
            between = stops[["lon", "lat"]].to_numpy()[first + 1 : last]
            line = np.vstack([at[near[first]], between, at[near[last]]])
            straight = split(line).groupby("segment")["km"].sum().to_numpy()
            lengths = straight / straight.sum() * lengths.sum()
            points += list(line[1:])
            leg += list(range(int(first), int(last)))
        else:
            points += list(at[path[1:]])
            leg += [int(first)] * len(lengths)
        km += list(lengths)
    return np.array(points), np.array(km), np.array(leg)


def shortest(links: csr_array, start: int, end: int) -> tuple[list[int], NDArray[np.float64]]:
    """Return the nodes of the shortest way between two nodes, and the km of its links."""
    km, before = dijkstra(links, indices=start, return_predecessors=True)
    if not np.isfinite(km[end]) or start == end:
        raise ValueError(f"two towns of a corridor must be different nodes with a way between; got {start} and {end}")
    path = [end]
    while path[-1] != start:
        path.append(int(before[path[-1]]))
    path.reverse()
    return path, np.diff(km[path])
