"""Sets of rows that are judged apart: which regions belong at an origin, and how rows are chosen by set.

A set is a column of the scored rows that says of each whether it belongs. Rows of which that cannot be known, because
the data do not reach back far enough, do not belong.
"""

from __future__ import annotations

import pandas as pd

from harmattan.borders import coastal, coastal_belt
from harmattan.panel import QUIET_MONTHS, Panel

SETS = ("all", "onset", "hard", "coastal", "belt")
HARD_MONTHS = 60


def hard(panel: Panel) -> pd.Series:
    """Return whether each region had no attack in the 60 months to the origin: the least expected first attacks.

    Parameters
    ----------
    panel
        Cut at the origin.

    Returns
    -------
    pandas.Series
        Boolean by region; NA where no attack is known but some of the 60 months lie before the data or are not covered.
    """
    recent = panel.attacks.iloc[-HARD_MONTHS:]
    attacked = (recent > 0).any()
    known = recent.notna().all() & (len(recent) == HARD_MONTHS)
    belongs = [False if hit else True if sure else pd.NA for hit, sure in zip(attacked, known, strict=True)]
    return pd.Series(belongs, index=recent.columns, dtype="boolean", name="hard")


def membership(panel: Panel) -> pd.DataFrame:
    """Return which sets each region belongs to at the origin.

    Parameters
    ----------
    panel
        Cut at the origin.

    Returns
    -------
    pandas.DataFrame
        Index ``region``; booleans ``onset`` (no attack in the twelve months to the origin), ``hard`` (see `hard`,
        nullable), ``coastal`` (in one of the eight coastal states) and ``belt`` (within 50 km of a border between a
        coastal state and a country attacked in the last twelve months).
    """
    hit = (panel.attacks.iloc[-QUIET_MONTHS:] > 0).any()
    country = panel.regions.table["country"]
    columns = {
        "onset": panel.quiet,
        "hard": hard(panel),
        "coastal": coastal(panel.regions),
        "belt": coastal_belt(panel.regions, set(country[hit.to_numpy()])),
    }
    return pd.DataFrame(columns)


def sets_in(rows: pd.DataFrame) -> tuple[str, ...]:
    """Return the sets the rows can be split by: ``all`` and every other of `SETS` that is a column.

    Raises
    ------
    ValueError
        If such a column holds anything but true, false and unknown.

    Examples
    --------
    >>> sets_in(pd.DataFrame({"onset": [True, False], "brier": [0.1, 0.2]}))
    ('all', 'onset')
    """
    found = tuple(name for name in SETS if name == "all" or name in rows)
    for name in found[1:]:
        if not pd.api.types.is_bool_dtype(rows[name]):
            raise ValueError(f"the set {name} must be true, false or unknown for every row; got {rows[name].dtype}")
    return found


def within(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rows of one set.

    Parameters
    ----------
    rows
        Scored rows with a boolean column for every set but ``all``.
    name
        One of `SETS`.

    Raises
    ------
    ValueError
        If there is no such set among the rows.

    Examples
    --------
    >>> len(within(pd.DataFrame({"onset": [True, False]}), "onset"))
    1
    """
    if name not in sets_in(rows):
        raise ValueError(f"rows must have the column {name!r} to be split by it; they have the sets {sets_in(rows)}")
    return rows if name == "all" else rows[rows[name].fillna(False).astype(bool)]
