"""Proper scores: one value per row, the lower the better.

A score is a function of what happened and what was forecast. Means, groups, skill and tests are made of its values
elsewhere (`harmattan.scores.table`, `harmattan.scores.inference`), so each of them works for every score. Intervals and
quantiles are scored in `harmattan.scores.intervals`, whole maps in `harmattan.scores.joint`; all are listed in
`harmattan.scores.catalogue`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scoringrules

from harmattan.scores.counting import counted
from harmattan.scores.inputs import Floats, Numbers, counts_and_draws, outcomes_and_chances

BINS = (0.0, 0.5, 2.5, 5.5, 10.5, 25.5, 50.5, 100.5, 250.5, 500.5, 1000.5, np.inf)
IGN_DRAWS = 1000


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
    p = np.asarray(probability, dtype=np.float64)
    outside = (p <= 0) | (p >= 1)
    if outside.any():
        wrong = int(np.flatnonzero(outside)[0])
        raise ValueError(f"probabilities must lie strictly between 0 and 1; row {wrong} has {p.flat[wrong]:g}")
    outcome, p = outcomes_and_chances(happened, p)
    return np.asarray(-np.log(np.where(outcome, p, 1 - p)))


def brier(happened: npt.ArrayLike, probability: npt.ArrayLike) -> Floats:
    """Brier score ``(p - 1{happened})²``.

    Parameters
    ----------
    happened, probability
        As for `log_score`; 0 and 1 are allowed.

    Raises
    ------
    ValueError
        If a value is unknown or not a probability, or the shapes differ.

    References
    ----------
    Brier 1950, https://doi.org/10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2

    Examples
    --------
    >>> brier([True], [0.75])
    array([0.0625])
    """
    outcome, p = outcomes_and_chances(happened, probability)
    return np.asarray((p - outcome) ** 2)


def crps(observed: npt.ArrayLike, draws: npt.ArrayLike) -> Floats:
    """Continuous ranked probability score of an ensemble, ``E|X - y| - E|X - X'| / 2`` over all pairs of draws.

    For whole counts it is the sum of the Brier scores of every ``P(X > k)``, k = 0, 1, ...; the draws are counted
    rather than sorted, in whole numbers, so that nothing is rounded before the last division.

    Parameters
    ----------
    observed
        Counts, shape (row,).
    draws
        Equally likely draws, shape (draw, row).

    Raises
    ------
    ValueError
        If the shapes do not fit or a value is unknown.

    References
    ----------
    Gneiting & Raftery 2007, https://doi.org/10.1198/016214506000001437

    Examples
    --------
    >>> crps([0.0], [[0.0], [2.0]])
    array([0.5])
    """
    y, x = counts_and_draws(observed, draws)
    found = np.empty(y.shape, dtype=np.float64)
    # Of an outcome that is not a whole count the sum over counts says nothing.
    countable = bool(len(y)) and bool((y == np.floor(y)).all() and y.min() >= 0)
    for rows, upto in counted(x, countable=countable):
        if upto is None:
            ordered = np.sort(x[:, rows], axis=0).astype(np.float64)
            found[rows] = scoringrules.crps_ensemble(
                y[rows].astype(np.float64), ordered, m_axis=0, estimator="qd", sorted_ensemble=True
            )
        else:
            found[rows] = _from_counts(y[rows].astype(np.int64), upto, len(x))
    return found


def threshold_weighted_crps(observed: npt.ArrayLike, draws: npt.ArrayLike, at_least: int = 5) -> Floats:
    """CRPS of the upper part of a forecast: the sum of the Brier scores of ``P(X ≥ k)`` for k = `at_least` and above.

    It is the CRPS of ``max(X, at_least - 1)``, so that all outcomes below the threshold count as one.

    Parameters
    ----------
    observed, draws
        As for `crps`.
    at_least
        Smallest count that matters, 1 or more; 1 gives the CRPS itself.

    Raises
    ------
    ValueError
        As `crps`, and if the threshold is below 1.

    References
    ----------
    Gneiting & Ranjan 2011, https://doi.org/10.1198/jbes.2010.08110 · Allen, Ginsbourger & Ziegel 2023,
    https://doi.org/10.1137/22M1532184

    Examples
    --------
    >>> threshold_weighted_crps([3, 9], [[0, 7], [1, 9]], at_least=5)
    array([0. , 0.5])
    """
    if at_least < 1:
        raise ValueError(f"at_least must be a count of 1 or more; got {at_least}")
    y, x = counts_and_draws(observed, draws)
    return crps(np.maximum(y, at_least - 1), np.maximum(x, at_least - 1))


def count_log_score(observed: npt.ArrayLike, draws: npt.ArrayLike) -> Floats:
    """Logarithmic score of a count from draws, ``-log P(y)``, in nats.

    One pseudo-draw is spread over all counts, ``P(y) = (c_y + 1 / ((y + 1)(y + 2))) / (m + 1)`` with c_y of m draws at
    y, so that P sums to one and a count no draw shows is unlikely but possible.

    Parameters
    ----------
    observed, draws
        As for `crps`, whole counts.

    Raises
    ------
    ValueError
        As `crps`, and if a count is negative or not whole.

    Examples
    --------
    >>> bool(np.isclose(np.exp(-count_log_score(range(9999), np.zeros((3, 9999)))).sum(), 1, atol=1e-4))
    True
    """
    y, x = _whole(*counts_and_draws(observed, draws))
    seen = (x == y).sum(axis=0)
    return np.asarray(-np.log((seen + 1 / ((y + 1.0) * (y + 2.0))) / (len(x) + 1)))


def ign(observed: npt.ArrayLike, draws: npt.ArrayLike) -> Floats:
    """Ignorance score as the VIEWS prediction challenge defines it, in bits.

    ``-log2((c + 1) / (n + 11))`` with c of n draws in that of the 11 `BINS` that holds the outcome: each bin gets one
    pseudo-draw. Fewer than 1,000 draws are first stretched to 1,000 by Fourier interpolation and cut at 0, which makes
    the score depend on the order of such draws.

    Parameters
    ----------
    observed, draws
        As for `crps`; not negative.

    Raises
    ------
    ValueError
        As `crps`, and if a count is negative.

    References
    ----------
    Hegre et al. 2024, The 2023/24 VIEWS Prediction challenge, arXiv:2407.11045

    Examples
    --------
    >>> ign([0, 7], np.zeros((1000, 2), dtype=int)).round(3)
    array([0.014, 9.982])
    """
    y, x = counts_and_draws(observed, draws)
    if y.size and min(y.min(), x.min()) < 0:
        raise ValueError(f"counts must not be negative; the smallest is {min(y.min(), x.min()):g}")
    if len(x) < IGN_DRAWS and y.size:
        # Rarely needed, and slow to import.
        from scipy.signal import resample

        x = np.clip(resample(x.astype(np.float64), IGN_DRAWS, axis=0), 0, None)
    place = np.searchsorted(BINS, y, side="right")
    lower, upper = np.asarray(BINS)[place - 1], np.asarray(BINS)[place]
    inside = ((x >= lower) & (x < upper)).sum(axis=0)
    return np.asarray(-np.log2((inside + 1) / (len(x) + len(BINS) - 1)))


def _from_counts(y: npt.NDArray[np.int64], upto: npt.NDArray[np.intp], m: int) -> Floats:
    """CRPS of a few rows of `m` whole draws, of which `upto` are at most 0, 1, ..."""
    width = upto.shape[1]
    gaps = upto - m * (np.arange(width) >= y[:, None])
    # Of counts that no draw reaches each adds m² until the outcome.
    return np.asarray(((gaps * gaps).sum(axis=1) + m * m * np.maximum(y - width, 0)) / (m * m))


def _whole(y: Numbers, x: Numbers) -> tuple[Numbers, Numbers]:
    for values, name in ((y, "observed counts"), (x, "draws")):
        if values.size and ((values < 0).any() or (values != np.floor(values)).any()):
            wrong = values[(values < 0) | (values != np.floor(values))].flat[0]
            raise ValueError(f"{name} must be whole and not negative; got {wrong:g}")
    return y, x
