"""Sheets of an Excel workbook as text, each from its heading down."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from xml.etree.ElementTree import ParseError

import numpy as np
import numpy.typing as npt
import openpyxl
import pandas as pd
from openpyxl.utils.exceptions import InvalidFileException

from harmattan.sources.files import SourceError

_SEARCHED = 20


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
        If the workbook cannot be opened or has no sheet with cells.

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
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            cells = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
            book.close()
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, ParseError) as error:
        raise SourceError(f"{place}: is an Excel workbook that is damaged; open it and save it again") from error
    found = [_sheet(name, rows) for name, rows in cells.items() if any(_filled(row) for row in rows)]
    if not found:
        raise SourceError(f"{place}: is an Excel workbook without any filled cell")
    return found


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
