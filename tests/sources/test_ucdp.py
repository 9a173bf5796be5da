from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from harmattan.events import Events, involving, precise
from harmattan.sources.files import SourceError
from harmattan.sources.ucdp import LAYOUT, read_events

ROW = {
    "id": "7",
    "type_of_violence": "3",
    "side_a": "JNIM",
    "side_b": "Civilians",
    "where_prec": "1",
    "latitude": "14.1",
    "longitude": "-1.6",
    "adm_1": "Sahel region",
    "country": "Burkina Faso",
    "date_prec": "1",
    "date_start": "2023-05-04 00:00:00.000",
    "date_end": "2023-05-04 00:00:00.000",
    "best": "3",
    "high": "4",
    "low": "3",
}


def write(tmp_path: Path, *rows: dict[str, str], heading: list[str] | None = None, tags: bool = False) -> Path:
    path = tmp_path / "ged.csv"
    frame = pd.DataFrame([ROW | row for row in rows])
    lines = frame.to_csv(index=False).splitlines()
    if heading:
        lines[0] = ",".join(heading)
    if tags:
        lines.insert(1, ",".join(f"#tag+{name}" for name in frame))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def events_of(shared: Path, name: str) -> Events:
    return read_events(shared / "data/events" / name)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("GEDEvent_v23_0_10.csv.gz", 2391),
        ("GEDEvent_v26_0_1.csv.gz", 1727),
        ("ucdp_ged_burkina_faso_2016_2023.csv.gz", 1504),
        ("ucdp_ged_burkina_faso_2016_2023.parquet", 1504),
        ("ucdp_ged_west_africa_four_windows.parquet", 935),
    ],
)
def test_no_row_of_a_real_file_is_lost(name: str, number: int, shared: Path) -> None:
    events = events_of(shared, name)
    assert len(events) == events.rows_read == number


def test_parquet_and_csv_say_the_same(shared: Path) -> None:
    packed, parquet = (events_of(shared, f"ucdp_ged_burkina_faso_2016_2023.{end}") for end in ("csv.gz", "parquet"))
    pd.testing.assert_frame_equal(packed.table, parquet.table)


def test_jnim_stands_on_both_sides(shared: Path) -> None:
    events = events_of(shared, "ucdp_ged_burkina_faso_2016_2023.parquet")
    assert len(involving(events, ["JNIM"])) == 1048
    assert (events.table["actor_b"] == "JNIM").sum() == 785
    assert (events.table["deaths"] == 0).sum() == 142


def test_candidate_events_of_nigeria_in_october_2023(shared: Path) -> None:
    table = events_of(shared, "GEDEvent_v23_0_10.csv.gz").table
    assert (table["country"] == "NGA").sum() == 106


def test_unknown_precision_passes(shared: Path) -> None:
    events = events_of(shared, "ucdp_ged_west_africa_four_windows.parquet")
    kept = precise(events, where_limit=4)
    assert kept.dropped == {"placed worse than where_prec 4": 52}
    assert kept.table["where_prec"].isna().sum() == 346


def test_fields_by_hand(tmp_path: Path) -> None:
    event = read_events(write(tmp_path, {"best": "0", "country": "Ivory Coast"})).table.iloc[0]
    assert event[["event", "kind", "country", "admin1", "deaths", "deaths_low", "deaths_high"]].tolist() == [
        "7",
        "one-sided",
        "CIV",
        "Sahel region",
        0,
        3,
        4,
    ]


def test_web_export_with_tags(tmp_path: Path) -> None:
    names = {"best": "best_est", "high": "high_est", "low": "low_est"}
    path = write(
        tmp_path,
        {"date_start": "12/25/2023", "date_end": "1/2/2024"},
        heading=[names.get(name, name) for name in ROW],
        tags=True,
    )
    table = read_events(path).table
    assert table[["start", "end"]].astype("str").to_numpy().tolist() == [["2023-12-25", "2024-01-02"]]
    assert table["deaths"].tolist() == [3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"date_start": "25/12/2023"},
            r"row 2, column date_start: expected a date written YYYY-MM-DD or MM/DD/YYYY, got '25/12/2023'",
        ),
        (
            {"date_end": "2023-05-01"},
            r"column date_end: expected a day not before date_start, got '2023-05-01'",
        ),
        ({"where_prec": "8"}, r"column where_prec: expected a whole number from 1 to 7, got '8'"),
        ({"best": "-1"}, r"column best: expected a whole number from 0 up, got '-1'"),
        ({"type_of_violence": "4"}, r"column type_of_violence: expected a whole number from 1 to 3, got '4'"),
        ({"latitude": ""}, r"column latitude: expected a latitude beside the longitude, got nothing"),
    ],
)
def test_bad_values_are_named(change: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=message):
        read_events(write(tmp_path, change))


@pytest.mark.parametrize("column", LAYOUT.needed)
def test_every_column_needed_is_asked_for(column: str, tmp_path: Path) -> None:
    path = tmp_path / "ged.csv"
    pd.DataFrame([ROW]).drop(columns=column).to_csv(path, index=False)
    with pytest.raises(SourceError, match=f"expected a column {column}.*; found "):
        read_events(path)


def test_rows_below_tags_keep_their_number(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="row 4, column best"):
        read_events(write(tmp_path, {}, {"id": "8", "best": "x"}, tags=True))


def test_repeated_ids_are_counted(tmp_path: Path) -> None:
    events = read_events(write(tmp_path, {}, {"best": "9"}, {"id": "8"}))
    assert events.dropped == {"repeated event id": 1}
    assert events.table["deaths"].tolist() == [3, 3]


def test_allies_are_found_and_bracketed_commas_kept(tmp_path: Path) -> None:
    path = write(tmp_path, {"side_a": "JNIM, MSA"}, {"id": "8", "side_a": "Clan (Luba, Lulua)"})
    assert read_events(path).table["actor_a"].tolist() == ["JNIM; MSA", "Clan (Luba, Lulua)"]
    assert len(involving(read_events(path), ["jnim"])) == 1
