"""Which region an attack is counted in: the finest unit that the source knows for certain.

Levels are mixed on purpose. A list may name first-level units of one country and provinces of another, and a source may
know a province here and only a country there; each attack stays at its own level and is added up to the coarser ones.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from harmattan.events import Events
from harmattan.figures import region_table
from harmattan.regions import LEVELS, Regions, locate
from harmattan.sources.names import place_key

COLUMNS = ["name", "country", "parent", "level", "lon", "lat"]
COARSEST = {4: LEVELS["admin1"], 5: LEVELS["country"], 6: LEVELS["country"], 7: -1}
"""How coarse a unit a `where_prec` asks for; better ones allow any."""


def gazetteer(regions: Regions) -> pd.DataFrame:
    """Return the units attacks may be placed in: the regions and every coarser unit they lie in.

    Returns
    -------
    pandas.DataFrame
        Index ``region``; ``name``, ``country``, ``parent`` (code one level up, empty for a country), ``level``,
        ``lon``, ``lat``. The user's own polygons count as the finest level, with their country above them.

    Examples
    --------
    >>> from harmattan.regions import bundled
    >>> gazetteer(bundled("province")).loc[["BF5603", "BF56", "BFA"], "name"].tolist()
    ['Soum', 'Sahel', 'Burkina Faso']
    """
    known = region_table()[COLUMNS]
    if regions.geometry is None:
        return known
    own = regions.table.assign(parent=regions.table["country"], level=LEVELS["province"])[COLUMNS]
    countries = known[(known["level"] == 0) & ~known.index.isin(own.index)]
    unknown = sorted(set(own["country"]) - set(countries.index) - set(own.index))
    more = pd.DataFrame({"name": unknown, "country": unknown, "parent": "", "level": 0}, index=unknown)
    return pd.concat([own, countries, more.assign(lon=np.nan, lat=np.nan)]).rename_axis("region")


def place(events: Events, regions: Regions, units: pd.DataFrame) -> tuple[pd.Series, dict[str, int]]:
    """Return the unit of each attack, missing where none is known, and the attacks by names that mean no region.

    A region that the source itself gives, as a code or as a name with its country, comes first; then coordinates, as
    fine as their precision allows; then the country. Coordinates beside the border that fall in another country than
    the one the source names count for that country as a whole.

    Parameters
    ----------
    events
        Attacks.
    regions
        The finest units wanted.
    units
        From `gazetteer`.

    Examples
    --------
    >>> from harmattan.events import event_table
    >>> from harmattan.regions import bundled
    >>> table = event_table({"event": ["a", "b"], "start": ["2023-05-04"] * 2, "region": ["Soum", None],
    ...                      "lon": [None, -1.6], "lat": [None, 14.1], "where_prec": [1, 4], "country": ["BFA", "BFA"]})
    >>> finest = bundled("province")
    >>> place(Events(table, source="example"), finest, gazetteer(finest))[0].tolist()
    ['BF5603', 'BF56']
    """
    table = events.table
    found, unknown = _given(table, regions, units)
    located = pd.Series(locate(regions, table["lon"], table["lat"]), dtype="str")
    abroad = located.map(units["country"]) != table["country"]
    located = located.mask((abroad & table["country"].isin(units["country"])).to_numpy())
    for precision, level in COARSEST.items():
        coarse = (table["where_prec"] == precision).fillna(False).to_numpy(dtype=bool)
        located = located.mask(coarse, _climbed(located, units, level))
    found = found.fillna(located)
    return found.fillna(table["country"].where(table["country"].isin(units.index))), unknown


def at_level(codes: pd.Series, units: pd.DataFrame, level: int) -> pd.Series:
    """Return the unit of a level that each unit lies in; missing for units coarser than that.

    Examples
    --------
    >>> from harmattan.regions import bundled
    >>> at_level(pd.Series(["BF5603", "BFA"]), gazetteer(bundled("province")), 1).tolist()
    ['BF56', nan]
    """
    climbed = _climbed(codes, units, level)
    return climbed.where(climbed.map(units["level"]) == level)


def _given(table: pd.DataFrame, regions: Regions, units: pd.DataFrame) -> tuple[pd.Series, dict[str, int]]:
    """Units from the source's own column, no finer than the regions, and the names that mean none."""
    if "region" not in table:
        return pd.Series([None] * len(table), dtype="str"), {}
    names: dict[tuple[str, str], list[str]] = {}
    for code, name, country in zip(units.index, units["name"], units["country"], strict=True):
        key = place_key(name)
        for within in (country, ""):
            names.setdefault((within, key), []).append(str(code))
    codes = [
        _match(region, country, units, names) for region, country in zip(table["region"], table["country"], strict=True)
    ]
    found = pd.Series(codes, dtype="str")
    missed = table["region"][(found.isna() & table["region"].notna()).to_numpy()]
    unknown = {str(name): int(number) for name, number in missed.value_counts(sort=False).items()}
    for _ in range(2):
        coarser = found.map(units["parent"]).replace("", None)
        reached = found.isin(regions.table.index) | coarser.isna() | ~_covers(found, regions, units)
        found = found.where(reached, coarser)
    return found, unknown


def _match(region: object, country: object, units: pd.DataFrame, names: dict[tuple[str, str], list[str]]) -> str | None:
    if not isinstance(region, str):
        return None
    if region in units.index:
        return region
    same = names.get((country if isinstance(country, str) else "", place_key(region)), [])
    return same[0] if len(same) == 1 else None


def _covers(codes: pd.Series, regions: Regions, units: pd.DataFrame) -> pd.Series:
    """Whether one of the regions lies above each unit."""
    parent = codes.map(units["parent"])
    return parent.isin(regions.table.index) | parent.map(units["parent"]).isin(regions.table.index)


def _climbed(codes: pd.Series, units: pd.DataFrame, level: int) -> pd.Series:
    """Each unit, or the first above it that is no finer than a level."""
    for _ in range(3):
        finer = (codes.map(units["level"]) > level).to_numpy()
        codes = codes.mask(finer, codes.map(units["parent"]).replace("", None))
    return codes.astype("str")
