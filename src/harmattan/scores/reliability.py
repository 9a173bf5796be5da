"""Are probabilities what they say: CORP reliability, its split of a score, consistency bands, and Murphy curves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import isotonic_regression

from harmattan.scores.inputs import Floats, inside, outcomes_and_chances


@dataclass(frozen=True, eq=False)
class Reliability:
    """How forecast probabilities compare with what happened.

    Attributes
    ----------
    curve
        One row per distinct probability, ascending: ``probability``, ``recalibrated`` (the frequency that isotonic
        regression finds, never falling) and ``n`` (rows).
    score
        Mean Brier score, equal to miscalibration - discrimination + uncertainty.
    miscalibration
        What recalibrating on the same rows would save: 0 is best.
    discrimination
        What the recalibrated probabilities gain over the overall frequency: more is better.
    uncertainty
        Mean Brier score of the overall frequency.
    """

    curve: pd.DataFrame
    score: float
    miscalibration: float
    discrimination: float
    uncertainty: float


def corp(happened: npt.ArrayLike, probability: npt.ArrayLike) -> Reliability:
    """Return the reliability curve and the split of the Brier score, by isotonic regression: no bins to choose.

    Parameters
    ----------
    happened
        Whether the event happened, shape (row,).
    probability
        Forecast probability, shape (row,).

    Raises
    ------
    ValueError
        If there is no row, the shapes differ, or a value is unknown or not a probability.

    References
    ----------
    Dimitriadis, Gneiting & Jordan 2021, https://doi.org/10.1073/pnas.2016191118

    Examples
    --------
    >>> found = corp([0, 1, 1, 1], [0.2, 0.2, 0.7, 0.9])
    >>> found.curve["recalibrated"].tolist()
    [0.5, 1.0, 1.0]
    >>> round(found.miscalibration - found.discrimination + found.uncertainty - found.score, 12)
    0.0
    """
    levels, n, hits, score = _tallied(happened, probability)
    rate = hits.sum() / n.sum()
    recalibrated = _recalibrated(hits, n)
    after = _score(hits, n, recalibrated)
    uncertainty = float(rate * (1 - rate))
    curve = pd.DataFrame({"probability": levels, "recalibrated": recalibrated, "n": n.astype(np.int64)})
    return Reliability(curve, score, score - after, uncertainty - after, uncertainty)


def consistency(
    happened: npt.ArrayLike,
    probability: npt.ArrayLike,
    *,
    level: float = 0.9,
    draws: int = 500,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, float]:
    """Return what curve a calibrated forecast of these probabilities would show by chance, and how rare this one is.

    Outcomes are drawn anew from the probabilities, independently row by row, and recalibrated. Rows of one month are
    not quite independent, so a small p-value asks for a look rather than proves a fault.

    Parameters
    ----------
    happened, probability
        As for `corp`.
    level
        Share of the resampled curves inside the band, at each probability.
    draws
        Resamples, at least 100.
    rng
        Source of randomness.

    Returns
    -------
    tuple
        Bands, columns ``probability, lower, upper``; and the share of calibrated resamples whose miscalibration is at
        least that of the forecast.

    Raises
    ------
    ValueError
        As `corp`, and if there are too few draws or the level is not a probability.
    """
    if draws < 100:
        raise ValueError(f"draws must be at least 100 for a band; got {draws}")
    outside = (1 - inside(level, "level")) / 2
    levels, n, _, _ = _tallied(happened, probability)
    curves = np.empty((draws, len(levels)))
    lost = np.empty(draws)
    for place in range(draws):
        hits = rng.binomial(n.astype(np.int64), levels).astype(np.float64)
        curves[place] = _recalibrated(hits, n)
        lost[place] = _score(hits, n, levels) - _score(hits, n, curves[place])
    lower, upper = np.quantile(curves, [outside, 1 - outside], axis=0)
    found = corp(happened, probability).miscalibration
    # The forecast itself is one of the possible outcomes, so that no p-value is 0.
    p = (1 + int((lost >= found - 1e-12).sum())) / (draws + 1)
    return pd.DataFrame({"probability": levels, "lower": lower, "upper": upper}), p


def murphy(happened: npt.ArrayLike, probability: npt.ArrayLike, thresholds: npt.ArrayLike) -> Floats:
    """Return the Murphy curve: the mean elementary score of probabilities at each threshold θ.

    Someone who acts where the probability exceeds θ, the cost-loss ratio, loses θ by acting in vain and 1 - θ by an
    event without action. Each proper score is a weighted mean of these; twice their integral is the Brier score. A
    forecast whose curve lies below another's everywhere is better for everyone.

    Parameters
    ----------
    happened, probability
        As for `corp`.
    thresholds
        θ between 0 and 1, shape (threshold,).

    Returns
    -------
    numpy.ndarray
        Shape (threshold,).

    Raises
    ------
    ValueError
        As `corp`, and if a threshold is not between 0 and 1.

    References
    ----------
    Ehm, Gneiting, Jordan & Krüger 2016, https://doi.org/10.1111/rssb.12154

    Examples
    --------
    >>> murphy([1, 0], [0.6, 0.3], [0.2, 0.5, 0.8]).round(2).tolist()
    [0.1, 0.0, 0.1]
    """
    outcome, p = _rows(happened, probability)
    theta = np.asarray(thresholds, dtype=np.float64)
    if theta.ndim != 1 or not ((theta >= 0) & (theta <= 1)).all():
        raise ValueError("thresholds must be a list of numbers between 0 and 1")
    with_event, without = np.sort(p[outcome]), np.sort(p[~outcome])
    missed = np.searchsorted(with_event, theta, side="right")
    in_vain = len(without) - np.searchsorted(without, theta, side="right")
    return np.asarray(((1 - theta) * missed + theta * in_vain) / len(p))


def _rows(happened: npt.ArrayLike, probability: npt.ArrayLike) -> tuple[npt.NDArray[np.bool_], Floats]:
    outcome, p = outcomes_and_chances(happened, probability)
    if outcome.ndim != 1 or not len(outcome):
        raise ValueError(f"reliability needs a list of at least one forecast; got the shape {outcome.shape}")
    return outcome, p


def _tallied(happened: npt.ArrayLike, probability: npt.ArrayLike) -> tuple[Floats, Floats, Floats, float]:
    """Distinct probabilities, rows and events at each, and the mean Brier score."""
    outcome, p = _rows(happened, probability)
    levels, place, n = np.unique(p, return_inverse=True, return_counts=True)
    hits = np.bincount(place, weights=outcome).astype(np.float64)
    weights = n.astype(np.float64)
    return levels, weights, hits, _score(hits, weights, levels)


def _recalibrated(hits: Floats, n: Floats) -> Floats:
    return np.asarray(isotonic_regression(hits / n, weights=n).x, dtype=np.float64)


def _score(hits: Floats, n: Floats, levels: Floats) -> float:
    """Mean Brier score of probabilities with so many events of so many rows."""
    return float((hits * (1 - levels) ** 2 + (n - hits) * levels**2).sum() / n.sum())
