"""Which of a few bins the count falls in, by boosting; where within the bin, by what is on record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier

from harmattan.features import Feature
from harmattan.forecast import Forecast
from harmattan.models.decayed import decayed_weights
from harmattan.models.dependence import setting
from harmattan.models.marginal import from_probabilities
from harmattan.models.pairs import Pairs, pairs
from harmattan.panel import Panel

UPPER = (0, 2, 5, 10, 25, 50, 100, 250, 500, 1000)
ELSEWHERE = 1.0


class Binned:
    """One multiclass boosting for all horizons, on bins that widen with the count, as heavy tails ask for.

    Within a bin a count is one of those on record in it: the region's own, decayed, and those of all regions, which
    together weigh as much as one new value of its own.

    Parameters
    ----------
    upper
        Largest count of each bin but the last, ascending; by default the bins of the VIEWS challenge.
    features, months
        As in `harmattan.models.pairs.pairs`.
    half_life
        Months after which a value of the region's own weighs half.
    rounds, rate, leaves, fewest, ridge, share
        Of the boosting: iterations, learning rate, leaves of a tree, fewest rows in a leaf, L2 penalty, and share of
        the features tried at a split.
    seed
        Decides which horizon each past month is paired with and which features are tried.
    measure
        Which measure to forecast.
    """

    def __init__(
        self,
        *,
        upper: Sequence[int] = UPPER,
        features: Sequence[Feature] | None = None,
        months: int | None = None,
        half_life: float = 12,
        rounds: int = 70,
        rate: float = 0.07,
        leaves: int = 10,
        fewest: int = 60,
        ridge: float = 10.0,
        share: float = 0.4,
        seed: int = 1,
        measure: str = "attacks",
    ) -> None:
        self.upper = upper
        self.features = features
        self.months = months
        self.half_life = half_life
        self.rounds = rounds
        self.rate = rate
        self.leaves = leaves
        self.fewest = fewest
        self.ridge = ridge
        self.share = share
        self.seed = seed
        self.measure = measure

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        """Fit the boosting and keep what it says at the origin.

        Raises
        ------
        ValueError
            If the bins do not ascend from zero or more, or there is nothing to learn from.
        """
        edges = np.asarray(self.upper)
        if not len(edges) or edges[0] < 0 or (np.diff(edges) <= 0).any():
            raise ValueError(f"upper must be the largest counts of bins, 0 or more and ascending; got {self.upper}")
        self.setting_ = setting(panel, horizons, self.measure)
        taught = pairs(panel, self.measure, horizons, features=self.features, months=self.months, seed=self.seed)
        chances = self._chances(taught, np.searchsorted(edges, taught.y))
        wide = panel.measures[self.measure].to_numpy()
        self.values_, own = decayed_weights(wide, self.half_life)
        place = np.searchsorted(edges, self.values_)
        every = np.bincount(np.searchsorted(self.values_, wide[~np.isnan(wide)]), minlength=len(self.values_))
        inside = own + ELSEWHERE * every / np.bincount(place, every, minlength=len(edges) + 1)[place]
        member = place[:, None] == np.arange(len(edges) + 1)
        inside /= (inside @ member)[:, place]
        self.weights_ = chances[:, :, place] * inside
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        """Draws of every horizon's distribution, ordered by recorded paths."""
        each = [from_probabilities(self.values_, weights, draws) for weights in self.weights_]
        return self.setting_.joint(np.stack(each, axis=1), rng)

    def _chances(self, taught: Pairs, place: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
        """P(bin) at the origin, shape (horizon, region, bin)."""
        found = np.zeros((*taught.now.shape[:2], len(self.upper) + 1))
        seen = np.unique(place)
        if len(seen) == 1:
            found[:, :, seen[0]] = 1.0
            return found
        boosting = HistGradientBoostingClassifier(
            max_iter=self.rounds,
            learning_rate=self.rate,
            max_leaf_nodes=self.leaves,
            min_samples_leaf=self.fewest,
            l2_regularization=self.ridge,
            max_features=self.share,
            early_stopping=False,
            random_state=self.seed,
        ).fit(taught.x, place)
        said = boosting.predict_proba(taught.now.reshape(-1, taught.now.shape[-1]))
        found[:, :, seen] = said.reshape(*taught.now.shape[:2], -1)
        return found
