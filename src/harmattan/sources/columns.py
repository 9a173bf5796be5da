"""Columns of text turned into numbers, days, months and truth values.

A value that does not fit is an error naming its row, column and what was expected: never a silent NaN.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from harmattan.sources.files import SourceError, short
from harmattan.sources.tables import Table

DateStyle = Literal["iso", "month first", "named month"]

EXACT = 2**53
"""Whole numbers beyond this are not kept exactly, and no count comes near it."""

YEARS = (1900, 2100)
"""First and last year of any day or month."""

_TIME = (
    r"(?:[ T](?:[01]?\d|2[0-4]):[0-5]\d(?::[0-6]\d(?:[.,]\d+)?)?(?: ?[AaPp][Mm])?"
    r"(?: ?(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?)?"
)
_STYLES: dict[DateStyle, str] = {
    "iso": rf"(?P<year>\d{{4}})-(?P<month>\d{{1,2}})-(?P<day>\d{{1,2}}){_TIME}",
    "month first": rf"(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}})/(?P<year>\d{{4}}){_TIME}",
    "named month": r"(?P<day>\d{1,2})[ -](?P<month>[A-Za-z]+)[ -](?P<year>\d{4})",
}
_WRITTEN: dict[DateStyle, str] = {
    "iso": "YYYY-MM-DD",
    "month first": "MM/DD/YYYY",
    "named month": "such as 16 May 2025",
}
MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_TRUE, _FALSE = ("true", "yes", "1", "y", "oui", "1.0"), ("false", "no", "0", "n", "non", "0.0")


def refuse(table: Table, column: str, wrong: pd.Series, expected: str) -> None:
    """Raise if any record is `wrong`, naming the first one.

    Raises
    ------
    SourceError
        With the row in the file, the column, what was `expected` and what came.

    Examples
    --------
    >>> table = Table(pd.DataFrame({"deaths": ["-1"]}), np.array([2]), "a.csv")
    >>> refuse(table, "deaths", pd.Series([True]), "a number from 0 up")
    Traceback (most recent call last):
        ...
    harmattan.sources.files.SourceError: a.csv: row 2, column deaths: expected a number from 0 up, got '-1'
    """
    if wrong.any():
        at = int(wrong.to_numpy(dtype=bool).argmax())
        value = table.frame[column].iloc[at]
        got = "nothing" if pd.isna(value) else repr(short(str(value)))
        raise SourceError(f"{table.place}: row {table.rows[at]}, column {column}: expected {expected}, got {got}")


def texts(table: Table, column: str, *, required: bool = False) -> pd.Series:
    """Return a column as text, all missing if the file does not have it.

    Raises
    ------
    SourceError
        If a value is `required` and missing.

    Examples
    --------
    >>> table = Table(pd.DataFrame({"actor": ["JNIM"]}), np.array([2]), "attacks.csv")
    >>> texts(table, "actor").tolist(), texts(table, "tactic").tolist()
    (['JNIM'], [nan])
    """
    if column not in table.frame:
        return pd.Series([None] * len(table), dtype="str")
    values = table.frame[column]
    if required:
        refuse(table, column, values.isna(), "a value")
    return values


def numbers(
    table: Table,
    column: str,
    *,
    low: float = -np.inf,
    high: float = np.inf,
    whole: bool = False,
    required: bool = False,
) -> pd.Series:
    """Return a column as float64, NaN where missing or where the file does not have the column.

    Parameters
    ----------
    low, high
        Smallest and largest value allowed.
    whole
        Whether only whole numbers are allowed.
    required
        Whether a missing value is an error.

    Raises
    ------
    SourceError
        At the first value that is no number, not whole, out of range, or required and missing.

    Examples
    --------
    >>> table = Table(pd.DataFrame({"lat": ["12.5", None]}), np.array([2, 3]), "attacks.csv")
    >>> numbers(table, "lat", low=-90, high=90).tolist()
    [12.5, nan]
    """
    written = texts(table, column)
    values = pd.to_numeric(written, errors="coerce").astype("float64")
    wrong = written.notna() & ~(np.isfinite(values) & (values >= low) & (values <= high))
    if whole:
        wrong |= written.notna() & (values % 1 != 0)
    if required:
        wrong |= written.isna()
    refuse(table, column, wrong, _range(low, high, whole))
    refuse(table, column, values.abs() > EXACT, f"{'a whole number' if whole else 'a number'} up to {EXACT:,}")
    return values


def dates(table: Table, column: str, *, styles: tuple[DateStyle, ...] = ("iso",)) -> pd.Series:
    """Return a column as days; the time of day, if written, is left out.

    Parameters
    ----------
    styles
        Ways of writing a date that this source uses. All values must be written in one of them.

    Raises
    ------
    SourceError
        At the first value that is missing or is no date of these styles: day and month may be swapped.

    Examples
    --------
    >>> table = Table(pd.DataFrame({"event_date": ["16 May 2025"]}), np.array([2]), "attacks.csv")
    >>> dates(table, "event_date", styles=("iso", "named month")).dt.strftime("%Y-%m-%d").tolist()
    ['2025-05-16']
    """
    written = texts(table, column)
    found = pd.Series(pd.NaT, index=written.index, dtype="datetime64[us]")
    for style in styles:
        found = found.fillna(_parse(written, _STYLES[style]))
    expected = f"a date written {' or '.join(_WRITTEN[style] for style in styles)}"
    refuse(table, column, found.isna(), expected)
    refuse(table, column, ~found.dt.year.between(*YEARS), f"a date from {YEARS[0]} to {YEARS[1]}")
    return found


def months(table: Table, column: str) -> pd.Series:
    """Return a column of months written YYYY-MM (or as the first day of the month) as periods.

    Raises
    ------
    SourceError
        At the first value that is missing or written otherwise.

    Examples
    --------
    >>> months(Table(pd.DataFrame({"month": ["2023-05"]}), np.array([2]), "a.csv"), "month").tolist()
    [Period('2023-05', 'M')]
    """
    written = texts(table, column)
    pattern = rf"(?P<year>\d{{4}})-(?P<month>\d{{1,2}})(?P<day>-0?1{_TIME})?"
    found = _parse(written, pattern, first_day=True)
    refuse(table, column, found.isna(), "a month written YYYY-MM")
    refuse(table, column, ~found.dt.year.between(*YEARS), f"a month from {YEARS[0]} to {YEARS[1]}")
    periods: pd.Series = found.dt.to_period("M")
    return periods


def flags(table: Table, column: str) -> pd.Series:
    """Return a column of yes and no (or true and false, 1 and 0) as booleans, NA where missing.

    Raises
    ------
    SourceError
        At the first value that is neither.

    Examples
    --------
    >>> flags(Table(pd.DataFrame({"claimed": ["Yes", None]}), np.array([2, 3]), "a.csv"), "claimed").tolist()
    [True, <NA>]
    """
    written = texts(table, column).str.lower()
    true, false = written.isin(_TRUE), written.isin(_FALSE)
    if column in table.frame:
        refuse(table, column, written.notna() & ~true & ~false, "yes or no")
    return true.astype("boolean").mask(written.isna())


def choices(table: Table, column: str, known: Mapping[str, str]) -> pd.Series:
    """Return a column of a few fixed words in the form used here, missing where missing.

    Parameters
    ----------
    known
        Word as a file may write it, in lower case -> word used here.

    Raises
    ------
    SourceError
        At the first value that is none of them.

    Examples
    --------
    >>> table = Table(pd.DataFrame({"attribution": ["Claimed", None]}), np.array([2, 3]), "a.csv")
    >>> choices(table, "attribution", {"claimed": "claimed"}).tolist()
    ['claimed', nan]
    """
    written = texts(table, column)
    found = written.str.lower().map(dict(known)).astype("str")
    if column in table.frame:
        refuse(table, column, written.notna() & found.isna(), f"one of {', '.join(dict.fromkeys(known.values()))}")
    return found


def month_numbers(table: Table, column: str) -> pd.Series:
    """Return a column of English month names, or numbers 1 to 12, as numbers.

    Raises
    ------
    SourceError
        At the first value that is missing or names no month.

    Examples
    --------
    >>> month_numbers(Table(pd.DataFrame({"month": ["May"]}), np.array([2]), "a.csv"), "month").tolist()
    [5.0]
    """
    found = _month_number(texts(table, column))
    refuse(table, column, found.isna(), "the name of a month, such as January")
    return found


def _parse(written: pd.Series, pattern: str, *, first_day: bool = False) -> pd.Series:
    parts = written.str.extract(re.compile(f"^{pattern}$"))
    matched = parts["year"].notna()
    numbers = pd.DataFrame(
        {
            "year": parts["year"].where(matched, "1").astype("int64"),
            "month": _month_number(parts["month"]).fillna(0).astype("int64"),
            "day": 1 if first_day else parts["day"].where(matched, "1").astype("int64"),
        }
    )
    return pd.to_datetime(numbers, errors="coerce").astype("datetime64[us]").where(matched)


def _month_number(written: pd.Series) -> pd.Series:
    named = {name: number for number, name in enumerate(MONTH_NAMES, start=1)}
    named |= {name[:3]: number for name, number in named.items()}
    digits = {str(number): number for number in range(1, 13)}
    padded = {f"{number:02d}": number for number in range(1, 13)}
    return written.str.lower().map({**named, **digits, **padded}).astype("float64")


def _range(low: float, high: float, whole: bool) -> str:
    kind = "a whole number" if whole else "a number"
    if np.isfinite(low) and np.isfinite(high):
        return f"{kind} from {low:g} to {high:g}"
    return f"{kind} from {low:g} up" if np.isfinite(low) else kind
