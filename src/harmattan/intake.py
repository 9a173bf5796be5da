"""From a table of counts or a file of events to a panel, with the words that must stand beside it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from harmattan.actors import Lineage, involves, lineage
from harmattan.counts import Counts, count_events, total
from harmattan.events import Events, actor_key, mentions, precise, with_regions
from harmattan.figures import region_grid
from harmattan.grid import CELLS_PER_DEGREE
from harmattan.months import month
from harmattan.panel import POINT_COLUMNS, Panel, from_counts
from harmattan.regions import Regions, locate, only
from harmattan.result import Caption
from harmattan.sources import detect, hdx, read
from harmattan.sources.files import unpacked_once
from harmattan.sources.names import match_names
from harmattan.vintages.coverage import coverage_of
from harmattan.vintages.terms import terms_of

Objects = npt.NDArray[np.object_]

WHERE_LIMIT = {"country": 6, "admin1": 4, "province": 3, "province+country": 3, "province+admin1": 3}
FINEST = 3
EXACT = {"where_limit": 2, "date_limit": 3}

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
    with unpacked_once():
        name = source or detect(path)
        found = hdx.read_monthly(path, level=2) if name == "hdx" and level == "province" else read(path, name)
    if isinstance(found, Counts) and actor is not None:
        raise ValueError(
            f"{path.name} has counts, not events: it cannot be asked for the actor {actor}; leave actor out"
        )
    panel, dropped = panel_of(
        found, regions, level=level, actor=actor, lineages=lineages, first=first, last=last, covers=covers
    )
    return panel, caption_of(name, panel, title=title, dropped=dropped, file=path.name)


def panel_of(
    found: Events | Counts,
    regions: Regions,
    *,
    level: str | None = None,
    actor: str | None = None,
    lineages: Path | None = None,
    first: str | None = None,
    last: str | None = None,
    covers: Collection[str] | None = None,
) -> tuple[Panel, Mapping[str, float]]:
    """Return the panel of events or counts already read, and what was left out by reason; see `read_panel`.

    Raises
    ------
    ValueError
        As `read_panel`.
    """
    if isinstance(found, Counts):
        return _panel_of_counts(found, regions, first, last)
    regions = _covered(found, regions, covers)
    limit = WHERE_LIMIT[level] if level is not None else FINEST
    return _panel_of_events(found, regions, actor, lineages, limit=limit, coverage=coverage_of(found, first, last))


def caption_of(source: str, panel: Panel, *, title: str, dropped: Mapping[str, float], file: str) -> Caption:
    """Return the words that must stand beside a panel of a source, read from a file."""
    terms = terms_of(source, file)
    return Caption(title, terms.said, terms.licence, _caveats(source, dropped, panel))


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
    codes = _codes(events, regions)
    if actor is None:
        mine = with_regions(events, codes, np.ones(len(events), dtype=bool))
    else:
        theirs = _theirs(lineage(actor, lineages), events)
        if not theirs.any():
            raise ValueError(
                f"no event of {events.source} has {actor} on either side; check data.actor and the file's actors"
            )
        mine = with_regions(events, codes, theirs)
    counts = _count(mine, limit, coverage)
    panel = from_counts(counts, regions)
    points = _points(mine, panel.months)
    if actor is None:
        return replace(panel, points=points), counts.dropped
    # What is left out of the others is not told, so those in no region need not be counted.
    rest = with_regions(events, codes, ~theirs & pd.notna(codes))
    others = from_counts(_count(rest, limit, coverage), regions).attacks
    return Panel(regions, {**panel.measures, "other_attacks": others}, panel.covered, points), counts.dropped


def _theirs(group: Lineage, events: Events) -> npt.NDArray[np.bool_]:
    """As `harmattan.actors.members`, looking once at events of the same sides, country and month."""
    table = events.table
    sides = pd.Series(pd.concat([table["actor_a"], table["actor_b"]]).dropna().unique(), dtype="str")
    named = mentions(pd.DataFrame({"actor_a": sides, "actor_b": pd.Series([None] * len(sides), dtype="str")}))
    wanted = actor_key(pd.Series(list(group.actors), dtype="str"))
    possible = sides[named.index[named.isin(wanted)].unique()]
    found = (table["actor_a"].isin(possible) | table["actor_b"].isin(possible)).to_numpy(dtype=bool, copy=True)
    named_rows = table.loc[found, ["actor_a", "actor_b", "country", "start"]]
    alike = named_rows.assign(start=named_rows["start"].to_numpy().astype("datetime64[M]").astype("datetime64[us]"))
    number = alike.groupby(list(alike), dropna=False, sort=False).ngroup().to_numpy()
    different = alike.drop_duplicates().reset_index(drop=True)
    found[found] = involves(group, different)[number]
    return found


def _count(placed: Events, limit: int, coverage: tuple[pd.Period, pd.Period]) -> Counts:
    kept = precise(placed, where_limit=limit)
    return count_events(kept, kept.table["region"].to_numpy(dtype=object), first=coverage[0], last=coverage[1])


def _points(placed: Events, months: pd.PeriodIndex) -> pd.DataFrame:
    """The events placed and dated exactly, in the regions and months of the panel, as `Panel.points`."""
    kept = precise(placed, **EXACT)
    first, last = (kept.table[name].to_numpy().astype("datetime64[D]") for name in ("start", "end"))
    columns = {
        "day": (first + (last - first) // 2).astype("datetime64[us]"),
        "region": kept.table["region"],
        "lon": kept.table["lon"].to_numpy(),
        "lat": kept.table["lat"].to_numpy(),
    }
    table = pd.DataFrame(columns).dropna()
    table = table[pd.PeriodIndex(table["day"], freq="M").isin(months)]
    return table.astype(POINT_COLUMNS).sort_values(["day", "region", "lon", "lat"], ignore_index=True)


def _covered(events: Events, regions: Regions, covers: Collection[str] | None) -> Regions:
    """The regions of countries that the file reports on; all of them if it names no country."""
    named = set(events.table["country"].dropna().unique()) if covers is None else set(covers)
    return only(regions, sorted(named)) if named else regions


def _codes(events: Events, regions: Regions) -> Objects:
    """Region of each event: its own code where it has a known one, else by its coordinates."""
    lon, lat = (events.table[name].to_numpy() for name in ("lon", "lat"))
    west, south, east, north = extent(regions)
    near = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    codes = np.full(len(events), None, dtype=object)
    codes[near] = locate(regions, lon[near], lat[near])
    if "region" in events.table:
        own = events.table["region"].to_numpy(dtype=object)
        codes = np.where(pd.Series(own).isin(regions.table.index), own, codes)
    return codes


def extent(regions: Regions) -> tuple[float, float, float, float]:
    """Return west, south, east and north in degrees, beyond which no point lies in a region.

    Examples
    --------
    >>> from harmattan.regions import bundled
    >>> west, south, east, north = extent(bundled("province"))
    >>> west < -5.5 < 2.4 < east and south < 9.4 < 15.1 < north
    True
    """
    if regions.geometry is not None:
        west, south, east, north = (float(edge) for edge in regions.geometry.total_bounds)
        return west, south, east, north
    grid, cell = region_grid(), 1 / CELLS_PER_DEGREE
    rows, columns = grid.labels.shape
    # One cell around: points just off the outer border are taken in.
    west, south = (grid.column - 1) * cell, (grid.row - 1) * cell
    return west - cell, south - cell, (grid.column + columns + 2) * cell, (grid.row + rows + 2) * cell


def _caveats(source: str, dropped: Mapping[str, float], panel: Panel) -> tuple[str, ...]:
    said = [LETHAL_ONLY] if source.startswith("ucdp") else []
    countries = ", ".join(sorted(panel.regions.table["country"].unique()))
    said.append(f"Covered: {countries}, {panel.months[0]} to {panel.origin}.")
    if dropped:
        said.append("Left out: " + ", ".join(f"{number:,.0f} {why}" for why, number in dropped.items()) + ".")
    return tuple(said)
