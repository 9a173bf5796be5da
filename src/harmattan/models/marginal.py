"""Predictive distributions of one count, as sorted draws at evenly spaced levels.

With n draws the levels are ``(i + 1/2) / n``: the draws carry the distribution without sampling noise, and sorting them
into joint paths is left to `harmattan.models.dependence`. All functions return int32, shape (draw, region).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

from harmattan.forecast import Draws

Floats = npt.NDArray[np.float64]
LARGEST = 20_000


def levels(draws: int) -> Floats:
    """Evenly spaced levels, the midpoints of `draws` equal parts of [0, 1].

    Examples
    --------
    >>> levels(4)
    array([0.125, 0.375, 0.625, 0.875])
    """
    return (np.arange(draws) + 0.5) / draws


def from_probabilities(values: npt.NDArray[np.int32], weights: Floats, draws: int) -> Draws:
    """Draws of a distribution on finitely many values.

    Parameters
    ----------
    values
        Ascending, shape (value,).
    weights
        Not negative, shape (region, value); each row is normalised.
    draws
        How many.

    Examples
    --------
    >>> from_probabilities(np.array([0, 3], dtype=np.int32), np.array([[3.0, 1.0]]), 4).ravel()
    array([0, 0, 0, 3], dtype=int32)
    """
    cumulated = np.cumsum(weights, axis=1)
    cumulated /= cumulated[:, -1:]
    wanted = levels(draws) - 1e-12
    place = np.stack([np.searchsorted(row, wanted) for row in cumulated], axis=1)
    return values[np.minimum(place, len(values) - 1)].astype(np.int32)


def hurdle(probability: Floats, values: npt.NDArray[np.int32], weights: Floats, draws: int) -> Draws:
    """Draws that are zero with probability ``1 - p`` and otherwise one of `values` (all positive).

    Parameters
    ----------
    probability
        P(at least one), shape (region,).
    values, weights
        Sizes given at least one, as in `from_probabilities`.
    draws
        How many.
    """
    share = weights / weights.sum(axis=1, keepdims=True)
    whole = np.concatenate([(1 - probability)[:, None], probability[:, None] * share], axis=1)
    return from_probabilities(np.concatenate([[0], values]).astype(np.int32), whole, draws)


def negative_binomial(mean: Floats, dispersion: float, draws: int) -> Draws:
    """Draws with the given means (shape (region,)) and variance ``mean + dispersion * mean**2``; Poisson if that is
    zero."""
    mean = np.clip(mean, 1e-9, LARGEST / 4)
    if dispersion < 1e-6:
        law = stats.poisson(mean[:, None])
    else:
        law = stats.nbinom(1 / dispersion, 1 / (1 + dispersion * mean[:, None]))
    most = int(min(np.max(law.ppf(levels(draws)[-1])), LARGEST))
    cumulated = law.cdf(np.arange(most + 1)[None, :])
    return np.stack([np.searchsorted(row, levels(draws)) for row in cumulated], axis=1).astype(np.int32)


def moment_dispersion(observed: Floats, mean: Floats) -> float:
    """Dispersion ψ of a negative binomial with variance ``mean + ψ mean**2``, by moments; not below zero."""
    excess = float(np.sum((observed - mean) ** 2 - mean))
    return max(excess / max(float(np.sum(mean**2)), 1e-12), 0.0)
