"""Count regressions of statsmodels as scikit-learn estimators that predict whole distributions."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import statsmodels.api as sm
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data
from statsmodels.genmod.families.links import Log
from statsmodels.tools.sm_exceptions import ConvergenceWarning

from harmattan.models.marginal import from_probabilities, moment_dispersion, negative_binomial

Floats = npt.NDArray[np.float64]
LARGEST_LOG_MEAN = 7.0


class _CountRegressor(RegressorMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """What both count regressions share: validation, scaling and tags."""

    def __init__(self, *, ridge: float = 0.1) -> None:
        self.ridge = ridge

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Self:
        """Fit by penalised likelihood.

        Parameters
        ----------
        X
            Features, shape (row, feature).
        y
            Counts, not negative, shape (row,).

        Raises
        ------
        ValueError
            If a count is negative.
        """
        x, counts = validate_data(self, X, y, y_numeric=True, dtype=np.float64)
        if counts.min() < 0:
            raise ValueError(f"Negative values in data passed to y: counts must be zero or more; got {counts.min():g}")
        self.center_, spread = x.mean(axis=0), x.std(axis=0)
        self.scale_ = np.where(spread > 1e-12, spread, 1.0)
        self.largest_ = float(max(counts.max(), 1.0))
        self._fit(self._exog(x), np.asarray(counts, dtype=np.float64))
        return self

    @abstractmethod
    def _fit(self, exog: Floats, counts: Floats) -> None:
        """Estimate the coefficients."""

    def _exog(self, x: Floats) -> Floats:
        return np.asarray(np.column_stack([np.ones(len(x)), (x - self.center_) / self.scale_]))

    def _read(self, X: npt.ArrayLike) -> Floats:
        check_is_fitted(self)
        return self._exog(validate_data(self, X, reset=False, dtype=np.float64))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        tags.regressor_tags.poor_score = True
        return tags


class NegativeBinomialRegressor(_CountRegressor):
    """Log-linear negative binomial regression: mean μ = exp(xβ), variance μ + ψ μ².

    β maximises the likelihood of a statsmodels GLM less a ridge penalty; ψ is estimated by moments from a Poisson
    fit. Means are held to the largest count seen in training, beyond which a log-linear mean is no more than
    extrapolation.

    Parameters
    ----------
    ridge
        Penalty on the squared standardised coefficients, per row.

    Examples
    --------
    >>> x = np.arange(40.0)[:, None] % 5
    >>> NegativeBinomialRegressor().fit(x, x.ravel().round()).predict([[0.0], [4.0]]).round(1)
    array([0.5, 4. ])
    """

    def _fit(self, exog: Floats, counts: Floats) -> None:
        first = ridge_glm(exog, counts, sm.families.Poisson(), self.ridge)
        self.dispersion_ = moment_dispersion(counts, _mean(exog, first))
        family = sm.families.NegativeBinomial(link=Log(), alpha=max(self.dispersion_, 1e-6))
        self.coef_ = ridge_glm(exog, counts, family, self.ridge)

    def predict(self, X: npt.ArrayLike) -> Floats:
        """Return the mean, shape (row,)."""
        return np.minimum(_mean(self._read(X), self.coef_), self.largest_)

    def predict_quantiles(self, X: npt.ArrayLike, levels: Floats) -> npt.NDArray[np.int32]:
        """Return quantiles at evenly spaced levels, shape (level, row)."""
        return negative_binomial(self.predict(X), self.dispersion_, len(levels))


class HurdleRegressor(_CountRegressor):
    """Occurrence by logistic regression, and sizes above one by negative binomial regression of ``y - 1``.

    The mean size is held to the largest count seen in training.

    Parameters
    ----------
    ridge
        Penalty on the squared standardised coefficients, per row, in both parts.
    """

    def _fit(self, exog: Floats, counts: Floats) -> None:
        happened = counts > 0
        self.occurrence_ = ridge_glm(exog, happened.astype(np.float64), sm.families.Binomial(), self.ridge)
        self.coef_, self.dispersion_ = np.zeros(exog.shape[1]), 0.0
        self.coef_[0] = -LARGEST_LOG_MEAN
        more = counts[happened] - 1
        if more.sum() > 0:
            first = ridge_glm(exog[happened], more, sm.families.Poisson(), self.ridge)
            self.dispersion_ = moment_dispersion(more, _mean(exog[happened], first))
            family = sm.families.NegativeBinomial(link=Log(), alpha=max(self.dispersion_, 1e-6))
            self.coef_ = ridge_glm(exog[happened], more, family, self.ridge)

    def predict(self, X: npt.ArrayLike) -> Floats:
        """Return the mean, shape (row,)."""
        exog = self._read(X)
        return self._occurrence(exog) * (1 + self._more(exog))

    def predict_quantiles(self, X: npt.ArrayLike, levels: Floats) -> npt.NDArray[np.int32]:
        """Return quantiles at evenly spaced levels, shape (level, row)."""
        exog = self._read(X)
        sizes = 1 + negative_binomial(self._more(exog), self.dispersion_, len(levels))
        chance = self._occurrence(exog)
        rows = []
        for column, p in enumerate(chance):
            values, times = np.unique(sizes[:, column], return_counts=True)
            weights = np.concatenate([[1 - p], p * times / len(levels)])[None, :]
            rows.append(from_probabilities(np.concatenate([[0], values]).astype(np.int32), weights, len(levels)))
        return np.concatenate(rows, axis=1)

    def _more(self, exog: Floats) -> Floats:
        return np.minimum(_mean(exog, self.coef_), self.largest_)

    def _occurrence(self, exog: Floats) -> Floats:
        return np.asarray(1 / (1 + np.exp(-np.clip(exog @ self.occurrence_, -30, 30))))


def ridge_glm(exog: Floats, counts: Floats, family: Any, ridge: float) -> Floats:
    """Maximise a statsmodels GLM's mean log-likelihood less ``ridge / 2 * Σ β²``, the intercept free of it.

    The ridge keeps coefficients finite where a feature separates quiet from active rows, as happens in short panels.

    Returns
    -------
    numpy.ndarray
        Coefficients, shape (1 + feature,).
    """
    penalty = np.full(exog.shape[1], ridge)
    penalty[0] = 0.0
    start = np.zeros(exog.shape[1])
    start[0] = family.link(
        np.clip(np.mean(counts), 1e-3, 1 - 1e-3 if isinstance(family, sm.families.Binomial) else None)
    )
    model = sm.GLM(counts, exog, family=family)
    with warnings.catch_warnings():
        # It warns when the gradient of the mean log-likelihood is above 1e-5, far finer than a forecast needs.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return np.asarray(model.fit_regularized(alpha=penalty, L1_wt=0, start_params=start).params)


def _mean(exog: Floats, beta: Floats) -> Floats:
    return np.asarray(np.exp(np.clip(exog @ beta, -3 * LARGEST_LOG_MEAN, LARGEST_LOG_MEAN)))
