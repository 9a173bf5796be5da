"""Cells agree with the regions they are made from."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import box

from harmattan.raster import moved, raster
from harmattan.regions import Regions, bundled, from_polygons, locate
from harmattan.sphere import great_circle_km


@pytest.fixture
def squares(tmp_path: Path) -> Regions:
    """Two squares side by side, and one too small to hold the centre of a cell."""
    shapes = gpd.GeoDataFrame(
        {"id": ["a", "b", "tiny"], "iso": "BFA"},
        geometry=[box(-1, 12, 0, 13), box(0, 12, 1, 13), box(1.001, 12.001, 1.011, 12.011)],
        crs="EPSG:4326",
    )
    shapes.to_file(tmp_path / "squares.gpkg")
    return from_polygons(tmp_path / "squares.gpkg", code="id", name="id", country="iso")


def centres(regions: Regions) -> np.ndarray:
    return regions.table[["lon", "lat"]].to_numpy(dtype=float)


@pytest.mark.parametrize("level", ["province", "admin1", "country"])
def test_places_at_random_within_a_region_lie_in_it(level: str) -> None:
    regions = bundled(level, ["BFA"])
    wanted = np.arange(4000) % len(regions)
    lon, lat = raster(regions).somewhere(wanted, centres(regions), np.random.default_rng(1))
    np.testing.assert_array_equal(raster(regions).region(lon, lat), wanted)
    np.testing.assert_array_equal(locate(regions, lon, lat), regions.table.index[wanted])


def test_own_polygons_are_cells_as_well(squares: Regions) -> None:
    cells = raster(squares)
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(-0.99, 0.99, 500), rng.uniform(12.01, 12.99, 500)
    np.testing.assert_array_equal(cells.region(lon, lat), (lon > 0).astype(int))
    outside = cells.region(np.array([-1.2, 0.5, 30.0]), np.array([12.5, 13.2, -40.0]))
    assert outside.tolist() == [-1, -1, -1]


def test_places_are_uniform_within_a_region(squares: Regions) -> None:
    lon, lat = raster(squares).somewhere(np.zeros(20_000, dtype=int), centres(squares), np.random.default_rng(3))
    assert lon.mean() == pytest.approx(-0.5, abs=0.01) and lon.var() == pytest.approx(1 / 12, rel=0.03)
    assert lat.mean() == pytest.approx(12.5, abs=0.01) and lat.var() == pytest.approx(1 / 12, rel=0.03)


def test_a_region_without_a_cell_has_its_places_at_its_centre(squares: Regions) -> None:
    lon, lat = raster(squares).somewhere(np.array([2, 0, 2]), centres(squares), np.random.default_rng(4))
    assert lon[[0, 2]].tolist() == [squares.table["lon"]["tiny"]] * 2 and lon[1] < 0
    assert lat[[0, 2]].tolist() == [squares.table["lat"]["tiny"]] * 2


def test_moved_places_are_as_far_away_as_asked() -> None:
    rng = np.random.default_rng(5)
    lon, lat, east, north = rng.uniform([[-15], [3], [-40], [-40]], [[10], [25], [40], [40]], (4, 50))
    there = moved(lon, lat, east, north)
    for number in range(50):
        km = great_circle_km([lon[number], there[0][number]], [lat[number], there[1][number]])[0, 1]
        assert km == pytest.approx(np.hypot(east[number], north[number]), rel=4e-3)
