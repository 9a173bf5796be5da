"""What the self-exciting fits to counts and to places share: decay by day, background, weights and priors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.signal import lfilter

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

REACH_DAYS = 180
KEPT_PER_MONTH = 0.5 ** (1 / 12)
USUAL_WEIGHTS = {"region": np.array([0.05, 0.3, 0.5]), "area": np.array([0.35, 0.5])}
"""What is expected beforehand of the weights of the background's parts and of η, by kind of background."""

MOST_OFFSPRING = 0.95
USUAL_DECAY_AND_REACH = np.log([60.0, 20.0])
LIMITS = ((np.log(2.0), np.log(2000.0)), (np.log(1.0), np.log(300.0)))
STEPS = 60


def lag_chances(days: float) -> Floats:
    """Chances q_k that an offspring comes k = 1, ..., 180 days later, for a decay of α = 1 / `days`.

    Examples
    --------
    >>> lag_chances(30.0).sum().round(9).item()
    1.0
    """
    chance = np.exp(-np.arange(1, REACH_DAYS + 1) / days)
    return np.asarray(chance / chance.sum())


def echo(counts: Floats, mean_days: float) -> Floats:
    """Σ_k q_k N(d - k) for every day and region, shape (day, region).

    Examples
    --------
    >>> echo(np.array([[1.0], [0.0], [0.0]]), 1 / np.log(2)).ravel().round(6).tolist()
    [0.0, 0.5, 0.25]
    """
    decay = np.exp(-1 / mean_days)
    entering = np.zeros_like(counts)
    entering[1:] = counts[:-1]
    entering[REACH_DAYS + 1 :] -= decay**REACH_DAYS * counts[: -(REACH_DAYS + 1)]
    scale = lag_chances(mean_days)[0]
    return np.asarray(np.maximum(lfilter([scale], [1.0, -decay], entering, axis=0), 0.0))


def backgrounds(counts: Floats, lengths: Places, area: Floats, kind: str) -> Floats:
    """The parts of the background per day in each month and in the month after the last.

    For the kind ``region`` they are G and H, from earlier months only: the discount halves the weight of a month in a
    year, and before the first month both are zero. For the kind ``area`` it is the mean rate of the whole panel by
    share of area.

    Returns
    -------
    numpy.ndarray
        Shape (part, month + 1, region).
    """
    known, share = ~np.isnan(counts), area / area.sum()
    if kind == "area":
        exposure = (known * lengths[:, None] * share).sum()
        rate = np.nan_to_num(counts).sum() / max(float(exposure), 1.0)
        return np.broadcast_to(rate * share, (1, len(counts) + 1, len(area))).copy()
    keep = [1.0, -KEPT_PER_MONTH]
    hits = lfilter([1.0], keep, np.nan_to_num(counts), axis=0)
    exposures = lfilter([1.0], keep, known * lengths[:, None].astype(np.float64), axis=0)
    own = hits / np.maximum(exposures, 1.0)
    parts = np.stack([own.sum(axis=1, keepdims=True) * share, own])
    return np.concatenate([np.zeros_like(parts[:, :1]), parts], axis=1)


def held(parts: Floats, known: Floats, lengths: Places) -> Floats:
    """Sum the parts of the background over the days and regions known, without the first month, shape (part,)."""
    return np.asarray((parts[:, 1:-1] * (known[1:] * lengths[1:, None])).sum(axis=(1, 2)))


def maximised(
    values: Callable[[Floats], tuple[Floats, Floats]],
    seen: Floats,
    usual: Floats,
    limits: tuple[tuple[float, float], ...],
) -> tuple[Floats, float, float]:
    """Find the weights, 1 / α and σ that maximise likelihood and prior.

    The priors are a Gaussian on log 1 / α and log σ around 60 days and 20 km, and one event's worth on each weight.
    η is at most 0.95, so that the future cannot explode.

    Parameters
    ----------
    values
        Gives for log 1 / α and log σ the terms of the intensity where events are, shape (cell, term), and their sums
        over days and regions, shape (term,); the triggered one last.
    seen
        Events in each cell, shape (cell,).
    usual
        From `USUAL_WEIGHTS`.
    limits
        Lowest and highest log 1 / α and log σ.
    """

    def loss(free: Floats) -> float:
        rate, whole = values(free)
        weights = _mixture(rate, whole, seen, usual)
        prior = usual @ np.log(weights) - weights.sum() - ((free - USUAL_DECAY_AND_REACH) ** 2).sum() / 2
        return -float(seen @ np.log(np.maximum(rate @ weights, 1e-300)) - weights @ whole + prior)

    free, weights = USUAL_DECAY_AND_REACH, usual
    if len(seen):
        options = {"maxiter": 50, "xatol": 0.02, "fatol": 0.01}
        free = minimize(loss, free, method="Nelder-Mead", bounds=limits, options=options).x
        weights = _mixture(*values(free), seen, usual)
    mean_days, sigma = np.exp(free)
    return weights, float(mean_days), float(sigma)


def _mixture(rate: Floats, whole: Floats, seen: Floats, usual: Floats) -> Floats:
    """Weights, not negative, that maximise Σ n log(rate · w) - whole · w with the prior, by the EM algorithm."""
    weights = usual
    for _ in range(STEPS):
        share = rate * weights
        share /= np.maximum(share.sum(axis=1, keepdims=True), 1e-300)
        weights = (seen @ share + usual) / (whole + 1.0)
        weights[-1] = min(weights[-1], MOST_OFFSPRING)
    return np.asarray(weights)
