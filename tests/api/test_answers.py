"""The API answers any threshold, window and set of regions as the Python API does, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import shape
from starlette.testclient import TestClient

from harmattan.api.answers import risk
from harmattan.forecast import QUANTILES, event_probability
from harmattan.release import Release

ONE = "/api/v1/releases/small/2023-06"
THRESHOLDS = st.one_of(st.integers(1, 40), st.integers(1, 2**31 - 1))
WINDOWS = st.tuples(st.integers(1, 4), st.integers(1, 4)).map(sorted)


def asked(client: TestClient, path: str, **parameters: Any) -> Any:
    answer = client.get(f"{ONE}/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


@settings(max_examples=40, deadline=None, derandomize=True)
@given(at_least=THRESHOLDS, window=WINDOWS)
def test_any_threshold_and_window_is_counted_as_in_python(
    client: TestClient, held: Release, at_least: int, window: list[int]
) -> None:
    first, last = window
    said = asked(client, "probability", at_least=at_least, first=first, last=last)
    total = held.forecast.window(range(first, last + 1))
    assert [each["region"] for each in said["regions"]] == list(held.forecast.regions)
    assert [each["probability"] for each in said["regions"]] == total.probability(at_least).iloc[0].tolist()
    assert [each["expected"] for each in said["regions"]] == total.expected().iloc[0].tolist()
    for level in QUANTILES:
        told = [each[f"q{round(level * 100):02d}"] for each in said["regions"]]
        assert told == total.quantile(level).iloc[0].tolist()
    months = held.forecast.months.astype(str)
    assert (said["first_month"], said["last_month"]) == (months[first - 1], months[last - 1])
    assert (said["at_least"], said["first"], said["last"], said["draws"]) == (at_least, first, last, 400)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(at_least=THRESHOLDS, window=WINDOWS, places=st.lists(st.integers(0, 44), min_size=1, max_size=45, unique=True))
def test_regions_together_are_counted_over_joint_draws(
    client: TestClient, held: Release, at_least: int, window: list[int], places: list[int]
) -> None:
    first, last = window
    codes = [str(held.forecast.regions[place]) for place in places]
    said = asked(client, "group", regions=",".join(codes), at_least=at_least, first=first, last=last)
    counts = held.forecast.draws[:, first - 1 : last, places].sum(axis=1)
    sums = counts.sum(axis=1)
    n = len(counts)
    assert said["regions"] == codes
    assert said["any"] == event_probability((counts >= at_least).any(axis=1).sum(), n).item()
    assert said["every"] == event_probability((counts >= at_least).all(axis=1).sum(), n).item()
    assert said["total"] == event_probability((sums >= at_least).sum(), n).item()
    assert said["expected"] == sums.mean()
    assert said["q95"] == np.quantile(sums, 0.95, method="inverted_cdf")
    assert said["every"] <= said["any"] <= said["total"]


def test_a_group_of_one_is_the_region_itself(client: TestClient) -> None:
    alone = asked(client, "probability", at_least=2, first=1, last=3, regions="BF5204")["regions"][0]
    together = asked(client, "group", at_least=2, first=1, last=3, regions="BF5204")
    assert together["any"] == together["every"] == together["total"] == alone["probability"]
    assert [together[key] for key in ("expected", "q05", "q50", "q95")] == [
        alone[key] for key in ("expected", "q05", "q50", "q95")
    ]


def test_a_group_of_all_agrees_with_the_forecasts_own_groups(client: TestClient, held: Release) -> None:
    codes = [str(code) for code in held.forecast.regions]
    said = asked(client, "group", at_least=50, first=1, last=4, regions=codes)
    country = held.forecast.group(dict.fromkeys(codes, "BFA")).window([1, 2, 3, 4])
    assert said["total"] == country.probability(50).iloc[0, 0]
    assert said["expected"] == country.expected().iloc[0, 0]


def test_a_higher_threshold_is_never_likelier_and_a_longer_window_never_less_likely(client: TestClient) -> None:
    def chances(at_least: int, last: int) -> np.ndarray[Any, Any]:
        said = asked(client, "probability", at_least=at_least, first=1, last=last)
        return np.array([each["probability"] for each in said["regions"]])

    for last in (1, 2, 3, 4):
        for at_least in (1, 2, 5):
            assert (chances(at_least + 1, last) <= chances(at_least, last)).all()
            if last < 4:
                assert (chances(at_least, last + 1) >= chances(at_least, last)).all()


def test_without_parameters_it_is_the_first_month_and_at_least_one(client: TestClient, held: Release) -> None:
    said = asked(client, "probability")
    assert (said["at_least"], said["first"], said["last"]) == (1, 1, 1)
    assert [each["probability"] for each in said["regions"]] == held.forecast.probability().loc[1].tolist()
    assert asked(client, "probability", first=3)["last"] == 3


def test_regions_may_come_with_commas_or_repeated_and_keep_their_order(client: TestClient) -> None:
    one = asked(client, "probability", regions="BF5204,BF1300")
    two = asked(client, "probability", regions=["BF5204", "BF1300"])
    assert one == two
    assert [each["region"] for each in one["regions"]] == ["BF5204", "BF1300"]


@settings(max_examples=10, deadline=None, derandomize=True)
@given(at_least=st.integers(1, 20), window=WINDOWS)
def test_geojson_tells_the_same_with_outlines(
    client: TestClient, held: Release, at_least: int, window: list[int]
) -> None:
    first, last = window
    told = asked(client, "regions.geojson", at_least=at_least, first=first, last=last)
    said = asked(client, "probability", at_least=at_least, first=first, last=last)
    assert [each["properties"] for each in told["features"]] == said["regions"]
    assert told["window"] == {key: value for key, value in said.items() if key != "regions"}


def test_geojson_is_as_rfc_7946_has_it(client: TestClient, held: Release) -> None:
    answer = client.get(f"{ONE}/regions.geojson")
    assert answer.headers["content-type"] == "application/geo+json"
    told = answer.json()
    assert "crs" not in told and told["type"] == "FeatureCollection"
    drawn = held.regions().geometry
    assert drawn is not None
    for each in told["features"]:
        outline = shape(each["geometry"])
        parts = outline.geoms if outline.geom_type == "MultiPolygon" else [outline]
        for part in parts:
            assert part.exterior.is_ccw and not any(ring.is_ccw for ring in part.interiors)
        assert outline.is_valid and each["bbox"] == list(outline.bounds)
        assert shapely.hausdorff_distance(outline, drawn[each["id"]]) <= 1e-5
    boxes = np.array([each["bbox"] for each in told["features"]])
    assert told["bbox"] == [*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)]


def test_risk_of_some_regions_is_that_of_all(held: Release) -> None:
    some = risk(held.forecast, [1, 2], at_least=3, regions=["BF5204", "BF1300"])
    assert some.equals(risk(held.forecast, [1, 2], at_least=3).loc[["BF5204", "BF1300"]])
