"""Small files that ask for much memory or time; and how much opening each takes, in a process of its own.

``python -m tests.hostile.bombs FOLDER`` opens all of them under a limit on memory and prints a line of JSON for each.
"""

from __future__ import annotations

import gzip
import io
import json
import resource
import struct
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .cases import Case, Make, cells, raw, text, workbook, zipped
from .doors import judge
from .files import GOOD, days
from .shapes import codes, feature, geojson

KIND = "size"

MEMORY = 6 * 1024**3
"""Address space that opening all of them may take, in bytes; libraries alone take about 3 GB of it."""

RESIDENT = 2 * 1024**3
"""Memory that they may really take."""

ZEROS = gzip.compress(bytes(16 * 1024**2), 1)


def _gzip_of(size: int) -> Make:
    """A gzip of so many times 16 MiB of zeros."""
    return raw("a.csv.gz", gzip.compress(GOOD.encode()) + ZEROS * size)


def _zip_of_zeros(name: str = "a.csv") -> bytes:
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(name, "w") as member,
    ):
        for _ in range(6):
            member.write(bytes(16 * 1024**2))
    return stream.getvalue()


def _stated(content: bytes, size: int) -> bytes:
    """A zip whose last member is said to be of this size."""
    changed = bytearray(content)
    struct.pack_into("<I", changed, changed.rfind(b"PK\x01\x02") + 24, size)
    return bytes(changed)


def _nested(depth: int) -> bytes:
    content = GOOD.encode()
    for _ in range(depth):
        content = zipped({"a.zip": content})
    return content


def _parquet_of(rows: int, value: str, groups: int = 1) -> Make:
    def make(folder: Path) -> Path:
        path = folder / "a.parquet"
        column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int8)), pa.array([value]))
        # Without the Arrow schema the column is one of text, as other writers make it.
        table = pa.table({"date": column, "lon": column, "lat": column})
        with pq.ParquetWriter(path, table.schema, store_schema=False) as writer:
            for _ in range(groups):
                writer.write_table(table, row_group_size=rows)
        return path

    return make


def _many_names() -> bytes:
    return zipped({f"{number}.csv": b"x" for number in range(20_000)}, zipfile.ZIP_STORED)


def _round(corners: int) -> dict[str, object]:
    """A region with so many corners."""
    turns = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    ring = np.column_stack([np.cos(turns), np.sin(turns)]).round(9).tolist()
    return feature("A", [*ring, ring[0]])


def _points(number: int) -> Make:
    point = {"type": "Point", "coordinates": [0, 0]}
    return geojson(*(feature(each, point) for each in range(number)))


WIDE = cells(1, ["date", "lon", "lat"]) + cells(2, ["2023-05-04", "<v>1</v>", "<v>2</v>"])
LONG = "date,lon,lat,target\n2023-05-04,1,2,{}\n"


def refused(name: str, make: Callable[[], Make], message: str, door: str = "events and counts") -> Case:
    """A case whose file is made when it is opened, since it is large."""
    return Case(door, KIND, name, lambda folder: make()(folder), message)


def right(door: str, name: str, make: Callable[[], Make], look: Callable[[Any], object], expected: object) -> Case:
    """The same for one that is to be read."""
    return Case(door, KIND, name, lambda folder: make()(folder), None, look, expected)


BOMBS = [
    refused("100 MB of zeros in gzip", lambda: _gzip_of(6), "more than 100 times its size"),
    refused("1.6 GB of zeros in gzip", lambda: _gzip_of(100), "more than 100 times its size"),
    refused("100 MB of zeros in zip", lambda: raw("a.zip", _zip_of_zeros()), "more than 100 times its size"),
    refused(
        "zip said to hold 4 GB",
        lambda: raw("a.zip", _stated(zipped({"a.csv": b"x"}), 2**32 - 2)),
        "to 4,294,967,294 bytes",
    ),
    refused("zip said to hold 10 bytes", lambda: raw("a.zip", _stated(_zip_of_zeros(), 10)), "damaged or cut off"),
    refused("zip in zip, 100 times", lambda: raw("a.zip", _nested(100)), "found a.zip"),
    refused("20,000 tables in a zip", lambda: raw("a.zip", _many_names()), "^.{1,400}$"),
    refused(
        "10,000,000 columns", lambda: text("a.csv", "c," * 10_000_000 + "\n1\n"), "row 1 has more than 1,048,576 bytes"
    ),
    refused("500,000 columns", lambda: text("a.csv", "c," * 500_000 + "\n1\n"), "row 1 has more than 16,384 columns"),
    refused(
        "16,000 columns of one name",
        lambda: text("a.csv", "date," * 16_000 + "lon,lat\n" + "1," * 16_000 + "1,1\n"),
        "comes twice",
    ),
    refused("a heading of 30 MB", lambda: text("a.csv", "x" * 30_000_000), "row 1 has more than 1,048,576 bytes"),
    refused(
        "a number of 30 MB",
        lambda: text("a.csv", LONG.format("x" * 30_000_000).replace("target", "deaths")),
        "column deaths: expected a whole number .{1,200}$",
    ),
    right(
        "events and counts",
        "a text of 30 MB",
        lambda: text("a.csv", LONG.format("x" * 30_000_000)),
        days,
        ["2023-05-04"],
    ),
    right(
        "events and counts",
        "a text of 70 MB",
        lambda: text("a.csv", LONG.format("x" * 70_000_000)),
        days,
        ["2023-05-04"],
    ),
    refused(
        "500,000 ragged rows", lambda: text("a.csv", "date,lon,lat\n" + "1\n" * 500_000), "row 2 has 1 of 3 values"
    ),
    refused("500,000 remarks", lambda: text("a.csv", "# x\n" * 500_000), "remarks but no column headings"),
    refused(
        "Parquet of 25,000,000 equal rows",
        lambda: _parquet_of(5_000_000, "2023-05-04", 5),
        "has 25,000,000 rows, more than",
    ),
    refused(
        "Parquet of 5,000,000 texts of 2 kB",
        lambda: _parquet_of(5_000_000, "x" * 2000),
        "unpacks to more than 2,147,483,648",
    ),
    refused(
        "workbook said to hold 1 GB",
        lambda: raw("a.xlsx", _stated(workbook(WIDE), 2**30)),
        "workbook of 1,073,.* bytes, more than",
    ),
    refused(
        "workbook with a row 1,048,577",
        lambda: raw("a.xlsx", workbook(WIDE.replace('r="2"', 'r="1048577"'))),
        "more than 1,048,576 rows",
    ),
    refused(
        "JSON of 1,000,000 lists", lambda: text("a.json", "[" + "[]," * 1_000_000 + "[]]"), "entry 0 is not a dyad"
    ),
    right("polygons", "polygon of 1,000,000 corners", lambda: geojson(_round(1_000_000)), codes, ["A"]),
    refused("30,000 points", lambda: _points(30_000), "30000 do not have one", "polygons"),
    refused(
        "experiment of 2 MB", lambda: text("a.toml", "# x\n" * 500_000), "is larger than 1,048,576 bytes", "settings"
    ),
    refused(
        "a list of 100,000 values",
        lambda: text("a.toml", "title = [" + "1," * 100_000 + "]"),
        "title: .*got .{1,300}$",
        "settings",
    ),
]


def main(folder: Path) -> None:
    """Open every bomb and print how it went; the memory is the most that was taken until then."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for number, case in enumerate(BOMBS):
        place = folder / str(number)
        place.mkdir()
        path = case.make(place)
        start = time.process_time()
        fault = judge(case, path)
        taken = time.process_time() - start
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"name": case.name, "fault": fault, "seconds": taken, "memory": most}), flush=True)
        path.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
