"""A quantity of every draw, and what is said of it in the end: mean, interval and probability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.forecast import event_probability

Values = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

ITEM = ("scope", "name", "horizon", "month")
EVENT = "event"
COUNTS = ("attacks", "regions", "joins")
TURNS = {"bearing": 360.0, "axis": 180.0}
MEASURES = ("attacks per region", "months", "km", "km per month", "degrees")
UNITS = (EVENT, *COUNTS, *MEASURES, *TURNS)
CHANGE = "change in "
LEVELS = (0.05, 0.5, 0.95)


@dataclass(frozen=True, eq=False)
class Quantity:
    """One named quantity, draw by draw; what is said of it comes after, so differences of draws can be taken before.

    Attributes
    ----------
    name
        What it is.
    unit
        One of `UNITS`: ``event`` (0 or 1), a count, a measure, or an angle (``bearing`` turns at 360 degrees, ``axis``,
        which has no front, at 180); or ``change in`` one of them.
    items
        What each column of the values is: ``scope`` (all, country, set, corridor or region), ``name`` (which one),
        ``horizon`` and ``month``. They follow from the record and the scopes alone, so two forecasts from one origin
        have the same.
    values
        Shape (draw, item), float32. NaN where a draw has none: no active region, no arrival.

    Raises
    ------
    ValueError
        If the unit is unknown or the parts do not fit each other.
    """

    name: str
    unit: str
    items: pd.DataFrame
    values: Values

    def __post_init__(self) -> None:
        if self.unit.removeprefix(CHANGE) not in UNITS:
            raise ValueError(f"the unit of {self.name} must be one of {', '.join(UNITS)}; got {self.unit!r}")
        if tuple(self.items.columns) != ITEM:
            raise ValueError(f"items of {self.name} must have the columns {', '.join(ITEM)}; got {[*self.items]}")
        if self.values.ndim != 2 or self.values.shape[1] != len(self.items) or self.values.dtype != np.float32:
            raise ValueError(
                f"values of {self.name} must be float32 of the shape (draw, {len(self.items)} items); "
                f"got {self.values.dtype} {self.values.shape}"
            )

    def where(self, *, scope: str | None = None, name: str | None = None, horizon: int | None = None) -> Quantity:
        """Return only the items of a scope, a name or a horizon.

        Raises
        ------
        ValueError
            If no item is left.
        """
        wanted = {"scope": scope, "name": name, "horizon": horizon}
        keep = np.ones(len(self.items), dtype=bool)
        for column, value in wanted.items():
            if value is not None:
                keep &= (self.items[column] == value).to_numpy()
        if not keep.any():
            asked = ", ".join(f"{column} {value!r}" for column, value in wanted.items() if value is not None)
            raise ValueError(f"{self.name} has none of its {len(self.items)} items at {asked}: see its items")
        return Quantity(self.name, self.unit, self.items[keep].reset_index(drop=True), self.values[:, keep])


def change(before: Quantity, after: Quantity) -> Quantity:
    """Return what changes from one forecast to another, draw by draw; angles by the shorter way round.

    Draws must belong together (common random numbers) for the interval of the change to mean anything.

    Raises
    ------
    ValueError
        If the two are not the same quantity of the same items and number of draws.

    Examples
    --------
    >>> from harmattan.months import month
    >>> items = pd.DataFrame({"scope": ["all"], "name": "all", "horizon": 1, "month": month("2024-01")})
    >>> one, two = (Quantity("bearing", "bearing", items, np.array([[v]], dtype=np.float32)) for v in (350, 10))
    >>> change(one, two).values.item(), change(one, two).unit
    (20.0, 'change in bearing')
    """
    same = before.name == after.name and before.unit == after.unit and before.values.shape == after.values.shape
    if not (same and before.items.equals(after.items)):
        raise ValueError(
            f"a change needs the same quantity, items and draws before and after; got {before.name} "
            f"{before.values.shape} and {after.name} {after.values.shape}"
        )
    moved = after.values - before.values
    turn = TURNS.get(before.unit)
    if turn is not None:
        moved = (moved + turn / 2) % turn - turn / 2
    return Quantity(before.name, CHANGE + before.unit, before.items, moved.astype(np.float32))


def summary(quantity: Quantity, levels: Sequence[float] = LEVELS) -> pd.DataFrame:
    """Return the items with what the draws say of each.

    Returns
    -------
    pandas.DataFrame
        The items, then ``mean``; a column ``q05`` … for each of `levels`, the smallest value that at least this share
        of draws does not exceed (NaN for events); ``p``, the probability of an event, or that a count is at least one,
        ``(k + 1/4) / (n + 1/2)`` (NaN for all else); and ``undefined``, the share of draws without a value, which the
        other columns leave out. Of angles the mean is the direction of the mean vector, and quantiles run clockwise
        from half a turn before it to half a turn after.

    Examples
    --------
    >>> from harmattan.months import month
    >>> items = pd.DataFrame({"scope": ["all"], "name": "all", "horizon": 1, "month": month("2024-01")})
    >>> reach = Quantity("reach", "km", items, np.array([[90], [110], [np.nan], [130]], dtype=np.float32))
    >>> summary(reach)[["mean", "q05", "q95", "undefined"]].iloc[0].tolist()
    [110.0, 90.0, 130.0, 0.25]
    """
    values, unit = quantity.values.astype(np.float64), quantity.unit
    found = (~np.isnan(values)).sum(axis=0)
    turn = TURNS.get(unit)
    if turn is None:
        mean, quantiles = _mean(values, found), _quantiles(values, found, levels, none=unit == EVENT)
    else:
        mean, quantiles = _circular(values, found, levels, turn)
    p = np.full(len(found), np.nan)
    if unit in (EVENT, *COUNTS):
        p = np.where(found > 0, event_probability(np.nansum(values >= 1, axis=0), len(values)), np.nan)
    columns = {"mean": mean}
    columns |= {f"q{round(100 * level):02d}": row for level, row in zip(levels, quantiles, strict=True)}
    columns |= {"p": p, "undefined": 1 - found / len(values)}
    return quantity.items.assign(**columns)


def _mean(values: Floats, found: npt.NDArray[np.int64]) -> Floats:
    mean = np.full(len(found), np.nan)
    np.divide(np.nansum(values, axis=0), found, out=mean, where=found > 0)
    return mean


def _quantiles(values: Floats, found: npt.NDArray[np.int64], levels: Sequence[float], *, none: bool = False) -> Floats:
    """Inverted distribution functions of the defined draws of each column."""
    if none:
        return np.full((len(levels), len(found)), np.nan)
    ordered = np.sort(values, axis=0)
    places = np.maximum(np.ceil(np.outer(levels, found) - 1e-9).astype(np.int64) - 1, 0)
    return np.asarray(np.take_along_axis(ordered, places, axis=0))


def _circular(
    values: Floats, found: npt.NDArray[np.int64], levels: Sequence[float], turn: float
) -> tuple[Floats, Floats]:
    angle = 2 * np.pi * values / turn
    middle = np.arctan2(np.nansum(np.sin(angle), axis=0), np.nansum(np.cos(angle), axis=0)) * turn / (2 * np.pi)
    middle[found == 0] = np.nan
    away = (values - middle + turn / 2) % turn - turn / 2
    quantiles = middle + _quantiles(away, found, levels)
    # Rounded, so that a hair before north is north and not 360.
    return np.round(middle % turn, 6) % turn, np.round(quantiles % turn, 6) % turn
