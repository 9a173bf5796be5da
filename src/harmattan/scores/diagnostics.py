"""Diagnosis of forecasts: the probability integral transform of counts, coverage, and the area under the ROC curve."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

Floats = npt.NDArray[np.float64]


def randomised_pit(observed: npt.ArrayLike, draws: npt.ArrayLike, rng: np.random.Generator) -> Floats:
    """Randomised probability integral transform ``F(y - 1) + U (F(y) - F(y - 1))``, uniform if the forecast is
    calibrated.

    Parameters
    ----------
    observed
        Counts, shape (row,).
    draws
        Equally likely draws, shape (draw, row).
    rng
        Source of U.

    References
    ----------
    Czado, Gneiting & Held 2009, https://doi.org/10.1111/j.1541-0420.2009.01191.x
    """
    y, x = np.asarray(observed), np.asarray(draws)
    below, upto = (x < y).mean(axis=0), (x <= y).mean(axis=0)
    return np.asarray(below + rng.random(y.shape) * (upto - below))


def pit_coverage(pit: npt.ArrayLike, level: float) -> float:
    """Share of PIT values inside the central interval of probability `level`; equals `level` if calibrated.

    Examples
    --------
    >>> pit_coverage([0.01, 0.5, 0.6, 0.9], 0.9)
    0.75
    """
    return float(np.mean(np.abs(np.asarray(pit, dtype=np.float64) - 0.5) <= level / 2))


def interval_coverage(observed: npt.ArrayLike, lower: npt.ArrayLike, upper: npt.ArrayLike) -> float:
    """Share of counts inside ``[lower, upper]``; over-counts where zeros are common, since counts are lumpy."""
    y = np.asarray(observed)
    return float(np.mean((y >= np.asarray(lower)) & (y <= np.asarray(upper))))


def auc(happened: npt.ArrayLike, probability: npt.ArrayLike) -> float | None:
    """Area under the ROC curve: how often a case outranks a non-case; None where all rows are alike."""
    outcome = np.asarray(happened, dtype=bool)
    if outcome.all() or not outcome.any():
        return None
    return float(roc_auc_score(outcome, np.asarray(probability)))
