"""Plain tables that people write themselves: a list of events, or counts by region and month.

A list of events has `date` (or `start` and `end`) and a place, `lon` and `lat` or `region`; it may have `event`,
`actor` (or `actor_a` and `actor_b`), `deaths`, `country`, `where_prec`, `date_prec`, `kind`, `admin1`, `claimed` (yes
or no), `attribution` (claimed, suspected or unattributed), `tactic` and `target`. Counts have `region`, `month`,
`attacks`, `deaths` and any further columns of numbers. Dates are written YYYY-MM-DD and months YYYY-MM; an empty cell
is unknown, never zero. A CSV may begin with lines of remarks, ``# `` and text.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from harmattan.counts import Counts, total
from harmattan.events import Events, event_table, tally
from harmattan.sources.columns import choices, dates, flags, months, numbers, refuse, texts
from harmattan.sources.files import SourceError
from harmattan.sources.names import iso3
from harmattan.sources.tables import Layout, Table, headers, read_table

COUNTS_LAYOUT = Layout(needed=("region", "month", "attacks", "deaths"), optional=None)
EVENTS_LAYOUT = Layout(
    needed=("start",),
    optional=(
        "event", "end", "lon", "lat", "where_prec", "date_prec", "actor_a", "actor_b", "kind",
        "deaths", "deaths_low", "deaths_high", "country", "admin1",
        "region", "claimed", "attribution", "tactic", "target",
    ),
    aliases={"date": "start", "actor": "actor_a", "longitude": "lon", "latitude": "lat"},
)  # fmt: skip
ATTRIBUTIONS = {
    "claimed": "claimed", "revendiquée": "claimed", "revendiqué": "claimed",
    "suspected": "suspected", "présumée": "suspected", "présumé": "suspected",
    "unattributed": "unattributed", "non attribuée": "unattributed", "non attribué": "unattributed",
}  # fmt: skip
"""Words for who is held to be behind an attack, in English and French."""


def read_plain(path: Path) -> Events | Counts:
    """Return the counts or the events of a plain CSV, Parquet or Excel table, told apart by the columns.

    Raises
    ------
    SourceError
        If the table is neither, or a value does not fit; it names the file, row and column.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> written = path.write_text("date,region,deaths\\n2023-05-04,ML-5,\\n")
    >>> read_plain(path).table["deaths"].tolist()
    [<NA>]
    """
    found = headers(Path(path))
    if any(not COUNTS_LAYOUT.absent(header) for header in found):
        return read_counts(path)
    return read_events(path)


def read_events(path: Path) -> Events:
    """Return the events of a plain table. Events without an id are named after their row.

    Raises
    ------
    SourceError
        If there is no date, or neither lon and lat nor region, or a value does not fit.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> written = path.write_text("date,lon,lat,actor,claimed\\n2023-05-04,-0.1,16.2,JNIM,yes\\n")
    >>> read_events(path).table[["event", "actor_a", "claimed"]].to_numpy().tolist()
    [['row 2', 'JNIM', True]]
    """
    table = read_table(Path(path), EVENTS_LAYOUT)
    if "region" not in table.frame and not {"lon", "lat"} <= set(table.frame):
        found = ", ".join(table.frame.columns)
        raise SourceError(f"{table.place}: expected columns lon and lat, or region; found {found}")
    start = dates(table, "start")
    end = dates(table, "end") if "end" in table.frame else start
    refuse(table, "end" if "end" in table.frame else "start", end < start, "a day not before the start")
    names = pd.Series([f"row {row}" for row in table.rows], dtype="str")
    records = event_table(
        {
            "event": texts(table, "event").fillna(names),
            "start": start,
            "end": end,
            **_place(table),
            "date_prec": numbers(table, "date_prec", low=1, high=5, whole=True),
            **{name: texts(table, name) for name in ("actor_a", "actor_b", "kind", "admin1")},
            **{name: _number(table, name) for name in ("deaths", "deaths_low", "deaths_high")},
            "country": iso3(texts(table, "country")),
            **{name: texts(table, name) for name in ("region", "tactic", "target") if name in table.frame},
            **({"claimed": flags(table, "claimed")} if "claimed" in table.frame else {}),
            **_attribution(table),
        }
    )
    repeated = records["event"].duplicated()
    dropped = tally({}, "repeated event", int(repeated.sum()))
    return Events(records[~repeated].reset_index(drop=True), "plain", dropped)


def read_counts(path: Path) -> Counts:
    """Return the counts of a plain table; coverage runs from its first month to its last.

    Raises
    ------
    SourceError
        If a column is missing, a value does not fit, or a region and month comes twice.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> written = path.write_text("region,month,attacks,deaths\\nML-5,2023-05,2,\\n")
    >>> read_counts(path).table[["attacks", "deaths"]].to_numpy().tolist()
    [[2.0, nan]]
    """
    table = read_table(Path(path), COUNTS_LAYOUT)
    measures = [str(name) for name in table.frame if name not in COUNTS_LAYOUT.needed]
    parts = pd.DataFrame(
        {
            "region": texts(table, "region", required=True),
            "month": months(table, "month"),
            "attacks": numbers(table, "attacks", low=0, required=True),
            "deaths": numbers(table, "deaths", low=0),
            **{name: numbers(table, name) for name in measures},
        }
    )
    refuse(table, "month", parts.duplicated(["region", "month"]), "each region and month once")
    month = parts["month"]
    return total(parts, source="plain", first=month.min(), last=month.max(), dropped={})


def _place(table: Table) -> dict[str, pd.Series]:
    lon, lat = numbers(table, "lon", low=-180, high=180), numbers(table, "lat", low=-90, high=90)
    if {"lon", "lat"} <= set(table.frame):
        refuse(table, "lat", lat.isna() & lon.notna(), "a latitude beside the longitude")
        refuse(table, "lon", lon.isna() & lat.notna(), "a longitude beside the latitude")
    return {"lon": lon, "lat": lat, "where_prec": numbers(table, "where_prec", low=1, high=7, whole=True)}


def _attribution(table: Table) -> dict[str, pd.Series]:
    """Who is held to be behind each attack, where the list says; it must not contradict `claimed`."""
    if "attribution" not in table.frame:
        return {}
    found = choices(table, "attribution", ATTRIBUTIONS)
    contradicted = flags(table, "claimed") != (found == "claimed")
    wrong = contradicted.fillna(False) & found.notna()
    refuse(table, "attribution", wrong, "what the column claimed says")
    return {"attribution": found}


def _number(table: Table, name: str) -> pd.Series:
    return numbers(table, name, low=0, whole=True)
