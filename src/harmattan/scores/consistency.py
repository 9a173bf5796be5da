"""Is a whole forecast map consistent with what came: number, spatial and conditional-likelihood tests, and gains.

The tests ask where the outcome lies among the futures that the forecast itself holds possible; they are those of
earthquake forecasting, with joint draws in place of independent Poisson cells, because attacks come in clusters and
Poisson cells would reject even a true forecast.

Of 4,000 outcomes of a clustered world, each test of the true forecast (2,000 draws) placed this share below 5 and above
95 %: number 5.4 and 5.0 %, spatial 4.6 and 4.2 %, conditional likelihood 5.5 and 5.2 %; the smooth number test, whose
law that world's totals follow only roughly, 2.5 and 4.2 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.special import gammaln, xlogy

from harmattan.scores.inputs import Floats, inside, maps_and_draws, same_rows

FEWEST_ALIKE = 100


@dataclass(frozen=True)
class Quantile:
    """Where the outcome lies among a forecast's own futures.

    Attributes
    ----------
    statistic
        What was observed.
    below
        Share of futures with a smaller statistic.
    upto
        Share of futures with a smaller or equal one.
    """

    statistic: float
    below: float
    upto: float

    @property
    def high(self) -> float:
        """Share of futures with at least the observed statistic: small if more was observed than was forecast."""
        return 1 - self.below

    def uniform(self, rng: np.random.Generator) -> float:
        """A value between `below` and `upto`: over many true forecasts it is uniform from 0 to 1."""
        return float(self.below + rng.random() * (self.upto - self.below))


def rates(draws: npt.ArrayLike) -> Floats:
    """Return expected counts of draws, none of them 0: ``(sum + 1/4) / (draws + 1/2)``.

    Examples
    --------
    >>> rates([[0, 2], [0, 2]]).round(2)
    array([0.1, 1.7])
    """
    x = np.asarray(draws, dtype=np.float64)
    return np.asarray((x.sum(axis=0) + 0.25) / (len(x) + 0.5))


def number_test(observed: npt.ArrayLike, draws: npt.ArrayLike) -> Quantile:
    """N test: is the total number of attacks among the totals forecast?

    Parameters
    ----------
    observed
        Counts of one origin, shape (horizon, region).
    draws
        Equally likely joint draws, shape (draw, horizon, region).

    Returns
    -------
    Quantile
        Of the total; in the literature δ1 is `Quantile.high` and δ2 is `Quantile.upto`.

    Raises
    ------
    ValueError
        If the shapes do not fit or a value is unknown.

    References
    ----------
    Zechar, Gerstenberger & Rhoades 2010, https://doi.org/10.1785/0120090192

    Examples
    --------
    >>> number_test([[1, 1]], [[[0, 0]], [[1, 0]], [[0, 2]], [[3, 0]]]).high
    0.5
    """
    y, x = maps_and_draws(observed, draws)
    return _placed(float(y.sum()), x.sum(axis=(1, 2)))


def negative_binomial_number_test(observed: npt.ArrayLike, draws: npt.ArrayLike) -> Quantile:
    """N test against the negative binomial distribution with the mean and variance of the draws' totals.

    Where `number_test` can say no more than "beyond all draws", this says how far. Totals that vary no more than
    Poisson counts are compared with a Poisson distribution.

    Parameters
    ----------
    observed, draws
        As for `number_test`.

    Raises
    ------
    ValueError
        As `number_test`, and if there is only one draw.

    References
    ----------
    Kagan 2010, Statistical distributions of earthquake numbers, Geophysical Journal International 180, 1313-1328

    Examples
    --------
    >>> totals = np.random.default_rng(1).negative_binomial(2, 0.1, (4000, 1, 1))
    >>> round(negative_binomial_number_test([[18]], totals).upto, 1), round(float(stats.nbinom(2, 0.1).cdf(18)), 1)
    (0.6, 0.6)
    """
    y, x = maps_and_draws(observed, draws)
    if len(x) < 2:
        raise ValueError(f"a variance needs at least 2 draws; got {len(x)}")
    total, totals = float(y.sum()), x.sum(axis=(1, 2))
    mean, variance = float(totals.mean()), float(totals.var(ddof=1))
    law = stats.nbinom(mean**2 / (variance - mean), mean / variance) if variance > mean > 0 else stats.poisson(mean)
    return Quantile(total, float(law.cdf(total - 1)), float(law.cdf(total)))


def spatial_test(observed: npt.ArrayLike, draws: npt.ArrayLike) -> Quantile | None:
    """S test: given how many attacks came, did they fall where the forecast put them?

    The statistic is the log-likelihood of the places of the attacks, months added up, under shares by region; it is
    compared with the draws whose totals are nearest the observed one.

    Parameters
    ----------
    observed, draws
        As for `number_test`, with at least 100 draws.

    Returns
    -------
    Quantile or None
        ζ is `Quantile.upto`, small if attacks fell where few were expected; None if there was no attack or no draw has
        one, which tells nothing about places.

    Raises
    ------
    ValueError
        As `number_test`, and if there are fewer than 100 draws.

    References
    ----------
    Zechar, Gerstenberger & Rhoades 2010, https://doi.org/10.1785/0120090192
    """
    y, x = maps_and_draws(observed, draws)
    return _conditional(y.sum(axis=0, keepdims=True), x.sum(axis=1, keepdims=True))


def conditional_likelihood_test(observed: npt.ArrayLike, draws: npt.ArrayLike) -> Quantile | None:
    """CL test: given how many attacks came, is the map of all months as likely as the forecast's own maps?

    Parameters
    ----------
    observed, draws
        As for `number_test`, with at least 100 draws.

    Returns
    -------
    Quantile or None
        ξ is `Quantile.upto`, small if regions and months were forecast badly; None as for `spatial_test`.

    Raises
    ------
    ValueError
        As `spatial_test`.

    References
    ----------
    Werner, Helmstetter, Jackson & Kagan 2011, https://doi.org/10.1785/0120090340
    """
    return _conditional(*maps_and_draws(observed, draws))


@dataclass(frozen=True)
class Gain:
    """Information gain per attack of one forecast over another, in nats.

    Attributes
    ----------
    mean
        Gain per attack, above 0 where the first is better.
    lower, upper
        Its confidence interval.
    p
        Two-sided p-value of no gain, by Student's t (T test).
    p_signs
        The same without assuming a normal distribution, by Wilcoxon's signed ranks (W test).
    attacks
        Attacks compared.
    """

    mean: float
    lower: float
    upper: float
    p: float
    p_signs: float
    attacks: int


def information_gain(
    observed: npt.ArrayLike, rate: npt.ArrayLike, other: npt.ArrayLike, *, level: float = 0.95
) -> Gain:
    """T and W tests: how much likelier did one forecast make each attack than another?

    ``I = Σ_i (ln λ_A(i) - ln λ_B(i)) / N - (Λ_A - Λ_B) / N`` over the N attacks, with λ the expected count in the cell
    of attack i and Λ its sum over all cells.

    Attacks are taken as independent; where they come in clusters the interval is too narrow, and
    `harmattan.scores.comparison.hac` on monthly losses is the safer test.

    Parameters
    ----------
    observed
        Counts by cell, of any shape, such as (origin, region).
    rate, other
        Expected counts of the two forecasts, of the same shape, above 0 (`rates`).
    level
        Of the interval.

    Raises
    ------
    ValueError
        If shapes differ, a value is unknown, a rate is not above 0, counts are not whole, or there are fewer than two
        attacks.

    References
    ----------
    Rhoades et al. 2011, https://doi.org/10.2478/s11600-011-0013-5

    Examples
    --------
    >>> round(information_gain([3, 1], [2.0, 2.0], [1.0, 3.0]).mean, 3)
    0.418
    """
    y, a, b = (each.ravel() for each in same_rows(observed, {"rate": rate, "other": other}))
    if not ((a > 0).all() and (b > 0).all()):
        raise ValueError("expected counts must be above 0 in every cell: take harmattan.scores.consistency.rates")
    if (y < 0).any() or (y != np.floor(y)).any():
        raise ValueError("observed counts must be whole and not negative")
    count = int(y.sum())
    if count < 2:
        raise ValueError(f"a gain per attack needs at least 2 attacks; got {count}")
    each = np.repeat(np.log(a) - np.log(b), y.astype(np.int64)) - (a.sum() - b.sum()) / count
    mean, error = float(each.mean()), float(each.std(ddof=1) / np.sqrt(count))
    half = float(stats.t.ppf(0.5 + inside(level, "level") / 2, count - 1)) * error
    p = float(2 * stats.t.sf(abs(mean) / error, count - 1)) if error > 0 else float(mean == 0)
    signs = float(stats.wilcoxon(each, method="asymptotic").pvalue) if np.any(each != 0) else 1.0
    return Gain(mean, mean - half, mean + half, p, signs, count)


def _conditional(y: Floats, x: Floats) -> Quantile | None:
    """Place of the multinomial log-likelihood of a map among draws with about as many attacks."""
    if len(x) < FEWEST_ALIKE:
        raise ValueError(f"a conditional test needs at least {FEWEST_ALIKE} draws; got {len(x)}")
    total, totals = float(y.sum()), x.sum(axis=(1, 2))
    some = totals > 0
    if total == 0 or not some.any():
        return None
    expected = rates(x)
    share = expected / expected.sum()
    x, totals = x[some], totals[some]
    distance = np.abs(np.log(totals) - np.log(total))
    alike = distance <= np.sort(distance)[min(max(FEWEST_ALIKE, len(x) // 10), len(x)) - 1]
    return _placed(float(_likelihood(y[None], share)[0]), _likelihood(x[alike], share))


def _likelihood(maps: Floats, share: Floats) -> Floats:
    """Multinomial log-likelihood per attack of maps, shape (map,), given their totals."""
    total = maps.sum(axis=(1, 2))
    found = gammaln(total + 1) + (xlogy(maps, share) - gammaln(maps + 1)).sum(axis=(1, 2))
    return np.asarray(found / total)


def _placed(seen: float, futures: Floats) -> Quantile:
    tolerance = 1e-9 * max(1.0, abs(seen))
    return Quantile(seen, float((futures < seen - tolerance).mean()), float((futures <= seen + tolerance).mean()))


TESTS = {"number": number_test, "spatial": spatial_test, "likelihood": conditional_likelihood_test}
