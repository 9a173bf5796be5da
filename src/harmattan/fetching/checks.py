"""Whether a file that came is what was asked for: whole, of its kind, with the columns of its source."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any

from harmattan.fetching.problems import FetchError
from harmattan.sources import LAYOUTS
from harmattan.sources.files import LIMIT

Check = Callable[[Path], None]

GEOJSON_LIMIT = 300 * 1024**2
MEMBERS = 1000
PIECE = 1 << 20


def table_check(reader: str, *, limit: int = LIMIT) -> Check:
    """Return a check that a file, plain or packed as gzip or zip, is a whole CSV with the columns of a source.

    The file is read to its end, so that a packed one is known to be undamaged; the last row must be as long as the
    heading. `limit` is the largest size unpacked.
    """

    def check(path: Path) -> None:
        with _unpacked(path, limit) as stream:
            _whole_table(stream, reader)

    return check


def geojson(path: Path) -> None:
    """Check that a file is a GeoJSON collection with at least one unit."""
    if path.stat().st_size > GEOJSON_LIMIT:
        raise FetchError(f"the file has more than {GEOJSON_LIMIT:,} bytes, which no country's boundaries have")
    content = path.read_bytes()
    _refuse_other(content)
    try:
        found = json.loads(content)
    except ValueError:
        raise FetchError("the file that came is not JSON, or is cut off") from None
    if not isinstance(found, dict) or found.get("type") != "FeatureCollection" or not found.get("features"):
        raise FetchError("the file that came is not a GeoJSON collection of units")


def packed_boundaries(path: Path) -> None:
    """Check that a file is an undamaged zip that holds GeoJSON or Shapefiles and unpacks to a sane size."""
    with path.open("rb") as stream:
        _refuse_other(stream.read(4096))
    with _archive(path, LIMIT) as archive:
        endings = {PurePosixPath(name).suffix.lower() for name in archive.namelist()}
        if not endings & {".geojson", ".json", ".shp"}:
            raise FetchError("the zip that came holds neither GeoJSON nor Shapefiles")
        for member in archive.infolist():
            with archive.open(member) as stream:
                for _ in iter(partial(stream.read, PIECE), b""):
                    pass


@contextmanager
def _unpacked(path: Path, limit: int) -> Iterator[IO[bytes]]:
    with path.open("rb") as raw:
        head = raw.read(4096)
        _refuse_other(head)
        raw.seek(0)
        if head.startswith(b"\x1f\x8b"):
            with _undamaged("gzip"), gzip.open(raw) as stream:
                yield io.BufferedReader(_Bounded(stream, limit), PIECE)
        elif head.startswith(b"PK"):
            with _archive(path, limit) as archive:
                tables = [name for name in archive.namelist() if _is_table(name)]
                if len(tables) != 1:
                    raise FetchError(f"the zip that came should hold one CSV; it holds {len(tables)}")
                with archive.open(tables[0]) as stream:
                    yield io.BufferedReader(_Bounded(stream, limit), PIECE)
        else:
            yield raw


@contextmanager
def _archive(path: Path, limit: int) -> Iterator[zipfile.ZipFile]:
    with _undamaged("zip"), zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        # zipfile stops at the declared size of a member, so the declared sizes bound what is unpacked.
        if len(members) > MEMBERS or sum(member.file_size for member in members) > limit:
            raise FetchError(f"the zip that came unpacks to more than {limit:,} bytes or {MEMBERS:,} files")
        yield archive


@contextmanager
def _undamaged(kind: str) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile):
        raise FetchError(f"the {kind} that came is damaged or cut off") from None
    except (RuntimeError, NotImplementedError) as error:
        if isinstance(error, FetchError):
            raise
        raise FetchError(f"the {kind} that came is locked or packed unusually") from None


def _is_table(name: str) -> bool:
    inside = PurePosixPath(name)
    return inside.suffix.lower() == ".csv" and not inside.name.startswith(".") and "__MACOSX" not in inside.parts


class _Bounded(io.RawIOBase):
    """Reads on until a number of bytes, then refuses."""

    def __init__(self, stream: Any, limit: int) -> None:
        self.stream, self.left = stream, limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        piece = self.stream.read(len(buffer))
        self.left -= len(piece)
        if self.left < 0:
            raise FetchError("the file that came unpacks to far more than this source has")
        buffer[: len(piece)] = piece
        return len(piece)


def _whole_table(stream: IO[bytes], reader: str) -> None:
    try:
        with io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text:
            rows = csv.reader(text)
            header = next(rows, [])
            absent = min((layout.absent(header) for layout in LAYOUTS[reader]), key=len)
            if absent:
                raise FetchError(f"the table that came misses the column {absent[0]}")
            last, count = header, 0
            for row in rows:
                if row:
                    last, count = row, count + 1
    except UnicodeDecodeError:
        raise FetchError("the table that came is not text in UTF-8") from None
    except csv.Error:
        raise FetchError("the table that came is not CSV") from None
    if not count:
        raise FetchError("the table that came has no rows")
    if len(last) != len(header):
        raise FetchError(f"the table that came is cut off: its last row has {len(last)} of {len(header)} cells")


def _refuse_other(head: bytes) -> None:
    start = head[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise FetchError("the file that came is empty")
    if start.startswith(b"<"):
        raise FetchError("a web page came instead of the file; it may ask for a login or be a proxy's")
    if start.startswith(b"version https://git-lfs"):
        raise FetchError("a pointer to the file came instead of the file")
    if start.startswith(b"{") and b"FeatureCollection" not in head and b'"type"' not in start[:200]:
        raise FetchError("a message came instead of the file")
