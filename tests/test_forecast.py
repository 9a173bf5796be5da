import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from harmattan.forecast import Forecast, event_probability
from harmattan.months import month

DRAWS = arrays(np.int32, (20, 3, 4), elements=st.integers(0, 9))


def forecast(draws: np.ndarray) -> Forecast:
    return Forecast(draws, month("2023-11"), (1, 2, 3), pd.Index(["a", "b", "c", "d"], name="region"))


@given(DRAWS)
def test_probabilities_fall_with_the_threshold_and_are_never_certain(draws: np.ndarray) -> None:
    made = forecast(draws)
    one, two = made.probability(1).to_numpy(), made.probability(2).to_numpy()
    assert (one >= two).all() and (two > 0).all() and (one < 1).all()


@given(DRAWS)
def test_quantiles_rise_with_the_level(draws: np.ndarray) -> None:
    levels = [forecast(draws).quantile(level).to_numpy() for level in (0.05, 0.5, 0.95)]
    assert (np.diff(levels, axis=0) >= 0).all()


@given(DRAWS)
def test_a_group_is_at_least_as_likely_to_be_hit_as_any_of_its_parts(draws: np.ndarray) -> None:
    made = forecast(draws)
    together = made.group({"a": "west", "b": "west", "c": "east", "d": "east"}).probability()
    apart = made.probability()
    assert (together["west"] >= apart[["a", "b"]].max(axis=1)).all()


@given(DRAWS)
def test_sums_over_months_and_regions_agree_in_any_order(draws: np.ndarray) -> None:
    made = forecast(draws)
    everywhere = dict.fromkeys("abcd", "all")
    first = made.window((1, 2, 3)).group(everywhere)
    second = made.group(everywhere).window((1, 2, 3))
    np.testing.assert_array_equal(first.draws, second.draws)
    assert first.expected().to_numpy().sum() == pytest.approx(made.expected().to_numpy().sum())


def test_twelve_draws_give_the_probability_of_conflictology() -> None:
    np.testing.assert_allclose(event_probability([0, 3, 12], 12), [0.25 / 12.5, 3.25 / 12.5, 12.25 / 12.5])


def test_months_follow_the_origin() -> None:
    made = forecast(np.zeros((2, 3, 4), dtype=np.int32))
    assert [str(each) for each in made.months] == ["2023-12", "2024-01", "2024-02"]
    assert made.table()["month"].iloc[0] == "2023-12"
    assert len(made.table()) == 12


@pytest.mark.parametrize(
    ("draws", "message"),
    [
        (
            np.zeros((2, 3), dtype=np.int32),
            r"draws must have the shape \(draw, 3 horizons, 4 regions\); got \(2, 3\)",
        ),
        (np.zeros((2, 3, 4)), "draws must be whole counts; got numbers of type float64"),
        (np.full((2, 3, 4), -1, dtype=np.int32), "draws must not be negative"),
    ],
)
def test_wrong_draws_are_refused(draws: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        forecast(draws)


def test_a_window_beyond_the_forecast_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must take its months from the horizons \(1, 2, 3\); missing \[4\]"):
        forecast(np.zeros((2, 3, 4), dtype=np.int32)).window((3, 4))


def test_a_region_without_a_group_is_named() -> None:
    with pytest.raises(ValueError, match="every region needs a group; 1 have none, first d"):
        forecast(np.zeros((2, 3, 4), dtype=np.int32)).group({"a": "x", "b": "x", "c": "x"})
