"""Profile-likelihood intervals for the self-exciting point process.

With few points the log-likelihood is not quadratic: its curvature at the top promises too much, for the reach above
all. The interval of a parameter holds the values at which the log-likelihood, maximised over the other parameters, is
not more than 1.92 below its maximum: half the 95 % quantile of χ² with one degree of freedom (Venzon & Moolgavkar 1988,
https://doi.org/10.2307/2347496). It does not depend on the scale of a parameter and may be longer on one side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.optimize import minimize

from harmattan.models.selfexciting_points import Prepared, log_likelihood

Floats = npt.NDArray[np.float64]

ROOT = float(stats.norm.ppf(0.975))
CLOSE = 0.003
TRIES = 60
SIGMA, ALPHA = 3, 4
HELD_STEP = 0.05


def limits(precision_km: float, reach_km: float) -> Floats:
    """Lowest and highest h0, h1, e0, log σ and log α that are tried, shape (5, 2)."""
    return np.array([(-60, 20), (-20, 20), (-60, 20), np.log([precision_km, reach_km]), (-12, 4)], dtype=np.float64)


@dataclass(frozen=True, eq=False)
class _Top:
    """The maximum, over h0, h1, e0, log σ and log α, with the inverse information there and the limits."""

    prepared: Prepared
    at: Floats
    llf: float
    covariance: Floats
    limits: Floats

    def climb(self, number: int, value: float, before: Floats) -> tuple[Floats, float]:
        """Where the log-likelihood is highest with one parameter given, and how high; `before` is such a place near."""
        free = [each for each in range(5) if each != number and self.covariance[each, each] > 0]
        start = before.copy()
        if self.covariance[number, number] > 0:
            along = self.covariance[free, number] / self.covariance[number, number]
            start[free] += along * (value - before[number])
        start[number] = value
        start[free] = np.clip(start, *self.limits.T)[free]
        found, llf = self._maximum(start, free)
        if SIGMA in free and found[SIGMA] < self.limits[SIGMA, 0]:
            start[SIGMA] = self.limits[SIGMA, 0]
            found, llf = self._maximum(start, [each for each in free if each != SIGMA])
        return found, llf

    def _maximum(self, start: Floats, free: list[int]) -> tuple[Floats, float]:
        """Climb over the free parameters, measured so that the log-likelihood is about as steep in all directions."""
        kept = self.covariance[np.ix_(free, free)]
        others = [each for each in range(5) if each not in free and self.covariance[each, each] > 0]
        if others:
            cross = self.covariance[np.ix_(free, others)]
            kept = kept - cross @ np.linalg.solve(self.covariance[np.ix_(others, others)], cross.T)
        scale = np.linalg.cholesky(kept)
        ends = [each for each in free if each != SIGMA]

        def loss(step: Floats) -> tuple[float, Floats]:
            at = start.copy()
            at[free] += scale @ step
            if (at[ends] != np.clip(at, *self.limits.T)[ends]).any():
                return 1e10, np.zeros(len(free))
            value, gradient = _value(self.prepared, at)
            if not (np.isfinite(value) and np.isfinite(gradient).all()):
                return 1e10, np.zeros(len(free))
            return -value, -scale.T @ gradient[free]

        found = minimize(loss, np.zeros(len(free)), jac=True, method="L-BFGS-B", options={"ftol": 0, "gtol": 5e-3})
        at = start.copy()
        at[free] += scale @ found.x
        return at, -float(found.fun)


def profile_intervals(prepared: Prepared, estimates: Floats, covariance: Floats, *, between: Floats) -> Floats:
    """Return the 95 % profile-likelihood interval of every parameter, shape (5, 2), low and high.

    An end is infinite, or 0 for α, where the log-likelihood does not fall by 1.92 however far the parameter goes, and
    log σ ends at its limits. Where the estimate of σ is held at the precision of the places, so it is for the intervals
    of the other parameters.

    Parameters
    ----------
    prepared
        From `harmattan.models.selfexciting_points.prepare`.
    estimates, covariance
        The maximum, in the order of `harmattan.models.selfexciting_points.PARAMETERS`, and the inverse of the observed
        information there.
    between
        From `limits`.
    """
    at = np.append(estimates[:ALPHA], np.log(estimates[ALPHA]))
    by_log = np.append(np.ones(ALPHA), 1 / estimates[ALPHA])
    scaled = covariance * np.outer(by_log, by_log)
    top = _Top(prepared, at, log_likelihood(prepared, estimates)[0], scaled, between)
    ends = np.array([[_end(top, number, side) for side in (-1.0, 1.0)] for number in range(5)])
    ends[ALPHA] = np.exp(ends[ALPHA])
    return ends


def _end(top: _Top, number: int, side: float) -> float:
    """Where the signed root of the likelihood ratio is 1.96, by Newton's method: it is nearly a straight line."""
    unit = float(np.sqrt(top.covariance[number, number])) or HELD_STEP
    last = float(top.limits[number, int(side > 0)])
    room = max(side * (last - top.at[number]) / unit, 0.0)
    far, found = min(ROOT, room), top.at
    for _ in range(TRIES):
        found, llf = top.climb(number, float(top.at[number] + side * far * unit), found)
        root = np.sqrt(2 * max(top.llf - llf, 0.0))
        if abs(root - ROOT) < CLOSE:
            break
        if far >= room and root < ROOT:
            return last if number == SIGMA else side * np.inf
        steep = abs(float(_value(top.prepared, found)[1][number])) * unit / root if root > 0 else 0.0
        step = (ROOT - root) / steep if steep > 0 else far
        far = min(max(far + step, far / 2), 2 * far, room)
    return float(top.at[number] + side * far * unit)


def _value(prepared: Prepared, at: Floats) -> tuple[float, Floats]:
    """Log-likelihood and gradient over log α in place of α."""
    with np.errstate(over="ignore", invalid="ignore"):
        parameters = np.append(at[:ALPHA], np.exp(at[ALPHA]))
        value, gradient = log_likelihood(prepared, parameters)
        return value, np.append(gradient[:ALPHA], gradient[ALPHA] * parameters[ALPHA])
