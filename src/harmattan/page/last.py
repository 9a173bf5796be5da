"""The last recorded attacks of each region, of a run on the user's own file: single events, or counts by month.

Single events are told where the source's licence allows to pass them on, and then without their place: region, day, how
precisely place and day are known, deaths. Elsewhere counts by month are told, and why no more.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harmattan.actors import lineage, members
from harmattan.events import Events, precise, select
from harmattan.intake import FINEST, WHERE_LIMIT
from harmattan.layers import data_to
from harmattan.regions import locate
from harmattan.result import Result
from harmattan.sources import read

MOST = 5
OPEN, CLOSED = "CC BY", "not to be redistributed"


def last_attacks(result: Result) -> dict[str, Any] | None:
    """Return the last attacks of each region that the forecast was made from; None for bundled counts.

    Returns
    -------
    dict or None
        ``kind`` and columns of equal length, by region the newest first, at most five each. ``events``: ``region``
        (position), ``first`` and ``last`` day, ``where_prec`` and ``date_prec`` as in `harmattan.events.COLUMNS`,
        ``deaths`` (null where unknown). ``months``: ``region``, ``month``, ``count``, and ``why`` there are no events:
        ``terms`` forbid it, the terms of the user's ``own`` table are not known, or the source has ``counts`` alone.
    """
    named = result.settings.get("data.file")
    if named is None:
        return None
    licence = result.caption.licence
    if not licence.startswith(OPEN):
        return {"kind": "months", "why": "terms" if CLOSED in licence else "own", **_months(result)}
    found = read(Path(named).expanduser(), result.settings.get("data.source"))
    if isinstance(found, Events):
        return {"kind": "events", **_events(found, result)}
    return {"kind": "months", "why": "counts", **_months(result)}


def _events(events: Events, result: Result) -> dict[str, Any]:
    settings, panel = result.settings, result.panel
    actor = settings.get("data.actor")
    if actor is not None:
        own = settings.get("data.lineages")
        events = select(events, members(lineage(actor, Path(own) if own else None), events), reason="others")
    level = settings.get("regions.level")
    table = precise(events, where_limit=WHERE_LIMIT[level] if level else FINEST).table
    month = pd.PeriodIndex(table["start"], freq="M")
    place = panel.regions.table.index.get_indexer(pd.Index(locate(panel.regions, table["lon"], table["lat"])))
    inside = (place >= 0) & (month >= panel.months[0]) & (month <= data_to(result))
    table = table[inside].assign(place=place[inside])
    table = table.sort_values(["place", "start", "event"], ascending=[True, False, True], kind="stable")
    table = table.groupby("place", sort=True).head(MOST)
    return {
        "region": table["place"].tolist(),
        **{name: table[day].dt.strftime("%Y-%m-%d").tolist() for name, day in (("first", "start"), ("last", "end"))},
        **{name: _known(table[name]) for name in ("where_prec", "date_prec", "deaths")},
    }


def _months(result: Result) -> dict[str, Any]:
    counts = result.panel.measures[result.forecast.measure].loc[: data_to(result)]
    rows = [
        (number, str(counts.index[month]), int(column[month]))
        for number, column in enumerate(counts.to_numpy().T)
        for month in np.flatnonzero(np.nan_to_num(column))[::-1][:MOST]
    ]
    return {name: [row[place] for row in rows] for place, name in enumerate(("region", "month", "count"))}


def _known(column: pd.Series) -> list[int | None]:
    return [None if pd.isna(value) else int(value) for value in column]
