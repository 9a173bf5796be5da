"""What a case of the corpus is, and small writers of files."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Make = Callable[[Path], Path]


@dataclass(frozen=True)
class Case:
    """One bad input.

    Attributes
    ----------
    door
        Where it comes in.
    kind
        What is bad about it, for the table in docs/hostile.md.
    name
        Its name, unique within the door.
    make
        Writes it into a folder and returns what is opened.
    message
        What the refusal must say (a pattern); None if the input is to be read.
    look, expected
        What is asked of the result, and the right answer.
    """

    door: str
    kind: str
    name: str
    make: Make
    message: str | None = None
    look: Callable[[Any], object] | None = None
    expected: object = None

    def __str__(self) -> str:
        return f"{self.door}: {self.name}"


def raw(name: str, content: bytes) -> Make:
    """A file of these bytes."""

    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content)
        return path

    return make


def text(name: str, content: str, encoding: str = "utf-8") -> Make:
    """A file of this text."""
    return raw(name, content.encode(encoding))


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table as CSV."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([columns, *rows])
    return stream.getvalue()


def changed(row: Mapping[str, object], **changes: object) -> str:
    """A CSV of a good row that is changed, and the good one below it with another identity."""
    other = {**row, **{key: f"{row[key]}9" for key in ("id", "event_id_cnty", "event") if key in row}}
    return table(list(row), [list({**row, **changes}.values()), list(other.values())])


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def gzipped(content: str) -> bytes:
    """A gzip file."""
    return gzip.compress(content.encode(), mtime=0)


def parquet(columns: Mapping[str, object], *, row_group: int | None = None) -> bytes:
    """A Parquet file."""
    stream = io.BytesIO()
    pq.write_table(pa.table(dict(columns)), stream, row_group_size=row_group)
    return stream.getvalue()


SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PARTS = "http://schemas.openxmlformats.org/package/2006/relationships"
KINDS = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def workbook(sheet: str, *, before: str = "", more: Mapping[str, bytes] | None = None, strings: str = "") -> bytes:
    """An Excel workbook whose one sheet has this XML; `before` stands above it, such as a document type."""
    types = (
        f'<Override PartName="/xl/workbook.xml" ContentType="{KINDS}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KINDS}.worksheet+xml"/>'
        + (f'<Override PartName="/xl/sharedStrings.xml" ContentType="{KINDS}.sharedStrings+xml"/>' if strings else "")
    )
    members = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{PARTS}"><Relationship Id="r1" Type="{LINKS}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{SHEET}" xmlns:r="{LINKS}"><sheets>'
        '<sheet name="data" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PARTS}"><Relationship Id="r1" '
        f'Type="{LINKS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'{before}<worksheet xmlns="{SHEET}"><sheetData>{sheet}</sheetData></worksheet>',
    }
    if strings:
        members["xl/sharedStrings.xml"] = strings
    return zipped({**{name: part.encode() for name, part in members.items()}, **(more or {})})


def cells(number: int, values: Sequence[str]) -> str:
    """A row of a sheet, every cell as XML, such as ``"<v>1</v>"`` for a number and ``"text"`` for text."""
    made = []
    for place, value in enumerate(values):
        at = f'r="{chr(65 + place)}{number}"'
        if value.startswith("<"):
            made.append(f"<c {at}>{value}</c>")
        else:
            made.append(f'<c {at} t="inlineStr"><is><t>{value}</t></is></c>')
    return f'<row r="{number}">{"".join(made)}</row>'
