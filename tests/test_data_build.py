"""The bundled figures: rebuilt to the same bytes, and compared with independent computations."""

from __future__ import annotations

import importlib.util
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from harmattan import polygons
from harmattan.figures import (
    bundled_counts,
    corridor_table,
    corridor_towns,
    lake_outlines,
    neighbour_table,
    region_grid,
    region_table,
    river_chains,
    road_table,
    town_table,
)
from harmattan.grid import lookup
from harmattan.months import month_range
from harmattan.paths import data_dir
from harmattan.regions import bundled
from harmattan.sphere import great_circle_km

FILES = [
    "regions.csv",
    "neighbours.csv",
    "belts.csv",
    "corridors.csv",
    "corridor_towns.csv",
    "towns.csv",
    "roads.csv",
    "grid.txt",
    "rivers.txt",
    "lakes.txt",
    "attacks_bfa.csv",
    "violence_country.csv",
    "jnim_state.csv",
]
LINES = ["towns", "roads", "rivers", "lakes"]
COUNTS = ["attacks_bfa", "violence_country", "jnim_state", "attacks_coast"]
# Loose bounds: the road distances of the freight corridors, some 1,250-1,350 km for Dakar-Bamako, 970 for
# Ouagadougou-Lomé, 1,030 for Niamey-Cotonou; what lies outside them is another road.
KNOWN_KM = {
    "dakar-bamako": (1150, 1450),
    "bamako-conakry": (850, 1050),
    "bamako-abidjan": (1100, 1300),
    "ouagadougou-abidjan": (1100, 1250),
    "bobo-bondoukou": (450, 600),
    "ouagadougou-tema": (950, 1100),
    "ouagadougou-lome": (930, 1050),
    "fada-parakou": (400, 560),
    "niamey-cotonou": (980, 1080),
    "niamey-sokoto": (450, 560),
}


@pytest.fixture(scope="module")
def build() -> Iterator[ModuleType]:
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.syspath_prepend(data_dir())
    spec = importlib.util.spec_from_file_location("data_build", data_dir() / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    monkeypatch.undo()


@pytest.fixture(scope="module")
def rebuilt(build: ModuleType, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("figures")
    build.build(shared / "data", out)
    return Path(out)


@pytest.mark.parametrize("name", FILES)
def test_rebuilding_gives_the_same_bytes(rebuilt: Path, name: str) -> None:
    assert (rebuilt / name).read_bytes() == (data_dir() / name).read_bytes()


def test_the_files_are_small() -> None:
    assert sum((data_dir() / name).stat().st_size for name in FILES) < 1_000_000


# Regions


def test_areas_agree(shared: Path) -> None:
    reference = gpd.read_parquet(shared / "data" / "geo" / "admin1.parquet").set_index("admin1_pcode")["area_km2"]
    table = bundled("admin1").table["area_km2"]
    np.testing.assert_allclose(table, reference.loc[table.index], rtol=0.01)


def test_neighbours_agree(shared: Path) -> None:
    geo = shared / "data" / "geo"
    reference = pd.read_csv(geo / "admin1_adjacency.csv")
    expected = {frozenset(p): km for *p, km in reference[["a", "b", "shared_border_km"]].itertuples(index=False)}
    ours = neighbour_table().query("level == 1")
    assert {frozenset(pair) for pair in ours[["a", "b"]].itertuples(index=False)} == expected.keys()
    # The reference measures in Africa Albers, which changes lengths by up to 15 percent; so do we to compare.
    boundary = gpd.read_parquet(geo / "admin1.parquet").set_index("admin1_pcode").boundary
    shared_line = boundary.loc[ours["a"]].intersection(boundary.loc[ours["b"]], align=False)
    km = shared_line.to_crs("ESRI:102022").length.to_numpy() / 1000
    wanted = [expected[frozenset(pair)] for pair in ours[["a", "b"]].itertuples(index=False)]
    np.testing.assert_allclose(km, wanted, rtol=0.005, atol=0.01)
    np.testing.assert_allclose(ours["border_km"], polygons.lengths_km(shared_line.to_numpy()), atol=0.051)


@pytest.mark.parametrize(
    ("column", "reference_column", "share"),
    [
        ("coast_km", "dist_coast_km", 0.96),
        ("border_km", "dist_intl_border_km", 0.97),
        ("road_km", "dist_road_km", 0.98),
        ("capital_km", "dist_capital_km", 0.96),
    ],
)
def test_distances_agree(build: ModuleType, shared: Path, column: str, reference_column: str, share: float) -> None:
    # The reference starts from other points inside the units, so ours are measured again from those. It
    # differs most on the longest ways, by about 1 percent, as planar distances do.
    geo = shared / "data" / "geo"
    admin1 = gpd.read_parquet(geo / "admin1.parquet").set_index("admin1_pcode")
    reference = pd.read_parquet(geo / "admin1_distances.parquet").set_index("admin1_pcode")[reference_column]
    lon, lat = admin1["rep_lon"].to_numpy(), admin1["rep_lat"].to_numpy()
    km = build.distances(build.read_units(geo).loc[admin1.index], geo, lon, lat)[column]
    apart = np.abs(km.to_numpy() - reference.loc[admin1.index].to_numpy())
    assert (apart < 10).mean() > share
    table = bundled("admin1").table
    assert np.corrcoef(table[column], reference.loc[table.index])[0, 1] > 0.97


def test_levels_add_up() -> None:
    table = region_table()
    for level in (1, 2):
        units = table[table["level"] == level]
        above = table.loc[units["parent"].unique()]
        for measure, tolerance in (("area_km2", 0.001), ("population", 0.02)):
            np.testing.assert_allclose(
                units.groupby("parent")[measure].sum().loc[above.index], above[measure], rtol=tolerance
            )
        assert (table.loc[units["parent"], "level"] == level - 1).all()
        assert (table.loc[units["parent"], "country"].to_numpy() == units["country"].to_numpy()).all()


def test_borders_between_countries_are_marked() -> None:
    pairs, country = neighbour_table(), region_table()["country"]
    abroad = country.loc[pairs["a"]].to_numpy() != country.loc[pairs["b"]].to_numpy()
    assert (pairs["cross_border"].to_numpy() == abroad).all()


def test_pairs_across_levels_share_the_borders_of_whole_countries() -> None:
    pairs, country = neighbour_table(), region_table()["country"]
    level = region_table()["level"]
    levels = np.sort(np.column_stack([level.loc[pairs["a"]], level.loc[pairs["b"]]]), axis=1)
    assert (levels == pairs[["coarser", "level"]].to_numpy()).all()
    mixed = pairs[pairs["level"] != pairs["coarser"]]
    assert mixed["cross_border"].all()
    whole = pairs.query("level == 0").set_index(["a", "b"])["border_km"]
    for coarser, part in mixed.groupby("coarser"):
        ends = np.sort(np.column_stack([country.loc[part["a"]], country.loc[part["b"]]]), axis=1)
        summed = part["border_km"].groupby([ends[:, 0], ends[:, 1]]).sum()
        assert set(summed.index) == {pair for pair in whole.index if "BFA" in pair}, coarser
        np.testing.assert_allclose(summed, whole.loc[list(summed.index)], atol=0.6)


def test_large_towns_are_apart_and_counted_near_them(build: ModuleType, shared: Path) -> None:
    geo = shared / "data" / "geo"
    towns = importlib.import_module("nearby").large_towns(geo).set_index("name_ascii")
    assert {"Ouagadougou", "Bamako", "Abidjan", "Lome"} <= set(towns.index)
    km = great_circle_km(towns["lon"], towns["lat"])
    assert km[~np.eye(len(km), dtype=bool)].min() > 15
    table = region_table()
    here = table["towns_50km"] >= towns.loc["Ouagadougou", "population"].item() - 100
    near = table.index[(table["level"] == 2) & here]
    assert "BF1300" in near and "BF5601" not in near
    # A centre within 50 km of a town has its people; the nearest town of one without any lies farther.
    assert (table.loc[table["town_km"] <= 49, "towns_50km"] >= 50_000).all()
    assert (table.loc[table["towns_50km"] == 0, "town_km"] > 50).all()


# Corridors


def test_corridors_have_known_lengths() -> None:
    km = corridor_table().groupby("corridor")["km"].sum()
    assert set(km.index) == set(KNOWN_KM)
    for corridor, (low, high) in KNOWN_KM.items():
        assert low < km[corridor] < high, corridor


def test_corridors_and_their_towns_agree() -> None:
    table, towns = corridor_table(), corridor_towns()
    km = [each.groupby("corridor")["km"].sum() for each in (table, towns)]
    pd.testing.assert_series_equal(*km, atol=0.6)
    assert table["corridor"].unique().tolist() == towns["corridor"].unique().tolist()
    country = region_table()["country"]
    for corridor, stops in towns.groupby("corridor"):
        chain = country.loc[table.loc[table["corridor"] == corridor, "region"]]
        assert list(dict.fromkeys(chain)) == list(dict.fromkeys(stops["country"]))
    first = towns.groupby("corridor").head(1)
    assert (first["km"] == 0).all()
    assert (towns.drop(first.index)["km"] > 25).all()


def test_no_road_is_shorter_than_the_straight_line() -> None:
    for _, stops in corridor_towns().groupby("corridor"):
        straight = np.diagonal(great_circle_km(stops["lon"], stops["lat"]), offset=1)
        # Towns are up to 22 km from the node of the network that stands for them.
        assert (stops["km"].to_numpy()[1:] > straight - 25).all()
        assert stops["km"].sum() > straight.sum()


def test_the_grid_holds_the_finest_region_everywhere() -> None:
    table = region_table()
    finest = table[(table["level"] == 2) | ((table["level"] == 1) & (table["country"] != "BFA"))]
    assert sorted(region_grid().regions) == sorted(finest.index)


# Lines


def test_roads_link_towns_and_are_no_shorter_than_straight_lines() -> None:
    towns, roads = town_table().set_index("town"), road_table()
    assert towns.index.is_unique and set(corridor_towns()["town"]) <= set(towns.index)
    assert not roads[["a", "b"]].duplicated().any() and (roads["a"] != roads["b"]).all()
    ends = [towns.loc[roads[end], ["lon", "lat"]].to_numpy() for end in ("a", "b")]
    straight = [great_circle_km(*np.array([one, two]).T)[0, 1] for one, two in zip(*ends, strict=True)]
    # Towns are up to 22 km from the node of the network that stands for them.
    assert (roads["km"].to_numpy() > np.array(straight) - 44).all()
    assert np.median(roads["km"] / straight) < 1.5
    assert not {"Djibo", "Dori", "Timbuktu", "Kidal"} & {*roads["a"], *roads["b"]}


@pytest.mark.parametrize(
    ("a", "b", "low", "high"), [("Bobo-Dioulasso", "Banfora", 80, 100), ("Bamako", "Bougouni", 150, 180)]
)
def test_roads_have_known_lengths(a: str, b: str, low: float, high: float) -> None:
    known = {frozenset(pair): km for *pair, km in road_table().itertuples(index=False)}
    assert low < known[frozenset((a, b))] < high


def test_no_way_by_a_third_town_is_nearly_as_short() -> None:
    roads = road_table()
    names = sorted({*roads["a"], *roads["b"]})
    place = {name: number for number, name in enumerate(names)}
    km = np.full((len(names), len(names)), np.inf)
    first, second = roads["a"].map(place).to_numpy(), roads["b"].map(place).to_numpy()
    km[first, second] = km[second, first] = roads["km"]
    for a, b in zip(first, second, strict=True):
        assert (km[a] + km[b] > 1.25 * km[a, b]).all(), (names[a], names[b])


def test_rivers_run_through_the_cells_of_natural_earths(shared: Path) -> None:
    rivers = gpd.read_parquet(shared / "data" / "geo" / "rivers.parquet").dropna(subset="name")
    lines = rivers.groupby("name")["geometry"].agg(lambda shapes: shapely.union_all(shapes.to_numpy()))
    for name, points in river_chains():
        assert len(points) >= 8
        assert np.isclose(np.abs(np.diff(points, axis=0)).max(axis=1), 0.05).all()
        # A cell that the line crosses has its centre within half a cell's diagonal of it.
        assert shapely.distance(lines[name], shapely.points(points)).max() < 0.05 * np.sqrt(0.5) + 1e-9, name
        assert (lookup(region_grid(), *points.T) >= 0).all()
    told = {name for name, _ in river_chains()}
    assert {"Niger", "Sénégal", "Gambia", "Volta", "Mouhoun", "Nakanbé", "Benue", "Komoé", "Bani", "Oti"} <= told


def test_lakes_have_about_the_area_of_natural_earths(shared: Path) -> None:
    lakes = gpd.read_parquet(shared / "data" / "geo" / "lakes.parquet").dropna(subset="name").set_index("name")
    ours = pd.Series(polygons.areas_km2(lake_outlines()), lake_outlines().index)
    theirs = pd.Series(polygons.areas_km2(lakes.geometry), lakes.index)
    assert set(ours.index) == set(theirs.index)
    assert ours["Lake Volta"] == pytest.approx(theirs["Lake Volta"], rel=0.15)
    assert ours.sum() == pytest.approx(theirs.sum(), rel=0.15)


# Counts


@pytest.mark.parametrize("name", COUNTS)
def test_counts_say_what_they_are(name: str) -> None:
    counts, about = bundled_counts(name)
    assert list(counts.table.columns) == ["region", "month", *about["measures"]]
    assert set(about) >= {"title", "actor", "level", "countries", "source", "licence", "caveats"}
    level = bundled(about["level"], about["countries"]).table
    assert counts.table["region"].isin(level.index).all()
    assert (counts.table[list(about["measures"])] != 0).any(axis=1).all()
    assert str(counts.last) == about["last"]
    ordered = counts.table.sort_values(["region", "month"], ignore_index=True)
    assert counts.table.equals(ordered)


@pytest.mark.parametrize("name", ["violence_country", "jnim_state"])
def test_coverage_is_that_of_the_inputs(shared: Path, name: str) -> None:
    file = {
        "violence_country": "ucdp_country_month_west_africa_1989_2026-05.parquet",
        "jnim_state": "ucdp_dyad_month_jnim_family_1989_2026-05.parquet",
    }[name]
    table = pd.read_parquet(shared / "data" / "events" / file)
    about = bundled_counts(name)[1]
    assert table["month_start"].max().strftime("%Y-%m") == about["last"]
    assert table.loc[table["provisional"] == 1, "month_start"].min().strftime("%Y-%m") == about["provisional_from"]


def test_the_coast_joins_two_tables_without_change() -> None:
    coast, about = bundled_counts("attacks_coast")
    country = region_table()["country"].loc[coast.table["region"]].to_numpy()
    measures = ["region", "month", "attacks", "deaths"]
    home = bundled_counts("attacks_bfa")[0].table[measures]
    home = home[(home[["attacks", "deaths"]] != 0).any(axis=1)]
    assert coast.table[country == "BFA"].reset_index(drop=True).equals(home.reset_index(drop=True))
    states = bundled_counts("jnim_state")[0].table
    states = states[(states["month"] >= coast.first) & (states["month"] <= coast.last) & (states["region"] != "BFA")]
    assert coast.table[country != "BFA"].reset_index(drop=True).equals(states.reset_index(drop=True))
    assert sorted(set(country)) == ["BEN", "BFA", "MLI", "NER", "TGO"]
    assert any("Burkina Faso, Mali, Niger, Benin and Togo have an event" in said for said in about["caveats"])
    whole = bundled("country").table
    assert about["countries"] == whole.index[~whole["context"]].tolist()


def test_provisional_months_are_marked_alike() -> None:
    table = pd.read_csv(data_dir() / "violence_country.csv")
    about = bundled_counts("violence_country")[1]
    assert ((table["provisional"] == 1) == (table["month"] >= about["provisional_from"])).all()


def test_every_entry_has_a_file() -> None:
    entries = tomllib.loads((data_dir() / "sources.toml").read_text(encoding="utf-8"))
    assert sorted(entries) == sorted([*COUNTS, *LINES])
    for name in LINES:
        assert set(entries[name]) == {"title", "source", "licence", "caveats"}
        assert list(data_dir().glob(f"{name}.*"))
    with pytest.raises(ValueError, match=r"name must be one of the bundled tables attacks_bfa, .*; got 'other'"):
        bundled_counts("other")


def test_provinces_differ_from_the_reference_only_where_they_should(shared: Path) -> None:
    # The reference counts JNIM alone, by the month of the start, whatever the precision of the date.
    reference = pd.read_csv(shared / "reference" / "bfa_counts.csv", index_col="admin2_id")
    ours = bundled_counts("attacks_bfa")[0].table.astype({"month": str})
    ours = ours.set_index(["region", "month"])["attacks"]
    theirs = reference.rename_axis("region").reset_index().melt("region", var_name="month", value_name="attacks")
    theirs = theirs.set_index(["region", "month"])["attacks"]
    assert (
        theirs.index.get_level_values("month").unique().tolist()
        == month_range("2016-01", "2023-12").astype(str).tolist()
    )
    apart = ours.reindex(theirs.index, fill_value=0) - theirs
    assert apart[apart != 0].to_dict() == {
        ("BF1300", "2016-01"): 1,  # AQIM's attack in Ouagadougou, in the lineage
        ("BF4903", "2021-10"): -1,  # dated no better than a quarter
        ("BF4605", "2023-02"): -1,  # the rest span months and move by days
        ("BF4605", "2023-03"): 1,
        ("BF5204", "2022-03"): -1,
        ("BF5204", "2022-04"): 1,
        ("BF5205", "2023-02"): -1,
        ("BF5205", "2023-03"): 1,
        ("BF5603", "2021-06"): -1,
        ("BF5603", "2021-07"): 1,
    }


def test_province_events_are_all_accounted_for(shared: Path) -> None:
    ged = pd.read_parquet(shared / "data" / "events" / "ucdp_ged_burkina_faso_2016_2023.parquet")
    precise = ged[(ged["where_prec"] <= 3) & (ged["date_prec"] <= 4)]
    table = bundled_counts("attacks_bfa")[0].table
    misplaced = precise["longitude"] > 2.5
    assert misplaced.sum() == 2
    assert table["attacks"].sum() + table["other_attacks"].sum() == len(precise) - 2
    sides = precise[["side_a", "side_b"]].isin(["JNIM", "AQIM"]).any(axis=1) & ~misplaced
    assert table["attacks"].sum() == sides.sum()
    for measure, column in (("deaths", "best"), ("deaths_low", "low"), ("deaths_high", "high")):
        assert table[measure].sum() == precise.loc[sides, column].sum()


def test_whole_counts_keep_totals_and_look_only_back(build: ModuleType) -> None:
    rng = np.random.default_rng(3)
    months = month_range("2020-01", "2020-12")
    shares = rng.dirichlet(np.ones(12), size=2) * np.array([[7], [40]])
    table = pd.DataFrame({"region": np.repeat(["A", "B"], 12), "month": [*months, *months], "attacks": shares.ravel()})
    whole = build.whole_counts(table)
    assert whole.groupby("region")["attacks"].sum().tolist() == [7, 40]
    assert (whole["attacks"] > 0).all()
    early = build.whole_counts(table[table["month"] <= months[5]])
    assert whole[whole["month"] <= months[5]].reset_index(drop=True).equals(early.reset_index(drop=True))


def test_states_fight_jnim_and_its_lineage() -> None:
    table = bundled_counts("jnim_state")[0].table
    assert sorted(table["region"].unique()) == ["BEN", "BFA", "MLI", "MRT", "NER", "TGO"]
    mali = table[(table["region"] == "MLI") & (table["month"] < pd.Period("2017-03", "M"))]
    # Ansar Dine 52, AQIM 70, al-Murabitun 16, FLM 23 in UCDP's dyads.
    assert mali["attacks"].sum() == 161
    assert (table.loc[table["region"] == "MRT", "month"] < pd.Period("2017-03", "M")).all()
