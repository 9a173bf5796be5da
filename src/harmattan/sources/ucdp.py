"""Events of the Uppsala Conflict Data Program: GED and Candidate as published, web exports and HDX copies.

What differs between copies is settled here. Web exports write dates MM/DD/YYYY and call `best` `best_est`;
HDX copies carry a second heading of HXL tags. `active_year` (0/1 or false/true) and the country in `relid`
are not used: the second is not the country of the event. UCDP records lethal events only, though `best` may
be 0.

References
----------
Sundberg & Melander (2013), https://doi.org/10.1177/0022343313484347; Hegre et al. (2020),
https://doi.org/10.1177/2053168020935257.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from harmattan.events import Events, event_table, tally
from harmattan.sources.columns import dates, numbers, refuse, texts
from harmattan.sources.names import iso3
from harmattan.sources.tables import Layout, Table, read_table
from harmattan.sources.typed import Typed, read_typed

LAYOUT = Layout(
    needed=(
        "id", "type_of_violence", "side_a", "side_b", "where_prec", "latitude", "longitude", "country",
        "date_prec", "date_start", "date_end", "best", "high", "low",
    ),
    optional=("adm_1",),
    aliases={"best_est": "best", "high_est": "high", "low_est": "low", "event_id": "id"},
)  # fmt: skip

KINDS = {1: "state-based", 2: "non-state", 3: "one-sided"}
"""UCDP's type of violence."""


def read_events(path: Path) -> Events:
    """Return the events of a UCDP GED or Candidate file, CSV (plain, gzip, zip) or Parquet.

    Sides that fight together, which UCDP separates by commas, are separated by ``;`` as in every event table.
    Actors that UCDP has not coded yet (``XXX`` and a number) keep that name. A repeated event id is left out,
    the first kept. A `date_prec` of 0, which occurs in Candidate files and is not defined, is read as
    unknown.

    Raises
    ------
    SourceError
        If the file cannot be read, a column is missing, or a value does not fit; it names the file, row and
        column.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> row = {"id": 7, "type_of_violence": 1, "side_a": "Government of Mali", "side_b": "JNIM",
    ...        "country": "Mali", "where_prec": 1, "latitude": 16.2, "longitude": -0.1, "date_prec": 1,
    ...        "date_start": "2023-05-04", "date_end": "2023-05-04", "best": 3, "high": 4, "low": 2}
    >>> pd.DataFrame([row]).to_csv(path, index=False)
    >>> read_events(path).table[["actor_b", "kind", "country"]].to_numpy().tolist()
    [['JNIM', 'state-based', 'MLI']]
    """
    typed = read_typed(Path(path), LAYOUT)
    records = _of_types(typed) if typed is not None else _of_texts(read_table(Path(path), LAYOUT))
    repeated = records["event"].duplicated()
    undefined = (records["date_prec"] == 0).fillna(False)
    return Events(
        records.assign(date_prec=records["date_prec"].mask(undefined))[~repeated].reset_index(drop=True),
        source="ucdp",
        dropped=tally({}, "repeated event id", int(repeated.sum())),
        notes=tally({}, "date_prec 0 read as unknown", int((undefined & ~repeated).sum())),
    )


def _of_types(typed: Typed) -> pd.DataFrame:
    return event_table(
        {
            "event": typed.text("id"),
            "start": typed.days("date_start"),
            "end": typed.days("date_end"),
            "lon": typed.degrees("longitude"),
            "lat": typed.degrees("latitude"),
            "where_prec": typed.whole("where_prec"),
            "date_prec": typed.whole("date_prec"),
            "actor_a": typed.words("side_a", _sides),
            "actor_b": typed.words("side_b", _sides),
            "kind": typed.whole("type_of_violence").map(KINDS),
            "deaths": typed.whole("best"),
            "deaths_low": typed.whole("low"),
            "deaths_high": typed.whole("high"),
            "country": typed.words("country", iso3),
            "admin1": typed.words("adm_1", _unchanged),
        }
    )


def _of_texts(table: Table) -> pd.DataFrame:
    start, end = _days(table)
    records = event_table(
        {
            "event": texts(table, "id", required=True),
            "start": start,
            "end": end,
            "lon": numbers(table, "longitude", low=-180, high=180),
            "lat": numbers(table, "latitude", low=-90, high=90),
            "where_prec": numbers(table, "where_prec", low=1, high=7, whole=True),
            "date_prec": numbers(table, "date_prec", low=0, high=5, whole=True),
            "actor_a": _sides(texts(table, "side_a")),
            "actor_b": _sides(texts(table, "side_b")),
            "kind": numbers(table, "type_of_violence", low=1, high=3, whole=True, required=True).map(KINDS),
            "deaths": numbers(table, "best", low=0, whole=True),
            "deaths_low": numbers(table, "low", low=0, whole=True),
            "deaths_high": numbers(table, "high", low=0, whole=True),
            "country": iso3(texts(table, "country")),
            "admin1": texts(table, "adm_1"),
        }
    )
    lat, lon = records["lat"], records["lon"]
    refuse(table, "latitude", lat.isna() & lon.notna(), "a latitude beside the longitude")
    refuse(table, "longitude", lon.isna() & lat.notna(), "a longitude beside the latitude")
    return records


def _unchanged(names: pd.Series) -> pd.Series:
    return names


def _days(table: Table) -> tuple[pd.Series, pd.Series]:
    start = dates(table, "date_start", styles=("iso", "month first"))
    end = dates(table, "date_end", styles=("iso", "month first"))
    refuse(table, "date_end", end < start, "a day not before date_start")
    return start, end


def _sides(names: pd.Series) -> pd.Series:
    # Commas inside brackets belong to a name; all others separate allies.
    return names.str.replace(r"\s*,\s+(?![^(]*\))", "; ", regex=True)
