"""Land borders: the coastal states, the regions on each side of a border, and belts along them.

Bundled regions are looked up in ``belts.csv`` and ``neighbours.csv``, which were measured on the polygons behind
them; with polygons of the user's own, everything is measured on those.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harmattan import figures
from harmattan.regions import COASTAL, Regions, bundled, edges, shapes
from harmattan.sphere import EARTH_KM, unit_vectors

if TYPE_CHECKING:
    import geopandas as gpd

BELT_KM = 200.0
STEP = 0.01


def coastal(regions: Regions) -> pd.Series:
    """Return whether each region lies in one of the eight coastal states, `regions.COASTAL`.

    Examples
    --------
    >>> coastal(bundled("country", ["BEN", "MLI"])).to_dict()
    {'BEN': True, 'MLI': False}
    """
    return regions.table["country"].isin(COASTAL).rename("coastal")


def borders(regions: Regions) -> pd.DataFrame:
    """Return the land borders between countries, with the regions that touch them from each side.

    Returns
    -------
    pandas.DataFrame
        One row per pair of countries that touch, sorted: ``a``, ``b`` (ISO 3166-1 alpha-3, a < b), ``side_a`` and
        ``side_b`` (tuples of region codes of `a` and of `b`, sorted) and ``border_km``, 0 where they meet in a point.

    Examples
    --------
    >>> line = borders(bundled("province+admin1", ["BFA", "TGO"])).iloc[0]
    >>> line["a"], line["side_a"], line["side_b"]
    ('BFA', ('BF4801', 'BF4802', 'BF5204'), ('TG05',))
    """
    pairs, country = edges(regions), regions.table["country"]
    ends = {end: country.loc[pairs[end]].to_numpy(dtype=object) for end in ("a", "b")}
    swapped = ends["a"] > ends["b"]
    table = pd.DataFrame(
        {
            "a": np.where(swapped, ends["b"], ends["a"]),
            "b": np.where(swapped, ends["a"], ends["b"]),
            "side_a": np.where(swapped, pairs["b"], pairs["a"]),
            "side_b": np.where(swapped, pairs["a"], pairs["b"]),
            "border_km": pairs["border_km"],
        }
    )
    abroad = table[ends["a"] != ends["b"]].groupby(["a", "b"], sort=True)
    lines: pd.DataFrame = abroad.agg({"side_a": _codes, "side_b": _codes, "border_km": "sum"}).reset_index()
    return lines


def belt(regions: Regions, countries: str | Iterable[str], *, km: float = 50.0) -> list[str]:
    """Return the regions within `km` of the territory of other countries, in the order of the table.

    A region counts from its nearest point, so a large region that touches the border is in the belt whole. A region
    of one of the `countries` counts only if it is near another of them.

    Bundled regions have their distances in ``belts.csv``. With polygons of the user's own, distances are measured
    between the outlines, on the ellipsoid; a country without a region among them is taken from the bundled outlines,
    which are right to about 6 km.

    Parameters
    ----------
    countries
        One or several ISO 3166-1 alpha-3 codes.
    km
        From 0 (touching only) to 200.

    Raises
    ------
    ValueError
        If `km` is out of range, or a country is neither among the regions' nor bundled.

    Examples
    --------
    >>> belt(bundled("admin1", ["BEN", "TGO"]), "BFA", km=0)
    ['BJ01', 'BJ02', 'TG05']
    """
    if not 0 <= km <= BELT_KM:
        raise ValueError(f"km must lie between 0 and {BELT_KM:.0f}; got {km}")
    wanted = [countries] if isinstance(countries, str) else list(countries)
    table = regions.table
    known = set(figures.belt_table()["country"]) | (set(table["country"]) if regions.geometry is not None else set())
    unknown = [country for country in wanted if country not in known]
    if unknown:
        raise ValueError(f"countries must be among {', '.join(sorted(known))}; got {unknown[0]!r}")
    if regions.geometry is None:
        near = figures.belt_table()
        near = near[near["country"].isin(wanted) & (near["km"] <= km)]
        return [str(code) for code in table.index[table.index.isin(near["region"])]]
    inside = np.zeros(len(table), dtype=bool)
    for country in wanted:
        own = (table["country"] == country).to_numpy()
        target = regions.geometry[own] if own.any() else shapes(bundled("country", [country]))
        inside[~own] |= km_apart(regions.geometry[~own], target, within=km) <= km
    return [str(code) for code in table.index[inside]]


def coastal_belt(regions: Regions, active: Iterable[str], *, km: float = 50.0) -> pd.Series:
    """Return whether each region lies in a border belt between a coastal state and a country where the group is active.

    Parameters
    ----------
    active
        Countries (ISO 3166-1 alpha-3) with an attack of late.
    km
        Width, as in `belt`.

    Returns
    -------
    pandas.Series
        Boolean by region: those of a coastal state within `km` of another active country, and those of an active
        country within `km` of another coastal state.

    Examples
    --------
    >>> inside = coastal_belt(bundled("admin1", ["BFA", "TGO"]), ["BFA"], km=0)
    >>> inside.index[inside].tolist()
    ['BF47', 'BF48', 'BF50', 'BF51', 'BF52', 'BF57', 'TG05']
    """
    near = _near(regions, km)
    table, acting = regions.table, set(active)
    partners = {here: (acting if here in COASTAL else set()) for here in table["country"].unique()}
    for here in acting & set(partners):
        partners[here] = partners[here] | set(COASTAL)
    sides = zip(table.index, table["country"], strict=True)
    inside = [any(code in near.get(there, ()) for there in partners[here] - {here}) for code, here in sides]
    return pd.Series(inside, table.index, name="belt")


@lru_cache(maxsize=4)
def _near(regions: Regions, km: float) -> dict[str, frozenset[str]]:
    """The regions near each bundled country; kept, because outlines are slow to measure."""
    countries = sorted({*figures.belt_table()["country"]})
    return {country: frozenset(belt(regions, country, km=km)) for country in countries}


def km_apart(outlines: gpd.GeoSeries, target: gpd.GeoSeries, *, within: float = BELT_KM) -> NDArray[np.float64]:
    """Return km from each polygon to the nearest of the `target` polygons, on the WGS84 ellipsoid; 0 if they touch.

    Outlines are taken as points at most 0.01 degrees apart, which adds less than 0.3 km beyond the first km. Distances
    of more than `within` km, give or take 1 percent, are infinite.

    Examples
    --------
    >>> import geopandas, shapely
    >>> squares = geopandas.GeoSeries(shapely.box([0, 1, 3], 0, [1, 2, 4], 1), crs="EPSG:4326")
    >>> km_apart(squares[:2], squares[2:]).round(1).tolist()
    [inf, 111.3]
    """
    import shapely
    from pyproj import Geod
    from scipy.spatial import cKDTree

    there, _ = _points(target)
    here, owner = _points(outlines)
    tree = cKDTree(unit_vectors(there[:, 0], there[:, 1]))
    chord, nearest = tree.query(
        unit_vectors(here[:, 0], here[:, 1]), distance_upper_bound=(1.01 * within + 1) / EARTH_KM
    )
    order = np.lexsort((chord, owner))
    best = order[np.r_[True, owner[order][1:] != owner[order][:-1]]]
    best = best[np.isfinite(chord[best])]
    start, end = here[best], there[nearest[best]]
    km = np.full(len(outlines), np.inf)
    km[owner[best]] = np.asarray(Geod(ellps="WGS84").inv(*start.T, *end.T)[2], dtype=np.float64) / 1000
    polygon, _ = shapely.STRtree(target.to_numpy()).query(outlines.to_numpy(), predicate="intersects")
    km[np.unique(polygon)] = 0.0
    return km


def _points(outlines: gpd.GeoSeries) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return points along the outlines and the position of the polygon each belongs to."""
    import shapely

    lines: Any = shapely.segmentize(shapely.boundary(outlines.to_numpy()), STEP)
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    return np.asarray(xy), np.asarray(owner)


def _codes(side: pd.Series) -> tuple[str, ...]:
    return tuple(sorted(set(side)))
