"""The armed group's area month by month: which regions are active, which lie on its frontier, where it is new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.forecast import Forecast
from harmattan.panel import QUIET_MONTHS, Panel
from harmattan.regions import Regions

Counts = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Number = TypeVar("Number", np.int16, np.float32)


@dataclass(frozen=True, eq=False)
class Paths:
    """Attacks and the active area along one or more paths; the recorded past is a single path.

    Attributes
    ----------
    regions
        The regions, in the order of the last axis.
    months
        The months, in the order of the second axis.
    attacks
        Attacks of each month, shape (draw, month, region); NaN where they are not known.
    recent
        Attacks known in the `QUIET_MONTHS` months to each month.
    active
        Whether there were any.
    onset
        Whether the region is hit in the month after `QUIET_MONTHS` months known to be without an attack.
    """

    regions: Regions
    months: pd.PeriodIndex
    attacks: Counts
    recent: Counts
    active: Flags
    onset: Flags


def record(panel: Panel) -> Paths:
    """Return the past as a single path: every month of the panel whose `QUIET_MONTHS` months to it are on record.

    Nothing is known to be an onset in the first of these months: the twelve before it are not all on record.

    Raises
    ------
    ValueError
        If the panel is shorter.
    """
    _check_length(panel)
    counts = panel.attacks.to_numpy(dtype=np.float32)
    before = np.full((1, counts.shape[1]), np.nan, dtype=np.float32)
    return _paths(panel.regions, panel.months[QUIET_MONTHS - 1 :], np.concatenate([before, counts])[None])


def origin_of(panel: Panel) -> Paths:
    """Return the month of the origin alone, as a single path."""
    _check_length(panel)
    tail = panel.attacks.iloc[-QUIET_MONTHS - 1 :]
    tail = tail.reindex(pd.period_range(end=panel.origin, periods=QUIET_MONTHS + 1, freq="M"))
    return _paths(panel.regions, panel.months[-1:], tail.to_numpy(dtype=np.float32)[None])


def ahead(panel: Panel, forecast: Forecast) -> Paths:
    """Return the paths of a forecast, each going on from the record: a window may hold months of both.

    Raises
    ------
    ValueError
        If the forecast is not of attacks in the panel's regions from the panel's last month, its horizons are not 1,
        2, ... without a gap, or the record is shorter than `QUIET_MONTHS` months.
    """
    _check_length(panel)
    _check_forecast(panel, forecast)
    past = panel.attacks.iloc[-QUIET_MONTHS:].to_numpy(dtype=np.float32)
    draws, months, regions = forecast.draws.shape
    counts = np.empty((draws, QUIET_MONTHS + months, regions), dtype=np.float32)
    counts[:, :QUIET_MONTHS] = past
    counts[:, QUIET_MONTHS:] = forecast.draws
    return _paths(panel.regions, forecast.months, counts)


def frontier(paths: Paths) -> Flags:
    """Return which regions are active and have a neighbour that is not, shape (draw, month, region).

    Neighbours that are not among the regions are not seen.
    """
    draws, months, regions = paths.active.shape
    calm = (~paths.active).reshape(-1, regions).astype(np.float32)
    touches = (calm @ linked(paths.regions)).reshape(draws, months, regions) > 0
    return np.asarray(paths.active & touches)


def linked(regions: Regions) -> Counts:
    """Return 1 for neighbours in either direction, else 0, shape (region, region)."""
    weights = regions.neighbours.weights
    return np.asarray((weights + weights.T).toarray() > 0, dtype=np.float32)


def status(panel: Panel) -> pd.DataFrame:
    """Return how every region stands at the origin.

    Returns
    -------
    pandas.DataFrame
        Index ``region``; ``name``, ``country``, ``active``, ``frontier``, ``quiet`` (no attack in `QUIET_MONTHS`
        months, all of them known), ``never`` (no attack on record) and ``last_attack`` (month, or missing). A region
        that is neither active nor quiet is not covered throughout.

    Examples
    --------
    >>> from harmattan.figures import bundled_counts
    >>> from harmattan.panel import from_counts
    >>> from harmattan.regions import bundled
    >>> panel = from_counts(bundled_counts("attacks_bfa")[0], bundled("province"))
    >>> status(panel)[["active", "frontier", "quiet", "never"]].sum().tolist()
    [36, 16, 9, 7]
    """
    now = origin_of(panel)
    hit = panel.attacks.to_numpy() > 0
    latest = len(hit) - 1 - hit[::-1].argmax(axis=0)
    never = np.asarray(~hit.any(axis=0))
    last = pd.Series(panel.months[latest], panel.attacks.columns).mask(pd.Series(never, panel.attacks.columns))
    return panel.regions.table[["name", "country"]].assign(
        active=now.active[0, 0], frontier=frontier(now)[0, 0], quiet=panel.quiet, never=never, last_attack=last
    )


def _paths(regions: Regions, months: pd.PeriodIndex, counts: Counts) -> Paths:
    """Counts begin `QUIET_MONTHS` months before the first of the months."""
    hits, zeros = counts > 0, counts == 0
    known = np.nan_to_num(counts) if np.isnan(counts).any() else counts
    quiet_before = _windows(zeros, np.int16)[:, :-1] == QUIET_MONTHS
    return Paths(
        regions=regions,
        months=months,
        attacks=counts[:, QUIET_MONTHS:],
        recent=_windows(known, np.float32)[:, 1:],
        active=_windows(hits, np.int16)[:, 1:] > 0,
        onset=hits[:, QUIET_MONTHS:] & quiet_before,
    )


def _windows(values: npt.NDArray[Any], kind: type[Number]) -> npt.NDArray[Number]:
    """Sums over `QUIET_MONTHS` months; month by month, so that whole numbers stay exact and memory small."""
    draws, months, regions = values.shape
    sums = np.empty((draws, months - QUIET_MONTHS + 1, regions), dtype=kind)
    sums[:, 0] = values[:, :QUIET_MONTHS].sum(axis=1, dtype=kind)
    for step in range(1, sums.shape[1]):
        gone = values[:, step - 1].astype(kind)
        sums[:, step] = sums[:, step - 1] + values[:, step + QUIET_MONTHS - 1].astype(kind) - gone
    return sums


def _check_length(panel: Panel) -> None:
    if len(panel.months) < QUIET_MONTHS:
        raise ValueError(
            f"expansion needs a record of at least {QUIET_MONTHS} months to tell active from quiet; "
            f"the panel has {len(panel.months)}, from {panel.months[0]} to {panel.origin}"
        )


def _check_forecast(panel: Panel, forecast: Forecast) -> None:
    if forecast.measure != "attacks":
        raise ValueError(f"expansion needs a forecast of attacks; got one of {forecast.measure}")
    if forecast.origin != panel.origin:
        raise ValueError(
            f"the panel must end at the forecast's origin {forecast.origin}; it ends {panel.origin}: "
            "cut it with Panel.as_of"
        )
    if not forecast.horizons or forecast.horizons != tuple(range(1, len(forecast.horizons) + 1)):
        raise ValueError(
            f"the months ahead must be 1, 2, ... without a gap, since what is active depends on every month; "
            f"got the horizons {forecast.horizons}: forecast all of them"
        )
    if list(forecast.regions) != list(panel.regions.table.index):
        raise ValueError(
            f"forecast and panel must have the same regions in the same order; got {len(forecast.regions)} and "
            f"{len(panel.regions)}"
        )
    if not len(forecast.draws):
        raise ValueError("expansion needs at least one draw; got none")
