from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmattan.counts import Counts
from harmattan.months import month
from harmattan.panel import POINT_COLUMNS, Panel, from_counts, whole_counts
from harmattan.regions import bundled

REGIONS = bundled("province")


def counts(rows: str, first: str = "2023-01", last: str = "2023-04") -> Counts:
    cells = [line.split() for line in rows.strip().splitlines()]
    table = pd.DataFrame(cells, columns=["region", "month", "attacks", "deaths"])
    table["month"] = pd.PeriodIndex(table["month"], freq="M")
    return Counts(table.astype({"attacks": float, "deaths": float}), "a test", month(first), month(last))


def test_a_covered_month_without_a_row_is_zero() -> None:
    panel = from_counts(counts("BF1300 2023-02 3 1"), REGIONS)
    assert panel.attacks.shape == (4, 45)
    assert panel.attacks.loc["2023-02", "BF1300"].item() == 3
    assert panel.attacks.to_numpy().sum() == 3


def test_a_measure_with_unknown_values_is_not_in_the_panel() -> None:
    assert "deaths" not in from_counts(counts("BF1300 2023-02 3 nan"), REGIONS).measures


def test_counts_for_other_regions_are_refused() -> None:
    with pytest.raises(
        ValueError, match="the counts of a test are for other regions: they have 'ML-5', the 45 regions begin"
    ):
        from_counts(counts("ML-5 2023-02 3 1"), REGIONS)


def test_nothing_after_the_origin_is_left_by_as_of() -> None:
    panel = from_counts(counts("BF1300 2023-02 3 1"), REGIONS)
    assert str(panel.as_of(month("2023-03")).origin) == "2023-03"
    assert str(panel.as_of(month("2023-03"), lag=2).origin) == "2023-01"


def test_an_origin_outside_the_data_is_refused() -> None:
    panel = from_counts(counts("BF1300 2023-02 3 1"), REGIONS)
    with pytest.raises(ValueError, match="the origin 2023-05 lies after the panel's last month 2023-04"):
        panel.as_of(month("2023-05"))
    with pytest.raises(ValueError, match="nothing is known at origin 2023-02 with lag 3: the panel begins 2023-01"):
        panel.as_of(month("2023-02"), lag=3)


def with_value(value: float) -> Panel:
    panel = from_counts(counts("BF1300 2023-02 3 1"), REGIONS)
    attacks = panel.attacks.copy()
    attacks.iloc[1, 2] = value
    return Panel(panel.regions, {"attacks": attacks}, panel.covered)


def test_a_hole_is_named_by_region_and_month() -> None:
    with pytest.raises(
        ValueError, match="attacks must cover every region and month; 1 are missing, first BF4602 2023-02"
    ):
        with_value(np.nan)


@pytest.mark.parametrize("value", [-1.0, np.inf])
def test_a_count_that_cannot_be_is_named(value: float) -> None:
    with pytest.raises(ValueError, match=f"attacks must be zero or more and finite; BF4602 2023-02 is {value}"):
        with_value(value)


def test_a_masked_month_may_be_unknown() -> None:
    panel = with_value(0.0)
    covered, attacks = panel.covered.copy(), panel.attacks.copy()
    covered.iloc[1, 2], attacks.iloc[1, 2] = False, np.nan
    assert Panel(panel.regions, {"attacks": attacks}, covered).attacks.isna().to_numpy().sum() == 1


def test_a_missing_month_is_refused() -> None:
    panel = with_value(0.0)
    keep = [0, 1, 3]
    with pytest.raises(ValueError, match="must follow one another without a gap or a repeat"):
        Panel(panel.regions, {"attacks": panel.attacks.iloc[keep]}, panel.covered.iloc[keep])


def test_the_content_hash_sees_any_change_and_nothing_else() -> None:
    assert with_value(1.0).content_hash() == with_value(1.0).content_hash()
    assert with_value(1.0).content_hash() != with_value(2.0).content_hash()


def with_points(**changed: list[object]) -> Panel:
    columns = {
        "day": ["2023-01-09", "2023-02-28", "2023-03-01"],
        "region": ["BF1300", "BF4602", "BF1300"],
        "lon": [-1.5, -3.5, -1.6],
        "lat": [12.4, 12.3, 12.4],
    }
    return replace(with_value(1.0), points=pd.DataFrame(columns | changed).astype(POINT_COLUMNS))


@pytest.mark.parametrize(("lag", "left"), [(0, 2), (1, 1)])
def test_points_are_cut_where_the_measures_are(lag: int, left: int) -> None:
    known = with_points().as_of(month("2023-02"), lag=lag).points
    assert known is not None and len(known) == left
    assert with_value(1.0).as_of(month("2023-02")).points is None


def test_the_content_hash_sees_any_change_of_a_point() -> None:
    changed = [
        with_points(),
        with_points(day=["2023-01-09", "2023-02-27", "2023-03-01"]),
        with_points(region=["BF1300"] * 3),
        with_points(lat=[12.4, 12.3, 12.5]),
        with_value(1.0),
        replace(with_value(1.0), points=with_points().points.iloc[:0]),  # type: ignore[union-attr]
    ]
    assert len({each.content_hash() for each in changed}) == 6
    assert with_points().content_hash() == with_points().content_hash()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"day": ["2023-01-09", "2023-03-28", "2023-03-01"]}, "days must be whole, ascending; 1 of 3 .* 2023-03-01 at"),
        ({"day": ["2023-01-09", "2023-03-28", "2023-05-01"]}, "in a region and month that the panel covers; 1 of 3"),
        ({"region": ["BF1300", "XX", "BF1300"]}, "in a region and month that the panel covers; .* first XX 2023-02-28"),
        ({"lon": [-1.5, float("nan"), -1.6]}, r"lon and lat must be places on Earth; .* at \(nan, 12.3\)"),
    ],
)
def test_points_that_cannot_be_are_named(changed: dict[str, list[object]], message: str) -> None:
    with pytest.raises(ValueError, match=f"points: .*{message}"):
        with_points(**changed)


def test_points_have_their_columns() -> None:
    with pytest.raises(ValueError, match="points must have the columns .*'day': 'datetime64.us.'"):
        replace(with_value(1.0), points=pd.DataFrame({"day": [1]}))


@given(st.lists(st.floats(0, 20), min_size=1, max_size=40))
def test_whole_counts_keep_every_running_total_to_within_a_half(shares: list[float]) -> None:
    whole = whole_counts(pd.DataFrame({"r": shares}))["r"]
    assert (whole >= 0).all() and (whole == whole.round()).all()
    assert (whole.cumsum() - np.cumsum(shares)).abs().max() <= 0.5 + 1e-6


@given(st.lists(st.floats(0, 20), min_size=3, max_size=40), st.floats(0, 20))
def test_whole_counts_look_only_backward(shares: list[float], other: float) -> None:
    changed = [*shares[:-1], other]
    before, after = whole_counts(pd.DataFrame({"r": shares})), whole_counts(pd.DataFrame({"r": changed}))
    pd.testing.assert_frame_equal(before.iloc[:-1], after.iloc[:-1])
