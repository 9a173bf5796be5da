"""Any scikit-learn estimator as a forecaster: one direct fit per horizon on the features of a panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, clone, is_classifier

from harmattan.features import SETS, Feature, columns, design
from harmattan.forecast import Draws, Forecast, event_probability
from harmattan.models.dependence import setting
from harmattan.models.marginal import hurdle, levels, moment_dispersion, negative_binomial
from harmattan.models.sizes import Sizes, recorded_sizes
from harmattan.named import find
from harmattan.panel import Panel


class Direct:
    """Forecast every horizon directly from the features at the origin.

    For horizon h the estimator learns from all pairs (features of month s, count of month s + h) that lie in the panel.

    - A classifier learns P(at least one); sizes given an attack are those on record (`harmattan.models.sizes`).
    - An estimator with ``predict_quantiles(X, levels)`` gives the whole distribution itself.
    - Any other regressor gives the mean of a negative binomial whose dispersion is that of its training residuals.

    Parameters
    ----------
    estimator
        A scikit-learn estimator; it is cloned, never fitted itself. Give it a ``random_state``.
    features
        Features to use, or the name of a set in `harmattan.features.SETS`.
    months
        Learn from the newest so many origins only; all if None.
    measure
        Which measure to forecast.
    """

    def __init__(
        self,
        estimator: BaseEstimator,
        *,
        features: Sequence[Feature] | str = "compact",
        months: int | None = None,
        measure: str = "attacks",
    ) -> None:
        self.estimator = estimator
        self.features = features
        self.months = months
        self.measure = measure

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        """Fit one estimator per horizon.

        Raises
        ------
        ValueError
            If no pair of complete features and a known count is left to learn from, or the features at the origin
            have a hole.
        """
        chosen = _chosen(self.features, panel)
        values = design(panel, chosen)
        self.setting_ = setting(panel, horizons, self.measure)
        self.columns_ = tuple(columns(chosen))
        self.sizes_ = [recorded_sizes(panel, self.measure, horizon) for horizon in horizons]
        self.now_ = values[-1]
        check_known(self.now_, self.columns_, panel)
        counts = panel.measures[self.measure].to_numpy()
        self.fits_ = [self._fit_one(values, counts, horizon) for horizon in horizons]
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        """Return joint draws: each horizon's distribution, ordered by recorded paths."""
        pairs = zip(self.fits_, self.sizes_, strict=True)
        return self.setting_.joint(np.stack([self._draw(fit, sizes, draws) for fit, sizes in pairs], axis=1), rng)

    def _fit_one(
        self, values: npt.NDArray[np.float32], counts: npt.NDArray[np.float32], horizon: int
    ) -> dict[str, Any]:
        x, y = training_pairs(values, counts, horizon, self.months)
        if not len(y):
            raise ValueError(
                f"nothing to learn from for horizon {horizon}: {len(counts)} months hold none with complete features "
                f"{horizon} months before a known count; use a longer panel, shorter windows or shorter horizons"
            )
        happened = y > 0
        if not happened.any() or (is_classifier(self.estimator) and happened.all()):
            return {"constant": event_probability(happened.sum(), len(happened))}
        if is_classifier(self.estimator):
            return {"estimator": clone(self.estimator).fit(x, happened)}
        fitted = clone(self.estimator).fit(x, y)
        if hasattr(fitted, "predict_quantiles"):
            return {"estimator": fitted}
        return {"estimator": fitted, "dispersion": moment_dispersion(y, np.maximum(fitted.predict(x), 1e-9))}

    def _draw(self, fit: dict[str, Any], sizes: Sizes, draws: int) -> Draws:
        estimator = fit.get("estimator")
        if estimator is None or is_classifier(estimator):
            chance = (
                np.full(len(self.now_), fit["constant"])
                if estimator is None
                else estimator.predict_proba(self.now_)[:, 1]
            )
            return hurdle(np.asarray(chance, dtype=np.float64), sizes.values, sizes.weights, draws)
        if hasattr(estimator, "predict_quantiles"):
            return np.asarray(estimator.predict_quantiles(self.now_, levels(draws)), dtype=np.int32)
        return negative_binomial(np.asarray(estimator.predict(self.now_), dtype=np.float64), fit["dispersion"], draws)


def _chosen(features: Sequence[Feature] | str, panel: Panel) -> tuple[Feature, ...]:
    if isinstance(features, str):
        return find(features, SETS, what="set of features")(panel)
    return tuple(features)


def training_pairs(
    values: npt.NDArray[np.float32], counts: npt.NDArray[np.float32], horizon: int, months: int | None = None
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
    """Return features of month s and counts of month s + horizon, for every region and s whose both are known.

    Parameters
    ----------
    values
        Features, shape (month, region, feature).
    counts
        Shape (month, region).
    horizon
        Months between the two, at least 1.
    months
        The newest so many s only.
    """
    first = 0 if months is None else max(len(counts) - horizon - months, 0)
    x = values[first : len(counts) - horizon].reshape(-1, values.shape[-1])
    y = counts[first + horizon :].ravel().astype(np.float64)
    known = ~np.isnan(x).any(axis=1) & ~np.isnan(y)
    return x[known], y[known]


def check_known(now: npt.NDArray[np.float32], names: tuple[str, ...], panel: Panel) -> None:
    """Refuse features at the origin, shape (region, feature), that have a hole; the message names the first."""
    holes = np.argwhere(np.isnan(now))
    if len(holes):
        region, column = holes[0]
        raise ValueError(
            f"every feature must be known at the origin {panel.origin}; {names[column]} of "
            f"{panel.regions.table.index[region]} is not: its window is not covered by the panel"
        )
