import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from harmattan.models.counts import HurdleRegressor, NegativeBinomialRegressor, ridge_glm


@parametrize_with_checks([NegativeBinomialRegressor(), HurdleRegressor()])
def test_the_projects_estimators_follow_scikit_learn(estimator: object, check: object) -> None:
    check(estimator)  # type: ignore[operator]


def world(seed: int = 1, rows: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 2))
    mean = np.exp(0.3 + x @ [0.8, -0.4])
    return x, rng.negative_binomial(1 / 0.5, 1 / (1 + 0.5 * mean)), mean


def test_negative_binomial_regression_finds_the_truth() -> None:
    x, y, mean = world()
    fitted = NegativeBinomialRegressor(ridge=1e-6).fit(x, y)
    assert fitted.dispersion_ == pytest.approx(0.5, abs=0.1)
    assert np.corrcoef(np.log(fitted.predict(x)), np.log(mean))[0, 1] > 0.99


def test_without_a_ridge_it_is_the_glm_of_statsmodels() -> None:
    x, y, _ = world()
    exog = sm.add_constant(x)
    family = sm.families.NegativeBinomial(alpha=0.5)
    np.testing.assert_allclose(ridge_glm(exog, y, family, 0.0), sm.GLM(y, exog, family=family).fit().params, atol=2e-3)


def test_with_a_ridge_it_is_the_logistic_regression_of_scikit_learn() -> None:
    x, y, _ = world()
    happened = (y > 0).astype(float)
    ours = ridge_glm(sm.add_constant(x), happened, sm.families.Binomial(), 0.05)
    theirs = LogisticRegression(C=1 / (0.05 * len(y)), tol=1e-9).fit(x, happened)
    np.testing.assert_allclose(ours[1:], theirs.coef_[0], atol=2e-3)


@pytest.mark.parametrize("kind", [NegativeBinomialRegressor, HurdleRegressor])
def test_quantiles_rise_and_average_to_the_mean(kind: type) -> None:
    x, y, _ = world()
    fitted = kind(ridge=1e-4).fit(x, y)
    levels = (np.arange(2000) + 0.5) / 2000
    draws = fitted.predict_quantiles(x[:50], levels)
    assert (np.diff(draws, axis=0) >= 0).all()
    np.testing.assert_allclose(draws.mean(axis=0), fitted.predict(x[:50]), rtol=0.03, atol=0.03)


@pytest.mark.parametrize("kind", [NegativeBinomialRegressor, HurdleRegressor])
def test_the_mean_is_held_to_the_largest_count_seen(kind: type) -> None:
    x, y, _ = world()
    assert kind().fit(x, y).predict([[50.0, -50.0]])[0] <= y.max() + 1


@pytest.mark.parametrize("kind", [NegativeBinomialRegressor, HurdleRegressor])
def test_negative_counts_are_refused(kind: type) -> None:
    with pytest.raises(ValueError, match="counts must be zero or more; got -1"):
        kind().fit([[0.0], [1.0]], [0, -1])
