"""Sheets of an Excel workbook as text, each from its heading down."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import openpyxl
import pandas as pd

from harmattan.sources.files import SourceError, short

_SEARCHED = 20

SIZE, CELLS = 512 * 1024**2, 50_000_000
"""A workbook may hold so many bytes, unpacked, and a sheet so many cells."""

ROWS = 1_048_576
"""A sheet may have so many rows: no more can be made in Excel."""


@dataclass(frozen=True)
class Sheet:
    """One sheet: the headings, the rows of text below them, and their row numbers in the sheet."""

    name: str
    header: list[str]
    values: list[list[str]]
    rows: npt.NDArray[np.int64]

    def frame(self) -> pd.DataFrame:
        """Return the rows as a frame of text."""
        return pd.DataFrame(self.values, columns=self.header, dtype="str")


def sheets(content: bytes, place: str) -> list[Sheet]:
    """Return the sheets of a workbook.

    The heading of a sheet is the first of its first 20 rows that is at least half as full as the fullest of
    them, so that titles above it do no harm, nor a heading without a name for its first column.

    Raises
    ------
    SourceError
        If the workbook cannot be opened, is too large, has no sheet with cells, or has a formula without its result.

    Examples
    --------
    >>> stream = io.BytesIO()
    >>> pd.DataFrame({"month": ["January"], "events": [2]}).to_excel(stream, index=False)
    >>> sheets(stream.getvalue(), "a.xlsx")[0].values
    [['January', '2']]
    """
    try:
        with warnings.catch_warnings():
            # openpyxl warns of styles and extensions it ignores; only values matter here.
            warnings.simplefilter("ignore")
            _refuse_larger(content, place)
            cells = dict(_cells(content, place, values=True))
            if _has_formulas(content):
                _refuse_without_result(cells, _cells(content, place, values=False), place)
    except SourceError:
        raise
    except Exception as error:
        # openpyxl lets escape whatever its parts raise on XML that is not as it expects, of a dozen kinds.
        raise SourceError(f"{place}: is an Excel workbook that is damaged; open it and save it again") from error
    found = [_sheet(name, rows) for name, rows in cells.items() if any(_filled(row) for row in rows)]
    if not found:
        raise SourceError(f"{place}: is an Excel workbook without any filled cell")
    return found


def _refuse_larger(content: bytes, place: str) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > SIZE:
        raise SourceError(f"{place}: is an Excel workbook of {size:,} bytes, more than {SIZE:,}; save it as CSV")


def _cells(content: bytes, place: str, *, values: bool) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """The rows of each sheet: values, or formulas where there are any."""
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=values, keep_links=False)
    for sheet in book.worksheets:
        rows, cells = [], 0
        for row in islice(sheet.iter_rows(values_only=True), ROWS + 1):
            rows.append(row)
            cells += len(row)
            if len(rows) > ROWS or cells > CELLS:
                raise SourceError(
                    f"{place}, sheet {short(sheet.title)}: has more than {ROWS:,} rows or {CELLS:,} cells; "
                    "save it as CSV"
                )
        yield sheet.title, rows
    book.close()


def _has_formulas(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = (name for name in archive.namelist() if name.startswith("xl/worksheets/"))
        return any(b"<f>" in part or b"<f " in part for part in map(archive.read, parts))


def _refuse_without_result(
    values: dict[str, list[tuple[Any, ...]]], formulas: Iterator[tuple[str, list[tuple[Any, ...]]]], place: str
) -> None:
    """Raise at the first formula without its result: taken as it is, it would be a missing value."""
    for name, rows in formulas:
        for number, (written, found) in enumerate(zip(rows, values[name], strict=True), start=1):
            for column, (formula, value) in enumerate(zip(written, found, strict=True), start=1):
                if value is None and formula is not None:
                    cell = f"{openpyxl.utils.get_column_letter(column)}{number}"
                    raise SourceError(
                        f"{place}, sheet {short(name)}: {cell} holds a formula without its result; open it in a "
                        "spreadsheet, save it there, and try again"
                    )


def _sheet(name: str, rows: Sequence[Sequence[object]]) -> Sheet:
    filled = [_filled(row) for row in rows[:_SEARCHED]]
    top = next(index for index, number in enumerate(filled) if 2 * number >= max(filled) and number)
    width = max(index + 1 for index, value in enumerate(rows[top]) if value is not None)
    header = [_text(value) for value in rows[top][:width]]
    values = [[_text(value) for value in row[:width]] + [""] * (width - len(row)) for row in rows[top + 1 :]]
    return Sheet(name, header, values, np.arange(top + 2, len(rows) + 1))


def _filled(row: Sequence[object]) -> int:
    return sum(value is not None for value in row)


def _text(value: object) -> str:
    """Return a cell as text: days in ISO form, whole numbers without a decimal point.

    Examples
    --------
    >>> _text(2023.0), _text(datetime(2023, 5, 4)), _text(None)
    ('2023', '2023-05-04', '')
    """
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
