"""What a region itself has seen: recent means, decays, active months, and the time since the last attack.

Every function takes a panel and returns a wide frame (months down, regions across, float32) whose row t uses months up
to t only. Counts are on the log scale, ``log(1 + x)``, where x is the count per year. Where a window reaches back
before the panel the mean is of the months there are, of which there must be `FEWEST` (or the whole window, if shorter).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from harmattan.features import windows
from harmattan.features.shared import Wide, active, counts, framed, room
from harmattan.panel import Panel

FEWEST = 12
YEAR = 12


def lag(panel: Panel, *, measure: str = "attacks", months: int = 0) -> pd.DataFrame:
    """``log(1 + count)`` of the month `months` before the origin; 0 is the origin itself."""
    return framed(panel, windows.shifted(counts(panel, measure), months, logged=True, out=room(panel)))


def recent_mean(panel: Panel, *, measure: str = "attacks", months: int = 12) -> pd.DataFrame:
    """Mean of the last `months` months, per year."""
    return framed(panel, recent(counts(panel, measure), months, times=YEAR, logged=True, out=room(panel)))


def active_share(panel: Panel, *, measure: str = "attacks", months: int = 12) -> pd.DataFrame:
    """Share of the last `months` months with at least one."""
    return framed(panel, recent(active(panel, measure), months, out=room(panel)))


def decayed_mean(panel: Panel, *, measure: str = "attacks", half_life: float = 6) -> pd.DataFrame:
    """Mean with weights that halve every `half_life` months, per year."""
    values = counts(panel, measure)
    return framed(
        panel, windows.decayed_mean(values, half_life, fewest=FEWEST, times=YEAR, logged=True, out=room(panel))
    )


def decayed_share(panel: Panel, *, measure: str = "attacks", half_life: float = 6) -> pd.DataFrame:
    """Share of active months with weights that halve every `half_life` months."""
    return framed(panel, windows.decayed_mean(active(panel, measure), half_life, fewest=FEWEST, out=room(panel)))


def months_since(panel: Panel, *, measure: str = "attacks", most: int = 60) -> pd.DataFrame:
    """``log(1 + months since the last month with at least one)``, at most `most`; `most` where there was none."""
    return framed(panel, windows.since(counts(panel, measure) > 0, most, logged=True, out=room(panel)))


def total_so_far(panel: Panel, *, measure: str = "attacks") -> pd.DataFrame:
    """``log(1 + total since the panel began)``."""
    return framed(panel, windows.running_total(counts(panel, measure), logged=True, out=room(panel)))


def decay(wide: pd.DataFrame, half_life: float) -> pd.DataFrame:
    """Mean with weights that halve every `half_life` months, of at least `FEWEST` months."""
    values = np.ascontiguousarray(wide.to_numpy(), dtype=np.float32)
    return pd.DataFrame(windows.decayed_mean(values, half_life, fewest=FEWEST), wide.index, wide.columns, copy=False)


def logged(wide: pd.DataFrame) -> pd.DataFrame:
    """``log(1 + x)``, which keeps a few large counts from ruling the rest."""
    return pd.DataFrame(np.log1p(wide.to_numpy(dtype=np.float32)), wide.index, wide.columns, copy=False)


def recent(values: Wide, months: int, *, times: float = 1, logged: bool = False, out: Wide | None = None) -> Wide:
    """Mean over a window that ends with each month, times a factor; ``log(1 + x)`` of it if asked."""
    return windows.window_mean(values, months, fewest=min(months, FEWEST), times=times, logged=logged, out=out)


def logs(values: Wide) -> Wide:
    """``log(1 + x)`` in place."""
    return np.log1p(values, out=values)
