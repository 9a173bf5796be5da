"""Events of ACLED (Armed Conflict Location & Event Data), in the current export layout and the older one with
`iso3`.

ACLED's terms do not allow its data to be passed on: users bring their own file, and nothing of it is kept
here.

ACLED's precisions are translated to UCDP's. Place: 1, exact -> 1; 2, near a town or in part of a region -> 3,
the district is known; 3, a larger region placed at its capital -> 4, the province is known. Date: 1, the day
-> 1; 2, the week -> 3; 3, the month -> 4.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from harmattan.events import Events, event_table, select, tally
from harmattan.sources.columns import dates, numbers, refuse, texts
from harmattan.sources.names import iso3
from harmattan.sources.tables import Layout, Table, read_table

LAYOUT = Layout(
    needed=(
        "event_id_cnty", "event_date", "event_type", "sub_event_type", "actor1", "actor2", "country",
        "latitude", "longitude", "fatalities",
    ),
    optional=(
        "time_precision", "geo_precision", "assoc_actor_1", "assoc_actor_2", "admin1", "iso3",
        "inter1", "inter2", "civilian_targeting",
    ),
)  # fmt: skip

ATTACKS = ("Battles", "Explosions/Remote violence", "Violence against civilians")
"""Event types that count as attacks; the others are Protests, Riots and Strategic developments."""

ROLES = {
    "1": "State forces", "2": "Rebel group", "3": "Political militia", "4": "Identity militia", "5": "Rioters",
    "6": "Protesters", "7": "Civilians", "8": "External/Other forces",
}  # fmt: skip
"""Kinds of actor as the older exports number them; current ones write the words."""

PLACE_PRECISION = {1: 1, 2: 3, 3: 4}
DATE_PRECISION = {1: 1, 2: 3, 3: 4}


def read_events(path: Path, *, event_types: Collection[str] | None = ATTACKS) -> Events:
    """Return the events of an ACLED file.

    `kind` is the event type and sub-event type, ``Battles: Armed clash``. Each side holds the actor and its
    associated actors, separated by ``;``; kinds of actor and the targeting of civilians are kept where the export has
    them. In exports with one row per actor an event comes twice: the second
    is left out. ACLED gives one number of deaths, so `deaths_low` and `deaths_high` are unknown.

    Parameters
    ----------
    event_types
        Event types kept; the others are left out and counted by type. None keeps every type.

    Raises
    ------
    SourceError
        If the file cannot be read, a column is missing, or a value does not fit; it names the file, row and
        column.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> row = {"event_id_cnty": "MLI1", "event_date": "4 May 2023", "event_type": "Battles",
    ...        "sub_event_type": "Armed clash", "actor1": "A", "actor2": "B", "country": "Mali",
    ...        "latitude": 16.2, "longitude": -0.1, "fatalities": 3}
    >>> pd.DataFrame([row, row | {"event_id_cnty": "MLI2", "event_type": "Riots"}]).to_csv(path, index=False)
    >>> events = read_events(path)
    >>> events.table["kind"].tolist(), events.dropped
    (['Battles: Armed clash'], {'not an attack: Riots': 1})
    """
    table = read_table(Path(path), LAYOUT)
    event_type = texts(table, "event_type", required=True)
    records = _records(table, event_type)
    repeated = records["event"].duplicated().to_numpy(dtype=bool)
    events = Events(
        records[~repeated].reset_index(drop=True),
        source="acled",
        dropped=tally({}, "repeated event_id_cnty", int(repeated.sum())),
    )
    left_out = event_type[~repeated].reset_index(drop=True)
    return events if event_types is None else _of_types(events, left_out, event_types)


def _records(table: Table, event_type: pd.Series) -> pd.DataFrame:
    lat, lon = numbers(table, "latitude", low=-90, high=90), numbers(table, "longitude", low=-180, high=180)
    refuse(table, "latitude", lat.isna() & lon.notna(), "a latitude beside the longitude")
    refuse(table, "longitude", lon.isna() & lat.notna(), "a longitude beside the latitude")
    return event_table(
        {
            "event": texts(table, "event_id_cnty", required=True),
            "start": dates(table, "event_date", styles=("iso", "named month")),
            "lon": lon,
            "lat": lat,
            "where_prec": numbers(table, "geo_precision", low=1, high=3, whole=True).map(PLACE_PRECISION),
            "date_prec": numbers(table, "time_precision", low=1, high=3, whole=True).map(DATE_PRECISION),
            "actor_a": _side(texts(table, "actor1"), texts(table, "assoc_actor_1")),
            "actor_b": _side(texts(table, "actor2"), texts(table, "assoc_actor_2")),
            "kind": event_type.str.cat(texts(table, "sub_event_type"), sep=": ").fillna(event_type),
            "deaths": numbers(table, "fatalities", low=0, whole=True),
            "country": texts(table, "iso3").fillna(iso3(texts(table, "country"))),
            "admin1": texts(table, "admin1"),
            **_roles(table),
        }
    )


def _roles(table: Table) -> dict[str, pd.Series]:
    """Kinds of actor, and whether civilians were the main or only target: an empty cell says that they were not."""
    sides = {f"role_{side}": f"inter{number}" for side, number in (("a", 1), ("b", 2))}
    found: dict[str, pd.Series] = {
        name: texts(table, column).replace(ROLES) for name, column in sides.items() if column in table.frame
    }
    if "civilian_targeting" in table.frame:
        found["civilians_targeted"] = texts(table, "civilian_targeting").notna().astype("boolean")
    return found


def _side(actor: pd.Series, associates: pd.Series) -> pd.Series:
    return actor.str.cat(associates, sep="; ").fillna(actor).fillna(associates)


def _of_types(events: Events, event_type: pd.Series, wanted: Collection[str]) -> Events:
    for unwanted in sorted(set(event_type) - set(wanted)):
        other = (event_type == unwanted).to_numpy(dtype=bool)
        events = select(events, ~other, reason=f"not an attack: {unwanted}")
        event_type = event_type[~other]
    return events
