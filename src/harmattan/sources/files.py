"""What a file holds, whatever it is called: unpacks gzip and zip, and refuses what is not a table."""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

import numpy as np
import pyarrow as pa

Kind = Literal["csv", "parquet", "xlsx"]

LIMIT = 2 * 1024**3
"""Largest size in bytes that a file may have, unpacked."""

RATIO, FREE = 100, 64 * 1024**2
"""A packed file may unpack to so many times its size; below so many bytes, to any size."""

SUFFIXES = (".csv", ".tsv", ".gz", ".zip", ".parquet", ".xlsx")

_SHOWN, _LISTED = 80, 10

_MARK = b"\xef\xbb\xbf"

Contents: TypeAlias = tuple[bytes, Kind, str]
_KEPT: ContextVar[dict[Path, Contents] | None] = ContextVar("_KEPT", default=None)

# What reading a damaged zip raises, besides its own error: its numbers are taken as they stand.
_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError, OverflowError)

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")

_FOREIGN = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls); save it as .xlsx or CSV",
    b"SQLite format 3": "a database",
    b"BZh": "a bzip2 archive; unpack it first",
    b"\xfd7zXZ\x00": "an xz archive; unpack it first",
    b"7z\xbc\xaf": "a 7-Zip archive; unpack it first",
    b"Rar!": "a RAR archive; unpack it first",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive; unpack it first",
}


class SourceError(ValueError):
    """A file that cannot be taken as it is; the message is one sentence with the place and the remedy."""


def short(text: str) -> str:
    """Return a text as it may stand in a message: its beginning, if it is long.

    Examples
    --------
    >>> short("x" * 1000)[-4:], short("x")
    ('xxx…', 'x')
    """
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


@contextmanager
def unpacked_once() -> Iterator[None]:
    """Read a file once for all that ask for its `contents` until the block ends, which keeps them in memory."""
    token = _KEPT.set({} if _KEPT.get() is None else _KEPT.get())
    try:
        yield
    finally:
        _KEPT.reset(token)


def contents(path: Path) -> Contents:
    """Return the bytes of the table in `path`, unpacked, with its kind and the name that messages use.

    Parameters
    ----------
    path
        A .csv, .tsv, .parquet or .xlsx file, or one of them packed as .gz or alone in a .zip.

    Raises
    ------
    SourceError
        If there is no such file, or it is empty, of another kind, damaged, too large, or not in UTF-8.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.csv"
    >>> written = path.write_bytes(gzip.compress(b"region,month"))
    >>> contents(path)
    (b'region,month', 'csv', 'a.csv')
    """
    kept, path = _KEPT.get(), Path(path)
    if kept is not None and path in kept:
        return kept[path]
    found = _contents(path)
    if kept is not None:
        kept[path] = found
    return found


def _contents(path: Path) -> Contents:
    if not path.exists():
        raise SourceError(f"{path}: there is no such file")
    if not path.is_file():
        what = (
            "is a folder; name one file in it" if path.is_dir() else "is not a file that can be read from its beginning"
        )
        raise SourceError(f"{path}: {what}")
    if path.suffix.lower() not in SUFFIXES:
        raise SourceError(f"{path.name}: expected a file named {', '.join(SUFFIXES)}; got {path.suffix or 'no ending'}")
    if path.stat().st_size > LIMIT:
        raise SourceError(f"{path.name}: is larger than {LIMIT:,} bytes; split it by year")
    try:
        content, place = path.read_bytes(), path.name
    except OSError as error:
        raise SourceError(f"{path.name}: cannot be read: {error.strerror}") from error
    if content.startswith(b"\x1f\x8b"):
        content = _gunzip(content, place)
    elif content.startswith(_ZIP) and not _is_workbook(content, place):
        content, member = _unzip(content, place)
        place = f"{place}, {member}"
    return content, _kind(content, place), place


def _gunzip(content: bytes, place: str) -> bytes:
    try:
        with gzip.open(io.BytesIO(content)) as stream:
            unpacked = stream.read(_most(len(content)) + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(f"{place}: is a gzip file that is damaged or cut off; fetch it again") from error
    _refuse_larger(len(unpacked), len(content), place)
    return unpacked


def _most(packed: int) -> int:
    """The largest size to which so many packed bytes may unpack."""
    return min(LIMIT, max(FREE, RATIO * packed))


def _refuse_larger(unpacked: int, packed: int, place: str) -> None:
    if unpacked > LIMIT:
        raise SourceError(f"{place}: unpacks to more than {LIMIT:,} bytes; split it by year")
    if unpacked > _most(packed):
        raise SourceError(
            f"{place}: unpacks to more than {RATIO} times its size, as no table does; unpack it first and look at it"
        )


def _open_zip(content: bytes, place: str) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (*_DAMAGED, NotImplementedError) as error:
        raise SourceError(f"{place}: is a zip file that is damaged or cut off; fetch it again") from error
    declared = sum(member.file_size for member in archive.infolist())
    if declared > LIMIT:
        raise SourceError(f"{place}: unpacks to {declared:,} bytes, more than {LIMIT:,}; split it by year")
    return archive


def _is_workbook(content: bytes, place: str) -> bool:
    with _open_zip(content, place) as archive:
        return "xl/workbook.xml" in archive.namelist()


def _unzip(content: bytes, place: str) -> tuple[bytes, str]:
    with _open_zip(content, place) as archive:
        names = [name for name in archive.namelist() if _is_table_name(name)]
        if len(names) != 1:
            there = names or archive.namelist()
            more = f" and {len(there) - _LISTED} more" if len(there) > _LISTED else ""
            found = ", ".join(map(short, there[:_LISTED])) + more if there else "nothing"
            raise SourceError(f"{place}: expected one CSV, Parquet or Excel file inside; found {found}")
        packed = archive.getinfo(names[0]).compress_size
        try:
            with archive.open(names[0]) as stream:
                unpacked = stream.read(_most(packed) + 1)
        except (RuntimeError, NotImplementedError) as error:
            raise SourceError(f"{place}: {names[0]} inside is locked or packed unusually; unpack it first") from error
        except _DAMAGED as error:
            raise SourceError(f"{place}: {names[0]} inside is damaged or cut off; fetch it again") from error
    _refuse_larger(len(unpacked), packed, f"{place}, {names[0]}")
    return unpacked, names[0]


def _is_table_name(name: str) -> bool:
    inside = PurePosixPath(name)
    hidden = inside.name.startswith(".") or "__MACOSX" in inside.parts or name.endswith("/")
    return not hidden and inside.suffix.lower() in (".csv", ".tsv", ".parquet", ".xlsx")


def _kind(content: bytes, place: str) -> Kind:
    if not content or content.isspace() or content == _MARK:
        raise SourceError(f"{place}: is empty; fetch it again")
    if content.startswith(b"PAR1"):
        return "parquet"
    if content.startswith(_ZIP):
        if _is_workbook(content, place):
            return "xlsx"
        raise SourceError(f"{place}: is packed twice; unpack it first")
    if content.startswith(b"\x1f\x8b"):
        raise SourceError(f"{place}: is packed twice; unpack it first")
    for start, what in _FOREIGN.items():
        if content.startswith(start):
            raise SourceError(f"{place}: expected a table, but the file is {what}")
    _refuse_other_text(content, place)
    return "csv"


def _refuse_other_text(content: bytes, place: str) -> None:
    head = content[:4096]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or len(head) < 3 * head.count(b"\x00") < 2 * len(head):
        raise SourceError(f"{place}: is in UTF-16; save it as CSV UTF-8")
    if b"\x00" in content:
        raise SourceError(f"{place}: is a binary file, not a table; expected {', '.join(SUFFIXES)}")
    if not _is_utf8(content):
        try:
            content.decode("utf-8")
        except UnicodeDecodeError as error:
            row = content.count(b"\n", 0, error.start) + 1
            raise SourceError(
                f"{place}: line {row} is not in UTF-8 (byte 0x{content[error.start]:02X}), "
                "probably Latin-1 or Windows-1252; save it as CSV UTF-8"
            ) from error
    if content.startswith(2 * _MARK):
        raise SourceError(f"{place}: begins with two byte-order marks; save it again as CSV UTF-8")
    start = head.removeprefix(_MARK).lstrip()
    if start.startswith(b"<"):
        raise SourceError(f"{place}: is a web page or XML, not CSV; the download failed or needs a login")
    if start.startswith((b"{", b"[")):
        raise SourceError(f"{place}: is JSON, not CSV; ask the source for CSV")


def _is_utf8(content: bytes) -> bool:
    """Whether bytes are UTF-8, found without making text of them."""
    ends = pa.py_buffer(np.array([0, len(content)], dtype=np.int64))
    text = pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(content)])
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True
