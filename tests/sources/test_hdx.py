"""Rows are invented: ACLED's own may not be passed on."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from harmattan.months import month
from harmattan.sources import detect, read
from harmattan.sources.files import SourceError
from harmattan.sources.hdx import read_monthly

HEADING = [
    "Country",
    "Admin1",
    "Admin2",
    "ISO3",
    "Admin2 Pcode",
    "Admin1 Pcode",
    "Month",
    "Year",
    "Events",
    "Fatalities",
]
ROWS = [
    ["Mali", "Gao", "Ansongo", "MLI", "ML0701", "ML07", "January", 2023, 2, 5],
    ["Mali", "Gao", "Bourem", "MLI", "ML0702", "ML07", "January", 2023, 1, 0],
    ["Mali", "Gao", "Bourem", "MLI", "ML0702", "ML07", "March", 2023, 4, None],
    ["Mali", "Nowhere", "Nowhere", "MLI", None, None, "March", 2023, 3, 1],
]


def write(tmp_path: Path, heading: list[str], rows: list[list[object]], title: str | None = None) -> Path:
    book = openpyxl.Workbook()
    terms = book.active
    terms.title = "Licensing"
    terms.append(["Terms of use"])
    terms.append(["These data may not be passed on."])
    data = book.create_sheet("Data")
    if title:
        data.append([title])
    for row in [heading, *rows]:
        data.append(row)
    path = tmp_path / "hdx.xlsx"
    book.save(path)
    return path


@pytest.mark.parametrize("title", [None, "Political violence events and fatalities"])
@pytest.mark.parametrize("change", [str, str.upper, str.lower])
def test_first_level_adds_up_the_second(change, title: str | None, tmp_path: Path) -> None:
    path = write(tmp_path, [change(name) for name in HEADING], ROWS, title)
    assert detect(path) == "hdx"
    counts = read(path)
    assert counts.table.astype({"month": "str"}).fillna(-1).to_numpy().tolist() == [
        ["ML07", "2023-01", 3.0, 5.0],
        ["ML07", "2023-03", 4.0, -1],
    ]
    assert counts.dropped == {"in no region": 3.0}
    assert (counts.first, counts.last) == (month("2023-01"), month("2023-03"))


def test_a_first_column_without_heading_does_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path, ["", *HEADING], [[number, *row] for number, row in enumerate(ROWS)])
    assert read(path).table["attacks"].tolist() == [3.0, 4.0]


def test_second_level(tmp_path: Path) -> None:
    table = read_monthly(write(tmp_path, HEADING, ROWS), level=2).table
    assert table["region"].tolist() == ["ML0701", "ML0702", "ML0702"]


def test_names_stand_in_for_codes(tmp_path: Path) -> None:
    heading = [name for name in HEADING if "Pcode" not in name]
    rows = [[value for name, value in zip(HEADING, row, strict=True) if "Pcode" not in name] for row in ROWS]
    counts = read_monthly(write(tmp_path, heading, rows))
    assert counts.table["region"].unique().tolist() == ["MLI|Gao", "MLI|Nowhere"]


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (
            "Month",
            "Janvier",
            "hdx.xlsx, sheet Data: row 2, column month: expected the name of a month, such as January",
        ),
        ("Year", 23, "column year: expected a whole number from 1989 to 2100, got '23'"),
        ("Events", None, "column events: expected a whole number from 0 up, got nothing"),
    ],
)
def test_bad_values_are_named(column: str, value: object, message: str, tmp_path: Path) -> None:
    row = [value if name == column else old for name, old in zip(HEADING, ROWS[0], strict=True)]
    with pytest.raises(SourceError, match=message):
        read_monthly(write(tmp_path, HEADING, [row]))


def test_missing_column_is_named(tmp_path: Path) -> None:
    heading = ["Incidents" if name == "Events" else name for name in HEADING]
    with pytest.raises(SourceError, match="sheet Data: expected a column events; found Country, Admin1"):
        read_monthly(write(tmp_path, heading, ROWS))


def test_level_without_columns_is_refused(tmp_path: Path) -> None:
    heading = ["Country", "Admin1", "Month", "Year", "Events", "Fatalities"]
    path = write(tmp_path, heading, [["Mali", "Gao", "January", 2023, 1, 1]])
    with pytest.raises(SourceError, match="expected a column admin2_pcode or admin2 for level 2; found neither"):
        read_monthly(path, level=2)
    path = write(tmp_path, heading[1:], [["Gao", "January", 2023, 1, 1]])
    with pytest.raises(SourceError, match="or iso3 or country beside admin1; found none"):
        read_monthly(path)
