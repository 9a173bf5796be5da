"""What would be on record of a panel if attacks were reported late or in part: each is kept or lost by itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.panel import Panel

Floats = npt.NDArray[np.float64]
EVENTS = ("attacks", "other_attacks")


def with_reporting_delay(panel: Panel, rng: np.random.Generator, *, probability_by_age: Sequence[float]) -> Panel:
    """Return the panel as it would have been known at its last month, when recent attacks are not all reported.

    Each attack is known or not by itself. Measures that are not counts of attacks are left out: what is known of their
    deaths does not follow from totals. So are points.

    Parameters
    ----------
    panel
        The truth.
    rng
        Source of randomness.
    probability_by_age
        P(an attack is reported by now) in the last month, the one before it, and so on, from 0 to 1; older months are
        known in full. At most as many as the panel has months.

    Raises
    ------
    ValueError
        If a probability lies outside 0 to 1, or there are more of them than months.

    Examples
    --------
    >>> from harmattan.months import month_range
    >>> from harmattan.regions import bundled
    >>> from harmattan.synthetic import spreading_front_world
    >>> world, _ = spreading_front_world(
    ...     bundled("province"), months=month_range("2016-01", "2017-12"), rng=np.random.default_rng(1),
    ...     seeds=["BF5603"], speed_km=30, rate=3)
    >>> known = with_reporting_delay(world, np.random.default_rng(2), probability_by_age=[0.0, 0.5])
    >>> known.attacks.iloc[-1].sum().item()
    0.0
    """
    given = np.asarray(probability_by_age, dtype=np.float64)
    if given.ndim != 1 or len(given) > len(panel.months):
        raise ValueError(
            f"probability_by_age must be a list of at most {len(panel.months)} numbers, one for each month; "
            f"got shape {given.shape}"
        )
    _check_share("probability_by_age", given)
    share = np.ones(len(panel.months))
    share[len(share) - len(given) :] = given[::-1]
    return _thinned(panel, share[:, None], rng)


def with_under_reporting(panel: Panel, rng: np.random.Generator, share: npt.ArrayLike) -> Panel:
    """Return the panel with only a share of its attacks on record, each on record or not by itself.

    Parameters
    ----------
    panel
        The truth; measures that are not counts of attacks are left out, as in `with_reporting_delay`.
    rng
        Source of randomness.
    share
        P(an attack is ever reported), from 0 to 1: one number, or one for each region.

    Raises
    ------
    ValueError
        If a share lies outside 0 to 1, or there is not one for each region.
    """
    reported, number = np.asarray(share, dtype=np.float64), len(panel.regions)
    if reported.shape not in ((), (number,)):
        raise ValueError(f"share must be one number or one for each of {number} regions; got shape {reported.shape}")
    _check_share("share", reported)
    return _thinned(panel, np.broadcast_to(reported, (1, number)), rng)


def _thinned(panel: Panel, share: Floats, rng: np.random.Generator) -> Panel:
    measures = {}
    for name in EVENTS:
        if name in panel.measures:
            frame = panel.measures[name]
            true = frame.to_numpy()
            kept = rng.binomial(np.nan_to_num(true).astype(np.int64), np.broadcast_to(share, true.shape))
            thin = np.where(np.isnan(true), np.nan, kept).astype(np.float32)
            measures[name] = pd.DataFrame(thin, frame.index, frame.columns)
    return Panel(panel.regions, measures, panel.covered)


def _check_share(name: str, share: Floats) -> None:
    wrong = np.atleast_1d(share)[~np.atleast_1d((share >= 0) & (share <= 1))]
    if len(wrong):
        raise ValueError(f"{name} must lie from 0 to 1; got {wrong[0]}")
