"""Reliability: the split of the score, bands that hold what they say, and what Murphy curves add up to."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from harmattan.scores.proper import brier
from harmattan.scores.reliability import consistency, corp, murphy

FORECASTS = st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.8, 1.0])), min_size=1, max_size=40)


@settings(deadline=None, max_examples=50)
@given(FORECASTS)
def test_the_parts_are_not_negative_and_add_up(forecasts: list[tuple[bool, float]]) -> None:
    happened, p = map(np.array, zip(*forecasts, strict=True))
    found = corp(happened, p)
    assert found.score == pytest.approx(brier_score_loss(happened, p, labels=[False, True]))
    assert found.score == pytest.approx(found.miscalibration - found.discrimination + found.uncertainty)
    assert found.miscalibration >= -1e-12
    assert found.discrimination >= -1e-12
    assert found.curve["recalibrated"].is_monotonic_increasing
    assert found.curve["n"].sum() == len(p)


def test_recalibrated_forecasts_are_calibrated_and_keep_their_discrimination() -> None:
    rng = np.random.default_rng(1)
    p = rng.random(500).round(2)
    happened = rng.random(500) < p**2
    first = corp(happened, p)
    again = corp(happened, first.curve.set_index("probability")["recalibrated"].loc[p].to_numpy())
    assert again.miscalibration == pytest.approx(0)
    assert again.discrimination == pytest.approx(first.discrimination)
    assert first.miscalibration > 0.01


def test_a_constant_forecast_discriminates_nothing() -> None:
    found = corp([1, 0, 0, 0], np.full(4, 0.5))
    assert found.discrimination == pytest.approx(0)
    assert found.miscalibration == pytest.approx(0.0625)


def test_bands_hold_calibrated_curves_and_p_values_are_uniform() -> None:
    rng = np.random.default_rng(3)
    p = rng.beta(0.5, 1.5, 400).round(2)
    inside, values = [], []
    for _ in range(60):
        happened = rng.random(400) < p
        bands, value = consistency(happened, p, draws=100, rng=rng)
        curve = corp(happened, p).curve["recalibrated"]
        inside.append(curve.between(bands["lower"], bands["upper"]).mean())
        values.append(value)
    assert np.mean(inside) == pytest.approx(0.9, abs=0.05)
    assert np.mean(np.array(values) < 0.2) == pytest.approx(0.2, abs=0.13)


@pytest.mark.parametrize("power", [0.4, 3.0])
def test_forecasts_that_are_off_fall_outside(power: float) -> None:
    rng = np.random.default_rng(4)
    p = rng.random(600).round(2)
    _, value = consistency(rng.random(600) < p**power, p, draws=200, rng=rng)
    assert value == 1 / 201


@settings(deadline=None, max_examples=50)
@given(FORECASTS)
def test_twice_the_integral_of_a_murphy_curve_is_the_brier_score(forecasts: list[tuple[bool, float]]) -> None:
    happened, p = map(np.array, zip(*forecasts, strict=True))
    theta = (np.arange(2000) + 0.5) / 2000
    assert 2 * murphy(happened, p, theta).mean() == pytest.approx(brier(happened, p).mean(), abs=1e-3)


def test_knowing_more_is_better_for_everyone() -> None:
    rng = np.random.default_rng(5)
    p = rng.choice([0.1, 0.3, 0.7], 20_000)
    happened, theta = rng.random(20_000) < p, np.linspace(0, 1, 51)
    assert (murphy(happened, p, theta) <= murphy(happened, np.full(20_000, p.mean()), theta) + 0.003).all()


def test_messages() -> None:
    with pytest.raises(ValueError, match=r"at least one forecast; got the shape \(0,\)"):
        corp([], [])
    with pytest.raises(ValueError, match="probabilities must be known; row 1 is NaN"):
        corp([0, 1], [0.1, np.nan])
    with pytest.raises(ValueError, match="draws must be at least 100 for a band; got 5"):
        consistency([0, 1], [0.1, 0.9], draws=5, rng=np.random.default_rng(1))
    with pytest.raises(ValueError, match="thresholds must be a list of numbers between 0 and 1"):
        murphy([0], [0.1], [1.2])
