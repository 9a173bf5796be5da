"""Fitting the self-exciting point process by maximum likelihood.

Events are located to a settlement, and those of one settlement share its coordinates or differ by noise added to them.
A reach σ below that precision measures how places are written down: without a limit the likelihood prefers it, and
grows for ever where coordinates repeat. So σ has a lower limit, and `reach_profile` shows what the likelihood says on
either side of it.

Examples
--------
>>> from harmattan.models.selfexciting_simulate import simulate
>>> square = np.array([[0.0, 0.0], [99.0, 0.0], [99.0, 99.0], [0.0, 99.0]])
>>> made = simulate([-12.0, 0.0, -10.0, 1.8, 0.02], square, days=2000.0, rng=np.random.default_rng(4))
>>> fit = fit_points(made, precision_km=1.0)
>>> bool((abs(fit.estimates - [-12.0, 0.0, -10.0, 1.8, 0.02]) < 3 * fit.standard_errors).all())
True
>>> reach_profile(fit, sigma_km=[1.0, fit.sigma_km, 50.0])["difference"].round(3).idxmax()
1
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize

from harmattan.models.selfexciting_points import (
    PARAMETERS,
    Catalogue,
    Prepared,
    log_likelihood,
    offspring,
    prepare,
)
from harmattan.models.selfexciting_profile import limits, profile_intervals

Floats = npt.NDArray[np.float64]

FEWEST_EVENTS = 10
STARTING_TIMES = (1.25, 8.0)
STARTING_DAYS = 30.0
STARTING_OFFSPRING = 0.4


@dataclass(frozen=True, eq=False)
class PointFit:
    """A self-exciting point process fitted to a catalogue; `fit_points` makes it.

    Attributes
    ----------
    estimates
        h0, h1, e0, log σ and α in the order of `PARAMETERS`, shape (5,).
    covariance
        Inverse of the observed information, shape (5, 5).
    llf
        Log-likelihood, for densities per km² and day.
    branching_ratio
        Mean over the events of the expected direct offspring within window and time: the share of the catalogue that is
        explained by triggering.
    reach_days, reach_km, blocks
        As asked for.
    precision_km
        As asked for: σ is not below it.
    sigma_held
        Whether σ came to lie at the precision of the places and was held there; its standard error is then 0.
    catalogue
        The events it was fitted to.
    """

    estimates: Floats
    covariance: Floats
    llf: float
    branching_ratio: float
    reach_days: float
    reach_km: float
    blocks: int
    precision_km: float
    sigma_held: bool
    catalogue: Catalogue

    @property
    def standard_errors(self) -> Floats:
        """Square roots of the diagonal of `covariance`."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def aic(self) -> float:
        """Akaike's criterion, ``2 · 5 - 2 llf``."""
        return 2 * len(self.estimates) - 2 * self.llf

    @property
    def sigma_km(self) -> float:
        """Reach σ of the Gaussian of distance, km."""
        return float(np.exp(self.estimates[3]))

    @property
    def mean_days(self) -> float:
        """Mean 1 / α of the untruncated decay, days."""
        return float(1 / self.estimates[4])

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Index ``parameter``; columns ``estimate, standard_error, low, high``.

        `low` and `high` are the ends of the 95 % profile-likelihood interval, see
        `harmattan.models.selfexciting_profile`: it holds the truth as often as it says where points are few, and
        estimate ± 1.96 standard errors does not.
        """
        ready = prepare(self.catalogue, reach_days=self.reach_days, reach_km=self.reach_km, blocks=self.blocks)
        ends = profile_intervals(
            ready, self.estimates, self.covariance, between=limits(self.precision_km, self.reach_km)
        )
        columns = {
            "estimate": self.estimates,
            "standard_error": self.standard_errors,
            "low": ends[:, 0],
            "high": ends[:, 1],
        }
        return pd.DataFrame(columns, index=pd.Index(PARAMETERS, name="parameter"))


def fit_points(
    catalogue: Catalogue,
    *,
    reach_days: float = 180.0,
    reach_km: float = 150.0,
    blocks: int = 7,
    precision_km: float = 4.0,
) -> PointFit:
    """Fit the process by maximum likelihood with the exact gradient.

    σ is sought from `precision_km` up, starting near that limit and far from it; the better maximum is kept.

    Parameters
    ----------
    catalogue
        The events and their window.
    reach_days, reach_km
        Longest time and distance at which an attack triggers another.
    blocks
        Blocks of equal length into which the background divides the window.
    precision_km
        How exact the places are; σ is not below it.

    Raises
    ------
    ValueError
        If there are fewer than 10 events, none within reach of another, `precision_km` does not lie between 0 and
        `reach_km`, or the data do not determine the parameters.

    References
    ----------
    Meyer, Elias & Höhle 2012, https://doi.org/10.1111/j.1541-0420.2011.01684.x
    """
    prepared = prepare(catalogue, reach_days=reach_days, reach_km=reach_km, blocks=blocks)
    if not 0 < precision_km < reach_km:
        raise ValueError(f"precision_km must lie between 0 and reach_km, {reach_km:g}; got {precision_km}")
    _check_enough(prepared, reach_days, reach_km)
    between = limits(precision_km, reach_km)
    starts = [_start(catalogue, min(times * precision_km, reach_km)) for times in STARTING_TIMES]
    found = [_climb(prepared, start, between) for start in starts]
    best = max(found, key=lambda each: log_likelihood(prepared, each)[0])
    held = bool(best[3] < between[3, 0] + 1e-6)
    covariance = _covariance(prepared, best, held)
    llf, _ = log_likelihood(prepared, best)
    branching = float(offspring(prepared, best)[0].mean())
    return PointFit(best, covariance, llf, branching, reach_days, reach_km, blocks, precision_km, held, catalogue)


def reach_profile(fit: PointFit, *, sigma_km: Sequence[float]) -> pd.DataFrame:
    """Return the log-likelihood maximised over the other parameters for given σ.

    Parameters
    ----------
    fit
        Fitted process.
    sigma_km
        Values of σ in km, each above 0 and at most the fit's reach.

    Returns
    -------
    pandas.DataFrame
        Columns ``sigma_km, llf, difference``, the last to the fit's own: above zero where the likelihood prefers a σ
        that the precision of the places rules out.

    Raises
    ------
    ValueError
        If a σ is not above 0 and at most the reach.
    """
    wrong = [each for each in sigma_km if not 0 < each <= fit.reach_km]
    if wrong:
        raise ValueError(f"sigma_km must lie above 0 and up to the reach, {fit.reach_km:g} km; got {wrong[0]}")
    again = prepare(fit.catalogue, reach_days=fit.reach_days, reach_km=fit.reach_km, blocks=fit.blocks)
    values = []
    for each in sigma_km:
        values.append(log_likelihood(again, _climb(again, _start(fit.catalogue, each), limits(each, each)))[0])
    llf = np.array(values)
    return pd.DataFrame({"sigma_km": np.asarray(sigma_km, dtype=np.float64), "llf": llf, "difference": llf - fit.llf})


def _check_enough(prepared: Prepared, reach_days: float, reach_km: float) -> None:
    number, pairs = len(prepared.block), len(prepared.child)
    if number < FEWEST_EVENTS or not pairs:
        raise ValueError(
            f"triggering can be told only from at least {FEWEST_EVENTS} events, some within {reach_days:g} days and "
            f"{reach_km:g} km of an earlier one; got {number} events and {pairs} such pairs"
        )


def _start(catalogue: Catalogue, km: float) -> Floats:
    """A flat background for most of the events, and triggering of `STARTING_OFFSPRING` each."""
    background = np.log((1 - STARTING_OFFSPRING) * len(catalogue) / (catalogue.area * catalogue.days))
    trigger = np.log(STARTING_OFFSPRING / (2 * np.pi * km**2 * STARTING_DAYS))
    return np.array([background, 0.0, trigger, np.log(km), 1 / STARTING_DAYS])


def _climb(prepared: Prepared, start: Floats, between: Floats) -> Floats:
    """The nearest maximum between limits, climbing over log α, which keeps α above 0."""
    number = len(prepared.block)

    def loss(free: Floats) -> tuple[float, Floats]:
        parameters = np.append(free[:4], np.exp(free[4]))
        with np.errstate(over="ignore", invalid="ignore"):
            value, gradient = log_likelihood(prepared, parameters)
        gradient = np.append(gradient[:4], gradient[4] * parameters[4])
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            return 1e10, np.zeros(5)
        return -value / number, -gradient / number

    first = np.append(start[:4], np.log(start[4]))
    found = minimize(loss, first, jac=True, method="L-BFGS-B", bounds=between, options={"ftol": 1e-14, "gtol": 1e-8})
    return np.append(found.x[:4], np.exp(found.x[4]))


def _covariance(prepared: Prepared, parameters: Floats, held: bool) -> Floats:
    """Inverse of the observed information, from central differences of the gradient; zero for σ where it is held."""
    free = np.array([0, 1, 2, 4] if held else [0, 1, 2, 3, 4])
    steps = 1e-4 * np.array([1.0, 1.0, 1.0, 1.0, parameters[4]])
    rows = []
    for place in free:
        shift = np.zeros(5)
        shift[place] = steps[place]
        up, down = log_likelihood(prepared, parameters + shift)[1], log_likelihood(prepared, parameters - shift)[1]
        rows.append((down - up)[free] / (2 * steps[place]))
    information = (np.array(rows) + np.array(rows).T) / 2
    scale = np.sqrt(np.abs(np.diag(information)))
    outer = np.outer(scale, scale)
    if not (scale > 0).all() or np.linalg.eigvalsh(information / outer)[0] < 1e-10:
        raise ValueError(
            f"the events do not determine all of {', '.join(PARAMETERS)}: the log-likelihood is flat at "
            f"{parameters.round(3).tolist()}; give a longer catalogue or fewer blocks"
        )
    covariance = np.zeros((5, 5))
    covariance[np.ix_(free, free)] = np.linalg.inv(information / outer) / outer
    return covariance
