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
from harmattan.models.selfexciting_places import REACH_KM, PlaceFit
from harmattan.models.selfexciting_terms import REACH_DAYS, lag_chances

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trigger:
    """What one attack adds to the intensity, ``exp(peak) exp(-α t) exp(-d² / 2σ²)``; `trigger` makes it of a fit.

    Attributes
    ----------
    peak
        Log intensity that is added at the place and moment of the attack, per km² and day.
    alpha
        Decay α per day.
    sigma_km
        Reach σ of the Gaussian of distance.
    reach_days, reach_km
        Beyond these nothing is added.
    """

    peak: float
    alpha: float
    sigma_km: float
    reach_days: float
    reach_km: float

    def excess(self, days: Floats, km: Floats) -> Floats:
        """Intensity that is added after given days at given distances, per km² and day."""
        near = (days <= self.reach_days) & (km <= self.reach_km)
        return np.asarray(np.where(near, np.exp(self.peak - self.alpha * days - km**2 / (2 * self.sigma_km**2)), 0.0))

    def excess_in_ring(self, days: Floats, inner: Floats, outer: Floats) -> Floats:
        """Mean of `excess` over the ring ``inner <= d < outer``, km."""
        two = 2 * self.sigma_km**2
        share = two * (np.exp(-(inner**2) / two) - np.exp(-(outer**2) / two)) / (outer**2 - inner**2)
        return self.excess(days, np.zeros_like(inner)) * share


def trigger(fit: PointFit | PlaceFit) -> Trigger:
    """Return what one attack adds by a fit to points, or to the places of a panel.

    Examples
    --------
    >>> Trigger(-8.0, 0.01, 5.0, 180.0, 150.0).excess(np.array([0.0]), np.array([0.0])).round(6).tolist()
    [0.000335]
    """
    if isinstance(fit, PointFit):
        return Trigger(float(fit.estimates[2]), float(fit.estimates[4]), fit.sigma_km, fit.reach_days, fit.reach_km)
    alpha = 1 / fit.mean_days
    first = float(lag_chances(fit.mean_days)[0]) * np.exp(alpha)
    peak = float(np.log(fit.weights[-1] * first / (2 * np.pi * fit.sigma_km**2)))
    return Trigger(peak, alpha, fit.sigma_km, float(REACH_DAYS), REACH_KM)


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
    fit: PointFit | PlaceFit,
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
        Intensity without the attack, per km² and day; the background of the last block if not given, which only a fit
        to points has. Use `harmattan.models.selfexciting_parents.intensity` where other recent attacks are near.

    Raises
    ------
    ValueError
        If a time or distance is negative or not finite, `share` or `without` not above 0, or `without` is missing and
        the fit's background differs from region to region.
    """
    for name, values in (("days", days), ("km", km)):
        wrong = [each for each in values if not (np.isfinite(each) and each >= 0)]
        if wrong:
            raise ValueError(f"{name} must be finite and not negative; got {wrong[0]}")
    base = _background(fit) if without is None else without
    if not (share > 0 and base > 0):
        raise ValueError(f"share and without must be above 0; got {share} and {base}")
    adds = trigger(fit)
    time, distance = (each.ravel() for each in np.meshgrid(days, km, indexing="ij"))
    ratio = pd.DataFrame({"days": time, "km": distance, "ratio": 1 + adds.excess(time, distance) / base})
    return AlertWindow(ratio, _limits(adds, float(np.exp(adds.peak)) / (share * base)))


def _background(fit: PointFit | PlaceFit) -> float:
    """The background of the last block, per km² and day."""
    if isinstance(fit, PlaceFit):
        raise ValueError("the background differs from region to region: give without, the region's own per km² and day")
    h0, h1 = fit.estimates[:2]
    return float(np.exp(h0 + h1 * (fit.blocks - 1)))


def _limits(adds: Trigger, times_low: float) -> pd.DataFrame:
    """The table `AlertWindow.limits`, from how many times the end of the alert the excess is at its peak."""
    alpha, sigma = adds.alpha, adds.sigma_km
    levels = np.array([0.5, 0.9])
    above = max(float(np.log(times_low)), 0.0)
    within_days = -np.expm1(-alpha * adds.reach_days)
    within_km = -np.expm1(-(adds.reach_km**2) / (2 * sigma**2))
    days_of = -np.log1p(-levels * within_days) / alpha
    km_of = sigma * np.sqrt(-2 * np.log1p(-levels * within_km))
    rows = [
        ("days_until_low", min(above / alpha, adds.reach_days), "days"),
        ("km_until_low", min(sigma * np.sqrt(2 * above), adds.reach_km), "km"),
        ("half_life", min(np.log(2) / alpha, adds.reach_days), "days"),
        ("days_of_50", days_of[0], "days"),
        ("days_of_90", days_of[1], "days"),
        ("km_of_50", km_of[0], "km"),
        ("km_of_90", km_of[1], "km"),
    ]
    table = pd.DataFrame(rows, columns=["what", "value", "unit"])
    return table.astype({"value": "float64"})
