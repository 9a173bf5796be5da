"""Where attacks are counted: by name, by coordinates as fine as they are known, else by country."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from harmattan.events import Events, event_table
from harmattan.incidents.placing import at_level, gazetteer, place
from harmattan.regions import Regions, bundled, from_polygons

SOUM = {"lon": -1.6, "lat": 14.1, "country": "BFA"}


def placed(regions: Regions, **columns: object) -> list[object]:
    row = {"event": "a", "start": "2023-05-04", **columns}
    table = event_table({name: [value] for name, value in row.items()})
    codes, unknown = place(Events(table, "plain"), regions, gazetteer(regions))
    return [None if pd.isna(codes[0]) else codes[0], sum(unknown.values())]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"region": "Soum", "country": "BFA"}, ["BF5603", 0]),
        ({"region": "BF5603"}, ["BF5603", 0]),
        ({"region": "Région de Gao", "country": "MLI"}, ["ML07", 0]),
        ({"region": "tillaberi"}, ["NE06", 0]),
        ({"region": "Sahel", "country": "BFA"}, ["BF56", 0]),
        ({"region": "Mali"}, ["MLI", 0]),
        ({"region": "Soum", "country": "MLI"}, ["MLI", 1]),
        ({"region": "Nowhere"}, [None, 1]),
        ({"region": "Nowhere", **SOUM}, ["BF5603", 1]),
        ({"region": None, **SOUM}, ["BF5603", 0]),
        ({**SOUM, "where_prec": 3}, ["BF5603", 0]),
        ({**SOUM, "where_prec": 4}, ["BF56", 0]),
        ({**SOUM, "where_prec": 5}, ["BFA", 0]),
        ({**SOUM, "where_prec": 7}, ["BFA", 0]),
        ({"lon": -1.6, "lat": 14.1}, ["BF5603", 0]),
        ({**SOUM, "country": "MLI"}, ["MLI", 0]),
        ({"lon": 20.0, "lat": -20.0}, [None, 0]),
        ({"country": "Yemen"}, [None, 0]),
    ],
)
def test_an_attack_goes_to_the_finest_unit_that_is_known(
    columns: dict[str, object], expected: list[object], units: Regions
) -> None:
    assert placed(units, **columns) == expected


def test_regions_asked_for_are_never_split() -> None:
    assert placed(bundled("admin1"), region="Soum", country="BFA") == ["BF56", 0]
    assert placed(bundled("country"), region="Soum", country="BFA") == ["BFA", 0]
    assert placed(bundled("country"), **SOUM) == ["BFA", 0]


def test_every_unit_lies_in_its_country(units: Regions) -> None:
    table = gazetteer(units)
    codes = pd.Series(table.index, dtype="str")
    assert (at_level(codes, table, 0) == table["country"].to_numpy()).all()


def test_own_polygons_are_exact(tmp_path: object) -> None:
    shapes = [shapely.box(-2, 14, -1.61, 14.5), shapely.box(-1.61, 14, -1, 14.5)]
    frame = gpd.GeoDataFrame(
        {"code": ["W", "E"], "name": ["West", "East"], "country": "BFA"}, geometry=shapes, crs=4326
    )
    path = f"{tmp_path}/own.gpkg"
    frame.to_file(path)
    own = from_polygons(path, code="code", name="name", country="country")
    assert placed(own, **SOUM) == ["E", 0]
    assert placed(own, **{**SOUM, "lon": -1.6101}) == ["W", 0]
    assert placed(own, **SOUM, where_prec=4) == ["BFA", 0]
    assert placed(own, region="West", country="BFA") == ["W", 0]
