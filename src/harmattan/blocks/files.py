"""Parquet files of events and their partitions: one row group each, with the columns that are asked for and no other.

A folder may hold files in folders named ``column=value`` (hive); such a column counts as one of the file's, as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from harmattan.named import nearest
from harmattan.sources.files import SourceError, short

SUFFIXES = (".parquet", ".parq", ".pq")
BATCH_ROWS = 500_000


@dataclass(frozen=True)
class Partition:
    """A row group of a file.

    Attributes
    ----------
    file
        Its path.
    name
        The path below the folder asked for, for messages.
    group, rows
        Number of the row group, from 0, and its rows.
    keys
        Columns that folders name, with their values.
    stamp
        Size and time of the last change of the file.
    """

    file: str
    name: str
    group: int
    rows: int
    keys: tuple[tuple[str, str], ...]
    stamp: tuple[int, int]

    @property
    def place(self) -> str:
        """What messages call it."""
        return f"{self.name}, row group {self.group}"


def partitions(path: Path, kinds: dict[str, Sequence[str]]) -> list[Partition]:
    """Return the row groups of a file or of all files in a folder, by name, after a look at every file's columns.

    Parameters
    ----------
    path
        A Parquet file, or a folder that holds some at any depth.
    kinds
        Columns that each file must have, with the kinds of values they may hold: ``number``, ``text``, ``date``.

    Raises
    ------
    SourceError
        If there is no such file, a file is damaged, or lacks a column, or holds other values in it; the message names
        the first file and each column at fault there.
    """
    found = []
    for file, name in _files(path):
        keys = _keys(name)
        opened = _opened(file, name)
        faults = _faults(opened.schema_arrow, dict(keys), kinds)
        if faults:
            raise SourceError(f"{name}: {'; '.join(faults)}")
        stat = file.stat()
        held = opened.metadata
        found += [
            Partition(
                str(file.resolve()), name, group, held.row_group(group).num_rows, keys, (stat.st_size, stat.st_mtime_ns)
            )
            for group in range(held.num_row_groups)
        ]
    return found


def batches(partition: Partition, names: Sequence[str]) -> Iterator[pa.Table]:
    """Read some columns of a partition, so many rows at a time that memory stays bounded.

    Raises
    ------
    SourceError
        If the file cannot be read.
    """
    keys = dict(partition.keys)
    inside = [name for name in dict.fromkeys(names) if name not in keys]
    try:
        file = pq.ParquetFile(partition.file, page_checksum_verification=True)
        for batch in file.iter_batches(BATCH_ROWS, row_groups=[partition.group], columns=inside):
            table = pa.Table.from_batches([batch])
            for name in (each for each in names if each in keys):
                repeated = pa.DictionaryArray.from_arrays(pa.array([0] * len(batch), pa.int32()), [keys[name]])
                table = table.append_column(name, repeated)
            yield table.cast(pa.schema([_with_a_type(each) for each in table.schema]))
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{partition.place}: is damaged or cut off; fetch the file again") from error


def _files(path: Path) -> list[tuple[Path, str]]:
    if not path.exists():
        raise SourceError(f"{path}: there is no such file or folder")
    if path.is_file():
        return [(path, path.name)]
    found = [each for each in sorted(path.rglob("*")) if each.suffix.lower() in SUFFIXES and each.is_file()]
    found = [each for each in found if not any(part[0] in "._" for part in each.relative_to(path).parts)]
    if not found:
        raise SourceError(f"{path}: expected Parquet files named {', '.join(SUFFIXES)}; the folder holds none")
    return [(each, each.relative_to(path).as_posix()) for each in found]


def _keys(name: str) -> tuple[tuple[str, str], ...]:
    pairs = (part.partition("=") for part in name.split("/")[:-1])
    return tuple((key, unquote(value)) for key, sign, value in pairs if sign)


def _opened(file: Path, name: str) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(file)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{name}: is not a Parquet file, or is damaged or cut off") from error


def _faults(schema: pa.Schema, keys: dict[str, str], kinds: dict[str, Sequence[str]]) -> list[str]:
    """What is wrong with the columns of one file."""
    known = [*schema.names, *keys]
    missing = [f"{name}{nearest(name, known)}" for name in kinds if name not in known]
    told = [f"has no column {', '.join(missing)}; it has {short(', '.join(known))}"] if missing else []
    for name, wanted in kinds.items():
        if name in known and name not in keys:
            kind = schema.field(name).type
            if _kind(kind) not in (*wanted, "nothing"):
                told.append(f"column {name} holds {short(str(kind))}; expected {' or '.join(wanted)}")
    return told


def _with_a_type(field: pa.Field) -> pa.Field:
    """A field; of text if it holds no value in the whole file, and so no type."""
    return field.with_type(pa.string()) if pa.types.is_null(field.type) else field


def _kind(kind: pa.DataType) -> str:
    held = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_integer(held) or pa.types.is_floating(held):
        return "number"
    if pa.types.is_string(held) or pa.types.is_large_string(held) or pa.types.is_string_view(held):
        return "text"
    if pa.types.is_null(held):
        return "nothing"
    return "date" if pa.types.is_date(held) or pa.types.is_timestamp(held) else "other"
