"""Facts about the regions that the user brings: protected areas, garrisons, a census."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from harmattan.regions import Regions
from harmattan.sources.files import contents, short
from harmattan.sources.tables import csv_header, refuse_unpaired, separator_of


def read_columns(path: str | Path) -> pd.DataFrame:
    """Read a CSV whose first column is ``region`` and whose others are numbers, one row per region.

    Raises
    ------
    FileNotFoundError
        If the file does not exist.
    ValueError
        If it cannot be read, its first column is not ``region``, it has no other, or one of them twice.
    """
    file = Path(path)
    if not file.exists():
        raise FileNotFoundError(f"expected a table of the regions at {file}; nothing is there")
    content, kind, place = contents(file)
    if kind != "csv":
        raise ValueError(f"{place}: expected a CSV, got {kind}; save it as CSV UTF-8")
    header = csv_header(content, place)
    if header[0] != "region" or len(header) < 2:
        found = ", ".join(map(short, header[:60]))
        raise ValueError(f"{place} must begin with a column region and have others; it has {found}")
    twice = sorted(name for name, number in Counter(header).items() if number > 1)
    if twice:
        raise ValueError(f"{place} has the column {short(twice[0])!r} twice; keep one")
    refuse_unpaired(content, place)
    try:
        table = pd.read_csv(
            io.BytesIO(content),
            sep=separator_of(content),
            encoding="utf-8-sig",
            dtype={"region": str},
            keep_default_na=False,
            index_col=False,
        )
    except (ValueError, pd.errors.ParserWarning) as error:
        raise ValueError(f"{place}: cannot be read as CSV: {str(error).strip()}") from error
    return table.assign(region=table["region"].str.strip())


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
