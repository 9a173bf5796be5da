"""The count table: attacks and deaths by region and month, with the months it covers.

A row that is absent says nothing by itself: inside the months covered (`first` to `last`) it means none
recorded, outside them it means unknown. Counts may be fractions, because an event or a week that spans months
is shared by days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.events import Events

KEY = ["region", "month"]


@dataclass(frozen=True)
class Counts:
    """Attacks and deaths by region and month.

    Parameters
    ----------
    table
        Columns `region` (text), `month` (period of frequency M), `attacks`, `deaths` and any further measures
        (float64). One row per region and month. `attacks` is known and not negative; `deaths` and further
        measures may be NaN, unknown.
    source
        Name of the source, for messages and reports.
    first, last
        The months covered, both included.
    dropped
        Reason -> attacks that were read and left out.

    Raises
    ------
    ValueError
        With every conflict at once: columns, types, repeated rows, months outside the coverage, values.

    Examples
    --------
    >>> table = pd.DataFrame({"region": ["ML-5"], "month": pd.PeriodIndex(["2023-05"], freq="M"),
    ...                       "attacks": [2.0], "deaths": [float("nan")]})
    >>> may = pd.Period("2023-05", freq="M")
    >>> Counts(table, source="example", first=may, last=may).attacks_read
    2.0
    """

    table: pd.DataFrame
    source: str
    first: pd.Period
    last: pd.Period
    dropped: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = _layout_problems(self.table) or _value_problems(self.table, self.first, self.last)
        if problems:
            raise ValueError(f"the counts of {self.source} do not hold together: {'; '.join(problems)}")

    def __len__(self) -> int:
        return len(self.table)

    @property
    def attacks_read(self) -> float:
        """Attacks the source was read with: kept and dropped together."""
        return float(self.table["attacks"].sum()) + sum(self.dropped.values())

    @property
    def measures(self) -> list[str]:
        """Names of the measures, `attacks` and `deaths` first."""
        return [str(name) for name in self.table if name not in KEY]


def share_by_days(start: pd.Series, end: pd.Series) -> pd.DataFrame:
    """Return the share of each interval of days that falls in each month.

    An interval of n days with d of them in a month has the share d / n there, so one inside a month belongs
    wholly to it and the shares of each interval sum to one.

    Parameters
    ----------
    start, end
        First and last day, both included, of each interval (datetime64).

    Returns
    -------
    DataFrame
        Columns `row` (position of the interval), `month` (period) and `share`.

    Raises
    ------
    ValueError
        If an interval ends before it starts, or a day is unknown.

    Examples
    --------
    >>> days = pd.Series(pd.to_datetime(["2023-01-30", "2023-02-02"]))
    >>> share_by_days(days[:1], days[1:])["share"].tolist()
    [0.5, 0.5]
    """
    wrong = ~(start.reset_index(drop=True) <= end.reset_index(drop=True))
    if wrong.any():
        raise ValueError(
            f"each interval must have a known start that does not lie after its end; "
            f"{int(wrong.sum())} do not, the first at position {int(wrong.to_numpy().argmax())}"
        )
    first_day, last_day = _day_number(start), _day_number(end)
    first_month, last_month = pd.PeriodIndex(start, freq="M").asi8, pd.PeriodIndex(end, freq="M").asi8
    spans = last_month - first_month + 1
    row = np.repeat(np.arange(len(start)), spans)
    step = np.arange(len(row)) - np.repeat(np.cumsum(spans) - spans, spans)
    ordinals = first_month[row] + step
    opens = ordinals.astype("datetime64[M]").astype("datetime64[D]").astype("int64")
    closes = (ordinals + 1).astype("datetime64[M]").astype("datetime64[D]").astype("int64") - 1
    days = np.minimum(last_day[row], closes) - np.maximum(first_day[row], opens) + 1
    months = pd.PeriodIndex(ordinals.astype("datetime64[M]").astype("datetime64[s]"), freq="M")
    return pd.DataFrame({"row": row, "month": months, "share": days / (last_day - first_day + 1)[row]})


def count_events(
    events: Events,
    regions: Sequence[str | None] | npt.NDArray[np.object_],
    *,
    first: pd.Period,
    last: pd.Period,
    source: str | None = None,
) -> Counts:
    """Return attacks and deaths by region and month.

    Parameters
    ----------
    events
        The events to count, already chosen by actor and precision.
    regions
        Region code of each event, None where it lies in no region; one per event, in the order of the table.
    first, last
        The months the source covers. They cannot be seen from the events: the last month may simply have been
        quiet.
    source
        Name of the result; that of the events if not given.

    Returns
    -------
    Counts
        `deaths` of a region and month is unknown if it is unknown for any of its events. `deaths_low` and
        `deaths_high` are there if any event has them.

    Raises
    ------
    ValueError
        If there is not one region per event.

    Examples
    --------
    >>> from harmattan.events import event_table
    >>> table = event_table({"event": ["a", "b"], "start": ["2023-05-04", "2023-05-09"], "deaths": [1, 2]})
    >>> may = pd.Period("2023-05", freq="M")
    >>> counts = count_events(Events(table, source="example"), ["ML-5", None], first=may, last=may)
    >>> counts.table["attacks"].tolist(), counts.dropped
    ([1.0], {'in no region': 1.0})
    """
    codes = np.asarray(regions, dtype=object)
    if codes.shape != (len(events),):
        raise ValueError(f"regions must hold one code per event, {len(events)}; got shape {codes.shape}")
    shares = share_by_days(events.table["start"], events.table["end"])
    parts = shares.assign(region=codes[shares["row"].to_numpy()], attacks=shares["share"])
    for name in _death_measures(events):
        deaths = events.table[name].astype("float64").to_numpy()
        parts[name] = deaths[shares["row"].to_numpy()] * parts["share"]
    parts = parts.drop(columns=["row", "share"])
    return total(parts, source=source or events.source, first=first, last=last, dropped=events.dropped)


def total(
    parts: pd.DataFrame, *, source: str, first: pd.Period, last: pd.Period, dropped: Mapping[str, float]
) -> Counts:
    """Return the sums of `parts` by region and month.

    Attacks in no region or outside the months covered are counted in `dropped`.

    Parameters
    ----------
    parts
        Columns `region`, `month`, `attacks`, `deaths` and further measures, any number of rows per region and
        month. A sum with an unknown part is unknown.

    Examples
    --------
    >>> parts = pd.DataFrame({"region": ["a", "a"], "month": pd.PeriodIndex(["2023-05"] * 2, freq="M"),
    ...                       "attacks": [1.0, 1.5], "deaths": [2.0, float("nan")]})
    >>> may = pd.Period("2023-05", freq="M")
    >>> total(parts, source="example", first=may, last=may, dropped={}).table.to_numpy().tolist()
    [['a', Period('2023-05', 'M'), 2.5, nan]]
    """
    placed = parts["region"].notna()
    covered = (parts["month"] >= first) & (parts["month"] <= last)
    lost = {
        "in no region": float(parts.loc[~placed, "attacks"].sum()),
        f"outside {first} to {last}": float(parts.loc[placed & ~covered, "attacks"].sum()),
    }
    account = {**dropped, **{why: dropped.get(why, 0) + number for why, number in lost.items() if number > 0}}
    kept = parts[placed & covered].astype({"region": "str"})
    measures = [name for name in kept if name not in KEY]
    sums = kept.astype(dict.fromkeys(measures, "float64")).groupby(KEY, sort=True)[measures].sum(skipna=False)
    return Counts(sums.reset_index()[[*KEY, *measures]], source, first, last, account)


def _death_measures(events: Events) -> list[str]:
    bounds = [name for name in ("deaths_low", "deaths_high") if events.table[name].notna().any()]
    return ["deaths", *bounds]


def _day_number(days: pd.Series) -> npt.NDArray[np.int64]:
    return days.to_numpy().astype("datetime64[D]").astype("int64")


def _layout_problems(table: pd.DataFrame) -> list[str]:
    problems = [f"column {name} is missing" for name in (*KEY, "attacks", "deaths") if name not in table]
    types = {name: {"region": "str", "month": "period[M]"}.get(str(name), "float64") for name in table}
    return problems + [
        f"column {name} must be of type {kind}, got {table[name].dtype}"
        for name, kind in types.items()
        if str(table[name].dtype) != kind
    ]


def _value_problems(table: pd.DataFrame, first: pd.Period, last: pd.Period) -> list[str]:
    if last < first:
        return [f"coverage must run forward, but its last month {last} lies before the first, {first}"]
    attacks = table["attacks"]
    broken: dict[str, pd.Series] = {
        "region must be known": table["region"].isna(),
        "each region and month must come once": table.duplicated(KEY),
        f"months must lie within the coverage {first} to {last}": (table["month"] < first) | (table["month"] > last),
        "attacks must be known, finite and not negative": ~(np.isfinite(attacks) & (attacks >= 0)),
        "deaths must not be negative": table["deaths"] < 0,
    }
    problems = []
    for rule, wrong in broken.items():
        if wrong.any():
            at = table.iloc[int(wrong.to_numpy().argmax())]
            where = f"{int(wrong.sum())} of {len(table)} rows, first {at['region']} {at['month']}"
            problems.append(f"{rule} ({where})")
    return problems
