"""Diagnosis of forecasts: the probability integral transform of counts, coverage, and the area under the ROC curve."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats
from sklearn.metrics import roc_auc_score

from harmattan.scores.inputs import Floats, counts_and_draws, inside, outcomes_and_chances


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

    Raises
    ------
    ValueError
        If the shapes do not fit or a value is unknown.

    References
    ----------
    Czado, Gneiting & Held 2009, https://doi.org/10.1111/j.1541-0420.2009.01191.x
    """
    y, x = counts_and_draws(observed, draws)
    below, upto = (x < y).mean(axis=0), (x <= y).mean(axis=0)
    return np.asarray(below + rng.random(y.shape) * (upto - below))


def pit_coverage(pit: npt.ArrayLike, level: float) -> float:
    """Share of PIT values inside the central interval of probability `level`; equals `level` if calibrated.

    Raises
    ------
    ValueError
        If a value is unknown.

    Examples
    --------
    >>> pit_coverage([0.01, 0.5, 0.6, 0.9], 0.9)
    0.75
    """
    values = np.asarray(pit, dtype=np.float64)
    if np.isnan(values).any():
        raise ValueError(f"every row needs a PIT value; {int(np.isnan(values).sum())} have none")
    return float(np.mean(np.abs(values - 0.5) <= level / 2))


def pit_histogram(pit: npt.ArrayLike, *, bins: int = 10, level: float = 0.9) -> pd.DataFrame:
    """Return the histogram of PIT values and the noise a calibrated forecast would show.

    Too many values at both ends say that the forecast is too sure, too many in the middle that it is not sure enough,
    too many on the right that it is too low.

    Parameters
    ----------
    pit
        Values from 0 to 1, shape (row,).
    bins
        Number of equal bins.
    level
        Share of calibrated histograms inside the limits, in each bin; rows are taken as independent.

    Returns
    -------
    pandas.DataFrame
        Columns ``left, right, n, share`` (n over all rows), ``lower, upper`` (limits of the share).

    Raises
    ------
    ValueError
        If there is no value, one is unknown or outside, or there is no bin.

    Examples
    --------
    >>> pit_histogram([0.1, 0.2, 0.9, 1.0], bins=2)[["left", "n", "share"]].values.tolist()
    [[0.0, 2.0, 0.5], [0.5, 2.0, 0.5]]
    """
    values = np.asarray(pit, dtype=np.float64)
    if not values.size or not ((values >= 0) & (values <= 1)).all():
        raise ValueError("a PIT histogram needs at least one value, all known and from 0 to 1")
    if bins < 1:
        raise ValueError(f"bins must be 1 or more; got {bins}")
    n, edges = np.histogram(values, bins=bins, range=(0, 1))
    outside = (1 - inside(level, "level")) / 2
    lower, upper = stats.binom.ppf([outside, 1 - outside], values.size, 1 / bins) / values.size
    return pd.DataFrame({
        "left": edges[:-1], "right": edges[1:], "n": n, "share": n / values.size, "lower": lower, "upper": upper
    })  # fmt: skip


def interval_coverage(observed: npt.ArrayLike, lower: npt.ArrayLike, upper: npt.ArrayLike) -> float:
    """Share of counts inside ``[lower, upper]``; over-counts where zeros are common, since counts are lumpy."""
    y = np.asarray(observed)
    return float(np.mean((y >= np.asarray(lower)) & (y <= np.asarray(upper))))


def auc(happened: npt.ArrayLike, probability: npt.ArrayLike) -> float | None:
    """Area under the ROC curve: how often a case outranks a non-case; None where all rows are alike.

    Raises
    ------
    ValueError
        If shapes differ, or a value is unknown or not a probability.
    """
    outcome, p = outcomes_and_chances(happened, probability)
    if outcome.all() or not outcome.any():
        return None
    return float(roc_auc_score(outcome, p))
