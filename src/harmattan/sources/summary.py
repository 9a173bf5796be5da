"""What a source holds, in plain lines for a person who checks a file."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from harmattan.counts import Counts
from harmattan.events import Events

_SHOWN = 8


def summary(data: Events | Counts) -> list[str]:
    """Return plain lines: rows read, kept and left out by reason, the period, actors, precision and deaths.

    Examples
    --------
    >>> from harmattan.events import event_table
    >>> table = event_table({"event": ["a"], "start": ["2023-05-04"], "actor_a": ["XXX12"], "deaths": [0]})
    >>> for line in summary(Events(table, source="example", dropped={"repeated event id": 2}))[:4]:
    ...     print(line)
    source: example
    rows read: 3
    events kept: 1
    left out: repeated event id: 2
    """
    return _of_events(data) if isinstance(data, Events) else _of_counts(data)


def uncoded(table: pd.DataFrame) -> int:
    """Return the number of events with an actor that UCDP has not coded yet, ``XXX`` and a number.

    Examples
    --------
    >>> uncoded(pd.DataFrame({"actor_a": ["XXX12", "JNIM"], "actor_b": ["Civilians", "Civilians"]}))
    1
    """
    sides = [table[side].str.contains(r"\bXXX\d+", na=False) for side in ("actor_a", "actor_b")]
    return int((sides[0] | sides[1]).sum())


def _of_events(events: Events) -> list[str]:
    table = events.table
    lines = [
        f"source: {events.source}",
        f"rows read: {events.rows_read}",
        f"events kept: {len(events)}",
        *_account(events.dropped),
        *(f"note: {remark}: {number}" for remark, number in events.notes.items()),
    ]
    if table.empty:
        return lines
    actors = pd.concat([table["actor_a"], table["actor_b"]]).dropna().str.split("; ").explode()
    deaths, months = table["deaths"], [table[day].dt.to_period("M") for day in ("start", "end")]
    return [
        *lines,
        f"first and last day: {table['start'].min():%Y-%m-%d} to {table['end'].max():%Y-%m-%d}",
        f"countries: {_frequent(table['country'])}",
        f"actors: {_frequent(actors)}",
        f"kinds: {_frequent(table['kind'])}",
        f"place precision (where_prec): {_levels(table['where_prec'])}",
        f"date precision (date_prec): {_levels(table['date_prec'])}",
        f"without coordinates: {int(table['lon'].isna().sum())}",
        f"spanning months: {int((months[0] != months[1]).sum())}",
        f"actors not coded yet (XXX): {uncoded(table)}",
        f"deaths: {int(deaths.sum())}; none in {int((deaths == 0).sum())} events, "
        f"unknown in {int(deaths.isna().sum())}",
    ]


def _of_counts(counts: Counts) -> list[str]:
    table = counts.table
    return [
        f"source: {counts.source}",
        f"attacks read: {counts.attacks_read:g}",
        f"attacks kept: {table['attacks'].sum():g}",
        *_account(counts.dropped),
        f"first and last month: {counts.first} to {counts.last}",
        f"regions: {table['region'].nunique()}",
        f"rows: {len(table)}",
        f"deaths: {table['deaths'].sum():g}; unknown in {int(table['deaths'].isna().sum())} rows",
        f"measures: {', '.join(counts.measures)}",
    ]


def _account(dropped: Mapping[str, float]) -> list[str]:
    ordered = sorted(dropped.items(), key=lambda item: -item[1])
    return [f"left out: {reason}: {number:g}" for reason, number in ordered]


def _frequent(values: pd.Series) -> str:
    numbers = values.value_counts()
    shown = ", ".join(f"{name} {number}" for name, number in numbers.head(_SHOWN).items())
    more = len(numbers) - _SHOWN
    return (shown + (f" and {more} more" if more > 0 else "")) or "unknown"


def _levels(precision: pd.Series) -> str:
    numbers = precision.value_counts().sort_index()
    known = [f"{level}: {number}" for level, number in numbers.items()]
    unknown = int(precision.isna().sum())
    return ", ".join([*known, f"unknown: {unknown}"] if unknown else known)
