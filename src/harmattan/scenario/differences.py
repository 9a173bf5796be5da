"""Differences of every quantity of expansion between two forecasts that share all chance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.expansion import Quantity, change, summary
from harmattan.expansion.quantity import EVENT

Floats = npt.NDArray[np.float64]

NORMAL_95 = 1.6448536269514722
COLUMNS = [
    "quantity",
    "unit",
    "scope",
    "name",
    "horizon",
    "month",
    "base",
    "changed",
    "difference",
    "q05",
    "q95",
    "undefined",
]


def differences(base: Mapping[str, Quantity], changed: Mapping[str, Quantity]) -> pd.DataFrame:
    """Return what changes in every quantity, taken draw by draw before anything is averaged.

    Parameters
    ----------
    base, changed
        Quantities of two forecasts with common random numbers, from `harmattan.expansion.quantities`.

    Returns
    -------
    pandas.DataFrame
        One row per quantity and item: ``quantity, unit, scope, name, horizon, month``; ``base`` and ``changed``, the
        mean of each (for an event its probability); ``difference`` (changed less base) and the 5 % and 95 % quantiles
        ``q05`` and ``q95`` of the difference within a draw. For an event these two are instead a 90 % confidence
        interval of the difference of probabilities (Agresti & Min), which tells whether there are draws enough.
        ``undefined`` is the share of draws without a value in one of the two; ``difference`` leaves them out, so it is
        not ``changed - base`` where there are some.

    Raises
    ------
    ValueError
        If the two do not hold the same quantities, items and draws.

    References
    ----------
    Agresti & Min 2005, https://doi.org/10.1002/sim.1781
    """
    if list(base) != list(changed):
        apart = sorted(set(base) ^ set(changed)) or list(changed)
        raise ValueError(f"base and changed must hold the same quantities in one order; see {apart[0]!r}")
    parts = [_one(base[name], changed[name]) for name in base]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _one(base: Quantity, changed: Quantity) -> pd.DataFrame:
    told, before, after = (summary(each, (0.05, 0.95)) for each in (change(base, changed), base, changed))
    level = "p" if base.unit == EVENT else "mean"
    table = base.items.assign(
        quantity=base.name,
        unit=base.unit,
        base=before[level],
        changed=after[level],
        difference=told["mean"],
        undefined=told["undefined"],
    )
    if base.unit == EVENT:
        low, high = _matched(base.values, changed.values)
        table = table.assign(difference=after["p"] - before["p"], q05=low, q95=high)
    else:
        table = table.assign(q05=told["q05"], q95=told["q95"])
    return table[COLUMNS]


def _matched(base: npt.NDArray[np.float32], changed: npt.NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Interval of a difference of matched proportions, half a draw added to each of the four outcomes."""
    fewer = np.sum(base > changed, axis=0) + 0.5
    more = np.sum(changed > base, axis=0) + 0.5
    size = np.sum(~np.isnan(base - changed), axis=0) + 2.0
    middle = (more - fewer) / size
    half = NORMAL_95 * np.sqrt(np.maximum(more + fewer - (more - fewer) ** 2 / size, 0.0)) / size
    return middle - half, middle + half
