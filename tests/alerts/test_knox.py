"""The Knox table against a count of all pairs by other means, and under randomness."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from scipy.spatial.distance import pdist
from scipy.stats import kstest

from harmattan.alerts import knox
from harmattan.alerts.knox import DAYS, KM


def wide(table: pd.DataFrame, name: str) -> np.ndarray:
    return table.pivot(index="km_from", columns="days_from", values=name).to_numpy()


@pytest.fixture(scope="module")
def points(shared: Path) -> pd.DataFrame:
    return pd.read_csv(shared / "reference" / "bfa_points.csv")


@pytest.fixture(scope="module")
def table(points: pd.DataFrame) -> pd.DataFrame:
    return knox(points["time"], points[["x", "y"]], rng=np.random.default_rng(1), permutations=199)


def all_pairs(day: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Every pair counted at once, without a tree."""
    ends = [np.append(each, 1e9) for each in (KM, DAYS)]
    return np.histogram2d(pdist(place), pdist(day[:, None]), bins=ends)[0]


def test_real_attacks_are_counted_as_all_pairs_by_brute_force(points: pd.DataFrame, table: pd.DataFrame) -> None:
    counted = all_pairs(points["time"].to_numpy(), points[["x", "y"]].to_numpy())
    np.testing.assert_array_equal(wide(table, "observed"), counted)
    pairs = len(points) * (len(points) - 1) / 2
    np.testing.assert_allclose(
        wide(table, "expected"), np.outer(counted.sum(axis=1), counted.sum(axis=0)) / pairs, rtol=1e-12
    )
    assert table["observed"].sum() == pairs


def test_real_p_values_are_those_of_catalogues_dealt_by_hand(points: pd.DataFrame, table: pd.DataFrame) -> None:
    """Another generator and another way of counting: p-values differ by Monte Carlo error only."""
    day, place = points["time"].to_numpy(), points[["x", "y"]].to_numpy()
    near = pdist(place) < KM[-1]
    first, second = (each[near] for each in np.triu_indices(len(points), 1))
    apart = pdist(place)[near]
    ends = [np.array(KM), np.append(DAYS, 1e9)]

    def counted(when: np.ndarray) -> np.ndarray:
        return np.histogram2d(apart, np.abs(when[first] - when[second]), bins=ends)[0]

    rng = np.random.default_rng(77)
    reached = sum((counted(rng.permutation(day)) >= counted(day)).astype(float) for _ in range(99))
    p, other = (reached + 1) / 100, wide(table, "p")[:-1]
    assert (np.abs(p - other) <= 4 * np.sqrt(np.maximum(p * (1 - p), 0.01) * (1 / 99 + 1 / 199))).all()


def test_attacks_repeat_near_and_soon(table: pd.DataFrame) -> None:
    """What Johnson et al. (2007) find for burglaries holds here: the nearest and soonest cell stands out."""
    ratio, p = wide(table, "ratio"), wide(table, "p")
    assert ratio[0, 0] > 3 and p[0, 0] == 1 / 200
    assert abs(ratio[-1, -1] - 1) < 0.05


events = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=25).map(
    lambda rows: np.array(rows, dtype=float)
)


@settings(max_examples=40)
@given(events, st.sampled_from([None, 4.0]))
def test_bands_are_half_open_and_sums_are_all_pairs(rows: np.ndarray, block: float | None) -> None:
    """Whole days and km put many pairs exactly on the ends of bands."""
    km, days = [0.0, 1.0, 2.0, 5.0], [0.0, 1.0, 3.0]
    found = knox(
        rows[:, 0], rows[:, 1:], rng=np.random.default_rng(0), km=km, days=days, permutations=3, block_days=block
    )
    counted = np.zeros((4, 3))
    for one, other in combinations(rows, 2):
        distance, lag = np.hypot(*(one[1:] - other[1:])), abs(one[0] - other[0])
        counted[sum(distance >= end for end in km) - 1, sum(lag >= end for end in days) - 1] += 1
    np.testing.assert_array_equal(wide(found, "observed"), counted)
    expected = wide(found, "expected")
    for axis in (0, 1):
        np.testing.assert_allclose(expected.sum(axis=axis), counted.sum(axis=axis), atol=1e-9)
    # Catalogues with as many pairs count on both sides.
    assert found[["p", "p_fewer"]].stack().between(1 / 4, 1).all()
    assert (found["p"] + found["p_fewer"] >= 1 + 1 / 4 - 1e-12).all()


def test_the_expected_number_within_blocks_is_the_mean_of_dates_dealt_within_blocks() -> None:
    rng = np.random.default_rng(3)
    day, place = rng.uniform(0, 400, 60), rng.uniform(0, 30, (60, 2))
    place[:, 0] += day / 5
    found = knox(day, place, rng=rng, km=[0, 10, 30], days=[0, 20, 60], permutations=1, block_days=100)
    block = np.floor((day - day.min()) / 100)
    total, squares, times = np.zeros((3, 3)), np.zeros((3, 3)), 1500
    ends = [[0, 10, 30, 1e9], [0, 20, 60, 1e9]]
    apart = pdist(place)
    for _ in range(times):
        dealt = day.copy()
        for each in np.unique(block):
            dealt[block == each] = rng.permutation(day[block == each])
        one = np.histogram2d(apart, pdist(dealt[:, None]), bins=ends)[0]
        total, squares = total + one, squares + one**2
    mean = total / times
    error = np.sqrt((squares / times - mean**2) / times)
    assert (np.abs(wide(found, "expected") - mean) < 4.5 * error + 1e-9).all()
    free = knox(day, place, rng=rng, km=[0, 10, 30], days=[0, 20, 60], permutations=1)
    assert wide(free, "ratio")[0, 0] > wide(found, "ratio")[0, 0]


def test_p_values_are_uniform_where_attacks_are_random() -> None:
    rng = np.random.default_rng(8)
    p = []
    for _ in range(100):
        found = knox(
            rng.uniform(0, 1000, 60), rng.uniform(0, 100, (60, 2)), rng=rng, km=[0, 30], days=[0, 200], permutations=99
        )
        p.append(found["p"].iloc[0])
    assert kstest(p, "uniform").pvalue > 0.01
    assert np.mean(np.array(p) <= 0.1) == pytest.approx(0.1, abs=0.06)


def test_a_war_that_moves_is_no_repeat_within_blocks() -> None:
    """Attacks that move across the country, independent within a year: only dealing within blocks sees no repeats."""
    rng = np.random.default_rng(11)
    day = rng.uniform(0, 6 * 365, 400)
    place = np.column_stack([100 * np.floor(day / 365) + rng.uniform(0, 90, 400), rng.uniform(0, 90, 400)])
    free, strict = (
        knox(day, place, rng=rng, km=[0, 20], days=[0, 30], permutations=199, block_days=block).iloc[0]
        for block in (None, 365.0)
    )
    assert free["ratio"] > 2 and free["p"] == 1 / 200
    assert strict["ratio"] == pytest.approx(1, abs=0.35) and strict["p"] > 0.01


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"day": [1.0, 2.0]}, "day must be of shape"),
        ({"day": [1.0, np.nan, 3.0]}, "day and place must be finite; 1 are not, first event 1"),
        ({"day": [1.0, 2.0], "place": np.zeros((2, 2))}, "at least 3 events; got 2"),
        ({"km": [1.0, 2.0]}, "km must begin at 0"),
        ({"days": [0.0, 5.0, 5.0]}, "days must begin at 0, ascend"),
        ({"permutations": 0}, "permutations and block_days must be above 0; got 0"),
        ({"block_days": -1.0}, "got 999 and -1"),
    ],
)
def test_bad_input_is_refused(changes: dict, said: str) -> None:
    given_ = {"day": [1.0, 2.0, 3.0], "place": np.zeros((3, 2)), **changes}
    day, place = given_.pop("day"), given_.pop("place")
    with pytest.raises(ValueError, match=said):
        knox(day, place, rng=np.random.default_rng(1), **given_)
