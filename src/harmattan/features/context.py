"""What does not change from month to month, and the season.

As in `harmattan.features.history`, each function returns a wide frame, months down and regions across, float32.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from harmattan.features.shared import repeated
from harmattan.panel import Panel


def static(panel: Panel, *, column: str) -> pd.DataFrame:
    """``log(1 + x)`` of a column of the region table: ``population``, ``coast_km``, or the user's own.

    Columns of the user's own are joined by `harmattan.own_columns.with_columns`.

    Raises
    ------
    ValueError
        If the regions have no such column, or it is not of numbers, or it has a hole.
    """
    table = panel.regions.table
    known = [c for c in table.select_dtypes("number") if table[c].notna().all()]
    if column not in known:
        raise ValueError(f"static needs a complete column of the region table, one of {known}; got {column!r}")
    row = np.log1p(table[column].to_numpy(dtype=np.float32))
    return repeated(panel, row)


def season(panel: Panel, *, phase: str) -> pd.DataFrame:
    """Yearly sine or cosine of the calendar month: ``sin`` or ``cos`` of 2π(month - 1)/12.

    Raises
    ------
    ValueError
        If `phase` is neither ``sin`` nor ``cos``.
    """
    if phase not in ("sin", "cos"):
        raise ValueError(f"phase must be sin or cos; got {phase!r}")
    angle = 2 * np.pi * (panel.months.month.to_numpy() - 1) / 12
    wave = (np.sin(angle) if phase == "sin" else np.cos(angle)).astype(np.float32)
    return repeated(panel, wave[:, None])
