"""How many attacks, given that there is at least one: recorded sizes weighted by nearness in time and space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harmattan.features.surroundings import distances
from harmattan.panel import Panel

HALF_LIFE = 12.0
NEAR_KM = 80.0
NEAR = 0.05
ANYWHERE = 0.05


@dataclass(frozen=True)
class Sizes:
    """Distribution of a positive count for every region.

    Attributes
    ----------
    values
        The positive counts on record, ascending, shape (value,).
    weights
        Their weights, shape (region, value); every row has a positive sum.
    """

    values: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float64]


def recorded_sizes(panel: Panel, measure: str) -> Sizes:
    """Weigh every recorded positive count by its age and its distance to each region.

    A count s months old in a region d km away weighs ``2**(-s / HALF_LIFE)`` times 1 in the region itself and
    ``NEAR * exp(-d / NEAR_KM) + ANYWHERE`` elsewhere. Before any positive count the size is one.
    """
    wide = np.nan_to_num(panel.measures[measure].to_numpy()).astype(np.int32)
    values = np.unique(wide[wide > 0]).astype(np.int32)
    if not len(values):
        return Sizes(np.ones(1, dtype=np.int32), np.ones((wide.shape[1], 1)))
    age = np.arange(len(wide))[::-1]
    weight = 0.5 ** (age / HALF_LIFE)
    seen = np.stack([weight @ (wide == value) for value in values], axis=1)
    kernel = NEAR * np.exp(-distances(panel) / NEAR_KM).astype(np.float64) + ANYWHERE
    np.fill_diagonal(kernel, 1.0)
    return Sizes(values, kernel @ seen)
