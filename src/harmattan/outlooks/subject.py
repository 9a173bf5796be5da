"""Which regions an outlook speaks of: a country's own, or its neighbours' near the border where it has none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from harmattan import layers
from harmattan.borders import BELT_KM, km_apart
from harmattan.figures import belt_table, region_table
from harmattan.regions import Regions, bundled, shapes
from harmattan.result import Result

ONE, SEVERAL, BESIDE, NOTHING = "one", "several", "beside", "nothing"
USUAL_BELT = 50.0


@dataclass(frozen=True, eq=False)
class Subject:
    """What an outlook speaks of.

    Attributes
    ----------
    country, name
        ISO 3166-1 alpha-3 and name.
    kind
        ``one``: the country is one region of the experiment; ``several``: it has several; ``beside``: it has none with
        data, but regions of its neighbours lie near; ``nothing``: neither.
    regions
        Codes of the regions spoken of: its own that the data cover, or else the neighbours' in the belt.
    belt
        Codes of the neighbours' regions within `belt_km` of the country.
    belt_km
        Width of the belt.
    near
        Regions of other countries within 200 km of its territory, the nearest first: index ``region``; ``name``,
        ``country``, ``km``.
    uncovered
        Whether it has regions in the experiment that the data do not cover.
    """

    country: str
    name: str
    kind: str
    regions: tuple[str, ...]
    belt: tuple[str, ...]
    belt_km: float
    near: pd.DataFrame
    uncovered: bool


def subject_of(result: Result, country: str) -> Subject:
    """Return what an outlook of a country speaks of.

    Raises
    ------
    ValueError
        If the country is neither bundled nor among the regions' countries.
    """
    table = result.panel.regions.table
    names = region_table()["name"]
    known = sorted({*names.index[region_table()["level"] == 0], *table["country"]})
    if country not in known:
        raise ValueError(f"country must be one of {', '.join(known)}; got {country!r}")
    covered = covered_now(result)
    own = table.index[table["country"] == country]
    told = tuple(own[covered.loc[own].to_numpy()])
    width = float(result.settings.get("expansion.belt_km", USUAL_BELT))
    near = near_country(result.panel.regions, country)
    near = near[covered.loc[near.index].to_numpy()]
    belt = tuple(near.index[near["km"] <= width])
    kind = (ONE if len(own) == 1 else SEVERAL) if told else BESIDE if belt else NOTHING
    return Subject(
        country, str(names.get(country, country)), kind, told or belt, belt, width, near, bool(len(own)) and not told
    )


def covered_now(result: Result) -> pd.Series:
    """Return whether the data reach each region in the last month known and it has a forecast."""
    known = result.panel.covered.loc[: layers.data_to(result)].iloc[-1]
    return known & known.index.isin(result.forecast.regions)


def near_country(regions: Regions, country: str) -> pd.DataFrame:
    """Return the regions of other countries within 200 km of a country's territory, the nearest first.

    Returns
    -------
    pandas.DataFrame
        Index ``region``; ``name``, ``country``, ``km`` from the region's nearest point, 0 where they touch.

    Examples
    --------
    >>> from harmattan.regions import bundled
    >>> near_country(bundled("province"), "TGO").query("km == 0")["name"].tolist()
    ['Boulgou', 'Koulpélogo', 'Kompienga']
    """
    table = regions.table
    if regions.geometry is None:
        found = belt_table().query("country == @country").set_index("region")["km"]
        km = found.reindex(table.index).to_numpy(dtype=np.float64)
    else:
        own = (table["country"] == country).to_numpy()
        target = regions.geometry[own] if own.any() else shapes(bundled("country", [country]))
        km = np.where(own, np.nan, km_apart(regions.geometry, target, within=BELT_KM))
    near = table[["name", "country"]].assign(km=km)
    return near[near["km"] <= BELT_KM].sort_values("km", kind="stable")
