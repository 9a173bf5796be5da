"""Quantile forest: the counts that followed months like this one, as they were or relative to the recent level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from sklearn.ensemble import RandomForestRegressor

from harmattan.features import Feature
from harmattan.features.history import decay
from harmattan.forecast import Forecast
from harmattan.models.dependence import setting
from harmattan.models.marginal import from_probabilities
from harmattan.models.pairs import Pairs, pairs
from harmattan.panel import Panel

Floats = npt.NDArray[np.float64]
LARGEST = np.iinfo(np.int32).max
OFFSET = 0.3
STEP = 0.01


class QuantileForest:
    """Quantile regression forest for all horizons, on ``log((y + 0.3) / (m + 0.3))`` with m the recent level.

    A tree puts months into leaves; a forecast is what followed the past months that share the origin's leaves, each
    weighing one over the leaf's size, averaged over trees. With ``m = 0`` these are counts as they were; with the
    region's own decayed mean they are rises and falls, which carry over to levels not seen before.

    Parameters
    ----------
    half_life
        Months after which a value weighs half in m; None for m = 0.
    features, months
        As in `harmattan.models.pairs.pairs`.
    trees, fewest, share
        Of the forest: number of trees, fewest rows in a leaf, and share of the features tried at a split. A tree
        grows on half of the rows.
    seed
        Decides which horizon each past month is paired with, and which rows and features are tried.
    measure
        Which measure to forecast.

    References
    ----------
    Meinshausen 2006, https://jmlr.org/papers/v7/meinshausen06a.html
    """

    def __init__(
        self,
        *,
        half_life: float | None = None,
        features: Sequence[Feature] | None = None,
        months: int | None = None,
        trees: int = 60,
        fewest: int = 5,
        share: float = 0.35,
        seed: int = 1,
        measure: str = "attacks",
    ) -> None:
        self.half_life = half_life
        self.features = features
        self.months = months
        self.trees = trees
        self.fewest = fewest
        self.share = share
        self.seed = seed
        self.measure = measure

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        """Grow the forest and keep what it says at the origin.

        Raises
        ------
        ValueError
            If the half-life is not positive, or there is nothing to learn from.
        """
        if self.half_life is not None and not self.half_life > 0:
            raise ValueError(f"half_life must be a positive number of months, or None; got {self.half_life}")
        self.setting_ = setting(panel, horizons, self.measure)
        taught = pairs(panel, self.measure, horizons, features=self.features, months=self.months, seed=self.seed)
        level = self._level(panel)
        logs = np.log((taught.y + OFFSET) / (level[taught.month, taught.region] + OFFSET))
        known = ~np.isnan(logs)
        taught, logs = taught.only(known), logs[known]
        steps, place = np.unique(np.rint(logs / STEP), return_inverse=True)
        forest = RandomForestRegressor(
            self.trees,
            min_samples_leaf=self.fewest,
            max_features=self.share,
            max_samples=0.5,
            bootstrap=True,
            random_state=self.seed,
        ).fit(taught.x, logs)
        self.factors_ = np.exp(steps * STEP)
        self.weights_ = _weights(forest, taught, place.ravel(), len(steps))
        self.level_ = level[-1]
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        """Draws of every horizon's distribution, ordered by recorded paths."""
        steps = np.arange(len(self.factors_), dtype=np.int32)
        place = np.stack([from_probabilities(steps, weights, draws) for weights in self.weights_], axis=1)
        counts = np.rint(self.factors_[place] * (self.level_ + OFFSET) - OFFSET)
        return self.setting_.joint(np.clip(counts, 0, LARGEST).astype(np.int32), rng)

    def _level(self, panel: Panel) -> Floats:
        """The recent level m, shape (month, region); NaN where it is not known."""
        wide = panel.measures[self.measure]
        if self.half_life is None:
            return np.zeros(wide.shape)
        return decay(wide, self.half_life).to_numpy(dtype=np.float64)


def _weights(forest: RandomForestRegressor, taught: Pairs, place: npt.NDArray[np.intp], values: int) -> Floats:
    """Weight of each value at the origin, shape (horizon, region, value)."""
    now = taught.now.reshape(-1, taught.now.shape[-1])
    found = np.zeros((len(now), values))
    for tree in forest.estimators_:
        leaf, asked = tree.apply(taught.x), tree.apply(now)
        held = csr_array((np.ones(len(leaf)), (leaf, place)), shape=(tree.tree_.node_count, values))
        held.sum_duplicates()
        size = np.maximum(np.bincount(leaf, minlength=tree.tree_.node_count), 1)
        found += (held[asked] / size[asked][:, None]).toarray()
    return found.reshape(*taught.now.shape[:2], values)
