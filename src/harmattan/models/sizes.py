"""How many attacks, given that there is at least one: recorded sizes weighted by nearness in time and space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from harmattan.features.surroundings import distances
from harmattan.panel import Panel

HALF_LIFE = 6.0
NEAR_KM = 80.0
ANYWHERE = 0.1
ELSEWHERE = 1.0
GROWTH_HALF_LIFE = 12.0
GROWTH_MONTHS = 60
GROWTH_PRIOR = 6.0
FEWEST_MONTHS = 12


@dataclass(frozen=True)
class Sizes:
    """Distribution of a positive count for every region.

    Attributes
    ----------
    values
        Positive counts, ascending, shape (value,).
    weights
        Their weights, shape (region, value); every row has a positive sum.
    """

    values: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float64]


def recorded_sizes(panel: Panel, measure: str, horizon: int) -> Sizes:
    """Weigh every recorded positive count by its age and distance, and let it grow as totals have grown before.

    A count of the region itself, s months old, weighs ``2**(-s / (HALF_LIFE + horizon))``. Those of all other regions,
    weighted likewise and by ``exp(-d / NEAR_KM) + ANYWHERE`` of their distance d in km, together weigh `ELSEWHERE`:
    as much as one active month of its own. Each is multiplied by every factor of `growth`, rounded, and at least
    one. Before any positive count the size is one.

    Parameters
    ----------
    panel, measure
        The counts on record.
    horizon
        Months ahead, at least 1.
    """
    wide = np.nan_to_num(panel.measures[measure].to_numpy()).astype(np.int32)
    recorded = np.unique(wide[wide > 0])
    if not len(recorded):
        return Sizes(np.ones(1, dtype=np.int32), np.ones((wide.shape[1], 1)))
    weight = 0.5 ** (np.arange(len(wide))[::-1] / (HALF_LIFE + horizon))
    own = np.stack([weight @ (wide == value) for value in recorded], axis=1)
    kernel = np.exp(-distances(panel) / NEAR_KM).astype(np.float64) + ANYWHERE
    np.fill_diagonal(kernel, 0.0)
    others = kernel @ own
    seen = own + ELSEWHERE * others / np.maximum(others.sum(axis=1, keepdims=True), 1e-300)
    factors = growth(wide.sum(axis=1).astype(np.float64), horizon)
    grown = np.maximum(np.rint(np.multiply.outer(recorded, factors)), 1).astype(np.int32)
    values, place = np.unique(grown, return_inverse=True)
    share = np.zeros((len(recorded), len(values)))
    np.add.at(share, (np.arange(len(recorded))[:, None], place.reshape(grown.shape)), 1 / len(factors))
    return Sizes(values, seen @ share)


def growth(totals: npt.NDArray[np.float64], horizon: int) -> npt.NDArray[np.float64]:
    """Return how the total of all regions, `horizon` months on, compared with its decayed mean at past months.

    `GROWTH_PRIOR` is added to both, so that a small total says little. Of the newest `GROWTH_MONTHS` past months; a
    panel too short to tell gives no growth.

    Parameters
    ----------
    totals
        Sum over regions by month, shape (month,).
    horizon
        Months ahead, at least 1.
    """
    months = np.arange(max(FEWEST_MONTHS - 1, len(totals) - horizon - GROWTH_MONTHS), len(totals) - horizon)
    if not len(months):
        return np.ones(1)
    discount = 0.5 ** (1 / GROWTH_HALF_LIFE)
    mean = lfilter([1.0], [1.0, -discount], totals) / lfilter([1.0], [1.0, -discount], np.ones(len(totals)))
    return np.asarray((totals[months + horizon] + GROWTH_PRIOR) / (mean[months] + GROWTH_PRIOR))
