"""Several snapshots of one series read as one: each month as the newest snapshot that covers it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from harmattan.counts import Counts
from harmattan.events import Events, event_table
from harmattan.vintages.content import Found
from harmattan.vintages.snapshot import Snapshot, SnapshotError, read
from harmattan.vintages.store import as_of


class UncoveredError(SnapshotError):
    """Snapshots that together leave out a month between the first and the last."""


@dataclass(frozen=True)
class Known:
    """What was known on a day.

    Attributes
    ----------
    snapshots
        Where they come from, the newest first.
    first, last
        The months covered.
    known
        The day from which the newest of the snapshots was known.
    """

    snapshots: tuple[Snapshot, ...]
    first: pd.Period
    last: pd.Period
    known: str

    def read(self) -> Found:
        """Return the events or counts; see `joined`.

        Raises
        ------
        SnapshotError
            If a snapshot was altered.
        """
        if len(self.snapshots) == 1:
            return read(self.snapshots[0])
        return _overlaid(self.snapshots, self.first, self.last)


def joined(snapshots: Sequence[Snapshot]) -> Known:
    """Return the snapshots of one series as one, not read yet.

    A month is as the newest snapshot that covers it says. An event counts once, as the newest snapshot that has it
    says, and a few events that a snapshot holds beyond the months it covers are added to those of the older one that
    does.

    Parameters
    ----------
    snapshots
        The newest first, as `harmattan.vintages.as_of` gives them.

    Raises
    ------
    SnapshotError
        If there is none, they are of several series or kinds, or a month between the first and the last is covered by
        none.
    """
    if not snapshots:
        raise SnapshotError("no snapshot was known by then; add one with `harmattan data add FILE`")
    kinds = {(each.series, each.kind) for each in snapshots}
    if len(kinds) > 1:
        told = ", ".join(f"{series} ({kind})" for series, kind in sorted(kinds))
        raise SnapshotError(f"snapshots of one series and kind can be read as one; got {told}: name one series")
    months = pd.PeriodIndex(sorted({month for each in snapshots for month in each.months}), freq="M")
    first, last = months[0], months[-1]
    missing = pd.period_range(first, last, freq="M").difference(months)
    if len(missing):
        raise UncoveredError(
            f"the snapshots of {snapshots[0].series} cover {first} to {last}, but none covers {missing[0]}"
            f"{f' nor {len(missing) - 1} other months' if len(missing) > 1 else ''}: add a release that does"
        )
    return Known(tuple(snapshots), first, last, snapshots[0].known)


def known_on(store: Path, date: str, series: str | None = None) -> Known:
    """Return what was known on a day of one series; `series` may be left out where there is one.

    Raises
    ------
    SnapshotError
        As `joined`; or if there are several series and none is named.
    """
    found = as_of(store, date, series)
    if not found:
        of = f" of {series}" if series else ""
        raise SnapshotError(f"no snapshot{of} in {store} was known by {date}; see `harmattan data list`")
    if len(found) > 1:
        raise SnapshotError(f"{store} has several series, {', '.join(found)}: name one in data.vintage")
    return joined(next(iter(found.values())))


def _overlaid(snapshots: Sequence[Snapshot], first: pd.Period, last: pd.Period) -> Found:
    parts: list[pd.DataFrame] = []
    taken: set[pd.Period] = set()
    seen: set[str] = set()
    dropped: dict[str, float] = {}
    sources = []
    for each in snapshots:
        found = read(each)
        sources.append(found.source)
        if isinstance(found, Events):
            month, event = found.table["start"].dt.to_period("M"), found.table["event"]
            parts.append(found.table[~month.isin(taken) & ~event.isin(seen)])
            seen |= set(event)
        else:
            parts.append(found.table[~found.table["month"].isin(taken)])
        taken |= set(each.months)
        for why, number in found.dropped.items():
            dropped[why] = dropped.get(why, 0) + number
    whole = pd.concat(parts, ignore_index=True)
    if "event" in whole:
        return Events(event_table(whole), sources[0], {why: int(number) for why, number in dropped.items()})
    return Counts(whole.sort_values(["region", "month"], ignore_index=True), sources[0], first, last, dropped)
