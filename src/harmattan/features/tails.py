"""A region's own past where counts have heavy tails: levels that one month cannot rule, peaks, large months.

As in `harmattan.features.history`, row t uses months up to t only.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from harmattan.features.history import FEWEST, decay, logged
from harmattan.panel import Panel


def decayed_log(panel: Panel, *, measure: str = "attacks", half_life: float = 6) -> pd.DataFrame:
    """Mean of ``log(1 + count)`` with weights that halve every `half_life` months, which one month cannot rule."""
    return decay(logged(panel.measures[measure]), half_life)


def log_spread(panel: Panel, *, measure: str = "attacks", months: int = 12) -> pd.DataFrame:
    """Standard deviation of ``log(1 + count)`` over the last `months` months."""
    wide = logged(panel.measures[measure])
    return wide.rolling(months, min_periods=min(months, FEWEST)).std(ddof=0).astype("float32")


def largest(panel: Panel, *, measure: str = "attacks", months: int = 12) -> pd.DataFrame:
    """``log(1 + the largest count)`` of the last `months` months."""
    return logged(panel.measures[measure].rolling(months, min_periods=min(months, FEWEST)).max())


def large_share(panel: Panel, *, measure: str = "attacks", at_least: int = 25, half_life: float = 24) -> pd.DataFrame:
    """Share of months with a count of `at_least`, with weights that halve every `half_life` months."""
    wide = panel.measures[measure]
    return decay((wide >= at_least).astype("float32").where(wide.notna()), half_life)


def months_since_large(panel: Panel, *, measure: str = "attacks", at_least: int = 25, most: int = 240) -> pd.DataFrame:
    """``log(1 + months since the last count of at_least)``, at most `most`; `most` where there was none."""
    wide = panel.measures[measure]
    step = np.arange(len(wide), dtype=np.float32)[:, None]
    latest = np.maximum.accumulate(np.where(wide.to_numpy() >= at_least, step, -np.inf), axis=0)
    return logged(pd.DataFrame(np.minimum(step - latest, most), wide.index, wide.columns))
