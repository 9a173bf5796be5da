"""Baselines that every forecast is compared with.

They are what a reader can do with a table and no model. Fitted baselines hold plain arrays only.
"""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

from harmattan.forecast import Forecast, event_probability
from harmattan.models.dependence import setting
from harmattan.models.marginal import from_probabilities, hurdle, negative_binomial
from harmattan.models.sizes import recorded_sizes
from harmattan.panel import Panel


class Zero:
    """Nothing will happen anywhere."""

    def __init__(self, *, measure: str = "attacks") -> None:
        self.measure = measure

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        """Remember the regions."""
        self.setting_ = setting(panel, horizons, self.measure)
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        """Draws of zero."""
        return self.setting_.joint(np.zeros((draws, len(self.setting_.regions)), dtype=np.int32), rng)


class Last:
    """Poisson with the region's last value as mean (the VIEWS benchmark ``last``)."""

    def __init__(self, *, measure: str = "attacks") -> None:
        self.measure = measure

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        """Remember the last month."""
        self.setting_ = setting(panel, horizons, self.measure)
        self.last_ = _newest(panel, self.measure, 1)[0].astype(np.float64)
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        """Poisson draws, the same for every horizon."""
        return self.setting_.joint(negative_binomial(self.last_, 0.0, draws), rng)


class Conflictology:
    """The region's last twelve values as equally likely draws, at every horizon.

    Draw j is the j-th of the last `months` months for the first horizon, the month after it for the second and so
    on, around the year, for all regions at once: it keeps what happened together. P(at least one) is ``(k + 1/4) /
    (months + 1/2)`` with k the months that had one.

    References
    ----------
    Hegre et al. 2024, https://arxiv.org/abs/2407.11045
    """

    def __init__(self, *, months: int = 12, measure: str = "attacks") -> None:
        self.months = months
        self.measure = measure

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        """Remember the last months."""
        self.setting_ = setting(panel, horizons, self.measure)
        self.recent_ = _newest(panel, self.measure, self.months)
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        """Exactly `months` draws, whatever is asked for: more would only repeat them."""
        ahead = np.asarray(self.setting_.horizons) - self.setting_.horizons[0]
        turn = np.arange(self.months)[:, None] + ahead[None, :]
        return self.setting_.forecast(self.recent_[turn % self.months])


class OwnRate:
    """P(at least one) from the region's own last twelve months, ``(k + 1/4) / 12.5``, with sizes on record."""

    def __init__(self, *, months: int = 12, measure: str = "attacks") -> None:
        self.months = months
        self.measure = measure

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        """Count the active months."""
        self.setting_ = setting(panel, horizons, self.measure)
        hits = (_newest(panel, self.measure, self.months) > 0).sum(axis=0)
        self.probability_ = event_probability(hits, self.months)
        self.sizes_ = recorded_sizes(panel, self.measure, 1)
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        """Hurdle draws, the same for every horizon."""
        return self.setting_.joint(hurdle(self.probability_, self.sizes_.values, self.sizes_.weights, draws), rng)


class NeighbourRate:
    """Own and adjacent regions' last twelve months, all counted alike: ``(k + 1/4) / (m + 1/2)`` of m region-months."""

    def __init__(self, *, months: int = 12, measure: str = "attacks") -> None:
        self.months = months
        self.measure = measure

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        """Count active months of the region and its neighbours."""
        self.setting_ = setting(panel, horizons, self.measure)
        links = panel.regions.neighbours.weights
        hits = (_newest(panel, self.measure, self.months) > 0).sum(axis=0).astype(np.float64)
        counted = self.months * (1 + np.asarray(links.sum(axis=1)).ravel())
        self.probability_ = (hits + links @ hits + 0.25) / (counted + 0.5)
        self.sizes_ = recorded_sizes(panel, self.measure, 1)
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        """Hurdle draws, the same for every horizon."""
        return self.setting_.joint(hurdle(self.probability_, self.sizes_.values, self.sizes_.weights, draws), rng)


class Bootstrap:
    """Values of all regions in the last 240 months (or as many as there are), the same for every region (VIEWS
    ``boot_240``)."""

    def __init__(self, *, months: int = 240, measure: str = "attacks") -> None:
        self.months = months
        self.measure = measure

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        """Count how often each value occurs."""
        self.setting_ = setting(panel, horizons, self.measure)
        recent = _newest(panel, self.measure, min(self.months, len(panel.months)))
        self.values_, times = np.unique(recent, return_counts=True)
        self.weights_ = times.astype(np.float64)[None, :]
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        """Draws of the common distribution."""
        one = from_probabilities(self.values_, self.weights_, draws)
        return self.setting_.joint(np.repeat(one, len(self.setting_.regions), axis=1), rng)


def _newest(panel: Panel, measure: str, months: int) -> npt.NDArray[np.int32]:
    """The last `months` months of a measure, shape (month, region)."""
    wide = panel.measures[measure].iloc[-months:]
    unknown = wide.columns[wide.isna().any()]
    if len(wide) < months or len(unknown):
        where = f"; {unknown[0]} is not covered throughout" if len(unknown) else f"; the panel has {len(wide)}"
        raise ValueError(f"the last {months} months to {panel.origin} are needed of every region{where}")
    return wide.to_numpy().astype(np.int32)
