"""Exports open where they are meant to, with dates, colours and nothing a spreadsheet would run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest

from harmattan import exports, layers
from harmattan.exports.qml import graduated
from harmattan.forecast import Forecast
from harmattan.maps.scales import RISK
from harmattan.regions import Regions, bundled
from harmattan.result import Result


def renamed(regions: Regions, names: list[str]) -> Regions:
    table = regions.table.copy()
    table["name"] = [*names, *table["name"].iloc[len(names) :]]
    return replace(regions, table=table)


def styles(path: Path) -> dict[str, tuple[ElementTree.Element, int, str]]:
    with closing(sqlite3.connect(path)) as database:
        found = database.execute(
            "SELECT f_table_name, styleQML, useAsDefault, f_geometry_column FROM layer_styles"
        ).fetchall()
    return {layer: (ElementTree.fromstring(style), default, geometry) for layer, style, default, geometry in found}


@pytest.fixture(scope="module")
def package(small_result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    return exports.write(small_result.forecast, small_result.panel.regions, folder / "forecast.gpkg")


def test_the_tidy_table_has_one_row_per_horizon_and_region(small_result: Result) -> None:
    table = exports.tidy(small_result.forecast, small_result.panel.regions)
    assert list(table)[:6] == ["origin", "horizon", "month", "region", "name", "country"]
    assert len(table) == 4 * 45
    assert table.loc[table["horizon"] == 2, "month"].unique().tolist() == ["2023-08"]
    probability = small_result.forecast.probability()
    assert table["p1"].to_numpy() == pytest.approx(probability.to_numpy().ravel())


def test_a_forecast_of_other_regions_is_refused(small_result: Result) -> None:
    with pytest.raises(ValueError, match="must be among the regions; 45 are not, first 'BF1300'"):
        exports.tidy(small_result.forecast, bundled("country"))


def test_both_layers_open_with_dates_and_numbers(small_result: Result, package: Path) -> None:
    context = gpd.read_file(package, layer="context").set_index("region")
    facts = small_result.panel.regions.table
    assert context["population"].to_dict() == facts["population"].to_dict() and not context["coastal"].any()
    assert {"capital_km", "road_km", "border_km", "coast_km", "towns_50km"} <= set(context)
    assert {"regions", "forecast"} <= {name for name, _ in pyogrio.list_layers(package)}
    info = pyogrio.read_info(package, layer="forecast")
    kinds = dict(zip(info["fields"], info["ogr_types"], strict=True))
    assert kinds["month_start"] == kinds["month_end"] == "OFTDate"
    assert kinds["p1"] == kinds["expected"] == "OFTReal"
    assert kinds["q95"] == "OFTInteger64"
    frame = gpd.read_file(package, layer="forecast", engine="pyogrio")
    assert len(frame) == 4 * 45
    first = frame[frame["horizon"] == 1]
    assert set(pd.to_datetime(first["month_start"]).dt.date) == {date(2023, 7, 1)}
    assert set(pd.to_datetime(first["month_end"]).dt.date) == {date(2023, 7, 31)}
    assert frame.crs == "EPSG:4326"


def test_the_regions_layer_holds_the_risk_of_the_windows(small_result: Result, package: Path) -> None:
    frame = gpd.read_file(package, layer="regions", engine="pyogrio").set_index("region")
    three = layers.risk(small_result.forecast, (1, 2, 3))
    assert frame["p1_next_3_months"].to_dict() == pytest.approx(three["p1"].to_dict())
    assert frame["name"].to_dict() == small_result.panel.regions.table["name"].to_dict()


def test_every_layer_has_a_default_style_for_a_column_it_has(package: Path) -> None:
    found = styles(package)
    assert set(found) == {"regions", "forecast"}
    for layer, (root, default, geometry) in found.items():
        info = pyogrio.read_info(package, layer=layer)
        renderer = root.find("renderer-v2")
        assert default == 1 and geometry == info["geometry_name"] == "geom"
        assert renderer is not None and renderer.get("attr") in info["fields"]
        ranges, symbols = renderer.findall("ranges/range"), renderer.findall("symbols/symbol")
        assert [each.get("label") for each in ranges] == list(RISK.labels)
        assert {each.get("symbol") for each in ranges} == {each.get("name") for each in symbols}
        assert [float(each.get("upper", "")) for each in ranges][:-1] == [
            float(each.get("lower", "")) for each in ranges
        ][1:]
    time = found["forecast"][0].find("temporal")
    assert time is not None and (time.get("startField"), time.get("endField")) == ("month_start", "month_end")
    assert found["regions"][0].find("temporal") is None


def test_the_package_is_sound_and_lists_its_styles(package: Path) -> None:
    with closing(sqlite3.connect(package)) as database:
        contents = dict(database.execute("SELECT table_name, data_type FROM gpkg_contents").fetchall())
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    features = dict.fromkeys(("regions", "forecast", "context"), "features")
    assert contents == {**features, "layer_styles": "attributes"}


def test_a_style_names_both_dates_or_none() -> None:
    with pytest.raises(ValueError, match="needs a start and an end column; got 'a' and None"):
        graduated("p1", RISK, start="a")


@pytest.mark.parametrize("kind", list(exports.EXPORTS))
def test_the_same_forecast_gives_the_same_bytes(small_result: Result, tmp_path: Path, kind: str) -> None:
    paths = [tmp_path / f"{name}.{kind}" for name in ("one", "two")]
    for path in paths:
        exports.write(small_result.forecast, small_result.panel.regions, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    before = paths[0].read_bytes()
    exports.write(small_result.forecast, small_result.panel.regions, paths[0])
    assert paths[0].read_bytes() == before


def test_csv_cannot_start_a_formula(small_result: Result, tmp_path: Path) -> None:
    names = ["=1+1", "+2", "-3", "@x", "\tb", "plain", "Soum = Djibo"]
    regions = renamed(small_result.panel.regions, names)
    exports.write(small_result.forecast, regions, tmp_path / "f.csv")
    exports.write(small_result.forecast, regions, tmp_path / "f.parquet")
    read = pd.read_csv(tmp_path / "f.csv")
    assert read["name"].iloc[:7].tolist() == ["'=1+1", "'+2", "'-3", "'@x", "'\tb", "plain", "Soum = Djibo"]
    assert read["p1"].dtype == np.float64
    assert pd.read_parquet(tmp_path / "f.parquet")["name"].iloc[:7].tolist() == names


def test_negative_numbers_stay_numbers_in_csv(tmp_path: Path) -> None:
    exports.write_csv(pd.DataFrame({"change": [-0.5], "text": ["-0.5"], "gone": [None]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == "change,text,gone\n-0.5,'-0.5,\n"


def test_geojson_is_in_degrees_with_one_feature_per_region(small_result: Result, tmp_path: Path) -> None:
    path = exports.write(small_result.forecast, small_result.panel.regions, tmp_path / "f.geojson")
    frame = gpd.read_file(path)
    assert len(frame) == 45
    assert frame.total_bounds == pytest.approx([-5.5, 9.4, 2.4, 15.1], abs=0.1)
    assert frame["p1_next_month"].between(0, 1).all()


def test_formats_and_folders_are_named(small_result: Result, tmp_path: Path) -> None:
    forecast, regions = small_result.forecast, small_result.panel.regions
    with pytest.raises(ValueError, match=r"csv, parquet, geojson, gpkg; got 'gpgk' \(did you mean 'gpkg'\?\)"):
        exports.write(forecast, regions, tmp_path / "x.gpgk")
    with pytest.raises(FileNotFoundError, match=r"existing folder; make .*none first"):
        exports.write(forecast, regions, tmp_path / "none" / "x.csv")
    exports.write(forecast, regions, tmp_path / "x.txt", kind="csv")
    assert (tmp_path / "x.txt").read_text().startswith("origin,horizon")


def test_a_forecast_of_one_far_month_has_its_own_column(small_result: Result, tmp_path: Path) -> None:
    far: Forecast = small_result.forecast.select((4,))
    path = exports.write(far, small_result.panel.regions, tmp_path / "far.gpkg")
    renderer = styles(path)["regions"][0].find("renderer-v2")
    assert renderer is not None and renderer.get("attr") == "p1_month_4"
