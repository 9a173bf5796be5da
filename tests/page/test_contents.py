"""The document of a release: everything in it is the release's own, and what is not known is said to be missing."""

from __future__ import annotations

import base64
import gc
import json
import weakref
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from harmattan import page, release
from harmattan.expansion.tables import belts
from harmattan.figures import lake_outlines, river_chains, road_table
from harmattan.page import contents
from harmattan.page.earlier import comparable, newest_first
from harmattan.page.history import record, revisions
from harmattan.page.outlines import outlines
from harmattan.page.places import groups_of, regions_of
from harmattan.panel import Panel
from harmattan.regions import COASTAL, bundled, from_polygons
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
    assert total(previous["draws"]) == earlier[0].forecast.draws[:, 1:].sum()
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
    found = revisions(newest, earlier[0])
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
    assert [each.manifest["origin"] for each in comparable(newest, [newest, *earlier])] == ["2023-05", "2023-04"]
    stranger = replace(earlier[0], manifest={**earlier[0].manifest, "experiment": "other"})
    with pytest.raises(ValueError, match="must be of the experiment small; .* is of other"):
        list(comparable(newest, [stranger]))
    with pytest.raises(ValueError, match="must be given the newest first; .*2023-05 comes after 2023-04"):
        list(comparable(newest, earlier[::-1]))


def test_earlier_releases_are_held_one_at_a_time(newest: release.Release, earlier: list[release.Release]) -> None:
    """Beside the newest of them, whose draws are compared, none is kept while the next is read."""
    paths = [each.path for each in (*earlier, *earlier[-1:])]
    given: list[weakref.ref[release.Release]] = []

    def one_by_one() -> Iterator[release.Release]:
        for path in paths:
            gc.collect()
            assert [each() for each in given[1:]] == [None] * len(given[1:])
            made = release.read(path)
            given.append(weakref.ref(made))
            yield made
            del made

    told = page.payload(newest, one_by_one())
    assert len(given) == len(paths) and [each["origin"] for each in told["earlier"]] == ["2023-05", "2023-04"]


def test_of_two_revisions_the_later_counts(newest: release.Release, earlier: list[release.Release]) -> None:
    again = replace(earlier[0], path=earlier[0].path.with_name("2023-05.10"))
    second = replace(earlier[0], path=earlier[0].path.with_name("2023-05.2"))
    said = {each.path: each.manifest for each in (second, earlier[0], again)}
    order = newest_first(said, newest.manifest)
    assert [path.name for path in order] == ["2023-05.10", "2023-05.2", "2023-05"]
    assert [each.path.name for each in comparable(newest, [again, second])] == ["2023-05.10"]


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
    for each in kinds["belt"]:
        assert set(country[each["members"]]) == {each["name"]} and each["coastal"] == (each["name"] in COASTAL)
    assert kinds["corridor"]


@pytest.mark.parametrize("km", [0.0, 50.0])
def test_belts_are_those_of_expansion_across_the_coastal_states_borders(km: float) -> None:
    regions = bundled("admin1", ["BFA", "BEN", "TGO", "NER"])
    found = {f"{each['name']} near {each['near']}": each for each in groups_of(regions, km=km) if each["near"]}
    known = belts(regions, km=km)
    across = {name for name in known if (name[:3] in COASTAL) != (name[-3:] in COASTAL)}
    assert set(found) == across and {"BFA near BEN", "BEN near BFA", "NER near NGA"} <= across
    codes = regions.table.index
    assert {name: codes[each["members"]].tolist() for name, each in found.items()} == {
        each: known[each] for each in across
    }


def test_lines_join_bundled_towns_and_stay_in_view() -> None:
    drawn = outlines(bundled("province"), own=False)
    names = [each["name"] for each in drawn["towns"]]
    assert names[:1] == ["Cotonou"] and {"Ouagadougou", "Djibo", "Niamey"} <= set(names) and "Algiers" not in names
    assert [each["rank"] for each in drawn["towns"]] == sorted(each["rank"] for each in drawn["towns"])
    known = {frozenset(pair): km for *pair, km in road_table().itertuples(index=False)}
    assert {(frozenset((names[a], names[b])), km) for a, b, km in drawn["roads"]} <= {
        (pair, round(km)) for pair, km in known.items()
    }
    assert {"Niger", "Mouhoun"} <= {each["name"] for each in drawn["rivers"]} and "Gambia" not in str(drawn["rivers"])
    centres = dict(river_chains())
    for each in drawn["rivers"]:
        line = shapely.LineString(_points(each["line"], drawn["steps"]))
        assert line.length > 0.2 and each["name"] in centres
        near = [shapely.LineString(points).distance(line) for name, points in river_chains() if name == each["name"]]
        assert min(near) < 0.05
    volta = lake_outlines()["Lake Volta"]
    shapes = [_shape(rings, drawn["steps"]) for rings in drawn["lakes"]]
    assert max(shape.intersection(volta).area / volta.area for shape in shapes) > 0.95


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
    assert (thin["forecast"]["n"], thin["previous"]["n"], thin["rival"]) == (100, 100, None)
    assert total(thin["forecast"]["draws"]) == newest.forecast.draws[::4].sum()


def _points(ring: list[int], steps: int) -> np.ndarray:
    return np.cumsum(np.array(ring).reshape(-1, 2), axis=0) / steps


def _shape(rings: list[list[list[int]]], steps: int) -> Any:
    return shapely.union_all(
        [shapely.Polygon(_points(outer, steps), [_points(hole, steps) for hole in holes]) for outer, *holes in rings]
    )
