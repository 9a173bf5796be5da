"""How the self-exciting process stands at the end of a day: its parameters, its background, and who was attacked when.

The model is that of `harmattan.models.selfexciting_places`, fitted to whole months before or up to the day; attacks of
the day's own month raise the risk as soon as they are on record. Attacks known by month and region only count, once the
month is over, from its middle and from anywhere in the region. Nothing after the day is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.grid import CELLS_PER_DEGREE
from harmattan.models.selfexciting_places import PlaceFit, fit_places
from harmattan.models.selfexciting_terms import REACH_DAYS, backgrounds, lag_chances
from harmattan.panel import Panel
from harmattan.regions import Regions

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

FEWEST_ATTACKS = 10
LEAST_MONTHS = 12
CELLS = 60
GENERATIONS = (1, 2, 3)
PLACEMENT = 0
"""Seed of the places of attacks that are known by month and region only, part of the fit."""

ONE_DAY = pd.Timedelta(1, "D")


@dataclass(frozen=True, eq=False)
class Standing:
    """The process at the end of a day; `standing` makes it.

    Attributes
    ----------
    at
        The last day used.
    regions
        The regions, R of them.
    fit
        Parameters, and the background per day as of `at`.
    fitted_to
        Last month the parameters were fitted to.
    attacks
        All attacks up to `at`: ``day, region`` and ``exact``, False where day and place are not known; by day, A rows.
    age
        Days ago, 1 for the day `at`, shape (A,).
    landing
        Chance that what an attack triggers falls into each region, that of what this triggers in turn, and that of the
        generation after, shape (3, A, R).
    between
        The same for an attack anywhere in a region, shape (3, R, R).
    """

    at: pd.Timestamp
    regions: Regions
    fit: PlaceFit
    fitted_to: pd.Period
    attacks: pd.DataFrame
    age: Places
    landing: Floats
    between: Floats

    def triggered(self, ahead: Places) -> Floats:
        """Attacks per day that each attack on record triggers directly, by day ahead.

        Parameters
        ----------
        ahead
            Days after `at`, 1 the next day; 0 and less look back. Shape (day,).

        Returns
        -------
        numpy.ndarray
            Shape (day, A); times the first of `landing`, those that fall into each region.
        """
        return self._chances(ahead, self.age)

    def excess(self, ahead: Places) -> Floats:
        """Attacks per day that all attacks on record trigger directly in each region, shape (day, R)."""
        recent = self.age <= REACH_DAYS - int(min(ahead.min(), 1)) + 1
        return np.asarray(self._chances(ahead, self.age[recent]) @ self.landing[0, recent])

    def _chances(self, ahead: Places, age: Places) -> Floats:
        chances = np.zeros(REACH_DAYS + 2)
        chances[1:-1] = self.fit.weights[-1] * lag_chances(self.fit.mean_days)
        return np.asarray(chances[np.clip(ahead[:, None] - 1 + age, 0, REACH_DAYS + 1)])


def standing(panel: Panel, at: pd.Timestamp) -> Standing:
    """Return the process as it stands at the end of a day, fitted to the whole months up to it.

    Parameters
    ----------
    panel
        Attacks with points.
    at
        A day of the panel.

    Raises
    ------
    ValueError
        If the panel has no points, the day lies outside the panel or in its first year, or fewer than 10 attacks have
        a day and a place by then.

    Examples
    --------
    >>> from harmattan.months import month_range
    >>> from harmattan.regions import bundled
    >>> from harmattan.synthetic import self_exciting_world
    >>> world = self_exciting_world(
    ...     bundled("province"), months=month_range("2016-01", "2018-12"), rng=np.random.default_rng(1),
    ...     background=0.1, offspring=0.5, decay_days=60, spread_km=5)
    >>> now = standing(world, pd.Timestamp("2018-06-20"))
    >>> now.fitted_to, now.excess(np.array([1])).shape
    (Period('2018-05', 'M'), (1, 45))
    """
    return next(standings(panel, [at], refit_months=1))


def standings(panel: Panel, days: Sequence[pd.Timestamp], *, refit_months: int) -> Iterator[Standing]:
    """Yield the process at each of some days, fitted anew every so many months and updated in between.

    Parameters
    ----------
    panel
        Attacks with points.
    days
        Ascending.
    refit_months
        Parameters are at most so many months older than the data.

    Raises
    ------
    ValueError
        As `standing`; and if the days do not ascend, or `refit_months` is below 1.
    """
    if refit_months < 1 or list(days) != sorted(set(days)):
        raise ValueError(f"days must ascend and refit_months be at least 1; got {refit_months} and {len(days)} days")
    points = known_points(panel)
    for at in days:
        _check_day(panel, points, at)

    def fitted_to(at: pd.Timestamp) -> pd.Period:
        whole = last_whole_month(at)
        return whole - (whole.ordinal - last_whole_month(days[0]).ordinal) % refit_months

    for month, those in groupby(days, key=fitted_to):
        fit = fit_places(panel.as_of(month), _until(points, month), background="region", rng=_placement())
        where = points[["lon", "lat"]].to_numpy(dtype=np.float64)
        landing = np.stack([fit.landing(where, each) for each in GENERATIONS])
        between = np.stack([_between(fit, each) for each in GENERATIONS])
        for whole, of_month in groupby(those, key=last_whole_month):
            known = panel.as_of(whole)
            begun = Standing(
                at=whole.end_time.normalize(),
                regions=panel.regions,
                fit=replace(fit, background=_background(known, fit)),
                fitted_to=month,
                attacks=_coarse(known),
                age=np.zeros(0, dtype=np.intp),
                landing=landing,
                between=between,
            )
            for at in of_month:
                yield _with_points(begun, points, at)


def _with_points(begun: Standing, points: pd.DataFrame, at: pd.Timestamp) -> Standing:
    """The process at the end of a day, of that at the month's beginning with attacks without a point only.

    `begun.landing` is of all points.
    """
    exact = (points["day"] <= at).to_numpy()
    attacks = pd.concat([points.loc[exact, ["day", "region"]].assign(exact=True), begun.attacks], ignore_index=True)
    of = begun.regions.table.index.get_indexer(pd.Index(begun.attacks["region"]))
    order = np.argsort(attacks["day"].to_numpy(), kind="stable")
    attacks = attacks.iloc[order].reset_index(drop=True)
    return replace(
        begun,
        at=at,
        attacks=attacks,
        age=((at - attacks["day"]).dt.days.to_numpy() + 1).astype(np.intp),
        landing=np.concatenate([begun.landing[:, exact], begun.between[:, of]], axis=1)[:, order],
    )


def known_points(panel: Panel) -> pd.DataFrame:
    """Return the attacks with day and place.

    Raises
    ------
    ValueError
        If the panel is made of counts.
    """
    if panel.points is None:
        raise ValueError(
            "alerts need the day and the place of attacks, and these data have counts by month and region only: give a "
            "file of events with days and coordinates, such as UCDP GED or ACLED (on the command line: --data FILE)"
        )
    return panel.points


def last_whole_month(at: pd.Timestamp) -> pd.Period:
    """Return the last month that is over at the end of a day.

    Examples
    --------
    >>> last_whole_month(pd.Timestamp("2023-06-29")), last_whole_month(pd.Timestamp("2023-06-30"))
    (Period('2023-05', 'M'), Period('2023-06', 'M'))
    """
    return (at + ONE_DAY).to_period("M") - 1


def _check_day(panel: Panel, points: pd.DataFrame, at: pd.Timestamp) -> None:
    first, last = (panel.months[0] + LEAST_MONTHS).start_time - ONE_DAY, panel.origin.end_time.normalize()
    if not first <= at <= last:
        raise ValueError(
            f"the day of the alerts must lie from {first:%Y-%m-%d} to {last:%Y-%m-%d}, a year after the data begin and "
            f"no later than they end; got {at:%Y-%m-%d}"
        )
    known = int((points["day"] < last_whole_month(at).end_time).sum())
    if known < FEWEST_ATTACKS:
        raise ValueError(
            f"alerts need at least {FEWEST_ATTACKS} attacks with day and place in the whole months up to "
            f"{at:%Y-%m-%d}; there are {known}: choose a later day or give more data"
        )


def _until(points: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    return points[points["day"] <= month.end_time]


def _placement() -> np.random.Generator:
    return np.random.default_rng(PLACEMENT)


def _coarse(panel: Panel) -> pd.DataFrame:
    """The attacks without a point, each in the middle of its month: ``day, region, exact``."""
    points = known_points(panel)
    exact = np.zeros(panel.attacks.shape)
    row = panel.months.get_indexer(pd.PeriodIndex(points["day"], freq="M"))
    np.add.at(exact, (row, panel.regions.table.index.get_indexer(pd.Index(points["region"]))), 1)
    missing = np.maximum(np.nan_to_num(panel.attacks.to_numpy(dtype=np.float64)) - exact, 0).astype(np.intp)
    month, region = np.nonzero(missing)
    times = missing[month, region]
    middle = (panel.months.start_time + (panel.months.days_in_month // 2) * ONE_DAY).to_numpy().astype("datetime64[us]")
    columns = {
        "day": np.repeat(middle[month], times),
        "region": np.repeat(panel.regions.table.index.to_numpy()[region], times),
    }
    return pd.DataFrame(columns).assign(exact=False)


def _background(panel: Panel, fit: PlaceFit) -> Floats:
    """Background per day and region after the panel's last month, at the weights of a fit."""
    lengths = panel.months.days_in_month.to_numpy().astype(np.intp)
    area = panel.regions.table["area_km2"].to_numpy(dtype=np.float64)
    parts = backgrounds(panel.attacks.to_numpy(dtype=np.float64), lengths, area, "region")
    return np.asarray(fit.weights[:-1] @ parts[:, -1])


def _between(fit: PlaceFit, generation: int) -> Floats:
    """Landing of descendants of an attack anywhere in a region: the mean over up to 60 of its cells, evenly chosen."""
    rows, columns = np.nonzero(fit.cells.labels >= 0)
    held = fit.cells.labels[rows, columns]
    order = np.argsort(held, kind="stable")
    rows, columns, held = rows[order], columns[order], held[order]
    number = np.bincount(held, minlength=len(fit.background))
    rank = np.arange(len(held)) - (np.cumsum(number) - number)[held]
    whole = np.maximum(number[held], CELLS)
    kept = (rank == 0) | (rank * CELLS // whole != (rank - 1) * CELLS // whole)
    lon, lat = columns[kept] + fit.cells.column + 0.5, rows[kept] + fit.cells.row + 0.5
    landing = fit.landing(np.stack([lon, lat], axis=1) / CELLS_PER_DEGREE, generation)
    between = np.zeros((len(number), len(number)))
    np.add.at(between, held[kept], landing)
    used = np.bincount(held[kept], minlength=len(number))
    # A region too small to hold the centre of a cell keeps what it triggers.
    return np.where(used[:, None] > 0, between / np.maximum(used, 1)[:, None], np.eye(len(number)))
