"""The maximum of an endemic-epidemic likelihood, by Newton's method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import LinAlgError, cho_factor, cho_solve, eigh

from harmattan.models.endemic.design import Design
from harmattan.models.endemic.likelihood import derivatives, log_likelihood, penalised

Floats = npt.NDArray[np.float64]

LONGEST_STEP = 2.0
SMALLEST_GAIN = 1e-9
SMALL_GAIN = 1e-6
SHORTEST_STEP = 1e-10
MOST_STEPS = 100


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where the penalised likelihood is largest.

    Attributes
    ----------
    parameters
        In the order of `Design.names`.
    covariance
        Inverse of the observed information, penalties included; NaN if that is not positive definite.
    log_likelihood
        Without the penalties.
    converged
        Whether the last Newton step promised a gain below 1e-9, with a positive definite information.
    """

    parameters: Floats
    covariance: Floats
    log_likelihood: float
    converged: bool


def maximise(data: Design, start: Floats | None = None) -> Maximum:
    """Maximise `penalised` by Newton's method, with a halved step wherever a full one does not help.

    Where the information is not positive definite, the step follows the absolute values of its eigenvalues, so that
    it climbs all the same. No step changes a parameter by more than 2.

    Parameters
    ----------
    data
        From `harmattan.models.endemic.design.design`.
    start
        Where the search begins; `data.start` if None. The fit of the month before saves steps.
    """
    theta = np.array(data.start if start is None else start, dtype=np.float64)
    value, converged = penalised(data, theta), False
    for _ in range(MOST_STEPS):
        gradient, hessian = derivatives(data, theta)
        step, definite = _newton(gradient, hessian)
        gain = float(gradient @ step) / 2
        converged = definite and gain < SMALLEST_GAIN
        if gain < SMALLEST_GAIN:
            break
        step *= min(1.0, LONGEST_STEP / float(np.max(np.abs(step))))
        while (reached := penalised(data, theta + step)) < value and np.max(np.abs(step)) > SHORTEST_STEP:
            step = step / 2
        if reached <= value:
            converged = definite and gain < SMALL_GAIN
            break
        theta, value = theta + step, reached
    information = -derivatives(data, theta)[1]
    return Maximum(theta, _inverse(information), log_likelihood(data, theta), converged)


def _newton(gradient: Floats, hessian: Floats) -> tuple[Floats, bool]:
    try:
        return np.asarray(cho_solve(cho_factor(-hessian), gradient)), True
    except LinAlgError:
        values, vectors = eigh(-hessian)
        size = np.maximum(np.abs(values), 1e-8 * max(float(np.abs(values).max()), 1e-8))
        return np.asarray(vectors @ ((vectors.T @ gradient) / size)), False


def _inverse(information: Floats) -> Floats:
    try:
        return np.asarray(cho_solve(cho_factor(information), np.eye(len(information))))
    except LinAlgError:
        return np.full_like(information, np.nan)
