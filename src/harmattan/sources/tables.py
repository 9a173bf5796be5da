"""Careful reading of the files people bring: CSV (plain, gzip, zip), Parquet and Excel, all as text.

The content decides what a file is, not its name. A file that is empty, cut off, in another encoding, a web
page or a picture is refused in one sentence that says what to do. Nothing is ever written to an input.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from harmattan.sources.files import SourceError, contents
from harmattan.sources.workbook import Sheet, sheets

MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null")
"""Texts that mean a value is missing, as spreadsheets, R and databases write it."""

_BLOCK = 1 << 26


@dataclass(frozen=True)
class Layout:
    """The columns a source has.

    Parameters
    ----------
    needed
        Column names without which the file is refused, in the order in which they are looked for. Names are
        in lower case with ``_`` between words; a file may write them in any case and with any separator.
    optional
        Columns read where present; None means every column.
    aliases
        Other name -> name used here.
    """

    needed: Sequence[str]
    optional: Sequence[str] | None = ()
    aliases: Mapping[str, str] = field(default_factory=dict)

    def names(self, header: Sequence[str]) -> list[str]:
        """Return `header` in this layout's names; an alias is left alone where the real name is there too.

        Examples
        --------
        >>> Layout(["best"], aliases={"best_est": "best"}).names(["Best EST", "High est"])
        ['best', 'high_est']
        """
        plain = [column_name(text) for text in header]
        return [self.aliases[p] if p in self.aliases and self.aliases[p] not in plain else p for p in plain]

    def absent(self, header: Sequence[str]) -> list[str]:
        """Return the needed columns that `header` does not have."""
        names = self.names(header)
        return [name for name in self.needed if name not in names]

    def wants(self, name: str) -> bool:
        """Return whether the column `name` is to be read."""
        return self.optional is None or name in self.needed or name in self.optional


@dataclass(frozen=True)
class Table:
    """Records of a file as text.

    Parameters
    ----------
    frame
        One row per record, every column text with surrounding space removed, NaN where missing.
    rows
        Number of each record in the file as a spreadsheet shows it, the header being row 1; Parquet
        has no header row, and its first record is row 1.
    place
        What messages call the file: its name, and the sheet or member read.
    """

    frame: pd.DataFrame
    rows: npt.NDArray[np.int64]
    place: str

    def __len__(self) -> int:
        return len(self.frame)


def column_name(text: str) -> str:
    """Return a column heading in lower case, with one ``_`` for whatever separates its words.

    Examples
    --------
    >>> column_name(" Admin1 Pcode")
    'admin1_pcode'
    """
    words = "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()
    return "_".join(words)


def headers(path: Path) -> list[list[str]]:
    """Return the column headings of the file, one list per sheet; only workbooks have several.

    Raises
    ------
    SourceError
        If the file cannot be read as a table.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> written = path.write_text("region,month,attacks")
    >>> headers(path)
    [['region', 'month', 'attacks']]
    """
    content, kind, place = contents(path)
    if kind == "xlsx":
        return [sheet.header for sheet in sheets(content, place)]
    if kind == "parquet":
        return [list(_parquet(content, place).schema_arrow.names)]
    return [_csv_header(content, place)]


def read_table(path: Path, layout: Layout) -> Table:
    """Return the records of the file in the columns of `layout`, without a second heading of HXL tags.

    Raises
    ------
    SourceError
        If the file cannot be read as a table, or does not have the columns needed: the first one missing is
        named.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> written = path.write_text("Region,Attacks\\nML-5,2\\n")
    >>> table = read_table(path, Layout(["region"], optional=["attacks"]))
    >>> table.frame.to_numpy().tolist(), table.rows.tolist()
    ([['ML-5', '2']], [2])
    """
    content, kind, place = contents(path)
    if kind == "xlsx":
        sheet = _best_sheet(sheets(content, place), layout)
        place = f"{place}, sheet {sheet.name}"
        frame, rows = sheet.frame(), sheet.rows
        frame = frame.loc[:, _wanted(list(frame.columns), layout, place)]
    elif kind == "parquet":
        frame = _parquet_frame(_parquet(content, place), layout, place)
        rows = np.arange(1, len(frame) + 1)
    else:
        frame = _csv_frame(content, layout, place)
        rows = np.arange(2, len(frame) + 2)
    frame.columns = pd.Index(layout.names(list(frame.columns)))
    return _tidy(frame, rows, place)


def _tidy(frame: pd.DataFrame, rows: npt.NDArray[np.int64], place: str) -> Table:
    text = frame.apply(lambda column: column.astype("str").str.strip())
    text = text.mask(text.isin(MISSING))
    if len(text):
        first = text.iloc[0].dropna()
        if len(first) and first.str.startswith("#").mean() > 0.5:
            text, rows = text.iloc[1:], rows[1:]
    blank = text.isna().all(axis=1).to_numpy(dtype=bool)
    text, rows = text[~blank].reset_index(drop=True), rows[~blank]
    if text.empty:
        raise SourceError(f"{place}: has column headings but no rows; expected at least one record")
    return Table(text, rows, place)


def _wanted(header: list[str], layout: Layout, place: str) -> list[bool]:
    absent = layout.absent(header)
    if absent:
        known = [other for other, name in layout.aliases.items() if name == absent[0]]
        also = f" (or {', '.join(known)})" if known else ""
        found = ", ".join(text for text in header[:60] if text.strip()) or "no headings"
        raise SourceError(f"{place}: expected a column {absent[0]}{also}; found {found}")
    names = layout.names(header)
    wanted = [layout.wants(name) and bool(name) for name in names]
    chosen = [name for name, want in zip(names, wanted, strict=True) if want]
    twice = sorted({name for name in chosen if chosen.count(name) > 1})
    if twice:
        raise SourceError(f"{place}: the column {twice[0]} comes twice; keep one of them")
    return wanted


def _best_sheet(found: list[Sheet], layout: Layout) -> Sheet:
    return min(found, key=lambda sheet: len(layout.absent(sheet.header)))


def _parquet(content: bytes, place: str) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(io.BytesIO(content))
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{place}: is a Parquet file that is damaged or cut off; fetch it again") from error


def _parquet_frame(file: pq.ParquetFile, layout: Layout, place: str) -> pd.DataFrame:
    header = list(file.schema_arrow.names)
    wanted = [name for name, want in zip(header, _wanted(header, layout, place), strict=True) if want]
    try:
        table = file.read(columns=wanted)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{place}: is a Parquet file that is damaged or cut off; fetch it again") from error
    columns = {}
    for name in wanted:
        try:
            columns[name] = pc.cast(table.column(name), pa.string()).to_pandas().astype("str")
        except pa.ArrowNotImplementedError as error:
            kind = table.schema.field(name).type
            raise SourceError(f"{place}: column {name} holds {kind}; expected numbers, dates or text") from error
    return pd.DataFrame(columns)


def _first_line(content: bytes) -> bytes:
    end = content.find(b"\n")
    return content[: end if end >= 0 else None].removeprefix(b"\xef\xbb\xbf").rstrip(b"\r")


def _separator(content: bytes) -> str:
    """Return the separator that occurs most often in the heading: comma, semicolon or tab."""
    first = _first_line(content).decode()
    return max(",;\t", key=first.count)


def _csv_header(content: bytes, place: str) -> list[str]:
    line = _first_line(content) + b"\n"
    options = pcsv.ParseOptions(delimiter=_separator(content))
    try:
        return list(pcsv.read_csv(io.BytesIO(line), parse_options=options).column_names)
    except pa.ArrowInvalid as error:
        raise SourceError(f"{place}: row 1 is not a row of column headings") from error


def _csv_frame(content: bytes, layout: Layout, place: str) -> pd.DataFrame:
    header = _csv_header(content, place)
    wanted = [name for name, want in zip(header, _wanted(header, layout, place), strict=True) if want]
    ragged: list[pcsv.InvalidRow] = []

    def note(row: pcsv.InvalidRow) -> str:
        ragged.append(row)
        return "skip"

    try:
        table = pcsv.read_csv(
            io.BytesIO(content),
            read_options=pcsv.ReadOptions(use_threads=False, block_size=_BLOCK),
            parse_options=pcsv.ParseOptions(
                delimiter=_separator(content),
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=note,
            ),
            convert_options=pcsv.ConvertOptions(
                include_columns=wanted,
                column_types=dict.fromkeys(wanted, pa.string()),
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        raise SourceError(f"{place}: cannot be read as CSV ({error}); save it again as CSV, UTF-8") from error
    if ragged:
        row = ragged[0]
        raise SourceError(
            f"{place}: row {row.number} has {row.actual_columns} of {row.expected_columns} values; "
            "the file is cut off there or a value holds an unquoted separator, so fetch or save it again"
        )
    if content.count(b'"') % 2 and not content.endswith(b"\n"):
        raise SourceError(f"{place}: a quotation mark is never closed; the file is cut off, so fetch it again")
    return pd.DataFrame({name: table.column(name).to_pandas().astype("str") for name in wanted})
