"""Is one model better than another, month by month: HAC intervals, Diebold-Mariano tests, confidence sets.

Scores of regions in one month share that month's luck, so a comparison is of monthly means. Rows of a set are chosen
before (`harmattan.scores.sets.within`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import stdtr, stdtrit

from harmattan.scores.inference import differences, losses, skill_interval
from harmattan.scores.inputs import Floats, inside

FEWEST_MONTHS = 8


@dataclass(frozen=True)
class Difference:
    """A mean difference of losses, baseline less model: above 0 where the model is better.

    Attributes
    ----------
    mean
        Mean over months.
    lower, upper
        Its confidence interval.
    statistic
        t statistic of no difference.
    p
        Two-sided p-value of no difference.
    """

    mean: float
    lower: float
    upper: float
    statistic: float
    p: float


def monthly_losses(rows: pd.DataFrame, *, score: str = "log_score", horizon: int) -> pd.DataFrame:
    """Return the mean score of each model by origin.

    Parameters
    ----------
    rows
        One row per model, origin, horizon and region, as `harmattan.backtest.backtest` makes them.
    score
        Column of a score, the lower the better.
    horizon
        Months ahead.

    Returns
    -------
    pandas.DataFrame
        Origins down, ascending, models across.

    Raises
    ------
    ValueError
        If models were not scored on the same rows, or a score is unknown.

    Examples
    --------
    >>> rows = pd.DataFrame({"model": ["a", "b"], "origin": "2023-01", "horizon": 1, "region": "r", "crps": [1.0, 2.0]})
    >>> monthly_losses(rows, score="crps", horizon=1).loc["2023-01"].to_dict()
    {'a': 1.0, 'b': 2.0}
    """
    if score not in rows:
        raise ValueError(f"score must be a column of the rows; got {score!r}")
    found = {str(name): losses(rows, name, score, horizon) for name in dict.fromkeys(rows["model"])}
    first, *others = found
    for name in others:
        if not found[name].index.equals(found[first].index):
            raise ValueError(
                f"every model must be scored on the same rows; at horizon {horizon} {first} and {name} differ"
            )
    return pd.DataFrame(found).groupby("origin", sort=True).mean()


def hac(difference: npt.ArrayLike, *, cosines: int | None = None, level: float = 0.95) -> Difference:
    """Return the mean of a series of differences with an interval that allows for autocorrelation.

    The long-run variance is the mean square of the first B cosine transforms
    ``Λ_j = √(2 / T) Σ_t d_t cos(π j (t - 1/2) / T)``, and Student's t has B degrees of freedom: the interval allows for
    how little a short series tells of its own autocorrelation.

    In 10,000 simulations of 48 months (24; 96) the 95 % interval covers the truth in 95 % (95; 95) without
    autocorrelation, in 94 % (93; 94) with one of 0.5 from month to month, and in 94 % (92; 94) where each difference
    is a mean of six months and shares five with the next. The usual Newey-West interval of 48 months, with Student's t
    and 3 lags, covers in 93, 86 and 80 %.

    Parameters
    ----------
    difference
        Monthly differences in order, baseline less model, shape (month,).
    cosines
        B; fewer allow for longer memory and widen the interval. None takes 0.41 T^(2/3), rounded down, at least 2.
    level
        Of the interval.

    Raises
    ------
    ValueError
        If there are fewer than 8 months, a value is unknown, or the number of cosines does not fit.

    References
    ----------
    Lazarus, Lewis, Stock & Watson 2018, https://doi.org/10.1080/07350015.2018.1506926

    Examples
    --------
    >>> found = hac([0.1, 0.3, 0.2, 0.2, 0.1, 0.3, 0.1, 0.3])
    >>> round(found.mean, 2), found.p < 0.01
    (0.2, True)
    """
    d = _series(difference)
    count = len(d)
    b = max(2, int(0.41 * count ** (2 / 3))) if cosines is None else cosines
    if not 1 <= b < count:
        raise ValueError(f"cosines must lie from 1 to less than the {count} months; got {b}")
    waves = np.cos(np.pi * np.outer(np.arange(1, b + 1), np.arange(count) + 0.5) / count)
    # No transform sees the mean; taking it off first leaves exact zeros where all differences are equal.
    transforms = np.sqrt(2 / count) * waves @ (d - d.mean())
    return _difference(d, float(np.sqrt((transforms**2).mean() / count)), b, level)


def diebold_mariano(difference: npt.ArrayLike, *, horizon: int, level: float = 0.95) -> Difference:
    """Diebold-Mariano test of equal accuracy with the small-sample correction of Harvey, Leybourne & Newbold.

    Forecasts `horizon` months ahead made every month have errors that overlap for horizon - 1 months; the variance
    counts exactly these autocovariances. Where errors remember more than that the test is too sure: in 5,000
    simulations of 48 months with an autocorrelation of 0.5 at horizon 1 its 95 % interval covers the truth in 73 %,
    against 94 % of `hac`. Without autocorrelation it covers in 95 %, at horizon 6 with means of six months in 90 %.

    Parameters
    ----------
    difference
        Monthly differences in order, baseline less model, shape (month,).
    horizon
        Months ahead.
    level
        Of the interval.

    Raises
    ------
    ValueError
        If there are fewer than 8 months, a value is unknown, the horizon is not below the number of months, or the
        estimated variance is not positive, which happens with few months: `hac` then still answers.

    References
    ----------
    Diebold & Mariano 1995, https://doi.org/10.1080/07350015.1995.10524599 · Harvey, Leybourne & Newbold 1997,
    https://doi.org/10.1016/S0169-2070(96)00719-4

    Examples
    --------
    >>> diebold_mariano([0.1, 0.3, 0.2, 0.2, 0.1, 0.3, 0.1, 0.3], horizon=1).p < 0.01
    True
    """
    d = _series(difference)
    count = len(d)
    if not 1 <= horizon < count:
        raise ValueError(f"horizon must lie from 1 to less than the {count} months; got {horizon}")
    centred = d - d.mean()
    covariances = [float(centred[lag:] @ centred[: count - lag]) / count for lag in range(horizon)]
    variance = (covariances[0] + 2 * sum(covariances[1:])) / count
    if variance < 0:
        raise ValueError(
            f"the Diebold-Mariano variance of {count} months at horizon {horizon} is not positive: use hac"
        )
    shrink = (count + 1 - 2 * horizon + horizon * (horizon - 1) / count) / count
    return _difference(d, float(np.sqrt(variance / shrink)), count - 1, level)


def confidence_set(
    monthly: pd.DataFrame, *, level: float = 0.9, block: int = 6, draws: int = 2000, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the model confidence set: the models among which the best is with probability `level`.

    In 400 simulations of four models over 48 months the 90 % set held both of two equally good ones in 91 % without
    autocorrelation (blocks of 2), but in 79 % with one of 0.5 from month to month (blocks of 6): with few months take
    the set as a hint, and give more months or a higher level before dropping a model for good.

    Parameters
    ----------
    monthly
        Losses, origins down in order, models across, from `monthly_losses`.
    level
        Of the set.
    block
        Mean length of the blocks of the stationary bootstrap, months; at least the horizon.
    draws
        Resamples.
    rng
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        Columns ``model, loss`` (mean), ``p`` (the largest 1 - level at which the model is still in the set) and
        ``in_set``, best first.

    Raises
    ------
    ValueError
        If there are fewer than 2 models or 8 months, a loss is unknown, or two models have the same losses.

    References
    ----------
    Hansen, Lunde & Nason 2011, https://doi.org/10.3982/ECTA5771
    """
    if monthly.shape[1] < 2 or len(monthly) < FEWEST_MONTHS or monthly.isna().any(axis=None):
        raise ValueError(
            f"a confidence set needs 2 models and {FEWEST_MONTHS} months or more, every loss known; got "
            f"{monthly.shape[1]} models, {len(monthly)} months, {int(monthly.isna().sum().sum())} unknown"
        )
    if not 1 <= block <= len(monthly):
        raise ValueError(f"block must lie from 1 to the {len(monthly)} months; got {block}")
    alike = monthly.T[monthly.T.duplicated(keep=False)].index
    if len(alike):
        raise ValueError(
            f"models must differ in their losses; {' and '.join(map(str, alike))} are alike: leave one out"
        )
    # All of arch comes with it, which takes seconds that other comparisons need not wait.
    from arch.bootstrap import MCS

    found = MCS(
        monthly.to_numpy(dtype=np.float64), size=1 - inside(level, "level"), reps=draws, block_size=block, seed=rng
    )
    found.compute()
    p = found.pvalues["Pvalue"].sort_index().to_numpy()
    table = pd.DataFrame({"model": monthly.columns.astype(str), "loss": monthly.mean().to_numpy(), "p": p})
    return table.assign(in_set=table["p"] > 1 - level).sort_values("loss", ignore_index=True, kind="stable")


def skill_by_horizon(
    rows: pd.DataFrame, *, models: list[str], baseline: str, score: str = "log_score", block: int = 6,
    rng: np.random.Generator,
) -> pd.DataFrame:  # fmt: skip
    """Return the skill of models over a baseline with its 95 % interval at every horizon.

    Parameters
    ----------
    rows
        As for `monthly_losses`.
    models, baseline
        Names in the column ``model``.
    score
        Column of a score.
    block
        Origins in one block of the bootstrap (`harmattan.scores.inference.skill_interval`).
    rng
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        Columns ``model, horizon, skill, lower, upper``.

    Raises
    ------
    ValueError
        As `harmattan.scores.inference.skill_interval`.
    """
    found = [
        (model, int(h), *skill_interval(
            rows, model=model, baseline=baseline, score=score, horizon=int(h), blocks=block, rng=rng
        ))
        for model in models
        for h in sorted(rows["horizon"].unique())
    ]  # fmt: skip
    return pd.DataFrame(found, columns=["model", "horizon", "skill", "lower", "upper"])


def over_time(rows: pd.DataFrame, *, model: str, baseline: str, score: str = "log_score", horizon: int) -> pd.DataFrame:
    """Return monthly differences in score and their running total: when was the model better.

    Returns
    -------
    pandas.DataFrame
        Columns ``origin`` (text), ``difference`` (baseline less model, mean over regions) and ``total`` (its running
        sum).

    Raises
    ------
    ValueError
        As `harmattan.scores.inference.differences`.
    """
    table = differences(rows, model=model, baseline=baseline, score=score, horizon=horizon)
    return pd.DataFrame({
        "origin": table.index.astype(str),
        "difference": table["difference"].to_numpy(),
        "total": table["difference"].cumsum().to_numpy(),
    })  # fmt: skip


def _series(difference: npt.ArrayLike) -> Floats:
    d = np.asarray(difference, dtype=np.float64)
    if d.ndim != 1 or len(d) < FEWEST_MONTHS:
        raise ValueError(f"a test needs a series of at least {FEWEST_MONTHS} months; got the shape {d.shape}")
    if np.isnan(d).any():
        raise ValueError(f"every month needs a difference; month {int(np.flatnonzero(np.isnan(d))[0])} has none")
    return d


def _difference(d: Floats, error: float, freedom: int, level: float) -> Difference:
    """Two models that never differ are equal, with certainty."""
    mean = float(d.mean())
    error = error if error > 1e-12 * abs(mean) else 0.0
    half = float(stdtrit(freedom, 0.5 + inside(level, "level") / 2)) * error
    statistic = mean / error if error > 0 else (0.0 if mean == 0 else float(np.copysign(np.inf, mean)))
    return Difference(mean, mean - half, mean + half, statistic, float(2 * stdtr(freedom, -abs(statistic))))
