"""Discounted beta-binomial: the region's own active months, the older the lighter, with a prior from around it."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.signal import lfilter

from harmattan.features.surroundings import distances
from harmattan.forecast import Forecast
from harmattan.models.dependence import setting
from harmattan.models.marginal import hurdle
from harmattan.models.sizes import recorded_sizes
from harmattan.panel import Panel

Floats = npt.NDArray[np.float64]
START = np.array([1.1, 0.9, 4.6])
FLOOR = 1e-3
FEWEST_ORIGINS = 12


class Discounted:
    """P(at least one) = (Σ γ^s a_{t-s} + κ m_t) / (Σ γ^s + κ) for horizon h, from three numbers fitted per horizon.

    a is 1 for an active month of the region; m_t is the mean of the discounted shares of all other regions, weighted by
    ``exp(-d / b)`` of their distance d in km. The discount γ, the weight of the prior κ and the reach b maximise the
    log score of P(at least one) over all past origins of the panel. Given an attack, sizes are those on record.

    Parameters
    ----------
    measure
        Which measure to forecast.
    """

    def __init__(self, *, measure: str = "attacks") -> None:
        self.measure = measure

    def fit(self, panel: Panel, horizons: tuple[int, ...]) -> Self:
        """Fit discount, prior weight and reach for every horizon."""
        self.setting_ = setting(panel, horizons, self.measure)
        self.sizes_ = [recorded_sizes(panel, self.measure, horizon) for horizon in horizons]
        active = (panel.measures[self.measure].to_numpy() > 0).astype(np.float64)
        km = distances(panel).astype(np.float64)
        chosen, start = [], START
        for horizon in horizons:
            start = _fitted(active, km, horizon, start)
            chosen.append(start)
        self.parameters_ = np.array(chosen)
        self.probability_ = np.stack([_shares(active, km, each)[-1] for each in chosen])
        return self

    def forecast(self, draws: int, rng: np.random.Generator) -> Forecast:
        """Hurdle draws for every horizon."""
        pairs = zip(self.probability_, self.sizes_, strict=True)
        each = [hurdle(p, sizes.values, sizes.weights, draws) for p, sizes in pairs]
        return self.setting_.joint(np.stack(each, axis=1), rng)


def _shares(active: Floats, km: Floats, parameters: Floats) -> Floats:
    """P(at least one) as seen at the end of every month, shape (month, region)."""
    discount = 1 / (1 + np.exp(-parameters[0]))
    weight, reach = np.exp(parameters[1:])
    hits = lfilter([1.0], [1.0, -discount], active, axis=0)
    months = lfilter([1.0], [1.0, -discount], np.ones(len(active)))[:, None]
    kernel = np.exp(-km / reach)
    np.fill_diagonal(kernel, 0)
    kernel /= np.maximum(kernel.sum(axis=1, keepdims=True), 1e-300)
    around = (hits / months) @ kernel.T
    return np.asarray(np.clip((hits + weight * around) / (months + weight), FLOOR, 1 - FLOOR))


def _fitted(active: Floats, km: Floats, horizon: int, start: Floats) -> Floats:
    """Maximise the log score over past origins; `start` as it is where the panel is too short to tell."""
    origins = np.arange(FEWEST_ORIGINS, len(active) - horizon)
    if not len(origins) or not active.any():
        return start
    happened = active[origins + horizon]

    def loss(parameters: Floats) -> float:
        share = _shares(active, km, parameters)[origins]
        near = np.sum(0.01 * (parameters - START) ** 2) / len(origins)
        return float(-np.mean(np.log(np.where(happened > 0, share, 1 - share))) + near)

    found = minimize(loss, start, method="Nelder-Mead", options={"maxiter": 80, "xatol": 0.02, "fatol": 1e-5})
    return np.asarray(np.clip(found.x, [-2.0, -4.0, 1.0], [6.0, 5.0, 7.5]))
