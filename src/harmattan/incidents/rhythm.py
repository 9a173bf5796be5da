"""When attacks come: same-day clusters, gaps, burstiness, and the times between them against a Poisson process.

Only attacks known to the day count here. The comparison is exact at the resolution of days: under a steady Poisson
process, given their number, the days of the attacks are independent and uniform over the period, which is what is
simulated.

References
----------
Goh & Barabási (2008), https://doi.org/10.1209/0295-5075/81/48002; Kim & Jo (2016),
https://doi.org/10.1103/PhysRevE.94.032311.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

FEWEST = 5
DRAWS = 1999
STATISTICS = ("burstiness", "distance", "sharing_a_day", "longest_gap")

Days = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rhythm:
    """When the attacks of a period came.

    Attributes
    ----------
    known, left_out
        Attacks known to the day, and those that are not.
    clusters
        Days with two attacks or more: ``day``, ``attacks``, ``regions`` (codes).
    gaps
        Times between attacks on different days, the longest first: ``since``, ``until``, ``days``.
    intervals
        Days between successive attacks, shape (known - 1,).
    burstiness, corrected
        By `burstiness` and `corrected_burstiness`; None for fewer than `FEWEST` attacks known to the day.
    test
        Index of `STATISTICS`; ``observed``, ``expected``, ``lower``, ``upper`` (median and 90 % range under a steady
        Poisson process) and ``p``; None for fewer than `FEWEST`.
    band
        What the figure shows: ``days`` (0, 1, ...), ``observed`` share of intervals of at least so many days,
        ``expected``, ``lower``, ``upper``; None for fewer than `FEWEST`.
    """

    known: int
    left_out: int
    clusters: pd.DataFrame
    gaps: pd.DataFrame
    intervals: Days
    burstiness: float | None
    corrected: float | None
    test: pd.DataFrame | None
    band: pd.DataFrame | None


def rhythm(table: pd.DataFrame, days: tuple[pd.Timestamp, pd.Timestamp], rng: np.random.Generator) -> Rhythm:
    """Return when the attacks of a period came.

    Parameters
    ----------
    table
        Attacks: columns ``day``, ``day_known``, ``region``.
    days
        First and last day of the period.
    rng
        Random numbers for the Poisson process.

    Raises
    ------
    ValueError
        If a known day lies outside the period.
    """
    known = table[table["day_known"]].sort_values("day", kind="stable")
    first, last = (np.datetime64(day, "D").astype(np.int64) for day in days)
    when = known["day"].to_numpy().astype("datetime64[D]").astype(np.int64)
    if len(when) and not (first <= when[0] and when[-1] <= last):
        raise ValueError(
            f"attacks must lie from {days[0]:%Y-%m-%d} to {days[1]:%Y-%m-%d}; one is of {known['day'].iloc[0]}"
        )
    intervals = np.diff(when)
    enough = len(when) >= FEWEST and intervals.sum() > 0
    simulated = np.sort(rng.integers(0, last - first + 1, (DRAWS, len(when))), axis=1) if enough else None
    return Rhythm(
        known=len(known),
        left_out=len(table) - len(known),
        clusters=_clusters(known),
        gaps=_gaps(known["day"]),
        intervals=intervals,
        burstiness=burstiness(intervals) if enough else None,
        corrected=corrected_burstiness(intervals) if enough else None,
        test=_test(intervals, np.diff(simulated, axis=1)) if simulated is not None else None,
        band=_band(intervals, np.diff(simulated, axis=1)) if simulated is not None else None,
    )


def burstiness(intervals: npt.ArrayLike) -> float:
    """Return B = (r - 1) / (r + 1), r the standard deviation of the intervals over their mean (Goh & Barabási 2008).

    -1 is regular, 0 what an endless Poisson process gives, 1 the limit of extreme bursts. For few attacks it is biased
    downwards: see `corrected_burstiness`.

    Raises
    ------
    ValueError
        If there are fewer than two intervals, or their mean is not above 0.

    Examples
    --------
    >>> burstiness([7, 7, 7]), round(burstiness([0, 0, 0, 4]), 3)
    (-1.0, 0.268)
    """
    ratio = float(_ratios(_checked(intervals))[0])
    return (ratio - 1) / (ratio + 1)


def corrected_burstiness(intervals: npt.ArrayLike) -> float:
    """Return the burstiness corrected for finite numbers (Kim & Jo 2016, eq. 22).

    A = (√(n+1) r - √(n-1)) / ((√(n+1) - 2) r + √(n-1)), n the number of intervals and r as in `burstiness`: -1 for
    regular, 0 for uniform random times, 1 when all attacks but one come at once, for every n.

    Raises
    ------
    ValueError
        As `burstiness`.

    Examples
    --------
    >>> corrected_burstiness([7, 7, 7]), round(corrected_burstiness([0, 0, 0, 4]), 12)
    (-1.0, 1.0)
    """
    return float(_corrected(_checked(intervals))[0])


def _checked(intervals: npt.ArrayLike) -> Floats:
    values = np.asarray(intervals, dtype=np.float64)
    if values.ndim != 1 or len(values) < 2 or not np.isfinite(values).all() or (values < 0).any() or values.sum() <= 0:
        raise ValueError(
            f"burstiness needs at least two times between attacks, not all zero; got {values.tolist()[:5]}"
        )
    return values[None, :]


def _ratios(intervals: Floats) -> Floats:
    """Standard deviation over mean of each row; 0 where the mean is 0."""
    mean = intervals.mean(axis=1)
    ratios: Floats = np.divide(intervals.std(axis=1), mean, out=np.zeros(len(mean)), where=mean > 0)
    return ratios


def _corrected(intervals: Floats) -> Floats:
    n, ratios = intervals.shape[1], _ratios(intervals)
    up, down = np.sqrt(n + 1.0), np.sqrt(n - 1.0)
    corrected: Floats = (up * ratios - down) / ((up - 2) * ratios + down)
    return corrected


def _distances(intervals: Floats) -> Floats:
    """Kolmogorov-Smirnov distance of each row from the exponential distribution with its mean."""
    n = intervals.shape[1]
    ranked = np.sort(intervals, axis=1)
    below = 1 - np.exp(-ranked / np.maximum(ranked.mean(axis=1, keepdims=True), 1e-12))
    steps = np.arange(1, n + 1) / n
    distances: Floats = np.maximum(steps - below, below - (steps - 1 / n)).max(axis=1)
    return distances


def _sharing(intervals: Floats) -> Floats:
    """Attacks of each row that share their day with another."""
    same = intervals == 0
    off = np.zeros((len(same), 1), dtype=bool)
    shared: Floats = (np.hstack([off, same]) | np.hstack([same, off])).sum(axis=1).astype(np.float64)
    return shared


def _statistics(intervals: Floats) -> dict[str, Floats]:
    found = (_corrected(intervals), _distances(intervals), _sharing(intervals), intervals.max(axis=1))
    return dict(zip(STATISTICS, found, strict=True))


def _test(intervals: Days, simulated: Days) -> pd.DataFrame:
    """Compare statistics with the simulated process: burstiness in both directions, the others upwards."""
    observed = {name: float(value[0]) for name, value in _statistics(intervals[None, :].astype(np.float64)).items()}
    rows = {}
    for name, values in _statistics(simulated.astype(np.float64)).items():
        at_least = (1 + int((values >= observed[name] - 1e-12).sum())) / (len(values) + 1)
        at_most = (1 + int((values <= observed[name] + 1e-12).sum())) / (len(values) + 1)
        p = min(1.0, 2 * min(at_least, at_most)) if name == "burstiness" else at_least
        low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
        rows[name] = (observed[name], middle, low, high, p)
    columns = ["observed", "expected", "lower", "upper", "p"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("statistic")


def _band(intervals: Days, simulated: Days) -> pd.DataFrame:
    """Share of intervals of at least so many days, observed and simulated, up to the longest that matters."""
    longest = int(max(intervals.max(), np.quantile(simulated.max(axis=1), 0.95)))
    days = np.unique(np.concatenate([np.arange(min(longest, 60) + 1), np.linspace(0, longest, 120).astype(np.int64)]))
    ranked, n = np.sort(simulated, axis=1), len(intervals)
    shares = np.stack([(n - np.count_nonzero(ranked < day, axis=1)) / n for day in days])
    low, middle, high = np.quantile(shares, (0.05, 0.5, 0.95), axis=1)
    seen = np.array([(intervals >= day).mean() for day in days])
    return pd.DataFrame({"days": days, "observed": seen, "expected": middle, "lower": low, "upper": high})


def _clusters(known: pd.DataFrame) -> pd.DataFrame:
    grouped = known.groupby("day", sort=True)["region"]
    found = pd.DataFrame({"attacks": grouped.size(), "regions": grouped.agg(lambda codes: sorted(set(codes.dropna())))})
    return found[found["attacks"] > 1].reset_index()


def _gaps(days: pd.Series) -> pd.DataFrame:
    apart = days.drop_duplicates().sort_values().reset_index(drop=True)
    found = pd.DataFrame({"since": apart.iloc[:-1].to_numpy(), "until": apart.iloc[1:].to_numpy()})
    found["days"] = (found["until"] - found["since"]).dt.days
    return found.sort_values("days", ascending=False, kind="stable", ignore_index=True)
