"""Doubt about the parameters: sets drawn from their posterior, each a world of its own to run forward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from harmattan.models.endemic.design import Design
from harmattan.models.endemic.likelihood import penalised
from harmattan.models.endemic.maximum import Maximum
from harmattan.models.endemic.paths import Dynamics, ahead
from harmattan.models.endemic.shock import NO_SHOCK, Belief

Floats = npt.NDArray[np.float64]

SEED = 0
TRIES = 5


def posterior(data: Design, found: Maximum, size: int, rng: np.random.Generator) -> Floats:
    """Draw parameters from their posterior, near enough.

    Five times as many as wanted are drawn from the normal at the maximum with the inverse information as covariance
    (Laplace's approximation), and resampled in proportion to the penalised likelihood over that normal's density. So a
    rate that the data hardly tell, whose normal has a long tail upwards, does not run away.

    Returns
    -------
    numpy.ndarray
        Shape (size, parameter). Only the maximum itself if the information there is not positive definite.

    References
    ----------
    Rubin 1988, "Using the SIR algorithm to simulate posterior distributions", Bayesian Statistics 3.
    """
    if not np.isfinite(found.covariance).all():
        return np.repeat(found.parameters[None, :], size, axis=0)
    noise = rng.standard_normal((TRIES * size, len(found.parameters)))
    tried = found.parameters + noise @ np.linalg.cholesky(found.covariance).T
    surplus = np.array([penalised(data, theta) for theta in tried]) + np.sum(noise**2, axis=1) / 2
    weight = np.exp(surplus - surplus.max())
    levels = (rng.random() + np.arange(size)) / size
    chosen = np.searchsorted(np.cumsum(weight) / weight.sum(), levels)
    return np.asarray(tried[rng.permutation(np.minimum(chosen, len(tried) - 1))])


def worlds(
    data: Design,
    found: Maximum,
    covariates: Mapping[str, Floats],
    *,
    months: int,
    size: int,
    believed: Belief | None,
) -> tuple[Dynamics, tuple[Dynamics, ...]]:
    """Set a fitted model to run forward, at the estimates and at sets drawn from what is believed of them.

    The sets are decided by the fit alone, so forecasts and scenarios of one fit share them.

    Parameters
    ----------
    data, found
        The design and its maximum.
    covariates, months
        As in `harmattan.models.endemic.paths.ahead`.
    size
        How many sets; with zero, the one set is that of the estimates.
    believed
        About the shared shock; None for no shock.

    Returns
    -------
    tuple
        The estimates with the mean shock, and the sets.
    """
    rng = np.random.default_rng(SEED)
    middle = believed.mean() if believed else NO_SHOCK
    best = ahead(data, found.parameters, covariates, months=months, shock=middle)
    if not size:
        return best, (best,)
    shocks = believed.draw(size, rng) if believed else [NO_SHOCK] * size
    drawn = posterior(data, found, size, rng)
    sets = (
        ahead(data, theta, covariates, months=months, shock=shock) for theta, shock in zip(drawn, shocks, strict=True)
    )
    if data.kernel.estimated:
        return best, tuple(sets)
    # Fixed weights are kept once, in memory and in a stored model.
    return best, tuple(replace(each, weights=best.weights) for each in sets)
