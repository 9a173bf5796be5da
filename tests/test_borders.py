"""Land borders and belts: laws across levels, and polygons of the user's own against the bundled figures."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from harmattan import figures
from harmattan.borders import belt, borders, coastal, km_apart
from harmattan.neighbours import Neighbours
from harmattan.regions import COASTAL, Regions, bundled, from_polygons

LEVELS = ["country", "admin1", "province+admin1", "province+country"]


@pytest.fixture(scope="module")
def own(shared: Path) -> Regions:
    path = shared / "data" / "geo" / "admin1.parquet"
    return from_polygons(path, code="admin1_pcode", name="admin1_name", country="iso3")


def test_eight_states_are_coastal() -> None:
    table = bundled("country").table
    marked = coastal(bundled("country"))
    assert marked[marked].index.tolist() == sorted(COASTAL)
    assert not marked[table["context"]].any()
    units = bundled("province+admin1")
    assert (coastal(units) == units.table["country"].map(marked)).all()


# Borders


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_has_the_same_borders(level: str) -> None:
    lines, whole = borders(bundled(level)), borders(bundled("country"))
    assert lines[["a", "b"]].equals(whole[["a", "b"]])
    np.testing.assert_allclose(lines["border_km"], whole["border_km"], atol=1.0)
    country = bundled(level).table["country"]
    for _, line in lines.iterrows():
        for side in ("a", "b"):
            codes = list(line[f"side_{side}"])
            assert codes == sorted(set(codes))
            assert set(country[codes]) == {line[side]}


def test_regions_of_one_country_have_no_borders() -> None:
    assert borders(bundled("province")).empty
    assert list(borders(bundled("province"))) == ["a", "b", "side_a", "side_b", "border_km"]


def test_borders_of_the_users_own_polygons(own: Regions) -> None:
    ours, theirs = borders(bundled("admin1")), borders(own)
    assert ours[["a", "b", "side_a", "side_b"]].equals(theirs[["a", "b", "side_a", "side_b"]])
    np.testing.assert_allclose(ours["border_km"], theirs["border_km"], atol=1.0)


# Belts


def test_a_belt_of_no_width_is_what_touches() -> None:
    regions = bundled("province+admin1")
    for _, line in borders(regions).iterrows():
        assert set(line["side_a"]) <= set(belt(regions, line["b"], km=0))
    ends = borders(regions)
    of_togo = [code for _, line in ends.iterrows() if line["b"] == "TGO" for code in line["side_a"]]
    of_togo += [code for _, line in ends.iterrows() if line["a"] == "TGO" for code in line["side_b"]]
    assert sorted(belt(regions, "TGO", km=0)) == sorted(set(of_togo))


@pytest.mark.parametrize("level", LEVELS)
def test_belts_grow_with_their_width_and_join_over_countries(level: str) -> None:
    regions = bundled(level)
    inner, outer = set(belt(regions, "BFA", km=20)), set(belt(regions, "BFA", km=120))
    assert inner <= outer
    assert not (regions.table.loc[sorted(outer), "country"] == "BFA").any()
    both = set(belt(regions, ["BFA", "MLI"]))
    assert set(belt(regions, "BFA")) | set(belt(regions, "MLI")) == both


def test_belts_nest_across_levels() -> None:
    table = figures.belt_table().set_index(["region", "country"])["km"].unstack()
    parent = figures.region_table()["parent"]
    units = parent.index[parent != ""]
    nearest = table.reindex(units).groupby(parent[units]).min()
    above = table.reindex(nearest.index)
    complete = nearest.notna() & above.notna()
    assert (nearest.notna() == above.notna()).to_numpy().all()
    np.testing.assert_allclose(nearest.to_numpy()[complete], above.to_numpy()[complete], atol=0.3)


def test_the_belt_toward_burkina_faso() -> None:
    names = bundled("admin1").table["name"]
    near = belt(bundled("admin1", ["BEN", "CIV", "GHA", "TGO"]), "BFA")
    assert sorted(names[near]) == [
        "Alibori",
        "Atacora",
        "Bounkani",
        "Northern East",
        "Poro",
        "Savanes",
        "Savannah",
        "Tchologo",
        "Upper East",
        "Upper West",
    ]


def test_belts_of_the_users_own_polygons(own: Regions) -> None:
    for country, km in (("BFA", 50.0), ("MLI", 120.0)):
        assert belt(own, country, km=km) == belt(bundled("admin1"), country, km=km)


def test_a_country_without_polygons_is_taken_from_the_bundled_outlines(own: Regions) -> None:
    togo = (own.table["country"] == "TGO").to_numpy()
    assert own.geometry is not None
    weights = own.neighbours.weights[togo][:, togo]
    alone = Regions(own.table[togo], own.geometry[togo], Neighbours(own.table.index[togo], weights))
    assert belt(alone, "BFA", km=30) == belt(bundled("admin1", ["TGO"]), "BFA", km=30) == ["TG05"]


def test_distances_are_those_of_a_local_projection(shared: Path) -> None:
    units = gpd.read_parquet(shared / "data" / "geo" / "admin1.parquet").set_index("admin1_pcode")
    country = gpd.read_parquet(shared / "data" / "geo" / "admin0.parquet").set_index("iso3").geometry
    table = figures.belt_table().query("region in @units.index and km > 2").sample(40, random_state=1)
    for _, row in table.iterrows():
        shape = units.geometry[row["region"]]
        middle = shapely.shortest_line(shape, country[row["country"]]).centroid
        local = f"+proj=aeqd +lon_0={middle.x} +lat_0={middle.y}"
        ends = gpd.GeoSeries([shape, country[row["country"]]], crs="EPSG:4326").to_crs(local)
        assert row["km"] == pytest.approx(ends.iloc[0].distance(ends.iloc[1]) / 1000, rel=0.005, abs=0.35)


def test_polygons_that_overlap_are_not_apart() -> None:
    shapes = gpd.GeoSeries(shapely.box([0, 0.5], 0, [1, 3], 1), crs="EPSG:4326")
    assert km_apart(shapes[:1], shapes[1:]).tolist() == [0.0]


def test_what_is_no_belt_is_refused() -> None:
    with pytest.raises(ValueError, match="km must lie between 0 and 200; got 250"):
        belt(bundled("country"), "BFA", km=250)
    with pytest.raises(ValueError, match="countries must be among BEN, .*; got 'FRA'"):
        belt(bundled("country"), ["BFA", "FRA"])


def test_the_table_has_each_pair_once_and_no_region_of_the_country_itself() -> None:
    table = figures.belt_table()
    assert not table.duplicated(["region", "country"]).any()
    assert table["km"].between(0, 200).all()
    country = figures.region_table()["country"]
    assert (country.loc[table["region"]].to_numpy() != table["country"].to_numpy()).all()
    assert pd.Index(table["country"]).isin(bundled("country").table.index).all()
