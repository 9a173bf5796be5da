"""Intervals of a ratio of counts against R, by their laws, and by how often they hold the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmattan.incidents.change import change, exact_interval, widened_interval

NOW, BEFORE = pd.period_range("2019-01", "2019-08", freq="M"), pd.period_range("2018-05", "2018-12", freq="M")

# R 4.2, poisson.test(c(now, before), c(days_now, days_before)): ratio, both ends of the interval, p-value.
POISSON_TEST = [
    (11, 21, 800, 3011, 1.971488, 0.8584264, 4.277266, 0.07966863),
    (6, 0, 1, 1, np.inf, 1.177425, np.inf, 0.03125),
    (11, 4, 243, 245, 2.772634, 0.8215781, 11.93912, 0.07565195),
    (170, 120, 365, 366, 1.420548, 1.117922, 1.809809, 0.003274505),
]


@pytest.mark.parametrize(("now", "before", "days", "days_before", "ratio", "low", "high", "p"), POISSON_TEST)
def test_the_exact_interval_is_that_of_r(
    now: int, before: int, days: int, days_before: int, ratio: float, low: float, high: float, p: float
) -> None:
    interval, found = exact_interval(now, before, exposure=days / days_before)
    assert (interval.lower, interval.upper) == pytest.approx((low, high), rel=1e-6)
    assert found == pytest.approx(p, rel=1e-6)
    assert interval.lower < ratio
    assert ratio <= interval.upper


def test_the_widened_interval_is_that_of_r() -> None:
    # y <- c(3, 9, 1, 0, 7, 12, 2, 5, 1, 2, 0, 4, 1, 0, 3, 1); g <- rep(1:0, each = 8)
    # d <- c(31, 28, 31, 30, 31, 30, 31, 31, 31, 30, 31, 31, 30, 31, 30, 31)
    # m <- glm(y ~ g + offset(log(d)), family = quasipoisson); b <- coef(summary(m))["g", ]
    # c(summary(m)$dispersion, exp(b[1] + c(0, -1, 1) * qt(.975, 14) * b[2]))
    now = pd.Series([3, 9, 1, 0, 7, 12, 2, 5], index=NOW)
    before = pd.Series([1, 2, 0, 4, 1, 0, 3, 1], index=BEFORE)
    found = change(now, before)
    assert found.dispersion == pytest.approx(2.57160188434, rel=1e-5)
    assert found.ratio == pytest.approx(3.27674897119, rel=1e-5)
    assert found.widened is not None
    assert (found.widened.lower, found.widened.upper) == pytest.approx((1.05280142760, 10.19858402422), rel=1e-5)


@given(st.integers(0, 200), st.integers(0, 200), st.floats(0.5, 2))
@settings(max_examples=40)
def test_exchanging_the_periods_inverts_the_interval(now: int, before: int, exposure: float) -> None:
    if now + before == 0:
        with pytest.raises(ValueError, match="not both 0"):
            exact_interval(now, before, exposure=exposure)
        return
    there, p = exact_interval(now, before, exposure=exposure)
    back, q = exact_interval(before, now, exposure=1 / exposure)
    assert p == pytest.approx(q)
    assert there.lower == pytest.approx(1 / back.upper)
    assert back.lower == pytest.approx(1 / there.upper)


def test_the_widened_interval_holds_an_unchanged_rate_where_months_vary() -> None:
    rng = np.random.default_rng(3)
    held, exact_held, runs = 0, 0, 100
    for _ in range(runs):
        now, before = (pd.Series(rng.negative_binomial(2, 1 / 6, 8), index=months) for months in (NOW, BEFORE))
        interval, _ = exact_interval(int(now.sum()), int(before.sum()), exposure=243 / 245)
        _, widened = widened_interval(now, before)
        assert widened is not None
        held += widened.lower <= 1 <= widened.upper
        exact_held += interval.lower <= 1 <= interval.upper
    assert held / runs > 0.9
    assert exact_held / runs < 0.8


def test_what_cannot_be_told_is_not_told() -> None:
    none, some = pd.Series([0] * 8, index=BEFORE), pd.Series([1] * 8, index=NOW)
    found = change(some, none)
    assert (found.ratio, found.dispersion, found.widened) == (np.inf, None, None)
    assert found.exact is not None
    assert found.exact.upper == np.inf
    assert change(some[:1], none[:1]).widened is None
    nothing = change(some * 0, none)
    assert np.isnan(nothing.ratio)
    assert nothing.exact is None
