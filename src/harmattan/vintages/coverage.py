"""The names of releases, and the months that a file covers: by its name, or by its events."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from harmattan.counts import Counts
from harmattan.events import Events
from harmattan.months import month

_UCDP = re.compile(r"(?:GEDEvent|ged)[_-]?v?(\d+(?:[_.-]\d+)+)", re.IGNORECASE)
_BEGIN = pd.Period("1989-01", freq="M")


def release_of(file: str) -> str:
    """Return the release that a file's name tells of; the name without its endings if it tells of none.

    Examples
    --------
    >>> release_of("GEDEvent_v23_0_10.csv.gz"), release_of("ged241-csv.zip"), release_of("my list.csv")
    ('23.0.10', 'ged241-csv', 'my list')
    """
    found = _UCDP.match(file)
    if found:
        return re.sub("[_-]", ".", found.group(1))
    stem = Path(file).name
    for ending in (".gz", ".zip", ".csv", ".tsv", ".parquet", ".xlsx"):
        stem = stem.removesuffix(ending)
    return stem


def covered_by_name(source: str, release: str) -> tuple[pd.Period, pd.Period] | None:
    """Return the first and last month that a release of UCDP covers; None if its name does not say.

    ``24.1`` is the yearly release of 2024, which covers 1989 to 2023; ``23.0.10`` the Candidate release of October
    2023; ``23.01.23.09`` the Candidate release of January to September 2023. A Candidate release may hold a few events
    of earlier months, which it does not cover.

    Examples
    --------
    >>> covered_by_name("ucdp", "23.0.10")
    (Period('2023-10', 'M'), Period('2023-10', 'M'))
    """
    if source != "ucdp" or not re.fullmatch(r"\d{2}(\.\d+){1,3}", release):
        return None
    parts = [int(each) for each in release.split(".")]
    year = 2000 + parts[0]
    if len(parts) == 2:
        return _BEGIN, pd.Period(year=year - 1, month=12, freq="M")
    if len(parts) == 3 and parts[1] == 0 and 1 <= parts[2] <= 12:
        only = pd.Period(year=year, month=parts[2], freq="M")
        return only, only
    if len(parts) == 4 and 1 <= parts[1] <= 12 and 1 <= parts[3] <= 12 and parts[2] >= parts[0]:
        return (
            pd.Period(year=year, month=parts[1], freq="M"),
            pd.Period(year=2000 + parts[2], month=parts[3], freq="M"),
        )
    return None


def coverage_of(events: Events, first: str | None = None, last: str | None = None) -> tuple[pd.Period, pd.Period]:
    """Return the months covered: as given, else from the first event's to the last one that events fill to its end.

    Raises
    ------
    ValueError
        If there is no event, or no whole month is covered.
    """
    if not len(events):
        raise ValueError(f"{events.source} has no event left to count; what was dropped: {dict(events.dropped)}")
    begin = month(first) if first else events.table["start"].min().to_period("M")
    newest = events.table["start"].max()
    whole = newest.day >= newest.days_in_month - 3
    end = month(last) if last else newest.to_period("M") - (0 if whole else 1)
    if end < begin:
        raise ValueError(
            f"{events.source} covers no whole month: events run from {events.table['start'].min():%Y-%m-%d} to "
            f"{newest:%Y-%m-%d}; say in data.first and data.last which months it covers"
        )
    return begin, end


def months_of(
    found: Events | Counts, source: str, release: str, first: str | None = None, last: str | None = None
) -> tuple[pd.Period, pd.Period]:
    """Return the months a file covers: as given, else by the name of its release, else by its rows.

    Raises
    ------
    ValueError
        If the last lies before the first, or no whole month is covered.
    """
    named = covered_by_name(source, release)
    if isinstance(found, Counts):
        begin, end = found.first, found.last
    else:
        begin, end = named or coverage_of(found, first, last)
    begin, end = month(first) if first else begin, month(last) if last else end
    if end < begin:
        raise ValueError(f"months covered must run forward; got {begin} to {end}: say --first and --last")
    return begin, end
