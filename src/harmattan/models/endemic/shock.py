"""A shock that all regions share in a month: what makes a month busier, or calmer, everywhere at once.

The epidemic part of every region's mean is multiplied by ε_t, log-normal with mean one, whose logarithm follows a
first-order autoregression: log ε_t has standard deviation s and correlation ρ with the month before. It leaves nearly
untouched what a region is expected to see, and widens what all of them may see together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

from harmattan.models.endemic.design import Design
from harmattan.models.endemic.likelihood import mean, unpack

Floats = npt.NDArray[np.float64]

DEVIATIONS = np.linspace(0.0, 1.0, 11)
PERSISTENCES = np.linspace(0.0, 0.95, 11)
SCALE = 0.5
LEAST_VARIANCE = 1e-9


@dataclass(frozen=True)
class Shock:
    """A shared monthly shock.

    Attributes
    ----------
    deviation
        s, standard deviation of log ε; zero for none.
    persistence
        ρ, correlation of log ε between one month and the next, from 0 to below 1.
    """

    deviation: float = 0.0
    persistence: float = 0.0

    @property
    def variance(self) -> float:
        """Variance of ε, exp(s²) - 1."""
        return float(np.expm1(self.deviation**2))

    def within(self, dispersion: Floats) -> Floats:
        """Return the overdispersion left to each region, so that its one-month variance stays μ + ψ μ².

        Examples
        --------
        >>> Shock(0.5).within(np.array([0.1, 1.0])).round(2).tolist()
        [0.0, 0.56]
        """
        return np.maximum((dispersion - self.variance) / (1 + self.variance), 0.0)

    def paths(self, draws: int, months: int, rng: np.random.Generator) -> Floats:
        """Draw ε of every month ahead, shape (draw, month); the first month is drawn as any other."""
        noise = rng.standard_normal((draws, months))
        state = np.empty_like(noise)
        for month in range(months):
            kept = self.persistence if month else 0.0
            before = state[:, month - 1] if month else 0.0
            state[:, month] = kept * before + np.sqrt(1 - kept**2) * noise[:, month]
        return np.exp(self.deviation * state - self.deviation**2 / 2)


NO_SHOCK = Shock()


@dataclass(frozen=True, eq=False)
class Belief:
    """What the months learnt from say about the shock.

    Attributes
    ----------
    probability
        Of every pair of `DEVIATIONS` and `PERSISTENCES`; sums to one.
    """

    probability: Floats

    def mean(self) -> Shock:
        """Return the shock at the mean of s and ρ."""
        by_deviation, by_persistence = self.probability.sum(axis=1), self.probability.sum(axis=0)
        return Shock(float(by_deviation @ DEVIATIONS), float(by_persistence @ PERSISTENCES))

    def draw(self, size: int, rng: np.random.Generator) -> list[Shock]:
        """Draw `size` shocks."""
        chosen = rng.choice(self.probability.size, size, p=self.probability.ravel())
        rows, columns = np.unravel_index(chosen, self.probability.shape)
        return [Shock(float(DEVIATIONS[i]), float(PERSISTENCES[j])) for i, j in zip(rows, columns, strict=True)]


def belief(data: Design, theta: Floats) -> Belief:
    """Weigh shocks by how well they explain the totals of the months a model was fitted to.

    The total over regions less its mean is taken as normal, with the covariance that the shock gives it:

        cov(Y_s, Y_t) = E_s E_t (exp(s² ρ^|s-t|) - 1)   for s ≠ t
        var(Y_t) = Σ_r (μ_rt + ψ μ_rt²) + (E_t² - Σ_r E_rt²) (exp(s²) - 1)

    with E the epidemic part of the mean. A region's own variance is known to the fit already, so only what regions
    share tells of the shock. A priori s is half-normal of scale 0.5 and ρ uniform.

    Parameters
    ----------
    data, theta
        The design a model was fitted to and its parameters.
    """
    parameters = unpack(data, theta)
    made = mean(data, parameters)
    mu, epidemic = (np.where(data.known, each, 0.0) for each in (sum(made.parts), made.parts[1] + made.parts[2]))
    surprise = np.where(data.known, data.counts, 0.0).sum(axis=1) - mu.sum(axis=1)
    alone = np.sum(mu + mu**2 / parameters.size, axis=1)
    shared = np.outer(epidemic.sum(axis=1), epidemic.sum(axis=1))
    own = np.sum(epidemic**2, axis=1)
    apart = np.abs(np.subtract.outer(np.arange(len(mu)), np.arange(len(mu))))
    log_weight = np.empty((len(DEVIATIONS), len(PERSISTENCES)))
    for i, deviation in enumerate(DEVIATIONS):
        left = np.maximum(alone - own * np.expm1(deviation**2), mu.sum(axis=1)) + LEAST_VARIANCE
        for j, persistence in enumerate(PERSISTENCES):
            covariance = shared * np.expm1(deviation**2 * persistence**apart) + np.diag(left)
            log_weight[i, j] = _log_normal(surprise, covariance) - (deviation / SCALE) ** 2 / 2
    weight = np.exp(log_weight - log_weight.max())
    return Belief(weight / weight.sum())


def _log_normal(values: Floats, covariance: Floats) -> float:
    factor = cho_factor(covariance, lower=True)
    return float(-values @ cho_solve(factor, values) / 2 - np.sum(np.log(np.diag(factor[0]))))
