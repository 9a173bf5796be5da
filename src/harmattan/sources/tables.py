"""Careful reading of the files people bring: CSV (plain, gzip, zip), Parquet and Excel, all as text.

The content decides what a file is, not its name. A file that is empty, cut off, in another encoding, a web
page or a picture is refused in one sentence that says what to do. Nothing is ever written to an input.

A CSV may begin with lines of remarks, ``# `` and text, above its headings; rows keep the numbers a spreadsheet shows.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pcsv

from harmattan.sources import parquet
from harmattan.sources.files import SourceError, contents, short
from harmattan.sources.quotes import first_unpaired, pair_up
from harmattan.sources.workbook import Sheet, sheets

MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null")
"""Texts that mean a value is missing, as spreadsheets, R and databases write it."""

SPREADSHEET_ERRORS = ("#REF!", "#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#VALUE!")
"""Texts that a spreadsheet puts where it could not work a value out: no value, and none that is known to be missing."""

HEADING, COLUMNS = 1024**2, 16_384
"""A row of headings may have so many bytes, and so many columns, as many as a spreadsheet."""

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
        there = set(plain)
        return [self.aliases[p] if p in self.aliases and self.aliases[p] not in there else p for p in plain]

    def absent(self, header: Sequence[str]) -> list[str]:
        """Return the needed columns that `header` does not have."""
        names = set(self.names(header))
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
        return [_few(list(parquet.opened(content, place).schema_arrow.names), place)]
    return [csv_header(_without_remarks(content, place)[0], place)]


def remarks(path: Path) -> str:
    """Return what the lines of remarks at the head of a CSV say, as one text; empty where there are none.

    Raises
    ------
    SourceError
        If the file cannot be read as a table.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> written = path.write_text("# Put together by hand\\n# in May.\\ndate,region\\n")
    >>> remarks(path)
    'Put together by hand in May.'
    """
    content, kind, place = contents(path)
    if kind != "csv":
        return ""
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1000)[: _without_remarks(content, place)[1]]
    return " ".join(" ".join(line.decode().strip(' #",\r').split()) for line in lines).strip()


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
        header = _few(list(parquet.opened(content, place).schema_arrow.names), place)
        chosen = zip(header, _wanted(header, layout, place), strict=True)
        frame = parquet.text_columns(content, [name for name, want in chosen if want], place)
        rows = np.arange(1, len(frame) + 1)
    else:
        records, remarks = _without_remarks(content, place)
        frame = _csv_frame(records, layout, place, remarks)
        rows = np.arange(2, len(frame) + 2) + remarks
    frame.columns = pd.Index(layout.names(list(frame.columns)))
    return _tidy(frame, rows, place)


def _tidy(frame: pd.DataFrame, rows: npt.NDArray[np.int64], place: str) -> Table:
    text = frame.apply(lambda column: column.astype("str").str.strip())
    text = text.mask(text.isin(MISSING))
    broken = text.isin(SPREADSHEET_ERRORS)
    if broken.to_numpy().any():
        row, column = (int(at[0]) for at in broken.to_numpy().nonzero())
        raise SourceError(
            f"{place}: row {rows[row]}, column {text.columns[column]}: expected a value, got "
            f"{text.iloc[row, column]!r}, an error of the spreadsheet; correct it there"
        )
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
        found = ", ".join(short(text) for text in header[:60] if text.strip()) or "no headings"
        raise SourceError(f"{place}: expected a column {absent[0]}{also}; found {found}")
    names = layout.names(header)
    wanted = [layout.wants(name) and bool(name) for name in names]
    chosen = [name for name, want in zip(names, wanted, strict=True) if want]
    twice = sorted(name for name, number in Counter(chosen).items() if number > 1)
    if twice:
        raise SourceError(f"{place}: the column {twice[0]} comes twice; keep one of them")
    return wanted


def _best_sheet(found: list[Sheet], layout: Layout) -> Sheet:
    return min(found, key=lambda sheet: len(layout.absent(sheet.header)))


def _few(header: list[str], place: str) -> list[str]:
    """The headings, if they are no more than a spreadsheet may have."""
    if len(header) > COLUMNS:
        raise SourceError(f"{place}: has {len(header):,} columns, more than {COLUMNS:,}; keep those that are needed")
    return header


def _without_remarks(content: bytes, place: str) -> tuple[bytes, int]:
    """Return what follows the remarks at the head of a CSV, and how many lines they take.

    HXL tags are no remarks: no space follows their ``#``. A spreadsheet may have put a remark between quotation marks.
    """
    start, lines = len(content) - len(content.removeprefix(b"\xef\xbb\xbf")), 0
    while content.startswith((b"# ", b'"# ', b"#\n", b"#\r"), start):
        lines += 1
        end = content.find(b"\n", start)
        start = end + 1 if end >= 0 else len(content)
    if lines and not content[start:].strip():
        raise SourceError(f"{place}: has remarks but no column headings; expected a row of headings below them")
    return content[start:] if lines else content, lines


def _first_line(content: bytes) -> bytes:
    """The row of headings, which goes on where a line ends between quotation marks; no more than may be too much."""
    head = content[: HEADING + 1].removeprefix(b"\xef\xbb\xbf")
    line = b""
    for part in head.splitlines(keepends=True):
        line += part
        if line.count(b'"') % 2 == 0:
            break
    return line.rstrip(b"\r\n")


def separator_of(content: bytes) -> str:
    """Return the separator that occurs most often in the heading: comma, semicolon or tab.

    Examples
    --------
    >>> separator_of(b"region;month\\nML-5;2023-05\\n")
    ';'
    """
    first = _first_line(content).decode(errors="replace")
    return max(",;\t", key=first.count)


def csv_header(content: bytes, place: str) -> list[str]:
    """Return the column headings of a CSV.

    Raises
    ------
    SourceError
        If they cannot be read, or are too many.

    Examples
    --------
    >>> csv_header(b"region;month\\nML-5;2023-05\\n", "a.csv")
    ['region', 'month']
    """
    first = _first_line(content)
    if len(first) >= HEADING:
        raise SourceError(f"{place}: row 1 has more than {HEADING:,} bytes; expected column headings")
    line, separator = first + b"\n", separator_of(content)
    # Counted before they are read, since Arrow takes memory for each.
    if line.count(separator.encode()) >= COLUMNS:
        raise SourceError(f"{place}: row 1 has more than {COLUMNS:,} columns; keep those that are needed")
    options = pcsv.ParseOptions(delimiter=separator, newlines_in_values=True)
    try:
        return list(pcsv.read_csv(io.BytesIO(line), parse_options=options).column_names)
    except pa.ArrowException as error:
        raise SourceError(f"{place}: row 1 is not a row of column headings") from error


def _csv_frame(content: bytes, layout: Layout, place: str, remarks: int) -> pd.DataFrame:
    header = csv_header(content, place)
    wanted = [name for name, want in zip(header, _wanted(header, layout, place), strict=True) if want]
    ragged: list[pcsv.InvalidRow] = []

    def note(row: pcsv.InvalidRow) -> str:
        ragged.append(row)
        return "error"

    try:
        table = pcsv.read_csv(
            io.BytesIO(content if len(content) > HEADING else content + b"\n"),
            read_options=pcsv.ReadOptions(use_threads=False, block_size=_BLOCK),
            parse_options=pcsv.ParseOptions(
                delimiter=separator_of(content),
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
    except (pa.ArrowException, OverflowError) as error:
        refuse_unpaired(content, place, remarks)
        if not ragged:
            what = short(str(error).replace("\n", " "))
            raise SourceError(f"{place}: cannot be read as CSV ({what}); save it again as CSV, UTF-8") from error
        row = ragged[0]
        raise SourceError(
            f"{place}: row {row.number + remarks} has {row.actual_columns} of {row.expected_columns} values; "
            "the file is cut off there or a value holds an unquoted separator, so fetch or save it again"
        ) from error
    refuse_unpaired(content, place, remarks)
    return pd.DataFrame({name: table.column(name).to_pandas().astype("str") for name in wanted})


def refuse_unpaired(content: bytes, place: str, remarks: int = 0) -> None:
    """Raise if a quotation mark is never closed: all rows below it would be one value.

    Raises
    ------
    SourceError
        With the line on which the value begins, counting the lines of remarks that stood above `content`.
    """
    separator = separator_of(content)
    if b'"' not in content or pair_up(content, separator):
        return
    line = first_unpaired(content, separator)
    if line is not None:
        raise SourceError(
            f"{place}: line {line + remarks}: a quotation mark is never closed, or stands inside a value; the file is "
            "cut off or was put together by hand, so fetch or save it again"
        )
