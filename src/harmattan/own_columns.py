"""Facts about the regions that the user brings: protected areas, garrisons, a census."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from harmattan.regions import Regions


def read_columns(path: str | Path) -> pd.DataFrame:
    """Read a CSV whose first column is ``region`` and whose others are numbers, one row per region.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If its first column is not ``region`` or it has no other.
    """
    file = Path(path)
    if not file.exists():
        raise FileNotFoundError(f"expected a table of the regions at {file}; nothing is there")
    table = pd.read_csv(file, encoding="utf-8-sig", dtype={"region": str}, keep_default_na=False)
    if table.columns[0] != "region" or table.shape[1] < 2:
        raise ValueError(
            f"{file.name} must begin with a column region and have others; it has {', '.join(map(str, table.columns))}"
        )
    return table


def with_columns(regions: Regions, table: pd.DataFrame) -> Regions:
    """Return the regions with the numeric columns of a table joined to their own.

    Features and models read them like the bundled columns, by their names, as ``log(1 + x)``.

    Parameters
    ----------
    table
        Column ``region`` and columns of finite numbers of zero or more, such as ``protected_share`` or ``garrisons``;
        one row per region. Rows of other regions are left out.

    Raises
    ------
    ValueError
        If a region has no row or two, a value is missing, not a number or negative, or a name is one the regions
        already have; the message names the first such region and column.

    Examples
    --------
    >>> from harmattan.regions import bundled
    >>> own = pd.DataFrame({"region": ["TGO", "BEN"], "garrisons": [4, 7]})
    >>> with_columns(bundled("country", ["BEN", "TGO"]), own).table["garrisons"].tolist()
    [7.0, 4.0]
    """
    names = [str(name) for name in table if name != "region"]
    if "region" not in table or not names:
        raise ValueError(
            f"own columns need a column region and others; got {', '.join(map(str, table.columns)) or 'none'}"
        )
    clash = [name for name in names if name in regions.table]
    if clash:
        raise ValueError(f"own columns must have names of their own; the regions already have {', '.join(clash)}")
    rows = table.assign(region=table["region"].astype(str))
    twice = rows["region"][rows["region"].duplicated()]
    if len(twice):
        raise ValueError(f"own columns must have one row per region; {twice.iloc[0]!r} comes twice")
    absent = regions.table.index.difference(pd.Index(rows["region"]))
    if len(absent):
        raise ValueError(
            f"own columns must have every region; {len(absent)} of {len(regions)} are missing, first {absent[0]!r}"
        )
    rows = rows.set_index("region").loc[regions.table.index, names]
    values = rows.apply(pd.to_numeric, errors="coerce").astype("float64")
    wrong = np.argwhere(~(np.isfinite(values.to_numpy()) & (values.to_numpy() >= 0)))
    if len(wrong):
        at, column = wrong[0]
        found = str(rows.iloc[at, column])
        raise ValueError(
            f"own columns must hold finite numbers of zero or more; {names[column]} of {rows.index[at]} is "
            f"{found!r}, {len(wrong)} in all"
        )
    return replace(regions, table=regions.table.join(values))
