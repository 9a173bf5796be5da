"""The cells of a CSV or XLSX file as text, with the numbers of their rows as a spreadsheet shows them."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from harmattan.protect.cells import WorksheetError, number
from harmattan.protect.sheet import MARKING
from harmattan.sources.files import SourceError, contents
from harmattan.spreadsheet import restored

SUFFIXES = (".csv", ".xlsx")
LARGEST, UNPACKED, MOST_ROWS = 2_000_000, 50_000_000, 5_000
SHEET = "Scores"
MARK = MARKING.split()[0]


@dataclass(frozen=True)
class Row:
    """One row: its number and the text of its cells, without space around it."""

    number: int
    cells: tuple[str, ...]

    def text(self, place: int) -> str:
        """Return the text of a cell, empty where the row is shorter."""
        return self.cells[place] if place < len(self.cells) else ""


@dataclass(frozen=True)
class Grid:
    """The rows of a file that hold something, from the headings down, and what messages call it."""

    place: str
    rows: tuple[Row, ...]


def cell(found: Grid, row: Row, place: int) -> str:
    """Return what messages call a cell, such as ``sheet.csv, cell C4``."""
    return f"{found.place}, cell {get_column_letter(place + 1)}{row.number}"


def grid(path: Path) -> Grid:
    """Return the rows of a file without the marking, empty rows and lines that only hold a remark after ``#``.

    Raises
    ------
    WorksheetError
        If the file cannot be read, is too large, or a cell of a workbook holds a formula.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise WorksheetError(f"{path.name}: a worksheet is a .csv or .xlsx file; got {path.suffix or 'no ending'}")
    if path.is_file() and not path.stat().st_size:
        raise WorksheetError(f"{path.name}: is empty; `harmattan worksheet new` makes a sheet to fill in")
    if path.is_file() and path.stat().st_size > LARGEST:
        raise WorksheetError(f"{path.name}: has {path.stat().st_size:,} bytes; a worksheet has {LARGEST:,} or fewer")
    try:
        content, kind, place = contents(path)
    except SourceError as error:
        raise WorksheetError(str(error)) from error
    if kind == "parquet" or place != path.name:
        raise WorksheetError(f"{path.name}: a worksheet is a plain .csv or .xlsx file; save it as one of them")
    rows = _workbook(content, place) if kind == "xlsx" else _csv(content, place)
    told = tuple(each for each in rows if any(each.cells) and not _remark(each))
    if told and told[0].cells[0].startswith(MARK):
        told = told[1:]
    if not told:
        raise WorksheetError(f"{place}: is empty; `harmattan worksheet new` makes a sheet to fill in")
    return Grid(place, told)


def _remark(row: Row) -> bool:
    return row.cells[0].startswith("#") and not any(row.cells[1:])


def _csv(content: bytes, place: str) -> list[Row]:
    text = content.decode("utf-8-sig")
    filled = (line.strip(' "') for line in text.splitlines())
    heading = next((line for line in filled if line and not line.startswith(MARK)), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=heading.count), strict=True)
    rows: list[Row] = []
    try:
        for number_, cells in enumerate(reader, start=1):
            _check_row(number_, any(cells), place)
            rows.append(Row(number_, tuple(restored(each.strip()) for each in cells) or ("",)))
    except csv.Error as error:
        raise WorksheetError(
            f"{place}, row {len(rows) + 1}: cannot be read as CSV ({error}); a quotation mark may not be closed"
        ) from error
    return rows


def _workbook(content: bytes, place: str) -> list[Row]:
    damaged = f"{place}: is an Excel workbook that is damaged; open it and save it again"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > UNPACKED:
        raise WorksheetError(f"{place}: unpacks to {unpacked:,} bytes; a worksheet has {UNPACKED:,} or fewer")
    try:
        with warnings.catch_warnings():
            # openpyxl warns of styles and extensions it ignores; only values matter here.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
            try:
                return _sheet_rows(_scores_sheet(book, place), place)
            finally:
                book.close()
    except WorksheetError:
        raise
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError, ParseError) as error:
        raise WorksheetError(damaged) from error


def _scores_sheet(book: Any, place: str) -> Any:
    named = {each.title: each for each in book.worksheets}
    if SHEET in named:
        return named[SHEET]
    if len(named) != 1:
        raise WorksheetError(f"{place}: expected a sheet named {SHEET}; found {', '.join(named) or 'none'}")
    return next(iter(named.values()))


def _sheet_rows(sheet: Any, place: str) -> list[Row]:
    rows = []
    # What a workbook says of its own size may be wrong; without it every cell is read.
    sheet.reset_dimensions()
    for number_, cells in enumerate(sheet.iter_rows(), start=1):
        _check_row(number_, any(each.value is not None for each in cells), place)
        for column, each in enumerate(cells, start=1):
            if each.data_type == "f":
                where = f"{place}, cell {get_column_letter(column)}{number_}"
                raise WorksheetError(f"{where}: holds a formula; type the value itself")
        if number_ <= MOST_ROWS:
            rows.append(Row(number_, tuple(_text(each.value) for each in cells) or ("",)))
    return rows


def _check_row(number_: int, filled: bool, place: str) -> None:
    if filled and number_ > MOST_ROWS:
        raise WorksheetError(f"{place}, row {number_}: a worksheet has {MOST_ROWS:,} rows or fewer; split it")


def _text(value: object) -> str:
    if value is None:
        return ""
    return number(value) if isinstance(value, float) else str(value).strip()
