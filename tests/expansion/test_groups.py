import numpy as np
import pandas as pd
import pytest

from harmattan import corridors as roads
from harmattan.expansion import scopes
from harmattan.regions import Regions, bundled


def test_groups_and_their_members(six: Regions, sets: dict[str, list[str]], corridors: pd.DataFrame) -> None:
    made = scopes(six, sets=sets, corridors=corridors)
    assert made.table["name"].tolist() == ["all", "NOR", "SUD", "coast", "only f", "south", "east"]
    assert made.table["regions"].tolist() == [6, 3, 3, 2, 1, 3, 1]
    told = made.table.set_index("name")
    assert told.loc["south", ["km", "covered"]].tolist() == [200, 1]
    assert told.loc["east", ["km", "covered"]].tolist() == [30, 0.25]
    np.testing.assert_allclose(made.along[5], [0.5, 0.375, 0, 0.125, 0, 0])
    assert made.total(np.arange(6)).tolist() == [15, 3, 12, 7, 5, 4, 5]


def test_a_missing_value_is_missing_where_it_belongs(six: Regions, sets: dict[str, list[str]]) -> None:
    made = scopes(six, sets=sets)
    values = np.ones((2, 6))
    values[1, 5] = np.nan
    total = made.total(values)
    assert total[0].tolist() == [6, 3, 3, 2, 1]
    np.testing.assert_array_equal(np.isnan(total[1]), [True, False, True, False, True])
    assert total[1][1] == 3


def test_bundled_corridors_fit() -> None:
    regions = bundled("admin1")
    table = roads.bundled(regions)
    made = scopes(regions, corridors=table).table.query("scope == 'corridor'").set_index("name")
    inside = table[table["region"] != ""].groupby("corridor")["km"].sum()
    np.testing.assert_allclose(made["km"], inside[made.index])
    assert made["covered"].between(0, 1 + 1e-12).all()


def test_what_does_not_fit_says_so(six: Regions, corridors: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="set 'belt' must be codes of the 6 regions, .* 1 of 2 are none, first 'x'"):
        scopes(six, sets={"belt": ["a", "x"]})
    with pytest.raises(ValueError, match="set 'belt' must be codes .* there is none: correct it or leave the set out"):
        scopes(six, sets={"belt": []})
    with pytest.raises(ValueError, match="corridors must have the columns corridor, region, km; km missing"):
        scopes(six, corridors=corridors.drop(columns="km"))
    with pytest.raises(ValueError, match="positive km in every row; 1 have none, first south in a with 0.0"):
        scopes(six, corridors=corridors.assign(km=[0.0, *corridors["km"][1:]]))
