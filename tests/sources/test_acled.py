"""Rows are invented: ACLED's own may not be passed on."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from harmattan.actors import lineage, members
from harmattan.events import involving
from harmattan.sources import detect
from harmattan.sources.acled import ATTACKS, read_events
from harmattan.sources.files import SourceError

JNIM = "JNIM: Group for Support of Islam and Muslims"
CURRENT = [
    "event_id_cnty",
    "event_date",
    "year",
    "time_precision",
    "disorder_type",
    "event_type",
    "sub_event_type",
    "actor1",
    "assoc_actor_1",
    "inter1",
    "actor2",
    "assoc_actor_2",
    "inter2",
    "interaction",
    "civilian_targeting",
    "iso",
    "region",
    "country",
    "admin1",
    "admin2",
    "admin3",
    "location",
    "latitude",
    "longitude",
    "geo_precision",
    "source",
    "source_scale",
    "notes",
    "fatalities",
    "tags",
    "timestamp",
]
OLDER = [
    "data_id",
    "iso",
    "event_id_cnty",
    "event_id_no_cnty",
    "event_date",
    "year",
    "time_precision",
    "event_type",
    "sub_event_type",
    "actor1",
    "assoc_actor_1",
    "inter1",
    "actor2",
    "assoc_actor_2",
    "inter2",
    "interaction",
    "region",
    "country",
    "admin1",
    "admin2",
    "admin3",
    "location",
    "latitude",
    "longitude",
    "geo_precision",
    "source",
    "source_scale",
    "notes",
    "fatalities",
    "timestamp",
    "iso3",
]
ROW = {
    "event_id_cnty": "MLI1",
    "event_date": "2023-05-04",
    "time_precision": "1",
    "event_type": "Battles",
    "sub_event_type": "Armed clash",
    "actor1": JNIM,
    "actor2": "Military Forces of Mali",
    "country": "Mali",
    "iso3": "MLI",
    "admin1": "Gao",
    "latitude": "16.2",
    "longitude": "-0.05",
    "geo_precision": "1",
    "fatalities": "3",
    "notes": 'Invented, with "quotes",\nand a second line',
    "region": "Western Africa",
}


def write(tmp_path: Path, *rows: dict[str, str], columns: list[str] = CURRENT, tags: bool = False) -> Path:
    frame = pd.DataFrame([{name: (ROW | row).get(name, "") for name in columns} for row in rows])
    if tags:
        frame = pd.concat([pd.DataFrame([{name: f"#{name}" for name in columns}]), frame])
    path = tmp_path / "acled.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize(("columns", "tags"), [(CURRENT, False), (OLDER, False), (OLDER, True)])
def test_both_layouts_say_the_same(columns: list[str], tags: bool, tmp_path: Path) -> None:
    assert len(CURRENT) == len(OLDER) == 31
    path = write(tmp_path, {}, {"event_id_cnty": "MLI2", "event_date": "16 May 2023"}, columns=columns, tags=tags)
    assert detect(path) == "acled"
    table = read_events(path).table
    assert table[["event", "start", "country", "kind", "deaths"]].astype("str").to_numpy().tolist() == [
        ["MLI1", "2023-05-04", "MLI", "Battles: Armed clash", "3"],
        ["MLI2", "2023-05-16", "MLI", "Battles: Armed clash", "3"],
    ]
    assert table["deaths_low"].isna().all()


def test_precisions_take_ucdp_meaning(tmp_path: Path) -> None:
    rows = [{"event_id_cnty": str(k), "geo_precision": str(k), "time_precision": str(k)} for k in (1, 2, 3)]
    table = read_events(write(tmp_path, *rows, {"geo_precision": "", "time_precision": ""})).table
    assert table["where_prec"].tolist() == [1, 3, 4, pd.NA]
    assert table["date_prec"].tolist() == [1, 3, 4, pd.NA]


def test_other_types_are_left_out_by_type(tmp_path: Path) -> None:
    kinds = [*ATTACKS, "Protests", "Riots", "Protests", "Strategic developments"]
    path = write(tmp_path, *({"event_id_cnty": str(k), "event_type": kind} for k, kind in enumerate(kinds)))
    events = read_events(path)
    assert events.dropped == {
        "not an attack: Protests": 2,
        "not an attack: Riots": 1,
        "not an attack: Strategic developments": 1,
    }
    assert events.table["event"].tolist() == ["0", "1", "2"]
    assert len(read_events(path, event_types=None)) == events.rows_read == 7


def test_an_event_given_once_per_actor_counts_once(tmp_path: Path) -> None:
    turned = {"actor1": ROW["actor2"], "actor2": ROW["actor1"]}
    events = read_events(write(tmp_path, {}, turned, {"event_id_cnty": "MLI2"}))
    assert events.dropped == {"repeated event_id_cnty": 1}
    assert len(involving(events, [JNIM])) == 2


def test_associated_actors_take_part(tmp_path: Path) -> None:
    path = write(tmp_path, {"actor1": "Katiba Serma", "assoc_actor_1": f"Dozo Militia; {JNIM}", "actor2": ""})
    events = read_events(path)
    assert events.table["actor_a"].tolist() == [f"Katiba Serma; Dozo Militia; {JNIM}"]
    assert events.table["actor_b"].isna().tolist() == [True]
    assert members(lineage("JNIM"), events).tolist() == [True]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"event_date": "04/05/2023"},
            "expected a date written YYYY-MM-DD or such as 16 May 2025, got '04/05/2023'",
        ),
        ({"event_date": "16 Mai 2023"}, "got '16 Mai 2023'"),
        ({"geo_precision": "4"}, "column geo_precision: expected a whole number from 1 to 3, got '4'"),
        ({"fatalities": "-1"}, "column fatalities: expected a whole number from 0 up, got '-1'"),
        ({"longitude": ""}, "column longitude: expected a longitude beside the latitude, got nothing"),
    ],
)
def test_bad_values_are_named(change: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=message):
        read_events(write(tmp_path, change))


def test_kinds_of_actor_and_targeting_of_civilians_are_kept(tmp_path: Path) -> None:
    rows = [
        {"event_id_cnty": "a", "inter1": "Rebel group", "inter2": "7", "civilian_targeting": "Civilian targeting"},
        {"event_id_cnty": "b", "inter1": "2"},
    ]
    table = read_events(write(tmp_path, *rows)).table
    assert table["role_a"].tolist() == ["Rebel group", "Rebel group"]
    assert table["role_b"].fillna("").tolist() == ["Civilians", ""]
    assert table["civilians_targeted"].tolist() == [True, False]
    older = read_events(write(tmp_path, *rows, columns=OLDER)).table
    assert "civilians_targeted" not in older
