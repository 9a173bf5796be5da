"""Decayed own history: the region's own past values as draws, the older the lighter."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

from harmattan.forecast import Forecast
from harmattan.models.dependence import setting
from harmattan.models.marginal import from_probabilities
from harmattan.panel import Panel


class Decayed:
    """The region's own values, one s months old with weight ``2**(-s / half_life)``, at every horizon.

    It says nothing that the region has not seen: a good member of a pool, with too little chance of anything new to
    stand alone.

    Parameters
    ----------
    half_life
        Months after which a value weighs half.
    months
        The newest so many months only.
    measure
        Which measure to forecast.
    """

    def __init__(self, *, half_life: float = 12, months: int = 240, measure: str = "attacks") -> None:
        self.half_life = half_life
        self.months = months
        self.measure = measure

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        """Weigh the values of every region.

        Raises
        ------
        ValueError
            If the half-life is not positive, or a region has no known value.
        """
        if not self.half_life > 0:
            raise ValueError(f"half_life must be a positive number of months; got {self.half_life}")
        self.setting_ = setting(panel, horizons, self.measure)
        wide = panel.measures[self.measure].to_numpy()[-self.months :]
        unknown = np.flatnonzero(np.isnan(wide).all(axis=0))
        if len(unknown):
            raise ValueError(
                f"every region needs a known month among the last {self.months}; "
                f"{panel.regions.table.index[unknown[0]]} has none"
            )
        self.values_, self.weights_ = decayed_weights(wide, self.half_life)
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        """Draws of the weighted values, the same for every horizon."""
        return self.setting_.joint(from_probabilities(self.values_, self.weights_, draws), rng)


def decayed_weights(
    wide: npt.NDArray[np.float32], half_life: float
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """Return every value on record, ascending, and its decayed weight in each region, shape (region, value).

    Parameters
    ----------
    wide
        Counts, shape (month, region); NaN weighs nothing.
    half_life
        Months after which a value weighs half.

    Examples
    --------
    >>> values, weights = decayed_weights(np.array([[7.0], [0.0]], dtype=np.float32), 1)
    >>> values.tolist(), weights.tolist()
    ([0, 7], [[1.0, 0.5]])
    """
    known = ~np.isnan(wide)
    values, place = np.unique(np.where(known, wide, 0).astype(np.int32), return_inverse=True)
    age = np.arange(len(wide))[::-1, None]
    weight = np.where(known, 0.5 ** (age / half_life), 0.0)
    found = np.zeros((wide.shape[1], len(values)))
    region = np.broadcast_to(np.arange(wide.shape[1]), wide.shape)
    np.add.at(found, (region, place.reshape(wide.shape)), weight)
    return values, found
