"""What a region itself has seen: recent means, decays, active months, and the time since the last attack.

Every function takes a panel and returns a wide frame (months down, regions across, float32) whose row t uses months up
to t only. Counts are on the log scale, ``log(1 + x)``, where x is the count per year. Where a window reaches back
before the panel the mean is of the months there are, of which there must be `FEWEST` (or the whole window, if shorter).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from harmattan.panel import Panel

FEWEST = 12


def lag(panel: Panel, *, measure: str = "attacks", months: int = 0) -> pd.DataFrame:
    """``log(1 + count)`` of the month `months` before the origin; 0 is the origin itself."""
    return logged(panel.measures[measure].shift(months))


def recent_mean(panel: Panel, *, measure: str = "attacks", months: int = 12) -> pd.DataFrame:
    """Mean of the last `months` months, per year."""
    return logged(12 * window_mean(panel.measures[measure], months))


def active_share(panel: Panel, *, measure: str = "attacks", months: int = 12) -> pd.DataFrame:
    """Share of the last `months` months with at least one."""
    return window_mean(active(panel.measures[measure]), months)


def decayed_mean(panel: Panel, *, measure: str = "attacks", half_life: float = 6) -> pd.DataFrame:
    """Mean with weights that halve every `half_life` months, per year."""
    return logged(12 * decay(panel.measures[measure], half_life))


def decayed_share(panel: Panel, *, measure: str = "attacks", half_life: float = 6) -> pd.DataFrame:
    """Share of active months with weights that halve every `half_life` months."""
    return decay(active(panel.measures[measure]), half_life)


def months_since(panel: Panel, *, measure: str = "attacks", most: int = 60) -> pd.DataFrame:
    """``log(1 + months since the last month with at least one)``, at most `most`; `most` where there was none."""
    wide = panel.measures[measure]
    step = np.arange(len(wide), dtype=np.float32)[:, None]
    latest = np.maximum.accumulate(np.where(wide.to_numpy() > 0, step, -np.inf), axis=0)
    return logged(pd.DataFrame(np.minimum(step - latest, most), wide.index, wide.columns))


def total_so_far(panel: Panel, *, measure: str = "attacks") -> pd.DataFrame:
    """``log(1 + total since the panel began)``."""
    return logged(panel.measures[measure].cumsum())


def window_mean(wide: pd.DataFrame, months: int) -> pd.DataFrame:
    """Mean over a window that ends with each month."""
    return wide.rolling(months, min_periods=min(months, FEWEST)).mean().astype("float32")


def decay(wide: pd.DataFrame, half_life: float) -> pd.DataFrame:
    """Mean with weights that halve every `half_life` months, of at least `FEWEST` months."""
    return wide.ewm(halflife=half_life, min_periods=FEWEST).mean().astype("float32")


def active(wide: pd.DataFrame) -> pd.DataFrame:
    """1 for a month with at least one, 0 for one without, NaN where it is unknown."""
    return (wide > 0).astype("float32").where(wide.notna())


def logged(wide: pd.DataFrame) -> pd.DataFrame:
    """``log(1 + x)``, which keeps a few large counts from ruling the rest."""
    return pd.DataFrame(np.log1p(wide.to_numpy(dtype=np.float32)), wide.index, wide.columns)
