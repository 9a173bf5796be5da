"""After an attack: how much the risk is raised, how near and for how long.

Examples
--------
>>> from harmattan.models.selfexciting_fit import fit_points
>>> from harmattan.models.selfexciting_simulate import simulate
>>> square = np.array([[0.0, 0.0], [99.0, 0.0], [99.0, 99.0], [0.0, 99.0]])
>>> made = simulate([-12.0, 0.0, -10.0, 1.8, 0.02], square, days=2000.0, rng=np.random.default_rng(4))
>>> window = alert_window(fit_points(made, precision_km=1.0), days=[0.0, 30.0], km=[0.0, 10.0])
>>> bool((window.ratio["ratio"] > 1).all())
True
>>> window.limits["what"].tolist()[:3]
['days_until_low', 'km_until_low', 'half_life']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.models.selfexciting_fit import PointFit

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AlertWindow:
    """How one attack raises the risk around it; `alert_window` makes it.

    Attributes
    ----------
    ratio
        One row per day and distance: ``days, km, ratio``, the intensity with the attack over that without it.
    limits
        Columns ``what, value, unit``: `days_until_low` and `km_until_low`, when and how far away (right after the
        attack) what it triggers falls below the chosen share of the intensity without it; `half_life`, the days after
        which the excess has halved; `days_of_50` and `days_of_90`, `km_of_50` and `km_of_90`, the days and the radius
        that hold half and nine tenths of the direct offspring.
    """

    ratio: pd.DataFrame
    limits: pd.DataFrame


def alert_window(
    fit: PointFit,
    *,
    days: Sequence[float] = (0.0, 7.0, 14.0, 30.0, 60.0, 90.0, 180.0),
    km: Sequence[float] = (0.0, 2.0, 5.0, 10.0, 20.0, 50.0),
    share: float = 0.1,
    without: float | None = None,
) -> AlertWindow:
    """Tell how one attack raises the risk at given times and distances.

        ratio = 1 + exp(e0) exp(-α t) exp(-d² / 2σ²) / λ_without

    and 1 beyond the fit's reach. Only attacks that the one attack triggers directly count; those that follow from
    them raise the risk again when they happen. A σ near the precision of the places says no more than "at the same
    place".

    Parameters
    ----------
    fit
        Fitted process.
    days, km
        Times since the attack and distances from it, not negative.
    share
        Excess, as a share of the intensity without the attack, below which the alert ends.
    without
        Intensity without the attack, per km² and day; the background of the last block if not given. Use
        `harmattan.models.selfexciting_parents.intensity` where other recent attacks are near.

    Raises
    ------
    ValueError
        If a time or distance is negative or not finite, or `share` or `without` not above 0.
    """
    for name, values in (("days", days), ("km", km)):
        wrong = [each for each in values if not (np.isfinite(each) and each >= 0)]
        if wrong:
            raise ValueError(f"{name} must be finite and not negative; got {wrong[0]}")
    h0, h1, e0, _, _ = fit.estimates
    base = float(np.exp(h0 + h1 * (fit.blocks - 1))) if without is None else without
    if not (share > 0 and base > 0):
        raise ValueError(f"share and without must be above 0; got {share} and {base}")
    time, distance = (each.ravel() for each in np.meshgrid(days, km, indexing="ij"))
    ratio = pd.DataFrame({"days": time, "km": distance, "ratio": 1 + _excess(fit, time, distance) / base})
    return AlertWindow(ratio, _limits(fit, float(np.exp(e0)) / (share * base)))


def _excess(fit: PointFit, days: Floats, km: Floats) -> Floats:
    """Intensity that an attack adds after given days at given distances, per km² and day."""
    _, _, e0, _, alpha = fit.estimates
    near = (days <= fit.reach_days) & (km <= fit.reach_km)
    return np.asarray(np.where(near, np.exp(e0 - alpha * days - km**2 / (2 * fit.sigma_km**2)), 0.0))


def _limits(fit: PointFit, times_low: float) -> pd.DataFrame:
    """The table `AlertWindow.limits`, from how many times the end of the alert the excess is at its peak."""
    alpha, sigma = float(fit.estimates[4]), fit.sigma_km
    levels = np.array([0.5, 0.9])
    above = max(float(np.log(times_low)), 0.0)
    within_days = -np.expm1(-alpha * fit.reach_days)
    within_km = -np.expm1(-(fit.reach_km**2) / (2 * sigma**2))
    days_of = -np.log1p(-levels * within_days) / alpha
    km_of = sigma * np.sqrt(-2 * np.log1p(-levels * within_km))
    rows = [
        ("days_until_low", min(above / alpha, fit.reach_days), "days"),
        ("km_until_low", min(sigma * np.sqrt(2 * above), fit.reach_km), "km"),
        ("half_life", min(np.log(2) / alpha, fit.reach_days), "days"),
        ("days_of_50", days_of[0], "days"),
        ("days_of_90", days_of[1], "days"),
        ("km_of_50", km_of[0], "km"),
        ("km_of_90", km_of[1], "km"),
    ]
    table = pd.DataFrame(rows, columns=["what", "value", "unit"])
    return table.astype({"value": "float64"})
