"""Monthly totals that ACLED shares on the Humanitarian Data Exchange: events and fatalities by second-level
region.

The workbook has a sheet of terms beside the data; the sheet with the right headings is read. The totals do
not name actors.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pandas as pd

from harmattan.counts import Counts, total
from harmattan.sources.columns import month_numbers, numbers, texts
from harmattan.sources.files import SourceError
from harmattan.sources.names import name_keys
from harmattan.sources.tables import Layout, Table, read_table

LAYOUT = Layout(
    needed=("admin1", "month", "year", "events", "fatalities"),
    optional=("country", "iso3", "admin2", "admin1_pcode", "admin2_pcode"),
)


def read_monthly(path: Path, *, level: Literal[1, 2] = 1) -> Counts:
    """Return attacks and deaths by region and month from a workbook (or CSV) of monthly totals.

    Parameters
    ----------
    level
        1 for first-level regions, adding up the second-level ones; 2 for those.

    Returns
    -------
    Counts
        `region` is the place code (Pcode) of the level. Where the file has no such column it is the key
        ``country|name``, which `harmattan.sources.names.match_names` turns into a code. Coverage runs from
        the first month of the file to the last.

    Raises
    ------
    SourceError
        If the file cannot be read, a column is missing, or a value does not fit; it names the file, sheet,
        row and column.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> row = {"Admin1": "Gao", "Admin1 Pcode": "ML07", "Month": "May", "Year": 2023, "Events": 2,
    ...        "Fatalities": 5}
    >>> pd.DataFrame([row]).to_csv(path, index=False)
    >>> read_monthly(path).table["region"].tolist()
    ['ML07']
    """
    table = read_table(Path(path), LAYOUT)
    year = numbers(table, "year", low=1989, high=2100, whole=True, required=True)
    days = pd.to_datetime(pd.DataFrame({"year": year, "month": month_numbers(table, "month"), "day": 1}))
    parts = pd.DataFrame(
        {
            "region": _region(table, level),
            "month": days.dt.to_period("M"),
            "attacks": numbers(table, "events", low=0, whole=True, required=True),
            "deaths": numbers(table, "fatalities", low=0, whole=True),
        }
    )
    months = parts["month"]
    return total(parts, source="hdx", first=months.min(), last=months.max(), dropped={})


def _region(table: Table, level: int) -> pd.Series:
    code, name = f"admin{level}_pcode", f"admin{level}"
    if code in table.frame:
        return texts(table, code)
    if name not in table.frame:
        raise SourceError(f"{table.place}: expected a column {code} or {name} for level {level}; found neither")
    country = texts(table, "iso3").fillna(texts(table, "country"))
    if country.isna().all():
        raise SourceError(f"{table.place}: expected a column {code}, or iso3 or country beside {name}; found none")
    return name_keys(country, texts(table, name))
