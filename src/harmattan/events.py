"""The event table: one row per event, with fixed column names, checked when it is made.

Every source is renamed to these columns once, at the door (`harmattan.sources`); nothing later knows where an
event came from. Rows that are left out are never lost silently: `Events.dropped` says how many and why, so
that

    rows read = events kept + events dropped

holds after every step.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import pandas_dtype

COLUMNS: dict[str, str] = {
    "event": "str",
    "start": "datetime64[us]",
    "end": "datetime64[us]",
    "lon": "float64",
    "lat": "float64",
    "where_prec": "Int64",
    "date_prec": "Int64",
    "actor_a": "str",
    "actor_b": "str",
    "kind": "str",
    "deaths": "Int64",
    "deaths_low": "Int64",
    "deaths_high": "Int64",
    "country": "str",
    "admin1": "str",
}
"""Columns every event table has, with their types.

`event` identifies the event. `start` and `end` are days. `lon` and `lat` are degrees, NaN where absent.
`where_prec` has UCDP's meaning: 1 an exact place, 2 near a place, 3 a district, 4 a province, 5 a line or
fuzzy area, 6 a country, 7 international waters or airspace. `date_prec` too: 1 the day is known, 2 within six
days, 3 the week, 4 the month, 5 worse. Several actors on one side are separated by ``;``. `deaths` is the
best estimate, with low and high. `country` is the ISO 3166 three-letter code where known, else the name the
source gives. `admin1` is the source's text. Missing values are NA everywhere: an unknown number of deaths is
not zero.
"""

OPTIONAL: dict[str, str] = {
    "region": "str",
    "claimed": "boolean",
    "attribution": "str",
    "tactic": "str",
    "target": "str",
    "role_a": "str",
    "role_b": "str",
    "civilians_targeted": "boolean",
}
"""Columns kept where the source has them.

`region` is a region code or name the source itself gives. `attribution` is ``claimed``, ``suspected`` or
``unattributed``. `role_a` and `role_b` are the kinds of actor on each side (``State forces``, ``Civilians``),
`civilians_targeted` whether the source says that civilians were the main or only target.
"""

_EARLIEST, _LATEST = pd.Timestamp("1900-01-01"), pd.Timestamp("2100-12-31")


@dataclass(frozen=True)
class Events:
    """Events of one source, with the account of what was left out.

    Parameters
    ----------
    table
        One row per event with the columns of `COLUMNS`, and any of `OPTIONAL`; `event_table` makes one.
    source
        Name of the source, for messages and reports.
    dropped
        Reason -> number of events that were read and left out.
    notes
        Remark -> number of events that were kept but read differently from how they were written.

    Raises
    ------
    ValueError
        With every conflict at once: columns, types, repeated ids, ends before starts, coordinates,
        precisions, deaths.

    Examples
    --------
    >>> table = event_table({"event": ["a"], "start": ["2023-05-04"], "actor_a": ["JNIM"], "deaths": [3]})
    >>> events = Events(table, source="example", dropped={"repeated event id": 2})
    >>> events.rows_read
    3
    """

    table: pd.DataFrame
    source: str
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = _layout_problems(self.table) or _value_problems(self.table)
        if problems:
            raise ValueError(
                f"the events of {self.source} do not hold together: {'; '.join(problems)}. "
                "Correct the source, or leave these events out and count them in dropped"
            )

    def __len__(self) -> int:
        return len(self.table)

    @property
    def rows_read(self) -> int:
        """Number of events the source was read with: kept and dropped together."""
        return len(self.table) + sum(self.dropped.values())


def event_table(data: Mapping[str, object] | pd.DataFrame) -> pd.DataFrame:
    """Return `data` as an event table: columns in order and typed, absent ones unknown.

    An absent `end` is the `start`.

    Raises
    ------
    ValueError
        If `event` or `start` is absent, or a column is not part of the table.

    Examples
    --------
    >>> event_table({"event": [7], "start": ["2023-05-04"]})[["event", "end", "deaths"]].iloc[0].tolist()
    ['7', Timestamp('2023-05-04 00:00:00'), <NA>]
    """
    given = pd.DataFrame(data)
    absent = [name for name in ("event", "start") if name not in given]
    foreign = [str(name) for name in given if name not in COLUMNS and name not in OPTIONAL]
    if absent or foreign:
        raise ValueError(
            f"an event table needs event and start, and knows {', '.join([*COLUMNS, *OPTIONAL])}; "
            f"absent: {', '.join(absent) or 'none'}; not known: {', '.join(foreign) or 'none'}"
        )
    if "end" not in given:
        given = given.assign(end=given["start"])
    types = {**COLUMNS, **{name: kind for name, kind in OPTIONAL.items() if name in given}}
    columns = {
        name: given[name].astype(pandas_dtype(kind)) if name in given else pd.Series([None] * len(given), dtype=kind)
        for name, kind in types.items()
    }
    return pd.DataFrame({name: column.array for name, column in columns.items()})


def tally(dropped: Mapping[str, int], reason: str, number: int) -> dict[str, int]:
    """Return `dropped` with `number` more under `reason`; nothing is added for none.

    Examples
    --------
    >>> tally({"repeated event id": 2}, "no region", 5)
    {'repeated event id': 2, 'no region': 5}
    """
    if number == 0:
        return dict(dropped)
    return {**dropped, reason: dropped.get(reason, 0) + number}


def select(events: Events, keep: npt.NDArray[np.bool_], *, reason: str) -> Events:
    """Return the events where `keep` is true; the others are counted in `dropped` under `reason`.

    Parameters
    ----------
    keep
        One truth value per event, in the order of the table.

    Raises
    ------
    ValueError
        If `keep` does not have one value per event.

    Examples
    --------
    >>> events = Events(event_table({"event": ["a", "b"], "start": ["2023-05-04"] * 2}), source="example")
    >>> select(events, events.table["event"].to_numpy() == "a", reason="not wanted").dropped
    {'not wanted': 1}
    """
    keep = np.asarray(keep, dtype=bool)
    if keep.shape != (len(events),):
        raise ValueError(f"keep must hold one value per event, {len(events)}; got shape {keep.shape}")
    if keep.all():
        return events
    dropped = tally(events.dropped, reason, int((~keep).sum()))
    return _checked(events.table[keep].reset_index(drop=True), events.source, dropped, events.notes)


def with_regions(events: Events, codes: npt.NDArray[np.object_], keep: npt.NDArray[np.bool_]) -> Events:
    """Return the events where `keep` is true with the codes of their regions as the column `region`, None for none.

    The others are for the caller to count: `dropped` stays as it is.

    Examples
    --------
    >>> events = Events(event_table({"event": ["a", "b"], "start": ["2023-05-04"] * 2}), source="example")
    >>> with_regions(events, np.array(["BF1300", None], dtype=object), np.array([True, False])).table["region"].tolist()
    ['BF1300']
    """
    table = events.table[keep].reset_index(drop=True)
    table["region"] = pd.Series(codes[keep], dtype="str")
    return _checked(table, events.source, events.dropped, events.notes)


def actor_key(names: pd.Series) -> pd.Series:
    """Return actor names as they are compared: lower case, straight apostrophes, single spaces.

    Examples
    --------
    >>> actor_key(pd.Series(["Jama’at  Nusrat"])).tolist()
    ["jama'at nusrat"]
    """
    plain = names.str.replace("[’‘ʼ`]", "'", regex=True).str.replace(r"\s+", " ", regex=True)
    return plain.str.strip().str.lower()


def mentions(table: pd.DataFrame) -> pd.Series:
    """Return every actor of every event, both sides, as `actor_key`, indexed by the event's position.

    Examples
    --------
    >>> day = "2023-05-04"
    >>> mentions(event_table({"event": ["a"], "start": [day], "actor_a": ["JNIM; Dozo"]})).tolist()
    ['jnim', 'dozo']
    """
    sides = [table[side].reset_index(drop=True).astype("str") for side in ("actor_a", "actor_b")]
    return actor_key(pd.concat(sides).str.split(";").explode().dropna().astype("str"))


def involving(events: Events, actors: Collection[str]) -> Events:
    """Return the events in which any of `actors` takes part, on either side.

    In UCDP's one-sided and non-state violence the group is often `actor_a`: looking at one side alone loses a
    quarter of JNIM's events. Names are compared whole, without regard to case.

    Raises
    ------
    ValueError
        If no actor is named.

    Examples
    --------
    >>> table = event_table({"event": ["a", "b"], "start": ["2023-05-04"] * 2, "actor_a": ["JNIM", "ISWAP"]})
    >>> involving(Events(table, source="example"), ["JNIM"]).table["event"].tolist()
    ['a']
    """
    if isinstance(actors, str) or not actors:
        raise ValueError(f"actors must be a list of at least one name, such as ['JNIM']; got {actors!r}")
    wanted = set(actor_key(pd.Series(list(actors), dtype="str")))
    named = mentions(events.table)
    keep = np.zeros(len(events), dtype=bool)
    keep[named.index[named.isin(wanted)]] = True
    return select(events, keep, reason="none of the chosen actors takes part")


def precise(events: Events, *, where_limit: int, date_limit: int = 4) -> Events:
    """Return the events placed and dated well enough for the unit of analysis.

    Parameters
    ----------
    where_limit
        Largest `where_prec` kept: 4 when regions are provinces, 3 when they are districts.
    date_limit
        Largest `date_prec` kept; 4 is a known month. An unknown precision passes.

    Examples
    --------
    >>> table = event_table({"event": ["a", "b"], "start": ["2023-05-04"] * 2, "where_prec": [1, 6]})
    >>> precise(Events(table, source="example"), where_limit=4).dropped
    {'placed worse than where_prec 4': 1}
    """
    place = (events.table["where_prec"] > where_limit).fillna(False).to_numpy(dtype=bool)
    placed = select(events, ~place, reason=f"placed worse than where_prec {where_limit}")
    date = (placed.table["date_prec"] > date_limit).fillna(False).to_numpy(dtype=bool)
    return select(placed, ~date, reason=f"dated worse than date_prec {date_limit}")


def _checked(table: pd.DataFrame, source: str, dropped: Mapping[str, int], notes: Mapping[str, int]) -> Events:
    """Events made of rows of events: what held for all of them holds for some, and is not looked at again."""
    events = object.__new__(Events)
    for name, value in (("table", table), ("source", source), ("dropped", dropped), ("notes", notes)):
        object.__setattr__(events, name, value)
    return events


def _layout_problems(table: pd.DataFrame) -> list[str]:
    types = {**COLUMNS, **{name: kind for name, kind in OPTIONAL.items() if name in table}}
    problems = [f"column {name} is missing" for name in types if name not in table]
    problems += [f"column {name} is not part of an event table" for name in table if name not in types]
    problems += [
        f"column {name} must be of type {kind}, got {table[name].dtype}"
        for name, kind in types.items()
        if name in table and str(table[name].dtype) != kind
    ]
    if not problems and not table.index.equals(pd.RangeIndex(len(table))):
        problems.append("the index must count the rows from 0")
    return problems


def _value_problems(table: pd.DataFrame) -> list[str]:
    start, end, lon, lat = table["start"], table["end"], table["lon"], table["lat"]
    days = (start != start.dt.normalize()) | (end != end.dt.normalize())
    broken: dict[str, pd.Series] = {
        "event must be known and unique": table["event"].isna() | table["event"].duplicated(),
        "start and end must be known": start.isna() | end.isna(),
        "start and end must be whole days": days & start.notna() & end.notna(),
        "end must not lie before start": end < start,
        "dates must lie from 1900 to 2100": (start < _EARLIEST) | (end > _LATEST),
        "lon and lat must be known together": lon.isna() != lat.isna(),
        "lon must lie from -180 to 180 degrees": lon.abs() > 180,
        "lat must lie from -90 to 90 degrees": lat.abs() > 90,
        "where_prec must be 1 to 7": ~table["where_prec"].fillna(1).between(1, 7),
        "date_prec must be 1 to 5": ~table["date_prec"].fillna(1).between(1, 5),
    }
    for name in ("deaths", "deaths_low", "deaths_high"):
        broken[f"{name} must not be negative"] = table[name].fillna(0) < 0
    return [
        f"{rule} ({int(wrong.sum())} of {len(table)} events, first {table.loc[wrong, 'event'].iloc[0]!r})"
        for rule, wrong in broken.items()
        if wrong.any()
    ]
