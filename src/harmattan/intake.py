"""From a table of counts or a file of events to a panel, with the words that must stand beside it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from harmattan.actors import lineage, members
from harmattan.counts import Counts, count_events, total
from harmattan.events import Events, precise
from harmattan.months import month
from harmattan.panel import POINT_COLUMNS, Panel, from_counts
from harmattan.regions import Regions, locate, only
from harmattan.result import Caption
from harmattan.sources import detect, hdx, read
from harmattan.sources.names import match_names

WHERE_LIMIT = {"country": 6, "admin1": 4, "province": 3, "province+country": 3, "province+admin1": 3}
FINEST = 3
EXACT = {"where_limit": 2, "date_limit": 3}

TERMS = {
    "ucdp": ("UCDP GED, the user's copy", "CC BY 4.0"),
    "acled": ("ACLED, the user's copy", "ACLED terms of use: not to be redistributed"),
    "acled_weekly": (
        "ACLED weekly aggregates, the user's copy",
        "ACLED terms of use: not to be redistributed",
    ),
    "hdx": ("HDX, from ACLED, the user's copy", "ACLED terms of use: not to be redistributed"),
}
LETHAL_ONLY = "UCDP records lethal events only: a month of zero is not a month without attacks."


def read_panel(
    path: Path,
    regions: Regions,
    *,
    title: str,
    level: str | None = None,
    source: str | None = None,
    actor: str | None = None,
    lineages: Path | None = None,
    first: str | None = None,
    last: str | None = None,
    covers: Collection[str] | None = None,
) -> tuple[Panel, Caption]:
    """Read a file of events or counts into a panel.

    Events are placed by coordinates (or the file's own region codes). With an `actor`, events in which its lineage
    takes part on either side are ``attacks`` and all others ``other_attacks``. Events placed or dated too coarsely
    for the regions are left out; what was left out, and how much, is in the caveats. Attacks at or near a known place
    (`where_prec` 1 or 2) and dated to a week or better are also the panel's points, each on the middle of its days.

    Parameters
    ----------
    path
        The user's file; it is only read.
    regions
        Where to count.
    title
        For the caption.
    level
        ``country``, ``admin1`` or ``province``: how coarse a place may be; a district at most if None.
    source, actor, lineages, first, last, covers
        See `harmattan.settings.DataSettings`.

    Raises
    ------
    ValueError
        If the file is not readable as its source, no event or count falls in the regions, or an actor is asked of a
        file that has none.
    """
    name = source or detect(path)
    found = hdx.read_monthly(path, level=2) if name == "hdx" and level == "province" else read(path, name)
    if isinstance(found, Counts):
        if actor is not None:
            raise ValueError(
                f"{path.name} has counts, not events: it cannot be asked for the actor {actor}; leave actor out"
            )
        panel, dropped = _panel_of_counts(found, regions, first, last)
    else:
        regions = _covered(found, regions, covers)
        limit = WHERE_LIMIT[level] if level is not None else FINEST
        panel, dropped = _panel_of_events(
            found, regions, actor, lineages, limit=limit, coverage=_coverage(found, first, last)
        )
    said, licence = TERMS.get(name, (f"the user's file {path.name}", "the user's own"))
    return panel, Caption(title, said, licence, _caveats(name, dropped, panel))


def _panel_of_counts(
    counts: Counts, regions: Regions, first: str | None, last: str | None
) -> tuple[Panel, Mapping[str, float]]:
    """Match names to codes where the source has names, and keep the months asked for."""
    named = counts.table["region"].str.contains("|", regex=False).any()
    known = match_names(counts, regions.table) if named else counts
    begin, end = month(first) if first else known.first, month(last) if last else known.last
    if begin < known.first or end > known.last:
        raise ValueError(
            f"{known.source} covers {known.first} to {known.last}; data.first and data.last ask for {begin} to {end}"
        )
    kept = total(known.table, source=known.source, first=begin, last=end, dropped=known.dropped)
    return from_counts(kept, regions), kept.dropped


def _panel_of_events(
    events: Events,
    regions: Regions,
    actor: str | None,
    lineages: Path | None,
    *,
    limit: int,
    coverage: tuple[pd.Period, pd.Period],
) -> tuple[Panel, Mapping[str, float]]:
    """Count the events of the actor, and all others apart."""
    if actor is None:
        counts = _count(events, regions, limit, coverage)
        panel = from_counts(counts, regions)
        return replace(panel, points=_points(events, regions, panel.months)), counts.dropped
    theirs = members(lineage(actor, lineages), events)
    if not theirs.any():
        raise ValueError(
            f"no event of {events.source} has {actor} on either side; check data.actor and the file's actors"
        )
    mine = Events(events.table[theirs].reset_index(drop=True), events.source, events.dropped)
    rest = Events(events.table[~theirs].reset_index(drop=True), events.source)
    counts = _count(mine, regions, limit, coverage)
    panel = from_counts(counts, regions)
    others = from_counts(_count(rest, regions, limit, coverage), regions).attacks
    points = _points(mine, regions, panel.months)
    return Panel(regions, {**panel.measures, "other_attacks": others}, panel.covered, points), counts.dropped


def _count(events: Events, regions: Regions, limit: int, coverage: tuple[pd.Period, pd.Period]) -> Counts:
    kept = precise(events, where_limit=limit)
    return count_events(kept, _codes(kept, regions), first=coverage[0], last=coverage[1])


def _points(events: Events, regions: Regions, months: pd.PeriodIndex) -> pd.DataFrame:
    """The events placed and dated exactly, in the regions and months of the panel, as `Panel.points`."""
    kept = precise(events, **EXACT)
    first, last = (kept.table[name].to_numpy().astype("datetime64[D]") for name in ("start", "end"))
    columns = {
        "day": (first + (last - first) // 2).astype("datetime64[us]"),
        "region": _codes(kept, regions),
        "lon": kept.table["lon"].to_numpy(),
        "lat": kept.table["lat"].to_numpy(),
    }
    table = pd.DataFrame(columns).dropna()
    table = table[pd.PeriodIndex(table["day"], freq="M").isin(months)]
    return table.astype(POINT_COLUMNS).sort_values(["day", "region", "lon", "lat"], ignore_index=True)


def _covered(events: Events, regions: Regions, covers: Collection[str] | None) -> Regions:
    """The regions of countries that the file reports on; all of them if it names no country."""
    named = set(events.table["country"].dropna()) if covers is None else set(covers)
    return only(regions, sorted(named)) if named else regions


def _codes(events: Events, regions: Regions) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Region of each event: its own code where it has a known one, else by its coordinates."""
    codes = locate(regions, events.table["lon"], events.table["lat"])
    if "region" in events.table:
        own = events.table["region"].to_numpy(dtype=object)
        codes = np.where(pd.Series(own).isin(regions.table.index), own, codes)
    return codes


def _coverage(events: Events, first: str | None, last: str | None) -> tuple[pd.Period, pd.Period]:
    """Months covered: as given, else from the first event's month to the last one that events fill to its end."""
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


def _caveats(source: str, dropped: Mapping[str, float], panel: Panel) -> tuple[str, ...]:
    said = [LETHAL_ONLY] if source.startswith("ucdp") else []
    countries = ", ".join(sorted(panel.regions.table["country"].unique()))
    said.append(f"Covered: {countries}, {panel.months[0]} to {panel.origin}.")
    if dropped:
        said.append("Left out: " + ", ".join(f"{number:,.0f} {why}" for why, number in dropped.items()) + ".")
    return tuple(said)
