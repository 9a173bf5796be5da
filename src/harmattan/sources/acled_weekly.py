"""ACLED's weekly totals by first-level region: events and fatalities by week, region and event type.

`WEEK` is the Saturday on which a week begins; weeks are shared between months by days. Only months that lie
wholly inside the weeks of the file are covered. Regions come as names: `harmattan.sources.names.match_names`
turns them into codes. The totals do not name actors. ACLED's terms do not allow the file to be passed on.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from harmattan.counts import Counts, share_by_days, total
from harmattan.sources.acled import ATTACKS
from harmattan.sources.columns import dates, numbers, refuse, texts
from harmattan.sources.files import SourceError
from harmattan.sources.names import name_keys
from harmattan.sources.tables import Layout, read_table

LAYOUT = Layout(needed=("week", "country", "admin1", "event_type", "events", "fatalities"))

_SATURDAY = 5


def read_weekly(path: Path, *, event_types: Collection[str] | None = ATTACKS) -> Counts:
    """Return attacks and deaths by region and month from weekly totals, CSV or Excel.

    Parameters
    ----------
    event_types
        Event types counted as attacks; the events of other types are counted in `dropped` by type. None
        counts all.

    Returns
    -------
    Counts
        `region` is the key ``country|admin1``; attacks and deaths are fractions where weeks span months.

    Raises
    ------
    SourceError
        If the file cannot be read, a column is missing, a value does not fit, a week does not begin on a
        Saturday, or no whole month is covered.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> weeks = pd.DataFrame({"WEEK": ["2023-04-29", "2023-05-27"], "COUNTRY": "Mali", "ADMIN1": "Gao",
    ...                       "EVENT_TYPE": "Battles", "EVENTS": [0, 7], "FATALITIES": [0, 14]})
    >>> weeks.to_csv(path, index=False)
    >>> read_weekly(path).table[["region", "attacks", "deaths"]].to_numpy().tolist()
    [['MLI|Gao', 5.0, 10.0]]
    """
    table = read_table(Path(path), LAYOUT)
    week = dates(table, "week", styles=("iso", "named month"))
    refuse(table, "week", week.dt.day_of_week != _SATURDAY, "a Saturday, on which ACLED's weeks begin")
    weeks = pd.DataFrame(
        {
            "region": name_keys(texts(table, "country", required=True), texts(table, "admin1")),
            "event_type": texts(table, "event_type", required=True),
            "attacks": numbers(table, "events", low=0, whole=True, required=True),
            "deaths": numbers(table, "fatalities", low=0, whole=True),
        }
    )
    first, last = _whole_months(week.min(), week.max() + pd.Timedelta(days=6), table.place)
    counted = weeks["event_type"].isin(weeks["event_type"] if event_types is None else list(event_types))
    others = weeks[~counted].groupby("event_type")["attacks"].sum()
    dropped = {f"not an attack: {name}": float(number) for name, number in others.items() if number > 0}
    shares = share_by_days(week[counted], week[counted] + pd.Timedelta(days=6))
    rows = weeks[counted].iloc[shares["row"].to_numpy()].reset_index(drop=True)
    parts = pd.DataFrame(
        {
            "region": rows["region"],
            "month": shares["month"],
            "attacks": rows["attacks"] * shares["share"],
            "deaths": rows["deaths"] * shares["share"],
        }
    )
    return total(parts, source="acled_weekly", first=first, last=last, dropped=dropped)


def _whole_months(first_day: pd.Timestamp, last_day: pd.Timestamp, place: str) -> tuple[pd.Period, pd.Period]:
    """Return the first and last month that lie wholly from `first_day` to `last_day`."""
    first = first_day.to_period("M") if first_day.day == 1 else first_day.to_period("M") + 1
    last = (last_day + pd.Timedelta(days=1)).to_period("M") - 1
    if last < first:
        raise SourceError(
            f"{place}: expected weeks that cover at least one whole month; "
            f"they run from {first_day:%Y-%m-%d} to {last_day:%Y-%m-%d}"
        )
    return first, last
