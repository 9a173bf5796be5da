"""Rows are invented: ACLED's own may not be passed on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harmattan.months import month
from harmattan.sources import read
from harmattan.sources.acled_weekly import read_weekly
from harmattan.sources.files import SourceError
from harmattan.sources.names import match_names

COLUMNS = [
    "WEEK",
    "REGION",
    "COUNTRY",
    "ADMIN1",
    "EVENT_TYPE",
    "SUB_EVENT_TYPE",
    "EVENTS",
    "FATALITIES",
    "POPULATION_EXPOSURE",
    "DISORDER_TYPE",
    "ID",
    "CENTROID_LATITUDE",
    "CENTROID_LONGITUDE",
]
ROW = {
    "WEEK": "2023-05-27",
    "COUNTRY": "Mali",
    "ADMIN1": "Gao",
    "EVENT_TYPE": "Battles",
    "EVENTS": "7",
    "FATALITIES": "14",
}


def frame(*rows: dict[str, str]) -> pd.DataFrame:
    """The rows, between quiet weeks that cover May and June 2023."""
    quiet = [{"WEEK": week, "EVENTS": "0", "FATALITIES": "0"} for week in ("2023-04-29", "2023-06-24")]
    return pd.DataFrame([{name: (ROW | row).get(name, "") for name in COLUMNS} for row in [*rows, *quiet]])


def write(tmp_path: Path, table: pd.DataFrame) -> Path:
    path = tmp_path / "weekly.csv"
    table.to_csv(path, index=False)
    return path


def test_a_week_is_shared_by_days(tmp_path: Path) -> None:
    counts = read_weekly(write(tmp_path, frame({})))
    table = counts.table[counts.table["attacks"] > 0]
    # 27 to 31 May are five days, 1 and 2 June two.
    assert table["month"].astype("str").tolist() == ["2023-05", "2023-06"]
    assert np.allclose(table[["attacks", "deaths"]], [[5, 10], [2, 4]])
    assert set(table["region"]) == {"MLI|Gao"}
    assert (counts.first, counts.last) == (month("2023-05"), month("2023-06"))


def test_months_covered_in_part_are_left_out(tmp_path: Path) -> None:
    counts = read_weekly(write(tmp_path, frame({"WEEK": "2023-04-29"})))
    assert np.isclose(counts.dropped["outside 2023-05 to 2023-06"], 2)
    assert np.isclose(counts.attacks_read, 7)


def test_other_types_are_left_out_by_type(tmp_path: Path) -> None:
    path = write(tmp_path, frame({}, {"EVENT_TYPE": "Protests", "EVENTS": "4"}))
    assert read_weekly(path).dropped == {"not an attack: Protests": 4.0}
    assert np.isclose(read_weekly(path, event_types=None).table["attacks"].sum(), 11)


def test_letter_case_and_excel_do_not_matter(tmp_path: Path) -> None:
    expected = read_weekly(write(tmp_path, frame({}))).table
    lower = frame({}).rename(columns=str.lower)
    pd.testing.assert_frame_equal(read(write(tmp_path, lower)).table, expected)
    lower = lower.assign(week=pd.to_datetime(lower["week"]), events=lower["events"].astype("int64"))
    lower.to_excel(tmp_path / "weekly.xlsx", index=False)
    pd.testing.assert_frame_equal(read(tmp_path / "weekly.xlsx").table, expected)


def test_names_become_codes(tmp_path: Path) -> None:
    names = pd.DataFrame({"country": ["MLI", "BFA"], "name": ["Région de Gao", "Gao"]}, index=["ML-7", "BF-X"])
    path = write(tmp_path, frame({}, {"ADMIN1": "Elsewhere"}))
    counts = match_names(read_weekly(path), names)
    assert set(counts.table["region"]) == {"ML-7"}
    assert np.isclose(counts.dropped["no region is called MLI|Elsewhere"], 7)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"WEEK": "2023-05-29"},
            "row 2, column week: expected a Saturday, on which ACLED's weeks begin, got '2023-05-29'",
        ),
        ({"EVENTS": ""}, "column events: expected a whole number from 0 up, got nothing"),
        ({"COUNTRY": ""}, "column country: expected a value, got nothing"),
    ],
)
def test_bad_values_are_named(change: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=message):
        read_weekly(write(tmp_path, frame(change)))


def test_a_single_week_covers_no_month(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="at least one whole month; they run from 2023-05-27 to 2023-06-02"):
        read_weekly(write(tmp_path, frame({})[:1]))
