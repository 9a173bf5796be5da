"""Scores of quantiles and intervals: one value per row, in the unit of the counts, the lower the better."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scoringrules

from harmattan.scores.counting import ranked
from harmattan.scores.inputs import Floats, Numbers, counts_and_draws, inside, same_rows

LEVELS = (0.5, 0.8, 0.9)


def quantile_score(observed: npt.ArrayLike, quantile: npt.ArrayLike, level: float) -> Floats:
    """Quantile score ``(1{y ≤ q} - level)(q - y)``, also called pinball loss.

    Parameters
    ----------
    observed
        Counts, shape (row,).
    quantile
        Forecast quantile, shape (row,).
    level
        Its probability, strictly between 0 and 1.

    Raises
    ------
    ValueError
        If shapes differ, a value is unknown, or the level is not a probability.

    References
    ----------
    Gneiting & Raftery 2007, https://doi.org/10.1198/016214506000001437

    Examples
    --------
    >>> quantile_score([10, 0], [4, 4], 0.9).round(2)
    array([5.4, 0.4])
    """
    y, q = same_rows(observed, {"quantile": quantile})
    return np.reshape(scoringrules.quantile_score(y, q, inside(level, "level")), y.shape)


def interval_score(observed: npt.ArrayLike, lower: npt.ArrayLike, upper: npt.ArrayLike, level: float = 0.9) -> Floats:
    """Interval score: width of the central interval, plus 2/α times the distance by which it was missed.

    Parameters
    ----------
    observed, lower, upper
        Counts and limits of the interval, shape (row,).
    level
        Probability of the interval, 1 - α.

    Raises
    ------
    ValueError
        If shapes differ, a value is unknown, limits are crossed, or the level is not a probability.

    References
    ----------
    Gneiting & Raftery 2007, https://doi.org/10.1198/016214506000001437

    Examples
    --------
    >>> interval_score([1, 7], [0, 0], [5, 5]).round(1)
    array([ 5., 45.])
    """
    y, low, high = same_rows(observed, {"lower": lower, "upper": upper})
    if (low > high).any():
        row = int(np.flatnonzero(low > high)[0])
        raise ValueError(f"lower must not exceed upper; row {row} has {low[row]:g} and {high[row]:g}")
    return np.reshape(scoringrules.interval_score(y, low, high, 1 - inside(level, "level")), y.shape)


def mis(observed: npt.ArrayLike, draws: npt.ArrayLike, level: float = 0.9) -> Floats:
    """Interval score of draws as the VIEWS prediction challenge defines it; its mean is called MIS.

    The limits are the interpolated quantiles of the draws, here at 5 and 95 %.

    Parameters
    ----------
    observed
        Counts, shape (row,).
    draws
        Equally likely draws, shape (draw, row).
    level
        Probability of the interval.

    Raises
    ------
    ValueError
        If shapes do not fit, a value is unknown, or the level is not a probability.

    References
    ----------
    Hegre et al. 2024, The 2023/24 VIEWS Prediction challenge, arXiv:2407.11045

    Examples
    --------
    >>> mis([12], np.arange(11)[:, None]).round(2)
    array([59.])
    """
    y, x = counts_and_draws(observed, draws)
    outside = (1 - inside(level, "level")) / 2
    lower, upper = _between(x, [outside, 1 - outside])
    return interval_score(y, lower, upper, level)


def weighted_interval_score(observed: npt.ArrayLike, draws: npt.ArrayLike, levels: Sequence[float] = LEVELS) -> Floats:
    """Weighted interval score of the median and central intervals of draws.

    ``(|y - median| / 2 + Σ α_k / 2 · IS_k) / (K + 1/2)``; with many levels it nears the CRPS. Quantiles are counts that
    draws took, the smallest that at least the asked share does not exceed.

    Parameters
    ----------
    observed, draws
        As for `mis`.
    levels
        Probabilities of the intervals.

    Raises
    ------
    ValueError
        If shapes do not fit, a value is unknown, there is no level, or one is not a probability.

    References
    ----------
    Bracher et al. 2021, https://doi.org/10.1371/journal.pcbi.1008618

    Examples
    --------
    >>> weighted_interval_score([4], np.full((5, 1), 4))
    array([0.])
    """
    y, x = counts_and_draws(observed, draws)
    if not levels:
        raise ValueError("a weighted interval score needs at least one level, such as 0.9")
    alphas = [1 - inside(level, "each level") for level in levels]
    shares = [0.5, *(share for alpha in alphas for share in (alpha / 2, 1 - alpha / 2))]
    median, *limits = ranked(x, [_place(share, len(x)) for share in shares])
    total = np.abs(y - median) / 2
    for alpha, level, lower, upper in zip(alphas, levels, limits[::2], limits[1::2], strict=True):
        # The one of scoringrules takes the median for its distance from the outcome where numba is missing.
        total += alpha / 2 * interval_score(y, lower, upper, level)
    return np.asarray(total / (len(levels) + 0.5))


def _place(share: float, draws: int) -> int:
    """Place of the smallest of so many sorted draws that at least this share does not exceed."""
    # The tolerance keeps 0.95 of 20 draws at the nineteenth, which floating point puts just above it.
    return max(int(np.ceil(share * draws - 1e-9)) - 1, 0)


def _between(draws: Numbers, levels: Sequence[float]) -> Floats:
    """Quantiles interpolated between the two nearest draws, as `numpy.quantile` does; shape (level, row)."""
    at = np.asarray(levels) * (len(draws) - 1)
    below = np.floor(at).astype(np.intp)
    above = np.minimum(below + 1, len(draws) - 1)
    found = ranked(draws, [*below.tolist(), *above.tolist()])
    lower, upper = found[: len(below)], found[len(below) :]
    return np.asarray(lower + (upper - lower) * (at - below)[:, None])
