"""Tests of whole maps: uniform where the forecast is true, and able to see each kind of fault."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from harmattan.scores.consistency import (
    Quantile,
    conditional_likelihood_test,
    information_gain,
    negative_binomial_number_test,
    number_test,
    rates,
    spatial_test,
)

Test = Callable[[Any, Any], Quantile | None]
TESTS: dict[str, Test] = {
    "number": number_test,
    "negative binomial number": negative_binomial_number_test,
    "spatial": spatial_test,
    "conditional likelihood": conditional_likelihood_test,
}
MEANS = np.array([[0.2, 0.5, 1, 2, 4, 0.1], [0.3, 0.5, 1, 3, 5, 0.1]])


def world(rng: np.random.Generator, count: int, means: npt.NDArray[np.float64] = MEANS) -> npt.NDArray[np.int64]:
    """Two months of six regions that share luck and come in clusters."""
    shared = rng.gamma(2.0, 0.5, (count, 1, 1))
    own = rng.gamma(1.0, 1.0, (count, *means.shape))
    return rng.poisson(shared * own * means)


def places(test: Test, observed: npt.NDArray[np.int64], draws: npt.NDArray[np.int64]) -> list[float]:
    rng = np.random.default_rng(1)
    found = [test(each, draws) for each in observed]
    return [each.uniform(rng) for each in found if each is not None]


@pytest.mark.parametrize("name", list(TESTS))
def test_a_true_forecast_gives_uniform_quantiles(name: str) -> None:
    rng = np.random.default_rng(2)
    found = places(TESTS[name], world(rng, 400), world(rng, 2000))
    assert stats.kstest(found, "uniform").pvalue > 0.01
    assert np.mean(np.array(found) < 0.05) == pytest.approx(0.05, abs=0.03)


@pytest.mark.parametrize(
    ("name", "wrong", "seen"),
    [
        ("number", MEANS * 8, True),
        ("negative binomial number", MEANS * 8, True),
        ("spatial", MEANS * 3, False),
        ("spatial", MEANS[:, ::-1], True),
        ("number", MEANS[:, ::-1], False),
        ("conditional likelihood", MEANS[:, ::-1], True),
        ("conditional likelihood", MEANS * 3, False),
    ],
)
def test_each_test_sees_its_own_fault(name: str, wrong: npt.NDArray[np.float64], seen: bool) -> None:
    rng = np.random.default_rng(3)
    found = places(TESTS[name], world(rng, 120), world(rng, 1000, wrong))
    rejected = np.mean(np.array(found) < 0.05)
    assert rejected > 0.25 if seen else rejected < 0.15


def test_the_number_test_is_two_sided_and_the_smooth_one_goes_beyond_the_draws() -> None:
    draws = world(np.random.default_rng(1), 1000)
    much = np.full((2, 6), 1000)
    assert number_test(much, draws).high == 0
    assert 0 < negative_binomial_number_test(np.full((2, 6), 20), draws).high < 0.01
    none = number_test(np.zeros((2, 6)), draws)
    assert none.below == 0
    assert none.upto == (draws.sum(axis=(1, 2)) == 0).mean()


def test_totals_that_vary_little_are_compared_with_a_poisson_law() -> None:
    found = negative_binomial_number_test([[7]], np.full((10, 1, 1), 5))
    assert found.upto == pytest.approx(stats.poisson(5).cdf(7))


def test_without_attacks_there_is_nothing_to_say_of_places() -> None:
    draws = world(np.random.default_rng(1), 200)
    assert spatial_test(np.zeros((2, 6)), draws) is None
    assert conditional_likelihood_test(np.ones((2, 6)), np.zeros((200, 2, 6))) is None


def test_expected_counts_are_never_zero() -> None:
    assert (rates(np.zeros((100, 3))) > 0).all()
    draws = world(np.random.default_rng(1), 4000)
    np.testing.assert_allclose(rates(draws), draws.mean(axis=0), atol=1e-3)


def test_the_gain_is_signed_covers_the_truth_and_vanishes_against_itself() -> None:
    rng = np.random.default_rng(5)
    truth, flat = np.linspace(0.05, 0.8, 120), np.full(120, 0.4)
    expected = float((truth * np.log(truth / flat)).sum() - truth.sum() + flat.sum()) / float(truth.sum())
    covered = []
    for _ in range(400):
        found = information_gain(rng.poisson(truth), truth, flat)
        covered.append(found.lower <= expected <= found.upper)
    assert np.mean(covered) == pytest.approx(0.95, abs=0.03)
    seen = rng.poisson(truth)
    forward, backward = information_gain(seen, truth, flat), information_gain(seen, flat, truth)
    assert forward.mean == pytest.approx(-backward.mean)
    assert forward.p_signs == pytest.approx(backward.p_signs)
    same = information_gain(seen, flat, flat)
    assert (same.mean, same.p, same.p_signs) == (0, 1, 1)


def test_messages() -> None:
    with pytest.raises(ValueError, match="a conditional test needs at least 100 draws; got 5"):
        spatial_test([[1]], np.ones((5, 1, 1)))
    with pytest.raises(ValueError, match="a variance needs at least 2 draws; got 1"):
        negative_binomial_number_test([[1]], [[[1]]])
    with pytest.raises(ValueError, match=r"draws must have the shape \(draw, 1 rows, 1 regions\); got \(2, 1\)"):
        number_test([[1]], [[1], [2]])
    with pytest.raises(ValueError, match="expected counts must be above 0 in every cell"):
        information_gain([1, 2], [0, 1], [1, 1])
    with pytest.raises(ValueError, match="observed counts must be whole and not negative"):
        information_gain([1.5, 2], [1, 1], [1, 1])
    with pytest.raises(ValueError, match="a gain per attack needs at least 2 attacks; got 1"):
        information_gain([1, 0], [1, 1], [1, 1])
