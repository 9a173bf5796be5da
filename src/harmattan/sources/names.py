"""Names of countries and regions: one form for comparing them, country codes, and joining counts to regions
by name."""

from __future__ import annotations

import unicodedata

import pandas as pd

from harmattan.counts import KEY, Counts, total

SEPARATOR = "|"
"""Stands between country and name in the region key of a source that gives names."""

_COUNTRIES: dict[str, tuple[str, ...]] = {
    "BEN": ("Benin",),
    "BFA": ("Burkina Faso", "Upper Volta"),
    "CIV": ("Ivory Coast", "Cote d'Ivoire"),
    "CMR": ("Cameroon",),
    "DZA": ("Algeria",),
    "GHA": ("Ghana",),
    "GIN": ("Guinea",),
    "GMB": ("Gambia", "The Gambia", "Gambia, The"),
    "GNB": ("Guinea-Bissau",),
    "LBR": ("Liberia",),
    "LBY": ("Libya",),
    "MLI": ("Mali",),
    "MRT": ("Mauritania",),
    "NER": ("Niger",),
    "NGA": ("Nigeria",),
    "SEN": ("Senegal",),
    "SLE": ("Sierra Leone",),
    "TCD": ("Chad", "Tchad"),
    "TGO": ("Togo",),
    "TUN": ("Tunisia",),
}

_GENERIC = frozenset(
    [
        *("region", "regions", "province", "provinces", "district", "districts", "department", "departement"),
        *(
            "departments",
            "departements",
            "cercle",
            "cercles",
            "state",
            "etat",
            "county",
            "commune",
            "division",
        ),
        *("wilaya", "wilayah", "governorate", "gouvernorat", "prefecture", "prefectures", "area"),
        *("autonomous", "autonome", "of", "the", "de", "des", "du", "la", "le", "les", "d", "l"),
    ]
)


def place_key(name: str) -> str:
    """Return a place name as it is compared: no accents, case, hyphens or generic words such as region or
    cercle.

    Examples
    --------
    >>> place_key("Région de Tillabéri"), place_key("Hauts-Bassins"), place_key("District Autonome d'Abidjan")
    ('tillaberi', 'hauts bassins', 'abidjan')
    """
    letters = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(letter if letter.isalnum() else " " for letter in letters if not unicodedata.combining(letter))
    words = plain.split()
    telling = [word for word in words if word not in _GENERIC]
    return " ".join(telling or words)


def iso3(countries: pd.Series) -> pd.Series:
    """Return the ISO 3166 three-letter codes of country names.

    West African countries and their neighbours are known under the names that UCDP and ACLED use; a code
    stays a code and any other country keeps the name it came with.

    Examples
    --------
    >>> iso3(pd.Series(["Ivory Coast", "Côte d’Ivoire", "CIV", "Yemen (North Yemen)"])).tolist()
    ['CIV', 'CIV', 'CIV', 'Yemen (North Yemen)']
    """
    known = {place_key(name): code for code, names in _COUNTRIES.items() for name in names}
    codes = {name: known.get(place_key(name), name) for name in countries.dropna().unique()}
    return countries.map(codes).astype("str")


def name_keys(country: pd.Series, name: pd.Series) -> pd.Series:
    """Return region keys ``country|name`` for sources that give names; missing where either is missing.

    Examples
    --------
    >>> name_keys(pd.Series(["Mali"]), pd.Series(["Gao"])).tolist()
    ['MLI|Gao']
    """
    return iso3(country) + SEPARATOR + name.astype("str")


def match_names(counts: Counts, names: pd.DataFrame) -> Counts:
    """Return counts whose regions are codes, found by country and name.

    Parameters
    ----------
    counts
        Counts whose regions are keys ``country|name``, as weekly ACLED files give them.
    names
        One row per region, the index its code, with columns `country` (ISO 3166 three letters) and `name`.

    Returns
    -------
    Counts
        Several names that mean one region are added up. Names that mean no region are left out, each counted
        by name.

    Raises
    ------
    ValueError
        If the columns are absent, or two regions of one country have the same name once generic words are
        left out.

    Examples
    --------
    >>> may = pd.Period("2023-05", freq="M")
    >>> table = pd.DataFrame({"region": ["MLI|Gao", "MLI|Nowhere"], "month": [may, may],
    ...                       "attacks": [3.0, 1.0], "deaths": [5.0, 0.0]})
    >>> names = pd.DataFrame({"country": ["MLI"], "name": ["Région de Gao"]}, index=["ML-7"])
    >>> matched = match_names(Counts(table, source="example", first=may, last=may), names)
    >>> matched.table["region"].tolist(), matched.dropped
    (['ML-7'], {'no region is called MLI|Nowhere': 1.0})
    """
    absent = [name for name in ("country", "name") if name not in names]
    if absent:
        raise ValueError(f"names must have the columns country and name; {', '.join(absent)} is absent")
    keys = pd.Series(
        [_key(country, name) for country, name in zip(names["country"], names["name"], strict=True)],
        index=names.index,
    )
    twice = keys[keys.duplicated(keep=False)]
    if len(twice):
        pair = twice[twice == twice.iloc[0]].index.tolist()
        raise ValueError(
            f"names of regions must differ within a country; {pair[0]} and {pair[1]} are both "
            f"{twice.iloc[0]!r} without generic words, so give only one level of regions"
        )
    codes = {key: str(code) for code, key in keys.items()}
    found = {text: codes.get(_key(*text.split(SEPARATOR, 1))) for text in counts.table["region"].unique()}
    region = counts.table["region"].map(found)
    lost = counts.table[region.isna().to_numpy()].groupby("region")["attacks"].sum()
    dropped = {
        **counts.dropped,
        **{f"no region is called {key}": float(number) for key, number in lost.items()},
    }
    parts = counts.table.assign(region=region)[region.notna().to_numpy()]
    return total(
        parts[[*KEY, *counts.measures]],
        source=counts.source,
        first=counts.first,
        last=counts.last,
        dropped=dropped,
    )


def _key(country: str, name: str = "") -> str:
    return f"{country}{SEPARATOR}{place_key(name)}"
