"""Laws that every score of the catalogue must keep."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import scoringrules
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harmattan.scores.catalogue import MAP_SCORES, ROW_SCORES, SCORES, map_scores, row_scores
from harmattan.scores.counting import WIDEST_COUNTED
from harmattan.scores.intervals import interval_score, quantile_score, weighted_interval_score
from harmattan.scores.joint import energy_score, variogram_score
from harmattan.scores.proper import count_log_score, crps, ign, threshold_weighted_crps

Array = npt.NDArray[Any]
OF_DRAWS = [name for name, each in SCORES.items() if each.takes != "probability"]
COUNTS = hnp.arrays(
    np.int64, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=30), elements=st.integers(0, 60)
)


def inputs(name: str, rng: np.random.Generator, rows: int = 6, draws: int = 40) -> tuple[Array, Array]:
    """Outcomes and forecasts of the kind a score takes."""
    takes = SCORES[name].takes
    if takes == "probability":
        return rng.random(rows) < 0.4, rng.uniform(0.05, 0.95, rows)
    shape = (rows,) if takes == "draws" else (rows, 4)
    return rng.negative_binomial(0.8, 0.2, shape), rng.negative_binomial(0.8, 0.2, (draws, *shape))


def test_the_catalogue_names_what_rows_and_maps_hold() -> None:
    assert set(ROW_SCORES) | set(MAP_SCORES) == set(SCORES)
    assert {SCORES[name].takes for name in MAP_SCORES} == {"maps"}


def test_rows_and_maps_are_scored_by_name() -> None:
    rng = np.random.default_rng(2)
    observed, draws = inputs("crps", rng)
    chances = rng.uniform(0.1, 0.9, len(observed))
    found = row_scores(observed, draws, chances)
    assert tuple(found) == ROW_SCORES
    for name, values in found.items():
        forecast = chances if SCORES[name].takes == "probability" else draws
        happened = observed > 0 if SCORES[name].takes == "probability" else observed
        np.testing.assert_array_equal(values, SCORES[name](happened, forecast))
    assert tuple(map_scores(*inputs("energy_score", rng))) == MAP_SCORES
    with pytest.raises(
        ValueError, match=r"no score is called 'crp' \(did you mean 'crps'\?\); known: log_score, brier"
    ):
        row_scores(observed, draws, chances, ["crp"])
    with pytest.raises(ValueError, match="outcomes must be known; row 0 is NaN"):
        row_scores([np.nan], [[1.0]], [0.5], ["brier"])


# Each alternative is a fault that forecasts have: too low, too high, too narrow, too wide.
def worlds(rng: np.random.Generator, shape: tuple[int, ...], fault: str) -> Array:
    """Counts of a clustered world, or of one that a faulty forecaster believes in."""
    mean, size = {"true": (6, 1.5), "low": (3, 1.5), "high": (10, 1.5), "narrow": (6, 15), "wide": (6, 0.4)}[fault]
    return rng.negative_binomial(size, size / (size + mean), shape)


@pytest.mark.parametrize("fault", ["low", "high", "narrow", "wide"])
@pytest.mark.parametrize("name", [n for n in ROW_SCORES if SCORES[n].takes == "draws"])
def test_the_true_distribution_has_the_lowest_expected_score(name: str, fault: str) -> None:
    rng = np.random.default_rng(3)
    observed = worlds(rng, (20_000,), "true")
    score, n = SCORES[name], len(observed)
    forecasts = {each: worlds(rng, (2000,), each) for each in ("true", fault)}
    values, place = np.unique(observed, return_inverse=True)
    means = {
        each: score(values, np.repeat(draws[:, None], len(values), axis=1))[place].sum() / n
        for each, draws in forecasts.items()
    }
    assert means["true"] < means[fault]


@pytest.mark.parametrize("name", [n for n in SCORES if SCORES[n].takes == "probability"])
@pytest.mark.parametrize("truth", [0.05, 0.4, 0.9])
def test_the_true_probability_has_the_lowest_expected_score(name: str, truth: float) -> None:
    chances, score = np.linspace(0.01, 0.99, 99), SCORES[name]
    expected = truth * score(np.ones(99), chances) + (1 - truth) * score(np.zeros(99), chances)
    assert chances[expected.argmin()] == pytest.approx(truth, abs=0.011)


def maps(rng: np.random.Generator, count: int, fault: str) -> Array:
    """Maps of five regions that share a month's luck; the faults miss the level, the size or the dependence."""
    shared = rng.gamma(1.0, 1.0, (count, 1)) if fault != "independent" else rng.gamma(1.0, 1.0, (count, 5))
    means = np.array([0.5, 1, 2, 4, 8]) * {"true": 1.0, "independent": 1.0, "low": 0.5, "high": 1.8}[fault]
    return rng.poisson(shared * means)


@pytest.mark.parametrize("fault", ["low", "high", "independent"])
@pytest.mark.parametrize("name", MAP_SCORES)
def test_the_true_map_has_the_lowest_expected_score(name: str, fault: str) -> None:
    rng = np.random.default_rng(5)
    observed = maps(rng, 1500, "true")
    means = {
        each: SCORES[name](observed, np.repeat(maps(rng, 200, each)[:, None], len(observed), axis=1)).mean()
        for each in ("true", fault)
    }
    assert means["true"] < means[fault]


@pytest.mark.parametrize("name", OF_DRAWS)
def test_order_and_repetition_of_draws_matter_only_where_said(name: str) -> None:
    rng = np.random.default_rng(7)
    score, (observed, draws) = SCORES[name], inputs(name, rng, draws=13)
    plain = score(observed, draws)
    assert np.allclose(score(observed, draws[rng.permutation(len(draws))]), plain) == score.any_order
    assert np.allclose(score(observed, np.concatenate([draws, draws])), plain) == score.any_number


@pytest.mark.parametrize("name", OF_DRAWS)
@pytest.mark.parametrize("value", [0, 3, 400])
def test_a_certain_hit_has_the_best_value(name: str, value: int) -> None:
    rng = np.random.default_rng(8)
    score, (observed, draws) = SCORES[name], inputs(name, rng, draws=1000)
    observed = np.full_like(observed, value)
    best = score(observed, np.broadcast_to(observed, draws.shape))
    assert (best <= score(observed, draws) + 1e-12).all()
    assert (best >= 0).all()
    assert best.max() <= (1e-12 if score.zero_at_best else 0.02)


@pytest.mark.parametrize("name", [n for n in SCORES if SCORES[n].takes == "probability"])
def test_the_surer_of_two_right_forecasts_has_the_better_value(name: str) -> None:
    values = SCORES[name](np.ones(4), [0.2, 0.6, 0.9, 1 - 1e-12])
    assert (np.diff(values) < 0).all()
    assert values[-1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("name", list(SCORES))
def test_each_row_is_scored_alone(name: str) -> None:
    observed, forecast = inputs(name, np.random.default_rng(9), rows=300)
    whole = SCORES[name](observed, forecast)
    chosen = [0, 5, 131, 299]
    part = forecast[chosen] if SCORES[name].takes == "probability" else forecast[:, chosen]
    assert whole.shape == (300,)
    np.testing.assert_allclose(SCORES[name](observed[chosen], part), whole[chosen])


@pytest.mark.parametrize("name", list(SCORES))
def test_unknown_values_are_refused(name: str) -> None:
    observed, forecast = (each.astype(float) for each in inputs(name, np.random.default_rng(1)))
    for which in (0, 1):
        holed = [observed.copy(), forecast.copy()]
        holed[which][(0,) * holed[which].ndim] = np.nan
        with pytest.raises(ValueError, match="must be known; row 0 is NaN"):
            SCORES[name](*holed)


@pytest.mark.parametrize("name", list(SCORES))
def test_shapes_that_do_not_fit_are_refused(name: str) -> None:
    observed, forecast = inputs(name, np.random.default_rng(1))
    with pytest.raises(ValueError, match=r"shape"):
        SCORES[name](observed[:-1], forecast)
    if SCORES[name].takes != "probability":
        with pytest.raises(ValueError, match=r"shape"):
            SCORES[name](observed, forecast[0])
        with pytest.raises(ValueError, match=r"shape"):
            SCORES[name](observed, forecast[:0])


@pytest.mark.parametrize("name", list(SCORES))
def test_no_rows_give_no_scores(name: str) -> None:
    observed, forecast = inputs(name, np.random.default_rng(1))
    part = forecast[:0] if SCORES[name].takes == "probability" else forecast[:, :0]
    assert SCORES[name](observed[:0], part).shape == (0,)


def pairwise(observed: Array, draws: Array) -> Array:
    """The definition, in whole numbers up to the last division."""
    m = len(draws)
    apart = np.abs(draws[:, None] - draws[None, :]).sum(axis=(0, 1))
    return np.asarray((2 * m * np.abs(draws - observed).sum(axis=0) - apart) / (2 * m * m))


@settings(deadline=None, max_examples=50)
@given(COUNTS, st.data())
def test_counted_crps_is_exactly_that_of_all_pairs(draws: Array, data: st.DataObject) -> None:
    observed = data.draw(hnp.arrays(np.int64, draws.shape[1], elements=st.integers(0, 90)))
    assert (crps(observed, draws) == pairwise(observed, draws)).all()
    assert (crps(observed.astype(float), draws.astype(np.int32)) == pairwise(observed, draws)).all()


def test_wide_negative_and_fractional_draws_are_sorted_to_the_same_value() -> None:
    rng = np.random.default_rng(2)
    draws, observed = rng.poisson(3, (50, 300)), rng.poisson(3, 300)
    draws[7, 140] = 50 * WIDEST_COUNTED + 1
    np.testing.assert_allclose(crps(observed, draws), pairwise(observed, draws))
    np.testing.assert_allclose(crps(observed - 5, draws - 5), pairwise(observed, draws))
    np.testing.assert_allclose(crps(observed / 4, draws / 4), pairwise(observed, draws) / 4)


@settings(deadline=None, max_examples=50)
@given(COUNTS, st.integers(1, 12))
def test_threshold_weighting_leaves_the_sum_of_upper_brier_scores(draws: Array, at_least: int) -> None:
    observed = draws[0] + np.arange(draws.shape[1]) % 5
    upper = [
        ((draws >= k).mean(axis=0) - (observed >= k)) ** 2
        for k in range(at_least, int(max(draws.max(), observed.max())) + 2)
    ]
    found = threshold_weighted_crps(observed, draws, at_least)
    np.testing.assert_allclose(found, np.sum(upper, axis=0), atol=1e-12)
    same = scoringrules.twcrps_ensemble(
        observed.astype(float), draws.T.astype(float), a=float(at_least - 1), estimator="nrg"
    )
    np.testing.assert_allclose(found, same, atol=1e-9)


def test_map_scores_are_those_of_scoringrules() -> None:
    observed, draws = inputs("energy_score", np.random.default_rng(4))
    y, x = observed.astype(float), draws.astype(float)
    np.testing.assert_allclose(energy_score(y, x), scoringrules.es_ensemble(y, x, m_axis=0))
    weights = np.random.default_rng(1).random((4, 4))
    np.testing.assert_allclose(
        variogram_score(y, x, order=1.0, weights=weights), scoringrules.vs_ensemble(y, x, weights, m_axis=0, p=1.0)
    )


def test_many_quantiles_make_the_interval_score_near_the_crps() -> None:
    observed, draws = inputs("wis", np.random.default_rng(3), rows=200, draws=1000)
    near = weighted_interval_score(observed, draws, [k / 100 for k in range(1, 100)])
    np.testing.assert_allclose(near, crps(observed, draws), rtol=0.02, atol=0.05)


def test_interval_and_quantile_scores_agree() -> None:
    rng = np.random.default_rng(6)
    observed, lower = rng.poisson(4, 50), rng.poisson(2, 50)
    upper = lower + rng.poisson(4, 50)
    pair = quantile_score(observed, lower, 0.05) + quantile_score(observed, upper, 0.95)
    np.testing.assert_allclose(interval_score(observed, lower, upper, 0.9), pair * 2 / 0.1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ign([1], [[-1]]), "counts must not be negative; the smallest is -1"),
        (lambda: count_log_score([1.5], [[1]]), "observed counts must be whole and not negative; got 1.5"),
        (lambda: count_log_score([1], [[-2]]), "draws must be whole and not negative; got -2"),
        (lambda: threshold_weighted_crps([1], [[1]], 0), "at_least must be a count of 1 or more; got 0"),
        (lambda: interval_score([1], [3], [2]), "lower must not exceed upper; row 0 has 3 and 2"),
        (lambda: interval_score([1], [1], [2], 1.0), "level must lie strictly between 0 and 1; got 1"),
        (lambda: weighted_interval_score([1], [[1]], []), "needs at least one level"),
        (lambda: variogram_score([[1]], [[[1]]], order=0), "order must be above 0; got 0"),
        (lambda: variogram_score([[1]], [[[1]]], weights=[[-1]]), "weights must be 1 x 1 numbers, none negative"),
        (lambda: quantile_score([1], [1, 2], 0.5), r"quantile must have the shape of the observed counts, \(1,\)"),
        (lambda: crps(["a"], [["b"]]), "observed counts must be numbers; got <U1"),
    ],
)
def test_messages(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("year", [2018, 2022])
def test_the_official_scores_of_the_views_challenge_are_reproduced(shared: Any, year: int) -> None:
    bench = shared / "data" / "bench" / "views_challenge" / str(year)
    actual = pd.read_parquet(bench / "actuals.parquet")["outcome"]
    forecast = pd.read_parquet(bench / "forecast_conflictology.parquet")["outcome"].unstack("draw").loc[actual.index]
    for name in ("crps", "ign", "mis"):
        official = pd.read_csv(bench / f"scores_conflictology_{name}.csv.gz").set_index(["month_id", "country_id"])
        found = SCORES[name](actual.to_numpy(), forecast.to_numpy().T)
        np.testing.assert_allclose(found, official["value"].loc[actual.index], rtol=0, atol=1e-6, err_msg=name)
