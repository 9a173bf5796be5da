"""A region's own past where counts have heavy tails: levels that one month cannot rule, peaks, large months.

As in `harmattan.features.history`, row t uses months up to t only.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from harmattan.features import windows
from harmattan.features.history import FEWEST
from harmattan.features.shared import Wide, complete, counts, framed, once, room
from harmattan.panel import Panel


def decayed_log(panel: Panel, *, measure: str = "attacks", half_life: float = 6) -> pd.DataFrame:
    """Mean of ``log(1 + count)`` with weights that halve every `half_life` months, which one month cannot rule."""
    return framed(panel, windows.decayed_mean(_logged(panel, measure), half_life, fewest=FEWEST, out=room(panel)))


def log_spread(panel: Panel, *, measure: str = "attacks", months: int = 12) -> pd.DataFrame:
    """Standard deviation of ``log(1 + count)`` over the last `months` months."""
    values, fewest = _logged(panel, measure), min(months, FEWEST)
    return framed(panel, windows.window_deviation(values, months, fewest=fewest, out=room(panel)))


def largest(panel: Panel, *, measure: str = "attacks", months: int = 12) -> pd.DataFrame:
    """``log(1 + the largest count)`` of the last `months` months."""
    values, fewest = counts(panel, measure), min(months, FEWEST)
    return framed(panel, windows.window_most(values, months, fewest=fewest, logged=True, out=room(panel)))


def large_share(panel: Panel, *, measure: str = "attacks", at_least: int = 25, half_life: float = 24) -> pd.DataFrame:
    """Share of months with a count of `at_least`, with weights that halve every `half_life` months."""
    values = counts(panel, measure)
    large = (values >= at_least).astype(np.float32)
    if not complete(panel, measure):
        large[np.isnan(values)] = np.nan
    return framed(panel, windows.decayed_mean(large, half_life, fewest=FEWEST, out=room(panel)))


def months_since_large(panel: Panel, *, measure: str = "attacks", at_least: int = 25, most: int = 240) -> pd.DataFrame:
    """``log(1 + months since the last count of at_least)``, at most `most`; `most` where there was none."""
    return framed(panel, windows.since(counts(panel, measure) >= at_least, most, logged=True, out=room(panel)))


def _logged(panel: Panel, measure: str) -> Wide:
    return once(panel, ("logged", measure), lambda: np.log1p(counts(panel, measure)))
