"""An endemic-epidemic model set to run forward: simulated paths, expected counts, and who contributes how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import nbinom, poisson

from harmattan.forecast import Draws
from harmattan.models.endemic.design import Design
from harmattan.models.endemic.likelihood import LARGEST_LOG, unpack
from harmattan.models.endemic.shock import NO_SHOCK, Shock
from harmattan.models.endemic.terms import PARTS, predictors

Floats = npt.NDArray[np.float64]

BACKGROUND, OWN = "background", "own past"
LARGEST = 20_000
GROWTH = 3.0
LEAST_LIMIT = 10.0
SMALLEST_DISPERSION = 1e-6


@dataclass(frozen=True, eq=False)
class Dynamics:
    """All that decides the months ahead; H months, R regions, D lags. Arrays only, so it can be stored without pickle.

    Attributes
    ----------
    background, own, neighbours
        ν e, λ and φ of every month ahead, shape (H, R).
    weights
        w, shape (sender, receiver).
    lags
        u, newest month first, shape (D,).
    dispersion
        ψ of every region, zero for Poisson, shape (R,).
    history
        Counts up to the origin, newest month first, shape (D, R).
    most
        Largest mean of a region in simulated months: three times the largest count of the months learnt from, and at
        least 10.
    shock
        What all regions share in a month; none by default.
    """

    background: Floats
    own: Floats
    neighbours: Floats
    weights: Floats
    lags: Floats
    dispersion: Floats
    history: Floats
    most: float
    shock: Shock = NO_SHOCK

    @property
    def growth(self) -> float:
        """Spectral radius of the epidemic part in the first month ahead; above one, attacks grow without bound."""
        spread = np.diag(self.own[0]) + self.neighbours[0][:, None] * self.weights.T
        return float(np.abs(np.linalg.eigvals(spread)).max())


def ahead(
    data: Design, theta: Floats, covariates: Mapping[str, Floats], *, months: int, shock: Shock = NO_SHOCK
) -> Dynamics:
    """Set a fitted model to run forward from the month after its last row.

    Parameters
    ----------
    data, theta
        The design it was fitted to and its parameters.
    covariates
        Of the months ahead, by name; arrays that broadcast to (month, region).
    months
        How many months ahead.
    shock
        What all regions share in a month.
    """
    parameters, regions = unpack(data, theta), data.counts.shape[1]
    when = data.next_month + np.arange(months)
    rates = []
    for part, beta, effects in zip(PARTS, parameters.coefficients, parameters.effects, strict=True):
        columns = predictors(data.structure.terms(part), when, covariates, regions)
        linear = np.tensordot(beta, np.stack(list(columns.values())), axes=1) + effects
        rates.append(np.exp(np.clip(linear, -LARGEST_LOG, LARGEST_LOG)))
    record = max(data.counts.max(initial=0.0), data.recent.max(initial=0.0))
    return Dynamics(
        background=rates[0] * data.exposure,
        own=rates[1],
        neighbours=rates[2],
        weights=parameters.kernel[0],
        lags=parameters.lags[0],
        dispersion=1 / parameters.size,
        history=data.recent,
        most=float(max(GROWTH * record, LEAST_LIMIT)),
        shock=shock,
    )


def simulate(dynamics: Dynamics, draws: int, rng: np.random.Generator) -> Draws:
    """Draw joint paths, month by month, each feeding the next.

    Every count is the quantile of its distribution at a uniform random number, and how many numbers are taken from
    `rng` depends on shapes alone. So two models run with equal generators share all chance: where they agree, so do
    their paths, and where one expects less it counts no more.

    A path that outgrows the record would, under parameters with explosive growth, do so without bound: no mean is
    taken above `Dynamics.most`, and no count above 20,000.

    Returns
    -------
    numpy.ndarray
        Shape (draw, H, R), int32.

    Examples
    --------
    >>> one = np.ones((3, 1))
    >>> calm = Dynamics(0 * one, 0 * one, 0 * one, np.zeros((1, 1)), np.ones(1), np.zeros(1), np.ones((1, 1)), 10.0)
    >>> simulate(calm, 2, np.random.default_rng(0)).shape
    (2, 3, 1)
    """
    months, regions = dynamics.background.shape
    past = np.repeat(dynamics.history[:, None, :], draws, axis=1)
    paths = np.empty((draws, months, regions), dtype=np.int32)
    shocks = dynamics.shock.paths(draws, months, rng)
    dispersion = dynamics.shock.within(dynamics.dispersion)
    for month in range(months):
        epidemic = _epidemic(dynamics, month, np.tensordot(dynamics.lags, past, axes=1))
        mu = np.minimum(dynamics.background[month] + shocks[:, month, None] * epidemic, dynamics.most)
        paths[:, month] = counts_at(rng.random(mu.shape), mu, dispersion)
        past = np.concatenate([paths[None, :, month], past[:-1]])
    return paths


def simulate_all(sets: Sequence[Dynamics], draws: int, rng: np.random.Generator) -> Draws:
    """Draw joint paths from several sets of parameters in equal shares, in turn: draw i comes from set i modulo S.

    Returns
    -------
    numpy.ndarray
        Shape (draw, H, R), int32.
    """
    paths = np.empty((draws, *sets[0].background.shape), dtype=np.int32)
    for place, dynamics in enumerate(sets[:draws]):
        share = paths[place :: len(sets)]
        share[:] = simulate(dynamics, len(share), rng)
    return paths


def counts_at(level: Floats, mu: Floats, dispersion: Floats) -> Draws:
    """Return the quantiles at `level` of counts with mean μ and variance μ + ψ μ², none above 20,000.

    Parameters
    ----------
    level
        From 0 to below 1, shape (draw, R).
    mu
        Means, same shape.
    dispersion
        ψ of every region; zero for Poisson, shape (R,).

    Examples
    --------
    >>> counts_at(np.array([[0.3, 0.9]]), np.array([[1.0, 1.0]]), np.zeros(2)).tolist()
    [[0, 2]]
    """
    size = np.broadcast_to(1 / np.maximum(dispersion, SMALLEST_DISPERSION), mu.shape)
    mixed = np.broadcast_to(dispersion > SMALLEST_DISPERSION, mu.shape)
    none = np.exp(np.where(mixed, -size * np.log1p(mu / size), -mu))
    counts = np.zeros(mu.shape)
    # Most regions are quiet in most months, and the search for a quantile is what takes time.
    some, plain = (level > none) & mixed, (level > none) & ~mixed
    counts[some] = nbinom.ppf(level[some], size[some], size[some] / (size[some] + mu[some]))
    counts[plain] = poisson.ppf(level[plain], mu[plain])
    return np.minimum(counts, LARGEST).astype(np.int32)


def expected(dynamics: Dynamics) -> tuple[Floats, Floats]:
    """Return exact expected counts of the months ahead and the expected weighted past that feeds each of them.

    The mean is linear in the past, so expectations follow the same recursion as paths. They know no upper limit, and
    take a shared shock at its mean of one, which is exact unless it persists.

    Returns
    -------
    tuple
        Expected counts and pasts L, both of shape (H, R).
    """
    months = len(dynamics.background)
    past, means, pasts = dynamics.history.astype(np.float64), [], []
    for month in range(months):
        pasts.append(dynamics.lags @ past)
        means.append(_mean(dynamics, month, pasts[-1]))
        past = np.concatenate([means[-1][None, :], past[:-1]])
    return np.stack(means), np.stack(pasts)


def split(dynamics: Dynamics, month: int) -> Floats:
    """Return what the expected counts of one month ahead (0 is the first) are made of, as `attribute` does."""
    past = expected(dynamics)[1][month]
    rates = (dynamics.background[month], dynamics.own[month], dynamics.neighbours[month])
    return attribute(*rates, dynamics.weights, past)


def attribute(background: Floats, own: Floats, neighbours: Floats, weights: Floats, past: Floats) -> Floats:
    """Split expected counts exactly by where they come from.

    Parameters
    ----------
    background, own, neighbours
        ν e, λ and φ, shape (R,).
    weights
        w, shape (sender, receiver).
    past
        L = Σ_d u_d y_{t-d}, shape (R,).

    Returns
    -------
    numpy.ndarray
        Shape (receiver, 2 + sender): background, own past, and φ_r w_qr L_q of every sender q. Rows sum to μ.

    Examples
    --------
    >>> half, one = np.full(2, 0.5), np.ones(2)
    >>> attribute(0 * one, half, one, np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([2.0, 4.0])).tolist()
    [[0.0, 1.0, 0.0, 4.0], [0.0, 2.0, 2.0, 0.0]]
    """
    return np.column_stack([background, own * past, neighbours[:, None] * weights.T * past[None, :]])


def _mean(dynamics: Dynamics, month: int, past: Floats) -> Floats:
    return np.asarray(dynamics.background[month] + _epidemic(dynamics, month, past))


def _epidemic(dynamics: Dynamics, month: int, past: Floats) -> Floats:
    return np.asarray(dynamics.own[month] * past + dynamics.neighbours[month] * (past @ dynamics.weights))
