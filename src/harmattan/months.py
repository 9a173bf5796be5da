"""Calendar months: parsing, ranges, and the target month of a forecast.

A month is a `pandas.Period` of frequency ``M`` everywhere inside Harmattan and the text ``YYYY-MM`` in files.
The *origin* is the last month whose data a forecast may use; *horizon* h (1, 2, ...) is the h-th month after it.
"""

from __future__ import annotations

import pandas as pd


def month(value: str | pd.Period | pd.Timestamp) -> pd.Period:
    """Return `value` as a month.

    Parameters
    ----------
    value
        ``"2023-05"``, a month period, or a timestamp inside the month.

    Raises
    ------
    ValueError
        If the text is not a month written ``YYYY-MM``.

    Examples
    --------
    >>> month("2023-05")
    Period('2023-05', 'M')
    """
    if isinstance(value, pd.Period):
        return value.asfreq("M")
    if isinstance(value, pd.Timestamp):
        return value.to_period("M")
    year, dash, number = value.partition("-")
    if not (
        value.isascii()
        and (len(year) == 4 and year.isdigit() and dash)
        and (len(number) == 2 and number.isdigit() and 1 <= int(number) <= 12)
    ):
        raise ValueError(f"a month must be written YYYY-MM, such as 2023-05; got {value!r}")
    return pd.Period(year=int(year), month=int(number), freq="M")


def month_range(first: str | pd.Period, last: str | pd.Period) -> pd.PeriodIndex:
    """Return every month from `first` to `last`, both included, as an index named ``month``.

    Raises
    ------
    ValueError
        If `last` lies before `first`.

    Examples
    --------
    >>> len(month_range("2016-01", "2023-12"))
    96
    """
    start, end = month(first), month(last)
    if end < start:
        raise ValueError(f"months must run forward: the last month {end} lies before the first, {start}")
    return pd.period_range(start, end, freq="M", name="month")


def target(origin: pd.Period, horizon: int) -> pd.Period:
    """Return the month that lies `horizon` months after `origin`.

    Examples
    --------
    >>> target(month("2023-11"), 3)
    Period('2024-02', 'M')
    """
    return origin + horizon
