"""Corridors: laws of chains, lines of the user's own, and the bundled routes seen from every level."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from harmattan import figures
from harmattan.corridors import COLUMNS, bundled, from_line, points, read_lines
from harmattan.neighbours import contiguity
from harmattan.regions import Regions, from_polygons
from harmattan.regions import bundled as bundled_regions

LEVELS = ["country", "admin1", "province+admin1", "province+country"]
SQUARES = gpd.GeoSeries(
    shapely.box([0, 1, 0], [0, 0, 1], [1, 2, 1], [1, 1, 2]), index=pd.Index(list("ABC"), name="region"), crs="EPSG:4326"
)
degrees = st.integers(-100, 300).map(lambda hundredths: hundredths / 100 + 0.0037)  # never on a side of a square
spots = st.lists(st.tuples(degrees, degrees), min_size=2, max_size=6, unique=True)


def squares() -> Regions:
    table = pd.DataFrame({"name": "n", "country": "XXX", "lon": 0.5, "lat": 0.5, "area_km2": 1.0}, index=SQUARES.index)
    pairs = pd.DataFrame({"a": ["A", "A", "B"], "b": ["B", "C", "C"]})
    return Regions(table, SQUARES, contiguity(pairs, table.index))


@pytest.fixture(scope="module")
def own(shared: Path) -> Regions:
    path = shared / "data" / "geo" / "admin1.parquet"
    return from_polygons(path, code="admin1_pcode", name="admin1_name", country="iso3")


def geodesic_km(coordinates: object) -> float:
    return float(Geod(ellps="WGS84").line_length(*np.array(coordinates).T) / 1000)


# Lines of the user's own


@given(line=spots)
@settings(max_examples=60, deadline=None)
def test_a_line_keeps_its_length_and_reads_the_same_backwards(line: list[tuple[float, float]]) -> None:
    if not shapely.intersects(shapely.LineString(line), SQUARES.union_all().buffer(-0.01)):
        return
    there, back = (from_line(squares(), way) for way in (line, line[::-1]))
    assert there["km"].sum() == pytest.approx(geodesic_km(line), rel=1e-3, abs=1e-6)
    by_region = [table.groupby("region")["km"].sum() for table in (there, back)]
    pd.testing.assert_series_equal(*by_region, rtol=1e-6, atol=1e-6)


@given(line=spots)
@settings(max_examples=60, deadline=None)
def test_lengths_are_those_of_the_line_inside_each_polygon(line: list[tuple[float, float]]) -> None:
    if not shapely.intersects(shapely.LineString(line), SQUARES.union_all().buffer(-0.01)):
        return
    km = from_line(squares(), line).groupby("region")["km"].sum()
    for code, shape in SQUARES.items():
        parts = [shapely.intersection(shapely.LineString(ends), shape) for ends in pairwise(line)]
        straight = sum(geodesic_km(part.coords) for part in parts if part.length > 0)
        assert km.get(code, 0.0) == pytest.approx(straight, rel=1e-3, abs=1e-3)


def test_a_line_on_a_border_is_counted_once() -> None:
    table = from_line(squares(), [(1.0, 0.0), (1.0, 1.0)])
    assert table["region"].tolist() == ["A"]
    assert table["km"].sum() == pytest.approx(110.574, abs=1e-3)


def test_a_region_may_come_twice_and_the_outside_has_an_empty_code() -> None:
    table = from_line(squares(), [(0.5, 0.5), (1.5, 0.5), (0.5, 0.6), (-1.0, 0.6)], corridor="loop", name="Loop")
    assert list(table) == COLUMNS
    assert table["region"].tolist() == ["A", "B", "A", ""]
    assert table["step"].tolist() == [1, 2, 3, 4]
    assert set(table["corridor"]) == {"loop"} and set(table["name"]) == {"Loop"}


def test_repeated_points_do_no_harm() -> None:
    once = from_line(squares(), [(0.5, 0.5), (1.5, 0.5)])
    pd.testing.assert_frame_equal(once, from_line(squares(), [(0.5, 0.5), (0.5, 0.5), (1.5, 0.5), (1.5, 0.5)]))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ([(0.5, 0.5)], r"two or more points of lon and lat, shape \(n, 2\); got shape \(1, 2\)"),
        ([(0.5, 0.5, 1.0), (1.0, 1.0, 1.0)], r"got shape \(2, 3\)"),
        ([(0.5, 0.5), (np.nan, 1.0)], "points of a line must be degrees on Earth; point 1 is"),
        ([(0.5, 0.5), (12.0, 190.0)], "degrees on Earth; point 1 is"),
        ([(0.5, 0.5), (0.5, 0.5)], "needs two different points; all 2 are"),
        ([(8.0, 8.0), (9.0, 9.0)], "no part of the line 'own' lies in the 3 regions"),
    ],
)
def test_what_is_no_line_is_refused(line: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_line(squares(), line)  # type: ignore[arg-type]


def test_grid_and_polygons_agree_about_a_long_line(own: Regions) -> None:
    line = points(own, ["Tambacounda", "Bamako", "Ouagadougou", "Niamey", "Parakou"])
    exact, by_cell = (
        from_line(regions, line).groupby("region")["km"].sum() for regions in (own, bundled_regions("admin1"))
    )
    assert exact.sum() == pytest.approx(by_cell.sum(), rel=1e-4)
    apart = exact.sub(by_cell, fill_value=0).abs()
    assert apart.max() < 15
    assert apart.sum() / exact.sum() < 0.05


# Files and stops


def written(frame: gpd.GeoDataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path)
    return path


LINES = gpd.GeoDataFrame(
    {"name": ["north", "south"]},
    geometry=[shapely.LineString([(0, 1.5), (1, 1.5)]), shapely.LineString([(0, 0.5), (1, 0.5), (2, 0.5)])],
    crs="EPSG:4326",
)


@pytest.mark.parametrize(
    ("file", "crs"), [("own.geojson", "EPSG:4326"), ("own.gpkg", "EPSG:32631"), ("own.parquet", "EPSG:32631")]
)
def test_lines_are_read_from_every_format(tmp_path: Path, file: str, crs: str) -> None:
    lines = read_lines(written(LINES.to_crs(crs), tmp_path / file))
    assert list(lines) == ["north", "south"]
    np.testing.assert_allclose(lines["south"], [[0, 0.5], [1, 0.5], [2, 0.5]], atol=1e-7)


def test_lines_without_names_are_called_after_the_file(tmp_path: Path) -> None:
    bare = LINES[["geometry"]]
    assert list(read_lines(written(bare, tmp_path / "road.gpkg"))) == ["road 1", "road 2"]
    assert list(read_lines(written(bare.iloc[:1], tmp_path / "one.gpkg"))) == ["one"]


def test_parts_that_meet_are_one_line(tmp_path: Path) -> None:
    parts = shapely.MultiLineString([[(0, 0), (1, 0)], [(1, 0), (2, 0)]])
    frame = LINES.iloc[:1].set_geometry([parts])
    assert read_lines(written(frame, tmp_path / "own.gpkg"))["north"].tolist() == [[0, 0], [1, 0], [2, 0]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda f: f.iloc[:1].set_geometry([shapely.MultiLineString([[(0, 0), (1, 0)], [(5, 0), (6, 0)]])]),
            "must be one connected line; 'north' is a MultiLineString",
        ),
        (lambda f: f.set_geometry(f.geometry.centroid.set_crs(f.crs)), "'north' is a Point"),
        (lambda f: f.set_geometry([None, f.geometry[1]]), "'north' is no geometry"),
        (lambda f: f.assign(name="same"), "must have names of their own; 'same' comes twice"),
        (lambda f: f.set_crs(None, allow_override=True), "own.parquet has none: write one into it"),
    ],
)
@pytest.mark.filterwarnings("ignore:Geometry is in a geographic CRS")
def test_unfit_lines_are_refused(tmp_path: Path, change: object, message: str) -> None:
    path = written(change(LINES.copy()), tmp_path / "own.parquet")  # type: ignore[operator]
    with pytest.raises(ValueError, match=message):
        read_lines(path)


def test_a_missing_file_of_lines_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"expected a file of lines at .*none\.gpkg"):
        read_lines(tmp_path / "none.gpkg")


def test_stops_are_places_towns_or_regions() -> None:
    found = points(bundled_regions("admin1"), [(0.5, 9.0), "-1.5 12.4", "Bouaké", "TG05"])
    assert found[:2].tolist() == [[0.5, 9.0], [-1.5, 12.4]]
    assert found[2] == pytest.approx([-5.02, 7.69], abs=0.02)
    assert found[3].tolist() == figures.region_table().loc["TG05", ["lon", "lat"]].tolist()
    with pytest.raises(ValueError, match=r"got 'Ouagadugu' \(did you mean 'Ouagadougou'\?\)"):
        points(bundled_regions("country"), ["Ouagadugu"])
    with pytest.raises(ValueError, match=r"a stop must be \(lon, lat\), .*; got '1 2 3'"):
        points(bundled_regions("country"), ["1 2 3"])


# Bundled corridors


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_has_every_corridor_at_its_whole_length(level: str) -> None:
    table, finest = bundled(bundled_regions(level)), figures.corridor_table()
    assert list(table) == COLUMNS
    pd.testing.assert_series_equal(table.groupby("corridor")["km"].sum(), finest.groupby("corridor")["km"].sum())
    assert table["region"].isin(bundled_regions(level).table.index).all()
    for _, part in table.groupby("corridor"):
        assert part["step"].tolist() == list(range(1, len(part) + 1))
        assert (part["region"] != part["region"].shift()).all()


def test_parts_in_other_countries_have_an_empty_code_and_other_corridors_are_left_out() -> None:
    table = bundled(bundled_regions("admin1", ["TGO"]))
    assert set(table["corridor"]) == {"ouagadougou-lome"}
    assert table["region"].iloc[0] == ""
    assert table["km"].sum() == pytest.approx(1005, abs=1)
    assert bundled(bundled_regions("country", ["LBR"])).empty


def test_steps_of_the_finest_regions_touch_each_other() -> None:
    links = bundled_regions("province+admin1").neighbours
    for _, part in figures.corridor_table().groupby("corridor"):
        place = links.regions.get_indexer(part["region"])
        assert (links.weights[place[:-1], place[1:]] > 0).all()


def test_polygons_of_the_users_own_give_nearly_the_bundled_chains(own: Regions) -> None:
    tables = bundled(own), bundled(bundled_regions("admin1"))
    total = [table.groupby("corridor")["km"].sum() for table in tables]
    pd.testing.assert_series_equal(*total, atol=0.5)
    wide = [table.groupby(["corridor", "region"])["km"].sum() for table in tables]
    assert wide[0].sub(wide[1], fill_value=0).abs().sum() / wide[1].sum() < 0.2
