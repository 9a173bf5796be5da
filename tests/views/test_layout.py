"""The user's copy of the challenge: read as it is laid out, cut in October, never looking ahead."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harmattan.months import month, month_range
from harmattan.regions import Regions
from harmattan.views.countries import country_table, world
from harmattan.views.layout import (
    WINDOWS,
    actuals,
    countries,
    known_panel,
    month_of,
    official_forecast,
    origin_of,
    truth,
)


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "data" / "bench" / "views_challenge"


@pytest.fixture(scope="module")
def regions(folder: Path) -> Regions:
    return countries(folder)


def test_borders_go_both_ways() -> None:
    table = country_table().set_index("iso3")["neighbours"].str.split()
    links = {(a, b) for a, several in table.items() for b in several}
    assert links == {(b, a) for a, b in links}
    assert not any(a == b for a, b in links)


def test_every_country_of_the_challenge_has_a_place(regions: Regions) -> None:
    assert len(regions) == 191
    assert regions.table.loc["MLI", ["name", "lat"]].tolist() == ["Mali", pytest.approx(12.6, abs=0.1)]


def test_the_places_agree_with_the_bundled_regions(burkina, regions: Regions) -> None:
    inside = burkina.regions.table
    place = regions.table.loc["BFA"]
    assert inside["lon"].min() < place["lon"] < inside["lon"].max()
    assert inside["lat"].min() < place["lat"] < inside["lat"].max()


def test_a_number_that_is_no_country_is_named() -> None:
    with pytest.raises(ValueError, match="1 are not, first Atlantis with the number 999"):
        world(pd.DataFrame({"gw": [432, 999], "name": ["Mali", "Atlantis"]}))


@pytest.mark.parametrize("window", WINDOWS)
def test_conflictology_is_the_last_twelve_months_known(folder: Path, regions: Regions, window: int) -> None:
    known = known_panel(folder, window, regions).measures["deaths"]
    assert known.index[-1] == origin_of(window) == month(f"{window - 1}-10")
    draws = official_forecast(folder, window, "conflictology").reshape(12, 12, 191)
    for ahead in range(12):
        np.testing.assert_array_equal(draws[:, ahead], known.iloc[-12:].to_numpy())


@pytest.mark.parametrize("window", WINDOWS[1:])
def test_earlier_actuals_are_the_history_and_later_ones_are_not_seen(
    folder: Path, regions: Regions, window: int
) -> None:
    known = known_panel(folder, window, regions).measures["deaths"]
    for earlier in (each for each in WINDOWS if each < window):
        came = actuals(folder, earlier, regions)
        rows = came.index.intersection(known.index)
        assert len(rows) == (10 if earlier == window - 1 else 12)
        np.testing.assert_array_equal(known.loc[rows], came.loc[rows])


def test_the_history_is_nearly_the_actuals(folder: Path, regions: Regions) -> None:
    panel = known_panel(folder, 2018, regions)
    came = truth(folder, 2017, regions)
    assert list(came.index) == list(month_range("2017-01", "2017-12"))
    share = (panel.measures["deaths"].loc["2017-01":"2017-10"] == came.iloc[:10]).to_numpy().mean()
    assert 0.9 < share < 1


def test_months_are_counted_from_january_1980() -> None:
    assert [str(month_of(number)) for number in (1, 457, 516)] == ["1980-01", "2018-01", "2022-12"]


def test_a_missing_file_is_named(folder: Path, regions: Regions, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="has no country_list.csv"):
        countries(tmp_path)
    with pytest.raises(FileNotFoundError, match="has no 2018/actuals.parquet"):
        actuals(tmp_path, 2018, regions)
    with pytest.raises(FileNotFoundError, match="history to learn from is missing"):
        known_panel(tmp_path, 2018, regions)


def test_actuals_of_another_year_are_refused(folder: Path, regions: Regions, tmp_path: Path) -> None:
    (tmp_path / "2018").mkdir()
    pd.read_parquet(folder / "2019" / "actuals.parquet").to_parquet(tmp_path / "2018" / "actuals.parquet")
    with pytest.raises(ValueError, match=r"actuals.parquet of 2018 must have .* it has 12 months, first 2019-01"):
        actuals(tmp_path, 2018, regions)
