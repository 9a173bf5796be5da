"""Regions: bundled ones against the boundaries they come from, and the user's own polygons."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from harmattan import figures, polygons
from harmattan.neighbours import border_length, contiguity
from harmattan.paths import data_dir
from harmattan.regions import Regions, bundled, edges, from_polygons, locate, shapes

LEVELS = ["country", "admin1", "province"]
MIXED = ["province+admin1", "province+country"]
SQUARES = gpd.GeoDataFrame(
    {"id": ["C", "A", "B"], "label": ["c", "a", "b"], "state": "XXX"},
    geometry=[shapely.box(0, 1, 1, 2), shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)],
    crs="EPSG:4326",
)
COLUMNS = {"code": "id", "name": "label", "country": "state"}


def written(frame: gpd.GeoDataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path)
    return path


# Bundled regions


@pytest.mark.parametrize(("level", "number"), [("country", 18), ("admin1", 286), ("province", 45), (0, 18)])
def test_bundled_levels(level: str | int, number: int) -> None:
    regions = bundled(level)
    assert len(regions) == number
    assert not regions.table.isna().any(axis=None)
    assert len(regions.neighbours.isolates) == 0


def test_bundled_regions_of_some_countries() -> None:
    regions = bundled("admin1", ["BEN", "TGO"])
    assert sorted(regions.table["country"].unique()) == ["BEN", "TGO"]
    assert repr(regions).startswith("<Regions: 17 of 2 countries, Neighbours of 17 regions: ")
    assert bundled("country").table.index[bundled("country").table["context"]].tolist() == [
        "CMR",
        "DZA",
        "TCD",
    ]


@pytest.mark.parametrize(
    ("level", "number"), [("province+country", 62), ("province+admin1", 318), ("admin1+country", 286)]
)
def test_levels_complete_each_other(level: str, number: int) -> None:
    regions = bundled(level)
    assert len(regions) == number
    finest, coarser = level.split("+")
    units, whole = bundled(finest), bundled(coarser)
    held = whole.table.index[~whole.table["country"].isin(units.table["country"])]
    assert sorted(regions.table.index) == sorted([*units.table.index, *held])
    assert len(regions.neighbours.isolates) == 0
    assert regions.neighbours.components == 1
    # Inside each level the neighbours are those of the level alone.
    for part in (units.table.index, held):
        place = regions.table.index.get_indexer(part)
        alone = units if part is units.table.index else whole
        there = alone.table.index.get_indexer(part)
        ours = regions.neighbours.weights[place][:, place].toarray()
        assert (ours == alone.neighbours.weights[there][:, there].toarray()).all()


def test_a_country_touches_those_whose_provinces_touch_it() -> None:
    mixed, whole = bundled("province+country"), bundled("country")
    links = pd.DataFrame(mixed.neighbours.weights.toarray(), mixed.table["country"], mixed.table["country"])
    joined = links.groupby(level=0).max().T.groupby(level=0).max()
    expected = pd.DataFrame(whole.neighbours.weights.toarray(), whole.table.index, whole.table.index)
    apart = ~np.eye(len(whole), dtype=bool)
    assert (joined.to_numpy()[apart] == expected.to_numpy()[apart]).all()


def test_a_caller_cannot_change_the_bundled_table() -> None:
    table = bundled("country").table
    table.loc["MLI", "name"] = "changed"
    assert bundled("country").table.loc["MLI", "name"] == "Mali"


def test_bundled_names_what_it_knows() -> None:
    with pytest.raises(ValueError, match=r"level must be one of country, admin1, province .*; got 'district'"):
        bundled("district")
    with pytest.raises(ValueError, match=r"or several joined by \+, .*; got 'province\+district'"):
        bundled("province+district")
    with pytest.raises(ValueError, match="those with bundled regions of level 'province': BFA; got 'MLI'"):
        bundled("province", ["BFA", "MLI"])


@pytest.mark.parametrize("level", [*LEVELS, *MIXED])
def test_regions_are_found_again_at_their_centres(level: str) -> None:
    table = bundled(level).table
    found = locate(bundled(level), table["lon"], table["lat"])
    # The centres of a few small or narrow units lie nearer to a border than a cell is wide.
    assert (found == table.index.to_numpy(dtype=object)).mean() > 0.98


def test_locate_agrees_with_published_assignment(shared: Path) -> None:
    events = pd.read_parquet(shared / "data" / "events" / "ucdp_ged_west_africa_four_windows.parquet")
    found = locate(bundled("admin1"), events["longitude"], events["latitude"])
    assert (found == events["admin1_pcode"].to_numpy(dtype=object)).mean() > 0.97


def test_the_levels_agree_about_every_point() -> None:
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(-18, 25, 20_000), rng.uniform(1, 38, 20_000)
    country, admin1, province = (locate(bundled(level), lon, lat) for level in LEVELS)
    parent = figures.region_table()["parent"].to_dict()
    assert [parent.get(code) for code in admin1] == country.tolist()
    inside = np.array([code is not None for code in province])
    assert [parent[code] for code in province[inside]] == admin1[inside].tolist()
    assert (inside == (country == "BFA")).all()


def test_points_off_the_shore_are_taken_in_for_one_cell() -> None:
    lome = (1.22, 6.12)
    found = locate(bundled("country"), [lome[0]] * 3, [lome[1], lome[1] - 0.04, lome[1] - 0.5])
    assert found.tolist() == ["TGO", "TGO", None]


def test_regions_of_other_countries_do_not_leak_in() -> None:
    assert locate(bundled("admin1", ["TGO"]), [1.2, -1.52], [8.5, 12.37]).tolist()[1] is None


def test_points_without_a_place_lie_outside() -> None:
    assert locate(bundled("country"), [np.nan, np.inf, 1e9], [12.0, 12.0, 12.0]).tolist() == [None] * 3
    with pytest.raises(ValueError, match=r"lon and lat must be of one length; got shapes \(1,\) and \(2,\)"):
        locate(bundled("country"), [1.0], [1.0, 2.0])


@pytest.mark.parametrize("level", [*LEVELS, *MIXED])
def test_outlines_form_a_coverage_of_nearly_the_right_area(level: str) -> None:
    regions = bundled(level)
    outline = shapes(regions)
    assert outline.index.equals(regions.table.index)
    assert outline.is_valid.all()
    assert shapely.coverage_is_valid(outline.to_numpy())
    large = regions.table["area_km2"] > 3000
    ratio = polygons.areas_km2(outline) / regions.table["area_km2"]
    assert (ratio[large] - 1).abs().max() < 0.08


def test_a_country_is_the_union_of_its_units() -> None:
    units = shapely.union_all(shapes(bundled("admin1", ["MLI"])).to_numpy())
    assert shapely.area(shapely.symmetric_difference(units, shapes(bundled("country", ["MLI"])).iloc[0])) < 1e-9


def test_importing_regions_is_light() -> None:
    heavy = "{'geopandas', 'shapely', 'libpysal', 'pyproj'}"
    code = f"import sys, harmattan.regions; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# The user's own polygons


@pytest.mark.parametrize(
    ("name", "crs"),
    [
        ("own.gpkg", "EPSG:4326"),
        ("own.gpkg", "EPSG:32631"),
        ("own.geojson", "EPSG:4326"),
        ("own.shp", "EPSG:32631"),
        ("own.parquet", "EPSG:32631"),
    ],
)
def test_polygons_are_read_from_every_format(tmp_path: Path, name: str, crs: str) -> None:
    regions = from_polygons(written(SQUARES.to_crs(crs), tmp_path / name), **COLUMNS)
    assert regions.table.index.tolist() == ["A", "B", "C"]
    assert regions.table["name"].tolist() == ["a", "b", "c"]
    np.testing.assert_allclose(regions.table[["lon", "lat"]], [[0.5, 0.5], [1.5, 0.5], [0.5, 1.5]], atol=1e-3)
    np.testing.assert_allclose(regions.table["area_km2"], 12_308, rtol=1e-3)
    assert regions.neighbours.components == 1
    assert regions.neighbours.symmetric


def test_corners_make_neighbours_without_border(tmp_path: Path) -> None:
    regions = from_polygons(written(SQUARES, tmp_path / "own.gpkg"), **COLUMNS)
    pairs = edges(regions).set_index(["a", "b"])["border_km"]
    assert pairs.index.tolist() == [("A", "B"), ("A", "C"), ("B", "C")]
    np.testing.assert_allclose(pairs, [110.57, 111.30, 0], atol=0.02)
    assert border_length(edges(regions), regions.table.index).weights[1, 2] == 0


def test_borders_without_common_corners_are_found(tmp_path: Path) -> None:
    tee = SQUARES.set_geometry([shapely.box(0, 0, 2, 1), shapely.box(0, 1, 1, 2), shapely.box(1, 1, 2, 2)])
    pairs = edges(from_polygons(written(tee, tmp_path / "tee.gpkg"), **COLUMNS)).set_index(["a", "b"])
    np.testing.assert_allclose(pairs["border_km"], [110.57, 111.30, 111.30], atol=0.02)


def test_points_on_borders_belong_to_the_first_region(tmp_path: Path) -> None:
    regions = from_polygons(written(SQUARES, tmp_path / "own.gpkg"), **COLUMNS)
    found = locate(regions, [1.0, 1.0, 0.5, 1.5, 9.0, np.nan], [0.5, 1.0, 1.0, 0.5, 9.0, 0.5])
    assert found.tolist() == ["A", "A", "A", "B", None, None]


def test_a_single_region_has_no_neighbours(tmp_path: Path) -> None:
    regions = from_polygons(written(SQUARES.iloc[:1], tmp_path / "one.gpkg"), **COLUMNS)
    assert "1 region: 0 pairs, 1 isolate, 1 component" in repr(regions)


def test_a_centre_outside_its_region_is_moved_inside(tmp_path: Path) -> None:
    ring = shapely.box(0, 0, 3, 3) - shapely.box(0.5, 0.5, 2.5, 2.5)
    regions = from_polygons(written(SQUARES.iloc[:1].set_geometry([ring]), tmp_path / "ring.gpkg"), **COLUMNS)
    assert shapely.intersects_xy(ring, *regions.table.loc["C", ["lon", "lat"]].astype(float))


def test_twisted_polygons_are_repaired(tmp_path: Path) -> None:
    twisted = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    regions = from_polygons(written(SQUARES.iloc[:1].set_geometry([twisted]), tmp_path / "own.gpkg"), **COLUMNS)
    assert regions.geometry is not None
    assert regions.geometry.is_valid.all()
    assert locate(regions, [0.1, 0.5], [0.5, 0.1]).tolist() == ["C", None]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.assign(id=["A", "A", "B"]), "region codes must be unique; 'A' comes twice"),
        (
            lambda f: f.assign(id=["A", None, "B"]),
            "column 'id' must have a value in every row; row 1 has none",
        ),
        (lambda f: f.assign(state=["XXX", "", "XXX"]), "column 'state' must have a value"),
        (lambda f: f.drop(columns="state"), "must have a column 'state'; it has id, label"),
        (lambda f: f.set_geometry(f.geometry.boundary), "3 do not have one, first 'A' with a LineString"),
        (
            lambda f: f.set_geometry([shapely.Polygon([(0, 0), (1, 1), (0, 0)]), *f.geometry[1:]]),
            "needs a polygon with an area; 'C' has none",
        ),
        (lambda f: f.set_geometry([None, *f.geometry[1:]]), "first 'C' with no geometry"),
        (lambda f: f.set_crs(None, allow_override=True), "own.parquet has none: write one into it"),
    ],
)
def test_unfit_polygons_are_refused(tmp_path: Path, change: object, message: str) -> None:
    path = written(change(SQUARES.copy()), tmp_path / "own.parquet")  # type: ignore[operator]
    with pytest.raises(ValueError, match=message):
        from_polygons(path, **COLUMNS)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"expected a file of polygons at .*none\.gpkg"):
        from_polygons(tmp_path / "none.gpkg", **COLUMNS)


def test_polygons_and_grid_place_points_alike(shared: Path) -> None:
    path = shared / "data" / "geo" / "admin1.parquet"
    own = from_polygons(path, code="admin1_pcode", name="admin1_name", country="iso3")
    assert own.table.index.equals(bundled("admin1").table.index)
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(-16, 15, 20_000), rng.uniform(5, 25, 20_000)
    exact, by_cell = locate(own, lon, lat), locate(bundled("admin1"), lon, lat)
    inside = np.array([code is not None for code in exact])
    assert (exact[inside] == by_cell[inside]).mean() > 0.98


# The table's own rules


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda t: t.assign(lon=[1.0, np.nan]),
            "finite lon between -180 and 180 degrees; 1 of 2 .* first 'B' with nan",
        ),
        (
            lambda t: t.assign(lat=[95.0, 1.0]),
            "finite lat between -90 and 90 degrees; .* first 'A' with 95.0",
        ),
        (lambda t: t.assign(area_km2=[1.0, 0.0]), "finite area_km2 above 0; .* first 'B' with 0.0"),
        (lambda t: t.drop(columns="name"), "must have the columns .*; name missing"),
        (lambda t: t.rename_axis("code"), "rows of an index 'region'; got 2, 'code'"),
        (lambda t: t.set_axis(pd.Index(["A", "A"], name="region")), "'A' comes twice"),
        (lambda t: t.iloc[::-1], "neighbours must cover .*; they come in another order"),
        (lambda t: t.rename({"B": "X"}), "neighbours must cover .*; first 'X' is only in one of them"),
    ],
)
def test_tables_are_checked_at_birth(change: object, message: str) -> None:
    index = pd.Index(["A", "B"], name="region")
    table = pd.DataFrame({"name": "n", "country": "XXX", "lon": 1.0, "lat": 1.0, "area_km2": 1.0}, index=index)
    neighbours = contiguity(pd.DataFrame({"a": ["A"], "b": ["B"]}), index)
    with pytest.raises(ValueError, match=message):
        Regions(change(table), None, neighbours)  # type: ignore[operator]


def test_regions_without_polygons_must_be_bundled() -> None:
    table = bundled("country", ["TGO"]).table.rename({"TGO": "ZZZ"})
    regions = Regions(table, None, contiguity(pd.DataFrame({"a": [], "b": []}), table.index))
    with pytest.raises(ValueError, match=r"'ZZZ' is not: read its polygon with regions\.from_polygons"):
        locate(regions, [0.0], [0.0])


def test_paths_are_those_of_this_checkout() -> None:
    assert data_dir() == Path(__file__).parents[1] / "data"
