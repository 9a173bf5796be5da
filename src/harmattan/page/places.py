"""The regions of a release and the groups of them that matter: countries, border belts, corridors."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd

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


def groups_of(regions: Regions, *, km: float = BELT_KM) -> list[dict[str, Any]]:
    """Return groups of regions whose joint chance the page tells.

    Parameters
    ----------
    km
        Width of border belts.

    Returns
    -------
    list
        ``kind`` (``country``, ``belt`` or ``corridor``), ``name`` (a country's code, a belt's country, a corridor's
        name), ``near`` (a belt's other country, else empty), ``coastal`` (whether the country is one of
        `harmattan.regions.COASTAL`) and ``members``, positions of regions, along a corridor in its order. The belts are
        those of `harmattan.expansion.tables.belts` between a coastal state and one that is not, each side by itself.

    Examples
    --------
    >>> found = groups_of(bundled("admin1", ["BFA", "TGO"]))
    >>> [(each["name"], each["near"]) for each in found if each["near"] in ("BFA", "TGO")]
    [('TGO', 'BFA'), ('BFA', 'TGO')]
    """
    country = regions.table["country"].to_numpy()
    codes = sorted(set(country))
    found = [_group("country", code, [number for number, each in enumerate(country) if each == code]) for code in codes]
    found += sorted(_belts(regions, codes, km), key=lambda each: (not each["coastal"], each["name"], each["near"]))
    place = {code: number for number, code in enumerate(regions.table.index)}
    chains = corridors.bundled(regions)
    for name, steps in chains[chains["region"] != ""].groupby("name", sort=True):
        along = list(dict.fromkeys(place[each] for each in steps["region"]))
        found.append(_group("corridor", str(name), along))
    return found


def _belts(regions: Regions, codes: list[str], km: float) -> list[dict[str, Any]]:
    """The belts toward each country, by the country they lie in; those that are a whole country are left out."""
    country = regions.table["country"].to_numpy()
    sizes = Counter(country)
    found = []
    for there in sorted({*codes, *COASTAL}):
        if all((here in COASTAL) == (there in COASTAL) for here in codes):
            continue
        near = regions.table.index.get_indexer(pd.Index(borders.belt(regions, there, km=km)))
        for here in codes:
            members = [int(number) for number in near if country[number] == here]
            across = here != there and (here in COASTAL) != (there in COASTAL)
            if across and 0 < len(members) < sizes[here]:
                found.append(_group("belt", here, members, near=there))
    return found


def _group(kind: str, name: str, members: list[int], *, near: str = "") -> dict[str, Any]:
    return {"kind": kind, "name": name, "near": near, "coastal": name in COASTAL, "members": members}
