"""What past forecasts teach a pool: the weights of its members, and how to recalibrate their mixture.

Everything is learnt from distribution functions at `THRESHOLDS`, so that any proper score of counts can be the
criterion and no draws need be kept. Both weights and recalibration are drawn back to where they began, the more the
fewer origins there are to learn from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize
from scipy.special import betainc, betaincinv

from harmattan.forecast import Forecast
from harmattan.panel import Panel

Floats = npt.NDArray[np.float64]
Criterion = Literal["log_score", "crps"]
CRITERIA: tuple[Criterion, ...] = ("log_score", "crps")

THRESHOLDS = np.unique(np.concatenate([np.arange(16), np.geomspace(16, 20_000, 25).round()])).astype(np.int32)
WIDTHS = np.diff(THRESHOLDS, append=2 * THRESHOLDS[-1]).astype(np.float64)
ROUNDS = 300
LEAST = 5e-4
STEEPEST = 1.5
FEWEST_ROWS = 30


@dataclass(frozen=True)
class Past:
    """Forecasts made at past origins with what came.

    Attributes
    ----------
    rows
        One row per origin, horizon and region: ``origin`` and ``month`` (target), ``quiet`` (no attack in the twelve
        months known at the origin) and ``observed``.
    upto
        By model, its distribution function F(k) at every one of `THRESHOLDS`, shape (row, threshold), float32.
    """

    rows: pd.DataFrame
    upto: Mapping[str, npt.NDArray[np.float32]]

    def known(self, last: pd.Period) -> Past:
        """Return only the forecasts of months up to `last`."""
        keep = (self.rows["month"] <= last).to_numpy()
        return self._only(keep)

    def of_class(self, quiet: bool) -> Past:
        """Return only the forecasts of regions that were quiet at the origin, or of those that were not."""
        return self._only(self.rows["quiet"].to_numpy() == quiet)

    def _only(self, keep: npt.NDArray[np.bool_]) -> Past:
        return Past(self.rows[keep], {name: values[keep] for name, values in self.upto.items()})


@dataclass(frozen=True)
class Learnt:
    """What a pool learnt for one class of regions.

    Attributes
    ----------
    weights
        By member, summing to one.
    shape
        α and β of the beta transform of the pool's distribution function; both 1 where it changes nothing.
    origins
        How many past origins it was learnt from.
    """

    weights: Mapping[str, float]
    shape: tuple[float, float] = (1.0, 1.0)
    origins: int = 0


def remember(panel: Panel, made: Mapping[str, Forecast], *, lag: int = 0) -> Past:
    """Set forecasts of one origin beside what the panel records; months the panel does not know are left out.

    Parameters
    ----------
    panel
        May reach beyond the origin.
    made
        Forecasts by model, of one origin, horizons and measure.
    lag
        Months that were withheld when the forecasts were made.
    """
    first = next(iter(made.values()))
    wide = panel.measures[first.measure]
    inside = [h for h in first.horizons if first.origin + h in wide.index]
    months = first.select(inside).months
    observed = wide.loc[months].to_numpy(dtype=np.float64).ravel()
    regions = len(first.regions)
    quiet = panel.as_of(first.origin, lag).quiet.to_numpy()
    rows = pd.DataFrame(
        {
            "origin": pd.PeriodIndex([first.origin] * len(observed), freq="M"),
            "month": months.repeat(regions),
            "quiet": np.tile(quiet, len(months)),
            "observed": observed,
        }
    )
    known = ~np.isnan(observed)
    upto = {name: _upto(each.select(inside))[known] for name, each in made.items()}
    return Past(rows[known].reset_index(drop=True), upto)


def joined(parts: Sequence[Past]) -> Past:
    """Return several origins' forecasts as one."""
    rows = pd.concat([part.rows for part in parts], ignore_index=True)
    return Past(rows, {name: np.concatenate([part.upto[name] for part in parts]) for name in parts[0].upto})


def learn(
    past: Past, begin: Mapping[str, float], *, criterion: Criterion | None, recalibrate: bool, shrink: float
) -> Learnt:
    """Learn weights and recalibration from past forecasts of one class of regions.

    With n past origins the weights are ``(n w + s w₀) / (n + s)``, where w minimise the mean score, w₀ are the weights
    to begin with and s is `shrink`; the logarithms of the beta transform's α and β are drawn to 0 alike.

    Parameters
    ----------
    past
        Forecasts and what came, known at the origin; every member of `begin` with a weight must be among them.
    begin
        Weights to begin with, by member, summing to one; members with a weight of 0 keep it.
    criterion
        What weights minimise: ``log_score`` of at least one event, or ``crps`` of counts. None keeps `begin`.
    recalibrate
        Whether to learn a beta transform of the mixture's distribution function, by the criterion (``log_score`` if
        that is None).
    shrink
        How many origins the weights to begin with are worth.

    References
    ----------
    Hall & Mitchell 2007, https://doi.org/10.1016/j.ijforecast.2006.08.001 (weights by log score) · Gneiting & Ranjan
    2013, https://doi.org/10.1214/13-EJS823 (beta-transformed linear pool)
    """
    used = [name for name, weight in begin.items() if weight > 0]
    if len(past.rows) < FEWEST_ROWS:
        return Learnt(dict(begin))
    origins = int(past.rows["origin"].nunique())
    trust = origins / (origins + shrink)
    observed = past.rows["observed"].to_numpy(dtype=np.float64)
    upto = np.stack([past.upto[name].astype(np.float64) for name in used])
    weights = np.array([begin[name] for name in used])
    if criterion is not None and len(used) > 1:
        weights = trust * stacking_weights(upto, observed, criterion) + (1 - trust) * weights
    shape = (1.0, 1.0)
    if recalibrate:
        mixed = np.tensordot(weights, upto, axes=1)
        logs = trust * np.log(beta_shape(mixed, observed, criterion or "log_score"))
        shape = (float(np.exp(logs[0])), float(np.exp(logs[1])))
    return Learnt({**dict.fromkeys(begin, 0.0), **dict(zip(used, weights.tolist(), strict=True))}, shape, origins)


def stacking_weights(upto: Floats, observed: Floats, criterion: Criterion) -> Floats:
    """Return the weights of a linear pool that minimise its mean score.

    Parameters
    ----------
    upto
        Distribution functions at `THRESHOLDS`, shape (member, row, threshold).
    observed
        Counts, shape (row,).
    criterion
        ``log_score`` of at least one event (by expectation and maximisation), or ``crps`` (a quadratic programme).

    Returns
    -------
    numpy.ndarray
        Shape (member,), not negative, summing to one.

    Examples
    --------
    >>> sure = np.stack([np.full((4, len(THRESHOLDS)), p) for p in (0.9, 0.1)])
    >>> stacking_weights(sure, np.zeros(4), "log_score").round(2)
    array([1., 0.])
    """
    members = len(upto)
    if criterion == "log_score":
        likelihood = np.where(observed > 0, 1 - upto[:, :, 0], upto[:, :, 0]).clip(LEAST, 1 - LEAST)
        weights = np.full(members, 1 / members)
        for _ in range(ROUNDS):
            shares = weights[:, None] * likelihood
            weights = (shares / shares.sum(axis=0)).mean(axis=1)
        return np.asarray(weights)
    miss = (upto - _happened(observed)) * np.sqrt(WIDTHS)
    flat = miss.reshape(members, -1)
    gram = flat @ flat.T / len(observed)
    found = minimize(
        lambda w: float(w @ gram @ w),
        np.full(members, 1 / members),
        jac=lambda w: 2 * gram @ w,
        bounds=[(0.0, 1.0)] * members,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        method="SLSQP",
    )
    weights = np.clip(found.x, 0.0, None)
    return np.asarray(weights / weights.sum())


def beta_shape(mixed: Floats, observed: Floats, criterion: Criterion) -> Floats:
    """Return α and β of the beta distribution function B for which B(F) has the lowest mean score.

    Parameters
    ----------
    mixed
        F at `THRESHOLDS`, shape (row, threshold).
    observed
        Counts, shape (row,).
    criterion
        As in `stacking_weights`.

    Returns
    -------
    numpy.ndarray
        (α, β), each within a factor of e^1.5 of 1, where nothing changes.
    """
    happened = _happened(observed)

    def loss(logs: Floats) -> float:
        shape = np.exp(logs)
        if criterion == "log_score":
            none = betainc(*shape, mixed[:, 0]).clip(LEAST, 1 - LEAST)
            return float(-np.log(np.where(observed > 0, 1 - none, none)).mean())
        return float((((betainc(*shape, mixed) - happened) ** 2) @ WIDTHS).mean())

    found = minimize(loss, np.zeros(2), bounds=[(-STEEPEST, STEEPEST)] * 2, method="L-BFGS-B")
    return np.asarray(np.exp(found.x))


def recalibrated_levels(levels: Floats, shape: tuple[float, float]) -> Floats:
    """Return the levels of a mixture whose quantiles are those of the recalibrated one at `levels`.

    Examples
    --------
    >>> recalibrated_levels(np.array([0.25, 0.75]), (1.0, 1.0))
    array([0.25, 0.75])
    """
    return levels if shape == (1.0, 1.0) else np.asarray(betaincinv(*shape, levels))


def _happened(observed: Floats) -> Floats:
    """The distribution function of what came, 1{y <= k}, shape (row, threshold)."""
    return np.asarray(observed[:, None] <= THRESHOLDS, dtype=np.float64)


def _upto(forecast: Forecast) -> npt.NDArray[np.float32]:
    """F at every threshold, shape (horizon x region, threshold)."""
    draws = np.sort(forecast.draws.reshape(len(forecast.draws), -1), axis=0)
    counted = np.stack([np.searchsorted(column, THRESHOLDS, side="right") for column in draws.T])
    return (counted / len(draws)).astype(np.float32)
