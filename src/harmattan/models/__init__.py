"""Models: everything that makes a `harmattan.forecast.Forecast` from a panel, by name in `MODELS`.

A forecaster has two methods. `fit` gets a panel already cut at its origin and the horizons wanted (direct models
fit one estimator per horizon); `forecast` draws the future.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, PoissonRegressor

from harmattan.forecast import Forecast
from harmattan.models import baselines
from harmattan.models.bins import Binned
from harmattan.models.combine import Pool
from harmattan.models.counts import HurdleRegressor, NegativeBinomialRegressor
from harmattan.models.decayed import Decayed
from harmattan.models.discounted import Discounted
from harmattan.models.endemic import Endemic
from harmattan.models.hazard import FirstAttack
from harmattan.models.learners import Direct
from harmattan.models.quantiles import QuantileForest
from harmattan.models.relative import relative_forest
from harmattan.models.selfexciting import SelfExciting
from harmattan.panel import Panel


class Forecaster(Protocol):
    """What a model must offer."""

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        """Learn from every month of the panel; its last month is the origin."""

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        """Return about `draws` joint draws for the fitted horizons."""


MODELS: dict[str, Callable[..., Forecaster]] = {
    "zero": baselines.Zero,
    "last": baselines.Last,
    "conflictology": baselines.Conflictology,
    "neighbours": baselines.NeighbourRate,
    "rate": baselines.OwnRate,
    "bootstrap": baselines.Bootstrap,
    "discounted": Discounted,
    "first_attack": FirstAttack,
    "selfexciting": SelfExciting,
    "endemic": Endemic,
    "decayed": Decayed,
    "bins": Binned,
    "quantile_forest": QuantileForest,
    "relative_forest": relative_forest,
    "direct": Direct,
    "pool": Pool,
}

ESTIMATORS: dict[str, type[BaseEstimator]] = {
    "logistic": LogisticRegression,
    "poisson": PoissonRegressor,
    "negative_binomial": NegativeBinomialRegressor,
    "hurdle": HurdleRegressor,
    "boosting": HistGradientBoostingClassifier,
    "boosting_counts": HistGradientBoostingRegressor,
    "forest": RandomForestClassifier,
    "forest_counts": RandomForestRegressor,
    "extra_trees": ExtraTreesClassifier,
}
