"""The countries of the challenge as regions: where they are, how large, and which share a land border.

``countries.csv`` has a row for each: its number in the Gleditsch and Ward list, ISO 3166-1 alpha-3 code, the place of
its capital (of its largest town for Palau), area and neighbours by land. It is made of GeoNames (https://www.geonames.org,
CC BY 4.0).
"""

from __future__ import annotations

from importlib.resources import files

import pandas as pd

from harmattan.neighbours import contiguity
from harmattan.regions import Regions


def country_table() -> pd.DataFrame:
    """Return the table of countries.

    Returns
    -------
    pandas.DataFrame
        Index ``gw`` (Gleditsch and Ward's number); columns ``iso3``, ``lon``, ``lat`` (degrees), ``area_km2`` and
        ``neighbours`` (codes, separated by blanks).

    Examples
    --------
    >>> country_table().loc[438, "neighbours"]
    'CIV GNB LBR MLI SEN SLE'
    """
    text = files("harmattan.views").joinpath("countries.csv")
    with text.open(encoding="utf-8") as lines:
        return pd.read_csv(lines, index_col="gw", keep_default_na=False)


def world(countries: pd.DataFrame) -> Regions:
    """Return countries as regions, by ISO code, in the order given.

    Parameters
    ----------
    countries
        Columns ``gw`` and ``name``, one row for each country.

    Raises
    ------
    ValueError
        If a country's number is not in the table.

    Examples
    --------
    >>> world(pd.DataFrame({"gw": [432, 439], "name": ["Mali", "Burkina Faso"]}))
    <Regions: 2 of 2 countries, Neighbours of 2 regions: 1 pair, 0 isolates, 1 component>
    """
    known = country_table()
    unknown = countries[~countries["gw"].isin(known.index)]
    if len(unknown):
        raise ValueError(
            f"countries must be in Gleditsch and Ward's list of 2022; {len(unknown)} are not, first "
            f"{unknown['name'].iloc[0]} with the number {unknown['gw'].iloc[0]}"
        )
    found = known.loc[countries["gw"]]
    table = pd.DataFrame(
        {"name": countries["name"].astype(str).to_numpy(), "country": found["iso3"].to_numpy()},
        index=pd.Index(found["iso3"], name="region"),
    )
    for column in ("lon", "lat", "area_km2"):
        table[column] = found[column].to_numpy(dtype=float)
    links = found.set_index("iso3")["neighbours"].str.split().explode().dropna()
    touch = pd.DataFrame({"a": links.index, "b": links.to_numpy()})
    touch = touch[(touch["a"] < touch["b"]) & touch["b"].isin(table.index)]
    return Regions(table, None, contiguity(touch, table.index))
