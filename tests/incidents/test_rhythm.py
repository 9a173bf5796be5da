"""Burstiness against its definitions and by simulation, and the test against a Poisson process."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmattan.incidents.rhythm import FEWEST, Rhythm, burstiness, corrected_burstiness, rhythm

YEAR = (pd.Timestamp("2021-01-01"), pd.Timestamp("2021-12-31"))


def of(days: list[int], *, seed: int = 1) -> Rhythm:
    dates = YEAR[0] + pd.to_timedelta(days, unit="D")
    table = pd.DataFrame({"day": dates, "day_known": True, "region": "ML07"})
    return rhythm(table, YEAR, np.random.default_rng(seed))


@given(st.integers(2, 60), st.floats(0.1, 400))
def test_regular_times_give_minus_one(number: int, apart: float) -> None:
    assert burstiness([apart] * number) == pytest.approx(-1)
    assert corrected_burstiness([apart] * number) == pytest.approx(-1)


@given(st.integers(2, 60), st.floats(0.1, 400))
def test_all_but_one_at_once_give_one_for_every_number(number: int, apart: float) -> None:
    assert corrected_burstiness([0.0] * (number - 1) + [apart]) == pytest.approx(1)


@given(st.lists(st.floats(0, 100), min_size=2, max_size=40).filter(lambda values: sum(values) > 1), st.floats(0.1, 10))
def test_the_unit_of_time_does_not_matter(intervals: list[float], unit: float) -> None:
    longer = [unit * value for value in intervals]
    assert burstiness(longer) == pytest.approx(burstiness(intervals))
    assert corrected_burstiness(longer) == pytest.approx(corrected_burstiness(intervals))
    assert -1 - 1e-9 <= corrected_burstiness(intervals) <= 1 + 1e-9


def test_values_of_the_formulas() -> None:
    # r = 1 / sqrt(3): standard deviation 2 and mean 2 sqrt(3) would be irrational, so the intervals 1, 2, 3 with
    # r = sqrt(2/3) / 2, n = 3: Goh & Barabasi eq. 1 and Kim & Jo eq. 22 by hand.
    r = np.sqrt(2 / 3) / 2
    assert burstiness([1, 2, 3]) == pytest.approx((r - 1) / (r + 1))
    assert corrected_burstiness([1, 2, 3]) == pytest.approx((2 * r - np.sqrt(2)) / np.sqrt(2))
    assert burstiness([1, 2, 3]) == pytest.approx(-0.420204, abs=1e-6)
    assert corrected_burstiness([1, 2, 3]) == pytest.approx(-0.422650, abs=1e-6)


@pytest.mark.parametrize("attacks", [6, 20, 100])
def test_a_poisson_process_gives_about_zero_once_corrected(attacks: int) -> None:
    rng = np.random.default_rng(5)
    times = np.sort(rng.random((600, attacks)), axis=1)
    plain, corrected = (
        np.array([measure(row) for row in np.diff(times, axis=1)]) for measure in (burstiness, corrected_burstiness)
    )
    assert abs(corrected.mean()) < (0.07 if attacks == 6 else 0.03)
    assert abs(corrected.mean()) <= abs(plain.mean()) + 0.01
    if attacks == 6:
        assert plain.mean() < -0.1


def test_p_values_are_right_under_the_process_and_small_for_bursts() -> None:
    rng = np.random.default_rng(2)
    p = [of(sorted(rng.integers(0, 365, 30)), seed=seed).test["p"] for seed in range(25)]  # type: ignore[index]
    under = pd.DataFrame(p)
    assert ((under <= 0.2).mean() < 0.44).all()
    assert ((under <= 0.2).mean()[["burstiness", "distance"]] > 0.03).all()
    bursts = sorted(day + step for day in (20, 95, 200, 330) for step in (0, 0, 1, 2, 2, 3))
    found = of(bursts)
    assert found.test is not None
    assert found.test.loc["burstiness", "p"] < 0.01
    assert found.test.loc["distance", "p"] < 0.01
    assert found.corrected is not None
    assert found.corrected > 0.4


def test_even_times_are_told_from_chance() -> None:
    found = of(list(range(3, 365, 12)))
    assert found.test is not None
    assert found.test.loc["burstiness", "observed"] < found.test.loc["burstiness", "lower"]
    assert found.test.loc["burstiness", "p"] < 0.01


def test_clusters_and_gaps() -> None:
    found = of([0, 0, 10, 40, 40, 40])
    assert found.clusters["attacks"].tolist() == [2, 3]
    assert found.gaps["days"].tolist() == [30, 10]
    assert f"{found.gaps['since'].iloc[0]:%Y-%m-%d}" == "2021-01-11"
    assert found.test is not None
    assert found.test.loc["sharing_a_day", "observed"] == 5
    assert found.test.loc["longest_gap", "observed"] == 30


def test_few_attacks_and_attacks_of_one_day_are_not_judged() -> None:
    assert of([1] * (FEWEST - 1)).test is None
    assert of([1] * FEWEST).corrected is None
    assert of([]).gaps.empty


@pytest.mark.parametrize("intervals", [[], [3], [0, 0], [1, -1], [1, np.nan], [[1, 2]]])
def test_burstiness_needs_times(intervals: list[float]) -> None:
    with pytest.raises(ValueError, match="burstiness needs at least two times between attacks"):
        burstiness(intervals)


def test_days_outside_the_period_are_refused() -> None:
    with pytest.raises(ValueError, match="attacks must lie from 2021-01-01 to 2021-12-31; one is of 2022"):
        of([365])
