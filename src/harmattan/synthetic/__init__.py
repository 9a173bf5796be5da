"""Synthetic worlds whose truth is known: attacks drawn from the laws that the models assume.

Every world is a `harmattan.panel.Panel` over given regions and months, decided by the generator passed in. What a
world is made with (background, branching ratio, speed, arrival) is what an estimator should find again. Worlds can be
reported late or in part: `harmattan.synthetic.reporting`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.neighbours import Neighbours
from harmattan.panel import POINT_COLUMNS, Panel
from harmattan.raster import moved, raster
from harmattan.regions import Regions
from harmattan.sphere import great_circle_km
from harmattan.synthetic.reporting import with_reporting_delay, with_under_reporting

__all__ = [
    "endemic_epidemic_world",
    "self_exciting_world",
    "spreading_front_world",
    "with_reporting_delay",
    "with_under_reporting",
]

Floats = npt.NDArray[np.float64]
DAYS_PER_MONTH = 365.25 / 12
BURN_IN_MONTHS = 120


def endemic_epidemic_world(
    regions: Regions,
    *,
    months: pd.PeriodIndex,
    rng: np.random.Generator,
    background: npt.ArrayLike,
    own: float,
    neighbour: float,
    overdispersion: float,
    weights: Literal["adjacency"] | Neighbours = "adjacency",
    season: float = 0.0,
) -> Panel:
    """Draw y_rt ~ NegBin(μ_rt, ψ) with μ_rt = ν_rt + λ y_{r,t-1} + φ Σ_q w_qr y_{q,t-1}.

    ν_rt = ν_r exp(a sin(2π(m_t - 1)/12)) with m_t the calendar month. The weights of each sender q sum to one over the
    receivers r, so φ is the number of attacks next month that one attack brings to its neighbours. Variances are μ +
    ψ μ². `BURN_IN_MONTHS` months are drawn before the first, from the stationary mean on, and dropped. Without season
    the mean of all regions together is Σν / (1 - λ - φ).

    Parameters
    ----------
    regions
        Where; at least one.
    months
        The months to draw, without gaps.
    rng
        Source of randomness.
    background
        ν, attacks per month: one number, or one for each region; zero or more.
    own, neighbour
        λ and φ, zero or more.
    overdispersion
        ψ; zero for Poisson counts.
    weights
        Who can spread to whom: adjacent regions alike, or links of one's own. A region without links spreads nothing.
    season
        Amplitude a of the log background.

    Raises
    ------
    ValueError
        If a parameter is negative or not finite, or the spectral radius of λI + φW is not below one: attacks would
        then grow without bound.

    References
    ----------
    Held, Höhle & Hofmann 2005, https://doi.org/10.1191/1471082X05st098oa

    Examples
    --------
    >>> from harmattan.months import month_range
    >>> from harmattan.regions import bundled
    >>> world = endemic_epidemic_world(
    ...     bundled("province"), months=month_range("2016-01", "2023-12"), rng=np.random.default_rng(1),
    ...     background=0.1, own=0.3, neighbour=0.2, overdispersion=0.5)
    >>> world.attacks.shape
    (96, 45)
    """
    for name, value in {"own": own, "neighbour": neighbour, "overdispersion": overdispersion}.items():
        _check_at_least_zero(name, value)
    if not np.isfinite(season):
        raise ValueError(f"season must be finite; got {season}")
    if isinstance(weights, str) and weights != "adjacency":
        raise ValueError(f"weights must be 'adjacency' or Neighbours; got {weights!r}")
    nu = _per_region("background", background, regions)
    spread = _spread(regions, regions.neighbours if isinstance(weights, str) else weights, own, neighbour)
    phase = np.arange(-BURN_IN_MONTHS, len(months)) + months[0].month - 1
    wave = np.exp(season * np.sin(2 * np.pi * phase / 12))
    counts = np.zeros((len(wave), len(regions)))
    before = np.linalg.solve(np.eye(len(regions)) - spread, nu)
    for step, height in enumerate(wave):
        counts[step] = _negative_binomial(nu * height + spread @ before, overdispersion, rng)
        before = counts[step]
    return _world(counts[BURN_IN_MONTHS:], months, regions)


def self_exciting_world(
    regions: Regions,
    *,
    months: pd.PeriodIndex,
    rng: np.random.Generator,
    background: npt.ArrayLike,
    offspring: float,
    decay_days: float,
    spread_km: float,
    reach_days: float = 180.0,
) -> Panel:
    """Draw a branching process in continuous time and space, as points and as counts by region and month.

    Attacks of the background come at a constant rate ν_r, anywhere in the region alike. Each attack brings Poisson(n)
    further ones, after an exponential time of parameter 1/τ that is cut at `reach_days`, at a distance with Gaussian
    components of standard deviation σ; those outside all regions are lost and bring no others. Were none lost, the mean
    of all regions together would be Σν / (1 - n) per month of 30.4 days. The panel has all attacks as points, whose
    days and places are those of the process.

    Parameters
    ----------
    regions, months, rng
        As in `endemic_epidemic_world`; attacks before the first month, over `BURN_IN_MONTHS` or 5 τ / (1 - n) if that
        is longer, are drawn and dropped.
    background
        ν, attacks per month: one number, or one for each region; zero or more.
    offspring
        n, the branching ratio: the share of attacks that follow from others. From 0 to below 1.
    decay_days
        τ, days; positive.
    spread_km
        σ, km; positive.
    reach_days
        Longest time from an attack to one that it brings, days; positive.

    Raises
    ------
    ValueError
        If a parameter lies outside its range.

    References
    ----------
    Meyer, Elias & Höhle 2012, https://doi.org/10.1111/j.1541-0420.2011.01684.x

    Examples
    --------
    >>> from harmattan.months import month_range
    >>> from harmattan.regions import bundled
    >>> world = self_exciting_world(
    ...     bundled("province"), months=month_range("2016-01", "2017-12"), rng=np.random.default_rng(1),
    ...     background=0.1, offspring=0.5, decay_days=60, spread_km=5)
    >>> len(world.points), world.attacks.to_numpy().sum().item()
    (234, 234.0)
    """
    if not 0 <= offspring < 1:
        raise ValueError(f"offspring must lie from 0 to below 1, or attacks grow without bound; got {offspring}")
    for name, value in {"decay_days": decay_days, "spread_km": spread_km, "reach_days": reach_days}.items():
        _check_positive(name, value)
    nu, cells = _per_region("background", background, regions), raster(regions)
    opens, closes = (each.astype("datetime64[D]").astype(np.float64) for each in _ends(months))
    start = opens - max(BURN_IN_MONTHS * DAYS_PER_MONTH, 5 * decay_days / (1 - offspring))
    region = np.repeat(np.arange(len(regions)), rng.poisson(nu * (closes - start) / DAYS_PER_MONTH))
    lon, lat = cells.somewhere(region, regions.table[["lon", "lat"]].to_numpy(dtype=np.float64), rng)
    alive = [rng.uniform(start, closes, len(region)), region.astype(np.float64), lon, lat]
    born = [np.stack(alive)]
    while len(alive[0]):
        day, _, lon, lat = np.repeat(np.stack(alive), rng.poisson(offspring, len(alive[0])), axis=1)
        day = day - decay_days * np.log1p(rng.random(len(day)) * np.expm1(-reach_days / decay_days))
        lon, lat = moved(lon, lat, *(spread_km * rng.standard_normal((2, len(day)))))
        region = cells.region(lon, lat)
        kept = (region >= 0) & (day < closes)
        alive = [each[kept] for each in (day, region.astype(np.float64), lon, lat)]
        born.append(np.stack(alive))
    day, place, lon, lat = np.concatenate(born, axis=1)
    return _world_of_points(day, place.astype(np.intp), lon, lat, months, regions)


def spreading_front_world(
    regions: Regions,
    *,
    months: pd.PeriodIndex,
    rng: np.random.Generator,
    seeds: Sequence[str],
    speed_km: float,
    rate: float,
    noise: float = 0.0,
) -> tuple[Panel, pd.Series]:
    """Draw a front that leaves the seeds in the first month and hits each region when it arrives.

    A region d km from the nearest seed is reached after (d / v) exp(s ε - s²/2) months, ε standard normal: d / v on
    average. Before that it has no attack; in the month of arrival 1 + Poisson(rate); afterwards Poisson(rate).

    Parameters
    ----------
    regions, months, rng
        As in `endemic_epidemic_world`.
    seeds
        Codes of the regions the front starts from; at least one.
    speed_km
        v, km per month; positive.
    rate
        Attacks per month once a region is reached; zero or more.
    noise
        s, the standard deviation of log arrival times; zero or more.

    Returns
    -------
    tuple
        The panel, and the true month of arrival by region (period), after the panel's last month where the front does
        not arrive in time.

    Raises
    ------
    ValueError
        If a seed is no region, there is none, or a number lies outside its range.
    """
    unknown = [code for code in seeds if code not in regions.table.index]
    if unknown or not len(seeds):
        what = f"{unknown[0]!r} is not" if unknown else "there is none"
        raise ValueError(f"seeds must be codes of the {len(regions)} regions, such as {regions.table.index[0]}; {what}")
    _check_positive("speed_km", speed_km)
    _check_at_least_zero("rate", rate)
    _check_at_least_zero("noise", noise)
    km = great_circle_km(regions.table["lon"], regions.table["lat"])
    nearest = km[:, regions.table.index.get_indexer(pd.Index(seeds))].min(axis=1)
    blur = np.exp(noise * rng.standard_normal(len(regions)) - noise**2 / 2)
    reached = np.floor(nearest / speed_km * blur).astype(np.int64)
    step = np.arange(len(months))[:, None]
    counts = np.where(step >= reached, rng.poisson(rate, (len(months), len(regions))), 0) + (step == reached)
    ordinals = months[0].ordinal + reached
    arrival = pd.PeriodIndex(ordinals.astype("datetime64[M]").astype("datetime64[s]"), freq="M")
    return _world(counts, months, regions), pd.Series(arrival, regions.table.index, name="arrival")


def _spread(regions: Regions, links: Neighbours, own: float, neighbour: float) -> Floats:
    """λI + φW with each sender's weights summing to one, shape (receiver, sender)."""
    if not links.regions.equals(regions.table.index):
        raise ValueError(
            f"weights must cover the {len(regions)} regions of the world in their order; "
            f"they cover {len(links.regions)}, first {links.regions[0]!r}"
        )
    sent = links.weights.toarray()
    total = sent.sum(axis=0)
    spread = own * np.eye(len(regions)) + neighbour * np.divide(sent, total, out=np.zeros_like(sent), where=total > 0)
    radius = float(np.abs(np.linalg.eigvals(spread)).max())
    if radius > 1 - 1e-9:
        raise ValueError(
            f"own {own} and neighbour {neighbour} make attacks grow without bound: the spectral radius must lie "
            f"below 1 and is {radius:.3g}; lower one of them"
        )
    return np.asarray(spread)


def _negative_binomial(mean: Floats, overdispersion: float, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    if overdispersion == 0:
        return rng.poisson(mean)
    return rng.poisson(mean * rng.gamma(1 / overdispersion, overdispersion, mean.shape))


def _world(counts: npt.NDArray[np.float64 | np.int64], months: pd.PeriodIndex, regions: Regions) -> Panel:
    index, codes = months.rename("month"), regions.table.index
    attacks = pd.DataFrame(counts.astype(np.float32), index, codes)
    return Panel(regions, {"attacks": attacks}, pd.DataFrame(True, index=index, columns=codes))


def _world_of_points(
    day: Floats, region: npt.NDArray[np.intp], lon: Floats, lat: Floats, months: pd.PeriodIndex, regions: Regions
) -> Panel:
    """Count the attacks that lie in the months; `day` is days since 1970."""
    order = np.argsort(day, kind="stable")
    order = order[day[order] >= _ends(months)[0].astype("datetime64[D]").astype(np.float64)]
    when = np.floor(day[order]).astype(np.int64).astype("datetime64[D]")
    counts = np.zeros((len(months), len(regions)))
    np.add.at(counts, (pd.PeriodIndex(when, freq="M").asi8 - months[0].ordinal, region[order]), 1)
    codes = regions.table.index[region[order]]
    columns = {"day": when.astype("datetime64[us]"), "region": codes, "lon": lon[order], "lat": lat[order]}
    return replace(_world(counts, months, regions), points=pd.DataFrame(columns).astype(POINT_COLUMNS))


def _ends(months: pd.PeriodIndex) -> tuple[np.datetime64, np.datetime64]:
    """The first day of the months and the first day after them."""
    return months[0].start_time.to_datetime64(), (months[-1] + 1).start_time.to_datetime64()


def _per_region(name: str, value: npt.ArrayLike, regions: Regions) -> Floats:
    given = np.asarray(value, dtype=np.float64)
    if given.shape not in ((), (len(regions),)):
        raise ValueError(
            f"{name} must be one number or one for each of {len(regions)} regions; got shape {given.shape}"
        )
    _check_at_least_zero(name, given)
    return np.broadcast_to(given, (len(regions),)).copy()


def _check_at_least_zero(name: str, value: npt.ArrayLike) -> None:
    given = np.atleast_1d(np.asarray(value, dtype=np.float64))
    wrong = given[~(np.isfinite(given) & (given >= 0))]
    if len(wrong):
        raise ValueError(f"{name} must be zero or more and finite; got {wrong[0]}")


def _check_positive(name: str, value: float) -> None:
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be positive and finite; got {value}")
