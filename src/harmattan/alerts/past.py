"""Alerts of the past: what would have been said on many days, beside what came."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.alerts.raised import expected
from harmattan.alerts.standing import ONE_DAY, Standing, known_points, standings
from harmattan.panel import Panel

Floats = npt.NDArray[np.float64]

RECENT_DAYS = 30
WINDOWS = 12
YEAR_DAYS = 365
REFIT_MONTHS = 3


def past_alerts(
    panel: Panel,
    *,
    first: pd.Timestamp,
    last: pd.Timestamp,
    until: pd.Timestamp | None = None,
    every: int = 7,
    ahead: int = 7,
    refit_months: int = REFIT_MONTHS,
) -> pd.DataFrame:
    """Say for past days and every region what was expected of the days ahead, and what came.

    On each day only attacks up to it are used, and parameters fitted to whole months before it. Reports that came late
    count as known on the day of the attack; only snapshots of the source could tell otherwise.

    Parameters
    ----------
    panel
        Attacks with points.
    first, last
        First day, and the day that none lies after.
    until
        Last day of what came, the panel's last if None: the days ahead of each day end by then.
    every
        Days from one to the next.
    ahead
        Days in which attacks are awaited.
    refit_months
        The model is fitted anew every so many months.

    Returns
    -------
    pandas.DataFrame
        One row per day and region. ``day, region``; what came in the days after `day`, up to `ahead` of them:
        ``attacks``, and ``first_after``, days until the first (NaN if none); what the model said: ``expected``,
        ``chance`` of at least one, and ``ratio`` of the next day to the background; and what simple rules say:
        ``recent``, attacks in the last 30 days, ``windows``, the share of the last 12 windows of `ahead` days with an
        attack, and ``year``, the chance by the mean rate of the last 365 days.

    Raises
    ------
    ValueError
        As `harmattan.alerts.standing.standings`; and if `every` or `ahead` is below 1 or no day is left.
    """
    if every < 1 or ahead < 1:
        raise ValueError(f"every and ahead must be at least 1 day; got {every} and {ahead}")
    closes = panel.origin.end_time.normalize()
    closes = closes if until is None else min(closes, until)
    end = min(last, closes - ahead * ONE_DAY)
    days = list(pd.date_range(first, end, freq=f"{every}D"))
    if not days:
        raise ValueError(
            f"no day from {first:%Y-%m-%d} to {last:%Y-%m-%d} has {ahead} days of data after it; what came is known to "
            f"{closes:%Y-%m-%d}"
        )
    counts = _by_day(panel)
    opens = panel.months[0].start_time
    parts = []
    for now in standings(panel, days, refit_months=refit_months):
        begins = (now.at - opens).days + 1
        parts.append(_row(now, counts[:begins], counts[begins : begins + ahead], ahead))
    return pd.concat(parts, ignore_index=True)


def _by_day(panel: Panel) -> Floats:
    """Attacks with a point by day and region, shape (day, R)."""
    points, opens = known_points(panel), panel.months[0].start_time
    counts = np.zeros(((panel.origin.end_time.normalize() - opens).days + 1, len(panel.regions)))
    day = (points["day"] - opens).dt.days.to_numpy()
    np.add.at(counts, (day, panel.regions.table.index.get_indexer(pd.Index(points["region"]))), 1)
    return counts


def _row(now: Standing, before: Floats, after: Floats, ahead: int) -> pd.DataFrame:
    """What was said on one day, from what came before it, and what came after."""
    told = expected(now, ahead)
    hit = after > 0
    recent = before[-WINDOWS * ahead :]
    windows = recent[len(recent) % ahead :].reshape(-1, ahead, before.shape[1]).sum(axis=1) > 0
    year = before[-YEAR_DAYS:]
    columns = {
        "day": now.at,
        "region": now.regions.table.index,
        "attacks": after.sum(axis=0).astype(np.int64),
        "first_after": np.where(hit.any(axis=0), hit.argmax(axis=0) + 1.0, np.nan),
        "expected": told.attacks,
        "chance": told.chance,
        "ratio": 1 + now.excess(np.array([1]))[0] / now.fit.background,
        "recent": before[-RECENT_DAYS:].sum(axis=0),
        "windows": windows.mean(axis=0),
        "year": -np.expm1(-year.sum(axis=0) / len(year) * ahead),
    }
    return pd.DataFrame(columns)
