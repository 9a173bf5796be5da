"""The regions of a release and the groups of them that matter: countries, border belts, corridors."""

from __future__ import annotations

from typing import Any

from harmattan import borders, corridors
from harmattan.figures import bundled_counts
from harmattan.regions import COASTAL, Regions, bundled
from harmattan.release import Release

BELT_KM = 50.0


def regions_of(release: Release) -> Regions:
    """Return the regions of a release in the order of its forecast: the bundled ones, or the user's own polygons."""
    codes = release.forecast.regions
    settings = release.manifest["settings"]
    if not has_own_polygons(release):
        name = settings.get("data.bundled")
        level = str(bundled_counts(name)[1]["level"]) if name else settings["regions.level"]
        known = bundled(level, sorted(release.table["country"].unique()))
        if known.table.index.equals(codes.rename("region")):
            return known
    found = release.regions()
    order = found.table.index.get_indexer(codes)
    weights = found.neighbours.weights[order][:, order]
    table = found.table.iloc[order]
    assert found.geometry is not None  # regions read from a release have polygons
    return Regions(table, found.geometry.iloc[order], type(found.neighbours)(table.index, weights))


def has_own_polygons(release: Release) -> bool:
    """Return whether the regions of a release are the user's polygons."""
    return "regions.polygons" in release.manifest["settings"]


def groups_of(regions: Regions) -> list[dict[str, Any]]:
    """Return groups of regions whose joint chance the page tells.

    Returns
    -------
    list
        ``kind`` (``country``, ``belt`` or ``corridor``), ``name`` (a country's code, a belt's country, a corridor's
        name), ``coastal`` (whether the country is one of `harmattan.regions.COASTAL`) and ``members``, positions of
        regions, along a corridor in its order. A belt holds the regions of a coastal state within 50 km of a state
        that is not coastal, where that state is divided into regions.

    Examples
    --------
    >>> [group["kind"] for group in groups_of(bundled("admin1", ["BFA", "TGO"]))][:3]
    ['country', 'country', 'belt']
    """
    table = regions.table
    place = {code: number for number, code in enumerate(table.index)}
    country = table["country"].to_numpy()
    codes = sorted(set(country))
    found = [_group("country", code, [number for number, each in enumerate(country) if each == code]) for code in codes]
    inland = [code for code in codes if code not in COASTAL]
    for code in codes:
        divided = (country == code).sum() > 1
        near = borders.belt(regions, inland, km=BELT_KM) if code in COASTAL and inland and divided else []
        members = [place[each] for each in near if table["country"][each] == code]
        if members:
            found.append(_group("belt", code, members))
    chains = corridors.bundled(regions)
    for name, steps in chains[chains["region"] != ""].groupby("name", sort=True):
        along = list(dict.fromkeys(place[each] for each in steps["region"]))
        found.append(_group("corridor", str(name), along))
    return found


def _group(kind: str, name: str, members: list[int]) -> dict[str, Any]:
    return {"kind": kind, "name": name, "coastal": name in COASTAL, "members": members}
