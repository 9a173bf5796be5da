from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmattan.counts import Counts
from harmattan.months import month
from harmattan.sources.names import iso3, match_names, place_key

MAY = month("2023-05")
NAMES = pd.DataFrame(
    {"country": ["NER", "BFA", "CIV", "MLI"], "name": ["Tillabéri", "Hauts-Bassins", "Abidjan", "Koulikoro"]},
    index=["NE-6", "BF-09", "CI-AB", "ML-2"],
)


def counts(*regions: str) -> Counts:
    table = pd.DataFrame(
        {"region": regions, "month": pd.PeriodIndex([MAY] * len(regions)), "attacks": 1.0, "deaths": np.nan}
    )
    return Counts(table, source="invented", first=MAY, last=MAY)


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("NER|TILLABERI", "NE-6"),
        ("NER|Région de Tillabéri", "NE-6"),
        ("BFA|Hauts Bassins Region", "BF-09"),
        ("CIV|District Autonome d’Abidjan", "CI-AB"),
    ],
)
def test_names_match_whatever_their_dress(key: str, code: str) -> None:
    assert match_names(counts(key), NAMES).table["region"].tolist() == [code]


def test_a_name_counts_in_its_own_country_only() -> None:
    matched = match_names(counts("BFA|Tillabéri", "NER|Tillabéri"), NAMES)
    assert matched.table["attacks"].tolist() == [1.0]
    assert matched.dropped == {"no region is called BFA|Tillabéri": 1.0}


def test_spellings_of_one_region_are_added_up() -> None:
    matched = match_names(counts("NER|Tillaberi", "NER|Tillabéri Region", "NER|?"), NAMES)
    assert matched.table["attacks"].tolist() == [2.0]
    assert matched.attacks_read == 3.0


def test_regions_of_one_name_are_refused() -> None:
    twice = pd.concat([NAMES, pd.DataFrame({"country": ["MLI"], "name": ["Cercle de Koulikoro"]}, index=["ML0201"])])
    with pytest.raises(ValueError, match=r"ML-2 and ML0201 are both 'MLI\|koulikoro' without generic words"):
        match_names(counts("MLI|Koulikoro"), twice)


def test_names_need_their_columns() -> None:
    with pytest.raises(ValueError, match="must have the columns country and name; country is absent"):
        match_names(counts("MLI|Gao"), NAMES.drop(columns="country"))


def test_the_eighteen_countries_are_known() -> None:
    names = [
        "Algeria",
        "Benin",
        "Burkina Faso",
        "Cameroon",
        "Chad",
        "Gambia",
        "Ghana",
        "Guinea",
        "Guinea-Bissau",
        "Ivory Coast",
        "Liberia",
        "Mali",
        "Mauritania",
        "Niger",
        "Nigeria",
        "Senegal",
        "Sierra Leone",
        "Togo",
    ]
    codes = [
        "DZA",
        "BEN",
        "BFA",
        "CMR",
        "TCD",
        "GMB",
        "GHA",
        "GIN",
        "GNB",
        "CIV",
        "LBR",
        "MLI",
        "MRT",
        "NER",
        "NGA",
        "SEN",
        "SLE",
        "TGO",
    ]
    assert iso3(pd.Series(names)).tolist() == codes


@given(st.text())
def test_keys_are_their_own_keys(name: str) -> None:
    assert place_key(place_key(name)) == place_key(name)
