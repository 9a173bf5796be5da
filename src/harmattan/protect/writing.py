"""Worksheets and what is said of them, written as CSV, XLSX or a page; every file begins with the marking."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from harmattan.protect import scales
from harmattan.protect.assessment import Assessment
from harmattan.protect.cells import WorksheetError, number
from harmattan.protect.grids import SHEET
from harmattan.protect.page import page
from harmattan.protect.reading import COLUMNS, WEIGHT
from harmattan.protect.scales import HIGHEST, LOWEST, NAMES
from harmattan.protect.sheet import MARKING, Worksheet
from harmattan.spreadsheet import inert
from harmattan.whole import replacing

RELEASE = "manifest.json"
"""The file that makes a folder a release; nothing is written into such a folder."""

Cells = Sequence[Sequence[str | float | int]]


def write(sheet: Worksheet, path: Path) -> Path:
    """Write a worksheet as .csv or .xlsx, with its scales; `harmattan.protect.read` gives it back.

    Raises
    ------
    WorksheetError
        If the file's ending is another, there is such a file already, or the folder is a release.
    FileNotFoundError
        If the folder does not exist.
    """
    rows: list[list[str | float | int]] = [
        [site, rater, *sheet.scores[i, j].tolist(), sheet.regions[i]]
        for i, site in enumerate(sheet.sites)
        for j, rater in enumerate(sheet.raters)
    ]
    return _write_sheet(rows, sheet.weights.tolist(), path)


def write_blank(sites: Sequence[str], raters: Sequence[str], path: Path) -> Path:
    """Write a worksheet to fill in: no scores, equal weights.

    Raises
    ------
    WorksheetError, FileNotFoundError
        As `write`, and if a name cannot be used or comes twice.
    """
    lowest = np.full((len(sites), len(raters), len(NAMES)), LOWEST)
    checked = Worksheet(tuple(sites), tuple(raters), lowest, np.ones(len(NAMES)), ("",) * len(sites))
    rows: list[list[str | float | int]] = [
        [site, rater, *[""] * (len(NAMES) + 1)] for site in checked.sites for rater in checked.raters
    ]
    return _write_sheet(rows, checked.weights.tolist(), path)


def write_assessment(found: Assessment, path: Path) -> Path:
    """Write what is said of a worksheet: .html to print, .xlsx with all tables, .csv with the ranking or what-if alone.

    Raises
    ------
    WorksheetError, FileNotFoundError
        As `write`.
    """
    kind = _kind(path, (".html", ".xlsx", ".csv"))
    if kind == ".html":
        return _put(page(found).encode(), path)
    main = found.ranking if found.changed.empty else found.changed
    if kind == ".csv":
        return _put(_csv(_cells(main.reset_index())), path)
    book = openpyxl.Workbook()
    book.remove(book.active)
    _add(book, "Ranking", _cells(found.ranking.reset_index()))
    if not found.changed.empty:
        _add(book, "What if", _cells(found.changed.reset_index()))
    _add(book, "Agreement", _cells(found.agreement.reset_index()))
    _add(book, "Spread", _cells(found.spread))
    _add(
        book,
        "In words",
        [["in words"], *([each] for each in found.in_words()), *([str(each)] for each in found.measures)],
    )
    return _put(_saved(book), path)


def _write_sheet(rows: list[list[str | float | int]], weights: list[float], path: Path) -> Path:
    kind = _kind(path, (".csv", ".xlsx"))
    cells: Cells = [list(COLUMNS), [WEIGHT, "", *weights, ""], *rows]
    if kind == ".csv":
        return _put(_csv([*cells, *([f"# {each}"] for each in scales.lines())]), path)
    book = openpyxl.Workbook()
    book.remove(book.active)
    sheet = _add(book, SHEET, cells)
    last = get_column_letter(2 + len(NAMES))
    within = DataValidation(
        type="whole",
        operator="between",
        formula1=str(LOWEST),
        formula2=str(HIGHEST),
        allow_blank=True,
        showErrorMessage=True,
    )
    within.error = f"A score is a whole number from {LOWEST} to {HIGHEST}; the sheet Scales says what they mean."
    within.add(f"C4:{last}{len(cells) + 1}")
    sheet.add_data_validation(within)
    _add(book, "Scales", [["criterion", "score", "words"], *_scale_rows()])
    return _put(_saved(book), path)


def _scale_rows() -> list[list[str]]:
    told = []
    for each in scales.CRITERIA:
        told.append([each.name, "", each.question])
        told += [[each.name, band, words] for band, words in zip(scales.BANDS, each.anchors, strict=True)]
    return told


def _cells(table: pd.DataFrame) -> Cells:
    """Headings and rows of a table; missing numbers are empty."""
    rows = [["" if pd.isna(each) else each for each in row] for row in table.astype(object).to_numpy().tolist()]
    return [[str(each) for each in table.columns], *rows]


def _csv(rows: Cells) -> bytes:
    stream = io.StringIO(newline="")
    stream.write(f"{MARKING}\n")
    writer = csv.writer(stream, lineterminator="\n")
    for row in rows:
        writer.writerow([inert(each) if isinstance(each, str) else number(each) for each in row])
    return stream.getvalue().encode()


def _add(book: Any, title: str, rows: Cells) -> Any:
    """Add a sheet below the marking; every text is text, whatever it begins with."""
    sheet = book.create_sheet(title)
    for row, cells in enumerate([[MARKING], *rows], start=1):
        for column, value in enumerate(cells, start=1):
            if value == "":
                continue
            cell = sheet.cell(row, column, value)
            if isinstance(value, str):
                cell.data_type = "s"
                cell.quotePrefix = inert(value) != value
                cell.alignment = Alignment(vertical="top", wrap_text=row > 2 and len(value) > 30)
            if row <= 2:
                cell.font = Font(bold=True, color="B00020" if row == 1 else None)
    widest = [max(len(str(each)) for each in column) for column in zip(*rows, strict=True)] if rows else []
    for column, width in enumerate(widest, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = min(max(width + 3, 10), 70)
    sheet.freeze_panes = "A3"
    sheet.oddHeader.center.text = MARKING
    sheet.print_title_rows = "1:2"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = openpyxl.worksheet.properties.PageSetupProperties(fitToPage=True)
    return sheet


def _saved(book: Any) -> bytes:
    book.properties.title, book.properties.creator = MARKING, "Harmattan"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _kind(path: Path, known: Sequence[str]) -> str:
    kind = path.suffix.lower()
    if kind not in known:
        raise WorksheetError(
            f"{path.name}: expected a name that ends with {', '.join(known)}; got {kind or 'no ending'}"
        )
    return kind


def _put(content: bytes, path: Path) -> Path:
    """Write a new file that only its owner may read."""
    folder = path.resolve().parent
    if not folder.is_dir():
        raise FileNotFoundError(f"a worksheet is written into an existing folder; make {path.parent} first")
    if any((each / RELEASE).exists() for each in (folder, *folder.parents)):
        raise WorksheetError(f"{path}: lies in a release, which is passed on; keep worksheets elsewhere")
    if os.path.lexists(path):
        raise WorksheetError(f"{path}: there is such a file already; choose another name or move it away")
    with replacing(path) as partial:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(content)
        # Another run may have written it meanwhile.
        if path.exists():
            raise WorksheetError(f"{path}: there is such a file already; choose another name or move it away")
    return path
