"""The document of a release: everything in it is the release's own, and what is not known is said to be missing."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from harmattan import page, release
from harmattan.page import contents
from harmattan.page.earlier import comparable
from harmattan.page.history import record, revisions
from harmattan.page.outlines import outlines
from harmattan.page.places import groups_of, regions_of
from harmattan.panel import Panel
from harmattan.regions import bundled, from_polygons
from harmattan.release.manifest import load, save, with_files


@pytest.fixture(scope="module")
def document(newest: release.Release, earlier: list[release.Release]) -> dict[str, Any]:
    return page.payload(newest, earlier)


def total(packed: dict[str, Any]) -> int:
    data = zlib.decompress(base64.b64decode(packed["data"]))
    values = np.frombuffer(data[4 + int.from_bytes(data[:4], "little") :], dtype=np.uint8).astype(np.int64)
    return int(values.sum() + (values != 255).sum())


def test_json_holds_the_document_and_nothing_is_not_a_number(document: dict[str, Any]) -> None:
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_all_draws_are_in_it(document: dict[str, Any], newest: release.Release) -> None:
    assert document["forecast"]["n"] == len(newest.forecast.draws) == document["release"]["draws"]
    assert document["forecast"]["draws"]["shape"] == [len(newest.forecast.regions), 6, 400]
    assert total(document["forecast"]["draws"]) == newest.forecast.draws.sum()


def test_the_release_before_is_cut_to_the_same_months(document: dict[str, Any], earlier: list[release.Release]) -> None:
    previous = document["previous"]
    assert (previous["origin"], previous["horizons"]) == ("2023-05", [1, 2, 3, 4, 5])
    assert total(previous["draws"]) == earlier[-1].forecast.draws[:, 1:].sum()
    assert previous["same"]["champion"] and previous["revisions"] == {"changed": 0, "rows": []}


def test_the_record_of_bundled_counts_is_shown(document: dict[str, Any], toward_coast: Panel) -> None:
    history, known = document["history"], toward_coast.attacks.loc[:"2023-06"]
    assert (history["first"], history["months"]) == ("2016-01", 90)
    assert total(history["counts"]) == known.to_numpy().sum()


def test_a_record_that_is_not_to_the_last_value_the_same_is_not_shown(newest: release.Release) -> None:
    other = {**newest.manifest, "data": {**newest.manifest["data"], "panel_sha256": "0" * 64}}
    assert record(replace(newest, manifest=other)) is None
    own = {**newest.manifest, "settings": {"data.file": "events.csv", "regions.level": "province+country"}}
    assert record(replace(newest, manifest=own)) is None


def test_revised_counts_are_told_region_by_region(
    newest: release.Release, earlier: list[release.Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    known = record(newest)
    assert known is not None
    before = known.copy()
    before.loc["2023-03", "BF5602"] += 2
    monkeypatch.setattr("harmattan.page.history.record", lambda one: known if one is newest else before)
    found = revisions(newest, earlier[-1])
    place = list(newest.forecast.regions).index("BF5602")
    now = int(known.loc["2023-03", "BF5602"])
    assert found == {"changed": 1, "rows": [{"region": place, "month": "2023-03", "before": now + 2, "now": now}]}


def test_a_table_of_history_is_read_only_if_the_manifest_lists_it(newest: release.Release, tmp_path: Path) -> None:
    months, codes = ["2023-05", "2023-06"], list(newest.forecast.regions)
    table = pd.DataFrame(
        [(month, code, 3, code != codes[0]) for month in months for code in codes],
        columns=["month", "region", "attacks", "covered"],
    )
    copy = tmp_path / newest.path.name
    copy.mkdir()
    table.to_parquet(copy / "history.parquet")
    said = {key: value for key, value in load(newest.path).items() if key not in {"files", "sha256"}}
    save(with_files(said, copy), copy)
    listed = replace(newest, path=copy, manifest=load(copy))
    known = record(listed)
    assert known is not None and known.shape == (2, len(codes))
    assert known[codes[0]].isna().all() and (known[codes[1]] == 3).all()
    unlisted = replace(listed, manifest={**newest.manifest})
    assert len(record(unlisted)) == 90  # type: ignore[arg-type]


def test_earlier_releases_are_those_before_newest_first(
    newest: release.Release, earlier: list[release.Release]
) -> None:
    assert [each.manifest["origin"] for each in comparable(newest, [*earlier, newest])] == ["2023-05", "2023-04"]
    stranger = replace(earlier[0], manifest={**earlier[0].manifest, "experiment": "other"})
    with pytest.raises(ValueError, match="must be of the experiment small; .* is of other"):
        comparable(newest, [stranger])


def test_of_two_revisions_the_later_counts(newest: release.Release, earlier: list[release.Release]) -> None:
    again = replace(earlier[0], path=earlier[0].path.with_name("2023-04.10"))
    second = replace(earlier[0], path=earlier[0].path.with_name("2023-04.2"))
    assert comparable(newest, [again, second, earlier[0]])[0].path.name == "2023-04.10"


def test_drivers_add_up_to_what_the_model_expects(document: dict[str, Any], newest: release.Release) -> None:
    drivers, pressure = document["drivers"], newest.expansion["pressure"]
    told = pd.DataFrame({key: drivers[key] for key in ("region", "within", "expected")})
    sums = told.groupby(["within", "region"])["expected"].sum()
    whole = pressure.groupby(["within", "receiver"])["expected"].sum()
    for (within, region), value in sums.items():
        assert value == pytest.approx(whole[within, newest.forecast.regions[region]], abs=0.05)
    assert told.groupby(["within", "region"]).size().max() <= 2 + 5 + 1


def test_groups_hold_regions_of_their_country() -> None:
    regions = bundled("admin1", ["BFA", "BEN", "TGO"])
    found = groups_of(regions)
    kinds = {kind: [each for each in found if each["kind"] == kind] for kind in ("country", "belt", "corridor")}
    assert [each["name"] for each in kinds["country"]] == ["BEN", "BFA", "TGO"]
    assert sorted(place for each in kinds["country"] for place in each["members"]) == list(range(len(regions)))
    country = regions.table["country"].to_numpy()
    assert [each["name"] for each in kinds["belt"]] == ["BEN", "TGO"]
    for each in kinds["belt"]:
        assert set(country[each["members"]]) == {each["name"]} and each["coastal"]
    assert kinds["corridor"]


def test_outlines_keep_their_shared_borders_and_run_clockwise() -> None:
    drawn = outlines(bundled("province"), own=False)
    shapes = [_shape(rings, drawn["steps"]) for rings in drawn["regions"]]
    assert all(shape.is_valid for shape in shapes)
    union = shapely.union_all(shapes)
    assert shapely.area(union) == pytest.approx(sum(shape.area for shape in shapes), rel=1e-3)
    for rings in drawn["regions"]:
        ring = shapely.LinearRing(_points(rings[0][0], drawn["steps"]))
        assert not ring.is_ccw


def test_polygons_of_the_user_are_drawn_exactly(tmp_path: Path) -> None:
    geopandas = pytest.importorskip("geopandas")
    jagged = shapely.Polygon([(0, 10), (0.00012, 10.00034), (0, 10.5), (1, 10.5), (1, 10)])
    frame = geopandas.GeoDataFrame({"code": ["A"], "name": ["Own"], "country": ["BFA"]}, geometry=[jagged], crs=4326)
    frame.to_file(tmp_path / "own.gpkg")
    regions = from_polygons(tmp_path / "own.gpkg", code="code", name="name", country="country")
    drawn = outlines(regions, own=True)
    found = _shape(drawn["regions"][0], drawn["steps"])
    assert shapely.equals_exact(shapely.normalize(found), shapely.normalize(jagged), 1e-5)


def test_regions_are_those_of_the_forecast_in_its_order(newest: release.Release) -> None:
    assert list(regions_of(newest).table.index) == list(newest.forecast.regions)


def test_draws_are_thinned_only_where_the_page_would_be_too_heavy(
    newest: release.Release, earlier: list[release.Release], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "BUDGET", 1)
    thin = page.payload(newest, earlier)
    assert (thin["forecast"]["n"], thin["previous"]["n"]) == (100, 100)
    assert total(thin["forecast"]["draws"]) == newest.forecast.draws[::4].sum()


def _points(ring: list[int], steps: int) -> np.ndarray:
    return np.cumsum(np.array(ring).reshape(-1, 2), axis=0) / steps


def _shape(rings: list[list[list[int]]], steps: int) -> Any:
    return shapely.union_all(
        [shapely.Polygon(_points(outer, steps), [_points(hole, steps) for hole in holes]) for outer, *holes in rings]
    )
