"""Proper scores: one value per row, the lower the better.

A score is a function of what happened and what was forecast. Means, groups, skill and tests are made of its values
elsewhere (`harmattan.scores.table`), so each of them works for every score.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scoringrules

Floats = npt.NDArray[np.float64]


def log_score(happened: npt.ArrayLike, probability: npt.ArrayLike) -> Floats:
    """Logarithmic score ``-log P(what happened)``, in nats.

    Parameters
    ----------
    happened
        Whether the event happened, shape (row,).
    probability
        Forecast probability of the event, strictly between 0 and 1, shape (row,).

    Raises
    ------
    ValueError
        If a probability is 0, 1 or outside: a forecast that calls something impossible cannot be scored.

    References
    ----------
    Gneiting & Raftery 2007, https://doi.org/10.1198/016214506000001437

    Examples
    --------
    >>> log_score([True, False], [0.5, 0.5]).round(3)
    array([0.693, 0.693])
    """
    outcome, p = _pair(happened, probability)
    if ((p <= 0) | (p >= 1)).any():
        wrong = int(np.flatnonzero((p <= 0) | (p >= 1))[0])
        raise ValueError(f"probabilities must lie strictly between 0 and 1; row {wrong} has {p[wrong]:g}")
    return np.asarray(-np.log(np.where(outcome, p, 1 - p)))


def brier(happened: npt.ArrayLike, probability: npt.ArrayLike) -> Floats:
    """Brier score ``(p - 1{happened})²``.

    Examples
    --------
    >>> brier([True], [0.75])
    array([0.0625])
    """
    outcome, p = _pair(happened, probability)
    return np.asarray((p - outcome) ** 2)


def crps(observed: npt.ArrayLike, draws: npt.ArrayLike) -> Floats:
    """Continuous ranked probability score of an ensemble, ``E|X - y| - E|X - X'| / 2`` over all pairs of draws.

    Parameters
    ----------
    observed
        Counts, shape (row,).
    draws
        Equally likely draws, shape (draw, row).

    References
    ----------
    Gneiting & Raftery 2007, https://doi.org/10.1198/016214506000001437

    Examples
    --------
    >>> crps([0.0], [[0.0], [2.0]])
    array([0.5])
    """
    y, x = np.asarray(observed, dtype=np.float64), np.asarray(draws, dtype=np.float64)
    if x.ndim != 2 or x.shape[1:] != y.shape:
        raise ValueError(f"draws must have the shape (draw, {y.shape[0]} rows); got {x.shape}")
    ordered = np.sort(x, axis=0)
    return np.asarray(scoringrules.crps_ensemble(y, ordered, m_axis=0, estimator="qd", sorted_ensemble=True))


def _pair(happened: npt.ArrayLike, probability: npt.ArrayLike) -> tuple[npt.NDArray[np.bool_], Floats]:
    outcome, p = np.asarray(happened, dtype=bool), np.asarray(probability, dtype=np.float64)
    if outcome.shape != p.shape:
        raise ValueError(f"outcomes and probabilities must have one shape; got {outcome.shape} and {p.shape}")
    if np.isnan(p).any():
        raise ValueError(f"probabilities must be known; row {int(np.flatnonzero(np.isnan(p))[0])} is NaN")
    return outcome, p
