"""Files that are not what they seem: each is refused in one sentence that says where and what to do."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from harmattan.sources import SOURCES, files, read
from harmattan.sources.files import SourceError

GOOD = "date,lon,lat,actor,deaths\n2023-05-04,-1.5,14.0,JNIM,3\n2023-06-01,-1.5,14.0,JNIM,\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def parquet() -> bytes:
    stream = io.BytesIO()
    pd.read_csv(io.StringIO(GOOD)).to_parquet(stream)
    return stream.getvalue()


REFUSED = {
    "empty": ("a.csv", b"", "a.csv: is empty"),
    "blank": ("a.csv", b"\n \n", "is empty"),
    "header only": ("a.csv", b"date,lon,lat\n", "has column headings but no rows"),
    "cut off gzip": (
        "a.csv.gz",
        gzip.compress(GOOD.encode() * 50, mtime=0)[:-20],
        "gzip file that is damaged or cut off",
    ),
    "broken gzip": ("a.csv.gz", b"\x1f\x8b" + b"\x00" * 40, "gzip file that is damaged or cut off"),
    "latin-1": (
        "a.csv",
        GOOD.replace("JNIM", "Émirat").encode("latin-1"),
        r"line 2 is not in UTF-8 \(byte 0xC9\), probably Latin-1 or Windows-1252; save it as CSV UTF-8",
    ),
    "utf-16": ("a.csv", GOOD.encode("utf-16"), "is in UTF-16; save it as CSV UTF-8"),
    "utf-16 without mark": ("a.csv", GOOD.encode("utf-16-le"), "is in UTF-16; save it as CSV UTF-8"),
    "picture": ("a.csv", PNG, "expected a table, but the file is a PNG picture"),
    "old workbook": ("a.xlsx", b"\xd0\xcf\x11\xe0" + b"\x00" * 600, "save it as .xlsx or CSV"),
    "document": ("a.csv", b"%PDF-1.7\n", "the file is a PDF document"),
    "binary": ("a.csv", b"date,lon\n" + b"\x00\x01" * 9, "is a binary file, not a table"),
    "web page": ("a.csv", b"<!DOCTYPE html><html>Log in</html>", "is a web page or XML, not CSV"),
    "json": ("a.csv", b'{"error": "no access"}', "is JSON, not CSV"),
    "unknown ending": ("a.docx", GOOD.encode(), r"expected a file named \.csv, .*; got \.docx"),
    "no ending": ("events", GOOD.encode(), "got no ending"),
    "other columns": (
        "a.csv",
        b"x,y\n1,2\n",
        r"the columns are those of no known source; ucdp misses id.*found x, y",
    ),
    "two tables in a zip": (
        "a.zip",
        zipped({"a.csv": GOOD.encode(), "b.csv": GOOD.encode()}),
        r"expected one CSV, Parquet or Excel file inside; found a\.csv, b\.csv",
    ),
    "no table in a zip": ("a.zip", zipped({"readme.txt": b"hello"}), r"file inside; found readme\.txt"),
    "empty zip": ("a.zip", zipped({}), "file inside; found nothing"),
    "cut off zip": ("a.zip", zipped({"a.csv": GOOD.encode()})[:-30], "zip file that is damaged or cut off"),
    "packed twice": (
        "a.zip",
        zipped({"a.csv": gzip.compress(GOOD.encode(), mtime=0)}),
        "is packed twice; unpack it first",
    ),
    "cut off parquet": ("a.parquet", parquet()[:-10], "Parquet file that is damaged or cut off"),
    "damaged workbook": (
        "a.xlsx",
        zipped({"xl/workbook.xml": b"<nothing"}),
        "Excel workbook that is damaged",
    ),
    "cut off in a row": (
        "a.csv",
        GOOD.encode() + b"2023-06-0",
        "row 4 has 1 of 5 values; the file is cut off there",
    ),
    "too many values": ("a.csv", GOOD.encode() + b"2023-06-01,1,2,A,3,4\n", "row 4 has 6 of 5 values"),
    "open quotation": ("a.csv", b'date,lon,lat,actor\n2023-05-04,1,2,"JN', "quotation mark is never closed"),
    "column twice": ("a.csv", b"date,lon,lat,lon\n2023-05-04,1,2,3\n", "the column lon comes twice"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str, tmp_path: Path) -> None:
    name, content, message = REFUSED[case]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError, match=message) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content


VALUES = {
    "swapped date": (
        "04/05/2023,-1.5,14.0,JNIM,3",
        r"row 2, column start: expected a date written YYYY-MM-DD, got '04/05/2023'",
    ),
    "no such day": ("2023-02-30,-1.5,14.0,JNIM,3", "expected a date written YYYY-MM-DD, got '2023-02-30'"),
    "missing date": (
        ",-1.5,14.0,JNIM,3",
        "row 2, column start: expected a date written YYYY-MM-DD, got nothing",
    ),
    "text for a number": (
        "2023-05-04,-1.5,north,JNIM,3",
        "column lat: expected a number from -90 to 90, got 'north'",
    ),
    "out of range": ("2023-05-04,-1.5,140,JNIM,3", "column lat: expected a number from -90 to 90, got '140'"),
    "not finite": ("2023-05-04,-1.5,inf,JNIM,3", "column lat: expected a number from -90 to 90, got 'inf'"),
    "negative deaths": (
        "2023-05-04,-1.5,14.0,JNIM,-3",
        "column deaths: expected a whole number from 0 up, got '-3'",
    ),
    "half a death": (
        "2023-05-04,-1.5,14.0,JNIM,1.5",
        "column deaths: expected a whole number from 0 up, got '1.5'",
    ),
    "half a place": (
        "2023-05-04,,14.0,JNIM,1",
        "column lon: expected a longitude beside the latitude, got nothing",
    ),
}


@pytest.mark.parametrize("case", VALUES)
def test_first_bad_value_is_named(case: str, tmp_path: Path) -> None:
    row, message = VALUES[case]
    path = tmp_path / "a.csv"
    path.write_text(f"date,lon,lat,actor,deaths\n{row}\n{row}\n", encoding="utf-8")
    with pytest.raises(SourceError, match=message):
        read(path)


def test_rows_are_numbered_as_in_the_file_despite_blank_lines_and_notes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('date,lon,lat,target\n2023-05-04,1,2,"two\nlines"\n\n2023-05-04,1,99,x\n', encoding="utf-8")
    with pytest.raises(SourceError, match="row 4, column lat"):
        read(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", GOOD.encode()),
        ("a.csv", GOOD.encode("utf-8-sig")),
        ("a.csv", GOOD.replace("\n", "\r\n").encode()),
        ("a.csv", GOOD.replace(",", ";").encode()),
        ("a.tsv", GOOD.replace(",", "\t").encode()),
        ("a.csv.gz", gzip.compress(GOOD.encode(), mtime=0)),
        ("a.csv", gzip.compress(GOOD.encode(), mtime=0)),
        ("a.zip", zipped({"a.csv": GOOD.encode(), "__MACOSX/a.csv": b"x", "readme.txt": b"x"})),
        ("a.parquet", parquet()),
        ("a.zip", zipped({"a.parquet": parquet()})),
        ("A.CSV", GOOD.replace("date", "DATE").replace("lat", " Lat ").encode()),
        ("a.csv", GOOD.encode() + b"\n\n"),
    ],
)
def test_accepted(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    table = read(path).table
    assert table["start"].dt.strftime("%Y-%m-%d").tolist() == ["2023-05-04", "2023-06-01"]
    assert table["deaths"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv.gz", gzip.compress(b"a,b\n" * 99, mtime=0)), ("a.csv", b"a,b\n" * 99)]
)
def test_size_is_bounded(name: str, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    monkeypatch.setattr(files, "LIMIT", 100)
    with pytest.raises(SourceError, match=r"(more|larger) than 100 bytes"):
        read(path)


def test_declared_size_of_a_zip_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({"a.csv": b"a,b\n" * 99_999}))
    monkeypatch.setattr(files, "LIMIT", 10_000)
    with pytest.raises(SourceError, match="unpacks to 399,996 bytes, more than 10,000; split it by year"):
        read(path)


def test_a_path_must_be_a_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no such file"):
        read(tmp_path / "none.csv")
    with pytest.raises(SourceError, match="is a folder"):
        read(tmp_path)


@pytest.mark.parametrize("source", SOURCES)
def test_a_named_source_says_which_column_it_misses(source: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y\n1,2\n", encoding="utf-8")
    with pytest.raises(SourceError, match=r"a\.csv: expected a column \w+.*; found x, y"):
        read(path, source)
