"""What the regions around have seen: adjacent regions, distance kernels, the frontier, the country and the whole.

As in `harmattan.features.history`, row t uses months up to t only; counts are ``log(1 + x)`` of counts per year.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.features.history import FEWEST, active, decay, logged, window_mean
from harmattan.panel import Panel
from harmattan.sphere import great_circle_km


def neighbour_mean(panel: Panel, *, measure: str = "attacks", months: int = 12) -> pd.DataFrame:
    """Mean over the adjacent regions and the last `months` months, per year; zero for a region without neighbours."""
    recent = 12 * window_mean(panel.measures[measure], months)
    return logged(_spread(recent, panel.regions.neighbours.row_standardised().weights))


def neighbour_share(panel: Panel, *, measure: str = "attacks", months: int = 12) -> pd.DataFrame:
    """Share of active region-months among the adjacent regions in the last `months` months."""
    share = window_mean(active(panel.measures[measure]), months)
    return _spread(share, panel.regions.neighbours.row_standardised().weights)


def kernel_sum(panel: Panel, *, measure: str = "attacks", half_life: float = 6, km: float = 80) -> pd.DataFrame:
    """Decayed counts of all other regions, weighted by ``exp(-d / km)`` with d the great-circle distance in km."""
    weights = np.exp(-distances(panel) / km)
    np.fill_diagonal(weights, 0)
    return logged(_spread(12 * decay(panel.measures[measure], half_life), weights))


def frontier_distance(panel: Panel, *, measure: str = "attacks", months: int = 12, most: float = 2000) -> pd.DataFrame:
    """``log(1 + km)`` to the nearest region active in the last `months` months, itself included; at most `most` km."""
    hit = (window_mean(panel.measures[measure], months) > 0).to_numpy()
    km = np.where(hit[:, None, :], distances(panel), np.float32(most)).min(axis=2)
    seen = panel.measures[measure].rolling(months, min_periods=1).count() > 0
    frame = pd.DataFrame(np.minimum(km, most), panel.months, panel.regions.table.index)
    return logged(frame.where(seen))


def frontier_nearness(panel: Panel, *, measure: str = "attacks", months: int = 12, km: float = 80) -> pd.DataFrame:
    """``exp(-d / km)`` with d the km to the nearest other region active in the last `months` months.

    Zero where no other region is active; unknown in the first months of the panel, when the window is not yet full.

    Raises
    ------
    ValueError
        If `km` is not positive.
    """
    if not km > 0:
        raise ValueError(f"km must be a positive number of km; got {km}")
    nearness = np.exp(-distances(panel) / km)
    np.fill_diagonal(nearness, 0)
    active = (window_mean(panel.measures[measure], months) > 0).to_numpy()
    nearest = np.where(active[:, None, :], nearness, np.float32(0)).max(axis=2)
    nearest[: min(months, FEWEST) - 1] = np.nan
    return pd.DataFrame(nearest.astype(np.float32), panel.months, panel.regions.table.index)


def country_mean(panel: Panel, *, measure: str = "attacks", months: int = 3) -> pd.DataFrame:
    """Mean per month over the last `months` months of the region's whole country, per year."""
    country = panel.regions.table["country"].to_numpy()
    same = (country[:, None] == country[None, :]).astype(np.float32)
    return logged(_spread(12 * window_mean(panel.measures[measure], months), same))


def total_mean(panel: Panel, *, measure: str = "attacks", months: int = 3) -> pd.DataFrame:
    """Mean per month over the last `months` months of all regions together, per year."""
    everywhere = np.ones((len(panel.regions),) * 2, dtype=np.float32)
    return logged(_spread(12 * window_mean(panel.measures[measure], months), everywhere))


def distances(panel: Panel) -> npt.NDArray[np.float32]:
    """Great-circle km between the centres of all regions, shape (region, region)."""
    return great_circle_km(panel.regions.table["lon"], panel.regions.table["lat"]).astype(np.float32)


def _spread(wide: pd.DataFrame, weights: Any) -> pd.DataFrame:
    """Sum over sending regions: row t of the result is ``weights @ wide[t]``."""
    values = (weights @ wide.to_numpy().T).T
    return pd.DataFrame(np.asarray(values, dtype=np.float32), wide.index, wide.columns)
